//! The text of a file: read, extracted, cut, fingerprinted by content code and kept.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::extract::{self, FILE_BYTES_MAX};
use crate::texts::TextRecord;
use crate::{RegistryError, content_code, gutenberg, texts};

/// Files read before, by [`key`].
pub(crate) type Known = HashMap<String, TextRecord>;

/// A file that was read.
pub(crate) struct Media {
    pub(crate) key: String,
    pub(crate) record: TextRecord,
    /// Whether it was not known before.
    pub(crate) fresh: bool,
}

/// Why there is no text: for the row's sake, or for the whole registry's.
pub(crate) enum MediaError {
    Row(String),
    Registry(RegistryError),
}

/// Reads a file. One that was read before, wherever it lay, is not read twice.
pub(crate) fn load(home: &Path, path: &Path, known: &Known) -> Result<Media, MediaError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = read(path).map_err(|error| MediaError::Row(format!("{}: {error}", path.display())))?;
    let file_hash = blake3::hash(&bytes).to_hex().to_string();
    let key = key(&name, &file_hash);
    if let Some(record) = known.get(&key) {
        return Ok(Media { key, record: record.clone(), fresh: false });
    }
    let extracted = extract::extract(&name, &bytes)
        .map_err(|error| MediaError::Row(format!("{}: {error}", path.display())))?;
    let (body, cuts) = gutenberg::body(&extracted.text);
    let own = extracted.text.get(body.clone()).unwrap_or_default();
    let record = TextRecord {
        hash: blake3::hash(extracted.text.as_bytes()).to_hex().to_string(),
        file_hash,
        format: extracted.format.to_owned(),
        chars: extracted.text.chars().count() as u64,
        letters: own.chars().filter(|c| c.is_alphanumeric()).count() as u64,
        units: content_code::units(own, &bytes),
        body,
        cuts,
        title: extracted.title,
    };
    texts::keep(home, &record.hash, &extracted.text).map_err(MediaError::Registry)?;
    Ok(Media { key, record, fresh: true })
}

/// What a file is known by: its content, how its name says to read it, and the version of the reading.
fn key(name: &str, file_hash: &str) -> String {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    format!("{file_hash}.{extension}.{READING}")
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    // Opening a pipe would wait for its writer, so what it is comes first.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::with_capacity(metadata.len().min(FILE_BYTES_MAX) as usize);
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Raised when the same file would be read differently, so that registering again reads it anew.
const READING: u32 = 1;
