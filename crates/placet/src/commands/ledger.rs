//! `placet ledger`: the journal checked, exported, and written to by hand.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use jiff::civil::Date;
use placet_core::Money;
use placet_core::note::{self, Verifier};
use placet_registry::issuer_key;
use placet_remunerate::audit::{Finding, audit};
use placet_remunerate::books::{self, Decision};
use placet_remunerate::deadlines::{Clocks, Deadline, deadlines};
use placet_remunerate::journal::{Account, Booked, Draft, Journal};
use placet_remunerate::{Digest, export};
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::journal::{Store, entries, today};
use crate::output::{Table, foreign};
use crate::settlement::{Folder, closes, period, text};
use crate::{Context, Exit, Failure};

/// Check and export the journal; book receipts, corrections, decisions and seals
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Check the twelve invariants over the whole journal
    Check {
        /// Folder of a booked settlement, to be checked down to its lines; can be repeated
        #[arg(long = "settlement", value_name = "FOLDER")]
        settlements: Vec<PathBuf>,
        /// List balances and deadlines too
        #[arg(long)]
        balances: bool,
    },
    /// Write the journal for another accounting program
    Export {
        #[command(flatten)]
        format: Format,
        /// Where it goes; standard output if not given
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Book money received from a licensee
    Receipt {
        /// From whom
        #[arg(long)]
        licensee: String,
        /// How much, as "1234.56 EUR"
        #[arg(long)]
        amount: Money,
        /// The bank's reference: a receipt is booked once
        #[arg(long)]
        reference: String,
    },
    /// Reverse a settlement, with every decision that rests on it
    Reverse {
        /// Its run
        run: Digest,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Close a period: its days take no entry any more
    Seal {
        /// Period or last day, as 2026-Q3 or 2026-09-30
        period: String,
    },
    /// Sign a decision about money that waits, with the key of the home folder
    Sign {
        /// The decision (JSON)
        decision: PathBuf,
        /// Where the signed decision goes
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
    },
    /// Book a signed decision: release money that waits, or let it lapse after its legal time
    Decide {
        /// Folder of the settlement
        settlement: PathBuf,
        /// The signed decision
        #[arg(long, value_name = "FILE")]
        decision: PathBuf,
        /// Key of whoever may decide, as `placet init` and `placet ledger sign` show it
        #[arg(long, value_name = "KEY")]
        key: Verifier,
    },
}

#[derive(Clone, Copy, clap::Args)]
#[group(required = true, multiple = false)]
struct Format {
    /// For beancount
    #[arg(long)]
    beancount: bool,
    /// For hledger
    #[arg(long)]
    hledger: bool,
}

#[derive(Serialize)]
struct Balance {
    account: String,
    amount: String,
    currency: String,
}

#[derive(Serialize)]
struct Checked {
    entries: usize,
    head: Digest,
    sealed: Option<Date>,
    invariants: Vec<Finding>,
    broken: Option<String>,
    balances: Vec<Balance>,
    deadlines: Vec<Deadline>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let today = today(context);
        match self.what {
            What::Check { settlements, balances } => check(context, &settlements, balances),
            What::Export { format, output } => {
                let store = Store::open(context)?;
                let text = if format.beancount {
                    export::beancount(&store.journal)
                } else {
                    export::hledger(&store.journal)
                };
                match output {
                    None => context.out.result(&text)?,
                    Some(path) => fs::write(&path, text)
                        .with_context(|| format!("cannot write {}", path.display()))
                        .or_fail(Exit::Unavailable)?,
                }
                Ok(Exit::Done)
            }
            What::Receipt { licensee, amount, reference } => {
                book(context, |_| Ok(books::receipt(&licensee, amount, today, &reference)))
            }
            What::Reverse { run, reason } => {
                book(context, |journal| journal.reversal(run, today, reason.clone()).or_fail(Exit::Usage))
            }
            What::Seal { period: text } => {
                let day = text.parse::<Date>().or_else(|_| period(&text).and_then(closes))?;
                if day >= today {
                    let error = anyhow!("{day} is not over");
                    return Err(Failure::new(Exit::Usage, error).hint("a period is sealed when it has ended"));
                }
                book(context, |_| Ok(books::seal(day)))
            }
            What::Sign { decision, output } => {
                let body = text(&decision)?;
                let _: Decision = serde_json::from_str(&body)
                    .with_context(|| format!("{} is no decision", decision.display()))
                    .or_fail(Exit::Input)?;
                let signer = issuer_key(&context.home)?;
                let signed =
                    note::sign(&format!("{}\n", body.trim_end()), &[&signer]).or_fail(Exit::Input)?;
                fs::write(&output, signed)
                    .with_context(|| format!("cannot write {}", output.display()))
                    .or_fail(Exit::Unavailable)?;
                context.out.result(&format!("signed with {}", signer.verifier()))?;
                Ok(Exit::Done)
            }
            What::Decide { settlement, decision, key } => decide(context, &settlement, &decision, &key),
        }
    }
}

/// Books one entry and says what became of it.
fn book(context: &Context, draft: impl FnOnce(&Journal) -> Result<Draft, Failure>) -> Result<Exit, Failure> {
    let mut store = Store::open(context)?;
    let draft = draft(&store.journal)?;
    // The same receipt on another day is the same receipt.
    let memo = draft.memo.clone();
    let booked = if store.journal.stands(draft.run) { Booked::Already } else { store.book(draft)? };
    store.keep()?;
    context.out.result(&match booked {
        Booked::New => format!("booked: {}\n", foreign(&memo)),
        Booked::Already => "nothing booked: this was booked before\n".to_owned(),
    })?;
    Ok(Exit::Done)
}

