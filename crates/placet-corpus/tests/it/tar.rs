//! Archives.

use placet_corpus::{ReadOptions, Record};

use crate::support::{Corpus, clear, clear_all, gunzip, gzip, records, told, zstd};

/// One member as ustar has it.
pub(crate) fn member(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 512];
    block[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut out = block.to_vec();
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn long_name(name: &str) -> Vec<u8> {
    member("././@LongLink", b'L', format!("{name}\0").as_bytes())
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut content = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let mut length = rest.len() + 1;
        while format!("{length}{rest}").len() != length {
            length += 1;
        }
        content.push_str(&format!("{length}{rest}"));
    }
    member("PaxHeaders/x", b'x', content.as_bytes())
}

const END: [u8; 1024] = [0; 1024];

pub(crate) fn sample() -> Vec<u8> {
    let long = format!("{}/b.jsonl", "deep/".repeat(30));
    [
        member("texts/", b'5', b""),
        member("texts/a.txt", b'0', b"the first text"),
        long_name(&long),
        member("cut", b'0', b"{\"text\":\"one\",\"id\":\"x\"}\n\n{\"text\":\"two\"}\n"),
        pax(&[("path", "p\u{e4}x.html"), ("mtime", "1.5")]),
        member("x", b'0', b"<p>a page</p>"),
        member("c.jsonl.gz", b'0', &gzip(b"{\"text\":\"packed\"}\n{\"text\":\"again\"}\n")),
        member("empty.jsonl", b'0', b""),
        member("d.warc", b'0', &crate::warc::record("conversion", "urn:d", "text/plain", b"web text")),
        END.to_vec(),
    ]
    .concat()
}

#[test]
fn members_of_every_format_are_read_in_place() {
    let corpus = Corpus::new();
    let plain = told(&records(&corpus.put("a.tar", sample()), &ReadOptions::default()));
    insta::assert_snapshot!(plain);
    assert_eq!(told(&records(&corpus.put("a.tar.gz", gzip(&sample())), &ReadOptions::default())), plain);
    assert_eq!(told(&records(&corpus.put("a.tzst", zstd(&sample())), &ReadOptions::default())), plain);
}

#[test]
fn keeping_all_reproduces_the_bytes() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out");
    clear_all(&corpus.put("a.tar", sample()), &out);
    assert!(std::fs::read(&out).unwrap() == sample());
    clear_all(&corpus.put("a.tar.gz", gzip(&sample())), &out);
    assert!(gunzip(&std::fs::read(&out).unwrap()) == sample());
    assert!(!corpus.path().join("out.member").exists());
}

#[test]
fn cut_and_dropped_items_leave_a_sound_archive() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out.tar");
    clear(&corpus.put("a.tar", sample()), &out, |item| match &*item.text {
        "the first text" => Some(vec![4..10]),
        "packed" | "a page\n" => None,
        "one" => Some(vec![0..2]),
        _ => Some(Vec::new()),
    });
    insta::assert_snapshot!(told(&records(&out, &ReadOptions::default())));
}

#[test]
fn a_size_in_an_extended_header_follows_the_content() {
    let corpus = Corpus::new();
    let out = corpus.path().join("out.tar");
    let bytes = [pax(&[("size", "14")]), member("a.txt", b'0', b"the first text"), END.to_vec()].concat();
    clear(&corpus.put("a.tar", bytes), &out, |_| Some(vec![0..10]));
    insta::assert_snapshot!(told(&records(&out, &ReadOptions::default())), @r"
    item a.txt 1 - 4 chars: text
    passed end of archive
    ");
}

#[test]
fn tricks_are_named_and_nothing_is_written() {
    let corpus = Corpus::new();
    let bytes = [
        member("../up.txt", b'0', b"up"),
        member("/etc/passwd.txt", b'0', b"root"),
        member("a/../../b.txt", b'0', b"b"),
        member("C:\\x.txt", b'0', b"c"),
        member("link.txt", b'2', b""),
        member("hard.txt", b'1', b""),
        member("device", b'3', b""),
        member("inner.tar", b'0', &sample()),
        member("photo.psd", b'0', b"\x89PNG"),
        member("fine.txt", b'0', b"fine"),
        END.to_vec(),
    ]
    .concat();
    let found = records(&corpus.put("a.tar", bytes), &ReadOptions::default());
    insta::assert_snapshot!(told(&found));
    assert_eq!(std::fs::read_dir(corpus.path()).unwrap().count(), 1);
}

#[test]
fn damage_costs_what_it_hits() {
    let corpus = Corpus::new();
    let first = member("a.txt", b'0', b"first");
    let mut out = String::new();
    let mut tell = |what: &str, name: &str, bytes: Vec<u8>| {
        let found = records(&corpus.put(name, bytes), &ReadOptions::default());
        out.push_str(&format!("{what}\n{}\n", told(&found)));
    };
    let whole =
        [first.clone(), member("b.txt", b'0', b"second"), member("c.txt", b'0', b"third"), END.to_vec()]
            .concat();
    let mut bytes = whole.clone();
    bytes[first.len() + 3] ^= 1;
    tell("a header overwritten", "a.tar", bytes);
    tell("cut in a header", "a.tar", whole[..first.len() + 100].to_vec());
    tell("cut in a member", "a.tar", whole[..first.len() + 514].to_vec());
    tell("no end", "a.tar", whole[..whole.len() - 1024].to_vec());
    let noise: Vec<u8> =
        (0..60_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 16).to_le_bytes()).collect();
    let noise: String = noise.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    let large =
        [first, member("b.txt", b'0', noise.as_bytes()), member("c.txt", b'0', b"third"), END.to_vec()]
            .concat();
    let mut bytes = gzip(&large);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 50].fill(0xff);
    tell("gzip damaged in a member", "a.tar.gz", bytes);
    let mut bytes = member("b.txt", b'0', b"x");
    bytes[124..136].fill(b'9');
    bytes[148..156].fill(b' ');
    let sum: u32 = bytes[..512].iter().map(|&byte| u32::from(byte)).sum();
    bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    tell("a size that is no number", "a.tar", bytes);
    insta::assert_snapshot!(out);
}

#[test]
fn parquet_inside_an_archive_is_read_and_cleared() {
    let corpus = Corpus::new();
    let parquet = crate::parquet::sample();
    let path = corpus.put("a.tar", [member("rows.parquet", b'0', &parquet), END.to_vec()].concat());
    let found = records(&path, &ReadOptions::default());
    let items = found.iter().filter(|record| matches!(record, Record::Item(_))).count();
    assert_eq!(items, 4);
    let out = corpus.path().join("out.tar");
    clear(&path, &out, |item| (item.ordinal == 2).then(Vec::new));
    insta::assert_snapshot!(told(&records(&out, &ReadOptions::default())), @r"
    item rows.parquet 1 - 0 chars:
    passed end of archive
    ");
}
