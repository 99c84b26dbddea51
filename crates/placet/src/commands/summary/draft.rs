//! `placet summary answers`, `measure` and `draft`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::civil::Date;
use placet_disclose::summary::answers::{self, Fault};
use placet_disclose::summary::document::{EvidenceFile, Previous, Summary};
use placet_disclose::summary::draft::{Material, draft, unanswered};
use placet_disclose::summary::gather::{Tables, gather};
use placet_disclose::summary::history::{Told, differences, feed};
use placet_disclose::summary::run::{EvidenceError, Run, digest};
use placet_disclose::summary::{domains, html, measures};
use serde::Serialize;

use super::sealing::{self, Log};
use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::pages::{self, Form};
use crate::{Context, Exit, Failure};

/// Write the questionnaire of what only a person can answer, with every question of the form explained
#[derive(clap::Args)]
pub(super) struct Answers {
    /// Where it goes; an existing file is left alone
    #[arg(long, short, value_name = "FILE", default_value = "answers.toml")]
    output: PathBuf,
}

/// Measure the corpus of a finished scan: bytes, words, language and day of capture of every document
#[derive(clap::Args)]
pub(super) struct Measure {
    /// The folder of the finished scan; the measures are written into it
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// The corpus that was scanned, unchanged
    #[arg(long, value_name = "PATH")]
    corpus: PathBuf,
    /// Threads; as many as the machine has if not given
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Draft the summary from scans and answers: JSON, a web page, and PDF where the typesetter is built in
#[derive(clap::Args)]
pub(super) struct Draft {
    /// Folders of finished scans
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// The answers, as `placet summary answers` asks for them
    #[arg(long, value_name = "FILE")]
    answers: PathBuf,
    /// Corpora of the scans in the same order, to be measured where that was not done yet
    #[arg(long, value_name = "PATH")]
    corpus: Vec<PathBuf>,
    /// Home folder with the log that the runs are sealed in; the summary then names the entries
    #[arg(long, value_name = "HOME")]
    log: Option<PathBuf>,
    /// Folder of the summary; an earlier version in it is kept under versions/
    #[arg(long, short, value_name = "FOLDER", default_value = "summary")]
    output: PathBuf,
}

#[derive(Serialize)]
struct Drafted {
    summary: PathBuf,
    page: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    pdf: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_pdf: Option<String>,
    version: u32,
    renew_by: String,
    measured: bool,
    domains_listed: usize,
    unanswered: Vec<String>,
    changed: Vec<String>,
}

impl Answers {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let path = &self.output;
        if path.exists() {
            let error = anyhow::anyhow!("{}: is there already", path.display());
            return Err(Failure::new(Exit::Input, error).hint("name another file with --output"));
        }
        fs::write(path, answers::questionnaire())
            .with_context(|| format!("cannot write {}", path.display()))
            .or_fail(Exit::Unavailable)?;
        context.out.result(&format!(
            "{}: fill it in, then placet summary draft",
            foreign(&path.display().to_string())
        ))?;
        Ok(Exit::Done)
    }
}

impl Measure {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let run = Run::open(&self.run).map_err(of_evidence)?;
        let rows = measure(&run, &self.corpus, self.threads, context)?;
        context.out.result(&format!(
            "{rows} documents measured: {}",
            foreign(&self.run.join(measures::FILE).display().to_string())
        ))?;
        Ok(Exit::Done)
    }
}

