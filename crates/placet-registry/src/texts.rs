//! Texts of works: kept whole under their hash, so that building a pack never depends on a file that moved.

use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::RegistryError;
use crate::content_code::ContentUnits;
use crate::gutenberg::Cut;

/// What the registry knows about the text of a work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRecord {
    /// BLAKE3 of the extracted text, in hex; its name in the store.
    pub hash: String,
    /// BLAKE3 of the file that it was read from, in hex.
    pub file_hash: String,
    /// How the file was read: `text`, `html`, `epub`, `docx`, `odt`, `pdf`.
    pub format: String,
    /// Length of the whole text in characters.
    pub chars: u64,
    /// Bytes of the text that are the work's own.
    pub body: Range<usize>,
    /// Letters and digits of the body.
    pub letters: u64,
    /// What around the body is no part of the work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<Cut>,
    /// Title that the file states about itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Units of the content code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<ContentUnits>,
}

/// The text of a work, whole, and which part of it is the work's own.
///
/// Places in matches count characters of the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkText {
    /// The text as extracted from the file.
    pub text: String,
    /// Byte range of the work's own text, on character boundaries.
    pub body: Range<usize>,
}

impl WorkText {
    /// The work's own text.
    pub fn own(&self) -> &str {
        self.text.get(self.body.clone()).unwrap_or_default()
    }
}

/// Keeps a text under its hash; a text that is there already is left as it is.
pub(crate) fn keep(home: &Path, hash: &str, text: &str) -> Result<(), RegistryError> {
    let path = place(home, hash);
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(home);
    std::fs::create_dir_all(folder).map_err(|error| RegistryError::write(folder, error))?;
    let write = || -> std::io::Result<()> {
        let packed = zstd::bulk::compress(text.as_bytes(), LEVEL)?;
        // Written beside and renamed, so that under its name there is the whole text or nothing.
        let beside = path.with_extension(format!("{:?}.part", std::thread::current().id()));
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(&packed)?;
        file.sync_data()?;
        std::fs::rename(&beside, &path)
    };
    write().map_err(|error| RegistryError::write(&path, error))
}

/// Reads a text back and checks it against its hash.
pub(crate) fn read(home: &Path, record: &TextRecord) -> Result<WorkText, RegistryError> {
    let path = place(home, &record.hash);
    let packed = std::fs::read(&path).map_err(|error| RegistryError::read(&path, error))?;
    let damaged = |what: &str| RegistryError::Damaged { path: path.clone(), what: what.to_owned() };
    let bytes = zstd::bulk::decompress(&packed, crate::extract::TEXT_BYTES_MAX)
        .map_err(|_| damaged("it does not unpack"))?;
    if blake3::hash(&bytes).to_hex().as_str() != record.hash {
        return Err(damaged("its content does not have the hash that is its name"));
    }
    let text = String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8"))?;
    if text.get(record.body.clone()).is_none() {
        return Err(damaged("the body lies outside of it"));
    }
    Ok(WorkText { text, body: record.body.clone() })
}

fn place(home: &Path, hash: &str) -> PathBuf {
    home.join("texts").join(hash.get(..2).unwrap_or("xx")).join(format!("{hash}.zst"))
}

const LEVEL: i32 = 3;
