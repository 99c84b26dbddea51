//! Opens a source and gives out its records.

use std::fs::File;
use std::sync::Arc;

use crate::error::CorpusError;
use crate::fields::Fields;
use crate::input::{Buffered, Fault, Input};
use crate::item::{Aside, Record};
use crate::jsonl::Jsonl;
use crate::layer::Layer;
use crate::options::ReadOptions;
use crate::parquet_rows::Rows;
use crate::sidecar::Sidecar;
use crate::source::{Format, Source};
use crate::tar::Tar;
use crate::warc::Warc;
use crate::whole::Whole;

/// Opens a source. Its items come in their order; bad ones come as [`Record::Aside`] and the stream goes on.
pub fn open(source: &Source, options: &ReadOptions) -> Result<Reader, CorpusError> {
    open_for(source, options, None)
}

/// Which records of a web archive are wanted, by address and by the first bytes of the record's block (the head of an
/// HTTP response).
pub type Wanted = fn(&str, &[u8]) -> bool;

/// Opens a source of web records for some of them: the others come as [`Record::Passed`] without their bytes, and
/// nothing in them is decoded.
pub fn open_picked(source: &Source, options: &ReadOptions, wanted: Wanted) -> Result<Reader, CorpusError> {
    open_for(source, options, Some(wanted))
}

fn open_for(source: &Source, options: &ReadOptions, wanted: Option<Wanted>) -> Result<Reader, CorpusError> {
    let file =
        File::open(&source.path).map_err(|cause| CorpusError::io(&source.path, "cannot be opened", cause))?;
    let context = Context { source: source.name.as_str().into(), options: options.clone(), wanted };
    let inner = if source.format == Format::Parquet {
        let rows = Rows::open(file, &context).map_err(|(reason, remedy)| {
            CorpusError::Unreadable(Aside {
                source: source.name.clone(),
                place: "file".to_owned(),
                reason,
                remedy: remedy.to_owned(),
            })
        })?;
        Inner::Rows(Box::new(rows))
    } else {
        let input: Box<dyn Input + Send> = Box::new(Buffered::file(file));
        let layer = Layer::new(source.compression);
        Inner::Stream { input, layer, parser: Parser::new(source.format, &context) }
    };
    let beside = match source.format {
        Format::Media => Sidecar::all_of(&source.path)
            .map_err(|cause| CorpusError::io(&source.path, "has a sidecar that cannot be read", cause))?,
        _ => Vec::new(),
    };
    Ok(Reader { context, inner, beside })
}

/// The records of one source, in order.
pub struct Reader {
    context: Context,
    inner: Inner,
    /// What lies beside the one item of a media file.
    beside: Vec<Sidecar>,
}

enum Inner {
    Stream { input: Box<dyn Input + Send>, layer: Layer, parser: Parser },
    Rows(Box<Rows>),
}

impl Reader {
    /// The bytes of the file, as stored, that were read so far; 0 for rows in columns, which are not read in order.
    pub fn position(&self) -> u64 {
        match &self.inner {
            Inner::Stream { input, .. } => input.position(),
            Inner::Rows(_) => 0,
        }
    }
}

impl Iterator for Reader {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let mut record = match &mut self.inner {
            Inner::Stream { input, layer, parser } => {
                parser.next(&mut layer.over(input.as_mut()), &self.context)
            }
            Inner::Rows(rows) => rows.next(&self.context),
        };
        if let Some(Record::Item(item)) = &mut record {
            item.beside = std::mem::take(&mut self.beside).into();
        }
        record
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("source", &self.context.source).finish_non_exhaustive()
    }
}

#[cfg(test)]
const fn is_send<T: Send>() {}

/// A shard is read and cleared on any thread, and its items wander to others.
#[cfg(test)]
const _: () = {
    is_send::<Reader>();
    is_send::<Record>();
    is_send::<crate::cleared::Cleared>();
};

/// The reader of one format, apart from the bytes it reads.
pub(crate) enum Parser {
    Whole(Whole),
    Jsonl(Box<Jsonl>),
    Warc(Box<Warc>),
    Tar(Box<Tar>),
}

impl Parser {
    pub(crate) fn new(format: Format, context: &Context) -> Self {
        match format {
            Format::Jsonl => Self::Jsonl(Box::new(Jsonl::new(Fields::new(&context.options)))),
            Format::Warc => Self::Warc(Box::default()),
            Format::Tar => Self::Tar(Box::default()),
            // A Parquet file is no stream; `open` and `Tar` read it through `Rows`.
            Format::Text | Format::Html | Format::Media | Format::Parquet => Self::Whole(Whole::new(format)),
        }
    }

    pub(crate) fn next(&mut self, input: &mut dyn Input, context: &Context) -> Option<Record> {
        match self {
            Self::Whole(whole) => whole.next(input, context),
            Self::Jsonl(jsonl) => jsonl.next(input, context),
            Self::Warc(warc) => warc.next(input, context),
            Self::Tar(tar) => tar.next(input, context),
        }
    }
}

/// What every reader of a source needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) source: Arc<str>,
    pub(crate) options: ReadOptions,
    pub(crate) wanted: Option<Wanted>,
}

impl Context {
    pub(crate) fn aside(
        &self,
        place: String,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Record {
        Record::Aside(Aside {
            source: self.source.to_string(),
            place,
            reason: reason.into(),
            remedy: remedy.into(),
        })
    }

    pub(crate) fn fault(&self, fault: &Fault) -> Record {
        self.aside(format!("byte {}", fault.position), fault.reason.clone(), fault.remedy)
    }

    pub(crate) fn too_long(&self, place: &str, bytes: u64) -> Record {
        let max = self.options.item_bytes_max;
        self.aside(
            place.to_owned(),
            format!("{bytes} bytes, more than the {max} allowed for one item"),
            "raise --max-item-bytes",
        )
    }
}
