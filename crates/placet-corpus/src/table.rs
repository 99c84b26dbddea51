//! Column tables: the only door to Parquet for the rest of Placet.
//!
//! Equal rows give equal bytes: the writer's name, the row group size and the compression are fixed, and nothing
//! of the machine or the time gets in.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float32Builder, ListBuilder, StringBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float32Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;

use crate::error::CorpusError;

const ROW_GROUP_ROWS: usize = 128 * 1024;
const BATCH_ROWS: usize = 8 * 1024;
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
}

impl Column {
    /// A column.
    pub fn new(name: &str, kind: ColumnKind, doc: &str) -> Self {
        Self { name: name.to_owned(), kind, doc: doc.to_owned() }
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
    fn data_type(self) -> DataType {
        match self {
            Self::Text | Self::OptText => DataType::Utf8,
            Self::U64 | Self::OptU64 => DataType::UInt64,
            Self::F32 | Self::OptF32 => DataType::Float32,
            Self::Bool => DataType::Boolean,
            Self::TextList => DataType::List(Arc::new(Field::new("item", DataType::Utf8, false))),
        }
    }

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

/// Writes a table.
pub struct Writer {
    path: PathBuf,
    columns: Vec<Builder>,
    schema: Arc<Schema>,
    pending: usize,
    rows: u64,
    file: ArrowWriter<BufWriter<File>>,
}

impl Writer {
    /// Creates the file, replacing one that is there. `metadata` is written beside the columns' descriptions.
    pub fn create(
        path: &Path,
        columns: &[Column],
        metadata: &[(String, String)],
    ) -> Result<Self, CorpusError> {
        Self::create_in_groups(path, columns, metadata, ROW_GROUP_ROWS)
    }

    /// The same in row groups of this many rows. Small ones are read alone fast, with [`Reader::open_groups`].
    pub fn create_in_groups(
        path: &Path,
        columns: &[Column],
        metadata: &[(String, String)],
        rows: usize,
    ) -> Result<Self, CorpusError> {
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(&column.name, column.kind.data_type(), column.kind.nullable()))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let docs = columns.iter().map(|column| (format!("{DOC_KEY}{}", column.name), column.doc.clone()));
        let keys: Vec<KeyValue> =
            metadata.iter().cloned().chain(docs).map(|(key, value)| KeyValue::new(key, value)).collect();
        let file = File::create(path).map_err(|cause| CorpusError::io(path, "cannot be created", cause))?;
        let options = ArrowWriterOptions::new()
            .with_properties(properties(path, Some(keys), rows)?)
            .with_skip_arrow_metadata(true);
        let file = ArrowWriter::try_new_with_options(BufWriter::new(file), schema.clone(), options)
            .map_err(|cause| written(path, &cause))?;
        let columns = columns.iter().map(|column| Builder::new(column.kind)).collect();
        Ok(Self { path: path.to_owned(), columns, schema, pending: 0, rows: 0, file })
    }

    /// Adds a row: one cell for each column, of its kind.
    pub fn push(&mut self, row: &[Cell<'_>]) -> Result<(), CorpusError> {
        let fits = row.len() == self.columns.len()
            && self.columns.iter().zip(row).all(|(column, cell)| column.takes(cell));
        if !fits {
            return Err(CorpusError::Table {
                path: self.path.clone(),
                action: "a row was refused",
                reason: format!("row {} does not fit the columns: {row:?}", self.rows + 1),
                remedy: "report this as a bug",
            });
        }
        for (column, cell) in self.columns.iter_mut().zip(row) {
            column.push(cell);
        }
        self.pending += 1;
        self.rows += 1;
        if self.pending == BATCH_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    /// Ends the file and waits until it is on the disk. Gives the number of rows.
    pub fn finish(mut self) -> Result<u64, CorpusError> {
        self.flush()?;
        let file = self.file.into_inner().map_err(|cause| written(&self.path, &cause))?;
        sync(&self.path, file)?;
        Ok(self.rows)
    }

    fn flush(&mut self) -> Result<(), CorpusError> {
        if self.pending == 0 {
            return Ok(());
        }
        self.pending = 0;
        let arrays = self.columns.iter_mut().map(Builder::finish).collect();
        RecordBatch::try_new(self.schema.clone(), arrays)
            .map_err(parquet::errors::ParquetError::from)
            .and_then(|batch| self.file.write(&batch))
            .map_err(|cause| written(&self.path, &cause))
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Reads a table row by row.
pub struct Reader {
    path: PathBuf,
    columns: Vec<String>,
    metadata: Vec<(String, String)>,
    rows: u64,
    batches: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    next: usize,
}

impl Reader {
    /// Opens a table that [`Writer`] or [`concat()`] wrote.
    pub fn open(path: &Path) -> Result<Self, CorpusError> {
        Self::start(path, None)
    }

    /// The same with these columns alone, in the order of the file; names that it does not have are passed over.
    pub fn select(path: &Path, names: &[&str]) -> Result<Self, CorpusError> {
        Self::start(path, Some(names))
    }

    fn start(path: &Path, names: Option<&[&str]>) -> Result<Self, CorpusError> {
        let file = File::open(path).map_err(|cause| CorpusError::io(path, "cannot be opened", cause))?;
        let mut builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| read(path, &cause))?;
        if let Some(names) = names {
            let mask = ProjectionMask::columns(builder.parquet_schema(), names.iter().copied());
            builder = builder.with_projection(mask);
        }
        let of_file = builder.schema().fields().iter().map(|field| field.name().clone());
        let columns =
            of_file.filter(|name| names.is_none_or(|names| names.contains(&name.as_str()))).collect();
        let file_metadata = builder.metadata().file_metadata();
        let rows = file_metadata.num_rows().unsigned_abs();
        let metadata = pairs(file_metadata.key_value_metadata());
        let batches = builder.with_batch_size(BATCH_ROWS).build().map_err(|cause| read(path, &cause))?;
        Ok(Self { path: path.to_owned(), columns, metadata, rows, batches, batch: None, next: 0 })
    }

    /// Opens some row groups of a table, by their numbers from 0, in ascending order; nothing else is read.
    pub fn open_groups(path: &Path, groups: &[usize]) -> Result<Self, CorpusError> {
        let file = File::open(path).map_err(|cause| CorpusError::io(path, "cannot be opened", cause))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| read(path, &cause))?;
        let columns = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let all = builder.metadata().row_groups();
        let groups: Vec<usize> = groups.iter().copied().filter(|number| *number < all.len()).collect();
        let of_group = groups.iter().filter_map(|number| all.get(*number));
        let rows = of_group.map(|group| group.num_rows().unsigned_abs()).sum();
        let batches = builder
            .with_row_groups(groups)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|cause| read(path, &cause))?;
        Ok(Self { path: path.to_owned(), columns, metadata: Vec::new(), rows, batches, batch: None, next: 0 })
    }

    /// Hands over the rows that are left one by one, without copying their texts.
    pub fn visit<E: From<CorpusError>>(
        mut self,
        mut take: impl FnMut(&[Cell<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let batch = match self.batch.take() {
                Some(batch) => batch,
                None => match self.batches.next() {
                    None => return Ok(()),
                    Some(Ok(batch)) => {
                        self.next = 0;
                        batch
                    }
                    Some(Err(cause)) => return Err(read(&self.path, &cause.into()).into()),
                },
            };
            let columns: Vec<Seen<'_>> = batch.columns().iter().map(Seen::of).collect();
            let mut cells = Vec::with_capacity(columns.len());
            for row in self.next..batch.num_rows() {
                cells.clear();
                cells.extend(columns.iter().map(|column| column.cell(row)));
                take(&cells)?;
            }
        }
    }

    /// The names of the columns, in their order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The metadata given to [`Writer::create`], and the columns' descriptions.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// How many rows the table has.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Iterator for Reader {
    type Item = Result<Vec<Value>, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = &self.batch
                && self.next < batch.num_rows()
            {
                let row = batch.columns().iter().map(|column| value(column, self.next)).collect();
                self.next += 1;
                return Some(Ok(row));
            }
            match self.batches.next()? {
                Ok(batch) => {
                    self.batch = Some(batch);
                    self.next = 0;
                }
                Err(cause) => return Some(Err(read(&self.path, &cause.into()))),
            }
        }
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Appends tables of equal columns, in the given order, without decoding them: their row groups are copied. The
/// metadata is the first one's. Gives the number of rows.
pub fn concat(parts: &[PathBuf], out: &Path) -> Result<u64, CorpusError> {
    let Some(first) = parts.first() else {
        return Err(CorpusError::Table {
            path: out.to_owned(),
            action: "cannot be joined",
            reason: "there are no parts".to_owned(),
            remedy: "report this as a bug",
        });
    };
    let first_reader = open(first)?;
    let file_metadata = first_reader.metadata().file_metadata();
    let schema = file_metadata.schema_descr().root_schema_ptr();
    let keys = file_metadata.key_value_metadata().cloned();
    let file = File::create(out).map_err(|cause| CorpusError::io(out, "cannot be created", cause))?;
    let mut writer = SerializedFileWriter::new(
        BufWriter::new(file),
        schema.clone(),
        properties(out, keys, ROW_GROUP_ROWS)?.into(),
    )
    .map_err(|cause| written(out, &cause))?;
    let mut rows = 0;
    for part in parts {
        let reader = open(part)?;
        if reader.metadata().file_metadata().schema_descr().root_schema() != schema.as_ref() {
            return Err(CorpusError::Table {
                path: part.clone(),
                action: "cannot be joined",
                reason: format!("its columns differ from those of {}", first.display()),
                remedy: "remove the results of other versions and run again",
            });
        }
        let file = File::open(part).map_err(|cause| CorpusError::io(part, "cannot be opened", cause))?;
        for group in reader.metadata().row_groups() {
            let mut target = writer.next_row_group().map_err(|cause| written(out, &cause))?;
            for column in group.columns() {
                let close = parquet::column::writer::ColumnCloseResult {
                    bytes_written: column.compressed_size().unsigned_abs(),
                    rows_written: group.num_rows().unsigned_abs(),
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                target.append_column(&file, close).map_err(|cause| written(out, &cause))?;
            }
            rows += group.num_rows().unsigned_abs();
            target.close().map_err(|cause| written(out, &cause))?;
        }
    }
    let file = writer.into_inner().map_err(|cause| written(out, &cause))?;
    sync(out, file)?;
    Ok(rows)
}

fn open(path: &Path) -> Result<SerializedFileReader<File>, CorpusError> {
    let file = File::open(path).map_err(|cause| CorpusError::io(path, "cannot be opened", cause))?;
    SerializedFileReader::new(file).map_err(|cause| read(path, &cause))
}

fn sync(path: &Path, mut file: BufWriter<File>) -> Result<(), CorpusError> {
    file.flush()
        .and_then(|()| file.get_ref().sync_all())
        .map_err(|cause| CorpusError::io(path, "cannot be written", cause))
}

fn properties(
    path: &Path,
    keys: Option<Vec<KeyValue>>,
    rows: usize,
) -> Result<WriterProperties, CorpusError> {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(|cause| written(path, &cause))?;
    Ok(WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(rows))
        .set_offset_index_disabled(true)
        .set_key_value_metadata(keys)
        .build())
}

fn pairs(keys: Option<&Vec<KeyValue>>) -> Vec<(String, String)> {
    let keys = keys.map(Vec::as_slice).unwrap_or_default();
    keys.iter().map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect()
}

fn written(path: &Path, cause: &parquet::errors::ParquetError) -> CorpusError {
    CorpusError::Table {
        path: path.to_owned(),
        action: "cannot be written",
        reason: cause.to_string(),
        remedy: "check the space on the disk and run the same command again",
    }
}

fn read(path: &Path, cause: &parquet::errors::ParquetError) -> CorpusError {
    CorpusError::Table {
        path: path.to_owned(),
        action: "cannot be read",
        reason: cause.to_string(),
        remedy: "remove it and run again",
    }
}

fn value(column: &ArrayRef, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => Value::Text(column.as_string::<i32>().value(row).to_owned()),
        DataType::UInt64 => Value::U64(column.as_primitive::<UInt64Type>().value(row)),
        DataType::Float32 => Value::F32(column.as_primitive::<Float32Type>().value(row)),
        DataType::Boolean => Value::Bool(column.as_boolean().value(row)),
        DataType::List(_) => {
            let list = column.as_list::<i32>().value(row);
            let texts =
                list.as_string_opt::<i32>().map(|texts| texts.iter().flatten().map(str::to_owned).collect());
            texts.map_or(Value::Null, Value::TextList)
        }
        _ => Value::Null,
    }
}

/// A column of a batch that is being visited.
enum Seen<'b> {
    Text(&'b StringArray),
    U64(&'b UInt64Array),
    F32(&'b Float32Array),
    Bool(&'b BooleanArray),
    TextList(Vec<Option<Vec<String>>>),
    Other,
}

impl<'b> Seen<'b> {
    fn of(column: &'b ArrayRef) -> Self {
        match column.data_type() {
            DataType::Utf8 => Self::Text(column.as_string()),
            DataType::UInt64 => Self::U64(column.as_primitive::<UInt64Type>()),
            DataType::Float32 => Self::F32(column.as_primitive::<Float32Type>()),
            DataType::Boolean => Self::Bool(column.as_boolean()),
            DataType::List(_) => Self::TextList(
                (0..column.len())
                    .map(|row| match value(column, row) {
                        Value::TextList(texts) => Some(texts),
                        _ => None,
                    })
                    .collect(),
            ),
            _ => Self::Other,
        }
    }

    fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Text(column) if !column.is_null(row) => Cell::Text(column.value(row)),
            Self::U64(column) if !column.is_null(row) => Cell::U64(column.value(row)),
            Self::F32(column) if !column.is_null(row) => Cell::F32(column.value(row)),
            Self::Bool(column) if !column.is_null(row) => Cell::Bool(column.value(row)),
            Self::TextList(column) => {
                column.get(row).and_then(Option::as_deref).map_or(Cell::Null, Cell::TextList)
            }
            _ => Cell::Null,
        }
    }
}

enum Builder {
    Text { builder: StringBuilder, optional: bool },
    U64 { builder: UInt64Builder, optional: bool },
    F32 { builder: Float32Builder, optional: bool },
    Bool(BooleanBuilder),
    TextList(Box<ListBuilder<StringBuilder>>),
}

impl Builder {
    fn new(kind: ColumnKind) -> Self {
        let optional = kind.nullable();
        match kind {
            ColumnKind::Text | ColumnKind::OptText => Self::Text { builder: StringBuilder::new(), optional },
            ColumnKind::U64 | ColumnKind::OptU64 => Self::U64 { builder: UInt64Builder::new(), optional },
            ColumnKind::F32 | ColumnKind::OptF32 => Self::F32 { builder: Float32Builder::new(), optional },
            ColumnKind::Bool => Self::Bool(BooleanBuilder::new()),
            ColumnKind::TextList => Self::TextList(Box::new(
                ListBuilder::new(StringBuilder::new()).with_field(Field::new("item", DataType::Utf8, false)),
            )),
        }
    }

    fn takes(&self, cell: &Cell<'_>) -> bool {
        match (self, cell) {
            (
                Self::Text { optional, .. } | Self::U64 { optional, .. } | Self::F32 { optional, .. },
                Cell::Null,
            ) => *optional,
            (Self::Text { .. }, Cell::Text(_))
            | (Self::U64 { .. }, Cell::U64(_))
            | (Self::F32 { .. }, Cell::F32(_))
            | (Self::Bool(_), Cell::Bool(_))
            | (Self::TextList(_), Cell::TextList(_)) => true,
            _ => false,
        }
    }

    /// Adds a cell that [`Builder::takes`].
    fn push(&mut self, cell: &Cell<'_>) {
        match (self, cell) {
            (Self::Text { builder, .. }, Cell::Text(text)) => builder.append_value(text),
            (Self::Text { builder, .. }, _) => builder.append_null(),
            (Self::U64 { builder, .. }, Cell::U64(number)) => builder.append_value(*number),
            (Self::U64 { builder, .. }, _) => builder.append_null(),
            (Self::F32 { builder, .. }, Cell::F32(number)) => builder.append_value(*number),
            (Self::F32 { builder, .. }, _) => builder.append_null(),
            (Self::Bool(builder), cell) => builder.append_value(*cell == Cell::Bool(true)),
            (Self::TextList(builder), Cell::TextList(texts)) => {
                for text in *texts {
                    builder.values().append_value(text);
                }
                builder.append(true);
            }
            (Self::TextList(builder), _) => builder.append(true),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text { builder, .. } => Arc::new(builder.finish()),
            Self::U64 { builder, .. } => Arc::new(builder.finish()),
            Self::F32 { builder, .. } => Arc::new(builder.finish()),
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::TextList(builder) => Arc::new(builder.finish()),
        }
    }
}
