//! Evidence: what was found, where, in which bytes, and how much it can carry.
//!
//! Three grades, after what decided the cases there are: acquisition that is documented, content that was shown to
//! come out, and everything else. A grade says what kind of thing it is, not that anybody used anything: a visit of
//! a crawler shows a copy that was fetched, a match shows words that agree. None of them shows training.

pub mod access;
pub mod agents;
mod grade;
pub mod probe;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use grade::{Grade, Graded};

use crate::case::Attachment;

/// Something found, as a document of a case holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is in a line.
    pub title: String,
    /// Its grade, with the reasons.
    #[serde(flatten)]
    pub graded: Graded,
    /// Where it comes from: name of a log, place of a summary, model and prompt.
    pub source: String,
    /// First and last moment that it speaks of, where it names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The last moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Ids of the works that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub works: Vec<String>,
    /// How anybody repeats the finding without a network.
    pub verify: Vec<String>,
    /// The files that it rests on.
    pub files: Vec<Attachment>,
    /// What was found.
    pub found: Found,
}

/// What was found, by its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "kebab-case")]
pub enum Found {
    /// Visits of AI agents in the logs of a web server.
    AccessLog(access::Visits),
    /// Words of registered works in the output of a system.
    OutputProbe(probe::Probe),
    /// A sealed register that names a work.
    Register(RegisterRow),
    /// What a published summary leaves out.
    SummaryLint(SummaryLint),
}

/// Most lines of details of one finding; its document has all.
const DETAILS_MAX: usize = 40;

impl Found {
    /// What was found, in lines for people.
    pub fn details(&self) -> Vec<String> {
        let mut lines: Vec<String> = match self {
            Found::AccessLog(visits) => {
                let read = &visits.read;
                let mut lines: Vec<String> = visits
                    .agents
                    .iter()
                    .map(|a| {
                        format!(
                            "{} ({}, {}): {} visits from {} to {}, {} answered with content, {} against a reservation in force",
                            a.agent, a.class, a.identity.code(), a.visits, a.first, a.last, a.delivered, a.against
                        )
                    })
                    .collect();
                lines.extend(visits.rows.iter().filter(|row| row.against() || row.work.is_some()).map(
                    |row| {
                        let denied: Vec<String> = row
                            .in_force
                            .iter()
                            .filter(|r| r.denies)
                            .map(|r| format!("{} (SHA-256 {})", r.source, r.sha256))
                            .collect();
                        let of = row.work.as_ref().map(|work| format!(" (work {work})")).unwrap_or_default();
                        let denied = if denied.is_empty() {
                            String::new()
                        } else {
                            format!(", denied by {}", denied.join("; "))
                        };
                        format!("{} {}{}{of}: {} visits{denied}", row.agent, row.host, row.path, row.visits)
                    },
                ));
                lines.push(format!(
                    "{} lines read, {} of agents, {} unreadable; all rows are in visits.csv",
                    read.lines, read.agent_visits, read.junk
                ));
                lines
            }
            Found::OutputProbe(probe) => {
                let mut lines = vec![
                    format!("model: {}", probe.model),
                    format!("prompt: {}", probe.prompt),
                    format!("time: {}", probe.time),
                    format!("output: SHA-256 {}, {} letters", probe.output_sha256, probe.letters),
                ];
                lines.extend(probe.overlaps.iter().map(|o| {
                    format!(
                        "work {}: {} letters agree at characters {} to {} of the output ({}.{} %, {}{}): “{}”",
                        o.work,
                        o.letters,
                        o.from,
                        o.until,
                        o.agreement_permille / 10,
                        o.agreement_permille % 10,
                        o.extent,
                        if o.common { ", common to many works" } else { "" },
                        o.quote
                    )
                }));
                lines
            }
            Found::Register(row) => row.uses.clone(),
            Found::SummaryLint(lint) => lint
                .findings
                .iter()
                .map(|f| format!("{} {} {} {}", f.lint, f.place, f.says, f.quote).trim().to_owned())
                .collect(),
        };
        if lines.len() > DETAILS_MAX {
            let more = lines.len() - DETAILS_MAX;
            lines.truncate(DETAILS_MAX);
            lines.push(format!("and {more} more in the document"));
        }
        lines
    }
}

/// A work in a sealed register, as a proof showed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterRow {
    /// The work as it was looked up.
    pub work: String,
    /// The log.
    pub log: String,
    /// The entry.
    pub entry: u64,
    /// The period.
    pub period: String,
    /// Rows: use, verdict, amount with unit.
    pub uses: Vec<String>,
}

/// Findings of the critic on a summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryLint {
    /// Whose summary.
    pub provider: String,
    /// The findings, with their places and quotations.
    pub findings: Vec<LintLine>,
}

/// One finding of the critic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LintLine {
    /// Number of the check, as `L3`.
    pub lint: String,
    /// What it says.
    pub says: String,
    /// Where, as page or field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// The words that it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub quote: String,
}
