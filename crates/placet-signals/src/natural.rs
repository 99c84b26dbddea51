//! Reservations in natural language: found by their words, kept with their place, classed human-only.
//!
//! Whether such words are machine-readable is before the courts (OLG Hamburg 5 U 104/24; BGH I ZR 281/25). They never
//! allow anything and never count as a no by themselves; they ask for a person.

use std::sync::LazyLock;

use placet_core::{ParseStatus, Reach, Statement, Tier};

use crate::statement::{AI_USES, evidence, of_place};

/// Most bytes of one text that are searched.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;
const FOUND_MAX: usize = 32;

/// The sentences of a text that speak of mining, training or AI together with a reservation or a prohibition.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    text.split_inclusive(['.', '!', '?', ';'])
        .flat_map(paragraphs)
        .map(str::trim)
        .filter(|s| s.len() >= 15 && speaks_of_ai(s) && refuses(s))
        .take(FOUND_MAX)
        .collect()
}

/// Lines, except that what goes on in lower case is a line that was wrapped.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut ends = memchr::memchr_iter(b'\n', rest.as_bytes()).map(|at| at + 1);
        let is_end = |at: &usize| {
            let next = rest.get(*at..).unwrap_or_default().trim_start_matches([' ', '\t', '\r']);
            !next.starts_with(char::is_lowercase)
        };
        let (line, after) = rest.split_at(ends.find(is_end).unwrap_or(rest.len()));
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

/// What a text for people says about AI, one statement a sentence.
pub fn statements(text: &str, part: &str, reach: Reach) -> Vec<Statement> {
    sentences(text)
        .into_iter()
        .map(|sentence| Statement {
            uses: AI_USES,
            parse_status: ParseStatus::HumanOnly,
            evidence: evidence(part, None, sentence),
            ..of_place("natural-language", Tier::D, reach)
        })
        .collect()
}

/// Whether a text may hold such a sentence: a quick look at two letters at a time.
///
/// Where it says no, [`sentences`] finds nothing in texts that write the letters A to Z as themselves.
pub fn may_speak(text: &str) -> bool {
    /// Of every word that names mining, training or AI, a stretch that is plain ASCII.
    const STRETCHES: [&[u8]; 28] = [
        b"mining",
        b"text and data",
        b"machine learning",
        b"artific",
        b"generative",
        b"train ai",
        b"ai train",
        b"ai model",
        b"language model",
        b"2019/790",
        b"article 4",
        b"44b",
        b"scraping",
        b"nstliche",
        b"maschinelle",
        b"fouille",
        b"textos",
        b"estrazione",
        b" llm",
        b"training ai",
        b"training of ai",
        b"ai system",
        b"ai tool",
        b"ai tech",
        b"ki-training",
        b"ki-system",
        b"ki-modell",
        b"systemen der ki",
    ];
    /// How far a search may go on from two letters: 0 where some stretch may have them second and third.
    static STEPS: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut steps = vec![2; PAIRS];
        for stretch in STRETCHES {
            for (at, step) in [(0, 1), (1, 0)] {
                if let [first, second, ..] = stretch.get(at..).unwrap_or_default()
                    && let Some(entry) = steps.get_mut(pair(*first, *second))
                {
                    *entry = step.min(*entry);
                }
            }
        }
        steps
    });
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let bytes = text.as_bytes().get(..end).unwrap_or_default();
    let steps: &[u8] = &STEPS;
    let mut at = 0;
    // As Wu and Manber: two letters tell how far the next stretch can be at least.
    while let Some([_, second, third, ..]) = bytes.get(at..) {
        match steps.get(pair(*second, *third)) {
            Some(0) => {
                let rest = bytes.get(at..).unwrap_or_default();
                let begins =
                    |word: &[u8]| rest.get(..word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word));
                if STRETCHES.iter().any(|word| begins(word)) {
                    return true;
                }
                at += 1;
            }
            Some(step) => at += usize::from(*step),
            None => at += 1,
        }
    }
    false
}

/// Pairs of letters of six bits each: without regard to case, and apart from digits.
const PAIRS: usize = 1 << 12;

