//! What is missing or wrong in a published summary, L1 to L16, each with its place and quotation.

use jiff::civil::Date;
use serde::Serialize;

use super::form::{Form, Found, Reading};
use super::marks::{YesNo, yes_no};
use crate::summary::band::Modality;
use crate::summary::draft::renewal;
use crate::summary::measure::{EU_LANGUAGES, knows_language};
use crate::summary::template::{FIELDS, Field, Kind, SECTIONS, field};

/// A quotation is no longer than this.
const QUOTATION_CHARS: usize = 240;

/// The lints and what each looks for.
pub const LINTS: [(&str, &str); 16] = [
    ("L1", "a size band that the form does not have, or a wrong unit"),
    ("L2", "both, neither or an invented box ticked"),
    ("L3", "crawlers were used and no domain name is listed"),
    ("L4", "a crawler without an identifiable name"),
    ("L5", "a period of collection that is no pair of months"),
    ("L6", "a dataset without link or version"),
    ("L7", "a pointer to another page instead of an answer"),
    ("L8", "a field left out or blank, where an explicit none was due"),
    ("L9", "the draft form of January 2025"),
    ("L10", "older than six months"),
    ("L11", "a model it builds on, without a link to that model's summary"),
    ("L12", "languages not named"),
    ("L13", "a section missing"),
    ("L14", "no link to where it stands and to earlier versions"),
    ("L15", "the version of the template not stated"),
    ("L16", "answers that contradict one another"),
];

/// Something a summary lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which lint.
    pub lint: &'static str,
    /// Section of the form.
    pub section: &'static str,
    /// Key of the field; nothing where it is about the whole.
    pub field: Option<&'static str>,
    /// What was found.
    pub says: String,
    /// The summary's own words; empty where there are none.
    pub quotation: String,
    /// Their page; nothing where the file has no pages.
    pub page: Option<u32>,
}

/// Whether the form asks a field, given the other answers.
pub(super) fn asked(reading: &Reading, of: &Field) -> bool {
    if of.optional || reading.field(of.key).is_some_and(|found| found.not_asked) {
        return false;
    }
    if let Some((modality, _)) = of.key.strip_prefix("mod.").and_then(|rest| rest.split_once('.')) {
        // The table of sizes: a band for each selected modality; the other unit stands for it where given.
        let selected = reading.value("mod.selected").map_or(modality == "text", |value| {
            value.contains(&format!(
                "☒ {}{}",
                modality.get(..1).unwrap_or_default().to_uppercase(),
                modality.get(1..).unwrap_or_default()
            ))
        });
        return selected && of.key.rsplit('.').next() != Some("size");
    }
    of.gates.is_empty() || of.gates.iter().any(|gate| said(reading, gate) == Some(true))
}

/// Whether a field has an answer, be it no or none.
pub(super) fn answered(reading: &Reading, key: &str) -> bool {
    match field(key).map(|field| field.kind) {
        Some(Kind::YesNo) => reading.field(key).is_some_and(|found| yes_no(&found.value).said().is_some()),
        Some(Kind::Modalities) => reading.value(key).is_some_and(|value| {
            super::marks::marks(value).is_empty() || super::marks::marks(value).iter().any(|mark| mark.ticked)
        }),
        _ => reading.value(key).is_some_and(|value| !unanswered(value)),
    }
}

fn said(reading: &Reading, key: &str) -> Option<bool> {
    reading.field(key).and_then(|found| yes_no(&found.value).said())
}

fn unanswered(value: &str) -> bool {
    value.starts_with("Not known: nobody has answered") || value.trim().chars().all(|c| !c.is_alphanumeric())
}

/// Whether words say that there is nothing.
fn is_none(value: &str) -> bool {
    let lower = value.trim().trim_end_matches('.').to_lowercase();
    matches!(lower.as_str(), "" | "none" | "n/a" | "na" | "not applicable" | "no" | "-" | "–")
        || lower.starts_with("not applicable")
        || lower.starts_with("not known")
}

/// All findings, in the order of the lints.
pub fn lint(reading: &Reading, today: Date) -> Vec<Finding> {
    let mut out = Findings { reading, list: Vec::new() };
    out.bands();
    out.boxes();
    if said(reading, "crawl.used") == Some(true) {
        out.crawlers();
    }
    out.datasets();
    out.deferrals();
    out.blanks();
    if reading.form == Form::Draft {
        out.whole(
            "L9",
            "0",
            "this is the draft form of January 2025, not the form of 24 July 2025".to_owned(),
        );
    }
    out.age(today);
    out.chains();
    out.languages();
    out.sections();
    if !reading.versions_linked {
        out.about(
            "L14",
            "doc.version",
            "no address says where this summary and its earlier versions stand".to_owned(),
        );
    }
    if reading.template.is_none() {
        out.whole(
            "L15",
            "0",
            "it does not say which text of the template it follows (C(2025) 5235 or C(2025) 8311)".to_owned(),
        );
    }
    out.contradictions();
    let order = |lint: &str| LINTS.iter().position(|(name, _)| *name == lint);
    out.list.sort_by_key(|finding| order(finding.lint));
    out.list
}

