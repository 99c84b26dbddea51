//! Reads a log that Placet wrote with the crates `signed_note`, `tlog_tiles` and `ct-merkle`, and verifies Placet's
//! proofs with them. usage: foreign LOG KEY CHECKPOINTS

use std::path::Path;

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use placet_log::checkpoint::Checkpoint;
use placet_log::store::Reader;
use sha2::Sha256;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{
    Hash, check_record, check_tree, prove_record, prove_tree, record_hash, stored_hashes, tree_hash,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// All stored hashes of a tree, as `tlog_tiles` numbers them.
struct Stored(Vec<Hash>);

impl tlog_tiles::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

/// A checkpoint, its signature verified by `signed_note` and its lines read by hand.
fn open(path: &Path, key: &str) -> Outcome<(u64, [u8; 32])> {
    let bytes = std::fs::read(path)?;
    let note = Note::from_bytes(&bytes)?;
    let (verified, _) = note.verify(&VerifierList::new(vec![Box::new(StandardVerifier::new(key)?)]))?;
    assert_eq!(verified.len(), 1);
    let theirs = tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(|_| "not a checkpoint")?;
    let (ours, _) = Checkpoint::peek(&bytes)?;
    assert_eq!(
        (theirs.size(), theirs.hash().0, theirs.origin()),
        (ours.size, ours.root.0, ours.origin.as_str())
    );
    Ok((ours.size, ours.root.0))
}

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [log, key, checkpoints] = &words[..] else { return Err("usage: foreign LOG KEY CHECKPOINTS".into()) };
    let key = std::fs::read_to_string(key)?.trim().to_owned();
    let log = Path::new(log);
    let (size, root) = open(&log.join("checkpoint"), &key)?;
    let reader = Reader::open(log)?;
    let mut tiles = reader.tiles();

    let mut stored = Stored(Vec::new());
    let mut entries = Vec::new();
    for bundle in 0.. {
        let more = reader.bundle(bundle)?;
        if more.is_empty() {
            break;
        }
        for entry in more {
            let hashes = stored_hashes(entries.len() as u64, &entry, &stored)?;
            stored.0.extend(hashes);
            entries.push(entry);
        }
    }
    assert_eq!((entries.len() as u64, tree_hash(size, &stored)?.0), (size, root));
    let of = |digest: [u8; 32], size| RootHash::<Sha256>::new(digest.into(), size);
    let mut proven = 0;
    for index in (0..size).filter(|n| n % 61 == 0 || *n + 2 > size || matches!(n % 256, 0 | 255)) {
        let proof: Vec<[u8; 32]> = tiles.inclusion_proof(index)?.iter().map(|hash| hash.0).collect();
        let theirs: Vec<Hash> = proof.iter().map(|hash| Hash(*hash)).collect();
        let entry = &entries[index as usize];
        assert_eq!(prove_record(size, index, &stored)?, theirs, "entry {index}");
        check_record(&theirs, size, Hash(root), index, record_hash(entry))?;
        let bytes = InclusionProof::<Sha256>::from_bytes(proof.concat());
        of(root, size).verify_inclusion(entry, index, &bytes).map_err(|e| format!("entry {index}: {e}"))?;
        proven += 1;
    }
    let mut continued = 0;
    for file in std::fs::read_dir(checkpoints)? {
        let (old, old_root) = open(&file?.path(), &key)?;
        let proof: Vec<[u8; 32]> = tiles.consistency_proof(old)?.iter().map(|hash| hash.0).collect();
        let theirs: Vec<Hash> = proof.iter().map(|hash| Hash(*hash)).collect();
        assert_eq!(prove_tree(size, old, &stored)?, theirs, "from {old}");
        check_tree(&theirs, size, Hash(root), old, Hash(old_root))?;
        let bytes = ConsistencyProof::<Sha256>::try_from_bytes(proof.concat()).map_err(|e| e.to_string())?;
        of(root, size)
            .verify_consistency(&of(old_root, old), &bytes)
            .map_err(|e| format!("from {old}: {e}"))?;
        continued += 1;
    }
    println!(
        "signed_note, tlog_tiles, ct-merkle: {size} entries give the root, {proven} inclusion and {continued} \
         consistency proofs hold"
    );
    Ok(())
}
