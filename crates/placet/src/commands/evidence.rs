//! `placet evidence`: what was found, graded, into a case.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use placet_disclose::case::folder::{FILE_BYTES_MAX, Hashing};
use placet_disclose::case::{Attachment, Body, CaseFolder, Side};
use placet_disclose::evidence::access::{AccessLog, Place, Reserved, RobotsVersion, Visits};
use placet_disclose::evidence::agents::Ranges;
use placet_disclose::evidence::probe::{Overlap, Probe, QUOTE_CHARS_MAX};
use placet_disclose::evidence::{Evidence, Found, Grade, Graded, LintLine, RegisterRow, SummaryLint};
use placet_log::answer::{Expected, verify};
use placet_log::policy::Policy;
use placet_match::{Guarantee, Pack, PackBuilder, PackSet};
use placet_registry::{Registry, issuer_key};
use serde::Deserialize;

use super::request::Written;
use super::terms::AtArgs;
use crate::cases::{Cases, Party, of_case, told};
use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::{Context, Exit, Failure, registry};

/// Put evidence into a case: access logs, outputs of a system, proofs of a register, findings on a summary
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Read evidence, grade it and put it into a case
    Add(Box<Add>),
}

#[derive(clap::Args)]
#[command(after_help = "\
What a file is, is seen from it: a proof of `placet request answer` or `placet lookup` (with --policy), findings of
`placet summary lint --json`, an output of a system (with --model and --prompt), and otherwise an access log: Common and
Combined formats (Apache, nginx), Caddy's JSON, each also with gzip. Nothing is fetched and no name is looked up.")]
struct Add {
    /// Files of one kind
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The case [default: a new one]
    #[arg(long, value_name = "NUMBER")]
    case: Option<u32>,
    /// Works that an output is held against, between commas [default: all of the registry]
    #[arg(long = "work", value_name = "ID,…", value_delimiter = ',')]
    works: Vec<String>,
    /// Output: the system that gave it
    #[arg(long, requires = "prompt")]
    model: Option<String>,
    /// Output: what was asked
    #[arg(long, requires = "model")]
    prompt: Option<String>,
    /// Output: when, in your words or as a time
    #[arg(long, value_name = "TIME", default_value = "")]
    time: String,
    /// Output: shortest run that is always found, in words: 11, 20 or 50
    #[arg(long, value_name = "WORDS", default_value = "11")]
    guarantee: Guarantee,
    /// Access log: a robots.txt as it was saved, and since when: 2026-03-01=robots.txt; may be repeated
    #[arg(long, value_name = "TIME=FILE")]
    robots: Vec<String>,
    /// Access log: a folder with one folder per host, in it robots.txt files named by the time since when: 2026-03-01.txt
    #[arg(long, value_name = "DIR")]
    site_records: Option<PathBuf>,
    /// Access log: address ranges that an operator publishes: GPTBot=gptbot.json; may be repeated
    #[arg(long, value_name = "TOKEN=FILE")]
    ip_ranges: Vec<String>,
    /// Proof: which logs you trust
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    at: AtArgs,
}

/// Most bytes of an output, a proof or a list of findings.
const SMALL_BYTES_MAX: u64 = 16 << 20;

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let What::Add(add) = self.what;
        add.run(context)
    }
}

