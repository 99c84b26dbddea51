//! A finished scan as evidence: its record, the tables it names, checked against their hashes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::document::EvidenceFile;

/// Why a folder is no evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// A file cannot be read or written.
    #[error("{path}: {action}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// The record cannot be read.
    #[error("{path}: this is no record of a finished scan: {reason}")]
    Record {
        /// `run.json`.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file is not the one that the record names.
    #[error("{path}: its bytes are not those that {by} names; scan or measure again")]
    Changed {
        /// The file.
        path: PathBuf,
        /// The record.
        by: &'static str,
    },
    /// A table cannot be read.
    #[error(transparent)]
    Table(#[from] placet_corpus::CorpusError),
    /// A table has not the columns it should have.
    #[error("{path}: row {row} does not fit: {reason}")]
    Row {
        /// The table.
        path: PathBuf,
        /// The row, from 1.
        row: u64,
        /// What is wrong.
        reason: &'static str,
    },
}

impl EvidenceError {
    pub(super) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> EvidenceError {
        let path = path.to_owned();
        move |cause| EvidenceError::Io { path, action, cause }
    }
}

/// A finished scan.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its folder.
    pub folder: PathBuf,
    /// The name of that folder.
    pub name: String,
    /// What its record says.
    pub record: Record,
}

/// What is read of `run.json` (`docs/formats/run.md`).
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    /// `placet.run/1`.
    pub schema: String,
    /// The day as of which rights were read.
    pub as_of: String,
    /// The rules.
    pub profile: Profile,
    /// The uses that were asked about.
    pub uses: Vec<String>,
    /// How the corpus was read.
    pub read: Read,
    /// The packs.
    pub packs: Vec<Pack>,
    /// The files of the corpus.
    pub inputs: Vec<Input>,
    /// What was counted.
    pub counts: Counts,
    /// The files that were written.
    pub outputs: BTreeMap<String, Output>,
}

/// The rules of a run.
#[derive(Clone, Debug, Deserialize)]
pub struct Profile {
    /// Their name.
    pub name: String,
    /// Their version.
    pub version: u32,
}

/// How a corpus was read.
#[derive(Clone, Debug, Deserialize)]
pub struct Read {
    /// Fields that hold the text.
    pub text_fields: Vec<String>,
    /// Field that holds the id.
    pub id_field: Option<String>,
    /// Field that holds the address.
    pub url_field: Option<String>,
    /// The largest item.
    pub item_bytes_max: u64,
}

/// A pack of a run.
#[derive(Clone, Debug, Deserialize)]
pub struct Pack {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who issued it.
    pub issuer: String,
    /// Works in it.
    pub works: u64,
}

/// A file of a corpus.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// Its name below the corpus.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub blake3: Option<String>,
}

/// What was counted.
#[derive(Clone, Debug, Deserialize)]
pub struct Counts {
    /// Items.
    pub items: u64,
    /// Items by `use/verdict/ground`.
    pub decisions: BTreeMap<String, u64>,
    /// Items kept as they were.
    pub kept: u64,
    /// Items kept without what matched.
    pub redacted: u64,
}

/// A file that a run wrote.
#[derive(Clone, Debug, Deserialize)]
pub struct Output {
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub blake3: String,
}

impl Run {
    /// Opens a folder that a scan has finished.
    pub fn open(folder: &Path) -> Result<Run, EvidenceError> {
        let path = folder.join("run.json");
        let bytes = std::fs::read(&path)
            .map_err(EvidenceError::io(&path, "cannot be read; is this the folder of a finished scan?"))?;
        let record: Record = serde_json::from_slice(&bytes)
            .map_err(|error| EvidenceError::Record { path: path.clone(), reason: error.to_string() })?;
        if record.schema != "placet.run/1" {
            let reason = format!("its schema is `{}`", record.schema);
            return Err(EvidenceError::Record { path, reason });
        }
        let name = folder
            .canonicalize()
            .ok()
            .and_then(|folder| folder.file_name().map(|name| name.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "run".to_owned());
        Ok(Run { folder: folder.to_owned(), name, record })
    }

    /// One of its files, after its bytes were compared with what the record says.
    pub fn evidence(&self, file: &str) -> Result<EvidenceFile, EvidenceError> {
        let path = self.folder.join(file);
        let found = digest(&path)?;
        match self.record.outputs.get(file) {
            Some(said) if said.blake3 == found.0 => {}
            None if file == "run.json" || file == super::measures::FILE => {}
            _ => return Err(EvidenceError::Changed { path, by: "run.json" }),
        }
        Ok(EvidenceFile { name: format!("{}/{file}", self.name), blake3: found.0, bytes: found.1 })
    }
}

/// BLAKE3 and size of a file.
pub fn digest(path: &Path) -> Result<(String, u64), EvidenceError> {
    let mut file = File::open(path).map_err(EvidenceError::io(path, "cannot be opened"))?;
    let mut hash = blake3::Hasher::new();
    let bytes = io::copy(&mut file, &mut hash).map_err(EvidenceError::io(path, "cannot be read"))?;
    Ok((hash.finalize().to_hex().to_string(), bytes))
}
