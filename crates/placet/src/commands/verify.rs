//! `placet verify`: checks an answer to a look-up, a case or a dossier, offline, and says in plain words what it proves
//! and what not.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_core::note::Verified;
use placet_log::answer::{AnswerError, Expected, Proven, verify};
use placet_log::cbor::Value;
use placet_log::disclosure;
use placet_log::policy::Policy;
use serde::Serialize;

use crate::commands::lookup::work_name;
use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::sealed::Row;
use crate::{Context, Exit, Failure};

mod disclosed;
mod receipt;
mod signed;

/// Verify the answer to a look-up, a disclosure, the folder of a case, or a dossier, offline
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The proof file, the folder of a case, or a dossier.json with its signature beside it
    #[arg(value_name = "PROOF")]
    proof: PathBuf,
    /// Trust policy: which logs and witnesses you trust (C2SP tlog-policy); a case and a dossier need none
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Case or dossier: accept signatures of these keys only; may be repeated
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
    /// The work you asked about; an answer about another is refused
    #[arg(long, value_name = "WORK")]
    work: Option<String>,
    /// The period you asked about
    #[arg(long)]
    period: Option<String>,
    /// The entry, where the proof file is a COSE receipt (`placet log receipt`)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["work", "period", "newest"])]
    entry: Option<PathBuf>,
    /// Size of the newest checkpoint you know; an answer on an older one is refused
    #[arg(long, value_name = "ENTRIES")]
    newest: Option<u64>,
}

#[derive(Serialize)]
struct Said {
    work: String,
    /// `present`, or `absent` from the committed register.
    answer: &'static str,
    log: String,
    log_size: u64,
    entry: u64,
    period: String,
    fields: Vec<(String, String)>,
    signed: Vec<Signed>,
    uses: Vec<Row>,
    not_proven: Vec<&'static str>,
}

#[derive(Serialize)]
struct Signed {
    name: String,
    /// When a witness saw the checkpoint; absent for the log itself.
    time: Option<jiff::Timestamp>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let read = |path: &PathBuf| {
            fs::read(path).with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)
        };
        if self.proof.is_dir() {
            return signed::case(context, &self.proof, &self.keys);
        }
        if self.proof.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
            return signed::dossier(context, &self.proof, &self.keys);
        }
        let Some(policy) = &self.policy else {
            let error = anyhow::anyhow!("a proof is checked under a trust policy");
            return Err(Failure::new(Exit::Usage, error)
                .hint("give the file with the keys of the logs that you trust: --policy FILE"));
        };
        let policy = Policy::parse(&read(policy)?).or_fail(Exit::Usage)?;
        let file = read(&self.proof)?;
        if let Some(entry) = &self.entry {
            return receipt::run(context, &file, &read(entry)?, &policy);
        }
        let denied = |error: AnswerError| {
            Failure::new(
                Exit::Denied,
                anyhow::Error::new(error).context("NOT PROVEN: the proof does not hold"),
            )
        };
        if disclosure::is_disclosure(&file) {
            if self.work.is_some() || self.period.is_some() {
                let error = anyhow::anyhow!("NOT PROVEN: this is a disclosure, no answer to a look-up");
                return Err(Failure::new(Exit::Denied, error));
            }
            let proven = disclosure::verify(&file, &policy).map_err(denied)?;
            if let Some(known) = self.newest.filter(|known| proven.checkpoint.size < *known) {
                return Err(denied(AnswerError::Stale { found: proven.checkpoint.size, known }));
            }
            let said = disclosed::Said::of(proven);
            if context.out.is_json() {
                context.out.json("placet.verify-disclosure/1", &said)?;
            } else {
                context.out.result(&said.to_string())?;
            }
            return Ok(Exit::Done);
        }
        let work = self.work.as_deref().map(work_name).transpose()?;
        let expected =
            Expected { work: work.as_deref(), period: self.period.as_deref(), size_known: self.newest };
        let proven = verify(&file, &policy, expected).map_err(denied)?;
        let said = Said::of(proven);
        if context.out.is_json() {
            context.out.json("placet.verify/1", &said)?;
        } else {
            context.out.result(&said.to_string())?;
        }
        Ok(Exit::Done)
    }
}

