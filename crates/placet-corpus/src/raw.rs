//! The bytes an item was read from, kept for the cleared corpus.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use encoding_rs::Encoding;

use crate::parquet_rows::Batch;
use crate::source::{Compression, Format};

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
    /// The size of its content as it was.
    pub(crate) size: u64,
    /// Whether the size stands in an extended header.
    pub(crate) pax_size: bool,
    /// How its content is stored.
    pub(crate) packing: Packing,
}

/// How a stream is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    AsIs,
    Gzip,
    /// Each record of a web archive is a gzip member, so that it can be read by its offset.
    GzipRecords,
    Zstd,
}

impl Packing {
    pub(crate) fn of(format: Format, compression: Compression) -> Self {
        match (compression, format) {
            (Compression::None, _) => Self::AsIs,
            (Compression::Gzip, Format::Warc) => Self::GzipRecords,
            (Compression::Gzip, _) => Self::Gzip,
            (Compression::Zstd, _) => Self::Zstd,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Body {
    /// Not kept: [`crate::ReadOptions::keep_raw`] was off.
    #[default]
    None,
    /// Bytes that belong to no item.
    Passed(Vec<u8>),
    /// The same, with the gzip member that holds them and nothing else.
    PassedMember { bytes: Vec<u8>, packed: Vec<u8> },
    /// A file that is one document.
    Whole(Coded),
    /// A line of JSON with its line end.
    Line { line: Bytes, parts: Vec<Part> },
    /// A record of a web archive.
    Record(Web),
    /// A row of a record batch.
    Row { batch: Arc<Batch>, row: usize, parts: Vec<CellPart> },
}

/// Encoded text with what precedes it (a byte order mark).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Coded {
    pub(crate) before: Vec<u8>,
    pub(crate) bytes: TextBytes,
    pub(crate) encoding: &'static Encoding,
}

impl Coded {
    /// The same bytes, no longer leaning on `decoded`, the text that they gave.
    pub(crate) fn detached(self, decoded: String) -> Self {
        match self.bytes {
            TextBytes::AsText => Self { bytes: TextBytes::Own(decoded.into_bytes()), ..self },
            TextBytes::Own(_) => self,
        }
    }

    /// How many bytes it holds besides the text that they gave.
    pub(crate) fn own_bytes(&self) -> usize {
        match &self.bytes {
            TextBytes::AsText => 0,
            TextBytes::Own(bytes) => bytes.len(),
        }
    }

    /// The bytes, where `text` is what they gave.
    pub(crate) fn bytes<'a>(&'a self, text: &'a str) -> &'a [u8] {
        match &self.bytes {
            TextBytes::AsText => text.as_bytes(),
            TextBytes::Own(bytes) => bytes,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TextBytes {
    /// Exactly the item's text in UTF-8.
    AsText,
    Own(Vec<u8>),
}

/// A record of a web archive in its parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Web {
    /// The record's header with the empty line behind it.
    pub(crate) head: Vec<u8>,
    pub(crate) block: Block,
    /// The line ends behind the block.
    pub(crate) tail: Vec<u8>,
    /// The gzip member that holds the record and nothing else, where there is one.
    pub(crate) packed: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    /// The block is text as it stands.
    Text(Coded),
    /// The block is an HTTP response; the payload, decoded, has this byte order mark and encoding.
    Http { bytes: Vec<u8>, mark: Vec<u8>, encoding: &'static Encoding },
}

/// One of the strings of a JSON line that an item's text is joined from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// First character in the text.
    pub(crate) text_start: usize,
    /// The bytes of the line that hold the string, without its quotes.
    pub(crate) place: Range<usize>,
}

/// One of the cells that an item's text is joined from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CellPart {
    /// First character in the text.
    pub(crate) text_start: usize,
    /// Which of the file's leaves.
    pub(crate) leaf: usize,
    /// The place among the leaf's values in the batch.
    pub(crate) place: usize,
}
