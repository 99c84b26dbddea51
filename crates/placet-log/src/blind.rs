//! Blinded work keys: RFC 9497, mode VOPRF, ciphersuite ristretto255-SHA512.
//!
//! A work's key in the register is a function of the work's identifier and of a secret of the provider, so that
//! nobody reads the register by guessing identifiers. It can be proven that a key was computed with the one secret
//! whose public half stands in the log. The same key comes out when the asker blinds the identifier first: then the
//! provider learns neither the work nor its key.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as BASE;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity as _;
use sha2::{Digest, Sha512};

use crate::hash::Hash;

/// A longer identifier has no key.
pub const WORK_BYTES_MAX: usize = 4096;

/// What separates this mode and suite from others: `OPRFV1-` ‖ 0x01 ‖ `-ristretto255-SHA512`.
const CONTEXT: &[u8] = b"OPRFV1-\x01-ristretto255-SHA512";

/// Works whose keys are compressed together.
const BATCH: usize = 256;

/// Why a key cannot be computed or does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlindError {
    /// An empty or over-long identifier.
    #[error("an identifier of 1 to 4,096 bytes is expected")]
    Work,
    /// Bytes that are no element of the group, or the identity.
    #[error("not an element of ristretto255")]
    Element,
    /// The proof does not hold: another secret was used.
    #[error("the key was not computed with the secret whose public half is in the log")]
    Proof,
}

/// The provider's secret.
#[derive(Clone)]
pub struct BlindKey {
    secret: Scalar,
    public: [u8; 32],
}

/// A group element and the proof that it was computed with a known key (RFC 9497 section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// The element.
    pub element: [u8; 32],
    /// The challenge.
    pub c: [u8; 32],
    /// The response.
    pub s: [u8; 32],
}

/// An asker's secret between question and answer.
#[derive(Clone)]
pub struct Blinding {
    work: Vec<u8>,
    scalar: Scalar,
    /// What is sent to the provider.
    pub element: [u8; 32],
}

impl BlindKey {
    /// The key grown from 32 secret random bytes, which the caller draws (`DeriveKeyPair`, section 3.2.1).
    pub fn derive(seed: &[u8; 32], info: &[u8]) -> Option<BlindKey> {
        let length = u16::try_from(info.len()).ok()?.to_be_bytes();
        (0..=u8::MAX).find_map(|counter| {
            let input: [&[u8]; 4] = [seed, &length, info, &[counter]];
            let secret = scalar(&input, b"DeriveKeyPair");
            let public = (secret * BASE).compress().to_bytes();
            (secret != Scalar::ZERO).then_some(BlindKey { secret, public })
        })
    }

    /// The public half, which stands in the register's leaf.
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// A work's key.
    pub fn key(&self, work: &[u8]) -> Result<Hash, BlindError> {
        Ok(finish(work, &(self.secret * point(work)?).compress().0))
    }

    /// Keys of many works, as [`BlindKey::key`] gives them one by one, on several threads.
    pub fn keys<W: AsRef<[u8]> + Sync>(&self, works: &[W], threads: usize) -> Result<Vec<Hash>, BlindError> {
        let part = works.len().div_ceil(threads.max(1)).max(1);
        let parts: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = works
                .chunks(part)
                .map(|works| scope.spawn(move || works.chunks(BATCH).map(|w| self.batch(w)).collect()))
                .collect();
            let joined = running.into_iter().map(|thread| {
                let keys: Result<Vec<Vec<Hash>>, BlindError> =
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                keys
            });
            joined.collect()
        });
        let mut keys = Vec::with_capacity(works.len());
        for part in parts {
            keys.extend(part?.into_iter().flatten());
        }
        Ok(keys)
    }

    /// Compressing a point takes a square root; the doubles of many take one together.
    fn batch<W: AsRef<[u8]>>(&self, works: &[W]) -> Result<Vec<Hash>, BlindError> {
        let half = self.secret * Scalar::from(2u8).invert();
        let points =
            works.iter().map(|work| Ok(half * point(work.as_ref())?)).collect::<Result<Vec<_>, _>>()?;
        let outputs = RistrettoPoint::double_and_compress_batch(&points);
        Ok(works.iter().zip(outputs).map(|(work, output)| finish(work.as_ref(), &output.0)).collect())
    }

    /// A work's key and the proof that anybody can check ([`verify_key`]).
    pub fn prove(&self, work: &[u8]) -> Result<(Hash, Evaluated), BlindError> {
        let evaluated = self.evaluate_point(point(work)?, None);
        Ok((finish(work, &evaluated.element), evaluated))
    }

    /// Answers a blinded question.
    pub fn evaluate(&self, blinded: &[u8; 32]) -> Result<Evaluated, BlindError> {
        Ok(self.evaluate_point(element(blinded)?, None))
    }

    /// `GenerateProof`, section 2.2.1. The nonce is grown from secret and question, as Ed25519 does it.
    fn evaluate_point(&self, input: RistrettoPoint, nonce: Option<Scalar>) -> Evaluated {
        let output = self.secret * input;
        let (input_bytes, output_bytes) = (input.compress().to_bytes(), output.compress().to_bytes());
        let weight = weight(&self.public, &input_bytes, &output_bytes);
        let (m, z) = (weight * input, weight * output);
        let nonce = nonce.unwrap_or_else(|| {
            scalar(&[self.secret.as_bytes(), &input_bytes, &output_bytes], b"Placet-DLEQ-Nonce-")
        });
        let c = challenge(&self.public, m, z, nonce * BASE, nonce * m);
        let s = nonce - c * self.secret;
        Evaluated { element: output_bytes, c: c.to_bytes(), s: s.to_bytes() }
    }
}

