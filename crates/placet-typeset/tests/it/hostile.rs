//! Titles, names and lines of logs as they come.

use placet_disclose::typeset::{Block, Column, Field, Layout, Paper};
use placet_typeset::{DATA_BYTES_MAX, TypesetError, pdf};
use proptest::prelude::*;

use crate::support::{at, holds, text_of};

const DAY: &str = "2026-03-01T12:00:00Z";

fn sample(title: &str) -> Paper {
    Paper {
        lang: "en".to_owned(),
        title: title.to_owned(),
        subtitle: "A line below".to_owned(),
        footer: "Foot".to_owned(),
        author: vec!["Anna Nowak".to_owned()],
        layout: Layout::Report,
        blocks: vec![
            Block::heading("1. Scripts"),
            Block::Table {
                columns: vec![
                    Column::new("Work", 3),
                    Column::new("Hash", 4).code(),
                    Column::new("Amount", 1).end(),
                ],
                rows: vec![
                    vec!["الحرب والسلام (رواية)".to_owned(), "ab".repeat(32), "12.50".to_owned()],
                    vec!["מלחמה ושלום, vol. 2".to_owned(), "cd".repeat(32), "3".to_owned()],
                    vec![
                        "戦争と平和 / Война и мир / युद्ध और शांति".to_owned(),
                        "ef".repeat(32),
                        "7".to_owned(),
                    ],
                    vec!["A row that is too short".to_owned()],
                    vec!["after it".to_owned(), "01".repeat(32), "9".to_owned()],
                ],
            },
            Block::Question { text: "Were crawlers used?".to_owned() },
            Block::text("☒ Yes ☐ No"),
            Block::Source { text: "Stands on: the word of a person".to_owned() },
            Block::text("#eval(\"1+1\") *bold* _em_ $x^2$ `raw` [link] <label> @ref // gone? \\ #{panic()}"),
            Block::text("Turned \u{202e}text, a face \u{1f600}, a null \u{0}."),
            Block::text("عربي ثم https://example.org/a/very/long/path/that/does/not/end ثم عربي"),
            Block::Fields { rows: Vec::new() },
            Block::Table { columns: Vec::new(), rows: Vec::new() },
            Block::List { items: Vec::new() },
            Block::List {
                items: vec!["One".to_owned(), "https://example.org/".to_owned() + &"long/".repeat(60)],
            },
        ],
    }
}

#[test]
fn equal_documents_make_equal_bytes_and_text_comes_out_as_it_went_in() {
    let paper = sample("A title with #strong[markup]");
    let first = pdf(&paper, at(DAY), "sample").unwrap();
    assert_eq!(first, pdf(&paper, at(DAY), "sample").unwrap());
    assert_ne!(first, pdf(&paper, at("2026-03-02T12:00:00Z"), "sample").unwrap());
    for part in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ] {
        assert!(holds(&first, part), "{part}");
    }
    if let Some(text) = text_of(&first) {
        for part in [
            "A title with #strong[markup]",
            "#eval(\"1+1\") *bold* _em_ $x^2$ `raw` [link] <label> @ref // gone? \\ #{panic()}",
            "‹U+202E›text, a face ‹U+1F600›, a null ‹U+0000›",
            "Война и мир",
            "戦争と平和",
            // A long word may be broken, and is not turned in a line from the right.
            "https://example.org/a/very/long/path/that/does/not/end",
            "☒ Yes ☐ No",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}

#[test]
fn what_is_too_long_for_pages_is_refused_with_what_to_do() {
    let mut paper = sample("Long");
    paper.blocks.push(Block::text("x".repeat(DATA_BYTES_MAX)));
    let error = pdf(&paper, at(DAY), "long").unwrap_err();
    assert!(
        matches!(error, TypesetError::Large { .. }) && error.to_string().contains("as text or HTML"),
        "{error}"
    );
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,40}", "[\\s#$*_`\\[\\]{}<>@/\\\\\"'()=+~-]{0,40}", any::<String>()]
}

fn any_block() -> impl Strategy<Value = Block> {
    prop_oneof![
        any_text().prop_map(Block::text),
        any_text().prop_map(|text| Block::Strong { text }),
        any_text().prop_map(|text| Block::Question { text }),
        any_text().prop_map(|text| Block::Code { text }),
        any_text().prop_map(|text| Block::List { items: vec![text.clone(), text] }),
        (any_text(), any_text(), any::<bool>())
            .prop_map(|(label, value, code)| Block::Fields { rows: vec![Field { label, value, code }] }),
        (any_text(), any_text()).prop_map(|(label, cell)| Block::Table {
            columns: vec![Column::new(label, 1), Column::new("", 0)],
            rows: vec![vec![cell.clone(), cell]],
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_stands_in_a_document_it_can_be_set(
        title in any_text(),
        subtitle in any_text(),
        footer in any_text(),
        blocks in prop::collection::vec(any_block(), 0..4),
    ) {
        let paper = Paper { subtitle, footer, blocks, ..sample(&title) };
        let made = pdf(&paper, at(DAY), &title);
        prop_assert!(made.is_ok(), "{:?}", made.err());
    }
}
