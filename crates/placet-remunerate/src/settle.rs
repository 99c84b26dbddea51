//! From uses and terms to what everybody is due: pools, keys, works, layers, claims.
//!
//! A settlement is a pure function of its [`Case`] and the counted uses. At every level of the tree the parts
//! sum to the whole, to the grain. Nothing is paid here: the settlement accrues, and `payout.rs` pays.

mod desk;
mod line;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use placet_core::Period;

use crate::claim::{ClaimBook, Name};
use crate::layers::Catalogue;
use crate::mandate::Mandates;
use crate::pool::form_pools;
use crate::resolve::RuleSet;
use crate::tariff::Tariff;
use crate::uses::{Counted, Standing};
use crate::value::{FxError, FxRate, ValueReport};
use crate::{Digest, Tree, root};

use desk::Desk;
pub use desk::POOL_MINOR_MAX;
pub(crate) use desk::{Portion, grains};
pub use line::{HeldFor, Inputs, Kept, Line, Settlement, To, UnclaimedFor};

/// Everything a settlement depends on besides the uses.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// Who pays.
    pub licensee: &'a str,
    /// For which days.
    pub period: Period,
    /// The last day of the period: the day exchange rates and mandates are looked up for.
    pub closes: Date,
    /// The terms.
    pub tariff: &'a Tariff,
    /// Works and their relations.
    pub catalogue: &'a Catalogue,
    /// Who claims what.
    pub claims: &'a ClaimBook,
    /// Who collects for whom.
    pub mandates: &'a Mandates,
    /// How claims resolve.
    pub rules: &'a RuleSet,
    /// The works of the licence.
    pub repertoire: &'a BTreeSet<Name>,
    /// Works (and model versions) already paid for, and until when.
    pub paid_until: &'a BTreeMap<(Name, Option<Name>), Date>,
    /// Works whose holders have all said yes; absent where that was not asked.
    pub cleared: Option<&'a BTreeSet<Name>>,
    /// What the licensee reported.
    pub value: &'a [ValueReport],
    /// Rates of exchange.
    pub rates: &'a [FxRate],
    /// What had been asserted by then counts.
    pub as_of: Timestamp,
}

/// Why a settlement cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// An exchange cannot be made.
    #[error(transparent)]
    Fx(#[from] FxError),
    /// An amount does not fit.
    #[error("stream `{0}` comes to more than can be counted")]
    TooLarge(String),
    /// A stream's country is no country.
    #[error("stream `{0}` names a country that is no two-letter code")]
    Country(String),
}

/// Computes a settlement.
pub fn settle(case: &Case<'_>, uses: &Counted) -> Result<Settlement, SettleError> {
    let rules = case.rules_of_tariff();
    let inputs = case.inputs(&rules, uses);
    let run = Digest::of_value(&inputs);
    let pools = form_pools(case, uses)?;
    let mut desk = Desk::new(case, &rules);
    let mut shown = Vec::with_capacity(pools.len());
    for (i, formed) in pools.into_iter().enumerate() {
        let Some(stream) = case.tariff.streams.get(formed.stream) else { continue };
        desk.divide(i as u32, stream, &formed.shares, &formed.rows)?;
        shown.push(formed.pool);
    }
    let lines = desk.lines();
    let unlicensed = uses.rows.iter().filter(|(k, _)| k.standing == Standing::Unlicensed).cloned().collect();
    let mut tree = Tree::default();
    let mut room = Vec::new();
    for pool in &shown {
        tree.push(&Digest::of_value_in(pool, &mut room));
    }
    for line in &lines {
        tree.push(&Digest::of_value_in(line, &mut room));
    }
    Ok(Settlement {
        schema: "placet.settlement/1".to_owned(),
        run,
        inputs,
        currency: case.tariff.currency,
        pools: shown,
        lines,
        unlicensed,
        root: tree.root(),
    })
}

impl Case<'_> {
    /// The rule set, with the tariff's split where it states one: terms agreed for this licence come before
    /// rules for all.
    fn rules_of_tariff(&self) -> RuleSet {
        let mut rules = self.rules.clone();
        if !self.tariff.default_split.is_empty() {
            rules.default_split.clone_from(&self.tariff.default_split);
        }
        rules
    }

    fn inputs(&self, rules: &RuleSet, uses: &Counted) -> Inputs {
        let sorted = |digests: Vec<Digest>| {
            let mut digests = digests;
            digests.sort_unstable();
            root(&digests)
        };
        Inputs {
            licensee: self.licensee.to_owned(),
            period: self.period,
            as_of: self.as_of,
            tariff_id: self.tariff.id.clone(),
            tariff: self.tariff.digest(),
            rules: rules.digest(),
            catalogue: self.catalogue.digest(),
            claims: self.claims.digest(),
            mandates: self.mandates.digest(),
            value: sorted(self.value.iter().map(Digest::of_value).collect()),
            rates: sorted(self.rates.iter().map(Digest::of_value).collect()),
            licence: Digest::of_value(&(
                self.repertoire,
                self.paid_until.iter().collect::<Vec<_>>(),
                self.cleared,
            )),
            uses: uses.root,
            use_records: uses.records,
        }
    }
}
