//! `summary.json`: the answers of one summary, each with what it stands on (`placet.summary/1`, `docs/formats/summary.md`).

use serde::{Deserialize, Serialize};

use super::band::Modality;
use super::template::{self, Field};

/// The version of the shape.
pub const SCHEMA: &str = "placet.summary/1";

/// A summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// `placet.summary/1`.
    pub schema: String,
    /// The template it follows.
    pub template: TemplateRef,
    /// Number of the version, from 1.
    pub version: u32,
    /// Day on which this version was drawn up, YYYY-MM-DD.
    pub made: String,
    /// Day by which the form has to be renewed at the latest: six months later.
    pub renew_by: String,
    /// Name and role of the person whose answers these are.
    pub attested_by: Option<String>,
    /// Day of the answers.
    pub attested_on: Option<String>,
    /// All fields in the order of the form; those that are not asked are here too and say so.
    pub fields: Vec<Entry>,
    /// The lists of domains, in all readings of the rule.
    pub domains: Option<DomainLists>,
    /// Languages as measured.
    pub languages: Vec<Share>,
    /// Scripts as measured.
    pub scripts: Vec<Share>,
    /// Sources as the provider divides its data, with what was measured of each.
    pub sources: Vec<SourceRow>,
    /// The files behind the numbers.
    pub evidence: Vec<EvidenceFile>,
    /// What a reader has to know about the numbers.
    pub limits: Vec<String>,
    /// Earlier versions, oldest first.
    pub previous: Vec<Previous>,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateRef {
    /// Its number.
    pub name: String,
    /// Its day.
    pub date: String,
}

/// One field with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Key in `docs/formats/summary.md`.
    pub key: String,
    /// Section of the form.
    pub section: String,
    /// Label on the form.
    pub label: String,
    /// What it stands on.
    pub stands: Stands,
    /// The answer.
    pub answer: Answer,
    /// Evidence behind what was measured.
    pub evidence: Vec<Evidence>,
}

/// What an answer stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    /// Counted from evidence.
    Measured,
    /// The word of the person named in `attested_by`.
    Attested,
    /// Both: a measured part and an attested one.
    Both,
    /// Kept by the program: versions and days.
    Kept,
    /// Nobody has answered, or the answer is that it is not known.
    Unknown,
    /// The form does not ask it, given the other answers.
    NotAsked,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
pub enum Answer {
    /// Not known, and why.
    Unknown(String),
    /// Not asked, and why.
    NotAsked(String),
    /// Yes or no.
    YesNo(bool),
    /// Text; paragraphs are divided by line feeds.
    Text(String),
    /// A day, YYYY-MM-DD.
    Day(String),
    /// A month, YYYY-MM.
    Month(String),
    /// From month to month, YYYY-MM.
    Period(Months),
    /// Modalities.
    Modalities(Vec<Modality>),
    /// Named things.
    List(Vec<Named>),
}

/// A period of months.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Months {
    /// YYYY-MM.
    pub from: String,
    /// YYYY-MM.
    pub to: String,
}

/// A thing with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Where it is documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The public summary of a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Evidence behind a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// A file of [`Summary::evidence`], by name.
    pub file: String,
    /// Which rows and columns, and what was done with them.
    pub what: String,
}

/// A file behind the numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    /// Its name, `run/decisions.parquet`.
    pub name: String,
    /// BLAKE3 of its bytes.
    pub blake3: String,
    /// Its size.
    pub bytes: u64,
}

/// A part of the data by language or script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// BCP 47 language subtag or the script's name.
    pub code: String,
    /// Its English name.
    pub name: String,
    /// Items.
    pub items: u64,
    /// Volume, in the unit of [`DomainLists::unit`] or bytes of text.
    pub volume: u64,
}

/// The lists of domains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainLists {
    /// The share by which was cut, in per cent: 10, or 5 for small providers.
    pub percent: u32,
    /// The greatest number, for small providers.
    pub at_most: Option<u64>,
    /// Unit of volume: `bytes of text` or `letters`.
    pub unit: String,
    /// Domains in all.
    pub domains: u64,
    /// Volume in all.
    pub volume: u64,
    /// Items without an address.
    pub items_without_address: u64,
    /// The reading that was published in the form.
    pub published: String,
    /// All readings of the rule.
    pub variants: Vec<Variant>,
    /// The published domains, largest first.
    pub list: Vec<DomainRow>,
}

