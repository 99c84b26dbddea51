//! Texts and packs that the tests share.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use placet_core::note::Signer;
use placet_core::{Work, WorkKind};
use placet_match::{Guarantee, Match, Pack, PackBuilder, PackSet, Texts};

pub(crate) fn work(id: &str) -> Work {
    Work {
        id: id.to_owned(),
        kind: WorkKind::Text,
        title: format!("The {id}"),
        credits: vec![],
        identifiers: vec![],
        language: Some("en".into()),
        extra: BTreeMap::default(),
    }
}

/// Words that chance strings together: no two stretches of it are alike.
pub(crate) fn prose(seed: u64, words: usize) -> String {
    const WORDS: [&str; 64] = [
        "ship",
        "captain",
        "sea",
        "storm",
        "harbour",
        "letter",
        "candle",
        "window",
        "garden",
        "stone",
        "river",
        "bridge",
        "winter",
        "summer",
        "silver",
        "copper",
        "mirror",
        "shadow",
        "answer",
        "question",
        "mother",
        "father",
        "sister",
        "brother",
        "village",
        "market",
        "tower",
        "clock",
        "bell",
        "voice",
        "silence",
        "morning",
        "evening",
        "night",
        "journey",
        "return",
        "promise",
        "secret",
        "stranger",
        "neighbour",
        "kitchen",
        "bread",
        "water",
        "fire",
        "ashes",
        "road",
        "horse",
        "wagon",
        "forest",
        "branch",
        "leaf",
        "root",
        "feather",
        "wing",
        "heart",
        "hand",
        "shoulder",
        "eye",
        "dream",
        "memory",
        "fortune",
        "sorrow",
        "laughter",
        "and",
    ];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text = String::new();
    for _ in 0..words {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(WORDS[(state >> 58) as usize]);
        text.push(if (state >> 40).trailing_zeros() >= 4 { '\n' } else { ' ' });
    }
    text
}

/// Text that shares no word with [`prose`], and no dozen letters but by a miracle.
pub(crate) fn foreign(seed: u64, words: usize) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text = String::new();
    for n in 0..words * 6 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let letters: &[u8] = if n % 2 == 0 { b"bdfgklmnprstvxz" } else { b"aeiouy" };
        text.push(char::from(letters[(state >> 40) as usize % letters.len()]));
        if n % 6 == 5 {
            text.push(' ');
        }
    }
    text
}

pub(crate) fn signer() -> Signer {
    Signer::from_seed("example.org/tests", [7; 32]).unwrap()
}

pub(crate) fn build(
    folder: &Path,
    name: &str,
    guarantee: Guarantee,
    texts: &[(String, String)],
    commons: bool,
) -> PathBuf {
    let path = folder.join(name);
    let mut builder = PackBuilder::new(name, guarantee).commons(commons);
    for (id, text) in texts {
        builder.add(&work(id), text, 0..text.len()).unwrap();
    }
    builder.write(&path, &signer(), jiff::Timestamp::UNIX_EPOCH).unwrap();
    path
}

pub(crate) struct Library(pub(crate) Vec<(String, String)>);

impl Library {
    pub(crate) fn new(works: u64, words: usize) -> Library {
        Library((0..works).map(|i| (format!("work-{i}"), prose(1000 + i, words))).collect())
    }

    pub(crate) fn set(&self, guarantee: Guarantee) -> PackSet {
        let folder = tempfile::tempdir().unwrap();
        PackSet::new(vec![Pack::open(&build(folder.path(), "books", guarantee, &self.0, false)).unwrap()])
    }
}

impl Texts for Library {
    fn text(&self, _pack: u16, work: u32) -> Option<(String, Range<usize>)> {
        let text = self.0[work as usize].1.clone();
        let all = 0..text.len();
        Some((text, all))
    }
}

pub(crate) fn scan(set: &PackSet, text: &str, texts: Option<&dyn Texts>) -> Vec<Match> {
    let mut found = vec![];
    set.scanner().scan(text, texts, &mut found);
    found
}
