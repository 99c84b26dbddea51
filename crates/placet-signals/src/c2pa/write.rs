//! A manifest store that says one set of words (CAWG Training and Data Mining 1.1; C2PA 2.1, sections 10 to 13).
//!
//! It says that the file was opened and the words were added, and no more: nothing of who made the file and how.

use sha2::{Digest as _, Sha256};

use super::cbor::{put_array, put_bytes, put_fixed, put_map, put_text};
use super::signer::{Signer, SignerError};

/// What a claim's generator is called in manifests that are written here.
pub(crate) const GENERATOR: &str = "Placet";

/// Types of superboxes (ISO/IEC 19566-5; C2PA 2.1, section 11.1), each with the same ending.
const ENDING: [u8; 12] = [0x00, 0x11, 0x00, 0x10, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71];

/// An entry of the assertion: category, word, and what a constraint asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) category: &'static str,
    pub(crate) word: &'static str,
    pub(crate) constraint: Option<String>,
}

/// The bytes of a file that the store is bound to: all but a stretch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) start: usize,
    pub(crate) length: usize,
    /// SHA-256 of the rest.
    pub(crate) hash: [u8; 32],
}

/// A manifest store with one manifest. Its length does not depend on `bound`.
pub(crate) fn store(
    entries: &[Entry],
    format: &str,
    bound: Bound,
    signer: &Signer,
) -> Result<Vec<u8>, SignerError> {
    let mut words = Vec::new();
    put_map(&mut words, 1);
    put_text(&mut words, "entries");
    put_map(&mut words, entries.len());
    for entry in entries {
        put_text(&mut words, &format!("cawg.{}", entry.category));
        put_map(&mut words, 1 + usize::from(entry.constraint.is_some()));
        put_text(&mut words, "use");
        put_text(&mut words, entry.word);
        if let Some(constraint) = &entry.constraint {
            put_text(&mut words, "constraint_info");
            put_text(&mut words, constraint);
        }
    }
    let words = assertion("cawg.training-mining", &words);

    let mut parent = Vec::new();
    put_map(&mut parent, 2);
    put_text(&mut parent, "dc:format");
    put_text(&mut parent, format);
    put_text(&mut parent, "relationship");
    put_text(&mut parent, "parentOf");
    let parent = assertion("c2pa.ingredient.v3", &parent);

    let mut actions = Vec::new();
    put_map(&mut actions, 1);
    put_text(&mut actions, "actions");
    put_array(&mut actions, 1);
    put_map(&mut actions, 2);
    put_text(&mut actions, "action");
    put_text(&mut actions, "c2pa.opened");
    put_text(&mut actions, "parameters");
    put_map(&mut actions, 1);
    put_text(&mut actions, "ingredients");
    put_array(&mut actions, 1);
    put_reference(&mut actions, &parent);
    let actions = assertion("c2pa.actions.v2", &actions);

    let mut binding = Vec::new();
    put_map(&mut binding, 5);
    put_text(&mut binding, "exclusions");
    put_array(&mut binding, 1);
    put_map(&mut binding, 2);
    put_text(&mut binding, "start");
    put_fixed(&mut binding, bound.start as u32);
    put_text(&mut binding, "length");
    put_fixed(&mut binding, bound.length as u32);
    put_text(&mut binding, "name");
    put_text(&mut binding, "jumbf manifest");
    put_text(&mut binding, "alg");
    put_text(&mut binding, "sha256");
    put_text(&mut binding, "hash");
    put_bytes(&mut binding, &bound.hash);
    put_text(&mut binding, "pad");
    put_bytes(&mut binding, b"");
    let binding = assertion("c2pa.hash.data", &binding);

    // The same file and words get the same name: whoever publishes twice has said it once.
    let mut name = Sha256::new();
    name.update(bound.hash);
    name.update(&words.boxed);
    let id = uuid(name.finalize().as_slice());
    let label = format!("urn:c2pa:{id}");

    let mut claim = Vec::new();
    put_map(&mut claim, 5);
    put_text(&mut claim, "instanceID");
    put_text(&mut claim, &format!("xmp:iid:{id}"));
    put_text(&mut claim, "claim_generator_info");
    put_map(&mut claim, 2);
    put_text(&mut claim, "name");
    put_text(&mut claim, GENERATOR);
    put_text(&mut claim, "version");
    put_text(&mut claim, env!("CARGO_PKG_VERSION"));
    put_text(&mut claim, "signature");
    put_text(&mut claim, &format!("self#jumbf=/c2pa/{label}/c2pa.signature"));
    put_text(&mut claim, "created_assertions");
    let assertions = [&parent, &actions, &words, &binding];
    put_array(&mut claim, assertions.len());
    for made in assertions {
        put_reference(&mut claim, made);
    }
    put_text(&mut claim, "alg");
    put_text(&mut claim, "sha256");

    let signature = signer.sign(&claim)?;
    let all: Vec<u8> = assertions.iter().flat_map(|made| made.boxed.iter().copied()).collect();
    let inside = [
        superbox(*b"c2as", "c2pa.assertions", &all),
        superbox(*b"c2cl", "c2pa.claim.v2", &content(&claim)),
        superbox(*b"c2cs", "c2pa.signature", &content(&signature)),
    ];
    Ok(superbox(*b"c2pa", "c2pa", &superbox(*b"c2ma", &label, &inside.concat())))
}

/// An assertion as it lies in the store, and how it is named.
struct Made {
    label: &'static str,
    boxed: Vec<u8>,
    hash: [u8; 32],
}

fn assertion(label: &'static str, cbor: &[u8]) -> Made {
    let boxed = superbox(*b"cbor", label, &content(cbor));
    // Hashes are over what a superbox holds, without its own head.
    let hash = Sha256::digest(boxed.get(8..).unwrap_or_default()).into();
    Made { label, boxed, hash }
}

fn put_reference(out: &mut Vec<u8>, made: &Made) {
    put_map(out, 2);
    put_text(out, "url");
    put_text(out, &format!("self#jumbf=c2pa.assertions/{}", made.label));
    put_text(out, "hash");
    put_bytes(out, &made.hash);
}

fn superbox(kind: [u8; 4], label: &str, inside: &[u8]) -> Vec<u8> {
    // Type, toggles (it has a label and may be asked for by it), label.
    let description = [&kind[..], &ENDING, &[3], label.as_bytes(), &[0]].concat();
    plain(*b"jumb", &[plain(*b"jumd", &description), inside.to_vec()].concat())
}

fn content(cbor: &[u8]) -> Vec<u8> {
    plain(*b"cbor", cbor)
}

fn plain(kind: [u8; 4], inside: &[u8]) -> Vec<u8> {
    [&(inside.len() as u32 + 8).to_be_bytes()[..], &kind, inside].concat()
}

/// A UUID of a digest (RFC 9562, version 8).
fn uuid(digest: &[u8]) -> String {
    let mut out = String::with_capacity(36);
    for (i, byte) in digest.iter().take(16).enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        let byte = match i {
            6 => byte & 0x0F | 0x80,
            8 => byte & 0x3F | 0x80,
            _ => *byte,
        };
        out.push_str(&format!("{byte:02x}"));
    }
    out
}
