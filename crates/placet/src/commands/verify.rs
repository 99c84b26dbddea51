//! `placet verify`: checks an answer to a look-up, a disclosure, a change of key, a receipt, a statement, a case or a
//! dossier, offline, and says in plain words what it proves and what not.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_core::note::Verified;
use placet_log::answer::{AnswerError, Expected, Proven, verify};
use placet_log::cbor::Value;
use placet_log::checkpoint::{Checkpoint, CheckpointError};
use placet_log::disclosure;
use placet_log::policy::{Policy, Untrusted};
use placet_log::timestamp::{self, TimestampError};
use serde::Serialize;

use crate::commands::lookup::work_name;
use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::pages::Form;
use crate::sealed::Row;
use crate::{Context, Exit, Failure};

mod disclosed;
mod receipt;
mod signed;
mod statement;

/// The first byte of a `COSE_Sign1`.
const COSE_SIGN1: u8 = 0xd2;

/// Verify the answer to a look-up, a disclosure, a statement, the folder of a case, or a dossier, offline
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The proof file, the folder of a case, or a dossier.json with its signature beside it
    #[arg(value_name = "PROOF")]
    proof: PathBuf,
    /// Trust policy: which logs and witnesses you trust (C2SP tlog-policy); a case and a dossier need none
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Case, dossier or statement: accept signatures of these keys only; may be repeated [statement: default the policy's
    /// logs]
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
    /// The document, where the proof file is a transparent statement (`placet log statement`)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["entry", "work", "period", "newest"])]
    document: Option<PathBuf>,
    /// Timestamp token of the proof's checkpoint (`placet log timestamp`)
    #[arg(long, value_name = "FILE")]
    timestamp: Option<PathBuf>,
    /// Proof by which the log's key hands over to the next (`placet log change-key`); repeat for more, oldest first
    #[arg(long = "key-change", value_name = "PROOF")]
    key_changes: Vec<PathBuf>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    stamped: Option<Stamped>,
    uses: Vec<Row>,
    not_proven: Vec<&'static str>,
}

#[derive(Serialize)]
struct Signed {
    name: String,
    /// When a witness saw the checkpoint; absent for the log itself.
    time: Option<jiff::Timestamp>,
}

/// A timestamp that holds for the checkpoint.
#[derive(Serialize)]
struct Stamped {
    /// By the name that the policy gives it.
    authority: String,
    time: jiff::Timestamp,
    serial: String,
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
        if matches!(Form::of(&self.proof), Some(Form::Text | Form::Html | Form::Pdf)) {
            let error = anyhow::anyhow!("{} is for reading and carries no signature", self.proof.display());
            let twin = self.proof.with_extension("json");
            let hint = if twin.is_file() {
                format!("of a dossier the twin beside it is signed: placet verify {}", twin.display())
            } else {
                "of a dossier its machine-readable twin (.json, with .json.sig) is signed: verify that"
                    .to_owned()
            };
            return Err(Failure::new(Exit::Usage, error).hint(hint));
        }
        let Some(policy) = &self.policy else {
            let error = anyhow::anyhow!("a proof is checked under a trust policy");
            return Err(Failure::new(Exit::Usage, error)
                .hint("give the file with the keys of the logs that you trust: --policy FILE"));
        };
        let mut policy = Policy::parse(&read(policy)?).or_fail(Exit::Usage)?;
        let denied = |error: AnswerError| {
            let unknown =
                matches!(&error, AnswerError::Untrusted(Untrusted::Checkpoint(CheckpointError::Note(_))));
            let failure = Failure::new(
                Exit::Denied,
                anyhow::Error::new(error).context("NOT PROVEN: the proof does not hold"),
            );
            if unknown {
                failure.hint(
                    "if the log changed its key since, add the proof that it gave out: --key-change FILE",
                )
            } else {
                failure
            }
        };
        for change in &self.key_changes {
            policy
                .follow(&read(change)?)
                .map_err(|error| denied(error).hint(format!("in {}", change.display())))?;
        }
        let file = read(&self.proof)?;
        if file.first() == Some(&COSE_SIGN1) && self.entry.is_none() {
            let document = self.document.as_ref().map(read).transpose()?;
            return statement::run(context, &file, document.as_deref(), &policy, &self.keys);
        }
        if let Some(entry) = &self.entry {
            return receipt::run(context, &file, &read(entry)?, &policy);
        }
        let token = self.timestamp.as_ref().map(read).transpose()?;
        let stamped = |checkpoint: &Checkpoint| stamped(token.as_deref(), checkpoint, &policy);
        if disclosure::is_disclosure(&file) {
            if self.work.is_some() || self.period.is_some() {
                let error = anyhow::anyhow!("NOT PROVEN: this is a disclosure, no answer to a look-up");
                return Err(Failure::new(Exit::Denied, error));
            }
            let proven = disclosure::verify(&file, &policy).map_err(denied)?;
            if let Some(known) = self.newest.filter(|known| proven.checkpoint.size < *known) {
                return Err(denied(AnswerError::Stale { found: proven.checkpoint.size, known }));
            }
            let stamped = stamped(&proven.checkpoint)?;
            let said = disclosed::Said::of(proven, stamped);
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
        let stamped = stamped(&proven.checkpoint)?;
        let said = Said::of(proven, stamped);
        if context.out.is_json() {
            context.out.json("placet.verify/1", &said)?;
        } else {
            context.out.result(&said.to_string())?;
        }
        Ok(Exit::Done)
    }
}

/// The time of the checkpoint by a token, if there is one.
fn stamped(
    token: Option<&[u8]>,
    checkpoint: &Checkpoint,
    policy: &Policy,
) -> Result<Option<Stamped>, Failure> {
    let Some(token) = token else { return Ok(None) };
    let denied = |error: anyhow::Error| {
        Failure::new(Exit::Denied, error.context("NOT PROVEN: the timestamp does not hold"))
    };
    let timestamp = timestamp::verify(token, timestamp::imprint(checkpoint), policy.authorities());
    let timestamp = timestamp.map_err(|error| {
        let hint = match &error {
            TimestampError::Untrusted { found } => Some(format!(
                "if you trust this certificate, add to the policy: #timestamp-authority NAME {found}"
            )),
            _ => None,
        };
        let failure = denied(anyhow::Error::new(error));
        hint.into_iter().fold(failure, Failure::hint)
    })?;
    let time = jiff::Timestamp::from_second(timestamp.time).map_err(|error| denied(error.into()))?;
    Ok(Some(Stamped { authority: timestamp.authority, time, serial: timestamp.serial }))
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

fn say_stamped(f: &mut std::fmt::Formatter<'_>, stamped: Option<&Stamped>) -> std::fmt::Result {
    let Some(Stamped { authority, time, .. }) = stamped else { return Ok(()) };
    writeln!(f, "  It stood like this at {time} at the latest: stamped by {}.", foreign(authority))
}

impl Said {
    fn of(proven: Proven, stamped: Option<Stamped>) -> Said {
        let mut not_proven = vec![
            "that the register is complete: only an audit that opens sealed shards speaks to that",
            "that what was sealed is true",
            "that it is the last register of the period: the log may hold a later one, in which more stands",
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
            stamped,
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
        say_stamped(f, self.stamped.as_ref())?;
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
