//! Timestamps (RFC 3161): what a time-stamping authority signs about the hash of a checkpoint's text. Where the
//! authority is a qualified one, Regulation (EU) 910/2014 article 41 lets the time be presumed right.
//!
//! The stamped bytes are the checkpoint's signed text, without signatures, so a token holds for every note of that
//! checkpoint however many witnesses sign it later. The token is checked here without a network: its imprint, the
//! signature (CMS, RFC 5652), and that the certificate is the very one that the reader's policy names.

use ring::digest;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;

mod certificate;
mod der;

use certificate::Certificate;
use der::{
    BOOLEAN, GENERALIZED_TIME, INTEGER, Item, Items, NULL, OCTET_STRING, OID, SEQUENCE, SET, context, short,
};

/// A longer answer of an authority is refused unread; with its certificates a usual one has some kilobytes.
pub const TOKEN_BYTES_MAX: usize = 128 * 1024;

/// Certificates in a token that are looked at.
const CERTIFICATES_MAX: usize = 32;

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const SIGNING_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0c];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];

/// Why a timestamp does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// Bytes that are no answer of an authority and no token.
    #[error("not a timestamp token (RFC 3161): {0}")]
    Malformed(&'static str),
    /// The authority did not give a token.
    #[error("the authority gave no token: status {status}{}", if .said.is_empty() { String::new() } else { format!(", {}", .said) })]
    Refused {
        /// `PKIStatus`.
        status: u64,
        /// What it said.
        said: String,
    },
    /// Another hash than the checkpoint's.
    #[error("the timestamp is for something else than this checkpoint")]
    Imprint,
    /// Another nonce than the request's: an old answer, played back.
    #[error("the timestamp answers another request")]
    Nonce,
    /// A certificate that the policy does not name.
    #[error("the timestamp was signed with a certificate that is not trusted ({found})")]
    Untrusted {
        /// SHA-256 of the certificate that signed.
        found: String,
    },
    /// A certificate that may not sign timestamps, or not at that time.
    #[error("the authority's certificate {0}")]
    Certificate(&'static str),
    /// A signature of a kind that is not known here.
    #[error("the timestamp is signed in a way that is not known here")]
    Algorithm,
    /// The signature does not hold.
    #[error("the timestamp was changed, or not signed by this authority")]
    Signature,
}

/// An authority that a reader trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The reader's name for it.
    pub name: String,
    /// SHA-256 of its certificate, DER.
    pub certificate: Hash,
}

/// A timestamp that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Seconds since 1970.
    pub time: i64,
    /// SHA-256 of the certificate that signed.
    pub certificate: Hash,
    /// The authority, by the reader's name.
    pub authority: String,
    /// Serial number of the token, hexadecimal.
    pub serial: String,
    /// Nonce of the request.
    pub nonce: Option<Vec<u8>>,
}

/// What is stamped of a checkpoint: the SHA-256 of its signed text.
pub fn imprint(checkpoint: &Checkpoint) -> Hash {
    Hash::of(&[checkpoint.to_string().as_bytes()])
}

/// A request for a token, `application/timestamp-query`. The nonce is random and kept until the answer.
pub fn request(imprint: Hash, nonce: u64) -> Vec<u8> {
    let algorithm = short(SEQUENCE, &[short(OID, SHA256), short(NULL, &[])].concat());
    let imprint = short(SEQUENCE, &[algorithm, short(OCTET_STRING, &imprint.0)].concat());
    let parts = [short(INTEGER, &[1]), imprint, short(INTEGER, &integer(nonce)), short(BOOLEAN, &[0xff])];
    short(SEQUENCE, &parts.concat())
}

/// The bytes of a number from 0, as short as possible.
fn integer(n: u64) -> Vec<u8> {
    let bytes = n.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(7);
    let digits = bytes.get(zeros..).unwrap_or_default();
    let sign = digits.first().is_some_and(|first| *first >= 0x80);
    if sign { [&[0], digits].concat() } else { digits.to_vec() }
}

/// Whether a timestamp answers the request with this nonce.
pub fn answers(timestamp: &Timestamp, nonce: u64) -> bool {
    timestamp.nonce.as_deref() == Some(&integer(nonce))
}

/// SHA-256 of the certificate with which a token is said to be signed, to be compared with what the authority
/// publishes before it is trusted. Nothing is verified.
pub fn certificate(file: &[u8]) -> Result<Hash, TimestampError> {
    let token = Token::read(file)?;
    let hashes = token.certificates.iter().map(|certificate| Hash::of(&[certificate]));
    let own = hashes.filter(|hash| token.names(*hash)).collect::<Vec<_>>();
    match own[..] {
        [one] => Ok(one),
        _ => Err(TimestampError::Malformed("it does not hold the certificate that it was signed with")),
    }
}

