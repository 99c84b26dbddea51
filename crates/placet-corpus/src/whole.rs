//! A file that is one document: plain text, a page, or a media file.

use crate::document::{self, Kind};
use crate::input::{Input, Rest, read_to_end};
use crate::item::{Item, Record};
use crate::raw::{Body, Raw};
use crate::reader::Context;
use crate::source::{Format, MEDIA};

/// Reads a file as one item.
pub(crate) struct Whole {
    format: Format,
    bytes: Vec<u8>,
    faulty: bool,
    ended: bool,
}

impl Whole {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, bytes: Vec::new(), faulty: false, ended: false }
    }

    pub(crate) fn next(&mut self, input: &mut dyn Input, context: &Context) -> Option<Record> {
        if self.ended {
            return None;
        }
        // Behind a fault the document is lost; the rest is read for further faults alone.
        let max = if self.faulty { 0 } else { context.options.item_bytes_max };
        match read_to_end(input, &mut self.bytes, max) {
            Err(fault) => {
                self.faulty = true;
                self.bytes = Vec::new();
                return Some(context.fault(&fault));
            }
            Ok(_) if self.faulty => {
                self.ended = true;
                return None;
            }
            Ok(Rest::TooLong { bytes }) => {
                self.ended = true;
                return Some(context.too_long("file", bytes));
            }
            Ok(Rest::Whole) => self.ended = true,
        }
        let bytes = std::mem::take(&mut self.bytes);
        let (kind, media_type) = match self.format {
            Format::Html => (Kind::Html, Some("text/html")),
            Format::Media => (Kind::Media, media_type(&context.source)),
            _ => (Kind::Plain, Some("text/plain")),
        };
        Some(match document::read(bytes, kind, None) {
            Ok(document) => {
                let body = if context.options.keep_raw { Body::Whole(document.coded) } else { Body::None };
                Record::Item(Item {
                    ordinal: 1,
                    member: None,
                    id: None,
                    url: None,
                    captured: None,
                    status: None,
                    headers: Vec::new(),
                    form: document.form,
                    media_type: media_type.map(str::to_owned),
                    language: document.language,
                    text: document.text.into(),
                    origin: document.origin,
                    beside: Box::default(),
                    raw: Raw { member: None, body },
                })
            }
            Err(reason) => {
                context.aside("file".to_owned(), reason, "remove it from the corpus, or convert it to text")
            }
        })
    }
}

/// The media type that the ending of a file's name stands for.
fn media_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    MEDIA.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|(_, media_type)| *media_type)
}
