//! What a reader gives out: items, records passed over, and what could not be read.

use std::sync::Arc;

use jiff::Timestamp;

use crate::origin::Origin;
use crate::raw::Raw;

/// One step of a reader.
#[derive(Clone, Debug, PartialEq)]
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
    /// The HTTP response headers a WARC or ARC record carries, in their order.
    pub headers: Vec<(String, String)>,
    /// The media type as stated, without parameters.
    pub media_type: Option<String>,
    /// The language as stated by the document or its crawler; never guessed.
    pub language: Option<String>,
    /// The plain text to match.
    pub text: String,
    /// Where each character of `text` stands in the original.
    pub origin: Origin,
    /// What the cleared corpus needs to reproduce the item.
    pub raw: Raw,
}

/// A record that has no text to match and is kept as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    /// What it is: `request`, `warcinfo`, `blank line`, `directory` …
    pub kind: String,
    /// Its bytes, for [`crate::Cleared::pass`].
    pub raw: Raw,
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
