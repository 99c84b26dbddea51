//! `answers.toml`: what only a person can attest, asked field by field, and the questionnaire that asks it.
//!
//! An answer is never inferred. Answers that contradict one another, or the sources named beside them, are faults with their lines.

mod contradictions;
mod questionnaire;
mod source;
mod values;

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Answer;
use super::template::{self, Field, Filled};
use values::{answer, is_day, scalar};

pub use questionnaire::questionnaire;
pub use source::{SourceDecl, SourceKind};

/// A longer file is refused.
pub const ANSWERS_BYTES_MAX: usize = 4 << 20;
/// Entries of one list, and sources.
pub const LIST_MAX: usize = 10_000;

/// The answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Name and role of the person whose word the answers are.
    pub by: Option<String>,
    /// Day of the answers, YYYY-MM-DD.
    pub on: Option<String>,
    /// What the model was trained on.
    pub data: Data,
    /// Whether the shorter list of domains for small providers applies.
    pub small_provider: bool,
    /// How the runs' files divide into sources.
    pub sources: Vec<SourceDecl>,
    /// Answers by field key, with the line they stand in.
    pub fields: BTreeMap<&'static str, Given>,
}

/// An answer and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The answer.
    pub answer: Answer,
    /// Its line in the file, from 1.
    pub line: usize,
}

/// Which part of a scanned corpus was trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Data {
    /// The cleared corpus: what the scan kept, redacted or whole.
    #[default]
    Cleared,
    /// Everything that was scanned.
    Whole,
}

/// Something wrong with the answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Line in the file, from 1.
    pub line: usize,
    /// The answer it is about.
    pub key: String,
    /// What is wrong.
    pub says: String,
    /// What to do.
    pub remedy: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}: {} ({})", self.line, self.key, self.says, self.remedy)
    }
}

impl Answers {
    /// Reads answers. What is sound is read even where faults are found; faults are in the order of the file.
    pub fn read(text: &str) -> (Answers, Vec<Fault>) {
        let mut reading = Reading { text, answers: Answers::default(), faults: Vec::new() };
        if text.len() > ANSWERS_BYTES_MAX {
            reading.fault(0, "file", format!("it has more than {ANSWERS_BYTES_MAX} bytes"), "shorten it");
            return (reading.answers, reading.faults);
        }
        match DeTable::parse(text) {
            Ok(root) => reading.root(root.get_ref()),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                reading.fault(at, "file", error.message().to_owned(), "mend the TOML syntax");
            }
        }
        reading.contradictions();
        let Reading { answers, mut faults, .. } = reading;
        faults.sort();
        (answers, faults)
    }

    /// Whether a yes-or-no question was answered with this.
    pub fn said(&self, key: &str) -> Option<bool> {
        match self.fields.get(key).map(|given| &given.answer) {
            Some(Answer::YesNo(yes)) => Some(*yes),
            _ => None,
        }
    }
}

