//! What a party earned and why: for a person to read in two minutes, for a program to add up, and for anybody to
//! follow back to the use records.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use placet_core::{Currency, Money, Role, Use};
use serde::Serialize;

use crate::claim::Name;
use crate::grains::{Weight, apportion};
use crate::pool::{Step, Value};
use crate::settle::{HeldFor, Kept, Line, Settlement, To, UnclaimedFor};
use crate::tariff::Purse;
use crate::uses::{RowKey, Standing};
use crate::{Digest, Grains, path};

/// A party's statement of one settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Statement {
    /// `placet.statement/1`.
    pub schema: &'static str,
    /// Whose.
    pub party: String,
    /// From which run.
    pub run: Digest,
    /// The root over the settlement's pools and lines, to which every row's proof leads.
    pub root: Digest,
    /// Who pays.
    pub licensee: String,
    /// For which days.
    pub period: String,
    /// At which terms.
    pub tariff: String,
    /// In which currency.
    pub currency: Currency,
    /// What was earned, work by work.
    pub rows: Vec<Row>,
    /// Claims for past use: not income yet.
    pub past: Vec<Row>,
    /// Earned, by account; the two sum to `earned`.
    pub by_purse: BTreeMap<Purse, Grains>,
    /// Earned, before what managers keep.
    pub gross: Grains,
    /// Earned.
    pub earned: Grains,
    /// Money of works that the party has a claim in, which waits.
    pub waiting: Vec<Waiting>,
    /// How each pool came to be.
    pub pools: Vec<PoolShown>,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// The line's place in the settlement.
    pub line: usize,
    /// The work that was used.
    pub used: Option<Name>,
    /// The layer of it that is paid: the work itself, or one it stands on.
    pub work: Option<Name>,
    /// For which use.
    #[serde(rename = "use")]
    pub purpose: Use,
    /// Where.
    pub country: Option<Name>,
    /// From which pool.
    pub pool: u32,
    /// In which account.
    pub purse: Purse,
    /// As what.
    pub role: Role,
    /// Under which claim.
    pub claim: Name,
    /// Given by the default rule: nobody has stated this share.
    pub by_default: bool,
    /// Before what managers keep.
    pub gross: Grains,
    /// What managers keep.
    pub kept: Vec<Kept>,
    /// Earned.
    pub net: Grains,
}

/// Money that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Waiting {
    /// Of which work.
    pub work: Name,
    /// How much, for all its holders together.
    pub amount: Grains,
    /// Why.
    pub why: String,
}

/// A pool, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PoolShown {
    /// Its stream.
    pub stream: String,
    /// What the licensee owes.
    pub amount: Money,
    /// How that was computed.
    pub steps: Vec<Step>,
    /// What the licensee reported, or that it did not.
    pub value: Value,
    /// Works used.
    pub works: u64,
    /// Use records.
    pub use_records: u64,
}

/// Draws a party's statement.
pub fn statement(s: &Settlement, party: &str) -> Statement {
    draw(s, party, s.lines.iter().enumerate(), s.lines.iter())
}

/// Draws a party's statement from the lines of a settlement that concern it, each with its place: at least its own,
/// and at least those that wait of the works in them. Others are passed over.
pub fn draw<'l>(
    s: &Settlement,
    party: &str,
    own: impl Iterator<Item = (usize, &'l Line)>,
    waiting: impl Iterator<Item = &'l Line>,
) -> Statement {
    let mut shown = Statement {
        schema: "placet.statement/1",
        party: party.to_owned(),
        run: s.run,
        root: s.root,
        licensee: s.inputs.licensee.clone(),
        period: s.inputs.period.to_string(),
        tariff: s.inputs.tariff_id.clone(),
        currency: s.currency,
        rows: Vec::new(),
        past: Vec::new(),
        by_purse: BTreeMap::from([(Purse::Functioning, Grains::ZERO), (Purse::Outputs, Grains::ZERO)]),
        gross: Grains::ZERO,
        earned: Grains::ZERO,
        waiting: Vec::new(),
        pools: Vec::new(),
    };
    let mut pools = BTreeMap::new();
    let mut works = BTreeSet::new();
    for (i, line) in own {
        let To::Party { party: p, claim, role, by_default, .. } = &line.to else { continue };
        let Some(pool) = s.pools.get(line.pool as usize) else { continue };
        if **p != *party {
            continue;
        }
        pools.insert(line.pool, pool);
        works.extend(line.work.iter().chain(&line.asset).cloned());
        let row = Row {
            line: i,
            used: line.asset.clone(),
            work: line.work.clone(),
            purpose: line.purpose,
            country: line.country.clone(),
            pool: line.pool,
            purse: pool.purse,
            role: *role,
            claim: claim.clone(),
            by_default: *by_default,
            gross: line.gross,
            kept: line.kept.clone(),
            net: line.net,
        };
        if pool.standing == Standing::Past {
            shown.past.push(row);
            continue;
        }
        shown.gross.0 += line.gross.0;
        shown.earned.0 += line.net.0;
        shown.by_purse.entry(pool.purse).or_default().0 += line.net.0;
        shown.rows.push(row);
    }
    let mut waits: BTreeMap<(Name, String), i128> = BTreeMap::new();
    for line in waiting {
        let why = match &line.to {
            To::Party { .. } => continue,
            To::Held(HeldFor::MandateConflict(whose)) if **whose != *party => continue,
            other => reason(other),
        };
        let work = line.work.as_ref().or(line.asset.as_ref());
        let Some(work) = work.filter(|w| works.contains(*w) || names(line, party)) else { continue };
        *waits.entry((work.clone(), why)).or_default() += line.net.0;
    }
    let wait = |((work, why), n)| Waiting { work, amount: Grains(n), why };
    shown.waiting = waits.into_iter().filter(|(_, n)| *n != 0).map(wait).collect();
    shown.pools = pools
        .into_values()
        .map(|p| PoolShown {
            stream: p.stream.clone(),
            amount: p.amount,
            steps: p.steps.clone(),
            value: p.value.clone(),
            works: p.works,
            use_records: p.use_records,
        })
        .collect();
    shown
}