impl Draft {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let text = fs::read_to_string(&self.answers)
            .with_context(|| format!("cannot read {}", self.answers.display()))
            .or_fail(Exit::Input)
            .map_err(|f| f.hint("placet summary answers writes the questionnaire"))?;
        let (answers, faults) = answers::Answers::read(&text);
        refuse(&self.answers, &faults)?;
        let runs: Vec<Run> = self
            .runs
            .iter()
            .map(|folder| Run::open(folder))
            .collect::<Result<_, _>>()
            .map_err(of_evidence)?;
        for (run, corpus) in runs.iter().zip(&self.corpus) {
            if !run.folder.join(measures::FILE).is_file() {
                measure(run, corpus, None, context)?;
            }
        }
        let mut evidence: Vec<EvidenceFile> = Vec::new();
        for run in &runs {
            for file in ["run.json", "decisions.parquet", measures::FILE] {
                if file != measures::FILE || run.folder.join(file).is_file() {
                    evidence.push(run.evidence(file).map_err(of_evidence)?);
                }
            }
        }
        let log = self.log.as_deref().map(|home| Log::read(home, &runs, context)).transpose()?;
        let log = log.filter(|log| !log.sealings.is_empty());
        evidence.extend(log.as_ref().map(Log::evidence));
        let folder = &self.output;
        let today = context.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let held = Held::read(folder, today)?;
        let work = folder.join(".drafting");
        clear(&work)?;
        fs::create_dir_all(&work)
            .with_context(|| format!("cannot make {}", work.display()))
            .or_fail(Exit::Unavailable)?;
        let tables = Tables::within(&work);
        let gathered = gather(&runs, &answers.sources, answers.data, &work, &tables).map_err(of_evidence)?;
        let lists = domains::lists(
            &gathered.crawled,
            &tables.crawled_domains,
            gathered.unit(),
            answers.small_provider,
        )
        .map_err(anyhow::Error::new)?;
        let previous: Vec<Previous> = held.previous.iter().map(|(previous, _)| previous.clone()).collect();
        let (summary, faults) = draft(Material {
            runs: &runs,
            answers: &answers,
            gathered: &gathered,
            domains: &lists,
            evidence: &evidence,
            sealings: log.as_ref().map_or(&[], |log| &log.sealings),
            today,
            previous: &previous,
        });
        if let Err(failure) = refuse(&self.answers, &faults) {
            clear(&work)?;
            return Err(failure);
        }
        if let Some(log) = &log {
            let path = work.join(sealing::CHECKPOINT);
            fs::write(&path, &log.checkpoint)
                .with_context(|| format!("cannot write {}", path.display()))
                .or_fail(Exit::Unavailable)?;
        }
        let drafted = write(folder, &work, &held, &summary, gathered.measured)?;
        report(&drafted, context)?;
        Ok(Exit::Done)
    }
}

/// What stands in the folder of a summary already.
struct Held {
    /// Earlier versions that stay, oldest first.
    previous: Vec<(Previous, Summary)>,
    /// The current one goes there before a new one takes its place.
    archive: Option<PathBuf>,
}

impl Held {
    /// A version of the same day is replaced; one of another day is kept.
    fn read(folder: &Path, today: Date) -> Result<Held, Failure> {
        let current = folder.join("summary.json");
        let mut held = Held { previous: Vec::new(), archive: None };
        if !current.exists() {
            return Ok(held);
        }
        let summary = read(&current)?;
        for previous in &summary.previous {
            let path = folder.join(&previous.file);
            if digest(&path).map_err(of_evidence)?.0 != previous.blake3 {
                let error = anyhow::anyhow!("{}: is not the version that summary.json names", path.display());
                return Err(Failure::new(Exit::Input, error).hint("restore it, or draft into another folder"));
            }
            held.previous.push((previous.clone(), read(&path)?));
        }
        if summary.made != today.to_string() {
            let name = format!("versions/{:04}", summary.version);
            let file = format!("{name}/summary.json");
            let (blake3, _) = digest(&current).map_err(of_evidence)?;
            let previous = Previous { version: summary.version, made: summary.made.clone(), file, blake3 };
            held.previous.push((previous, summary));
            held.archive = Some(folder.join(name));
        }
        Ok(held)
    }
}

