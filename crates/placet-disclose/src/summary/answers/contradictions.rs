//! Answers that cannot both be true.

use super::{Fault, Given, Reading};
use crate::summary::document::Answer;
use crate::summary::template::FIELDS;

impl Reading<'_> {
    pub(super) fn contradictions(&mut self) {
        let answers = self.answers.clone();
        let mut add = |line: usize, key: &str, says: String, remedy: &str| {
            self.faults.push(Fault { line, key: key.to_owned(), says, remedy: remedy.to_owned() });
        };
        for field in FIELDS.iter().filter(|field| !field.gates.is_empty()) {
            let Some(given) = answers.fields.get(field.key) else { continue };
            if field.gates.iter().any(|gate| answers.said(gate) == Some(true)) {
                continue;
            }
            let gate = field.gates.first().copied().unwrap_or_default();
            match field.gates.iter().find_map(|gate| answers.fields.get(gate)) {
                Some(no) => {
                    let says = format!("is filled, yet {gate} in line {} says no", no.line);
                    add(given.line, field.key, says, "answer yes there, or empty this one");
                }
                None => add(
                    given.line,
                    field.key,
                    format!("is filled, yet {gate} is not answered"),
                    "answer yes or no there",
                ),
            }
        }
        for source in &answers.sources {
            let gates = source.kind.gates();
            if gates.iter().any(|gate| answers.said(gate) == Some(true)) {
                continue;
            }
            let key = format!("source `{}`", source.name);
            let gate = gates.first().copied().unwrap_or_default();
            let says = match gates.iter().find_map(|gate| answers.fields.get(gate)) {
                Some(no) => {
                    format!("is of kind {}, yet {gate} in line {} says no", source.kind.word(), no.line)
                }
                None => format!("is of kind {}, yet {gate} is not answered", source.kind.word()),
            };
            add(source.line, &key, says, "one of the two is wrong: correct it");
        }
        if let Some(Given { answer: Answer::Period(months), line }) = answers.fields.get("crawl.period")
            && months.from > months.to
        {
            add(
                *line,
                "crawl.period",
                format!("ends in {} before it begins in {}", months.to, months.from),
                "exchange them",
            );
        }
        if !answers.fields.is_empty() && answers.by.is_none() {
            add(
                1,
                "attested.by",
                "is empty, yet answers are given".to_owned(),
                "name the person whose word they are, with role",
            );
        }
        if !answers.fields.is_empty() && answers.on.is_none() {
            add(
                1,
                "attested.on",
                "is empty, yet answers are given".to_owned(),
                "write the day on which they were given",
            );
        }
    }
}
