//! What the licensee owes, stream by stream, and the weights by which it is divided.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use num_bigint::BigUint;
use num_traits::ToPrimitive;
use placet_core::{Money, Ratio, Territory};
use serde::{Deserialize, Serialize};

use crate::Grains;
use crate::claim::Name;
use crate::grains::{Weight, apportion};
use crate::mandate::fraction_of;
use crate::settle::{Case, Portion, SettleError, grains};
use crate::tariff::{Base, Charge, Fallback, Key, Over, Purse, Stream};
use crate::uses::{RowKey, Standing, Totals};
use crate::value::{Exchange, ValueReport, exchange};

/// The money of one licensee, stream, territory, period and, where each is a licence of its own, model version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pool {
    /// Of which stream of the tariff.
    pub stream: String,
    /// Which of the two accounts.
    pub purse: Purse,
    /// Income, or a claim for past use.
    pub standing: Standing,
    /// Earned where.
    pub territory: Territory,
    /// For which model version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Name>,
    /// What the licensee owes.
    pub amount: Money,
    /// How that was computed, step by step.
    pub steps: Vec<Step>,
    /// What the licensee reported.
    pub value: Value,
    /// What is deducted before the division.
    pub deductions: Vec<Deducted>,
    /// Use records in it.
    pub use_records: u64,
    /// Works used in it.
    pub works: u64,
}

/// One step of a computation, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was done.
    pub what: String,
    /// What it came to.
    pub amount: Money,
}

/// What the licensee reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Nothing, although it must: a breach, shown on every statement.
    #[serde(rename_all = "kebab-case")]
    NotReported {
        /// Since when.
        since: Option<Date>,
    },
    /// These numbers; an absent one was not reported.
    Reported {
        /// Everything received.
        gross: Option<Money>,
        /// After allowed deductions.
        net: Option<Money>,
        /// The exchange, where the report is in another currency.
        exchange: Option<Box<Exchange>>,
    },
}

/// A deduction before the division.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deducted {
    /// For what.
    pub name: String,
    /// To whom.
    pub to: String,
    /// How much.
    pub grains: Grains,
}

/// A pool with what divides it.
pub(crate) struct Formed<'u> {
    pub(crate) stream: usize,
    pub(crate) pool: Pool,
    pub(crate) shares: Vec<Portion>,
    pub(crate) rows: Vec<(&'u RowKey, &'u Totals)>,
}

type Rows<'u> = Vec<(&'u RowKey, &'u Totals)>;

/// Forms the pools of all streams.
pub(crate) fn form_pools<'u>(
    case: &Case<'_>,
    uses: &'u crate::uses::Counted,
) -> Result<Vec<Formed<'u>>, SettleError> {
    let mut groups: BTreeMap<(usize, Standing, Option<&Name>), Rows<'u>> = BTreeMap::new();
    for i in 0..case.tariff.streams.len() {
        groups.insert((i, Standing::Owed, None), Vec::new());
    }
    for (key, totals) in &uses.rows {
        if key.standing != Standing::Unlicensed {
            groups.entry((key.stream, key.standing, key.model.as_ref())).or_default().push((key, totals));
        }
    }
    let mut pools = Vec::new();
    let with_versions: BTreeSet<usize> =
        groups.keys().filter(|(_, s, m)| *s == Standing::Owed && m.is_some()).map(|(i, ..)| *i).collect();
    for ((i, standing, model), rows) in groups {
        let Some(stream) = case.tariff.streams.get(i) else { continue };
        if rows.is_empty() && with_versions.contains(&i) {
            continue;
        }
        let book = Stand { case, stream, i, standing, model };
        pools.extend(book.pools(rows)?);
    }
    Ok(pools)
}

struct Stand<'a> {
    case: &'a Case<'a>,
    stream: &'a Stream,
    i: usize,
    standing: Standing,
    model: Option<&'a Name>,
}

