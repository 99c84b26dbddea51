//! Any bytes are read as an entry and never panic; what is read prints back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_log::cbor::Value;
use placet_log::leaf::Leaf;

fuzz_target!(|data: &[u8]| {
    if let Ok(value) = Value::decode(data) {
        assert_eq!(value.encode(), data);
    }
    if let Ok(leaf) = Leaf::decode(data) {
        assert_eq!(leaf.encode(), data);
    }
});
