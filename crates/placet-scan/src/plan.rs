//! The plan of a run: which files make which shard, and what the results depend on.
//!
//! The plan is written before the first shard and compared when a run goes on, so that one folder never holds answers
//! to two questions.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use jiff::civil::Date;
use placet_corpus::{Aside, Source, list};
use serde::{Deserialize, Serialize};

use crate::error::ScanError;
use crate::hearing::Sources;
use crate::job::Job;
use crate::tables;

/// Files are put together into one shard up to this many stored bytes; a larger file is a shard of its own.
pub(crate) const SHARD_BYTES: u64 = 64 * 1024 * 1024;
/// And up to this many files.
pub(crate) const SHARD_FILES: usize = 512;
/// Raised whenever the same inputs give other results than before.
const RESULTS_VERSION: u32 = 5;

/// What the results depend on besides the corpus. Two runs with equal questions over equal files are equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) code: String,
    pub(crate) as_of: Date,
    pub(crate) uses: Vec<String>,
    pub(crate) packs: Vec<String>,
    pub(crate) texts: String,
    pub(crate) profile: String,
    pub(crate) profile_hash: String,
    pub(crate) licensee: Option<String>,
    pub(crate) territory: String,
    pub(crate) unknown: String,
    pub(crate) redact: bool,
    pub(crate) text_fields: Vec<String>,
    pub(crate) id_field: Option<String>,
    pub(crate) url_field: Option<String>,
    pub(crate) item_bytes_max: u64,
    /// Agents as whom sites are read; none stands for everybody.
    #[serde(default)]
    pub(crate) agents: Vec<String>,
    #[serde(default)]
    pub(crate) sources: Sources,
    #[serde(default)]
    pub(crate) taken_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) crawl_records: bool,
}

/// One file as it was when the run was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlannedFile {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970. A later time alone is no change: the content decides.
    pub(crate) modified: u64,
}

/// What is written as the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) schema: String,
    pub(crate) question: Question,
    pub(crate) files: Vec<PlannedFile>,
}

/// The plan with everything needed to carry it out.
pub(crate) struct Plan {
    pub(crate) written: Written,
    pub(crate) shards: Vec<Shard>,
    /// What the listing put aside.
    pub(crate) asides: Vec<Aside>,
    pub(crate) bytes: u64,
}

/// A run of files that is scanned, written and committed as one.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    /// Names it in commits and in `uses.parquet`.
    pub(crate) id: String,
    /// Its place in the plan.
    pub(crate) number: usize,
    pub(crate) sources: Vec<Source>,
    pub(crate) bytes: u64,
}

impl Plan {
    /// Lists the corpus and divides it, as of this day.
    pub(crate) fn new(job: &Job, sources_of_sites: &Sources, day: Date) -> Result<Plan, ScanError> {
        let (sources, asides) = list(&job.corpus);
        if sources.is_empty() {
            let first = asides.first().map(ToString::to_string);
            return Err(ScanError::Empty { path: job.corpus.clone(), first });
        }
        let question = Question::of(job, sources_of_sites, day);
        let files = sources
            .iter()
            .map(|source| PlannedFile {
                name: source.name.clone(),
                bytes: source.bytes,
                modified: fs::metadata(&source.path).map_or(0, |metadata| modified(&metadata)),
            })
            .collect();
        let bytes = sources.iter().map(|source| source.bytes).sum();
        let shards = divide(sources, &question.digest());
        Ok(Plan {
            written: Written { schema: tables::PLAN.to_owned(), question, files },
            shards,
            asides,
            bytes,
        })
    }

