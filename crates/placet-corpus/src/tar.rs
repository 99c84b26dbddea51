//! Archives of files: tar as POSIX.1-2001 (pax), ustar, GNU and V7 write it.
//!
//! Members are read in place, one after the other; nothing is ever written under a name from an archive.

use std::sync::Arc;

use bytes::Bytes;

use crate::input::{Fault, Input, Limited, Rest, read_to_end};
use crate::item::{Passed, Record};
use crate::layer::Layer;
use crate::options::{ARCHIVE_MEMBERS_MAX, ARCHIVE_PARQUET_BYTES_MAX};
use crate::parquet_rows::Rows;
use crate::raw::{Body, Member, Packing, Raw};
use crate::reader::{Context, Parser};
use crate::source::{Format, by_name};

const BLOCK: usize = 512;
/// The longest extended header or long name that is read.
const EXTENDED_BYTES_MAX: u64 = 1024 * 1024;
/// What may follow the end of an archive: padding to a tape block.
const END_BYTES_MAX: u64 = 1024 * 1024;
const DAMAGED: &str = "fetch the archive again";
const TRICK: &str = "pack the archive again with plain relative names";

/// Reads the members of an archive.
#[derive(Default)]
pub(crate) struct Tar {
    members: u64,
    /// Header blocks read for the next member.
    header: Vec<u8>,
    long_name: Option<String>,
    pax_size: Option<u64>,
    current: Option<Current>,
    ended: bool,
}

struct Current {
    name: Arc<str>,
    member: Arc<Member>,
    left: u64,
    padding: u64,
    reader: MemberReader,
    given: bool,
}

enum MemberReader {
    Stream { layer: Layer, parser: Box<Parser> },
    Rows(Box<Rows>),
    Skip,
}

impl Tar {
    pub(crate) fn next(&mut self, input: &mut dyn Input, context: &Context) -> Option<Record> {
        while !self.ended {
            let record = match self.current.take() {
                Some(current) => self.inside(current, input, context),
                None => self.header(input, context),
            };
            match record {
                Ok(Some(record)) => return Some(record),
                Ok(None) => {}
                Err(mut fault) => {
                    self.ended = true;
                    fault.reason.push_str("; the rest of the archive is not read");
                    return Some(context.fault(&fault));
                }
            }
        }
        None
    }

    /// One record of the current member.
    fn inside(
        &mut self,
        mut current: Current,
        input: &mut dyn Input,
        context: &Context,
    ) -> Result<Option<Record>, Fault> {
        let mut faulted = false;
        let at = input.position();
        let mut limited = Limited { left: &mut current.left, faulted: &mut faulted, at, below: input };
        let record = match &mut current.reader {
            MemberReader::Stream { layer, parser } => parser.next(&mut layer.over(&mut limited), context),
            MemberReader::Rows(rows) => rows.next(context),
            MemberReader::Skip => None,
        };
        self.ended = faulted;
        if let Some(record) = record {
            let record = placed(record, &current, faulted);
            current.given = true;
            self.current = Some(current);
            return Ok(Some(record));
        }
        let to_skip = current.left + current.padding;
        let empty = !current.given && !matches!(current.reader, MemberReader::Skip);
        let skipped = skip(input, to_skip)?;
        if skipped < to_skip {
            self.ended = true;
            let reason = "the archive ends inside this member";
            return Ok(Some(context.aside(member_place(&current.name, "end"), reason, DAMAGED)));
        }
        if empty && context.options.keep_raw {
            let raw = Raw { member: Some(current.member), body: Body::Passed(Vec::new()) };
            return Ok(Some(Record::Passed(Passed { kind: "empty member".to_owned(), raw })));
        }
        Ok(None)
    }