impl Signed {
    fn all(verified: Vec<Verified>) -> Vec<Signed> {
        let time =
            |seconds: u64| i64::try_from(seconds).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
        verified.into_iter().map(|v| Signed { name: v.name, time: v.time.and_then(time) }).collect()
    }

    /// What the signatures leave open.
    fn not_proven(signed: &[Signed]) -> Option<&'static str> {
        let witnessed = signed.iter().any(|signed| signed.time.is_some());
        (!witnessed).then_some("that everybody is shown the same log: no witness cosigned the checkpoint")
    }
}

fn say_signed(f: &mut std::fmt::Formatter<'_>, signed: &[Signed]) -> std::fmt::Result {
    signed.iter().try_for_each(|Signed { name, time }| match time {
        Some(time) => writeln!(f, "  The log as it stands here was seen by {} at {time}.", foreign(name)),
        None => writeln!(f, "  The log as it stands here was signed by {}.", foreign(name)),
    })
}

impl Said {
    fn of(proven: Proven) -> Said {
        let mut not_proven = vec![
            "that the register is complete: only an audit that opens sealed shards speaks to that",
            "that what was sealed is true",
        ];
        if proven.uses.is_none() {
            not_proven.splice(
                0..0,
                [
                    "that the work was not used: it is absent from this register, and no more is shown",
                    "that it was searched for, or does not stand in the register under another name",
                ],
            );
        } else {
            not_proven.push(
                "that the model was trained with it: the rows say what a scan found in the sealed corpus",
            );
        }
        let signed = Signed::all(proven.signed);
        not_proven.extend(Signed::not_proven(&signed));
        Said {
            answer: if proven.uses.is_some() { "present" } else { "absent" },
            work: proven.work,
            log: proven.checkpoint.origin,
            log_size: proven.checkpoint.size,
            entry: proven.index,
            period: proven.register.period,
            fields: proven.fields.into_iter().map(|(name, value)| (name, plain(&value))).collect(),
            signed,
            uses: proven.uses.unwrap_or_default().iter().map(Row::from).collect(),
            not_proven,
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Uint(number) => number.to_string(),
        Value::Negative(number) => (-1 - i128::from(*number)).to_string(),
        other => format!("{other:?}"),
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "PROVEN")?;
        let which: String = self.fields.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = write!(text, ", {} {}", foreign(name), foreign(value));
            text
        });
        let (entry, log, size) = (self.entry, foreign(&self.log), self.log_size);
        writeln!(f, "  Entry {entry} of the log {log} ({size} entries) is a register")?;
        writeln!(f, "  for the period {}{which}.", foreign(&self.period))?;
        say_signed(f, &self.signed)?;
        let work = foreign(&self.work);
        if self.answer == "present" {
            writeln!(f, "  {work} is PRESENT in this register:\n")?;
            let mut table = Table::new(&["use", "verdict", "ground", "amount", "unit", "items", "entry"])
                .right(&[3, 5, 6]);
            for row in &self.uses {
                let (amount, items, shard) =
                    (row.amount.to_string(), row.repetitions.to_string(), row.shard.to_string());
                table.row([&row.use_name, &row.verdict, &row.ground, &amount, &row.unit, &items, &shard]);
            }
            for line in table.to_string().lines() {
                writeln!(f, "    {line}")?;
            }
        } else {
            writeln!(f, "  {work} is ABSENT from this register.")?;
        }
        writeln!(f, "\nNOT PROVEN")?;
        self.not_proven.iter().try_for_each(|line| writeln!(f, "  - {line}"))
    }
}
