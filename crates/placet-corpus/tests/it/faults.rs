//! Bombs and monsters: what must not cost memory or time.

use placet_corpus::ReadOptions;

use crate::support::{Corpus, gzip, records, told, zstd};

#[test]
fn bombs_are_cut_off() {
    let corpus = Corpus::new();
    let zeros = vec![b' '; 300 * 1024 * 1024];
    let options = ReadOptions::default();
    let mut out = String::new();
    for (name, bytes) in
        [("a.jsonl.gz", gzip(&zeros)), ("b.jsonl.zst", zstd(&zeros)), ("c.txt.zst", zstd(&zeros))]
    {
        assert!(bytes.len() < 400_000);
        let told = told(&records(&corpus.put(name, bytes), &options));
        out.push_str(&told);
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_bomb_inside_a_web_record_is_cut_off() {
    let corpus = Corpus::new();
    let bomb = gzip(&vec![b'a'; 5_000_000]);
    let http = "Content-Type: text/html\r\nContent-Encoding: gzip\r\n";
    let record = crate::warc::response("https://example.org/", http, &bomb);
    let options = ReadOptions { item_bytes_max: 1_000_000, ..ReadOptions::default() };
    insta::assert_snapshot!(told(&records(&corpus.put("a.warc", record), &options)), @"aside a.warc: record 1: its content is more than the 1000000 bytes allowed for one item (raise --max-item-bytes)");
}

#[test]
fn headers_without_end_are_cut_off() {
    let corpus = Corpus::new();
    let endless = format!("WARC/1.0\r\n{}\r\n\r\n", "X: y\r\n".repeat(100_000));
    let good = crate::warc::record("conversion", "urn:x", "text/plain", b"good");
    let bytes = [endless.as_bytes(), &good].concat();
    insta::assert_snapshot!(told(&records(&corpus.put("a.warc", bytes), &ReadOptions::default())), @r"
    aside a.warc: record 1: its header has no end (fetch the file again, or write it with a tool that states lengths rightly)
    aside a.warc: byte 262150: 337864 bytes belong to no record and were skipped (fetch the file again, or write it with a tool that states lengths rightly)
    item 2 urn:x 4 chars: good
    ");
}
