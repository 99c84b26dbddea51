//! Why a source cannot be opened or a cleared corpus or table cannot be written.

use std::path::PathBuf;

use crate::item::Aside;

/// A failure that ends the work on one file. Each carries the file, the place and a remedy.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// The operating system refused.
    #[error("{}: {action}: {cause} ({})", path.display(), remedy(cause))]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is not what its name says, or is damaged beyond reading.
    #[error("{0}")]
    Unreadable(Aside),
    /// A Parquet file could not be read or written.
    #[error("{}: {action}: {reason} ({remedy})", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the library said.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// An item was handed to a cleared corpus that it does not come from, or without its raw bytes.
    #[error("{}: item {ordinal} has no raw bytes for this corpus (read it with keep_raw)", path.display())]
    Foreign {
        /// The cleared file.
        path: PathBuf,
        /// The item's ordinal.
        ordinal: u64,
    },
}

fn remedy(cause: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match cause.kind() {
        ErrorKind::NotFound => {
            "check the path; a file that vanished during the run is picked up by a new run"
        }
        ErrorKind::PermissionDenied => "give this user the right to read it",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space and run the same command again",
        _ => "check the disk and run the same command again",
    }
}

impl CorpusError {
    pub(crate) fn io(path: &std::path::Path, action: &'static str, cause: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), action, cause }
    }

    /// The failure as an entry for `aside.jsonl`.
    pub fn to_aside(&self, source: &str) -> Aside {
        let (reason, remedy) = match self {
            Self::Io { action, cause, .. } => (format!("{action}: {cause}"), remedy(cause).to_owned()),
            Self::Unreadable(aside) => return aside.clone(),
            Self::Table { action, reason, remedy, .. } => {
                (format!("{action}: {reason}"), (*remedy).to_owned())
            }
            Self::Foreign { ordinal, .. } => {
                (format!("item {ordinal} has no raw bytes"), "read it with keep_raw".to_owned())
            }
        };
        Aside { source: source.to_owned(), place: "file".to_owned(), reason, remedy }
    }
}
