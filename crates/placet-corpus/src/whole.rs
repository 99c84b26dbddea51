//! A file that is one document: plain text or a page.

use crate::document::{self, Kind};
use crate::input::{Input, Rest, read_to_end};
use crate::item::{Item, Record};
use crate::raw::{Body, Raw};
use crate::reader::Context;

/// Reads a file as one item.
pub(crate) struct Whole {
    html: bool,
    bytes: Vec<u8>,
    faulty: bool,
    ended: bool,
}

impl Whole {
    pub(crate) fn new(html: bool) -> Self {
        Self { html, bytes: Vec::new(), faulty: false, ended: false }
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
        let (kind, media_type) =
            if self.html { (Kind::Html, "text/html") } else { (Kind::Plain, "text/plain") };
        Some(match document::read(bytes, kind, None) {
            Ok(document) => {
                let body = if context.options.keep_raw { Body::Whole(document.coded) } else { Body::None };
                Record::Item(Item {
                    ordinal: 1,
                    member: None,
                    id: None,
                    url: None,
                    captured: None,
                    headers: Vec::new(),
                    media_type: Some(media_type.to_owned()),
                    language: document.language,
                    text: document.text,
                    origin: document.origin,
                    raw: Raw { member: None, body },
                })
            }
            Err(reason) => {
                context.aside("file".to_owned(), reason, "remove it from the corpus, or convert it to text")
            }
        })
    }
}
