//! `report.html`: what a person looks at first. One file, no script, nothing loaded from anywhere.
//!
//! Every figure says which rows of which table it counts. Foreign text is escaped by the markup macro. Equal runs give
//! equal bytes: no time of day is in it.

mod chart;
mod sections;
mod signals;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::commit::Counts;
use crate::finalise::AsideGroup;
use crate::job::Job;
use crate::plan::Plan;
use crate::record::{Heard, Outcome, PackRecord};
use crate::tally::Ranking;
use crate::works::TopWork;

/// Everything the report shows.
pub(crate) struct View<'a> {
    pub(crate) job: &'a Job,
    pub(crate) packs: Vec<PackRecord>,
    pub(crate) plan: &'a Plan,
    pub(crate) counts: &'a Counts,
    pub(crate) heard: &'a Heard,
    /// The works with most letters, and how many works there are.
    pub(crate) top_works: (Vec<TopWork>, usize),
    pub(crate) domains: Ranking,
    pub(crate) languages: Ranking,
    pub(crate) asides: Vec<AsideGroup>,
}

/// The page.
pub(crate) fn page(view: &View<'_>) -> String {
    let name = corpus_name(view);
    let outcome = Outcome::of(view.counts, view.plan.shards.len());
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { "Scan of " (name) " · Placet" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the results" }
                (head(view, &name))
                main #main {
                    (sections::verdicts(view, &outcome))
                    (sections::unknown(view, &outcome))
                    (signals::signals(view))
                    (tables::works(view))
                    (sections::distribution(view))
                    (tables::items(view))
                    (tables::places(view))
                    (tables::conflicts(view))
                    (tables::asides(view))
                    (sections::question(view))
                    (sections::files())
                }
                footer {
                    p {
                        "A match is evidence that two texts overlap. It is not a statement about who copied from \
                        whom, and a corpus without a match is not thereby free to use. "
                        "Written by " (view.plan.written.question.code) "."
                    }
                }
            }
        }
    };
    markup.into_string()
}

fn head(view: &View<'_>, name: &str) -> Markup {
    let question = &view.plan.written.question;
    html! {
        header {
            p.eyebrow { "Placet scan report" }
            h1 { (name) }
            p.lede {
                (count(view.counts.items)) " items in " (plural(view.plan.written.files.len() as u64, "file"))
                " (" (bytes(view.counts.text_bytes)) " of text) were compared with "
                (plural(view.packs.iter().map(|pack| pack.works).sum(), "registered work"))
                " and asked about "
                @for (n, asked) in question.uses.iter().enumerate() {
                    @if n > 0 { ", " }
                    strong { (asked) }
                }
                ". Rights as of " (question.as_of) "."
            }
            nav aria-label="Sections" {
                @for (anchor, title) in SECTIONS { a href={ "#" (anchor) } { (title) } }
            }
        }
    }
}

const SECTIONS: [(&str, &str); 10] = [
    ("answers", "Answers"),
    ("signals", "Signals"),
    ("works", "Works"),
    ("distribution", "How much"),
    ("items", "Items"),
    ("domains", "Domains"),
    ("languages", "Languages"),
    ("conflicts", "Conflicts"),
    ("aside", "Put aside"),
    ("question", "How it was done"),
];

fn corpus_name(view: &View<'_>) -> String {
    let path = &view.job.corpus;
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    name.into_owned()
}

/// Which rows a figure counts.
fn rows(table: &str, filter: &str) -> Markup {
    html! {
        p.rows {
            @if table.is_empty() { code { (filter) } }
            @else { "Rows: " code { (table) } @if !filter.is_empty() { " where " code { (filter) } } }
        }
    }
}

/// A number with its thousands apart.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut tenths = u128::from(number) * 10;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 || tenths >= 1000 {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

/// A share in words that do not promise more than the number holds.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return "0 %".to_owned();
    }
    let permille = u128::from(part) * 1000 / u128::from(whole);
    match permille {
        0 => "under 0.1 %".to_owned(),
        1..100 => format!("{}.{} %", permille / 10, permille % 10),
        _ => format!("{} %", permille / 10),
    }
}

const STYLE: &str = include_str!("style.css");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_people() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 999, 4_200, 52_000_000].map(bytes), ["0 bytes", "999 bytes", "4.2 kB", "52.0 MB"]);
        assert_eq!(
            [(0, 9), (1, 9000), (5, 100), (1, 2)].map(|(a, b)| share(a, b)),
            ["0 %", "under 0.1 %", "5.0 %", "50 %"]
        );
    }
}
