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
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// A longer note is refused unread.
pub const MAX_NOTE_BYTES: usize = 1 << 20;

/// A note with more signatures is refused. C2SP asks for at least 16; Go reads 100.
pub const MAX_SIGNATURES: usize = 100;

const SIGNATURE_PREFIX: &str = "— ";
const SECRET_PREFIX: &str = "PRIVATE+KEY+";

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

/// The first four bytes of the hash of a key and its name; tells keys apart, proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// The id of a public key of any signature type: SHA-256(name ‖ 0x0A ‖ type ‖ key), first four bytes.
    pub fn of(name: &str, signature_type: u8, key: &[u8]) -> KeyId {
        let hash = Sha256::new()
            .chain_update(name.as_bytes())
            .chain_update([b'\n', signature_type])
            .chain_update(key)
            .finalize();
        KeyId([hash[0], hash[1], hash[2], hash[3]])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// Types of signature that are made and verified here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// 0x01: Ed25519 (RFC 8032) over the text.
    Ed25519,
    /// 0x04: a witness's Ed25519 signature over a checkpoint and the time at which it was seen
    /// (C2SP tlog-cosignature, `cosignature/v1`).
    Cosignature,
}

impl Algorithm {
    /// The byte that names the type in a key.
    pub fn byte(self) -> u8 {
        match self {
            Algorithm::Ed25519 => 0x01,
            Algorithm::Cosignature => 0x04,
        }
    }

    fn from_byte(byte: u8) -> Result<Self, NoteError> {
        match byte {
            0x01 => Ok(Algorithm::Ed25519),
            0x04 => Ok(Algorithm::Cosignature),
            _ => Err(NoteError::Key("unknown signature type")),
        }
    }
}

/// A public key and its name: verifies signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: KeyId,
    algorithm: Algorithm,
    key: VerifyingKey,
}

impl Verifier {
    /// From the 32 bytes of an Ed25519 public key.
    pub fn new(name: &str, algorithm: Algorithm, key: &[u8; 32]) -> Result<Self, NoteError> {
        check_name(name)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| NoteError::Key("no Ed25519 public key"))?;
        if key.is_weak() {
            return Err(NoteError::Key("an Ed25519 public key of small order"));
        }
        let id = KeyId::of(name, algorithm.byte(), key.as_bytes());
        Ok(Verifier { name: name.to_owned(), id, algorithm, key })
    }

    /// The key's name, mostly the log's or issuer's URL without its scheme.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The type of signature that the key verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The 32 bytes of the Ed25519 public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Whether the Ed25519 signature of any bytes was made by this key, for formats other than notes. Never for a
    /// witness's key.
    pub fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = ed25519_dalek::Signature::from_slice(signature);
        self.algorithm == Algorithm::Ed25519
            && signature.is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }

    /// Whether the signature's bytes (without the key id) were made by this key for the text; for a cosignature
    /// with the time, in seconds since 1970, that it states.
    pub fn verify(&self, text: &str, bytes: &[u8]) -> Option<Verified> {
        let (time, signature, message) = match self.algorithm {
            Algorithm::Ed25519 => (None, bytes, text.to_owned()),
            Algorithm::Cosignature => {
                let (time, signature) = bytes.split_first_chunk::<8>()?;
                let time = u64::from_be_bytes(*time);
                (Some(time), signature, cosigned_message(text, time))
            }
        };
        let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
        self.key.verify_strict(message.as_bytes(), &signature).ok()?;
        Some(Verified { name: self.name.clone(), id: self.id, algorithm: self.algorithm, time })
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, self.id, encode_key(self.algorithm, self.key.as_bytes()))
    }
}

impl FromStr for Verifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, id, algorithm, key) = decode_key(text)?;
        let verifier = Verifier::new(name, algorithm, &key)?;
        if verifier.id.to_string() != id {
            return Err(NoteError::Key("name, hash and key do not belong together"));
        }
        Ok(verifier)
    }
}

/// A secret key and its name: makes signatures. `Debug` shows no secret.
#[derive(Clone)]
pub struct Signer {
    verifier: Verifier,
    key: SigningKey,
}

