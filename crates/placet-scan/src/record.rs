//! What a finished run says of itself: `run.json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::commit::{Counts, FileRecord, Input};
use crate::hearing::Sources;
use crate::job::Job;
use crate::site_records::{Crawl, Digest};

/// `run.json`. Two runs over equal inputs differ in `timings` only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    pub(crate) schema: String,
    pub(crate) code: String,
    pub(crate) as_of: Date,
    pub(crate) profile: ProfileRecord,
    pub(crate) uses: Vec<String>,
    pub(crate) licensee: Option<String>,
    pub(crate) territory: String,
    pub(crate) unknown_items: String,
    pub(crate) redact: bool,
    pub(crate) read: ReadRecord,
    pub(crate) texts_at_hand: String,
    #[serde(default)]
    pub(crate) signals: Heard,
    pub(crate) packs: Vec<PackRecord>,
    pub(crate) shards: usize,
    pub(crate) inputs: Vec<Input>,
    pub(crate) counts: Counts,
    pub(crate) outputs: BTreeMap<String, FileRecord>,
    pub(crate) schemas: BTreeMap<String, String>,
    pub(crate) timings: Timings,
}

/// The rules of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProfileRecord {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) blake3: String,
}

/// How the corpus was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReadRecord {
    pub(crate) text_fields: Vec<String>,
    pub(crate) id_field: Option<String>,
    pub(crate) url_field: Option<String>,
    pub(crate) item_bytes_max: u64,
}

/// What was heard besides packs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// Agents as whom sites were read.
    pub(crate) agents: Vec<String>,
    /// The same in words, with what was assumed where no agent was named.
    pub(crate) read_as: String,
    pub(crate) snapshot: Option<SnapshotRecord>,
    pub(crate) crawl: Option<CrawlRecord>,
}

/// A folder of site records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SnapshotRecord {
    #[serde(flatten)]
    pub(crate) digest: Digest,
    pub(crate) taken_at: Option<Timestamp>,
}

/// Site records picked out of web archives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CrawlRecord {
    pub(crate) blake3: String,
    pub(crate) records: u64,
    pub(crate) hosts: u64,
    /// BLAKE3 of the archives besides the corpus.
    pub(crate) archives: Vec<String>,
    /// Whether the corpus itself was searched.
    pub(crate) corpus: bool,
}

impl Heard {
    pub(crate) fn of(job: &Job, sources: &Sources, crawl: Option<&Crawl>) -> Heard {
        let read_as = if job.agents.is_empty() {
            "no agent named: the rules for *, and training where a site refuses the agents that serve it"
                .to_owned()
        } else {
            job.agents.join(", ")
        };
        let snapshot = sources.snapshot.clone();
        Heard {
            agents: job.agents.clone(),
            read_as,
            snapshot: snapshot.map(|digest| SnapshotRecord { digest, taken_at: job.site_records.taken_at }),
            crawl: crawl.map(|crawl| {
                let (records, hosts, blake3) = crawl.counts();
                CrawlRecord {
                    blake3: blake3.to_owned(),
                    records,
                    hosts,
                    archives: sources.archives.clone(),
                    corpus: job.site_records.crawl,
                }
            }),
        }
    }
}

/// A pack of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PackRecord {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) issuer_key: String,
    pub(crate) created: Timestamp,
    pub(crate) guarantee_words: u32,
    pub(crate) guarantee_letters: u32,
    pub(crate) commons: bool,
    pub(crate) works: u64,
    pub(crate) fingerprints: u64,
}

/// When and how fast. Of the process that finished the run; earlier ones are not in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Timings {
    pub(crate) began: Timestamp,
    pub(crate) ended: Timestamp,
    pub(crate) seconds: f64,
    pub(crate) threads: usize,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Whether the folder is finished. A run over a part of the shards may leave some to others.
    pub finished: bool,
    /// Whether an earlier run had finished it already.
    pub resumed: bool,
    /// Shards with a result.
    pub committed: usize,
    /// Shards in all.
    pub shards: usize,
    /// Items.
    pub items: u64,
    /// Items in which something was matched.
    pub items_matched: u64,
    /// Rows of the table of matches.
    pub matches: u64,
    /// Records and files that could not be read.
    pub aside: u64,
    /// Items in the cleared corpus as they were.
    pub kept: u64,
    /// Items in the cleared corpus without their matched spans.
    pub redacted: u64,
    /// Items by use, then verdict.
    pub verdicts: BTreeMap<String, BTreeMap<String, u64>>,
    /// Pairs of works whose issuers claim the same text.
    pub conflicts: u64,
    /// Items about which a header, a page, a file or a site says something.
    pub with_signals: u64,
    /// Items that are media files: nothing in them was compared with packs.
    pub media: u64,
    /// Sites' own files (robots.txt …) that the corpus holds as items.
    pub site_files: u64,
}

impl Outcome {
    pub(crate) fn of(counts: &Counts, shards: usize) -> Outcome {
        let mut verdicts: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (key, items) in &counts.decisions {
            let mut parts = key.split('/');
            if let (Some(asked), Some(verdict)) = (parts.next(), parts.next()) {
                let by_verdict = verdicts.entry(asked.to_owned()).or_default();
                *by_verdict.entry(verdict.to_owned()).or_default() += items;
            }
        }
        Outcome {
            finished: true,
            resumed: false,
            committed: shards,
            shards,
            items: counts.items,
            items_matched: counts.items_matched,
            matches: counts.matches,
            aside: counts.aside,
            kept: counts.kept,
            redacted: counts.redacted,
            verdicts,
            conflicts: counts.conflicts.len() as u64,
            with_signals: counts.with_signals,
            media: counts.media,
            site_files: counts.site_files,
        }
    }

    pub(crate) fn partial(committed: usize, shards: usize, counts: &Counts) -> Outcome {
        Outcome { finished: false, committed, ..Outcome::of(counts, shards) }
    }

    /// Whether the answer to anything was no: a verdict denied, or one that waits for a duty.
    pub fn denied(&self) -> bool {
        self.verdicts.values().any(|by| by.contains_key("denied") || by.contains_key("conditional"))
    }
}
