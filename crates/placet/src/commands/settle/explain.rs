//! `placet settle explain`: every amount of a party back to use records and receipts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::anyhow;
use jiff::civil::Date;
use placet_core::Money;
use placet_remunerate::claim::Name;
use placet_remunerate::journal::{Account, Entry, Event};
use placet_remunerate::settle::{Line, Settlement};
use placet_remunerate::uses::{RowKey, Totals, UseRecord, place};
use placet_remunerate::{Digest, Grains, Nodes};
use serde::Serialize;

use crate::journal::entries;
use crate::output::foreign;
use crate::settlement::{Committed, Folder, Found, committed, each, party};
use crate::{Context, Exit, Failure};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the settlement
    settlement: PathBuf,
    /// The party, as in the claims
    #[arg(long)]
    party: String,
    /// Use records that are shown for each amount; --json shows all
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    records: usize,
}

#[derive(Serialize)]
struct Explained {
    party: String,
    run: Digest,
    root: Digest,
    leaves: usize,
    amounts: Vec<Amount>,
    entry: Option<u64>,
    log: Option<Committed>,
    receipts: Vec<Receipt>,
}

#[derive(Serialize)]
struct Amount {
    #[serde(flatten)]
    line: Line,
    /// The pool it is a part of, and how that came about.
    stream: String,
    pool: Money,
    steps: Vec<placet_remunerate::pool::Step>,
    /// What the work got here, for all its holders.
    of_work: Grains,
    /// What the work was counted with, and all works of the pool together.
    weight: Option<Totals>,
    /// Its place among the leaves, and the path to the root.
    leaf: usize,
    path: Vec<Digest>,
    records: Vec<Used>,
}

/// A use record, where it stands.
#[derive(Clone, Serialize)]
struct Used {
    file: PathBuf,
    row: u64,
    record: UseRecord,
}

#[derive(Serialize)]
struct Receipt {
    entry: u64,
    day: Date,
    amount: Money,
    reference: String,
}

/// What a line and a tally row have in common.
type Spot<'k> = (&'k Name, placet_core::Use, Option<&'k Name>, Date);

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let folder = Folder::open(&self.settlement)?;
        let party = party(context, &self.party, |id| folder.knows(id));
        let whole = folder.whole()?;
        let own: Vec<usize> = (0..)
            .zip(&whole.lines)
            .filter(|(_, l)| l.section() == 0 && l.receiver() == party)
            .map(|(i, _)| i)
            .collect();
        if own.is_empty() {
            let error = anyhow!("no amount of this settlement goes to {}", foreign(&party));
            return Err(Failure::new(Exit::Input, error).hint("name the party as the claims do"));
        }
        let works: BTreeSet<&str> =
            own.iter().filter_map(|i| whole.lines.get(*i)?.asset.as_deref()).collect();
        let rows = folder.counted(|work| works.contains(work))?;
        let records = records(&folder, &whole, &rows, &works)?;
        let journal = entries(context)?;
        let explained = Explained {
            amounts: amounts(&whole, &own, &rows, &records),
            party,
            run: whole.run,
            root: whole.root,
            leaves: whole.pools.len() + whole.lines.len(),
            entry: journal.iter().find(|e| e.draft.run == whole.run).map(|e| e.number),
            log: committed(context, &whole, &folder.record())?,
            receipts: receipts(&journal, &whole),
        };
        if context.out.is_json() {
            context.out.json("placet.explain/1", &explained)?;
        } else {
            let text = explained.text(&whole, self.records);
            let safe: Vec<_> = text.lines().map(foreign).collect();
            context.out.result(&(safe.join("\n") + "\n"))?;
        }
        Ok(Exit::Done)
    }
}

/// The use records behind each tally row of these works.
fn records(
    folder: &Folder,
    settled: &Settlement,
    rows: &[(RowKey, Totals)],
    works: &BTreeSet<&str>,
) -> Result<BTreeMap<RowKey, Vec<Used>>, Failure> {
    let tariff = folder.tariff()?;
    let mut found: BTreeMap<RowKey, Vec<Used>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for then in &folder.header.sources {
        let now = crate::settlement::hash(&then.path).ok();
        if now.as_ref() != Some(&then.blake3) {
            let error = anyhow!("{} is not what was settled", then.path.display());
            return Err(Failure::new(Exit::Input, error)
                .hint("explain from the folder in which it was settled, with the same use records"));
        }
        each(then, |row, read| {
            let Found::Used(record) = read else { return };
            if !works.contains(&*record.work) {
                return;
            }
            let Ok(at) = place(&tariff, settled.inputs.period, record) else { return };
            // The row of the last change of the claims on or before the day.
            let fits = |key: &RowKey| {
                key.stream == at.stream
                    && key.standing == at.standing
                    && key.model.as_deref() == at.model
                    && *key.work == *record.work
                    && key.purpose == record.purpose
                    && key.country.as_deref() == at.country
                    && key.day <= record.day
            };
            let Some(key) = rows.iter().map(|(key, _)| key).filter(|key| fits(key)).max_by_key(|key| key.day)
            else {
                return;
            };
            if seen.insert(record.id.clone()) {
                let used = Used { file: then.path.clone(), row, record: record.clone() };
                found.entry(key.clone()).or_default().push(used);
            }
        })?;
    }
    Ok(found)
}