struct Findings<'a> {
    reading: &'a Reading,
    list: Vec<Finding>,
}

impl Findings<'_> {
    fn whole(&mut self, lint: &'static str, section: &'static str, says: String) {
        self.list.push(Finding { lint, section, field: None, says, quotation: String::new(), page: None });
    }

    /// A finding about a field, quoted from it.
    fn about(&mut self, lint: &'static str, key: &'static str, says: String) {
        let found = self.reading.field(key);
        let words =
            found.map_or("", |found| if found.value.is_empty() { found.label } else { found.value.as_str() });
        let quotation = words.to_owned();
        self.quoted(lint, key, says, &quotation);
    }

    fn quoted(&mut self, lint: &'static str, key: &'static str, says: String, words: &str) {
        let section = field(key).map_or("0", |field| field.section);
        let page = self.reading.field(key).and_then(|found| found.page);
        self.list.push(Finding { lint, section, field: Some(key), says, quotation: quotation(words), page });
    }

    fn bands(&mut self) {
        for (key, modality) in [
            ("mod.text.band", Modality::Text),
            ("mod.image.amount", Modality::Image),
            ("mod.audio.amount", Modality::Audio),
            ("mod.video.amount", Modality::Video),
        ] {
            let Some(value) = self.reading.value(key).filter(|value| !is_none(value)) else { continue };
            let (Some(bands), Some(unit)) = (modality.bands(), modality.unit()) else { continue };
            let said = plain(value);
            let wrong = Modality::ALL
                .into_iter()
                .filter_map(Modality::unit)
                .find(|other| *other != unit && said.contains(other));
            if let Some(wrong) = wrong.filter(|_| !said.contains(unit)) {
                self.about(
                    "L1",
                    key,
                    format!("the size is in {wrong}; the form measures this modality in {unit}"),
                );
            } else if !bands.iter().any(|band| said.contains(&plain(band))) {
                self.about("L1", key, format!("none of the form's bands: {}", bands.join(", ")));
            }
        }
    }

    fn boxes(&mut self) {
        for of in FIELDS.iter().filter(|field| field.kind == Kind::YesNo && !field.optional) {
            let Some(found) = self.reading.field(of.key) else { continue };
            let says = match yes_no(&found.value) {
                YesNo::Both => "both boxes are ticked".to_owned(),
                YesNo::Neither => "neither box is ticked".to_owned(),
                YesNo::Invented(words) => {
                    format!("a box that the form does not have is ticked: {}", quotation(&words))
                }
                YesNo::Shown(yes) => {
                    format!(
                        "only “{}” is printed, and its box is empty; read as that answer",
                        if yes { "Yes" } else { "No" }
                    )
                }
                YesNo::Yes | YesNo::No => continue,
            };
            self.about("L2", of.key, says);
        }
    }

    fn crawlers(&mut self) {
        let domains = self.reading.value("crawl.domains").unwrap_or_default();
        if !domains
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '|'))
            .any(is_domain)
        {
            self.about("L3", "crawl.domains", "crawlers were used, and no domain name is listed".to_owned());
        }
        let names = self.reading.value("crawl.names").unwrap_or_default();
        if is_none(names) {
            self.about("L4", "crawl.names", "crawlers were used, and none is named".to_owned());
        } else if !names.split_whitespace().any(is_agent) {
            self.about(
                "L4",
                "crawl.names",
                "no word of this could be the name that a crawler sends".to_owned(),
            );
        }
        let period = self.reading.value("crawl.period").unwrap_or_default();
        if months(period) < 2 {
            self.about(
                "L5",
                "crawl.period",
                "the period of collection is no pair of months (MM/YYYY)".to_owned(),
            );
        }
    }

    fn datasets(&mut self) {
        if said(self.reading, "pub.used") != Some(true) {
            return;
        }
        let value = self.reading.value("pub.large").unwrap_or_default().to_owned();
        if !value.contains("http") {
            if !is_none(&value) {
                self.about("L6", "pub.large", "no dataset has a link".to_owned());
            }
            return;
        }
        let linked = linked(&value);
        let unversioned: Vec<&String> = linked.iter().filter(|line| !has_version(line)).collect();
        if let Some(first) = unversioned.first() {
            let says = format!(
                "{} of {} linked datasets are named without a version",
                unversioned.len(),
                linked.len()
            );
            let first = (*first).clone();
            self.quoted("L6", "pub.large", says, &first);
        }
    }

    fn deferrals(&mut self) {
        for key in [
            "crawl.domains",
            "crawl.names",
            "crawl.behaviour",
            "crawl.desc",
            "data.languages",
            "tdm.measures",
            "illegal.measures",
        ] {
            let Some(value) = self.reading.value(key) else { continue };
            let words = value
                .split_whitespace()
                .filter(|word| !word.contains("http") && word.chars().any(char::is_alphabetic))
                .count();
            let lower = value.to_lowercase();
            let points = value.contains("http")
                || ["see here", "see list", "listed here", "available here", "refer to"]
                    .iter()
                    .any(|w| lower.contains(w));
            if points
                && words <= DEFERRAL_WORDS
                && !(key == "crawl.names" && value.split_whitespace().any(is_agent))
            {
                self.about(
                    "L7",
                    key,
                    "it points to another page, whose content can change, instead of answering".to_owned(),
                );
            }
        }
    }

    fn blanks(&mut self) {
        for of in FIELDS.iter().filter(|field| asked(self.reading, field)) {
            let missing_section =
                !self.reading.sections.iter().any(|(number, _)| *number == of.section) && of.section != "0";
            if answered(self.reading, of.key)
                || missing_section
                || (of.kind == Kind::YesNo && self.reading.field(of.key).is_some())
            {
                continue;
            }
            let says = match self.reading.field(of.key) {
                Some(found) if found.value.starts_with("Not known") => {
                    "it says that nobody has answered".to_owned()
                }
                Some(_) => "left blank; where there is nothing, the form wants that said".to_owned(),
                None => format!("the field is not there: “{}”", of.label),
            };
            self.about("L8", of.key, says);
        }
    }

    fn age(&mut self, today: Date) {
        match self.reading.value("doc.last_update").and_then(day) {
            Some(made) if renewal(made) < today => {
                self.about("L10", "doc.last_update", format!("it was to be renewed by {}", renewal(made)));
            }
            Some(_) => {}
            None => self.about(
                "L10",
                "doc.last_update",
                "no day of the last update can be read, so that its age is not known".to_owned(),
            ),
        }
    }

    fn chains(&mut self) {
        for key in ["model.dependencies", "syn.gpai", "syn.other"] {
            let Some(value) = self.reading.value(key).filter(|value| !is_none(value)) else { continue };
            if !value.to_lowercase().contains("summary:")
                && !value.to_lowercase().contains("summary of training content")
            {
                self.about(
                    "L11",
                    key,
                    "models are named, and none of their public summaries is linked: the chain breaks here"
                        .to_owned(),
                );
            }
        }
    }

    fn languages(&mut self) {
        let Some(value) = self.reading.value("data.languages").filter(|value| !unanswered(value)) else {
            return;
        };
        let named = value.split(|c: char| !c.is_alphabetic()).filter(|word| knows_language(word)).count();
        if named == 0 {
            self.about("L12", "data.languages", "no language is named".to_owned());
        } else if value.to_lowercase().contains("eu languages")
            || value.to_lowercase().contains("official languages of the european union")
        {
            let missing: Vec<&str> =
                EU_LANGUAGES.iter().map(|(_, name)| *name).filter(|name| !value.contains(name)).collect();
            if named < EU_LANGUAGES.len()
                && !missing.is_empty()
                && value.to_lowercase().contains("all eu languages")
            {
                self.about(
                    "L12",
                    "data.languages",
                    format!("official languages are claimed and not named: {}", missing.join(", ")),
                );
            }
        }
    }

    fn sections(&mut self) {
        for (number, title) in SECTIONS.iter().filter(|(number, _)| number.contains('.')) {
            if !self.reading.sections.iter().any(|(found, _)| found == number) {
                self.whole("L13", number, format!("section {number}, “{title}”, is not there"));
            }
        }
    }

    fn contradictions(&mut self) {
        for of in FIELDS.iter().filter(|field| !field.gates.is_empty()) {
            let no = of.gates.iter().all(|gate| said(self.reading, gate) == Some(false));
            let filled = self.reading.field(of.key).is_some_and(|found| is_filled(found, of));
            if no && filled {
                let gate = of.gates.first().copied().unwrap_or_default();
                let question = field(gate).map_or("", |gate| gate.label);
                self.about("L16", of.key, format!("filled, yet “{question}” is answered with no"));
            }
        }
    }
}

