//! Terms of pay as data.
//!
//! A tariff is a file. It says, stream by stream, which uses it covers, what the licensee is charged, and by
//! which key the money is divided over works and over the layers of a work. Functioning (a system's making) and
//! outputs (its operation) are two accounts: a stream belongs to one of them, and a tariff that mixes them in a
//! stream does not load. Amounts and rates are text (`"1000.00 EUR"`, `"30%"`), so that no float is ever read.

use std::collections::BTreeSet;

use jiff::civil::Date;
use placet_core::{Currency, Money, Ratio, Right, Use, UseStage, WorkKind};
use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::claim::stage_of;
use crate::resolve::SideShare;
use crate::uses::Unit;

/// The largest tariff file that is read.
pub const TARIFF_BYTES_MAX: usize = 256 * 1024;

/// The two accounts that never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purse {
    /// The making of a system: taking in, mining, training, measuring.
    Functioning,
    /// Its operation: retrieval, answers, imitation, display.
    Outputs,
}

impl Purse {
    /// The account of a use.
    pub const fn of(purpose: Use) -> Purse {
        match stage_of(purpose) {
            UseStage::Ingest | UseStage::Train => Purse::Functioning,
            UseStage::Serve | UseStage::Output | UseStage::Any => Purse::Outputs,
        }
    }

    /// The word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Purse::Functioning => "functioning",
            Purse::Outputs => "outputs",
        }
    }
}

/// The terms of pay of one licence or one law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tariff {
    /// `placet.tariff/1`.
    pub schema: String,
    /// Its short name.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Which published structure it follows, or whose it is.
    pub source: String,
    /// The currency everything in it is charged and divided in.
    pub currency: Currency,
    /// Whether a use needs the holder's yes, or is paid for by law without one.
    #[serde(default)]
    pub consent: Consent,
    /// First day of its terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Uses before `from`, back to this day, become claims for past use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retroactive_from: Option<Date>,
    /// Every model version is a licence of its own.
    #[serde(default)]
    pub per_version: bool,
    /// A work is paid only when every layer of it is cleared; until then its money is held.
    #[serde(default)]
    pub all_layers_cleared: bool,
    /// What the sides get where no share is stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_split: Vec<SideShare>,
    /// Other licensees' or layers' terms that this one may not fall below.
    #[serde(default, rename = "comparable", skip_serializing_if = "Vec::is_empty")]
    pub comparables: Vec<Comparable>,
    /// The streams of money.
    #[serde(rename = "stream")]
    pub streams: Vec<Stream>,
}

/// On what a use rests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// The holder must have said yes; other uses are claims, never income.
    #[default]
    Required,
    /// The law permits and makes pay.
    Statutory,
}

/// Somebody else's terms, for the most-favoured-nation clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparable {
    /// Whose.
    pub name: String,
    /// To which stream they compare.
    pub stream: String,
    /// Their price, where the stream has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Their rate, where the stream has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Ratio>,
}

/// One stream of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stream {
    /// Its name.
    pub name: String,
    /// The uses it pays for, all of one account.
    pub uses: Vec<Use>,
    /// The rights it pays for, in order: the first for which a work has claims is the one that counts.
    pub rights: Vec<Right>,
    /// What the licensee owes.
    pub charge: Charge,
    /// The least the licensee owes a period, whatever the charge comes to: the top-up is the licensee's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Money>,
    /// How a pool is divided over works.
    pub key: Key,
    /// How a work's money is divided over its layers; empty: all to the work itself.
    #[serde(default, rename = "layer", skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<Layer>,
    /// Deductions from every amount before it is divided: administration, social and cultural funds.
    #[serde(default, rename = "deduction", skip_serializing_if = "Vec::is_empty")]
    pub deductions: Vec<Deduction>,
    /// Where uses count as taking place that say no country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// What a licensee owes for a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
pub enum Charge {
    /// An amount each period.
    Fixed {
        /// The amount.
        amount: Money,
    },
    /// A part of what the licensee earns.
    RevenueShare {
        /// The part.
        rate: Ratio,
        /// Of what.
        base: Base,
    },
    /// An amount for each work used, once in a term.
    #[serde(rename_all = "kebab-case")]
    PerWork {
        /// The amount.
        amount: Money,
        /// How long it pays for.
        term_months: u16,
    },
    /// A price for a number of units.
    PerUse {
        /// What is counted.
        unit: Unit,
        /// The price.
        price: Money,
        /// For so many units.
        per: u64,
    },
}

/// What a revenue share is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// Everything received.
    Gross,
    /// After the deductions the licence allows.
    Net,
}

/// How a pool is divided over works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
pub enum Key {
    /// The same to every work.
    Equal {
        /// Of which works.
        over: Over,
    },
    /// By amount × repetitions.
    Amount,
    /// By measured attribution; what was not measured well enough goes by the fallback.
    #[serde(rename_all = "kebab-case")]
    Attribution {
        /// Whose measurements count.
        measurers: BTreeSet<String>,
        /// The largest error, in parts per billion of an output, with which a measurement counts.
        error_ppb_max: u64,
        /// What divides the rest: declared beforehand.
        fallback: Fallback,
    },
}

/// Which works an equal key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// The works used in the period.
    Used,
    /// All works of the licence.
    Repertoire,
}

/// What divides the money of outputs that were not measured well enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// The same to every work used.
    EqualUsed,
    /// The same to every work of the licence.
    EqualRepertoire,
    /// By amount × repetitions.
    Amount,
}

