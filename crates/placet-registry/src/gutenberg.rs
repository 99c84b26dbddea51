//! Project Gutenberg's own words around a book: licence header and footer, production credits, transcriber's notes
//! at the front. They are common to thousands of files and belong to no work, so they are cut from the body that
//! is fingerprinted; the text is kept whole.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A part of a text that is no part of the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// First character, counted from 0.
    pub from: usize,
    /// The character after the last.
    pub until: usize,
    /// What stands there.
    pub what: String,
}

/// The byte range of the work's own text, and what was cut around it.
pub(crate) fn body(text: &str) -> (Range<usize>, Vec<Cut>) {
    let head = floor(text, HEAD_BYTES);
    let mut start = 0;
    let mut cuts: Vec<(Range<usize>, &str)> = Vec::new();
    if let Some(end) = header_end(&text[..head]) {
        cuts.push((0..end, "Project Gutenberg header"));
        start = end;
        let credits = credits_end(&text[start..]);
        if credits > 0 {
            cuts.push((start..start + credits, "Project Gutenberg credits"));
            start += credits;
        }
    }
    let mut end = text.len();
    if let Some(at) = footer_start(text, start) {
        cuts.push((at..text.len(), "Project Gutenberg footer"));
        end = at;
    }
    // Cut characters are counted once, from the front.
    let mut characters = 0;
    let mut byte = 0;
    let cuts = cuts
        .into_iter()
        .map(|(range, what)| {
            characters += text[byte..range.start].chars().count();
            let from = characters;
            characters += text[range.clone()].chars().count();
            byte = range.end;
            Cut { from, until: characters, what: what.to_owned() }
        })
        .collect();
    (start..end, cuts)
}

/// The end of the line that ends the header: `*** START OF TH(IS|E) PROJECT GUTENBERG EBOOK … ***`, which may run
/// over several lines, or the last line of the small print of the nineties.
fn header_end(head: &str) -> Option<usize> {
    if let Some(end) = small_print_end(head) {
        return Some(end);
    }
    let (start, line) = lines(head).find(|(_, line)| {
        let said = normal(line);
        said.starts_with("***startofth") && said.contains("projectgutenberg")
    })?;
    let stars = start + line.find("***")? + 3;
    // The marker closes with stars of its own, within a few lines; without them the line itself is the marker.
    let after = &head[stars..floor(head, stars + MARKER_BYTES)];
    let closed =
        after.find("***").filter(|at| !after[..*at].contains("\n\n") && !after[..*at].contains("\n\r\n"));
    let end = closed.map_or(start + line.len(), |at| stars + at + 3);
    Some(line_end(head, end))
}

/// `*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*` and its kin.
fn small_print_end(head: &str) -> Option<usize> {
    lines(head)
        .filter(|(_, line)| {
            let said = normal(line);
            said.starts_with("*end") && said.contains("thesmallprint")
        })
        .last()
        .map(|(start, line)| line_end(head, start + line.len()))
}

/// Paragraphs directly after the header that speak of who made the file, not of the work.
fn credits_end(text: &str) -> usize {
    let mut end = 0;
    for (range, paragraph) in paragraphs(&text[..floor(text, CREDITS_BYTES)]).take(CREDIT_PARAGRAPHS) {
        let said = normal(paragraph);
        let begins = CREDITS.iter().any(|credit| said.starts_with(credit));
        let speaks = SOURCES.iter().any(|source| said.contains(source));
        if !(begins || speaks && paragraph.len() < 1200) {
            break;
        }
        end = range.end;
    }
    end
}

/// The start of the line that begins the footer, in the later part of the text.
fn footer_start(text: &str, from: usize) -> Option<usize> {
    // A footer is short against a book, yet longer than many a short text; it is looked for from the header on.
    let tail = from.max(floor(text, text.len().saturating_sub(FOOTER_BYTES)));
    let tail = text[tail..].find('\n').map_or(tail, |at| tail + at + 1).max(from);
    let is_marker = |said: &str| {
        (said.starts_with("***endof") && said.contains("projectgutenberg"))
            || ENDS.iter().any(|end| said.starts_with(end))
    };
    lines(&text[tail..]).find(|(_, line)| is_marker(&normal(line))).map(|(start, _)| tail + start)
}

/// Letters, digits and stars of a line, in small letters, as much as a marker needs.
fn normal(line: &str) -> String {
    line.chars()
        .filter(|c| c.is_alphanumeric() || *c == '*')
        .flat_map(char::to_lowercase)
        .take(2000)
        .collect()
}

/// Lines with their start, without line breaks.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}

/// Paragraphs between empty lines, each with its range.
fn paragraphs(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut all: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (start, line) in lines(text) {
        let end = start + line.len();
        if line.trim().is_empty() {
            open = false;
        } else if let Some(last) = all.last_mut().filter(|_| open) {
            last.end = end;
        } else {
            all.push(start..end);
            open = true;
        }
    }
    all.into_iter().map(move |range| (range.clone(), &text[range]))
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |n| at + n + 1)
}

/// The next character boundary at or below.
fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

/// A header is no longer than this.
const HEAD_BYTES: usize = 64 * 1024;
/// Nor is a footer; the licence has some 19,000 characters.
const FOOTER_BYTES: usize = 96 * 1024;
const MARKER_BYTES: usize = 600;
const CREDITS_BYTES: usize = 16 * 1024;
const CREDIT_PARAGRAPHS: usize = 8;

