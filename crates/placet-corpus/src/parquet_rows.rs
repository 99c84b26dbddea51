//! Rows of a Parquet file as items.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader as _};
use arrow_schema::{DataType, Fields as Columns, SchemaRef, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, KeyValue, ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::ChunkReader;

use crate::fields::{Facts, Fields, Kind};
use crate::item::{Form, Item, Record};
use crate::json::Names;
use crate::options::{EXPANSION_BYTES_FREE, EXPANSION_MAX};
use crate::origin::Origin;
use crate::raw::{Body, CellPart, Raw};
use crate::reader::Context;

/// About how many bytes of rows are held at once, and how many rows at most.
const BATCH_BYTES: i64 = 8 * 1024 * 1024;
const BATCH_ROWS_MAX: i64 = 1024;
/// How deep columns may be nested.
const DEPTH_MAX: usize = 32;

/// Some consecutive rows of a file.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) rows: RecordBatch,
    pub(crate) file: Arc<FileFacts>,
}

impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

/// What the rows of a file have in common.
#[derive(Debug)]
pub(crate) struct FileFacts {
    pub(crate) schema: SchemaRef,
    pub(crate) keys: Option<Vec<KeyValue>>,
    pub(crate) compression: Compression,
    pub(crate) leaves: Vec<Leaf>,
}

/// A column of single values that counts.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) steps: Vec<Step>,
    kind: Kind,
    rank: usize,
}

/// A step from a column down to its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To a field of the batch or of a struct.
    Field(usize),
    /// To the values of a list.
    Items,
}

/// The rows of one file.
pub(crate) struct Rows {
    file: Arc<FileFacts>,
    join: bool,
    batches: Option<ParquetRecordBatchReader>,
    batch: Option<Arc<Batch>>,
    next: usize,
    number: u64,
}

