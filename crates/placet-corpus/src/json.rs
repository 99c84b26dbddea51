//! A scanner that takes named strings out of one JSON record (RFC 8259) and skips the rest without building it.
//!
//! It is a little more lenient than the standard (control characters inside strings pass, numbers are not checked
//! digit by digit) and stops at the first thing that cannot be a record.

use std::ops::Range;

use memchr::{memchr, memchr2};

use crate::options::JSON_DEPTH_MAX;

/// Names to look for, as a tree: one level per nesting, arrays are looked through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    children: Vec<(String, Names)>,
    target: Option<usize>,
}

impl Names {
    /// Adds `path` (`a.b`); what is found under it is reported as `target`. The first path added for a place wins.
    pub(crate) fn add(&mut self, path: &str, target: usize) {
        self.child(path).target.get_or_insert(target);
        if path.contains('.') {
            let mut node = self;
            for name in path.split('.') {
                node = node.child(name);
            }
            node.target.get_or_insert(target);
        }
    }

    fn child(&mut self, name: &str) -> &mut Names {
        let at = self.children.iter().position(|(child, _)| child == name).unwrap_or_else(|| {
            self.children.push((name.to_owned(), Names::default()));
            self.children.len() - 1
        });
        &mut self.children[at].1
    }

    /// The names below `name`; case does not matter.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&Names> {
        self.children
            .iter()
            .find(|(child, _)| child.len() == name.len() && child.as_bytes().eq_ignore_ascii_case(name))
            .map(|(_, node)| node)
    }

    pub(crate) fn target(&self) -> Option<usize> {
        self.target
    }
}

/// A value under one of the names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) target: usize,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The bytes between the quotes, and how many escapes are there, where each is two bytes for a character of one.
    Text(Range<usize>, Option<usize>),
    Number(Range<usize>),
    Null,
}

/// What is wrong and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

/// Scans one record and replaces `found` by what it holds under the names.
pub(crate) fn scan(record: &[u8], names: &Names, found: &mut Vec<Found>) -> Result<(), Wrong> {
    found.clear();
    let mut scanner = Scanner { bytes: record, at: 0, found };
    scanner.space();
    if scanner.peek() != Some(b'{') {
        return Err(scanner.wrong("a record must be an object"));
    }
    scanner.value(Some(names), 0)?;
    scanner.space();
    if scanner.at < record.len() {
        return Err(scanner.wrong("more after the record"));
    }
    Ok(())
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    found: &'a mut Vec<Found>,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn wrong(&self, what: &'static str) -> Wrong {
        Wrong { at: self.at, what }
    }

    fn report(&mut self, names: Option<&Names>, value: Value) {
        if let Some(target) = names.and_then(Names::target) {
            self.found.push(Found { target, value });
        }
    }

    fn value(&mut self, names: Option<&Names>, depth: usize) -> Result<(), Wrong> {
        if depth > JSON_DEPTH_MAX {
            return Err(self.wrong("nested too deeply"));
        }
        match self.peek() {
            Some(b'"') => {
                let (place, escapes) = self.string()?;
                self.report(names, Value::Text(place, escapes));
            }
            Some(b'{') => self.object(names, depth)?,
            Some(b'[') => self.array(names, depth)?,
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E')) {
                    self.at += 1;
                }
                self.report(names, Value::Number(start..self.at));
            }
            Some(b't') => self.literal(b"true")?,
            Some(b'f') => self.literal(b"false")?,
            Some(b'n') => {
                self.literal(b"null")?;
                self.report(names, Value::Null);
            }
            Some(_) => return Err(self.wrong("not a JSON value")),
            None => return Err(self.wrong("the record ends early")),
        }
        Ok(())
    }

    fn literal(&mut self, literal: &[u8]) -> Result<(), Wrong> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(literal)) {
            return Err(self.wrong("not a JSON value"));
        }
        self.at += literal.len();
        Ok(())
    }

    /// A string; gives what [`Value::Text`] holds.
    fn string(&mut self) -> Result<(Range<usize>, Option<usize>), Wrong> {
        self.at += 1;
        let start = self.at;
        let mut escapes = Some(0);
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            match memchr2(b'"', b'\\', rest) {
                None => {
                    self.at = self.bytes.len();
                    return Err(self.wrong("the record ends inside a string"));
                }
                Some(step) => {
                    self.at += step;
                    if self.peek() == Some(b'"') {
                        self.at += 1;
                        return Ok((start..self.at - 1, escapes));
                    }
                    let kind = self.bytes.get(self.at + 1).copied();
                    escapes = escapes.filter(|_| kind.and_then(of_two_bytes).is_some()).map(|n| n + 1);
                    self.at += 2;
                }
            }
        }
    }

    fn object(&mut self, names: Option<&Names>, depth: usize) -> Result<(), Wrong> {
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a field name is missing"));
            }
            let (name, _) = self.string()?;
            let below = names.and_then(|names| names.get(self.bytes.get(name).unwrap_or_default()));
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.wrong("a colon is missing"));
            }
            self.at += 1;
            self.space();
            self.value(below, depth + 1)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => return Err(self.wrong("a comma is missing")),
                None => return Err(self.wrong("the record ends early")),
            }
        }
    }

    fn array(&mut self, names: Option<&Names>, depth: usize) -> Result<(), Wrong> {
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            self.value(names, depth + 1)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => return Err(self.wrong("a comma is missing")),
                None => return Err(self.wrong("the record ends early")),
            }
        }
    }
}

