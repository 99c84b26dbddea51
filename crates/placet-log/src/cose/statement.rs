//! Signed statements of SCITT (RFC 9943) about a document, and transparent statements: the same with a receipt that they
//! are in the log.
//!
//! ```text
//! statement   = #6.18([protected, {}, payload, signature])                            is itself an entry of the log
//! protected   = << {1 (alg): -8 (EdDSA), 4 (kid): key id, 15 (CWT claims): {1 (iss): text, 2 (sub): text, 6 (iat): seconds},
//!                   258 (payload hash): -16 (SHA-256), 259 (type of what is hashed): text} >>
//! payload     = SHA-256 of the document                                               COSE hash envelope
//! transparent = #6.18([protected, {394 (receipts): [<< receipt >>, …]}, payload, signature])
//! ```
//!
//! The entry is the statement with an empty unprotected header, so whoever holds a transparent statement computes the
//! leaf from it. The document itself stays outside of the log.

use placet_core::note::{Signer, Verifier};

use super::items::{Cbor, Reader};
use super::{
    ALG, CWT_CLAIMS, Claims, EDDSA, ISSUER, KID, RECEIPT_BYTES_MAX, Receipt, ReceiptError, SUBJECT,
    to_be_signed,
};
use crate::hash::Hash;

const ISSUED_AT: u64 = 6;
const PAYLOAD_HASH: u64 = 258;
const SHA_256: i64 = -16;
const HASHED_TYPE: u64 = 259;
const RECEIPTS: u64 = 394;

/// The tag of `COSE_Sign1` as its first byte.
const SIGN1: u8 = 0xd2;

/// Receipts of one statement that are read.
const RECEIPTS_MAX: u64 = 16;

/// Bytes of each text in a statement; RFC 9943 asks for no more in an issuer.
const TEXT_BYTES_MAX: usize = 8192;

/// A longer statement is refused unread.
pub const STATEMENT_BYTES_MAX: usize = 2 << 20;

/// Why a statement does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Bytes that are no statement as written here.
    #[error("not a signed statement about a document: {0}")]
    Malformed(&'static str),
    /// A text that is empty or too long.
    #[error("issuer, subject and type of the document have 1 to 8,192 bytes each")]
    Text,
    /// Nobody whose key is known signed it.
    #[error("the statement is signed by none of the given keys (it names key {0})")]
    Issuer(String),
    /// A signature that the key did not make.
    #[error("the statement was not signed with its issuer's key, or was changed")]
    Signature,
    /// No receipt of a trusted log.
    #[error("the statement has no receipt of a trusted log")]
    NoReceipt,
    /// A receipt of a trusted log that does not hold.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// A receipt that speaks of something else.
    #[error(
        "the receipt was given by another log, or for another subject, than its key and the statement say"
    )]
    Claims,
}

/// What an issuer says about a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Who says it and about what: the issuer's name, and the subject's.
    pub claims: Claims,
    /// When it was said, in seconds since 1970: the issuer's word.
    pub issued_at: u64,
    /// Media type of the document.
    pub content_type: String,
    /// SHA-256 of the document.
    pub document: Hash,
}

/// A statement whose signature and receipt hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transparent {
    /// The statement.
    pub statement: Statement,
    /// The issuer's key.
    pub issuer: Verifier,
    /// The log that has it.
    pub log: Verifier,
    /// The receipt.
    pub receipt: Receipt,
}

impl Statement {
    /// Signs a statement. What comes is the log's entry.
    pub fn sign(&self, signer: &Signer) -> Result<Vec<u8>, StatementError> {
        let texts = [&self.claims.issuer, &self.claims.subject, &self.content_type];
        if texts.iter().any(|text| text.is_empty() || text.len() > TEXT_BYTES_MAX) {
            return Err(StatementError::Text);
        }
        let mut protected = Cbor::default();
        protected.head(5, 5).uint(ALG).int(EDDSA).uint(KID).bytes(&signer.verifier().id().0);
        protected.uint(CWT_CLAIMS).head(5, 3).uint(ISSUER).text(&self.claims.issuer);
        protected.uint(SUBJECT).text(&self.claims.subject).uint(ISSUED_AT).uint(self.issued_at);
        protected.uint(PAYLOAD_HASH).int(SHA_256).uint(HASHED_TYPE).text(&self.content_type);
        let signed = to_be_signed(&protected.0, &self.document.0);
        let signature = signer.sign_bytes(&signed).map_err(|_| StatementError::Signature)?;
        Ok(write(&protected.0, &[], &self.document.0, &signature))
    }

    /// Reads a statement, transparent or not. Nothing is verified.
    pub fn read(bytes: &[u8]) -> Result<Statement, StatementError> {
        let parts = Parts::read(bytes)?;
        parts.statement().map(|(statement, _)| statement)
    }
}

