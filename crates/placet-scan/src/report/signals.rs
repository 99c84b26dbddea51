//! What sites, pages and files said: which protocol decided how many items.

use maud::{Markup, html};

use super::{View, count, plural, rows, share};

/// A protocol for people.
fn in_words(protocol: &str) -> &'static str {
    match protocol {
        "robots" => "robots.txt: what may be fetched",
        "robots-purpose" => "robots.txt: the agents of this purpose are refused",
        "robots-ai-training" => "robots.txt: DisallowAITraining, a withdrawn draft",
        "aipref" => "AI preferences (Content-Usage)",
        "content-signal" => "Content Signals",
        "tdmrep" => "TDM Reservation Protocol",
        "tdmrep-policy" => "policy of the TDM Reservation Protocol",
        "rsl" => "Really Simple Licensing",
        "robots-meta" => "robots words in header or page (noai, noindex …)",
        "noimageai" => "noimageai in header or page",
        "ai-txt" => "ai.txt",
        "trust-txt" => "trust.txt",
        "plus" => "PLUS data mining in the file's metadata",
        "creative-commons" => "Creative Commons",
        "spdx" => "SPDX licence tag",
        "natural-language" => "words for people",
        _ => "",
    }
}

pub(super) fn signals(view: &View<'_>) -> Markup {
    let counts = view.counts;
    let mut decided: Vec<(&str, &str, &str, u64)> = counts
        .protocols
        .iter()
        .filter_map(|(key, items)| {
            let mut parts = key.splitn(3, '/');
            Some((parts.next()?, parts.next()?, parts.next()?, *items))
        })
        .collect();
    let order =
        |verdict: &str| ["denied", "conditional", "unknown", "allowed"].iter().position(|v| *v == verdict);
    decided.sort_by(|a, b| {
        (order(a.1), std::cmp::Reverse(a.3), a.2, a.0).cmp(&(order(b.1), std::cmp::Reverse(b.3), b.2, b.0))
    });
    html! {
        section #signals aria-labelledby="signals-title" {
            h2 #signals-title { "What sites and files said" }
            p {
                "Response headers, pages, media files and sites were heard. Something is said about "
                strong { (plural(counts.with_signals, "item")) } " (" (share(counts.with_signals, counts.items)) ")"
                @if !view.job.site_records.is_empty() {
                    "; a record of the site is at hand for " strong { (plural(counts.with_site, "item")) }
                }
                "."
            }
            @if view.job.site_records.is_empty() && counts.site_files > 0 {
                p {
                    "The corpus holds " (plural(counts.site_files, "file")) " by which sites speak (robots.txt and the like). "
                    "They were not heard; " code { "--crawl-records" } " hears them."
                }
            }
            @if decided.is_empty() {
                p { "No signal decided an item." }
            } @else {
                div.scroll tabindex="0" {
                    table {
                        caption { "Items by the protocol that decided" }
                        thead { tr {
                            th scope="col" { "Protocol" } th scope="col" { "Use" } th scope="col" { "Verdict" }
                            th.number scope="col" { "Items" } th scope="col" { "Rows of decisions.parquet" }
                        } }
                        tbody {
                            @for (asked, verdict, protocol, items) in decided {
                                tr {
                                    td { code { (protocol) } @if !in_words(protocol).is_empty() { br; small { (in_words(protocol)) } } }
                                    td { code { (asked) } }
                                    td { span.verdict.(verdict) { (verdict) } }
                                    td.number { (count(items)) }
                                    td { (rows("", &format!("protocol = '{protocol}' and use = '{asked}' and verdict = '{verdict}'"))) }
                                }
                            }
                        }
                    }
                }
                p {
                    "The column " code { "witness" } " names each deciding signal with its place, the hash of its bytes and the time "
                    "of capture; " code { "shadowed" } " what was heard and did not decide. Packs and signals are decided "
                    "together: a reservation of a pack is named before a signal that says the same."
                }
            }
        }
    }
}

/// How sites were read, for the section on how it was done.
pub(super) fn facts(view: &View<'_>) -> Markup {
    let heard = view.heard;
    html! {
        dt { "Sites read as" } dd { (heard.read_as) }
        @if let Some(snapshot) = &heard.snapshot {
            dt { "Snapshot of sites" }
            dd {
                (plural(snapshot.digest.hosts, "host")) ", " (plural(snapshot.digest.files, "file")) ", BLAKE3 "
                code { (snapshot.digest.blake3) } ", "
                @match snapshot.taken_at {
                    Some(time) => { "taken " (time) }
                    None => { "heard of every copy, since the time it was taken was not given" }
                }
            }
        }
        @if let Some(crawl) = &heard.crawl {
            dt { "Site records of the crawl" }
            dd {
                (plural(crawl.records, "record")) " of " (plural(crawl.hosts, "host")) ", BLAKE3 "
                code { (crawl.blake3) }
            }
        }
        @if view.counts.media > 0 {
            dt { "Media files" }
            dd { (count(view.counts.media)) " of the items; only what they and their sites say was read, and nothing in them was compared with packs" }
        }
    }
}
