//! Every reader takes any bytes: random ones, and the fuzz targets' seeds with octets changed, cut and repeated.
//!
//! `PROPTEST_CASES=1000000 cargo test -p placet-signals any_bytes` makes it a long run.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use placet_signals::{
    ai_txt, aipref, asset, c2pa, content_signal, header, html, licence, natural, onix, plus, robots,
    robots_meta, rsl, structured_field, tdm_ai, tdmrep, trust_txt, xmp,
};
use proptest::prelude::*;

const URL: &str = "https://example.org/a/b.jpg?c";
const AGENTS: [&str; 2] = ["GPTBot", "CCBot"];

/// Hands the bytes to every reader and what comes out to every next step.
fn read(bytes: &[u8]) {
    let (robots, _) = robots::parse(bytes);
    let matcher = robots::Matcher::new(&robots);
    robots::statements(&robots, &matcher, &AGENTS, URL);
    aipref::in_robots(&robots, &AGENTS, URL);
    content_signal::in_robots(&robots, &AGENTS, URL);
    rsl::in_robots(&robots, &AGENTS);
    ai_txt::statements(&ai_txt::parse(bytes).0, &AGENTS, URL);
    let _ = structured_field::dictionary(bytes);
    aipref::header(&[bytes]);
    content_signal::header(&[bytes]);
    robots_meta::header(&[bytes]);
    header::parse(&[("Link", bytes), ("tdm-reservation", bytes), ("X-Robots-Tag", bytes)]);
    let marks = [tdmrep::file(bytes).0.mark(URL), tdmrep::header(&[bytes], Some(bytes)).0];
    tdmrep::statements(&marks.into_iter().flatten().collect::<Vec<_>>(), Some(URL));
    if let (Some(policy), _) = tdmrep::policy(bytes) {
        policy.statements();
    }
    let (document, _) = rsl::parse(bytes);
    rsl::statements(&document, Some(URL), rsl::Association::Site);
    rsl::parse(rsl::write(&document.contents).as_bytes());
    trust_txt::parse(bytes);
    tdm_ai::parse(bytes);
    onix::parse(bytes);
    licence::spdx_tags(bytes);
    let text = String::from_utf8_lossy(bytes);
    let _ = licence::spdx(&text);
    let _ = licence::creative_commons(&text);
    natural::sentences(&text);
    let (properties, _) = xmp::parse(bytes);
    plus::in_xmp(&properties);
    plus::words_for_people(&properties);
    tdmrep::xmp(&properties);
    asset::parse(bytes);
    c2pa::parse(bytes, Some(c2pa::Holder { file: bytes, store_bytes: bytes.len() }));
    html::parse(bytes, Some(URL));
}

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut seeds = Vec::new();
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                seeds.push(std::fs::read(path).unwrap());
            }
        }
    }
    seeds.sort();
    seeds
});

#[test]
fn the_seeds_are_read() {
    assert!(SEEDS.len() > 20);
    SEEDS.iter().for_each(|seed| read(seed));
}

proptest! {
    #[test]
    fn random_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes);
    }

    #[test]
    fn changed_seeds_are_read(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..8),
    ) {
        let mut bytes = SEEDS[seed.index(SEEDS.len())].clone();
        for (place, octet, change) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match change {
                0 => bytes[at] = octet,
                1 => bytes.truncate(at),
                2 => bytes.insert(at, octet),
                _ => {
                    let piece = bytes[at..(at + usize::from(octet)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        read(&bytes);
    }
}