fn read(path: &Path) -> Result<Summary, Failure> {
    let bytes =
        fs::read(path).with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)?;
    Summary::read(&bytes).with_context(|| format!("{}: cannot be read", path.display())).or_fail(Exit::Input)
}

const FILES: [&str; 10] = [
    "summary.json",
    "summary.html",
    "summary.pdf",
    "top-domains.csv",
    "domains.csv",
    "hosts.csv",
    "crawled-domains.csv",
    "crawled-hosts.csv",
    sealing::CHECKPOINT,
    "feed.atom",
];

fn write(
    folder: &Path,
    work: &Path,
    held: &Held,
    summary: &Summary,
    measured: bool,
) -> Result<Drafted, Failure> {
    let save = |name: &str, bytes: &[u8]| {
        let path = work.join(name);
        fs::write(&path, bytes)
            .with_context(|| format!("cannot write {}", path.display()))
            .or_fail(Exit::Unavailable)
    };
    let json = serde_json::to_vec_pretty(summary).map_err(anyhow::Error::new)?;
    save("summary.json", &json)?;
    save("summary.html", html::page(summary).as_bytes())?;
    let mut no_pdf = (!pages::HAS_PDF)
        .then(|| "a build with --features pdf sets them, a browser prints the page".to_owned());
    if pages::HAS_PDF {
        let made: Date = summary.made.parse().map_err(anyhow::Error::new)?;
        let made = made.to_zoned(jiff::tz::TimeZone::UTC).map_err(anyhow::Error::new)?.timestamp();
        let ident = format!("{} {}", summary.schema, blake3::hash(&json).to_hex());
        match pages::bytes(&summary.paper(), Form::Pdf, made, &ident) {
            Ok(bytes) => save("summary.pdf", &bytes)?,
            // More than pages hold: the other forms have no limit, and are written.
            Err(failure) => no_pdf = Some(failure.reason(Exit::Input).ok_or(failure)?),
        }
    }
    let mut top = String::from("domain,items,volume,hosts\n");
    for row in summary.domains.iter().flat_map(|lists| &lists.list) {
        top.push_str(&format!("{},{},{},{}\n", row.domain, row.items, row.volume, row.hosts));
    }
    save("top-domains.csv", top.as_bytes())?;
    let versions: Vec<&Summary> = held.previous.iter().map(|(_, summary)| summary).chain([summary]).collect();
    let told: Vec<Told> =
        versions.iter().enumerate().rev().map(|(at, version)| told(at, version, &versions)).collect();
    let models = summary.entry("model.names").map_or_else(String::new, |entry| entry.answer.text());
    let link = summary.entry("doc.link").map(|entry| entry.answer.text());
    let id = blake3::hash(models.as_bytes()).to_hex();
    save(
        "feed.atom",
        feed(
            &format!("Public summary of training content: {}", models.replace('\n', "; ")),
            link.as_deref(),
            &id,
            &told,
        )
        .as_bytes(),
    )?;
    let moved = |from: &Path, to: &Path| {
        fs::rename(from, to)
            .with_context(|| format!("cannot move {} to {}", from.display(), to.display()))
            .or_fail(Exit::Unavailable)
    };
    if let Some(archive) = &held.archive {
        fs::create_dir_all(archive)
            .with_context(|| format!("cannot make {}", archive.display()))
            .or_fail(Exit::Unavailable)?;
        for name in FILES {
            let path = folder.join(name);
            if name != "feed.atom" && path.exists() {
                // A copy first: until the new one is in place, the old one stands where it stood.
                let to = archive.join(name);
                fs::copy(&path, &to)
                    .with_context(|| format!("cannot write {}", to.display()))
                    .or_fail(Exit::Unavailable)?;
            }
        }
    }
    for name in FILES.iter().rev() {
        if work.join(name).exists() {
            moved(&work.join(name), &folder.join(name))?;
        }
    }
    let pdf = folder.join("summary.pdf");
    let sealed = summary.evidence.iter().any(|file| file.name == sealing::CHECKPOINT);
    // What this version does not have would pass for its own.
    for (path, has) in [(&pdf, no_pdf.is_none()), (&folder.join(sealing::CHECKPOINT), sealed)] {
        if !has && path.exists() {
            fs::remove_file(path)
                .with_context(|| format!("cannot remove {}", path.display()))
                .or_fail(Exit::Unavailable)?;
        }
    }
    clear(work)?;
    Ok(Drafted {
        summary: folder.join("summary.json"),
        page: folder.join("summary.html"),
        pdf: no_pdf.is_none().then_some(pdf),
        no_pdf,
        version: summary.version,
        renew_by: summary.renew_by.clone(),
        measured,
        domains_listed: summary.domains.as_ref().map_or(0, |lists| lists.list.len()),
        unanswered: unanswered(summary).iter().map(|entry| entry.key.clone()).collect(),
        changed: told.first().map(|told| told.changed.clone()).unwrap_or_default(),
    })
}