/// A layer of a work and its part of the money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Which kind of work it is: the recording, the composition in it, the translation, the text behind it.
    pub kind: WorkKind,
    /// Its weight against the other layers: 1 and 1 is parity.
    pub weight: u64,
    /// The rights it is paid under, where they differ from the stream's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Right>,
}

/// A deduction from every amount of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deduction {
    /// What it is for.
    pub name: String,
    /// How much.
    pub rate: Ratio,
    /// To whom it goes.
    pub to: String,
}

/// Why a tariff does not load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TariffError {
    /// No TOML, or not of the shape.
    #[error("the tariff does not read: {0}")]
    Shape(String),
    /// Beyond [`TARIFF_BYTES_MAX`].
    #[error("the tariff has {0} bytes; the limit is {TARIFF_BYTES_MAX}")]
    TooLarge(usize),
    /// Another schema.
    #[error("the tariff's schema is `{0}`; this version reads placet.tariff/1")]
    Schema(String),
    /// A stream pays for both accounts.
    #[error("stream `{0}` mixes functioning and outputs; they are two accounts: make two streams")]
    MixedPurses(String),
    /// A use stands in two streams, or in none.
    #[error("stream `{stream}`: {problem}")]
    Stream {
        /// Which stream.
        stream: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Tariff {
    /// Reads and checks a tariff file.
    pub fn parse(text: &str) -> Result<Tariff, TariffError> {
        if text.len() > TARIFF_BYTES_MAX {
            return Err(TariffError::TooLarge(text.len()));
        }
        let tariff: Tariff = toml::from_str(text).map_err(|e| TariffError::Shape(e.to_string()))?;
        tariff.check()?;
        Ok(tariff)
    }

    /// Identifies the terms, whatever the layout of the file.
    pub fn digest(&self) -> Digest {
        Digest::of_value(self)
    }

    /// The stream that pays for a use.
    pub fn stream_of(&self, purpose: Use) -> Option<usize> {
        self.streams.iter().position(|s| s.uses.contains(&purpose))
    }

    fn check(&self) -> Result<(), TariffError> {
        if self.schema != "placet.tariff/1" {
            return Err(TariffError::Schema(self.schema.clone()));
        }
        let mut seen = BTreeSet::new();
        for s in &self.streams {
            let wrong = |problem| TariffError::Stream { stream: s.name.clone(), problem };
            let (Some(first), false) = (s.uses.first(), s.rights.is_empty()) else {
                return Err(wrong("names no use or no right"));
            };
            if s.uses.iter().any(|u| Purse::of(*u) != Purse::of(*first)) {
                return Err(TariffError::MixedPurses(s.name.clone()));
            }
            if !s.uses.iter().all(|u| seen.insert(*u)) {
                return Err(wrong("pays for a use that another stream pays for"));
            }
            let foreign = |m: &Money| m.currency != self.currency || m.minor < 0;
            let prices = match &s.charge {
                Charge::Fixed { amount } | Charge::PerWork { amount, .. } => Some(amount),
                Charge::PerUse { price, .. } => Some(price),
                Charge::RevenueShare { .. } => None,
            };
            let compared =
                self.comparables.iter().filter(|c| c.stream == s.name).filter_map(|c| c.price.as_ref());
            if prices.into_iter().chain(s.minimum.as_ref()).chain(compared).any(foreign) {
                return Err(wrong("has an amount below zero or in another currency than the tariff"));
            }
            if matches!(s.charge, Charge::PerUse { per: 0, .. }) {
                return Err(wrong("has a price for zero units"));
            }
            if !s.layers.is_empty() && s.layers.iter().all(|l| l.weight == 0) {
                return Err(wrong("has layers that all weigh nothing"));
            }
        }
        for c in &self.comparables {
            if self.streams.iter().all(|s| s.name != c.stream) {
                return Err(TariffError::Stream {
                    stream: c.stream.clone(),
                    problem: "is compared with, and is not there",
                });
            }
        }
        Ok(())
    }
}

impl Stream {
    /// The account its money belongs to.
    pub fn purse(&self) -> Purse {
        self.uses.first().map_or(Purse::Functioning, |u| Purse::of(*u))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = r#"
        schema = "placet.tariff/1"
        id = "t"
        title = "T"
        source = "made up"
        currency = "EUR"
        [[stream]]
        name = "training"
        uses = ["train-gen"]
        rights = ["reproduction-training"]
        charge = { kind = "fixed", amount = "10.00 EUR" }
        key = { kind = "equal", over = "used" }
    "#;

    #[test]
    fn what_is_wrong_with_a_tariff_is_named() {
        assert!(Tariff::parse(PLAIN).is_ok());
        for (from, to, said) in [
            ("placet.tariff/1", "placet.tariff/9", "schema is `placet.tariff/9`"),
            (r#"["train-gen"]"#, r#"["train-gen", "ai-output"]"#, "mixes functioning and outputs"),
            (r#"["train-gen"]"#, "[]", "names no use"),
            (r#""10.00 EUR""#, r#""10.00 USD""#, "another currency"),
            (r#""10.00 EUR""#, "10.00", "does not read"),
            ("title", "tittle", "unknown field"),
        ] {
            let error = Tariff::parse(&PLAIN.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(said), "{to}: {error}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(cut in 0_usize..400, junk in ".{0,12}") {
            let head: String = PLAIN.chars().take(cut).collect();
            let _ = Tariff::parse(&format!("{head}{junk}"));
        }
    }
}
