//! Writing packs.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use placet_core::note::{Note, Signer};
use placet_core::{Grant, Reservation, Work};

use super::layout::{ALIGNMENT, Entry, Header, MAP_LETTERS, NOTE_HEAD, POSITION_LETTERS, Section};
use super::{Manifest, PackError, PackedWork, Rights};
use crate::guarantee::Guarantee;
use crate::letters::Letters;
use crate::memory::Memory;
use crate::table::Table;
use crate::winnow::Winnower;
use crate::{fingerprint, table};

/// Collects works and writes them as a pack.
///
/// The same works in the same order, the same rights, key and time give the same bytes.
pub struct PackBuilder {
    name: String,
    guarantee: Guarantee,
    commons: bool,
    common_from: u32,
    works: Vec<u8>,
    offsets: Vec<u64>,
    firsts: Vec<u64>,
    map_offsets: Vec<u64>,
    characters: Vec<u64>,
    keys: Vec<u64>,
    entries: Vec<u64>,
    letters: u64,
    short: usize,
    rights: Rights,
    reader: Letters,
    winnower: Winnower,
    picks: Vec<u32>,
}

/// What the matcher keeps of one text before it is put in a pack; made on any thread ([`Prepared::of`]).
pub struct Prepared {
    letters: u64,
    characters: u64,
    map: Vec<u64>,
    keys: Vec<u64>,
    entries: Vec<u64>,
}

impl Prepared {
    /// Fingerprints the `body` (a range of bytes) of a text; the rest of the text is boilerplate around the work.
    pub fn of(guarantee: Guarantee, text: &str, body: Range<usize>) -> Prepared {
        let mut reader = Letters::default();
        prepare(guarantee, text, body, &mut reader, &mut Winnower::new(guarantee.params()), &mut Vec::new())
    }
}

fn prepare(
    guarantee: Guarantee,
    text: &str,
    body: Range<usize>,
    reader: &mut Letters,
    winnower: &mut Winnower,
    picks: &mut Vec<u32>,
) -> Prepared {
    let params = guarantee.params();
    let inner = text.get(body.clone()).unwrap_or_default();
    reader.read(inner);
    let letters = reader.as_slice();
    winnower.pick(letters, picks);
    let k = params.k as usize;
    let mut keys = Vec::with_capacity(picks.len());
    let mut entries = Vec::with_capacity(picks.len());
    for at in picks.iter().map(|p| *p as usize) {
        let (before, behind) = fingerprint::flanks(letters, at, k, params.flank as usize);
        keys.push(fingerprint::key(&letters[at..at + k]));
        entries.push(
            Entry { before, behind, step: at as u32 / POSITION_LETTERS, refrain: false, common: false }
                .pack(),
        );
    }
    let mut character = text[..text.len().min(body.start)].chars().count() as u64;
    let mut byte = 0;
    let mut map = Vec::new();
    let points = (0..letters.len()).step_by(MAP_LETTERS as usize).map(|l| reader.byte_of(inner, l));
    for next in points.chain([inner.len()]) {
        character += inner[byte..next].chars().count() as u64;
        byte = next;
        map.push(character);
    }
    Prepared { letters: letters.len() as u64, characters: text.chars().count() as u64, map, keys, entries }
}

/// Surroundings kept of one k-gram within one work. What comes in more is a refrain: it counts without its flanks, so that the
/// guarantee holds for works that repeat themselves.
const SURROUNDINGS_PER_WORK: usize = 32;

impl PackBuilder {
    /// An empty pack.
    pub fn new(name: &str, guarantee: Guarantee) -> PackBuilder {
        PackBuilder {
            name: name.to_owned(),
            guarantee,
            commons: false,
            common_from: 8,
            works: Vec::new(),
            offsets: vec![0],
            firsts: vec![0],
            map_offsets: vec![0],
            characters: Vec::new(),
            keys: Vec::new(),
            entries: Vec::new(),
            letters: 0,
            short: 0,
            rights: Rights::default(),
            reader: Letters::default(),
            winnower: Winnower::new(guarantee.params()),
            picks: Vec::new(),
        }
    }

    /// Makes it a commons pack: it marks what nobody may claim (public domain, open licences, boilerplate).
    #[must_use]
    pub fn commons(mut self, commons: bool) -> PackBuilder {
        self.commons = commons;
        self
    }

    /// From how many works on a shared k-gram counts as common text (8 by default).
    #[must_use]
    pub fn common_from(mut self, works: u32) -> PackBuilder {
        self.common_from = works.max(2);
        self
    }

    /// The reservations and grants of the pack.
    pub fn rights(&mut self, reservations: Vec<Reservation>, grants: Vec<Grant>) {
        self.rights = Rights { reservations, grants };
    }

    /// Adds a work with its text; `body` is the range of bytes that is the work itself.
    pub fn add(&mut self, work: &Work, text: &str, body: Range<usize>) -> Result<(), PackError> {
        let prepared =
            prepare(self.guarantee, text, body, &mut self.reader, &mut self.winnower, &mut self.picks);
        self.add_prepared(work, &prepared)
    }

    /// Adds a work with what was prepared of its text, for the pack's guarantee.
    pub fn add_prepared(&mut self, work: &Work, text: &Prepared) -> Result<(), PackError> {
        self.keys.extend_from_slice(&text.keys);
        self.entries.extend_from_slice(&text.entries);
        if self.entries.len() >= u32::MAX as usize {
            return Err(PackError::TooLarge { fingerprints: self.entries.len() as u64 });
        }
        self.characters.extend_from_slice(&text.map);
        self.letters += text.letters;
        self.short += usize::from(text.keys.is_empty());
        self.record(work, text.letters, text.characters)
    }

