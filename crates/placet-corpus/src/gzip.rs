//! Gzip (RFC 1952), member by member, going on behind damage at the next member.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use crate::expansion::Expansion;
use crate::input::{Fault, Input};

const OUT_BYTES: usize = 256 * 1024;
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
const DAMAGED: &str = "fetch the file again; what stands in the other members was read";

/// The state of a gzip stream; the bytes come from the input handed to each call.
pub(crate) struct Gunzip {
    inflate: Decompress,
    crc: Crc,
    state: State,
    member_at: u64,
    out: Box<[u8]>,
    start: usize,
    end: usize,
    expansion: Expansion,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Header { magic_seen: bool },
    Body,
    Trailer,
    Seek,
    End,
}

impl Gunzip {
    pub(crate) fn new() -> Self {
        Self {
            inflate: Decompress::new(false),
            crc: Crc::new(),
            state: State::Header { magic_seen: false },
            member_at: 0,
            out: vec![0; OUT_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
            expansion: Expansion::default(),
        }
    }

    pub(crate) fn fill(&mut self, below: &mut dyn Input) -> Result<&[u8], Fault> {
        while self.start == self.end && self.state != State::End {
            self.step(below)?;
        }
        Ok(self.out.get(self.start..self.end).unwrap_or_default())
    }

    pub(crate) fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
    }

    fn step(&mut self, below: &mut dyn Input) -> Result<(), Fault> {
        let done = match self.state {
            State::Header { magic_seen } => self.header(below, magic_seen),
            State::Body => self.body(below),
            State::Trailer => self.trailer(below),
            State::Seek => seek(below),
            State::End => return Ok(()),
        };
        match done {
            Ok(next) => {
                self.state = next;
                Ok(())
            }
            Err((next, fault)) => {
                self.state = next;
                Err(fault)
            }
        }
    }

    fn header(&mut self, below: &mut dyn Input, magic_seen: bool) -> Result<State, (State, Fault)> {
        self.member_at = below.position();
        let seek = |fault| (State::Seek, fault);
        if !magic_seen {
            let Some(first) = first_byte(below).map_err(seek)? else {
                return Ok(State::End);
            };
            self.member_at = below.position().saturating_sub(1);
            let second = byte(below).map_err(seek)?;
            let third = byte(below).map_err(seek)?;
            if [Some(first), second, third] != MAGIC.map(Some) {
                if third.is_none() {
                    return Err((State::End, self.fault("the file ends with bytes that are no gzip member")));
                }
                return Err(seek(self.fault("no gzip member starts here")));
            }
        }
        let cut =
            |gunzip: &Self| (State::End, gunzip.fault("the file ends inside the header of a gzip member"));
        let mut next = || byte(below).map_err(seek);
        let Some(flags) = next()? else { return Err(cut(self)) };
        if flags & 0xe0 != 0 {
            return Err(seek(self.fault("a gzip member has unknown flags")));
        }
        for _ in 0..6 {
            if next()?.is_none() {
                return Err(cut(self));
            }
        }
        if flags & 4 != 0 {
            let (Some(low), Some(high)) = (next()?, next()?) else { return Err(cut(self)) };
            for _ in 0..u16::from_le_bytes([low, high]) {
                if next()?.is_none() {
                    return Err(cut(self));
                }
            }
        }
        for _ in 0..(flags & 0x18).count_ones() {
            // A file name and a comment, each ended by a zero.
            loop {
                match next()? {
                    None => return Err(cut(self)),
                    Some(0) => break,
                    Some(_) => {}
                }
            }
        }
        if flags & 2 != 0 && (next()?.is_none() || next()?.is_none()) {
            return Err(cut(self));
        }
        self.inflate.reset(false);
        self.crc.reset();
        Ok(State::Body)
    }

    fn body(&mut self, below: &mut dyn Input) -> Result<State, (State, Fault)> {
        let input = below.fill().map_err(|fault| (State::Seek, fault))?;
        if input.is_empty() {
            return Err((State::End, self.fault("the file ends inside a gzip member")));
        }
        let (taken, given) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, &mut self.out, FlushDecompress::None);
        let taken = (self.inflate.total_in() - taken) as usize;
        let given = (self.inflate.total_out() - given) as usize;
        below.consume(taken);
        self.start = 0;
        self.end = given.min(self.out.len());
        self.crc.update(self.out.get(..self.end).unwrap_or_default());
        if let Err(reason) = self.expansion.add(taken, given) {
            self.end = 0;
            return Err((State::End, Fault { position: self.member_at, ..reason }));
        }
        match status {
            Ok(Status::StreamEnd) => Ok(State::Trailer),
            Ok(_) if taken > 0 || given > 0 => Ok(State::Body),
            Ok(_) | Err(_) => {
                self.end = 0;
                Err((State::Seek, self.fault("a gzip member is damaged")))
            }
        }
    }

    fn trailer(&mut self, below: &mut dyn Input) -> Result<State, (State, Fault)> {
        let mut trailer = [0; 8];
        for slot in &mut trailer {
            match byte(below).map_err(|fault| (State::Seek, fault))? {
                Some(value) => *slot = value,
                None => {
                    return Err((
                        State::End,
                        self.fault("the file ends inside the checksum of a gzip member"),
                    ));
                }
            }
        }
        let [a, b, c, d, e, f, g, h] = trailer;
        let next = State::Header { magic_seen: false };
        if u32::from_le_bytes([a, b, c, d]) != self.crc.sum() {
            return Err((
                next,
                self.fault("the checksum of a gzip member differs: what was read from it may be damaged"),
            ));
        }
        if u32::from_le_bytes([e, f, g, h]) != self.crc.amount() {
            return Err((
                next,
                self.fault("the length of a gzip member differs: what was read from it may be damaged"),
            ));
        }
        Ok(next)
    }

    fn fault(&self, reason: &str) -> Fault {
        Fault { position: self.member_at, reason: reason.to_owned(), remedy: DAMAGED }
    }
}

fn seek(below: &mut dyn Input) -> Result<State, (State, Fault)> {
    let found = seek_magic(below, &MAGIC).map_err(|fault| (State::Seek, fault))?;
    Ok(if found { State::Header { magic_seen: true } } else { State::End })
}

/// The first byte of a member; zeros between members are padding.
fn first_byte(below: &mut dyn Input) -> Result<Option<u8>, Fault> {
    loop {
        match byte(below)? {
            Some(0) => {}
            other => return Ok(other),
        }
    }
}

fn byte(below: &mut dyn Input) -> Result<Option<u8>, Fault> {
    let first = below.fill()?.first().copied();
    if first.is_some() {
        below.consume(1);
    }
    Ok(first)
}

/// Takes bytes up to and including `magic`, whose bytes must all differ from its first one. `false` at the end.
pub(crate) fn seek_magic(below: &mut dyn Input, magic: &[u8]) -> Result<bool, Fault> {
    let mut matched = 0;
    loop {
        let chunk = below.fill()?;
        if chunk.is_empty() {
            return Ok(false);
        }
        let mut taken = 0;
        for value in chunk {
            taken += 1;
            if magic.get(matched) == Some(value) {
                matched += 1;
                if matched == magic.len() {
                    break;
                }
            } else {
                matched = usize::from(magic.first() == Some(value));
            }
        }
        below.consume(taken);
        if matched == magic.len() {
            return Ok(true);
        }
    }
}
