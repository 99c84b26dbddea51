//! How long a shared run must be to be found for certain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The shortest shared run that is always found, in words of English; chosen when a pack is built.
///
/// The promise is kept in *letters* (see [`crate::letters`]): every run of at least [`Guarantee::letters`] letters
/// that an item shares with a work is hit, whatever its case, punctuation, markup, Unicode form or line breaks
/// (winnowing: Schleimer, Wilkerson, Aiken 2003, §4; k + w - 1 letters hold a whole window of w k-grams).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub enum Guarantee {
    /// About 11 words, the extract of CJEU C-5/08 *Infopaq*: short works and news.
    Words11,
    /// About 20 words.
    Words20,
    /// About 50 words: books.
    Words50,
}

/// The constants of a guarantee; written in every pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// Letters of a k-gram.
    pub k: u32,
    /// k-grams of a window, of which one is kept.
    pub w: u32,
    /// Letters of each flank that verify a hit; at most (w - 1) / 2, so that a shared run of k + w - 1 letters always
    /// holds one flank whole.
    pub flank: u32,
}

impl Guarantee {
    /// Every guarantee, the tightest first.
    pub const ALL: [Guarantee; 3] = [Guarantee::Words11, Guarantee::Words20, Guarantee::Words50];

    /// Its length in words.
    pub const fn words(self) -> u32 {
        match self {
            Guarantee::Words11 => 11,
            Guarantee::Words20 => 20,
            Guarantee::Words50 => 50,
        }
    }

    /// Its length in letters: k + w - 1.
    pub const fn letters(self) -> u32 {
        let p = self.params();
        p.k + p.w - 1
    }

    /// Its constants. `docs/matching.md` holds the measurements behind them.
    pub const fn params(self) -> Params {
        match self {
            Guarantee::Words11 => Params { k: 24, w: 29, flank: 14 },
            Guarantee::Words20 => Params { k: 24, w: 72, flank: 35 },
            Guarantee::Words50 => Params { k: 40, w: 196, flank: 48 },
        }
    }
}

impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} words ({} letters)", self.words(), self.letters())
    }
}

/// A number that is no guarantee.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no guarantee; choose 11, 20 or 50 (words)")]
pub struct UnknownGuarantee(String);

impl FromStr for Guarantee {
    type Err = UnknownGuarantee;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Guarantee::ALL
            .into_iter()
            .find(|g| g.words().to_string() == s.trim())
            .ok_or_else(|| UnknownGuarantee(s.to_owned()))
    }
}

impl From<Guarantee> for u32 {
    fn from(g: Guarantee) -> u32 {
        g.words()
    }
}

impl TryFrom<u32> for Guarantee {
    type Error = UnknownGuarantee;

    fn try_from(words: u32) -> Result<Self, Self::Error> {
        words.to_string().parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_guaranteed_length_always_holds_one_flank() {
        for (g, letters) in [(Guarantee::Words11, 52), (Guarantee::Words20, 95), (Guarantee::Words50, 235)] {
            let p = g.params();
            assert_eq!(g.letters(), letters);
            assert!(p.flank <= (p.w - 1) / 2, "{g}");
        }
    }
}
