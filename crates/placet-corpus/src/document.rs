//! From the bytes of one document to its text: a file, a member of an archive, the payload of a web record.

use encoding_rs::{Encoding, UTF_8};

use crate::charset;
use crate::html::{self, Page};
use crate::http;
use crate::item::Form;
use crate::origin::Origin;
use crate::raw::{Coded, TextBytes};

/// How the bytes of a document are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Html,
    /// Pictures, sound, films, books and PDF files: nothing in them is read as text here.
    Media,
}

impl Kind {
    pub(crate) fn form(self) -> Form {
        match self {
            Kind::Plain => Form::Text,
            Kind::Html => Form::Page,
            Kind::Media => Form::Media,
        }
    }
}

/// A document's text.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) origin: Origin,
    pub(crate) language: Option<String>,
    pub(crate) coded: Coded,
    pub(crate) form: Form,
}

/// Reads a document. An error says why it has no text.
pub(crate) fn read(
    bytes: Vec<u8>,
    kind: Kind,
    declared: Option<&'static Encoding>,
) -> Result<Document, &'static str> {
    match kind {
        Kind::Plain => {
            let (text, coded) = charset::decode(bytes, declared)?;
            Ok(Document { text, origin: Origin::Identity, language: None, coded, form: kind.form() })
        }
        Kind::Html => {
            let declared = declared.or_else(|| http::meta_charset(&bytes));
            let (source, coded) = charset::decode(bytes, declared)?;
            let page = html::text(&source);
            let coded = coded.detached(source);
            let Page { text, origin, language } = page;
            Ok(Document { text, origin, language, coded, form: kind.form() })
        }
        Kind::Media => {
            let coded = Coded { before: Vec::new(), bytes: TextBytes::Own(bytes), encoding: UTF_8 };
            let (text, origin) = (String::new(), Origin::Identity);
            Ok(Document { text, origin, language: None, coded, form: kind.form() })
        }
    }
}

/// How a media type is read; `None` for what holds no text that Placet reads.
pub(crate) fn kind_of(media_type: &str) -> Option<Kind> {
    match media_type {
        "text/html" | "application/xhtml+xml" => Some(Kind::Html),
        "application/pdf" | "application/epub+zip" => Some(Kind::Media),
        "image/svg+xml" => None,
        "application/json"
        | "application/ld+json"
        | "application/xml"
        | "application/javascript"
        | "application/x-javascript"
        | "application/x-ndjson"
        | "application/rtf"
        | "application/x-tex" => Some(Kind::Plain),
        other if other.starts_with("text/") || other.ends_with("+xml") || other.ends_with("+json") => {
            (!other.starts_with("image/")).then_some(Kind::Plain)
        }
        other if ["image/", "audio/", "video/"].iter().any(|kind| other.starts_with(kind)) => {
            Some(Kind::Media)
        }
        _ => None,
    }
}

/// How bytes without a stated media type are read.
pub(crate) fn sniff(bytes: &[u8]) -> Kind {
    let head = bytes.get(..1024).unwrap_or(bytes).to_ascii_lowercase();
    let head = head.trim_ascii_start();
    let is_page =
        [&b"<!doctype html"[..], b"<html", b"<head", b"<body"].iter().any(|start| head.starts_with(start));
    if is_page { Kind::Html } else { Kind::Plain }
}
