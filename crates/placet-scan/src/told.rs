//! Decisions with what they rest on spelled out, as the table holds it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use placet_authorize::{Decision, Fact, Flag, Matched, Shadow};
use placet_core::{Statement, Verdict};
use serde::Serialize;

/// What was heard and did not decide is spelled out up to this many facts; the rest is counted.
const SHADOWED_MAX: usize = 64;

/// What a decision rests on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The protocol of the signal that decided.
    pub(crate) protocol: Option<String>,
    /// Deciding facts, as JSON.
    pub(crate) witness: Vec<String>,
    /// Facts that did not decide, as JSON.
    pub(crate) shadowed: Vec<String>,
    /// What a person should look at.
    pub(crate) flags: Vec<String>,
}

/// One fact. A signal has protocol, verdict and evidence; a right of a pack has the work and its id.
#[derive(Serialize, Default)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reservation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Shadow>,
}

impl Told {
    pub(crate) fn of(decision: &Decision, statements: &[Statement], matched: &[Matched<'_>]) -> Told {
        let signal = |fact: &Fact| match fact {
            Fact::Statement { index } => statements.get(*index),
            _ => None,
        };
        let by = decision.witness.iter().find_map(signal);
        let mut shadowed: Vec<String> = decision
            .shadowed
            .iter()
            .take(SHADOWED_MAX)
            .map(|s| line(&s.what, Some(s.why), statements, matched))
            .collect();
        let more = decision.shadowed.len().saturating_sub(SHADOWED_MAX);
        if more > 0 {
            shadowed.push(format!("{{\"more\":{more}}}"));
        }
        let flags: BTreeSet<&str> = decision.flags.iter().map(word).collect();
        Told {
            protocol: by.map(|statement| statement.protocol.to_string()),
            witness: decision.witness.iter().map(|fact| line(fact, None, statements, matched)).collect(),
            shadowed,
            flags: flags.into_iter().map(str::to_owned).collect(),
        }
    }
}

fn line(fact: &Fact, why: Option<Shadow>, statements: &[Statement], matched: &[Matched<'_>]) -> String {
    let work = |index: &usize| matched.get(*index).map(|m| format!("{}/{}", m.issuer, m.work));
    let line = match fact {
        Fact::Statement { index } => match statements.get(*index) {
            Some(s) => Line {
                protocol: Some(&s.protocol),
                says: Some(s.verdict),
                place: Some(&s.evidence.place),
                line: s.evidence.line,
                captured: s.evidence.observed_at,
                sha256: s.evidence.sha256.as_deref(),
                quote: s.evidence.quote.as_deref().filter(|quote| !quote.is_empty()),
                ..Line::default()
            },
            None => Line::default(),
        },
        Fact::Match { index } => Line { work: work(index), ..Line::default() },
        Fact::Reservation { index, id } => {
            Line { work: work(index), reservation: Some(id), ..Line::default() }
        }
        Fact::Grant { index, id } => Line { work: work(index), grant: Some(id), ..Line::default() },
        Fact::Rule { key } => Line { rule: Some(key), ..Line::default() },
    };
    serde_json::to_string(&Line { why, ..line }).expect("a record of texts and numbers is JSON")
}

/// A flag in one word.
fn word(flag: &Flag) -> &'static str {
    match flag {
        Flag::MalformedIntent { .. } => "malformed-intent",
        Flag::HumanOnly { .. } => "human-only",
        Flag::Conflict { .. } => "conflict",
        Flag::ClaimedCommons { .. } => "claimed-commons",
        Flag::MissingHolder { .. } => "missing-holder",
        Flag::YesUnproven { .. } => "yes-unproven",
    }
}
