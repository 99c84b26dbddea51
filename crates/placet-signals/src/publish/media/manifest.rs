//! The terms as a signed manifest (CAWG Training and Data Mining) in a JPEG.

use placet_core::UseSet;
use sha2::{Digest as _, Sha256};

use super::MarkError;
use crate::c2pa::{self, Bound, Entry, Signer, USES};
use crate::publish::{Answer, Terms};

/// Most octets of a segment behind its marker, and what a segment with a piece of a box begins with: length, `JP`,
/// number of the box, number of the piece (ISO/IEC 19566-5, annex D).
const SEGMENT_BYTES_MAX: usize = 65_535;
const PIECE_HEAD_BYTES: usize = 10;
const BOX_HEAD_BYTES: usize = 8;

/// The entries that say the terms. A word is taken only where it refuses nothing that is granted and grants nothing
/// that is not.
pub(super) fn entries(terms: &Terms) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (category, uses, approximate) in USES {
        let mainly: UseSet = uses.iter().filter(|u| !approximate.contains(*u)).collect();
        let entry = |word, constraint| Entry { category, word, constraint };
        if mainly.iter().all(|u| terms.answer(u) == Answer::Offered) && !terms.grants_any(uses) {
            let contact = terms.contact.as_deref().unwrap_or("the rightsholder");
            entries.push(entry("constrained", Some(format!("Licences for AI uses: {contact}"))));
        } else if terms.refuses_all(mainly) && !terms.grants_any(uses) {
            entries.push(entry("notAllowed", None));
        } else if terms.grants_all(uses) {
            entries.push(entry("allowed", None));
        }
    }
    entries
}

/// A JPEG without a manifest, with one in its head.
pub(super) fn put(jpeg: &[u8], entries: &[Entry], signer: &Signer) -> Result<Vec<u8>, MarkError> {
    let start = super::jpeg::behind_head(jpeg)?;
    let (before, after) = jpeg.split_at_checked(start).ok_or(MarkError::Malformed)?;
    let hash = Sha256::digest(jpeg).into();
    let made = |length| c2pa::store(entries, "image/jpeg", Bound { start, length, hash }, signer);
    // The length of what is left out stands in what is left out; it takes as many octets whatever it is.
    let length = segments(&made(0)?).len();
    Ok([before, &segments(&made(length)?), after].concat())
}

/// A box in as many segments as it needs; each repeats the head of the box.
fn segments(store: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(store.len() + 64);
    let (head, mut rest) = store.split_at_checked(BOX_HEAD_BYTES).unwrap_or((store, &[]));
    let mut piece = 1_u32;
    while !rest.is_empty() {
        let room = SEGMENT_BYTES_MAX - PIECE_HEAD_BYTES - head.len();
        let (now, later) = rest.split_at(room.min(rest.len()));
        let len = (PIECE_HEAD_BYTES + head.len() + now.len()) as u16;
        out.extend_from_slice(&[0xFF, 0xEB]);
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(b"JP\x00\x01");
        out.extend_from_slice(&piece.to_be_bytes());
        out.extend_from_slice(head);
        out.extend_from_slice(now);
        rest = later;
        piece += 1;
    }
    out
}
