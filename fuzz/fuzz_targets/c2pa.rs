//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let holder = placet_signals::c2pa::Holder { file: bytes, store_bytes: bytes.len() };
    placet_signals::c2pa::parse(bytes, Some(holder));
});