impl Rows {
    /// Opens a file. An error says why that is not possible, and what to do.
    pub(crate) fn open<R: ChunkReader + 'static>(
        reader: R,
        context: &Context,
    ) -> Result<Self, (String, &'static str)> {
        let rows = guarded(|| Self::open_unguarded(reader, context))
            .map_err(|reason| (reason, "fetch the file again, or leave it out"))?;
        if !rows.file.leaves.iter().any(|leaf| leaf.kind == Kind::Text) {
            let names: Vec<&str> =
                rows.file.schema.fields().iter().map(|field| field.name().as_str()).collect();
            let reason = format!("no text column was found among {}", names.join(", "));
            return Err((reason, "name the column with --text-field"));
        }
        Ok(rows)
    }

    fn open_unguarded<R: ChunkReader + 'static>(reader: R, context: &Context) -> Result<Self, ParquetError> {
        // Types that Arrow alone knows are left out: the columns are read, and written again, as Parquet has them.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(reader, options)?;
        let metadata = builder.metadata().clone();
        refuse_bombs(&metadata)?;
        let fields = Fields::new(&context.options);
        let mut file = file_facts(builder.schema(), &metadata);
        find_leaves(builder.schema().fields(), &fields.names, &fields, &mut Vec::new(), &mut file.leaves);
        let projection = if context.options.keep_raw {
            ProjectionMask::all()
        } else {
            let roots = file.leaves.iter().filter_map(|leaf| match leaf.steps.first() {
                Some(Step::Field(at)) => Some(*at),
                _ => None,
            });
            ProjectionMask::roots(builder.parquet_schema(), roots)
        };
        let builder = builder.with_projection(projection).with_batch_size(batch_rows(&metadata));
        let batches = builder.build()?;
        if !context.options.keep_raw {
            file.leaves.clear();
            let schema = batches.schema();
            find_leaves(schema.fields(), &fields.names, &fields, &mut Vec::new(), &mut file.leaves);
        }
        let join = fields.join();
        Ok(Self { file: Arc::new(file), join, batches: Some(batches), batch: None, next: 0, number: 0 })
    }

    pub(crate) fn next(&mut self, context: &Context) -> Option<Record> {
        loop {
            if let Some(batch) = &self.batch
                && self.next < batch.rows.num_rows()
            {
                let batch = batch.clone();
                let row = self.next;
                self.next += 1;
                self.number += 1;
                return Some(self.item(&batch, row, context));
            }
            self.batch = None;
            let batches = self.batches.as_mut()?;
            match guarded(|| batches.next().transpose().map_err(ParquetError::from)) {
                Ok(None) => return None,
                Ok(Some(rows)) => {
                    self.batch = Some(Arc::new(Batch { rows, file: self.file.clone() }));
                    self.next = 0;
                }
                Err(reason) => {
                    self.batches = None;
                    let place = format!("row {}", self.number + 1);
                    let reason = format!("this and the following rows cannot be read: {reason}");
                    return Some(context.aside(place, reason, "fetch the file again"));
                }
            }
        }
    }

    fn item(&self, batch: &Arc<Batch>, row: usize, context: &Context) -> Record {
        let mut facts = Facts::default();
        let mut best: Option<usize> = None;
        let mut cells: Vec<(usize, usize, usize)> = Vec::new();
        let mut bytes = 0_u64;
        for (at, leaf) in self.file.leaves.iter().enumerate() {
            let mut places = Vec::new();
            let Some(values) = descend(&batch.rows, &leaf.steps, row, &mut places) else { continue };
            if leaf.kind == Kind::Text {
                let present = places.iter().filter(|&&place| text_at(values, place).is_some());
                if present.clone().next().is_some() && (self.join || best.is_none_or(|best| leaf.rank < best))
                {
                    if !self.join {
                        cells.clear();
                    }
                    best = Some(leaf.rank);
                    cells.extend(present.map(|&place| (leaf.rank, at, place)));
                }
            } else if let Some(value) = places.first().and_then(|&place| value_at(values, place)) {
                facts.add(leaf.kind, leaf.rank, &value);
            }
        }
        cells.sort_by_key(|(rank, ..)| *rank);
        let mut text = String::new();
        let mut chars = 0;
        let several = cells.len() > 1;
        let mut parts = Vec::with_capacity(cells.len());
        for (_, leaf, place) in cells {
            let mut ignored = Vec::new();
            let steps = self.file.leaves.get(leaf).map(|leaf| leaf.steps.as_slice()).unwrap_or_default();
            let values = descend(&batch.rows, steps, row, &mut ignored);
            let value = values.and_then(|values| text_at(values, place)).unwrap_or_default();
            if !parts.is_empty() {
                text.push('\n');
                chars += 1;
            }
            parts.push(CellPart { text_start: chars, leaf, place });
            bytes += value.len() as u64;
            if bytes > context.options.item_bytes_max {
                return context.too_long(&format!("row {}", self.number), bytes);
            }
            text.push_str(value);
            if several {
                chars += value.chars().count();
            }
        }
        let (id, url, language, captured) = facts.finish();
        let body = if context.options.keep_raw {
            Body::Row { batch: batch.clone(), row, parts }
        } else {
            Body::None
        };
        Record::Item(Item {
            ordinal: self.number,
            member: None,
            id,
            url,
            captured,
            status: None,
            headers: Vec::new(),
            form: Form::Text,
            media_type: None,
            language,
            text,
            origin: Origin::Identity,
            raw: Raw { member: None, body },
        })
    }
}

/// What is common to the rows of the file behind `reader`.
pub(crate) fn read_file_facts<R: ChunkReader + 'static>(reader: R) -> Result<FileFacts, String> {
    guarded(|| {
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(reader, options)?;
        Ok(file_facts(builder.schema(), builder.metadata()))
    })
}

fn file_facts(schema: &SchemaRef, metadata: &ParquetMetaData) -> FileFacts {
    let column = metadata.row_groups().first().and_then(|group| group.columns().first());
    FileFacts {
        schema: schema.clone(),
        keys: metadata.file_metadata().key_value_metadata().cloned(),
        compression: column.map_or(Compression::UNCOMPRESSED, ColumnChunkMetaData::compression),
        leaves: Vec::new(),
    }
}

/// The decoder is not ours and meets hostile bytes: where it panics, the file is damaged and the job goes on.
fn guarded<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ParquetError::General(reason))) => Err(reason),
        Ok(Err(cause)) => Err(cause.to_string()),
        Err(_) => Err("the file is damaged in a way that its decoder does not know".to_owned()),
    }
}

/// Columns that claim to expand beyond reason are not touched: the decoder would believe them.
fn refuse_bombs(metadata: &ParquetMetaData) -> Result<(), ParquetError> {
    for column in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let (stored, expanded) = (column.compressed_size(), column.uncompressed_size());
        if expanded > EXPANSION_BYTES_FREE as i64 && expanded / EXPANSION_MAX as i64 > stored {
            let reason =
                format!("a column claims to expand from {stored} to {expanded} bytes: a decompression bomb");
            return Err(ParquetError::General(reason));
        }
    }
    Ok(())
}

