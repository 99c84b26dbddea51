//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_signals::ai_txt::{parse, statements};

fuzz_target!(|data: &[u8]| {
    let (file, _) = parse(data);
    statements(&file, &["GPTBot"], "https://example.org/a.jpg");
});
