//! How much of the rate of decoding alone is left when items come out: `cargo bench -p placet-corpus`.
//!
//! The text is generated (words of a small language, 64 MB), so that the bench needs nothing but itself; a folder with
//! text files can be given in `PLACET_BENCH_TEXT`. Both sides are timed in turns in one process and the best of five
//! counts. Rates are megabytes of the decompressed file per second of one core.

#![expect(clippy::print_stdout, reason = "a bench prints its result")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use placet_corpus::{ReadOptions, Record, list, open};

const TEXT_BYTES: usize = 64_000_000;
const DOCUMENT_BYTES: usize = 5_000;
const ROUNDS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let documents = documents();
    println!(
        "{:<16}{:>12}{:>14}{:>14}{:>8}{:>8}",
        "", "file MB", "decode MB/s", "items MB/s", "share", "+raw"
    );
    let mut jsonl = String::new();
    let mut wet = Vec::new();
    let mut wet_plain = 0;
    for (n, text) in documents.iter().enumerate() {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = writeln!(
            jsonl,
            "{{\"id\":\"doc-{n}\",\"url\":\"https://example.org/{n}\",\"text\":\"{escaped}\",\"meta\":{{\"score\":0.5}}}}"
        );
        let record = format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://example.org/{n}\r\nWARC-Date: \
             2024-05-31T01:16:46Z\r\nWARC-Record-ID: <urn:n:{n}>\r\nContent-Type: text/plain\r\nContent-Length: \
             {}\r\n\r\n{text}\r\n\r\n",
            text.len()
        );
        wet_plain += record.len();
        wet.extend(gzip(record.as_bytes()));
    }
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.wet.gz"), wet).expect("space for the bench");
    std::fs::write(path("a.jsonl.gz"), gzip(jsonl.as_bytes())).expect("space for the bench");
    std::fs::write(path("a.jsonl.zst"), zstd::encode_all(jsonl.as_bytes(), 3).expect("zstd")).expect("space");
    write_parquet(&path("a.parquet"), &documents);
    let text_bytes: usize = documents.iter().map(String::len).sum();

    measure("WET.gz", &path("a.wet.gz"), wet_plain, |path| {
        drain(flate2::bufread::MultiGzDecoder::new(reader(path)));
    });
    measure("JSONL.gz", &path("a.jsonl.gz"), jsonl.len(), |path| {
        drain(flate2::bufread::MultiGzDecoder::new(reader(path)));
    });
    measure("JSONL.zst", &path("a.jsonl.zst"), jsonl.len(), |path| {
        drain(zstd::Decoder::with_buffer(reader(path)).expect("zstd"));
    });
    measure("Parquet (zstd)", &path("a.parquet"), text_bytes, |path| {
        let file = std::fs::File::open(path).expect("written above");
        let file = SerializedFileReader::new(file).expect("written above");
        for group in 0..file.num_row_groups() {
            let group = file.get_row_group(group).expect("counted");
            for page in group.get_column_page_reader(0).expect("one column") {
                std::hint::black_box(page.expect("written above"));
            }
        }
    });
}

fn measure(name: &str, path: &Path, bytes: usize, decode: impl Fn(&Path)) {
    let source = list(path).0.remove(0);
    let read = |keep_raw: bool| {
        let options = ReadOptions { keep_raw, ..ReadOptions::default() };
        for record in open(&source, &options).expect("written above") {
            if let Record::Aside(aside) = &record {
                println!("{aside}");
            }
            std::hint::black_box(record);
        }
    };
    let mut best = [f64::INFINITY; 3];
    for _ in 0..ROUNDS {
        let works: [&dyn Fn(); 3] = [&|| decode(path), &|| read(false), &|| read(true)];
        for (best, work) in best.iter_mut().zip(works) {
            let start = Instant::now();
            work();
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    let mb = bytes as f64 / 1e6;
    let [decode, items, raw] = best;
    println!(
        "{name:<16}{mb:>12.1}{:>14.0}{:>14.0}{:>7.0}%{:>7.0}%",
        mb / decode,
        mb / items,
        100.0 * decode / items,
        100.0 * decode / raw
    );
}

fn reader(path: &Path) -> std::io::BufReader<std::fs::File> {
    std::io::BufReader::with_capacity(256 * 1024, std::fs::File::open(path).expect("written above"))
}

fn drain(mut decoder: impl Read) {
    let mut buffer = vec![0; 256 * 1024];
    while decoder.read(&mut buffer).expect("written above") > 0 {
        std::hint::black_box(&buffer);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory for the bench")
}

fn write_parquet(path: &Path, documents: &[String]) {
    let schema = parse_message_type("message m { required binary text (STRING); }").expect("a schema");
    let level = ZstdLevel::try_new(3).expect("3 is a level");
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let file = std::fs::File::create(path).expect("space for the bench");
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).expect("space for the bench");
    let texts: Vec<ByteArray> = documents.iter().map(|text| text.as_str().into()).collect();
    let mut group = writer.next_row_group().expect("space for the bench");
    let mut column = group.next_column().expect("space for the bench").expect("one column");
    column.typed::<ByteArrayType>().write_batch(&texts, None, None).expect("space for the bench");
    column.close().and_then(|()| group.close()).expect("space for the bench");
    writer.close().expect("space for the bench");
}

/// Real text where a folder is given, else words drawn so that frequent ones are frequent.
fn documents() -> Vec<String> {
    let mut text = String::new();
    if let Some(folder) = std::env::var_os("PLACET_BENCH_TEXT") {
        for source in list(Path::new(&folder)).0 {
            for record in open(&source, &ReadOptions::default()).into_iter().flatten() {
                if let Record::Item(item) = record {
                    text.push_str(&item.text);
                }
            }
            if text.len() > TEXT_BYTES {
                break;
            }
        }
    }
    let mut state = 88_172_645_463_325_252_u64;
    while text.len() < TEXT_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = ((state % 65_536) * ((state >> 16) % 65_536) * ((state >> 32) % 65_536)) >> 32;
        let mut word = word + 1;
        while word > 0 {
            text.push(char::from(b'a' + (word % 26) as u8));
            word /= 20;
        }
        text.push(if state.is_multiple_of(16) { '\n' } else { ' ' });
    }
    let mut documents = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let mut at = rest.len().min(DOCUMENT_BYTES);
        while !rest.is_char_boundary(at) {
            at += 1;
        }
        let (document, after) = rest.split_at(at);
        documents.push(document.to_owned());
        rest = after;
    }
    documents
}
