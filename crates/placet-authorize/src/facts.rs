//! What a decision is made from: who asks, which item, and what was found in it.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use placet_core::{Credit, Grant, Proof, Reservation, Scope, Statement, Territory};

/// Who wants to use something, where, when, and for what model.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The time as of which the question is answered.
    pub at: Timestamp,
    /// The licensee's name, as grants name it.
    pub licensee: Option<String>,
    /// Where the use takes place; a grant must cover all of it.
    pub territory: Territory,
    /// The model or model version, where the question is about one.
    pub model: Option<String>,
    /// Product tokens under which the asker fetches, or under which the copies were fetched (`CCBot`).
    pub agents: BTreeSet<String>,
    /// Classes the asker belongs to (`commercial`, `research`); absent where they are not known.
    pub classes: Option<BTreeSet<String>>,
    /// Whether the asker had lawful access to the copies; an exception needs it.
    pub lawful_access: bool,
    /// Duties with evidence that they are met, as `grant-id/duty` or `duty`.
    pub met: BTreeSet<String>,
    /// Declarants whose licence statements the asker trusts to come from the rightsholder (hosts, names, keys).
    pub trusted: BTreeSet<String>,
}

impl Asking {
    /// A question as of a time, worldwide, by nobody in particular, who claims nothing.
    pub fn at(at: Timestamp) -> Asking {
        Asking {
            at,
            licensee: None,
            territory: Territory::World,
            model: None,
            agents: BTreeSet::new(),
            classes: None,
            lawful_access: false,
            met: BTreeSet::new(),
            trusted: BTreeSet::new(),
        }
    }

    /// The day of the question in UTC.
    pub fn day(&self) -> Date {
        self.at.to_zoned(TimeZone::UTC).date()
    }
}

/// One item of a corpus, or one thing that is checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Item<'a> {
    /// Where the copy was acquired, where that is known.
    pub url: Option<&'a str>,
    /// When it was acquired there.
    pub acquired_at: Option<Timestamp>,
    /// Letters of its text; absent where it has none.
    pub letters: Option<u64>,
    /// Spans that stem from works.
    pub matched: &'a [Matched<'a>],
    /// What protocols say about it.
    pub statements: &'a [Statement],
}

/// A span of the item that stems from a work, with what its issuer says about the work.
///
/// Only packs of issuers that the provider trusts may be handed in here; the trust list is not the law's business.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts about one match, each from another source"
)]
pub struct Matched<'a> {
    /// The work's id in its issuer's registry.
    pub work: &'a str,
    /// Whose pack it is in.
    pub issuer: &'a str,
    /// Whether the pack is a trusted commons pack: it marks what nobody may claim.
    pub commons: bool,
    /// Whether many works share this text, so that it identifies none of them.
    pub common: bool,
    /// Whether the item as a whole is a copy of the work (a file, an image), not a text that contains it.
    pub whole: bool,
    /// Where in the item, in any unit that all matches of the item share.
    pub span: Range<u64>,
    /// Letters that certainly stem from the work.
    pub letters: u64,
    /// Letters that may stem from it: the certain ones and the margins.
    pub letters_most: u64,
    /// Letters of the whole work, where the pack says.
    pub work_letters: Option<u64>,
    /// Letters that the pack's guarantee is about; the default threshold.
    pub guarantee: u64,
    /// Whether the provider has settled, with a reason on file, which of two issuers' claims stands; this one does.
    pub settled: bool,
    /// Who is credited with the work.
    pub credits: &'a [Credit],
    /// Reservations that name the work (see [`names`]).
    pub reservations: &'a [&'a Reservation],
    /// Grants that name the work (see [`names`]).
    pub grants: &'a [GivenGrant<'a>],
}

/// A grant as it was found: the paper and how well it is proven.
#[derive(Clone, Copy, Debug)]
pub struct GivenGrant<'a> {
    /// What it says.
    pub grant: &'a Grant,
    /// How well it is proven: a grant in a signed pack is [`Proof::Signed`].
    pub proof: Proof,
    /// When it was revoked, if it was. Uses from then on are no longer covered; earlier ones stay covered.
    pub revoked_at: Option<Timestamp>,
}

/// Whether a scope names this work.
///
/// A party is named by its identifier (`isni:…`) or by its name as credited, without regard to case and outer spaces.
pub fn names(scope: &Scope, work: &str, credits: &[Credit]) -> bool {
    match scope {
        Scope::All => true,
        Scope::Works(works) => works.contains(work),
        Scope::Party(party) => credits.iter().any(|c| {
            same_party(&c.name, party) || c.party.as_deref().is_some_and(|id| same_party(id, party))
        }),
    }
}

/// Whether two texts name one party.
pub(crate) fn same_party(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