    /// Reads one header. Gives a record for what is not read as a member.
    fn header(&mut self, input: &mut dyn Input, context: &Context) -> Result<Option<Record>, Fault> {
        let at = input.position();
        let mut block = Vec::with_capacity(BLOCK);
        let got = take(input, BLOCK as u64, &mut block)?;
        if got == 0 {
            self.ended = true;
            return Ok(None);
        }
        if got < BLOCK as u64 {
            self.ended = true;
            return Ok(Some(context.aside(
                format!("byte {at}"),
                "the archive ends inside a header",
                DAMAGED,
            )));
        }
        if block.iter().all(|&byte| byte == 0) {
            self.ended = true;
            if let Rest::TooLong { .. } = read_to_end(input, &mut block, END_BYTES_MAX)? {
                let reason = "more than a megabyte follows the end of the archive; it is not read";
                return Ok(Some(context.aside(format!("byte {at}"), reason, DAMAGED)));
            }
            let raw = Raw { member: None, body: Body::Passed(block) };
            return Ok(Some(Record::Passed(Passed { kind: "end of archive".to_owned(), raw })));
        }
        if !checksum_fits(&block) {
            return self.resume(input, at, context).map(Some);
        }
        self.members += 1;
        if self.members > ARCHIVE_MEMBERS_MAX {
            self.ended = true;
            let reason =
                format!("the archive has more than {ARCHIVE_MEMBERS_MAX} members; the rest is not read");
            return Ok(Some(context.aside(format!("byte {at}"), reason, "split the archive")));
        }
        self.member(&block, input, context)
    }

    /// Skips blocks up to one that is a header, and tells of them.
    fn resume(&mut self, input: &mut dyn Input, at: u64, context: &Context) -> Result<Record, Fault> {
        self.clear();
        let mut skipped = BLOCK as u64;
        let mut block = Vec::with_capacity(BLOCK);
        loop {
            let chunk = input.fill()?;
            if let Some(head) = chunk.get(..BLOCK)
                && checksum_fits(head)
            {
                break;
            }
            block.clear();
            let got = take(input, BLOCK as u64, &mut block)?;
            skipped += got;
            if got < BLOCK as u64 {
                self.ended = true;
                break;
            }
        }
        let reason = format!("no header of a member stands here; {skipped} bytes were skipped");
        Ok(context.aside(format!("byte {at}"), reason, DAMAGED))
    }

    fn member(
        &mut self,
        block: &[u8],
        input: &mut dyn Input,
        context: &Context,
    ) -> Result<Option<Record>, Fault> {
        self.header.extend_from_slice(block);
        let kind = block.get(156).copied().unwrap_or_default();
        let stated = number(block.get(124..136).unwrap_or_default());
        let Some(size) = self.pax_size.filter(|_| !matches!(kind, b'x' | b'g' | b'L' | b'K')).or(stated)
        else {
            self.clear();
            self.ended = true;
            let reason = "a header states no size; the rest of the archive is not read";
            return Ok(Some(context.aside(format!("member {}", self.members), reason, DAMAGED)));
        };
        let padding = size.next_multiple_of(BLOCK as u64).saturating_sub(size);
        if matches!(kind, b'x' | b'g' | b'L' | b'K') {
            return self.extended(kind, size, padding, input, context);
        }

        let name = self.long_name.take().unwrap_or_else(|| name_of(block));
        let pax_size = self.pax_size.take().is_some();
        let header = std::mem::take(&mut self.header);
        let (format, compression) = by_name(&name);
        let packing = Packing::of(format.unwrap_or(Format::Text), compression);
        let member = Arc::new(Member { header, size, pax_size, packing });
        let mut current = Current {
            name: name.as_str().into(),
            member,
            left: size,
            padding,
            reader: MemberReader::Skip,
            given: false,
        };
        let aside = |reason: &str, remedy: &str| {
            Some(context.aside(member_place(&name, "header"), reason.to_owned(), remedy.to_owned()))
        };
        let record = match kind {
            _ if leads_out(&name) => aside("its path leads out of the archive", TRICK),
            b'5' => {
                let body = Body::Passed(current.member.header.clone());
                let raw = Raw { member: None, body };
                Some(Record::Passed(Passed { kind: "folder".to_owned(), raw }))
            }
            b'1' | b'2' => {
                aside("it is a link; links are not followed", "pack the archive with the files themselves")
            }
            b'S' => aside("it is a sparse file", "pack the archive again without --sparse"),
            b'0' | b'7' | 0 => match format {
                Some(Format::Tar) => aside("an archive inside an archive is not read", "unpack it first"),
                Some(Format::Parquet) => return self.parquet(current, input, context),
                Some(format) => {
                    current.reader = MemberReader::Stream {
                        layer: Layer::new(compression),
                        parser: Box::new(Parser::new(format, context)),
                    };
                    None
                }
                None => aside("unknown format", "convert it to text, HTML, JSONL, WARC or Parquet"),
            },
            _ => aside("it is neither a file nor a folder", TRICK),
        };
        self.current = Some(current);
        Ok(record)
    }

