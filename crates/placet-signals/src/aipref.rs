//! AI preferences: `Content-Usage` as HTTP header field and as robots.txt rule
//! (draft-ietf-aipref-vocab, draft-ietf-aipref-attach; neither is an RFC yet).
//!
//! Two categories, `train-ai` and `search`, each allowed, disallowed or unknown. A dictionary that does not parse, and
//! a label of an earlier draft, say nothing by the draft; the intent is flagged.

use placet_core::{Reach, Statement, Tier, Use, UseSet, Verdict};

use crate::defect::{Defect, Problem, note};
use crate::robots::{self, Directive, Group, Robots};
use crate::statement::{AI_USES, GENERATIVE_TRAINING, TRAINING, evidence, malformed, of_place};
use crate::structured_field::{Bare, Value, dictionary};

const VERSION: &str = "vocab-08";

/// The preferences of one statement: what the vocabulary's categories are told, and labels that it does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Training of models that generate content.
    pub train_ai: Option<bool>,
    /// Search that leads to the asset, without summaries.
    pub search: Option<bool>,
    /// Labels outside the vocabulary that carry `y` or `n`.
    pub other: Vec<(String, bool)>,
}

/// Reads a statement of preference (vocab, "Processing Algorithm").
///
/// # Examples
/// ```
/// # use placet_signals::aipref::preferences;
/// let (told, _) = preferences(b"train-ai=n, search=y");
/// assert_eq!((told.train_ai, told.search), (Some(false), Some(true)));
/// ```
pub fn preferences(field: &[u8]) -> (Preferences, Vec<Defect>) {
    let mut defects = Vec::new();
    let text = String::from_utf8_lossy(field);
    let Ok(members) = dictionary(field) else {
        defects.push(Defect::new(Problem::Syntax, &text));
        return (Preferences::default(), defects);
    };
    let mut told = Preferences::default();
    for (label, member) in members {
        let preference = match &member.value {
            Value::Item(Bare::Token(t)) if t == "y" => Some(true),
            Value::Item(Bare::Token(t)) if t == "n" => Some(false),
            _ => None,
        };
        match (label.as_str(), preference) {
            ("train-ai", _) => told.train_ai = preference,
            ("search", _) => told.search = preference,
            (_, Some(yes)) => {
                note(
                    &mut defects,
                    Defect::new(legacy(&label).map_or(Problem::UnknownWord, |_| Problem::Legacy), &label),
                );
                told.other.push((label.clone(), yes));
            }
            _ => {}
        }
        if preference.is_none() && matches!(label.as_str(), "train-ai" | "search") {
            note(&mut defects, Defect::new(Problem::UnknownWord, format!("{label}: neither y nor n")));
        }
    }
    (told, defects)
}

/// Labels of earlier drafts and of emitters that followed them, with the uses they were about.
fn legacy(label: &str) -> Option<UseSet> {
    Some(match label {
        "all" | "bots" | "ai" => AI_USES,
        "train-genai" | "genai" => GENERATIVE_TRAINING,
        "ai-use" | "ai-input" | "ai-output" => UseSet::NONE.with(Use::AiInput).with(Use::AiOutput),
        "ai-train" | "tdm" => TRAINING.with(Use::Tdm),
        _ => return None,
    })
}

/// Reads `Content-Usage` header fields of one response; several fields are one, joined by commas.
pub fn header(fields: &[&[u8]]) -> (Vec<Statement>, Vec<Defect>) {
    let field = fields.join(&b", "[..]);
    let frame = Statement {
        evidence: evidence("#content-usage", None, &String::from_utf8_lossy(&field)),
        ..frame(Reach::Representation)
    };
    if fields.is_empty() {
        return (Vec::new(), Vec::new());
    }
    state(&field, &frame)
}

