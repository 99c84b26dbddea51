//! Signatures of notes: a line as it is read, and what is known of one that holds.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{Algorithm, KeyId};
use super::{NoteError, check_name};

const SIGNATURE_PREFIX: &str = "— ";

/// One signature line, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Name of the key that claims to have signed.
    pub name: String,
    /// Id of that key.
    pub id: KeyId,
    /// What follows the key id: 64 bytes for Ed25519, 72 for a cosignature, anything for types not known here.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Signature {
    /// The line, without its line break.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [&self.id.0[..], &self.bytes].concat();
        write!(f, "{SIGNATURE_PREFIX}{} {}", self.name, STANDARD.encode(blob))
    }
}

impl FromStr for Signature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let malformed = NoteError::Malformed("a signature line reads `— name base64`");
        let rest = line.strip_prefix(SIGNATURE_PREFIX).ok_or(malformed.clone())?;
        let (name, blob) = rest.split_once(' ').ok_or(malformed.clone())?;
        check_name(name)
            .map_err(|_| NoteError::Malformed("a signature's name is empty or has a space or plus"))?;
        let blob = STANDARD.decode(blob).map_err(|_| malformed.clone())?;
        let (id, bytes) = blob.split_first_chunk::<4>().ok_or(malformed.clone())?;
        if bytes.is_empty() {
            return Err(malformed);
        }
        Ok(Signature { name: name.to_owned(), id: KeyId(*id), bytes: bytes.to_vec() })
    }
}

/// A signature that was verified.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Verified {
    /// Name of the key.
    pub name: String,
    /// Id of the key.
    pub id: KeyId,
    /// Type of the signature.
    pub algorithm: Algorithm,
    /// The time that a cosignature states, in seconds since 1970.
    pub time: Option<u64>,
}
