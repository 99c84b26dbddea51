//! Findings of the critic on a published summary.

use std::collections::BTreeSet;

use anyhow::Context as _;
use placet_disclose::case::{Body, CaseFolder};
use placet_disclose::evidence::{Evidence, Found, Grade, Graded, LintLine, SummaryLint};
use serde::Deserialize;

use super::{Add, small};
use crate::cases::of_case;
use crate::failure::OrFail as _;
use crate::{Exit, Failure};

/// Whether a file is what the critic of summaries prints.
pub(super) fn is_findings(head: &[u8]) -> bool {
    String::from_utf8_lossy(head).contains("\"placet.summary-lint/1\"")
}

/// The provider that a case is about, where the one that a summary names shares no word with it.
pub(super) fn other_provider(case: &CaseFolder, named: &str) -> Result<Option<String>, Failure> {
    if named.is_empty() {
        return Ok(None);
    }
    let about = case.documents().map_err(of_case)?.iter().rev().find_map(|s| match &s.document.body {
        Body::Request(request) => Some(request.to.clone()),
        Body::Complaint(complaint) => Some(complaint.to.clone()),
        _ => None,
    });
    let named = name_words(named);
    Ok(about.filter(|about| name_words(about).is_disjoint(&named)))
}

impl Add {
    /// Findings of the critic.
    pub(super) fn findings(&self, case: &CaseFolder) -> Result<Evidence, Failure> {
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

/// The words of a company's name that tell it from others.
fn name_words(name: &str) -> BTreeSet<String> {
    const COMMON: [&str; 14] = [
        "ab", "ag", "ai", "bv", "co", "company", "corp", "gmbh", "inc", "limited", "llc", "ltd", "sa", "the",
    ];
    let words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    words.filter(|word| !word.is_empty() && !COMMON.contains(&word.as_str())).collect()
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
