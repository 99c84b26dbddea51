//! The text of an item.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::OnceLock;

use bytes::Bytes;

use crate::json;

/// The text of an item. That of a JSON line is made when it is read for the first time; who can do with the line spares it.
#[derive(Clone)]
pub struct Text(Held);

#[derive(Clone)]
enum Held {
    Made(String),
    Quoted { quoted: Bytes, len: usize, made: OnceLock<String> },
}

impl Text {
    /// The text of a string of a line, which is UTF-8 and has so many escapes, all of two bytes.
    pub(crate) fn quoted_in(line: &Bytes, place: Range<usize>, escapes: usize) -> Self {
        let quoted = line.slice(place);
        let len = quoted.len() - escapes;
        Self(Held::Quoted { quoted, len, made: OnceLock::new() })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Held::Made(text) => text,
            Held::Quoted { quoted, made, .. } => made.get_or_init(|| {
                let mut text = String::new();
                json::unescape(std::str::from_utf8(quoted).unwrap_or_default(), &mut text);
                text
            }),
        }
    }

    /// Its length in bytes of UTF-8.
    pub fn len(&self) -> usize {
        match &self.0 {
            Held::Made(text) => text.len(),
            Held::Quoted { len, .. } => *len,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where it is a JSON string that nobody read yet: the string as it stands between its quotes (RFC 8259, section 7),
    /// with escapes of two bytes only.
    pub fn quoted(&self) -> Option<&[u8]> {
        match &self.0 {
            Held::Quoted { quoted, made, .. } if made.get().is_none() => Some(quoted),
            _ => None,
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Held::Made(text))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        match text.0 {
            Held::Made(text) => text,
            Held::Quoted { .. } => text.as_str().to_owned(),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
