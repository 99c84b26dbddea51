//! The lines and words of a file, in the order in which it prints them.

use super::Page;
use crate::summary::html::STANDS_ON;

/// Text behind this is not read.
pub const TEXT_BYTES_MAX: usize = 16 << 20;

pub(super) struct Line {
    pub(super) page: u32,
    pub(super) text: String,
}

pub(super) struct Word {
    pub(super) line: usize,
    /// Byte behind the word in its line.
    pub(super) end: usize,
    pub(super) begin: usize,
    /// Whether it is the first word of its line.
    pub(super) first: bool,
    pub(super) text: String,
}

pub(super) fn lines(pages: &[Page]) -> Vec<Line> {
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
                || is_folio(text, page.number)
                || NOISE.iter().any(|noise| lower.starts_with(noise));
            if !noise {
                out.push(Line { page: page.number, text: text.to_owned() });
            }
        }
    }
    out
}

/// Whether a line is the number of its page among all pages, `3 / 12`.
fn is_folio(text: &str, page: u32) -> bool {
    text.split_once('/').is_some_and(|(at, of)| {
        at.trim().parse() == Ok(page) && of.trim().parse::<u32>().is_ok_and(|of| of >= page)
    })
}

/// Lines that page furniture leaves.
const NOISE: [&str; 2] = ["click for full information", "use via api"];

pub(super) fn words(lines: &[Line]) -> Vec<Word> {
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

pub(super) fn label_words(label: &str) -> Vec<String> {
    let mut out = Vec::new();
    split(label, |word, _, _, _| out.push(word));
    out
}

/// The text between two places, without bullets and empty lines, up to what says on what the answer stands.
pub(super) fn between(lines: &[Line], from: (usize, usize), to: (usize, usize)) -> String {
    let mut out: Vec<&str> = Vec::new();
    for at in from.0..=to.0 {
        let Some(line) = lines.get(at) else { break };
        let begin = if at == from.0 { from.1 } else { 0 };
        let end = if at == to.0 { to.1 } else { line.text.len() };
        let part = line.text.get(begin..end).unwrap_or_default();
        let part = part.trim().trim_start_matches(['◦', '•', '▪', '‣', '·', '●', '○']).trim();
        if part.starts_with(STANDS_ON) {
            break;
        }
        if !part.is_empty() {
            out.push(part);
        }
    }
    out.join("\n")
}
