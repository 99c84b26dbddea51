//! trust.txt (by `JournalList`, 2024): `datatrainingallowed=yes|no`, at most one line, for the whole host.

use placet_core::{Reach, Statement, Tier, Verdict};

use crate::defect::{Defect, Problem, note};
use crate::statement::{TRAINING, evidence, malformed, of_place};
use crate::text;

/// Most bytes of a file.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
const KEY: &str = "datatrainingallowed";

/// Reads a trust.txt; of a bit said twice and differently, the no counts.
pub fn parse(bytes: &[u8]) -> (Vec<Statement>, Vec<Defect>) {
    let mut defects = Vec::new();
    if text::is_html(bytes) {
        return (Vec::new(), vec![Defect::new(Problem::Html, "")]);
    }
    let bytes = if bytes.len() > FILE_BYTES_MAX {
        defects.push(Defect::new(Problem::Limit, format!("{} bytes", bytes.len())));
        bytes.get(..FILE_BYTES_MAX).unwrap_or(bytes)
    } else {
        bytes
    };
    let decoded = text::decode(bytes, &mut defects);
    let mut stated: Vec<Statement> = Vec::new();
    for (number, line) in text::lines(&decoded) {
        let content = line.split('#').next().unwrap_or_default().trim();
        let begins = content.get(..KEY.len()).is_some_and(|k| k.eq_ignore_ascii_case(KEY));
        if !begins {
            continue;
        }
        let value = content.get(KEY.len()..).unwrap_or_default().trim();
        let answer = value.strip_prefix('=').or_else(|| value.strip_prefix(':')).map(str::trim);
        if !value.starts_with('=') {
            note(&mut defects, Defect::at(number, Problem::Syntax, content));
        }
        let frame = Statement {
            uses: TRAINING,
            evidence: evidence("", Some(number), content),
            ..of_place("trust-txt", Tier::C, Reach::Host)
        };
        let is = |word: &str| answer.is_some_and(|a| a.eq_ignore_ascii_case(word));
        let statement = if is("yes") {
            Statement { verdict: Verdict::Allowed, ..frame }
        } else if is("no") {
            Statement { verdict: Verdict::Denied, ..frame }
        } else {
            note(&mut defects, Defect::at(number, Problem::UnknownWord, content));
            malformed(frame)
        };
        match stated.first_mut() {
            None => stated.push(statement),
            Some(first) => {
                note(&mut defects, Defect::at(number, Problem::Repeated, content));
                if statement.verdict > first.verdict {
                    *first = statement;
                }
            }
        }
    }
    (stated, defects)
}

/// Writes the line.
pub fn write(training_allowed: bool) -> String {
    format!("{KEY}={}\n", if training_allowed { "yes" } else { "no" })
}
