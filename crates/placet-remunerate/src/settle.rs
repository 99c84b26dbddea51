//! From uses and terms to what everybody is due: pools, keys, works, layers, claims.
//!
//! A settlement is a pure function of its [`Case`] and the counted uses. At every level of the tree the parts
//! sum to the whole, to the grain. Nothing is paid here: the settlement accrues, and `payout.rs` pays.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use num_bigint::BigUint;
use placet_core::{Currency, Money, Period, Ratio, Right, Role, Territory, Use, WorkKind};
use serde::{Deserialize, Serialize};

use crate::claim::{ClaimBook, Name, Question};
use crate::grains::{Weight, apportion, weighs_nothing};
use crate::layers::Catalogue;
use crate::mandate::{Mandates, Route, fraction_of};
use crate::pool::{Pool, form_pools};
use crate::resolve::{Resolution, RuleSet, State, resolve};
use crate::tariff::{Stream, Tariff};
use crate::uses::{Counted, RowKey, Standing, Totals};
use crate::value::{FxError, FxRate, ValueReport};
use crate::{Digest, Grains, Tree, root};

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
    fn order(&self) -> impl Ord + '_ {
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
    let mut desk = Desk { case, rules: &rules, names: HashMap::new(), lines: Vec::new() };
    let mut shown = Vec::with_capacity(pools.len());
    for (i, formed) in pools.into_iter().enumerate() {
        let Some(stream) = case.tariff.streams.get(formed.stream) else { continue };
        desk.divide(i as u32, stream, &formed.shares, &formed.rows)?;
        shown.push(formed.pool);
    }
    let Desk { mut lines, .. } = desk;
    lines.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
    let unlicensed = uses.rows.iter().filter(|(k, _)| k.standing == Standing::Unlicensed).cloned().collect();
    let mut tree = Tree::default();
    for pool in &shown {
        tree.push(&Digest::of_value(pool));
    }
    for line in &lines {
        tree.push(&Digest::of_value(line));
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

/// Divides pools into lines.
struct Desk<'a> {
    case: &'a Case<'a>,
    rules: &'a RuleSet,
    names: HashMap<String, Name>,
    lines: Vec<Line>,
}

/// Where and when a line's use took place.
struct Spot<'r> {
    pool: u32,
    asset: &'r Name,
    purpose: Use,
    country: Option<&'r Name>,
    territory: Territory,
    day: Date,
}

/// A portion of a pool and the works it goes to, with their weights.
pub(crate) type Portion = (Grains, Vec<(Name, BigUint)>);

