//! Grades A, B and C, with their reasons.

use serde::{Deserialize, Serialize};

/// What kind of thing a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// Acquisition that is documented: a fetch by an identified agent, a sealed register that names the work.
    A,
    /// Content that was shown to come out: a recorded output that holds words of a registered work.
    B,
    /// Everything else: an agent that only says its name, a gap in a summary, a silence.
    C,
}

impl Grade {
    /// The letter.
    pub const fn code(self) -> &'static str {
        match self {
            Grade::A => "A",
            Grade::B => "B",
            Grade::C => "C",
        }
    }

    /// What the grade means.
    pub const fn words(self) -> &'static str {
        match self {
            Grade::A => "documented acquisition or record",
            Grade::B => "demonstrated in an output",
            Grade::C => "circumstance",
        }
    }
}

/// A grade with its reasons, and what the evidence does not show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graded {
    /// The grade.
    pub grade: Grade,
    /// Why it has this grade and no other.
    pub reasons: Vec<String>,
    /// What it does not show.
    pub not_shown: Vec<String>,
}

/// What no evidence here shows of a provider.
pub(crate) const NOT_TRAINING: &str = "that a model was trained with it";
