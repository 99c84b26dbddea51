//! Writes the kept rows of a Parquet file with its own schema, metadata and compression.

use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::sync::Arc;

use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::parquet_cells::Values;
use crate::parquet_groups::RowGroups;
use crate::parquet_guard::guarded;
use crate::parquet_rows::{Batch, FileFacts};
use crate::raw::CellPart;

/// A row group is held in memory until it is full.
const ROW_GROUP_BYTES: usize = 64 * 1024 * 1024;
const ROW_GROUP_ROWS: usize = 1024 * 1024;
const CREATED_BY: &str = "placet cleared corpus version 1";

/// The rows that stay, batch by batch.
pub(crate) struct ClearedRows {
    groups: RowGroups<BufWriter<File>>,
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
            .set_key_value_metadata(facts.keys.clone())
            .build();
        let groups = RowGroups::new(BufWriter::new(file), facts.schema.clone(), properties)?;
        Ok(Self { groups, pending: None })
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
            kept: vec![false; batch.rows],
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
        guarded(|| self.groups.into_inner())
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let Some(pending) = self.pending.take() else { return Ok(()) };
        let groups = &mut self.groups;
        guarded(|| {
            pending.write(groups)?;
            if groups.bytes() >= ROW_GROUP_BYTES || groups.rows() >= ROW_GROUP_ROWS {
                groups.end_group()?;
            }
            Ok(())
        })
    }
}

impl Pending {
    fn write(&self, groups: &mut RowGroups<BufWriter<File>>) -> Result<(), ParquetError> {
        let runs = runs(&self.kept);
        for (at, cells) in self.batch.cells.iter().enumerate() {
            let changed = self.changed_values(at, &cells.values)?;
            let values = changed.as_ref().unwrap_or(&cells.values);
            let levels = (cells.definitions.as_deref(), cells.repetitions.as_deref());
            for run in &runs {
                groups.write(at, values, levels, &cells.stretch(run.clone()))?;
            }
        }
        groups.added(runs.iter().map(Range::len).sum());
        Ok(())
    }

    /// The values of a column where some of them were changed.
    fn changed_values(&self, column: usize, values: &Values) -> Result<Option<Values>, ParquetError> {
        let leaves = &self.batch.file.leaves;
        let of_column = |leaf: usize| leaves.get(leaf).is_some_and(|leaf| leaf.column == column);
        let mut changed = self.changed.iter().filter(|(leaf, ..)| of_column(*leaf)).peekable();
        if changed.peek().is_none() {
            return Ok(None);
        }
        let Values::Bytes(values) = values else {
            return Err(ParquetError::NYI("cutting text out of a column that holds none".to_owned()));
        };
        let mut values = values.clone();
        for (_, place, text) in changed {
            if let Some(value) = values.get_mut(*place) {
                *value = ByteArray::from(text.as_str());
            }
        }
        Ok(Some(Values::Bytes(values)))
    }
}

/// The stretches of rows that stay.
fn runs(kept: &[bool]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (row, _) in kept.iter().enumerate().filter(|(_, kept)| **kept) {
        match runs.last_mut() {
            Some(run) if run.end == row => run.end += 1,
            _ => runs.push(row..row + 1),
        }
    }
    runs
}
