//! `placet evidence`: what was found, graded, into a case.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_disclose::case::{Body, Side};
use placet_disclose::evidence::Found;
use placet_match::Guarantee;

use super::request::Written;
use super::terms::AtArgs;
use crate::cases::{Cases, Party, told};
use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::{Context, Exit, Failure};

mod access;
mod findings;
mod probe;
mod proof;
mod shown;

use findings::{is_findings, other_provider};
use shown::spelled;

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
        // A new case is about nobody yet.
        if self.case.is_some()
            && let Found::SummaryLint(lint) = &found.found
            && let Some(other) = other_provider(&case, &lint.provider)?
        {
            context.out.warn(&format!(
                "the case is about {}, and the summary names another provider: {}. It speaks of that one alone; if it is the \
                 wrong file, say so with `placet case record {number} remark`",
                foreign(&other),
                foreign(&lint.provider),
            ));
        }
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
