//! A register on disk, as its provider keeps it: the tree and what its leaves commit to, so that a look-up reads one
//! node for each level and one record, however many works there are.
//!
//! ```text
//! magic "placet.register\x02" ‖ root (32) ‖ nodes (u64) ‖ length of the head (u64) ‖ head ‖ nodes ‖ records
//! inner node, 82 bytes: bit (u16) ‖ left, right: node numbers (u64) ‖ hashes of left and right
//! leaf, 82 bytes:       0xffff ‖ start and length of its record (u64) ‖ key ‖ value
//! ```
//!
//! Numbers are big endian, children stand before parents, the root is the last node. The file holds secrets of its
//! provider: it never leaves the house. A damaged one is noticed: no proof is given that does not lead to the root.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::hash::Hash;
use crate::register::{DuplicateKey, Kind, LookupProof, Register, bit};

const MAGIC: [u8; 16] = *b"placet.register\x02";
const NODE_BYTES: u64 = 82;
const LEAF: u16 = 0xffff;

/// A longer head or record is refused unread.
const PART_BYTES_MAX: u64 = 64 << 20;

/// Why a stored register cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// Reading or writing failed.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// One key for two works.
    #[error(transparent)]
    Duplicate(#[from] DuplicateKey),
    /// Not a register, or a damaged one.
    #[error("{}: {problem}; restore the file from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
}

/// One work of a register: key, value, and what the value commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The blinded key.
    pub key: Hash,
    /// The committed value.
    pub value: Hash,
    /// What the provider keeps with it.
    pub bytes: Vec<u8>,
}

/// A register in a file.
#[derive(Debug)]
pub struct StoredRegister {
    path: PathBuf,
    file: File,
    head: Vec<u8>,
    root: Hash,
    nodes: u64,
    nodes_at: u64,
}

enum Node {
    Inner { bit: u16, ways: [u64; 2], hashes: [Hash; 2] },
    Leaf { start: u64, length: u64, key: Hash, value: Hash },
}

/// The tree over records, which come out in the order of their keys.
pub fn tree_of(records: &mut [Record], threads: usize) -> Result<Register, DuplicateKey> {
    records.sort_unstable_by_key(|record| record.key);
    Register::with_threads(records.iter().map(|record| (record.key, record.value)).collect(), threads)
}

impl StoredRegister {
    /// Writes a register durably. `records` are those that [`tree_of`] put in order.
    pub fn write(path: &Path, head: &[u8], tree: &Register, records: &[Record]) -> Result<(), StoredError> {
        let written = || -> io::Result<()> {
            let new = path.with_extension("new");
            let mut to = BufWriter::with_capacity(1 << 20, File::create(&new)?);
            to.write_all(&MAGIC)?;
            to.write_all(&tree.root().0)?;
            to.write_all(&(tree.nodes().len() as u64).to_be_bytes())?;
            to.write_all(&(head.len() as u64).to_be_bytes())?;
            to.write_all(head)?;
            let mut start = 0u64;
            let mut in_order = records.iter();
            for node in tree.nodes() {
                match node.kind {
                    Kind::Leaf { key, value } => {
                        let length = in_order.next().map_or(0, |record| record.bytes.len() as u64);
                        to.write_all(&LEAF.to_be_bytes())?;
                        to.write_all(&start.to_be_bytes())?;
                        to.write_all(&length.to_be_bytes())?;
                        to.write_all(&key.0)?;
                        to.write_all(&value.0)?;
                        start += length;
                    }
                    Kind::Inner { bit, left, right } => {
                        let hash = |at: usize| tree.nodes().get(at).map_or(Hash::EMPTY, |node| node.hash);
                        to.write_all(&bit.to_be_bytes())?;
                        to.write_all(&(left as u64).to_be_bytes())?;
                        to.write_all(&(right as u64).to_be_bytes())?;
                        to.write_all(&hash(left).0)?;
                        to.write_all(&hash(right).0)?;
                    }
                }
            }
            for record in records {
                to.write_all(&record.bytes)?;
            }
            to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            std::fs::rename(&new, path)?;
            path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
        };
        written().map_err(|source| StoredError::Io { path: path.to_owned(), source })
    }

