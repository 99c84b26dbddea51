//! The parts of the report that explain: answers, unknown, distribution, how it was done, files.

use maud::{Markup, html};
use placet_authorize::{Ground, Letters, UnknownItems};

use super::chart::{Bar, Segment, histogram, strip};
use super::{View, count, plural, rows, share};
use crate::commit::LETTER_CLASSES;
use crate::record::Outcome;

/// The verdicts in the order of the report, with what they mean.
const VERDICTS: [(&str, &str); 4] = [
    ("denied", "somebody entitled said no, or a yes is needed and missing"),
    ("conditional", "allowed once a duty is shown to be met; until then it counts as no"),
    ("unknown", "nobody entitled said yes or no; this is no permission"),
    ("allowed", "everybody who must say yes did"),
];

pub(super) fn verdicts(view: &View<'_>, outcome: &Outcome) -> Markup {
    html! {
        section #answers aria-labelledby="answers-title" {
            h2 #answers-title { "What may be done with it" }
            @for (asked, by_verdict) in &outcome.verdicts {
                @let of = |verdict: &str| by_verdict.get(verdict).copied().unwrap_or(0);
                h3 { "For the use " code { (asked) } }
                (strip(
                    &format!("Items by verdict for {asked}"),
                    &VERDICTS.map(|(verdict, _)| Segment { class: verdict, items: of(verdict) }),
                ))
                dl.figures {
                    @for (verdict, meaning) in VERDICTS {
                        div.figure.(verdict) {
                            dt { span.mark aria-hidden="true" {} (verdict) }
                            dd.number { (count(of(verdict))) }
                            dd.share { (share(of(verdict), outcome.items)) " of items" }
                            dd.meaning { (meaning) }
                            dd { (rows("decisions.parquet", &format!("use = '{asked}' and verdict = '{verdict}'"))) }
                        }
                    }
                }
                (grounds(view, asked))
            }
            @if outcome.verdicts.is_empty() {
                p { "No item with text was found, so nothing was decided." }
            }
            (cleared(view, outcome))
        }
    }
}

fn grounds(view: &View<'_>, asked: &str) -> Markup {
    let prefix = format!("{asked}/");
    let decisions: Vec<(&str, &str, u64)> = view
        .counts
        .decisions
        .iter()
        .filter_map(|(key, items)| {
            let (verdict, ground) = key.strip_prefix(&prefix)?.split_once('/')?;
            Some((verdict, ground, *items))
        })
        .collect();
    html! {
        @if !decisions.is_empty() {
            details open {
                summary { "Why, by ground" }
                div.scroll tabindex="0" {
                    table {
                        caption { "Items by verdict and ground for " (asked) }
                        thead { tr { th scope="col" { "Verdict" } th scope="col" { "Ground" } th scope="col" { "In words" } th.number scope="col" { "Items" } } }
                        tbody {
                            @for (verdict, ground, items) in decisions {
                                tr {
                                    td { span.verdict.(verdict) { (verdict) } }
                                    td { code { (ground) } }
                                    td { (sentence(ground)) }
                                    td.number { (count(items)) }
                                }
                            }
                        }
                    }
                }
                (rows("decisions.parquet", &format!("use = '{asked}' and verdict = … and ground = …")))
            }
        }
    }
}

pub(super) fn sentence(ground: &str) -> &'static str {
    Ground::ALL.into_iter().find(|known| known.code() == ground).map_or("", Ground::sentence)
}

fn cleared(view: &View<'_>, outcome: &Outcome) -> Markup {
    let dropped = outcome.items.saturating_sub(outcome.kept + outcome.redacted);
    let asked = view.plan.written.question.uses.first().map_or("", String::as_str);
    html! {
        h3 { "The cleared corpus" }
        p {
            "The folder " code { "cleared/" } " holds " strong { (plural(outcome.kept, "item")) } " as they were"
            @if view.job.redact {
                " and " strong { (plural(outcome.redacted, "item")) } " without the matched passages ("
                code { "--redact" } "); what is left of those was not matched, and nobody said yes or no to it"
            }
            ". " (plural(dropped, "item")) " were left out."
        }
        (rows("decisions.parquet", &format!("use = '{asked}' and cleared = 'kept' (or 'redacted', 'dropped')")))
    }
}

