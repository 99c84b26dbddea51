//! Parquet.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray, TimestampMillisecondArray};
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use placet_corpus::{ReadOptions, Record, open};

use crate::support::{Corpus, clear, clear_all, items, records, source, told};

fn write(batch: &RecordBatch, compression: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    out
}

fn batch() -> RecordBatch {
    let texts = StringArray::from(vec![Some("first text"), None, Some("dritter Text é"), Some("")]);
    let meta_fields =
        Fields::from(vec![Field::new("url", DataType::Utf8, true), Field::new("n", DataType::Int64, true)]);
    let meta = StructArray::new(
        meta_fields,
        vec![
            Arc::new(StringArray::from(vec![
                Some("https://example.org/1"),
                None,
                Some("not an address"),
                None,
            ])),
            Arc::new(Int64Array::from(vec![1, 2, 3, 4])),
        ],
        None,
    );
    let stamps = TimestampMillisecondArray::from(vec![Some(1_585_472_650_000), None, None, None]);
    RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(Int64Array::from(vec![10, 20, 30, 40])) as ArrayRef, false),
        ("text", Arc::new(texts), true),
        ("metadata", Arc::new(meta), false),
        ("timestamp", Arc::new(stamps), true),
    ])
    .unwrap()
}

pub(crate) fn sample() -> Vec<u8> {
    write(&batch(), Compression::SNAPPY)
}

fn conversations() -> RecordBatch {
    let turn = vec![Field::new("role", DataType::Utf8, true), Field::new("content", DataType::Utf8, true)];
    let mut list = ListBuilder::new(StructBuilder::from_fields(turn, 0));
    for turns in [vec!["ask", "answer"], vec![], vec!["one", "two", "three"]] {
        for turn in turns {
            let builder = list.values();
            builder.field_builder::<StringBuilder>(0).unwrap().append_value("user");
            builder.field_builder::<StringBuilder>(1).unwrap().append_value(turn);
            builder.append(true);
        }
        list.append(true);
    }
    RecordBatch::try_from_iter([("messages", Arc::new(list.finish()) as ArrayRef)]).unwrap()
}

fn read(path: &std::path::Path) -> Vec<RecordBatch> {
    let file = std::fs::File::open(path).unwrap();
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect()
}

#[test]
fn rows_become_items_with_or_without_their_raw_bytes() {
    let corpus = Corpus::new();
    let path = corpus.put("a.parquet", sample());
    let found = items(&path);
    let facts: Vec<_> = found
        .iter()
        .map(|item| {
            (
                item.ordinal,
                item.id.as_deref(),
                item.url.as_deref(),
                item.captured.map(|at| at.to_string()),
                &*item.text,
            )
        })
        .collect();
    insta::assert_debug_snapshot!(facts);
    let light = ReadOptions { keep_raw: false, ..ReadOptions::default() };
    let light: Vec<Record> = open(&source(&path), &light).unwrap().collect();
    assert_eq!(told(&light), told(&found.into_iter().map(Record::Item).collect::<Vec<_>>()));
}

#[test]
fn nested_texts_are_joined_and_cut_in_place() {
    let corpus = Corpus::new();
    let path = corpus.put("a.parquet", write(&conversations(), Compression::UNCOMPRESSED));
    assert_eq!(
        items(&path).iter().map(|item| &*item.text).collect::<Vec<_>>(),
        ["ask\nanswer", "", "one\ntwo\nthree"]
    );
    let out = corpus.path().join("out.parquet");
    clear(&path, &out, |item| if item.ordinal == 1 { Some(vec![1..6]) } else { Some(vec![4..8]) });
    assert_eq!(
        items(&out).iter().map(|item| &*item.text).collect::<Vec<_>>(),
        ["a\nswer", "", "one\n\nthree"]
    );
}

#[test]
fn keeping_all_keeps_rows_schema_and_metadata() {
    let corpus = Corpus::new();
    let (path, out) = (corpus.put("a.parquet", sample()), corpus.path().join("out.parquet"));
    clear_all(&path, &out);
    assert_eq!(read(&out), read(&path));
    clear(&path, &out, |item| (item.ordinal % 2 == 1).then(Vec::new));
    assert_eq!(items(&out).iter().map(|item| item.id.clone().unwrap()).collect::<Vec<_>>(), ["10", "30"]);
    clear(&path, &out, |_| None);
    assert_eq!(read(&out).len(), 0);
    assert_eq!(
        ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&out).unwrap()).unwrap().schema(),
        &batch().schema()
    );
}

#[test]
fn a_cut_row_loses_the_span_alone() {
    let corpus = Corpus::new();
    let (path, out) = (corpus.put("a.parquet", sample()), corpus.path().join("out.parquet"));
    clear(&path, &out, |item| if item.ordinal == 3 { Some(vec![0..8, 13..14]) } else { Some(Vec::new()) });
    let texts: Vec<String> = items(&out).into_iter().map(|item| item.text).collect();
    assert_eq!(texts, ["first text", "", "Text ", ""]);
    let (before, after) = (read(&path), read(&out));
    for column in [0, 2, 3] {
        assert_eq!(before[0].column(column), after[0].column(column));
    }
}

#[test]
fn a_damaged_or_foreign_file_says_so() {
    let corpus = Corpus::new();
    let mut out = String::new();
    let mut tell = |name: &str, bytes: &[u8], options: &ReadOptions| {
        let path = corpus.put(name, bytes);
        match open(&source(&path), options) {
            Ok(_) => out.push_str(&told(&records(&path, options))),
            Err(error) => out.push_str(&format!("error {error}\n")),
        }
    };
    let whole = sample();
    let plain = ReadOptions::default();
    tell("cut.parquet", &whole[..whole.len() - 20], &plain);
    tell("empty.parquet", b"", &plain);
    tell("text.parquet", b"this is not a Parquet file at all", &plain);
    let mut bytes = whole.clone();
    bytes[20..200].fill(0xff);
    tell("pages.parquet", &bytes, &plain);
    let named = ReadOptions { text_fields: vec!["body".to_owned()], ..ReadOptions::default() };
    tell("named.parquet", &whole, &named);
    let small = ReadOptions { item_bytes_max: 12, ..ReadOptions::default() };
    tell("small.parquet", &whole, &small);
    insta::assert_snapshot!(out);
}

#[test]
fn schemas_keep_their_own_types() {
    let corpus = Corpus::new();
    let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::LargeUtf8, false)]));
    let batch =
        RecordBatch::try_new(schema, vec![Arc::new(arrow_array::LargeStringArray::from(vec!["a", "b"]))])
            .unwrap();
    let (path, out) =
        (corpus.put("a.parquet", write(&batch, Compression::SNAPPY)), corpus.path().join("out.parquet"));
    clear(&path, &out, |item| if item.ordinal == 1 { Some(vec![0..1]) } else { Some(Vec::new()) });
    assert_eq!(read(&out)[0].schema(), batch.schema());
    assert_eq!(items(&out).len(), 2);
}
