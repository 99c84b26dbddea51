//! Small questions about bytes that every reader of files asks.

use std::borrow::Cow;

use crate::defect::{Defect, Problem, note};

/// Whether bytes are a web page: many hosts answer every path with one, and then no file is there.
pub(crate) fn is_html(bytes: &[u8]) -> bool {
    const COMMENTS_MAX: usize = 16;
    let mut rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    for _ in 0..COMMENTS_MAX {
        let Some(comment) = rest.strip_prefix(b"<!--") else { break };
        let Some(end) = memchr::memmem::find(comment, b"-->") else { break };
        rest = comment.get(end + 3..).unwrap_or_default().trim_ascii_start();
    }
    let begins = |tag: &[u8]| rest.get(..tag.len()).is_some_and(|b| b.eq_ignore_ascii_case(tag));
    begins(b"<!doctype html") || begins(b"<html") || begins(b"<head") || begins(b"<body")
}

/// Bytes as text: UTF-8, or UTF-16 where they begin with its mark; what is neither is replaced and told.
pub(crate) fn decode<'a>(bytes: &'a [u8], defects: &mut Vec<Defect>) -> Cow<'a, str> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest),
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes),
    };
    if text.contains('\u{FFFD}') {
        note(defects, Defect::new(Problem::Encoding, ""));
    }
    text
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect()
}

/// The lines of a text with their numbers, from 1; `\n`, `\r\n` and `\r` end one.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut number = 0;
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        number += 1;
        let Some((line, after)) = text.split_once(['\n', '\r']) else {
            rest = None;
            return (!text.is_empty()).then_some((number, text));
        };
        let broken = text.as_bytes().get(line.len()) == Some(&b'\r');
        rest = Some(if broken { after.strip_prefix('\n').unwrap_or(after) } else { after });
        Some((number, line))
    })
}
