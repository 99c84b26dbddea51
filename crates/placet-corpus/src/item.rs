//! What a reader gives out: items, records passed over, and what could not be read.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::http;
use crate::origin::Origin;
use crate::raw::{Block, Body, Raw};
use crate::sidecar::Sidecar;
use crate::text::Text;

/// One step of a reader.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every record is an item")]
pub enum Record {
    /// A document with text.
    Item(Item),
    /// Something that carries no text of its own and stays in the cleared corpus: a WARC request, an empty line.
    Passed(Passed),
    /// Something that could not be read and does not get into the cleared corpus.
    Aside(Aside),
}

/// One document of a corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its place in its file (or archive member), counting from 1: the line, the row, the record; 1 for a whole file.
    pub ordinal: u64,
    /// The archive member that holds it, `/`-separated.
    pub member: Option<Arc<str>>,
    /// The document's own id.
    pub id: Option<String>,
    /// The address it was taken from.
    pub url: Option<String>,
    /// When it was taken.
    pub captured: Option<Timestamp>,
    /// The HTTP status of the response a WARC or ARC record carries.
    pub status: Option<u16>,
    /// The HTTP response headers a WARC or ARC record carries, in their order.
    pub headers: Vec<(String, String)>,
    /// What it is.
    pub form: Form,
    /// The media type as stated, without parameters.
    pub media_type: Option<String>,
    /// The language as stated by the document or its crawler; never guessed.
    pub language: Option<String>,
    /// The plain text to match.
    pub text: Text,
    /// Where each character of `text` stands in the original.
    pub origin: Origin,
    /// The XMP that lies beside it, where it is a media file of a folder.
    pub beside: Box<[Sidecar]>,
    /// What the cleared corpus needs to reproduce the item.
    pub raw: Raw,
}

/// What an item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// A text.
    #[default]
    Text,
    /// An HTML page; its text was taken out of it.
    Page,
    /// A picture, a sound, a film, a book or a PDF file: no text is taken from it, so `text` is empty.
    Media,
}

impl Item {
    /// The bytes of the document, transfer and content encodings undone: the source of a page, the bytes of a picture.
    ///
    /// Absent for lines and rows, which hold documents as values, and where [`crate::ReadOptions::keep_raw`] was off.
    pub fn content(&self) -> Option<Cow<'_, [u8]>> {
        match &self.raw.body {
            Body::Whole(coded) => Some(Cow::Borrowed(coded.bytes(&self.text))),
            Body::Record(web) => match &web.block {
                Block::Text(coded) => Some(Cow::Borrowed(coded.bytes(&self.text))),
                Block::Http { bytes, .. } => {
                    let head = http::head(bytes)?;
                    let body = bytes.get(head.len..).unwrap_or_default();
                    match http::decode(&head, body, crate::ITEM_BYTES_MAX.max(bytes.len() as u64)) {
                        http::Body::Content(content) => Some(content),
                        http::Body::TooLong | http::Body::Damaged(_) => None,
                    }
                }
            },
            Body::None
            | Body::Passed(_)
            | Body::PassedMember { .. }
            | Body::Line { .. }
            | Body::Row { .. } => None,
        }
    }

    /// The bytes of the document that are kept beside its text: of a page, a picture, a record. Lines and rows share the
    /// reader's buffers and count none.
    pub fn kept_bytes(&self) -> usize {
        match &self.raw.body {
            Body::Whole(coded) => coded.own_bytes(),
            Body::Record(web) => match &web.block {
                Block::Text(coded) => coded.own_bytes(),
                Block::Http { bytes, .. } => bytes.len(),
            },
            _ => 0,
        }
    }

    /// The head of the HTTP response that brought it, as a web archive keeps it.
    pub fn head(&self) -> Option<&[u8]> {
        match &self.raw.body {
            Body::Record(web) => match &web.block {
                Block::Http { bytes, .. } => bytes.get(..http::head(bytes)?.len),
                Block::Text(_) => None,
            },
            _ => None,
        }
    }
}

/// A record that has no text to match and is kept as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    /// What it is: `request`, `warcinfo`, `blank line`, `directory` …
    pub kind: String,
    /// Its bytes, for [`crate::Cleared::pass`].
    pub raw: Raw,
}

impl Passed {
    /// The bytes that are kept of it.
    pub fn kept_bytes(&self) -> usize {
        match &self.raw.body {
            Body::Passed(bytes) => bytes.len(),
            Body::PassedMember { bytes, packed } => bytes.len() + packed.len(),
            _ => 0,
        }
    }
}

/// Something that could not be read, where, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Aside {
    /// The file, as named in [`crate::Source::name`].
    pub source: String,
    /// Where in it: `line 12`, `byte 3456`, `record 7`, `row 9`, or `file`.
    pub place: String,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

impl std::fmt::Display for Aside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: {} ({})", self.source, self.place, self.reason, self.remedy)
    }
}
