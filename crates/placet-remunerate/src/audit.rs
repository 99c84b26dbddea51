//! The twelve invariants, counted over a journal that was read: each with its name, how much was looked at, and what
//! breaks it. Nothing here trusts what booking refused; every sum is made again.

use std::collections::{BTreeMap, BTreeSet};

use placet_core::Currency;
use serde::Serialize;

use crate::books;
use crate::deadlines::Clocks;
use crate::grains::GRAINS_PER_MINOR;
use crate::journal::{Account, Entry, Event, Posting};
use crate::pool::Value;
use crate::settle::Settlement;
use crate::{Digest, Grains};

/// One invariant, as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// 1 to 12, as in `docs/remuneration.md`.
    pub number: u8,
    /// What holds.
    pub name: &'static str,
    /// How many of what were looked at.
    pub checked: u64,
    /// What they are.
    pub of: &'static str,
    /// What breaks it: the first [`FAULTS_MAX`], in words.
    pub faults: Vec<String>,
}

/// So many faults of one invariant are described.
pub const FAULTS_MAX: usize = 20;

/// Checks a journal's entries, and the settlements at hand that were booked in it.
pub fn audit(entries: &[Entry], settlements: &[Settlement], clocks: &Clocks) -> Vec<Finding> {
    vec![
        balance(entries),
        conservation(settlements),
        sides(entries),
        append_only(entries),
        once(entries),
        recomputable(entries, settlements),
        order(entries, settlements),
        explained(entries, settlements),
        deadlines(entries, clocks),
        holds(entries),
        clawbacks(entries),
        value(settlements),
    ]
}

impl Finding {
    fn new(number: u8, name: &'static str, of: &'static str) -> Finding {
        Finding { number, name, checked: 0, of, faults: Vec::new() }
    }

    fn look(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds && self.faults.len() < FAULTS_MAX {
            self.faults.push(fault());
        }
    }
}

fn balance(entries: &[Entry]) -> Finding {
    let mut found = Finding::new(1, "every entry balances in every currency", "sums");
    for e in entries {
        let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
        for p in &e.draft.postings {
            let sum = sums.entry(p.currency).or_default();
            *sum = sum.saturating_add(p.grains.0);
        }
        for (currency, sum) in sums {
            found.look(sum == 0, || format!("entry {}: {currency} is off by {sum} grains", e.number));
        }
    }
    found
}

fn conservation(settlements: &[Settlement]) -> Finding {
    let mut found =
        Finding::new(2, "what goes out, waits and is deducted is what came in", "pools and lines");
    for s in settlements {
        let mut out = vec![0_i128; s.pools.len()];
        for line in &s.lines {
            let kept: i128 = line.kept.iter().map(|k| k.grains.0).sum();
            found.look(line.gross.0 == line.net.0 + kept && line.net.0 >= 0, || {
                format!("run {}: a line of {} does not add up", s.run.short(), line.receiver())
            });
            if let Some(sum) = out.get_mut(line.pool as usize) {
                *sum = sum.saturating_add(line.gross.0);
            }
        }
        for (pool, out) in s.pools.iter().zip(out) {
            let deducted: i128 = pool.deductions.iter().map(|d| d.grains.0).sum();
            found.look(pool.amount.minor.saturating_mul(GRAINS_PER_MINOR) == out + deducted, || {
                format!("run {}: pool {} is {}, its parts are not", s.run.short(), pool.stream, pool.amount)
            });
        }
    }
    found
}

fn sides(entries: &[Entry]) -> Finding {
    let mut found =
        Finding::new(3, "nothing due goes below zero, nothing is paid beyond what was received", "balances");
    let mut balances: BTreeMap<(&Account, Currency), i128> = BTreeMap::new();
    for e in entries {
        for p in &e.draft.postings {
            let balance = balances.entry((&p.account, p.currency)).or_default();
            *balance = balance.saturating_add(p.grains.0);
            let (balance, holds) = (*balance, p.account.allows(Grains(*balance)));
            found.look(holds, || format!("entry {}: {} stands at {balance} grains", e.number, p.account));
        }
    }
    found
}

