//! Any bytes are read as kept exchanges and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_fetch::warc;

fuzz_target!(|bytes: &[u8]| {
    let kept = warc::read(bytes);
    for exchange in &kept.exchanges {
        exchange.response();
        exchange.location();
    }
    warc::read(&warc::write(kept.about.as_ref(), &kept.exchanges));
});