/// Appends the value of a JSON string, given as it stands between its quotes. Lone surrogates and unknown escapes become
/// U+FFFD.
pub(crate) fn unescape(quoted: &str, out: &mut String) {
    out.reserve(quoted.len());
    let mut at = 0;
    while let Some(step) = memchr(b'\\', quoted.as_bytes().get(at..).unwrap_or_default()) {
        at = replace(quoted, at, at + step, out);
    }
    out.push_str(quoted.get(at..).unwrap_or_default());
}

/// Appends what stands between `at` and an escape, and what this stands for; gives the place behind it.
fn replace(text: &str, at: usize, escape_at: usize, out: &mut String) -> usize {
    out.push_str(text.get(at..escape_at).unwrap_or_default());
    let (value, taken) = escape(text.as_bytes().get(escape_at..).unwrap_or_default());
    out.push(value);
    escape_at + taken
}

/// The character that the escape at the start of `bytes` stands for, and its length. At least one byte is taken,
/// and never a part of a character: what follows the backslash counts only if it is ASCII.
pub(crate) fn escape(bytes: &[u8]) -> (char, usize) {
    let Some(&kind) = bytes.get(1) else { return (char::REPLACEMENT_CHARACTER, 1) };
    match (kind, of_two_bytes(kind)) {
        (_, Some(value)) => (value, 2),
        (b'u', None) => unicode_escape(bytes),
        (kind, None) => (char::REPLACEMENT_CHARACTER, if kind.is_ascii() { 2 } else { 1 }),
    }
}

/// What a backslash and this byte stand for by themselves: an ASCII character that is no letter.
fn of_two_bytes(kind: u8) -> Option<char> {
    Some(match kind {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'"' | b'\\' | b'/' => char::from(kind),
        _ => return None,
    })
}

