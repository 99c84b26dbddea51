//! Parquet files that other programs wrote (`conformance/parquet`).

use std::path::{Path, PathBuf};

use parquet::record::Row;
use placet_corpus::{ReadOptions, Record, open};
use serde_json::{Value, json};

use crate::columns::{facts, rows_of};
use crate::support::{Corpus, asides, clear, clear_all, items, records, source, told};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/parquet")
}

fn cases() -> Vec<(PathBuf, Vec<Value>)> {
    let text = std::fs::read_to_string(folder().join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let case = |case: &Value| {
        (folder().join(case["file"].as_str().unwrap()), case["items"].as_array().unwrap().clone())
    };
    cases.iter().map(case).collect()
}

#[test]
fn items_are_those_that_were_written() {
    for (path, expected) in cases() {
        assert_eq!(asides(&records(&path, &ReadOptions::default())), [] as [&placet_corpus::Aside; 0]);
        let found: Vec<Value> = items(&path)
            .into_iter()
            .map(|item| {
                json!({
                    "text": item.text.as_str(),
                    "id": item.id,
                    "url": item.url,
                    "language": item.language,
                    "captured": item.captured.map(|at| at.to_string()),
                })
            })
            .collect();
        assert_eq!(found, expected, "{}", path.display());
        let light = ReadOptions { keep_raw: false, ..ReadOptions::default() };
        let [light, raw] = [light, ReadOptions::default()]
            .map(|options| open(&source(&path), &options).unwrap().collect::<Vec<Record>>());
        assert_eq!(told(&light), told(&raw), "{}", path.display());
    }
}

#[test]
fn kept_rows_are_those_of_the_file() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out.parquet");
    for (path, expected) in cases() {
        let whole: Vec<Row> = rows_of(&path);
        assert_eq!(whole.len(), expected.len());
        clear_all(&path, &out);
        assert_eq!(rows_of(&out), whole, "{}", path.display());
        let ((schema, keys, _), (schema_out, keys_out, _)) = (facts(&path), facts(&out));
        assert_eq!((schema, keys), (schema_out, keys_out), "{}", path.display());

        // Two rows of three stay, and of those every second loses its first three characters.
        clear(&path, &out, |item| match item.ordinal % 6 {
            0 | 3 => None,
            1 | 4 if !item.text.is_empty() => Some(vec![0..3]),
            _ => Some(Vec::new()),
        });
        let texts: Vec<String> = items(&out).into_iter().map(|item| item.text.into()).collect();
        let left = |(at, item): (usize, &Value)| {
            let text = item["text"].as_str().unwrap();
            let cut = if matches!(at % 6, 0 | 3) { 3 } else { 0 };
            (!matches!(at % 6, 2 | 5)).then(|| text.chars().skip(cut).collect::<String>())
        };
        let expected: Vec<String> = expected.iter().enumerate().filter_map(left).collect();
        assert_eq!(texts, expected, "{}", path.display());
    }
}
