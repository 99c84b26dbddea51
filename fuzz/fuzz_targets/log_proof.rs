//! Any bytes are verified as a proof of each kind and never panic, and none is taken for proven.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_log::answer::{Expected, verify};
use placet_log::cose::{Receipt, Transparent};
use placet_log::hash::Hash;
use placet_log::policy::Policy;
use placet_log::tlog_proof::TlogProof;
use placet_log::{disclosure, timestamp};

const POLICY: &[u8] = include_bytes!("../../conformance/answers/trust.policy");
const PROOFS: &[u8] = include_bytes!("../../conformance/proofs/trust.policy");
const STAMPS: &[u8] = include_bytes!("../../conformance/timestamps/trust.policy");

fuzz_target!(|data: &[u8]| {
    if let Ok(file) = TlogProof::parse(data) {
        assert_eq!(TlogProof::parse(file.to_string().as_bytes()), Ok(file));
    }
    let parse = |bytes| Policy::parse(bytes).expect("the repository's own policy");
    if let Ok(proven) = verify(data, &parse(POLICY), Expected::default()) {
        assert!(proven.work.starts_with("isbn:97803064") || proven.work == "isbn:9780000000002");
    }
    let mut policy = parse(PROOFS);
    if let Ok(proven) = disclosure::verify(data, &policy) {
        assert!(proven.index < 3);
    }
    let _ = policy.follow(data);
    if let Some(log) = policy.logs().first() {
        let _ = Receipt::verify(data, b"an entry", log);
        let _ = Transparent::verify(data, policy.logs(), policy.logs());
    }
    assert!(timestamp::verify(data, Hash::EMPTY, parse(STAMPS).authorities()).is_err());
});
