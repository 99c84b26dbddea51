//! The bytes of a pack; `docs/pack.md` describes them for other implementations.
//!
//! ```text
//! 0     magic "PLACETPK", version u32, number of sections u32, length of the body u64
//! 24    sections: name [u8; 8], offset u64, length u64; all numbers little-endian, offsets multiples of 4096
//! …     the sections
//! body  a C2SP signed note over the body's length and BLAKE3 hash
//! ```

use super::PackError;

pub(crate) const MAGIC: [u8; 8] = *b"PLACETPK";
/// The version this code writes and reads. Fingerprints of another version were chosen in another way: matching them would
/// miss shared runs without a word.
pub(crate) const VERSION: u32 = 2;
pub(crate) const ALIGNMENT: u64 = 4096;
pub(crate) const HEADER_BYTES: usize = ALIGNMENT as usize;
/// First line of the signed note's text.
pub(crate) const NOTE_HEAD: &str = "placet.pack/2";
/// A note longer than this is no note of a pack.
pub(crate) const NOTE_BYTES_MAX: u64 = 16 << 10;
/// Letters between two points of a work's character map.
pub(crate) const MAP_LETTERS: u64 = 4096;
/// Letters of one step of an entry's position: a pack does not tell exactly where a fingerprint stands.
pub(crate) const POSITION_LETTERS: u32 = 64;

/// The sections, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// JSON: the manifest.
    Manifest,
    /// JSON: reservations and grants.
    Rights,
    /// JSON objects, one for each work.
    Works,
    /// u64 for each work and one more: where its JSON begins in `Works`.
    WorkOffsets,
    /// u64 for each work and one more: its first entry.
    FirstEntries,
    /// u64 for each work and one more: its first point in `Characters`.
    MapOffsets,
    /// u64: character offset of each 4096th letter of a work, and of its end.
    Characters,
    /// u64 for each fingerprint: see [`Entry`].
    Entries,
    /// u64: the hash table, see [`crate::table`].
    Slots,
}

impl Section {
    pub(crate) const ALL: [Section; 9] = [
        Section::Manifest,
        Section::Rights,
        Section::Works,
        Section::WorkOffsets,
        Section::FirstEntries,
        Section::MapOffsets,
        Section::Characters,
        Section::Entries,
        Section::Slots,
    ];

    pub(crate) const fn name(self) -> [u8; 8] {
        match self {
            Section::Manifest => *b"manifest",
            Section::Rights => *b"rights\0\0",
            Section::Works => *b"works\0\0\0",
            Section::WorkOffsets => *b"workoffs",
            Section::FirstEntries => *b"firsts\0\0",
            Section::MapOffsets => *b"mapoffs\0",
            Section::Characters => *b"chars\0\0\0",
            Section::Entries => *b"entries\0",
            Section::Slots => *b"slots\0\0\0",
        }
    }
}

/// Where the sections lie.
#[derive(Debug)]
pub(crate) struct Header {
    /// Length of the body, which the note follows.
    pub(crate) body: u64,
    /// Offset and length of each section, in the order of [`Section::ALL`].
    pub(crate) sections: [(u64, u64); Section::ALL.len()],
}

impl Header {
    /// Lays sections of these lengths out.
    pub(crate) fn lay_out(lengths: [u64; Section::ALL.len()]) -> Header {
        let mut at = HEADER_BYTES as u64;
        let sections = lengths.map(|length| {
            let offset = at;
            at = (at + length).next_multiple_of(ALIGNMENT);
            (offset, length)
        });
        Header { body: at, sections }
    }

    pub(crate) fn section(&self, section: Section) -> (u64, u64) {
        self.sections[section as usize]
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(Section::ALL.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&self.body.to_le_bytes());
        for (section, (offset, length)) in Section::ALL.iter().zip(self.sections) {
            bytes.extend_from_slice(&section.name());
            bytes.extend_from_slice(&offset.to_le_bytes());
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        bytes.resize(HEADER_BYTES, 0);
        bytes
    }

    /// Reads a header; `file_bytes` is the length of the whole file.
    pub(crate) fn parse(bytes: &[u8], file_bytes: u64) -> Result<Header, PackError> {
        let number = |at: usize| -> Option<u64> {
            bytes.get(at..at + 8)?.first_chunk::<8>().map(|b| u64::from_le_bytes(*b))
        };
        if bytes.get(..8) != Some(&MAGIC) {
            return Err(PackError::NoPack);
        }
        let (Some(versions), Some(body)) = (number(8), number(16)) else { return Err(PackError::Truncated) };
        match versions as u32 {
            VERSION => {}
            version if version > VERSION => return Err(PackError::Newer { version }),
            version => return Err(PackError::Older { version }),
        }
        if body > file_bytes {
            return Err(PackError::Truncated);
        }
        let listed = (versions >> 32) as usize;
        let mut sections = [(0, 0); Section::ALL.len()];
        for (section, place) in Section::ALL.iter().zip(&mut sections) {
            let found = (0..listed.min((HEADER_BYTES - 24) / 24)).find_map(|i| {
                let at = 24 + 24 * i;
                (bytes.get(at..at + 8)? == section.name())
                    .then(|| Some((number(at + 8)?, number(at + 16)?)))?
            });
            let Some((offset, length)) = found else {
                return Err(PackError::Malformed("a section is missing"));
            };
            let whole = offset >= HEADER_BYTES as u64
                && offset % ALIGNMENT == 0
                && offset.checked_add(length).is_some_and(|end| end <= body);
            if !whole {
                return Err(PackError::Malformed("a section lies outside the file"));
            }
            *place = (offset, length);
        }
        Ok(Header { body, sections })
    }
}

/// What a pack keeps of one fingerprint, beside its 32 bits in the table: 16 bits of the hash of each flank, the position in
/// steps of [`POSITION_LETTERS`] (30 bits), whether it is a refrain (in so many surroundings within its work that not all
/// are kept: its flanks say nothing), and whether many works share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) before: u16,
    pub(crate) behind: u16,
    pub(crate) step: u32,
    pub(crate) refrain: bool,
    pub(crate) common: bool,
}

impl Entry {
    pub(crate) fn pack(self) -> u64 {
        u64::from(self.before)
            | u64::from(self.behind) << 16
            | u64::from(self.step) << 32
            | u64::from(self.refrain) << 62
            | u64::from(self.common) << 63
    }

    pub(crate) fn unpack(word: u64) -> Entry {
        Entry {
            before: word as u16,
            behind: (word >> 16) as u16,
            step: (word >> 32) as u32 & 0x3FFF_FFFF,
            refrain: word & Entry::REFRAIN != 0,
            common: word & Entry::COMMON != 0,
        }
    }

    /// Whether two words have the same flanks.
    pub(crate) fn same_flanks(a: u64, b: u64) -> bool {
        a as u32 == b as u32
    }

    pub(crate) const REFRAIN: u64 = 1 << 62;
    pub(crate) const COMMON: u64 = 1 << 63;
}
