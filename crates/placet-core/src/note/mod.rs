//! Signed notes: a text and the signatures of named keys (C2SP signed-note v1.0.0).
//!
//! ```text
//! If you think cryptography is the answer to your problem,
//! then you don't know what your problem is.
//!
//! — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
//! ```
//!
//! A key is written `name+hash+base64`, the hash being the first four bytes of
//! SHA-256(name ‖ 0x0A ‖ type ‖ public key) in lower-case hex. The first byte of the decoded key names the type of
//! signature. Two types are known here: Ed25519 over the text (0x01), and the timestamped Ed25519 cosignature of a
//! checkpoint (0x04, C2SP tlog-cosignature). Signatures of other types stay in the note, unverified.

use std::fmt;

mod key;
mod signature;

pub use key::{Algorithm, KeyId, PublicKey, Signer, Verifier};
pub use signature::{Signature, Verified};

/// A longer note is refused unread.
pub const MAX_NOTE_BYTES: usize = 1 << 20;

/// A note with more signatures is refused. C2SP asks for at least 16; Go reads 100.
pub const MAX_SIGNATURES: usize = 100;

/// What went wrong with a note or a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Bytes that are no signed note.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// A key text that is no key. The text itself is left out: it may be secret.
    #[error("not a note key: {0}; a key reads name+hash+base64")]
    Key(&'static str),
    /// A known key, and a signature that it did not make.
    #[error("the signature of {name}+{id} does not belong to this text: the note was changed or forged")]
    BadSignature {
        /// Name of the key.
        name: String,
        /// Id of the key.
        id: KeyId,
    },
    /// No signature by any key of the reader.
    #[error("signed by none of the trusted keys (signatures: {found})")]
    Untrusted {
        /// The `name+hash` of each signature that the note carries, joined by a comma and a space.
        found: String,
    },
    /// Two trusted keys answer to one name and id.
    #[error("two trusted keys are both called {name}+{id}")]
    Ambiguous {
        /// Name of the keys.
        name: String,
        /// Id of the keys.
        id: KeyId,
    },
}

/// A note as read, nothing verified: a text that ends in a line break, and signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A note without signatures; it cannot be written before it has one.
    pub fn new(text: &str) -> Result<Self, NoteError> {
        check_text(text)?;
        Ok(Note { text: text.to_owned(), signatures: Vec::new() })
    }

    /// Reads a note. No signature is verified: [`open`] does that.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Malformed("longer than 1 MiB"));
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed("not UTF-8"))?;
        if whole.bytes().any(|b| b < 0x20 && b != b'\n') {
            return Err(NoteError::Malformed("control characters"));
        }
        // The text may hold blank lines of its own: the last one parts it from the signatures.
        let split = whole.rfind("\n\n").ok_or(NoteError::Malformed("no blank line before signatures"))?;
        let (text, lines) = (&whole[..=split], &whole[split + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed("no line break at the end"))?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::Malformed("more than 100 signatures"));
            }
            signatures.push(line.parse()?);
        }
        Ok(Note { text: text.to_owned(), signatures })
    }

    /// The text, with its last line break.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in the note's order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature, in place of an earlier one by the same key.
    pub fn add(&mut self, signature: Signature) -> Result<(), NoteError> {
        check_name(&signature.name)?;
        let full = self.signatures.len() == MAX_SIGNATURES;
        match self.signatures.iter_mut().find(|s| s.name == signature.name && s.id == signature.id) {
            Some(earlier) => *earlier = signature,
            None if full => return Err(NoteError::Malformed("more than 100 signatures")),
            None => self.signatures.push(signature),
        }
        Ok(())
    }

    /// Verifies every signature by a given key. A wrong one by a known key refuses the whole note; so does a note
    /// with no signature by any of them. Signatures by unknown keys are left aside.
    pub fn verify(&self, verifiers: &[Verifier]) -> Result<Vec<Verified>, NoteError> {
        let mut verified: Vec<Verified> = Vec::new();
        for signature in &self.signatures {
            let mut known = verifiers.iter().filter(|v| v.name() == signature.name && v.id() == signature.id);
            let Some(verifier) = known.next() else { continue };
            let (name, id) = (signature.name.clone(), signature.id);
            if known.any(|other| other != verifier) {
                return Err(NoteError::Ambiguous { name, id });
            }
            match verifier.verify(&self.text, &signature.bytes) {
                None => return Err(NoteError::BadSignature { name, id }),
                Some(v) if verified.iter().any(|w| w.name == v.name && w.id == v.id) => {}
                Some(v) => verified.push(v),
            }
        }
        if verified.is_empty() {
            let found: Vec<String> = self.signatures.iter().map(|s| format!("{}+{}", s.name, s.id)).collect();
            return Err(NoteError::Untrusted { found: found.join(", ") });
        }
        Ok(verified)
    }
}

impl fmt::Display for Note {
    /// The note's bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// A note whose signatures were verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The text, with its last line break.
    pub text: String,
    /// Whose signatures hold: at least one.
    pub verified: Vec<Verified>,
}

/// Signs a text, which ends in a line break, with every key given, in that order.
pub fn sign(text: &str, signers: &[&Signer]) -> Result<String, NoteError> {
    if signers.is_empty() {
        return Err(NoteError::Key("no key to sign with"));
    }
    let mut note = Note::new(text)?;
    for signer in signers {
        note.add(signer.sign(text)?)?;
    }
    Ok(note.to_string())
}

/// Reads a note and verifies it against the keys that the reader trusts ([`Note::verify`]).
pub fn open(bytes: &[u8], verifiers: &[Verifier]) -> Result<Opened, NoteError> {
    let note = Note::parse(bytes)?;
    let verified = note.verify(verifiers)?;
    Ok(Opened { text: note.text, verified })
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed("the text does not end in a line break"));
    }
    if text.bytes().any(|b| b < 0x20 && b != b'\n') {
        return Err(NoteError::Malformed("control characters"));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), NoteError> {
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        return Err(NoteError::Key("the name is empty or has a space, plus or control character"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
