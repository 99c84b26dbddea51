//! X.509 certificates (RFC 5280) as far as a signature needs them: the key, and the name its holder goes by.
//!
//! Nothing is concluded from a certificate: who issued it, for what and until when is for a trust list to judge, and
//! none is asked here.

/// Most bytes of a certificate that are looked at.
const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;

/// Kinds of keys, by their identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    P256,
    P384,
    Rsa,
    Ed25519,
    /// Another one.
    Other,
}

/// What a certificate says of its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate<'a> {
    pub(super) kind: KeyKind,
    /// The key's bytes, as its kind has them.
    pub(super) key: &'a [u8],
    /// Common name and organisation.
    pub(super) holder: Option<String>,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT: u8 = 0x06;
const BITS: u8 = 0x03;

const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const SECP256R1: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const SECP384R1: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x22];
const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
const RSA_PSS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A];
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0A];

/// Reads a certificate in DER.
pub(super) fn parse(bytes: &[u8]) -> Option<Certificate<'_>> {
    let mut outer = Der { rest: bytes.get(..CERTIFICATE_BYTES_MAX).unwrap_or(bytes) };
    let mut body = Der { rest: Der { rest: outer.expect(SEQUENCE)? }.expect(SEQUENCE)? };
    if body.rest.first() == Some(&0xA0) {
        body.next()?;
    }
    // Serial number, algorithm of the issuer's signature, issuer, validity.
    for _ in 0..4 {
        body.next()?;
    }
    let holder = name(body.expect(SEQUENCE)?);
    let mut key = Der { rest: body.expect(SEQUENCE)? };
    let mut algorithm = Der { rest: key.expect(SEQUENCE)? };
    let kind = match (algorithm.expect(OBJECT)?, algorithm.next()) {
        (EC, Some((OBJECT, SECP256R1))) => KeyKind::P256,
        (EC, Some((OBJECT, SECP384R1))) => KeyKind::P384,
        (RSA | RSA_PSS, _) => KeyKind::Rsa,
        (ED25519, _) => KeyKind::Ed25519,
        _ => KeyKind::Other,
    };
    // A string of bits begins with the number of bits that its last octet leaves unused.
    let (unused, key) = key.expect(BITS)?.split_first()?;
    (*unused == 0).then_some(Certificate { kind, key, holder })
}

/// Common name and organisation of a name.
fn name(bytes: &[u8]) -> Option<String> {
    const PARTS_MAX: usize = 32;
    let (mut common, mut organisation) = (None, None);
    let mut parts = Der { rest: bytes };
    for _ in 0..PARTS_MAX {
        let Some((SET, part)) = parts.next() else { break };
        let Some(mut pair) = Der { rest: part }.expect(SEQUENCE).map(|rest| Der { rest }) else { break };
        let (Some(kind), Some((encoding, text))) = (pair.expect(OBJECT), pair.next()) else { break };
        // UTF8String, PrintableString, IA5String; the others nobody uses any more.
        let text = matches!(encoding, 0x0C | 0x13 | 0x16).then(|| std::str::from_utf8(text).ok()).flatten();
        match kind {
            COMMON_NAME => common = common.or(text),
            ORGANISATION => organisation = organisation.or(text),
            _ => {}
        }
    }
    match (common, organisation) {
        (Some(common), Some(organisation)) if common != organisation => {
            Some(format!("{common}, {organisation}"))
        }
        (common, organisation) => common.or(organisation).map(str::to_owned),
    }
}

/// DER elements one after the other (X.690); tags of one octet.
struct Der<'a> {
    rest: &'a [u8],
}

impl<'a> Der<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], rest) = self.rest.split_first_chunk::<2>()?;
        let (len, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            if octets.is_empty() || octets.len() > 4 {
                return None;
            }
            (octets.iter().fold(0, |len, octet| len << 8 | usize::from(*octet)), rest)
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.rest = rest;
        Some((tag, content))
    }

    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }
}
