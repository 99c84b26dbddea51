//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_signals::header::parse;

fuzz_target!(|data: &[u8]| {
    let fields: Vec<(String, &[u8])> = data
        .split(|&b| b == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|&b| b == b':')?;
            Some((String::from_utf8_lossy(&line[..colon]).into_owned(), &line[colon + 1..]))
        })
        .collect();
    let fields: Vec<(&str, &[u8])> = fields.iter().map(|(n, v)| (n.as_str(), *v)).collect();
    parse(&fields);
});
