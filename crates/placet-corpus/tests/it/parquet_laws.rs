//! Parquet files of random shape: what is kept of them is what their rows were.
//!
//! Schema and rows are drawn as trees, cut into columns here by the rules of the format, and put together again by the
//! Parquet library's own reader of rows, which shares no code with ours.

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, Int96};
use parquet::file::properties::WriterVersion;
use placet_corpus::{Cleared, Item, ReadOptions, Record, open};
use proptest::prelude::*;

use crate::columns::{Column, Data, plain, rows, rows_of, write};
use crate::support::{Corpus, source, told};

/// A node of a schema.
#[derive(Clone, Debug)]
struct Node {
    optional: bool,
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Shape {
    Leaf(&'static str),
    Struct(Vec<Node>),
    List(Box<Node>),
}

/// A value of a row.
#[derive(Clone, Debug)]
enum Value {
    Null,
    Number(i64),
    Text(String),
    Many(Vec<Value>),
}

const LEAVES: [&str; 10] = [
    "binary (STRING)",
    "binary (STRING)",
    "binary (STRING)",
    "binary",
    "boolean",
    "int32",
    "int64",
    "int96",
    "double",
    "fixed_len_byte_array(3)",
];

fn node() -> impl Strategy<Value = Node> {
    let leaf = (any::<bool>(), 0..LEAVES.len())
        .prop_map(|(optional, kind)| Node { optional, shape: Shape::Leaf(LEAVES[kind]) });
    leaf.prop_recursive(3, 8, 3, |inner| {
        let list = inner.clone().prop_map(|item| Shape::List(Box::new(item)));
        let many = prop::collection::vec(inner, 1..4).prop_map(Shape::Struct);
        (any::<bool>(), prop_oneof![list, many]).prop_map(|(optional, shape)| Node { optional, shape })
    })
}

fn value(node: &Node) -> BoxedStrategy<Value> {
    let there = match &node.shape {
        Shape::Leaf("binary (STRING)") => "[a-zé\u{1f600}\n]{0,8}".prop_map(Value::Text).boxed(),
        Shape::Leaf(_) => (0_i64..200).prop_map(Value::Number).boxed(),
        Shape::Struct(nodes) => nodes.iter().map(value).collect::<Vec<_>>().prop_map(Value::Many).boxed(),
        Shape::List(item) => prop::collection::vec(value(item), 0..4).prop_map(Value::Many).boxed(),
    };
    if node.optional { prop_oneof![1 => Just(Value::Null), 3 => there].boxed() } else { there }
}

#[derive(Clone, Debug)]
struct Case {
    /// A struct whose fields are the columns; the first is a text.
    root: Node,
    rows: Vec<Value>,
    kept: Vec<bool>,
    /// Whether each character of a row's text is cut, over and over.
    cut: Vec<bool>,
    group_rows: usize,
    compression: Compression,
    version: WriterVersion,
    dictionary: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let text = Node { optional: true, shape: Shape::Leaf(LEAVES[0]) };
    let root = prop::collection::vec(node(), 0..4).prop_map(move |mut nodes| {
        nodes.insert(0, text.clone());
        Node { optional: false, shape: Shape::Struct(nodes) }
    });
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(parquet::basic::GzipLevel::default()),
        Compression::ZSTD(parquet::basic::ZstdLevel::default()),
    ];
    let versions = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0];
    let settings = (
        prop::collection::vec(any::<bool>(), 1..30),
        1_usize..20,
        prop::sample::select(codecs.to_vec()),
        prop::sample::select(versions.to_vec()),
        any::<bool>(),
    );
    (root, settings).prop_flat_map(|(root, (cut, group_rows, compression, version, dictionary))| {
        prop::collection::vec((value(&root), any::<bool>()), 0..25).prop_map(move |rows| {
            let (rows, kept) = rows.into_iter().unzip();
            let (root, cut) = (root.clone(), cut.clone());
            Case { root, rows, kept, cut, group_rows, compression, version, dictionary }
        })
    })
}

