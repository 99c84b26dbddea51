//! How much of what is shared is found, and how much is found that is not: `cargo bench -p placet-match --bench quality`.
//!
//! Three quarters of the books are registered; excerpts of them, disguised and edited, stand between passages of the
//! others and of an encyclopaedia. Tables as they stand in `docs/matching.md`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its tables")]

mod support;

use std::ops::Range;

use placet_core::note::Signer;
use placet_match::{Guarantee, Match, Pack, PackBuilder, PackSet, Scanner, Texts};
use support::Chance;

struct Library(Vec<(String, String)>);

impl Texts for Library {
    fn text(&self, _pack: u16, work: u32) -> Option<(String, Range<usize>)> {
        let text = &self.0[work as usize].1;
        Some((text.clone(), 0..text.len()))
    }
}

fn main() {
    let (Some(mut books), Some(wiki)) = (support::books(), support::archive("wikitext-2.tar.zst")) else {
        println!("skipped: PLACET_SHARED_DATA names no folder with text/books.tar.zst");
        return;
    };
    let foreign_books = books.split_off(books.len() * 3 / 4);
    let wiki: Vec<(String, String)> = wiki.into_iter().filter(|(_, t)| t.len() > 10_000).collect();
    let works = Library(books);
    let only: Option<String> = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    for guarantee in Guarantee::ALL {
        if only.as_ref().is_some_and(|o| *o != guarantee.words().to_string()) {
            continue;
        }
        let set = PackSet::new(vec![pack(guarantee, &works)]);
        for at_hand in [false, true] {
            let texts: Option<&dyn Texts> = if at_hand { Some(&works) } else { None };
            let how = if at_hand { "texts at hand" } else { "hashes alone" };
            println!("\n## Guarantee {guarantee}, {how}\n");
            let mut scanner = set.scanner();
            runs(guarantee, &works, &foreign_books, &mut scanner, texts);
            edits(&works, &foreign_books, &mut scanner, texts);
            for (what, foreign) in [("books", &foreign_books), ("encyclopaedia", &wiki)] {
                negatives(what, foreign, &set, &mut scanner, texts);
            }
        }
    }
}

fn pack(guarantee: Guarantee, works: &Library) -> Pack {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("books.placet");
    let mut builder = PackBuilder::new("books", guarantee);
    for (name, text) in &works.0 {
        let work = support::work(name);
        builder.add(&work, text, 0..text.len()).expect("a book fits");
    }
    let signer = Signer::from_seed("example.org/quality", [7; 32]).expect("a good name");
    builder.write(&path, &signer, jiff::Timestamp::UNIX_EPOCH).expect("the folder can be written");
    Pack::open(&path).expect("just written")
}

/// A number below `n`.
fn below(chance: &mut Chance, n: usize) -> usize {
    (chance.next() % n as u64) as usize
}

/// Words of a text, from a place that chance chooses.
fn words<'t>(texts: &'t [(String, String)], n: usize, chance: &mut Chance) -> (usize, Vec<&'t str>) {
    loop {
        let number = below(chance, texts.len());
        let text = &texts[number].1;
        let mut at = below(chance, text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let words: Vec<&str> = text[at..].split_whitespace().skip(1).take(n).collect();
        if words.len() == n {
            return (number, words);
        }
    }
}

/// Case, punctuation and line breaks changed, so that letters alone are the same.
fn disguise(words: &[String], chance: &mut Chance) -> String {
    let mode = below(chance, 3);
    let mut out = String::new();
    for word in words {
        let bare = word.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace());
        match mode {
            0 => out.extend(bare.flat_map(char::to_uppercase)),
            1 => out.extend(bare.flat_map(char::to_lowercase)),
            _ => out.extend(bare),
        }
        out.push(if below(chance, 12) == 0 { '\n' } else { ' ' });
    }
    out
}

struct Case {
    text: String,
    truth: Range<usize>,
    work: u32,
}

fn place(excerpt: &[String], work: usize, foreign: &[(String, String)], chance: &mut Chance) -> Case {
    let (_, before) = words(foreign, 150, chance);
    let (_, behind) = words(foreign, 150, chance);
    let mut text = before.join(" ") + " ";
    let start = text.chars().count();
    text += &disguise(excerpt, chance);
    let end = text.chars().count();
    text += &behind.join(" ");
    Case { text, truth: start..end, work: work as u32 }
}

fn found(case: &Case, scanner: &mut Scanner<'_>, texts: Option<&dyn Texts>) -> bool {
    let mut matches = Vec::new();
    scanner.scan(&case.text, texts, &mut matches);
    matches
        .iter()
        .any(|m| m.work == case.work && m.item_start < case.truth.end && m.item_end > case.truth.start)
}