impl Signer {
    /// The Ed25519 key grown from 32 secret random bytes, which the caller draws.
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Result<Self, NoteError> {
        Self::grow(name, Algorithm::Ed25519, seed)
    }

    /// As [`Signer::from_seed`], for a witness: its signatures carry a time ([`Signer::cosign`]).
    pub fn witness_from_seed(name: &str, seed: [u8; 32]) -> Result<Self, NoteError> {
        Self::grow(name, Algorithm::Cosignature, seed)
    }

    fn grow(name: &str, algorithm: Algorithm, seed: [u8; 32]) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(&seed);
        let verifier = Verifier::new(name, algorithm, key.verifying_key().as_bytes())?;
        Ok(Signer { verifier, key })
    }

    /// The public half.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The secret as text, `PRIVATE+KEY+name+hash+base64`: for the file that keeps it, and nowhere else.
    pub fn to_secret(&self) -> String {
        let Verifier { name, id, algorithm, .. } = &self.verifier;
        format!("{SECRET_PREFIX}{name}+{id}+{}", encode_key(*algorithm, self.key.as_bytes()))
    }

    /// The Ed25519 signature of any bytes, for formats other than notes. A witness's key has no such use.
    pub fn sign_bytes(&self, message: &[u8]) -> Result<[u8; 64], NoteError> {
        match self.verifier.algorithm {
            Algorithm::Ed25519 => Ok(self.key.sign(message).to_bytes()),
            Algorithm::Cosignature => Err(NoteError::Key("a witness's key signs only with a time")),
        }
    }

    /// The signature of a text.
    pub fn sign(&self, text: &str) -> Result<Signature, NoteError> {
        check_text(text)?;
        let bytes = self.sign_bytes(text.as_bytes())?;
        Ok(self.signature(bytes.to_vec()))
    }

    /// A witness's signature of a checkpoint's text, seen at `time` (seconds since 1970).
    pub fn cosign(&self, text: &str, time: u64) -> Result<Signature, NoteError> {
        check_text(text)?;
        if self.verifier.algorithm != Algorithm::Cosignature {
            return Err(NoteError::Key("this key is no witness's"));
        }
        let signature = self.key.sign(cosigned_message(text, time).as_bytes());
        Ok(self.signature([&time.to_be_bytes()[..], &signature.to_bytes()].concat()))
    }

    fn signature(&self, bytes: Vec<u8>) -> Signature {
        Signature { name: self.verifier.name.clone(), id: self.verifier.id, bytes }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.verifier).finish()
    }
}

impl FromStr for Signer {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let rest = text.strip_prefix(SECRET_PREFIX).ok_or(NoteError::Key("no PRIVATE+KEY+ in front"))?;
        let (name, id, algorithm, seed) = decode_key(rest)?;
        let signer = Signer::grow(name, algorithm, seed)?;
        if signer.verifier.id.to_string() != id {
            return Err(NoteError::Key("name, hash and key do not belong together"));
        }
        Ok(signer)
    }
}

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
            let mut known = verifiers.iter().filter(|v| v.name == signature.name && v.id == signature.id);
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