fn append_only(entries: &[Entry]) -> Finding {
    let mut found = Finding::new(
        4,
        "entries follow from one another, sealed days stay sealed, reversals undo",
        "entries",
    );
    let (mut previous, mut sealed) = (Digest::default(), None);
    let mut booked: BTreeMap<Digest, Vec<&Entry>> = BTreeMap::new();
    for (place, e) in (0_u64..).zip(entries) {
        let digest = Digest::of_value(&(e.number, Digest::of_value(&e.draft), e.previous));
        found.look(e.number == place && e.previous == previous && e.digest == digest, || {
            format!("entry {} does not follow from the one before it, or was changed", e.number)
        });
        found.look(sealed.is_none_or(|day| e.draft.day > day), || {
            format!("entry {} is of {}, a sealed day", e.number, e.draft.day)
        });
        previous = e.digest;
        match &e.draft.event {
            Event::Seal => sealed = sealed.max(Some(e.draft.day)),
            Event::Reversal { of } => {
                let undone = booked.remove(of).unwrap_or_default();
                found.look(!undone.is_empty() && undoes(&e.draft.postings, &undone), || {
                    format!("entry {} is no reversal of run {}", e.number, of.short())
                });
            }
            _ => {}
        }
        for run in [Some(e.draft.run), e.draft.rests_on].into_iter().flatten() {
            booked.entry(run).or_default().push(e);
        }
    }
    found
}

/// Whether a reversal takes back exactly what was booked; what a party had been paid already may stand as a claim on
/// it instead.
fn undoes(reversal: &[Posting], undone: &[&Entry]) -> bool {
    let mut sums: BTreeMap<(String, Currency), i128> = BTreeMap::new();
    let all = undone.iter().flat_map(|e| &e.draft.postings).chain(reversal);
    for p in all {
        let name = match &p.account {
            Account::Accrued(party, _) | Account::Clawback(party) => party.clone(),
            other => other.to_string(),
        };
        let sum = sums.entry((name, p.currency)).or_default();
        *sum = sum.saturating_add(p.grains.0);
    }
    sums.values().all(|n| *n == 0)
}

fn once(entries: &[Entry]) -> Finding {
    let mut found = Finding::new(5, "a run is booked once, and one run stands for what it settles", "runs");
    let (mut runs, mut reversed) = (BTreeSet::new(), BTreeSet::new());
    let mut standing: BTreeMap<Digest, Digest> = BTreeMap::new();
    for e in entries {
        found.look(runs.insert(e.draft.run), || format!("run {} is booked twice", e.draft.run.short()));
        if let Event::Reversal { of } = &e.draft.event {
            reversed.insert(*of);
        }
        if let Some(subject) = e.draft.subject
            && let Some(earlier) = standing.insert(subject, e.draft.run)
        {
            found.look(reversed.contains(&earlier), || {
                format!("runs {} and {} settle the same twice", earlier.short(), e.draft.run.short())
            });
        }
    }
    found
}

fn recomputable(entries: &[Entry], settlements: &[Settlement]) -> Finding {
    let name = "inputs lead to the run, lines to the root, both to what is booked";
    let mut found = Finding::new(6, name, "settlements");
    for s in settlements {
        let booked = entries.iter().find(|e| e.draft.run == s.run && e.draft.event == Event::Settlement);
        let leads = Digest::of_value(&s.inputs) == s.run && crate::root(&s.leaves()) == s.root;
        found.look(leads, || format!("run {}: inputs and lines do not lead to it", s.run.short()));
        found.look(booked.is_some_and(|e| e.draft.root == Some(s.root)), || {
            format!("run {} is not booked, or with another root", s.run.short())
        });
    }
    found
}