    /// How the written plan of an earlier run differs in its question or in the names and sizes of its files.
    pub(crate) fn difference(&self, earlier: &Written) -> Option<String> {
        let (now, then) = (&self.written.question, &earlier.question);
        let differs = |what: &str, then: String, now: String| {
            (then != now).then(|| format!("{what} was {then} and is now {now}"))
        };
        let optional = |text: &Option<String>| text.clone().unwrap_or_else(|| "not given".to_owned());
        let told = |time: Option<Timestamp>| time.map_or_else(|| "not given".to_owned(), |t| t.to_string());
        let list = |texts: &[String]| if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
        differs("the version of Placet", then.code.clone(), now.code.clone())
            .or_else(|| differs("the day", then.as_of.to_string(), now.as_of.to_string()))
            .or_else(|| differs("--use", list(&then.uses), list(&now.uses)))
            .or_else(|| differs("the list of packs", list(&then.packs), list(&now.packs)))
            .or_else(|| differs("the list of texts at hand", then.texts.clone(), now.texts.clone()))
            .or_else(|| differs("--profile", then.profile.clone(), now.profile.clone()))
            .or_else(|| differs("the profile's content", then.profile_hash.clone(), now.profile_hash.clone()))
            .or_else(|| differs("--licensee", optional(&then.licensee), optional(&now.licensee)))
            .or_else(|| differs("--territory", then.territory.clone(), now.territory.clone()))
            .or_else(|| differs("--unknown", then.unknown.clone(), now.unknown.clone()))
            .or_else(|| differs("--redact", then.redact.to_string(), now.redact.to_string()))
            .or_else(|| differs("--text-field", list(&then.text_fields), list(&now.text_fields)))
            .or_else(|| differs("--id-field", optional(&then.id_field), optional(&now.id_field)))
            .or_else(|| differs("--url-field", optional(&then.url_field), optional(&now.url_field)))
            .or_else(|| {
                differs("--max-item-bytes", then.item_bytes_max.to_string(), now.item_bytes_max.to_string())
            })
            .or_else(|| differs("--agent", list(&then.agents), list(&now.agents)))
            .or_else(|| {
                differs("--crawl-records", then.crawl_records.to_string(), now.crawl_records.to_string())
            })
            .or_else(|| differs("--site-records-at", told(then.taken_at), told(now.taken_at)))
            .or_else(|| differs("the content of --site-records", then.sources.told(), now.sources.told()))
            .or_else(|| different_files(&earlier.files, &self.written.files))
    }
}

fn different_files(then: &[PlannedFile], now: &[PlannedFile]) -> Option<String> {
    let place = then.iter().zip(now).position(|(a, b)| (&a.name, a.bytes) != (&b.name, b.bytes));
    let place = place.or((then.len() != now.len()).then_some(then.len().min(now.len())))?;
    Some(match (then.get(place), now.get(place)) {
        (Some(a), Some(b)) if a.name == b.name => {
            format!("{} had {} bytes and has {} now", a.name, a.bytes, b.bytes)
        }
        (Some(a), Some(b)) if a.name < b.name => format!("{} is gone from the corpus", a.name),
        (_, Some(b)) => format!("{} is new in the corpus", b.name),
        (Some(a), None) => format!("{} is gone from the corpus", a.name),
        (None, None) => "the files of the corpus".to_owned(),
    })
}

impl Question {
    fn of(job: &Job, sources: &Sources, day: Date) -> Question {
        let profile = serde_json::to_vec(&job.profile).unwrap_or_default();
        Question {
            code: format!("placet {} results {RESULTS_VERSION}", env!("CARGO_PKG_VERSION")),
            as_of: day,
            uses: job.uses.iter().map(|u| u.code().to_owned()).collect(),
            packs: job.packs.packs().iter().map(|pack| pack.id().to_owned()).collect(),
            texts: job.texts_id.clone(),
            profile: format!("{} {}", job.profile.name, job.profile.version),
            profile_hash: blake3::hash(&profile).to_hex().to_string(),
            licensee: job.licensee.clone(),
            territory: job.territory.to_string(),
            unknown: match job.unknown_items() {
                placet_authorize::UnknownItems::Keep => "keep".to_owned(),
                placet_authorize::UnknownItems::Drop => "drop".to_owned(),
            },
            redact: job.redact,
            text_fields: job.read.text_fields.clone(),
            id_field: job.read.id_field.clone(),
            url_field: job.read.url_field.clone(),
            item_bytes_max: job.read.item_bytes_max,
            agents: job.agents.clone(),
            sources: sources.clone(),
            taken_at: job.site_records.taken_at,
            crawl_records: job.site_records.crawl,
        }
    }

