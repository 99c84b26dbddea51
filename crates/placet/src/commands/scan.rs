//! `placet scan`: which items of a corpus contain registered works, and what may be done with them.

pub(crate) mod packs;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use placet_authorize::{Profile, ProfileError, UnknownItems};
use placet_core::{Territory, Use};
use placet_corpus::{ITEM_BYTES_MAX, ReadOptions};
use placet_scan::{Job, Outcome, Progress, ScanError, SiteSources, Watch, scan};
use serde::Serialize;

use super::check::time;
use crate::failure::OrFail as _;
use crate::output::{Output, Table, foreign};
use crate::{Context, Exit, Failure};

/// Scan a corpus with packs: decisions, matches, use records and a cleared corpus
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder or file: text, HTML, JSONL, WARC, WET, Parquet, tar, also compressed
    corpus: PathBuf,
    /// Pack of a rightsholder, a collecting society or a commons; repeat for more
    #[arg(long = "pack", required = true, value_name = "FILE")]
    packs: Vec<PathBuf>,
    /// Use that is asked about; repeat for more (access, search, tdm, train-nongen, train-gen, fine-tune, ai-index,
    /// ai-input, ai-output, evaluation, replica, display)
    #[arg(long = "use", required = true, value_name = "USE")]
    uses: Vec<Use>,
    /// Folder for the results; the same command goes on with an interrupted run
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Rules: art, eu-art4, eu-art3-research, strict, us-audit, or a file
    #[arg(long, default_value = "art", value_name = "PROFILE")]
    profile: String,
    /// Who asks, as grants name the licensee
    #[arg(long, value_name = "NAME")]
    licensee: Option<String>,
    /// Where the use takes place: world, or country codes
    #[arg(long, default_value = "world", value_name = "TERRITORY")]
    territory: Territory,
    /// Day as of which reservations and grants are read [default: today, UTC]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Product token of the crawler that fetched the copies, or of yours; repeat for more [default: none: the rules for
    /// * are heard, and training where a site refuses the agents that serve it]
    #[arg(long = "agent", value_name = "TOKEN")]
    agents: Vec<String>,
    /// What sites say: a snapshot (one folder or robots.txt file for each host), or a web archive with their robots.txt
    /// and other files; repeat for more archives
    #[arg(long = "site-records", value_name = "PATH")]
    site_records: Vec<PathBuf>,
    /// When the snapshot was taken [default: not known, and it is heard of every copy]
    #[arg(long, value_name = "TIME", requires = "site_records")]
    site_records_at: Option<String>,
    /// Hear the robots.txt and other files of sites that the corpus itself holds; its web archives are read twice
    #[arg(long)]
    crawl_records: bool,
    /// What happens to items in which nothing was found [default: as the profile says]
    #[arg(long, value_enum, value_name = "WHAT")]
    unknown: Option<Unknown>,
    /// Keep refused items in the cleared corpus without the matched passages
    #[arg(long)]
    redact: bool,
    /// Trust the issuer with this key for this run; repeat for more (`placet trust add` does it for good)
    #[arg(long, value_name = "KEY")]
    trust: Vec<String>,
    /// Field that holds the text, a.b for nested ones; repeat to join several [default: found by name]
    #[arg(long = "text-field", value_name = "FIELD")]
    text_fields: Vec<String>,
    /// Field that holds the document's own id [default: found by name]
    #[arg(long, value_name = "FIELD")]
    id_field: Option<String>,
    /// Field that holds the address [default: found by name]
    #[arg(long, value_name = "FIELD")]
    url_field: Option<String>,
    /// Largest document that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = ITEM_BYTES_MAX)]
    max_item_bytes: u64,
    /// Threads [default: one for each core]; the results do not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Take only the i-th of N parts of the shards; whichever part ends last finishes the run
    #[arg(long, value_name = "I/N", value_parser = part)]
    shard: Option<(u32, u32)>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Unknown {
    /// They stay in the cleared corpus
    Keep,
    /// They are left out
    Drop,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let site_records = site_sources(
            self.site_records,
            self.site_records_at.as_deref().map(time).transpose()?,
            self.crawl_records,
        )?;
        let opened = packs::open(&self.packs, &self.trust, context)?;
        let job = Job {
            corpus: self.corpus,
            out: self.out,
            packs: opened.packs,
            texts: opened.texts,
            texts_id: opened.texts_id,
            profile: profile(&self.profile)?,
            uses: self.uses.into_iter().collect(),
            day: self.as_of.unwrap_or_else(|| context.now.to_zoned(TimeZone::UTC).date()),
            licensee: self.licensee,
            territory: self.territory,
            agents: self.agents,
            site_records,
            unknown: self.unknown.map(|unknown| match unknown {
                Unknown::Keep => UnknownItems::Keep,
                Unknown::Drop => UnknownItems::Drop,
            }),
            redact: self.redact,
            read: ReadOptions {
                text_fields: self.text_fields,
                id_field: self.id_field,
                url_field: self.url_field,
                item_bytes_max: self.max_item_bytes,
                keep_raw: true,
            },
            threads: self
                .threads
                .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
                .unwrap_or(1)
                .max(1),
            part: self.shard,
            only: None,
        };
        stop_on_signals()?;
        let watch = Watcher::new(&context.out);
        let outcome = scan(&job, &watch);
        watch.bar().finish_and_clear();
        let outcome = outcome.map_err(|error| failure(error, &job.out))?;
        say(&job, &outcome, &context.out)?;
        Ok(if outcome.denied() { Exit::Denied } else { Exit::Done })
    }
}