    /// Opens a register and reads its head.
    pub fn open(path: &Path) -> Result<StoredRegister, StoredError> {
        let io = |source| StoredError::Io { path: path.to_owned(), source };
        let damaged = |problem| StoredError::Damaged { path: path.to_owned(), problem };
        let mut file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let mut start = [0; 64];
        file.read_exact(&mut start).map_err(|_| damaged("not a register"))?;
        let mut fields = Fields(&start);
        if fields.take::<16>() != MAGIC {
            return Err(damaged("not a register of this version"));
        }
        let root = Hash(fields.take());
        let (nodes, head_length) = (fields.number(), fields.number());
        let nodes_at = head_length.checked_add(start.len() as u64);
        let records_at = nodes.checked_mul(NODE_BYTES).zip(nodes_at).and_then(|(n, at)| n.checked_add(at));
        let Some(nodes_at) = nodes_at.filter(|_| records_at.is_some_and(|at| at <= length)) else {
            return Err(damaged("cut off"));
        };
        if head_length > PART_BYTES_MAX {
            return Err(damaged("a head too long"));
        }
        let mut head = vec![0; head_length as usize];
        file.read_exact(&mut head).map_err(io)?;
        Ok(StoredRegister { path: path.to_owned(), file, head, root, nodes, nodes_at })
    }

    /// What the provider keeps about the whole register.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// How many works there are.
    pub fn size(&self) -> u64 {
        self.nodes.div_ceil(2)
    }

    /// The proof for a key, and its record if it is there. Reads a node for each level.
    pub fn lookup(&self, key: Hash) -> Result<(Option<Record>, LookupProof), StoredError> {
        let mut path = Vec::new();
        let mut at = self.nodes.checked_sub(1);
        let mut last = None;
        while let Some(number) = at {
            match self.node(number)? {
                Node::Inner { bit: which, ways: [left, right], hashes: [left_hash, right_hash] } => {
                    let (way, other) = if bit(key, which) { (right, left_hash) } else { (left, right_hash) };
                    // Children stand before parents, so that every way ends.
                    if way >= number {
                        return Err(self.damaged("a node that leads upwards"));
                    }
                    path.push((which, other));
                    at = Some(way);
                }
                Node::Leaf { start, length, key, value } => {
                    last = Some((start, length, key, value));
                    at = None;
                }
            }
        }
        let proof = LookupProof { path, end: last.map(|(_, _, key, value)| (key, value)) };
        let found =
            proof.verify(key, self.root).map_err(|_| self.damaged("its tree does not give its root"))?;
        match (found, last) {
            (Some(value), Some((start, length, ..))) => {
                Ok((Some(Record { key, value, bytes: self.record(start, length)? }), proof))
            }
            _ => Ok((None, proof)),
        }
    }

    /// All works, in the order of their keys.
    pub fn records(&self) -> Result<Vec<Record>, StoredError> {
        let io = |source| self.io(source);
        let mut from = BufReader::with_capacity(1 << 20, &self.file);
        from.seek(SeekFrom::Start(self.nodes_at)).map_err(io)?;
        let mut leaves = Vec::new();
        let mut bytes = [0; NODE_BYTES as usize];
        for _ in 0..self.nodes {
            from.read_exact(&mut bytes).map_err(io)?;
            if let Node::Leaf { length, key, value, .. } = Node::read(&bytes) {
                leaves.push((length, key, value));
            }
        }
        let mut records = Vec::with_capacity(leaves.len());
        for (length, key, value) in leaves {
            let mut bytes = vec![0; self.bounded(length)?];
            from.read_exact(&mut bytes).map_err(io)?;
            records.push(Record { key, value, bytes });
        }
        Ok(records)
    }

    fn node(&self, number: u64) -> Result<Node, StoredError> {
        let mut bytes = [0; NODE_BYTES as usize];
        self.read_at(self.nodes_at + number * NODE_BYTES, &mut bytes)?;
        Ok(Node::read(&bytes))
    }