/// A line with the proof that it belongs to the settlement, and the key of the use records behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explained {
    /// The line.
    pub line: Line,
    /// Its place among the leaves.
    pub leaf: usize,
    /// How many leaves there are.
    pub leaves: usize,
    /// The path to the settlement's root, lowest first: [`crate::leads_to`] checks it.
    pub path: Vec<Digest>,
}

/// Proves that a line belongs to the settlement, without showing any other line.
pub fn explain(s: &Settlement, line: usize) -> Option<Explained> {
    let leaves = s.leaves();
    let leaf = s.pools.len() + line;
    let found = s.lines.get(line)?.clone();
    Some(Explained { line: found, leaf, leaves: leaves.len(), path: path(&leaves, leaf)? })
}

/// Whether a use record, by its key in the tally, stands behind a line.
pub fn stands_behind(s: &Settlement, line: &Line, key: &RowKey, stream: &str) -> bool {
    s.pools.get(line.pool as usize).is_some_and(|pool| {
        pool.stream == stream
            && pool.standing == key.standing
            && pool.model == key.model
            && line.asset.as_ref() == Some(&key.work)
            && line.purpose == key.purpose
            && line.country == key.country
            && line.day == key.day
    })
}

impl Statement {
    /// The statement as plain text. Rows are rounded so that they add up to the total shown.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut say = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        let whole = |g: Grains| Money::new(g.whole_minor(), self.currency);
        say(format!("Statement for {}", self.party));
        say(format!("{} pays, for {}, at the terms of {}", self.licensee, self.period, self.tariff));
        say(String::new());
        let purses: Vec<(&str, Grains)> = self
            .by_purse
            .iter()
            .map(|(p, g)| {
                (
                    if *p == Purse::Functioning {
                        "for the making of systems"
                    } else {
                        "for what they put out"
                    },
                    *g,
                )
            })
            .collect();
        let cents = self.rounded(&purses.iter().map(|(_, g)| *g).collect::<Vec<_>>());
        say(format!("You earned {}", whole(self.earned)));
        for ((label, _), amount) in purses.iter().zip(cents) {
            say(format!("  {label:<26} {amount:>20}"));
        }
        let left = self.earned.fraction();
        if left != Grains::ZERO {
            let fine = left.decimal(self.currency.scale());
            say(format!("  and {fine} {}, less than one unit, counted on", self.currency));
        }
        if self.gross != self.earned {
            say(format!(
                "  after {} kept by those who collect for you",
                whole(Grains(self.gross.0 - self.earned.0))
            ));
        }
        if !self.rows.is_empty() {
            say(String::new());
            say(format!("{:<28} {:<14} {:<18} {:>18}", "work", "use", "as", "yours"));
            let cents = self.rounded(&self.rows.iter().map(|r| r.net).collect::<Vec<_>>());
            for (r, amount) in self.rows.iter().zip(cents) {
                let work = r.work.as_deref().unwrap_or("-");
                let mark = if r.by_default { " *" } else { "" };
                say(format!("{work:<28} {:<14} {:<18} {amount:>18}{mark}", r.purpose, r.role));
                if r.used.as_ref() != r.work.as_ref()
                    && let Some(used) = &r.used
                {
                    say(format!("  used as {used}"));
                }
            }
            if self.rows.iter().any(|r| r.by_default) {
                say("* nobody has stated this share; the licence's default rule gives it".to_owned());
            }
        }
        if !self.past.is_empty() {
            say(String::new());
            say("Claimed for use before the licence, not yet income:".to_owned());
            for r in &self.past {
                say(format!(
                    "{:<28} {:<14} {:<18} {:>18}",
                    r.work.as_deref().unwrap_or("-"),
                    r.purpose,
                    r.role,
                    whole(r.net)
                ));
            }
        }
        if !self.waiting.is_empty() {
            say(String::new());
            say("Waiting, for all holders of these works together:".to_owned());
            for w in &self.waiting {
                say(format!("{:<28} {:>18}  {}", w.work, whole(w.amount), w.why));
            }
        }
        say(String::new());
        say("How the money came about:".to_owned());
        for p in &self.pools {
            let (works, records) = (number(p.works, "work"), number(p.use_records, "use record"));
            say(format!("{}: {} for {works} and {records}", p.stream, p.amount));
            for step in &p.steps {
                say(format!("  {}: {}", step.what, step.amount));
            }
            if let Value::NotReported { since } = &p.value {
                let since = since.map(|d| format!(" since {d}")).unwrap_or_default();
                say(format!("  value not reported{since}"));
            }
        }
        say(String::new());
        say(format!("Run {}. Every line can be followed to its use records.", self.run.short()));
        out
    }

    /// The rows as CSV with every decimal.
    pub fn csv(&self) -> String {
        let mut out = String::from(
            "line,used,work,use,country,account,role,claim,by_default,gross,kept,net,currency,standing\n",
        );
        let decimal = |g: Grains| g.decimal(self.currency.scale());
        for (r, standing) in
            self.rows.iter().map(|r| (r, "owed")).chain(self.past.iter().map(|r| (r, "past")))
        {
            let kept = Grains(r.gross.0 - r.net.0);
            let fields = [
                r.line.to_string(),
                quoted(r.used.as_deref().unwrap_or("")),
                quoted(r.work.as_deref().unwrap_or("")),
                r.purpose.to_string(),
                r.country.as_deref().unwrap_or("").to_owned(),
                r.purse.code().to_owned(),
                r.role.to_string(),
                quoted(&r.claim),
                r.by_default.to_string(),
                decimal(r.gross),
                decimal(kept),
                decimal(r.net),
                self.currency.to_string(),
                standing.to_owned(),
            ];
            out.push_str(&fields.join(","));
            out.push('\n');
        }
        out
    }

    /// Amounts in whole minor units that add up to their total's: the units that rounding down leaves go to the
    /// largest fractions.
    pub fn rounded(&self, amounts: &[Grains]) -> Vec<Money> {
        let total: i128 = amounts.iter().map(|g| g.0).sum();
        let down: i128 = amounts.iter().map(|g| g.whole_minor()).sum();
        let weights: Vec<Weight> = amounts
            .iter()
            .enumerate()
            .map(|(i, g)| Weight {
                weight: g.fraction().0.unsigned_abs().into(),
                tie: Digest::of(&i.to_le_bytes()),
            })
            .collect();
        let left = (Grains(total).whole_minor() - down).unsigned_abs();
        let odd = apportion(left, &weights);
        amounts.iter().zip(odd).map(|(g, n)| Money::new(g.whole_minor() + n as i128, self.currency)).collect()
    }
}

