//! COSE receipts (RFC 9942) from the same tree: inclusion of an entry, signed by the log's key. The tree is that of
//! RFC 9162 with SHA-256, verifiable data structure 1 of the RFC's registry.
//!
//! ```text
//! receipt   = #6.18([protected, unprotected, nil, signature])                        COSE_Sign1, RFC 9052 section 4.2
//! protected = << {1 (alg): -8 (EdDSA), 4 (kid): key id, ? 15 (CWT claims): {1 (iss): log, 2 (sub): text}, 395 (vds): 1} >>
//! unprotected = {396 (vdp): {-1 (inclusion): [<< [tree size, index, [hash, …]] >>]}}
//! signed    = ["Signature1", protected, h'', root]                                    the root is detached
//! ```
//!
//! The signature covers the root alone. That the entry is in the tree is proven; the tree's size, and with it the
//! entry's place, are the receipt's own word where several sizes give the same way to the root.

use placet_core::note::{Signer, Verifier};

use super::items::{Cbor, Reader};
use super::{ALG, CWT_CLAIMS, EDDSA, ISSUER, KID, SUBJECT, to_be_signed};
use crate::hash::Hash;
use crate::proof::{ProofError, verify_inclusion};

const VDS: u64 = 395;
const RFC9162_SHA256: u64 = 1;
const VDP: u64 = 396;
const INCLUSION: i64 = -1;

/// A longer receipt is refused unread.
pub const RECEIPT_BYTES_MAX: usize = 64 * 1024;

/// Why a receipt does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Bytes that are no receipt as written here.
    #[error("not a COSE receipt of an inclusion: {0}")]
    Malformed(&'static str),
    /// A receipt by another key.
    #[error("the receipt names another key than the log's")]
    Key,
    /// A signature that the key did not make.
    #[error("the receipt was not signed with the log's key, or was changed")]
    Signature,
    /// The entry is another.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
}

/// Who speaks and of what (RFC 8392), as SCITT asks of receipts and statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
}

/// A receipt that an entry stands at a place of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Entries in the tree.
    pub size: u64,
    /// Which entry, from 0.
    pub index: u64,
    /// The inclusion proof.
    pub hashes: Vec<Hash>,
    /// Claims under the signature; receipts of statements have them.
    pub claims: Option<Claims>,
}

impl Receipt {
    /// Signs a receipt for the tree of this root. Whoever calls has the root from a checkpoint of the log's own.
    pub fn sign(&self, root: Hash, signer: &Signer) -> Option<Vec<u8>> {
        let protected = protected(signer.verifier(), self.claims.as_ref());
        let signature = signer.sign_bytes(&to_be_signed(&protected, &root.0)).ok()?;
        let mut proof = Cbor::default();
        proof.head(4, 3).uint(self.size).uint(self.index).head(4, self.hashes.len() as u64);
        for hash in &self.hashes {
            proof.bytes(&hash.0);
        }
        let mut receipt = Cbor::default();
        receipt.head(6, 18).head(4, 4).bytes(&protected);
        receipt.head(5, 1).uint(VDP).head(5, 1).int(INCLUSION).head(4, 1).bytes(&proof.0);
        receipt.0.push(0xf6);
        receipt.bytes(&signature);
        Some(receipt.0)
    }

    /// Verifies a receipt for an entry with the log's key, and gives it.
    pub fn verify(bytes: &[u8], entry: &[u8], key: &Verifier) -> Result<Receipt, ReceiptError> {
        let malformed = |what| move || ReceiptError::Malformed(what);
        if bytes.len() > RECEIPT_BYTES_MAX {
            return Err(ReceiptError::Malformed("longer than 64 KiB"));
        }
        let mut r = Reader(bytes);
        let outer = (r.head(6), r.head(4));
        if outer != (Some(18), Some(4)) {
            return Err(ReceiptError::Malformed("no COSE_Sign1"));
        }
        let protected = r.bytes().ok_or_else(malformed("no protected header"))?;
        let (id, claims) =
            header(protected).ok_or_else(malformed("another algorithm, or another kind of tree"))?;
        if id != key.id().0 {
            return Err(ReceiptError::Key);
        }
        let vdp = (r.head(5), r.head(0), r.head(5), r.head(1), r.head(4));
        if vdp != (Some(1), Some(VDP), Some(1), Some(0), Some(1)) {
            return Err(ReceiptError::Malformed("no single inclusion proof"));
        }
        let proof = r.bytes().ok_or_else(malformed("no inclusion proof"))?;
        let detached = r.byte() == Some(0xf6);
        let signature =
            r.bytes().filter(|_| detached && r.0.is_empty()).ok_or_else(malformed("no signature"))?;
        let mut p = Reader(proof);
        let (three, size, index, count) = (p.head(4), p.head(0), p.head(0), p.head(4));
        let (Some(3), Some(size), Some(index), Some(count @ 0..=64)) = (three, size, index, count) else {
            return Err(ReceiptError::Malformed("an inclusion proof of another shape"));
        };
        let hash = |_| p.bytes().and_then(|hash| hash.try_into().ok()).map(Hash);
        let hashes = (0..count).map(hash).collect::<Option<Vec<_>>>().filter(|_| p.0.is_empty());
        let hashes = hashes.ok_or_else(malformed("a proof line that is no hash"))?;
        // The root is detached: the proof leads to it, and the signature holds for that root alone.
        let root = root_of(size, index, Hash::leaf(entry), &hashes)?;
        if !key.verify_bytes(&to_be_signed(protected, &root.0), signature) {
            return Err(ReceiptError::Signature);
        }
        verify_inclusion(index, size, Hash::leaf(entry), &hashes, root)?;
        Ok(Receipt { size, index, hashes, claims })
    }
}