    fn digest(&self) -> blake3::Hash {
        blake3::hash(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Nanoseconds since 1970, 0 where the system does not say.
pub(crate) fn modified(metadata: &Metadata) -> u64 {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Whether the first path is the second or lies below it, links resolved as far as they exist.
pub(crate) fn lies_in(path: &Path, folder: &Path) -> bool {
    let Ok(folder) = fs::canonicalize(folder) else { return false };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = absolute.ancestors().find_map(|part| fs::canonicalize(part).ok().map(|real| (part, real)));
    existing.is_some_and(|(part, real)| {
        real.join(absolute.strip_prefix(part).unwrap_or(Path::new(""))).starts_with(&folder)
    })
}

fn divide(sources: Vec<Source>, question: &blake3::Hash) -> Vec<Shard> {
    let mut shards: Vec<Shard> = Vec::new();
    for source in sources {
        match shards.last_mut() {
            Some(last) if last.bytes + source.bytes <= SHARD_BYTES && last.sources.len() < SHARD_FILES => {
                last.bytes += source.bytes;
                last.sources.push(source);
            }
            _ => shards.push(Shard {
                id: String::new(),
                number: shards.len(),
                bytes: source.bytes,
                sources: vec![source],
            }),
        }
    }
    for shard in &mut shards {
        let mut hash = blake3::Hasher::new();
        hash.update(question.as_bytes());
        for source in &shard.sources {
            hash.update(&(source.name.len() as u64).to_le_bytes());
            hash.update(source.name.as_bytes());
            hash.update(&source.bytes.to_le_bytes());
        }
        let id = hash.finalize().to_hex();
        // 128 bits name a shard among any number of them.
        shard.id = format!("{:06}-{}", shard.number, id.get(..32).unwrap_or_default());
    }
    shards
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use placet_corpus::{Compression, Format};

    use super::*;

    fn source(name: &str, bytes: u64) -> Source {
        Source {
            path: PathBuf::from(name),
            name: name.to_owned(),
            bytes,
            format: Format::Jsonl,
            compression: Compression::None,
        }
    }

    #[test]
    fn small_files_share_a_shard_and_a_large_one_has_its_own() {
        let question = blake3::hash(b"question");
        let shards = divide(
            vec![source("a", 10), source("b", 20), source("c", SHARD_BYTES * 3), source("d", 1)],
            &question,
        );
        let names: Vec<Vec<&str>> =
            shards.iter().map(|s| s.sources.iter().map(|f| f.name.as_str()).collect()).collect();
        assert_eq!(names, [vec!["a", "b"], vec!["c"], vec!["d"]]);
        let other = divide(vec![source("a", 11), source("b", 20)], &question);
        assert_ne!(shards[0].id, other[0].id);
        assert_ne!(shards[0].id, divide(vec![source("a", 10), source("b", 20)], &blake3::hash(b"x"))[0].id);
    }

    #[test]
    fn a_changed_file_is_named() {
        let file = |name: &str, bytes| PlannedFile { name: name.to_owned(), bytes, modified: 0 };
        let then = [file("a", 1), file("b", 2)];
        for (now, said) in [
            (vec![file("a", 1), file("b", 3)], Some("b had 2 bytes and has 3 now")),
            (vec![file("b", 2)], Some("a is gone from the corpus")),
            (vec![file("a", 1)], Some("b is gone from the corpus")),
            (vec![file("a", 1), file("aa", 1), file("b", 2)], Some("aa is new in the corpus")),
            (vec![file("a", 1), file("b", 2)], None),
        ] {
            assert_eq!(different_files(&then, &now).as_deref(), said);
        }
    }
}
