//! The Merkle tree of RFC 6962 section 2.1: roots and proofs from complete subtrees, wherever those are kept.

use crate::hash::Hash;

/// The root of the first `size` entries. `node(level, index)` gives the root of the complete subtree over entries
/// `index << level` to `(index + 1) << level`.
pub fn root<E>(size: u64, node: &mut (impl FnMut(u8, u64) -> Result<Hash, E> + ?Sized)) -> Result<Hash, E> {
    if size == 0 { Ok(Hash::EMPTY) } else { range(0, size, node) }
}

/// The inclusion proof of entry `index` in the tree of `size` entries, from the leaf's sibling upwards. Empty where
/// the index lies outside the tree.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    node: &mut (impl FnMut(u8, u64) -> Result<Hash, E> + ?Sized),
) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    if index < size {
        let (mut lo, mut hi) = (0, size);
        while hi - lo > 1 {
            let middle = lo + split(hi - lo);
            if index < middle {
                proof.push(range(middle, hi, node)?);
                hi = middle;
            } else {
                proof.push(range(lo, middle, node)?);
                lo = middle;
            }
        }
        proof.reverse();
    }
    Ok(proof)
}

/// The consistency proof from the tree of `old` entries to that of `new`. Empty where there is nothing to prove:
/// equal sizes, or an empty older tree.
pub fn consistency_proof<E>(
    old: u64,
    new: u64,
    node: &mut (impl FnMut(u8, u64) -> Result<Hash, E> + ?Sized),
) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return Ok(proof);
    }
    let (mut lo, mut hi) = (0, new);
    // Down to the subtree whose end is the old tree's end.
    while old < hi {
        let middle = lo + split(hi - lo);
        if old <= middle {
            proof.push(range(middle, hi, node)?);
            hi = middle;
        } else {
            proof.push(range(lo, middle, node)?);
            lo = middle;
        }
    }
    if lo > 0 {
        proof.push(range(lo, hi, node)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Root over entries `lo..hi`, where `lo` is a multiple of the largest power of two not above the length.
fn range<E>(
    lo: u64,
    hi: u64,
    node: &mut (impl FnMut(u8, u64) -> Result<Hash, E> + ?Sized),
) -> Result<Hash, E> {
    let length = hi - lo;
    if length.is_power_of_two() {
        let level = length.trailing_zeros();
        return node(level as u8, lo >> level);
    }
    let middle = lo + split(length);
    let left = range(lo, middle, node)?;
    Ok(Hash::node(left, range(middle, hi, node)?))
}

/// The largest power of two below `length` (at least 2).
fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

/// A tree in memory, all complete subtrees kept: 64 bytes an entry.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The empty tree.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// Adds an entry's hash ([`Hash::leaf`]).
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0.. {
            let Some(row) = self.levels.get_mut(level) else {
                self.levels.push(vec![hash]);
                return;
            };
            row.push(hash);
            match row.as_slice() {
                [.., left, right] if row.len().is_multiple_of(2) => hash = Hash::node(*left, *right),
                _ => return,
            }
        }
    }

    /// Entries in the tree.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, Vec::len) as u64
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.ask(|node| root(self.size(), node))
    }

    /// The inclusion proof of an entry.
    pub fn inclusion_proof(&self, index: u64) -> Vec<Hash> {
        self.ask(|node| inclusion_proof(index, self.size(), node))
    }

    /// The consistency proof from an earlier size.
    pub fn consistency_proof(&self, old: u64) -> Vec<Hash> {
        self.ask(|node| consistency_proof(old, self.size(), node))
    }

    fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn FnMut(u8, u64) -> Result<Hash, ()>) -> Result<T, ()>,
    ) -> T {
        let mut node = |level: u8, index: u64| {
            let row = self.levels.get(usize::from(level)).ok_or(())?;
            row.get(index as usize).copied().ok_or(())
        };
        question(&mut node).expect("every complete subtree of the tree's own size is kept")
    }
}

impl FromIterator<Hash> for Tree {
    fn from_iter<T: IntoIterator<Item = Hash>>(leaves: T) -> Tree {
        let mut tree = Tree::new();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proof::{ProofError, verify_consistency, verify_inclusion};

    /// The definition of RFC 6962 section 2.1, word for word.
    fn defined_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::EMPTY,
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                Hash::node(defined_root(left), defined_root(right))
            }
        }
    }

    fn leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| Hash::leaf(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_proof_of_small_trees_holds_and_no_other() {
        let all = leaves(40);
        for size in 0..=40u64 {
            let tree: Tree = all[..size as usize].iter().copied().collect();
            let root = tree.root();
            assert_eq!(root, defined_root(&all[..size as usize]), "{size}");
            for index in 0..size {
                let proof = tree.inclusion_proof(index);
                let leaf = all[index as usize];
                assert_eq!(verify_inclusion(index, size, leaf, &proof, root), Ok(()), "{index} of {size}");
                for other in (0..size).filter(|other| *other != index) {
                    assert!(verify_inclusion(other, size, leaf, &proof, root).is_err(), "{index} as {other}");
                }
            }
            assert_eq!(verify_consistency(0, size, &[], Hash::EMPTY, root), Err(ProofError::Empty));
            for old in 1..=size {
                let proof = tree.consistency_proof(old);
                let old_root = defined_root(&all[..old as usize]);
                assert_eq!(verify_consistency(old, size, &proof, old_root, root), Ok(()), "{old} to {size}");
                let forged = Hash::leaf(b"forged");
                assert!(verify_consistency(old, size, &proof, forged, root).is_err());
            }
            assert_eq!(
                verify_consistency(size + 1, size, &[], root, root),
                Err(ProofError::Shrank { old: size + 1, new: size })
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn one_changed_bit_breaks_a_proof(
            size in 2u64..2000, at: prop::sample::Index, hash: prop::sample::Index, bit in 0usize..256,
        ) {
            let all = leaves(size);
            let tree: Tree = all.iter().copied().collect();
            let index = at.index(size as usize);
            let mut proof = tree.inclusion_proof(index as u64);
            let hash = hash.index(proof.len());
            proof[hash].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify_inclusion(index as u64, size, all[index], &proof, tree.root()).is_err());
        }

        #[test]
        fn verification_never_panics(
            index: u64, size: u64, proof in proptest::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70),
        ) {
            let _ = verify_inclusion(index, size, Hash::EMPTY, &proof, Hash::EMPTY);
            let _ = verify_consistency(index, size, &proof, Hash::EMPTY, Hash::EMPTY);
        }
    }
}