impl std::fmt::Debug for BlindKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlindKey").field("public", &Hash(self.public)).finish_non_exhaustive()
    }
}

impl Blinding {
    /// Blinds a work with 64 secret random bytes, which the caller draws.
    pub fn new(work: &[u8], random: &[u8; 64]) -> Result<Blinding, BlindError> {
        Blinding::with(work, Scalar::from_bytes_mod_order_wide(random))
    }

    fn with(work: &[u8], scalar: Scalar) -> Result<Blinding, BlindError> {
        if scalar == Scalar::ZERO {
            return Err(BlindError::Element);
        }
        let element = (scalar * point(work)?).compress().to_bytes();
        Ok(Blinding { work: work.to_vec(), scalar, element })
    }

    /// The work's key from the provider's answer, once the proof holds (`Finalize`, section 3.3.2).
    pub fn finish(&self, public: &[u8; 32], answer: &Evaluated) -> Result<Hash, BlindError> {
        let output = verify(public, &self.element, answer)?;
        Ok(finish(&self.work, &(self.scalar.invert() * output).compress().0))
    }
}

/// The key of a work, once the public proof holds.
pub fn verify_key(public: &[u8; 32], work: &[u8], proof: &Evaluated) -> Result<Hash, BlindError> {
    verify(public, &point(work)?.compress().to_bytes(), proof)?;
    Ok(finish(work, &proof.element))
}

/// `VerifyProof`, section 2.2.2, for one element.
fn verify(public: &[u8; 32], input: &[u8; 32], answer: &Evaluated) -> Result<RistrettoPoint, BlindError> {
    let (key, output) = (element(public)?, element(&answer.element)?);
    let canonical =
        |bytes| Option::<Scalar>::from(Scalar::from_canonical_bytes(bytes)).ok_or(BlindError::Proof);
    let (c, s) = (canonical(answer.c)?, canonical(answer.s)?);
    let weight = weight(public, input, &answer.element);
    let (m, z) = (weight * element(input)?, weight * output);
    if challenge(public, m, z, s * BASE + c * key, s * m + c * z) == c {
        Ok(output)
    } else {
        Err(BlindError::Proof)
    }
}

fn element(bytes: &[u8; 32]) -> Result<RistrettoPoint, BlindError> {
    let point = CompressedRistretto(*bytes).decompress().ok_or(BlindError::Element)?;
    if point.is_identity() { Err(BlindError::Element) } else { Ok(point) }
}

/// `HashToGroup` of an identifier.
fn point(work: &[u8]) -> Result<RistrettoPoint, BlindError> {
    if work.is_empty() || work.len() > WORK_BYTES_MAX {
        return Err(BlindError::Work);
    }
    Ok(RistrettoPoint::from_uniform_bytes(&expand(&[work], &[b"HashToGroup-", CONTEXT])))
}

/// `HashToScalar` with a domain separation tag that ends in the context.
fn scalar(message: &[&[u8]], tag: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&expand(message, &[tag, CONTEXT]))
}

fn finish(work: &[u8], output: &[u8; 32]) -> Hash {
    let digest = Sha512::new()
        .chain_update((work.len() as u16).to_be_bytes())
        .chain_update(work)
        .chain_update([0, 32])
        .chain_update(output)
        .chain_update(b"Finalize")
        .finalize();
    // The RFC's output has 64 bytes; the register's keys are the first 32.
    let mut key = [0; 32];
    key.copy_from_slice(&digest[..32]);
    Hash(key)
}

