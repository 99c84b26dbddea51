//! Drawings: a strip of verdicts and a histogram. Integers only, so that equal runs draw equal bytes.

use maud::{Markup, html};

use super::{count, share};

/// A part of a strip.
pub(super) struct Segment {
    pub(super) class: &'static str,
    pub(super) items: u64,
}

/// Drawn length of a strip, and of the shortest part that is there at all.
const STRIP: u64 = 1000;
const STRIP_LEAST: u64 = 6;

/// A strip whose parts are as long as their items are many.
pub(super) fn strip(title: &str, segments: &[Segment]) -> Markup {
    let whole: u64 = segments.iter().map(|segment| segment.items).sum();
    let shown: Vec<&Segment> = segments.iter().filter(|segment| segment.items > 0).collect();
    let room = STRIP.saturating_sub(STRIP_LEAST * shown.len() as u64);
    let mut at = 0;
    let placed: Vec<(&str, u64, u64)> = shown
        .into_iter()
        .map(|segment| {
            let width = STRIP_LEAST + scaled(segment.items, whole, room);
            at += width;
            (segment.class, at - width, width)
        })
        .collect();
    let said: Vec<String> = segments
        .iter()
        .map(|s| format!("{} {} ({})", count(s.items), s.class, share(s.items, whole)))
        .collect();
    html! {
        svg.strip viewBox={ "0 0 " (STRIP) " 28" } preserveAspectRatio="none" role="img" aria-label={ (title) ": " (said.join(", ")) } {
            @for (class, x, width) in placed {
                rect class=(class) x=(x) y="0" width=(width) height="28" {}
            }
        }
    }
}

/// A bar of a histogram.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) filter: String,
    pub(super) items: u64,
}

const WIDTH: u64 = 380;
const HEIGHT: u64 = 150;
/// Room for the number over the highest bar.
const TOP: u64 = 18;

/// A histogram with its numbers beneath, each with the filter that gives its rows.
pub(super) fn histogram(title: &str, axis: &str, bars: &[Bar], asked: &str) -> Markup {
    let most = bars.iter().map(|bar| bar.items).max().unwrap_or(0);
    let step = WIDTH / (bars.len() as u64).max(1);
    let said: Vec<String> = bars.iter().map(|bar| format!("{}: {}", bar.label, bar.items)).collect();
    html! {
        figure {
            figcaption { (title) }
            svg.histogram viewBox={ "0 0 " (WIDTH) " " (HEIGHT + TOP + 38) } role="img" aria-label={ (title) ". " (said.join("; ")) } {
                line.axis x1="0" x2=(WIDTH) y1=(TOP + HEIGHT) y2=(TOP + HEIGHT) {}
                @for (place, bar) in bars.iter().enumerate() {
                    @let x = place as u64 * step;
                    @let height = if bar.items == 0 { 0 } else { scaled(bar.items, most, HEIGHT).max(2) };
                    rect.bar x=(x + 3) y=(TOP + HEIGHT - height) width=(step - 6) height=(height) rx="2" {
                        title { (bar.label) ": " (count(bar.items)) " items" }
                    }
                    @if bar.items > 0 {
                        text.value x=(x + step / 2) y=(TOP + HEIGHT - height - 5) { (brief(bar.items)) }
                    }
                    text.label x=(x + step / 2) y=(TOP + HEIGHT + 15) { (bar.label) }
                }
                text.label.axis-name x=(WIDTH / 2) y=(TOP + HEIGHT + 33) { (axis) }
            }
            details {
                summary { "The numbers and their rows" }
                div.scroll tabindex="0" {
                    table {
                        caption { (title) ", rows of decisions.parquet with use = '" (asked) "'" }
                        thead { tr { th scope="col" { "From" } th.number scope="col" { "Items" } th scope="col" { "Filter" } } }
                        tbody {
                            @for bar in bars {
                                tr { td { (bar.label) } td.number { (count(bar.items)) } td { code { (bar.filter) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A number short enough to stand on a bar.
fn brief(number: u64) -> String {
    match number {
        0..10_000 => count(number),
        10_000..10_000_000 => format!("{}k", number / 1000),
        _ => format!("{}M", number / 1_000_000),
    }
}

fn scaled(part: u64, whole: u64, length: u64) -> u64 {
    let scaled = u128::from(part) * u128::from(length) / u128::from(whole.max(1));
    u64::try_from(scaled).unwrap_or(length)
}
