//! Gzip (RFC 1952), member by member, going on behind damage at the next member.
//!
//! A small member that lies in memory as a whole is decoded at once, which takes half the time; every other one, and one
//! with which anything is wrong, goes through the streaming decoder.

use flate2::{Crc, Decompress, FlushDecompress, Status};
use libdeflater::Decompressor;
use memchr::memmem::{self, Finder};

use crate::expansion::Expansion;
use crate::input::{Fault, Input};

const OUT_BYTES: usize = 256 * 1024;
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// Header, the shortest deflate stream, checksum and length: no member is shorter.
const MEMBER_BYTES_MIN: usize = 20;
const DAMAGED: &str = "fetch the file again; what stands in the other members was read";

/// The state of a gzip stream; the bytes come from the input handed to each call.
pub(crate) struct Gunzip {
    inflate: Decompress,
    crc: Crc,
    at_once: Decompressor,
    magic: Finder<'static>,
    zeros: Finder<'static>,
    /// The compressed bytes of the member in `out`, where it was decoded at once.
    packed: Vec<u8>,
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
            at_once: Decompressor::new(),
            magic: Finder::new(&MAGIC),
            zeros: Finder::new(&[0, 0]),
            packed: Vec::new(),
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

    /// The compressed bytes of the member whose whole content is at hand.
    pub(crate) fn packed(&self) -> Option<&[u8]> {
        (self.start == 0 && !self.packed.is_empty()).then_some(&*self.packed)
    }

