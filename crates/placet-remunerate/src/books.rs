//! From settlements and decisions to entries.

use std::collections::BTreeMap;

use jiff::civil::Date;
use placet_core::{Currency, Money, Ratio};
use serde::{Deserialize, Serialize};

use crate::grains::{Weight, apportion};
use crate::journal::{Account, Draft, Event, Posting};
use crate::settle::{Line, Settlement, To};
use crate::tariff::Purse;
use crate::uses::Standing;
use crate::value::Exchange;
use crate::{Digest, Grains};

/// The entry of a settlement: what the licensee owes against what everybody is due.
pub fn settlement(s: &Settlement, day: Date) -> Draft {
    let mut book = Sheet::new(s.currency);
    let licensee = &s.inputs.licensee;
    for pool in &s.pools {
        // A pool's amount is whole minor units that were counted in grains before.
        let amount = Grains::of(pool.amount).unwrap_or_default().0;
        let (from, past) = match pool.standing {
            Standing::Past => (Account::PastClaim(licensee.clone()), true),
            Standing::Owed | Standing::Unlicensed => (Account::Receivable(licensee.clone()), false),
        };
        book.add(from, amount);
        for d in &pool.deductions {
            let fund = Account::Deducted(d.to.clone(), d.name.clone());
            book.add(if past { Account::Contingent(d.to.clone()) } else { fund }, -d.grains.0);
        }
    }
    for line in &s.lines {
        let Some(pool) = s.pools.get(line.pool as usize) else { continue };
        let past = pool.standing == Standing::Past;
        let work = name_of(line);
        let to = match &line.to {
            To::Party { party, .. } if past => Account::Contingent(party.to_string()),
            To::Party { party, .. } => Account::Accrued(party.to_string(), pool.purse),
            To::Held(_) | To::Unclaimed(_) if past => Account::Contingent(format!("holders of {work}")),
            To::Held(_) => Account::Held(work.to_owned()),
            To::Unclaimed(_) => Account::Unclaimed(work.to_owned()),
        };
        book.add(to, -line.net.0);
        for k in &line.kept {
            let fund = Account::Deducted(k.by.to_string(), k.what.to_string());
            book.add(if past { Account::Contingent(k.by.to_string()) } else { fund }, -k.grains.0);
        }
    }
    let memo = format!("{} for {}, {}", s.inputs.tariff_id, licensee, s.inputs.period);
    let mut draft = Draft::new(day, Event::Settlement, s.run, memo, book.postings());
    draft.subject = Some(subject(s));
    draft.root = Some(s.root);
    draft
}

/// What a settlement settles: the tariff, the licensee and the days. Of the settlements of one subject one stands.
pub fn subject(s: &Settlement) -> Digest {
    Digest::of_value(&("settles", &s.inputs.tariff_id, &s.inputs.licensee, s.inputs.period))
}

/// The work that a line's waiting money is kept for; `no work` where a pool had none.
pub fn name_of(line: &Line) -> &str {
    line.work.as_deref().or(line.asset.as_deref()).unwrap_or("no work")
}

/// Money from a licensee, identified by the bank's reference.
pub fn receipt(licensee: &str, amount: Money, day: Date, reference: &str) -> Draft {
    transfer(Event::Receipt, Account::Bank, Account::Receivable(licensee.to_owned()), amount, day, reference)
}

/// Money back to a licensee that had paid too much.
pub fn refund(licensee: &str, amount: Money, day: Date, reference: &str) -> Draft {
    transfer(Event::Refund, Account::Receivable(licensee.to_owned()), Account::Bank, amount, day, reference)
}

/// Money to a party before it is due; recouped from what becomes due.
pub fn advance(party: &str, amount: Money, day: Date, reference: &str) -> Draft {
    transfer(Event::Advance, Account::Advance(party.to_owned()), Account::Bank, amount, day, reference)
}

/// An exchange of money in the bank, both legs.
pub fn exchanged(e: &Exchange, day: Date, reference: &str) -> Draft {
    let leg = |account, money: Money, grains: i128| Posting {
        account,
        currency: money.currency,
        grains: Grains(grains),
    };
    let postings = match (Grains::of(e.from), Grains::of(e.to)) {
        (Some(from), Some(to)) => vec![
            leg(Account::Bank, e.from, -from.0),
            leg(Account::Exchange, e.from, from.0),
            leg(Account::Exchange, e.to, -to.0),
            leg(Account::Bank, e.to, to.0),
        ],
        _ => uncountable(Account::Bank, e.from.currency),
    };
    let memo =
        format!("{} to {} at {} ({}, {}); {reference}", e.from, e.to, e.at.rate, e.at.source, e.at.day);
    Draft::new(day, Event::Exchange, Digest::of_value(&("exchange", e, reference)), memo, postings)
}

