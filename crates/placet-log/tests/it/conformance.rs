//! `conformance/tlog`: the Merkle proofs of transparency-dev and a log that Tessera wrote.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use placet_core::note::Verifier;
use placet_log::checkpoint::Checkpoint;
use placet_log::fsck::fsck;
use placet_log::hash::Hash;
use placet_log::proof::{verify_consistency, verify_inclusion};
use placet_log::store::Reader;
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/tlog")
}

fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Some cases have roots and proof lines that are no hashes; they keep their (in)equality.
fn hash(text: &str) -> Hash {
    text.parse().unwrap_or_else(|_| Hash::of(&[b"no hash", &STANDARD.decode(text).unwrap()]))
}

fn hashes(proof: Option<Vec<String>>) -> Vec<Hash> {
    proof.unwrap_or_default().iter().map(|text| hash(text)).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    name: String,
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    name: String,
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[test]
fn inclusion_proofs_of_transparency_dev() {
    let cases: Vec<Inclusion> = cases("inclusion.jsonl");
    assert_eq!(cases.len(), 98);
    for case in cases {
        let (Ok(leaf), Ok(root)) = (case.leaf_hash.parse(), case.root.parse()) else {
            // Refused when it is read: some roots and leaves of the suite are no hashes.
            assert!(case.want_err, "{}", case.name);
            continue;
        };
        let verdict = verify_inclusion(case.leaf_idx, case.tree_size, leaf, &hashes(case.proof), root);
        assert_eq!(verdict.is_err(), case.want_err, "{}: {verdict:?}", case.name);
    }
}

#[test]
fn consistency_proofs_of_transparency_dev() {
    let cases: Vec<Consistency> = cases("consistency.jsonl");
    assert_eq!(cases.len(), 98);
    for case in cases {
        let roots = (hash(&case.root1), hash(&case.root2));
        let verdict = verify_consistency(case.size1, case.size2, &hashes(case.proof), roots.0, roots.1);
        assert_eq!(verdict.is_err(), case.want_err, "{}: {verdict:?}", case.name);
    }
}

#[test]
fn a_log_of_tessera_reads_and_proves() {
    const KEY: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    let log = folder().join("tessera_log");
    let keys: [Verifier; 1] = [KEY.parse().unwrap()];
    let mut last: Option<Checkpoint> = None;
    for size in 0..=15u64 {
        let note = std::fs::read(log.join(format!("checkpoint.{size}"))).unwrap();
        let (checkpoint, _) = Checkpoint::open(&note, &keys).unwrap();
        assert_eq!(checkpoint.size, size);
        let mut entries = 0;
        fsck(&checkpoint, last.as_ref(), |path| std::fs::read(log.join(path)), |_, _| entries += 1).unwrap();
        assert_eq!(entries, size);
        let reader = Reader::at(&log, &note).unwrap();
        let mut tiles = reader.tiles();
        for index in 0..size {
            let leaf = Hash::leaf(&reader.entry(index).unwrap().unwrap());
            let proof = tiles.inclusion_proof(index).unwrap();
            assert_eq!(verify_inclusion(index, size, leaf, &proof, checkpoint.root), Ok(()));
        }
        last = Some(checkpoint);
    }
    // Seen from a larger log, a smaller one shrank; from a forked one, it was rewritten.
    let (small, _) = Checkpoint::open(&std::fs::read(log.join("checkpoint.7")).unwrap(), &keys).unwrap();
    let read = |path: &str| std::fs::read(log.join(path));
    insta::assert_snapshot!(chain(&fsck(&small, last.as_ref(), read, |_, _| ()).unwrap_err()), @"the log does not continue the checkpoint seen before: it was forked or rewritten / the log shrank from 15 to 7 entries");
    let mut forked = small.clone();
    forked.root = Hash::EMPTY;
    insta::assert_snapshot!(chain(&fsck(&last.unwrap(), Some(&forked), read, |_, _| ()).unwrap_err()), @"the log does not continue the checkpoint seen before: it was forked or rewritten / the proof leads to another root");
    insta::assert_snapshot!(chain(&fsck(&forked, None, read, |_, _| ()).unwrap_err()), @"the entries give another root than the signed one: the log was changed");
}

fn chain(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|source| format!(" / {source}")).unwrap_or_default();
    format!("{error}{source}")
}
