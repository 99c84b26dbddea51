//! `placet summary lint` and `diff`: what published summaries say, and what they leave out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_disclose::critic::{self, Card, Finding, Page, Reading};
use placet_disclose::summary::document::Summary;
use placet_disclose::summary::history::{self, changes};
use placet_registry::extract::{extract, pdf_pages};
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::{Context, Exit, Failure};

/// Read published summaries (PDF, HTML, summary.json) and name what they leave out, with quotation and page
#[derive(clap::Args)]
pub(super) struct Lint {
    /// Summaries
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Show every field as it was read
    #[arg(long)]
    fields: bool,
}

/// Show what changed between two summaries
#[derive(clap::Args)]
pub(super) struct Diff {
    /// The earlier one
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The later one
    #[arg(value_name = "NEW")]
    new: PathBuf,
}

/// A file, read and judged.
#[derive(Serialize)]
pub(super) struct Judged {
    pub(super) file: String,
    pub(super) blake3: String,
    #[serde(flatten)]
    pub(super) reading: Reading,
    pub(super) card: Card,
    pub(super) findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Linted<'a> {
    files: &'a [Judged],
}

impl Lint {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut judged = Vec::new();
        let failures = judge_each(&self.files, context, |one| {
            judged.push(one);
            Ok(())
        })?;
        if context.out.is_json() {
            context.out.json("placet.summary-lint/1", &Linted { files: &judged })?;
        } else {
            for one in &judged {
                context.out.result(&shown(one, self.fields))?;
            }
        }
        if let Some(failure) = failures {
            return Err(failure);
        }
        let clean = judged.iter().all(|one| one.findings.is_empty());
        Ok(if clean { Exit::Done } else { Exit::Denied })
    }
}

impl Diff {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let rows = |path: &Path| {
            let (reading, _) = read(path)?;
            let row = |found: &critic::Found| {
                (found.key.to_owned(), found.section.to_owned(), found.label.to_owned(), found.value.clone())
            };
            Ok::<_, Failure>(reading.fields.iter().map(row).collect::<Vec<_>>())
        };
        let changes = changes(&rows(&self.old)?, &rows(&self.new)?);
        if context.out.is_json() {
            #[derive(Serialize)]
            struct Changes<'a> {
                changes: &'a [history::Change],
            }
            context.out.json(history::SCHEMA, &Changes { changes: &changes })?;
            return Ok(Exit::Done);
        }
        let mut said = format!("{} fields changed\n", changes.len());
        for change in &changes {
            said.push_str(&format!("\n{} {}\n", change.section, foreign(&change.label)));
            for (sign, text) in [("-", &change.before), ("+", &change.after)] {
                for line in text.iter().flat_map(|text| text.lines()) {
                    said.push_str(&format!("  {sign} {}\n", foreign(line)));
                }
            }
        }
        context.out.result(&said)?;
        Ok(Exit::Done)
    }
}

/// Reads and judges files one after the other; those that cannot be read are named and do not stop the others. Gives the
/// failure to end with, if any.
pub(super) fn judge_each(
    files: &[PathBuf],
    context: &Context,
    mut take: impl FnMut(Judged) -> Result<(), Failure>,
) -> Result<Option<Failure>, Failure> {
    let today = context.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut failed: Option<Failure> = None;
    for path in files {
        match read(path) {
            Ok((reading, blake3)) => {
                let findings = critic::lint(&reading, today);
                let card = critic::card(&reading, &findings);
                take(Judged { file: path.display().to_string(), blake3, reading, card, findings })?;
            }
            Err(failure) => match &mut failed {
                None => failed = Some(failure),
                Some(_) => context.out.warn(failure.to_string().trim_end()),
            },
        }
    }
    Ok(failed)
}

/// Reads one summary.
pub(super) fn read(path: &Path) -> Result<(Reading, String), Failure> {
    let bytes =
        fs::read(path).with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)?;
    let blake3 = blake3::hash(&bytes).to_hex().to_string();
    let named = || format!("{}: cannot be read as a summary", path.display());
    let is_named_pdf = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pdf"));
    let begin = bytes.iter().find(|b| !b.is_ascii_whitespace());
    let reading = if bytes.starts_with(b"%PDF") || is_named_pdf {
        let texts =
            pdf_pages(&bytes).with_context(named).or_fail(Exit::Input).map_err(|f| f.hint(PDF_HINT))?;
        let pages: Vec<Page> =
            texts.into_iter().zip(1..).map(|(text, number)| Page { number, text }).collect();
        critic::read(&pages, true)
    } else if begin == Some(&b'{') {
        let summary = Summary::read(&bytes).with_context(named).or_fail(Exit::Input);
        critic::read_summary(
            &summary.map_err(|f| f.hint("only summary.json of placet summary draft is read as JSON"))?,
        )
    } else {
        let html = critic::html_marks(&String::from_utf8_lossy(&bytes));
        let text = extract("summary.html", html.as_bytes()).with_context(named).or_fail(Exit::Input)?.text;
        // No page, so that no line passes for its number.
        critic::read(&[Page { number: 0, text }], false)
    };
    if reading.fields.is_empty() {
        let error = anyhow::anyhow!("{}: no field of the template was found in it", path.display());
        return Err(Failure::new(Exit::Input, error)
            .hint("is this a public summary of training content, in English?"));
    }
    Ok((reading, blake3))
}

const PDF_HINT: &str =
    "save it again without a password, or with text instead of pictures of pages (character recognition)";

fn shown(one: &Judged, fields: bool) -> String {
    let mut said = format!("{}\n", foreign(&one.file));
    let line = |said: &mut String, what: &str, text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        said.push_str(&format!("  {what}: {}\n", foreign(&text)));
    };
    for (what, key) in
        [("models", "model.names"), ("provider", "provider.name_contact"), ("last update", "doc.last_update")]
    {
        line(&mut said, what, one.reading.value(key).unwrap_or("not found"));
    }
    let form = match one.reading.form {
        critic::Form::Final => "the form of 24 July 2025",
        critic::Form::Draft => "the draft form of January 2025",
        critic::Form::Unknown => "not recognised",
    };
    line(&mut said, "form", form);
    let mut table = Table::new(&["section", "", "asked", "answered", "findings"]).right(&[2, 3, 4]);
    for row in &one.card.sections {
        let (asked, answered, findings) =
            (row.asked.to_string(), row.answered.to_string(), row.findings.to_string());
        table.row([row.section, row.title, &asked, &answered, &findings]);
    }
    let (asked, answered, findings) =
        (one.card.asked.to_string(), one.card.answered.to_string(), one.card.findings.to_string());
    table.row(["all", "", &asked, &answered, &findings]);
    said.push_str(&format!("\n{table}\n"));
    if fields {
        for found in &one.reading.fields {
            let page = found.page.map_or_else(String::new, |page| format!(" (page {page})"));
            said.push_str(&format!("{} {}{page}\n", found.section, found.key));
            for text in found.value.lines() {
                said.push_str(&format!("    {}\n", foreign(text)));
            }
        }
        said.push('\n');
    }
    for finding in &one.findings {
        let page = finding.page.map_or_else(String::new, |page| format!(", page {page}"));
        said.push_str(&format!(
            "{} section {}{page}: {}\n",
            finding.lint,
            finding.section,
            foreign(&finding.says)
        ));
        if !finding.quotation.is_empty() {
            said.push_str(&format!("    “{}”\n", foreign(&finding.quotation)));
        }
    }
    if one.findings.is_empty() {
        said.push_str(
            "nothing was found missing in the form; that says nothing about the provider's conduct\n",
        );
    }
    said
}
