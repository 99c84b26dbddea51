//! Row groups of a Parquet file that is being written: each column is encoded in memory as it grows, and the file gets
//! them one behind the other when the group ends.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use parquet::column::writer::{ColumnWriter, get_column_writer};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{SchemaDescriptor, TypePtr};

use crate::parquet_cells::{Stretch, Values};

/// A file and the row group that grows.
pub(crate) struct RowGroups<W: Write + Send> {
    file: SerializedFileWriter<W>,
    schema: SchemaDescriptor,
    properties: WriterPropertiesPtr,
    /// Empty between groups.
    columns: Vec<Column>,
    rows: usize,
}

struct Column {
    writer: ColumnWriter<'static>,
    pages: Pages,
}

impl<W: Write + Send> RowGroups<W> {
    pub(crate) fn new(file: W, schema: TypePtr, properties: WriterProperties) -> Result<Self, ParquetError> {
        let properties = Arc::new(properties);
        let file = SerializedFileWriter::new(file, schema.clone(), properties.clone())?;
        let schema = SchemaDescriptor::new(schema);
        Ok(Self { file, schema, properties, columns: Vec::new(), rows: 0 })
    }

    /// Adds a stretch of values to a column. Every column is to get the same rows before [`RowGroups::added`].
    pub(crate) fn write(
        &mut self,
        column: usize,
        values: &Values,
        levels: (Option<&[i16]>, Option<&[i16]>),
        stretch: &Stretch,
    ) -> Result<(), ParquetError> {
        if self.columns.is_empty() {
            self.columns = self
                .schema
                .columns()
                .iter()
                .map(|column| {
                    let pages = Pages::default();
                    let target = Target { sink: TrackedWrite::new(pages.clone()) };
                    let writer = get_column_writer(column.clone(), self.properties.clone(), Box::new(target));
                    Column { writer, pages }
                })
                .collect();
        }
        let misfit = || ParquetError::General(format!("values of another type than column {column}"));
        let Some(column) = self.columns.get_mut(column) else { return Err(misfit()) };
        let definitions = levels.0.map(|levels| part(levels, &stretch.levels));
        let repetitions = levels.1.map(|levels| part(levels, &stretch.levels));
        macro_rules! write {
            ($writer:expr, $values:expr) => {
                $writer.write_batch(part($values, &stretch.values), definitions, repetitions)
            };
        }
        match (&mut column.writer, values) {
            (ColumnWriter::BoolColumnWriter(writer), Values::Bool(values)) => write!(writer, values),
            (ColumnWriter::Int32ColumnWriter(writer), Values::Int32(values)) => write!(writer, values),
            (ColumnWriter::Int64ColumnWriter(writer), Values::Int64(values)) => write!(writer, values),
            (ColumnWriter::Int96ColumnWriter(writer), Values::Int96(values)) => write!(writer, values),
            (ColumnWriter::FloatColumnWriter(writer), Values::Float(values)) => write!(writer, values),
            (ColumnWriter::DoubleColumnWriter(writer), Values::Double(values)) => write!(writer, values),
            (ColumnWriter::ByteArrayColumnWriter(writer), Values::Bytes(values)) => write!(writer, values),
            (ColumnWriter::FixedLenByteArrayColumnWriter(writer), Values::Fixed(values)) => {
                write!(writer, values)
            }
            _ => return Err(misfit()),
        }?;
        Ok(())
    }

    /// So many rows were added to every column.
    pub(crate) fn added(&mut self, rows: usize) {
        self.rows += rows;
    }

    /// The rows of the group that grows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The bytes that the group holds in finished pages.
    pub(crate) fn bytes(&self) -> usize {
        self.columns.iter().map(|column| column.pages.lock().len()).sum()
    }

    /// Ends the group, where there is one.
    pub(crate) fn end_group(&mut self) -> Result<(), ParquetError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        self.rows = 0;
        let mut group = self.file.next_row_group()?;
        for column in std::mem::take(&mut self.columns) {
            let closed = column.writer.close()?;
            let bytes = Bytes::from(std::mem::take(&mut *column.pages.lock()));
            group.append_column(&bytes, closed)?;
        }
        group.close()?;
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn into_inner(mut self) -> Result<W, ParquetError> {
        self.end_group()?;
        self.file.into_inner()
    }
}

fn part<'a, T>(all: &'a [T], range: &Range<usize>) -> &'a [T] {
    all.get(range.clone()).unwrap_or_default()
}

/// The encoded pages of a column; both the column's writer and the group hold them.
#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Pages {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes pages to memory that nobody borrows.
struct Target {
    sink: TrackedWrite<Pages>,
}

impl PageWriter for Target {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        SerializedPageWriter::new(&mut self.sink).write_page(page)
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        SerializedPageWriter::new(&mut self.sink).close()
    }
}