impl Node {
    fn fields(&self) -> &[Node] {
        if let Shape::Struct(fields) = &self.shape { fields } else { &[] }
    }

    /// As the schema's text.
    fn write(&self, name: &str, out: &mut String) {
        out.push_str(if self.optional { "optional " } else { "required " });
        match &self.shape {
            Shape::Leaf(kind) => {
                let (kind, logical) = kind.split_once(' ').unwrap_or((kind, ""));
                out.push_str(&format!("{kind} {name} {logical};\n"));
            }
            Shape::Struct(_) => {
                out.push_str(&format!("group {name} {{\n"));
                self.write_fields(out);
                out.push_str("}\n");
            }
            Shape::List(item) => {
                out.push_str(&format!("group {name} (LIST) {{ repeated group list {{\n"));
                item.write("element", out);
                out.push_str("} }\n");
            }
        }
    }

    fn write_fields(&self, out: &mut String) {
        for (at, field) in self.fields().iter().enumerate() {
            field.write(&format!("f{at}"), out);
        }
    }

    /// The columns below, empty, and the names of those of text.
    fn columns(&self, path: &str, columns: &mut Vec<Column>, texts: &mut Vec<String>) {
        match &self.shape {
            Shape::Leaf(kind) => {
                let data = match *kind {
                    "boolean" => Data::Bool(Vec::new()),
                    "int32" => Data::Int32(Vec::new()),
                    "int64" => Data::Int64(Vec::new()),
                    "int96" => Data::Int96(Vec::new()),
                    "double" => Data::Double(Vec::new()),
                    "fixed_len_byte_array(3)" => Data::Fixed(Vec::new()),
                    _ => Data::Bytes(Vec::new()),
                };
                if *kind == LEAVES[0] {
                    texts.push(path.to_owned());
                }
                columns.push(Column { data, definitions: Vec::new(), repetitions: Vec::new() });
            }
            Shape::Struct(fields) => {
                for (at, field) in fields.iter().enumerate() {
                    let dot = if path.is_empty() { "" } else { "." };
                    field.columns(&format!("{path}{dot}f{at}"), columns, texts);
                }
            }
            Shape::List(item) => item.columns(path, columns, texts),
        }
    }

    /// Cuts a value into the columns.
    fn shred(&self, value: &Value, levels: Levels, columns: &mut [Column]) {
        let optional = i16::from(self.optional);
        let deeper = Levels { definition: levels.definition + optional, ..levels };
        match (&self.shape, value) {
            (_, Value::Null) => {
                for column in columns {
                    column.definitions.push(levels.definition);
                    column.repetitions.push(levels.repetition);
                }
            }
            (Shape::Leaf(_), value) => {
                columns[0].definitions.push(deeper.definition);
                columns[0].repetitions.push(levels.repetition);
                columns[0].data.push(value);
            }
            (Shape::Struct(fields), Value::Many(values)) => {
                let mut rest = columns;
                for (field, value) in fields.iter().zip(values) {
                    let (own, others) = rest.split_at_mut(field.width());
                    field.shred(value, deeper, own);
                    rest = others;
                }
            }
            (Shape::List(item), Value::Many(values)) => {
                if values.is_empty() {
                    for column in &mut *columns {
                        column.definitions.push(deeper.definition);
                        column.repetitions.push(levels.repetition);
                    }
                }
                for (at, value) in values.iter().enumerate() {
                    let lists = levels.lists + 1;
                    let repetition = if at == 0 { levels.repetition } else { lists };
                    let inner = Levels { definition: deeper.definition + 1, repetition, lists };
                    item.shred(value, inner, columns);
                }
            }
            (shape, value) => panic!("{value:?} in {shape:?}"),
        }
    }

