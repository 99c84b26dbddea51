//! `placet summary index`, `search` and `missing`: an index over published summaries.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_disclose::summary::template;
use placet_registry::summaries::{Hit, Indexed, Published, PublishedField, Summaries};
use serde::Serialize;

use super::lint::{Judged, judge_each};
use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::{Context, Exit, Failure};

/// Keep published summaries in an index, or list those that are in it
#[derive(clap::Args)]
pub(super) struct Index {
    #[command(subcommand)]
    what: Kept,
}

#[derive(clap::Subcommand)]
enum Kept {
    /// Read summaries and put them into the index
    Add {
        /// Summaries: PDF, HTML, summary.json
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// List the summaries in the index
    List,
}

/// Find words in all summaries of the index
#[derive(clap::Args)]
pub(super) struct Search {
    /// Words; all of them have to stand in one field, each may go on
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// One field only, by key as in docs/formats/summary.md
    #[arg(long, value_name = "KEY")]
    field: Option<String>,
}

/// Name the models of a list for which the index holds no summary
#[derive(clap::Args)]
pub(super) struct Missing {
    /// One model a line; blank lines and lines that begin with # are passed over
    #[arg(value_name = "LIST")]
    list: PathBuf,
}

#[derive(Serialize)]
struct Listed<'a> {
    summaries: &'a [Indexed],
}

#[derive(Serialize)]
struct Found<'a> {
    hits: &'a [Hit],
}

#[derive(Serialize)]
struct Lacking<'a> {
    asked: usize,
    missing: &'a [&'a str],
}

impl Index {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut index = Summaries::open(&context.home).or_fail(Exit::Unavailable)?;
        if let Kept::Add { files } = self.what {
            let (mut read, mut new) = (0, 0);
            let failure = judge_each(&files, context, |one| {
                read += 1;
                new += usize::from(index.add(&published(&one), context.now).or_fail(Exit::Unavailable)?);
                Ok(())
            })?;
            context.out.note(&format!("{read} read, {new} of them new"));
            if let Some(failure) = failure {
                return Err(failure);
            }
        }
        let list = index.list().or_fail(Exit::Unavailable)?;
        if context.out.is_json() {
            context.out.json("placet.summary-index/1", &Listed { summaries: &list })?;
        } else {
            let mut table =
                Table::new(&["models", "provider", "last update", "findings", "file"]).right(&[3]);
            for one in &list {
                table.row([
                    &short(&one.models),
                    &short(&one.provider),
                    &one.updated,
                    &one.findings.to_string(),
                    &one.file,
                ]);
            }
            context.out.result(&table.to_string())?;
        }
        Ok(Exit::Done)
    }
}

impl Search {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        if let Some(key) = self.field.as_deref().filter(|key| template::field(key).is_none()) {
            let error = anyhow::anyhow!("`{key}` is no field");
            return Err(Failure::new(Exit::Usage, error)
                .hint("placet summary answers lists the fields, as table.name"));
        }
        let index = Summaries::open(&context.home).or_fail(Exit::Unavailable)?;
        let hits = index.search(&self.words.join(" "), self.field.as_deref()).or_fail(Exit::Unavailable)?;
        if context.out.is_json() {
            context.out.json("placet.summary-search/1", &Found { hits: &hits })?;
            return Ok(Exit::Done);
        }
        let mut said = String::new();
        for hit in &hits {
            let page = hit.page.map_or_else(String::new, |page| format!(", page {page}"));
            let excerpt = hit.excerpt.split_whitespace().collect::<Vec<_>>().join(" ");
            said.push_str(&format!(
                "{}: section {} {}{page}\n    {}\n",
                foreign(&hit.file),
                hit.section,
                hit.field,
                foreign(&excerpt)
            ));
        }
        if hits.is_empty() {
            said.push_str("no summary in the index has these words in one field\n");
        }
        context.out.result(&said)?;
        Ok(Exit::Done)
    }
}

impl Missing {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let text = fs::read_to_string(&self.list)
            .with_context(|| format!("cannot read {}", self.list.display()))
            .or_fail(Exit::Input)?;
        let index = Summaries::open(&context.home).or_fail(Exit::Unavailable)?;
        let held: Vec<String> =
            index.list().or_fail(Exit::Unavailable)?.iter().map(|one| plain(&one.models)).collect();
        let asked: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let missing: Vec<&str> = asked
            .iter()
            .copied()
            .filter(|model| !held.iter().any(|held| held.contains(&plain(model))))
            .collect();
        if context.out.is_json() {
            context
                .out
                .json("placet.summary-missing/1", &Lacking { asked: asked.len(), missing: &missing })?;
        } else {
            let mut said =
                format!("{} of {} models have no summary in the index\n", missing.len(), asked.len());
            for model in &missing {
                said.push_str(&format!("  {}\n", foreign(model)));
            }
            said.push_str("A summary that nobody put into the index may still be published.\n");
            context.out.result(&said)?;
        }
        Ok(Exit::Done)
    }
}

fn published(one: &Judged) -> Published {
    let value = |key: &str| one.reading.value(key).unwrap_or_default().to_owned();
    Published {
        file: one.file.clone(),
        blake3: one.blake3.clone(),
        models: value("model.names"),
        provider: value("provider.name_contact"),
        updated: value("doc.last_update"),
        findings: one.findings.len() as u64,
        fields: one
            .reading
            .fields
            .iter()
            .filter(|found| !found.value.is_empty())
            .map(|found| PublishedField {
                key: found.key.to_owned(),
                section: found.section.to_owned(),
                value: found.value.clone(),
                page: found.page,
            })
            .collect(),
    }
}

/// The first line, shortened.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(40) {
        Some((at, _)) => format!("{} …", line.get(..at).unwrap_or_default().trim_end()),
        None => line.to_owned(),
    }
}

/// A model's name as compared: letters and digits in lower case.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