/// Folders are snapshots, of which there can be one; files are web archives.
fn site_sources(
    paths: Vec<PathBuf>,
    taken_at: Option<Timestamp>,
    crawl: bool,
) -> Result<SiteSources, Failure> {
    let mut sources = SiteSources { taken_at, crawl, ..SiteSources::default() };
    for path in paths {
        let kind = std::fs::metadata(&path)
            .map_err(|cause| anyhow::Error::new(cause).context(format!("cannot read {}", path.display())))
            .or_fail(Exit::Input)?;
        if !kind.is_dir() {
            sources.archives.push(path);
        } else if let Some(first) = sources.snapshot.replace(path.clone()) {
            let both = anyhow::anyhow!("two snapshots: {} and {}", first.display(), path.display());
            return Err(Failure::new(Exit::Usage, both).hint("put them into one folder"));
        }
    }
    Ok(sources)
}

/// Shards of `--shard 2/8`.
fn part(text: &str) -> Result<(u32, u32), String> {
    let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match numbers {
        Some((i, n)) if 1 <= i && i <= n => Ok((i, n)),
        _ => Err("write I/N with I from 1 to N, such as 2/8".to_owned()),
    }
}

pub(crate) fn profile(name: &str) -> Result<Profile, Failure> {
    match Profile::named(name) {
        Err(ProfileError::NoSuch(_)) if Path::new(name).is_file() => {
            let text = std::fs::read_to_string(name).map_err(|cause| {
                Failure::new(Exit::Usage, anyhow::Error::new(cause).context(name.to_owned()))
            })?;
            Profile::read(&text).map_err(|cause| {
                Failure::new(Exit::Usage, anyhow::Error::new(cause).context(name.to_owned()))
            })
        }
        read => read.or_fail(Exit::Usage),
    }
}

/// Set by Ctrl-C and by the wish of the system that the process ends.
static STOP: AtomicBool = AtomicBool::new(false);

pub(crate) fn stop_on_signals() -> Result<(), Failure> {
    match ctrlc::set_handler(|| STOP.store(true, Ordering::SeqCst)) {
        // The demonstration scans twice in one process; the first handler serves.
        Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        set => set.or_fail(Exit::Internal),
    }
}

pub(crate) struct Watcher<'a> {
    out: &'a Output,
    bar: Mutex<ProgressBar>,
    /// What earlier runs had done.
    before: Mutex<Progress>,
}

