//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_signals::aipref::header;

fuzz_target!(|data: &[u8]| {
    header(&[data]);
});