/// Shared runs of exactly the guaranteed length, and of up to a tenth more.
fn runs(
    guarantee: Guarantee,
    works: &Library,
    foreign: &[(String, String)],
    scanner: &mut Scanner<'_>,
    texts: Option<&dyn Texts>,
) {
    let mut chance = Chance(1);
    let (trials, mut hits) = (3000, 0);
    for _ in 0..trials {
        let letters = guarantee.letters() as usize + below(&mut chance, guarantee.letters() as usize / 10);
        let (work, excerpt) = words(&works.0, letters, &mut chance);
        // Letter by letter, so that the run is no longer than said.
        let mut left = letters;
        let mut run: Vec<String> = Vec::new();
        for word in excerpt {
            let take: String = word
                .chars()
                .filter(|c| {
                    let one = placet_match::letters::Letters::of(&c.to_string()).as_slice().len();
                    let keep = one <= left;
                    left -= one.min(left);
                    keep
                })
                .collect();
            run.push(take);
            if left == 0 {
                break;
            }
        }
        let case = place(&run, work, foreign, &mut chance);
        hits += usize::from(found(&case, scanner, texts));
    }
    println!(
        "shared runs of {} to {} letters: {hits} of {trials} found\n",
        guarantee.letters(),
        guarantee.letters() * 11 / 10
    );
}

const LENGTHS: [usize; 6] = [20, 35, 50, 100, 200, 500];
const RATES: [usize; 5] = [50, 25, 15, 10, 7];
const EDITS: [&str; 5] = ["replaced", "dropped", "inserted", "swapped", "mixed"];

fn edits(
    works: &Library,
    foreign: &[(String, String)],
    scanner: &mut Scanner<'_>,
    texts: Option<&dyn Texts>,
) {
    println!("| edit | one word in | {} |", LENGTHS.map(|l| format!("{l} words")).join(" | "));
    println!("|---|---|{}", "---|".repeat(LENGTHS.len()));
    for (kind, edit) in EDITS.iter().enumerate() {
        for rate in RATES {
            let cells = LENGTHS.map(|length| {
                let mut chance = Chance((kind * 1000 + rate) as u64 * 1000 + length as u64);
                let trials = 200;
                let hits = (0..trials)
                    .filter(|_| {
                        let (work, excerpt) = words(&works.0, length, &mut chance);
                        let edited = edited(&excerpt, kind, rate, &mut chance);
                        found(&place(&edited, work, foreign, &mut chance), scanner, texts)
                    })
                    .count();
                format!("{:.3}", hits as f64 / f64::from(trials))
            });
            println!("| {edit} | {rate} | {} |", cells.join(" | "));
        }
    }
    println!();
}

fn edited(words: &[&str], kind: usize, rate: usize, chance: &mut Chance) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in words {
        if below(chance, rate) > 0 {
            out.push((*word).to_owned());
            continue;
        }
        let other = ["indeed", "river", "seven", "because", "blue"][below(chance, 5)];
        match if kind == 4 { below(chance, 4) } else { kind } {
            0 => out.push(other.to_owned()),
            1 => {}
            2 => out.extend([(*word).to_owned(), other.to_owned()]),
            _ => {
                let place = out.len().saturating_sub(1);
                out.insert(place, (*word).to_owned());
            }
        }
    }
    out
}

fn negatives(
    what: &str,
    foreign: &[(String, String)],
    set: &PackSet,
    scanner: &mut Scanner<'_>,
    texts: Option<&dyn Texts>,
) {
    let (mut bytes, mut all, mut shown) = (0, 0, Vec::new());
    for (name, text) in foreign {
        let mut matches: Vec<Match> = Vec::new();
        scanner.scan(text, texts, &mut matches);
        bytes += text.len();
        matches.retain(|m| !m.common);
        all += matches.len();
        for m in matches {
            let shared: String = text.chars().skip(m.item_start).take(m.item_end - m.item_start).collect();
            let shared: Vec<&str> = shared.split_whitespace().collect();
            let shared = shared.join(" ");
            let work = set.packs()[0].work(m.work).map_or_else(|_| String::new(), |w| w.work.id);
            shown.push(format!(
                "{:>5} letters {:.2} {name} / {work}: {:.150}",
                m.letters, m.similarity, shared
            ));
        }
    }
    println!("foreign {what}: {:.1} MB, {all} matches", bytes as f64 / 1e6);
    for line in shown.iter().take(40) {
        println!("    {line}");
    }
}
