//! A pack whose issuer signed what he liked is opened or refused, scanned with and read whole; nothing panics. Each eleven bytes
//! of the input put a number (the last eight) somewhere in the body of a good pack.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use placet_core::note::{Note, Signer};
use placet_core::{Work, WorkKind};
use placet_match::{Guarantee, Pack, PackBuilder, PackSet};

const TEXT: &str = "It was a rare thing for the harbour master to write a letter, and rarer for him to send it; the silver of \
    the morning lay over the bridge when he went down to the market with it, past the tower and the clock, and gave it to the \
    captain's brother without a word. Nobody saw him come back. By evening the storm had taken two ships and the whole of the \
    garden wall, and the mirror in the hall, which had hung there since his mother's time, was found face down upon the stone.";

static GOOD: LazyLock<(PathBuf, Vec<Vec<u8>>)> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("placet-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the file");
    let path = folder.join("fuzzed.placet");
    let bodies = Guarantee::ALL.into_iter().map(|guarantee| {
        let mut builder = PackBuilder::new("fuzzed", guarantee);
        for (id, text) in [("one", TEXT.to_owned()), ("two", TEXT.replace("harbour", "river").repeat(20))] {
            let work = Work {
                id: id.to_owned(),
                kind: WorkKind::Text,
                title: id.to_owned(),
                credits: vec![],
                identifiers: vec![],
                language: None,
                extra: Default::default(),
            };
            builder.add(&work, &text, 0..text.len()).expect("a small text");
        }
        builder.write(&path, &signer(), jiff::Timestamp::UNIX_EPOCH).expect("a pack");
        let mut bytes = std::fs::read(&path).expect("the pack");
        bytes.truncate(number(&bytes, 16) as usize);
        bytes
    });
    let bodies = bodies.collect();
    (path, bodies)
});

fn signer() -> Signer {
    Signer::from_seed("example.org/fuzz", [7; 32]).expect("a good name")
}

fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*bytes[at..].first_chunk().expect("within the header"))
}

fuzz_target!(|bytes: &[u8]| {
    let (path, bodies) = &*GOOD;
    let Some((tier, edits)) = bytes.split_first() else { return };
    let mut body = bodies[usize::from(*tier) % bodies.len()].clone();
    for edit in edits.chunks_exact(11) {
        let at = usize::from(edit[0]) << 16 | usize::from(edit[1]) << 8 | usize::from(edit[2]);
        let at = at % (body.len() - 8);
        body[at..at + 8].copy_from_slice(&edit[3..]);
    }
    let text = format!("placet.pack/2\nfuzzed\n{}\n{}\n", body.len(), blake3::hash(&body).to_hex());
    let mut note = Note::new(&text).expect("a text");
    note.add(signer().sign(&text).expect("a signature")).expect("a signature of this text");
    body.extend_from_slice(note.to_string().as_bytes());
    std::fs::write(path, &body).expect("the pack");
    let Ok(pack) = Pack::open(path) else { return };
    for work in 0..pack.len().min(64) {
        let _ = pack.work(work);
    }
    let set = PackSet::new(vec![pack]);
    let mut scanner = set.scanner();
    let mut found = Vec::new();
    for item in [TEXT, &TEXT.replace("captain", "\u{2014}captain\u{e9}").repeat(3), "", "short"] {
        // Nothing in them needs an escape.
        let could = scanner.could_find_in(item.as_bytes());
        found.clear();
        scanner.scan(item, None, &mut found);
        assert!(could || found.is_empty());
    }
});
