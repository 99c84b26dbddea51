//! Column tables: the only door to Parquet for the rest of Placet.
//!
//! Equal rows give equal bytes: the writer's name, the row group size and the compression are fixed, and nothing
//! of the machine or the time gets in.

mod concat;
mod reader;
mod writer;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::SerializedFileReader;
use parquet::schema::types::ColumnPath;

use crate::error::CorpusError;
use crate::parquet_guard::{self, reason};

pub use concat::concat;
pub use reader::Reader;
pub use writer::Writer;

const ROW_GROUP_ROWS: usize = 128 * 1024;
/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8 * 1024;
/// Rows that are encoded at a time: their cells stay in a core's own cache until then.
const PENDING_ROWS: usize = 1024;
const ZSTD_LEVEL: i32 = 3;
const CREATED_BY: &str = "placet tables version 1";
/// The key under which a column's description stands in the file's metadata is this and the column's name.
const DOC_KEY: &str = "placet.column.";

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its cells hold.
    pub kind: ColumnKind,
    /// What it means, with its unit; written into the file.
    pub doc: String,
    distinct: bool,
}

impl Column {
    /// A column.
    pub fn new(name: &str, kind: ColumnKind, doc: &str) -> Self {
        Self { name: name.to_owned(), kind, doc: doc.to_owned(), distinct: false }
    }

    /// The same for values that hardly repeat: they are written as they stand, without the dictionary that texts get.
    #[must_use]
    pub fn distinct(self) -> Self {
        Self { distinct: true, ..self }
    }
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A string.
    Text,
    /// A string or nothing.
    OptText,
    /// A whole number.
    U64,
    /// A whole number or nothing.
    OptU64,
    /// A number.
    F32,
    /// A number or nothing.
    OptF32,
    /// Yes or no.
    Bool,
    /// A list of strings.
    TextList,
}

impl ColumnKind {
    fn nullable(self) -> bool {
        matches!(self, Self::OptText | Self::OptU64 | Self::OptF32)
    }
}

/// One cell of a row to write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing, in an optional column.
    Null,
    /// A string.
    Text(&'a str),
    /// A whole number.
    U64(u64),
    /// A number.
    F32(f32),
    /// Yes or no.
    Bool(bool),
    /// A list of strings.
    TextList(&'a [String]),
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<Option<u64>> for Cell<'_> {
    fn from(number: Option<u64>) -> Self {
        number.map_or(Self::Null, Self::U64)
    }
}

impl From<Option<f32>> for Cell<'_> {
    fn from(number: Option<f32>) -> Self {
        number.map_or(Self::Null, Self::F32)
    }
}

/// One cell of a row that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A string.
    Text(String),
    /// A whole number.
    U64(u64),
    /// A number.
    F32(f32),
    /// Yes or no.
    Bool(bool),
    /// A list of strings.
    TextList(Vec<String>),
}

fn open(path: &Path) -> Result<SerializedFileReader<File>, CorpusError> {
    let file = File::open(path).map_err(|cause| CorpusError::io(path, "cannot be opened", cause))?;
    parquet_guard::open(file).map_err(|cause| read(path, &cause))
}

fn sync(path: &Path, mut file: BufWriter<File>) -> Result<(), CorpusError> {
    file.flush()
        .and_then(|()| file.get_ref().sync_all())
        .map_err(|cause| CorpusError::io(path, "cannot be written", cause))
}

fn properties(
    path: &Path,
    columns: &[Column],
    keys: Option<Vec<KeyValue>>,
) -> Result<WriterProperties, CorpusError> {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(|cause| written(path, &cause))?;
    let mut properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_offset_index_disabled(true)
        .set_key_value_metadata(keys);
    for column in columns {
        let path = ColumnPath::from(column.name.as_str());
        // Places that ascend and amounts that are mostly alike become a few bits each.
        let whole = matches!(column.kind, ColumnKind::U64 | ColumnKind::OptU64);
        if whole || column.distinct {
            properties = properties.set_column_dictionary_enabled(path.clone(), false);
        }
        if whole {
            properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
    }
    Ok(properties.build())
}

fn written(path: &Path, cause: &ParquetError) -> CorpusError {
    CorpusError::Table {
        path: path.to_owned(),
        action: "cannot be written",
        reason: reason(cause),
        remedy: "check the space on the disk and run the same command again",
    }
}

fn read(path: &Path, cause: &ParquetError) -> CorpusError {
    CorpusError::Table {
        path: path.to_owned(),
        action: "cannot be read",
        reason: reason(cause),
        remedy: "remove it and run again",
    }
}