    /// Reads an extended header (pax) or a long name (GNU), which belong to the next member.
    fn extended(
        &mut self,
        kind: u8,
        size: u64,
        padding: u64,
        input: &mut dyn Input,
        context: &Context,
    ) -> Result<Option<Record>, Fault> {
        if size > EXTENDED_BYTES_MAX || self.header.len() as u64 > 4 * EXTENDED_BYTES_MAX {
            self.clear();
            self.ended = true;
            let reason = "an extended header of more than a megabyte; the rest of the archive is not read";
            return Ok(Some(context.aside(format!("member {}", self.members), reason, TRICK)));
        }
        let start = self.header.len();
        let mut content = std::mem::take(&mut self.header);
        let got = take(input, size + padding, &mut content)?;
        self.header = content;
        if got < size + padding {
            self.clear();
            self.ended = true;
            let reason = "the archive ends inside an extended header";
            return Ok(Some(context.aside(format!("member {}", self.members), reason, DAMAGED)));
        }
        let content = self.header.get(start..start + size as usize).unwrap_or_default();
        match kind {
            b'L' => {
                let name = content.split(|&byte| byte == 0).next().unwrap_or_default();
                self.long_name = Some(String::from_utf8_lossy(name).into_owned());
            }
            b'x' => {
                for (key, value) in pax_records(content) {
                    match key {
                        "path" => self.long_name = Some(value.to_owned()),
                        "size" => self.pax_size = value.parse().ok(),
                        _ => {}
                    }
                }
            }
            b'g' => {
                let body = Body::Passed(std::mem::take(&mut self.header));
                let raw = Raw { member: None, body };
                return Ok(Some(Record::Passed(Passed { kind: "archive header".to_owned(), raw })));
            }
            _ => {}
        }
        Ok(None)
    }

    /// A Parquet file has its directory at its end: it is read whole.
    fn parquet(
        &mut self,
        mut current: Current,
        input: &mut dyn Input,
        context: &Context,
    ) -> Result<Option<Record>, Fault> {
        let mut aside = None;
        if current.left > ARCHIVE_PARQUET_BYTES_MAX {
            let reason =
                format!("a Parquet file of more than {ARCHIVE_PARQUET_BYTES_MAX} bytes inside an archive");
            aside = Some(context.aside(
                member_place(&current.name, "header"),
                reason,
                "unpack the archive first",
            ));
        } else {
            let mut bytes = Vec::new();
            current.left -= take(input, current.left, &mut bytes)?;
            match Rows::open(Bytes::from(bytes), context) {
                Ok(rows) => current.reader = MemberReader::Rows(Box::new(rows)),
                Err((reason, remedy)) => {
                    let place = member_place(&current.name, "file");
                    aside = Some(context.aside(place, reason, remedy));
                }
            }
        }
        self.current = Some(current);
        Ok(aside)
    }

    fn clear(&mut self) {
        self.header.clear();
        self.long_name = None;
        self.pax_size = None;
    }
}

/// Says in which member a record stands.
fn placed(record: Record, current: &Current, faulted: bool) -> Record {
    match record {
        Record::Item(mut item) => {
            item.member = Some(current.name.clone());
            item.raw.member = Some(current.member.clone());
            Record::Item(item)
        }
        Record::Passed(mut passed) => {
            passed.raw.member = Some(current.member.clone());
            Record::Passed(passed)
        }
        Record::Aside(mut aside) => {
            aside.place = member_place(&current.name, &aside.place);
            if faulted {
                aside.reason.push_str("; nothing behind it in the archive is read");
            }
            Record::Aside(aside)
        }
    }
}

fn member_place(name: &str, place: &str) -> String {
    format!("member {name}, {place}")
}

/// Takes up to `length` bytes into `out`; gives how many there were.
fn take(input: &mut dyn Input, length: u64, out: &mut Vec<u8>) -> Result<u64, Fault> {
    let mut taken = 0;
    while taken < length {
        let chunk = input.fill()?;
        if chunk.is_empty() {
            break;
        }
        let step = (chunk.len() as u64).min(length - taken) as usize;
        out.extend_from_slice(chunk.get(..step).unwrap_or_default());
        input.consume(step);
        taken += step as u64;
    }
    Ok(taken)
}

