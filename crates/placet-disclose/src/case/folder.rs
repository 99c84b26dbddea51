//! The folder of a case.
//!
//! ```text
//! 17/
//!   0001-request-5b1c33f2.json       a document: number, kind, first eight digits of its hash
//!   0001-request-5b1c33f2.json.sig   the signature of its author
//!   files/<sha256>                   what documents refer to
//!   papers/                          letters as text, made from the documents; not checked
//! ```
//!
//! A document names the hashes of all that nothing had followed yet. So two sides that write at the same time make no
//! conflict: the next document follows both. Taking a document out of the middle breaks the chain; taking the last
//! one away cannot be seen from the folder alone, only by who holds a copy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use placet_core::note::{self, NoteError, Signer, Verifier};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::document::{Attachment, Author, Body, Document, SCHEMA, Side};

/// Most bytes of a document.
pub const DOCUMENT_BYTES_MAX: u64 = 16 << 20;
/// Most documents of a case.
pub const DOCUMENTS_MAX: usize = 10_000;
/// Most bytes of a file that is kept in the folder; a larger one is named by its hash.
pub const FILE_BYTES_MAX: u64 = 64 << 20;

/// Why a case could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// A file that could not be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that could not be written.
    #[error("cannot write {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is no document of a case.
    #[error("{path} is no document of a case: {what}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A folder without documents.
    #[error("{0} holds no documents of a case")]
    Empty(PathBuf),
    /// More than is read.
    #[error("{0} holds more than {DOCUMENTS_MAX} documents")]
    Many(PathBuf),
    /// The key of the party cannot sign.
    #[error("the key cannot sign")]
    Key(#[from] NoteError),
    /// A folder whose documents do not hold together. Nothing is added to it.
    #[error("{path} does not verify: {fault}")]
    Broken {
        /// Which folder.
        path: PathBuf,
        /// The first fault.
        fault: String,
    },
}

/// A document as it lies in the folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Name of its file.
    pub file: String,
    /// SHA-256 of its bytes in lower-case hexadecimal.
    pub sha256: String,
    /// What it says.
    pub document: Document,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Name of the file.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Every document that could be read, in the order of their numbers and times.
    pub documents: Vec<Stored>,
    /// What does not hold; empty where all does.
    pub faults: Vec<Fault>,
    /// The keys that signed, each with the name that it goes by and its side.
    pub keys: BTreeMap<String, (String, Side)>,
}

/// The folder of a case.
#[derive(Clone, Debug)]
pub struct CaseFolder {
    path: PathBuf,
}

