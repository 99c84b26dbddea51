//! `placet audit`: which sealed shards to open, and what a new scan of them shows.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_core::note::Signer;
use placet_log::audit::plan;
use placet_log::leaf::{Leaf, Shard};
use placet_log::policy::Policy;
use placet_log::store::Reader;
use serde::{Deserialize, Serialize};

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::{count, entries, of_store, random, write_secret};
use crate::{Context, Exit, Failure};

mod compare;
mod rescan;

/// Audit a log by sampling: draw the shards to open, compare them with a new scan
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Draw the shards to open; the draw hangs on a checkpoint later than the shards
    Plan(PlanArgs),
    /// Scan the drawn shards of a sealed run again and compare
    Run(compare::RunArgs),
    /// Make an auditor's key, which signs findings, and print its public half
    Key {
        /// Name of the auditor, without spaces
        #[arg(value_name = "NAME")]
        name: String,
        /// Where the secret key goes
        #[arg(long, short, value_name = "FILE", default_value = "auditor.key")]
        output: PathBuf,
    },
}

#[derive(clap::Args)]
struct PlanArgs {
    /// Folder of the log
    #[arg(long)]
    log: PathBuf,
    /// Trust policy
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Accounting period
    #[arg(long)]
    period: Option<String>,
    /// How sure the audit is to be, between 0 and 1
    #[arg(long, default_value = "0.99")]
    confidence: f64,
    /// Share of shards that may be wrong without being noticed, between 0 and 1
    #[arg(long, value_name = "SHARE", default_value = "0.001")]
    max_missed: f64,
    /// Where the plan goes
    #[arg(long, short, value_name = "FILE", default_value = "audit-plan.json")]
    output: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Written {
    schema: String,
    log: String,
    size: u64,
    population: u64,
    wrong: u64,
    confidence: f64,
    miss: f64,
    seed: String,
    witnessed: bool,
    chosen: Vec<u64>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::Plan(args) => args.run(context),
            What::Run(args) => args.run(context),
            What::Key { name, output } => key(context, &name, &output),
        }
    }
}

impl PlanArgs {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let bytes = fs::read(&self.policy)
            .with_context(|| format!("cannot read {}", self.policy.display()))
            .or_fail(Exit::Input)?;
        let policy = Policy::parse(&bytes).or_fail(Exit::Usage)?;
        let reader = Reader::open(&self.log).map_err(of_store)?;
        let of_period = |shard: &Shard| self.period.as_ref().is_none_or(|period| *period == shard.period);
        let shards: Vec<u64> =
            shards(&reader)?.into_iter().filter(|(_, s)| of_period(s)).map(|(at, _)| at).collect();
        let plan = plan(&shards, self.confidence, self.max_missed, reader.note().as_bytes(), &policy)
            .or_fail(Exit::Input)?;
        let written = Written {
            schema: "placet.audit-plan/1".to_owned(),
            log: reader.checkpoint().origin.clone(),
            size: reader.checkpoint().size,
            population: plan.population,
            wrong: plan.wrong,
            confidence: self.confidence,
            miss: plan.miss,
            seed: plan.seed.to_string(),
            witnessed: plan.witnessed,
            chosen: plan.chosen,
        };
        let bytes = serde_json::to_vec_pretty(&written).map_err(anyhow::Error::new)?;
        fs::write(&self.output, bytes).with_context(|| format!("cannot write {}", self.output.display()))?;
        if !written.witnessed {
            context.out.warn(
                "no witness cosigned the checkpoint that the draw hangs on: the log's keeper could have tried out others",
            );
        }
        if context.out.is_json() {
            context.out.json("placet.audit-plan/1", &written)?;
        } else {
            context.out.result(&format!(
                "open {} of {}: if {} or more are wrong, all of them stay unseen with a probability of {:.4} at most\n\
                 entries to open: {}\nplan: {}\n",
                written.chosen.len(),
                count(written.population, "sealed shard", "sealed shards"),
                written.wrong,
                written.miss,
                some(&written.chosen),
                foreign(&self.output.display().to_string())
            ))?;
        }
        Ok(Exit::Done)
    }
}

/// Makes an auditor's key.
fn key(context: &Context, name: &str, output: &Path) -> Result<Exit, Failure> {
    let signer = Signer::from_seed(name, random()?).or_fail(Exit::Usage)?;
    write_secret(output, &signer.to_secret()).map_err(|_| {
        let error = anyhow::anyhow!("cannot write {}, or it is there already", output.display());
        Failure::new(Exit::Input, error)
    })?;
    context.out.note(&format!("keep {} secret; others need this to check what it signs", output.display()));
    context.out.result(&format!("{}\n", signer.verifier()))?;
    Ok(Exit::Done)
}

fn shards(reader: &Reader) -> Result<Vec<(u64, Shard)>, Failure> {
    let decoded = entries(reader)?.into_iter().map(|(index, entry)| (index, Leaf::decode(&entry)));
    Ok(decoded
        .filter_map(|(index, leaf)| match leaf {
            Ok(Leaf::Shard(shard)) => Some((index, shard)),
            _ => None,
        })
        .collect())
}

/// The first few numbers of a list.
fn some(numbers: &[u64]) -> String {
    const SHOWN: usize = 20;
    let mut text = numbers.iter().take(SHOWN).map(u64::to_string).collect::<Vec<_>>().join(", ");
    if numbers.len() > SHOWN {
        text.push_str(" and more, all in the plan");
    }
    text
}
