//! Tokens that OpenSSL made for the checkpoint of the answers in `conformance/`, and every way in which they must not
//! verify.

use std::path::Path;

use placet_log::checkpoint::Checkpoint;
use placet_log::hash::Hash;
use placet_log::policy::Policy;
use placet_log::timestamp::{Authority, TimestampError, answers, certificate, imprint, request, verify};
use placet_log::tlog_proof::TlogProof;
use proptest::prelude::*;

fn read(path: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance");
    std::fs::read(folder.join(path)).unwrap()
}

fn stamped() -> Hash {
    let proof = TlogProof::parse(&read("answers/present.placet-proof")).unwrap();
    imprint(&Checkpoint::peek(proof.checkpoint.as_bytes()).unwrap().0)
}

fn trusted() -> Vec<Authority> {
    Policy::parse(&read("timestamps/trust.policy")).unwrap().authorities().to_vec()
}

#[test]
fn tokens_of_openssl_hold() {
    let mut found = Vec::new();
    for kind in ["rsa", "ec"] {
        let file = read(&format!("timestamps/{kind}.tsr"));
        let timestamp = verify(&file, stamped(), &trusted()).unwrap();
        assert_eq!(Ok(timestamp.certificate), certificate(&file));
        found.push((timestamp.authority, timestamp.time, timestamp.serial));
    }
    let when = 1_795_312_681;
    assert_eq!(found, [("rsa".into(), when, "1001".into()), ("ec".into(), when, "1001".into())]);
}

#[test]
fn what_is_not_trusted_is_refused_with_the_reason() {
    let file = read("timestamps/ec.tsr");
    let named = |n: u8| vec![Authority { name: "other".into(), certificate: Hash([n; 32]) }];
    // A refusal by the authority: PKIStatus 2 with a text.
    let refused = [0x30, 10, 0x30, 8, 2, 1, 2, 0x30, 3, 0x0c, 1, b'x'];
    let reasons = [
        verify(&file, Hash([1; 32]), &trusted()),
        verify(&file, stamped(), &named(1)),
        verify(&file, stamped(), &[]),
        verify(&refused, stamped(), &trusted()),
        verify(&file[..file.len() - 1], stamped(), &trusted()),
        verify(b"", stamped(), &trusted()),
    ]
    .map(|result| result.unwrap_err().to_string().replace(&trusted_hex(), "[EC]"));
    insta::assert_snapshot!(reasons.join("\n"), @"
    the timestamp is for something else than this checkpoint
    the timestamp was signed with a certificate that is not trusted ([EC])
    the timestamp was signed with a certificate that is not trusted ([EC])
    the authority gave no token: status 2, x
    not a timestamp token (RFC 3161): no single item of DER
    not a timestamp token (RFC 3161): no single item of DER
    ");
}

fn trusted_hex() -> String {
    trusted()[1].certificate.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn one_byte_changed_anywhere_is_refused_or_changes_nothing_that_is_said() {
    for kind in ["rsa", "ec"] {
        let file = read(&format!("timestamps/{kind}.tsr"));
        let said = verify(&file, stamped(), &trusted()).unwrap();
        let mut same = 0;
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            match verify(&changed, stamped(), &trusted()) {
                Ok(timestamp) => {
                    assert_eq!(timestamp, said, "byte {at}");
                    same += 1;
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        // Status, versions, the signer's name beside its certificate, other certificates: none of it is signed.
        assert!(same * 2 < file.len(), "{same} of {}", file.len());
    }
}

#[test]
fn a_request_has_the_shape_that_openssl_reads() {
    // RFC 3161 section 2.4.1: version 1, SHA-256 with NULL, the hash, the nonce as a number from 0, certReq.
    let bytes = request(Hash([7; 32]), 0x80);
    let head = [
        0x30, 0x3d, 2, 1, 1, 0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32,
    ];
    assert_eq!(bytes, [&head[..], &[7; 32], &[2, 2, 0, 0x80], &[1, 1, 0xff]].concat());
    assert_eq!(request(Hash([7; 32]), 0)[56..59], [2, 1, 0]);
    let timestamp = verify(&read("timestamps/rsa.tsr"), stamped(), &trusted()).unwrap();
    assert!(answers(&timestamp, 0xb72b_f15c_87f5_2df0) && !answers(&timestamp, 1));
    assert_eq!(
        verify(&bytes, stamped(), &[]).unwrap_err(),
        TimestampError::Malformed("no signed data with a TSTInfo")
    );
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120), at: prop::sample::Index, to: u8) {
        let _ = verify(&bytes, stamped(), &trusted());
        let mut changed = read("timestamps/ec.tsr");
        let at = at.index(changed.len());
        changed[at] = to;
        let _ = verify(&changed, stamped(), &trusted());
        let _ = certificate(&changed);
    }
}
