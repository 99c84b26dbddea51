//! Web archives.

use placet_corpus::{Item, ReadOptions, Record};

use crate::support::{Corpus, clear, clear_all, gunzip, gzip, items, records, told};

pub(crate) fn record(kind: &str, uri: &str, content_type: &str, block: &[u8]) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\nWARC-Date: 2024-05-31T01:16:46Z\r\n\
         WARC-Record-ID: <urn:x:{kind}>\r\nWARC-Block-Digest: sha1:AAAA\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n",
        block.len()
    );
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

pub(crate) fn response(uri: &str, http: &str, body: &[u8]) -> Vec<u8> {
    let block = [b"HTTP/1.1 200 OK\r\n", http.as_bytes(), b"\r\n", body].concat();
    record("response", uri, "application/http; msgtype=response", &block)
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let (a, b) = body.split_at(body.len() / 2);
    [
        format!("{:x}\r\n", a.len()).as_bytes(),
        a,
        format!("\r\n{:x}\r\n", b.len()).as_bytes(),
        b,
        b"\r\n0\r\n\r\n",
    ]
    .concat()
}

fn sample() -> Vec<Vec<u8>> {
    let page = "<html lang=de><p>Ein schöner <i>Satz</i> hier</p>";
    vec![
        record("warcinfo", "", "application/warc-fields", b"software: x\r\n"),
        record("request", "https://example.org/", "application/http", b"GET / HTTP/1.1\r\n\r\n"),
        response("https://example.org/plain", "Content-Type: text/html; charset=utf-8\r\n", page.as_bytes()),
        response(
            "https://example.org/chunked",
            "Content-Type: text/html\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n",
            &chunked(&gzip(page.as_bytes())),
        ),
        record(
            "conversion",
            "https://example.org/wet",
            "text/plain",
            "Erste Zeile\nzweite Zeile é\n".as_bytes(),
        ),
        record("resource", "urn:r", "text/plain; charset=iso-8859-1", b"Gr\xfc\xdfe"),
        record("metadata", "https://example.org/", "application/json", b"{}"),
    ]
}

#[test]
fn records_become_items_or_are_passed_over() {
    let corpus = Corpus::new();
    let plain = corpus.put("a.warc", sample().concat());
    let found = records(&plain, &ReadOptions::default());
    insta::assert_snapshot!(told(&found));
    let members: Vec<u8> = sample().iter().flat_map(|record| gzip(record)).collect();
    assert_eq!(told(&records(&corpus.put("b.warc.gz", members), &ReadOptions::default())), told(&found));
    let wet: &Item = &items(&plain)[2];
    assert_eq!(wet.id.as_deref(), Some("urn:x:conversion"));
    assert_eq!(wet.captured.unwrap().to_string(), "2024-05-31T01:16:46Z");
    assert_eq!(
        items(&plain)[0].headers,
        [("Content-Type".to_owned(), "text/html; charset=utf-8".to_owned())]
    );
}

#[test]
fn keeping_all_reproduces_the_bytes() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out");
    let bytes = sample().concat();
    clear_all(&corpus.put("a.warc", &bytes), &out);
    assert_eq!(std::fs::read(&out).unwrap(), bytes);
    let members: Vec<u8> = sample().iter().flat_map(|record| gzip(record)).collect();
    clear_all(&corpus.put("b.warc.gz", &members), &out);
    assert_eq!(gunzip(&std::fs::read(&out).unwrap()), bytes);
    assert_eq!(std::fs::read(&out).unwrap(), members);
}

#[test]
fn kept_records_stay_compressed_as_they_were() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out.wet.gz");
    let text = |n: u8| record("conversion", &format!("urn:{n}"), "text/plain", &[b'a' + n; 500]);
    // A level that nothing here writes, so that what was compressed anew would differ.
    let pack = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(1));
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    // The third member holds two records: neither of them can be kept as it lies.
    let shared = pack(&[text(2), text(3)].concat());
    let path = corpus.put("a.wet.gz", [pack(&text(0)), pack(&text(1)), shared, pack(&text(4))].concat());
    clear(&path, &out, |item| match item.url.as_deref() {
        Some("urn:1") => None,
        _ => Some(vec![]),
    });
    let bytes = std::fs::read(&out).unwrap();
    assert!(bytes.starts_with(&pack(&text(0))) && bytes.ends_with(&pack(&text(4))));
    assert_eq!(gunzip(&bytes), [text(0), text(2), text(3), text(4)].concat());
}

