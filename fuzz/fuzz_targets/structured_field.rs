//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_signals::structured_field::dictionary;

fuzz_target!(|data: &[u8]| {
    let _ = dictionary(data);
});