impl Add {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let party = Party::of(context, Side::Rightsholder, None)?;
        let (number, case) = Cases::of(context).existing_or_new(self.case)?;
        let head = head(self.files.first().map_or(Path::new(""), PathBuf::as_path))?;
        let found = if self.model.is_some() {
            self.probe(context, &case)?
        } else if head.starts_with(b"c2sp.org/tlog-proof@v1") {
            self.proof(&case)?
        } else if head.trim_ascii_start().starts_with(b"{") && is_findings(&head) {
            self.findings(&case)?
        } else {
            self.access(context, &case)?
        };
        let stored = party.append(&case, self.at.or(context.now), Body::Evidence(Box::new(found)))?;
        if context.out.is_json() {
            let written = Written {
                case: number,
                folder: case.path(),
                file: &stored.file,
                sha256: &stored.sha256,
                letters: &[],
                document: &stored.document,
            };
            context.out.json("placet.case-document/1", &written)?;
            return Ok(Exit::Done);
        }
        let mut out = told(number, &case, &stored, &[]);
        if let Body::Evidence(evidence) = &stored.document.body {
            out.push_str(&spelled(evidence));
        }
        context.out.result(&out)?;
        Ok(Exit::Done)
    }

    /// Visits of agents in logs.
    fn access(&self, context: &Context, case: &CaseFolder) -> Result<Evidence, Failure> {
        let reserved = self.reserved(context)?;
        let mut ranges = BTreeMap::new();
        let mut files = Vec::new();
        for given in &self.ip_ranges {
            let (token, path) = pair(given, "--ip-ranges", "GPTBot=gptbot.json")?;
            let (read, defects) = Ranges::parse(&small(Path::new(path))?);
            for defect in defects {
                context.out.warn(&format!("{}: {}", foreign(path), foreign(&defect)));
            }
            if read.is_empty() {
                return Err(Failure::new(Exit::Input, anyhow::anyhow!("{path} holds no address ranges")));
            }
            ranges.insert(token.to_owned(), read);
            files.push(case.keep(Path::new(path)).map_err(of_case)?);
        }
        let mut log = AccessLog::new(ranges, &reserved.turns());
        for path in &self.files {
            let name = path.display().to_string();
            let opened =
                File::open(path).with_context(|| format!("cannot read {name}")).or_fail(Exit::Input)?;
            let length = opened.metadata()?.len();
            let bar = context.out.progress(length, "bytes");
            let mut hashing = Hashing::new(bar.wrap_read(opened));
            let read = log.read(&name, &mut hashing).and_then(|()| hashing.finish());
            let (sha256, bytes) = read.with_context(|| format!("cannot read {name}")).or_fail(Exit::Input)?;
            bar.finish_and_clear();
            files.push(if bytes <= FILE_BYTES_MAX {
                case.keep(path).map_err(of_case)?
            } else {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                Attachment { name, sha256, bytes, held: false }
            });
        }
        let mut visits = log.finish();
        reserved.name(&mut visits);
        let table = visits.close();
        files.push(case.keep_bytes("visits.csv", table.as_bytes()).map_err(of_case)?);
        let names: Vec<String> = self.files.iter().map(|f| f.display().to_string()).collect();
        let mut works: Vec<String> = visits.rows.iter().filter_map(|row| row.work.clone()).collect();
        works.sort();
        works.dedup();
        let span = visits.span();
        Ok(Evidence {
            title: title(&visits),
            graded: visits.graded(),
            source: format!("access logs {}", names.join(", ")),
            from: span.map(|s| s.0),
            until: span.map(|s| s.1),
            works,
            verify: vec![
                "sha256sum of each log gives the hash named with it".to_owned(),
                "placet evidence add with the same logs, --robots and --ip-ranges gives the same table (visits.csv)".to_owned(),
            ],
            files,
            found: Found::AccessLog(visits),
        })
    }

    /// What was reserved when: saved robots.txt files, and the registry.
    fn reserved(&self, context: &Context) -> Result<Reserved, Failure> {
        let mut reserved = Reserved::default();
        for given in &self.robots {
            let (since, path) = pair(given, "--robots", "2026-03-01=robots.txt")?;
            reserved.robots.push(RobotsVersion::new(&small(Path::new(path))?, since_of(since)?, None));
        }
        if let Some(folder) = &self.site_records {
            for host in entries(folder)? {
                let name = host.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                if !host.is_dir() {
                    continue;
                }
                for file in entries(&host)? {
                    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
                    let since = match since_of(stem.trim_start_matches("robots-")) {
                        Ok(since) => since,
                        // A record without a date in its name counts from when it was saved.
                        Err(_) if stem == "robots" => match file.metadata()?.modified()?.try_into() {
                            Ok(saved) => saved,
                            Err(_) => continue,
                        },
                        Err(_) => continue,
                    };
                    reserved.robots.push(RobotsVersion::new(&small(&file)?, since, Some(&name)));
                }
            }
        }
        if let Ok(registry) = Registry::open(&context.home, context.now) {
            reserved.reservations = registry.reservations_at(context.now)?;
            registry.works_at(context.now, &mut |entry| {
                let urls = entry.work.identifiers.iter().filter_map(|id| id.strip_prefix("url:"));
                let extra = entry.work.extra.iter().filter(|(name, _)| name.eq_ignore_ascii_case("url"));
                let places = urls.map(str::to_owned).chain(extra.map(|(_, url)| url.clone()));
                reserved.places.extend(places.map(|url| Place { work: entry.work.id.clone(), url }));
                Ok(())
            })?;
        }
        Ok(reserved)
    }

    /// An output against registered works, by the engine of scans.
    fn probe(&self, context: &Context, case: &CaseFolder) -> Result<Evidence, Failure> {
        let [path] = self.files.as_slice() else {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("one output at a time")));
        };
        let bytes = small(path)?;
        let output = String::from_utf8_lossy(&bytes).into_owned();
        let registry = registry::open(context)?;
        let mut builder = PackBuilder::new("probe", self.guarantee);
        let mut failed = None;
        let mut compared = 0;
        let mut ids = Vec::new();
        for id in &self.works {
            let Some(entry) = registry.work(id)? else {
                return Err(Failure::new(Exit::Usage, anyhow::anyhow!("no work is registered as {id}"))
                    .hint("`placet works list` shows the ids"));
            };
            ids.push(entry.work.id);
        }
        registry.for_each_work(&mut |work, text| {
            if let Some(text) = text.filter(|_| ids.is_empty() || ids.contains(&work.id)) {
                compared += 1;
                failed = failed.take().or(builder.add(work, &text.text, text.body).err());
            }
            Ok(())
        })?;
        if let Some(error) = failed {
            return Err(Failure::new(Exit::Input, error));
        }
        if compared == 0 {
            return Err(Failure::new(
                Exit::Input,
                anyhow::anyhow!("no work to compare with has a text in the registry"),
            )
            .hint("register works with their texts: placet register works.csv"));
        }
        let packed = Workspace::new(&context.home)?;
        builder.write(&packed.pack(), &issuer_key(&context.home)?, context.now).or_fail(Exit::Unavailable)?;
        let set = PackSet::new(vec![Pack::open(&packed.pack()).or_fail(Exit::Internal)?]);
        let mut scanner = set.scanner();
        let mut matches = Vec::new();
        scanner.scan(&output, None, &mut matches);
        let letters = scanner.letters() as u64;
        let mut overlaps = Vec::new();
        for m in &matches {
            let Some(pack) = set.packs().get(usize::from(m.pack)) else { continue };
            let work = pack.work(m.work).or_fail(Exit::Internal)?.work;
            let quote: String = output
                .chars()
                .skip(m.item_start)
                .take((m.item_end - m.item_start).min(QUOTE_CHARS_MAX))
                .collect();
            overlaps.push(Overlap {
                work: work.id,
                from: m.item_start as u64,
                until: m.item_end as u64,
                work_from: m.work_start,
                letters: u64::from(m.letters),
                agreement_permille: (m.similarity * 1000.0).round() as u32,
                extent: m.kind.code().to_owned(),
                common: m.common,
                quote,
            });
        }
        drop(packed);
        let kept = case.keep(path).map_err(of_case)?;
        let probe = Probe {
            model: self.model.clone().unwrap_or_default(),
            prompt: self.prompt.clone().unwrap_or_default(),
            time: self.time.clone(),
            output_sha256: kept.sha256.clone(),
            letters,
            guarantee: self.guarantee.to_string(),
            overlaps,
            compared,
        };
        let mut works: Vec<String> =
            probe.overlaps.iter().filter(|o| !o.common).map(|o| o.work.clone()).collect();
        works.sort();
        works.dedup();
        let when: Option<Timestamp> = self.time.parse().ok();
        let longest = probe.overlaps.iter().filter(|o| !o.common).map(|o| o.letters).max();
        Ok(Evidence {
            title: match longest {
                Some(letters) => format!(
                    "Output of {} with {} that agree with registered works, the longest of {letters} letters",
                    probe.model,
                    crate::sealed::count(probe.overlaps.iter().filter(|o| !o.common).count() as u64, "stretch", "stretches")
                ),
                None => format!("Output of {} without words of the works", probe.model),
            },
            graded: probe.graded(),
            source: format!("output of {} recorded by the party", probe.model),
            from: when,
            until: when,
            works,
            verify: vec![
                format!("sha256sum of the output gives {}", kept.sha256),
                "placet evidence add with the same output and the registered works finds the same stretches; each is quoted with its place".to_owned(),
            ],
            files: vec![kept],
            found: Found::OutputProbe(probe),
        })
    }

    /// A proof that a register holds a work.
    fn proof(&self, case: &CaseFolder) -> Result<Evidence, Failure> {
        let [path] = self.files.as_slice() else {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("one proof at a time")));
        };
        let Some(policy_path) = &self.policy else {
            return Err(Failure::new(
                Exit::Usage,
                anyhow::anyhow!("a proof needs the log's key to be checked"),
            )
            .hint("give the trust policy of the log with --policy"));
        };
        let policy = Policy::parse(&small(policy_path)?).or_fail(Exit::Usage)?;
        let expected = Expected { work: None, period: None, size_known: None };
        let proven = verify(&small(path)?, &policy, expected).map_err(|error| {
            Failure::new(
                Exit::Denied,
                anyhow::Error::new(error).context("NOT PROVEN: the proof does not hold"),
            )
        })?;
        let uses: Vec<String> = proven
            .uses
            .iter()
            .flatten()
            .map(|row| {
                format!("{}: {} {} {}, {}", row.use_name, row.amount, row.unit, row.verdict, row.ground)
            })
            .collect();
        let present = proven.uses.is_some();
        let row = RegisterRow {
            work: proven.work,
            log: proven.checkpoint.origin,
            entry: proven.index,
            period: proven.register.period,
            uses,
        };
        let mut not_shown = vec![
            "that the register is complete".to_owned(),
            "that a model was trained with it: the rows say what a scan found in the sealed corpus"
                .to_owned(),
        ];
        if !present {
            not_shown
                .push("that the work was not used: it is absent from this register, and no more".to_owned());
        }
        Ok(Evidence {
            title: format!(
                "{} is {} in the register of {} for {}",
                row.work,
                if present { "present" } else { "absent" },
                row.log,
                row.period
            ),
            graded: Graded {
                grade: if present { Grade::A } else { Grade::C },
                reasons: vec![if present {
                    "the provider's own sealed record names the work, and the proof of it holds".to_owned()
                } else {
                    "a proof of absence holds for the committed register alone".to_owned()
                }],
                not_shown,
            },
            source: format!("log {} entry {}", row.log, row.entry),
            from: None,
            until: None,
            works: vec![row.work.clone()],
            verify: vec!["placet verify PROOF --policy POLICY checks it against the log's key".to_owned()],
            files: vec![case.keep(path).map_err(of_case)?, case.keep(policy_path).map_err(of_case)?],
            found: Found::Register(row),
        })
    }

    /// Findings of the critic.
    fn findings(&self, case: &CaseFolder) -> Result<Evidence, Failure> {
        let [path] = self.files.as_slice() else {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("one list of findings at a time")));
        };
        let linted: Linted = serde_json::from_slice(&small(path)?)
            .with_context(|| format!("{} is not what `placet summary lint --json` prints", path.display()))
            .or_fail(Exit::Input)?;
        let [judged] = linted.files.as_slice() else {
            let error = anyhow::anyhow!("{} is about {} summaries", path.display(), linted.files.len());
            return Err(Failure::new(Exit::Input, error)
                .hint("give one summary at a time to `placet summary lint --json`"));
        };
        if judged.findings.is_empty() {
            return Err(Failure::new(Exit::Input, anyhow::anyhow!("{} holds no findings", path.display())));
        }
        let lint = judged.lines();
        let kept = case.keep(path).map_err(of_case)?;
        Ok(Evidence {
            title: format!(
                "Published summary of {}: {}",
                if lint.provider.is_empty() { "a provider that it does not name" } else { &lint.provider },
                crate::sealed::count(lint.findings.len() as u64, "finding", "findings")
            ),
            graded: Graded {
                grade: Grade::C,
                reasons: vec![
                    "what a published summary leaves out is a circumstance: a gap in what is disclosed"
                        .to_owned(),
                ],
                not_shown: vec![
                    "what was used: a summary that leaves something out says nothing about it".to_owned(),
                ],
            },
            source: format!("findings on {} (BLAKE3 {})", judged.file, judged.blake3),
            from: None,
            until: None,
            works: Vec::new(),
            verify: vec!["placet summary lint with the published file gives the same findings".to_owned()],
            files: vec![kept],
            found: Found::SummaryLint(lint),
        })
    }
}