/// A reading of the rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// `count/overall`, `volume/overall`, `count/text`, …
    pub name: String,
    /// In words.
    pub says: String,
    /// Domains it lists.
    pub domains: u64,
    /// Volume of these.
    pub volume: u64,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainRow {
    /// Registrable domain by the public suffix list.
    pub domain: String,
    /// Items.
    pub items: u64,
    /// Volume.
    pub volume: u64,
    /// Hosts below it.
    pub hosts: u64,
}

/// A source of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRow {
    /// As named in the answers.
    pub name: String,
    /// `public-dataset`, `licensed`, `private`, `crawled`, `user`, `synthetic`, `other` or `unassigned`.
    pub kind: String,
    /// Items.
    pub items: u64,
    /// Volume.
    pub volume: u64,
    /// First day of capture found.
    pub first: Option<String>,
    /// Last day of capture found.
    pub last: Option<String>,
}

/// An earlier version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its number.
    pub version: u32,
    /// Its day.
    pub made: String,
    /// Its file below the summary's folder.
    pub file: String,
    /// BLAKE3 of that file.
    pub blake3: String,
}

impl Summary {
    /// The entry of a field.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.fields.iter().find(|entry| entry.key == key)
    }

    /// Reads `summary.json`.
    pub fn read(bytes: &[u8]) -> Result<Summary, NotASummary> {
        let summary: Summary = serde_json::from_slice(bytes).map_err(|e| NotASummary(e.to_string()))?;
        if summary.schema == SCHEMA {
            Ok(summary)
        } else {
            Err(NotASummary(format!("its schema is `{}`", summary.schema)))
        }
    }
}

/// Bytes that are no summary of this shape.
#[derive(Debug, thiserror::Error)]
#[error("this is no {SCHEMA}: {0}")]
pub struct NotASummary(String);

impl Entry {
    /// An entry of a field.
    pub fn new(field: &Field, stands: Stands, answer: Answer, evidence: Vec<Evidence>) -> Entry {
        Entry {
            key: field.key.to_owned(),
            section: field.section.to_owned(),
            label: field.label.to_owned(),
            stands,
            answer,
            evidence,
        }
    }
}

impl Answer {
    /// The answer as one text, as the form would show it.
    pub fn text(&self) -> String {
        match self {
            Self::Unknown(why) => format!("Not known: {why}"),
            Self::NotAsked(why) => format!("Not applicable: {why}"),
            Self::YesNo(true) => "☒ Yes ☐ No".to_owned(),
            Self::YesNo(false) => "☐ Yes ☒ No".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Day(day) => day_of_form(day),
            Self::Month(month) => month_of_form(month),
            Self::Period(months) => {
                format!("From {} to {}", month_of_form(&months.from), month_of_form(&months.to))
            }
            Self::Modalities(chosen) => Modality::ALL
                .map(|modality| {
                    format!("{} {}", if chosen.contains(&modality) { '☒' } else { '☐' }, modality.label())
                })
                .join(" "),
            Self::List(list) => list.iter().map(Named::line).collect::<Vec<_>>().join("\n"),
        }
    }
}

impl Named {
    /// Name, version, links and detail in one line.
    pub fn line(&self) -> String {
        let mut line = self.name.clone();
        for (before, part) in [
            (" (version ", &self.version),
            (", ", &self.link),
            (", public summary: ", &self.summary),
            (": ", &self.detail),
        ] {
            if let Some(part) = part {
                line.push_str(before);
                line.push_str(part);
                if before.starts_with(" (") {
                    line.push(')');
                }
            }
        }
        line
    }
}

/// YYYY-MM-DD as DD/MM/YYYY.
fn day_of_form(day: &str) -> String {
    match day.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => format!("{day}/{month}/{year}"),
        _ => day.to_owned(),
    }
}

/// YYYY-MM as MM/YYYY.
fn month_of_form(month: &str) -> String {
    month.split_once('-').map_or_else(|| month.to_owned(), |(year, month)| format!("{month}/{year}"))
}

/// What the template is called in a summary of ours.
pub fn template_ref() -> TemplateRef {
    TemplateRef { name: template::TEMPLATE.to_owned(), date: template::TEMPLATE_DATE.to_owned() }
}
