//! Rows of a Parquet file as items.

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;

use crate::error::CorpusError;
use crate::item::{Aside, Record};
use crate::reader::Context;

/// Some consecutive rows of a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Batch {
    pub(crate) rows: RecordBatch,
}

/// The rows of one file.
pub(crate) struct Rows {}

impl Rows {
    pub(crate) fn open(_file: File, _path: &Path, context: &Context) -> Result<Self, CorpusError> {
        Err(CorpusError::Unreadable(Aside {
            source: context.source.to_string(),
            place: "file".to_owned(),
            reason: "Parquet is not read".to_owned(),
            remedy: "convert it to JSON Lines".to_owned(),
        }))
    }

    pub(crate) fn next(&mut self, _context: &Context) -> Option<Record> {
        None
    }
}
