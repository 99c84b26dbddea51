//! The summary as one page: no script, nothing loaded from anywhere, readable by screen readers and on paper.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::document::{Answer, Entry, Stands, Summary};
use super::draft::{percent, spaced};
use super::template::sections;

/// Entries of a list that the page shows; the rest stands in `summary.json` and in the tables beside it.
pub const LISTED_MAX: usize = 5_000;
/// What begins the line that says what an answer stands on; the critic passes over it.
pub const STANDS_ON: &str = "Stands on:";

/// The page.
pub fn page(summary: &Summary) -> String {
    let title = format!("Public Summary of Training Content: {}", models(summary));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "Public Summary of Training Content for General-Purpose AI models" }
                    p.lead {
                        "Regulation (EU) 2024/1689, Article 53(1)(d). Template " (summary.template.name) " of " (summary.template.date) "."
                    }
                    p.lead { "To be renewed by " strong { (summary.renew_by) } ", or earlier where new training data warrants it." }
                    @for (number, heading) in sections() {
                        @if number.contains('.') {
                            h3 { (number) ". " (heading) }
                        } @else if number != "0" {
                            h2 { (number) ". " (heading) }
                        }
                        @for entry in summary.fields.iter().filter(|entry| entry.section == number) {
                            (field(entry, summary))
                        }
                    }
                    (annex(summary))
                }
            }
        }
    };
    markup.into_string()
}

/// The models by name.
pub(super) fn models(summary: &Summary) -> String {
    match summary.entry("model.names").map(|entry| &entry.answer) {
        Some(Answer::List(list)) => {
            list.iter().map(|named| named.name.as_str()).collect::<Vec<_>>().join(", ")
        }
        _ => "model not named".to_owned(),
    }
}

/// Whether a field has nothing to show: optional, and left alone.
pub(super) fn is_left_out(entry: &Entry) -> bool {
    entry.stands == Stands::NotAsked && super::template::field(&entry.key).is_some_and(|field| field.optional)
}

fn field(entry: &Entry, summary: &Summary) -> Markup {
    if is_left_out(entry) {
        return html! {};
    }
    html! {
        section.field {
            h4 { (entry.label) }
            div class=(class(entry.stands)) {
                @match &entry.answer {
                    Answer::List(list) => {
                        ul { @for named in list.iter().take(LISTED_MAX) { li { (named.line()) } } }
                        @if list.len() > LISTED_MAX {
                            p { (spaced((list.len() - LISTED_MAX) as u64)) " more stand in summary.json." }
                        }
                    }
                    answer => { @for line in answer.text().lines() { p { (line) } } }
                }
            }
            p.stands { (STANDS_ON) " " (stands(entry, summary)) }
        }
    }
}

fn class(stands: Stands) -> &'static str {
    match stands {
        Stands::Unknown => "answer unknown",
        Stands::NotAsked => "answer quiet",
        _ => "answer",
    }
}

/// What an answer stands on, in words.
pub(super) fn stands(entry: &Entry, summary: &Summary) -> String {
    let evidence = || {
        let each = entry.evidence.iter().map(|evidence| format!("{}, {}", evidence.file, evidence.what));
        each.collect::<Vec<_>>().join("; ")
    };
    let person = || match (&summary.attested_by, &summary.attested_on) {
        (Some(by), Some(on)) => format!("the word of {by}, {on}"),
        _ => "the word of a person who is not named".to_owned(),
    };
    match entry.stands {
        Stands::Measured => format!("evidence: {}", evidence()),
        Stands::Attested => person(),
        Stands::Both => format!("evidence: {}; and {}", evidence(), person()),
        Stands::Kept => "the record of versions".to_owned(),
        Stands::Unknown => "nothing".to_owned(),
        Stands::NotAsked => "the answers above".to_owned(),
    }
}