/// The bytes under a cosignature (C2SP tlog-cosignature, "Format").
fn cosigned_message(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
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

fn encode_key(algorithm: Algorithm, key: &[u8; 32]) -> String {
    STANDARD.encode([&[algorithm.byte()][..], key].concat())
}

fn decode_key(text: &str) -> Result<(&str, &str, Algorithm, [u8; 32]), NoteError> {
    // Base64 has plus signs of its own: only the first two part the fields.
    let mut fields = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(NoteError::Key("less than three fields"));
    };
    let key = STANDARD.decode(key).map_err(|_| NoteError::Key("not base64"))?;
    let (algorithm, key) = key.split_first().ok_or(NoteError::Key("empty"))?;
    let key = key.try_into().map_err(|_| NoteError::Key("not 32 bytes"))?;
    Ok((name, id, Algorithm::from_byte(*algorithm)?, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Keys, text and signatures of the tests of golang.org/x/mod/sumdb/note.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PETER_SECRET: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

    fn key(text: &str) -> Verifier {
        text.parse().unwrap()
    }

    fn note(lines: &[&str]) -> Vec<u8> {
        format!("{TEXT}\n{}", lines.concat()).into_bytes()
    }

    fn names(opened: &Opened) -> Vec<&str> {
        opened.verified.iter().map(|v| v.name.as_str()).collect()
    }

    #[test]
    fn signs_as_go_does() {
        let signer: Signer = PETER_SECRET.parse().unwrap();
        assert_eq!(sign(TEXT, &[&signer]).unwrap().into_bytes(), note(&[PETER_LINE]));
        assert_eq!(signer.verifier().to_string(), PETER);
        assert_eq!(signer.to_secret(), PETER_SECRET);
        assert!(!format!("{signer:?}").contains("gQoUAt"));
    }

    #[test]
    fn opens_what_go_signed() {
        let both = note(&[PETER_LINE, ENOCH_LINE]);
        let opened = open(&both, &[key(PETER)]).unwrap();
        assert_eq!((opened.text.as_str(), names(&opened)), (TEXT, vec!["PeterNeumann"]));
        assert_eq!(names(&open(&both, &[key(ENOCH), key(PETER)]).unwrap()), ["PeterNeumann", "EnochRoot"]);
        assert_eq!(names(&open(&note(&[PETER_LINE, PETER_LINE]), &[key(PETER)]).unwrap()), ["PeterNeumann"]);
        assert_eq!(
            open(&both, &[]).unwrap_err().to_string(),
            "signed by none of the trusted keys (signatures: PeterNeumann+c74f20a3, EnochRoot+af0cfe78)"
        );
    }

    #[test]
    fn a_wrong_signature_by_a_known_key_refuses_the_note() {
        let longer = PETER_LINE.replacen("SffcvI", "SffcABCDvI", 1);
        let other_text =
            note(&[PETER_LINE, ENOCH_LINE]).iter().map(|b| b ^ u8::from(*b == b'k')).collect::<Vec<_>>();
        for bad in [note(&[&longer]), note(&[PETER_LINE, &longer]), other_text] {
            let error = open(&bad, &[key(PETER)]).unwrap_err();
            assert!(
                matches!(error, NoteError::BadSignature { ref name, .. } if name == "PeterNeumann"),
                "{error}"
            );
        }
        // Nobody here knows Enoch: his broken line is left aside.
        let broken = ENOCH_LINE.replacen("SXdeX", "SXdeABCDX", 1);
        assert_eq!(names(&open(&note(&[PETER_LINE, &broken]), &[key(PETER)]).unwrap()), ["PeterNeumann"]);
    }

    #[test]
    fn bytes_that_are_no_note_are_refused() {
        let good = String::from_utf8(note(&[PETER_LINE])).unwrap();
        for bad in [
            TEXT.to_owned(),
            format!("{TEXT}\n"),
            good.trim_end().to_owned(),
            format!("\u{1}{good}"),
            good.replace("— PeterNeumann", "— Bad Name"),
            good.replace("— PeterNeumann", "— Peter+Neumann"),
            good.replace("— ", "- "),
            good.replace("nAM=", "nAN="),
            format!("{good}Unexpected line.\n"),
            format!("{good}\n"),
            note(&[PETER_LINE; 101]).try_into().unwrap(),
        ] {
            assert!(matches!(open(bad.as_bytes(), &[key(PETER)]), Err(NoteError::Malformed(_))), "{bad}");
        }
        assert_eq!(Note::parse(&[0xff; 40]), Err(NoteError::Malformed("not UTF-8")));
        assert_eq!(
            Note::parse(&vec![b'a'; MAX_NOTE_BYTES + 1]),
            Err(NoteError::Malformed("longer than 1 MiB"))
        );
        assert!(open(&note(&[PETER_LINE; 100]), &[key(PETER)]).is_ok());
    }

    #[test]
    fn no_part_of_a_key_and_no_changed_key_is_a_key() {
        for whole in [PETER, PETER_SECRET] {
            let parses = |s: &str| s.parse::<Verifier>().is_ok() || s.parse::<Signer>().is_ok();
            for (a, b) in (0..whole.len()).flat_map(|a| (a + 1..=whole.len()).map(move |b| (a, b))) {
                assert!((a, b) == (0, whole.len()) || !parses(&whole[a..b]), "{}", &whole[a..b]);
            }
            for at in 0..whole.len() {
                let mut changed = whole.as_bytes().to_vec();
                changed[at] += 1;
                assert!(!parses(std::str::from_utf8(&changed).unwrap()), "{at}");
            }
        }
        // Hash fitted to the fault: a key too long, an unknown type.
        assert!(
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="
                .parse::<Verifier>()
                .is_err()
        );
        assert_eq!(
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse::<Verifier>(),
            Err(NoteError::Key("unknown signature type"))
        );
    }

    #[test]
    fn a_cosignature_carries_its_time() {
        let log = Signer::from_seed("example.org/log", [1; 32]).unwrap();
        let witness = Signer::witness_from_seed("witness.example.org", [2; 32]).unwrap();
        let mut note = Note::parse(sign(TEXT, &[&log]).unwrap().as_bytes()).unwrap();
        note.add(witness.cosign(TEXT, 1_700_000_000).unwrap()).unwrap();
        let keys = [log.verifier().clone(), key(&witness.verifier().to_string())];
        let opened = open(note.to_string().as_bytes(), &keys).unwrap();
        assert_eq!(opened.verified.iter().map(|v| v.time).collect::<Vec<_>>(), [None, Some(1_700_000_000)]);
        // The time is under the signature.
        let mut moved = witness.cosign(TEXT, 1_700_000_000).unwrap();
        moved.bytes[7] ^= 1;
        note.add(moved).unwrap();
        assert_eq!(note.signatures().len(), 2);
        assert!(matches!(note.verify(&keys), Err(NoteError::BadSignature { .. })));
        assert!(witness.sign(TEXT).is_err() && log.cosign(TEXT, 1).is_err());
        let bytes = log.sign_bytes(b"bytes").unwrap();
        assert!(log.verifier().verify_bytes(b"bytes", &bytes));
        assert!(!log.verifier().verify_bytes(b"others", &bytes) && !keys[1].verify_bytes(b"bytes", &bytes));
    }

    #[test]
    fn a_key_twice_in_the_list_is_one_key() {
        assert!(open(&note(&[PETER_LINE]), &[key(PETER), key(PETER)]).is_ok());
    }

    #[test]
    fn a_text_without_a_line_break_is_not_signed() {
        let signer: Signer = PETER_SECRET.parse().unwrap();
        assert!(
            sign("abc", &[&signer]).is_err()
                && sign("a\tb\n", &[&signer]).is_err()
                && sign(TEXT, &[]).is_err()
        );
        assert!(
            Signer::from_seed("Peter Neumann", [0; 32]).is_err() && Signer::from_seed("", [0; 32]).is_err()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,80}") {
            let _ = open(&bytes, &[key(PETER)]);
            let _ = text.parse::<Verifier>();
            let _ = text.parse::<Signer>();
            let _ = text.parse::<Signature>();
        }

        #[test]
        fn a_note_prints_back(text in "[a-z\n—]{0,60}", seed: [u8; 32], name in "[a-z./—]{1,20}") {
            let text = format!("{text}\n");
            let signer = Signer::from_seed(&name, seed).unwrap();
            let signed = sign(&text, &[&signer]).unwrap();
            let note = Note::parse(signed.as_bytes()).unwrap();
            prop_assert_eq!(note.to_string(), signed.clone());
            prop_assert_eq!(open(signed.as_bytes(), &[signer.verifier().clone()]).unwrap().text, text);
        }

        #[test]
        fn one_byte_changed_is_never_the_same_note_signed(at: prop::sample::Index, flip in 1u8..) {
            let mut bytes = note(&[PETER_LINE]);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(open(&bytes, &[key(PETER)]).is_err());
        }
    }
}
