//! Any bytes are read and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_signals::robots::{Matcher, Reading, normal, parse_as, path_of, statements, write};

fuzz_target!(|data: &[u8]| {
    let (file, url) = halves(data);
    let url = String::from_utf8_lossy(url);
    for reading in [Reading::Rfc9309, Reading::Lenient] {
        let (robots, _) = parse_as(file, reading);
        let matcher = Matcher::new(&robots);
        matcher.decide("GPTBot", &normal(path_of(&url).as_bytes()));
        statements(&robots, &matcher, &["GPTBot", "CCBot"], &url);
        placet_signals::aipref::in_robots(&robots, &["GPTBot"], &url);
        placet_signals::content_signal::in_robots(&robots, &["GPTBot"], &url);
        placet_signals::rsl::in_robots(&robots, &["GPTBot"]);
        parse_as(write(&robots.groups).as_bytes(), reading);
    }
});

/// A zero octet parts the file from the URL.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    let at = data.iter().position(|&b| b == 0).unwrap_or(data.len());
    let (file, url) = data.split_at(at);
    (file, url.get(1..).unwrap_or_default())
}
