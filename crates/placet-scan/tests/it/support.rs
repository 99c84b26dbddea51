//! Works, packs and corpora for the tests, and a watch that can stop a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use placet_authorize::{Profile, UnknownItems};
use placet_core::note::Signer;
use placet_core::{Grant, Licensee, Period, Reservation, Scope, Territory, Use, UseSet, Work, WorkKind};
use placet_corpus::ReadOptions;
use placet_corpus::table::{Reader, Value};
use placet_match::{Guarantee, Pack, PackBuilder, PackSet};
use placet_scan::{Job, Outcome, Progress, ScanError, SiteSources, Watch, scan};
use tempfile::TempDir;

/// Words that belong to nobody; the seed decides which.
pub(crate) fn prose(seed: u64, words: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ba", "ko", "ri", "tu", "se", "mal", "dor", "vin", "pel", "gra", "no", "chi", "ster", "lo", "fa",
        "zum",
    ];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut text = String::new();
    for n in 0..words {
        let syllables = 1 + next() % 3;
        text.push_str(if n % 12 == 0 && n > 0 { ". " } else { " " });
        for _ in 0..=syllables {
            text.push_str(SYLLABLES[(next() % 16) as usize]);
        }
    }
    text.trim_start().to_owned()
}

/// Some words of a text, from the given one on.
pub(crate) fn excerpt(text: &str, from: usize, words: usize) -> String {
    text.split(' ').skip(from).take(words).collect::<Vec<_>>().join(" ")
}

pub(crate) fn work(id: &str, title: &str) -> Work {
    Work {
        id: id.to_owned(),
        kind: WorkKind::Text,
        title: title.to_owned(),
        credits: Vec::new(),
        identifiers: Vec::new(),
        language: None,
        extra: BTreeMap::new(),
    }
}

pub(crate) fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn reservation() -> Reservation {
    Reservation {
        id: "r1".to_owned(),
        holder: "press".to_owned(),
        scope: Scope::All,
        uses: UseSet::ALL,
        territory: Territory::World,
        period: Period::ALWAYS,
        declared_at: noon(),
    }
}

pub(crate) fn grant(work: &str, u: Use, licensee: &str) -> Grant {
    Grant {
        id: format!("g-{work}"),
        grantor: "press".to_owned(),
        role: None,
        licensee: Licensee::Named(licensee.to_owned()),
        scope: Scope::Works([work.to_owned()].into()),
        uses: UseSet::NONE.with(u),
        territory: Territory::World,
        period: Period::ALWAYS,
        model: None,
        conditions: Vec::new(),
        mandate: None,
        declared_at: noon(),
    }
}

/// A pack of texts at the 20-word guarantee.
pub(crate) fn pack(
    path: &Path,
    issuer: &str,
    seed: u8,
    works: &[(&str, &str)],
    reservations: Vec<Reservation>,
    grants: Vec<Grant>,
    commons: bool,
) -> PathBuf {
    let mut builder = PackBuilder::new(issuer, Guarantee::Words20).commons(commons);
    for (id, text) in works {
        builder.add(&work(id, &format!("The Book of {id}")), text, 0..text.len()).unwrap();
    }
    builder.rights(reservations, grants);
    let signer = Signer::from_seed(issuer, [seed; 32]).unwrap();
    builder.write(path, &signer, noon()).unwrap();
    path.to_owned()
}

/// A corpus folder, a pack file and a place for the results.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) packs: Vec<PathBuf>,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("corpus")).unwrap();
        Bench { folder, packs: Vec::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn corpus(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path("corpus").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// One pack by `press` that reserves everything.
    pub(crate) fn reserve(&mut self, works: &[(&str, &str)]) {
        let path = self.path("rights.placet");
        self.packs.push(pack(&path, "press", 1, works, vec![reservation()], Vec::new(), false));
    }

    pub(crate) fn job(&self, out: &str) -> Job {
        Job {
            corpus: self.path("corpus"),
            out: self.path(out),
            packs: Arc::new(PackSet::new(self.packs.iter().map(|path| Pack::open(path).unwrap()).collect())),
            texts: None,
            texts_id: String::new(),
            profile: Profile::art(),
            uses: UseSet::NONE.with(Use::TrainGen),
            day: "2026-11-21".parse().unwrap(),
            licensee: None,
            territory: Territory::World,
            agents: Vec::new(),
            site_records: SiteSources::default(),
            unknown: Some(UnknownItems::Keep),
            redact: false,
            read: ReadOptions::default(),
            threads: 2,
            part: None,
            only: None,
        }
    }

    #[expect(clippy::unused_self, reason = "a run belongs to the bench whose files it reads")]
    pub(crate) fn scan(&self, job: &Job) -> Result<Outcome, ScanError> {
        scan(job, &Quiet::default())
    }

    pub(crate) fn rows(&self, file: &str) -> Vec<BTreeMap<String, Value>> {
        rows(&self.path(file))
    }

    /// Every file of a finished run with its bytes; `run.json` without its timings.
    pub(crate) fn files(&self, out: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(out), "", &mut files);
        files.retain(|name, _| !name.starts_with(".placet/lock"));
        let run = files.get_mut("run.json").expect("a finished run");
        let mut json: serde_json::Value = serde_json::from_slice(run).unwrap();
        json.as_object_mut().unwrap().remove("timings").expect("timings");
        *run = serde_json::to_vec(&json).unwrap();
        files
    }
}

pub(crate) fn rows(path: &Path) -> Vec<BTreeMap<String, Value>> {
    let reader = Reader::open(path).unwrap();
    let columns = reader.columns().to_vec();
    reader.map(|row| columns.iter().cloned().zip(row.unwrap()).collect()).collect()
}

fn collect(folder: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{name}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

/// Watches in silence; stops the run once this many shards are done.
#[derive(Default)]
pub(crate) struct Quiet {
    pub(crate) stop_after: Option<usize>,
    shards: AtomicUsize,
    /// The bytes of each report of progress.
    pub(crate) bytes: Mutex<Vec<u64>>,
    pub(crate) resumed: Mutex<Option<Progress>>,
}

impl Quiet {
    pub(crate) fn stopping_after(shards: usize) -> Quiet {
        Quiet { stop_after: Some(shards), ..Quiet::default() }
    }
}

impl Watch for Quiet {
    fn begin(&self, _total: &Progress, resumed: Option<&Progress>) {
        *self.resumed.lock().unwrap() = resumed.copied();
    }

    fn advance(&self, done: &Progress) {
        self.shards.store(done.shards, Ordering::SeqCst);
        self.bytes.lock().unwrap().push(done.bytes);
    }

    fn stop(&self) -> bool {
        self.stop_after.is_some_and(|after| self.shards.load(Ordering::SeqCst) >= after)
    }

    fn now(&self) -> Timestamp {
        noon()
    }
}

pub(crate) fn text<'r>(row: &'r BTreeMap<String, Value>, column: &str) -> &'r str {
    match &row[column] {
        Value::Text(text) => text,
        other => panic!("{column} is {other:?}"),
    }
}

pub(crate) fn number(row: &BTreeMap<String, Value>, column: &str) -> u64 {
    match &row[column] {
        Value::U64(number) => *number,
        other => panic!("{column} is {other:?}"),
    }
}
