//! Parquet.

use parquet::basic::Compression;
use placet_corpus::{ReadOptions, Record, open};

use crate::columns::{Column, Data, facts, nested, numbers, plain, required, rows_of, texts, write};
use crate::support::{Corpus, clear, clear_all, items, records, source, told};

const SAMPLE: &str = "message sample {
    required int64 id;
    optional binary text (STRING);
    required group metadata {
        optional binary url (STRING);
        optional int64 n;
    }
    optional int64 timestamp (TIMESTAMP(MILLIS,false));
}";

fn sample_columns() -> Vec<Column> {
    vec![
        required(Data::Int64(vec![10, 20, 30, 40])),
        texts(&[Some("first text"), None, Some("dritter Text é"), Some("")]),
        texts(&[Some("https://example.org/1"), None, Some("not an address"), None]),
        numbers(&[Some(1), Some(2), Some(3), Some(4)]),
        numbers(&[Some(1_585_472_650_000), None, None, None]),
    ]
}

pub(crate) fn sample() -> Vec<u8> {
    write(SAMPLE, plain(Compression::SNAPPY), &[sample_columns()])
}

fn conversations() -> Vec<u8> {
    let schema = "message sample {
        required group messages (LIST) {
            repeated group list {
                required group element {
                    optional binary role (STRING);
                    optional binary content (STRING);
                }
            }
        }
    }";
    let (definitions, repetitions) = ([2, 2, 0, 2, 2, 2], [0, 1, 0, 0, 1, 1]);
    let column = |values: [&str; 5]| nested(&values, &definitions, &repetitions);
    let columns = vec![column(["user"; 5]), column(["ask", "answer", "one", "two", "three"])];
    write(schema, plain(Compression::UNCOMPRESSED), &[columns])
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
    let path = corpus.put("a.parquet", conversations());
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
    assert_eq!(rows_of(&out), rows_of(&path));
    assert_eq!(facts(&out), facts(&path));
    clear(&path, &out, |item| (item.ordinal % 2 == 1).then(Vec::new));
    assert_eq!(items(&out).iter().map(|item| item.id.clone().unwrap()).collect::<Vec<_>>(), ["10", "30"]);
    clear(&path, &out, |_| None);
    assert_eq!(rows_of(&out).len(), 0);
    let ((schema, keys, _), (schema_out, keys_out, groups)) = (facts(&path), facts(&out));
    assert_eq!((schema, keys, 0), (schema_out, keys_out, groups));
}

#[test]
fn a_cut_row_loses_the_span_alone() {
    let corpus = Corpus::new();
    let (path, out) = (corpus.put("a.parquet", sample()), corpus.path().join("out.parquet"));
    clear(&path, &out, |item| if item.ordinal == 3 { Some(vec![0..8, 13..14]) } else { Some(Vec::new()) });
    let mut columns = sample_columns();
    columns[1] = texts(&[Some("first text"), None, Some("Text "), Some("")]);
    let expected = corpus.put("b.parquet", write(SAMPLE, plain(Compression::SNAPPY), &[columns]));
    assert_eq!(rows_of(&out), rows_of(&expected));
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
fn millions_of_entries_in_a_few_bytes_are_a_bomb() {
    let entries = 17 << 20;
    let mut definitions = vec![2; entries];
    definitions[0] = 3;
    let mut repetitions = vec![1; entries];
    repetitions[0] = 0;
    let schema = "message m { optional group text (LIST) { repeated group list {
        optional binary element (STRING); } } }";
    let bytes =
        write(schema, plain(Compression::SNAPPY), &[vec![nested(&["one"], &definitions, &repetitions)]]);
    assert!(bytes.len() < 100_000);
    let corpus = Corpus::new();
    let said = told(&records(&corpus.put("a.parquet", bytes), &ReadOptions::default()));
    insta::assert_snapshot!(said);
}

#[test]
fn text_is_found_in_lists_of_every_age() {
    let list = |entry: &str| format!("message m {{ optional group text (LIST) {{ {entry} }} }}");
    // Of three rows the first has two texts, the second an empty list, the third none.
    let three = |place: i16| nested(&["one", "two"], &[place, place, 1, 0], &[0, 1, 0, 0]);
    let cases = [
        ("repeated primitive", "message m { repeated binary text (STRING); }".to_owned(), {
            nested(&["one", "two"], &[1, 1, 0, 0], &[0, 1, 0, 0])
        }),
        ("three levels", list("repeated group list { optional binary element (STRING); }"), three(3)),
        ("Hive", list("repeated group bag { optional binary array_element (STRING); }"), three(3)),
        ("two levels", list("repeated binary array (STRING);"), three(2)),
        ("bytes", list("repeated binary array;"), three(2)),
    ];
    let below = [
        ("array of structs", "array", "required"),
        ("tuple", "messages_tuple", "required"),
        ("struct with one field", "list", "struct"),
    ];
    let corpus = Corpus::new();
    let options = ReadOptions::default();
    let expected = ["one\ntwo", "", ""];
    for (name, schema, column) in cases {
        let bytes = write(&schema, plain(Compression::SNAPPY), &[vec![column]]);
        let path = corpus.put("a.parquet", bytes);
        assert_eq!(items(&path).iter().map(|item| &*item.text).collect::<Vec<_>>(), expected, "{name}");
    }
    for (name, entry, inner) in below {
        let content = "required binary content (STRING);";
        let fields = if inner == "struct" {
            format!("required group element {{ {content} }}")
        } else {
            content.to_owned()
        };
        let schema = format!(
            "message m {{ optional group messages (LIST) {{ repeated group {entry} {{ {fields} }} }} }}"
        );
        let bytes = write(&schema, plain(Compression::SNAPPY), &[vec![three(2)]]);
        let path = corpus.put("a.parquet", bytes);
        assert_eq!(items(&path).iter().map(|item| &*item.text).collect::<Vec<_>>(), expected, "{name}");
    }
    // A map is no list of texts.
    let schema = "message m { optional group text (MAP) { repeated group key_value {
        required binary key (STRING); required binary text (STRING); } } }";
    let bytes = write(schema, plain(Compression::SNAPPY), &[vec![three(2), three(2)]]);
    let path = corpus.put("a.parquet", bytes);
    assert!(open(&source(&path), &options).is_err());
}

