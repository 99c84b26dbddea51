//! Cells of a Parquet file: the values of its columns with their levels, some rows at a time.
//!
//! Parquet keeps a column of nested rows as values in order and two numbers for each place: how much of the path to the
//! value is there (definition; at its greatest there is a value), and at which list a new entry begins (repetition; a
//! row begins at 0). Kept as they stand, they lead from a row to its values and are written again without loss.

use std::ops::Range;

use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use crate::options::EXPANSION_MAX;
use crate::parquet_guard::guarded;

/// Values of a column, those that are there alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Int32(values) => values.len(),
            Self::Int64(values) => values.len(),
            Self::Int96(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Bytes(values) => values.len(),
            Self::Fixed(values) => values.len(),
        }
    }
}

/// One column of some rows.
#[derive(Debug, PartialEq)]
pub(crate) struct Cells {
    pub(crate) values: Values,
    /// Absent where the column has a value in every row.
    pub(crate) definitions: Option<Vec<i16>>,
    /// Absent where nothing on the path repeats.
    pub(crate) repetitions: Option<Vec<i16>>,
    /// Where each row begins, and the end; absent where each row is one value.
    starts: Option<Vec<Start>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Start {
    level: usize,
    value: usize,
}

/// The levels and the values that belong to some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) levels: Range<usize>,
    pub(crate) values: Range<usize>,
}

impl Cells {
    fn read(reader: &mut ColumnReader, column: &ColumnDescriptor, rows: usize) -> Result<Self, ParquetError> {
        let mut definitions = (column.max_def_level() > 0).then(Vec::new);
        let mut repetitions = (column.max_rep_level() > 0).then(Vec::new);
        macro_rules! values {
            ($reader:expr, $kind:ident) => {{
                let mut values = Vec::new();
                let (read, ..) =
                    $reader.read_records(rows, definitions.as_mut(), repetitions.as_mut(), &mut values)?;
                (read, Values::$kind(values))
            }};
        }
        let (read, values) = match reader {
            ColumnReader::BoolColumnReader(reader) => values!(reader, Bool),
            ColumnReader::Int32ColumnReader(reader) => values!(reader, Int32),
            ColumnReader::Int64ColumnReader(reader) => values!(reader, Int64),
            ColumnReader::Int96ColumnReader(reader) => values!(reader, Int96),
            ColumnReader::FloatColumnReader(reader) => values!(reader, Float),
            ColumnReader::DoubleColumnReader(reader) => values!(reader, Double),
            ColumnReader::ByteArrayColumnReader(reader) => values!(reader, Bytes),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => values!(reader, Fixed),
        };
        let damaged =
            || ParquetError::General(format!("column {} does not hold its rows", column.path().string()));
        if read != rows {
            return Err(damaged());
        }
        let starts = match &definitions {
            None => (values.len() == rows).then_some(None),
            Some(definitions) => {
                let starts = starts(column, definitions, repetitions.as_deref());
                let fits = |starts: &Vec<Start>| {
                    starts.len() == rows + 1 && starts.last().is_some_and(|end| end.value == values.len())
                };
                starts.filter(fits).map(Some)
            }
        };
        let starts = starts.ok_or_else(damaged)?;
        Ok(Self { values, definitions, repetitions, starts })
    }

    /// What belongs to these rows, which are rows of the cells.
    pub(crate) fn stretch(&self, rows: Range<usize>) -> Stretch {
        let Some(starts) = &self.starts else { return Stretch { levels: rows.clone(), values: rows } };
        match (starts.get(rows.start), starts.get(rows.end)) {
            (Some(from), Some(to)) => Stretch { levels: from.level..to.level, values: from.value..to.value },
            _ => Stretch { levels: 0..0, values: 0..0 },
        }
    }
}