    fn record(&self, start: u64, length: u64) -> Result<Vec<u8>, StoredError> {
        let at = start.checked_add(self.nodes_at + self.nodes * NODE_BYTES);
        let at = at.ok_or_else(|| self.damaged("a record outside of the file"))?;
        let mut bytes = vec![0; self.bounded(length)?];
        self.read_at(at, &mut bytes)?;
        Ok(bytes)
    }

    fn bounded(&self, length: u64) -> Result<usize, StoredError> {
        let fits = usize::try_from(length).ok().filter(|_| length <= PART_BYTES_MAX);
        fits.ok_or_else(|| self.damaged("a record too long"))
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> Result<(), StoredError> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(bytes)).map_err(|error| self.io(error))
    }

    fn io(&self, source: io::Error) -> StoredError {
        StoredError::Io { path: self.path.clone(), source }
    }

    fn damaged(&self, problem: &'static str) -> StoredError {
        StoredError::Damaged { path: self.path.clone(), problem }
    }
}

impl Node {
    fn read(bytes: &[u8; NODE_BYTES as usize]) -> Node {
        let mut fields = Fields(bytes);
        let bit = u16::from_be_bytes(fields.take());
        let numbers = [fields.number(), fields.number()];
        let hashes = [Hash(fields.take()), Hash(fields.take())];
        match (bit, numbers, hashes) {
            (LEAF, [start, length], [key, value]) => Node::Leaf { start, length, key, value },
            (bit, ways, hashes) => Node::Inner { bit, ways, hashes },
        }
    }
}

/// Takes fields of fixed length; what is missing is zero.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        match self.0.split_first_chunk::<N>() {
            Some((field, rest)) => {
                self.0 = rest;
                *field
            }
            None => [0; N],
        }
    }

    fn number(&mut self) -> u64 {
        u64::from_be_bytes(self.take())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(count: u32) -> Vec<Record> {
        (0..count)
            .map(|n| {
                let key = Hash::leaf(&n.to_be_bytes());
                Record { key, value: Hash::of(&[b"value", &key.0]), bytes: vec![7; n as usize % 5] }
            })
            .collect()
    }

    fn written(folder: &Path, count: u32) -> (PathBuf, Register, Vec<Record>) {
        let path = folder.join("register");
        let mut records = records(count);
        let tree = tree_of(&mut records, 1).unwrap();
        StoredRegister::write(&path, b"head", &tree, &records).unwrap();
        (path, tree, records)
    }

    #[test]
    fn gives_the_proofs_of_the_tree_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        for count in [0, 1, 2, 300] {
            let (path, tree, all) = written(folder.path(), count);
            let stored = StoredRegister::open(&path).unwrap();
            assert_eq!(
                (stored.head(), stored.root(), stored.size()),
                (&b"head"[..], tree.root(), count.into())
            );
            for record in &all {
                let (found, proof) = stored.lookup(record.key).unwrap();
                assert_eq!((found.as_ref(), &proof), (Some(record), &tree.lookup(record.key).1));
            }
            let (found, proof) = stored.lookup(Hash::EMPTY).unwrap();
            assert_eq!((found, proof), (None, tree.lookup(Hash::EMPTY).1));
            assert_eq!(stored.records().unwrap(), all);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_damaged_file_gives_no_wrong_answer(at: prop::sample::Index, flip in 1u8.., cut: prop::sample::Index) {
            let folder = tempfile::tempdir().unwrap();
            let (path, _, all) = written(folder.path(), 20);
            let good = std::fs::read(&path).unwrap();
            let mut bytes = good.clone();
            bytes[at.index(good.len())] ^= flip;
            for damaged in [&bytes[..], &good[..cut.index(good.len())]] {
                std::fs::write(&path, damaged).unwrap();
                let Ok(stored) = StoredRegister::open(&path) else { continue };
                let _ = stored.records();
                for record in &all {
                    if let Ok((found, proof)) = stored.lookup(record.key) {
                        prop_assert_eq!(proof.verify(record.key, stored.root()), Ok(found.map(|f| f.value)));
                    }
                }
            }
        }
    }
}
