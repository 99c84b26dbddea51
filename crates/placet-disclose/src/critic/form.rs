//! Reads a form out of text: finds the labels of the template in the order in which the file prints its text, and takes what stands
//! between one and the next as the answer.
//!
//! Labels may be broken over lines, carry other punctuation and lack letters that a font did not map (U+FFFD).

use serde::Serialize;

use super::marks::marks;
use crate::summary::band::Modality;
use crate::summary::document::{Answer, Stands, Summary};
use crate::summary::html::STANDS_ON;
use crate::summary::template::{self, FIELDS, Field, sections};

/// Text behind this is not read.
pub const TEXT_BYTES_MAX: usize = 16 << 20;

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
                fields.push(Found {
                    key: field.key,
                    section: field.section,
                    label: field.label,
                    value,
                    page,
                    not_asked,
                });
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
        Some(Found {
            key: field.key,
            section: field.section,
            label: field.label,
            value: match &entry.answer {
                Answer::NotAsked(_) => String::new(),
                answer => answer.text(),
            },
            page: None,
            not_asked: entry.stands == Stands::NotAsked,
        })
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

struct Line {
    page: u32,
    text: String,
}

struct Word {
    line: usize,
    /// Byte behind the word in its line.
    end: usize,
    begin: usize,
    /// Whether it is the first word of its line.
    first: bool,
    text: String,
}

fn lines(pages: &[Page]) -> Vec<Line> {
    let mut out = Vec::new();
    let mut left = TEXT_BYTES_MAX;
    for page in pages {
        let number = page.number.to_string();
        for line in page.text.lines() {
            left = left.saturating_sub(line.len());
            if left == 0 {
                return out;
            }
            let text = line
                .replace('ʼ', "'")
                .replace('ﬁ', "fi")
                .replace('ﬂ', "fl")
                .replace('ﬀ', "ff")
                .replace('ﬃ', "ffi")
                .replace('ﬄ', "ffl");
            let text = text.trim();
            let lower = text.to_lowercase();
            let noise = text == number
                || NOISE.iter().any(|noise| lower.starts_with(noise))
                || text.starts_with(STANDS_ON);
            if !noise {
                out.push(Line { page: page.number, text: text.to_owned() });
            }
        }
    }
    out
}

/// Lines that page furniture leaves.
const NOISE: [&str; 2] = ["click for full information", "use via api"];

fn words(lines: &[Line]) -> Vec<Word> {
    let mut out = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        split(&line.text, |text, begin, end, first| out.push(Word { line: at, begin, end, first, text }));
    }
    out
}

/// Words of a text: runs of letters, digits and what a font did not map, in lower case.
fn split(text: &str, mut each: impl FnMut(String, usize, usize, bool)) {
    let mut open: Option<(usize, String)> = None;
    let mut first = true;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_alphanumeric() || c == '\u{fffd}' {
            open.get_or_insert_with(|| (at, String::new())).1.extend(c.to_lowercase());
        } else if let Some((begin, word)) = open.take() {
            each(word, begin, at, first);
            first = false;
        }
    }
}

fn label_words(label: &str) -> Vec<String> {
    let mut out = Vec::new();
    split(label, |word, _, _, _| out.push(word));
    out
}

/// How many words of the text the label takes from `at` on; nothing if it does not stand there.
fn fits(words: &[Word], at: usize, label: &[String]) -> Option<usize> {
    let mut next = at;
    for word in label {
        let here = words.get(next)?;
        if same(&here.text, word) {
            next += 1;
        } else if words.get(next + 1).is_some_and(|after| {
            word.len() == here.text.len() + after.text.len()
                && *word == format!("{}{}", here.text, after.text)
        }) {
            // A word divided at the end of a line.
            next += 2;
        } else {
            return None;
        }
    }
    Some(next - at)
}

fn same(found: &str, word: &str) -> bool {
    if found == word {
        return true;
    }
    let Some((begin, rest)) = found.split_once('\u{fffd}') else { return false };
    let end = rest.rsplit('\u{fffd}').next().unwrap_or_default();
    word.len() >= begin.len() + end.len()
        && word.len() <= found.chars().count() + 4
        && word.starts_with(begin)
        && word.ends_with(end)
}

