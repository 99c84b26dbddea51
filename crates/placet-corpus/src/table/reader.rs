//! Reads tables.

use std::path::{Path, PathBuf};

use parquet::basic::{Repetition, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::reader::FileReader as _;
use parquet::schema::types::{Type, TypePtr};

use super::{BATCH_ROWS, Cell, Value, open, read};
use crate::error::CorpusError;
use crate::parquet_cells::{Batches, Cells, Values};
use crate::parquet_schema::{Holds, Item, holds, list_item, width};

/// Reads a table row by row.
pub struct Reader {
    path: PathBuf,
    names: Vec<String>,
    columns: Vec<Shape>,
    metadata: Vec<(String, String)>,
    rows: u64,
    batches: Batches,
    batch: Option<Batch>,
    next: usize,
}

/// How a column is read.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    U64,
    F32,
    Bool,
    /// With the definition from which on the list is there.
    TextList(i16),
    /// Of a type that no table has: its cells count as nothing.
    Other,
}

struct Batch {
    rows: usize,
    columns: Vec<Seen>,
}

impl Reader {
    /// Opens a table that [`Writer`](super::Writer) or [`concat()`](super::concat()) wrote.
    pub fn open(path: &Path) -> Result<Self, CorpusError> {
        Self::start(path, None, None)
    }

    /// The same with these columns alone, in the order of the file; names that it does not have are passed over.
    pub fn select(path: &Path, names: &[&str]) -> Result<Self, CorpusError> {
        Self::start(path, Some(names), None)
    }

    /// Opens some row groups of a table, by their numbers from 0, in ascending order; nothing else is read.
    pub fn open_groups(path: &Path, groups: &[usize]) -> Result<Self, CorpusError> {
        Self::start(path, None, Some(groups))
    }

    fn start(path: &Path, names: Option<&[&str]>, groups: Option<&[usize]>) -> Result<Self, CorpusError> {
        let file = open(path)?;
        let metadata = file.metadata();
        let mut leaves = Vec::new();
        let mut wanted = Vec::new();
        let mut columns = Vec::new();
        let mut leaf = 0;
        for field in metadata.file_metadata().schema_descr().root_schema().get_fields() {
            if names.is_none_or(|names| names.contains(&field.name())) {
                let shape = shape(field);
                wanted.push(field.name().to_owned());
                columns.push(shape);
                if !matches!(shape, Shape::Other) {
                    leaves.push(leaf);
                }
            }
            leaf += width(field);
        }
        if leaves.is_empty() {
            // The rows are those that a column has, not those that the file claims.
            leaves.extend((leaf > 0).then_some(0));
        }
        let of_file = if leaf > 0 { metadata.row_groups() } else { &[] };
        let groups: Vec<usize> = match groups {
            None => (0..of_file.len()).collect(),
            Some(groups) => groups.iter().copied().filter(|number| *number < of_file.len()).collect(),
        };
        let of_group = groups.iter().filter_map(|number| of_file.get(*number));
        let rows = of_group.map(|group| group.num_rows().unsigned_abs()).sum();
        let metadata = pairs(metadata.file_metadata().key_value_metadata());
        let batches = Batches::new(file, leaves, groups, BATCH_ROWS);
        Ok(Self {
            path: path.to_owned(),
            names: wanted,
            columns,
            metadata,
            rows,
            batches,
            batch: None,
            next: 0,
        })
    }

