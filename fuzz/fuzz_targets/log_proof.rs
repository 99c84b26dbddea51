//! Any bytes are verified as a proof and never panic, and none is taken for proven.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_log::answer::{Expected, verify};
use placet_log::policy::Policy;
use placet_log::tlog_proof::TlogProof;

const POLICY: &[u8] = include_bytes!("../../conformance/answers/trust.policy");

fuzz_target!(|data: &[u8]| {
    if let Ok(file) = TlogProof::parse(data) {
        assert_eq!(TlogProof::parse(file.to_string().as_bytes()), Ok(file));
    }
    let policy = Policy::parse(POLICY).expect("the repository's own policy");
    if let Ok(proven) = verify(data, &policy, Expected::default()) {
        assert!(proven.work.starts_with("isbn:97803064") || proven.work == "isbn:9780000000002");
    }
});
