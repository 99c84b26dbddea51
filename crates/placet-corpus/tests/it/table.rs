//! Column tables.

use parquet::basic::{Compression, Encoding};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use placet_corpus::table::{Cell, Column, ColumnKind, Reader, Value, Writer, concat};
use proptest::prelude::*;

use crate::columns::{Data, nested, plain, required, write as write_columns};
use crate::support::Corpus;

fn columns() -> Vec<Column> {
    vec![
        Column::new("item_id", ColumnKind::Text, "the item").distinct(),
        Column::new("url", ColumnKind::OptText, "its address"),
        Column::new("start", ColumnKind::U64, "characters"),
        Column::new("end", ColumnKind::OptU64, "characters"),
        Column::new("similarity", ColumnKind::F32, "0 to 1"),
        Column::new("share", ColumnKind::OptF32, "0 to 1"),
        Column::new("common", ColumnKind::Bool, "whether many works share it"),
        Column::new("works", ColumnKind::TextList, "their ids"),
    ]
}

fn write(path: &std::path::Path, from: u64, rows: u64) {
    let metadata = [("schema".to_owned(), "test/1".to_owned())];
    let mut writer = Writer::create(path, &columns(), &metadata).unwrap();
    for n in from..from + rows {
        let id = format!("item {n}");
        let works = [format!("w{n}"), "é".to_owned()];
        writer
            .push(&[
                Cell::Text(&id),
                (n % 2 == 0).then_some("https://example.org").into(),
                Cell::U64(n),
                (n % 3 == 0).then_some(n).into(),
                Cell::F32(0.5),
                (n % 5 == 0).then_some(0.25).into(),
                Cell::Bool(n % 2 == 0),
                Cell::TextList(if n == 0 { &[] } else { &works }),
            ])
            .unwrap();
    }
    assert_eq!(writer.finish().unwrap(), rows);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// They are written as differences, and those of the greatest numbers do not fit their type.
    #[test]
    fn whole_numbers_come_back_whatever_their_size(
        numbers in prop::collection::vec(prop_oneof![any::<u64>(), 0_u64..3, Just(u64::MAX), Just(1 << 63)], 0..300)
    ) {
        let corpus = Corpus::new();
        let path = corpus.path().join("a.parquet");
        let columns = [Column::new("n", ColumnKind::U64, "any")];
        let mut writer = Writer::create_in_groups(&path, &columns, &[], 100).unwrap();
        for number in &numbers {
            writer.push(&[Cell::U64(*number)]).unwrap();
        }
        writer.finish().unwrap();
        prop_assert_eq!(rows(&path), numbers.into_iter().map(|n| vec![Value::U64(n)]).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Tables come from strangers, too: use records of a licensee, shards of an audit.
    #[test]
    fn damaged_tables_are_read_to_an_error_or_to_their_end(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let corpus = Corpus::new();
        let path = corpus.path().join("a.parquet");
        write(&path, 0, 40);
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        std::fs::write(&path, bytes).unwrap();
        let Ok(mut reader) = Reader::open(&path) else { return Ok(()) };
        for count in 0.. {
            prop_assert!(count < 10_000, "no end");
            match reader.next() {
                None => break,
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    prop_assert!(!error.to_string().contains("Parquet error"), "{error}");
                    prop_assert!(reader.next().is_none(), "rows after an error");
                    break;
                }
            }
        }
    }
}

fn rows(path: &std::path::Path) -> Vec<Vec<Value>> {
    Reader::open(path).unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_was_written_is_read_with_its_description() {
    let corpus = Corpus::new();
    let path = corpus.path().join("a.parquet");
    write(&path, 0, 3);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.rows(), 3);
    assert_eq!(reader.columns()[7], "works");
    assert!(reader.metadata().contains(&("schema".to_owned(), "test/1".to_owned())));
    assert!(reader.metadata().contains(&("placet.column.url".to_owned(), "its address".to_owned())));
    insta::assert_debug_snapshot!(rows(&path)[..2]);
}

#[test]
fn columns_are_encoded_as_the_documentation_says() {
    let corpus = Corpus::new();
    let path = corpus.path().join("a.parquet");
    write(&path, 0, 3000);
    let file = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let column = |name: &str| {
        let columns = file.metadata().row_group(0).columns();
        let column = columns.iter().find(|column| column.column_path().string() == name).unwrap();
        assert!(matches!(column.compression(), Compression::ZSTD(_)), "{name}");
        column.encodings().collect::<Vec<_>>()
    };
    assert!(!column("item_id").contains(&Encoding::RLE_DICTIONARY));
    assert!(column("url").contains(&Encoding::RLE_DICTIONARY));
    for name in ["start", "end"] {
        assert!(column(name).contains(&Encoding::DELTA_BINARY_PACKED), "{name}");
    }
}

#[test]
fn equal_rows_give_equal_bytes() {
    let corpus = Corpus::new();
    let (a, b) = (corpus.path().join("a"), corpus.path().join("b"));
    write(&a, 0, 20_000);
    write(&b, 0, 20_000);
    assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
}

#[test]
fn joined_tables_hold_the_rows_of_all_in_order() {
    let corpus = Corpus::new();
    let (a, b, c, out) = ("a", "b", "c", "out");
    let [a, b, c, out] = [a, b, c, out].map(|name| corpus.path().join(name));
    write(&a, 0, 10_000);
    write(&b, 10_000, 0);
    write(&c, 10_000, 500);
    assert_eq!(concat(&[a.clone(), b, c.clone()], &out).unwrap(), 10_500);
    assert_eq!(rows(&out), [rows(&a), rows(&c)].concat());
    assert_eq!(Reader::open(&out).unwrap().metadata(), Reader::open(&a).unwrap().metadata());
    let twice = corpus.path().join("twice");
    concat(std::slice::from_ref(&out), &twice).unwrap();
    assert_eq!(std::fs::read(&out).unwrap(), std::fs::read(&twice).unwrap());
}

#[test]
fn a_row_of_the_wrong_shape_and_tables_that_differ_are_refused() {
    let corpus = Corpus::new();
    let (a, b, out) = (corpus.path().join("a"), corpus.path().join("b"), corpus.path().join("out"));
    let mut writer = Writer::create(&a, &columns()[..1], &[]).unwrap();
    assert!(writer.push(&[Cell::Null]).is_err());
    assert!(writer.push(&[Cell::Text("x"), Cell::U64(1)]).is_err());
    writer.finish().unwrap();
    Writer::create(&b, &columns()[2..3], &[]).unwrap().finish().unwrap();
    let error = concat(&[a, b], &out).unwrap_err().to_string();
    assert!(error.contains("its columns differ"), "{error}");
    assert!(concat(&[], &out).is_err());
}

/// Tables of the first version, which another library wrote (`conformance/parquet/SOURCE.md`).
fn first_version(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/parquet").join(name)
}

fn kind(name: &str) -> ColumnKind {
    match name {
        "url" | "domain" | "language" | "protocol" => ColumnKind::OptText,
        "works" | "duties" | "witness" | "shadowed" | "flags" => ColumnKind::TextList,
        "similarity" => ColumnKind::F32,
        "common" => ColumnKind::Bool,
        name if name.contains("letters") || name.ends_with("_start") || name.ends_with("_end") => {
            ColumnKind::U64
        }
        "ordinal" | "matched_permille" => ColumnKind::U64,
        _ => ColumnKind::Text,
    }
}

#[test]
fn tables_of_the_first_version_are_read_and_joined_to_new_ones() {
    for name in ["decisions.parquet", "matches.parquet"] {
        let old = first_version(name);
        let reader = Reader::open(&old).unwrap();
        let columns: Vec<Column> = reader
            .columns()
            .iter()
            .map(|column| {
                let key = format!("placet.column.{column}");
                let doc = reader.metadata().iter().find(|(name, _)| *name == key).unwrap();
                Column::new(column, kind(column), &doc.1)
            })
            .collect();
        let metadata: Vec<_> =
            reader.metadata().iter().filter(|(key, _)| !key.starts_with("placet.column.")).cloned().collect();
        let old_rows = rows(&old);
        assert_eq!(old_rows.len() as u64, reader.rows());
        insta::assert_debug_snapshot!(name, [&old_rows[0], &old_rows[old_rows.len() / 2]]);
        assert!(!old_rows[0].contains(&Value::Null) || name == "decisions.parquet");

        let corpus = Corpus::new();
        let (new, out) = (corpus.path().join("new"), corpus.path().join("out"));
        let mut writer = Writer::create(&new, &columns, &metadata).unwrap();
        reader.visit(|row| writer.push(row)).unwrap();
        writer.finish().unwrap();
        assert_eq!(rows(&new), old_rows);
        assert_eq!(Reader::open(&new).unwrap().metadata(), Reader::open(&old).unwrap().metadata());
        assert_eq!(concat(&[old, new], &out).unwrap() as usize, 2 * old_rows.len());
        assert_eq!(rows(&out), [old_rows.clone(), old_rows].concat());
    }
}

#[test]
fn columns_of_other_types_hold_nothing() {
    let schema = "message m { required int32 a; optional group b (LIST) { repeated group list {
        optional binary element (STRING); } } required group c { required binary d (STRING); } }";
    let data = || required(Data::Bytes(vec!["x".into(), "y".into()]));
    let list = nested(&["p", "q"], &[3, 2, 3, 0], &[0, 1, 1, 0]);
    let groups = [vec![required(Data::Int32(vec![1, 2])), list, data()]];
    let corpus = Corpus::new();
    let path = corpus.put("a.parquet", write_columns(schema, plain(Compression::SNAPPY), &groups));
    let list = Value::TextList(vec!["p".to_owned(), "q".to_owned()]);
    let expected = [vec![Value::Null, list, Value::Null], vec![Value::Null, Value::Null, Value::Null]];
    assert_eq!(rows(&path), expected);
    let others = Reader::select(&path, &["a", "c"]).unwrap();
    assert_eq!(others.map(Result::unwrap).collect::<Vec<_>>(), [vec![Value::Null; 2], vec![Value::Null; 2]]);
}