pub(super) fn unknown(view: &View<'_>, outcome: &Outcome) -> Markup {
    let unknown: u64 =
        outcome.verdicts.values().filter_map(|by| by.get("unknown")).copied().max().unwrap_or(0);
    let profile = &view.job.profile;
    html! {
        @if unknown > 0 {
            aside.note aria-labelledby="unknown-title" {
                h2 #unknown-title { "What “unknown” means" }
                p {
                    "For " (plural(unknown, "item")) " neither the packs of this run nor what was said with the items hold an \
                    answer: nothing was found in them, or only text that is common or shorter than the threshold, and no \
                    signal says yes or no. That is no permission. Most works are in \
                    no pack, and short quotations lie below what a pack promises to find. Somebody may hold rights in \
                    every one of these items without having been asked."
                }
                p {
                    @match view.job.unknown_items() {
                        UnknownItems::Drop => {
                            "Under the profile " strong { (profile.name) } " (" (profile.title.to_lowercase()) ") such items "
                            strong { "are left out" } " of the cleared corpus: " (profile.about)
                        }
                        UnknownItems::Keep if view.job.unknown.is_some() => {
                            "They " strong { "stay in the cleared corpus" } " because this run was started with "
                            code { "--unknown keep" } ". Whoever uses them answers for that."
                        }
                        UnknownItems::Keep => {
                            "They " strong { "stay in the cleared corpus" } " under the profile " strong { (profile.name) }
                            ". Whoever uses them answers for that."
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn distribution(view: &View<'_>) -> Markup {
    let asked = view.plan.written.question.uses.first().map_or("", String::as_str);
    let letters: Vec<Bar> = (0..=LETTER_CLASSES.len())
        .map(|class| {
            let from =
                class.checked_sub(1).and_then(|before| LETTER_CLASSES.get(before)).copied().unwrap_or(1);
            let label = match LETTER_CLASSES.get(class) {
                Some(end) if class == 0 => format!("<{}", short(*end)),
                Some(_) => short(from),
                None => format!("{}+", short(from)),
            };
            let filter = match LETTER_CLASSES.get(class) {
                Some(end) => format!("matched_letters >= {from} and matched_letters < {end}"),
                None => format!("matched_letters >= {from}"),
            };
            Bar { label, filter, items: view.counts.letters.get(class).copied().unwrap_or(0) }
        })
        .collect();
    let tenths: Vec<Bar> = (0..10_u64)
        .map(|tenth| Bar {
            label: if tenth == 9 { "90–100".to_owned() } else { (tenth * 10).to_string() },
            filter: match tenth {
                9 => "matched_letters > 0 and matched_permille >= 900".to_owned(),
                _ => format!(
                    "matched_letters > 0 and matched_permille >= {} and matched_permille < {}",
                    tenth * 100,
                    tenth * 100 + 100
                ),
            },
            items: view.counts.tenths.get(usize::try_from(tenth).unwrap_or(0)).copied().unwrap_or(0),
        })
        .collect();
    let any = letters.iter().any(|bar| bar.items > 0);
    html! {
        section #distribution aria-labelledby="distribution-title" {
            h2 #distribution-title { "How much of the items" }
            @if any {
                p { "Each item in which text of a work was found counts once. Common text does not count." }
                div.charts {
                    (histogram("Matched letters in an item", "letters, from …", &letters, asked))
                    (histogram("Share of the item that is matched", "per cent of its letters, from …", &tenths, asked))
                }
            } @else {
                p { "No item holds text of a registered work that counts." }
            }
        }
    }
}

fn short(number: u64) -> String {
    if number >= 1000 && number.is_multiple_of(1000) {
        format!("{}k", number / 1000)
    } else {
        number.to_string()
    }
}

pub(super) fn question(view: &View<'_>) -> Markup {
    let (question, profile) = (&view.plan.written.question, &view.job.profile);
    let threshold = match profile.matches.letters {
        Letters::Guarantee => "as many letters as the pack promises to find".to_owned(),
        Letters::Least(letters) => plural(letters, "letter"),
    };
    html! {
        section #question aria-labelledby="question-title" {
            h2 #question-title { "How it was done" }
            dl.facts {
                dt { "Profile" } dd { (profile.title) " (" code { (profile.name) } ", version " (profile.version) "). " (profile.about) }
                dt { "A match counts from" } dd { (threshold) ". " (profile.matches.source) "." }
                dt { "Licensee" } dd { (question.licensee.as_deref().unwrap_or("not stated; only grants to anyone can apply")) }
                dt { "Territory" } dd { (question.territory) }
                (super::signals::facts(view))
                dt { "Items" } dd { (count(view.counts.items)) " documents, " (plural(view.counts.passed, "record")) " without text of their own, " (count(view.counts.aside)) " put aside" }
                dt { "Matches" } dd { (count(view.counts.matches)) ", of which " (count(view.counts.common)) " are common text" }
            }
            h3 { "Packs" }
            div.scroll tabindex="0" {
                table {
                    caption { "The packs this corpus was compared with" }
                    thead { tr {
                        th scope="col" { "Pack" } th scope="col" { "Issuer" } th scope="col" { "Finds every run of" }
                        th.number scope="col" { "Works" } th.number scope="col" { "Fingerprints" }
                    } }
                    tbody {
                        @for pack in &view.packs {
                            tr {
                                td { strong { (pack.name) } @if pack.commons { " (commons)" } br; code.id { (pack.id) } }
                                td { (pack.issuer) }
                                td { (pack.guarantee_letters) " letters, about " (pack.guarantee_words) " words" }
                                td.number { (count(pack.works)) }
                                td.number { (count(pack.fingerprints)) }
                            }
                        }
                    }
                }
            }
            p { "Works that are in none of these packs cannot be found. The hash of every file that was read is in " code { "run.json" } "." }
        }
    }
}

pub(super) fn files() -> Markup {
    const FILES: [(&str, &str); 7] = [
        ("decisions.parquet", "one row for each item and use"),
        ("matches.parquet", "one row for each matching passage, with its place in the item and in the work"),
        ("uses.parquet", "one row for each work, use and shard of the corpus, with amounts"),
        ("cleared/", "the corpus in its own format without what was left out"),
        ("aside.jsonl", "what could not be read, where and why"),
        ("run.json", "inputs with their hashes, packs, rules, counts and timings"),
        ("commits/", "one record for each shard, from which all totals are summed"),
    ];
    html! {
        section #files aria-labelledby="files-title" {
            h2 #files-title { "The rows behind the figures" }
            p {
                "The tables are Parquet files. Any tool that reads them takes the filters of this page, for example: "
                code { "duckdb -c \"select * from 'decisions.parquet' where verdict = 'denied'\"" }
            }
            dl.facts {
                @for (name, what) in FILES { dt { code { (name) } } dd { (what) } }
            }
        }
    }
}
