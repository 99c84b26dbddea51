//! The dossier of a case: its facts in the order of time, each with source, hash, grade and the way to check it, and
//! what a jurisdiction's text would make of them.
//!
//! A dossier is made from a case alone, so that anybody with the case makes the same. It concludes nothing: it says
//! which facts are of the kind that a text looks at, and what they do not show.

mod paper;
mod profile;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use profile::{JURISDICTIONS, Jurisdiction, Way};

use crate::case::{Body, Stored, clocks};
use crate::evidence::{Found, Grade};

/// Version of the machine-readable twin.
pub const SCHEMA: &str = "placet.dossier/1";

/// A dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// [`SCHEMA`].
    pub schema: String,
    /// Number of the case in the home of the one who made it.
    pub case: String,
    /// As of when.
    pub at: Timestamp,
    /// Who made it.
    pub by: String,
    /// Key of the one who made it.
    pub key: String,
    /// Always true.
    pub not_exhaustive: bool,
    /// The other side.
    pub provider: String,
    /// The model, where one is named.
    pub model: String,
    /// Works by id and title.
    pub works: Vec<(String, String)>,
    /// Facts in the order of the times that they speak of.
    pub facts: Vec<Fact>,
    /// Clocks as of `at`, in words.
    pub clocks: Vec<String>,
    /// What the jurisdiction's text would make of it.
    pub assessment: Assessment,
    /// What this dossier does not show.
    pub limits: Vec<String>,
    /// Every document of the case with its hash.
    pub documents: Vec<(String, String)>,
    /// The jurisdiction.
    pub jurisdiction: Jurisdiction,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// When it was, as far as its source says.
    pub when: Timestamp,
    /// When it was written down.
    pub recorded: Timestamp,
    /// Number of its document.
    pub number: u32,
    /// Its kind: that of the document, of evidence that of what was found.
    pub kind: String,
    /// What it is.
    pub title: String,
    /// Who wrote it down.
    pub by: String,
    /// Its grade, of evidence and silences.
    pub grade: Option<Grade>,
    /// Why it has the grade.
    pub reasons: Vec<String>,
    /// What it does not show.
    pub not_shown: Vec<String>,
    /// What was found, in lines.
    pub details: Vec<String>,
    /// Where it comes from.
    pub source: String,
    /// SHA-256 of its document.
    pub sha256: String,
    /// Its files with their hashes.
    pub files: Vec<(String, String)>,
    /// How to check it.
    pub verify: Vec<String>,
    /// SHA-256 of the documents that speak against it.
    pub rebutted_by: Vec<String>,
}

/// What a text would make of the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The outcome.
    pub outcome: Outcome,
    /// In words.
    pub words: String,
    /// SHA-256 of the facts that count.
    pub counted: Vec<String>,
    /// How it came about, step by step.
    pub trace: Vec<String>,
}

/// Outcomes of an assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The facts are of the kind that the text looks at.
    Plausible,
    /// They are not, or too few.
    NotEnough,
    /// They were, and all are answered.
    Rebutted,
}

/// Makes the dossier of a case.
pub fn build(
    case: &str,
    stored: &[Stored],
    jurisdiction: &Jurisdiction,
    by: (&str, &str),
    at: Timestamp,
) -> Dossier {
    let stored: Vec<Stored> = stored.iter().filter(|s| s.document.at <= at).cloned().collect();
    let mut facts: Vec<Fact> = stored.iter().map(|s| fact(&stored, s)).collect();
    facts.sort_by(|a, b| (a.when, a.number, &a.sha256).cmp(&(b.when, b.number, &b.sha256)));
    let assessment = assess(jurisdiction, &facts);
    let mut works: Vec<(String, String)> = stored
        .iter()
        .flat_map(|s| s.document.body.works())
        .map(|work| (work.id.clone(), work.title.clone()))
        .collect();
    works.sort();
    works.dedup();
    let asked = stored.iter().rev().find_map(|s| match &s.document.body {
        Body::Request(r) => Some((r.to.clone(), r.model.clone())),
        Body::Complaint(c) => Some((c.to.clone(), c.model.clone())),
        _ => None,
    });
    let (provider, model) = asked.unwrap_or_default();
    Dossier {
        schema: SCHEMA.to_owned(),
        case: case.to_owned(),
        at,
        by: by.0.to_owned(),
        key: by.1.to_owned(),
        not_exhaustive: true,
        provider,
        model: model.unwrap_or_default(),
        works,
        clocks: clocks(&stored, at)
            .iter()
            .map(|clock| format!("{} {}: {}", clock.kind, clock.number, clock.words()))
            .collect(),
        facts,
        assessment,
        limits: LIMITS.iter().map(|limit| (*limit).to_owned()).collect(),
        documents: stored.iter().map(|s| (s.file.clone(), s.sha256.clone())).collect(),
        jurisdiction: jurisdiction.clone(),
    }
}

const LIMITS: &[&str] = &[
    "Nothing in this dossier shows by itself that a model was trained with a work. Words that agree and pages that were fetched are facts about words and pages.",
    "Times are the statements of those who wrote the documents, unless a log or a witness is named beside them.",
    "That a key belongs to the party whose name it bears is shown by the party itself, outside of this dossier.",
    "A document taken away at the end of a case cannot be missed by who holds no other copy.",
    "The jurisdiction's words describe a text and how it stood on the day named; they are no legal advice.",
];

