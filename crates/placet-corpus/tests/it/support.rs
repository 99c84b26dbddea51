//! Corpora made for a test.

use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use placet_corpus::{Aside, Cleared, Item, ReadOptions, Record, Source, list, open};

/// A folder that goes away with the test.
pub(crate) struct Corpus {
    folder: tempfile::TempDir,
}

impl Corpus {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// The source of a single file.
pub(crate) fn source(path: &Path) -> Source {
    let (mut sources, asides) = list(path);
    assert_eq!(asides, [], "{}", path.display());
    assert_eq!(sources.len(), 1, "{}", path.display());
    sources.remove(0)
}

pub(crate) fn records(path: &Path, options: &ReadOptions) -> Vec<Record> {
    open(&source(path), options).unwrap().collect()
}

pub(crate) fn items(path: &Path) -> Vec<Item> {
    records(path, &ReadOptions::default())
        .into_iter()
        .filter_map(|record| if let Record::Item(item) = record { Some(item) } else { None })
        .collect()
}

pub(crate) fn asides(records: &[Record]) -> Vec<&Aside> {
    records
        .iter()
        .filter_map(|record| if let Record::Aside(aside) = record { Some(aside) } else { None })
        .collect()
}

/// One line for each record, as a person would want to see it.
pub(crate) fn told(records: &[Record]) -> String {
    let mut out = String::new();
    for record in records {
        let line = match record {
            Record::Item(item) => {
                let mut start: String = item.text.chars().take(40).collect();
                start = start.replace('\n', "⏎").replace('\t', "⇥");
                let member = item.member.as_deref().map(|member| format!("{member} ")).unwrap_or_default();
                let url = item.url.as_deref().unwrap_or("-");
                format!("item {member}{} {url} {} chars: {start}", item.ordinal, item.text.chars().count())
            }
            Record::Passed(passed) => format!("passed {}", passed.kind),
            Record::Aside(aside) => format!("aside {aside}"),
        };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Clears a source, keeping every item.
pub(crate) fn clear_all(from: &Path, to: &Path) {
    clear(from, to, |_| Some(Vec::new()));
}

/// Clears a source: an item is dropped (`None`) or loses the given spans.
pub(crate) fn clear(from: &Path, to: &Path, mut cut: impl FnMut(&Item) -> Option<Vec<Range<usize>>>) {
    let source = source(from);
    let mut cleared = Cleared::create(&source, to).unwrap();
    for record in open(&source, &ReadOptions::default()).unwrap() {
        match record {
            Record::Item(item) => match cut(&item) {
                Some(spans) if spans.is_empty() => cleared.keep(&item).unwrap(),
                Some(spans) => cleared.redact(&item, &spans).unwrap(),
                None => {}
            },
            Record::Passed(passed) => cleared.pass(&passed).unwrap(),
            Record::Aside(_) => {}
        }
    }
    cleared.finish().unwrap();
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes), &mut out).unwrap();
    out
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}
