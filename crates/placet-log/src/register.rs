//! The register: the committed map from blinded work keys to uses, with proofs of presence and of absence.
//!
//! A binary prefix tree over 256-bit keys without its unary chains (a crit-bit tree):
//!
//! ```text
//! leaf  = SHA-256(0x00 ‖ key ‖ value)
//! inner = SHA-256(0x01 ‖ bit (uint16, big endian) ‖ left ‖ right)       bits counted from 0, the highest first
//! empty = SHA-256("")
//! ```
//!
//! To look a key up, start at the root and at every inner node go left or right by the key's bit that the node
//! names, until a leaf: the key is in the register if that leaf holds it, and absent if the leaf holds another. The
//! way is fixed by the key and by hashes, so one root cannot show one key both present and absent, however the tree
//! was built. A proof shows one other key at most, and keys are blinded.

use crate::hash::Hash;

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Bits that do not rise, or lie outside of the key.
    #[error("the register's proof is no way through a prefix tree")]
    Path,
    /// The proof leads to another root.
    #[error("the register's proof leads to another root")]
    Root,
}

/// Keys in the register are told apart twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one key stands in the register twice")]
pub struct DuplicateKey;

/// A proof that a key is in the register, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupProof {
    /// Inner nodes from the root down: the bit, and the hash of the side not taken.
    pub path: Vec<(u16, Hash)>,
    /// The leaf at the end, key and value; none in an empty register.
    pub end: Option<(Hash, Hash)>,
}

impl LookupProof {
    /// The value of the key under this root, `None` if it is proven absent.
    pub fn verify(&self, key: Hash, root: Hash) -> Result<Option<Hash>, RegisterError> {
        let rising = self.path.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
        if !rising || self.path.last().is_some_and(|(bit, _)| *bit > 255) {
            return Err(RegisterError::Path);
        }
        let start = match self.end {
            Some((key, value)) => leaf(key, value),
            None if self.path.is_empty() => Hash::EMPTY,
            None => return Err(RegisterError::Path),
        };
        let found = self.path.iter().rev().fold(start, |below, (at, other)| {
            if bit(key, *at) { inner(*at, *other, below) } else { inner(*at, below, *other) }
        });
        if found != root {
            return Err(RegisterError::Root);
        }
        Ok(self.end.and_then(|(other, value)| (other == key).then_some(value)))
    }
}

/// A register in memory.
#[derive(Clone, Debug)]
pub struct Register {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) hash: Hash,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Leaf { key: Hash, value: Hash },
    Inner { bit: u16, left: usize, right: usize },
}

impl Register {
    /// Builds the tree.
    pub fn new(entries: Vec<(Hash, Hash)>) -> Result<Register, DuplicateKey> {
        Register::with_threads(entries, 1)
    }

    /// Builds the same tree on several threads.
    pub fn with_threads(mut entries: Vec<(Hash, Hash)>, threads: usize) -> Result<Register, DuplicateKey> {
        entries.sort_unstable_by_key(|(key, _)| *key);
        if entries.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
            return Err(DuplicateKey);
        }
        let mut nodes = Vec::new();
        if !entries.is_empty() {
            nodes = subtree(&entries, threads);
        }
        Ok(Register { nodes })
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.nodes.last().map_or(Hash::EMPTY, |node| node.hash)
    }

    /// The proof for a key, and its value if it is there.
    pub fn lookup(&self, key: Hash) -> (Option<Hash>, LookupProof) {
        let mut path = Vec::new();
        let mut at = self.nodes.last();
        while let Some(node) = at {
            match node.kind {
                Kind::Leaf { key: other, value } => {
                    let found = (other == key).then_some(value);
                    return (found, LookupProof { path, end: Some((other, value)) });
                }
                Kind::Inner { bit: which, left, right } => {
                    let (way, other) = if bit(key, which) { (right, left) } else { (left, right) };
                    path.push((which, self.nodes.get(other).map_or(Hash::EMPTY, |node| node.hash)));
                    at = self.nodes.get(way);
                }
            }
        }
        (None, LookupProof { path, end: None })
    }

    /// Its nodes, children before parents, leaves in the order of their keys; the root is the last.
    #[cfg(feature = "store")]
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }
}

/// Key and value.
type Entry = (Hash, Hash);

/// Fewer entries are not worth a thread.
const ENTRIES_PER_THREAD: usize = 4096;

/// The nodes over sorted, distinct entries. Depth is at most 256.
fn subtree(entries: &[(Hash, Hash)], threads: usize) -> Vec<Node> {
    if threads < 2 || entries.len() < ENTRIES_PER_THREAD {
        let mut nodes = Vec::with_capacity(2 * entries.len());
        grow(&mut nodes, entries);
        return nodes;
    }
    let (bit, left, right) = parted(entries);
    let (mut nodes, above) = std::thread::scope(|scope| {
        let left = scope.spawn(|| subtree(left, threads / 2));
        let right = subtree(right, threads - threads / 2);
        (left.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), right)
    });
    let first = nodes.len();
    nodes.extend(above.into_iter().map(|node| match node.kind {
        Kind::Inner { bit, left, right } => {
            Node { kind: Kind::Inner { bit, left: left + first, right: right + first }, ..node }
        }
        Kind::Leaf { .. } => node,
    }));
    let (left, right) = (first - 1, nodes.len() - 1);
    push_inner(&mut nodes, bit, left, right);
    nodes
}