    fn step(&mut self, below: &mut dyn Input) -> Result<(), Fault> {
        let done = match self.state {
            State::Header { magic_seen } => match self.at_once(below, magic_seen) {
                Ok(true) => Ok(State::Header { magic_seen: false }),
                Ok(false) => self.header(below, magic_seen),
                Err(fault) => Err(fault),
            },
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

    /// Decodes the next member where it and what it gives fit into the buffers. Otherwise, or where anything is wrong
    /// with it, nothing is taken.
    fn at_once(&mut self, below: &mut dyn Input, magic_seen: bool) -> Result<bool, (State, Fault)> {
        self.packed.clear();
        let member_at = below.position();
        let seek = |fault| (State::Seek, fault);
        if magic_seen {
            return Ok(false);
        }
        let mut input = below.fill().map_err(seek)?;
        if input.len() < MEMBER_BYTES_MIN {
            input = below.fill_up().map_err(seek)?;
        }
        if !input.starts_with(&MAGIC) {
            return Ok(false);
        }
        // It ends where the next one begins, or with the file.
        let next = |input: &[u8]| {
            input
                .get(MEMBER_BYTES_MIN..)
                .and_then(|rest| self.magic.find(rest))
                .map(|at| MEMBER_BYTES_MIN + at)
        };
        let (input, end) = if let Some(end) = next(input) {
            (input, end)
        } else {
            let input = below.fill_up().map_err(seek)?;
            (input, next(input).unwrap_or(input.len()))
        };
        let member = input.get(..end).unwrap_or_default();
        let Some(stated) = member.last_chunk::<4>() else { return Ok(false) };
        let length = u32::from_le_bytes(*stated) as usize;
        if length > self.out.len() || self.at_once.gzip_decompress(member, &mut self.out) != Ok(length) {
            return Ok(false);
        }
        // The decoder checked the checksum and the length behind its stream, wherever that ended. It ended here if the
        // length stands nowhere before; otherwise a damaged member may lie in between.
        let before = member.get(..end.saturating_sub(1)).unwrap_or_default();
        if self.length_stands_in(before, *stated) {
            return Ok(false);
        }
        self.packed.extend_from_slice(member);
        below.consume(end);
        (self.start, self.end) = (0, length);
        match self.expansion.add(end, length) {
            Ok(()) => Ok(true),
            Err(fault) => {
                self.end = 0;
                Err((State::End, Fault { position: member_at, ..fault }))
            }
        }
    }

    /// Whether the length of a member stands in its bytes before its end.
    fn length_stands_in(&self, before: &[u8], stated: [u8; 4]) -> bool {
        let [low, high, 0, 0] = stated else { return memmem::find(before, &stated).is_some() };
        // Two zeros are rarer than any other byte of the length, and one searcher finds those of every member.
        let mut from = 0;
        while let Some(at) = before.get(from..).and_then(|rest| self.zeros.find(rest)) {
            from += at;
            if before[..from].ends_with(&[low, high]) {
                return true;
            }
            from += 1;
        }
        false
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::input::Buffered;

    fn member(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(content).expect("memory");
        encoder.finish().expect("memory")
    }

    /// Letters that hardly compress, so that members reach over the ends of buffers.
    fn content(n: usize, bytes: usize) -> Vec<u8> {
        let mut state = n as u64 * 2 + 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            b' ' + (state >> 58) as u8
        };
        (0..bytes).map(|_| next()).collect()
    }

    /// Hands out a few bytes at a time, as a slow disk may.
    struct Slow<'a>(&'a [u8]);

    impl std::io::Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let step = out.len().min(self.0.len()).min(1009);
            let (now, later) = self.0.split_at(step);
            out[..step].copy_from_slice(now);
            self.0 = later;
            Ok(step)
        }
    }

    fn read(file: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>, Vec<Fault>) {
        let mut below = Buffered::new(Slow(file));
        let mut gunzip = Gunzip::new();
        let (mut given, mut packed, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            match gunzip.fill(&mut below) {
                Ok([]) => return (given, packed, faults),
                Ok(bytes) => {
                    given.extend_from_slice(bytes);
                    let taken = bytes.len();
                    packed.extend(gunzip.packed().map(<[u8]>::to_vec));
                    gunzip.consume(taken);
                }
                Err(fault) => faults.push(fault),
            }
        }
    }

    #[test]
    fn small_members_are_decoded_at_once_wherever_they_lie() {
        let contents: Vec<Vec<u8>> = (0..400).map(|n| content(n, 700 + n * 7)).collect();
        let members: Vec<Vec<u8>> = contents.iter().map(|content| member(content)).collect();
        let (given, packed, faults) = read(&members.concat());
        assert_eq!(faults, []);
        assert!(given == contents.concat());
        // One of them holds the magic number by chance.
        let plain = |member: &&Vec<u8>| memchr::memmem::find(&member[1..], &MAGIC).is_none();
        let plain: Vec<Vec<u8>> = members.iter().filter(plain).cloned().collect();
        assert!(packed == plain && plain.len() + 1 == members.len());
    }

    #[test]
    fn large_and_damaged_members_go_the_long_way() {
        let contents =
            [content(1, 900), content(2, 2 * OUT_BYTES), content(3, 800), vec![b'x'; 4 * OUT_BYTES]];
        let mut members: Vec<Vec<u8>> = contents.iter().map(|content| member(content)).collect();
        let (given, packed, faults) = read(&members.concat());
        assert_eq!(faults, []);
        assert!(given == contents.concat());
        assert!(packed == [members[0].clone(), members[2].clone()]);

        let at = members[0].len() + members[1].len();
        members[2][100] ^= 0xff;
        let (given, packed, faults) = read(&members.concat());
        assert_eq!(faults.iter().map(|fault| fault.position).collect::<Vec<_>>(), [at as u64]);
        assert!(given.ends_with(&contents[3]) && packed.len() == 1);
    }

    proptest! {
        #[test]
        fn a_length_is_found_wherever_it_stands(
            before in prop::collection::vec(prop_oneof![4 => 0u8..3, 1 => any::<u8>()], 0..60),
            length in prop_oneof![0u32..3, 0u32..0x300, 0xfffeu32..0x3_0003],
        ) {
            let stated = length.to_le_bytes();
            let stands = before.windows(4).any(|bytes| bytes == stated);
            prop_assert_eq!(Gunzip::new().length_stands_in(&before, stated), stands);
        }
    }
}