fn skip(input: &mut dyn Input, length: u64) -> Result<u64, Fault> {
    let mut taken = 0;
    while taken < length {
        let step = (input.fill()?.len() as u64).min(length - taken);
        if step == 0 {
            break;
        }
        input.consume(step as usize);
        taken += step;
    }
    Ok(taken)
}

/// Whether a name would reach outside the folder it is unpacked in.
fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\'])
        || name.contains('\0')
        || name.split(['/', '\\']).any(|part| part == "..")
        || name.as_bytes().get(1) == Some(&b':')
}

fn name_of(block: &[u8]) -> String {
    let text = |from: usize, to: usize| {
        let field = block.get(from..to).unwrap_or_default();
        let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
        String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
    };
    let (name, prefix) = (text(0, 100), text(345, 500));
    let posix = block.get(257..263) == Some(b"ustar\0");
    if posix && !prefix.is_empty() { format!("{prefix}/{name}") } else { name }
}

/// A number in octal digits, or in binary where the first bit is set (GNU).
fn number(field: &[u8]) -> Option<u64> {
    if let Some((&first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        if first != 0x80 || rest.iter().rev().skip(8).any(|&byte| byte != 0) {
            return None;
        }
        return Some(rest.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))).filter(|&n| n < 1 << 62);
    }
    let digits = field.split(|&byte| byte == 0).next()?.trim_ascii();
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

/// Whether a block's checksum is its own: the sum of its bytes with the checksum taken as spaces.
fn checksum_fits(block: &[u8]) -> bool {
    let stated = number(block.get(148..156).unwrap_or_default());
    stated.is_some_and(|stated| stated == checksum(block))
}

fn checksum(block: &[u8]) -> u64 {
    let sum: u64 = block.iter().take(BLOCK).map(|&byte| u64::from(byte)).sum();
    let field: u64 = block.iter().skip(148).take(8).map(|&byte| u64::from(byte)).sum();
    sum - field + 8 * u64::from(b' ')
}

/// The `length key=value` records of a pax header.
fn pax_records(mut content: &[u8]) -> Vec<(&str, &str)> {
    let mut records = Vec::new();
    while let Some(space) = memchr::memchr(b' ', content) {
        let length =
            content.get(..space).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
        let Some(record) =
            length.filter(|&length| length > space).and_then(|length| content.get(space + 1..length))
        else {
            break;
        };
        if let Some((key, value)) =
            std::str::from_utf8(record).ok().and_then(|record| record.trim_end_matches('\n').split_once('='))
        {
            records.push((key, value));
        }
        content = content.get(space + 1 + record.len()..).unwrap_or_default();
    }
    records
}

/// The header blocks of a member whose content has become `size` bytes long.
pub(crate) fn header_for(member: &Member, size: u64) -> Vec<u8> {
    let mut header = member.header.clone();
    if size == member.size {
        return header;
    }
    if member.pax_size {
        patch_pax_size(&mut header, member.size, size);
    }
    let start = header.len().saturating_sub(BLOCK);
    if let Some(block) = header.get_mut(start..) {
        // Sizes that eleven octal digits cannot hold stand in the extended header, or in binary.
        let field = if size < 1 << 33 {
            format!("{size:011o}\0").into_bytes()
        } else {
            let mut field = vec![0x80, 0, 0, 0];
            field.extend_from_slice(&size.to_be_bytes());
            field
        };
        if let Some(slot) = block.get_mut(124..136) {
            slot.copy_from_slice(&field);
        }
        let sum = format!("{:06o}\0 ", checksum(block));
        if let Some(slot) = block.get_mut(148..156) {
            slot.copy_from_slice(sum.as_bytes());
        }
    }
    header
}

/// Writes the new size over the old one, with leading zeros: the record keeps its length. A member never grows beyond
/// the digits it had, except by a few bytes of recompression, for which the digits suffice.
fn patch_pax_size(header: &mut [u8], old: u64, new: u64) {
    let wanted = format!(" size={old}\n");
    let width = wanted.len() - " size=\n".len();
    let written = format!(" size={new:0width$}\n");
    if written.len() == wanted.len()
        && let Some(at) = memchr::memmem::find(header, wanted.as_bytes())
        && let Some(slot) = header.get_mut(at..at + wanted.len())
    {
        slot.copy_from_slice(written.as_bytes());
    }
}

/// The zeros that fill the last block of a member.
pub(crate) fn padding(size: u64) -> Vec<u8> {
    vec![0; (size.next_multiple_of(BLOCK as u64) - size) as usize]
}
