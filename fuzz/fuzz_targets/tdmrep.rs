//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_signals::tdmrep::{file, header, policy, statements};

fuzz_target!(|data: &[u8]| {
    let (read, _) = file(data);
    let mark = read.mark("https://example.org/a/b?c");
    let (second, _) = header(&[data], Some(data));
    let marks: Vec<_> = mark.into_iter().chain(second).collect();
    statements(&marks, Some("https://example.org/a/b?c"));
    if let (Some(policy), _) = policy(data) {
        policy.statements();
    }
});