#[test]
fn row_groups_and_columns_are_read_alone() {
    let corpus = Corpus::new();
    let path = corpus.path().join("a");
    let mut writer = Writer::create_in_groups(&path, &columns()[..3], &[], 100).unwrap();
    for n in 0..250_u64 {
        writer.push(&[Cell::Text("x"), Cell::Null, Cell::U64(n)]).unwrap();
    }
    writer.finish().unwrap();
    let numbers = |reader: Reader| -> Vec<u64> {
        let numbers =
            reader.map(|row| if let Some(Value::U64(n)) = row.unwrap().pop() { n } else { panic!() });
        numbers.collect()
    };
    let some = Reader::open_groups(&path, &[0, 2, 7]).unwrap();
    assert_eq!(some.rows(), 150);
    assert_eq!(numbers(some), (0..100).chain(200..250).collect::<Vec<_>>());
    let selected = Reader::select(&path, &["start", "other"]).unwrap();
    assert_eq!(selected.columns(), ["start"]);
    assert_eq!(numbers(selected), (0..250).collect::<Vec<_>>());
    // Rows that were taken one by one are not handed over again.
    let mut reader = Reader::open(&path).unwrap();
    assert_eq!(reader.by_ref().take(3).count(), 3);
    let mut seen = 0;
    reader
        .visit(|_| -> Result<(), placet_corpus::CorpusError> {
            seen += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, 247);
}