fn told(at: usize, version: &Summary, versions: &[&Summary]) -> Told {
    let before = at.checked_sub(1).and_then(|before| versions.get(before));
    let changes = before.map(|before| differences(before, version)).unwrap_or_default();
    let changed = changes
        .into_iter()
        .filter(|change| !change.key.starts_with("doc."))
        .map(|change| format!("{} {}", change.section, change.label.trim_end_matches(':')))
        .collect();
    Told { version: version.version, made: version.made.clone(), changed }
}

fn report(drafted: &Drafted, context: &Context) -> Result<(), Failure> {
    if context.out.is_json() {
        return context.out.json("placet.summary-draft/1", drafted);
    }
    let mut said = format!(
        "{}: version {}, to be renewed by {}\npage: {}\n",
        foreign(&drafted.summary.display().to_string()),
        drafted.version,
        drafted.renew_by,
        foreign(&drafted.page.display().to_string()),
    );
    if let Some(pdf) = &drafted.pdf {
        said.push_str(&format!("pages: {}\n", foreign(&pdf.display().to_string())));
    }
    if let Some(why) = &drafted.no_pdf {
        said.push_str(&format!("pages: none; {why}\n"));
    }
    if drafted.domains_listed > 0 {
        said.push_str(&format!("domain names listed: {}\n", drafted.domains_listed));
    }
    if !drafted.measured {
        said.push_str("languages and times of capture were not measured: --corpus names the corpus\n");
    }
    if drafted.unanswered.is_empty() {
        said.push_str("every question of the form is answered\n");
    } else {
        said.push_str(&format!("not answered, and the summary says so: {}\n", drafted.unanswered.join(", ")));
    }
    for changed in &drafted.changed {
        said.push_str(&format!("changed: {}\n", foreign(changed)));
    }
    context.out.result(&said)
}

fn measure(run: &Run, corpus: &Path, threads: Option<usize>, context: &Context) -> Result<u64, Failure> {
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let bar = context.out.progress(run.record.counts.items, "documents");
    let rows =
        measures::write(run, corpus, &run.folder.join(measures::FILE), threads, &mut |items| bar.inc(items));
    bar.finish_and_clear();
    rows.map_err(of_evidence)
}

fn of_evidence(error: EvidenceError) -> Failure {
    Failure::new(Exit::Input, error)
}

fn refuse(path: &Path, faults: &[Fault]) -> Result<(), Failure> {
    if faults.is_empty() {
        return Ok(());
    }
    let error = anyhow::anyhow!("{}: {} of the answers cannot stand", path.display(), faults.len());
    Err(faults
        .iter()
        .fold(Failure::new(Exit::Input, error), |failure, fault| failure.hint(fault.to_string())))
}

fn clear(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::new(
            Exit::Unavailable,
            anyhow::Error::new(error).context(format!("cannot remove {}", folder.display())),
        )),
        _ => Ok(()),
    }
}
