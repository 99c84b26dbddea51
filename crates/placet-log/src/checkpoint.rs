//! Checkpoints (C2SP tlog-checkpoint v1.0.0): the signed root of a log.

use std::fmt;
use std::str::FromStr;

use placet_core::note::{self, Note, NoteError, Verified, Verifier};

use crate::hash::Hash;

/// Why a checkpoint cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Text that is no checkpoint.
    #[error("not a checkpoint: {0}")]
    Malformed(&'static str),
    /// A note that is malformed, changed, or signed by nobody who is trusted.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The checkpoint of another log.
    #[error("a checkpoint of `{found}`, not of `{expected}`")]
    Origin {
        /// Origin in the checkpoint.
        found: String,
        /// Origin that was asked for.
        expected: String,
    },
}

/// How many entries a log has, and the root over them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// The log's name: its URL without scheme.
    pub origin: String,
    /// Entries in the log.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads a checkpoint's note and verifies it with keys of the log itself: a signature by a key whose name is the
    /// checkpoint's origin is needed. Cosignatures come back too where their keys are among the verifiers.
    pub fn open(
        bytes: &[u8],
        verifiers: &[Verifier],
    ) -> Result<(Checkpoint, Vec<Verified>), CheckpointError> {
        let note::Opened { text, verified } = note::open(bytes, verifiers)?;
        let checkpoint: Checkpoint = text.parse()?;
        let own = |v: &Verified| v.name == checkpoint.origin && v.algorithm == note::Algorithm::Ed25519;
        match verified.iter().find(|v| own(v)) {
            Some(_) => Ok((checkpoint, verified)),
            None => Err(CheckpointError::Origin {
                found: checkpoint.origin,
                expected: verified.into_iter().map(|v| v.name).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Reads a checkpoint's note without verifying anything.
    pub fn peek(bytes: &[u8]) -> Result<(Checkpoint, Note), CheckpointError> {
        let note = Note::parse(bytes)?;
        Ok((note.text().parse()?, note))
    }
}

impl fmt::Display for Checkpoint {
    /// The text that is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads the signed text. Extension lines after the third are allowed and ignored.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let lines = text.strip_suffix('\n').ok_or(malformed("no line break at the end"))?;
        let mut lines = lines.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(malformed("no origin"))?;
        let size = lines.next().and_then(decimal).ok_or(malformed("no size in decimal"))?;
        let root = lines.next().and_then(|line| line.parse().ok()).ok_or(malformed("no root in base64"))?;
        if lines.any(str::is_empty) {
            return Err(malformed("an empty extension line"));
        }
        if size == 0 && root != Hash::EMPTY {
            return Err(malformed("an empty log with a root of its own"));
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root })
    }
}

/// A decimal number as C2SP writes it: digits alone, no leading zero.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
