//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_signals::rsl::{Association, parse, statements, write};

fuzz_target!(|data: &[u8]| {
    let (rsl, _) = parse(data);
    for association in [Association::Site, Association::Page, Association::Asset] {
        statements(&rsl, Some("https://example.org/a/b?c"), association);
    }
    let (again, _) = parse(write(&rsl.contents).as_bytes());
    assert!(again.contents.len() <= rsl.contents.len().max(1));
});
