//! Any bytes are read as a file of a corpus, and what is read can be kept, cut and passed; nothing panics. The first byte
//! chooses the kind of the file.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use placet_corpus::{Cleared, ReadOptions, Record, list, open};

const NAMES: [&str; 14] = [
    "a.jsonl",
    "a.jsonl.gz",
    "a.jsonl.zst",
    "a.warc",
    "a.warc.gz",
    "a.warc.zst",
    "a.arc",
    "a.html",
    "a.txt",
    "a.tar",
    "a.tar.gz",
    "a.tar.zst",
    "a.parquet",
    "a.txt.gz",
];

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("placet-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the file");
    // The fuzzer would end at every panic, and those of the Parquet library are caught.
    drop(std::panic::take_hook());
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let path = FOLDER.join(NAMES[usize::from(*kind) % NAMES.len()]);
    std::fs::write(&path, bytes).expect("the file");
    let (sources, _) = list(&path);
    for source in sources {
        let options = ReadOptions { item_bytes_max: 1 << 20, ..ReadOptions::default() };
        let Ok(reader) = open(&source, &options) else { continue };
        let mut cleared = Cleared::create(&source, &FOLDER.join("out")).expect("a file beside it");
        for (count, record) in reader.enumerate() {
            assert!(count < 1_000_000, "no end");
            match record {
                Record::Item(item) if count % 2 == 0 => cleared.keep(&item).expect("an item that was read"),
                Record::Item(item) => {
                    let chars = item.text.chars().count();
                    let middle = item.origin.range(chars / 3..chars * 2 / 3);
                    cleared.redact(&item, &[middle]).expect("an item that was read");
                }
                Record::Passed(passed) => cleared.pass(&passed).expect("what was passed"),
                Record::Aside(_) => {}
            }
        }
        cleared.finish().expect("the end of the file");
    }
    std::fs::remove_file(&path).expect("the file");
});