#[test]
fn values_are_told_as_people_write_them() {
    let schema = "message m {
        required binary text (JSON);
        required int32 id;
        optional binary url;
        optional binary language (ENUM);
        optional int64 date (TIMESTAMP(MICROS,true));
        optional int64 crawl_date (TIMESTAMP(NANOS,true));
        required int64 uid (INTEGER(64,false));
        required int32 doc_id (INTEGER(8,true));
    }";
    let bytes = |values: &[&str]| Data::Bytes(values.iter().map(|value| (*value).into()).collect());
    let columns = vec![
        required(bytes(&["{}", "[]"])),
        required(Data::Int32(vec![-7, 8])),
        texts(&[Some("https://example.org/"), None]),
        texts(&[Some("de"), None]),
        numbers(&[Some(1_585_472_650_000_001), None]),
        numbers(&[None, Some(1_585_472_650_000_000_002)]),
        required(Data::Int64(vec![-1, 1])),
        required(Data::Int32(vec![1, 2])),
    ];
    let corpus = Corpus::new();
    let path = corpus.put("a.parquet", write(schema, plain(Compression::SNAPPY), &[columns]));
    let tell = |options: &ReadOptions| -> Vec<_> {
        let told = records(&path, options).into_iter().filter_map(|record| match record {
            Record::Item(item) => Some(format!(
                "{} {:?} {:?} {:?} {:?}",
                item.text.as_str(),
                item.id,
                item.url,
                item.language,
                item.captured.map(|at| at.to_string())
            )),
            _ => None,
        });
        told.collect()
    };
    assert_eq!(
        tell(&ReadOptions::default()),
        [
            r#"{} Some("-7") Some("https://example.org/") Some("de") Some("2020-03-29T09:04:10.000001Z")"#,
            r#"[] Some("8") None None Some("2020-03-29T09:04:10.000000002Z")"#,
        ]
    );
    let named = |name: &str| ReadOptions { id_field: Some(name.to_owned()), ..ReadOptions::default() };
    assert!(tell(&named("uid"))[0].contains("18446744073709551615"));
    // Small numbers are no ids.
    assert!(tell(&named("doc_id"))[0].contains("None"));
}

#[test]
fn bytes_that_are_no_text_end_a_column_of_text_and_are_passed_over_elsewhere() {
    let corpus = Corpus::new();
    let data = || required(Data::Bytes(vec!["good".into(), vec![0xff_u8, 0xfe].into()]));
    let mut out = String::new();
    for kind in ["", "(STRING)"] {
        let schema = format!("message m {{ required binary text {kind}; }}");
        let path = corpus.put("a.parquet", write(&schema, plain(Compression::SNAPPY), &[vec![data()]]));
        out.push_str(&told(&records(&path, &ReadOptions::default())));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn types_that_no_text_has_are_kept_as_they_are() {
    let schema = "message m {
        required binary text (STRING);
        optional int96 old_time;
        optional fixed_len_byte_array(3) three;
        optional int32 price (DECIMAL(9,2));
        required boolean yes;
        optional float f;
        optional double d;
    }";
    let optional = |data: Data| Column { data, definitions: vec![1, 0, 1], repetitions: Vec::new() };
    let stamp = |day: u32| parquet::data_type::Int96::from(vec![7, 0, day]);
    let columns = vec![
        required(Data::Bytes(vec!["a".into(), "b".into(), "c".into()])),
        optional(Data::Int96(vec![stamp(2_440_589), stamp(2_458_938)])),
        optional(Data::Fixed(vec![vec![1, 2, 3].into(), vec![4, 5, 6].into()])),
        optional(Data::Int32(vec![1999, -5])),
        required(Data::Bool(vec![true, false, true])),
        optional(Data::Float(vec![0.5, -1.5])),
        optional(Data::Double(vec![0.25, 3.0])),
    ];
    let corpus = Corpus::new();
    let path = corpus.put("a.parquet", write(schema, plain(Compression::SNAPPY), &[columns]));
    let out = corpus.path().join("out.parquet");
    clear_all(&path, &out);
    assert_eq!(facts(&out), facts(&path));
    assert_eq!(rows_of(&out), rows_of(&path));
    clear(&path, &out, |item| (item.ordinal != 2).then(Vec::new));
    let expected: Vec<_> = [0, 2].map(|row| rows_of(&path).swap_remove(row)).into();
    assert_eq!(rows_of(&out), expected);
}