fn decide(
    context: &Context,
    folder: &std::path::Path,
    file: &std::path::Path,
    key: &Verifier,
) -> Result<Exit, Failure> {
    let bytes =
        fs::read(file).with_context(|| format!("cannot read {}", file.display())).or_fail(Exit::Input)?;
    let opened = note::open(&bytes, std::slice::from_ref(key))
        .with_context(|| format!("{} is not signed with this key", file.display()))
        .or_fail(Exit::Denied)?;
    let decision: Decision = serde_json::from_str(&opened.text)
        .with_context(|| format!("{} holds no decision", file.display()))
        .or_fail(Exit::Input)?;
    let decision = Decision {
        by: key.name().to_owned(),
        signature: format!("signed decision {}", Digest::of(&bytes)),
        ..decision
    };
    let folder = Folder::open(folder)?;
    let waiting = folder.waiting(&decision.work)?;
    let mut settled = folder.header.settlement;
    if decision.settlement != settled.run {
        let error = anyhow!("the decision is about run {}", decision.settlement.short());
        return Err(Failure::new(Exit::Usage, error));
    }
    settled.lines = waiting;
    let today = today(context);
    book(context, |journal| {
        if decision.lapse && journal.stands(settled.run) {
            let first = deadlines(journal, &Clocks::eu()).into_iter().find(|d| {
                matches!(&d.account, Account::Held(work) | Account::Unclaimed(work) if *work == decision.work)
            });
            if let Some(d) = first.filter(|d| d.day > today) {
                let error = anyhow!(
                    "the money of {} may lapse on {}, not before ({})",
                    decision.work,
                    d.day,
                    Clocks::eu().source
                );
                return Err(Failure::new(Exit::Denied, error));
            }
        }
        if !journal.stands(settled.run) {
            let error = anyhow!("run {} is not booked in this home", settled.run.short());
            return Err(Failure::new(Exit::Usage, error));
        }
        books::decided(&settled, &decision, today).or_fail(Exit::Denied)
    })
}

fn check(context: &Context, folders: &[PathBuf], list: bool) -> Result<Exit, Failure> {
    let entries = entries(context)?;
    let settlements =
        folders.iter().map(|path| Folder::open(path)?.whole()).collect::<Result<Vec<_>, _>>()?;
    let clocks = Clocks::eu();
    let invariants = audit(&entries, &settlements, &clocks);
    let (number, head) = (entries.len(), entries.last().map_or_else(Digest::default, |e| e.digest));
    let (journal, broken) = match Journal::replay(entries) {
        Ok(journal) => (journal, None),
        Err(error) => (Journal::default(), Some(error.to_string())),
    };
    let balances = journal.balances().map(|(account, currency, grains)| Balance {
        account: account.to_string(),
        amount: grains.decimal(currency.scale()),
        currency: currency.to_string(),
    });
    let checked = Checked {
        entries: number,
        head,
        sealed: journal.sealed(),
        balances: balances.collect(),
        deadlines: deadlines(&journal, &clocks),
        invariants,
        broken,
    };
    let holds = checked.broken.is_none() && checked.invariants.iter().all(|f| f.faults.is_empty());
    if context.out.is_json() {
        context.out.json("placet.ledger/1", &checked)?;
    } else {
        context.out.result(&checked.text(list, &clocks))?;
    }
    Ok(if holds { Exit::Done } else { Exit::Denied })
}

impl Checked {
    fn text(&self, list: bool, clocks: &Clocks) -> String {
        let mut table = Table::new(&["", "invariant", "checked", "", ""]).right(&[0, 2]);
        for f in &self.invariants {
            let state = match (f.faults.len(), f.checked) {
                (0, 0) => "nothing to check",
                (0, _) => "holds",
                _ => "BROKEN",
            };
            table.row([&f.number.to_string(), f.name, &f.checked.to_string(), f.of, state]);
        }
        let mut said = table.to_string();
        for fault in self.invariants.iter().flat_map(|f| &f.faults) {
            said.push_str(&format!("{}\n", foreign(fault)));
        }
        if let Some(broken) = &self.broken {
            said.push_str(&format!("the journal does not read back: {}\n", foreign(broken)));
        }
        if self.invariants.iter().any(|f| f.checked == 0 && matches!(f.number, 2 | 6 | 8 | 12)) {
            said.push_str(
                "2, 6, 8 and 12 are checked over settlements: give their folders with --settlement\n",
            );
        }
        let sealed = self.sealed.map(|day| format!(", sealed up to {day}")).unwrap_or_default();
        said.push_str(&format!("{} entries{sealed}; the last is {}\n", self.entries, self.head));
        if list {
            let mut table = Table::new(&["account", "balance", ""]).right(&[1]);
            for b in &self.balances {
                table.row([&b.account, &b.amount, &b.currency]);
            }
            said.push_str(&format!("\n{table}"));
            let mut table = Table::new(&["day", "what", "account", "at most"]).right(&[3]);
            for d in &self.deadlines {
                let what = match d.what {
                    placet_remunerate::deadlines::What::Pay => "must have been paid",
                    placet_remunerate::deadlines::What::MayLapse => "may lapse, by a signed decision",
                };
                let amount = format!("{} {}", d.amount.decimal(d.currency.scale()), d.currency);
                table.row([&d.day.to_string(), what, &d.account.to_string(), &amount]);
            }
            if !self.deadlines.is_empty() {
                said.push_str(&format!("\nDeadlines ({}); none of them moves money\n{table}", clocks.source));
            }
        }
        said
    }
}
