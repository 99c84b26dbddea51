//! What can go wrong with a registry as a whole. What is wrong with one row is an [`crate::Aside`].

use std::io;
use std::path::{Path, PathBuf};

/// Why the registry did not do what was asked. Nothing of the step that failed was kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// There is none.
    #[error("there is no registry in {}", home.display())]
    Missing {
        /// Where one was looked for.
        home: PathBuf,
    },
    /// There is one already.
    #[error("{} already holds a registry", home.display())]
    Exists {
        /// Where.
        home: PathBuf,
    },
    /// The file is something else, or was damaged.
    #[error("{} is no registry, or it was damaged: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A newer version of Placet wrote it.
    #[error("{} has schema {found}, this version of Placet knows {known}", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// Another process holds it.
    #[error("{} is in use by another process", path.display())]
    Locked {
        /// Which file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("there is no room left to write {}", path.display())]
    Full {
        /// Which file.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database refused.
    #[error("the database {} refused", path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The address of a database that is none.
    #[error("the address of the database cannot be used: {what}")]
    Address {
        /// What is wrong with it.
        what: String,
    },
    /// A database that is not there, does not let us in, or went away.
    #[error("the database {} cannot be used: {what}", path.display())]
    Unreachable {
        /// Its address, without the password.
        path: PathBuf,
        /// What it said, or why it did not answer.
        what: String,
    },
    /// A file cannot be read as a table.
    #[error("{} is no table: {what}", path.display())]
    Table {
        /// Which file.
        path: PathBuf,
        /// What stands against it.
        what: String,
    },
    /// A table cannot be understood as a catalogue.
    #[error("{} is no catalogue: {what}", path.display())]
    Catalogue {
        /// Which file.
        path: PathBuf,
        /// What is missing or wrong.
        what: String,
    },
    /// Works that are not registered.
    #[error("no work is registered as {}", ids.join(", "))]
    UnknownWorks {
        /// Their ids, the first few.
        ids: Vec<String>,
    },
    /// A reservation, a grant or an issuer that is not there.
    #[error("there is no {what} `{id}`")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// A key that is no key.
    #[error("`{key}` is no key of an issuer")]
    Key {
        /// The text.
        key: String,
        /// Why.
        #[source]
        source: placet_core::note::NoteError,
    },
}

impl RegistryError {
    /// What a person can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            RegistryError::Missing { .. } => "make one with `placet init`, or name its folder with --home",
            RegistryError::Exists { .. } => "use it as it is, or name another folder with --home",
            RegistryError::Damaged { .. } => "restore the file from a copy",
            RegistryError::Newer { .. } => "update Placet",
            RegistryError::Locked { .. } => "wait until the other command has ended, then run this one again",
            RegistryError::Full { .. } => {
                "free some space and run the same command again: whole rows are kept, nothing is doubled"
            }
            RegistryError::Address { .. } => {
                "write it as postgres://user:password@host:port/database, or a socket's folder as %2Frun%2Fpostgresql"
            }
            RegistryError::Unreachable { .. } => {
                "check address, password and that the server runs, then run the same command again: whole steps are kept"
            }
            RegistryError::Read { .. } => "check that the file exists and that you may read it",
            RegistryError::Write { .. } => "check the folder's permissions and the free space",
            RegistryError::Table { .. } => "save it as CSV in UTF-8 with a line of heads",
            RegistryError::Catalogue { .. } => {
                "name the columns with --map theirs=ours, for example --map Name=title"
            }
            RegistryError::UnknownWorks { .. } => "`placet works list` shows the ids",
            RegistryError::Key { .. } => {
                "a key reads name+hash+base64, as `placet init` printed it for its owner"
            }
            RegistryError::Unknown { .. } | RegistryError::Database { .. } => return None,
        })
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> RegistryError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => RegistryError::Full { path },
            _ => RegistryError::Write { path, source },
        }
    }

    pub(crate) fn read(path: &Path, source: io::Error) -> RegistryError {
        RegistryError::Read { path: path.to_owned(), source }
    }
}