/// Adds the subtree over sorted, distinct entries and gives its place.
fn grow(nodes: &mut Vec<Node>, entries: &[(Hash, Hash)]) -> usize {
    match entries {
        [(key, value)] => {
            nodes.push(Node { hash: leaf(*key, *value), kind: Kind::Leaf { key: *key, value: *value } });
        }
        [] => return usize::MAX,
        _ => {
            let (bit, left, right) = parted(entries);
            let (left, right) = (grow(nodes, left), grow(nodes, right));
            push_inner(nodes, bit, left, right);
        }
    }
    nodes.len() - 1
}

/// The first bit in which sorted entries differ, those without it, those with it.
fn parted(entries: &[Entry]) -> (u16, &[Entry], &[Entry]) {
    let ends = entries.first().zip(entries.last());
    let which = ends.map_or(256, |((first, _), (last, _))| first_difference(*first, *last));
    let (left, right) = entries.split_at(entries.partition_point(|(key, _)| !bit(*key, which)));
    (which, left, right)
}

fn push_inner(nodes: &mut Vec<Node>, bit: u16, left: usize, right: usize) {
    let hash = match (nodes.get(left), nodes.get(right)) {
        (Some(left), Some(right)) => inner(bit, left.hash, right.hash),
        _ => Hash::EMPTY,
    };
    nodes.push(Node { hash, kind: Kind::Inner { bit, left, right } });
}

pub(crate) fn leaf(key: Hash, value: Hash) -> Hash {
    Hash::of(&[&[0], &key.0, &value.0])
}

fn inner(bit: u16, left: Hash, right: Hash) -> Hash {
    Hash::of(&[&[1], &bit.to_be_bytes(), &left.0, &right.0])
}

pub(crate) fn bit(key: Hash, at: u16) -> bool {
    key.0.get(usize::from(at / 8)).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1)
}

fn first_difference(a: Hash, b: Hash) -> u16 {
    (0..256).find(|at| bit(a, *at) != bit(b, *at)).unwrap_or(256)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_root_shows_a_key_present_or_absent_never_both() {
        let entries: Vec<(Hash, Hash)> =
            (0..500u32).map(|n| (Hash::leaf(&n.to_be_bytes()), Hash::leaf(b"value"))).collect();
        let register = Register::new(entries.clone()).unwrap();
        let (key, value) = entries[7];
        let (found, present) = register.lookup(key);
        assert_eq!((found, present.verify(key, register.root())), (Some(value), Ok(Some(value))));
        // A tree without the key proves absence; under the other root that proof is nothing.
        let without: Vec<_> = entries.iter().copied().filter(|(other, _)| *other != key).collect();
        let without = Register::new(without).unwrap();
        let (found, absent) = without.lookup(key);
        assert_eq!((found, absent.verify(key, without.root())), (None, Ok(None)));
        assert_eq!(absent.verify(key, register.root()), Err(RegisterError::Root));
        // The way of another key does not speak about this one.
        let (_, other) = register.lookup(entries[8].0);
        assert_eq!(other.verify(key, register.root()), Err(RegisterError::Root));
        let mut falling = present.clone();
        falling.path.swap(0, 1);
        assert_eq!(falling.verify(key, register.root()), Err(RegisterError::Path));
        let mut shorter = present;
        shorter.end = None;
        assert_eq!(shorter.verify(key, register.root()), Err(RegisterError::Path));
    }

    #[test]
    fn threads_change_nothing() {
        let entries: Vec<(Hash, Hash)> =
            (0..30_000u32).map(|n| (Hash::leaf(&n.to_be_bytes()), Hash::leaf(b"value"))).collect();
        let one = Register::new(entries.clone()).unwrap();
        for threads in [2, 3, 5] {
            let more = Register::with_threads(entries.clone(), threads).unwrap();
            assert_eq!(more.root(), one.root());
            let (key, value) = entries[20_001];
            assert_eq!(more.lookup(key), one.lookup(key));
            assert_eq!(more.lookup(key).1.verify(key, one.root()), Ok(Some(value)));
        }
    }

    #[test]
    fn an_empty_register_proves_every_absence() {
        let register = Register::new(vec![]).unwrap();
        let (found, proof) = register.lookup(Hash::EMPTY);
        assert_eq!((found, proof.verify(Hash::EMPTY, register.root())), (None, Ok(None)));
        assert_eq!(Register::new(vec![(Hash::EMPTY, Hash::EMPTY); 2]).unwrap_err(), DuplicateKey);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        // Keys that share long prefixes, which hashes never do.
        #[test]
        fn agrees_with_a_map(
            keys in proptest::collection::vec((0usize..32, 0u8..4, 0usize..32, 0u8..4), 0..40),
            asked in proptest::collection::vec((0usize..32, 0u8..4, 0usize..32, 0u8..4), 1..10),
        ) {
            let key = |(i, a, j, b): (usize, u8, usize, u8)| {
                let mut key = [0; 32];
                key[i] = a;
                key[j] ^= b << 5;
                Hash(key)
            };
            let map: BTreeMap<Hash, Hash> =
                keys.into_iter().map(key).map(|key| (key, Hash::leaf(&key.0))).collect();
            let register = Register::new(map.clone().into_iter().collect()).unwrap();
            for asked in asked.into_iter().map(key).chain(map.keys().copied()) {
                let (found, proof) = register.lookup(asked);
                prop_assert_eq!(found, map.get(&asked).copied());
                prop_assert_eq!(proof.verify(asked, register.root()), Ok(found));
            }
        }
    }
}
