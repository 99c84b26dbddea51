//! From the bytes of one document to its text: a file, a member of an archive, the payload of a web record.

use encoding_rs::Encoding;

use crate::charset;
use crate::html;
use crate::http;
use crate::origin::Origin;
use crate::raw::Coded;

/// How the bytes of a document are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Html,
}

/// A document's text.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) origin: Origin,
    pub(crate) language: Option<String>,
    pub(crate) coded: Coded,
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
            Ok(Document { text, origin: Origin::Identity, language: None, coded })
        }
        Kind::Html => {
            let declared = declared.or_else(|| http::meta_charset(&bytes));
            let (source, coded) = charset::decode(bytes, declared)?;
            let page = html::text(&source);
            let coded = coded.detached(source);
            Ok(Document { text: page.text, origin: page.origin, language: page.language, coded })
        }
    }
}

/// How a media type is read; `None` for what holds no text that Placet reads.
pub(crate) fn kind_of(media_type: &str) -> Option<Kind> {
    match media_type {
        "text/html" | "application/xhtml+xml" => Some(Kind::Html),
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
