//! Web archives: WARC 1.0 and 1.1 (ISO 28500), with WET and WAT, and ARC version 1.
//!
//! Records with content (`response`, `resource`, `conversion`) become items; the others are passed over. Behind
//! damage and wrong lengths reading goes on at the next line that starts a record.

use crate::arc;
use crate::document::{self, Kind};
use crate::fields;
use crate::http;
use crate::input::{Fault, GivenBack, Held, Input, Line, read_line};
use crate::item::{Item, Passed, Record};
use crate::options::HEADER_BYTES_MAX;
use crate::raw::{Block, Body, Raw, Web};
use crate::reader::Context;

const LENGTH_WRONG: &str = "fetch the file again, or write it with a tool that states lengths rightly";

/// How many wrong lengths of a source are put right by looking for the next record behind the whole block. Beyond
/// them every block ends at the first line that starts a record, so that a file of nothing but wrong lengths is read
/// in time proportional to its size.
const WRONG_LENGTHS_BELIEVED: u32 = 64;

/// Room for most headers.
const HEADER_EXPECTED: usize = 512;

/// Reads records one after the other. The place of an item is its record, all records counted.
#[derive(Default)]
pub(crate) struct Warc {
    held: GivenBack,
    number: u64,
    /// Whether the file has shown to be an ARC file.
    arc: bool,
    /// How many lengths were wrong so far.
    wrong: u32,
    /// A record to give out before reading on.
    next: Option<Record>,
    ended: bool,
}

/// The header of a record.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) bytes: Vec<u8>,
    pub(crate) fields: http::Fields,
}

impl Header {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name)
    }
}

/// Where a record ends.
enum End {
    /// As its length says.
    Stated,
    /// At an earlier record header inside the stated length.
    Earlier,
    /// Later: text follows where a record should.
    Later,
    /// The file is over before it.
    Cut,
}

impl Warc {
    pub(crate) fn next(&mut self, input: &mut dyn Input, context: &Context) -> Option<Record> {
        if let Some(record) = self.next.take() {
            return Some(record);
        }
        if self.ended {
            return None;
        }
        let mut held = std::mem::take(&mut self.held);
        let mut input = Held { held: &mut held, below: input };
        let record = self.step(&mut input, context);
        self.held = held;
        match record {
            Ok(Some(record)) => Some(record),
            Ok(None) => {
                self.ended = true;
                self.next.take()
            }
            Err(fault) => Some(context.fault(&fault)),
        }
    }

