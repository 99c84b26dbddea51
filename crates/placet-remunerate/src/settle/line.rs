//! What a settlement is: its inputs by their digests, its pools, its lines.

use jiff::Timestamp;
use jiff::civil::Date;
use placet_core::{Currency, Period, Right, Role, Use, WorkKind};
use serde::{Deserialize, Serialize};

use crate::claim::Name;
use crate::pool::Pool;
use crate::uses::{RowKey, Totals};
use crate::{Digest, Grains};

/// The result: pools, and a line for every work and every party of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settlement {
    /// `placet.settlement/1`.
    pub schema: String,
    /// Identifies the run: the digest of its inputs.
    pub run: Digest,
    /// What it was computed from.
    pub inputs: Inputs,
    /// In which currency.
    pub currency: Currency,
    /// The pools.
    pub pools: Vec<Pool>,
    /// The lines, by receiver, pool, work and layer: first those to parties, then what is held, then what is unclaimed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Uses without a ground: claims, not income.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlicensed: Vec<(RowKey, Totals)>,
    /// The root of the tree over pools and lines.
    pub root: Digest,
}

/// Digests of all inputs: with the same ones, anybody gets the same root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Inputs {
    /// Who pays.
    pub licensee: String,
    /// For which days.
    pub period: Period,
    /// What had been asserted by then counts.
    pub as_of: Timestamp,
    /// The tariff's id.
    pub tariff_id: String,
    /// The tariff.
    pub tariff: Digest,
    /// The rule set.
    pub rules: Digest,
    /// Works and relations.
    pub catalogue: Digest,
    /// Claims and disputes.
    pub claims: Digest,
    /// Mandates.
    pub mandates: Digest,
    /// Value reports.
    pub value: Digest,
    /// Exchange rates.
    pub rates: Digest,
    /// Repertoire, earlier payments and clearance.
    pub licence: Digest,
    /// The root over the use records.
    pub uses: Digest,
    /// How many use records.
    pub use_records: u64,
}

/// A part of a pool, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Line {
    /// Of which pool.
    pub pool: u32,
    /// The work that was used; absent where a pool has no work to go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Name>,
    /// The layer of it that this pays: itself, or a work it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Name>,
    /// For which use.
    #[serde(rename = "use")]
    pub purpose: Use,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Name>,
    /// Since which change of the work's claims.
    pub day: Date,
    /// To whom, or why to nobody.
    pub to: To,
    /// How much, before deductions.
    pub gross: Grains,
    /// What managers on the way keep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// What is left.
    pub net: Grains,
}

impl Line {
    /// Whether it goes to a party, is held or is unclaimed: 0, 1, 2, the order in which lines stand.
    pub fn section(&self) -> u8 {
        match self.to {
            To::Party { .. } => 0,
            To::Held(_) => 1,
            To::Unclaimed(_) => 2,
        }
    }

    /// The party it goes to, or the work its waiting money is kept for; `no work` where a pool had none.
    pub fn receiver(&self) -> &str {
        match &self.to {
            To::Party { party, .. } => party,
            To::Held(_) | To::Unclaimed(_) => {
                self.work.as_deref().or(self.asset.as_deref()).unwrap_or("no work")
            }
        }
    }

    /// Lines stand in this order, whatever order they were computed in.
    pub(super) fn order(&self) -> impl Ord + '_ {
        let place = (self.pool, &self.asset, &self.work, self.purpose, &self.country, self.day);
        (self.section(), self.receiver(), place, &self.to, self.gross, self.net)
    }
}

/// Where a line's money goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum To {
    /// To a holder.
    #[serde(rename_all = "kebab-case")]
    Party {
        /// Who.
        party: Name,
        /// Under which claim.
        claim: Name,
        /// As what.
        role: Role,
        /// Under which right.
        right: Right,
        /// Given by the default rule, not stated by anybody.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_default: bool,
    },
    /// To nobody yet: somebody must agree or decide.
    Held(HeldFor),
    /// To nobody known.
    Unclaimed(UnclaimedFor),
}

/// Why money is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldFor {
    /// More than the whole is claimed, by these claims.
    OverClaimed(Vec<Name>),
    /// These cases are open.
    Disputed(Vec<Name>),
    /// A layer of the work is not cleared: its kind.
    NotCleared(WorkKind),
    /// Two managers say they collect for this holder.
    MandateConflict(Name),
}

/// Why money is unclaimed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnclaimedFor {
    /// Nobody claims this part of the work.
    NoClaim,
    /// The layer of this kind is not known.
    LayerUnknown(WorkKind),
    /// The pool has no work to go to: nothing was reported as used.
    NoWork,
}

/// What a manager keeps of a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Kept {
    /// Who.
    pub by: Name,
    /// For what: `commission` or `cultural`.
    pub what: Name,
    /// Under which mandate or agreement.
    pub under: Name,
    /// How much.
    pub grains: Grains,
}

impl Settlement {
    /// The leaves of its tree: pools, then lines.
    pub fn leaves(&self) -> Vec<Digest> {
        self.pools.iter().map(Digest::of_value).chain(self.lines.iter().map(Digest::of_value)).collect()
    }

    /// Whether the lines stand in their order.
    pub fn is_in_order(&self) -> bool {
        self.lines.is_sorted_by(|a, b| a.order() <= b.order())
    }
}
