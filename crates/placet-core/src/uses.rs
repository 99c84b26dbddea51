//! What an AI system does with a work: a closed, versioned list.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Version of the list of uses; it changes when a use is added, never silently in meaning.
pub const USES_VERSION: &str = "placet.uses/1";

/// One use of a work by an AI system.
///
/// No use implies another: an implication exists only where a protocol's own vocabulary states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// Fetching a copy.
    Access,
    /// Indexing for search results that link to the work, without summaries.
    Search,
    /// Text and data mining: any automated analysis (Directive (EU) 2019/790, Article 2(2)).
    Tdm,
    /// Training a system that does not generate content.
    TrainNongen,
    /// Training a system that generates content.
    TrainGen,
    /// Further training of a trained system: fine-tuning, post-training, distillation.
    FineTune,
    /// Placing in an index that a system retrieves from (embeddings, vector stores).
    AiIndex,
    /// Giving to a system as input while it answers (retrieval, grounding).
    AiInput,
    /// Appearing in what a system puts out: summaries, passages, answers.
    AiOutput,
    /// Measuring a system (benchmarks).
    Evaluation,
    /// Imitating a voice, a likeness or a style.
    Replica,
    /// Showing or republishing the work itself.
    Display,
}

impl Use {
    /// Every use, in the order of the list.
    pub const ALL: [Use; 12] = [
        Use::Access,
        Use::Search,
        Use::Tdm,
        Use::TrainNongen,
        Use::TrainGen,
        Use::FineTune,
        Use::AiIndex,
        Use::AiInput,
        Use::AiOutput,
        Use::Evaluation,
        Use::Replica,
        Use::Display,
    ];

    /// The code of the use, as it stands in commands, files and JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Use::Access => "access",
            Use::Search => "search",
            Use::Tdm => "tdm",
            Use::TrainNongen => "train-nongen",
            Use::TrainGen => "train-gen",
            Use::FineTune => "fine-tune",
            Use::AiIndex => "ai-index",
            Use::AiInput => "ai-input",
            Use::AiOutput => "ai-output",
            Use::Evaluation => "evaluation",
            Use::Replica => "replica",
            Use::Display => "display",
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A word that names no use of the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no use; the uses are {list}", list = UseSet::ALL)]
pub struct UnknownUse(pub String);

impl FromStr for Use {
    type Err = UnknownUse;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let wanted = s.trim();
        Use::ALL
            .into_iter()
            .find(|u| u.code().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| UnknownUse(wanted.to_owned()))
    }
}

/// A set of uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Vec<Use>", into = "Vec<Use>")]
pub struct UseSet(u16);

impl UseSet {
    /// No use.
    pub const NONE: UseSet = UseSet(0);
    /// Every use of the list.
    pub const ALL: UseSet = UseSet((1 << Use::ALL.len()) - 1);

    /// The set with one use more.
    #[must_use]
    pub const fn with(self, u: Use) -> UseSet {
        UseSet(self.0 | 1 << u as u16)
    }

    /// Whether the use is in the set.
    pub const fn contains(self, u: Use) -> bool {
        self.0 & (1 << u as u16) != 0
    }

    /// Uses in either set.
    #[must_use]
    pub const fn union(self, other: UseSet) -> UseSet {
        UseSet(self.0 | other.0)
    }

    /// Uses in both sets.
    #[must_use]
    pub const fn intersection(self, other: UseSet) -> UseSet {
        UseSet(self.0 & other.0)
    }

    /// Whether no use is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The uses in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Use> {
        Use::ALL.into_iter().filter(move |u| self.contains(*u))
    }
}

impl FromIterator<Use> for UseSet {
    fn from_iter<I: IntoIterator<Item = Use>>(uses: I) -> Self {
        uses.into_iter().fold(UseSet::NONE, UseSet::with)
    }
}

impl From<Vec<Use>> for UseSet {
    fn from(uses: Vec<Use>) -> Self {
        uses.into_iter().collect()
    }
}

impl From<UseSet> for Vec<Use> {
    fn from(set: UseSet) -> Self {
        set.iter().collect()
    }
}

impl fmt::Display for UseSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, u) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(u.code())?;
        }
        Ok(())
    }
}

impl FromStr for UseSet {
    type Err = UnknownUse;

    /// Reads `all` or codes between commas.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if s.trim().eq_ignore_ascii_case("all") {
            return Ok(UseSet::ALL);
        }
        s.split(',').map(str::trim).filter(|w| !w.is_empty()).map(Use::from_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back() {
        for u in Use::ALL {
            assert_eq!(u.code().parse::<Use>(), Ok(u));
            assert_eq!(serde_json::to_string(&u).unwrap(), format!("\"{u}\""));
        }
        assert_eq!("all".parse::<UseSet>(), Ok(UseSet::ALL));
        assert_eq!(UseSet::ALL.to_string().parse::<UseSet>(), Ok(UseSet::ALL));
    }

    #[test]
    fn an_unknown_use_is_named_with_the_list() {
        let said = "train".parse::<Use>().unwrap_err().to_string();
        assert!(said.starts_with("`train` is no use; the uses are access, search, tdm"), "{said}");
    }
}
