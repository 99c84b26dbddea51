//! Puts the results of committed shards together.
//!
//! Everything is made beside its place and then renamed; `run.json` comes last, and where it stands the run is
//! finished. A run killed in between makes the same files again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use placet_corpus::table;

use crate::commit::{Commit, Counts, FileRecord};
use crate::error::{OrIo as _, ScanError};
use crate::facts::Packs;
use crate::folder::{Folder, digest, json, link_or_copy, replace, sync_folder, write_synced};
use crate::job::{Job, Watch};
use crate::plan::Plan;
use crate::record::{Heard, Outcome, PackRecord, ProfileRecord, ReadRecord, RunRecord, Timings};
use crate::report::{self, View};
use crate::tables;
use crate::tally::{Ranking, Tallies};
use crate::works;
use crate::write::{ASIDE, AsideLine, CLEARED, DECISIONS, MATCHES, TALLIES, USES};

const RUN: &str = "run.json";
const REPORT: &str = "report.html";

/// Domains and languages that the report shows.
const TOP_NAMES: usize = 20;

/// What a finished folder says.
pub(crate) fn finished(folder: &Folder) -> Result<Option<Outcome>, ScanError> {
    let path = folder.out().join(RUN);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs::read(&path).or_io(&path, "cannot be read")?;
    let run: RunRecord = serde_json::from_slice(&bytes).map_err(|fault| ScanError::Damaged {
        shard: RUN.to_owned(),
        what: format!("{fault}; remove this file and run the same command again"),
    })?;
    // A run that was killed after its last step may have left parts.
    folder.tidy()?;
    Ok(Some(Outcome::of(&run.counts, run.shards)))
}

/// Makes the files of the run.
pub(crate) fn finalise(
    job: &Job,
    plan: &Plan,
    heard: Heard,
    folder: &Folder,
    commits: &[Commit],
    began: Timestamp,
    watch: &dyn Watch,
) -> Result<Outcome, ScanError> {
    let packs = Packs::new(&job.packs);
    let pending = folder.inner().join("final");
    if pending.exists() {
        fs::remove_dir_all(&pending).or_io(&pending, "cannot be removed")?;
    }
    fs::create_dir_all(&pending).or_io(&pending, "cannot be created")?;
    let parts = |name: &str| commits.iter().map(|c| folder.part(&c.shard).join(name)).collect::<Vec<_>>();

    for name in [DECISIONS, MATCHES, USES] {
        table::concat(&parts(name), &pending.join(name))?;
    }
    let mut counts = Counts::default();
    for commit in commits {
        counts.add(&commit.counts);
    }
    counts.aside += plan.asides.len() as u64;
    write_aside(&pending.join(ASIDE), plan, &parts(ASIDE))?;

    let view = View {
        job,
        packs: packs.records(),
        plan,
        counts: &counts,
        heard: &heard,
        top_works: works::top(&pending.join(USES))?,
        domains: rank(&parts(TALLIES), |tallies| tallies.domains)?,
        languages: rank(&parts(TALLIES), |tallies| tallies.languages)?,
        asides: aside_groups(&pending.join(ASIDE))?,
    };
    write_synced(&pending.join(REPORT), report::page(&view).as_bytes())?;

    let mut outputs = BTreeMap::new();
    for name in [DECISIONS, MATCHES, USES, ASIDE, REPORT] {
        let rows = match name {
            DECISIONS | MATCHES | USES => Some(commits.iter().filter_map(|c| c.files.get(name)?.rows).sum()),
            ASIDE => Some(counts.aside),
            _ => None,
        };
        outputs.insert(name.to_owned(), FileRecord { rows, ..digest(&pending.join(name))? });
        replace(&pending.join(name), &folder.out().join(name))?;
    }
    place_cleared(folder, commits, &mut outputs)?;

    let run = record(job, plan, heard, commits, counts, outputs, timings(job, began, watch.now()));
    write_synced(&pending.join(RUN), &json(&run))?;
    replace(&pending.join(RUN), &folder.out().join(RUN))?;
    fs::remove_dir_all(&pending).or_io(&pending, "cannot be removed")?;
    folder.tidy()?;
    Ok(Outcome::of(&run.counts, run.shards))
}

fn write_aside(path: &Path, plan: &Plan, parts: &[PathBuf]) -> Result<(), ScanError> {
    let mut out = BufWriter::new(File::create(path).or_io(path, "cannot be created")?);
    for aside in &plan.asides {
        out.write_all(&AsideLine::from(aside).line()).or_io(path, "cannot be written")?;
    }
    for part in parts {
        let mut from = File::open(part).or_io(part, "cannot be opened")?;
        std::io::copy(&mut from, &mut out).or_io(path, "cannot be written")?;
    }
    let file =
        out.into_inner().map_err(std::io::IntoInnerError::into_error).or_io(path, "cannot be written")?;
    file.sync_all().or_io(path, "cannot be written")
}

