//! One machine-readable statement about rights, found somewhere, with the evidence for it.
//!
//! Readers of protocols produce statements and the decision law consumes them; this is the only shape that both know.
//! A reader first runs its protocol's own algorithm (longest match, first match, last key …) and then states the
//! outcome, so that no rule of one protocol is ever applied to raw lines of another.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Condition, Period, Territory, Use, UseSet, Verdict};

/// What one protocol says about some uses of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The protocol, as named in the documentation: `robots`, `aipref`, `tdmrep`, `rsl`, `cawg` … Data, not a type.
    pub protocol: Cow<'static, str>,
    /// Its version, where the bytes or the reader know one: `9309`, `1.1`, `vocab-08`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Cow<'static, str>>,
    /// A wish, or a licence that is itself the permission.
    #[serde(default)]
    pub nature: Nature,
    /// What the protocol's own algorithm answers for `uses`.
    pub verdict: Verdict,
    /// The uses it speaks of. Uses that are not named here are not spoken of.
    pub uses: UseSet,
    /// Those of `uses` that the protocol's vocabulary covers only approximately: a no still counts, a yes does not.
    #[serde(default, skip_serializing_if = "names_none")]
    pub approximate: UseSet,
    /// To whom it speaks.
    #[serde(default)]
    pub actors: Actors,
    /// Where it holds.
    #[serde(default)]
    pub territory: Territory,
    /// When it holds by its own words; not when it was seen.
    #[serde(default)]
    pub period: Period,
    /// How much it is about.
    pub reach: Reach,
    /// Which host, path, URL, work, catalogue or party that is; absent where it is the thing that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What it stays attached to when a copy travels.
    pub binding: Binding,
    /// Who says so, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declarant: Option<String>,
    /// How well it is shown that the declarant said so.
    pub proof: Proof,
    /// Standing of the protocol.
    pub tier: Tier,
    /// How well it could be read.
    #[serde(default)]
    pub parse_status: ParseStatus,
    /// Whether its protocol lets another carrier decide: it is shown, and never counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overruled: bool,
    /// Duties that come with a yes or a conditional.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Condition>,
    /// Where it was found, when, and in which bytes.
    pub evidence: Evidence,
}

impl Statement {
    /// What it says about this use; absent where it does not speak of it, or another carrier decides.
    pub fn says(&self, u: Use) -> Option<Verdict> {
        if self.overruled || !self.uses.contains(u) {
            return None;
        }
        let only_nearly = self.approximate.contains(u) && self.verdict == Verdict::Allowed;
        Some(if only_nearly { Verdict::Unknown } else { self.verdict })
    }
}

/// Whether a statement is a wish or itself the permission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// A preference, a reservation, or the absence of one. Its yes lifts nobody's no.
    #[default]
    Preference,
    /// A licence. Where it is proven to come from the rightsholder, it lifts a no.
    Licence,
}

/// To whom a statement speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actors {
    /// Everybody.
    #[default]
    Anyone,
    /// These and nobody else.
    Only(BTreeSet<Actor>),
    /// Everybody but these.
    AllBut(BTreeSet<Actor>),
}

/// One whom a statement names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A software agent by its product token (`GPTBot`), compared without regard to case.
    Agent(String),
    /// A class of users that the protocol's vocabulary names: `commercial`, `education`, `research` …
    Class(String),
}

/// How much a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Everything a host serves.
    Host,
    /// What a host serves under a path pattern.
    Path,
    /// What one URL serves.
    Url,
    /// The very bytes of one response.
    Representation,
    /// One file, wherever it lies.
    Asset,
    /// One work, in every copy.
    Work,
    /// Every work of a catalogue.
    Catalogue,
    /// Every work credited to a party.
    Party,
}

/// What a statement stays attached to when a copy travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// The place: it governs copies that were acquired there, at that time.
    Location,
    /// The file that carries it: it governs every copy of the file.
    Asset,
    /// An identifier computed from the content (ISCC, hash): it governs every copy of the content.
    ContentId,
    /// An entry of a register or pack that names works.
    Register,
    /// A party: it governs every work credited to it.
    Party,
}

/// How well it is shown that the declarant made the statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Not at all.
    #[default]
    None,
    /// By the connection it came over: the server said so.
    Transport,
    /// By a valid signature of the declarant.
    Signed,
    /// By a valid signature and a mandate of the rightsholder.
    Mandate,
}

/// Standing of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// Named by law or by a code of practice.
    A,
    /// Adopted by a standards body, or state of the art and widely adopted.
    B,
    /// A custom of some sites or one operator.
    C,
    /// Natural language, for people.
    D,
}

/// How well a statement could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParseStatus {
    /// As its protocol says.
    #[default]
    Ok,
    /// Somebody meant to say something and wrote it wrong. The protocol's own outcome holds; the intent is flagged.
    MalformedIntent,
    /// Natural language: kept for people, never an answer by itself.
    HumanOnly,
}

/// Where a statement was found, when, and in which bytes: enough to open it again and check it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// URL or path of the thing read, with the part inside it: `https://example.org/robots.txt`, `photo.jpg#xmp`.
    pub place: String,
    /// Line in it, from 1, for line formats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The words themselves, as they stand there, shortened where long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// When the bytes were observed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<Timestamp>,
    /// BLAKE3 of the bytes of the thing read, in lower-case hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
    /// SHA-256 of the same bytes, in lower-case hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn names_none(uses: &UseSet) -> bool {
    uses.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approximate_yes_is_no_yes_and_an_approximate_no_is_a_no() {
        let uses = UseSet::NONE.with(Use::AiInput).with(Use::AiIndex);
        let mut s = Statement {
            protocol: "content-signal".into(),
            version: None,
            nature: Nature::Preference,
            verdict: Verdict::Allowed,
            uses,
            approximate: UseSet::NONE.with(Use::AiIndex),
            actors: Actors::Anyone,
            territory: Territory::World,
            period: Period::ALWAYS,
            reach: Reach::Host,
            target: None,
            binding: Binding::Location,
            declarant: None,
            proof: Proof::Transport,
            tier: Tier::B,
            parse_status: ParseStatus::Ok,
            overruled: false,
            duties: Vec::new(),
            evidence: Evidence::default(),
        };
        assert_eq!(s.says(Use::AiInput), Some(Verdict::Allowed));
        assert_eq!(s.says(Use::AiIndex), Some(Verdict::Unknown));
        assert_eq!(s.says(Use::TrainGen), None);
        s.verdict = Verdict::Denied;
        assert_eq!(s.says(Use::AiIndex), Some(Verdict::Denied));
        let json = serde_json::to_string(&s).unwrap();
        assert_eq!(serde_json::from_str::<Statement>(&json).unwrap(), s);
    }
}
