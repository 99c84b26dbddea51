//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_signals::licence::{in_page, spdx, spdx_tags};

fuzz_target!(|data: &[u8]| {
    spdx_tags(data);
    let text = String::from_utf8_lossy(data);
    let _ = spdx(&text);
    in_page(&text, "#page");
});