    fn step(&mut self, input: &mut Held<'_>, context: &Context) -> Result<Option<Record>, Fault> {
        let blank = line_ends(input)?;
        if !blank.is_empty() && context.options.keep_raw {
            let raw = Raw { member: None, body: Body::Passed(blank) };
            return Ok(Some(Record::Passed(Passed { kind: "blank line".to_owned(), raw })));
        }
        let at = input.position();
        // What the gzip member at hand holds, and its compressed bytes: a record that fills it is cleared as it lies.
        let member = match input.packed() {
            Some(packed) if context.options.keep_raw => Some(packed.to_vec()),
            _ => None,
        };
        let member_bytes = if member.is_some() { input.fill()?.len() } else { 0 };
        let mut line = Vec::with_capacity(HEADER_EXPECTED);
        match read_line(input, &mut line, HEADER_BYTES_MAX as u64)? {
            Line::End => return Ok(None),
            Line::Whole if line.starts_with(b"WARC/") => self.arc = false,
            Line::Whole if self.number == 0 && line.starts_with(b"filedesc:") => self.arc = true,
            Line::Whole if self.arc && arc::is_header(&line) => {}
            Line::Whole | Line::TooLong { .. } => return self.lost(input, at, line.len(), context).map(Some),
        }
        self.number += 1;
        let header = if self.arc {
            match arc::header(line) {
                Ok(header) => header,
                Err(reason) => {
                    return Ok(Some(context.aside(self.place(), reason, LENGTH_WRONG)));
                }
            }
        } else {
            let Some(header) = Self::header(input, line)? else {
                let reason = "its header has no end";
                return Ok(Some(context.aside(self.place(), reason, LENGTH_WRONG)));
            };
            header
        };
        let Some(length) = header.get("Content-Length").and_then(|value| value.parse::<u64>().ok()) else {
            let reason = "its header states no length";
            return Ok(Some(context.aside(self.place(), reason, LENGTH_WRONG)));
        };
        let max = context.options.item_bytes_max;
        let mut block = Vec::new();
        if length > max || self.wrong > WRONG_LENGTHS_BELIEVED {
            let out = if length > max { None } else { Some(&mut block) };
            let (taken, stopped) = self.take_lines(input, out, length)?;
            let reason = if stopped {
                format!("it states {length} bytes, but another record starts behind {taken}")
            } else if taken < length {
                format!("the file ends inside it: {taken} of {length} bytes are there")
            } else if length > max {
                line_ends(input)?;
                return Ok(Some(context.too_long(&self.place(), length)));
            } else {
                String::new()
            };
            if !reason.is_empty() {
                return Ok(Some(context.aside(self.place(), reason, LENGTH_WRONG)));
            }
        }
        let whole = block.len() as u64 == length || take(input, &mut block, length)?;
        let (end, tail, fault) = self.end(input, &mut block, whole);
        self.wrong += u32::from(matches!(end, End::Earlier));
        // A fault behind a whole record is about what follows; it is told after the record.
        self.next = fault.map(|fault| context.fault(&fault));
        Ok(Some(match end {
            End::Stated => {
                let fills = header.bytes.len() + block.len() + tail.len() == member_bytes;
                self.record(header, block, tail, member.filter(|_| fills), context)
            }
            End::Earlier => {
                let reason = format!("it states {length} bytes, but another record starts inside them");
                context.aside(self.place(), reason, LENGTH_WRONG)
            }
            End::Later => {
                let reason = format!("it states {length} bytes, but goes on behind them");
                context.aside(self.place(), reason, LENGTH_WRONG)
            }
            End::Cut => {
                let reason = format!("the file ends inside it: {} of {length} bytes are there", block.len());
                context.aside(self.place(), reason, "fetch the file again")
            }
        }))
    }

    /// Reads the rest of a header whose first line is given.
    fn header(input: &mut Held<'_>, first: Vec<u8>) -> Result<Option<Header>, Fault> {
        let mut bytes = first;
        let start = bytes.len();
        let mut line = Vec::with_capacity(HEADER_EXPECTED);
        loop {
            match read_line(input, &mut line, HEADER_BYTES_MAX as u64)? {
                Line::End | Line::TooLong { .. } => return Ok(None),
                Line::Whole => bytes.extend_from_slice(&line),
            }
            if line.trim_ascii().is_empty() {
                break;
            }
            if bytes.len() > HEADER_BYTES_MAX {
                return Ok(None);
            }
        }
        let (fields, _) = http::Fields::read(bytes.get(start..).unwrap_or_default(), false);
        Ok(Some(Header { bytes, fields }))
    }

    /// Checks that the record ends where it says, and gives the line ends behind it. What belongs to later records
    /// is handed back to the input.
    fn end(&self, input: &mut Held<'_>, block: &mut Vec<u8>, whole: bool) -> (End, Vec<u8>, Option<Fault>) {
        let (tail, mut fault) = match line_ends(input) {
            Ok(tail) => (tail, None),
            Err(fault) => (Vec::new(), Some(fault)),
        };
        let follows = match (&fault, input.fill()) {
            (Some(_), _) => Follows::Damage,
            (None, Ok([])) => Follows::End,
            (None, Ok(next)) if self.starts_record(next) => Follows::Record,
            (None, Ok(_)) => Follows::Other,
            (None, Err(found)) => {
                fault = Some(found);
                Follows::Damage
            }
        };
        if whole && matches!(follows, Follows::Record) {
            return (End::Stated, tail, fault);
        }
        // A header inside the block counts only if the end does not fit: pages about web archives quote headers.
        let marker: &[u8] = if self.arc { b"\n\nhttp" } else { b"\r\n\r\nWARC/1." };
        if (!whole || matches!(follows, Follows::Other))
            && let Some(at) = memchr::memmem::find(block, marker)
        {
            let line_ends = marker.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let mut back = block.split_off(at + line_ends);
            back.extend_from_slice(&tail);
            input.give_back(back);
            return (End::Earlier, Vec::new(), fault);
        }
        let end = match follows {
            _ if !whole => End::Cut,
            Follows::Other => End::Later,
            Follows::Record | Follows::End | Follows::Damage => End::Stated,
        };
        (end, tail, fault)
    }

