//! The answer and everything it rests on.

use std::fmt;

use placet_core::{Condition, Role, Use, Verdict};
use serde::Serialize;

/// The answer for one item and one use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The use that was asked about.
    #[serde(rename = "use")]
    pub use_: Use,
    /// The answer.
    pub verdict: Verdict,
    /// What decided it.
    pub ground: Ground,
    /// Duties that come with the use, all of them, met or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Duty>,
    /// Works that the item overlaps with and that count, as `issuer/work`, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub works: Vec<String>,
    /// A smallest set of facts that gives this answer: without any one of them it would be another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub witness: Vec<Fact>,
    /// Facts that were heard and did not decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadowed: Vec<Shadowed>,
    /// What a person should look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

/// What decided, in one word for machines; [`Ground::sentence`] is the same for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// Every holder of every matched work granted the use.
    Granted,
    /// A proven licence statement permits the use.
    Licensed,
    /// Somebody entitled says yes to the use.
    StatedYes,
    /// A legal exception that the profile applies.
    Exception,
    /// Permitted once the duties are shown to be met.
    DutyOpen,
    /// A holder reserved the use.
    Reserved,
    /// A statement says no to the use.
    StatedNo,
    /// A work was matched and nobody granted the use.
    NoGrant,
    /// Some holders granted, another one did not.
    MissingHolder,
    /// Two issuers claim the same text.
    Conflict,
    /// Only text that nobody may claim, or that many works share, was matched.
    Common,
    /// What was matched lies below the profile's threshold.
    BelowThreshold,
    /// A statement could not be read, or says neither yes nor no.
    StatedUnknown,
    /// Somebody says yes, but it is not shown that it is the rightsholder.
    YesUnproven,
    /// Nobody entitled said anything; under this profile that is no authorization.
    UnknownNotAuthorised,
}

impl Ground {
    /// Every ground.
    pub const ALL: [Ground; 15] = [
        Ground::Granted,
        Ground::Licensed,
        Ground::StatedYes,
        Ground::Exception,
        Ground::DutyOpen,
        Ground::Reserved,
        Ground::StatedNo,
        Ground::NoGrant,
        Ground::MissingHolder,
        Ground::Conflict,
        Ground::Common,
        Ground::BelowThreshold,
        Ground::StatedUnknown,
        Ground::YesUnproven,
        Ground::UnknownNotAuthorised,
    ];

    /// The word for it in files and output.
    pub const fn code(self) -> &'static str {
        match self {
            Ground::Granted => "granted",
            Ground::Licensed => "licensed",
            Ground::StatedYes => "stated-yes",
            Ground::Exception => "exception",
            Ground::DutyOpen => "duty-open",
            Ground::Reserved => "reserved",
            Ground::StatedNo => "stated-no",
            Ground::NoGrant => "no-grant",
            Ground::MissingHolder => "missing-holder",
            Ground::Conflict => "conflict",
            Ground::Common => "common",
            Ground::BelowThreshold => "below-threshold",
            Ground::StatedUnknown => "stated-unknown",
            Ground::YesUnproven => "yes-unproven",
            Ground::UnknownNotAuthorised => "unknown-not-authorised",
        }
    }

    /// The same in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Ground::Granted => "every required holder of every matched work granted this use",
            Ground::Licensed => "a licence by somebody entitled permits this use",
            Ground::StatedYes => "somebody entitled says yes to this use",
            Ground::Exception => "nobody reserved this use, and the profile applies a legal exception to it",
            Ground::DutyOpen => "permitted once the duties that come with it are shown to be met",
            Ground::Reserved => "a holder of a matched work reserved this use",
            Ground::StatedNo => "a rights statement says no to this use",
            Ground::NoGrant => "a registered work was matched and no grant covers this use",
            Ground::MissingHolder => "some holders granted this use, but not all that must",
            Ground::Conflict => "two issuers claim the same text, and it is not settled whose it is",
            Ground::Common => "only text that nobody may claim, or that many works share, was matched",
            Ground::BelowThreshold => "what was matched is shorter than the profile's threshold",
            Ground::StatedUnknown => "a statement was found, but it says neither yes nor no",
            Ground::YesUnproven => "somebody says yes, but nothing shows that it is the rightsholder",
            Ground::UnknownNotAuthorised => "nobody entitled said anything: unknown, and not authorised",
        }
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A duty, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duty {
    /// What is to be done.
    pub condition: Condition,
    /// The grant or statement it comes with.
    pub from: String,
    /// Whether there is evidence that it is met.
    pub met: bool,
}

/// One fact that was heard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Fact {
    /// A statement of the item, by its place in the list that was handed in.
    Statement {
        /// Index in [`crate::Item::statements`].
        index: usize,
    },
    /// A matched work, by its place in the list that was handed in.
    Match {
        /// Index in [`crate::Item::matched`].
        index: usize,
    },
    /// A reservation of a matched work.
    Reservation {
        /// Index of the match.
        index: usize,
        /// Its id.
        id: String,
    },
    /// A grant for a matched work.
    Grant {
        /// Index of the match.
        index: usize,
        /// Its id.
        id: String,
    },
    /// A rule of the profile.
    Rule {
        /// The key in the profile's file.
        key: &'static str,
    },
}

/// A fact that was heard and did not decide, and why not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Shadowed {
    /// The fact.
    #[serde(flatten)]
    pub what: Fact,
    /// Why it did not decide.
    pub why: crate::Shadow,
}

/// Something a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "flag", rename_all = "kebab-case")]
pub enum Flag {
    /// Somebody meant to say something and wrote it wrong.
    MalformedIntent {
        /// Index of the statement.
        statement: usize,
    },
    /// A reservation in natural language.
    HumanOnly {
        /// Index of the statement.
        statement: usize,
    },
    /// Two issuers claim the same text.
    Conflict {
        /// The works, as `issuer/work`.
        works: [String; 2],
    },
    /// Somebody claims text that a commons pack marks as nobody's.
    ClaimedCommons {
        /// The work that claims it, as `issuer/work`.
        work: String,
    },
    /// A holder whose yes is missing.
    MissingHolder {
        /// The work, as `issuer/work`.
        work: String,
        /// In which role, where the work's credits say.
        #[serde(skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        /// The name as credited, or as the reservation gives it.
        #[serde(skip_serializing_if = "Option::is_none")]
        holder: Option<String>,
    },
    /// A yes by somebody who is not shown to be the rightsholder.
    YesUnproven {
        /// Index of the statement.
        statement: usize,
    },
}
