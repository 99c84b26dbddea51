//! Keys of signed notes: public ones that verify, secret ones that sign.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::signature::{Signature, Verified};
use super::{NoteError, check_name, check_text};

const SECRET_PREFIX: &str = "PRIVATE+KEY+";

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

/// A public key of any type of signature, as it is written: also of types that are not known here, such as ML-DSA-44
/// (0x06). It verifies nothing by itself; [`Verifier`] does for the types that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub id: KeyId,
    /// The byte that names the type of signature.
    pub signature_type: u8,
}

impl PublicKey {
    /// Whether signatures of this type are verified here.
    pub fn is_known(&self) -> bool {
        Algorithm::from_byte(self.signature_type).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, hash, signature_type, key) = split_key(text)?;
        check_name(name)?;
        let id = KeyId::of(name, signature_type, &key);
        if id.to_string() != hash {
            return Err(NoteError::Key("name, hash and key do not belong together"));
        }
        Ok(PublicKey { name: name.to_owned(), id, signature_type })
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

/// The bytes under a cosignature (C2SP tlog-cosignature, "Format").
fn cosigned_message(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

fn encode_key(algorithm: Algorithm, key: &[u8; 32]) -> String {
    STANDARD.encode([&[algorithm.byte()][..], key].concat())
}

fn decode_key(text: &str) -> Result<(&str, &str, Algorithm, [u8; 32]), NoteError> {
    let (name, id, signature_type, key) = split_key(text)?;
    let key = key.try_into().map_err(|_| NoteError::Key("not 32 bytes"))?;
    Ok((name, id, Algorithm::from_byte(signature_type)?, key))
}

/// Name, hash, type of signature and key, as they are written.
fn split_key(text: &str) -> Result<(&str, &str, u8, Vec<u8>), NoteError> {
    // Base64 has plus signs of its own: only the first two part the fields.
    let mut fields = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(NoteError::Key("less than three fields"));
    };
    let key = STANDARD.decode(key).map_err(|_| NoteError::Key("not base64"))?;
    let (signature_type, key) = key.split_first().ok_or(NoteError::Key("empty"))?;
    Ok((name, id, *signature_type, key.to_vec()))
}