impl CaseFolder {
    /// The folder, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> CaseFolder {
        CaseFolder { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads and checks every document, signature and file.
    pub fn check(&self) -> Result<Checked, CaseError> {
        let mut checked = Checked { documents: Vec::new(), faults: Vec::new(), keys: BTreeMap::new() };
        for file in self.names()? {
            match self.read(&file) {
                Ok(stored) => checked.documents.push(stored),
                Err(CaseError::Malformed { what, .. }) => checked.faults.push(Fault { file, what }),
                Err(error) => return Err(error),
            }
        }
        if checked.documents.is_empty() && checked.faults.is_empty() {
            return Err(CaseError::Empty(self.path.clone()));
        }
        checked.documents.sort_by(|a, b| {
            (a.document.number, a.document.at, &a.sha256).cmp(&(b.document.number, b.document.at, &b.sha256))
        });
        let Checked { documents, faults, keys } = &mut checked;
        let by_hash: BTreeMap<&str, &Stored> = documents.iter().map(|s| (s.sha256.as_str(), s)).collect();
        for stored in &*documents {
            let mut fault = |what: String| faults.push(Fault { file: stored.file.clone(), what });
            let Stored { sha256, document, .. } = stored;
            if !stored.file.ends_with(&format!("-{}.json", sha256.get(..8).unwrap_or_default())) {
                fault("it was changed: its bytes do not have the hash that its name begins with".to_owned());
            }
            match self.signed(stored) {
                Ok(()) => {
                    keys.insert(document.by.key.clone(), (document.by.name.clone(), document.by.side));
                }
                Err(what) => fault(what),
            }
            let mut highest = 0;
            for previous in &document.previous {
                match by_hash.get(previous.as_str()) {
                    Some(before) => {
                        highest = highest.max(before.document.number);
                        if before.document.at > document.at {
                            fault(format!("it is dated before {}, which it follows", before.file));
                        }
                    }
                    None => fault(format!(
                        "it follows a document with the hash {previous}, which was changed or is missing"
                    )),
                }
            }
            if document.previous.is_empty() && document.number != 1 {
                fault("it follows no document and is not the first".to_owned());
            } else if highest > 0 && document.number != highest + 1 {
                fault(format!("its number is {}, not {}", document.number, highest + 1));
            }
            if let Some(about) = document.body.about()
                && !by_hash.contains_key(about)
            {
                fault(format!("it speaks about a document with the hash {about}, which is not there"));
            }
            for attachment in document.body.attachments() {
                if let Err(what) = self.holds(attachment) {
                    fault(what);
                }
            }
        }
        let first: Vec<&Stored> = documents.iter().filter(|s| s.document.previous.is_empty()).collect();
        for other in first.iter().skip(1) {
            faults.push(Fault {
                file: other.file.clone(),
                what: "it begins a case of its own: two cases are mixed in this folder".to_owned(),
            });
        }
        Ok(checked)
    }

    /// The documents of a folder that holds together.
    pub fn documents(&self) -> Result<Vec<Stored>, CaseError> {
        let checked = self.check()?;
        match checked.faults.into_iter().next() {
            None => Ok(checked.documents),
            Some(Fault { file, what }) => {
                Err(CaseError::Broken { path: self.path.clone(), fault: format!("{file}: {what}") })
            }
        }
    }

    /// Writes a document behind all that are there, signed.
    pub fn append(
        &self,
        by: Author,
        at: Timestamp,
        body: Body,
        signer: &Signer,
    ) -> Result<Stored, CaseError> {
        let before = match self.documents() {
            Ok(documents) => documents,
            Err(CaseError::Empty(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        let followed: BTreeSet<&str> =
            before.iter().flat_map(|s| s.document.previous.iter().map(String::as_str)).collect();
        let previous: Vec<String> = before
            .iter()
            .map(|s| s.sha256.clone())
            .filter(|hash| !followed.contains(hash.as_str()))
            .collect();
        let number = before.iter().map(|s| s.document.number).max().unwrap_or(0) + 1;
        // Nothing is written as if it came before what it answers.
        let at = before.iter().map(|s| s.document.at).max().map_or(at, |last| last.max(at));
        let document =
            Document { schema: SCHEMA.to_owned(), number, previous, at, by, not_exhaustive: true, body };
        let mut bytes = serde_json::to_vec_pretty(&document)
            .map_err(|error| CaseError::Malformed { path: self.path.clone(), what: error.to_string() })?;
        bytes.push(b'\n');
        if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
            let what = format!("it would be longer than {DOCUMENT_BYTES_MAX} bytes");
            return Err(CaseError::Malformed { path: self.path.clone(), what });
        }
        let sha256 = sha256(&bytes);
        let file = file_name(&document, &sha256);
        let signed = note::sign(&signed_text(&sha256), &[signer])?;
        create(&self.path.join(format!("{file}.sig")), signed.as_bytes())?;
        create(&self.path.join(&file), &bytes)?;
        Ok(Stored { file, sha256, document })
    }

    /// Takes a file into the folder under its hash; one that is too large is only named.
    pub fn keep(&self, path: &Path) -> Result<Attachment, CaseError> {
        let read = |source| CaseError::Read { path: path.to_owned(), source };
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = fs::metadata(path).map_err(read)?.len();
        if bytes <= FILE_BYTES_MAX {
            return self.keep_bytes(&name, &fs::read(path).map_err(read)?);
        }
        let (sha256, bytes) = Hashing::new(File::open(path).map_err(read)?).finish().map_err(read)?;
        Ok(Attachment { name, sha256, bytes, held: false })
    }

    /// Takes bytes into the folder under their hash.
    pub fn keep_bytes(&self, name: &str, bytes: &[u8]) -> Result<Attachment, CaseError> {
        let sha256 = sha256(bytes);
        let path = self.path.join("files").join(&sha256);
        if !path.exists() {
            create(&path, bytes)?;
        }
        Ok(Attachment { name: name.to_owned(), sha256, bytes: bytes.len() as u64, held: true })
    }

    /// Takes over what another copy of the same case holds and this one does not. Nothing is replaced.
    pub fn receive(&self, from: &CaseFolder) -> Result<Vec<String>, CaseError> {
        let theirs = from.documents()?;
        let mine = match self.documents() {
            Ok(documents) => documents,
            Err(CaseError::Empty(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        if let (Some(a), Some(b)) = (mine.first(), theirs.first())
            && a.sha256 != b.sha256
        {
            let fault = format!("it begins with {}, this case with {}", b.file, a.file);
            return Err(CaseError::Broken { path: from.path.clone(), fault });
        }
        let mut taken = Vec::new();
        for stored in theirs.iter().filter(|s| mine.iter().all(|m| m.sha256 != s.sha256)) {
            for attachment in stored.document.body.attachments().into_iter().filter(|a| a.held) {
                self.copy(from, &format!("files/{}", attachment.sha256))?;
            }
            self.copy(from, &format!("{}.sig", stored.file))?;
            self.copy(from, &stored.file)?;
            taken.push(stored.file.clone());
        }
        Ok(taken)
    }

    fn copy(&self, from: &CaseFolder, name: &str) -> Result<(), CaseError> {
        let (source, target) = (from.path.join(name), self.path.join(name));
        if target.exists() {
            return Ok(());
        }
        create(&target, &fs::read(&source).map_err(|error| CaseError::Read { path: source, source: error })?)
    }

    /// The bytes of a file of the case.
    pub fn file(&self, attachment: &Attachment) -> Result<Vec<u8>, CaseError> {
        let path = self.path.join("files").join(&attachment.sha256);
        let malformed = |what| CaseError::Malformed { path: path.clone(), what };
        if !is_hash(&attachment.sha256) {
            return Err(malformed("its hash is none".to_owned()));
        }
        let bytes = read_at_most(&path, FILE_BYTES_MAX)?;
        if sha256(&bytes) == attachment.sha256 {
            Ok(bytes)
        } else {
            Err(malformed("it was changed: its bytes do not have the hash that is its name".to_owned()))
        }
    }

    fn names(&self) -> Result<Vec<String>, CaseError> {
        let read = |source| CaseError::Read { path: self.path.clone(), source };
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CaseError::Empty(self.path.clone()));
            }
            Err(error) => return Err(read(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
            // Names are made in lower case; another spelling is another file.
            let is_document =
                name.strip_suffix(".json").is_some() && name.bytes().take(4).all(|b| b.is_ascii_digit());
            if is_document {
                if names.len() >= DOCUMENTS_MAX {
                    return Err(CaseError::Many(self.path.clone()));
                }
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, file: &str) -> Result<Stored, CaseError> {
        let path = self.path.join(file);
        let bytes = read_at_most(&path, DOCUMENT_BYTES_MAX)?;
        let document: Document = serde_json::from_slice(&bytes)
            .map_err(|error| CaseError::Malformed { path: path.clone(), what: error.to_string() })?;
        if document.schema != SCHEMA {
            let what = format!("its schema is `{}`, this version reads {SCHEMA}", document.schema);
            return Err(CaseError::Malformed { path, what });
        }
        Ok(Stored { file: file.to_owned(), sha256: sha256(&bytes), document })
    }

    fn signed(&self, stored: &Stored) -> Result<(), String> {
        let key: Verifier = stored
            .document
            .by
            .key
            .parse()
            .map_err(|error: NoteError| format!("its author's key: {error}"))?;
        let signature =
            read_at_most(&self.path.join(format!("{}.sig", stored.file)), note::MAX_NOTE_BYTES as u64)
                .map_err(|_| "its signature is missing".to_owned())?;
        let opened = note::open(&signature, &[key])
            .map_err(|error| format!("its signature does not hold: {error}"))?;
        if opened.text == signed_text(&stored.sha256) {
            Ok(())
        } else {
            Err("it was changed: its signature is for another content".to_owned())
        }
    }

    fn holds(&self, attachment: &Attachment) -> Result<(), String> {
        if !attachment.held {
            return Ok(());
        }
        match self.file(attachment) {
            Ok(bytes) if bytes.len() as u64 == attachment.bytes => Ok(()),
            Ok(_) => Err(format!("the length of its file {} is not the one it states", attachment.name)),
            Err(CaseError::Read { .. }) => {
                Err(format!("its file {} (files/{}) is missing", attachment.name, attachment.sha256))
            }
            Err(_) => Err(format!("its file {} (files/{}) was changed", attachment.name, attachment.sha256)),
        }
    }
}

/// What a signature of a document signs.
pub fn signed_text(sha256: &str) -> String {
    format!("{SCHEMA}\n{sha256}\n")
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A reader that hashes what passes through it.
pub struct Hashing<R> {
    from: R,
    hasher: Sha256,
    length: u64,
}

impl<R: io::Read> Hashing<R> {
    /// Around a reader.
    pub fn new(from: R) -> Self {
        Hashing { from, hasher: Sha256::new(), length: 0 }
    }

    /// Reads what is left, and gives SHA-256 and length of the whole.
    pub fn finish(mut self) -> io::Result<(String, u64)> {
        io::copy(&mut self, &mut io::sink())?;
        Ok((hex(&self.hasher.finalize()), self.length))
    }
}

impl<R: io::Read> io::Read for Hashing<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.hasher.update(to.get(..read).unwrap_or_default());
        self.length += read as u64;
        Ok(read)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn file_name(document: &Document, sha256: &str) -> String {
    let short = sha256.get(..8).unwrap_or(sha256);
    format!("{:04}-{}-{short}.json", document.number, document.body.kind())
}

fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, CaseError> {
    let read = |source| CaseError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(read)?.take(most + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() as u64 > most {
        let what = format!("it is longer than {most} bytes");
        return Err(CaseError::Malformed { path: path.to_owned(), what });
    }
    Ok(bytes)
}

/// Writes a file that must not be there yet, whole or not at all.
fn create(path: &Path, bytes: &[u8]) -> Result<(), CaseError> {
    let write = |source| CaseError::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(write)?;
    }
    let beside = path.with_extension("part");
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(write)?;
    // A name that is taken stays: a document is never written over.
    let claimed = OpenOptions::new().write(true).create_new(true).open(path);
    claimed.and_then(|_| fs::rename(&beside, path)).map_err(write)
}
