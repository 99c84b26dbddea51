//! A scan of the drawn shards alone, asked as the sealed run was.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::civil::Date;
use placet_authorize::UnknownItems;
use placet_corpus::ReadOptions;
use placet_scan::{Job, SiteSources, scan, uses_of_shard};
use serde::Deserialize;

use crate::commands::scan::{Watcher, failure, packs, profile, stop_on_signals};
use crate::commands::seal::{Run, UsesRow, rows as read_rows};
use crate::failure::OrFail as _;
use crate::{Context, Exit, Failure};

/// What the sealed run was asked, as its plan has it.
#[derive(Deserialize)]
pub(super) struct Question {
    as_of: Date,
    uses: Vec<String>,
    /// Name and version.
    profile: String,
    licensee: Option<String>,
    territory: String,
    unknown: String,
    redact: bool,
    text_fields: Vec<String>,
    id_field: Option<String>,
    url_field: Option<String>,
    item_bytes_max: u64,
    #[serde(default)]
    agents: Vec<String>,
    #[serde(default)]
    sources: Sources,
    #[serde(default)]
    crawl_records: bool,
}

#[derive(Default, Deserialize)]
struct Sources {
    snapshot: Option<serde_json::Value>,
    archives: Vec<String>,
}

/// The packs of the sealed run.
pub(super) struct Packs<'a> {
    pub(super) paths: &'a [PathBuf],
    pub(super) trust: &'a [String],
}

impl Question {
    /// Reads the plan of a run.
    pub(super) fn of(run: &Path) -> Result<Question, Failure> {
        #[derive(Deserialize)]
        struct Plan {
            question: Question,
        }
        let path = run.join(".placet/plan.json");
        let bytes = fs::read(&path)
            .with_context(|| format!("cannot read {}, which says what the run was asked", path.display()))
            .or_fail(Exit::Input)?;
        let plan: Plan = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not what a scan writes", path.display()))
            .or_fail(Exit::Input)?;
        let heard = &plan.question.sources;
        if heard.snapshot.is_some() || !heard.archives.is_empty() {
            let error = anyhow::anyhow!("the sealed run heard records of sites, which are not in its folder");
            return Err(Failure::new(Exit::Input, error)
                .hint("scan the corpus with the same --site-records, and name that run with --again"));
        }
        Ok(plan.question)
    }
}

/// Scans the shards of these names, and gives their use records by shard.
pub(super) fn rows(
    context: &Context,
    question: &Question,
    rules: Option<&str>,
    corpus: &Path,
    given: &Packs<'_>,
    out: &Path,
    ids: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<UsesRow>>, Failure> {
    let named = question.profile.rsplit_once(' ').map_or(question.profile.as_str(), |(name, _)| name);
    let opened = packs::open(given.paths, given.trust, context)?;
    let uses = question.uses.iter().map(|text| text.parse().or_fail(Exit::Input));
    let job = Job {
        corpus: corpus.to_owned(),
        out: out.to_owned(),
        packs: opened.packs,
        texts: opened.texts,
        texts_id: opened.texts_id,
        profile: profile(rules.unwrap_or(named))?,
        uses: uses.collect::<Result<Vec<_>, Failure>>()?.into_iter().collect(),
        day: question.as_of,
        licensee: question.licensee.clone(),
        territory: question.territory.parse().or_fail(Exit::Input)?,
        agents: question.agents.clone(),
        site_records: SiteSources { crawl: question.crawl_records, ..SiteSources::default() },
        unknown: Some(if question.unknown == "drop" { UnknownItems::Drop } else { UnknownItems::Keep }),
        redact: question.redact,
        read: ReadOptions {
            text_fields: question.text_fields.clone(),
            id_field: question.id_field.clone(),
            url_field: question.url_field.clone(),
            item_bytes_max: question.item_bytes_max,
            keep_raw: true,
        },
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        part: None,
        only: Some(ids.clone()),
    };
    stop_on_signals()?;
    let watch = Watcher::new(&context.out);
    let outcome = scan(&job, &watch);
    watch.bar().finish_and_clear();
    outcome.map_err(|error| failure(error, out))?;
    // Where all shards were drawn the run is finished, and their parts are put together.
    if out.join("run.json").exists() {
        return Ok(Run::read(out)?.rows);
    }
    let mut found = BTreeMap::new();
    for path in ids.iter().map(|id| uses_of_shard(out, id)).filter(|path| path.exists()) {
        found.extend(read_rows(&path)?);
    }
    Ok(found)
}
