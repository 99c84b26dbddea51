//! Packs: signed files of fingerprints, works, reservations and grants. No text of a work is in them.

mod build;
pub(crate) mod layout;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use jiff::Timestamp;
use placet_core::note::{Note, NoteError, Verifier};
use placet_core::{Grant, Reservation, Work};
use serde::{Deserialize, Serialize};

pub use build::{PackBuilder, Prepared};
use layout::{
    Entry, HEADER_BYTES, Header, MAP_LETTERS, NOTE_BYTES_MAX, NOTE_HEAD, POSITION_LETTERS, Section,
};

use crate::guarantee::{Guarantee, Params};
use crate::memory::{Memory, Pages};

/// What a pack says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format and version: `placet.pack/2`.
    pub format: String,
    /// Name, as the issuer chose it.
    pub name: String,
    /// Public key of the issuer, as a C2SP signed-note verifier key (`name+id+key`).
    pub issuer: String,
    /// When it was built.
    pub created: Timestamp,
    /// The shortest run that is always found, in words.
    pub guarantee: Guarantee,
    /// The constants behind it, in letters.
    pub params: Params,
    /// Whether it marks what nobody may claim.
    pub commons: bool,
    /// Number of works.
    pub works: u64,
    /// Number of fingerprints.
    pub fingerprints: u64,
    /// Letters of all works together.
    pub letters: u64,
}

/// A work as a pack holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedWork {
    /// The work.
    pub work: Work,
    /// Its letters; 0 where no text was registered.
    pub letters: u64,
    /// Characters of its text, boilerplate included.
    pub characters: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Rights {
    reservations: Vec<Reservation>,
    grants: Vec<Grant>,
}

/// Why a pack was not opened or not written.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Another kind of file.
    #[error("this is no pack")]
    NoPack,
    /// Written by a later version.
    #[error(
        "the pack has format version {version}, this program reads version {}; take a newer placet",
        layout::VERSION
    )]
    Newer {
        /// The version of the file.
        version: u32,
    },
    /// Written by an earlier version.
    #[error(
        "the pack has format version {version}, this program reads version {}, whose fingerprints are others; ask its \
         issuer to build it again with `placet pack build`",
        layout::VERSION
    )]
    Older {
        /// The version of the file.
        version: u32,
    },
    /// The file ends too early.
    #[error("the pack ends too early; fetch it again")]
    Truncated,
    /// It is a pack, but not one that this format allows.
    #[error("the pack is malformed: {0}; fetch it again or tell its issuer")]
    Malformed(&'static str),
    /// Some byte differs from what was signed.
    #[error(
        "the pack was changed after it was signed (its bytes hash to {found}, signed was {signed}); fetch it again"
    )]
    Changed {
        /// BLAKE3 of the bytes.
        found: String,
        /// BLAKE3 in the signed note.
        signed: String,
    },
    /// The signature is missing or wrong.
    #[error("the pack's signature: {0}")]
    Note(#[source] NoteError),
    /// More fingerprints than a pack can number.
    #[error(
        "{fingerprints} fingerprints are more than one pack holds (4 thousand million); build several packs"
    )]
    TooLarge {
        /// How many there are.
        fingerprints: u64,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// An open pack: verified, its tables in memory.
#[derive(Debug)]
pub struct Pack {
    file: File,
    works: (u64, u64),
    manifest: Manifest,
    rights: Rights,
    id: String,
    offsets: Memory,
    firsts: Memory,
    map_offsets: Memory,
    characters: Memory,
    pub(crate) entries: Memory,
    pub(crate) slots: Memory,
}

impl Pack {
    /// Opens a pack: reads it once, checks every byte against the signed hash and the signature against the issuer's key
    /// in the manifest. Whether that issuer is trusted is for the caller to say.
    pub fn open(path: &Path) -> Result<Pack, PackError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut head = vec![0; HEADER_BYTES.min(length as usize)];
        file.read_exact_at(&mut head, 0)?;
        let header = Header::parse(&head, length)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&head);
        let mut at = head.len() as u64;
        // Sections lie in the order of the list; what is between them is hashed too.
        let mut read = |section: Section| -> Result<Memory, PackError> {
            let (offset, bytes) = header.section(section);
            if offset < at {
                return Err(PackError::Malformed("the sections are out of order"));
            }
            hash_range(&file, at, offset, &mut hasher)?;
            at = offset + bytes;
            if !bytes.is_multiple_of(8) {
                return Err(PackError::Malformed("a table has a broken length"));
            }
            Ok(Memory::load(&file, offset, bytes as usize / 8, |part| {
                hasher.update(part);
            })?)
        };
        let offsets = read(Section::WorkOffsets)?;
        let firsts = read(Section::FirstEntries)?;
        let map_offsets = read(Section::MapOffsets)?;
        let characters = read(Section::Characters)?;
        let entries = read(Section::Entries)?;
        let slots = read(Section::Slots)?;
        hash_range(&file, at, header.body, &mut hasher)?;
        let found = hasher.finalize().to_hex().to_string();
        let (manifest, id) = read_signed(&file, &header, length, found)?;
        let rights = section_bytes(&file, &header, Section::Rights)?;
        let rights =
            serde_json::from_slice(&rights).map_err(|_| PackError::Malformed("the rights are unreadable"))?;
        let pack = Pack {
            works: header.section(Section::Works),
            file,
            manifest,
            rights,
            id,
            offsets,
            firsts,
            map_offsets,
            characters,
            entries,
            slots,
        };
        pack.check().map(|()| pack)
    }

    /// The signer is answerable for what a pack says, but not for our memory: offsets are checked once here.
    fn check(&self) -> Result<(), PackError> {
        let works = self.manifest.works;
        let sorted = |m: &Memory, last: u64| {
            let words = m.words();
            words.len() as u64 == works.saturating_add(1)
                && words.is_sorted()
                && (words.first(), words.last()) == (Some(&0), Some(&last))
        };
        let whole = sorted(&self.offsets, self.works.1)
            && sorted(&self.firsts, self.entries.words().len() as u64)
            && sorted(&self.map_offsets, self.characters.words().len() as u64)
            && u32::try_from(works).is_ok()
            && self.manifest.params == self.manifest.guarantee.params()
            && self.slots.words().len().is_multiple_of(crate::table::WIDTH);
        if !whole {
            return Err(PackError::Malformed("its tables do not fit together"));
        }
        if !crate::table::ends_soon(self.slots.words()) {
            return Err(PackError::Malformed("its hash table is too full to be searched"));
        }
        Ok(())
    }

    /// Hash of the pack's body (BLAKE3, hexadecimal): its name in records.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the pack says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The reservations in it.
    pub fn reservations(&self) -> &[Reservation] {
        &self.rights.reservations
    }

    /// The grants in it.
    pub fn grants(&self) -> &[Grant] {
        &self.rights.grants
    }

    /// Number of works.
    pub fn len(&self) -> u32 {
        self.manifest.works as u32
    }

    /// Whether it holds no work.
    pub fn is_empty(&self) -> bool {
        self.manifest.works == 0
    }

    /// The work of this number.
    pub fn work(&self, number: u32) -> Result<PackedWork, PackError> {
        let range = self.offsets.words().get(number as usize..number as usize + 2);
        let Some([from, to]) = range else {
            return Err(PackError::Malformed("it has no work of this number"));
        };
        let mut json = vec![0; (to - from) as usize];
        self.file.read_exact_at(&mut json, self.works.0 + from)?;
        serde_json::from_slice(&json).map_err(|_| PackError::Malformed("a work's record is unreadable"))
    }

    /// Bytes of memory its tables take.
    pub fn resident_bytes(&self) -> u64 {
        [&self.offsets, &self.firsts, &self.map_offsets, &self.characters, &self.entries, &self.slots]
            .iter()
            .map(|m| m.words().len() as u64 * 8)
            .sum()
    }

    /// Where its hash table lies.
    pub fn pages(&self) -> Pages {
        self.slots.pages()
    }

    pub(crate) fn entry(&self, entry: u32) -> Option<Entry> {
        self.entries.words().get(entry as usize).map(|word| Entry::unpack(*word))
    }

    /// The work that an entry belongs to.
    pub(crate) fn work_of(&self, entry: u32) -> u32 {
        (self.firsts.words().partition_point(|first| *first <= u64::from(entry)) - 1) as u32
    }

    /// Character of the work's text at about this letter: between two points of the map, in proportion.
    pub(crate) fn character_of(&self, work: u32, letter: u64) -> u64 {
        let offsets = self.map_offsets.words();
        let Some([from, to]) = offsets.get(work as usize..work as usize + 2) else { return 0 };
        let map = self.characters.words().get(*from as usize..*to as usize).unwrap_or_default();
        let point = (letter / MAP_LETTERS) as usize;
        match (map.get(point), map.get(point + 1)) {
            (Some(a), Some(b)) => {
                // In two parts, since an issuer may state any number.
                let (step, part) = (b.saturating_sub(*a), letter % MAP_LETTERS);
                a + step / MAP_LETTERS * part + step % MAP_LETTERS * part / MAP_LETTERS
            }
            (Some(a), None) => *a,
            _ => map.last().copied().unwrap_or(0),
        }
    }

    /// First letter of an entry's step.
    pub(crate) fn letter_of(entry: Entry) -> u32 {
        entry.step.saturating_mul(POSITION_LETTERS)
    }
}

