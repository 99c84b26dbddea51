//! Cuts spans of characters out of encoded bytes and leaves every other byte as it is.

use std::ops::Range;

use encoding_rs::{DecoderResult, Encoding, UTF_8};

use crate::json::escape;
use crate::origin::{Origin, SegmentKind};
use crate::raw::Part;

/// The spans sorted, joined where they touch, without empty ones.
pub(crate) fn merged(spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut spans: Vec<_> = spans.iter().filter(|span| !span.is_empty()).cloned().collect();
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// The parts of the spans that gave text: markup in between is left out. Spans are merged.
pub(crate) fn text_only(spans: &[Range<usize>], origin: &Origin) -> Vec<Range<usize>> {
    let Origin::Segments(segments) = origin else { return spans.to_vec() };
    if spans.is_empty() {
        return Vec::new();
    }
    let mut parts = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let len = match segment.kind {
            SegmentKind::Whole { original_len } => original_len,
            SegmentKind::Run => segments
                .get(at + 1)
                .map_or(usize::MAX - segment.original_start, |next| next.text_start - segment.text_start),
        };
        let run = segment.original_start..segment.original_start + len;
        let first = spans.partition_point(|span| span.end <= run.start);
        for span in spans.iter().skip(first).take_while(|span| span.start < run.end) {
            parts.push(span.start.max(run.start)..span.end.min(run.end));
        }
    }
    merged(&parts)
}

/// `bytes` without the characters in `spans` (merged).
pub(crate) fn without(bytes: &[u8], encoding: &'static Encoding, spans: &[Range<usize>]) -> Vec<u8> {
    let kept = kept_bytes(bytes, encoding, spans);
    kept.into_iter().flat_map(|range| bytes.get(range).unwrap_or_default()).copied().collect()
}

/// The byte ranges of `bytes` that stay when the characters in `spans` (merged) go.
fn kept_bytes(bytes: &[u8], encoding: &'static Encoding, spans: &[Range<usize>]) -> Vec<Range<usize>> {
    if spans.is_empty() {
        return std::iter::once(0..bytes.len()).collect();
    }
    let bounds: Vec<usize> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
    let places = match std::str::from_utf8(bytes) {
        Ok(text) if encoding == UTF_8 => byte_places_utf8(text, &bounds),
        _ => byte_places(bytes, encoding, &bounds),
    };
    let mut kept = Vec::with_capacity(spans.len() + 1);
    let mut from = 0;
    for pair in places.chunks_exact(2) {
        let &[start, end] = pair else { continue };
        kept.push(from..start);
        from = end;
    }
    kept.push(from..bytes.len());
    kept
}

/// The byte offsets of ascending character offsets.
fn byte_places_utf8(text: &str, bounds: &[usize]) -> Vec<usize> {
    let mut places = Vec::with_capacity(bounds.len());
    let mut bounds = bounds.iter().peekable();
    for (char, (byte, _)) in text.char_indices().enumerate() {
        while bounds.next_if(|&&bound| bound <= char).is_some() {
            places.push(byte);
        }
        if bounds.peek().is_none() {
            break;
        }
    }
    places.extend(bounds.map(|_| text.len()));
    places
}

/// The same for any encoding, by decoding byte after byte: a character's place is where its first byte stands.
fn byte_places(bytes: &[u8], encoding: &'static Encoding, bounds: &[usize]) -> Vec<usize> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut places = Vec::with_capacity(bounds.len());
    let mut bounds = bounds.iter().peekable();
    let mut chars = 0_usize;
    // Where the bytes of the character that is not out yet begin.
    let mut pending = 0_usize;
    let mut out = [0_u8; 32];
    for at in 0..=bytes.len() {
        let last = at == bytes.len();
        let mut input = bytes.get(at..at + 1).unwrap_or_default();
        loop {
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(input, &mut out, last);
            let text = std::str::from_utf8(out.get(..written).unwrap_or_default()).unwrap_or_default();
            let mut given = text.chars().count();
            if matches!(result, DecoderResult::Malformed(..)) {
                given += 1;
            }
            if given > 0 {
                while bounds.next_if(|&&bound| bound < chars + given).is_some() {
                    places.push(pending);
                }
                chars += given;
                pending = (at + 1).min(bytes.len());
            }
            input = input.get(read..).unwrap_or_default();
            if matches!(result, DecoderResult::InputEmpty) {
                break;
            }
        }
    }
    places.extend(bounds.map(|_| bytes.len()));
    places
}

/// A JSON line without the characters in `spans` (merged) of the text that its parts are joined to.
pub(crate) fn json_line(line: &[u8], parts: &[Part], spans: &[Range<usize>]) -> Vec<u8> {
    let mut parts: Vec<&Part> = parts.iter().collect();
    parts.sort_by_key(|part| part.place.start);
    let mut out = Vec::with_capacity(line.len());
    let mut from = 0;
    for part in parts {
        out.extend_from_slice(line.get(from..part.place.start).unwrap_or_default());
        let token = line.get(part.place.clone()).unwrap_or_default();
        let mut at = 0;
        let mut char = part.text_start;
        let mut next = spans.partition_point(|span| span.end <= char);
        while at < token.len() {
            let step = char_len(token, at);
            if spans.get(next).is_some_and(|span| span.end <= char) {
                next += 1;
            }
            if !spans.get(next).is_some_and(|span| span.contains(&char)) {
                out.extend_from_slice(token.get(at..at + step).unwrap_or_default());
            }
            at += step;
            char += 1;
        }
        from = part.place.end;
    }
    out.extend_from_slice(line.get(from..).unwrap_or_default());
    out
}

/// The bytes of the character (or escape) at `at`, at least 1.
fn char_len(token: &[u8], at: usize) -> usize {
    let rest = token.get(at..).unwrap_or_default();
    match rest.first() {
        Some(b'\\') => escape(rest).1.min(rest.len()),
        Some(_) => 1 + rest.iter().skip(1).take_while(|&&byte| byte & 0xc0 == 0x80).count(),
        None => 1,
    }
}