fn order(entries: &[Entry], settlements: &[Settlement]) -> Finding {
    let mut found =
        Finding::new(7, "no order of inputs shows: postings and lines stand in their own", "entries");
    for e in entries {
        let mut pairs = e.draft.postings.windows(2);
        let sorted =
            pairs.all(|p| matches!(p, [a, b] if (&a.account, a.currency) < (&b.account, b.currency)));
        found.look(sorted, || format!("entry {}: an account comes twice or out of order", e.number));
    }
    for s in settlements {
        found.look(s.is_in_order(), || format!("run {}: lines are out of order", s.run.short()));
    }
    found
}

fn explained(entries: &[Entry], settlements: &[Settlement]) -> Finding {
    let mut found = Finding::new(8, "every posting of a settlement is the sum of its lines", "postings");
    for s in settlements {
        let Some(booked) = entries.iter().find(|e| e.draft.run == s.run) else { continue };
        let again = books::settlement(s, booked.draft.day);
        found.checked += again.postings.len() as u64;
        found.look(again == booked.draft, || {
            format!("run {}: what is booked is not what its lines sum to", s.run.short())
        });
    }
    found
}

fn deadlines(entries: &[Entry], clocks: &Clocks) -> Finding {
    let mut found = Finding::new(9, "nothing lapses before its day, and only by a decision", "postings");
    let mut first: BTreeMap<&Account, jiff::civil::Date> = BTreeMap::new();
    for e in entries {
        for p in &e.draft.postings {
            if e.draft.event == Event::Settlement
                && matches!(p.account, Account::Held(_) | Account::Unclaimed(_))
            {
                first.entry(&p.account).or_insert(e.draft.day);
            }
            if !matches!(p.account, Account::Lapsed(_)) || p.grains.0 >= 0 {
                continue;
            }
            // A reversal gives back what lapsed, never the other way round.
            found.look(e.draft.event == Event::Lapse && e.draft.rests_on.is_some(), || {
                format!("entry {}: money lapsed without a decision", e.number)
            });
            let from = e
                .draft
                .postings
                .iter()
                .filter(|p| p.grains.0 > 0)
                .filter_map(|p| first.get(&p.account))
                .min();
            let day = from.and_then(|day| clocks.may_lapse(*day));
            found.look(day.is_none_or(|day| e.draft.day >= day), || {
                format!("entry {}: money lapsed on {}, before its day", e.number, e.draft.day)
            });
        }
    }
    found
}

fn holds(entries: &[Entry]) -> Finding {
    let mut found = Finding::new(10, "money that waits moves once", "decisions");
    let mut moved = BTreeSet::new();
    for e in entries.iter().filter(|e| matches!(e.draft.event, Event::Release | Event::Lapse)) {
        let from =
            e.draft.postings.iter().filter(|p| matches!(p.account, Account::Held(_) | Account::Unclaimed(_)));
        for p in from {
            found.look(moved.insert((e.draft.rests_on, &p.account, p.currency)), || {
                format!("entry {}: {} moves a second time", e.number, p.account)
            });
        }
    }
    found
}

fn clawbacks(entries: &[Entry]) -> Finding {
    let mut found = Finding::new(
        11,
        "what is to be returned arises from corrections and is taken from payouts",
        "postings",
    );
    for e in entries {
        for p in e.draft.postings.iter().filter(|p| matches!(p.account, Account::Clawback(_))) {
            let fits = match &e.draft.event {
                Event::Reversal { .. } => true,
                Event::Payout => p.grains.0 < 0,
                _ => false,
            };
            found.look(fits, || format!("entry {}: {} changes without a ground", e.number, p.account));
        }
    }
    found
}

fn value(settlements: &[Settlement]) -> Finding {
    let mut found = Finding::new(
        12,
        "every pool shows what was reported, or that nothing was, and how it was computed",
        "pools",
    );
    for s in settlements {
        for pool in &s.pools {
            let shown = match &pool.value {
                Value::NotReported { since } => since.is_some(),
                Value::Reported { gross, net, .. } => gross.is_some() || net.is_some(),
            };
            found.look(shown && !pool.steps.is_empty(), || {
                format!("run {}: pool {} does not say how it came about", s.run.short(), pool.stream)
            });
        }
    }
    found
}
