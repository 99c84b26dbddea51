//! What is found.

use serde::{Deserialize, Serialize};

/// A stretch of an item that stems from a work. Offsets are characters of the item's and of the work's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// Number of the pack in the set.
    pub pack: u16,
    /// Number of the work in the pack.
    pub work: u32,
    /// First character of the item that certainly belongs to it.
    pub item_start: usize,
    /// Character behind the last one.
    pub item_end: usize,
    /// About where it begins in the work; exact where aligned.
    pub work_start: u64,
    /// About where it ends in the work; exact where aligned.
    pub work_end: u64,
    /// Characters by which the true run may begin earlier.
    pub margin_start: u32,
    /// Characters by which the true run may end later.
    pub margin_end: u32,
    /// Letters that certainly agree; estimated: those of agreeing fingerprints and flanks.
    pub letters: u32,
    /// Share of the stretch that agrees, 0 to 1: of its letters where aligned, else of its fingerprints.
    pub similarity: f32,
    /// How ends, letters and similarity were obtained.
    pub measured: Measured,
    /// How much of the work it is.
    pub kind: MatchKind,
    /// Whether it is text that many works share, or that a commons pack holds. Never a use of one work.
    pub common: bool,
}

/// How a match was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measured {
    /// From hashes alone.
    Estimated,
    /// By alignment with the text of the work.
    Aligned,
}

/// How much of a work a match holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchKind {
    /// Nine tenths of the work or more, without an edit that was seen.
    Exact,
    /// Nine tenths of the work or more, with edits.
    Near,
    /// A part of the work.
    Excerpt,
}

impl Measured {
    /// The word for it in files and output.
    pub const fn code(self) -> &'static str {
        match self {
            Measured::Estimated => "estimated",
            Measured::Aligned => "aligned",
        }
    }
}

impl MatchKind {
    /// The word for it in files and output.
    pub const fn code(self) -> &'static str {
        match self {
            MatchKind::Exact => "exact",
            MatchKind::Near => "near",
            MatchKind::Excerpt => "excerpt",
        }
    }
}
