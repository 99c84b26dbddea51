//! Rows of a Parquet file as items.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, KeyValue, ParquetMetaData};
use parquet::file::reader::{ChunkReader, FileReader as _};
use parquet::schema::types::TypePtr;

use crate::fields::{Facts, Fields, Kind};
use crate::item::{Form, Item, Record};
use crate::origin::Origin;
use crate::parquet_cells::{Batches, Cells, Stretch, Values};
use crate::parquet_guard::{guarded, open, reason};
use crate::parquet_schema::{Holds, Leaf, find_leaves};
use crate::raw::{Body, CellPart, Raw};
use crate::reader::Context;

/// About how many bytes of rows are held at once, and how many rows at most.
const BATCH_BYTES: i64 = 8 * 1024 * 1024;
const BATCH_ROWS_MAX: i64 = 1024;

/// Some consecutive rows of a file.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) rows: usize,
    /// Column by column; all columns of the file where the raw rows are kept.
    pub(crate) cells: Vec<Cells>,
    pub(crate) file: Arc<FileFacts>,
}

impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        self.cells == other.cells
    }
}

/// What the rows of a file have in common.
#[derive(Debug)]
pub(crate) struct FileFacts {
    pub(crate) schema: TypePtr,
    pub(crate) keys: Option<Vec<KeyValue>>,
    pub(crate) compression: Compression,
    pub(crate) leaves: Vec<Leaf>,
}

/// The rows of one file.
pub(crate) struct Rows {
    file: Arc<FileFacts>,
    join: bool,
    batches: Option<Batches>,
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
            .map_err(|cause| (reason(&cause), "fetch the file again, or leave it out"))?;
        if !rows.file.leaves.iter().any(|leaf| leaf.kind == Kind::Text) {
            let names: Vec<&str> = rows.file.schema.get_fields().iter().map(|field| field.name()).collect();
            let reason = format!("no text column was found among {}", names.join(", "));
            return Err((reason, "name the column with --text-field"));
        }
        Ok(rows)
    }

    fn open_unguarded<R: ChunkReader + 'static>(reader: R, context: &Context) -> Result<Self, ParquetError> {
        let reader = open(reader)?;
        let metadata = reader.metadata();
        let fields = Fields::new(&context.options);
        let mut file = file_facts(metadata);
        file.leaves = find_leaves(&file.schema, &fields);
        let columns: Vec<usize> = if context.options.keep_raw {
            (0..metadata.file_metadata().schema_descr().num_columns()).collect()
        } else {
            file.leaves.iter().map(|leaf| leaf.column).collect()
        };
        for leaf in &mut file.leaves {
            leaf.column = columns.binary_search(&leaf.column).unwrap_or(usize::MAX);
        }
        let groups = (0..metadata.num_row_groups()).collect();
        let rows_max = batch_rows(metadata);
        let batches = Batches::new(reader, columns, groups, rows_max);
        let join = fields.join();
        Ok(Self { file: Arc::new(file), join, batches: Some(batches), batch: None, next: 0, number: 0 })
    }

    pub(crate) fn next(&mut self, context: &Context) -> Option<Record> {
        loop {
            if let Some(batch) = &self.batch
                && self.next < batch.rows
            {
                let batch = batch.clone();
                let row = self.next;
                self.next += 1;
                self.number += 1;
                return Some(self.item(&batch, row, context));
            }
            self.batch = None;
            let batches = self.batches.as_mut()?;
            let file = &self.file;
            let read = batches.next().and_then(|next| {
                let Some((rows, cells)) = next else { return Ok(None) };
                refuse_other_text(&cells, &file.leaves)?;
                Ok(Some((rows, cells)))
            });
            match read {
                Ok(None) => return None,
                Ok(Some((rows, cells))) => {
                    self.batch = Some(Arc::new(Batch { rows, cells, file: self.file.clone() }));
                    self.next = 0;
                }
                Err(cause) => {
                    self.batches = None;
                    let place = format!("row {}", self.number + 1);
                    let reason = format!("this and the following rows cannot be read: {}", reason(&cause));
                    return Some(context.aside(place, reason, "fetch the file again"));
                }
            }
        }
    }

    fn item(&self, batch: &Arc<Batch>, row: usize, context: &Context) -> Record {
        let mut facts = Facts::default();
        let mut best: Option<usize> = None;
        let mut texts: Vec<(usize, usize, usize, &str)> = Vec::new();
        for (at, leaf) in self.file.leaves.iter().enumerate() {
            let Some(cells) = batch.cells.get(leaf.column) else { continue };
            let stretch = cells.stretch(row..row + 1);
            if leaf.kind != Kind::Text {
                if let Some(value) = first_value(cells, &stretch, leaf) {
                    facts.add(leaf.kind, leaf.rank, &value);
                }
            } else if self.join || best.is_none_or(|best| leaf.rank < best) {
                let mut found = stretch
                    .values
                    .filter_map(|place| Some((leaf.rank, at, place, text_at(&cells.values, place)?)))
                    .peekable();
                if found.peek().is_some() {
                    if !self.join {
                        texts.clear();
                    }
                    best = Some(leaf.rank);
                    texts.extend(found);
                }
            }
        }
        texts.sort_by_key(|(rank, ..)| *rank);
        let mut bytes = 0_u64;
        let mut text = String::new();
        let mut chars = 0;
        let several = texts.len() > 1;
        let mut parts = Vec::with_capacity(texts.len());
        for (_, leaf, place, value) in texts {
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
            text: text.into(),
            origin: Origin::Identity,
            beside: Box::default(),
            raw: Raw { member: None, body },
        })
    }
}

