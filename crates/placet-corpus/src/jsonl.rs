//! JSON Lines: one record a line.

use std::ops::Range;

use bytes::Bytes;

use crate::fields::{Facts, Fields, Kind};
use crate::input::{Input, Line, read_line};
use crate::item::{Form, Item, Passed, Record};
use crate::json::{self, Found, Value};
use crate::origin::Origin;
use crate::raw::{Body, Part, Raw};
use crate::reader::Context;
use crate::text::Text;

/// An item that shares the decoder's buffer keeps all of it in memory. Where this much of the buffers belongs to no item,
/// lines are copied instead.
const IDLE_BYTES_MAX: u64 = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads records line by line. The place of an item is its line.
pub(crate) struct Jsonl {
    fields: Fields,
    line: Vec<u8>,
    found: Vec<Found>,
    scratch: String,
    /// Bytes of lines that gave no item, less those of lines that did.
    idle: u64,
    number: u64,
    ended: bool,
}

impl Jsonl {
    pub(crate) fn new(fields: Fields) -> Self {
        Self {
            fields,
            line: Vec::new(),
            found: Vec::new(),
            scratch: String::new(),
            idle: 0,
            number: 0,
            ended: false,
        }
    }

    pub(crate) fn next(&mut self, input: &mut dyn Input, context: &Context) -> Option<Record> {
        if self.ended {
            return None;
        }
        self.number += 1;
        let max = context.options.item_bytes_max;
        // Nearly every line lies whole in the buffer and is read where it lies.
        let end = match input.fill() {
            Ok(chunk) => memchr::memchr(b'\n', chunk).filter(|end| (*end as u64) < max),
            Err(fault) => return Some(context.fault(&fault)),
        };
        if let Some(end) = end {
            let shared = if self.idle < IDLE_BYTES_MAX { input.shared(end + 1) } else { None };
            let record = match (shared, input.fill()) {
                (Some(line), _) => self.kept(&line, context),
                (None, Ok(chunk)) => {
                    self.kept(&Bytes::copy_from_slice(chunk.get(..=end).unwrap_or_default()), context)
                }
                (None, Err(fault)) => context.fault(&fault),
            };
            input.consume(end + 1);
            return Some(record);
        }
        let mut line = std::mem::take(&mut self.line);
        let record = match read_line(input, &mut line, max) {
            Err(fault) => Some(context.fault(&fault)),
            Ok(Line::End) => {
                self.ended = true;
                None
            }
            Ok(Line::TooLong { bytes }) => Some(context.too_long(&self.place(), bytes)),
            Ok(Line::Whole) => Some(self.kept(&Bytes::copy_from_slice(&line), context)),
        };
        self.line = line;
        record
    }

    /// The record of a line; an item keeps the line where it may be wanted again.
    fn kept(&mut self, line: &Bytes, context: &Context) -> Record {
        let record = self.record(line, context);
        let bytes = line.len() as u64;
        if matches!(record, Record::Item(_)) {
            self.idle = self.idle.saturating_sub(bytes);
        } else {
            self.idle += bytes;
        }
        record
    }

    fn record(&mut self, line: &Bytes, context: &Context) -> Record {
        let blank = line.trim_ascii();
        if blank.is_empty() || blank == BYTE_ORDER_MARK {
            let raw = Raw { member: None, body: Body::Passed(line.to_vec()) };
            return Record::Passed(Passed { kind: "blank line".to_owned(), raw });
        }
        match self.item(line, context) {
            Ok(item) => Record::Item(item),
            Err((reason, remedy)) => context.aside(self.place(), reason, remedy),
        }
    }