/// How credits begin, in the letters that [`normal`] leaves.
const CREDITS: [&str; 16] = [
    "producedby",
    "etextpreparedby",
    "thisetextwaspreparedby",
    "thisetextwasproducedby",
    "thisebookwasproducedby",
    "preparedby",
    "transcribedby",
    "transcribedfromthe",
    "scannedby",
    "scannedandproofedby",
    "creditsproducedby",
    "transcribersnote",
    "transcriptionnote",
    "transcribernote",
    "noteprojectgutenberg",
    "noteimagesoftheoriginal",
];

/// What only credits speak of.
const SOURCES: [&str; 6] = [
    "onlinedistributedproofreading",
    "distributedproofreaders",
    "imagesgenerouslymadeavailable",
    "producedfromimages",
    "producedfromscannedimages",
    "seehttpwwwarchiveorgdetails",
];

const ENDS: [&str; 6] = [
    "endoftheprojectgutenberge",
    "endofprojectgutenberg",
    "endofthisprojectgutenberg",
    "thisendstheprojectgutenberg",
    "endprojectgutenberg",
    "finduprojetgutenberg",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        let (range, cuts) = body(text);
        assert_eq!(text[range.clone()].trim(), wanted);
        let characters: Vec<char> = text.chars().collect();
        let cut: usize = cuts.iter().map(|cut| cut.until - cut.from).sum();
        assert_eq!(cut + text[range].chars().count(), characters.len(), "{cuts:?}");
    }

    #[test]
    fn markers_of_all_times() {
        check(
            "The Project Gutenberg EBook of É\r\n\r\n*** START OF THIS PROJECT GUTENBERG EBOOK É ***\r\n\r\n\
             Produced by A. Martin\r\n\r\n\r\nCHAPTER I\r\n\r\nIt was é.\r\n\r\n\
             End of Project Gutenberg's É, by Nobody\r\n\r\n*** END OF THIS PROJECT GUTENBERG EBOOK É ***\r\nLicence",
            "CHAPTER I\r\n\r\nIt was é.",
        );
        check(
            "Header\n***START OF THE PROJECT GUTENBERG EBOOK A LONG\nTITLE***\n\n\nE-text prepared by Al Haines\n\n\n\
             Note: Project Gutenberg also has an HTML version of this\n      file.\n\nTITLE\n\nText.\n\n\
             ***END OF THE PROJECT GUTENBERG EBOOK A LONG TITLE***\n",
            "TITLE\n\nText.",
        );
        check(
            "Welcome\n*** START OF THE SMALL PRINT ***\nrules\n\
             *END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\nText.\n\n\
             End of the Project Gutenberg Etext of Something\n",
            "Text.",
        );
        check(
            "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\nProduced by P and the Online\nDistributed \
             Proofreading Team at http://www.pgdp.net (This\nfile was produced from images generously made \
             available\nby The Internet Archive)\n\n\nTranscriber's Note:\n\nText begins.\n\n\
             *** END OF THE PROJECT GUTENBERG EBOOK X ***",
            "Text begins.",
        );
    }

    #[test]
    fn other_texts_stay_whole() {
        for text in
            ["", "Produced by nobody.\n\nText", "*** START ***\nof something\n*** END ***\n", "a\r\nb"]
        {
            assert_eq!(body(text), (0..text.len(), vec![]));
        }
    }

    #[test]
    fn every_book_at_hand_is_cut_at_both_ends() {
        let Some(books) = crate::shared_data("text/books.tar.zst") else { return };
        let mut tar = Vec::new();
        zstd::stream::copy_decode(std::fs::File::open(books).unwrap(), &mut tar).unwrap();
        // Whole books lie in the archive one after the other; its headers are 512 bytes of another kind.
        let mut count = 0;
        let mut at = 0;
        while let Some(header) = tar.get(at..at + 512).filter(|h| h.iter().any(|b| *b != 0)) {
            let octal: String = header[124..135].iter().map(|b| *b as char).collect();
            let size = usize::from_str_radix(octal.trim_matches(['\0', ' ']), 8).unwrap();
            let name = String::from_utf8_lossy(&header[..100]).into_owned();
            if name.contains("/books/") && size > 0 {
                let text = String::from_utf8_lossy(&tar[at + 512..at + 512 + size]).into_owned();
                let (range, cuts) = body(&text);
                assert!(cuts.len() >= 2, "{name}: {cuts:?}");
                let kept = text[range].to_lowercase();
                for marker in
                    ["*** start of th", "*** end of th", "end of the project gutenberg", "full license"]
                {
                    assert!(!kept.contains(marker), "{name} still holds {marker}");
                }
                assert!(kept.len() * 10 > text.len() * 5, "{name}: {} of {}", kept.len(), text.len());
                count += 1;
            }
            at += 512 + size.div_ceil(512) * 512;
        }
        assert_eq!(count, 120);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(\\*\\*\\* ?(START|END) OF TH(E|IS) PROJECT GUTENBERG|\\*END\\*THE SMALL PRINT|é|\\*|[a-z ]|\n){0,30}") {
            let (range, _) = body(&text);
            let _ = &text[range];
        }
    }
}