/// Verifies an authority's answer, or the bare token in it, offline.
pub fn verify(file: &[u8], imprint: Hash, trusted: &[Authority]) -> Result<Timestamp, TimestampError> {
    let token = Token::read(file)?;
    if token.imprint != imprint.0 {
        return Err(TimestampError::Imprint);
    }
    let hash = certificate(file)?;
    let Some(authority) = trusted.iter().find(|authority| authority.certificate == hash) else {
        return Err(TimestampError::Untrusted { found: crate::timestamp::hex(&hash.0) });
    };
    let bytes = token.certificates.iter().find(|bytes| Hash::of(&[bytes]) == hash);
    let signer = bytes
        .and_then(|bytes| Certificate::read(bytes))
        .ok_or(TimestampError::Certificate("cannot be read"))?;
    if !signer.stamps {
        return Err(TimestampError::Certificate("is not one for timestamps alone"));
    }
    if !(signer.from..=signer.until).contains(&token.time) {
        return Err(TimestampError::Certificate("was not valid at the time that the token states"));
    }
    token.signed_by(&signer)?;
    Ok(Timestamp {
        time: token.time,
        certificate: hash,
        authority: authority.name.clone(),
        serial: hex(token.serial),
        nonce: token.nonce.map(<[u8]>::to_vec),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token's parts, nothing verified.
struct Token<'a> {
    certificates: Vec<&'a [u8]>,
    /// The `TSTInfo` that is signed.
    content: &'a [u8],
    imprint: &'a [u8],
    serial: &'a [u8],
    time: i64,
    nonce: Option<&'a [u8]>,
    /// Hash function of content and signature.
    digest: &'a [u8],
    /// Signed attributes with their tag.
    attributes: Item<'a>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Token<'a> {
    /// Reads an answer or a bare token.
    fn read(file: &'a [u8]) -> Result<Token<'a>, TimestampError> {
        if file.len() > TOKEN_BYTES_MAX {
            return Err(TimestampError::Malformed("longer than 128 KiB"));
        }
        let mut outer = Items(file);
        let inside = outer.expect(SEQUENCE).filter(|_| outer.is_empty());
        let mut parts = Items(inside.ok_or(TimestampError::Malformed("no single item of DER"))?);
        // An answer begins with its status, a token with its type.
        if let Some(status) = parts.optional(SEQUENCE) {
            let mut status = Items(status.content);
            let number = status.expect(INTEGER).map(|n| n.iter().fold(0u64, |n, b| n << 8 | u64::from(*b)));
            match number {
                Some(0 | 1) => {}
                Some(status_number) => {
                    let said = status.inside(SEQUENCE).and_then(|mut texts| texts.item());
                    let said = said.map(|text| String::from_utf8_lossy(text.content).into_owned());
                    return Err(TimestampError::Refused {
                        status: status_number,
                        said: said.unwrap_or_default(),
                    });
                }
                None => return Err(TimestampError::Malformed("no status")),
            }
            let token = parts.inside(SEQUENCE).filter(|_| parts.is_empty());
            parts = token.ok_or(TimestampError::Malformed("no token in the answer"))?;
        }
        Token::of_content(parts).ok_or(TimestampError::Malformed("no signed data with a TSTInfo"))
    }

    /// Reads what is in `ContentInfo` (RFC 5652 sections 3 and 5).
    fn of_content(mut parts: Items<'a>) -> Option<Token<'a>> {
        let is_signed = parts.expect(OID)? == SIGNED_DATA;
        let mut signed = parts.inside(context(0))?.inside(SEQUENCE)?;
        let (_version, _digests) = (signed.expect(INTEGER)?, signed.expect(SET)?);
        let mut info = signed.inside(SEQUENCE)?;
        let is_info = info.expect(OID)? == TST_INFO;
        let content = info.inside(context(0))?.expect(OCTET_STRING)?;
        let mut certificates = Vec::new();
        let mut held = Items(signed.optional(context(0))?.content);
        while !held.is_empty() && certificates.len() < CERTIFICATES_MAX {
            certificates.push(held.item()?.whole);
        }
        signed.optional(context(1));
        let mut signers = signed.inside(SET)?;
        let mut signer = signers.inside(SEQUENCE)?;
        let one = signers.is_empty() && signed.is_empty() && parts.is_empty() && held.is_empty();
        let (_version, _who) = (signer.expect(INTEGER)?, signer.item()?);
        let digest = signer.inside(SEQUENCE)?.expect(OID)?;
        let attributes = signer.optional(context(0))?;
        let algorithm = signer.inside(SEQUENCE)?.expect(OID)?;
        let signature = signer.expect(OCTET_STRING)?;

        let mut outer = Items(content);
        let mut info = outer.inside(SEQUENCE)?;
        let version = info.expect(INTEGER)? == [1] && outer.is_empty();
        let _policy = info.expect(OID)?;
        let mut stamped = info.inside(SEQUENCE)?;
        let is_sha256 = stamped.inside(SEQUENCE)?.expect(OID)? == SHA256;
        let imprint = stamped.expect(OCTET_STRING)?;
        let serial = info.expect(INTEGER)?;
        let time = der::time(info.item().filter(|item| item.tag == GENERALIZED_TIME)?)?;
        info.optional(SEQUENCE);
        info.optional(BOOLEAN);
        let nonce = info.optional(INTEGER).map(|item| item.content);
        let sound = is_signed && is_info && one && version && is_sha256;
        sound.then_some(Token {
            certificates,
            content,
            imprint,
            serial,
            time,
            nonce,
            digest,
            attributes,
            algorithm,
            signature,
        })
    }

    /// The single value of a signed attribute.
    fn attribute(&self, name: &[u8]) -> Option<Item<'a>> {
        let mut all = Items(self.attributes.content);
        let mut found = None;
        while !all.is_empty() {
            let mut attribute = all.inside(SEQUENCE)?;
            if attribute.expect(OID)? == name {
                let mut values = attribute.inside(SET)?;
                let value = values.item()?;
                if found.is_some() || !values.is_empty() {
                    return None;
                }
                found = Some(value);
            }
        }
        found
    }

    /// Whether the signed attributes name the certificate of this hash (RFC 5035, RFC 5816).
    fn names(&self, certificate: Hash) -> bool {
        let first = |value: Item<'a>| Items(value.content).inside(SEQUENCE)?.inside(SEQUENCE);
        if let Some(mut id) = self.attribute(SIGNING_CERTIFICATE_V2).and_then(first) {
            let algorithm = id.optional(SEQUENCE).map(|item| Items(item.content).expect(OID));
            let bytes = id.expect(OCTET_STRING);
            // Without a name of its own the hash function is SHA-256.
            return match algorithm {
                None => bytes == Some(&certificate.0),
                Some(algorithm) => self.hash_of(certificate, algorithm) == bytes.map(<[u8]>::to_vec),
            };
        }
        let Some(mut id) = self.attribute(SIGNING_CERTIFICATE).and_then(first) else { return false };
        let held = self.certificates.iter().find(|bytes| Hash::of(&[bytes]) == certificate);
        let sha1 = |bytes| digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
        held.is_some_and(|bytes| id.expect(OCTET_STRING) == Some(sha1(bytes).as_ref()))
    }

    fn hash_of(&self, certificate: Hash, algorithm: Option<&[u8]>) -> Option<Vec<u8>> {
        let held = self.certificates.iter().find(|bytes| Hash::of(&[bytes]) == certificate)?;
        Some(digest::digest(function(algorithm?)?, held).as_ref().to_vec())
    }

    /// Whether the certificate's key signed the content.
    fn signed_by(&self, signer: &Certificate<'_>) -> Result<(), TimestampError> {
        let function = function(self.digest).ok_or(TimestampError::Algorithm)?;
        let content = digest::digest(function, self.content);
        let typed = self.attribute(CONTENT_TYPE).is_some_and(|value| value.content == TST_INFO);
        let hashed = self.attribute(MESSAGE_DIGEST).is_some_and(|value| value.content == content.as_ref());
        if !typed || !hashed {
            return Err(TimestampError::Signature);
        }
        // What is signed is the set of attributes under the tag of a set (RFC 5652 section 5.4).
        let mut signed = self.attributes.whole.to_vec();
        if let Some(tag) = signed.first_mut() {
            *tag = SET;
        }
        let algorithm =
            algorithm(self.algorithm, self.digest, signer.curve).ok_or(TimestampError::Algorithm)?;
        let key = UnparsedPublicKey::new(algorithm, signer.key);
        key.verify(&signed, self.signature).map_err(|_| TimestampError::Signature)
    }
}

fn function(oid: &[u8]) -> Option<&'static digest::Algorithm> {
    match oid {
        SHA256 => Some(&digest::SHA256),
        SHA384 => Some(&digest::SHA384),
        SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// How a signature of this kind is verified. `curve` is that of the key, where it is on one.
fn algorithm(oid: &[u8], hash: &[u8], curve: Option<&[u8]>) -> Option<&'static dyn VerificationAlgorithm> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA_SHA2: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
    const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
    let algorithm: &'static dyn VerificationAlgorithm = match (oid.split_last()?, hash, curve) {
        // 1: the hash function stands beside; 11 to 13: in the name.
        ((1 | 11, RSA), SHA256, None) => &signature::RSA_PKCS1_2048_8192_SHA256,
        ((1 | 12, RSA), SHA384, None) => &signature::RSA_PKCS1_2048_8192_SHA384,
        ((1 | 13, RSA), SHA512, None) => &signature::RSA_PKCS1_2048_8192_SHA512,
        ((10, RSA), SHA256, None) => &signature::RSA_PSS_2048_8192_SHA256,
        ((10, RSA), SHA384, None) => &signature::RSA_PSS_2048_8192_SHA384,
        ((10, RSA), SHA512, None) => &signature::RSA_PSS_2048_8192_SHA512,
        ((2, ECDSA_SHA2), SHA256, Some(P256)) => &signature::ECDSA_P256_SHA256_ASN1,
        ((2, ECDSA_SHA2), SHA256, Some(P384)) => &signature::ECDSA_P384_SHA256_ASN1,
        ((3, ECDSA_SHA2), SHA384, Some(P256)) => &signature::ECDSA_P256_SHA384_ASN1,
        ((3, ECDSA_SHA2), SHA384, Some(P384)) => &signature::ECDSA_P384_SHA384_ASN1,
        _ if oid == ED25519 && curve.is_none() => &signature::ED25519,
        _ => return None,
    };
    Some(algorithm)
}