/// Where rows begin, and the end. Nothing where the levels are not those of the column.
fn starts(column: &ColumnDescriptor, definitions: &[i16], repetitions: Option<&[i16]>) -> Option<Vec<Start>> {
    let (definition_max, repetition_max) = (column.max_def_level(), column.max_rep_level());
    if repetitions.is_some_and(|repetitions| repetitions.len() != definitions.len()) {
        return None;
    }
    let mut starts = Vec::with_capacity(definitions.len() + 1);
    let mut value = 0;
    for (level, definition) in definitions.iter().enumerate() {
        let repetition = repetitions.and_then(|repetitions| repetitions.get(level)).copied().unwrap_or(0);
        let fits = (0..=definition_max).contains(definition) && (0..=repetition_max).contains(&repetition);
        if !fits || (level == 0 && repetition != 0) {
            return None;
        }
        if repetition == 0 {
            starts.push(Start { level, value });
        }
        value += usize::from(*definition == definition_max);
    }
    starts.push(Start { level: definitions.len(), value });
    Some(starts)
}

/// Some columns of a file, batch by batch; a batch ends with its row group at the latest.
pub(crate) struct Batches {
    file: Box<dyn FileReader>,
    columns: Vec<usize>,
    groups: std::vec::IntoIter<usize>,
    rows_max: usize,
    open: Vec<ColumnReader>,
    left: usize,
}

impl Batches {
    pub(crate) fn new<R: ChunkReader + 'static>(
        file: SerializedFileReader<R>,
        columns: Vec<usize>,
        groups: Vec<usize>,
        rows_max: usize,
    ) -> Self {
        let groups = groups.into_iter();
        Self { file: Box::new(file), columns, groups, rows_max, open: Vec::new(), left: 0 }
    }

    /// The number of rows, and their cells, column by column. After an error there are no more: the columns would not
    /// stand at one row.
    pub(crate) fn next(&mut self) -> Result<Option<(usize, Vec<Cells>)>, ParquetError> {
        let next = guarded(|| self.read());
        if next.is_err() {
            self.groups = Vec::new().into_iter();
            self.left = 0;
        }
        next
    }

    fn read(&mut self) -> Result<Option<(usize, Vec<Cells>)>, ParquetError> {
        while self.left == 0 {
            let Some(number) = self.groups.next() else { return Ok(None) };
            let group = self.file.get_row_group(number)?;
            self.left = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            self.open = Vec::new();
            if self.left > 0 {
                let schema = group.metadata().schema_descr_ptr();
                let open = |&number: &usize| {
                    let (pages, column) = (group.get_column_page_reader(number)?, schema.column(number));
                    let pages = Pages { pages, repeats: column.max_rep_level() > 0, places: 0, bytes: 0 };
                    Ok(get_column_reader(column, Box::new(pages)))
                };
                self.open = self.columns.iter().map(open).collect::<Result<_, ParquetError>>()?;
            }
        }
        let rows = self.left.min(self.rows_max);
        let schema = self.file.metadata().file_metadata().schema_descr();
        let cells = self
            .open
            .iter_mut()
            .zip(&self.columns)
            .map(|(reader, &column)| Cells::read(reader, &schema.column(column), rows))
            .collect::<Result<_, _>>()?;
        self.left -= rows;
        Ok(Some((rows, cells)))
    }
}

/// Places of a column whose rows repeat, of which a page can claim billions in a few bytes, before [`EXPANSION_MAX`] counts.
const PLACES_FREE: u64 = 16 * 1024 * 1024;

/// The pages of a column as writers leave them: there are empty ones, which the decoder would take for the end, and a
/// row may go on in the next page, which the format forbids in pages of version 2.
struct Pages {
    pages: Box<dyn PageReader>,
    repeats: bool,
    places: u64,
    bytes: u64,
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        self.peek_next_page()?;
        let page = self.pages.get_next_page()?;
        if let Some(page) = page.as_ref().filter(|_| self.repeats) {
            self.places += u64::from(page.num_values());
            self.bytes += page.buffer().len() as u64;
            if self.places > PLACES_FREE && self.places / EXPANSION_MAX > self.bytes {
                let (places, bytes) = (self.places, self.bytes);
                let reason =
                    format!("a column claims {places} entries in {bytes} bytes: a decompression bomb");
                return Err(ParquetError::General(reason));
            }
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        loop {
            let page = self.pages.peek_next_page()?;
            if !page.as_ref().is_some_and(|page| !page.is_dict && page.num_levels == Some(0)) {
                return Ok(page);
            }
            self.pages.skip_next_page()?;
        }
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.peek_next_page()?;
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool, ParquetError> {
        Ok(self.peek_next_page()?.is_none())
    }
}

impl Iterator for Pages {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