/// Where packs of a probe are made; gone with it.
struct Workspace(PathBuf);

impl Workspace {
    fn new(home: &Path) -> Result<Workspace, Failure> {
        let folder = home.join("probe.part");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))
            .or_fail(Exit::Unavailable)?;
        Ok(Workspace(folder))
    }

    fn pack(&self) -> PathBuf {
        self.0.join("probe.placet")
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // What cannot be removed is overwritten by the next probe.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `NAME=FILE` in its parts.
fn pair<'a>(given: &'a str, option: &str, example: &str) -> Result<(&'a str, &'a str), Failure> {
    given.split_once('=').filter(|(name, file)| !name.is_empty() && !file.is_empty()).ok_or_else(|| {
        Failure::new(Exit::Usage, anyhow::anyhow!("`{given}` is not of the shape {option} {example}"))
    })
}

/// A day, from its beginning, or a time.
fn since_of(text: &str) -> Result<Timestamp, Failure> {
    let day = || text.parse::<jiff::civil::Date>().and_then(|d| d.to_zoned(jiff::tz::TimeZone::UTC));
    text.parse::<Timestamp>().or_else(|_| day().map(|z| z.timestamp())).map_err(|_| {
        Failure::new(Exit::Usage, anyhow::anyhow!("`{text}` is no time"))
            .hint("write a day like 2026-03-01, or a time like 2026-03-01T12:00:00Z")
    })
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = || format!("cannot read {}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(read).or_fail(Exit::Input)? {
        paths.push(entry.with_context(read).or_fail(Exit::Input)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The whole of a file that is not large.
fn small(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = || format!("cannot read {}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(read).or_fail(Exit::Input)?;
    file.take(SMALL_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(read).or_fail(Exit::Input)?;
    if bytes.len() as u64 > SMALL_BYTES_MAX {
        let error = anyhow::anyhow!("{} is longer than {} MB", path.display(), SMALL_BYTES_MAX >> 20);
        return Err(Failure::new(Exit::Input, error));
    }
    Ok(bytes)
}

/// The beginning of a file, by which its kind is seen.
fn head(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = || format!("cannot read {}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(read).or_fail(Exit::Input)?;
    file.take(4096).read_to_end(&mut bytes).with_context(read).or_fail(Exit::Input)?;
    Ok(bytes)
}

/// Whether a file is what the critic of summaries prints.
fn is_findings(head: &[u8]) -> bool {
    String::from_utf8_lossy(head).contains("\"placet.summary-lint/1\"")
}

/// Most findings that are taken over.
const FINDINGS_MAX: usize = 500;

/// A provider's name and contact as the form holds them may be a paragraph; a title takes its beginning.
fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    let mut short: String = text.chars().take(CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What `placet summary lint --json` prints, as far as a case needs it.
#[derive(Deserialize)]
struct Linted {
    files: Vec<Judged>,
}

#[derive(Deserialize)]
struct Judged {
    file: String,
    blake3: String,
    fields: Vec<FieldRead>,
    findings: Vec<FindingRead>,
}

#[derive(Deserialize)]
struct FieldRead {
    key: String,
    value: String,
}

#[derive(Deserialize)]
struct FindingRead {
    lint: String,
    section: String,
    says: String,
    quotation: String,
    page: Option<u32>,
}

impl Judged {
    /// Whose summary, and the findings with their places.
    fn lines(&self) -> SummaryLint {
        let named = self.fields.iter().find(|field| field.key == "provider.name_contact");
        let provider: Vec<&str> =
            named.map_or_else(Vec::new, |field| field.value.split_whitespace().collect());
        let findings = self.findings.iter().take(FINDINGS_MAX).map(|finding| LintLine {
            lint: finding.lint.clone(),
            says: finding.says.clone(),
            place: match finding.page {
                Some(page) => format!("section {}, page {page}", finding.section),
                None => format!("section {}", finding.section),
            },
            quote: finding.quotation.clone(),
        });
        SummaryLint { provider: shortened(&provider.join(" ")), findings: findings.collect() }
    }
}

/// What the logs hold, in a line.
fn title(visits: &Visits) -> String {
    let total: u64 = visits.agents.iter().map(|a| a.visits).sum();
    let against: u64 = visits.agents.iter().map(|a| a.against).sum();
    let mut names: Vec<&str> = visits.agents.iter().map(|a| a.agent.as_str()).collect();
    names.dedup();
    match names.as_slice() {
        [] => "No visit of a known agent of an AI system in the logs".to_owned(),
        names => format!(
            "{} of {}, {against} of them against a reservation in force",
            crate::sealed::count(total, "visit", "visits"),
            names.join(", ")
        ),
    }
}

/// Grade, reasons and the table for people.
fn spelled(evidence: &Evidence) -> String {
    let Graded { grade, reasons, not_shown } = &evidence.graded;
    let mut out = format!("grade     {} ({})\n", grade.code(), grade.words());
    out.push_str(&format!("found     {}\n", foreign(&evidence.title)));
    for reason in reasons {
        out.push_str(&format!("because   {}\n", foreign(reason)));
    }
    for line in not_shown {
        out.push_str(&format!("not shown {}\n", foreign(line)));
    }
    match &evidence.found {
        Found::AccessLog(visits) => {
            let read = &visits.read;
            out.push_str(&format!(
                "\nread {} lines: {} Combined, {} Common (names no agent), {} JSON, {} empty, {} that are none of these\n",
                read.lines, read.combined, read.common, read.json, read.empty, read.junk
            ));
            for junk in read.junk_places.iter().take(5) {
                out.push_str(&format!("  {} line {}: {}\n", foreign(&junk.file), junk.line, junk.what));
            }
            if !visits.agents.is_empty() {
                let mut table = Table::new(&[
                    "agent",
                    "class",
                    "identity",
                    "visits",
                    "delivered",
                    "against",
                    "first",
                    "last",
                ])
                .right(&[3, 4, 5]);
                for a in &visits.agents {
                    table.row([
                        a.agent.clone(),
                        a.class.clone(),
                        a.identity.code().to_owned(),
                        a.visits.to_string(),
                        a.delivered.to_string(),
                        a.against.to_string(),
                        a.first.strftime("%Y-%m-%d").to_string(),
                        a.last.strftime("%Y-%m-%d").to_string(),
                    ]);
                }
                out.push_str(&format!("\n{table}"));
            }
        }
        Found::OutputProbe(probe) => {
            let mut table = Table::new(&["work", "letters", "agreement", "extent", "words"]).right(&[1, 2]);
            for o in &probe.overlaps {
                let quote: String =
                    o.quote.chars().take(60).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
                let extent = if o.common { format!("{}, common", o.extent) } else { o.extent.clone() };
                let agreement = format!("{}.{} %", o.agreement_permille / 10, o.agreement_permille % 10);
                table.row([o.work.clone(), o.letters.to_string(), agreement, extent, quote]);
            }
            out.push_str(&format!("\n{table}"));
        }
        Found::Register(row) => {
            for line in &row.uses {
                out.push_str(&format!("  {}\n", foreign(line)));
            }
        }
        Found::SummaryLint(lint) => {
            for finding in &lint.findings {
                out.push_str(&format!(
                    "  {} {} {}\n",
                    foreign(&finding.lint),
                    foreign(&finding.place),
                    foreign(&finding.says)
                ));
            }
        }
    }
    out
}
