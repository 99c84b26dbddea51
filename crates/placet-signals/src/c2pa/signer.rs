//! Whoever signs a manifest: a private key and its certificate.

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PSS_SHA256, RsaKeyPair,
};

use super::cbor::{put_array, put_bytes, put_integer, put_map};
use super::certificate::{self, KeyKind};
use super::signature::signed_over;

/// Most certificates of a chain.
const CHAIN_MAX: usize = 8;

/// A private key with its certificate and those of its issuers.
pub struct Signer {
    key: Key,
    /// In DER, the signer's own first.
    chain: Vec<Vec<u8>>,
}

enum Key {
    Ecdsa(Box<EcdsaKeyPair>, i8),
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// Why nobody can sign with these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The certificate cannot be read.
    #[error("the first certificate cannot be read; a chain in PEM is needed, the signer's own first")]
    Certificate,
    /// Its key is of another kind.
    #[error("the certificate's key is none of P-256, P-384, RSA and Ed25519")]
    Kind,
    /// The private key cannot be read.
    #[error("the private key cannot be read; a key in PKCS #8 is needed: openssl pkcs8 -topk8 -nocrypt")]
    Key,
    /// The key is that of another certificate.
    #[error("the private key is not the one of the certificate")]
    OtherKey,
    /// No randomness was to be had, or the key refused.
    #[error("the key could not sign")]
    Failed,
}

impl Signer {
    /// A signer of a private key (PKCS #8, DER) and a chain of certificates (DER), its own first.
    pub fn new(key: &[u8], chain: Vec<Vec<u8>>) -> Result<Signer, SignerError> {
        let first = chain.first().filter(|_| chain.len() <= CHAIN_MAX).ok_or(SignerError::Certificate)?;
        let certificate = certificate::parse(first).ok_or(SignerError::Certificate)?;
        let bad = |_| SignerError::Key;
        let ecdsa = |kind, number| {
            let pair = EcdsaKeyPair::from_pkcs8(kind, key, &SystemRandom::new()).map_err(bad)?;
            Ok((pair.public_key().as_ref().to_vec(), Key::Ecdsa(Box::new(pair), number)))
        };
        let (public, key) = match certificate.kind {
            KeyKind::P256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, -7)?,
            KeyKind::P384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, -35)?,
            KeyKind::Rsa => {
                let pair = RsaKeyPair::from_pkcs8(key).map_err(bad)?;
                (pair.public_key().as_ref().to_vec(), Key::Rsa(Box::new(pair)))
            }
            KeyKind::Ed25519 => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key).map_err(bad)?;
                (pair.public_key().as_ref().to_vec(), Key::Ed25519(Box::new(pair)))
            }
            KeyKind::Other => return Err(SignerError::Kind),
        };
        if public != certificate.key {
            return Err(SignerError::OtherKey);
        }
        Ok(Signer { key, chain })
    }

    /// The name that the certificate gives.
    pub fn name(&self) -> Option<String> {
        self.chain.first().and_then(|first| certificate::parse(first)).and_then(|c| c.holder)
    }

    /// A `COSE_Sign1` over a claim, which stays outside. Its length depends on the key alone.
    pub(super) fn sign(&self, claim: &[u8]) -> Result<Vec<u8>, SignerError> {
        let mut protected = Vec::new();
        put_map(&mut protected, 2);
        put_integer(&mut protected, 1);
        put_integer(
            &mut protected,
            match &self.key {
                Key::Ecdsa(_, number) => i64::from(*number),
                Key::Rsa(_) => -37,
                Key::Ed25519(_) => -8,
            },
        );
        put_integer(&mut protected, 33);
        match self.chain.as_slice() {
            [one] => put_bytes(&mut protected, one),
            chain => {
                put_array(&mut protected, chain.len());
                for one in chain {
                    put_bytes(&mut protected, one);
                }
            }
        }
        let message = signed_over(&protected, claim);
        let random = SystemRandom::new();
        let signature = match &self.key {
            Key::Ecdsa(pair, _) => {
                pair.sign(&random, &message).map_err(|_| SignerError::Failed)?.as_ref().to_vec()
            }
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let done = pair.sign(&RSA_PSS_SHA256, &random, &message, &mut signature);
                done.map_err(|_| SignerError::Failed)?;
                signature
            }
            Key::Ed25519(pair) => pair.sign(&message).as_ref().to_vec(),
        };
        // Tag 18, four parts: protected header, open header, no payload, signature.
        let mut out = vec![0xD2, 0x84];
        put_bytes(&mut out, &protected);
        put_map(&mut out, 0);
        out.push(0xF6);
        put_bytes(&mut out, &signature);
        Ok(out)
    }
}
