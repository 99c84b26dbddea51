//! Verification of inclusion and consistency proofs (RFC 6962 section 2.1; algorithms of RFC 9162 sections 2.1.3.2
//! and 2.1.4.2). Nothing here reads or allocates.

use crate::hash::Hash;

/// Why a Merkle proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry's index lies outside the tree.
    #[error("entry {index} lies outside a tree of {size}")]
    Index {
        /// Index asked for.
        index: u64,
        /// Entries in the tree.
        size: u64,
    },
    /// The newer tree is smaller than the older.
    #[error("the log shrank from {old} to {new} entries")]
    Shrank {
        /// Entries of the older tree.
        old: u64,
        /// Entries of the newer tree.
        new: u64,
    },
    /// Every log continues the empty one, so there is nothing to prove.
    #[error("an empty log says nothing about a later one")]
    Empty,
    /// The proof has too few or too many hashes for these sizes.
    #[error("the proof has {found} hashes, which does not fit the sizes")]
    Length {
        /// Hashes in the proof.
        found: usize,
    },
    /// The proof leads to another root: something was changed or forged.
    #[error("the proof leads to another root")]
    Root,
}

/// Whether the entry with this hash is number `index` (from 0) of the tree of `size` entries with this root.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: Hash,
    proof: &[Hash],
    root: Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Index { index, size });
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for &sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if at & 1 == 1 || at == last {
            hash = Hash::node(sibling, hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::node(hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    match (last, hash == root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(wrong_length),
    }
}

/// Whether the tree of `new` entries continues the tree of `old` entries: same first entries, in the same order.
/// An older tree without entries is an error, not a success.
pub fn verify_consistency(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: Hash,
    new_root: Hash,
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Shrank { old, new });
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    if old == 0 {
        return Err(ProofError::Empty);
    }
    if old == new {
        return match (proof.is_empty(), old_root == new_root) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::Root),
            _ => Err(wrong_length),
        };
    }
    // A complete older tree is itself a node of the newer one, and is left out of the proof.
    let (start, rest) = match proof.split_first() {
        _ if old.is_power_of_two() => (old_root, proof),
        Some((first, rest)) => (*first, rest),
        None => return Err(wrong_length),
    };
    let (mut at, mut last) = (old - 1, new - 1);
    let shift = at.trailing_ones();
    at >>= shift;
    last >>= shift;
    let (mut older, mut newer) = (start, start);
    for &hash in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if at & 1 == 1 || at == last {
            older = Hash::node(hash, older);
            newer = Hash::node(hash, newer);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            newer = Hash::node(newer, hash);
        }
        at >>= 1;
        last >>= 1;
    }
    match (last, older == old_root && newer == new_root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(wrong_length),
    }
}