/// So many rows that a batch holds about [`BATCH_BYTES`].
fn batch_rows(metadata: &ParquetMetaData) -> usize {
    let groups = metadata.row_groups().iter();
    let row_bytes = groups
        .filter(|group| group.num_rows() > 0)
        .map(|group| group.total_byte_size() / group.num_rows())
        .max()
        .unwrap_or(1);
    (BATCH_BYTES / row_bytes.max(1)).clamp(1, BATCH_ROWS_MAX) as usize
}

fn find_leaves(
    columns: &Columns,
    names: &Names,
    fields: &Fields,
    steps: &mut Vec<Step>,
    leaves: &mut Vec<Leaf>,
) {
    for (at, column) in columns.iter().enumerate() {
        let Some(below) = names.get(column.name().as_bytes()) else { continue };
        let depth = steps.len();
        steps.push(Step::Field(at));
        let mut kind = column.data_type();
        while let DataType::List(item) = kind {
            steps.push(Step::Items);
            kind = item.data_type();
            if steps.len() > DEPTH_MAX {
                break;
            }
        }
        match kind {
            DataType::Struct(inner) if steps.len() <= DEPTH_MAX => {
                find_leaves(inner, below, fields, steps, leaves);
            }
            kind => {
                if let Some((target, rank)) = below.target().and_then(|target| fields.target(target))
                    && (is_text(kind) || (target != Kind::Text && is_value(kind)))
                {
                    leaves.push(Leaf { steps: steps.clone(), kind: target, rank });
                }
            }
        }
        steps.truncate(depth);
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::Binary)
}

fn is_value(kind: &DataType) -> bool {
    matches!(kind, DataType::Int32 | DataType::Int64 | DataType::UInt64 | DataType::Timestamp(..))
}

/// The array at the end of the steps, and the places in it that belong to `row`.
fn descend<'a>(
    batch: &'a RecordBatch,
    steps: &[Step],
    row: usize,
    places: &mut Vec<usize>,
) -> Option<&'a ArrayRef> {
    let (Step::Field(first), rest) = steps.split_first().map(|(first, rest)| (*first, rest))? else {
        return None;
    };
    let mut array = batch.columns().get(first)?;
    places.clear();
    places.push(row);
    for step in rest {
        places.retain(|&place| array.is_valid(place));
        match step {
            Step::Field(at) => array = array.as_struct_opt()?.columns().get(*at)?,
            Step::Items => {
                let list = array.as_list_opt::<i32>()?;
                *places = places
                    .iter()
                    .filter_map(|&place| {
                        let offsets = list.value_offsets();
                        Some(*offsets.get(place)? as usize..*offsets.get(place + 1)? as usize)
                    })
                    .flatten()
                    .collect();
                array = list.values();
            }
        }
    }
    Some(array)
}

fn text_at(values: &ArrayRef, place: usize) -> Option<&str> {
    if values.is_null(place) {
        return None;
    }
    match values.data_type() {
        DataType::Utf8 => Some(values.as_string::<i32>().value(place)),
        DataType::Binary => std::str::from_utf8(values.as_binary::<i32>().value(place)).ok(),
        _ => None,
    }
}

fn value_at(values: &ArrayRef, place: usize) -> Option<String> {
    if let Some(text) = text_at(values, place) {
        return Some(text.to_owned());
    }
    if values.is_null(place) {
        return None;
    }
    match values.data_type() {
        DataType::Int32 => Some(values.as_primitive::<Int32Type>().value(place).to_string()),
        DataType::Int64 => Some(values.as_primitive::<Int64Type>().value(place).to_string()),
        DataType::UInt64 => Some(values.as_primitive::<UInt64Type>().value(place).to_string()),
        DataType::Timestamp(unit, _) => {
            let stamp = match unit {
                TimeUnit::Second => return None,
                TimeUnit::Millisecond => {
                    let value = values.as_primitive::<TimestampMillisecondType>().value(place);
                    jiff::Timestamp::from_millisecond(value)
                }
                TimeUnit::Microsecond => {
                    let value = values.as_primitive::<TimestampMicrosecondType>().value(place);
                    jiff::Timestamp::from_microsecond(value)
                }
                TimeUnit::Nanosecond => {
                    let value = values.as_primitive::<TimestampNanosecondType>().value(place);
                    jiff::Timestamp::from_nanosecond(i128::from(value))
                }
            };
            stamp.ok().map(|stamp| stamp.to_string())
        }
        _ => None,
    }
}