impl Desk<'_> {
    fn divide(
        &mut self,
        pool: u32,
        stream: &Stream,
        portions: &[Portion],
        rows: &[(&RowKey, &Totals)],
    ) -> Result<(), SettleError> {
        let mut of_asset: BTreeMap<&Name, Vec<(&RowKey, &Totals)>> = BTreeMap::new();
        for (key, totals) in rows {
            of_asset.entry(&key.work).or_default().push((key, totals));
        }
        let mut due: BTreeMap<&Name, i128> = BTreeMap::new();
        for (amount, works) in portions {
            let weights: Vec<Weight> = works.iter().map(|(w, n)| weight(n.clone(), w)).collect();
            if weighs_nothing(&weights) {
                let purpose = stream.uses.first().copied().unwrap_or(Use::Access);
                self.lines.push(Line {
                    pool,
                    asset: None,
                    work: None,
                    purpose,
                    country: None,
                    day: self.case.closes,
                    to: To::Unclaimed(UnclaimedFor::NoWork),
                    gross: *amount,
                    kept: Vec::new(),
                    net: *amount,
                });
                continue;
            }
            for (part, (work, _)) in apportion(amount.0.unsigned_abs(), &weights).into_iter().zip(works) {
                *due.entry(work).or_default() += part as i128;
            }
        }
        for (asset, amount) in due {
            let rows = of_asset.get(asset).map_or(&[][..], Vec::as_slice);
            self.asset(pool, stream, asset, amount as u128, rows)?;
        }
        Ok(())
    }

    /// One work's amount, over its uses: by their amounts, so that each use is paid to those who held the
    /// rights there and then.
    fn asset(
        &mut self,
        pool: u32,
        stream: &Stream,
        asset: &Name,
        amount: u128,
        rows: &[(&RowKey, &Totals)],
    ) -> Result<(), SettleError> {
        let place = |country: Option<&Name>| -> Result<Territory, SettleError> {
            match country.map(|c| &**c).or(stream.country.as_deref()) {
                None => Ok(Territory::World),
                Some(code) => code.parse().map_err(|_| SettleError::Country(stream.name.clone())),
            }
        };
        if rows.is_empty() {
            let purpose = stream.uses.first().copied().unwrap_or(Use::Access);
            let territory = place(None)?;
            let spot = Spot { pool, asset, purpose, country: None, territory, day: self.case.closes };
            self.layers(stream, &spot, amount);
            return Ok(());
        }
        let weights: Vec<Weight> = rows
            .iter()
            .map(|(key, t)| Weight { weight: t.amount.into(), tie: Digest::of_value(key) })
            .collect();
        let parts = if weighs_nothing(&weights) {
            let even: Vec<Weight> =
                weights.iter().map(|w| Weight { weight: 1_u8.into(), tie: w.tie }).collect();
            apportion(amount, &even)
        } else {
            apportion(amount, &weights)
        };
        for ((key, _), part) in rows.iter().zip(parts) {
            let country = key.country.as_ref();
            let territory = place(country)?;
            let spot = Spot { pool, asset, purpose: key.purpose, country, territory, day: key.day };
            self.layers(stream, &spot, part);
        }
        Ok(())
    }

    fn layers(&mut self, stream: &Stream, spot: &Spot<'_>, amount: u128) {
        if stream.layers.is_empty() {
            self.work(spot, spot.asset, &stream.rights, amount);
            return;
        }
        let below = self.case.catalogue.layers_of(spot.asset);
        let found: Vec<Vec<&Name>> = stream
            .layers
            .iter()
            .map(|l| below.iter().filter(|w| self.case.catalogue.kind(w) == Some(l.kind)).collect())
            .collect();
        if self.case.tariff.all_layers_cleared
            && let Some(cleared) = self.case.cleared
        {
            let missing = stream
                .layers
                .iter()
                .zip(&found)
                .find(|(_, works)| works.is_empty() || works.iter().any(|w| !cleared.contains(*w)));
            if let Some((layer, _)) = missing {
                self.push(spot, None, To::Held(HeldFor::NotCleared(layer.kind)), amount);
                return;
            }
        }
        let weights: Vec<Weight> = stream
            .layers
            .iter()
            .map(|l| weight(l.weight.into(), &format!("{}/{:?}", l.kind, l.rights)))
            .collect();
        for ((layer, works), part) in stream.layers.iter().zip(found).zip(apportion(amount, &weights)) {
            if works.is_empty() {
                self.push(spot, None, To::Unclaimed(UnclaimedFor::LayerUnknown(layer.kind)), part);
                continue;
            }
            let rights = if layer.rights.is_empty() { &stream.rights } else { &layer.rights };
            let even: Vec<Weight> = works.iter().map(|w| weight(1_u8.into(), w)).collect();
            for (work, part) in works.into_iter().zip(apportion(part, &even)) {
                self.work(spot, work, rights, part);
            }
        }
    }

    /// One layer's amount, over its claims.
    fn work(&mut self, spot: &Spot<'_>, work: &Name, rights: &[Right], amount: u128) {
        let ask = |right: Right| Question {
            work: work.clone(),
            right,
            purpose: spot.purpose,
            territory: spot.territory.clone(),
            day: spot.day,
            as_of: self.case.as_of,
        };
        let claimed = |r: &&Right| !self.case.claims.in_force(&ask(**r)).is_empty();
        let Some(right) = rights.iter().find(claimed).or(rights.first()).copied() else {
            return;
        };
        let answer = resolve(self.case.claims, self.rules, &ask(right));
        let mut weights: Vec<Weight> =
            answer.parts.iter().map(|p| weight(p.parts.clone(), &p.claim.id)).collect();
        weights.push(weight(answer.contested.clone(), "contested"));
        weights.push(weight(answer.unclaimed.clone(), "unclaimed"));
        let mut parts = apportion(amount, &weights);
        let (unclaimed, contested) = (parts.pop().unwrap_or(0), parts.pop().unwrap_or(0));
        for (part, amount) in answer.parts.iter().zip(parts) {
            let to = To::Party {
                party: self.name(&part.claim.party),
                claim: Name::from(&*part.claim.id),
                role: part.claim.role,
                right,
                by_default: part.by_default,
            };
            self.pay(spot, work, right, to, amount);
        }
        if answer.contested != BigUint::ZERO {
            self.push(spot, Some(work), To::Held(held_for(&answer)), contested);
        }
        if answer.unclaimed != BigUint::ZERO {
            self.push(spot, Some(work), To::Unclaimed(UnclaimedFor::NoClaim), unclaimed);
        }
    }

    /// One holder's amount, on its way through the managers.
    fn pay(&mut self, spot: &Spot<'_>, work: &Name, right: Right, to: To, amount: u128) {
        let To::Party { party, .. } = &to else { return };
        let day = if spot.day < self.case.closes && spot.day == crate::uses::BEGINNING {
            self.case.period.from.unwrap_or(self.case.closes)
        } else {
            spot.day
        };
        let mandates = self.case.mandates;
        match mandates.route(party, work, right, &spot.territory, day, self.case.closes) {
            Route::Conflict => {
                let held = To::Held(HeldFor::MandateConflict(party.clone()));
                self.push(spot, Some(work), held, amount);
            }
            Route::Through(legs) => {
                let gross = Grains(amount as i128);
                let (mut net, mut kept) = (gross, Vec::new());
                for leg in legs {
                    let takes = |what: &str, rate: Ratio| Kept {
                        by: leg.manager.into(),
                        what: what.into(),
                        under: leg.under.into(),
                        grains: fraction_of(net, rate),
                    };
                    let both = [takes("commission", leg.commission), takes("cultural", leg.cultural)];
                    for k in both.into_iter().filter(|k| k.grains != Grains::ZERO) {
                        net.0 -= k.grains.0;
                        kept.push(k);
                    }
                }
                self.lines.push(Line {
                    pool: spot.pool,
                    asset: Some(spot.asset.clone()),
                    work: Some(work.clone()),
                    purpose: spot.purpose,
                    country: spot.country.cloned(),
                    day: spot.day,
                    to,
                    gross,
                    kept,
                    net,
                });
            }
        }
    }

    fn push(&mut self, spot: &Spot<'_>, work: Option<&Name>, to: To, amount: u128) {
        let gross = Grains(amount as i128);
        self.lines.push(Line {
            pool: spot.pool,
            asset: Some(spot.asset.clone()),
            work: work.cloned(),
            purpose: spot.purpose,
            country: spot.country.cloned(),
            day: spot.day,
            to,
            gross,
            kept: Vec::new(),
            net: gross,
        });
    }

    fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.names.insert(text.to_owned(), name.clone());
        name
    }
}

fn held_for(answer: &Resolution<'_>) -> HeldFor {
    if answer.state == State::Disputed {
        HeldFor::Disputed(answer.cases.clone())
    } else {
        HeldFor::OverClaimed(answer.contesting.clone())
    }
}

fn weight(weight: BigUint, name: &str) -> Weight {
    Weight { weight, tie: Digest::of(name.as_bytes()) }
}

/// The most minor units a pool may have: beyond any economy, and small enough that sums of pools fit.
pub const POOL_MINOR_MAX: i128 = 100_000_000_000_000_000_000;

/// A pool's amount in grains.
pub(crate) fn grains(stream: &Stream, money: Money) -> Result<Grains, SettleError> {
    let countable = Some(money).filter(|m| m.minor <= POOL_MINOR_MAX);
    countable.and_then(Grains::of).ok_or_else(|| SettleError::TooLarge(stream.name.clone()))
}