    /// Hands over the rows that are left one by one, without copying their texts.
    pub fn visit<E: From<CorpusError>>(
        mut self,
        mut take: impl FnMut(&[Cell<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            if self.batch.is_none() && !self.load()? {
                return Ok(());
            }
            let Some(batch) = self.batch.take() else { return Ok(()) };
            let mut cells = Vec::with_capacity(batch.columns.len());
            for row in self.next..batch.rows {
                cells.clear();
                cells.extend(batch.columns.iter().map(|column| column.cell(row)));
                take(&cells)?;
            }
        }
    }

    /// The names of the columns, in their order.
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// The metadata given to [`Writer::create`](super::Writer::create), and the columns' descriptions.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// How many rows the table has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Reads the next batch; false at the end.
    fn load(&mut self) -> Result<bool, CorpusError> {
        self.next = 0;
        self.batch = None;
        let shapes = &self.columns;
        let next = self.batches.next().and_then(|next| {
            let Some((rows, cells)) = next else { return Ok(None) };
            let mut cells = cells.into_iter();
            let seen = |shape: &Shape| match shape {
                Shape::Other => Ok(Seen::Other),
                shape => cells.next().map_or(Ok(Seen::Other), |cells| Seen::of(*shape, cells, rows)),
            };
            let columns = shapes.iter().map(seen).collect::<Result<_, _>>()?;
            Ok(Some(Batch { rows, columns }))
        });
        self.batch = next.map_err(|cause| read(&self.path, &cause))?;
        Ok(self.batch.is_some())
    }
}

impl Iterator for Reader {
    type Item = Result<Vec<Value>, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = &self.batch
                && self.next < batch.rows
            {
                let row = batch.columns.iter().map(|column| value(column.cell(self.next))).collect();
                self.next += 1;
                return Some(Ok(row));
            }
            match self.load() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

fn pairs(keys: Option<&Vec<KeyValue>>) -> Vec<(String, String)> {
    let keys = keys.map(Vec::as_slice).unwrap_or_default();
    keys.iter().map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect()
}

fn shape(field: &TypePtr) -> Shape {
    let repeated = |node: &Type| node.get_basic_info().repetition() == Repetition::REPEATED;
    if repeated(field) {
        return Shape::Other;
    }
    if field.is_group() {
        let there = i16::from(field.is_optional());
        return match list_item(field) {
            Item::Repeated(item) if is_text(item) => Shape::TextList(there),
            Item::Inner(_, item) if is_text(item) && !repeated(item) => Shape::TextList(there),
            _ => Shape::Other,
        };
    }
    match (field.get_physical_type(), holds(field)) {
        (Physical::BYTE_ARRAY, Some(Holds::Text)) => Shape::Text,
        (Physical::INT64, Some(Holds::Uint64)) => Shape::U64,
        (Physical::FLOAT, _) => Shape::F32,
        (Physical::BOOLEAN, _) => Shape::Bool,
        _ => Shape::Other,
    }
}

fn is_text(node: &Type) -> bool {
    node.is_primitive() && holds(node) == Some(Holds::Text)
}

fn value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => Value::Text(text.to_owned()),
        Cell::U64(number) => Value::U64(number),
        Cell::F32(number) => Value::F32(number),
        Cell::Bool(value) => Value::Bool(value),
        Cell::TextList(texts) => Value::TextList(texts.to_vec()),
    }
}

/// A column of a batch, ready to be looked at.
enum Seen {
    /// Texts one behind the other, where each ends, and the cells without them.
    Text {
        text: String,
        ends: Vec<usize>,
        cells: Cells,
    },
    TextList(Vec<Option<Vec<String>>>),
    Plain(Cells),
    Other,
}

impl Seen {
    fn of(shape: Shape, mut cells: Cells, rows: usize) -> Result<Self, ParquetError> {
        let other = || ParquetError::General("a column of text holds bytes that are not UTF-8".to_owned());
        Ok(match (shape, &cells.values) {
            (Shape::Text, Values::Bytes(values)) => {
                let mut bytes = Vec::with_capacity(values.iter().map(|value| value.data().len()).sum());
                let mut ends = Vec::with_capacity(values.len());
                for value in values {
                    bytes.extend_from_slice(value.data());
                    ends.push(bytes.len());
                }
                cells.values = Values::Bytes(Vec::new());
                let text = String::from_utf8(bytes).map_err(|_| other())?;
                if !ends.iter().all(|end| text.is_char_boundary(*end)) {
                    return Err(other());
                }
                Self::Text { text, ends, cells }
            }
            (Shape::TextList(there), Values::Bytes(values)) => {
                let mut lists = Vec::with_capacity(rows);
                for row in 0..rows {
                    let stretch = cells.stretch(row..row + 1);
                    let levels =
                        cells.definitions.as_ref().and_then(|levels| levels.get(stretch.levels.start));
                    let texts = values.get(stretch.values).unwrap_or_default().iter();
                    let texts = texts
                        .map(|text| Ok(std::str::from_utf8(text.data()).map_err(|_| other())?.to_owned()));
                    let texts = texts.collect::<Result<Vec<_>, ParquetError>>()?;
                    lists.push(levels.is_some_and(|level| *level >= there).then_some(texts));
                }
                Self::TextList(lists)
            }
            _ => Self::Plain(cells),
        })
    }

    fn cell(&self, row: usize) -> Cell<'_> {
        let found = match self {
            Self::Text { text, ends, cells } => place(cells, row).and_then(|place| {
                let start = place.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
                text.get(start..*ends.get(place)?).map(Cell::Text)
            }),
            Self::TextList(lists) => lists.get(row).and_then(Option::as_deref).map(Cell::TextList),
            Self::Plain(cells) => place(cells, row).and_then(|place| match &cells.values {
                Values::Int64(numbers) => numbers.get(place).map(|number| Cell::U64(*number as u64)),
                Values::Float(numbers) => numbers.get(place).copied().map(Cell::F32),
                Values::Bool(values) => values.get(place).copied().map(Cell::Bool),
                _ => None,
            }),
            Self::Other => None,
        };
        found.unwrap_or(Cell::Null)
    }
}

/// Where the value of a row stands.
fn place(cells: &Cells, row: usize) -> Option<usize> {
    let values = cells.stretch(row..row + 1).values;
    (!values.is_empty()).then_some(values.start)
}