/// What is common to the rows of the file behind `reader`.
pub(crate) fn read_file_facts<R: ChunkReader + 'static>(reader: R) -> Result<FileFacts, String> {
    guarded(|| Ok(file_facts(open(reader)?.metadata()))).map_err(|cause| reason(&cause))
}

fn file_facts(metadata: &ParquetMetaData) -> FileFacts {
    let column = metadata.row_groups().first().and_then(|group| group.columns().first());
    FileFacts {
        schema: metadata.file_metadata().schema_descr().root_schema_ptr(),
        keys: metadata.file_metadata().key_value_metadata().cloned(),
        compression: column.map_or(Compression::UNCOMPRESSED, ColumnChunkMetaData::compression),
        leaves: Vec::new(),
    }
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

/// Texts that say to be UTF-8 and are not are damage.
fn refuse_other_text(cells: &[Cells], leaves: &[Leaf]) -> Result<(), ParquetError> {
    for leaf in leaves.iter().filter(|leaf| leaf.holds == Holds::Text) {
        if let Some(Values::Bytes(values)) = cells.get(leaf.column).map(|cells| &cells.values)
            && values.iter().any(|value| simdutf8::basic::from_utf8(value.data()).is_err())
        {
            return Err(ParquetError::General("a column of text holds bytes that are not UTF-8".to_owned()));
        }
    }
    Ok(())
}

fn text_at(values: &Values, place: usize) -> Option<&str> {
    match values {
        Values::Bytes(values) => simdutf8::basic::from_utf8(values.get(place)?.data()).ok(),
        _ => None,
    }
}

/// The value at the first place that the row has for one.
fn first_value(cells: &Cells, stretch: &Stretch, leaf: &Leaf) -> Option<String> {
    if let Some(definitions) = &cells.definitions {
        let mut definitions = definitions.get(stretch.levels.clone())?.iter();
        definitions.find(|definition| **definition >= leaf.place).filter(|first| **first == leaf.value)?;
    }
    let place = stretch.values.start;
    let stamp = match (&cells.values, leaf.holds) {
        (Values::Bytes(_), _) => return text_at(&cells.values, place).map(str::to_owned),
        (Values::Int32(values), _) => return values.get(place).map(i32::to_string),
        (Values::Int64(values), Holds::Uint64) => {
            return values.get(place).map(|value| (*value as u64).to_string());
        }
        (Values::Int64(values), Holds::Milliseconds) => {
            jiff::Timestamp::from_millisecond(*values.get(place)?)
        }
        (Values::Int64(values), Holds::Microseconds) => {
            jiff::Timestamp::from_microsecond(*values.get(place)?)
        }
        (Values::Int64(values), Holds::Nanoseconds) => {
            jiff::Timestamp::from_nanosecond(i128::from(*values.get(place)?))
        }
        (Values::Int64(values), _) => return values.get(place).map(i64::to_string),
        (Values::Int96(values), _) => {
            jiff::Timestamp::from_nanosecond(i128::from(values.get(place)?.to_nanos()))
        }
        _ => return None,
    };
    stamp.ok().map(|stamp| stamp.to_string())
}
