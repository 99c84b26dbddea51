//! The signature over a claim: `COSE_Sign1` (RFC 9052, section 4.2) with the signer's certificate in `x5chain` (RFC 9360).

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value;

use super::certificate::{self, KeyKind};
use super::{Part, Signature, Unverifiable, bytes_of, cbor};

/// Labels of header parameters (RFC 9052, section 3.1; RFC 9360, section 2); early writers spelled the chain out.
const ALGORITHM: &str = "1";
const CHAIN: [&str; 2] = ["33", "x5chain"];

/// How a signature stands to a claim, and the name that its certificate gives.
pub(super) fn of_claim(signature: &[u8], claim: &[u8]) -> (Signature, Option<String>) {
    let broken = (Signature::Broken(Part::Signature), None);
    let Some(Value::Array(parts)) = cbor::decode(signature) else { return broken };
    let [protected, open, payload, signed] = parts.as_slice() else { return broken };
    let (Some(protected), Some(signed)) = (bytes_of(protected), bytes_of(signed)) else { return broken };
    // The claim is what is signed; a signature that carries another one is not about it.
    if !payload.is_null() && bytes_of(payload).is_none_or(|own| own != claim) {
        return broken;
    }
    let Some(header) = cbor::decode(&protected) else { return broken };
    let chain = CHAIN.iter().find_map(|label| header.get(label).or_else(|| open.get(label)));
    let first = match chain {
        Some(Value::Array(chain)) => chain.first(),
        other => other,
    };
    let Some(first) = first.and_then(bytes_of) else { return broken };
    let Some(certificate) = certificate::parse(&first) else {
        return (Signature::NotVerifiable(Unverifiable::Certificate), None);
    };
    let algorithm: &dyn VerificationAlgorithm =
        match (header.get(ALGORITHM).and_then(Value::as_i64), certificate.kind) {
            (Some(-7), KeyKind::P256) => &ECDSA_P256_SHA256_FIXED,
            (Some(-35), KeyKind::P384) => &ECDSA_P384_SHA384_FIXED,
            (Some(-37), KeyKind::Rsa) => &RSA_PSS_2048_8192_SHA256,
            (Some(-38), KeyKind::Rsa) => &RSA_PSS_2048_8192_SHA384,
            (Some(-39), KeyKind::Rsa) => &RSA_PSS_2048_8192_SHA512,
            (Some(-8), KeyKind::Ed25519) => &ED25519,
            _ => return (Signature::NotVerifiable(Unverifiable::Algorithm), certificate.holder),
        };
    let message = signed_over(&protected, claim);
    let holds = UnparsedPublicKey::new(algorithm, certificate.key).verify(&message, &signed).is_ok();
    let stands = if holds { Signature::Valid } else { Signature::Broken(Part::Signature) };
    (stands, certificate.holder)
}

/// The `Sig_structure` (RFC 9052, section 4.4): what the signature is over.
pub(super) fn signed_over(protected: &[u8], claim: &[u8]) -> Vec<u8> {
    let mut message = vec![0x84, 0x6A];
    message.extend_from_slice(b"Signature1");
    cbor::put_bytes(&mut message, protected);
    cbor::put_bytes(&mut message, b"");
    cbor::put_bytes(&mut message, claim);
    message
}