fn hash_range(file: &File, from: u64, to: u64, hasher: &mut blake3::Hasher) -> io::Result<()> {
    let mut buffer = vec![0; (to.saturating_sub(from)).min(1 << 20) as usize];
    let mut at = from;
    while at < to {
        let part = buffer.len().min((to - at) as usize);
        file.read_exact_at(&mut buffer[..part], at)?;
        hasher.update(&buffer[..part]);
        at += part as u64;
    }
    Ok(())
}

fn section_bytes(file: &File, header: &Header, section: Section) -> io::Result<Vec<u8>> {
    let (offset, length) = header.section(section);
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

/// The manifest and the body's hash, both proven by the note behind the body.
fn read_signed(
    file: &File,
    header: &Header,
    length: u64,
    found: String,
) -> Result<(Manifest, String), PackError> {
    let note_bytes = length - header.body;
    if note_bytes == 0 {
        return Err(PackError::Malformed("it is not signed"));
    }
    if note_bytes > NOTE_BYTES_MAX {
        return Err(PackError::Malformed("what follows it is no signature"));
    }
    let mut note = vec![0; note_bytes as usize];
    file.read_exact_at(&mut note, header.body)?;
    let note = Note::parse(&note).map_err(PackError::Note)?;
    let lines: Vec<&str> = note.text().lines().collect();
    let [NOTE_HEAD, _, body, signed] = lines[..] else {
        return Err(PackError::Malformed("its note is not a pack's"));
    };
    if body != header.body.to_string() || signed != found {
        return Err(PackError::Changed { found, signed: signed.to_owned() });
    }
    let manifest = section_bytes(file, header, Section::Manifest)?;
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|_| PackError::Malformed("its manifest is unreadable"))?;
    let issuer: Verifier = manifest.issuer.parse().map_err(PackError::Note)?;
    note.verify(&[issuer]).map_err(PackError::Note)?;
    Ok((manifest, found))
}
