//! Writes tables.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{IntType, LogicalType, Repetition, Type as Physical};
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::schema::types::{Type, TypePtr};

use super::{Cell, Column, ColumnKind, DOC_KEY, PENDING_ROWS, ROW_GROUP_ROWS, properties, sync, written};
use crate::error::CorpusError;
use crate::parquet_cells::{Stretch, Values};
use crate::parquet_groups::RowGroups;

/// Writes a table.
pub struct Writer {
    path: PathBuf,
    columns: Vec<Builder>,
    group_rows: usize,
    pending: usize,
    rows: u64,
    groups: RowGroups<BufWriter<File>>,
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

    /// The same in row groups of this many rows. Small ones are read alone fast, with
    /// [`Reader::open_groups`](super::Reader::open_groups).
    pub fn create_in_groups(
        path: &Path,
        columns: &[Column],
        metadata: &[(String, String)],
        rows: usize,
    ) -> Result<Self, CorpusError> {
        let docs = columns.iter().map(|column| (format!("{DOC_KEY}{}", column.name), column.doc.clone()));
        let keys: Vec<KeyValue> =
            metadata.iter().cloned().chain(docs).map(|(key, value)| KeyValue::new(key, value)).collect();
        let file = File::create(path).map_err(|cause| CorpusError::io(path, "cannot be created", cause))?;
        let properties = properties(path, columns, Some(keys))?;
        let groups = schema(columns)
            .and_then(|schema| RowGroups::new(BufWriter::new(file), schema, properties))
            .map_err(|cause| written(path, &cause))?;
        let columns = columns.iter().map(|column| Builder::new(column.kind)).collect();
        Ok(Self { path: path.to_owned(), columns, group_rows: rows.max(1), pending: 0, rows: 0, groups })
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
        let ends_group = self.groups.rows() + self.pending >= self.group_rows;
        if self.pending == PENDING_ROWS || ends_group {
            self.flush(ends_group)?;
        }
        Ok(())
    }

    /// Ends the file and waits until it is on the disk. Gives the number of rows.
    pub fn finish(mut self) -> Result<u64, CorpusError> {
        self.flush(true)?;
        let file = self.groups.into_inner().map_err(|cause| written(&self.path, &cause))?;
        sync(&self.path, file)?;
        Ok(self.rows)
    }

    fn flush(&mut self, ends_group: bool) -> Result<(), CorpusError> {
        let groups = &mut self.groups;
        let mut write = || {
            if self.pending > 0 {
                for (at, column) in self.columns.iter_mut().enumerate() {
                    column.write(at, groups)?;
                }
                groups.added(self.pending);
                self.pending = 0;
            }
            if ends_group { groups.end_group() } else { Ok(()) }
        };
        write().map_err(|cause| written(&self.path, &cause))
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// The names of the root and of the nodes of a list are those of the first tables: equal columns can be joined.
fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let fields = columns.iter().map(|column| field(column).map(Arc::new)).collect::<Result<_, _>>()?;
    Ok(Arc::new(Type::group_type_builder("arrow_schema").with_fields(fields).build()?))
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let text = Some(LogicalType::String);
    let (physical, logical) = match column.kind {
        ColumnKind::Text | ColumnKind::OptText => (Physical::BYTE_ARRAY, text),
        ColumnKind::U64 | ColumnKind::OptU64 => {
            (Physical::INT64, Some(LogicalType::Integer(IntType { bit_width: 64, is_signed: false })))
        }
        ColumnKind::F32 | ColumnKind::OptF32 => (Physical::FLOAT, None),
        ColumnKind::Bool => (Physical::BOOLEAN, None),
        ColumnKind::TextList => {
            let item = Type::primitive_type_builder("item", Physical::BYTE_ARRAY)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(text)
                .build()?;
            let entry = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![Arc::new(item)])
                .build()?;
            return Type::group_type_builder(&column.name)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(Some(LogicalType::List))
                .with_fields(vec![Arc::new(entry)])
                .build();
        }
    };
    let optional = if column.kind.nullable() { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    Type::primitive_type_builder(&column.name, physical)
        .with_repetition(optional)
        .with_logical_type(logical)
        .build()
}

/// The cells of a column that are not encoded yet.
struct Builder {
    data: Data,
    /// Of an optional column or a list: whether there is a value.
    definitions: Option<Vec<i16>>,
    /// Of a list: whether the value is one more of the same row.
    repetitions: Option<Vec<i16>>,
    optional: bool,
}

enum Data {
    Text(Texts),
    TextList(Texts),
    U64(Vec<i64>),
    F32(Vec<f32>),
    Bool(Vec<bool>),
}

/// Texts one behind the other, and where each ends.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len());
    }

    /// The texts, which share one buffer.
    fn take(&mut self) -> Vec<ByteArray> {
        // The next ones will need about as much room.
        let room = Vec::with_capacity(self.bytes.len());
        let bytes = Bytes::from(std::mem::replace(&mut self.bytes, room));
        let mut start = 0;
        let texts = self.ends.drain(..).map(|end| {
            let text = bytes.slice(start..end);
            start = end;
            ByteArray::from(text)
        });
        texts.collect()
    }
}

