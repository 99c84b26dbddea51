//! `answers.toml`: what only a person can attest, asked field by field, and the questionnaire that asks it.
//!
//! An answer is never inferred. Answers that contradict one another, or the sources named beside them, are faults with their lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::band::Modality;
use super::document::{Answer, Months, Named};
use super::template::{self, FIELDS, Field, Filled, Kind};

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

/// A source of data, as the provider divides them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDecl {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
    /// The run that scanned it; any where it is not given.
    pub run: Option<String>,
    /// Beginnings of paths below the corpus; all where there are none.
    pub paths: Vec<String>,
    /// Where it is documented.
    pub link: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// How a part of it was selected.
    pub selection: Option<String>,
    /// Its size in bytes of text, for a dataset that no run holds.
    pub bytes: Option<u64>,
    /// Its line.
    pub line: usize,
}

/// The kinds of sources, as sections 2.1 to 2.6 of the form divide them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// Section 2.1.
    PublicDataset,
    /// Section 2.2.1.
    Licensed,
    /// Section 2.2.2.
    Private,
    /// Section 2.3.
    Crawled,
    /// Section 2.4.
    User,
    /// Section 2.5.
    Synthetic,
    /// Section 2.6.
    Other,
}

impl SourceKind {
    const ALL: [Self; 7] = [
        Self::PublicDataset,
        Self::Licensed,
        Self::Private,
        Self::Crawled,
        Self::User,
        Self::Synthetic,
        Self::Other,
    ];