impl Transparent {
    /// Verifies a transparent statement: signed by one of the issuers, with a receipt of one of the logs. Receipts of
    /// other logs are left aside; a bad one of these refuses all.
    pub fn verify(
        bytes: &[u8],
        issuers: &[Verifier],
        logs: &[Verifier],
    ) -> Result<Transparent, StatementError> {
        let parts = Parts::read(bytes)?;
        let (statement, id) = parts.statement()?;
        let issuer = issuers
            .iter()
            .find(|key| key.id().0 == id)
            .ok_or_else(|| StatementError::Issuer(id.iter().map(|byte| format!("{byte:02x}")).collect()))?;
        if !issuer.verify_bytes(&to_be_signed(parts.protected, parts.payload), parts.signature) {
            return Err(StatementError::Signature);
        }
        let entry = parts.entry();
        let mut found = None;
        for bytes in &parts.receipts {
            for log in logs {
                match Receipt::verify(bytes, &entry, log) {
                    Ok(receipt) => found = found.or(Some((receipt, log))),
                    Err(ReceiptError::Key) => {}
                    // Another log may give receipts of a kind that is not known here.
                    Err(ReceiptError::Malformed(_)) if parts.receipts.len() > 1 => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let (receipt, log) = found.ok_or(StatementError::NoReceipt)?;
        let own = Claims { issuer: log.name().to_owned(), subject: statement.claims.subject.clone() };
        if receipt.claims.as_ref() != Some(&own) {
            return Err(StatementError::Claims);
        }
        Ok(Transparent { statement, issuer: issuer.clone(), log: log.clone(), receipt })
    }
}

/// Whether an entry or a file is a signed statement, transparent or not.
pub fn is_statement(bytes: &[u8]) -> bool {
    Statement::read(bytes).is_ok()
}

/// The transparent statement: an entry with its receipts.
pub fn attach(entry: &[u8], receipts: &[Vec<u8>]) -> Result<Vec<u8>, StatementError> {
    let parts = Parts::read(entry)?;
    Ok(write(parts.protected, receipts, parts.payload, parts.signature))
}

/// The log's entry of a statement: without receipts.
pub fn bare(bytes: &[u8]) -> Result<Vec<u8>, StatementError> {
    Parts::read(bytes).map(|parts| parts.entry())
}

fn write(protected: &[u8], receipts: &[Vec<u8>], payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut out = Cbor::default();
    out.head(6, 18).head(4, 4).bytes(protected).head(5, u64::from(!receipts.is_empty()));
    if !receipts.is_empty() {
        out.uint(RECEIPTS).head(4, receipts.len() as u64);
        for receipt in receipts {
            out.bytes(receipt);
        }
    }
    out.bytes(payload).bytes(signature);
    out.0
}

struct Parts<'a> {
    protected: &'a [u8],
    receipts: Vec<&'a [u8]>,
    payload: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> Result<Parts<'a>, StatementError> {
        let malformed = |what| move || StatementError::Malformed(what);
        if bytes.len() > STATEMENT_BYTES_MAX {
            return Err(StatementError::Malformed("longer than 2 MiB"));
        }
        let mut r = Reader(bytes);
        if bytes.first() != Some(&SIGN1) || (r.head(6), r.head(4)) != (Some(18), Some(4)) {
            return Err(StatementError::Malformed("no COSE_Sign1"));
        }
        let protected = r.bytes().ok_or_else(malformed("no protected header"))?;
        let receipts =
            receipts(&mut r).ok_or_else(malformed("an unprotected header with more than receipts"))?;
        let payload = r.bytes().ok_or_else(malformed("no payload"))?;
        let signature = r.bytes().filter(|_| r.0.is_empty()).ok_or_else(malformed("no signature"))?;
        Ok(Parts { protected, receipts, payload, signature })
    }

    fn entry(&self) -> Vec<u8> {
        write(self.protected, &[], self.payload, self.signature)
    }

    /// The statement and the id of the key that is said to have signed it.
    fn statement(&self) -> Result<(Statement, &'a [u8]), StatementError> {
        let header = header(self.protected).ok_or(StatementError::Malformed("another protected header"))?;
        let (id, claims, issued_at, content_type) = header;
        let document = self.payload.try_into().map(Hash);
        let document = document.map_err(|_| StatementError::Malformed("a payload that is no SHA-256"))?;
        Ok((Statement { claims, issued_at, content_type, document }, id))
    }
}

fn receipts<'a>(r: &mut Reader<'a>) -> Option<Vec<&'a [u8]>> {
    match r.head(5)? {
        0 => Some(Vec::new()),
        1 => {
            let count = (r.head(0)? == RECEIPTS).then(|| r.head(4)).flatten()?;
            let count = (1..=RECEIPTS_MAX).contains(&count).then_some(count)?;
            let receipts = (0..count).map(|_| r.bytes()).collect::<Option<Vec<_>>>()?;
            receipts.iter().all(|receipt| receipt.len() <= RECEIPT_BYTES_MAX).then_some(receipts)
        }
        _ => None,
    }
}

