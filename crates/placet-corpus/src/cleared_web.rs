//! Writes a record of a web archive again, whole or with spans cut.
//!
//! A cut record tells the truth about itself: its lengths are new, its digests are gone, and where its content came
//! chunked or encoded the content stands decoded, with the old header fields renamed `X-Crawl-…` as Common Crawl does.

use std::borrow::Cow;
use std::ops::Range;

use crate::cut;
use crate::http;
use crate::item::Item;
use crate::raw::{Block, Web};

/// The parts of the record's bytes without the spans (merged).
pub(crate) fn record<'a>(web: &'a Web, item: &'a Item, spans: &[Range<usize>]) -> Vec<Cow<'a, [u8]>> {
    let whole = |bytes: &'a [u8]| Cow::Borrowed(bytes);
    let mut parts: Vec<Cow<'a, [u8]>> = match &web.block {
        Block::Text(coded) => vec![whole(&coded.before), whole(coded.bytes(&item.text))],
        Block::Http { bytes, .. } => vec![whole(bytes)],
    };
    let spans = cut::text_only(spans, &item.origin);
    let mut head = whole(&web.head);
    if !spans.is_empty() {
        parts = match &web.block {
            Block::Text(coded) => {
                let content = cut::without(coded.bytes(&item.text), coded.encoding, &spans);
                vec![whole(&coded.before), Cow::Owned(content)]
            }
            Block::Http { bytes, mark, encoding } => {
                let http_head = http::head(bytes).unwrap_or_default();
                let body = bytes.get(http_head.len..).unwrap_or_default();
                let content = match http::decode(&http_head, body, u64::MAX) {
                    http::Body::Content(content) => content,
                    // It was decoded when it was read; what cannot be decoded now is not kept.
                    http::Body::TooLong | http::Body::Damaged(_) => Cow::Borrowed(&b""[..]),
                };
                let content = content.strip_prefix(mark.as_slice()).unwrap_or(&content);
                let content = cut::without(content, encoding, &spans);
                let length = (mark.len() + content.len()) as u64;
                let http_head = http_head_for(bytes.get(..http_head.len).unwrap_or_default(), length);
                vec![Cow::Owned(http_head), whole(mark), Cow::Owned(content)]
            }
        };
        let length = parts.iter().map(|part| part.len() as u64).sum();
        head = Cow::Owned(head_for(&web.head, length));
    }
    parts.insert(0, head);
    parts.push(whole(&web.tail));
    parts
}

/// The record header for a block of `length` bytes.
fn head_for(head: &[u8], length: u64) -> Vec<u8> {
    if !head.starts_with(b"WARC/") {
        // ARC: the length is the last word of the line.
        let end = head.iter().rposition(|&byte| byte == b' ').map_or(0, |at| at + 1);
        let line_end: &[u8] = if head.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
        return [head.get(..end).unwrap_or_default(), length.to_string().as_bytes(), line_end].concat();
    }
    rewritten(head, |name| match name {
        b"content-length" => Change::Value(length.to_string()),
        b"warc-block-digest" | b"warc-payload-digest" => Change::Drop,
        _ => Change::Keep,
    })
}

fn http_head_for(head: &[u8], length: u64) -> Vec<u8> {
    rewritten(head, |name| match name {
        b"content-length" => Change::Value(length.to_string()),
        b"transfer-encoding" | b"content-encoding" => Change::Prefix("X-Crawl-"),
        _ => Change::Keep,
    })
}

enum Change {
    Keep,
    Drop,
    Value(String),
    Prefix(&'static str),
}

/// Header lines with some changed; the others byte for byte.
fn rewritten(head: &[u8], change: impl Fn(&[u8]) -> Change) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len() + 32);
    let mut dropping = false;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        let continues = matches!(line.first(), Some(b' ' | b'\t'));
        if continues && dropping {
            continue;
        }
        dropping = false;
        let colon = memchr::memchr(b':', line).filter(|_| !continues);
        let name = line.get(..colon.unwrap_or(0)).unwrap_or_default();
        match change(&name.trim_ascii().to_ascii_lowercase()) {
            Change::Keep => out.extend_from_slice(line),
            Change::Drop => dropping = true,
            Change::Value(value) => {
                dropping = true;
                out.extend_from_slice(name);
                out.extend_from_slice(b": ");
                out.extend_from_slice(value.as_bytes());
                out.extend_from_slice(if line.ends_with(b"\r\n") { b"\r\n" } else { b"\n" });
            }
            Change::Prefix(prefix) => {
                out.extend_from_slice(prefix.as_bytes());
                out.extend_from_slice(line);
            }
        }
    }
    out
}
