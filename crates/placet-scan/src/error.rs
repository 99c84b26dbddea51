//! Why a run ends without a result. Every message names what, where and what to do.

use std::io;
use std::path::{Path, PathBuf};

use placet_corpus::CorpusError;
use placet_match::PackError;

use crate::site_records::RecordError;

/// A failure that ends the run. What was committed before stays; the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The corpus holds nothing that can be scanned.
    #[error("nothing to scan in {}: {}", path.display(), .first.as_deref().unwrap_or("there are no files"))]
    Empty {
        /// The corpus.
        path: PathBuf,
        /// What was found instead, where something was.
        first: Option<String>,
    },
    /// The results would become part of the corpus.
    #[error("{} lies inside the corpus {}: the results would be scanned with the next run", out.display(), corpus.display())]
    Inside {
        /// The folder for the results.
        out: PathBuf,
        /// The corpus.
        corpus: PathBuf,
    },
    /// Another run works in the folder.
    #[error("another run works in {} ({owner})", out.display())]
    Locked {
        /// The folder.
        out: PathBuf,
        /// Who holds it, as far as that is known.
        owner: String,
    },
    /// The folder holds results of another question, or the corpus is no longer the same.
    #[error("{} holds another run: {what}", out.display())]
    Changed {
        /// The folder.
        out: PathBuf,
        /// What differs.
        what: String,
    },
    /// The folder is not empty and was not made by a run.
    #[error("{} is not empty and holds no run", out.display())]
    NotOurs {
        /// The folder.
        out: PathBuf,
    },
    /// An input changed under the run.
    #[error("{} changed while it was read", path.display())]
    Moving {
        /// The file.
        path: PathBuf,
    },
    /// The run was asked to stop.
    #[error("stopped; {committed} of {shards} shards are committed")]
    Stopped {
        /// Shards with a result.
        committed: usize,
        /// Shards in all.
        shards: usize,
    },
    /// Two attempts at one shard gave different results, or a committed result is damaged.
    #[error("shard {shard}: {what}")]
    Damaged {
        /// The shard.
        shard: String,
        /// What is wrong.
        what: String,
    },
    /// The operating system refused.
    #[error("{}: {action}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// A table or a cleared file cannot be written or read.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// A pack cannot be read.
    #[error(transparent)]
    Pack(#[from] PackError),
}

impl ScanError {
    /// Whether a disk without room is the cause.
    pub fn is_full(&self) -> bool {
        let cause = match self {
            ScanError::Io { cause, .. } | ScanError::Corpus(CorpusError::Io { cause, .. }) => cause.kind(),
            ScanError::Corpus(CorpusError::Table { reason, .. }) => {
                return reason.contains("No space left") || reason.contains("File too large");
            }
            _ => return false,
        };
        matches!(
            cause,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        )
    }
}

impl From<RecordError> for ScanError {
    fn from(error: RecordError) -> ScanError {
        ScanError::Io { path: error.path, action: "cannot be read", cause: error.cause }
    }
}

/// Turns an error of the operating system into ours: `fs::rename(a, b).or_io(b, "cannot be put in place")?`.
pub(crate) trait OrIo<T> {
    fn or_io(self, path: &Path, action: &'static str) -> Result<T, ScanError>;
}

impl<T> OrIo<T> for io::Result<T> {
    fn or_io(self, path: &Path, action: &'static str) -> Result<T, ScanError> {
        self.map_err(|cause| ScanError::Io { path: path.to_owned(), action, cause })
    }
}
