//! A party's asserted share in a work.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::work::closed_list;
use crate::{Period, Role, Territory};

/// What a party asserts about its own part in a work. A claim is never edited: a later one supersedes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Unique within the registry.
    pub id: String,
    /// Who claims.
    pub party: String,
    /// Id of the work.
    pub work: String,
    /// In which role.
    pub role: Role,
    /// Which right.
    pub right: Right,
    /// At which stage of the use.
    pub stage: UseStage,
    /// Where.
    #[serde(default)]
    pub territory: Territory,
    /// When.
    #[serde(default)]
    pub period: Period,
    /// How much.
    pub share: Share,
    /// On which ground.
    pub basis: Basis,
    /// References to documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// When it was asserted.
    pub asserted_at: Timestamp,
    /// The earlier claim that it takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<String>,
}

closed_list! {
    /// The right that a claim is about.
    Right, UnknownRight, "right" {
        /// Reproduction in training.
        ReproductionTraining = "reproduction-training",
        /// Text and data mining.
        Tdm = "tdm",
        /// Making available in what a system puts out.
        MakingAvailableOutput = "making-available-output",
        /// Public performance.
        Performing = "performing",
        /// Mechanical reproduction.
        Mechanical = "mechanical",
        /// Joining with moving images.
        Synchronisation = "synchronisation",
        /// The performer's neighbouring right.
        NeighbouringPerformer = "neighbouring-performer",
        /// The producer's neighbouring right.
        NeighbouringProducer = "neighbouring-producer",
    }
}

closed_list! {
    /// The stage of a use that a claim is about.
    UseStage, UnknownUseStage, "use stage" {
        /// Taking in.
        Ingest = "ingest",
        /// Training.
        Train = "train",
        /// Keeping a system that was trained with it in service.
        Serve = "serve",
        /// Putting out.
        Output = "output",
        /// All of them.
        Any = "any",
    }
}

closed_list! {
    /// The ground on which a claim stands.
    Basis, UnknownBasis, "basis of a claim" {
        /// Having made it.
        Authorship = "authorship",
        /// Having it from the former holder.
        Assignment = "assignment",
        /// Holding a licence.
        Licence = "licence",
        /// Acting for the holder.
        Mandate = "mandate",
        /// The law.
        Statute = "statute",
        /// A default rule where no agreement is known; never a fact.
        DefaultRule = "default-rule",
    }
}

/// How much of a right is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Share {
    /// An exact part.
    Part(Ratio),
    /// Not known; says nothing about the others' parts.
    Unknown,
    /// Whatever the others leave.
    Residual,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Share::Part(ratio) => ratio.fmt(f),
            Share::Unknown => f.write_str("unknown"),
            Share::Residual => f.write_str("residual"),
        }
    }
}

impl FromStr for Share {
    type Err = RatioError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s.trim() {
            "unknown" => Ok(Share::Unknown),
            "residual" => Ok(Share::Residual),
            part => part.parse().map(Share::Part),
        }
    }
}

impl TryFrom<String> for Share {
    type Error = RatioError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<Share> for String {
    fn from(share: Share) -> Self {
        share.to_string()
    }
}

/// An exact part of a whole, from nothing to all of it, in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: u64,
    denominator: u64,
}

impl Ratio {
    /// The part `numerator` of `denominator`, where it is one of a whole.
    pub fn new(numerator: u64, denominator: u64) -> Option<Ratio> {
        if denominator == 0 || numerator > denominator {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        Some(Ratio { numerator: numerator / divisor, denominator: denominator / divisor })
    }

    /// The upper term.
    pub fn numerator(self) -> u64 {
        self.numerator
    }

    /// The lower term, never zero.
    pub fn denominator(self) -> u64 {
        self.denominator
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let cross = |a: u64, b: u64| u128::from(a) * u128::from(b);
        cross(self.numerator, other.denominator).cmp(&cross(other.numerator, self.denominator))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// A text that is no part of a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no share; write 1/3, 33.33%, 0.5, unknown or residual")]
pub struct RatioError(pub String);

impl FromStr for Ratio {
    type Err = RatioError;

    /// Reads `1/3`, `33.33%` and `0.5`, each exactly.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || RatioError(s.chars().take(64).collect());
        let digits = |t: &str| -> Option<u64> {
            (!t.is_empty() && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok())?
        };
        let decimal = |t: &str, whole: u64| -> Option<Ratio> {
            let (units, part) = t.split_once('.').unwrap_or((t, "0"));
            let scale = 10u64.checked_pow(u32::try_from(part.len()).ok()?)?;
            let numerator = digits(units)?.checked_mul(scale)?.checked_add(digits(part)?)?;
            Ratio::new(numerator, whole.checked_mul(scale)?)
        };
        let t = s.trim();
        let ratio = match (t.split_once('/'), t.strip_suffix('%')) {
            (Some((n, d)), _) => digits(n.trim()).zip(digits(d.trim())).and_then(|(n, d)| Ratio::new(n, d)),
            (None, Some(percent)) => decimal(percent.trim(), 100),
            (None, None) => decimal(t, 1),
        };
        ratio.ok_or_else(bad)
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_exactly() {
        for (given, printed) in [
            ("1/3", "1/3"),
            ("33.33%", "3333/10000"),
            ("0.5", "1/2"),
            ("100 %", "1/1"),
            ("0", "0/1"),
            ("4/8", "1/2"),
            ("residual", "residual"),
            ("unknown", "unknown"),
        ] {
            let share: Share = given.parse().unwrap();
            assert_eq!(share.to_string(), printed);
            assert_eq!(printed.parse(), Ok(share));
        }
        for refused in ["", "1/0", "3/2", "101%", "-1/2", "1e3", ".", "0.", "a"] {
            assert!(refused.parse::<Share>().is_err(), "{refused}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(s in "[0-9./% -]{0,40}") {
            let _ = s.parse::<Share>();
        }

        #[test]
        fn order_is_that_of_the_parts(a in 0u64..50, b in 1u64..50, c in 0u64..50, d in 1u64..50) {
            if let (Some(x), Some(y)) = (Ratio::new(a, b), Ratio::new(c, d)) {
                proptest::prop_assert_eq!(x.cmp(&y), (a * d).cmp(&(c * b)));
            }
        }
    }
}