fn is_filled(found: &Found, of: &Field) -> bool {
    match of.kind {
        Kind::Modalities => super::marks::marks(&found.value).iter().any(|mark| mark.ticked),
        _ => !is_none(&found.value) && !unanswered(&found.value) && !found.not_asked,
    }
}

fn quotation(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(QUOTATION_CHARS) {
        Some((at, _)) => format!("{} …", text.get(..at).unwrap_or_default().trim_end()),
        None => text,
    }
}

/// A band as compared: lower case, no spaces, no plural of the number words (the form itself prints `1billion to 10 trillions`).
fn plain(text: &str) -> String {
    let lower: String = text
        .to_lowercase()
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '.' | '\u{a0}' | '\u{202f}'))
        .collect();
    lower.replace("trillions", "trillion").replace("billions", "billion").replace("millions", "million")
}

fn is_domain(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    if word.contains('@') || word.contains("//") || word.contains('/') || !word.contains('.') {
        return false;
    }
    let lower = word.to_lowercase();
    let sound = lower.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    sound && placet_suffix::is_known(&lower)
}

/// Whether a word could be the product token of a user agent (RFC 9110, section 10.1.5).
fn is_agent(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let lower = word.to_lowercase();
    let said = ["bot", "crawl", "spider", "agent", "fetch", "scrap"].iter().any(|part| lower.contains(part));
    let inner = word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    let versioned =
        word.split_once('/').is_some_and(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()));
    !lower.contains("http") && (said || inner || versioned)
}