fn protected(key: &Verifier, claims: Option<&Claims>) -> Vec<u8> {
    let mut header = Cbor::default();
    header.head(5, 3 + u64::from(claims.is_some())).uint(ALG).int(EDDSA).uint(KID).bytes(&key.id().0);
    if let Some(Claims { issuer, subject }) = claims {
        header.uint(CWT_CLAIMS).head(5, 2).uint(ISSUER).text(issuer).uint(SUBJECT).text(subject);
    }
    header.uint(VDS).uint(RFC9162_SHA256);
    header.0
}

/// Key id and claims of a protected header as [`protected`] writes it.
fn header(bytes: &[u8]) -> Option<(&[u8], Option<Claims>)> {
    let mut r = Reader(bytes);
    let members = r.head(5)?;
    let alg = (r.head(0)?, r.int()?) == (ALG, EDDSA);
    let id = (r.head(0)? == KID).then(|| r.bytes()).flatten()?;
    let claims = match members {
        3 => None,
        4 => Some(claims(&mut r)?),
        _ => return None,
    };
    let vds = (r.head(0)?, r.head(0)?) == (VDS, RFC9162_SHA256);
    (alg && vds && r.0.is_empty()).then_some((id, claims))
}

fn claims(r: &mut Reader<'_>) -> Option<Claims> {
    let two = (r.head(0)?, r.head(5)?) == (CWT_CLAIMS, 2);
    let issuer = (r.head(0)? == ISSUER).then(|| r.text()).flatten()?.to_owned();
    let subject = (r.head(0)? == SUBJECT).then(|| r.text()).flatten()?.to_owned();
    two.then_some(Claims { issuer, subject })
}

/// RFC 9162 section 2.1.3.2 without the comparison at its end.
fn root_of(size: u64, index: u64, leaf: Hash, hashes: &[Hash]) -> Result<Hash, ReceiptError> {
    let fail = ReceiptError::Malformed("a proof that does not fit the tree's size");
    if index >= size {
        return Err(fail);
    }
    let (mut fnode, mut snode, mut root) = (index, size - 1, leaf);
    for hash in hashes {
        if snode == 0 {
            return Err(fail);
        }
        if fnode & 1 == 1 || fnode == snode {
            root = Hash::node(*hash, root);
            while fnode & 1 == 0 && fnode != 0 {
                (fnode, snode) = (fnode >> 1, snode >> 1);
            }
        } else {
            root = Hash::node(root, *hash);
        }
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    if snode == 0 { Ok(root) } else { Err(fail) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::Tree;

    fn signer() -> Signer {
        Signer::from_seed("example.org/log", [1; 32]).unwrap()
    }

    fn receipt(size: u64, index: u64) -> Vec<u8> {
        let tree: Tree = (0..size).map(|n| Hash::leaf(&n.to_be_bytes())).collect();
        let receipt = Receipt { size, index, hashes: tree.inclusion_proof(index), claims: None };
        receipt.sign(tree.root(), &signer()).unwrap()
    }

    #[test]
    fn holds_for_its_entry_and_key_alone() {
        let signer = signer();
        let key = signer.verifier();
        for (size, index) in [(1, 0), (2, 1), (7, 3), (300, 299), (70_000, 65_536)] {
            let bytes = receipt(size, index);
            let entry = |n: u64| n.to_be_bytes();
            let found = Receipt::verify(&bytes, &entry(index), key).unwrap();
            assert_eq!((found.size, found.index), (size, index));
            assert_eq!(Receipt::verify(&bytes, &entry(index + 1), key), Err(ReceiptError::Signature));
            let other = Signer::from_seed("example.org/log", [2; 32]).unwrap();
            assert!(Receipt::verify(&bytes, &entry(index), other.verifier()).is_err());
        }
    }

    #[test]
    fn one_byte_changed_anywhere_is_refused() {
        let good = receipt(7, 3);
        let (entry, signer) = (3u64.to_be_bytes(), signer());
        // The tree's size is not under the signature: it can be one with the same way to the same root.
        let size = good.windows(4).position(|w| w == [0x83, 7, 3, 0x83]).unwrap() + 1;
        for at in 0..good.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = good.clone();
                changed[at] ^= flip;
                let found = Receipt::verify(&changed, &entry, signer.verifier());
                assert!(found.is_err() || (at == size && found.is_ok_and(|r| r.index == 3)), "byte {at}");
            }
            assert!(Receipt::verify(&good[..at], &entry, signer.verifier()).is_err());
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Receipt::verify(&bytes, b"entry", signer().verifier());
        }
    }
}
