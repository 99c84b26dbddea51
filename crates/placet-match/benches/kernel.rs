//! The matching kernel on one core: `cargo bench -p placet-match --bench kernel [-- MILLIONS]`.
//!
//! A pack of 100 million fingerprints (real books, filled up with generated text) is scanned with books that are not in
//! it. Rates are of the bytes of the text; the copy of the same bytes, timed in the same run, is the physical limit.

#![expect(clippy::print_stdout, reason = "a benchmark prints its tables")]

mod support;

use std::hint::black_box;
use std::time::Instant;

use placet_core::note::Signer;
use placet_match::letters::Letters;
use placet_match::{Guarantee, Pack, PackBuilder, PackSet, Prepared};
use support::Chance;

fn main() {
    let Some(mut books) = support::books() else {
        println!("skipped: PLACET_SHARED_DATA names no folder with text/books.tar.zst");
        return;
    };
    let foreign = books.split_off(books.len() * 3 / 4);
    let millions = std::env::args().skip(1).find_map(|a| a.parse::<u64>().ok()).unwrap_or(100);
    println!(
        "| guarantee | fingerprints, millions | table, MB | pages | copy, GB/s | letters, GB/s | scan, GB/s | scan / copy |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (guarantee, millions) in [
        (Guarantee::Words50, 1),
        (Guarantee::Words50, millions),
        (Guarantee::Words20, millions),
        (Guarantee::Words11, millions),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pack = pack(guarantee, millions * 1_000_000, &books, &folder.path().join("big.placet"));
        let (table, pages, count) = (pack.resident_bytes(), pack.pages(), pack.manifest().fingerprints);
        let set = PackSet::new(vec![pack]);
        let mut scanner = set.scanner();
        let bytes: usize = foreign.iter().map(|b| b.1.len()).sum();
        let mut letters = Letters::default();
        let mut copy = Vec::new();
        let mut found = Vec::new();
        let copied = best(bytes, || {
            for (_, text) in &foreign {
                copy.clear();
                copy.extend_from_slice(black_box(text.as_bytes()));
                black_box(&copy);
            }
        });
        let read = best(bytes, || {
            for (_, text) in &foreign {
                letters.read(black_box(text));
                black_box(letters.as_slice());
            }
        });
        let scanned = best(bytes, || {
            found.clear();
            for (_, text) in &foreign {
                scanner.scan(black_box(text), None, &mut found);
            }
        });
        println!(
            "| {guarantee} | {:.1} | {} | {} | {copied:.2} | {read:.2} | {scanned:.2} | {:.2} |",
            count as f64 / 1e6,
            table >> 20,
            pages.code(),
            scanned / copied
        );
    }
}

/// Gigabytes a second, the median of nine runs.
fn best(bytes: usize, mut run: impl FnMut()) -> f64 {
    let mut rates: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            run();
            bytes as f64 / start.elapsed().as_secs_f64() / 1e9
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[4]
}

fn pack(guarantee: Guarantee, fingerprints: u64, books: &[(String, String)], path: &std::path::Path) -> Pack {
    let mut builder = PackBuilder::new("big", guarantee);
    for (name, text) in books {
        builder.add(&support::work(name), text, 0..text.len()).expect("a book fits");
    }
    let mut chance = Chance(9);
    let mut text = String::new();
    let params = guarantee.params();
    let letters_needed = fingerprints * u64::from(params.w + 1) / 2;
    let mut letters = books.iter().map(|b| b.1.len() as u64 * 3 / 4).sum::<u64>();
    let mut n = 0;
    while letters < letters_needed {
        text.clear();
        while text.len() < 1 << 20 {
            let word = chance.next();
            text.extend((0..12).map(|i| char::from(b'a' + (word >> (5 * i) & 15) as u8)));
        }
        letters += text.len() as u64;
        builder
            .add_prepared(
                &support::work(&format!("fill-{n}")),
                &Prepared::of(guarantee, &text, 0..text.len()),
            )
            .expect("within 4 thousand million");
        n += 1;
    }
    let signer = Signer::from_seed("example.org/bench", [7; 32]).expect("a good name");
    builder.write(path, &signer, jiff::Timestamp::UNIX_EPOCH).expect("the folder can be written");
    Pack::open(path).expect("just written")
}