fn unicode_escape(bytes: &[u8]) -> (char, usize) {
    let Some(first) = hex4(bytes, 2) else { return (char::REPLACEMENT_CHARACTER, 2) };
    if (0xd800..0xdc00).contains(&first)
        && bytes.get(6) == Some(&b'\\')
        && bytes.get(7) == Some(&b'u')
        && let Some(second @ 0xdc00..0xe000) = hex4(bytes, 8)
    {
        let value = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |sum, &digit| Some(sum * 16 + char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.add("text", 0);
        names.add("metadata.url", 1);
        names.add("messages.content", 2);
        names
    }

    #[track_caller]
    fn check(record: &str, expected: &[(usize, &str)]) {
        let mut found = Vec::new();
        scan(record.as_bytes(), &names(), &mut found).unwrap();
        let found: Vec<_> = found
            .into_iter()
            .map(|found| match found.value {
                Value::Text(range, _) | Value::Number(range) => (found.target, record.get(range).unwrap()),
                Value::Null => (found.target, "null"),
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn named_strings_are_found_at_any_depth() {
        check(r#"{"text":"a\"b","other":{"text":"no"}}"#, &[(0, r#"a\"b"#)]);
        check(r#"{"metadata":{"url":"u","x":[1,2,{"y":null}]},"Text":"t"}"#, &[(1, "u"), (0, "t")]);
        check(r#"{"metadata.url":"flat","text":null}"#, &[(1, "flat"), (0, "null")]);
        check(r#"{"messages":[{"content":"a"},{"role":"u","content":"b"}]}"#, &[(2, "a"), (2, "b")]);
        check(r#"{"text":-12.5e3}"#, &[(0, "-12.5e3")]);
    }

    #[test]
    fn what_is_no_record_is_refused_with_its_place() {
        let wrong = |record: &str| scan(record.as_bytes(), &names(), &mut Vec::new()).unwrap_err();
        assert_eq!(wrong("[1]"), Wrong { at: 0, what: "a record must be an object" });
        assert_eq!(wrong(r#"{"text":"a"} {"#), Wrong { at: 13, what: "more after the record" });
        assert_eq!(wrong(r#"{"text":"a"#), Wrong { at: 10, what: "the record ends inside a string" });
        assert_eq!(wrong(r#"{"text" "a"}"#), Wrong { at: 8, what: "a colon is missing" });
        assert_eq!(wrong(r#"{"a":tru}"#), Wrong { at: 5, what: "not a JSON value" });
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(wrong(&deep).what, "nested too deeply");
    }

    /// The values of a record's texts.
    fn texts(record: &str) -> Vec<String> {
        let mut found = Vec::new();
        if scan(record.as_bytes(), &names(), &mut found).is_err() {
            return Vec::new();
        }
        let mut texts = Vec::new();
        for found in found {
            let mut out = String::new();
            if let Value::Text(place, escapes) = found.value {
                let quoted = record.get(place).unwrap();
                unescape(quoted, &mut out);
                if let Some(escapes) = escapes {
                    assert_eq!(out.len(), quoted.len() - escapes);
                }
            }
            texts.push(out);
        }
        texts
    }

    #[test]
    fn escapes_become_characters() {
        let record =
            r#"{"x\"y":"\t","text":"a\n\u00e9\ud83d\ude00\ud83dx\u12\"\/\q\é\\","metadata":{"url":"\\u"}}"#;
        let text = "a\n\u{e9}\u{1f600}\u{fffd}x\u{fffd}12\"/\u{fffd}\u{fffd}é\\";
        assert_eq!(texts(record), [text, "\\u"]);
    }

    #[test]
    fn escapes_of_two_bytes_are_counted() {
        let escapes = |record: &str| {
            let mut found = Vec::new();
            scan(record.as_bytes(), &names(), &mut found).unwrap();
            match found.pop().unwrap().value {
                Value::Text(_, escapes) => escapes,
                _ => panic!("a text"),
            }
        };
        assert_eq!(escapes(r#"{"text":"plain"}"#), Some(0));
        assert_eq!(escapes(r#"{"text":"\\n\n\/\"\b\f\r\t"}"#), Some(8));
        assert_eq!(escapes(r#"{"text":"\n\u0041\n"}"#), None);
        assert_eq!(escapes(r#"{"text":"\q"}"#), None);
        assert_eq!(escapes(r#"{"text":"\é"}"#), None);
    }

    proptest! {
        #[test]
        fn values_are_those_of_another_reader(text in "(\\PC|[\n\"\\\\])*", ascii: bool) {
            let json = serde_json::to_string(&text).unwrap();
            let json = if ascii {
                json.chars().map(|c| if c.is_ascii() { c.to_string() } else {
                    c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
                }).collect()
            } else {
                json
            };
            prop_assert_eq!(texts(&format!("{{\"other\":{json},\"text\":{json}}}")), [text]);
        }

        #[test]
        fn never_panics(record in "\\PC*") {
            texts(&record);
        }

        #[test]
        fn mutated_records_never_panic(mut record in Just(br#"{"text":"a\ud83d\ude00b","metadata":{"url":"u"},"n":[1,{}]}"#.to_vec()),
                                       at in 0_usize..50, value: u8) {
            record[at] = value;
            texts(&String::from_utf8_lossy(&record));
        }
    }
}