    fn starts_record(&self, bytes: &[u8]) -> bool {
        const START: &[u8] = b"WARC/";
        if self.arc {
            let line = bytes.get(..memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1));
            return line.is_some_and(|line| !line.ends_with(b"\n") || arc::is_header(line));
        }
        let len = bytes.len().min(START.len());
        bytes.get(..len) == START.get(..len)
    }

    /// Takes a block line by line, up to `length` bytes or to a line that starts a record. Gives the bytes taken, and
    /// whether such a line was met.
    fn take_lines(
        &self,
        input: &mut Held<'_>,
        mut out: Option<&mut Vec<u8>>,
        length: u64,
    ) -> Result<(u64, bool), Fault> {
        let mut taken = 0;
        let mut line_starts = false;
        while taken < length {
            let chunk = input.fill()?;
            if chunk.is_empty() {
                break;
            }
            if line_starts && self.starts_record(chunk) {
                return Ok((taken, true));
            }
            let step = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |end| end + 1) as u64;
            let step = step.min(length - taken) as usize;
            let line = chunk.get(..step).unwrap_or_default();
            line_starts = line.ends_with(b"\n");
            if let Some(out) = &mut out {
                out.extend_from_slice(line);
            }
            input.consume(step);
            taken += step as u64;
        }
        Ok((taken, false))
    }

    /// Skips bytes that belong to no record.
    fn lost(
        &mut self,
        input: &mut Held<'_>,
        at: u64,
        mut bytes: usize,
        context: &Context,
    ) -> Result<Record, Fault> {
        let mut line = Vec::new();
        loop {
            let next = input.fill()?;
            if next.is_empty() || self.starts_record(next) {
                break;
            }
            match read_line(input, &mut line, HEADER_BYTES_MAX as u64)? {
                Line::End => break,
                Line::Whole => bytes += line.len(),
                Line::TooLong { bytes: skipped } => bytes += skipped as usize,
            }
        }
        let reason = format!("{bytes} bytes belong to no record and were skipped");
        Ok(context.aside(format!("byte {at}"), reason, LENGTH_WRONG))
    }

    fn record(
        &self,
        header: Header,
        block: Vec<u8>,
        tail: Vec<u8>,
        packed: Option<Vec<u8>>,
        context: &Context,
    ) -> Record {
        let kind = header.get("WARC-Type").unwrap_or_default().to_ascii_lowercase();
        if !matches!(kind.as_str(), "response" | "resource" | "conversion") {
            let bytes = || [&*header.bytes, &*block, &*tail].concat();
            let body = match packed {
                Some(packed) => Body::PassedMember { bytes: bytes(), packed },
                None if context.options.keep_raw => Body::Passed(bytes()),
                None => Body::None,
            };
            return Record::Passed(Passed { kind, raw: Raw { member: None, body } });
        }
        if let Some(wanted) = context.wanted {
            let start = block.get(..block.len().min(PICKED_BYTES)).unwrap_or_default();
            if !wanted(header.get("WARC-Target-URI").map_or("", address), start) {
                return Record::Passed(Passed { kind, raw: Raw::default() });
            }
        }
        match self.item(&header, block, context) {
            Ok((mut item, block)) => {
                if context.options.keep_raw {
                    item.raw.body = Body::Record(Web { head: header.bytes, block, tail, packed });
                }
                Record::Item(item)
            }
            Err((reason, remedy)) => context.aside(self.place(), reason, remedy),
        }
    }

    fn item(
        &self,
        header: &Header,
        block: Vec<u8>,
        context: &Context,
    ) -> Result<(Item, Block), (String, &'static str)> {
        const UNREADABLE: &str = "extract its text with another tool first";
        let stated = header.get("Content-Type").unwrap_or_default();
        let media_type = http::media_type(stated);
        let is_http =
            media_type.as_deref() == Some("application/http") || (self.arc && block.starts_with(b"HTTP/"));
        let head = if is_http { http::head(&block) } else { None };
        let mut language = header.get("WARC-Identified-Content-Language").map(str::to_owned);
        let (document, media_type, status, headers, kept) = match head {
            None => {
                let media_type = media_type.filter(|_| !is_http);
                let document = read(block, media_type.as_deref(), http::charset(stated))?;
                (document, media_type, None, Vec::new(), None)
            }
            Some(head) => {
                let body = block.get(head.len..).unwrap_or_default();
                let payload = match http::decode(&head, body, context.options.item_bytes_max) {
                    http::Body::Content(content) => content.into_owned(),
                    http::Body::TooLong => {
                        let max = context.options.item_bytes_max;
                        let reason = format!("its content is more than the {max} bytes allowed for one item");
                        return Err((reason, "raise --max-item-bytes"));
                    }
                    http::Body::Damaged(reason) => return Err((reason.to_owned(), UNREADABLE)),
                };
                let content_type = head.get("Content-Type").unwrap_or_default();
                let media_type = http::media_type(content_type);
                let document = read(payload, media_type.as_deref(), http::charset(content_type))?;
                language = language.or_else(|| head.get("Content-Language").map(str::to_owned));
                let fields =
                    head.fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                (document, media_type, head.status, fields, Some(block))
            }
        };
        let coded = document.coded;
        let block = match kept {
            None => Block::Text(coded),
            Some(bytes) => Block::Http { bytes, mark: coded.before, encoding: coded.encoding },
        };
        let uri = header.get("WARC-Target-URI").map(address);
        let id = header.get("WARC-Record-ID").map(address);
        let item = Item {
            ordinal: self.number,
            member: None,
            id: id.map(str::to_owned),
            url: uri.map(str::to_owned),
            captured: header.get("WARC-Date").and_then(fields::timestamp),
            status,
            headers,
            form: document.form,
            media_type,
            language: language.or(document.language),
            text: document.text.into(),
            origin: document.origin,
            beside: Box::default(),
            raw: Raw::default(),
        };
        Ok((item, block))
    }

    fn place(&self) -> String {
        format!("record {}", self.number)
    }
}