fn number(n: u64, of: &str) -> String {
    if n == 1 { format!("1 {of}") } else { format!("{n} {of}s") }
}

fn names(line: &Line, party: &str) -> bool {
    matches!(&line.to, To::Held(HeldFor::MandateConflict(whose)) if **whose == *party)
}

fn reason(to: &To) -> String {
    match to {
        To::Party { .. } => String::new(),
        To::Held(HeldFor::OverClaimed(claims)) => {
            format!("more than the whole is claimed: {}", claims.join(", "))
        }
        To::Held(HeldFor::Disputed(cases)) => format!("a dispute is open: {}", cases.join(", ")),
        To::Held(HeldFor::NotCleared(kind)) => format!("the {kind} is not cleared"),
        To::Held(HeldFor::MandateConflict(whose)) => format!("two managers say they collect for {whose}"),
        To::Unclaimed(UnclaimedFor::NoClaim) => "nobody claims this part".to_owned(),
        To::Unclaimed(UnclaimedFor::LayerUnknown(kind)) => format!("the {kind} in it is not known"),
        To::Unclaimed(UnclaimedFor::NoWork) => "no use was reported".to_owned(),
    }
}

/// A CSV field; a leading sign that a spreadsheet would run as a formula is defused.
fn quoted(text: &str) -> String {
    let safe =
        if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() };
    if safe.contains([',', '"', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}