impl<'a> Watcher<'a> {
    pub(crate) fn new(out: &'a Output) -> Watcher<'a> {
        Watcher { out, bar: Mutex::new(ProgressBar::hidden()), before: Mutex::default() }
    }

    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Watch for Watcher<'_> {
    fn begin(&self, total: &Progress, resumed: Option<&Progress>) {
        if let Some(before) = resumed {
            self.out.note(&format!("going on: {} of {} shards are committed", before.shards, total.shards));
            *self.before.lock().unwrap_or_else(PoisonError::into_inner) = *before;
        }
        let bar = self.out.progress(total.bytes, "bytes");
        bar.set_position(resumed.map_or(0, |before| before.bytes));
        // The rate is that of this run.
        bar.reset_eta();
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = bar;
    }

    fn advance(&self, done: &Progress) {
        let before = *self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = self.bar();
        if bar.is_hidden() {
            return;
        }
        bar.set_position(before.bytes + done.bytes);
        bar.set_message(format!(
            "{} items, {} matched",
            before.items + done.items,
            before.matched + done.matched
        ));
    }

    fn stop(&self) -> bool {
        STOP.load(Ordering::SeqCst)
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

pub(crate) fn failure(error: ScanError, out: &Path) -> Failure {
    let full = error.is_full();
    let (exit, hint) = match &error {
        ScanError::Empty { .. } => (Exit::Input, "give a folder or a file with documents"),
        ScanError::Inside { .. } => (Exit::Usage, "give a folder outside of the corpus with --out"),
        ScanError::Locked { .. } => (Exit::Unavailable, "wait for it, or give another folder with --out"),
        ScanError::Changed { .. } => {
            (Exit::Usage, "give the command it was begun with, or another folder with --out")
        }
        ScanError::NotOurs { .. } => (Exit::Usage, "give a new folder with --out"),
        ScanError::Moving { .. } => {
            (Exit::Unavailable, "let the corpus rest and scan it again with another folder for --out")
        }
        ScanError::Stopped { .. } => (Exit::Unavailable, "the same command goes on from there"),
        ScanError::Damaged { .. } => {
            (Exit::Internal, "remove the folder and scan again if this does not help")
        }
        ScanError::Pack(_) => (Exit::Input, "fetch the pack again"),
        ScanError::Io { .. } | ScanError::Corpus(_) if full => (
            Exit::Unavailable,
            "make room on the disk; the same command goes on, and nothing half was committed",
        ),
        ScanError::Io { .. } | ScanError::Corpus(_) => {
            (Exit::Unavailable, "mend that; the same command goes on, and nothing half was committed")
        }
    };
    let stopped = matches!(error, ScanError::Stopped { .. });
    let failure = Failure::new(exit, error).hint(hint);
    if stopped { failure.hint(format!("results so far are in {}", out.display())) } else { failure }
}

#[derive(Serialize)]
struct Said<'a> {
    out: &'a Path,
    profile: &'a str,
    unknown_items: &'static str,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

fn say(job: &Job, outcome: &Outcome, out: &Output) -> Result<(), Failure> {
    let dropped = job.unknown_items() == UnknownItems::Drop;
    if out.is_json() {
        let unknown_items = if dropped { "drop" } else { "keep" };
        let said = Said { out: &job.out, profile: &job.profile.name, unknown_items, outcome };
        return out.json("placet.scan/1", &said);
    }
    if outcome.resumed {
        out.note("this run was finished before; nothing was done");
    }
    if !outcome.finished {
        return out.result(&format!(
            "{} of {} shards are committed; the other parts are still to be run",
            outcome.committed, outcome.shards
        ));
    }
    let folder = job.out.display().to_string();
    let mut text = format!(
        "{} items scanned, {} with text of works in the packs, {} records or files put aside\n\n",
        outcome.items, outcome.items_matched, outcome.aside
    );
    let mut table = Table::new(&["use", "verdict", "items"]).right(&[2]);
    for (asked, by_verdict) in &outcome.verdicts {
        for (verdict, items) in by_verdict {
            table.row([asked.as_str(), verdict.as_str(), &items.to_string()]);
        }
    }
    text.push_str(&table.to_string());
    let left_out = outcome.items - outcome.kept - outcome.redacted;
    text.push_str(&format!("\ncleared corpus: {} items as they were", outcome.kept));
    if job.redact {
        text.push_str(&format!(", {} without the matched passages", outcome.redacted));
    }
    text.push_str(&format!(", {left_out} left out\n"));
    if outcome.verdicts.values().any(|by| by.contains_key("unknown")) {
        let what = if dropped { "left out of" } else { "kept in" };
        text.push_str(&format!(
            "unknown is no permission: nobody authorised these items, and they are {what} the cleared corpus\n"
        ));
    }
    if outcome.with_signals > 0 {
        text.push_str(&format!(
            "{} items carry signals of their own or of their sites; the column witness says which decided\n",
            outcome.with_signals
        ));
    }
    if job.agents.is_empty() && !job.site_records.is_empty() {
        text.push_str(
            "sites were read as nobody in particular: the rules for *, and refusals of training crawlers; --agent names yours\n",
        );
    }
    if outcome.site_files > 0 && job.site_records.is_empty() {
        text.push_str(&format!(
            "{} items are robots.txt or other files by which sites speak; --crawl-records hears them\n",
            outcome.site_files
        ));
    }
    if outcome.media > 0 {
        text.push_str(&format!(
            "{} items are media files: their signals were heard, nothing in them was compared with packs\n",
            outcome.media
        ));
    }
    if outcome.conflicts > 0 {
        text.push_str(&format!(
            "{} pairs of works are claimed by two issuers; see the report\n",
            outcome.conflicts
        ));
    }
    text.push_str(&foreign(&format!("look at {folder}/report.html")));
    out.result(&text)
}
