//! The table of modalities, bands and types of content.

use super::Found;
use super::lines::label_words;
use crate::critic::marks::marks;
use crate::summary::band::Modality;
use crate::summary::document::Answer;
use crate::summary::template;

/// The table of modalities: boxes of modalities, boxes of bands, other units, and types of content, in the order in which it is drawn.
pub(super) fn sizes(text: &str, page: Option<u32>, fields: &mut Vec<Found>) {
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
            fields.push(Found::of(field, value, page, false));
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