#[derive(Clone, Copy)]
enum What {
    Section(&'static str),
    Field(&'static Field),
    End,
}

struct Hit {
    what: What,
    begin: (usize, usize),
    end: (usize, usize),
}

/// Other wordings of labels: the draft form's label for domains (known from an Italian summary; the English ones translate it) and usual
/// shortenings.
const OTHERWISE: [(&str, &str); 9] = [
    ("doc.last_update", "Last updated:"),
    ("mod.text.size", "Alternatively, specify the approximate size in a different measurement unit:"),
    ("priv.desc", "General description of non-publicly known private datasets obtained from third parties"),
    ("crawl.names", "If yes, specify crawler name(s)/identifier(s)"),
    ("crawl.domains", "Elenco del 10% dei principali nomi di dominio internet per tipo di modalità"),
    ("crawl.domains", "List of the top 10% internet domain names"),
    ("crawl.domains", "List of top 10% of internet domain names"),
    ("data.comments", "Additional comments for Section 1.3"),
    ("oth.desc", "If yes, provide a narrative description of these data sources and the data"),
];

fn hits(words: &[Word], lines: &[Line]) -> Vec<Hit> {
    let mut labels: Vec<(Vec<String>, What)> =
        FIELDS.iter().map(|field| (label_words(field.label), What::Field(field))).collect();
    for (key, label) in OTHERWISE {
        if key != "mod.text.size"
            && let Some(field) = template::field(key)
        {
            labels.push((label_words(label), What::Field(field)));
        }
    }
    labels.push((label_words("Annex. How the numbers came about"), What::End));
    let mut headings: Vec<(Vec<String>, &'static str, usize)> = Vec::new();
    for (number, title) in sections().filter(|(number, _)| *number != "0") {
        let mut numbered = label_words(number);
        let digits = numbered.len();
        numbered.extend(label_words(title));
        headings.push((numbered, number, digits));
    }
    let mut hits: Vec<Hit> = Vec::new();
    let mut taken: Vec<&str> = Vec::new();
    let mut section = "0";
    let mut at = 0;
    while at < words.len() {
        let Some(word) = words.get(at) else { break };
        let mut best: Option<(usize, What)> = None;
        let start = words
            .get(..at)
            .unwrap_or_default()
            .iter()
            .rposition(|before| before.line != word.line)
            .map_or(0, |at| at + 1);
        let before = words.get(start..at).unwrap_or_default();
        let before_is = |what: fn(&str) -> bool| before.iter().all(|word| what(&word.text));
        let mut from_start = false;
        for (heading, number, digits) in &headings {
            let numbered = fits(words, at, heading);
            let title = heading.get(*digits..).unwrap_or_default();
            // Without its own number a heading is one only where it fills its line.
            let bare = before_is(|text| text.chars().all(|c| c.is_ascii_digit()))
                .then(|| fits(words, at, title))
                .flatten()
                .filter(|n| words.get(at + n).is_none_or(|after| after.first) && *number != "3.3");
            // A heading may stand behind its own title on one line.
            let twice = numbered.is_some()
                && before.len() == title.len()
                && before.iter().zip(title).all(|(word, title)| same(&word.text, title));
            if numbered.or(bare).is_some_and(|n| best.is_none_or(|(held, _)| n > held)) {
                from_start = twice || numbered.is_none();
            }
            if let Some(n) = numbered.or(bare) {
                best = longer(best, n, What::Section(number));
            }
        }
        if word.first {
            for (label, what) in &labels {
                if let What::Field(field) = what
                    && (taken.contains(&field.key)
                        || (label.len() < 3 && field.section != section)
                        || !near(field, section))
                {
                    continue;
                }
                if let Some(n) = fits(words, at, label) {
                    if best.is_none_or(|(held, _)| n > held) {
                        from_start = false;
                    }
                    best = longer(best, n, *what);
                }
            }
        }
        let Some((n, what)) = best else {
            at += 1;
            continue;
        };
        match what {
            What::Section(number) => section = number,
            What::Field(field) => taken.push(field.key),
            What::End => {}
        }
        let last = words.get(at + n - 1).unwrap_or(word);
        let rest = lines.get(last.line).and_then(|line| line.text.get(last.end..)).unwrap_or_default();
        let skip = rest.len()
            - rest.trim_start_matches([':', '?', ')', '.', ' ', '\u{a0}', '*', ']', '"', '”']).len();
        let begin = if from_start { 0 } else { word.begin };
        hits.push(Hit { what, begin: (word.line, begin), end: (last.line, last.end + skip) });
        at += n;
    }
    hits
}

/// The longest label wins; of equal ones the first.
fn longer(best: Option<(usize, What)>, n: usize, what: What) -> Option<(usize, What)> {
    match best {
        Some((held, _)) if held >= n => best,
        _ => Some((n, what)),
    }
}

/// Labels that several sections share belong to the one at hand.
fn near(field: &Field, section: &str) -> bool {
    let shared = FIELDS.iter().filter(|other| other.label == field.label).count() > 1;
    !shared
        || field.section == section
        || (field.section.starts_with("2.2") && section.starts_with("2.2") && field.key == "priv.comments")
}

/// The text between two places, without bullets and empty lines.
fn between(lines: &[Line], from: (usize, usize), to: (usize, usize)) -> String {
    let mut out: Vec<&str> = Vec::new();
    for at in from.0..=to.0 {
        let Some(line) = lines.get(at) else { break };
        let begin = if at == from.0 { from.1 } else { 0 };
        let end = if at == to.0 { to.1 } else { line.text.len() };
        let part = line.text.get(begin..end).unwrap_or_default();
        let part = part.trim().trim_start_matches(['◦', '•', '▪', '‣', '·', '●', '○']).trim();
        if !part.is_empty() {
            out.push(part);
        }
    }
    out.join("\n")
}

/// The table of modalities: boxes of modalities, boxes of bands, other units, and types of content, in the order in which it is drawn.
fn sizes(text: &str, page: Option<u32>, fields: &mut Vec<Found>) {
    let mut selected: Vec<Modality> = Vec::new();
    let mut current = None;
    let mut unit_next = false;
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut joined: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // The label of another unit is often broken over two lines.
        if joined.last().is_some_and(|last| last.ends_with("approximate size"))
            && line.starts_with("in a different")
        {
            if let Some(last) = joined.last_mut() {
                last.push(' ');
                last.push_str(line);
            }
        } else {
            joined.push(line.to_owned());
        }
    }
    let mut put = |key: String, line: &str| match rows.iter_mut().find(|row| row.0 == key) {
        Some(row) => {
            row.1.push('\n');
            row.1.push_str(line);
        }
        None => rows.push((key, line.to_owned())),
    };
    for line in &joined {
        let words = label_words(line);
        let boxes = marks(line);
        let mut is_box = false;
        for mark in &boxes {
            let of = label_words(&mark.words);
            if let Some(modality) = of.first().and_then(|word| modality(word)).filter(|_| of.len() <= 2) {
                is_box = true;
                if mark.ticked {
                    selected.push(modality);
                    current = Some(modality);
                } else {
                    current = None;
                }
            } else if band_like(&mark.words) {
                is_box = true;
                if let Some(modality) = current.filter(|_| mark.ticked) {
                    put(format!("mod.{}.band", name(modality)), &mark.words);
                }
            }
        }
        if is_box {
            unit_next = false;
        } else if let Some(modality) =
            words.first().and_then(|word| modality(word)).filter(|_| words.len() == 1)
        {
            selected.push(modality);
            current = Some(modality);
        } else if let (Some(modality), Some("size")) = (current, words.first().map(String::as_str)) {
            let said = line.split_once(':').map_or(line.as_str(), |(_, said)| said);
            put(format!("mod.{}.band", name(modality)), said.trim().trim_matches(['[', ']']));
        } else if words.first().is_some_and(|word| word == "alternatively") {
            unit_next = true;
            if let Some((_, said)) = line.split_once("unit:").filter(|(_, said)| !said.trim().is_empty()) {
                if let Some(modality) = current {
                    put(format!("mod.{}.size", name(modality)), said.trim());
                }
                unit_next = false;
            }
        } else if let Some(modality) = current {
            let part = if unit_next && line.chars().any(|c| c.is_ascii_digit()) { "size" } else { "types" };
            unit_next = false;
            put(format!("mod.{}.{part}", name(modality)), line);
        }
    }
    selected.sort_unstable();
    selected.dedup();
    let mut add = |key: &str, value: String| {
        if let Some(field) = template::field(key) {
            fields.retain(|found| found.key != field.key);
            fields.push(Found {
                key: field.key,
                section: field.section,
                label: field.label,
                value,
                page,
                not_asked: false,
            });
        }
    };
    if !selected.is_empty() {
        add("mod.selected", Answer::Modalities(selected).text());
    }
    for (key, value) in rows {
        // Amounts of the other modalities are one field, band or other unit.
        let key = if key.starts_with("mod.text") {
            key
        } else {
            key.replace(".band", ".amount").replace(".size", ".amount")
        };
        add(&key, value);
    }
}

fn modality(word: &str) -> Option<Modality> {
    Modality::ALL.into_iter().find(|modality| {
        let label = modality.label().to_lowercase();
        word == label || word.strip_suffix('s') == Some(label.as_str())
    })
}

fn name(modality: Modality) -> &'static str {
    match modality {
        Modality::Text => "text",
        Modality::Image => "image",
        Modality::Audio => "audio",
        Modality::Video => "video",
        Modality::Other => "other",
    }
}

fn band_like(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["less than", "more than", " to "].iter().any(|word| lower.contains(word))
        && lower.chars().any(|c| c.is_ascii_digit())
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
            fields.push(Found {
                key: field.key,
                section: field.section,
                label: field.label,
                value,
                page,
                not_asked: false,
            });
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
