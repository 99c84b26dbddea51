//! Small questions about bytes that every reader of files asks.

/// Whether bytes are a web page: many hosts answer every path with one, and then no file is there.
pub(crate) fn is_html(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let begins = |tag: &[u8]| bytes.get(..tag.len()).is_some_and(|b| b.eq_ignore_ascii_case(tag));
    begins(b"<!doctype") || begins(b"<html") || begins(b"<head") || begins(b"<body") || begins(b"<!--")
}