#[test]
fn a_cut_record_states_its_new_lengths_and_no_digest() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out.warc");
    let path = corpus.put("a.warc", sample().concat());
    clear(&path, &out, |item| match item.url.as_deref() {
        Some("https://example.org/plain") => None,
        Some("urn:r") => Some(vec![2..4]),
        Some("https://example.org/wet") => Some(vec![0..12, 25..26]),
        _ => Some(vec![item.origin.range(4..16)]),
    });
    let bytes = std::fs::read(&out).unwrap();
    insta::assert_snapshot!(String::from_utf8_lossy(&bytes).replace('\r', "␍"));
    insta::assert_snapshot!(told(&records(&out, &ReadOptions::default())));
}

#[test]
fn wrong_lengths_cost_one_record() {
    let corpus = Corpus::new();
    let good = |n: u8| record("conversion", &format!("urn:{n}"), "text/plain", &[b'a' + n; 50]);
    let wrong = |length: &str| {
        let text = String::from_utf8(good(1))
            .unwrap()
            .replace("Content-Length: 50", &format!("Content-Length: {length}"));
        text.into_bytes()
    };
    let mut told_all = String::new();
    for length in ["20", "90", "100000", "99999999999", "x", ""] {
        let path = corpus.put("a.warc", [good(0), wrong(length), good(2), good(3)].concat());
        let found = records(&path, &ReadOptions::default());
        told_all.push_str(&format!("stated {length:?}\n{}\n", told(&found)));
    }
    insta::assert_snapshot!(told_all);
}

#[test]
fn many_wrong_lengths_are_read_in_one_pass() {
    let corpus = Corpus::new();
    let mut bytes = Vec::new();
    for _ in 0..2000 {
        bytes.extend_from_slice(
            b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 60000000\r\n\r\ntext\r\n\r\n",
        );
    }
    bytes.extend(record("conversion", "urn:last", "text/plain", b"last"));
    let found = records(&corpus.put("a.warc", bytes), &ReadOptions::default());
    assert_eq!(found.len(), 2001);
    assert!(matches!(found.last(), Some(Record::Item(item)) if item.text == "last"));
}

#[test]
fn damage_costs_the_records_it_hits() {
    let corpus = Corpus::new();
    let texts: Vec<Vec<u8>> = (0..5_u8)
        .map(|n| {
            let text: Vec<u8> =
                (0..400_u32).flat_map(|w| format!("{} ", w * 7919 + u32::from(n)).into_bytes()).collect();
            gzip(&record("conversion", &format!("urn:{n}"), "text/plain", &text))
        })
        .collect();
    let whole = texts.concat();
    let at = texts[0].len();
    let mut out = String::new();
    let mut tell = |what: &str, bytes: Vec<u8>| {
        let found = records(&corpus.put("a.wet.gz", bytes), &ReadOptions::default());
        out.push_str(&format!("{what}\n{}\n", told(&found)));
    };
    let mut bytes = whole.clone();
    bytes[at + 200..at + 300].fill(0xff);
    tell("bytes overwritten in the second member", bytes);
    let mut bytes = whole.clone();
    bytes[at] = 0;
    tell("no magic at the second member", bytes);
    let mut bytes = whole.clone();
    let end = at + texts[1].len();
    bytes[end - 8] ^= 1;
    tell("checksum of the second member", bytes);
    let mut bytes = whole.clone();
    bytes.splice(at..at, b"rubbish between members".iter().copied());
    tell("rubbish between members", bytes);
    tell("cut in the last member", whole[..whole.len() - 100].to_vec());
    tell("cut in a header", whole[..whole.len() - texts[4].len() + 5].to_vec());
    let mut bytes = whole.clone();
    bytes.extend([0; 100]);
    tell("zeros behind", bytes);
    insta::assert_snapshot!(out);
}