fn annex(summary: &Summary) -> Markup {
    html! {
        h2 { "Annex. How the numbers came about" }
        p { "This annex is no part of the template." }
        @if let Some(domains) = &summary.domains {
            h3 { "Readings of the rule on domain names" }
            p {
                (spaced(domains.domains)) " registrable domains, " (spaced(domains.volume)) " " (domains.unit) ", "
                (spaced(domains.items_without_address)) " documents without an address. Published: " (domains.published) "."
            }
            div.scroll { table {
                thead { tr { th scope="col" { "Reading" } th scope="col" { "Lists" } th.n scope="col" { "Domains" } th.n scope="col" { "Share of volume" } } }
                tbody {
                    @for variant in &domains.variants {
                        tr {
                            th scope="row" { (variant.name) } td { (variant.says) }
                            td.n { (spaced(variant.domains)) } td.n { (percent(variant.volume, domains.volume)) " %" }
                        }
                    }
                }
            } }
        }
        @if !summary.sources.is_empty() {
            h3 { "Sources as the provider divides them" }
            div.scroll { table {
                thead { tr { th scope="col" { "Source" } th scope="col" { "Kind" } th.n scope="col" { "Documents" } th.n scope="col" { "Volume" } th scope="col" { "Captured" } } }
                tbody {
                    @for source in &summary.sources {
                        tr {
                            th scope="row" { (source.name) } td { (source.kind) }
                            td.n { (spaced(source.items)) } td.n { (spaced(source.volume)) }
                            td {
                                @match (&source.first, &source.last) {
                                    (Some(first), Some(last)) => { (first) " to " (last) }
                                    _ => "not known"
                                }
                            }
                        }
                    }
                }
            } }
        }
        h3 { "What the numbers do not say" }
        ul { @for limit in &summary.limits { li { (limit) } } }
        h3 { "Evidence" }
        p { "Each number above names its file; whoever holds the files can count again." }
        div.scroll { table {
            thead { tr { th scope="col" { "File" } th.n scope="col" { "Bytes" } th scope="col" { "BLAKE3" } } }
            tbody {
                @for file in &summary.evidence {
                    tr { th scope="row" { (file.name) } td.n { (spaced(file.bytes)) } td { code { (file.blake3) } } }
                }
            }
        } }
        h3 { "Versions" }
        ul {
            li { "Version " (summary.version) " of " (summary.made) ": this one." }
            @for previous in summary.previous.iter().rev() {
                li { "Version " (previous.version) " of " (previous.made) ": " (previous.file) ", BLAKE3 " code { (previous.blake3) } }
            }
        }
    }
}

const STYLE: &str = "\
:root{color-scheme:light}\
body{margin:0;background:#fff;color:#1a1a1a;font:16px/1.5 system-ui,sans-serif}\
main{max-width:52rem;margin:0 auto;padding:1.5rem 1rem 4rem}\
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1rem}\
h2{font-size:1.3rem;margin:2.5rem 0 .5rem;border-bottom:2px solid #1a1a1a;padding-bottom:.2rem}\
h3{font-size:1.05rem;margin:1.8rem 0 .4rem}\
h4{font-size:.95rem;font-weight:600;margin:0 0 .3rem}\
.lead{margin:.2rem 0;color:#333}\
.field{border-top:1px solid #c8c8c8;padding:.7rem 0}\
.answer p,.answer ul{margin:.2rem 0}\
.answer,td,th,li,code{overflow-wrap:anywhere}\
.unknown{border-left:4px solid #8a4b00;padding-left:.7rem}\
.quiet{color:#555}\
.stands{margin:.3rem 0 0;font-size:.8rem;color:#555}\
table{border-collapse:collapse;width:100%;font-size:.88rem}\
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #d8d8d8;font-weight:normal}\
thead th{font-weight:600}\
thead th,thead+tbody th,thead+tbody td{min-width:5.2rem}\
.n{text-align:right}\
.scroll{overflow-x:auto}\
@media print{body{font-size:10pt}main{max-width:none;padding:0}.field{break-inside:avoid-page}h2,h3,h4{break-after:avoid}}\
@page{size:A4;margin:18mm}";
