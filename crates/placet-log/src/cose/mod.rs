//! COSE (RFC 9052) over the same tree, for readers that speak it: receipts that an entry is in the log (RFC 9942), and
//! signed statements of SCITT (RFC 9943) with such a receipt attached.
//!
//! All of it is signed with Ed25519 keys of the kind that signs notes; `kid` is the note key's id.

mod items;
mod receipt;
mod statement;

pub use receipt::{Claims, RECEIPT_BYTES_MAX, Receipt, ReceiptError};
pub use statement::{
    STATEMENT_BYTES_MAX, Statement, StatementError, Transparent, attach, bare, is_statement,
};

use items::Cbor;

const ALG: u64 = 1;
const EDDSA: i64 = -8;
const KID: u64 = 4;
const CWT_CLAIMS: u64 = 15;
const ISSUER: u64 = 1;
const SUBJECT: u64 = 2;

/// What a COSE signature covers (RFC 9052 section 4.4), with no external data.
fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut signed = Cbor::default();
    signed.head(4, 4).text("Signature1").bytes(protected).bytes(&[]).bytes(payload);
    signed.0
}