fn fact(case: &[Stored], stored: &Stored) -> Fact {
    let Stored { file, sha256, document } = stored;
    let number_of = |hash: &str| {
        case.iter().find(|s| s.sha256 == hash).map_or_else(
            || "a document".to_owned(),
            |s| format!("{} {}", s.document.body.kind(), s.document.number),
        )
    };
    let rebutted_by = case
        .iter()
        .filter(|s| matches!(&s.document.body, Body::Rebuttal(r) if r.to == *sha256))
        .map(|s| s.sha256.clone())
        .collect();
    let mut fact = Fact {
        when: document.at,
        recorded: document.at,
        number: document.number,
        kind: document.body.kind().to_owned(),
        title: String::new(),
        by: document.by.name.clone(),
        grade: None,
        reasons: Vec::new(),
        not_shown: Vec::new(),
        details: Vec::new(),
        source: file.clone(),
        sha256: sha256.clone(),
        files: document.body.attachments().iter().map(|a| (a.name.clone(), a.sha256.clone())).collect(),
        verify: vec![format!("placet verify CASE-FOLDER checks {file}, its signature and its files")],
        rebutted_by,
    };
    match &document.body {
        Body::Request(r) => {
            fact.title = format!(
                "Request to {} about {} of one's own works, answer asked by {}",
                r.to,
                r.works.len(),
                r.due
            );
        }
        Body::Answer(a) => {
            let said: Vec<String> =
                a.works.iter().map(|w| format!("{}: {}", w.work, w.finding.words())).collect();
            fact.title = format!("Answer to {}: {}", number_of(&a.to), said.join("; "));
            fact.not_shown.clone_from(&a.not_proven);
            if a.works.iter().any(|w| w.proof.is_some()) {
                fact.verify.push(
                    "placet verify --policy POLICY PROOF checks each proof in files/ against the log's key"
                        .to_owned(),
                );
            }
        }
        Body::Complaint(c) => {
            fact.title = format!("Complaint to {}: {}", c.to, first_line(&c.facts));
        }
        Body::Reply(r) => fact.title = format!("Reply to {}: {}", number_of(&r.to), first_line(&r.text)),
        Body::Receipt(r) => fact.title = format!("Receipt of {} on {}", number_of(&r.to), r.received),
        Body::Followup(f) => {
            fact.title = format!(
                "Reminder of {}, {} late",
                number_of(&f.to),
                counted(f.days_late as usize, "day", "days")
            );
        }
        Body::Silence(s) => {
            fact.title = format!(
                "No answer to {} after {}: due on {}, recorded as of {}",
                number_of(&s.to),
                counted(s.days as usize, "day", "days"),
                s.due,
                s.as_of
            );
            fact.grade = Some(Grade::C);
            fact.reasons = vec!["an absence of an answer in this case is a circumstance".to_owned()];
            fact.not_shown = vec![
                "that the request arrived, unless a receipt is in the case".to_owned(),
                "that no answer was given by other means".to_owned(),
            ];
        }
        Body::Evidence(e) => {
            fact.when = e.from.unwrap_or(document.at);
            kind_of(&e.found).clone_into(&mut fact.kind);
            fact.title.clone_from(&e.title);
            fact.details = e.found.details();
            fact.grade = Some(e.graded.grade);
            fact.reasons.clone_from(&e.graded.reasons);
            fact.not_shown.clone_from(&e.graded.not_shown);
            fact.source = format!("{} ({file})", e.source);
            fact.verify.extend(e.verify.iter().cloned());
        }
        Body::Rebuttal(r) => {
            fact.title = format!("Rebuttal of {}: {}", number_of(&r.to), first_line(&r.text));
        }
        Body::Remark(r) => fact.title = first_line(&r.text),
    }
    fact
}

/// The kind of evidence in the words of profiles.
fn kind_of(found: &Found) -> &'static str {
    match found {
        Found::AccessLog(_) => "access-log",
        Found::OutputProbe(_) => "output-probe",
        Found::Register(_) => "register",
        Found::SummaryLint(_) => "summary-lint",
    }
}

fn first_line(text: &str) -> String {
    const CHARS: usize = 200;
    let line = text.trim().lines().next().unwrap_or_default();
    if line.chars().count() <= CHARS {
        line.to_owned()
    } else {
        line.chars().take(CHARS - 1).chain(['…']).collect()
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Which ways of a profile the facts fill; a fact that is answered by a rebuttal does not count.
fn assess(jurisdiction: &Jurisdiction, facts: &[Fact]) -> Assessment {
    let mut trace = Vec::new();
    let fits = |way: &Way, fact: &&Fact| {
        way.kinds.contains(&fact.kind) && fact.grade.is_some_and(|grade| way.grades.contains(&grade))
    };
    let mut answered = false;
    for (n, way) in jurisdiction.way.iter().enumerate() {
        let all: Vec<&Fact> = facts.iter().filter(|fact| fits(way, fact)).collect();
        let (open, closed): (Vec<&Fact>, Vec<&Fact>) =
            all.iter().partition(|fact| fact.rebutted_by.is_empty());
        let grades: Vec<&str> = way.grades.iter().map(|g| g.code()).collect();
        trace.push(format!(
            "way {}: needs {} of {} with grade {}; the case holds {}, of which {} answered by a rebuttal",
            n + 1,
            way.count,
            way.kinds.join(", "),
            grades.join(", "),
            all.len(),
            closed.len()
        ));
        if open.len() >= way.count {
            trace.push(format!("way {} is filled", n + 1));
            return Assessment {
                outcome: Outcome::Plausible,
                words: jurisdiction.plausible.clone(),
                counted: open.iter().map(|fact| fact.sha256.clone()).collect(),
                trace,
            };
        }
        answered |= all.len() >= way.count;
    }
    trace.push("no way is filled".to_owned());
    let (outcome, words) = if answered {
        (Outcome::Rebutted, &jurisdiction.rebutted)
    } else {
        (Outcome::NotEnough, &jurisdiction.not_enough)
    };
    Assessment { outcome, words: words.clone(), counted: Vec::new(), trace }
}
