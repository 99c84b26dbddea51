//! Packs that are whole, and packs that are not.

use std::fs;

use placet_match::{Guarantee, Pack, PackBuilder, PackError, PackSet};
use proptest::prelude::*;

use crate::library::{build, prose, signer, work};

fn small() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let texts = vec![("one".to_owned(), prose(1, 500)), ("two".to_owned(), prose(2, 500))];
    let path = build(folder.path(), "small.placet", Guarantee::Words20, &texts, false);
    (folder, path)
}

#[test]
fn a_pack_says_what_it_holds() {
    let (_folder, path) = small();
    let pack = Pack::open(&path).unwrap();
    assert_eq!((pack.len(), pack.manifest().name.as_str()), (2, "small.placet"));
    assert_eq!(pack.manifest().issuer, signer().verifier().to_string());
    let two = pack.work(1).unwrap();
    assert_eq!((two.work.id.as_str(), two.characters), ("two", prose(2, 500).chars().count() as u64));
    assert!(matches!(pack.work(2), Err(PackError::Malformed(_))));
}

#[test]
fn the_same_works_give_the_same_bytes_and_no_text() {
    let ((_a, first), (_b, second)) = (small(), small());
    let bytes = fs::read(&first).unwrap();
    assert_eq!(bytes, fs::read(second).unwrap());
    let text = prose(1, 500);
    for words in text.split_whitespace().collect::<Vec<_>>().windows(3) {
        let words = words.join(" ");
        assert!(!bytes.windows(words.len()).any(|w| w == words.as_bytes()), "{words}");
    }
}

#[test]
fn nothing_half_written_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let builder = PackBuilder::new("x", Guarantee::Words20);
    let nowhere = folder.path().join("missing").join("x.placet");
    assert!(matches!(builder.write(&nowhere, &signer(), jiff::Timestamp::UNIX_EPOCH), Err(PackError::Io(_))));
    let mut builder = PackBuilder::new("x", Guarantee::Words20);
    builder.add_without_text(&work("silent")).unwrap();
    let path = folder.path().join("x.placet");
    builder.write(&path, &signer(), jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(Pack::open(&path).unwrap().work(0).unwrap().letters, 0);
}

#[test]
fn another_version_is_refused_by_name() {
    let (_folder, path) = small();
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 3;
    fs::write(&path, &bytes).unwrap();
    let said = Pack::open(&path).unwrap_err();
    assert!(matches!(said, PackError::Newer { version: 3 }), "{said}");
    bytes[8] = 1;
    fs::write(&path, &bytes).unwrap();
    let said = Pack::open(&path).unwrap_err();
    assert!(matches!(said, PackError::Older { version: 1 }), "{said}");
    assert!(said.to_string().contains("build it again"), "{said}");
}

#[test]
fn an_unsigned_pack_and_another_kind_of_file_are_refused() {
    let (_folder, path) = small();
    let bytes = fs::read(&path).unwrap();
    let body = u64::from_le_bytes(*bytes[16..24].first_chunk().unwrap()) as usize;
    for (what, bytes) in [
        ("unsigned", bytes[..body].to_vec()),
        ("cut", bytes[..body - 100].to_vec()),
        ("empty", vec![]),
        ("a page", b"<!doctype html><title>Not found</title>".to_vec()),
        ("followed by junk", [&bytes[..], &vec![b'x'; 20_000][..]].concat()),
    ] {
        fs::write(&path, bytes).unwrap();
        assert!(Pack::open(&path).is_err(), "{what}");
    }
}

#[test]
fn a_signature_of_another_key_is_refused() {
    let (_folder, path) = small();
    let bytes = fs::read(&path).unwrap();
    let body = u64::from_le_bytes(*bytes[16..24].first_chunk().unwrap()) as usize;
    let note = placet_core::note::Note::parse(&bytes[body..]).unwrap();
    let other = placet_core::note::Signer::from_seed("example.org/tests", [8; 32]).unwrap();
    let mut forged = placet_core::note::Note::new(note.text()).unwrap();
    forged.add(other.sign(note.text()).unwrap()).unwrap();
    fs::write(&path, [&bytes[..body], forged.to_string().as_bytes()].concat()).unwrap();
    assert!(matches!(Pack::open(&path), Err(PackError::Note(_))));
}

