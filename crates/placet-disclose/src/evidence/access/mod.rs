//! Visits of AI agents in the logs of web servers.
//!
//! Logs are read as a stream of any length, formats mixed as they come. A line that is none of the formats is counted,
//! and the first few are named with their place. Visits of agents of AI systems (`placet-signals`' versioned list)
//! are summed for each agent, address check, host and path; all other lines are counted and passed over.

mod line;
mod reader;
mod reserved;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

pub use line::Hit;
pub use reader::{AccessLog, LINE_BYTES_MAX, ROWS_MAX};
pub use reserved::{Place, Reserved, RobotsVersion};

use super::agents::Identity;
use super::grade::NOT_TRAINING;
use super::{Grade, Graded};

/// What the logs hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    /// Version of the list of agents.
    pub agents_version: String,
    /// What was read.
    pub read: Lines,
    /// One row for each agent and address check.
    pub agents: Vec<AgentTotal>,
    /// The rows that say most: those against a reservation first, then by number. All of them are in the table.
    pub rows: Vec<Visit>,
    /// Rows that are in the table alone.
    pub rows_in_table_only: u64,
}

/// How many lines were what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// All lines.
    pub lines: u64,
    /// Bytes after unpacking.
    pub bytes: u64,
    /// In the Combined format, or one that begins with it.
    pub combined: u64,
    /// In the Common format. It names no agent, so nothing can be said about these lines.
    pub common: u64,
    /// JSON of Caddy.
    pub json: u64,
    /// Empty lines.
    pub empty: u64,
    /// Lines that are none of these.
    pub junk: u64,
    /// The first of them.
    pub junk_places: Vec<Junk>,
    /// Visits of agents of the list.
    pub agent_visits: u64,
    /// Visits whose path is not kept, because there were too many.
    pub without_path: u64,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Junk {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

/// What one agent did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentTotal {
    /// Its token.
    pub agent: String,
    /// Who runs it, as the list has it.
    pub operator: String,
    /// What it fetches for, as the list has it.
    pub class: String,
    /// Whether it is who it says.
    pub identity: Identity,
    /// Visits.
    pub visits: u64,
    /// Visits that were answered with content (status 200 to 299).
    pub delivered: u64,
    /// Bytes of the answers.
    pub bytes: u64,
    /// Visits of a path that a reservation in force at that time denied to it.
    pub against: u64,
    /// First visit.
    pub first: Timestamp,
    /// Last visit.
    pub last: Timestamp,
}

/// Visits of one agent to one path while the same reservations were in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Token of the agent.
    pub agent: String,
    /// Whether it is who it says.
    pub identity: Identity,
    /// Host, where the log names it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// Path and query, as the log has them.
    pub path: String,
    /// Id of the work at this address, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
    /// Visits.
    pub visits: u64,
    /// Those that were answered with content.
    pub delivered: u64,
    /// Bytes of the answers.
    pub bytes: u64,
    /// Visits by status.
    #[serde(deserialize_with = "statuses")]
    pub statuses: BTreeMap<u16, u64>,
    /// First visit.
    pub first: Timestamp,
    /// Last visit.
    pub last: Timestamp,
    /// What the reservations in force then said to this agent about this path.
    pub in_force: Vec<InForce>,
}

/// Keys of a JSON object are strings, and a document's tagged body hands them over as such.
fn statuses<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<u16, u64>, D::Error> {
    let read = BTreeMap::<String, u64>::deserialize(input)?;
    read.into_iter().map(|(status, visits)| Ok((status.parse().map_err(D::Error::custom)?, visits))).collect()
}

/// A reservation or permission in force at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// Where it stands: `robots.txt saved 2026-03-01`, `reservation r1`.
    pub source: String,
    /// Since when it is known to have been there.
    pub since: Timestamp,
    /// Whether it denies.
    pub denies: bool,
    /// The line of the file, for robots.txt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// SHA-256 of the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
}