struct Reading<'a> {
    text: &'a str,
    answers: Answers,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
    }

    fn fault(&mut self, at: usize, key: &str, says: impl Into<String>, remedy: &str) {
        let line = self.line(at);
        self.faults.push(Fault { line, key: key.to_owned(), says: says.into(), remedy: remedy.to_owned() });
    }

    fn root(&mut self, root: &DeTable<'_>) {
        for (name, value) in root {
            let (at, name) = (name.span().start, name.get_ref().as_ref());
            match (name, value.get_ref()) {
                ("source", DeValue::Array(list)) => {
                    for source in list.iter().take(LIST_MAX) {
                        self.source(source);
                    }
                }
                ("attested" | "training", DeValue::Table(table)) => self.preamble(name, table),
                (_, DeValue::Table(table)) => self.table(name, table),
                _ => self.fault(at, name, "is not asked", "keep the tables of `placet summary answers`"),
            }
        }
    }

    fn preamble(&mut self, table_name: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let at = value.span().start;
            let key = format!("{table_name}.{}", name.get_ref());
            let given = scalar(value.get_ref()).unwrap_or_default();
            if given.is_empty() {
                continue;
            }
            match (key.as_str(), given.as_str()) {
                ("attested.by", by) => self.answers.by = Some(by.to_owned()),
                ("attested.on", on) if is_day(on) => self.answers.on = Some(on.to_owned()),
                ("attested.on", _) => self.fault(at, &key, "is no day", "write YYYY-MM-DD"),
                ("training.data", "cleared") => self.answers.data = Data::Cleared,
                ("training.data", "whole") => self.answers.data = Data::Whole,
                ("training.data", _) => {
                    self.fault(at, &key, "is neither cleared nor whole", "write one of them");
                }
                ("training.small_provider", "yes" | "true") => self.answers.small_provider = true,
                ("training.small_provider", "no" | "false") => self.answers.small_provider = false,
                ("training.small_provider", _) => {
                    self.fault(at, &key, "is neither yes nor no", "write one of them");
                }
                _ => self.fault(at, &key, "is not asked", "remove it"),
            }
        }
    }

    fn table(&mut self, path: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let (at, key) = (name.span().start, format!("{path}.{}", name.get_ref()));
            let field = template::field(&key);
            match (field, value.get_ref()) {
                (Some(field), value) => self.answer(field, at, value),
                (None, DeValue::Table(inner)) if path.split('.').count() < 3 => self.table(&key, inner),
                (None, _) => self.fault(
                    at,
                    &key,
                    "is not asked",
                    "remove it, or see `placet summary answers` for its name",
                ),
            }
        }
    }

    fn answer(&mut self, field: &'static Field, at: usize, value: &DeValue<'_>) {
        if let Some(text) = scalar(value) {
            if text.trim().is_empty() {
                return;
            }
            if field.filled == Filled::Kept {
                self.fault(at, field.key, "is kept by the program", "remove it");
                return;
            }
            if let Some(why) = text.strip_prefix("unknown:") {
                self.give(field, at, Answer::Unknown(why.trim().to_owned()));
                return;
            }
        }
        match answer(field.kind, value) {
            Ok(None) => {}
            Ok(Some(answer)) => self.give(field, at, answer),
            Err(remedy) => self.fault(at, field.key, "cannot be read as an answer to this question", remedy),
        }
    }

    fn give(&mut self, field: &'static Field, at: usize, answer: Answer) {
        let line = self.line(at);
        self.answers.fields.insert(field.key, Given { answer, line });
    }

    fn source(&mut self, source: &Spanned<DeValue<'_>>) {
        let at = source.span().start;
        let DeValue::Table(table) = source.get_ref() else {
            self.fault(at, "source", "is no table", "write [[source]]");
            return;
        };
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        let mut paths = Vec::new();
        let mut at = at;
        for (name, value) in table {
            at = name.span().start;
            let key = name.get_ref().as_ref();
            match (key, value.get_ref()) {
                ("paths", DeValue::Array(list)) => {
                    paths.extend(
                        list.iter().filter_map(|path| scalar(path.get_ref())).filter(|path| !path.is_empty()),
                    );
                }
                ("name" | "kind" | "run" | "link" | "version" | "selection" | "bytes", value) => {
                    let text = scalar(value).unwrap_or_default();
                    if !text.is_empty() {
                        texts.insert(key.to_owned(), text);
                    }
                }
                _ => self.fault(at, &format!("source.{key}"), "is not asked", "remove it"),
            }
        }
        let line = self.line(at);
        let Some(name) = texts.remove("name") else {
            self.fault(at, "source.name", "is missing", "name the source");
            return;
        };
        let word = texts.remove("kind").unwrap_or_default();
        let Some(kind) = SourceKind::ALL.into_iter().find(|kind| kind.word() == word) else {
            let words = SourceKind::ALL.map(SourceKind::word).join(", ");
            self.fault(
                at,
                "source.kind",
                format!("`{word}` is no kind of source"),
                &format!("write one of {words}"),
            );
            return;
        };
        let bytes = texts.remove("bytes").map(|bytes| bytes.replace('_', "").parse::<u64>());
        if matches!(bytes, Some(Err(_))) {
            self.fault(at, "source.bytes", "is no whole number of bytes", "write it in digits");
        }
        self.answers.sources.push(SourceDecl {
            name,
            kind,
            run: texts.remove("run"),
            paths,
            link: texts.remove("link"),
            version: texts.remove("version"),
            selection: texts.remove("selection"),
            bytes: bytes.and_then(Result::ok),
            line,
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_questionnaire_reads_as_no_answers() {
        let (answers, faults) = Answers::read(&questionnaire());
        assert_eq!(faults, []);
        assert_eq!(answers, Answers::default());
    }

    #[test]
    fn contradictions_are_named_with_their_lines() {
        let text = "[attested]\nby = \"A. Person, counsel\"\non = 2026-11-21\n\n[crawl]\nused = \"no\"\n\
            period = { from = \"2025-01\", to = \"2024-01\" }\n\n[pub]\nother = \"x\"\ncolour = \"red\"\n\n\
            [[source]]\nname = \"news\"\nkind = \"crawled\"\n\n[user]\nmodel = \"perhaps\"\n";
        let (_, faults) = Answers::read(text);
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(\\[[a-z.]{1,8}\\]\n|[a-z]{1,6} = (\"[^\"\n]{0,9}\"|[0-9]{1,4}|\\[\\]|\\{\\})\n|\\PC{0,20}\n){0,12}") {
            let _ = Answers::read(&text);
        }
    }
}
