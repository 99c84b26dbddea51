//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    placet_signals::c2pa::parse(bytes);
});