    /// Adds a work without text: it is claimed and reserved, but cannot be found by its words.
    pub fn add_without_text(&mut self, work: &Work) -> Result<(), PackError> {
        self.record(work, 0, 0)
    }

    fn record(&mut self, work: &Work, letters: u64, characters: u64) -> Result<(), PackError> {
        let packed = PackedWork { work: work.clone(), letters, characters };
        serde_json::to_writer(&mut self.works, &packed).map_err(|e| PackError::Io(e.into()))?;
        self.works.push(b'\n');
        self.offsets.push(self.works.len() as u64);
        self.firsts.push(self.entries.len() as u64);
        self.map_offsets.push(self.characters.len() as u64);
        Ok(())
    }

    /// Works added so far.
    pub fn works(&self) -> usize {
        self.firsts.len() - 1
    }

    /// Works added so far whose text is shorter than a k-gram: they cannot be found by their words.
    pub fn too_short(&self) -> usize {
        self.short
    }

    /// Writes the pack: first beside the place, then moved there, so that it appears whole or not at all.
    pub fn write(mut self, path: &Path, signer: &Signer, created: Timestamp) -> Result<Manifest, PackError> {
        let slots = self.fill_table()?;
        let manifest = Manifest {
            format: "placet.pack/2".into(),
            name: self.name.clone(),
            issuer: signer.verifier().to_string(),
            created,
            guarantee: self.guarantee,
            params: self.guarantee.params(),
            commons: self.commons,
            works: self.works() as u64,
            fingerprints: self.entries.len() as u64,
            letters: self.letters,
        };
        let json = |e: serde_json::Error| PackError::Io(e.into());
        let small = [
            serde_json::to_vec_pretty(&manifest).map_err(json)?,
            serde_json::to_vec(&self.rights).map_err(json)?,
            std::mem::take(&mut self.works),
            bytes_of(&self.offsets),
            bytes_of(&self.firsts),
            bytes_of(&self.map_offsets),
            bytes_of(&self.characters),
        ];
        let entries = bytes_of(&self.entries);
        let parts: Vec<&[u8]> = small.iter().map(Vec::as_slice).chain([&*entries, slots.bytes()]).collect();
        let mut lengths = [0; Section::ALL.len()];
        for (length, part) in lengths.iter_mut().zip(&parts) {
            *length = part.len() as u64;
        }
        let header = Header::lay_out(lengths);
        let partial = partial_name(path);
        let written = write_file(&partial, path, &header, &parts, &self.name, signer);
        if written.is_err() {
            let _ = fs::remove_file(&partial);
        }
        written.map(|()| manifest)
    }

    /// The hash table. A k-gram that `common_from` works share is kept once, marked as common.
    fn fill_table(&mut self) -> Result<Memory, PackError> {
        let mut memory = Memory::zeroed(table::slots_for(self.keys.len()))?;
        let slots = memory.words_mut();
        let mut sharing: Vec<u32> = Vec::new();
        let mut work = 0;
        for entry in 0..self.keys.len() {
            let key = self.keys[entry];
            while self.firsts.get(work + 1).is_some_and(|next| *next <= entry as u64) {
                work += 1;
            }
            sharing.clear();
            Table::of(slots).find_all(key, |other| sharing.push(other));
            let of_work = sharing.iter().map(|e| *e as usize).filter(|e| *e as u64 >= self.firsts[work]);
            let own: Vec<usize> = of_work.collect();
            if own.iter().any(|e| Entry::same_flanks(self.entries[*e], self.entries[entry])) {
                continue;
            }
            if own.len() >= SURROUNDINGS_PER_WORK {
                for e in own {
                    self.entries[e] |= Entry::REFRAIN;
                }
                continue;
            }
            if own.is_empty() && !sharing.is_empty() {
                let mut works: Vec<usize> = sharing
                    .iter()
                    .map(|e| self.firsts.partition_point(|first| *first <= u64::from(*e)))
                    .collect();
                works.sort_unstable();
                works.dedup();
                if works.len() + 1 >= self.common_from as usize {
                    for other in &sharing {
                        self.entries[*other as usize] |= Entry::COMMON;
                    }
                    continue;
                }
            }
            table::insert(slots, key, entry as u32);
        }
        Ok(memory)
    }
}

fn bytes_of(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

fn partial_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

fn write_file(
    partial: &Path,
    path: &Path,
    header: &Header,
    parts: &[&[u8]],
    name: &str,
    signer: &Signer,
) -> Result<(), PackError> {
    let mut out =
        Hashing { hasher: blake3::Hasher::new(), file: BufWriter::new(File::create(partial)?), at: 0 };
    out.put(&header.to_bytes())?;
    for (part, (offset, _)) in parts.iter().zip(header.sections) {
        out.pad_to(offset)?;
        out.put(part)?;
    }
    out.pad_to(header.body)?;
    let text = format!("{NOTE_HEAD}\n{name}\n{}\n{}\n", header.body, out.hasher.finalize().to_hex());
    let mut note = Note::new(&text).map_err(PackError::Note)?;
    note.add(signer.sign(&text).map_err(PackError::Note)?).map_err(PackError::Note)?;
    out.file.write_all(note.to_string().as_bytes())?;
    out.file.flush()?;
    out.file.get_ref().sync_all()?;
    fs::rename(partial, path)?;
    Ok(())
}

struct Hashing {
    hasher: blake3::Hasher,
    file: BufWriter<File>,
    at: u64,
}

impl Hashing {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.at += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    fn pad_to(&mut self, offset: u64) -> io::Result<()> {
        const ZEROS: [u8; ALIGNMENT as usize] = [0; ALIGNMENT as usize];
        let gap = offset.saturating_sub(self.at).min(ALIGNMENT) as usize;
        self.put(&ZEROS[..gap])
    }
}
