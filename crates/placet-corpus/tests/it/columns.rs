//! Parquet files made for a test: a schema as text, and for each column its values with their levels.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::Row;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::Type;

/// The values of a column.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

/// A column of a row group.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) data: Data,
    pub(crate) definitions: Vec<i16>,
    pub(crate) repetitions: Vec<i16>,
}

pub(crate) fn required(data: Data) -> Column {
    Column { data, definitions: Vec::new(), repetitions: Vec::new() }
}

/// A column of numbers, each of which is there or not.
pub(crate) fn numbers(values: &[Option<i64>]) -> Column {
    let definitions = values.iter().map(|value| i16::from(value.is_some())).collect();
    let data = Data::Int64(values.iter().copied().flatten().collect());
    Column { data, definitions, repetitions: Vec::new() }
}

/// A column of texts, each of which is there or not.
pub(crate) fn texts(values: &[Option<&str>]) -> Column {
    let definitions = values.iter().map(|value| i16::from(value.is_some())).collect();
    let data = Data::Bytes(values.iter().copied().flatten().map(ByteArray::from).collect());
    Column { data, definitions, repetitions: Vec::new() }
}

/// A column with its levels.
pub(crate) fn nested(values: &[&str], definitions: &[i16], repetitions: &[i16]) -> Column {
    let data = Data::Bytes(values.iter().copied().map(ByteArray::from).collect());
    Column { data, definitions: definitions.to_vec(), repetitions: repetitions.to_vec() }
}

pub(crate) fn plain(compression: Compression) -> WriterPropertiesBuilder {
    let keys = vec![KeyValue::new("note".to_owned(), "kept".to_owned())];
    WriterProperties::builder().set_compression(compression).set_key_value_metadata(Some(keys))
}

/// A file of these row groups.
pub(crate) fn write(schema: &str, properties: WriterPropertiesBuilder, groups: &[Vec<Column>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).unwrap();
    for columns in groups {
        let mut group = writer.next_row_group().unwrap();
        for column in columns {
            let mut target = group.next_column().unwrap().unwrap();
            let levels = |levels: &[i16]| (!levels.is_empty()).then(|| levels.to_vec());
            let (definitions, repetitions) = (levels(&column.definitions), levels(&column.repetitions));
            macro_rules! write {
                ($writer:expr, $values:expr) => {
                    $writer.write_batch($values, definitions.as_deref(), repetitions.as_deref()).unwrap()
                };
            }
            match (target.untyped(), &column.data) {
                (ColumnWriter::BoolColumnWriter(writer), Data::Bool(values)) => write!(writer, values),
                (ColumnWriter::Int32ColumnWriter(writer), Data::Int32(values)) => write!(writer, values),
                (ColumnWriter::Int64ColumnWriter(writer), Data::Int64(values)) => write!(writer, values),
                (ColumnWriter::Int96ColumnWriter(writer), Data::Int96(values)) => write!(writer, values),
                (ColumnWriter::FloatColumnWriter(writer), Data::Float(values)) => write!(writer, values),
                (ColumnWriter::DoubleColumnWriter(writer), Data::Double(values)) => write!(writer, values),
                (ColumnWriter::ByteArrayColumnWriter(writer), Data::Bytes(values)) => write!(writer, values),
                (ColumnWriter::FixedLenByteArrayColumnWriter(writer), Data::Fixed(values)) => {
                    write!(writer, values)
                }
                (_, data) => panic!("{data:?} is not what the schema says"),
            };
            target.close().unwrap();
        }
        assert!(group.next_column().unwrap().is_none(), "a column is missing");
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

/// The rows of a file as the Parquet library's own reader of rows puts them together.
pub(crate) fn rows(bytes: Vec<u8>) -> Vec<Row> {
    let file = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    file.get_row_iter(None).unwrap().map(Result::unwrap).collect()
}

pub(crate) fn rows_of(path: &Path) -> Vec<Row> {
    rows(std::fs::read(path).unwrap())
}

/// Schema, the metadata's pairs and the number of row groups.
pub(crate) fn facts(path: &Path) -> (Type, Vec<KeyValue>, usize) {
    let file = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let metadata = file.metadata().file_metadata();
    let keys = metadata.key_value_metadata().cloned().unwrap_or_default();
    (metadata.schema_descr().root_schema().clone(), keys, file.num_row_groups())
}
