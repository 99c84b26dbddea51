//! The hard binding: the hash that ties a claim to the file's own bytes.

use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::jumbf::Node;
use super::{Part, Signature, Unverifiable, bytes_of, content_of};

/// Most stretches that a hash may leave out.
const EXCLUSIONS_MAX: usize = 1_000;
/// What containers put around the pieces of a store: heads of segments and chunks, padding.
const AROUND_BYTES_MAX: usize = 4 * 1024;

/// A file that holds a manifest store.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// Its bytes.
    pub file: &'a [u8],
    /// How many of them are the store's.
    pub store_bytes: usize,
}

/// Whether the file is the one that the manifest was made for.
pub(super) fn of_file(assertions: &Node<'_>, general: &str, holder: Holder<'_>) -> Signature {
    let mut bindings = assertions.children.iter().filter(|a| a.label.starts_with("c2pa.hash."));
    let (Some(binding), None) = (bindings.next(), bindings.next()) else {
        return Signature::NotVerifiable(Unverifiable::Binding);
    };
    if binding.label != "c2pa.hash.data" {
        return Signature::NotVerifiable(Unverifiable::Binding);
    }
    let broken = Signature::Broken(Part::File);
    let Some(content) = content_of(binding) else { return broken };
    let Some(wanted) = content.get("hash").and_then(bytes_of) else { return broken };
    let mut left_out: Vec<(usize, usize)> = Vec::new();
    for stretch in content.get("exclusions").and_then(Value::as_array).into_iter().flatten() {
        let number = |key: &str| usize::try_from(stretch.get(key)?.as_u64()?).ok();
        let (Some(start), Some(length)) = (number("start"), number("length")) else { return broken };
        left_out.push((start, length));
    }
    if left_out.len() > EXCLUSIONS_MAX {
        return Signature::NotVerifiable(Unverifiable::Exclusions);
    }
    left_out.sort_unstable();
    let total: usize = left_out.iter().map(|(_, length)| *length).fold(0, usize::saturating_add);
    // Heads of segments take some twenty octets each 64 KiB. Whoever leaves out more leaves out what the file shows.
    if total > holder.store_bytes + holder.store_bytes / 1_000 + AROUND_BYTES_MAX {
        return Signature::NotVerifiable(Unverifiable::Exclusions);
    }
    let mut pieces = Vec::with_capacity(left_out.len() + 1);
    let mut at = 0;
    for (start, length) in left_out {
        let Some(piece) = holder.file.get(at..start) else { return broken };
        pieces.push(piece);
        at = start.saturating_add(length);
    }
    let Some(last) = holder.file.get(at..) else { return broken };
    pieces.push(last);
    let algorithm = content.get("alg").and_then(Value::as_str).unwrap_or(general);
    match digest(algorithm, &pieces) {
        None => Signature::NotVerifiable(Unverifiable::Algorithm),
        Some(found) if found == wanted => Signature::Valid,
        Some(_) => broken,
    }
}

/// The digest of pieces one after the other; absent where the algorithm is not known.
pub(super) fn digest(algorithm: &str, pieces: &[&[u8]]) -> Option<Vec<u8>> {
    fn over<D: Digest>(pieces: &[&[u8]]) -> Vec<u8> {
        let mut digest = D::new();
        for piece in pieces {
            digest.update(piece);
        }
        digest.finalize().as_slice().to_vec()
    }
    Some(match algorithm {
        "sha256" => over::<Sha256>(pieces),
        "sha384" => over::<Sha384>(pieces),
        "sha512" => over::<Sha512>(pieces),
        _ => return None,
    })
}
