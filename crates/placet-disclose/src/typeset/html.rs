//! A document of blocks as a web page: no script, nothing loaded from anywhere, readable by screen readers and on paper.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Block, Layout, Paper, shown};

impl Paper {
    /// As a web page.
    pub fn html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang=(self.lang) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (shown(&self.title)) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        @if let Layout::Letter { recipient, sender, date } = &self.layout {
                            div.addresses { div { (lines(recipient)) } div.quiet { (lines(sender)) } }
                            p.date { (shown(date)) }
                        }
                        h1 dir="auto" { (shown(&self.title)) }
                        @if !self.subtitle.is_empty() { p.quiet { (lines(&self.subtitle)) } }
                        @for block in &self.blocks { (block.html()) }
                        @if !self.footer.is_empty() { footer { (lines(&self.footer)) } }
                    }
                }
            }
        };
        page.into_string()
    }
}

impl Block {
    fn html(&self) -> Markup {
        match self {
            Block::Heading { level: 1, text } => html! { h2 dir="auto" { (shown(text)) } },
            Block::Heading { text, .. } => html! { h3 dir="auto" { (shown(text)) } },
            Block::Text { text } => html! { p dir="auto" { (lines(text)) } },
            Block::Strong { text } | Block::Question { text } => {
                html! { p dir="auto" { strong { (lines(text)) } } }
            }
            Block::Note { text } => html! { p.note dir="auto" { (lines(text)) } },
            Block::Source { text } => html! { p.source { (lines(text)) } },
            Block::List { items } => html! { ul { @for item in items { li dir="auto" { (lines(item)) } } } },
            Block::Steps { items } => html! { ol { @for item in items { li dir="auto" { (lines(item)) } } } },
            Block::Code { text } => html! { pre { (shown(text)) } },
            Block::Fields { rows } => html! {
                @if !rows.is_empty() {
                    div.scroll { table { @for row in rows {
                        tr { th scope="row" { (lines(&row.label)) } td dir="auto" { (cell(row.code, &row.value)) } }
                    } } }
                }
            },
            Block::Table { columns, rows } => html! {
                div.scroll { table {
                    thead { tr { @for column in columns { th.n[column.end] scope="col" { (shown(&column.label)) } } } }
                    tbody { @for row in rows {
                        tr { @for (column, value) in columns.iter().zip(row) {
                            td.n[column.end] dir="auto" { (cell(column.code, value)) }
                        } }
                    } }
                } }
            },
            Block::Sign { text } => html! { p.sign { (lines(text)) } },
            Block::Gap => html! { div.gap {} },
            Block::Break => html! { div.break {} },
        }
    }
}

fn cell(code: bool, value: &str) -> Markup {
    if code {
        html! { code { (lines(value)) } }
    } else {
        lines(value)
    }
}

fn lines(text: &str) -> Markup {
    let text = shown(text);
    html! { @for (at, line) in text.lines().enumerate() { @if at > 0 { br; } (line) } }
}

const STYLE: &str = "\
:root{color-scheme:light}\
body{margin:0;background:#fff;color:#1a1a1a;font:16px/1.5 system-ui,sans-serif}\
main{max-width:52rem;margin:0 auto;padding:1.5rem 1rem 4rem}\
h1{font-size:1.5rem;line-height:1.25;margin:1rem 0}\
h2{font-size:1.2rem;margin:2rem 0 .5rem}\
h3{font-size:1.02rem;margin:1.5rem 0 .4rem}\
h1,h2,h3,p,td,th,li,code{overflow-wrap:anywhere}\
.addresses{display:grid;grid-template-columns:1fr 1fr;gap:1.5rem}\
.date{text-align:right}\
.quiet,.source,footer{color:#4d4d4d}\
.source,footer{font-size:.82rem}\
.note{border-left:3px solid #4d4d4d;padding-left:.8rem}\
pre{background:#f3f3f3;padding:.7rem;white-space:pre-wrap;overflow-wrap:anywhere}\
table{border-collapse:collapse;width:100%;font-size:.9rem}\
th,td{text-align:start;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #d8d8d8;font-weight:normal}\
thead th{font-weight:600}\
thead th,thead+tbody td{min-width:5.2rem}\
tr>th[scope=row]{color:#4d4d4d;width:9rem}\
.n{text-align:end}\
.scroll{overflow-x:auto}\
.sign{margin-top:3rem;border-top:1px solid #4d4d4d;max-width:18rem;padding-top:.3rem}\
.gap{height:1rem}\
footer{margin-top:3rem;border-top:1px solid #d8d8d8;padding-top:.5rem}\
@media print{body{font-size:10pt}main{max-width:none;padding:0}.break{break-after:page}h2,h3{break-after:avoid}}\
@page{size:A4;margin:20mm}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typeset::Column;

    #[test]
    fn nothing_foreign_is_markup() {
        let hostile = "<script>alert(1)</script>\n\u{202e}&amp;";
        let paper = Paper {
            lang: "en\" onload=\"x".to_owned(),
            title: hostile.to_owned(),
            subtitle: hostile.to_owned(),
            footer: hostile.to_owned(),
            author: Vec::new(),
            layout: Layout::Report,
            blocks: vec![
                Block::text(hostile),
                Block::Table {
                    columns: vec![Column::new(hostile, 1).code()],
                    rows: vec![vec![hostile.to_owned()]],
                },
                Block::fields([(hostile, hostile)]),
                Block::Code { text: hostile.to_owned() },
            ],
        };
        let page = paper.html();
        assert!(
            !page.contains("<script") && !page.contains("\" onload=\"") && !page.contains('\u{202e}'),
            "{page}"
        );
        assert!(
            page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("‹U+202E›&amp;amp;"),
            "{page}"
        );
    }
}
