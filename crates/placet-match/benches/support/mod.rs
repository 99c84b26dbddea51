//! Real books for the benchmarks: the Project Gutenberg texts that stand for protected works.

use std::io::Read as _;
use std::path::PathBuf;

/// A chance generator whose every run is the same.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
}

/// The text files of an archive in the folder of real material, sorted by name; `None` where it is absent.
pub(crate) fn archive(name: &str) -> Option<Vec<(String, String)>> {
    let path = PathBuf::from(std::env::var_os("PLACET_SHARED_DATA")?).join("text").join(name);
    let file = zstd::Decoder::new(std::fs::File::open(path).ok()?).ok()?;
    let mut texts = Vec::new();
    for entry in tar::Archive::new(file).entries().ok()? {
        let mut entry = entry.ok()?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path().ok()?.to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).ok()?;
        texts.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    texts.sort();
    Some(texts)
}

/// The books without Project Gutenberg's header and footer.
pub(crate) fn books() -> Option<Vec<(String, String)>> {
    let books = archive("books.tar.zst")?;
    let books = books.into_iter().filter(|(name, _)| name.to_lowercase().ends_with(".txt"));
    Some(books.map(|(name, text)| (name, body(&text).to_owned())).collect())
}

fn body(text: &str) -> &str {
    let line_with = |marks: [&str; 2]| {
        let at = marks.iter().filter_map(|m| text.find(m)).min()?;
        Some((at, at + text[at + 3..].find("***")? + 6))
    };
    let start = line_with(["*** START OF", "***START OF"]).map_or(0, |l| l.1);
    let end = line_with(["*** END OF", "***END OF"]).map_or(text.len(), |l| l.0);
    text.get(start..end).unwrap_or(text)
}

/// A work of which only the name matters.
pub(crate) fn work(name: &str) -> placet_core::Work {
    placet_core::Work {
        id: name.to_owned(),
        kind: placet_core::WorkKind::Text,
        title: name.to_owned(),
        credits: vec![],
        identifiers: vec![],
        language: None,
        extra: std::collections::BTreeMap::default(),
    }
}