fn pair(first: u8, second: u8) -> usize {
    let letter = |byte: u8| usize::from((byte & 0x1f) | ((byte >> 1) & 0x20));
    (letter(first) << 6) | letter(second)
}

/// Words that name mining, training or AI, in lower case.
const WORDS: [&str; 33] = [
    "data mining",
    "data-mining",
    "text and data",
    "machine learning",
    "artificial intelligence",
    "generative",
    "train ai",
    "ai training",
    "ai model",
    "language model",
    "2019/790",
    "article 4",
    "44b",
    "scraping",
    "künstliche intelligenz",
    "künstlicher intelligenz",
    "maschinelle",
    "intelligence artificielle",
    "fouille de textes",
    "inteligencia artificial",
    "minería de textos",
    "intelligenza artificiale",
    "estrazione di testo",
    " llm",
    "training ai",
    "training of ai",
    "ai system",
    "ai tool",
    "ai technolog",
    "ki-training",
    "ki-system",
    "ki-modell",
    "systemen der ki",
];

/// Whether a text names mining, training or AI.
pub(crate) fn speaks_of_ai(text: &str) -> bool {
    let lower = plain(text);
    WORDS.iter().any(|w| lower.contains(w))
}

/// In lower case, on one line.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        plain.push(' ');
        plain.push_str(&word.to_lowercase());
    }
    plain.push(' ');
    plain
}

/// Words that refuse or reserve. That some of them also stand in prose about AI costs a look; a reservation that is missed
/// costs more.
const REFUSALS: [&str; 32] = [
    "not ",
    "nicht ",
    "kein ",
    "keine ",
    "reserve",
    "prohibit",
    "forbid",
    "without permission",
    "without the prior",
    "without prior",
    "no part",
    "no text",
    "no data mining",
    "no machine learning",
    "no generative",
    "no scraping",
    "no ai ",
    "disallow",
    "refuse",
    "object to",
    "opt out",
    "opt-out",
    "vorbehalt",
    "untersagt",
    "verboten",
    "interdit",
    "réserv",
    "opposition",
    "prohib",
    "vietat",
    "riserv",
    "may only",
];

fn refuses(text: &str) -> bool {
    let lower = plain(text);
    REFUSALS.iter().any(|w| lower.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_kept_and_small_talk_is_not() {
        let text = "Welcome! We write about machine learning. Use for text and data mining is expressly reserved. \
                    Die Nutzung für Künstliche Intelligenz ist untersagt.";
        assert_eq!(
            sentences(text),
            [
                "Use for text and data mining is expressly reserved.",
                "Die Nutzung für Künstliche Intelligenz ist untersagt."
            ]
        );
        assert!(
            statements(text, "#text", Reach::Url).iter().all(|s| s.parse_status == ParseStatus::HumanOnly)
        );
    }

    #[test]
    fn wrapped_lines_are_one_sentence_and_lists_are_none() {
        let wrapped =
            "All rights reserved. No part of this book may be used\n  to train artificial\nintelligence";
        assert_eq!(
            sentences(wrapped),
            ["No part of this book may be used\n  to train artificial\nintelligence"]
        );
        assert!(sentences("Machine learning\nPrivacy\nAll rights reserved").is_empty());
        for plain in [
            "No text and data mining.",
            "We refuse the training of AI with our articles",
            "Keine Nutzung für KI-Training",
            "Our texts may not be fed to AI systems.",
            "The press does not want its articles in generative AI",
            "You must not crawl this site for text and data mining",
            "Ein Training von Systemen der KI ist nicht gestattet",
        ] {
            assert_eq!(sentences(plain), [plain]);
        }
    }

    #[test]
    fn the_quick_look_sees_every_word_that_is_looked_for() {
        for word in WORDS {
            assert!(may_speak(&format!("x {word} y")) && may_speak(&word.to_uppercase()), "{word}");
        }
        assert!(!may_speak("It was the best of times, it was the worst of times; main terms and gears."));
        assert!(!may_speak("") && !may_speak("ll"));
    }
}
