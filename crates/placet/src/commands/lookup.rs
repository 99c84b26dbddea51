//! `placet lookup`: whether a work stands in the register of a model and period, with a proof for the one who asks.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_core::Identifier;
use placet_log::answer::Source;
use placet_log::store::Reader;
use placet_log::tlog_proof::TlogProof;
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::registers::Held;
use crate::sealed::{Sealed, of_store};
use crate::{Context, Exit, Failure};

mod blinded;

/// Answer whether a work stands in the sealed register, with a proof file
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    blinded: Option<blinded::What>,
    /// The work: an identifier such as isbn:9780306406157, or issuer/id as in the pack
    #[arg(long, value_name = "WORK", required = true)]
    work: Option<String>,
    /// Model; needed where the log has registers of several
    #[arg(long)]
    model: Option<String>,
    /// Accounting period; the newest register's if not given
    #[arg(long)]
    period: Option<String>,
    /// Where the proof goes
    #[arg(long, short, value_name = "FILE", default_value = "answer.placet-proof")]
    output: PathBuf,
}

#[derive(Serialize)]
struct Said {
    work: String,
    answer: &'static str,
    model: String,
    period: String,
    register: u64,
    proof: PathBuf,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        if let Some(what) = self.blinded {
            return what.run(context);
        }
        let work = work_name(&self.work.unwrap_or_default())?;
        let found = find(&Sealed::new(&context.home), &work, self.model.as_deref(), self.period.as_deref())?;
        let (present, model, period, register, proof) = match found {
            Found::Proven { present, model, period, register, proof } => {
                (present, model, period, register, proof)
            }
            Found::CannotBeKnown(why) => {
                let error = anyhow::anyhow!("{work}: cannot be known: {why}");
                return Err(Failure::new(Exit::Unavailable, error));
            }
        };
        fs::write(&self.output, proof)
            .with_context(|| format!("cannot write {}", self.output.display()))
            .or_fail(Exit::Unavailable)?;
        let answer = if present { "present" } else { "absent from the committed register" };
        let said = Said { work, answer, model, period, register, proof: self.output };
        if context.out.is_json() {
            context.out.json("placet.lookup/1", &said)?;
        } else {
            context.out.result(&format!(
                "{}: {} (model {}, period {}, log entry {})\nproof: {}\n",
                foreign(&said.work),
                said.answer,
                foreign(&said.model),
                foreign(&said.period),
                said.register,
                foreign(&said.proof.display().to_string()),
            ))?;
        }
        Ok(Exit::Done)
    }
}

/// What the registers of a log say about a work.
pub(crate) enum Found {
    /// An answer with its proof.
    Proven {
        /// Whether it stands there.
        present: bool,
        /// Model of the register.
        model: String,
        /// Period of the register.
        period: String,
        /// Log entry of the register.
        register: u64,
        /// The proof file.
        proof: String,
    },
    /// Silence of the register would say nothing.
    CannotBeKnown(String),
}

/// Looks a work up, by its canonical name.
pub(crate) fn find(
    sealed: &Sealed,
    work: &str,
    model: Option<&str>,
    period: Option<&str>,
) -> Result<Found, Failure> {
    let reader = sealed.reader()?;
    let held = choose(Held::all(sealed.home(), &reader)?, model, period)?;
    let (key, salts) = (sealed.blind_key()?, sealed.salts()?);
    let (key, proof) = key.prove(work.as_bytes()).or_fail(Exit::Input)?;
    let found = held.find(key, &salts)?;
    let present = found.uses.is_some();
    let (issuers, unnamed) = (&held.head.issuers, !held.head.unnamed.is_empty());
    if let Some(why) = unanswerable(issuers, unnamed, present, work) {
        return Ok(Found::CannotBeKnown(why));
    }
    let outer = outer(&reader, held.index)?;
    let private = held.head.private(&salts);
    let source = Source { leaf: &held.entry, private: &private, show: &["model"] };
    let shown = found.uses.as_ref().map(|(uses, salt)| (uses.as_slice(), *salt));
    let proof = source.answer(work, &proof, &found.proof, shown, outer).to_string();
    Ok(Found::Proven {
        present,
        model: held.head.model,
        period: held.head.period,
        register: held.index,
        proof,
    })
}

/// The proof that an entry is in the log, as it stands.
pub(crate) fn outer(reader: &Reader, index: u64) -> Result<TlogProof, Failure> {
    Ok(TlogProof {
        extra: None,
        index,
        hashes: reader.tiles().inclusion_proof(index).map_err(of_store)?,
        checkpoint: reader.note().to_owned(),
    })
}

/// The canonical name of a work in the register.
pub(crate) fn work_name(text: &str) -> Result<String, Failure> {
    if issuer(text).is_some() {
        return Ok(text.to_owned());
    }
    let identifier: Identifier = text
        .parse()
        .with_context(|| format!("{text}: cannot be known: this names no work"))
        .or_fail(Exit::Input)
        .map_err(|f| {
            f.hint("name it by an identifier, isbn:9780306406157, or by issuer/id as in the pack")
        })?;
    Ok(identifier.to_string())
}

/// The issuer of `issuer/id`; an identifier has its scheme and a colon before any slash.
fn issuer(work: &str) -> Option<&str> {
    let (issuer, _) = work.split_once('/')?;
    (!issuer.contains(':')).then_some(issuer)
}

/// Why the register's silence about a work would say nothing.
fn unanswerable(issuers: &BTreeSet<String>, unnamed: bool, present: bool, work: &str) -> Option<String> {
    if present {
        return None;
    }
    match issuer(work) {
        Some(issuer) if !issuers.contains(issuer) => {
            let issuers: Vec<&str> = issuers.iter().map(String::as_str).collect();
            Some(format!("no pack of `{issuer}` was scanned with, only of {}", issuers.join(", ")))
        }
        None if unnamed => Some(
            "the register was sealed without the packs of its scans and may know the work by another name"
                .to_owned(),
        ),
        _ => None,
    }
}

fn choose(held: Vec<Held>, model: Option<&str>, period: Option<&str>) -> Result<Held, Failure> {
    let fits = |held: &Held| {
        model.is_none_or(|model| held.head.model == model)
            && period.is_none_or(|period| held.head.period == period)
    };
    let fitting: Vec<Held> = held.into_iter().filter(fits).collect();
    let mut models: Vec<&str> = fitting.iter().map(|held| held.head.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    if models.len() > 1 {
        let error = anyhow::anyhow!("the log has registers of several models: {}", models.join(", "));
        return Err(Failure::new(Exit::Usage, error).hint("name one with --model"));
    }
    fitting.into_iter().next().ok_or_else(|| {
        let error =
            anyhow::anyhow!("cannot be known: no register of this model and period is sealed in the log");
        Failure::new(Exit::Unavailable, error).hint("seal a scan first: placet seal RUN --model … --stage …")
    })
}
