//! Writes the cleared corpus of one source in its own format and compression.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;

use crate::cut;
use crate::error::CorpusError;
use crate::item::{Item, Passed};
use crate::raw::{Body, TextBytes};
use crate::source::{Compression, Format, Source};

/// The level of both compressions: their customary one.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

/// The cleared copy of one source. Items are handed over in the order in which they were read; those that are not
/// handed over are not in it.
pub struct Cleared {
    path: PathBuf,
    sink: Option<Sink>,
    compression: Compression,
    items: u64,
}

/// What a finished cleared file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClearedSummary {
    /// Items kept, whole or with spans cut.
    pub items: u64,
    /// Whether there is a file: a source that is one document leaves none when the document is not kept.
    pub written: bool,
}

impl Cleared {
    /// Creates the file, replacing one that is there. A source that is one document creates it with its first item.
    pub fn create(source: &Source, path: &Path) -> Result<Self, CorpusError> {
        let mut cleared =
            Self { path: path.to_owned(), sink: None, compression: source.compression, items: 0 };
        if !matches!(source.format, Format::Text | Format::Html) {
            cleared.open()?;
        }
        Ok(cleared)
    }

    /// Keeps an item as it was.
    pub fn keep(&mut self, item: &Item) -> Result<(), CorpusError> {
        self.redact(item, &[])
    }

    /// Keeps an item without the given spans, in characters of its original. Markup between the spans' words stays.
    pub fn redact(&mut self, item: &Item, spans: &[Range<usize>]) -> Result<(), CorpusError> {
        let spans = cut::merged(spans);
        match &item.raw.body {
            Body::Line { line, parts } if spans.is_empty() => {
                let _ = parts;
                self.write(line)?;
            }
            Body::Line { line, parts } => {
                let line = cut::json_line(line, parts, &spans);
                self.write(&line)?;
            }
            Body::Whole(coded) => {
                self.write(&coded.before)?;
                let bytes = match &coded.bytes {
                    TextBytes::AsText => item.text.as_bytes(),
                    TextBytes::Own(bytes) => bytes,
                };
                for kept in cut::kept_bytes(bytes, coded.encoding, &cut::text_only(&spans, &item.origin)) {
                    self.write(bytes.get(kept).unwrap_or_default())?;
                }
            }
            Body::Passed(_) | Body::None | Body::Row { .. } => {
                return Err(CorpusError::Foreign { path: self.path.clone(), ordinal: item.ordinal });
            }
        }
        self.items += 1;
        Ok(())
    }

    /// Keeps what belongs to no item.
    pub fn pass(&mut self, passed: &Passed) -> Result<(), CorpusError> {
        match &passed.raw.body {
            Body::Passed(bytes) => self.write(bytes),
            _ => Ok(()),
        }
    }

    /// Ends the file and waits until it is on the disk.
    pub fn finish(mut self) -> Result<ClearedSummary, CorpusError> {
        let written = self.sink.is_some();
        if let Some(sink) = self.sink.take() {
            sink.finish().map_err(|cause| CorpusError::io(&self.path, "cannot be written", cause))?;
        }
        Ok(ClearedSummary { items: self.items, written })
    }

    fn open(&mut self) -> Result<&mut Sink, CorpusError> {
        if self.sink.is_none() {
            let sink = Sink::create(&self.path, self.compression);
            self.sink = Some(sink.map_err(|cause| CorpusError::io(&self.path, "cannot be created", cause))?);
        }
        Ok(self.sink.as_mut().expect("opened on the line above"))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), CorpusError> {
        let done = self.open()?.write_all(bytes);
        done.map_err(|cause| CorpusError::io(&self.path, "cannot be written", cause))
    }
}

impl std::fmt::Debug for Cleared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cleared").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A compressed file being written.
enum Sink {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl Sink {
    fn create(path: &Path, compression: Compression) -> std::io::Result<Self> {
        let file = BufWriter::with_capacity(256 * 1024, File::create(path)?);
        Ok(match compression {
            Compression::None => Self::Plain(file),
            Compression::Gzip => Self::Gzip(GzEncoder::new(file, flate2::Compression::new(GZIP_LEVEL))),
            Compression::Zstd => Self::Zstd(zstd::Encoder::new(file, ZSTD_LEVEL)?),
        })
    }

    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(bytes),
            Self::Gzip(file) => file.write_all(bytes),
            Self::Zstd(file) => file.write_all(bytes),
        }
    }

    fn finish(self) -> std::io::Result<()> {
        let file = match self {
            Self::Plain(file) => file,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    }
}
