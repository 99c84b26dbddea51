//! `placet audit run`: the drawn shards as they were sealed against a new scan of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_core::note::{NoteError, Signer};
use placet_log::audit::{Amounts, Finding};
use placet_log::leaf::Shard;
use placet_log::store::Reader;
use serde::{Deserialize, Serialize};

use super::rescan::{self, Question};
use super::{Written, shards};
use crate::commands::seal::{Run, UsesRow};
use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::sealed::{count, of_store};
use crate::{Context, Exit, Failure};

#[derive(clap::Args)]
pub(super) struct RunArgs {
    /// The plan
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// Folder of the log
    #[arg(long)]
    log: PathBuf,
    /// The run's folder as it was sealed
    #[arg(long, value_name = "RUN")]
    sealed: PathBuf,
    /// The corpus: the drawn shards in it, and no others, are scanned as the sealed run was
    #[arg(long, value_name = "CORPUS", required_unless_present = "again", requires = "packs")]
    shards: Option<PathBuf>,
    /// Packs of the sealed run, all of them
    #[arg(long = "pack", value_name = "FILE")]
    packs: Vec<PathBuf>,
    /// Trust the issuer with this key; repeat for more
    #[arg(long, value_name = "KEY")]
    trust: Vec<String>,
    /// Rules of the sealed run, where they are a file of its own [default: by the name that the run states]
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Folder for the scan of the drawn shards; the same command goes on with an interrupted one
    #[arg(long, value_name = "FOLDER", default_value = "audit-scan")]
    out: PathBuf,
    /// Instead: the run's folder of a new scan of the whole corpus, same packs, uses, profile, options and day
    #[arg(long, value_name = "RUN", conflicts_with = "shards")]
    again: Option<PathBuf>,
    /// The auditor's key: writes the finding as a signed note
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where the signed finding goes
    #[arg(long, short, value_name = "FILE", default_value = "finding.note", requires = "key")]
    output: PathBuf,
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
    /// The work, or the file whose content is another.
    work: String,
    #[serde(rename = "use")]
    use_name: String,
    sealed: Option<u64>,
    found: Option<u64>,
}

/// A file of a shard, as its commit has it.
#[derive(Deserialize, PartialEq, Eq)]
struct Input {
    name: String,
    blake3: Option<String>,
}

/// What was found in a shard now.
struct Found {
    inputs: Vec<Input>,
    rows: Vec<UsesRow>,
}