/// `ComputeComposites` for one element.
fn weight(public: &[u8; 32], input: &[u8; 32], output: &[u8; 32]) -> Scalar {
    let tag = [b"Seed-", CONTEXT].concat();
    let seed = Sha512::new()
        .chain_update([0, 32])
        .chain_update(public)
        .chain_update((tag.len() as u16).to_be_bytes())
        .chain_update(tag)
        .finalize();
    scalar(&[&[0, 64], &seed, &[0, 0], &[0, 32], input, &[0, 32], output, b"Composite"], b"HashToScalar-")
}

fn challenge(
    public: &[u8; 32],
    m: RistrettoPoint,
    z: RistrettoPoint,
    t2: RistrettoPoint,
    t3: RistrettoPoint,
) -> Scalar {
    let [m, z, t2, t3] = [m, z, t2, t3].map(|point| point.compress().to_bytes());
    let length = &[0u8, 32][..];
    scalar(
        &[length, public, length, &m, length, &z, length, &t2, length, &t3, b"Challenge"],
        b"HashToScalar-",
    )
}

/// `expand_message_xmd` with SHA-512 to 64 bytes (RFC 9380 section 5.3.1).
fn expand(message: &[&[u8]], tag: &[&[u8]]) -> [u8; 64] {
    let tag = tag.concat();
    let suffix = [tag.as_slice(), &[tag.len() as u8]].concat();
    let mut first = Sha512::new().chain_update([0; 128]);
    for part in message {
        first.update(part);
    }
    let first = first.chain_update([0, 64, 0]).chain_update(&suffix).finalize();
    Sha512::new().chain_update(first).chain_update([1]).chain_update(&suffix).finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        let bytes: Vec<u8> =
            (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect();
        bytes.try_into().unwrap()
    }

    fn key() -> BlindKey {
        BlindKey::derive(&[0xa3; 32], b"test key").unwrap()
    }

    /// RFC 9497 appendix A.1.2, vectors 1 and 2.
    #[test]
    fn the_vectors_of_rfc_9497() {
        let key = key();
        assert_eq!(
            key.secret.to_bytes(),
            hex("e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909")
        );
        assert_eq!(key.public, hex("c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"));
        let canonical = |text| Scalar::from_canonical_bytes(hex(text)).unwrap();
        let blind = canonical("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706");
        let nonce = canonical("222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e");
        for (work, blinded, evaluated, c, s, output) in [
            (
                &[0][..],
                "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
                "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
                "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06",
                "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
                "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d",
            ),
            (
                &[0x5a; 17],
                "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
                "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",
                "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a",
                "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
                "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60",
            ),
        ] {
            let question = Blinding::with(work, blind).unwrap();
            assert_eq!(question.element, hex(blinded));
            let answer = key.evaluate_point(element(&question.element).unwrap(), Some(nonce));
            assert_eq!(answer, Evaluated { element: hex(evaluated), c: hex(c), s: hex(s) });
            assert_eq!(question.finish(&key.public, &answer), Ok(Hash(hex(output))));
            assert_eq!(key.key(work), Ok(Hash(hex(output))));
        }
    }

    #[test]
    fn the_public_proof_gives_the_same_key_and_no_other_secret_does() {
        let (key, other) = (key(), BlindKey::derive(&[1; 32], b"").unwrap());
        let (value, proof) = key.prove(b"isbn:9780306406157").unwrap();
        assert_eq!(verify_key(&key.public, b"isbn:9780306406157", &proof), Ok(value));
        assert_eq!(verify_key(&other.public, b"isbn:9780306406157", &proof), Err(BlindError::Proof));
        assert_eq!(verify_key(&key.public, b"isbn:9780306406158", &proof), Err(BlindError::Proof));
        let blinding = Blinding::new(b"isbn:9780306406157", &[5; 64]).unwrap();
        let answer = key.evaluate(&blinding.element).unwrap();
        assert_eq!(blinding.finish(&key.public, &answer), Ok(value));
        assert_eq!(key.evaluate(&[0; 32]).unwrap_err(), BlindError::Element);
        assert_eq!(key.key(b"").unwrap_err(), BlindError::Work);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn never_panics(public: [u8; 32], e: [u8; 32], c: [u8; 32], s: [u8; 32], work in proptest::collection::vec(any::<u8>(), 0..20)) {
            let proof = Evaluated { element: e, c, s };
            prop_assert!(verify_key(&public, &work, &proof).is_err());
            prop_assert!(verify_key(&key().public, &work, &proof).is_err());
            let _ = key().evaluate(&e);
        }
    }
}