impl Stand<'_> {
    fn pools<'u>(&self, rows: Rows<'u>) -> Result<Vec<Formed<'u>>, SettleError> {
        let currency = self.case.tariff.currency;
        let mut steps = Vec::new();
        let mut works: Option<BTreeSet<Name>> = None;
        let amount = match (&self.stream.charge, self.standing) {
            (Charge::RevenueShare { rate, base }, Standing::Owed) => {
                return self.by_revenue(self.best_rate(*rate), *base, rows);
            }
            (Charge::RevenueShare { .. } | Charge::Fixed { .. }, _) if self.standing != Standing::Owed => {
                let what = "this stream has no price for single works or uses: past uses are listed unpriced";
                steps.push(Step { what: what.to_owned(), amount: Money::zero(currency) });
                Money::zero(currency)
            }
            (Charge::RevenueShare { .. }, _) => Money::zero(currency),
            (Charge::Fixed { amount }, _) => {
                let amount = self.best_price(*amount, &mut steps);
                steps.push(Step { what: "fixed amount of the period".to_owned(), amount });
                amount
            }
            (Charge::PerWork { amount, term_months }, _) => {
                let new = self.works_to_pay(&rows);
                let each = self.best_price(*amount, &mut steps);
                let total = each.minor.checked_mul(new.len() as i128).ok_or_else(|| self.too_large())?;
                let total = Money::new(total, currency);
                let what = format!("{} works × {each}, for {term_months} months each", new.len());
                steps.push(Step { what, amount: total });
                works = Some(new);
                total
            }
            (Charge::PerUse { unit, price, per }, _) => {
                let units: BigUint = rows.iter().map(|(_, t)| BigUint::from(t.amount)).sum();
                let each = self.best_price(*price, &mut steps);
                // Rounded half up, once for the pool: what the licensee is charged is whole minor units.
                let exact = BigUint::from(each.minor.unsigned_abs()) * &units;
                let minor = (exact * 2_u8 + *per) / (BigUint::from(*per) * 2_u8);
                let minor = minor.to_i128().ok_or_else(|| self.too_large())?;
                let total = Money::new(minor, currency);
                let unit = format!("{unit:?}").to_lowercase();
                steps.push(Step { what: format!("{units} {unit}s at {each} for {per}"), amount: total });
                total
            }
        };
        let amount = self.topped_up(amount, &mut steps);
        let value =
            self.reported().first().map_or(Value::NotReported { since: self.case.period.from }, |r| {
                Value::Reported { gross: r.gross, net: r.net, exchange: None }
            });
        Ok(vec![self.formed(Territory::World, amount, steps, value, rows, works.as_ref())?])
    }

    /// One pool for each territory the licensee reported value for, and one for what the minimum adds.
    fn by_revenue<'u>(
        &self,
        rate: Ratio,
        base: Base,
        rows: Rows<'u>,
    ) -> Result<Vec<Formed<'u>>, SettleError> {
        let currency = self.case.tariff.currency;
        let mut rest = rows;
        let mut pools = Vec::new();
        let mut charged = 0_i128;
        for report in self.reported() {
            let (inside, outside): (Rows<'u>, Rows<'u>) =
                rest.into_iter().partition(|(key, _)| self.lies_in(key, &report.territory));
            rest = outside;
            let number = match base {
                Base::Gross => report.gross,
                Base::Net => report.net,
            };
            let (mut steps, mut exchanged) = (Vec::new(), None);
            let amount = match number {
                None => Money::zero(currency),
                Some(number) => {
                    let word = if base == Base::Gross { "gross" } else { "net" };
                    let mut amount = number;
                    steps.push(Step { what: format!("{word} income reported"), amount });
                    if number.currency != currency {
                        let done = exchange(self.case.rates, number, currency, self.case.closes)?;
                        amount = done.to;
                        let what = format!("at {} ({}, {})", done.at.rate, done.at.source, done.at.day);
                        steps.push(Step { what, amount });
                        exchanged = Some(Box::new(done));
                    }
                    let part = BigUint::from(amount.minor.max(0).unsigned_abs()) * rate.numerator();
                    let half =
                        (part * 2_u8 + rate.denominator()) / (BigUint::from(rate.denominator()) * 2_u8);
                    let amount = Money::new(half.to_i128().ok_or_else(|| self.too_large())?, currency);
                    steps.push(Step { what: format!("{rate} of it"), amount });
                    amount
                }
            };
            charged = charged.checked_add(amount.minor).ok_or_else(|| self.too_large())?;
            let value = match number {
                None => Value::NotReported { since: self.case.period.from },
                Some(_) => Value::Reported { gross: report.gross, net: report.net, exchange: exchanged },
            };
            pools.push(self.formed(report.territory.clone(), amount, steps, value, inside, None)?);
        }
        let mut steps = Vec::new();
        let topped = self.topped_up(Money::new(charged, currency), &mut steps);
        let top_up = Money::new(topped.minor - charged, currency);
        if pools.is_empty() || !rest.is_empty() || top_up.minor > 0 {
            let value = Value::NotReported { since: self.case.period.from };
            if top_up.minor > 0 && !pools.is_empty() && rest.is_empty() {
                // The top-up is divided as the first territory's pool is: the minimum names no territory.
                if let Some(first) = pools.first_mut() {
                    let rows = std::mem::take(&mut first.rows);
                    let amount = Money::new(first.pool.amount.minor + top_up.minor, currency);
                    steps.insert(0, Step { what: "from the report".to_owned(), amount: first.pool.amount });
                    let mut all = std::mem::take(&mut first.pool.steps);
                    all.extend(steps);
                    let (territory, value) = (first.pool.territory.clone(), first.pool.value.clone());
                    *first = self.formed(territory, amount, all, value, rows, None)?;
                }
            } else {
                if steps.is_empty() {
                    let what = "no income was reported here to take a share of";
                    steps.push(Step { what: what.to_owned(), amount: Money::zero(currency) });
                }
                pools.push(self.formed(Territory::World, top_up, steps, value, rest, None)?);
            }
        }
        Ok(pools)
    }

    fn formed<'u>(
        &self,
        territory: Territory,
        amount: Money,
        steps: Vec<Step>,
        value: Value,
        rows: Rows<'u>,
        works: Option<&BTreeSet<Name>>,
    ) -> Result<Formed<'u>, SettleError> {
        let mut left = grains(self.stream, amount)?;
        let mut deductions = Vec::new();
        for d in &self.stream.deductions {
            let taken = fraction_of(left, d.rate);
            left.0 -= taken.0;
            deductions.push(Deducted { name: d.name.clone(), to: d.to.clone(), grains: taken });
        }
        let used: BTreeSet<&Name> = rows.iter().map(|(k, _)| &k.work).collect();
        let pool = Pool {
            stream: self.stream.name.clone(),
            purse: self.stream.purse(),
            standing: self.standing,
            territory,
            model: self.model.cloned(),
            amount,
            steps,
            value,
            deductions,
            use_records: rows.iter().map(|(_, t)| t.records).sum(),
            works: used.len() as u64,
        };
        let shares = match works {
            // A price per work goes to the works it was charged for, whatever else was used.
            Some(works) => vec![(left, works.iter().map(|w| (w.clone(), BigUint::from(1_u8))).collect())],
            None => self.portions(left, &rows),
        };
        Ok(Formed { stream: self.i, pool, shares, rows })
    }

    fn portions(&self, amount: Grains, rows: &Rows<'_>) -> Vec<Portion> {
        let sums = |of: fn(&Totals) -> u128| -> Vec<(Name, BigUint)> {
            let mut sums: BTreeMap<&Name, BigUint> = BTreeMap::new();
            for (key, totals) in rows {
                *sums.entry(&key.work).or_default() += of(totals);
            }
            sums.into_iter().map(|(w, n)| (w.clone(), n)).collect()
        };
        let equal = |works: &mut dyn Iterator<Item = &Name>| -> Vec<(Name, BigUint)> {
            let all: BTreeSet<&Name> = works.collect();
            all.into_iter().map(|w| (w.clone(), BigUint::from(1_u8))).collect()
        };
        let used = |of: fn(&Totals) -> u128| {
            equal(&mut rows.iter().filter(|(_, t)| of(t) > 0).map(|(k, _)| &k.work))
        };
        let repertoire = || equal(&mut self.case.repertoire.iter().chain(rows.iter().map(|(k, _)| &k.work)));
        match &self.stream.key {
            Key::Equal { over: Over::Used } => vec![(amount, used(|_| 1))],
            Key::Equal { over: Over::Repertoire } => vec![(amount, repertoire())],
            Key::Amount => vec![(amount, sums(|t| t.amount))],
            Key::Attribution { fallback, .. } => {
                let measured: BigUint = rows.iter().map(|(_, t)| BigUint::from(t.measured)).sum();
                let unmeasured: BigUint = rows.iter().map(|(_, t)| BigUint::from(t.unmeasured)).sum();
                // A measured output weighs what was traced of it, an unmeasured one the whole billion parts.
                let tie = |name: &str| crate::Digest::of(name.as_bytes());
                let weights = [
                    Weight { weight: measured, tie: tie("measured") },
                    Weight { weight: unmeasured * 1_000_000_000_u64, tie: tie("unmeasured") },
                ];
                let parts = apportion(amount.0.unsigned_abs(), &weights);
                let [first, second] = parts.as_slice() else { return vec![(amount, Vec::new())] };
                if first + second == 0 && amount.0 != 0 {
                    return vec![(amount, Vec::new())];
                }
                let rest = match fallback {
                    Fallback::EqualUsed => used(|t| t.unmeasured),
                    Fallback::EqualRepertoire => repertoire(),
                    Fallback::Amount => sums(|t| t.unmeasured),
                };
                let mut portions =
                    vec![(Grains(*first as i128), sums(|t| t.measured)), (Grains(*second as i128), rest)];
                portions.retain(|(grains, _)| *grains != Grains::ZERO);
                if portions.is_empty() { vec![(amount, sums(|t| t.amount))] } else { portions }
            }
        }
    }

    /// Works used that no earlier payment covers any more.
    fn works_to_pay(&self, rows: &Rows<'_>) -> BTreeSet<Name> {
        let covered = |work: &Name| {
            let paid = self.case.paid_until.get(&(work.clone(), self.model.cloned()));
            self.case.period.from.zip(paid).is_some_and(|(from, until)| *until >= from)
        };
        rows.iter().map(|(k, _)| &k.work).filter(|w| !covered(w)).cloned().collect()
    }

    fn reported(&self) -> Vec<&ValueReport> {
        let mut reports: Vec<&ValueReport> = self
            .case
            .value
            .iter()
            .filter(|r| r.licensee == self.case.licensee && r.purse == self.stream.purse())
            .filter(|r| r.period == self.case.period && r.reported_at <= self.case.as_of)
            .collect();
        // Of several reports for one territory the latest counts; the others stay on record.
        reports.sort_by(|a, b| {
            let place = |r: &ValueReport| r.territory.to_string();
            place(a)
                .cmp(&place(b))
                .then(b.reported_at.cmp(&a.reported_at))
                .then_with(|| b.source.cmp(&a.source))
        });
        reports.dedup_by(|later, first| later.territory == first.territory);
        // The narrow ones first, so that "the world" takes what they leave.
        reports.sort_by_key(|r| (r.territory == Territory::World, r.territory.to_string()));
        reports
    }

    fn lies_in(&self, key: &RowKey, territory: &Territory) -> bool {
        let country = key.country.as_deref().or(self.stream.country.as_deref());
        match country.map(str::as_bytes) {
            Some([a, b]) => territory.contains([*a, *b]),
            _ => *territory == Territory::World,
        }
    }

    fn topped_up(&self, amount: Money, steps: &mut Vec<Step>) -> Money {
        match self.stream.minimum {
            Some(minimum) if minimum.minor > amount.minor && self.standing == Standing::Owed => {
                steps.push(Step { what: "minimum, topped up by the licensee".to_owned(), amount: minimum });
                minimum
            }
            _ => amount,
        }
    }

    /// The most-favoured-nation clause: no less than the best comparable price.
    fn best_price(&self, own: Money, steps: &mut Vec<Step>) -> Money {
        let best = self
            .case
            .tariff
            .comparables
            .iter()
            .filter(|c| c.stream == self.stream.name)
            .filter_map(|c| c.price.map(|p| (p, &c.name)))
            .max_by(|a, b| a.0.minor.cmp(&b.0.minor).then_with(|| b.1.cmp(a.1)));
        match best {
            Some((price, name)) if price.minor > own.minor => {
                let what = format!("price raised to that of {name}: most-favoured-nation clause");
                steps.push(Step { what, amount: price });
                price
            }
            _ => own,
        }
    }

    fn best_rate(&self, own: Ratio) -> Ratio {
        let others = self.case.tariff.comparables.iter().filter(|c| c.stream == self.stream.name);
        others.filter_map(|c| c.rate).fold(own, Ratio::max)
    }

    fn too_large(&self) -> SettleError {
        SettleError::TooLarge(self.stream.name.clone())
    }
}
