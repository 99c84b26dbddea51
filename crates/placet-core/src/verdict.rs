//! The four answers to "may this item be put to this use?".

use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer for one item and one use.
///
/// The order is the order of the merge: a join takes the greater one, so `Denied` absorbs everything and
/// `Allowed` yields to everything. `Unknown` stands above `Allowed`, since one unanswered question is not a yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Somebody entitled said yes.
    Allowed,
    /// Nobody entitled said anything. Never "free".
    Unknown,
    /// Allowed once a duty is shown to be met; until then as `Denied`.
    Conditional,
    /// Somebody entitled said no, or authorization is required and missing.
    Denied,
}

impl Verdict {
    /// The word for it in files and output.
    pub const fn code(self) -> &'static str {
        match self {
            Verdict::Allowed => "allowed",
            Verdict::Unknown => "unknown",
            Verdict::Conditional => "conditional",
            Verdict::Denied => "denied",
        }
    }

    /// The stricter of two answers.
    #[must_use]
    pub fn join(self, other: Verdict) -> Verdict {
        self.max(other)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
