//! Damaged bytes of every format: no reader panics or runs on for ever, and what it keeps it can write.

use placet_corpus::{Cleared, ReadOptions, Record, list, open};
use proptest::prelude::*;

use crate::support::{Corpus, gzip, zstd};

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let lines = b"{\"text\":\"one \\ud83d\\ude00\",\"id\":\"x\"}\n{\"a\":[1,{\"text\":\"two\"}],\"text\":\"three\"}\n";
    let web = [
        crate::warc::record("warcinfo", "", "application/warc-fields", b"software: x\r\n"),
        crate::warc::response(
            "https://example.org/",
            "Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n",
            b"8\r\n<p>a&amp\r\n4\r\n;b c\r\n0\r\n\r\n",
        ),
        crate::warc::record("conversion", "https://example.org/wet", "text/plain", b"some plain text\n"),
    ]
    .concat();
    let arc = b"filedesc://x 127.0.0.1 20140216050221 text/plain 8\n1 0 Live\nhttp://example.com/ 1.2.3.4 20140216050221 text/html 4\n<p>x\n\n";
    vec![
        ("a.jsonl", lines.to_vec()),
        ("a.jsonl.gz", gzip(lines)),
        ("a.jsonl.zst", zstd(lines)),
        ("a.warc", web.clone()),
        ("a.warc.gz", gzip(&web)),
        ("a.arc", arc.to_vec()),
        ("a.html", b"<html lang=de><meta charset=gbk><p>a&ouml;b<script>x</script><b>c".to_vec()),
        ("a.txt", "plain \u{e9}\u{1f600} text".as_bytes().to_vec()),
        ("a.tar", crate::tar::sample()),
        ("a.tar.gz", gzip(&crate::tar::sample())),
        ("a.parquet", crate::parquet::sample()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn readers_and_writers_stand_damage(
        seed in 0_usize..11,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
        doubled in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (name, mut bytes) = seeds().swap_remove(seed);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(at) = doubled {
            let piece = bytes[at.index(bytes.len())..].to_vec();
            bytes.extend(piece);
        }
        if let Some(at) = cut {
            bytes.truncate(at.index(bytes.len()));
        }
        let corpus = Corpus::new();
        let path = corpus.put(name, bytes);
        let source = list(&path).0.remove(0);
        let Ok(reader) = open(&source, &ReadOptions::default()) else { return Ok(()) };
        let mut cleared = Cleared::create(&source, &corpus.path().join("out")).unwrap();
        for (count, record) in reader.enumerate() {
            prop_assert!(count < 10_000, "no end");
            match record {
                Record::Item(item) => {
                    let chars = item.text.chars().count();
                    let middle = item.origin.range(chars / 3..chars * 2 / 3);
                    prop_assert!(middle.start <= middle.end);
                    cleared.redact(&item, &[middle]).unwrap();
                }
                Record::Passed(passed) => cleared.pass(&passed).unwrap(),
                Record::Aside(aside) => prop_assert!(!aside.place.is_empty() && !aside.remedy.is_empty()),
            }
        }
        let _ = cleared.finish();
    }
}
