//! The bytes an item was read from, kept for the cleared corpus.

use std::ops::Range;
use std::sync::Arc;

use encoding_rs::Encoding;

use crate::parquet_rows::Batch;

/// What the cleared corpus needs to write an item again. Opaque: only [`crate::Cleared`] reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raw {
    pub(crate) member: Option<Arc<Member>>,
    pub(crate) body: Body,
}

/// The member of an archive that an item stands in.
#[derive(Debug, PartialEq)]
pub(crate) struct Member {
    /// Its header blocks, long names and extended headers included.
    pub(crate) header: Vec<u8>,
    /// What follows its content up to the next header.
    pub(crate) padded: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Body {
    /// Not kept: [`crate::ReadOptions::keep_raw`] was off.
    #[default]
    None,
    /// Bytes that belong to no item.
    Passed(Vec<u8>),
    /// A file that is one document.
    Whole(Coded),
    /// A line of JSON with its line end.
    Line { line: Vec<u8>, parts: Vec<Part> },
    /// A row of a record batch.
    Row { batch: Arc<Batch>, row: usize, parts: Vec<Part> },
}

/// Encoded text with what precedes it (a byte order mark).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Coded {
    pub(crate) before: Vec<u8>,
    pub(crate) bytes: TextBytes,
    pub(crate) encoding: &'static Encoding,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TextBytes {
    /// Exactly the item's text in UTF-8.
    AsText,
    Own(Vec<u8>),
}

/// One of the strings that an item's text is joined from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// First character in the text.
    pub(crate) text_start: usize,
    /// JSON: bytes of the line that hold the string, without its quotes. Parquet: the place among the values.
    pub(crate) place: Range<usize>,
}
