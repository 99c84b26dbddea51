//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_signals::{plus, tdmrep, xmp};

fuzz_target!(|data: &[u8]| {
    let (properties, _) = xmp::parse(data);
    plus::in_xmp(&properties);
    plus::words_for_people(&properties);
    tdmrep::xmp(&properties);
});
