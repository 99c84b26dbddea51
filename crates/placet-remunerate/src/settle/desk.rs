//! One pool after the other: its works, their uses, their layers, their claims, and the managers on the way.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use num_bigint::BigUint;
use placet_core::{Money, Ratio, Right, Territory, Use};

use super::{Case, HeldFor, Kept, Line, SettleError, To, UnclaimedFor};
use crate::claim::{Name, Question};
use crate::grains::{Weight, apportion, weighs_nothing};
use crate::mandate::{Route, fraction_of};
use crate::resolve::{Resolution, RuleSet, State, resolve};
use crate::tariff::Stream;
use crate::uses::{RowKey, Totals};
use crate::{Digest, Grains};

/// Divides pools into lines.
pub(super) struct Desk<'a> {
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

impl<'a> Desk<'a> {
    pub(super) fn new(case: &'a Case<'a>, rules: &'a RuleSet) -> Desk<'a> {
        Desk { case, rules, names: HashMap::new(), lines: Vec::new() }
    }

    /// All lines, in their order.
    pub(super) fn lines(self) -> Vec<Line> {
        let mut lines = self.lines;
        lines.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
        lines
    }

    pub(super) fn divide(
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
