//! Content Signals: `Content-Signal: search=yes, ai-input=no, ai-train=no` in a robots.txt group or as header field
//! (contentsignals.org; draft-romm-aipref-contentsignals, expired).
//!
//! Yes may collect for the use, no may not, absent neither grants nor restricts. The service's comment calls a
//! restriction an express reservation under Article 4 of Directive (EU) 2019/790.

use placet_core::{Reach, Statement, Tier, Use, UseSet, Verdict};

use crate::defect::{Defect, Problem, note};
use crate::robots::{self, Directive, Robots};
use crate::statement::{AI_USES, TRAINING, evidence, malformed, of_place};

/// The answers of one `Content-Signal` value; `None` is silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Search without summaries.
    pub search: Option<bool>,
    /// Giving to a system while it answers.
    pub ai_input: Option<bool>,
    /// Training and fine-tuning.
    pub ai_train: Option<bool>,
}

/// Reads a value. Of a word said twice, the no counts.
///
/// # Examples
/// ```
/// # use placet_signals::content_signal::parse;
/// let (signals, _) = parse(b"search=yes, ai-train=no");
/// assert_eq!((signals.search, signals.ai_input, signals.ai_train), (Some(true), None, Some(false)));
/// ```
pub fn parse(value: &[u8]) -> (Signals, Vec<Defect>) {
    let mut defects = Vec::new();
    let mut signals = Signals::default();
    let text = String::from_utf8_lossy(value);
    // Wild files separate with semicolons and spaces too.
    for part in text.split([',', ';', ' ', '\t']).map(str::trim).filter(|p| !p.is_empty()) {
        let Some((key, answer)) = part.split_once('=') else {
            note(&mut defects, Defect::new(Problem::Syntax, part));
            continue;
        };
        let slot = match key.trim().to_ascii_lowercase().as_str() {
            "search" => &mut signals.search,
            "ai-input" => &mut signals.ai_input,
            "ai-train" => &mut signals.ai_train,
            _ => {
                note(&mut defects, Defect::new(Problem::UnknownWord, part));
                continue;
            }
        };
        match answer.trim().to_ascii_lowercase().as_str() {
            "yes" => *slot = Some(*slot != Some(false)),
            "no" => *slot = Some(false),
            _ => note(&mut defects, Defect::new(Problem::UnknownWord, part)),
        }
    }
    (signals, defects)
}

/// Reads `Content-Signal` header fields of one response.
pub fn header(fields: &[&[u8]]) -> (Vec<Statement>, Vec<Defect>) {
    if fields.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let value = fields.join(&b", "[..]);
    let frame = Statement {
        evidence: evidence("#content-signal", None, &String::from_utf8_lossy(&value)),
        ..of_place("content-signal", Tier::B, Reach::Representation)
    };
    state(&value, &frame)
}

/// Reads the `Content-Signal` lines of a robots.txt, as the agents given. A path before the signals limits them.
pub fn in_robots(robots: &Robots, tokens: &[&str], url: &str) -> (Vec<Statement>, Vec<Defect>) {
    let path = robots::path_of(url);
    let path = robots::normal(path.as_bytes());
    let (mut stated, mut defects) = (Vec::new(), Vec::new());
    for group in robots::groups_for_any(robots, tokens) {
        for line in group.extensions.iter().filter(|e| e.directive == Directive::ContentSignal) {
            let limited = line.value.starts_with('/').then(|| line.value.split_once([' ', '\t'])).flatten();
            let (reach, value) = match limited {
                Some((pattern, value)) => {
                    let pattern = robots::normal_pattern(pattern.as_bytes());
                    if !robots::matches(pattern.as_bytes(), &path) {
                        continue;
                    }
                    (Reach::Path, value)
                }
                None => (Reach::Host, line.value.as_str()),
            };
            let frame = Statement {
                actors: robots::actors(group),
                target: if reach == Reach::Host { robots::host_of(url) } else { Some(url.to_owned()) },
                evidence: evidence("", Some(line.line), &format!("{}: {}", line.key, line.value)),
                ..of_place("content-signal", Tier::B, reach)
            };
            let (more, wrong) = state(value.as_bytes(), &frame);
            stated.extend(more);
            defects.extend(wrong.into_iter().map(|d| Defect { line: Some(line.line), ..d }));
        }
    }
    (stated, defects)
}

fn state(value: &[u8], frame: &Statement) -> (Vec<Statement>, Vec<Defect>) {
    let (signals, defects) = parse(value);
    let input = UseSet::NONE.with(Use::AiInput);
    let near = UseSet::NONE.with(Use::AiIndex).with(Use::AiOutput);
    let mut stated = Vec::new();
    for (answer, uses, approximate) in [
        (signals.search, UseSet::NONE.with(Use::Search), UseSet::NONE),
        (signals.ai_input, input.union(near), near),
        (signals.ai_train, TRAINING, UseSet::NONE),
    ] {
        if let Some(yes) = answer {
            let verdict = if yes { Verdict::Allowed } else { Verdict::Denied };
            stated.push(Statement { verdict, uses, approximate, ..frame.clone() });
        }
    }
    let refuses = String::from_utf8_lossy(value).to_ascii_lowercase().contains("no");
    if refuses && defects.iter().any(|d| d.problem.is_intent()) {
        stated.push(malformed(Statement { uses: AI_USES, ..frame.clone() }));
    }
    (stated, defects)
}

/// Writes a value; `None` where it says nothing.
pub fn write(signals: &Signals) -> Option<String> {
    let answers =
        [("search", signals.search), ("ai-input", signals.ai_input), ("ai-train", signals.ai_train)];
    let parts: Vec<String> = answers
        .into_iter()
        .filter_map(|(key, answer)| answer.map(|yes| format!("{key}={}", if yes { "yes" } else { "no" })))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