fn header(bytes: &[u8]) -> Option<(&[u8], Claims, u64, String)> {
    let mut r = Reader(bytes);
    let shape = (r.head(5)?, r.head(0)?, r.int()?) == (5, ALG, EDDSA);
    let id = (r.head(0)? == KID).then(|| r.bytes()).flatten()?;
    let three = (r.head(0)?, r.head(5)?) == (CWT_CLAIMS, 3);
    let text = |r: &mut Reader<'_>, label| {
        let text = (r.head(0)? == label).then(|| r.text()).flatten()?;
        (!text.is_empty() && text.len() <= TEXT_BYTES_MAX).then(|| text.to_owned())
    };
    let claims = Claims { issuer: text(&mut r, ISSUER)?, subject: text(&mut r, SUBJECT)? };
    let issued_at = (r.head(0)? == ISSUED_AT).then(|| r.head(0)).flatten()?;
    let hashed = (r.head(0)?, r.int()?) == (PAYLOAD_HASH, SHA_256);
    let content_type = text(&mut r, HASHED_TYPE)?;
    (shape && three && hashed && r.0.is_empty()).then_some((id, claims, issued_at, content_type))
}

#[cfg(test)]
mod tests {
    use std::slice;

    use proptest::prelude::*;

    use super::*;
    use crate::tree::Tree;

    fn log() -> Signer {
        Signer::from_seed("example.org/log", [1; 32]).unwrap()
    }

    fn issuer() -> Signer {
        Signer::from_seed("provider.example", [2; 32]).unwrap()
    }

    fn statement() -> Statement {
        Statement {
            claims: Claims { issuer: "https://provider.example".into(), subject: "Model X 2.1".into() },
            issued_at: 1_790_000_000,
            content_type: "application/json".into(),
            document: Hash::of(&[b"a document"]),
        }
    }

    /// A statement as entry 1 of 3, with the log's receipt.
    fn transparent(subject: &str) -> Vec<u8> {
        let entry = statement().sign(&issuer()).unwrap();
        let leaves = [&b"first"[..], &entry, b"third"];
        let tree: Tree = leaves.iter().map(|leaf| Hash::leaf(leaf)).collect();
        let claims = Some(Claims { issuer: "example.org/log".into(), subject: subject.into() });
        let receipt = Receipt { size: 3, index: 1, hashes: tree.inclusion_proof(1), claims };
        attach(&entry, &[receipt.sign(tree.root(), &log()).unwrap()]).unwrap()
    }

    fn verify(bytes: &[u8]) -> Result<Transparent, StatementError> {
        Transparent::verify(bytes, &[issuer().verifier().clone()], &[log().verifier().clone()])
    }

    #[test]
    fn a_statement_with_its_receipt_holds_and_gives_its_entry() {
        let bytes = transparent("Model X 2.1");
        let found = verify(&bytes).unwrap();
        assert_eq!(found.statement, statement());
        assert_eq!((found.receipt.size, found.receipt.index), (3, 1));
        let entry = statement().sign(&issuer()).unwrap();
        assert_eq!(bare(&bytes).unwrap(), entry);
        assert!(is_statement(&entry) && is_statement(&bytes) && !is_statement(b"\xd2\x84"));
    }

    #[test]
    fn what_does_not_belong_together_is_refused_with_the_reason() {
        let entry = statement().sign(&issuer()).unwrap();
        let (ours, others) = (issuer().verifier().clone(), log().verifier().clone());
        let good = transparent("Model X 2.1");
        let stranger = Signer::from_seed("example.org/other", [9; 32]).unwrap();
        let reasons = [
            verify(&entry),
            verify(&transparent("Model Y")),
            Transparent::verify(&good, slice::from_ref(&others), slice::from_ref(&others)),
            Transparent::verify(&good, &[ours], &[stranger.verifier().clone()]),
            verify(b"\xd2"),
        ]
        .map(|result| result.unwrap_err().to_string());
        insta::assert_snapshot!(reasons.join("\n"), @r"
        the statement has no receipt of a trusted log
        the receipt was given by another log, or for another subject, than its key and the statement say
        the statement is signed by none of the given keys (it names key b89dae66)
        the statement has no receipt of a trusted log
        not a signed statement about a document: no COSE_Sign1
        ");
        let empty = Statement { content_type: String::new(), ..statement() };
        assert_eq!(empty.sign(&issuer()), Err(StatementError::Text));
    }

    #[test]
    fn a_receipt_of_another_log_is_left_aside() {
        let good = transparent("Model X 2.1");
        let receipt = Parts::read(&good).unwrap().receipts[0].to_vec();
        let both = attach(&good, &[vec![0xd2, 0x84], receipt]).unwrap();
        assert!(verify(&both).is_ok());
    }

    #[test]
    fn one_byte_changed_anywhere_is_refused() {
        let good = transparent("Model X 2.1");
        // The tree's size is not under the signature: it can be one with the same way to the same root.
        let size = good.windows(4).position(|w| w == [0x83, 3, 1, 0x82]).unwrap() + 1;
        for at in 0..good.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = good.clone();
                changed[at] ^= flip;
                let found = verify(&changed);
                assert!(found.is_err() || at == size, "byte {at}");
            }
            assert!(verify(&good[..at]).is_err());
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), at: prop::sample::Index, flip: u8) {
            let _ = verify(&bytes);
            let mut changed = transparent("Model X 2.1");
            let at = at.index(changed.len());
            changed[at] = flip;
            let _ = verify(&changed);
        }
    }
}