fn amounts(
    settled: &Settlement,
    own: &[usize],
    rows: &[(RowKey, Totals)],
    records: &BTreeMap<RowKey, Vec<Used>>,
) -> Vec<Amount> {
    let nodes = Nodes::of(&settled.leaves());
    let key = |l: &Line| (l.pool, l.asset.clone(), l.work.clone(), l.purpose, l.country.clone(), l.day);
    let mut of_work: BTreeMap<_, i128> =
        own.iter().filter_map(|i| settled.lines.get(*i)).map(|line| (key(line), 0)).collect();
    for line in &settled.lines {
        if let Some(sum) = of_work.get_mut(&key(line)) {
            *sum += line.gross.0;
        }
    }
    let mut shown = Vec::with_capacity(own.len());
    for i in own {
        let Some(line) = settled.lines.get(*i) else { continue };
        let Some(pool) = settled.pools.get(line.pool as usize) else { continue };
        let spot = |k: &RowKey| -> bool {
            let of_row: Spot<'_> = (&k.work, k.purpose, k.country.as_ref(), k.day);
            let of_line = line.asset.as_ref().map(|a| (a, line.purpose, line.country.as_ref(), line.day));
            Some(of_row) == of_line && k.standing == pool.standing && k.model == pool.model
        };
        let row = rows.iter().find(|(k, _)| spot(k));
        let leaf = settled.pools.len() + i;
        shown.push(Amount {
            line: line.clone(),
            stream: pool.stream.clone(),
            pool: pool.amount,
            steps: pool.steps.clone(),
            of_work: Grains(of_work.get(&key(line)).copied().unwrap_or_default()),
            weight: row.map(|(_, totals)| *totals),
            leaf,
            path: nodes.path(leaf).unwrap_or_default(),
            records: row.and_then(|(k, _)| records.get(k)).cloned().unwrap_or_default(),
        });
    }
    shown
}

fn receipts(journal: &[Entry], settled: &Settlement) -> Vec<Receipt> {
    let from = Account::Receivable(settled.inputs.licensee.clone());
    let receipt = |e: &Entry| {
        let credited = e.draft.postings.iter().find(|p| p.account == from)?;
        Some(Receipt {
            entry: e.number,
            day: e.draft.day,
            amount: Money::new(-credited.grains.whole_minor(), credited.currency),
            reference: e.draft.memo.clone(),
        })
    };
    journal.iter().filter(|e| e.draft.event == Event::Receipt).filter_map(receipt).collect()
}

impl Explained {
    fn text(&self, settled: &Settlement, most: usize) -> String {
        let scale = settled.currency.scale();
        let money = |g: Grains| format!("{} {}", g.decimal(scale), settled.currency);
        let mut out = format!("Every amount of {} in run {}\n", self.party, self.run.short());
        for (number, a) in (1..).zip(&self.amounts) {
            let placet_remunerate::settle::To::Party { claim, role, right, by_default, .. } = &a.line.to
            else {
                continue;
            };
            let work = a.line.work.as_deref().unwrap_or("-");
            out.push_str(&format!("\n{number}  {}  {work}, {}\n", money(a.line.net), a.line.purpose));
            if a.line.asset != a.line.work {
                out.push_str(&format!("   used as {}\n", a.line.asset.as_deref().unwrap_or("-")));
            }
            for k in &a.line.kept {
                out.push_str(&format!(
                    "   after {} for {} kept by {} ({})\n",
                    money(k.grains),
                    k.what,
                    k.by,
                    k.under
                ));
            }
            let default =
                if *by_default { ", a share that the default rule gives and nobody has stated" } else { "" };
            out.push_str(&format!(
                "   {} of the {} that the work got here: as {role} under claim {claim} ({right}){default}\n",
                money(a.line.gross),
                money(a.of_work)
            ));
            out.push_str(&format!("   out of {}: {}\n", a.stream, a.pool));
            for step in &a.steps {
                out.push_str(&format!("     {}: {}\n", step.what, step.amount));
            }
            if let Some(w) = &a.weight {
                out.push_str(&format!("   counted with {} units in {} use records\n", w.amount, w.records));
            }
            for used in a.records.iter().take(most) {
                let r = &used.record;
                let grant = r.grant.as_ref().map_or_else(|| "no grant".to_owned(), |g| format!("grant {g}"));
                let unit = format!("{:?}", r.unit).to_lowercase();
                out.push_str(&format!(
                    "     {}, row {}: {}, {} {unit}s x {}, {grant}\n",
                    used.file.display(),
                    used.row,
                    r.day,
                    r.amount,
                    r.repetitions
                ));
            }
            if a.records.len() > most {
                out.push_str(&format!("     and {} more\n", a.records.len() - most));
            }
            if a.weight.is_none() {
                out.push_str("     no use: the work has its part as one of the repertoire\n");
            }
            out.push_str(&format!(
                "   leaf {} of {}; {} digests lead to the root\n",
                a.leaf,
                self.leaves,
                a.path.len()
            ));
        }
        out.push_str(&format!("\nroot {}\n", self.root));
        if let Some(log) = &self.log {
            out.push_str(&format!(
                "committed in entry {} of the log {} ({} entries)\n",
                log.entry, log.log, log.size
            ));
        }
        match self.entry {
            None => out.push_str("no journal here holds this settlement: receipts are not known\n"),
            Some(number) => {
                out.push_str(&format!("booked as entry {number}\n"));
                if self.receipts.is_empty() {
                    out.push_str(&format!("{} has not paid anything yet\n", settled.inputs.licensee));
                }
            }
        }
        for r in &self.receipts {
            out.push_str(&format!(
                "received from {} for all its settlements: {} on {}, {} (entry {})\n",
                settled.inputs.licensee, r.amount, r.day, r.reference, r.entry
            ));
        }
        out
    }
}