    /// Its word in the answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::PublicDataset => "public-dataset",
            Self::Licensed => "licensed",
            Self::Private => "private",
            Self::Crawled => "crawled",
            Self::User => "user",
            Self::Synthetic => "synthetic",
            Self::Other => "other",
        }
    }

    /// The questions of which one must be answered with yes where there is such a source.
    fn gates(self) -> &'static [&'static str] {
        match self {
            Self::PublicDataset => &["pub.used"],
            Self::Licensed => &["lic.any"],
            Self::Private => &["priv.any"],
            Self::Crawled => &["crawl.used"],
            Self::User => &["user.model", "user.services"],
            Self::Synthetic => &["syn.used"],
            Self::Other => &["oth.used"],
        }
    }
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

    fn contradictions(&mut self) {
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

fn scalar(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}

/// The answer in a value; nothing where it is left empty; what to write where it cannot be read.
fn answer(kind: Kind, value: &DeValue<'_>) -> Result<Option<Answer>, &'static str> {
    let text = scalar(value);
    let said = |remedy: &'static str| text.clone().ok_or(remedy);
    Ok(match kind {
        Kind::Text => Some(Answer::Text(said("write text in quotes")?)),
        Kind::YesNo => match said("write yes or no")?.to_lowercase().as_str() {
            "yes" => Some(Answer::YesNo(true)),
            "no" => Some(Answer::YesNo(false)),
            _ => return Err("write yes, no, or \"unknown: why\""),
        },
        Kind::Day => {
            let day = said("write YYYY-MM-DD")?;
            if !is_day(&day) {
                return Err("write YYYY-MM-DD");
            }
            Some(Answer::Day(day))
        }
        Kind::Month => {
            let month = said("write YYYY-MM")?;
            if !is_month(&month) {
                return Err("write YYYY-MM");
            }
            Some(Answer::Month(month))
        }
        Kind::Period => {
            const REMEDY: &str = "write { from = \"YYYY-MM\", to = \"YYYY-MM\" }";
            let DeValue::Table(table) = value else { return Err(REMEDY) };
            let month = |name: &str| {
                let value = table.iter().find(|(key, _)| key.get_ref().as_ref() == name)?.1;
                scalar(value.get_ref()).filter(|month| is_month(month))
            };
            match (month("from"), month("to")) {
                (Some(from), Some(to)) => Some(Answer::Period(Months { from, to })),
                _ => return Err(REMEDY),
            }
        }
        Kind::Modalities => {
            const REMEDY: &str = "write a list of text, image, audio, video, other";
            let DeValue::Array(list) = value else { return Err(REMEDY) };
            let mut chosen = Vec::new();
            for one in list {
                let word = scalar(one.get_ref()).ok_or(REMEDY)?.to_lowercase();
                chosen.push(
                    Modality::ALL.into_iter().find(|m| m.label().to_lowercase() == word).ok_or(REMEDY)?,
                );
            }
            chosen.sort_unstable();
            chosen.dedup();
            (!chosen.is_empty()).then_some(Answer::Modalities(chosen))
        }
        Kind::List => {
            const REMEDY: &str = "write a list of names, or of { name = \"\", link = \"\", version = \"\", summary = \"\", detail = \"\" }";
            let DeValue::Array(list) = value else { return Err(REMEDY) };
            let named: Option<Vec<Named>> =
                list.iter().take(LIST_MAX).map(|one| named(one.get_ref())).collect();
            let named = named.ok_or(REMEDY)?;
            (!named.is_empty()).then_some(Answer::List(named))
        }
    })
}

fn named(value: &DeValue<'_>) -> Option<Named> {
    let mut named = Named::default();
    let DeValue::Table(table) = value else {
        named.name = scalar(value).filter(|name| !name.trim().is_empty())?;
        return Some(named);
    };
    for (key, value) in table {
        let text = scalar(value.get_ref())?;
        let text = (!text.trim().is_empty()).then_some(text);
        match key.get_ref().as_ref() {
            "name" => named.name = text?,
            "link" => named.link = text,
            "version" => named.version = text,
            "summary" => named.summary = text,
            "detail" => named.detail = text,
            _ => return None,
        }
    }
    (!named.name.is_empty()).then_some(named)
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_month(text: &str) -> bool {
    text.len() == 7 && format!("{text}-01").parse::<jiff::civil::Date>().is_ok()
}

/// The questionnaire: every question of the form with its explanation, nothing answered.
pub fn questionnaire() -> String {
    let mut out = String::from(PREAMBLE);
    let mut table = "";
    let mut section = "";
    for field in FIELDS.iter().filter(|field| field.filled != Filled::Kept && field.key != "mod.text.band") {
        let (in_table, name) = field.key.rsplit_once('.').unwrap_or(("", field.key));
        if field.section != section {
            section = field.section;
            let title =
                template::sections().find(|(number, _)| *number == section).map_or("", |(_, title)| title);
            let _ = writeln!(out, "\n# --- {section} {title}");
        }
        if in_table != table {
            table = in_table;
            let _ = writeln!(out, "\n[{table}]");
        }
        let _ = writeln!(out, "\n# {}", field.label);
        if !field.help.is_empty() {
            let _ = writeln!(out, "# {}", field.help);
        }
        if field.optional && !field.label.contains("optional") {
            out.push_str("# Optional.\n");
        }
        if !field.gates.is_empty() {
            let _ = writeln!(out, "# Only where {} is yes.", field.gates.join(" or "));
        }
        let empty = match field.kind {
            Kind::Modalities | Kind::List => "[]",
            Kind::Period => "\"\"  # { from = \"2025-01\", to = \"2025-06\" }",
            _ => "\"\"",
        };
        let _ = writeln!(out, "{name} = {empty}");
    }
    out
}

const PREAMBLE: &str = "\
# Answers for the public summary of training content, Article 53(1)(d) of Regulation (EU) 2024/1689,
# template C(2025) 8311 of 5 December 2025 (first published as C(2025) 5235 of 24 July 2025).
#
# What the runs show is filled in by `placet summary draft`. What stands here is the word of the person named below and is
# printed as such. Leave empty what is not answered: the summary then says so. Where something is not known, write
# \"unknown: \" and the reason.

[attested]
# Name and role of the person who gives these answers.
by = \"\"
# The day, YYYY-MM-DD.
on = \"\"

[training]
# \"cleared\": the model was trained on what the scans kept; \"whole\": on everything that was scanned.
data = \"cleared\"
# \"yes\" where the provider is a small or medium-sized enterprise: the list of domains is then the top 5 % or 1,000,
# whichever is fewer, instead of the top 10 %.
small_provider = \"no\"

# One [[source]] for each body of data, so that sizes, periods and domains are counted where they belong. Kinds:
# public-dataset, licensed, private, crawled, user, synthetic, other. `paths` are beginnings of file names below the corpus
# of the run; without paths a source takes everything of its run. `bytes` is for a dataset that no run holds.
#
# [[source]]
# name = \"Example dataset\"
# kind = \"public-dataset\"
# run = \"run\"
# paths = [\"example/\"]
# link = \"https://example.org/dataset\"
# version = \"1.0\"
# selection = \"how the part that was used was selected\"
";

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