impl Visit {
    /// Whether a reservation in force denied it.
    pub fn against(&self) -> bool {
        self.in_force.iter().any(|r| r.denies)
    }
}

/// Most rows in a document; the table has all.
pub const DOCUMENT_ROWS_MAX: usize = 500;

impl Visits {
    /// Counts, for each agent, what went against a reservation, and puts the rows that say most in front. Gives the
    /// whole table in CSV.
    pub fn close(&mut self) -> String {
        for total in &mut self.agents {
            total.against = self
                .rows
                .iter()
                .filter(|row| row.agent == total.agent && row.identity == total.identity && row.against())
                .map(|row| row.visits)
                .sum();
        }
        self.rows.sort_by(|a, b| {
            let rank = |v: &Visit| (!v.against(), v.work.is_none(), u64::MAX - v.visits);
            (rank(a), &a.agent, &a.host, &a.path, a.identity, a.first).cmp(&(
                rank(b),
                &b.agent,
                &b.host,
                &b.path,
                b.identity,
                b.first,
            ))
        });
        let table = csv(&self.rows);
        self.rows_in_table_only = self.rows.len().saturating_sub(DOCUMENT_ROWS_MAX) as u64;
        self.rows.truncate(DOCUMENT_ROWS_MAX);
        table
    }

    /// First and last visit.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.agents.iter().map(|a| a.first).min()?;
        Some((first, self.agents.iter().map(|a| a.last).max()?))
    }

    /// The grade: A where a verified agent was given content, C otherwise.
    pub fn graded(&self) -> Graded {
        let of = |identity: Identity| self.agents.iter().filter(move |a| a.identity == identity);
        let delivered: u64 = of(Identity::Verified).map(|a| a.delivered).sum();
        let against: u64 = self.agents.iter().map(|a| a.against).sum();
        let mut reasons = Vec::new();
        let grade = if delivered > 0 {
            reasons.push(format!(
                "{delivered} visits from addresses that their operators publish were answered with content: a documented acquisition"
            ));
            Grade::A
        } else {
            reasons.push(
                "no visit is from an address that its operator publishes: the agents only say their names"
                    .to_owned(),
            );
            Grade::C
        };
        if against > 0 {
            reasons.push(format!(
                "{against} visits were of paths that a reservation in force at that time denied to the agent"
            ));
        }
        let others: u64 = of(Identity::Unverified).chain(of(Identity::Outside)).map(|a| a.visits).sum();
        if grade == Grade::A && others > 0 {
            reasons.push(format!(
                "{others} other visits carry the name of an agent without such an address and stand at C"
            ));
        }
        let not_shown = vec![
            NOT_TRAINING.to_owned(),
            "what became of the copy: a fetch is a copy, and what it was for is its operator's word"
                .to_owned(),
            "that the log is whole: it is the word of the one who kept the server".to_owned(),
        ];
        Graded { grade, reasons, not_shown }
    }
}

/// The rows as a table.
fn csv(rows: &[Visit]) -> String {
    let mut out = String::from("agent,identity,host,path,work,visits,delivered,bytes,first,last,denied_by\n");
    for row in rows {
        let denied: Vec<String> = row
            .in_force
            .iter()
            .filter(|r| r.denies)
            .map(|r| r.line.map_or_else(|| r.source.clone(), |line| format!("{} line {line}", r.source)))
            .collect();
        let cells = [
            row.agent.as_str(),
            row.identity.code(),
            &row.host,
            &row.path,
            row.work.as_deref().unwrap_or_default(),
            &row.visits.to_string(),
            &row.delivered.to_string(),
            &row.bytes.to_string(),
            &row.first.to_string(),
            &row.last.to_string(),
            &denied.join("; "),
        ];
        out.push_str(&cells.map(cell).join(","));
        out.push('\n');
    }
    out
}

/// A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection").
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
