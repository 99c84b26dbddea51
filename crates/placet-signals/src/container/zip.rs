//! ZIP archives, by their central directory: enough to open one named entry. No ZIP64, no encryption.

use std::io::Read;

use super::{PART_BYTES_MAX, stretch, u16_le, u32_le};

/// Most entries of an archive that are listed.
const ENTRIES_MAX: usize = 20_000;
/// How far from the end the directory's own record may stand: its comment is at most 64 KiB.
const TAIL_BYTES_MAX: usize = 66_000;

pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    method: u16,
    packed: usize,
    at: usize,
}

/// Opens an archive; what has no directory is an empty one.
pub(crate) fn open(bytes: &[u8]) -> Archive<'_> {
    let mut archive = Archive { bytes, entries: Vec::new() };
    let tail = bytes.len().saturating_sub(TAIL_BYTES_MAX);
    let Some(end) = memchr::memmem::rfind(stretch(bytes, tail, TAIL_BYTES_MAX), b"PK\x05\x06") else {
        return archive;
    };
    let Some(mut at) = u32_le(bytes, tail + end + 16).map(|n| n as usize) else { return archive };
    for _ in 0..ENTRIES_MAX {
        if stretch(bytes, at, 4) != b"PK\x01\x02" {
            break;
        }
        let short = |offset: usize| u16_le(bytes, at + offset).map_or(0, usize::from);
        let long = |offset: usize| u32_le(bytes, at + offset).map_or(0, |n| n as usize);
        let (name, extra, comment) = (short(28), short(30), short(32));
        archive.entries.push(Entry {
            name: String::from_utf8_lossy(stretch(bytes, at + 46, name)).into_owned(),
            method: short(10) as u16,
            packed: long(20),
            at: long(42),
        });
        at += 46 + name + extra + comment;
    }
    archive
}

impl Archive<'_> {
    /// An entry, unpacked up to [`PART_BYTES_MAX`].
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entries.iter().find(|e| e.name == name)?;
        if stretch(self.bytes, entry.at, 4) != b"PK\x03\x04" {
            return None;
        }
        let name_len = u16_le(self.bytes, entry.at + 26).map_or(0, usize::from);
        let extra_len = u16_le(self.bytes, entry.at + 28).map_or(0, usize::from);
        let packed = stretch(self.bytes, entry.at + 30 + name_len + extra_len, entry.packed);
        match entry.method {
            0 => Some(stretch(packed, 0, PART_BYTES_MAX).to_vec()),
            8 => {
                let mut out = Vec::new();
                let mut limited = flate2::read::DeflateDecoder::new(packed).take(PART_BYTES_MAX as u64);
                limited.read_to_end(&mut out).ok().map(|_| out)
            }
            _ => None,
        }
    }
}