    fn item(&mut self, line: &Bytes, context: &Context) -> Result<Item, (String, &'static str)> {
        const BROKEN: &str = "correct or remove the line";
        let skip =
            if self.number == 1 && line.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let record = simdutf8::basic::from_utf8(line).map_err(|_| {
            let at = std::str::from_utf8(line).map_or_else(|error| error.valid_up_to(), |_| 0) + 1;
            if self.number == 1 && (line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff")) {
                self.ended = true;
                let remedy = "convert the file: iconv -f UTF-16 -t UTF-8";
                return ("the file is UTF-16; JSON Lines are UTF-8".to_owned(), remedy);
            }
            (format!("not UTF-8 at byte {at} of the line"), "convert the file to UTF-8, or remove the line")
        })?;
        let record = record.get(skip..).unwrap_or_default();
        if self.number == 1 && record.trim_start().starts_with('[') {
            self.ended = true;
            let reason = "the file is one JSON array, not one record a line".to_owned();
            return Err((reason, "write one record a line: jq -c '.[]'"));
        }
        if self.number == 1 && record.trim() == "{" {
            self.ended = true;
            let reason = "the file is one JSON object over several lines, not one record a line".to_owned();
            return Err((reason, "write one record a line: jq -c ."));
        }
        json::scan(record.as_bytes(), &self.fields.names, &mut self.found).map_err(|wrong| {
            (format!("not a JSON record: {} at byte {}", wrong.what, wrong.at + skip + 1), BROKEN)
        })?;

        let mut best = None;
        let mut facts = Facts::default();
        let mut scratch = std::mem::take(&mut self.scratch);
        for Found { target, value } in &self.found {
            let Some((kind, rank)) = self.fields.target(*target) else { continue };
            let (Value::Text(range, _) | Value::Number(range)) = value else { continue };
            if kind == Kind::Text {
                if matches!(value, Value::Text(..)) {
                    best = Some(best.map_or(rank, |held: usize| held.min(rank)));
                }
                continue;
            }
            scratch.clear();
            json::unescape(record.get(range.clone()).unwrap_or_default(), &mut scratch);
            facts.add(kind, rank, &scratch);
        }
        self.scratch = scratch;

        let mut places: Vec<(usize, Range<usize>, Option<usize>)> = Vec::new();
        let mut empty = false;
        for Found { target, value } in &self.found {
            let Some((Kind::Text, rank)) = self.fields.target(*target) else { continue };
            match value {
                Value::Text(range, escapes) if self.fields.join() || Some(rank) == best => {
                    places.push((rank, range.clone(), *escapes));
                }
                Value::Null => empty = true,
                _ => {}
            }
        }
        if places.is_empty() && !empty {
            return Err(("no text field was found".to_owned(), "name the field with --text-field"));
        }
        places.sort_by_key(|(rank, ..)| *rank);

        let in_line = |range: &Range<usize>| range.start + skip..range.end + skip;
        let (text, parts) = match places.as_slice() {
            [(_, range, Some(escapes))] => {
                let place = in_line(range);
                let text = Text::quoted_in(line, place.clone(), *escapes);
                (text, vec![Part { text_start: 0, place }])
            }
            places => {
                let mut text = String::new();
                let mut parts = Vec::with_capacity(places.len());
                let mut chars = 0;
                for (number, (_, range, _)) in places.iter().enumerate() {
                    if number > 0 {
                        text.push('\n');
                        chars += 1;
                    }
                    let before = text.len();
                    json::unescape(record.get(range.clone()).unwrap_or_default(), &mut text);
                    parts.push(Part { text_start: chars, place: in_line(range) });
                    if places.len() > 1 {
                        chars += text.get(before..).map_or(0, |added| added.chars().count());
                    }
                }
                (Text::from(text), parts)
            }
        };
        let (id, url, language, captured) = facts.finish();
        let body =
            if context.options.keep_raw { Body::Line { line: line.clone(), parts } } else { Body::None };
        Ok(Item {
            ordinal: self.number,
            member: None,
            id,
            url,
            captured,
            status: None,
            headers: Vec::new(),
            form: Form::Text,
            media_type: None,
            language,
            text,
            origin: Origin::Identity,
            beside: Box::default(),
            raw: Raw { member: None, body },
        })
    }

    fn place(&self) -> String {
        format!("line {}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::input::Buffered;
    use crate::options::ReadOptions;

    /// A line that is never held anywhere: 2.2 GB of text between two short records, more than 31 bits count.
    #[test]
    fn a_line_of_any_length_costs_no_memory() {
        let long = std::io::repeat(b'x').take(2_200_000_000);
        let start = &b"{\"text\":\"before\"}\n{\"text\":\""[..];
        let input = start.chain(long).chain(&b"\"}\n{\"text\":\"after\"}\n"[..]);
        let options = ReadOptions { item_bytes_max: 1_000_000, ..ReadOptions::default() };
        let context = Context { source: "a.jsonl".into(), options, wanted: None };
        let mut jsonl = Jsonl::new(Fields::new(&context.options));
        let mut input = Buffered::new(input);
        let mut told = Vec::new();
        while let Some(record) = jsonl.next(&mut input, &context) {
            told.push(match record {
                Record::Item(item) => String::from(item.text),
                Record::Passed(passed) => passed.kind,
                Record::Aside(aside) => aside.to_string(),
            });
            assert!(jsonl.line.capacity() <= 2_000_000);
        }
        let long = "a.jsonl: line 2: 2200000012 bytes, more than the 1000000 allowed for one item (raise --max-item-bytes)";
        assert_eq!(told, ["before", long, "after"]);
    }
}
