//! What a timestamp needs of an authority's certificate (X.509, RFC 5280): its key, its dates, and whether it is one for
//! timestamps. Whether it is to be trusted the reader's policy says, by its hash; no chain is followed here.

use super::der::{BIT_STRING, BOOLEAN, INTEGER, Items, OCTET_STRING, OID, SEQUENCE, context, time};

const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
/// Elliptic curve keys name their curve beside.
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// The parts of a certificate.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    /// Valid from and until, in seconds since 1970.
    pub(super) from: i64,
    pub(super) until: i64,
    /// The public key's bits.
    pub(super) key: &'a [u8],
    /// The curve of a key on a curve that has a name.
    pub(super) curve: Option<&'a [u8]>,
    /// Whether timestamps are its one purpose, as RFC 3161 section 2.3 asks.
    pub(super) stamps: bool,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate; its own signature is not looked at.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Certificate<'a>> {
        let mut parts = Items(bytes).inside(SEQUENCE)?.inside(SEQUENCE)?;
        parts.optional(context(0));
        let (_serial, _algorithm) = (parts.expect(INTEGER)?, parts.expect(SEQUENCE)?);
        let _issuer = parts.expect(SEQUENCE)?;
        let mut dates = parts.inside(SEQUENCE)?;
        let (from, until) = (time(dates.item()?)?, time(dates.item()?)?);
        let _subject = parts.expect(SEQUENCE)?;
        let mut public = parts.inside(SEQUENCE)?;
        let mut algorithm = public.inside(SEQUENCE)?;
        let on_a_curve = algorithm.expect(OID)? == EC_PUBLIC_KEY;
        let curve = if on_a_curve { Some(algorithm.expect(OID)?) } else { None };
        // The first byte counts the bits that are not used: none in a key.
        let (0, key) = public.expect(BIT_STRING)?.split_first()? else { return None };
        let mut stamps = false;
        // Ids of issuer and subject, of certificates of old, stand before the extensions.
        while let Some(item) = parts.item() {
            if item.tag == context(3) {
                stamps = is_for_stamps(Items(item.content).inside(SEQUENCE)?)?;
            }
        }
        Some(Certificate { from, until, key, curve, stamps })
    }
}

fn is_for_stamps(mut extensions: Items<'_>) -> Option<bool> {
    while !extensions.is_empty() {
        let mut extension = extensions.inside(SEQUENCE)?;
        let name = extension.expect(OID)?;
        let critical = extension.optional(BOOLEAN).is_some_and(|item| item.content == [0xff]);
        let value = extension.expect(OCTET_STRING)?;
        if name == EXTENDED_KEY_USAGE {
            let mut purposes = Items(value).inside(SEQUENCE)?;
            let stamps = purposes.expect(OID)? == TIME_STAMPING;
            return Some(critical && stamps && purposes.is_empty());
        }
    }
    Some(false)
}