/// A signature proves who wrote a pack, not that it fits together.
#[test]
fn signed_tables_that_do_not_fit_are_refused() {
    let (_folder, path) = small();
    let bytes = fs::read(&path).unwrap();
    let number = |at: usize| u64::from_le_bytes(*bytes[at..at + 8].first_chunk().unwrap());
    let body = number(16) as usize;
    for name in [b"firsts\0\0", b"workoffs", b"mapoffs\0"] {
        let listed = bytes.windows(8).position(|w| w == name).unwrap();
        let mut forged = bytes[..body].to_vec();
        // The first work begins behind the first entry, which then belongs to none.
        forged[number(listed + 8) as usize] = 1;
        fs::write(&path, signed_again(forged)).unwrap();
        let said = Pack::open(&path).unwrap_err().to_string();
        assert!(said.contains("its tables do not fit together"), "{said}");
    }
}

/// Places in a work's text are told from numbers that the issuer wrote.
#[test]
fn signed_numbers_of_any_size_are_borne() {
    let (_folder, path) = small();
    let bytes = fs::read(&path).unwrap();
    let number = |at: usize| u64::from_le_bytes(*bytes[at..at + 8].first_chunk().unwrap()) as usize;
    let listed = bytes.windows(8).position(|w| w == b"chars\0\0\0").unwrap();
    let (start, length) = (number(listed + 8), number(listed + 16));
    let mut forged = bytes[..number(16)].to_vec();
    for (i, place) in forged[start..start + length].chunks_mut(8).enumerate() {
        place.fill(if i % 2 == 0 { 0 } else { 0xff });
    }
    fs::write(&path, signed_again(forged)).unwrap();
    let set = PackSet::new(vec![Pack::open(&path).unwrap()]);
    let mut found = vec![];
    set.scanner().scan(&prose(1, 500), None, &mut found);
    assert!(found.iter().any(|m| m.work_end > 1 << 40), "{found:?}");
}

/// Every search in a table without an empty slot would walk through all of it.
#[test]
fn a_signed_table_that_no_search_comes_to_an_end_in_is_refused() {
    let (_folder, path) = small();
    let bytes = fs::read(&path).unwrap();
    let number = |at: usize| u64::from_le_bytes(*bytes[at..at + 8].first_chunk().unwrap()) as usize;
    let listed = bytes.windows(8).position(|w| w == b"slots\0\0\0").unwrap();
    let (start, length) = (number(listed + 8), number(listed + 16));
    let mut forged = bytes[..number(16)].to_vec();
    for slot in forged[start..start + length].chunks_mut(8).filter(|slot| slot.iter().all(|b| *b == 0)) {
        slot[0] = 1;
    }
    fs::write(&path, signed_again(forged)).unwrap();
    let said = Pack::open(&path).unwrap_err().to_string();
    assert!(said.contains("its hash table is too full to be searched"), "{said}");
}

fn signed_again(mut body: Vec<u8>) -> Vec<u8> {
    let text = format!("placet.pack/2\nsmall.placet\n{}\n{}\n", body.len(), blake3::hash(&body).to_hex());
    let mut note = placet_core::note::Note::new(&text).unwrap();
    note.add(signer().sign(&text).unwrap()).unwrap();
    body.extend_from_slice(note.to_string().as_bytes());
    body
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn one_changed_byte_anywhere_is_refused(at: prop::sample::Index, bit in 0u8..8) {
        let (_folder, path) = small();
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        fs::write(&path, bytes).unwrap();
        prop_assert!(Pack::open(&path).is_err(), "byte {}", at);
    }
}
