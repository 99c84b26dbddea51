//! The tables of the report: works, items, domains, languages, conflicts, what was put aside.

use maud::{Markup, html};

use super::sections::sentence;
use super::{View, count, plural, rows, share};
use crate::tally::{Ranking, Tally};

pub(super) fn works(view: &View<'_>) -> Markup {
    let (works, all) = &view.top_works;
    let most = works.first().map_or(0, |work| work.letters);
    html! {
        section #works aria-labelledby="works-title" {
            h2 #works-title { "Works that were found" }
            @if works.is_empty() {
                p { "No text of a registered work was found that counts." }
            } @else {
                p {
                    "Text of " strong { (plural(*all as u64, "registered work")) } " was found."
                    @if *all > works.len() { " These " (works.len()) " have the most." }
                }
                div.scroll tabindex="0" {
                    table {
                        caption { "Works by the amount of their text in the corpus" }
                        thead { tr {
                            th scope="col" { "Work" }
                            th.number scope="col" { "Words" } th.number scope="col" { "Letters" } th.number scope="col" { "Items" }
                            th scope="col" { "Issuer" }
                        } }
                        tbody {
                            @for work in works {
                                tr {
                                    td {
                                        strong { (work.title) } " " code.id { (work.work_id) }
                                        (meter(work.letters, most))
                                    }
                                    td.number { (count(work.words)) }
                                    td.number { (count(work.letters)) }
                                    td.number { (count(work.items)) }
                                    td { (work.issuer) }
                                }
                            }
                        }
                    }
                }
                (rows("uses.parquet", "issuer = … and work_id = … (sum over shards); the passages: matches.parquet with the same filter and not common"))
            }
        }
    }
}

pub(super) fn items(view: &View<'_>) -> Markup {
    let top = &view.counts.top;
    html! {
        section #items aria-labelledby="items-title" {
            h2 #items-title { "Items with most matched text" }
            @if top.is_empty() {
                p { "None." }
            } @else {
                div.scroll tabindex="0" {
                    table {
                        caption { "The " (top.len()) " items with most matched letters" }
                        thead { tr {
                            th scope="col" { "Item" } th scope="col" { "Verdict" }
                            th.number scope="col" { "Matched letters" } th.number scope="col" { "Share" }
                            th scope="col" { "Works" }
                        } }
                        tbody {
                            @for item in top {
                                tr {
                                    td {
                                        code { (item.item_id) }
                                        @if let Some(url) = &item.url { br; span.url { (url) } }
                                        @else if !item.item_id.starts_with(&item.path) { br; span.url { (item.path) } }
                                    }
                                    td { span.verdict.(item.verdict) title=(sentence(&item.ground)) { (item.verdict) } br; small { (item.ground) } }
                                    td.number { (count(item.matched_letters)) }
                                    td.number { (share(item.matched_permille, 1000)) }
                                    td { @for work in &item.works { span.work { (work) } " " } }
                                }
                            }
                        }
                    }
                }
                (rows("decisions.parquet", "item_id = … ; the passages: matches.parquet with the same filter"))
            }
        }
    }
}

pub(super) fn places(view: &View<'_>) -> Markup {
    html! {
        section #domains aria-labelledby="domains-title" {
            h2 #domains-title { "Domains" }
            @match view.domains.names {
                Some(0) => p { "No item states the address it was taken from." },
                Some(names) => p { "Items come from " (plural(names as u64, "domain")) ", as far as they state an address. First those with most matched text." },
                None => p { "Items come from more domains than can be counted at once. These have the most matched text." },
            }
            (ranking(view, &view.domains, "Domain", "domain"))
        }
        section #languages aria-labelledby="languages-title" {
            h2 #languages-title { "Languages" }
            p { "As the documents or their crawler state them. Nothing is guessed." }
            (ranking(view, &view.languages, "Language", "language"))
        }
    }
}

fn ranking(view: &View<'_>, ranking: &Ranking, head: &str, column: &str) -> Markup {
    let asked = view.plan.written.question.uses.first().map_or("", String::as_str);
    let row = |name: Markup, tally: &Tally| {
        html! {
            tr {
                td { (name) }
                td.number { (count(tally.items)) }
                td.number { (count(tally.matched)) }
                td.number { (count(tally.refused)) }
                td.number { (count(tally.matched_letters)) }
            }
        }
    };
    html! {
        div.scroll tabindex="0" {
            table {
                caption { (head) "s, by matched text and then by items" }
                thead { tr {
                    th scope="col" { (head) } th.number scope="col" { "Items" } th.number scope="col" { "With a match" }
                    th.number scope="col" { "Denied" } th.number scope="col" { "Matched letters" }
                } }
                tbody {
                    @for (name, tally) in &ranking.rows { (row(html! { (name) }, tally)) }
                    @if ranking.unstated.items > 0 { (row(html! { em { "not stated" } }, &ranking.unstated)) }
                }
            }
        }
        (rows("decisions.parquet", &format!("use = '{asked}' and {column} = … ({column} is null where not stated)")))
    }
}

pub(super) fn conflicts(view: &View<'_>) -> Markup {
    let conflicts = &view.counts.conflicts;
    html! {
        section #conflicts aria-labelledby="conflicts-title" {
            h2 #conflicts-title { "Conflicts" }
            @if conflicts.is_empty() {
                p { "No two issuers claim the same text." }
            } @else {
                p { "Two issuers claim the same text. Until it is settled whose it is, the items are refused, and no grant of either helps." }
                div.scroll tabindex="0" {
                    table {
                        caption { "Works that claim the same text" }
                        thead { tr { th scope="col" { "Works" } th.number scope="col" { "Items" } } }
                        tbody {
                            @for (pair, items) in conflicts { tr { td { (pair) } td.number { (count(*items)) } } }
                            @if view.counts.conflicts_unnamed > 0 {
                                tr { td { em { "other pairs" } } td.number { (count(view.counts.conflicts_unnamed)) } }
                            }
                        }
                    }
                }
                (rows("decisions.parquet", "ground = 'conflict' and list_contains(works, …)"))
            }
        }
    }
}

pub(super) fn asides(view: &View<'_>) -> Markup {
    html! {
        section #aside aria-labelledby="aside-title" {
            h2 #aside-title { "Put aside" }
            @if view.asides.is_empty() {
                p { "Everything could be read." }
            } @else {
                p { (plural(view.counts.aside, "record or file")) " could not be read. They were not compared with anything and are not in the cleared corpus." }
                div.scroll tabindex="0" {
                    table {
                        caption { "What could not be read, by reason" }
                        thead { tr { th scope="col" { "Reason" } th scope="col" { "What to do" } th scope="col" { "First places" } th.number scope="col" { "Count" } } }
                        tbody {
                            @for group in &view.asides {
                                tr {
                                    td { (group.reason) }
                                    td { (group.remedy) }
                                    td { @for place in &group.first { span.url { (place) } br; } }
                                    td.number { (count(group.count)) }
                                }
                            }
                        }
                    }
                }
                (rows("aside.jsonl", "reason begins as above"))
            }
        }
    }
}

/// A bar beneath a name, drawn as long as its share of the longest one.
fn meter(part: u64, most: u64) -> Markup {
    let width = u128::from(part) * 100 / u128::from(most.max(1));
    html! {
        svg.meter viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true" {
            rect.bar x="0" y="0" width=(width.max(1)) height="3" {}
        }
    }
}
