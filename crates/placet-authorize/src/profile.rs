//! Profiles: how unknown is resolved and which rules apply, as versioned data.

use std::collections::BTreeSet;

use placet_core::{Proof, Role, UseSet, Verdict};
use serde::{Deserialize, Serialize};

/// One profile. The files are in `profiles/`; `docs/profiles.md` tells them for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Version of the file's shape: [`Profile::SCHEMA`].
    pub schema: String,
    /// Its name in commands and reports.
    pub name: String,
    /// Raised with every change of meaning.
    pub version: u32,
    /// A title for people.
    pub title: String,
    /// What it is for, and what it does not decide.
    pub about: String,
    /// How unknown is resolved, last.
    pub unknown: Unknown,
    /// A legal exception that permits some uses where nobody said no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Exception>,
    /// When a match counts.
    pub matches: Matches,
    /// What a grant must show.
    pub grants: Grants,
    /// How statements are heard.
    pub statements: Statements,
}

/// How unknown is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unknown {
    /// What the answer is.
    pub uses: UnknownUses,
    /// What happens to such items in the cleared corpus.
    pub items: UnknownItems,
    /// Where the rule comes from.
    pub source: String,
}

/// The answer where nobody entitled said anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownUses {
    /// The verdict stays unknown, and it is no authorization.
    NotAuthorised,
    /// The verdict is a no.
    Denied,
}

/// What happens to items with an unknown verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownItems {
    /// They stay in the cleared corpus.
    Keep,
    /// They are left out.
    Drop,
}

/// A legal exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Uses it reaches. Putting out, imitating and showing can never be among them.
    pub uses: UseSet,
    /// Classes of which the asker must belong to one; none stated means everybody.
    #[serde(default)]
    pub classes: BTreeSet<String>,
    /// Whether it needs lawful access to the copy.
    pub lawful_access: bool,
    /// Whether it reaches items with matched works that nobody reserved.
    pub over_matches: bool,
    /// Whether it holds against a no. The no is recorded all the same.
    pub over_reservations: bool,
    /// Where the rule comes from.
    pub source: String,
}

/// When a match counts, and what it then means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matches {
    /// What a matched work without grant and without reservation means.
    pub without_grant: WithoutGrant,
    /// A work counts from this many letters on.
    pub letters: Letters,
    /// A work also counts from this share of the work on, in thousandths; 0 means no such rule.
    #[serde(default)]
    pub work_permille: u64,
    /// A work also counts from this share of the item on, in thousandths; 0 means no such rule.
    #[serde(default)]
    pub item_permille: u64,
    /// Where the thresholds come from.
    pub source: String,
}

/// What a matched work without grant and without reservation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutGrant {
    /// The item is refused.
    Refuses,
    /// The item stays unknown.
    Unknown,
}

/// A threshold in letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Letters {
    /// What the pack guarantees to find.
    Guarantee,
    /// As many as this.
    Least(u64),
}

/// What a grant must show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// The least proof with which a grant of a pack counts.
    pub proof: Proof,
    /// The least proof with which a licence statement lifts somebody's no.
    pub lift_proof: Proof,
    /// How much of the item the granted works must make up to lift a no about the whole item, in thousandths.
    pub item_permille: u64,
    /// Roles that hold a yes and no of their own.
    pub roles: BTreeSet<Role>,
    /// Where the rule comes from.
    pub source: String,
}

/// How statements are heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statements {
    /// The least proof with which a yes counts as one of somebody entitled.
    pub yes_proof: Proof,
    /// Uses for which the yes of the server is enough.
    pub server_yes: UseSet,
    /// What a no means that a place states only after the copy was acquired there.
    pub later: Later,
    /// What a statement means that was meant and written wrong.
    pub malformed: Reading,
    /// What a reservation in natural language means.
    pub human_only: Reading,
    /// Where the rule comes from.
    pub source: String,
}

/// What a later no of a place means for copies acquired there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Later {
    /// It is recorded.
    Record,
    /// It refuses new uses.
    Refuse,
}

/// What a statement means that is no plain answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Neither yes nor no, and no exception applies over it.
    Unknown,
    /// A no.
    Refuse,
}

impl Reading {
    /// The answer it stands for.
    pub(crate) const fn verdict(self) -> Verdict {
        match self {
            Reading::Unknown => Verdict::Unknown,
            Reading::Refuse => Verdict::Denied,
        }
    }
}