/// Months of the form MM/YYYY in a text.
fn months(text: &str) -> usize {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '/'));
    parts
        .filter(|part| match part.split('/').collect::<Vec<_>>().as_slice() {
            [month, year] | [_, month, year] => {
                year.len() == 4 && month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month))
            }
            _ => false,
        })
        .count()
}

fn has_version(line: &str) -> bool {
    let lower = line.to_lowercase();
    if lower.contains("version") || lower.contains("revision") || lower.contains("snapshot") {
        return true;
    }
    let words = lower.split_whitespace().filter(|word| !word.contains("http"));
    words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).any(|word| {
        let digits = word.strip_prefix('v').unwrap_or(word);
        word != digits && digits.starts_with(|c: char| c.is_ascii_digit())
            || digits.contains('.') && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
    })
}

/// Entries with a link; an address that is broken over lines, or printed behind its own text, is one.
fn linked(value: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in value.lines() {
        match entries.last_mut() {
            Some(last) if last.contains("http") && last.ends_with(['-', '/', ':']) => last.push_str(line),
            _ => entries.push(line.to_owned()),
        }
    }
    entries.retain(|entry| entry.contains("http"));
    entries
}

/// A day as DD/MM/YYYY, YYYY-MM-DD or DD.MM.YYYY.
fn day(text: &str) -> Option<Date> {
    let word = text.split_whitespace().next()?.trim_end_matches([',', '.', ';']);
    if let Ok(day) = word.parse::<Date>() {
        return Some(day);
    }
    let parts: Vec<&str> = word.split(['/', '.', '-']).collect();
    let [first, second, year] = parts.as_slice() else { return None };
    let (first, second, year): (i8, i8, i16) =
        (first.parse().ok()?, second.parse().ok()?, year.parse().ok()?);
    Date::new(year, second, first).ok()
}

/// An answer of no more words than this that points elsewhere is a pointer.
const DEFERRAL_WORDS: usize = 25;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_periods_days_and_versions_are_told_from_prose() {
        for (word, domain) in [
            ("flickr.com", true),
            ("bbc.co.uk", true),
            ("https://a.com/x", false),
            ("e.g.", false),
            ("me@x.org", false),
            ("v1.0", false),
        ] {
            assert_eq!(is_domain(word), domain, "{word}");
        }
        for (word, agent) in [
            ("GPTBot", true),
            ("Bingbot,", true),
            ("xAI", true),
            ("Crawler", true),
            ("N/A", false),
            ("various", false),
        ] {
            assert_eq!(is_agent(word), agent, "{word}");
        }
        assert_eq!(months("From 02/2024 to 01/2026"), 2);
        assert_eq!(months("from 2018 onwards; 13/2020"), 0);
        for (text, found) in
            [("25/07/2025", Some("2025-07-25")), ("2025-07-25", Some("2025-07-25")), ("July 2025", None)]
        {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), found, "{text}");
        }
        let broken = "One: https://hf.co/a/one-\nset: https://hf.co/a/one-\nset\nof which a part\nTwo: https://hf.co/two:\nhttps://hf.co/two";
        assert_eq!(linked(broken).len(), 2);
        assert!(
            has_version("https://x.org/d (v1.0.0)")
                && has_version("The Stack v2: https://x.org")
                && !has_version("https://x.org/v2")
        );
    }
}
