//! What a settlement reads, and the folder it leaves.

mod claims;
mod committed;
mod folder;
mod input;
mod lines;
mod uses;

pub(crate) use claims::{canonical, claims, party};
pub(crate) use committed::{Committed, commit, committed};
pub(crate) use folder::{Folder, RECORD, Sources, Written, write};
pub(crate) use input::{Licence, closes, period, text, value};
pub(crate) use uses::{Counting, Found, Source, each, source};

/// BLAKE3 of a file, in hexadecimal.
pub(crate) fn hash(path: &std::path::Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}
