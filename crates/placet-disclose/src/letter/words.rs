//! The words of letters, from `letters/<language>.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

/// The words of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// BCP 47 code.
    pub code: &'static str,
    /// Name of the language in itself.
    pub language: String,
    date: String,
    months: Vec<String>,
    pub(super) salutation: String,
    pub(super) closing: String,
    pub(super) reference: String,
    pub(super) page_note: String,
    /// At the foot of a letter that was made from a document of a case, behind the note.
    pub(super) page_signed: String,
    pub(super) works: WorksWords,
    remedies: BTreeMap<String, String>,
    pub(super) reservation: Letter,
    pub(super) request: Letter,
    pub(super) complaint: Letter,
    pub(super) complaint_parts: ComplaintParts,
    pub(super) followup: Letter,
    kinds: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorksWords {
    pub(super) heading: String,
    pub(super) title: String,
    pub(super) credits: String,
    pub(super) identifiers: String,
    pub(super) all: String,
    pub(super) note: String,
}

/// Subject and paragraphs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ComplaintParts {
    pub(super) facts: String,
    pub(super) evidence: String,
    pub(super) evidence_note: String,
    pub(super) remedy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    language: String,
    date: String,
    months: Vec<String>,
    salutation: String,
    closing: String,
    reference: String,
    page_note: String,
    page_signed: String,
    works: WorksWords,
    remedies: BTreeMap<String, String>,
    reservation: Letter,
    request: Letter,
    complaint: ComplaintFile,
    followup: FollowupFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComplaintFile {
    subject: String,
    before: Vec<String>,
    facts: String,
    evidence: String,
    evidence_note: String,
    remedy: String,
    after: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowupFile {
    subject: String,
    before: Vec<String>,
    after: Vec<String>,
    kinds: BTreeMap<String, String>,
}

macro_rules! languages {
    ($($code:literal)+) => { &[$(($code, include_str!(concat!("../../letters/", $code, ".toml")))),+] };
}

const FILES: &[(&str, &str)] = languages!("en" "fr" "de" "es" "it" "pl");

/// Every language that letters are written in. To add one: its file, and its code in the list here.
pub static LANGUAGES: LazyLock<Vec<Words>> =
    LazyLock::new(|| FILES.iter().filter_map(|(code, text)| read(code, text).ok()).collect());

fn read(code: &'static str, text: &str) -> Result<Words, toml::de::Error> {
    let file: File = toml::from_str(text)?;
    let ComplaintFile { subject, before, facts, evidence, evidence_note, remedy, after } = file.complaint;
    let followup =
        Letter { subject: file.followup.subject, before: file.followup.before, after: file.followup.after };
    Ok(Words {
        code,
        language: file.language,
        date: file.date,
        months: file.months,
        salutation: file.salutation,
        closing: file.closing,
        reference: file.reference,
        page_note: file.page_note,
        page_signed: file.page_signed,
        works: file.works,
        remedies: file.remedies,
        reservation: file.reservation,
        request: file.request,
        complaint: Letter { subject, before, after },
        complaint_parts: ComplaintParts { facts, evidence, evidence_note, remedy },
        followup,
        kinds: file.followup.kinds,
    })
}

impl Words {
    /// The words of a language, by its code.
    pub fn of(code: &str) -> Option<&'static Words> {
        LANGUAGES.iter().find(|words| words.code.eq_ignore_ascii_case(code.trim()))
    }

    /// A day, written out.
    pub fn day(&self, day: Date) -> String {
        let month = usize::try_from(day.month()).ok().and_then(|m| self.months.get(m - 1)).cloned();
        self.date
            .replace("{day}", &day.day().to_string())
            .replace("{month}", &month.unwrap_or_default())
            .replace("{year}", &day.year().to_string())
    }

    /// A remedy by its word in the data; other words stay as they are.
    pub(super) fn remedy(&self, word: &str) -> String {
        self.remedies.get(word).cloned().unwrap_or_else(|| word.to_owned())
    }

    /// The words for remedies in the data.
    pub fn remedies(&self) -> impl Iterator<Item = &str> {
        self.remedies.keys().map(String::as_str)
    }

    /// The name of a kind of document.
    pub(super) fn kind(&self, kind: &str) -> String {
        self.kinds.get(kind).cloned().unwrap_or_else(|| kind.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Every text of a file by its path.
    fn texts(prefix: &str, value: &toml::Value, into: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::Table(table) => {
                table.iter().for_each(|(key, value)| texts(&format!("{prefix}.{key}"), value, into));
            }
            toml::Value::Array(values) => {
                values.iter().enumerate().for_each(|(n, value)| texts(&format!("{prefix}.{n}"), value, into));
            }
            other => {
                into.insert(prefix.to_owned(), other.as_str().unwrap_or_default().to_owned());
            }
        }
    }

    fn file(code: &str) -> BTreeMap<String, String> {
        let text = FILES.iter().find(|(c, _)| *c == code).unwrap().1;
        let mut into = BTreeMap::new();
        texts("", &toml::Value::Table(text.parse().unwrap()), &mut into);
        into
    }

    fn braces(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> =
            text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_language_has_every_text_and_the_same_facts() {
        assert_eq!(LANGUAGES.len(), FILES.len(), "a file does not read");
        let english = file("en");
        for (code, _) in FILES.iter().skip(1) {
            let other = file(code);
            let keys = |f: &BTreeMap<String, String>| f.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(&english), keys(&other), "{code}");
            for (key, text) in &other {
                assert!(!text.trim().is_empty(), "{code}{key} is empty");
                assert_eq!(braces(&english[key]), braces(text), "{code}{key}");
                // Long sentences that read the same were not translated.
                assert!(text.chars().count() < 24 || english[key] != *text, "{code}{key} is English");
            }
        }
    }

    #[test]
    fn days_are_written_as_each_language_does() {
        let day: Date = "2026-03-01".parse().unwrap();
        let written: Vec<String> = LANGUAGES.iter().map(|w| w.day(day)).collect();
        assert_eq!(
            written,
            [
                "1 March 2026",
                "1 mars 2026",
                "1. März 2026",
                "1 de marzo de 2026",
                "1 marzo 2026",
                "1 marca 2026 r."
            ]
        );
    }
}