impl RunArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let bytes = fs::read(&self.plan)
            .with_context(|| format!("cannot read {}", self.plan.display()))
            .or_fail(Exit::Input)?;
        let plan: Written =
            serde_json::from_slice(&bytes).context("not an audit plan").or_fail(Exit::Input)?;
        let drawn: BTreeSet<u64> = plan.chosen.iter().copied().collect();
        let reader = Reader::open(&self.log).map_err(of_store)?;
        let sealed = Run::read(&self.sealed)?;
        let (mut chosen, mut not_here) = (Vec::new(), 0);
        for (entry, leaf) in shards(&reader)?.into_iter().filter(|(entry, _)| drawn.contains(entry)) {
            if leaf.run == sealed.hash {
                chosen.push((entry, self.shard(&sealed, entry, &leaf)?));
            } else {
                not_here += 1;
            }
        }
        if chosen.is_empty() {
            let error = anyhow::anyhow!("none of the drawn shards belongs to {}", self.sealed.display());
            return Err(
                Failure::new(Exit::Input, error).hint("the other sealed runs hold them: name one of those")
            );
        }
        let ids: BTreeSet<String> = chosen.iter().map(|(_, id)| id.clone()).collect();
        let mut found = self.found(context, ids)?;
        let mut differences = Vec::new();
        for (entry, id) in &chosen {
            let now = found.remove(id).ok_or_else(|| self.missing(*entry))?;
            let difference = |kind, (work, use_name): (String, String), sealed, found| Difference {
                entry: *entry,
                kind,
                work,
                use_name,
                sealed,
                found,
            };
            // Another content under the same name would be another corpus, whatever is found in it.
            let then = inputs(&self.sealed, id)?;
            let changed = then.iter().filter(|input| !now.inputs.contains(input));
            differences.extend(changed.map(|input| {
                difference("another file than sealed", (input.name.clone(), String::new()), None, None)
            }));
            let sealed_rows = sealed.rows.get(id).map_or(&[][..], Vec::as_slice);
            let Finding { not_sealed, not_found, differ } =
                Finding::compare(&amounts(sealed_rows), &amounts(&now.rows));
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
        let said = Said {
            log: plan.log,
            size: plan.size,
            seed: plan.seed,
            chosen: plan.chosen,
            run: sealed.hash.to_string(),
            opened: chosen.len() as u64,
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

    /// Name of the shard that an entry sealed.
    fn shard(&self, sealed: &Run, entry: u64, leaf: &Shard) -> Result<String, Failure> {
        let run = self.sealed.display();
        if leaf.uses != sealed.uses {
            let error = anyhow::anyhow!("{run} is not the run that entry {entry} sealed");
            return Err(Failure::new(Exit::Denied, error));
        }
        let id = sealed.commits.iter().find(|(_, hash)| **hash == leaf.shard).map(|(id, _)| id.clone());
        let error = || anyhow::anyhow!("the shard of entry {entry} is not in {run}");
        id.ok_or_else(|| Failure::new(Exit::Denied, error()))
    }

    /// What is in the drawn shards now, by name.
    fn found(&self, context: &Context, ids: BTreeSet<String>) -> Result<BTreeMap<String, Found>, Failure> {
        let (folder, mut rows) = match (&self.again, &self.shards) {
            (Some(again), _) => (again, Run::read(again)?.rows),
            (None, Some(corpus)) => {
                let question = Question::of(&self.sealed)?;
                let packs = &rescan::Packs { paths: &self.packs, trust: &self.trust };
                let rows = rescan::rows(
                    context,
                    &question,
                    self.profile.as_deref(),
                    corpus,
                    packs,
                    &self.out,
                    &ids,
                )?;
                (&self.out, rows)
            }
            (None, None) => {
                return Err(Failure::new(Exit::Usage, anyhow::anyhow!("name the corpus with --shards")));
            }
        };
        let mut found = BTreeMap::new();
        for id in ids {
            if folder.join("commits").join(format!("{id}.json")).exists() {
                let shard =
                    Found { inputs: inputs(folder, &id)?, rows: rows.remove(&id).unwrap_or_default() };
                found.insert(id, shard);
            }
        }
        Ok(found)
    }

    fn missing(&self, entry: u64) -> Failure {
        let folder = self.again.as_ref().unwrap_or(&self.out).display();
        let error = anyhow::anyhow!(
            "{folder} has no shard like entry {entry}'s: its name hangs on the question and the files' names and sizes"
        );
        let hint = "the corpus, packs, uses, profile, options, day and version of the program must be those of the sealed run";
        Failure::new(Exit::Input, error).hint(hint)
    }
}

/// The files of a committed shard.
fn inputs(run: &Path, id: &str) -> Result<Vec<Input>, Failure> {
    #[derive(Deserialize)]
    struct Commit {
        inputs: Vec<Input>,
    }
    let path = run.join("commits").join(format!("{id}.json"));
    let bytes =
        fs::read(&path).with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)?;
    let commit: Commit = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not what a scan writes", path.display()))
        .or_fail(Exit::Input)?;
    Ok(commit.inputs)
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

/// Words by work and use, over all verdicts and grounds.
fn amounts(rows: &[UsesRow]) -> Amounts {
    let mut amounts = Amounts::new();
    for row in rows {
        *amounts.entry((row.work.clone(), row.use_name.clone())).or_default() += row.words;
    }
    amounts
}