/// Reads the `Content-Usage` rules of a robots.txt for one URL, as the agents given.
///
/// The longest matching path decides, rules without a path are the shortest, and of several rules with one path each
/// speaks for itself. Paths that may not be fetched have no preference: where any agent is refused, its group says
/// nothing here.
pub fn in_robots(robots: &Robots, tokens: &[&str], url: &str) -> (Vec<Statement>, Vec<Defect>) {
    let path = robots::path_of(url);
    let path = robots::normal(path.as_bytes());
    let (mut stated, mut defects) = (Vec::new(), Vec::new());
    let mut seen: Vec<u32> = Vec::new();
    for token in if tokens.is_empty() { &["*"][..] } else { tokens } {
        let groups = robots.groups_for(token);
        if groups.iter().all(|g| rules(g).next().is_none()) || !robots::allows(&groups, &path) {
            continue;
        }
        let mut best: Vec<(Rule<'_>, &Group)> = Vec::new();
        for group in groups {
            for rule in rules(group).filter(|r| robots::matches(r.pattern.as_bytes(), &path)) {
                let longest = best.first().map_or(0, |(r, _)| r.pattern.len());
                if best.is_empty() || rule.pattern.len() > longest {
                    best = vec![(rule, group)];
                } else if rule.pattern.len() == longest {
                    best.push((rule, group));
                }
            }
        }
        for (rule, group) in best {
            if seen.contains(&rule.line) {
                continue;
            }
            seen.push(rule.line);
            let reach = if rule.pattern.is_empty() { Reach::Host } else { Reach::Path };
            let frame = Statement {
                actors: robots::actors(group),
                target: if rule.pattern.is_empty() { robots::host_of(url) } else { Some(url.to_owned()) },
                evidence: evidence("", Some(rule.line), &format!("Content-Usage: {}", rule.value)),
                ..frame(reach)
            };
            let (more, wrong) = state(rule.preference.as_bytes(), &frame);
            stated.extend(more);
            defects.extend(wrong.into_iter().map(|d| Defect { line: Some(rule.line), ..d }));
        }
    }
    (stated, defects)
}

struct Rule<'a> {
    pattern: String,
    preference: &'a str,
    value: &'a str,
    line: u32,
}

fn rules(group: &Group) -> impl Iterator<Item = Rule<'_>> {
    group.extensions.iter().filter(|e| e.directive == Directive::ContentUsage).map(|e| {
        let value = e.value.as_str();
        let (path, preference) = match value.split_once([' ', '\t']) {
            Some((path, rest)) if value.starts_with('/') => (path, rest.trim()),
            None if value.starts_with('/') => (value, ""),
            _ => ("", value),
        };
        Rule { pattern: robots::normal_pattern(path.as_bytes()), preference, value, line: e.line }
    })
}

fn frame(reach: Reach) -> Statement {
    Statement { version: Some(VERSION.into()), ..of_place("aipref", Tier::B, reach) }
}

fn state(field: &[u8], frame: &Statement) -> (Vec<Statement>, Vec<Defect>) {
    let (told, defects) = preferences(field);
    let said = |yes: bool, uses: UseSet| Statement {
        verdict: if yes { Verdict::Allowed } else { Verdict::Denied },
        uses,
        ..frame.clone()
    };
    let mut stated = Vec::new();
    stated.extend(told.train_ai.map(|yes| said(yes, GENERATIVE_TRAINING)));
    stated.extend(told.search.map(|yes| said(yes, UseSet::NONE.with(Use::Search))));
    for (label, _) in told.other.iter().filter(|(_, yes)| !yes) {
        if let Some(uses) = legacy(label) {
            stated.push(malformed(Statement { uses, ..frame.clone() }));
        }
    }
    // The dictionary failed, or a value was neither y nor n: no preference by the draft, but somebody meant one.
    let failed =
        defects.iter().any(|d| matches!(d.problem, Problem::Syntax) || d.text.ends_with("neither y nor n"));
    if failed {
        let uses = guessed(&String::from_utf8_lossy(field).to_ascii_lowercase());
        stated.push(malformed(Statement { uses, ..frame.clone() }));
    }
    (stated, defects)
}

/// What an unreadable preference was about, by the labels that occur in it; everything where none does.
fn guessed(text: &str) -> UseSet {
    let mut uses = UseSet::NONE;
    if text.contains("train") {
        uses = uses.union(GENERATIVE_TRAINING);
    }
    if text.contains("search") {
        uses = uses.with(Use::Search);
    }
    if uses.is_empty() { AI_USES } else { uses }
}

/// Writes a statement of preference; `None` where it says nothing.
pub fn write(train_ai: Option<bool>, search: Option<bool>) -> Option<String> {
    let word = |label: &str, yes: bool| format!("{label}={}", if yes { "y" } else { "n" });
    let parts: Vec<String> = [train_ai.map(|y| word("train-ai", y)), search.map(|y| word("search", y))]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