    fn width(&self) -> usize {
        match &self.shape {
            Shape::Leaf(_) => 1,
            Shape::Struct(fields) => fields.iter().map(Self::width).sum(),
            Shape::List(item) => item.width(),
        }
    }

    /// Every text of a value, column by column.
    fn texts<'a>(&self, value: &'a mut Value, columns: &mut Vec<Vec<&'a mut String>>, at: &mut usize) {
        match (&self.shape, value) {
            (Shape::Leaf(kind), value) => {
                if *kind == LEAVES[0] {
                    if columns.len() <= *at {
                        columns.resize_with(*at + 1, Vec::new);
                    }
                    if let Value::Text(text) = value {
                        columns[*at].push(text);
                    }
                    *at += 1;
                }
            }
            (Shape::Struct(fields), Value::Many(values)) => {
                for (field, value) in fields.iter().zip(values) {
                    field.texts(value, columns, at);
                }
            }
            (Shape::List(item), Value::Many(values)) => {
                let first = *at;
                for value in values {
                    *at = first;
                    item.texts(value, columns, at);
                }
                *at = first + item.text_width();
            }
            (_, _) => *at += self.text_width(),
        }
    }

    fn text_width(&self) -> usize {
        match &self.shape {
            Shape::Leaf(kind) => usize::from(*kind == LEAVES[0]),
            Shape::Struct(fields) => fields.iter().map(Self::text_width).sum(),
            Shape::List(item) => item.text_width(),
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Levels {
    definition: i16,
    repetition: i16,
    lists: i16,
}

impl Data {
    fn push(&mut self, value: &Value) {
        let number = if let Value::Number(number) = value { *number } else { 0 };
        let byte = number as u8;
        match self {
            Self::Bool(values) => values.push(number % 2 == 0),
            Self::Int32(values) => values.push(number as i32),
            Self::Int64(values) => values.push(number),
            Self::Int96(values) => values.push(Int96::from(vec![7, 0, 2_440_588 + number as u32])),
            Self::Float(values) => values.push(number as f32),
            Self::Double(values) => values.push(number as f64),
            Self::Fixed(values) => values.push(vec![byte, 0, byte].into()),
            Self::Bytes(values) => values.push(match value {
                Value::Text(text) => text.as_str().into(),
                _ => ByteArray::from(vec![byte, 0xff]),
            }),
        }
    }
}

impl Case {
    fn file(&self, rows: &[Value]) -> Vec<u8> {
        let mut schema = "message m {\n".to_owned();
        self.root.write_fields(&mut schema);
        schema.push('}');
        let groups: Vec<Vec<Column>> = rows
            .chunks(self.group_rows)
            .map(|rows| {
                let mut columns = Vec::new();
                self.root.columns("", &mut columns, &mut Vec::new());
                for row in rows {
                    self.root.shred(row, Levels::default(), &mut columns);
                }
                columns
            })
            .collect();
        let properties = plain(self.compression)
            .set_writer_version(self.version)
            .set_dictionary_enabled(self.dictionary)
            .set_write_batch_size(2)
            .set_data_page_row_count_limit(3);
        write(&schema, properties, &groups)
    }

    /// All texts of a row in the order in which they make the item's text.
    fn texts<'a>(&self, row: &'a mut Value) -> Vec<&'a mut String> {
        let mut columns = Vec::new();
        self.root.texts(row, &mut columns, &mut 0);
        columns.into_iter().flatten().collect()
    }

    fn is_cut(&self, at: usize) -> bool {
        self.cut[at % self.cut.len()]
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn kept_rows_are_what_they_were(case in case()) {
        let mut paths = Vec::new();
        case.root.columns("", &mut Vec::new(), &mut paths);
        let options = ReadOptions { text_fields: paths, ..ReadOptions::default() };
        let corpus = Corpus::new();
        let path = corpus.put("a.parquet", case.file(&case.rows));
        let records: Vec<Record> = open(&source(&path), &options).unwrap().collect();
        let items: Vec<&Item> = records
            .iter()
            .map(|record| if let Record::Item(item) = record { item } else { panic!("{record:?}") })
            .collect();
        let mut drawn = case.rows.clone();
        let expected: Vec<String> = drawn
            .iter_mut()
            .map(|row| case.texts(row).iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n"))
            .collect();
        prop_assert_eq!(items.iter().map(|item| String::from(item.text.clone())).collect::<Vec<_>>(), expected);
        let light = ReadOptions { keep_raw: false, ..options };
        let light: Vec<Record> = open(&source(&path), &light).unwrap().collect();
        prop_assert_eq!(told(&light), told(&records));

        // A subset as it was.
        let out = corpus.path().join("kept.parquet");
        let mut cleared = Cleared::create(&source(&path), &out).unwrap();
        for (item, _) in items.iter().zip(&case.kept).filter(|(_, kept)| **kept) {
            cleared.keep(item).unwrap();
        }
        cleared.finish().unwrap();
        let whole = rows_of(&path).into_iter().zip(&case.kept);
        let expected: Vec<_> = whole.filter(|(_, kept)| **kept).map(|(row, _)| row).collect();
        prop_assert_eq!(rows_of(&out), expected);

        // The same without some characters.
        let out = corpus.path().join("cut.parquet");
        let mut cleared = Cleared::create(&source(&path), &out).unwrap();
        for (item, _) in items.iter().zip(&case.kept).filter(|(_, kept)| **kept) {
            let spans: Vec<_> =
                (0..item.text.chars().count()).filter(|at| case.is_cut(*at)).map(|at| at..at + 1).collect();
            cleared.redact(item, &spans).unwrap();
        }
        cleared.finish().unwrap();
        let mut left = Vec::new();
        for (mut row, _) in case.rows.iter().cloned().zip(&case.kept).filter(|(_, kept)| **kept) {
            let mut at = 0;
            for text in case.texts(&mut row) {
                let length = text.chars().count();
                *text = text.chars().zip(at..).filter(|(_, at)| !case.is_cut(*at)).map(|(char, _)| char).collect();
                at += length + 1;
            }
            left.push(row);
        }
        prop_assert_eq!(rows_of(&out), rows(case.file(&left)));
    }
}

#[test]
fn many_rows_are_kept_over_batches_and_groups() {
    let text = Node { optional: true, shape: Shape::Leaf(LEAVES[0]) };
    let list = Node { optional: true, shape: Shape::List(Box::new(text.clone())) };
    let root = Node { optional: false, shape: Shape::Struct(vec![text, list]) };
    let row = |n: usize| {
        let text =
            |n: usize| if n.is_multiple_of(7) { Value::Null } else { Value::Text(format!("text {n}")) };
        Value::Many(vec![text(n), Value::Many((0..n % 5).map(text).collect())])
    };
    let case = Case {
        root,
        rows: (0..5_000).map(row).collect(),
        kept: Vec::new(),
        cut: Vec::new(),
        group_rows: 2_100,
        compression: Compression::SNAPPY,
        version: WriterVersion::PARQUET_1_0,
        dictionary: true,
    };
    let corpus = Corpus::new();
    let path = corpus.put("a.parquet", case.file(&case.rows));
    let options =
        ReadOptions { text_fields: vec!["f0".to_owned(), "f1".to_owned()], ..ReadOptions::default() };
    let out = corpus.path().join("out.parquet");
    let mut cleared = Cleared::create(&source(&path), &out).unwrap();
    let mut kept = Vec::new();
    for (record, row) in open(&source(&path), &options).unwrap().zip(rows_of(&path)) {
        let Record::Item(item) = record else { panic!("{record:?}") };
        if item.ordinal % 3 != 0 {
            cleared.keep(&item).unwrap();
            kept.push(row);
        }
    }
    cleared.finish().unwrap();
    assert_eq!(rows_of(&out), kept);
}
