//! Content digests and the tree over them.
//!
//! The tree is the one of RFC 6962 §2.1 (leaf prefix 0, node prefix 1, split at the largest power of two), with
//! BLAKE3 as its hash: a settlement's root is committed in the log as one leaf.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A BLAKE3 digest; written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// The digest of a value's canonical JSON: fields in the order of the type, maps sorted.
    pub fn of_value<T: Serialize>(value: &T) -> Digest {
        // The crate's own types have string keys and no failing serializers. One write to the hasher is faster than
        // the many small ones of a serializer.
        let written = serde_json::to_vec(value);
        debug_assert!(written.is_ok(), "values of this crate serialize");
        Digest::of(&written.unwrap_or_default())
    }

    /// The same, written into room that is used again and again.
    pub(crate) fn of_value_in<T: Serialize>(value: &T, room: &mut Vec<u8>) -> Digest {
        room.clear();
        let written = serde_json::to_writer(&mut *room, value);
        debug_assert!(written.is_ok(), "values of this crate serialize");
        Digest::of(room)
    }

    /// The first twelve digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no digest of 64 hexadecimal digits")]
pub struct DigestError(pub String);

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || DigestError(s.to_owned());
        if s.len() != 64 || !s.is_ascii() {
            return Err(bad());
        }
        let mut bytes = [0; 32];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = s.get(2 * i..2 * i + 2).and_then(|d| u8::from_str_radix(d, 16).ok()).ok_or_else(bad)?;
        }
        Ok(Digest(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<Digest> for String {
    fn from(d: Digest) -> Self {
        d.to_string()
    }
}

/// The root of the tree over some leaves, in their order.
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(&[]),
        [leaf] => leaf_hash(leaf),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The root of a tree whose leaves come one by one: the same as [`root`] of them all, in little memory.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Roots of complete subtrees, the largest first; the number of leaves says how large each is.
    complete: Vec<Digest>,
    leaves: u64,
}

impl Tree {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: &Digest) {
        let mut top = leaf_hash(leaf);
        let mut size = self.leaves;
        while size & 1 == 1 {
            let Some(left) = self.complete.pop() else { break };
            top = node_hash(&left, &top);
            size >>= 1;
        }
        self.complete.push(top);
        self.leaves += 1;
    }

    /// How many leaves it has.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// The root over the leaves so far.
    pub fn root(&self) -> Digest {
        let mut subtrees = self.complete.iter().rev();
        let Some(last) = subtrees.next() else { return Digest::of(&[]) };
        subtrees.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The path from a leaf to the root, lowest sibling first; none for an index outside.
pub fn path(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    Nodes::of(leaves).path(index)
}

/// All nodes of a tree: the paths of many leaves without hashing everything for each.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// The hashes of the leaves, and above them those of every pair. A last one without a neighbour stands above itself.
    levels: Vec<Vec<Digest>>,
}

impl Nodes {
    /// The tree over some leaves, in their order.
    pub fn of(leaves: &[Digest]) -> Nodes {
        let mut levels: Vec<Vec<Digest>> = vec![leaves.iter().map(leaf_hash).collect()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let pair = |pair: &[Digest]| match pair {
                [left, right] => node_hash(left, right),
                _ => pair.first().copied().unwrap_or_default(),
            };
            let above = below.chunks(2).map(pair).collect();
            levels.push(above);
        }
        Nodes { levels }
    }

    /// The path from a leaf to the root, lowest sibling first; none for an index outside.
    pub fn path(&self, index: usize) -> Option<Vec<Digest>> {
        self.levels.first()?.get(index)?;
        let siblings = self.levels.iter().enumerate().map(|(height, level)| level.get((index >> height) ^ 1));
        Some(siblings.flatten().copied().collect())
    }
}

/// Whether the path leads from the leaf at `index` of `size` leaves to the root.
pub fn leads_to(root: &Digest, leaf: &Digest, index: usize, size: usize, path: &[Digest]) -> bool {
    fn climb(leaf: &Digest, index: usize, size: usize, path: &[Digest]) -> Option<Digest> {
        if size == 1 {
            return (index == 0 && path.is_empty()).then(|| leaf_hash(leaf));
        }
        let (top, below) = path.split_last()?;
        let at = split(size);
        if index < at {
            Some(node_hash(&climb(leaf, index, at, below)?, top))
        } else {
            Some(node_hash(top, &climb(leaf, index - at, size - at, below)?))
        }
    }
    size > 0 && index < size && climb(leaf, index, size, path).as_ref() == Some(root)
}

/// The largest power of two below `n`, for `n` of two or more.
fn split(n: usize) -> usize {
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

fn leaf_hash(leaf: &Digest) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[0]).update(&leaf.0);
    Digest(*hasher.finalize().as_bytes())
}

fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[1]).update(&left.0).update(&right.0);
    Digest(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_has_a_path_and_no_other_leaf_fits_it() {
        for size in 1..20_usize {
            let leaves: Vec<Digest> = (0..size).map(|i| Digest::of(&i.to_le_bytes())).collect();
            let top = root(&leaves);
            for (i, leaf) in leaves.iter().enumerate() {
                let up = path(&leaves, i).unwrap();
                assert!(leads_to(&top, leaf, i, size, &up), "{i} of {size}");
                assert!(!leads_to(&top, &Digest::of(b"other"), i, size, &up));
                assert!(!leads_to(&top, leaf, i + 1, size, &up));
            }
            assert_eq!(path(&leaves, size), None);
            let mut tree = Tree::default();
            assert_eq!(tree.root(), root(&[]));
            for leaf in &leaves {
                tree.push(leaf);
            }
            assert_eq!((tree.root(), tree.leaves()), (top, size as u64));
        }
    }

    #[test]
    fn digests_print_and_read() {
        let d = Digest::of(b"a");
        assert_eq!(d.to_string().parse(), Ok(d));
        assert!("zz".parse::<Digest>().is_err());
    }
}