/// An address without the brackets that some tools put around it.
fn address(text: &str) -> &str {
    text.trim_start_matches('<').trim_end_matches('>')
}

/// Bytes of a block by which a record is picked.
const PICKED_BYTES: usize = 4096;

enum Follows {
    Record,
    End,
    Other,
    Damage,
}

fn read(
    bytes: Vec<u8>,
    media_type: Option<&str>,
    charset: Option<&'static encoding_rs::Encoding>,
) -> Result<document::Document, (String, &'static str)> {
    let kind: Kind = match media_type {
        None | Some("unknown/unknown" | "application/octet-stream") => document::sniff(&bytes),
        Some(media_type) => document::kind_of(media_type).ok_or_else(|| {
            (format!("{media_type} is not read"), "if it holds text, extract it with another tool first")
        })?,
    };
    document::read(bytes, kind, charset)
        .map_err(|reason| (reason.to_owned(), "remove it from the corpus, or convert it to text"))
}

/// Takes `length` bytes; `false` when the stream ends before.
fn take(input: &mut dyn Input, out: &mut Vec<u8>, length: u64) -> Result<bool, Fault> {
    let mut left = length as usize;
    while left > 0 {
        let chunk = input.fill()?;
        if chunk.is_empty() {
            return Ok(false);
        }
        let step = chunk.len().min(left);
        out.extend_from_slice(chunk.get(..step).unwrap_or_default());
        input.consume(step);
        left -= step;
    }
    Ok(true)
}

/// Takes the line ends at hand.
fn line_ends(input: &mut dyn Input) -> Result<Vec<u8>, Fault> {
    let mut taken = Vec::new();
    loop {
        let chunk = input.fill()?;
        let step = chunk.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if step == 0 || taken.len() > HEADER_BYTES_MAX {
            return Ok(taken);
        }
        let ended = step < chunk.len();
        taken.extend_from_slice(chunk.get(..step).unwrap_or_default());
        input.consume(step);
        if ended {
            return Ok(taken);
        }
    }
}
