//! Where the labels and headings of the form stand.

use super::lines::{Line, Word, label_words};
use crate::summary::template::{self, FIELDS, Field, sections};

#[derive(Clone, Copy)]
pub(super) enum What {
    Section(&'static str),
    Field(&'static Field),
    End,
}

pub(super) struct Hit {
    pub(super) what: What,
    pub(super) begin: (usize, usize),
    pub(super) end: (usize, usize),
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

pub(super) fn hits(words: &[Word], lines: &[Line]) -> Vec<Hit> {
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