/// A decision about money that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Decision {
    /// About the money of which settlement.
    pub settlement: Digest,
    /// And which work of it.
    pub work: String,
    /// Who decided.
    #[serde(default)]
    pub by: String,
    /// The signed decision: its digest or reference. Without one nothing moves.
    #[serde(default)]
    pub signature: String,
    /// Shares of the waiting money, summing to the whole, by receiver; for a lapse, the funds that receive it.
    pub outcome: BTreeMap<String, Ratio>,
    /// The legal deadline has passed, and this is what becomes of the money.
    #[serde(default)]
    pub lapse: bool,
}

/// Why a decision books nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// No money waits.
    #[error("no money of {0} waits in this settlement")]
    NothingWaits(String),
    /// Shares that are not the whole.
    #[error("the decision's shares do not sum to the whole")]
    NotTheWhole,
    /// Unsigned.
    #[error("the decision is not signed; deadlines and disputes move no money by themselves")]
    Unsigned,
}

/// The entry of a decision. Its run names the settlement and the work, so money that waits moves once at most.
pub fn decided(s: &Settlement, d: &Decision, day: Date) -> Result<Draft, DecisionError> {
    if d.signature.trim().is_empty() {
        return Err(DecisionError::Unsigned);
    }
    if !crate::resolve::is_whole(d.outcome.values()) {
        return Err(DecisionError::NotTheWhole);
    }
    let mut waits: BTreeMap<(Account, Purse), u128> = BTreeMap::new();
    for line in s.lines.iter().filter(|l| name_of(l) == d.work) {
        let Some(pool) = s.pools.get(line.pool as usize) else { continue };
        let account = match &line.to {
            To::Held(_) => Account::Held(d.work.clone()),
            To::Unclaimed(_) => Account::Unclaimed(d.work.clone()),
            To::Party { .. } => continue,
        };
        if pool.standing == Standing::Owed {
            *waits.entry((account, pool.purse)).or_default() += line.net.0.unsigned_abs();
        }
    }
    if waits.values().all(|n| *n == 0) {
        return Err(DecisionError::NothingWaits(d.work.clone()));
    }
    let mut book = Sheet::new(s.currency);
    let whole = crate::resolve::common(d.outcome.values().copied());
    let weights: Vec<Weight> = d
        .outcome
        .iter()
        .map(|(party, share)| Weight {
            weight: crate::resolve::parts_of(*share, &whole),
            tie: Digest::of(party.as_bytes()),
        })
        .collect();
    for ((account, purse), amount) in waits {
        book.add(account, amount as i128);
        for (party, part) in d.outcome.keys().zip(apportion(amount, &weights)) {
            let to =
                if d.lapse { Account::Lapsed(party.clone()) } else { Account::Accrued(party.clone(), purse) };
            book.add(to, -(part as i128));
        }
    }
    let event = if d.lapse { Event::Lapse } else { Event::Release };
    let run = Digest::of_value(&("decision", d.settlement, &d.work));
    let memo = format!("{}: decided by {}, {}", d.work, d.by, d.signature);
    let mut draft = Draft::new(day, event, run, memo, book.postings());
    draft.rests_on = Some(s.run);
    Ok(draft)
}

/// Days up to this one take no entry any more.
pub fn seal(day: Date) -> Draft {
    Draft::new(day, Event::Seal, Digest::of_value(&("seal", day)), format!("sealed up to {day}"), Vec::new())
}

fn transfer(event: Event, to: Account, from: Account, amount: Money, day: Date, reference: &str) -> Draft {
    let run = Digest::of_value(&("transfer", &event, &to, &from, amount, reference));
    let currency = amount.currency;
    let postings = match Grains::of(amount) {
        Some(grains) => vec![
            Posting { account: to, currency, grains },
            Posting { account: from, currency, grains: Grains(-grains.0) },
        ],
        None => uncountable(to, currency),
    };
    Draft::new(day, event, run, reference, postings)
}

/// For an amount that does not fit: an entry that cannot balance, so that booking refuses it.
fn uncountable(account: Account, currency: Currency) -> Vec<Posting> {
    vec![Posting { account, currency, grains: Grains(i128::MAX) }]
}

/// Postings being summed.
pub(crate) struct Sheet {
    currency: Currency,
    sums: BTreeMap<Account, i128>,
}

impl Sheet {
    pub(crate) fn new(currency: Currency) -> Sheet {
        Sheet { currency, sums: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, account: Account, grains: i128) {
        *self.sums.entry(account).or_default() += grains;
    }

    pub(crate) fn postings(self) -> Vec<Posting> {
        let currency = self.currency;
        let posting = |(account, n)| Posting { account, currency, grains: Grains(n) };
        self.sums.into_iter().filter(|(_, n)| *n != 0).map(posting).collect()
    }
}
