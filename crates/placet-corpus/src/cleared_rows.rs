//! Writes the kept rows of a Parquet file with its own schema, metadata and compression.

use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_schema::{ArrowError, DataType};
use arrow_select::filter::filter_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::parquet_rows::{Batch, FileFacts, Step};
use crate::raw::CellPart;

/// A row group is held in memory until it is full.
const ROW_GROUP_BYTES: usize = 64 * 1024 * 1024;
const CREATED_BY: &str = "placet cleared corpus version 1";

/// The rows that stay, batch by batch.
pub(crate) struct ClearedRows {
    writer: ArrowWriter<BufWriter<File>>,
    pending: Option<Pending>,
}

struct Pending {
    batch: Arc<Batch>,
    kept: Vec<bool>,
    /// Leaf, place among its values, new text.
    changed: Vec<(usize, usize, String)>,
}

impl ClearedRows {
    pub(crate) fn create(file: File, facts: &FileFacts) -> Result<Self, ParquetError> {
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(facts.compression)
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .set_key_value_metadata(facts.keys.clone())
            .build();
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(BufWriter::new(file), facts.schema.clone(), options)?;
        Ok(Self { writer, pending: None })
    }

    /// Keeps a row without the spans (merged, characters of the joined text).
    pub(crate) fn keep(
        &mut self,
        batch: &Arc<Batch>,
        row: usize,
        parts: &[CellPart],
        text: &str,
        spans: &[Range<usize>],
    ) -> Result<(), ParquetError> {
        if self.pending.as_ref().is_some_and(|pending| !Arc::ptr_eq(&pending.batch, batch)) {
            self.flush()?;
        }
        let pending = self.pending.get_or_insert_with(|| Pending {
            batch: batch.clone(),
            kept: vec![false; batch.rows.num_rows()],
            changed: Vec::new(),
        });
        if let Some(kept) = pending.kept.get_mut(row) {
            *kept = true;
        }
        if spans.is_empty() {
            return Ok(());
        }
        let mut texts = vec![String::new(); parts.len()];
        let mut part = 0;
        for (at, char) in text.chars().enumerate() {
            if parts.get(part + 1).is_some_and(|next| at + 1 == next.text_start) {
                // The line break that joins two parts belongs to neither.
                part += 1;
                continue;
            }
            let next = spans.partition_point(|span| span.end <= at);
            if !spans.get(next).is_some_and(|span| span.contains(&at))
                && let Some(text) = texts.get_mut(part)
            {
                text.push(char);
            }
        }
        pending.changed.extend(parts.iter().zip(texts).map(|(part, text)| (part.leaf, part.place, text)));
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> Result<BufWriter<File>, ParquetError> {
        self.flush()?;
        self.writer.into_inner()
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let Some(pending) = self.pending.take() else { return Ok(()) };
        let mut rows = pending.batch.rows.clone();
        for (at, leaf) in pending.batch.file.leaves.iter().enumerate() {
            let changed: Vec<(usize, &str)> = pending
                .changed
                .iter()
                .filter(|(leaf, ..)| *leaf == at)
                .map(|(_, place, text)| (*place, text.as_str()))
                .collect();
            if !changed.is_empty() {
                rows = with_changed(&rows, &leaf.steps, &changed)?;
            }
        }
        let rows = filter_record_batch(&rows, &BooleanArray::from(pending.kept))?;
        self.writer.write(&rows)
    }
}

fn with_changed(
    rows: &RecordBatch,
    steps: &[Step],
    changed: &[(usize, &str)],
) -> Result<RecordBatch, ArrowError> {
    let mut columns = rows.columns().to_vec();
    if let Some((Step::Field(first), rest)) = steps.split_first()
        && let Some(column) = columns.get_mut(*first)
    {
        *column = changed_array(column, rest, changed)?;
    }
    RecordBatch::try_new(rows.schema(), columns)
}

fn changed_array(
    array: &ArrayRef,
    steps: &[Step],
    changed: &[(usize, &str)],
) -> Result<ArrayRef, ArrowError> {
    let other = || {
        ArrowError::NotYetImplemented(format!("cutting text out of a column of type {}", array.data_type()))
    };
    match (steps.split_first(), array.data_type()) {
        (None, DataType::Utf8) => {
            let mut texts: Vec<Option<&str>> = array.as_string::<i32>().iter().collect();
            replace(&mut texts, changed.iter().copied());
            Ok(Arc::new(StringArray::from(texts)))
        }
        (None, DataType::Binary) => {
            let mut texts: Vec<Option<&[u8]>> = array.as_binary::<i32>().iter().collect();
            replace(&mut texts, changed.iter().map(|(place, text)| (*place, text.as_bytes())));
            Ok(Arc::new(BinaryArray::from(texts)))
        }
        (Some((Step::Field(at), rest)), DataType::Struct(fields)) => {
            let inner = array.as_struct();
            let mut columns = inner.columns().to_vec();
            let column = columns.get_mut(*at).ok_or_else(other)?;
            *column = changed_array(column, rest, changed)?;
            Ok(Arc::new(StructArray::try_new(fields.clone(), columns, inner.nulls().cloned())?))
        }
        (Some((Step::Items, rest)), DataType::List(field)) => {
            let list = array.as_list::<i32>();
            let values = changed_array(list.values(), rest, changed)?;
            Ok(Arc::new(ListArray::try_new(
                field.clone(),
                list.offsets().clone(),
                values,
                list.nulls().cloned(),
            )?))
        }
        _ => Err(other()),
    }
}

fn replace<T>(values: &mut [Option<T>], changed: impl Iterator<Item = (usize, T)>) {
    for (place, value) in changed {
        if let Some(slot) = values.get_mut(place) {
            *slot = Some(value);
        }
    }
}