impl Builder {
    fn new(kind: ColumnKind) -> Self {
        let optional = kind.nullable();
        let list = kind == ColumnKind::TextList;
        let data = match kind {
            ColumnKind::Text | ColumnKind::OptText => Data::Text(Texts::default()),
            ColumnKind::U64 | ColumnKind::OptU64 => Data::U64(Vec::new()),
            ColumnKind::F32 | ColumnKind::OptF32 => Data::F32(Vec::new()),
            ColumnKind::Bool => Data::Bool(Vec::new()),
            ColumnKind::TextList => Data::TextList(Texts::default()),
        };
        Self {
            data,
            definitions: (optional || list).then(Vec::new),
            repetitions: list.then(Vec::new),
            optional,
        }
    }

    fn takes(&self, cell: &Cell<'_>) -> bool {
        match (&self.data, cell) {
            (_, Cell::Null) => self.optional,
            (Data::Text(_), Cell::Text(_))
            | (Data::U64(_), Cell::U64(_))
            | (Data::F32(_), Cell::F32(_))
            | (Data::Bool(_), Cell::Bool(_))
            | (Data::TextList(_), Cell::TextList(_)) => true,
            _ => false,
        }
    }

    /// Adds a cell that [`Builder::takes`].
    fn push(&mut self, cell: &Cell<'_>) {
        let mut there = 1;
        match (&mut self.data, cell) {
            (Data::Text(texts), Cell::Text(text)) => texts.push(text),
            (Data::U64(numbers), Cell::U64(number)) => numbers.push(*number as i64),
            (Data::F32(numbers), Cell::F32(number)) => numbers.push(*number),
            (Data::Bool(values), Cell::Bool(value)) => values.push(*value),
            (Data::TextList(texts), Cell::TextList(list)) if !list.is_empty() => {
                for text in *list {
                    texts.push(text);
                }
                if let (Some(definitions), Some(repetitions)) = (&mut self.definitions, &mut self.repetitions)
                {
                    repetitions.push(0);
                    repetitions.resize(repetitions.len() + list.len() - 1, 1);
                    definitions.resize(repetitions.len(), 1);
                }
                return;
            }
            _ => there = 0,
        }
        if let Some(definitions) = &mut self.definitions {
            definitions.push(there);
        }
        if let Some(repetitions) = &mut self.repetitions {
            repetitions.push(0);
        }
    }

    /// Encodes the cells and forgets them.
    fn write(&mut self, at: usize, groups: &mut RowGroups<BufWriter<File>>) -> Result<(), ParquetError> {
        let (count, values) = match &mut self.data {
            Data::Text(texts) | Data::TextList(texts) => (texts.ends.len(), Values::Bytes(texts.take())),
            Data::U64(numbers) => (numbers.len(), Values::Int64(std::mem::take(numbers))),
            Data::F32(numbers) => (numbers.len(), Values::Float(std::mem::take(numbers))),
            Data::Bool(values) => (values.len(), Values::Bool(std::mem::take(values))),
        };
        let levels = (self.definitions.as_deref(), self.repetitions.as_deref());
        let stretch = Stretch { levels: 0..levels.0.map_or(count, <[i16]>::len), values: 0..count };
        groups.write(at, &values, levels, &stretch)?;
        for levels in [&mut self.definitions, &mut self.repetitions].into_iter().flatten() {
            levels.clear();
        }
        Ok(())
    }
}
