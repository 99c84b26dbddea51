//! `placet audit`: which sealed shards to open, and what a new scan of them shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_core::note::{NoteError, Signer};
use placet_log::audit::{Amounts, Finding, plan};
use placet_log::leaf::{Leaf, Shard};
use placet_log::policy::Policy;
use placet_log::store::Reader;
use serde::{Deserialize, Serialize};

use crate::commands::seal::Run;
use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::sealed::{count, entries, of_store, random, write_secret};
use crate::{Context, Exit, Failure};

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
    /// Compare the drawn shards of a sealed run with a new scan of the same corpus
    Run(RunArgs),
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

#[derive(clap::Args)]
struct RunArgs {
    /// The plan
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// Folder of the log
    #[arg(long)]
    log: PathBuf,
    /// The run's folder as it was sealed
    #[arg(long, value_name = "RUN")]
    sealed: PathBuf,
    /// The run's folder of the new scan: same corpus, packs and profile
    #[arg(long, value_name = "RUN")]
    again: PathBuf,
    /// The auditor's key: writes the finding as a signed note
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where the signed finding goes
    #[arg(long, short, value_name = "FILE", default_value = "finding.note", requires = "key")]
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

#[derive(Serialize)]
struct Said {
    log: String,
    /// Size of the log that the draw hangs on, and its seed.
    size: u64,
    seed: String,
    /// Entries that the plan drew.
    chosen: Vec<u64>,
    /// SHA-256 of the run's description, as its entries have it.
    run: String,
    opened: u64,
    not_here: u64,
    agree: bool,
    differences: Vec<Difference>,
}

#[derive(Serialize)]
struct Difference {
    entry: u64,
    kind: &'static str,
    work: String,
    #[serde(rename = "use")]
    use_name: String,
    sealed: Option<u64>,
    found: Option<u64>,
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

impl RunArgs {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let bytes = fs::read(&self.plan)
            .with_context(|| format!("cannot read {}", self.plan.display()))
            .or_fail(Exit::Input)?;
        let plan: Written =
            serde_json::from_slice(&bytes).context("not an audit plan").or_fail(Exit::Input)?;
        let chosen: BTreeSet<u64> = plan.chosen.iter().copied().collect();
        let reader = Reader::open(&self.log).map_err(of_store)?;
        let (sealed, again) = (Run::read(&self.sealed)?, Run::read(&self.again)?);
        let (mut opened, mut not_here, mut differences) = (0, 0, Vec::new());
        for (entry, leaf) in shards(&reader)?.into_iter().filter(|(entry, _)| chosen.contains(entry)) {
            if leaf.run != sealed.hash {
                not_here += 1;
                continue;
            }
            if leaf.uses != sealed.uses {
                let error =
                    anyhow::anyhow!("{} is not the run that entry {entry} sealed", self.sealed.display());
                return Err(Failure::new(Exit::Denied, error));
            }
            let Some((id, _)) = sealed.commits.iter().find(|(_, hash)| **hash == leaf.shard) else {
                let error = anyhow::anyhow!("the shard of entry {entry} is not in {}", self.sealed.display());
                return Err(Failure::new(Exit::Denied, error));
            };
            if !again.commits.contains_key(id) {
                let error = anyhow::anyhow!(
                    "{} has no shard like entry {entry}'s: its name hangs on the question and the files' names and sizes",
                    self.again.display()
                );
                return Err(Failure::new(Exit::Input, error)
                    .hint("scan the same corpus with the same packs, uses, profile, options and --as-of"));
            }
            opened += 1;
            let finding = Finding::compare(&amounts(&sealed, id), &amounts(&again, id));
            let difference = |kind, key: (String, String), sealed, found| {
                let (work, use_name) = key;
                Difference { entry, kind, work, use_name, sealed, found }
            };
            let Finding { not_sealed, not_found, differ } = finding;
            differences.extend(
                not_sealed.into_iter().map(|(k, n)| difference("found but not sealed", k, None, Some(n))),
            );
            differences.extend(
                not_found.into_iter().map(|(k, n)| difference("sealed but not found", k, Some(n), None)),
            );
            differences.extend(
                differ.into_iter().map(|(k, a, b)| difference("amounts differ", k, Some(a), Some(b))),
            );
        }
        if opened == 0 {
            let error = anyhow::anyhow!("none of the drawn shards belongs to {}", self.sealed.display());
            return Err(
                Failure::new(Exit::Input, error).hint("the other sealed runs hold them: name one of those")
            );
        }
        let said = Said {
            log: plan.log,
            size: plan.size,
            seed: plan.seed,
            chosen: plan.chosen,
            run: sealed.hash.to_string(),
            opened,
            not_here,
            agree: differences.is_empty(),
            differences,
        };
        if let Some(key) = self.key {
            sign(context, &said, &key, &self.output)?;
        }
        if context.out.is_json() {
            context.out.json("placet.audit-finding/1", &said)?;
        } else {
            let mut table =
                Table::new(&["entry", "difference", "work", "use", "sealed", "found"]).right(&[0, 4, 5]);
            let number = |n: Option<u64>| n.map_or(String::new(), |n| n.to_string());
            for d in &said.differences {
                let (sealed, found) = (number(d.sealed), number(d.found));
                table.row([&d.entry.to_string(), d.kind, &d.work, &d.use_name, &sealed, &found]);
            }
            let heads = if said.agree { String::new() } else { table.to_string() };
            context.out.result(&format!(
                "{heads}opened: {} of this run; left: {} of other runs; {}\n",
                count(said.opened, "drawn shard", "drawn shards"),
                said.not_here,
                if said.agree { "no difference" } else { "what was sealed is not what was found" }
            ))?;
        }
        Ok(if said.agree { Exit::Done } else { Exit::Denied })
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

/// Writes a finding as a signed note.
fn sign(context: &Context, said: &Said, key: &Path, output: &Path) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Finding<'a> {
        schema: &'static str,
        found_at: jiff::Timestamp,
        #[serde(flatten)]
        said: &'a Said,
    }
    let secret = fs::read_to_string(key)
        .with_context(|| format!("cannot read {}", key.display()))
        .or_fail(Exit::Input)?;
    let signer: Signer =
        secret.trim_end().parse().map_err(|error: NoteError| Failure::new(Exit::Input, error))?;
    let finding = Finding { schema: "placet.audit-finding/1", found_at: context.now, said };
    let text = serde_json::to_string_pretty(&finding).map_err(anyhow::Error::new)? + "\n";
    let note = placet_core::note::sign(&text, &[&signer]).or_fail(Exit::Input)?;
    fs::write(output, note)
        .with_context(|| format!("cannot write {}", output.display()))
        .or_fail(Exit::Unavailable)?;
    context.out.note(&format!("signed by {}: {}", foreign(signer.verifier().name()), output.display()));
    Ok(())
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

/// Words by work and use, over all verdicts and grounds.
fn amounts(run: &Run, shard: &str) -> Amounts {
    let mut amounts = Amounts::new();
    for row in run.rows.get(shard).map_or(&[][..], Vec::as_slice) {
        *amounts.entry((row.work.clone(), row.use_name.clone())).or_default() += row.words;
    }
    amounts
}
