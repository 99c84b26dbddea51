//! Reads a form out of text: finds the labels of the template in the order in which the file prints its text, and takes what stands
//! between one and the next as the answer.
//!
//! Labels may be broken over lines, carry other punctuation and lack letters that a font did not map (U+FFFD).

mod labels;
mod lines;
mod sizes;

use serde::Serialize;

use crate::summary::document::{Answer, Stands, Summary};
use crate::summary::template::{self, FIELDS, sections};
use labels::{What, hits};
use lines::{Line, between, lines, words};
use sizes::sizes;

pub use lines::TEXT_BYTES_MAX;

/// The text of one page; a web page is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its number, from 1.
    pub number: u32,
    /// Its text, in the order in which it is drawn.
    pub text: String,
}

/// Which form a summary follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The form of 24 July 2025 (and, with the same labels, of 5 December 2025).
    Final,
    /// The draft form of January 2025.
    Draft,
    /// Too few of its labels were found.
    Unknown,
}

/// A field that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Its key.
    pub key: &'static str,
    /// Its section.
    pub section: &'static str,
    /// Its label on the form.
    pub label: &'static str,
    /// The answer, line by line.
    pub value: String,
    /// The page on which its label stands; nothing where the file has no pages.
    pub page: Option<u32>,
    /// Whether the answer says itself that it does not apply.
    pub not_asked: bool,
}

impl Found {
    fn of(field: &'static template::Field, value: String, page: Option<u32>, not_asked: bool) -> Found {
        Found { key: field.key, section: field.section, label: field.label, value, page, not_asked }
    }
}

/// What was read of a summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The form.
    pub form: Form,
    /// The template that it names itself.
    pub template: Option<String>,
    /// Sections whose headings were found, with their pages.
    pub sections: Vec<(&'static str, Option<u32>)>,
    /// Fields, in the order of the form.
    pub fields: Vec<Found>,
    /// Whether it tells where it and its earlier versions stand.
    pub versions_linked: bool,
}

impl Reading {
    /// The field of this key.
    pub fn field(&self, key: &str) -> Option<&Found> {
        self.fields.iter().find(|found| found.key == key)
    }

    /// Its answer where it is not empty.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.field(key).map(|found| found.value.as_str()).filter(|value| !value.trim().is_empty())
    }
}

/// Reads the pages of a published summary.
pub fn read(pages: &[Page], paged: bool) -> Reading {
    let lines = lines(pages);
    let words = words(&lines);
    let hits = hits(&words, &lines);
    let mut fields: Vec<Found> = Vec::new();
    let mut found_sections: Vec<(&'static str, Option<u32>)> = Vec::new();
    let mut of_sizes = String::new();
    for (at, hit) in hits.iter().enumerate() {
        let end = hits.get(at + 1).map_or((lines.len(), 0), |next| next.begin);
        let value = between(&lines, hit.end, end);
        let page = lines.get(hit.begin.0).map(|line| line.page).filter(|_| paged);
        match hit.what {
            What::Section(number) => {
                if !found_sections.iter().any(|(held, _)| *held == number) {
                    found_sections.push((number, page));
                }
                if number == "1.3" {
                    of_sizes.push_str(&value);
                    of_sizes.push('\n');
                }
            }
            What::End => {}
            What::Field(field) => {
                if field.key == "mod.selected" {
                    of_sizes.push_str(&value);
                }
                let not_asked = value.starts_with("Not applicable:");
                fields.push(Found::of(field, value, page, not_asked));
            }
        }
    }
    if !fields.iter().any(|found| found.key == "mod.text.band") {
        let page = found_sections.iter().find(|(number, _)| *number == "1.3").and_then(|(_, page)| *page);
        sizes(&of_sizes, page, &mut fields);
    }
    front(&lines, paged, &mut fields);
    fields.sort_by_key(|found| FIELDS.iter().position(|field| field.key == found.key));
    let text: String = lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect();
    let version = fields.iter().filter(|found| found.key == "doc.version" || found.key == "doc.link");
    let versions_linked = version.into_iter().any(|found| found.value.contains("http"));
    Reading {
        form: form(&text, &fields),
        template: template_named(&text),
        sections: found_sections,
        fields,
        versions_linked,
    }
}

/// Reads `summary.json`.
pub fn read_summary(summary: &Summary) -> Reading {
    let fields = summary.fields.iter().filter_map(|entry| {
        let field = template::field(&entry.key)?;
        Some(Found::of(
            field,
            match &entry.answer {
                Answer::NotAsked(_) => String::new(),
                answer => answer.text(),
            },
            None,
            entry.stands == Stands::NotAsked,
        ))
    });
    let fields: Vec<Found> = fields.collect();
    let mut numbers: Vec<(&'static str, Option<u32>)> = Vec::new();
    for (number, _) in sections() {
        if fields
            .iter()
            .any(|found| found.section == number || found.section.starts_with(&format!("{number}.")))
        {
            numbers.push((number, None));
        }
    }
    let linked = fields.iter().any(|found| found.key == "doc.link" && found.value.contains("http"));
    Reading {
        form: Form::Final,
        template: Some(summary.template.name.clone()).filter(|name| !name.is_empty()),
        sections: numbers,
        fields,
        versions_linked: linked,
    }
}

/// Version and day, where the head of a page states them in a line of its own wording.
fn front(lines: &[Line], paged: bool, fields: &mut Vec<Found>) {
    let head: Vec<&Line> = lines.iter().filter(|line| !line.text.is_empty()).take(12).collect();
    let text = head.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    let page = head.first().map(|line| line.page).filter(|_| paged);
    let lower = text.to_lowercase();
    let mut add = |key: &str, value: &str| {
        if let Some(field) = template::field(key)
            && !fields.iter().any(|found| found.key == key)
        {
            let value = value.trim().trim_matches(['-', '–', ' ']).to_owned();
            fields.push(Found::of(field, value, page, false));
        }
    };
    let dated = ["last updated:", "last update:"]
        .iter()
        .find_map(|label| lower.find(label).map(|at| (at, at + label.len())));
    if let Some((_, after)) = dated.filter(|_| lower.len() == text.len()) {
        let day: String =
            text.get(after..).unwrap_or_default().trim().chars().take_while(|c| !c.is_whitespace()).collect();
        add("doc.last_update", &day);
    }
    if let Some(at) = lower.find("summary v").filter(|_| lower.len() == text.len()) {
        let end = dated.map_or(text.len(), |(at, _)| at).max(at + 8);
        add("doc.version", text.get(at + 8..end).unwrap_or_default());
    }
}

fn form(text: &str, fields: &[Found]) -> Form {
    let lower = text.to_lowercase();
    let old = [
        "10% dei principali nomi di dominio",
        "top 10% internet domain names",
        "top 10% of internet domain names",
    ];
    if old.iter().any(|mark| lower.contains(mark)) {
        Form::Draft
    } else if fields
        .iter()
        .filter(|found| found.section.starts_with('2') || found.section.starts_with('3'))
        .count()
        >= 4
    {
        Form::Final
    } else {
        Form::Unknown
    }
}

fn template_named(text: &str) -> Option<String> {
    let at = text.find("C(2025)")?;
    let words: Vec<&str> = text.get(at..)?.split_whitespace().take(3).collect();
    Some(words.join(" ").trim_end_matches(['.', ',']).to_owned())
}
