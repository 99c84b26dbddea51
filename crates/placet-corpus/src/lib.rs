//! Reads and writes corpus formats: a folder of texts and pages, JSON Lines, WARC and its relatives, Parquet, tar.
//!
//! ```text
//! list(root) -> sources        open(source) -> Item · Passed · Aside, in order        Cleared -> the same format again
//! ```
//!
//! One bad item never ends a source: it comes as an [`Aside`] with file, place, reason and remedy, and reading goes
//! on. Readers stream; they hold one record (at most [`ReadOptions::item_bytes_max`]) and fixed buffers. Offsets are
//! in characters (Unicode scalar values); [`Origin`] leads from an item's text to its original.
//!
//! [`mod@table`] writes and reads column tables. It is the only door to Parquet for the rest of Placet.
//!
//! Never: follows a path out of an archive, matches, decides, prints, reads the clock.
//!
//! `docs/formats/corpora.md` says what is taken from each format.

mod error;
mod item;
mod options;
mod origin;
mod reader;
mod source;

mod expansion;
mod gzip;
mod input;
mod layer;
mod zstandard;

mod arc;
mod charset;
mod document;
mod fields;
mod html;
mod http;
mod json;
mod jsonl;
mod parquet_cells;
mod parquet_groups;
mod parquet_guard;
mod parquet_rows;
mod parquet_schema;
mod sidecar;
mod tar;
mod text;
mod warc;
mod whole;

mod cleared;
mod cleared_rows;
mod cleared_web;
mod cut;
mod raw;
mod sink;

pub mod table;

pub use cleared::{Cleared, ClearedSummary};
pub use error::CorpusError;
pub use fields::{CAPTURED_FIELDS, ID_FIELDS, LANGUAGE_FIELDS, TEXT_FIELDS, URL_FIELDS};
pub use item::{Aside, Form, Item, Passed, Record};
pub use options::*;
pub use origin::{Origin, Segment, SegmentKind};
pub use parquet_guard::is_guarded;
pub use raw::Raw;
pub use reader::{Reader, Wanted, open, open_picked};
pub use sidecar::Sidecar;
pub use source::{Compression, Format, Source, list};
pub use text::Text;