/// Gives the files of the cleared corpus their names.
fn place_cleared(
    folder: &Folder,
    commits: &[Commit],
    outputs: &mut BTreeMap<String, FileRecord>,
) -> Result<(), ScanError> {
    let cleared = folder.out().join(CLEARED);
    fs::create_dir_all(&cleared).or_io(&cleared, "cannot be created")?;
    for commit in commits {
        let files = commit.files.iter().filter(|(name, _)| name.starts_with(CLEARED));
        for (name, file) in files {
            link_or_copy(&folder.part(&commit.shard).join(name), &folder.out().join(name))?;
            outputs.insert(name.clone(), file.clone());
        }
    }
    sync_folder(&cleared)
}

fn rank(
    parts: &[PathBuf],
    of: impl Fn(Tallies) -> BTreeMap<String, crate::tally::Tally>,
) -> Result<Ranking, ScanError> {
    Ranking::of(TOP_NAMES, |take| {
        for part in parts {
            let bytes = fs::read(part).or_io(part, "cannot be read")?;
            let tallies: Tallies = serde_json::from_slice(&bytes).map_err(|fault| ScanError::Damaged {
                shard: part.display().to_string(),
                what: fault.to_string(),
            })?;
            take(of(tallies));
        }
        Ok(())
    })
}

/// What was put aside, by reason: how many, and the first ones.
pub(crate) struct AsideGroup {
    pub(crate) reason: String,
    pub(crate) remedy: String,
    pub(crate) count: u64,
    pub(crate) first: Vec<String>,
}

/// Reasons that the report shows; the rest is counted under the last one.
const REASONS: usize = 30;
/// Places that it names for each.
const PLACES: usize = 3;

fn aside_groups(path: &Path) -> Result<Vec<AsideGroup>, ScanError> {
    let mut groups: BTreeMap<String, AsideGroup> = BTreeMap::new();
    let file = File::open(path).or_io(path, "cannot be opened")?;
    for line in BufReader::new(file).lines() {
        let line = line.or_io(path, "cannot be read")?;
        let Ok(aside) = serde_json::from_str::<AsideLine>(&line) else { continue };
        // Numbers in a reason (a length, a position) do not make it another one.
        let key: String = aside.reason.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
        let full = groups.len() >= REASONS && !groups.contains_key(&key);
        let key = if full { String::new() } else { key };
        let group = groups.entry(key).or_insert_with(|| AsideGroup {
            reason: if full { "other reasons".to_owned() } else { aside.reason.clone() },
            remedy: if full { "see aside.jsonl".to_owned() } else { aside.remedy.clone() },
            count: 0,
            first: Vec::new(),
        });
        group.count += 1;
        if group.first.len() < PLACES {
            group.first.push(format!("{}, {}", aside.path, aside.place));
        }
    }
    let mut groups: Vec<AsideGroup> = groups.into_values().collect();
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    Ok(groups)
}

fn timings(job: &Job, began: Timestamp, ended: Timestamp) -> Timings {
    Timings { began, ended, seconds: ended.duration_since(began).as_secs_f64(), threads: job.threads }
}

fn record(
    job: &Job,
    plan: &Plan,
    heard: Heard,
    commits: &[Commit],
    counts: Counts,
    outputs: BTreeMap<String, FileRecord>,
    timings: Timings,
) -> RunRecord {
    let question = &plan.written.question;
    let schemas = [
        (RUN, tables::RUN),
        (DECISIONS, tables::DECISIONS),
        (MATCHES, tables::MATCHES),
        (USES, tables::USES),
        (ASIDE, tables::ASIDE),
        ("commits", tables::COMMIT),
    ];
    RunRecord {
        schema: tables::RUN.to_owned(),
        code: question.code.clone(),
        as_of: question.as_of,
        profile: ProfileRecord {
            name: job.profile.name.clone(),
            version: job.profile.version,
            blake3: question.profile_hash.clone(),
        },
        uses: question.uses.clone(),
        licensee: job.licensee.clone(),
        territory: question.territory.clone(),
        unknown_items: question.unknown.clone(),
        redact: job.redact,
        read: ReadRecord {
            text_fields: job.read.text_fields.clone(),
            id_field: job.read.id_field.clone(),
            url_field: job.read.url_field.clone(),
            item_bytes_max: job.read.item_bytes_max,
        },
        texts_at_hand: job.texts_id.clone(),
        signals: heard,
        packs: Packs::new(&job.packs).records(),
        shards: commits.len(),
        inputs: commits.iter().flat_map(|commit| commit.inputs.iter().cloned()).collect(),
        counts,
        outputs,
        schemas: schemas.iter().map(|(file, schema)| ((*file).to_owned(), (*schema).to_owned())).collect(),
        timings,
    }
}

impl Packs<'_> {
    pub(crate) fn records(&self) -> Vec<PackRecord> {
        let packs = self.set.packs().iter().zip(&self.issuers);
        packs
            .map(|(pack, issuer)| {
                let manifest = pack.manifest();
                PackRecord {
                    id: pack.id().to_owned(),
                    name: manifest.name.clone(),
                    issuer: issuer.clone(),
                    issuer_key: manifest.issuer.clone(),
                    created: manifest.created,
                    guarantee_words: manifest.guarantee.words(),
                    guarantee_letters: manifest.guarantee.letters(),
                    commons: manifest.commons,
                    works: manifest.works,
                    fingerprints: manifest.fingerprints,
                }
            })
            .collect()
    }
}
