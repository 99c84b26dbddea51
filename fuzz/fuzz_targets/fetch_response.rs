//! Any bytes are read as a response and as a URL, and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(response) = placet_fetch::read(bytes) {
        response.lifetime_s(1);
    }
    if let Ok(url) = std::str::from_utf8(bytes) {
        let _ = placet_fetch::Target::of(url).map(|target| target.url());
    }
});
