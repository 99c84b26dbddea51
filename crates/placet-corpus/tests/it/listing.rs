//! What belongs to a corpus.

use placet_corpus::{ReadOptions, list, open};

use crate::support::{Corpus, gzip, items, zstd};

#[test]
fn a_folder_is_listed_by_name_and_the_rest_is_named() {
    let corpus = Corpus::new();
    corpus.put("b/two.jsonl.zst", zstd(b"{}"));
    corpus.put("a.txt", "text");
    corpus.put("b/one.HTML", "<p>x");
    corpus.put("c.warc.wet.gz", gzip(b"WARC/1.0"));
    corpus.put("d.parquet", "PAR1");
    corpus.put("e.tgz", gzip(b""));
    corpus.put("noname", gzip(b"WARC/1.0\r\n"));
    corpus.put("records.gz", gzip(b"{\"text\":\"x\"}"));
    corpus.put("picture.psd", b"\x89PNG");
    corpus.put(".hidden/a.txt", "text");
    std::os::unix::fs::symlink(corpus.path().join("b"), corpus.path().join("folder-link")).unwrap();
    std::os::unix::fs::symlink(corpus.path().join("a.txt"), corpus.path().join("link.txt")).unwrap();
    std::os::unix::fs::symlink(corpus.path().join("gone"), corpus.path().join("broken.txt")).unwrap();
    let (sources, asides) = list(corpus.path());
    let sources: Vec<String> = sources
        .iter()
        .map(|s| format!("{} {:?} {:?} {}", s.name, s.format, s.compression, s.bytes > 0))
        .collect();
    let asides: Vec<String> = asides.iter().map(ToString::to_string).collect();
    insta::assert_debug_snapshot!((sources, asides));
}

#[test]
fn a_missing_corpus_and_a_file_that_vanished_are_named() {
    let corpus = Corpus::new();
    let (sources, asides) = list(&corpus.path().join("nowhere"));
    assert_eq!(sources, []);
    assert!(asides[0].reason.starts_with("cannot be opened: No such file"), "{}", asides[0]);

    let path = corpus.put("a.txt", "text");
    let (sources, _) = list(corpus.path());
    std::fs::remove_file(path).unwrap();
    let error = open(&sources[0], &ReadOptions::default()).unwrap_err().to_aside(&sources[0].name);
    insta::assert_snapshot!(error, @"a.txt: file: cannot be opened: No such file or directory (os error 2) (check the path; a file that vanished during the run is picked up by a new run)");
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let corpus = Corpus::new();
    let path = corpus.put("a.txt", "text");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    let (sources, _) = list(corpus.path());
    let Err(error) = open(&sources[0], &ReadOptions::default()) else {
        println!("skipped: this user may read every file");
        return;
    };
    insta::assert_snapshot!(error.to_aside("a.txt"), @"a.txt: file: cannot be opened: Permission denied (os error 13) (give this user the right to read it)");
}

#[test]
fn a_media_file_brings_the_sidecar_that_lies_beside_it() {
    let corpus = Corpus::new();
    for (file, beside) in
        [("a.tif", &["a.xmp"][..]), ("b.tif", &["b.tif.xmp"]), ("c.d.tif", &["c.d.XMP", "c.d.tif.xmp"])]
    {
        let file = corpus.put(file, b"II*\0");
        for name in beside {
            corpus.put(name, name.as_bytes());
        }
        let found = items(&file).remove(0).beside;
        let found: Vec<_> = found.iter().map(|s| (s.name.as_str(), &s.bytes[..])).collect();
        let wanted: Vec<_> = beside.iter().map(|name| (*name, name.as_bytes())).collect();
        assert_eq!(found, wanted);
    }
    let text = corpus.put("d.txt", b"text");
    corpus.put("d.xmp", b"of nobody");
    assert!(items(&text).remove(0).beside.is_empty());
    corpus.put("a.Xmp", b"is looked for by nobody, and so is named");
    let (sources, asides) = list(corpus.path());
    let aside: Vec<_> = asides.iter().map(|aside| aside.source.as_str()).collect();
    assert_eq!((sources.len(), &aside[..]), (4, &["a.Xmp", "d.xmp"][..]));

    corpus.put("a.xmp", vec![b' '; (8 << 20) + 1]);
    let error = open(&sources[0], &ReadOptions::default()).unwrap_err().to_aside("a.tif").to_string();
    assert!(error.contains("a sidecar that cannot be read") && error.contains("8 MiB"), "{error}");
}