/// A profile that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// No built-in profile has this name.
    #[error("there is no profile `{0}`; the profiles are {list}", list = Profile::NAMES.join(", "))]
    NoSuch(String),
    /// The text is no profile.
    #[error("this is no profile: {0}")]
    Unreadable(String),
    /// It would let an exception reach a use that never defaults to allowed.
    #[error("profile `{name}`: no exception may reach {uses}; take them out of [exception] uses")]
    NeverByDefault {
        /// The profile.
        name: String,
        /// The uses.
        uses: UseSet,
    },
}

impl Profile {
    /// Version of the file's shape.
    pub const SCHEMA: &str = "placet.profile/1";

    /// The profiles that come with Placet; the first is the default.
    pub const NAMES: [&str; 5] = ["art", "eu-art4", "eu-art3-research", "strict", "us-audit"];

    /// Uses that no profile allows by default: putting out, imitating, showing.
    pub const NEVER_BY_DEFAULT: UseSet = UseSet::NONE
        .with(placet_core::Use::AiOutput)
        .with(placet_core::Use::Replica)
        .with(placet_core::Use::Display);

    /// The default: prior authorization.
    ///
    /// # Panics
    /// Never: the file is part of the program, and a test reads it.
    pub fn art() -> Profile {
        Profile::read(include_str!("../../../profiles/art.toml"))
            .expect("a test reads every built-in profile")
    }

    /// A built-in profile.
    pub fn named(name: &str) -> Result<Profile, ProfileError> {
        let text = match name {
            "art" => include_str!("../../../profiles/art.toml"),
            "eu-art4" => include_str!("../../../profiles/eu-art4.toml"),
            "eu-art3-research" => include_str!("../../../profiles/eu-art3-research.toml"),
            "strict" => include_str!("../../../profiles/strict.toml"),
            "us-audit" => include_str!("../../../profiles/us-audit.toml"),
            _ => return Err(ProfileError::NoSuch(name.to_owned())),
        };
        Profile::read(text)
    }

    /// A profile from the text of its file.
    pub fn read(text: &str) -> Result<Profile, ProfileError> {
        let profile: Profile =
            toml::from_str(text).map_err(|e| ProfileError::Unreadable(e.to_string().trim().to_owned()))?;
        if profile.schema != Profile::SCHEMA {
            return Err(ProfileError::Unreadable(format!(
                "its schema is `{}`; this version reads `{}`",
                profile.schema,
                Profile::SCHEMA
            )));
        }
        let too_far = profile
            .exception
            .as_ref()
            .map_or(UseSet::NONE, |e| e.uses.intersection(Profile::NEVER_BY_DEFAULT));
        if !too_far.is_empty() {
            return Err(ProfileError::NeverByDefault { name: profile.name, uses: too_far });
        }
        Ok(profile)
    }

    /// Whether an item with this verdict stays in the cleared corpus, where `unknown` overrides the profile.
    ///
    /// Only a yes stays; an unknown item is the profile's choice, and the report says which choice was made.
    pub fn keeps(&self, verdict: Verdict, unknown: Option<UnknownItems>) -> bool {
        match verdict {
            Verdict::Allowed => true,
            Verdict::Unknown => unknown.unwrap_or(self.unknown.items) == UnknownItems::Keep,
            Verdict::Conditional | Verdict::Denied => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_reads_and_cites_its_sources() {
        for name in Profile::NAMES {
            let p = Profile::named(name).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(p.name, name);
            let mut sources =
                vec![&p.unknown.source, &p.matches.source, &p.grants.source, &p.statements.source];
            sources.extend(p.exception.as_ref().map(|e| &e.source));
            assert!(sources.iter().all(|s| s.len() > 20), "{name}");
        }
        assert_eq!(Profile::named("art"), Ok(Profile::art()));
        assert!(Profile::named("free").unwrap_err().to_string().contains("art, eu-art4"));
    }

    #[test]
    fn no_profile_lets_an_exception_reach_output_replica_or_display() {
        let text = include_str!("../../../profiles/eu-art4.toml").replace("\"fine-tune\"", "\"ai-output\"");
        let said = Profile::read(&text).unwrap_err().to_string();
        assert_eq!(
            said,
            "profile `eu-art4`: no exception may reach ai-output; take them out of [exception] uses"
        );
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let text = include_str!("../../../profiles/art.toml").replace("[unknown]", "[unknown]\nnote = 1");
        assert!(matches!(Profile::read(&text), Err(ProfileError::Unreadable(said)) if said.contains("note")));
    }
}
