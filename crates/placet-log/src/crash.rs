//! The writer is killed at every step and at random ones, loses what was not flushed, and is started again.

use std::collections::BTreeMap;
use std::path::Path;

use placet_core::note::Signer;

use crate::checkpoint::Checkpoint;
use crate::disk::Disk;
use crate::disk::tests::Fault;
use crate::fsck::fsck;
use crate::hash::Hash;
use crate::store::{Reader, StoreError, Writer};

fn signer() -> Signer {
    Signer::from_seed("example.org/log", [1; 32]).unwrap()
}

/// RFC 6962's definition of the root, sharing no code with the tree.
fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::EMPTY,
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::node(defined_root(left), defined_root(right))
        }
    }
}

/// Checks the whole log and gives its entries.
fn check(folder: &Path) -> (Checkpoint, Vec<Vec<u8>>) {
    let bytes = std::fs::read(folder.join("checkpoint")).unwrap();
    let (checkpoint, _) = Checkpoint::open(&bytes, &[signer().verifier().clone()]).unwrap();
    let mut entries = Vec::new();
    fsck(&checkpoint, None, |path| std::fs::read(folder.join(path)), |_, entry| entries.push(entry.to_vec()))
        .unwrap();
    let leaves: Vec<Hash> = entries.iter().map(|entry| Hash::leaf(entry)).collect();
    assert_eq!(defined_root(&leaves), checkpoint.root);
    (checkpoint, entries)
}

/// One life of the writer: appends and seals until it dies. Gives what was acknowledged, and whether it died.
fn live(disk: Disk, folder: &Path, state: &Path, life: u64) -> (Vec<(u64, Vec<u8>)>, bool) {
    let mut acknowledged = Vec::new();
    let run = || -> Result<(), StoreError> {
        let mut writer = if state.join("checkpoint").exists() {
            Writer::open_on(disk, folder, state, signer(), &[], false)?
        } else {
            Writer::create_on(disk, folder, state, signer())?
        };
        // In some lives a thread writes and flushes while entries are appended.
        if life.is_multiple_of(3) {
            writer.hand_over_after(2_000);
        }
        for batch in 0..4u64 {
            let mut waiting = Vec::new();
            for n in 0..=(life * 37 + batch * 101) % 150 {
                let entry = format!("life {life} batch {batch} entry {n}").into_bytes();
                waiting.push((writer.append(&entry)?, entry));
            }
            writer.seal()?;
            acknowledged.append(&mut waiting);
        }
        Ok(())
    };
    let died = run().is_err();
    (acknowledged, died)
}

#[test]
fn nothing_acknowledged_is_lost_and_no_two_trees_are_signed() {
    let root = tempfile::tempdir().unwrap();
    let (folder, state) = (root.path().join("log"), root.path().join("state"));
    let mut acknowledged: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let mut signed: Vec<Checkpoint> = Vec::new();
    let mut deaths = 0;
    for life in 0..400u64 {
        // At every early step first, later anywhere.
        let steps = if life < 60 { life } else { u64::from(Hash::leaf(&life.to_be_bytes()).0[0]) % 90 };
        let fault = Fault::after(steps);
        let disk = Disk { fault: Some(fault.clone()) };
        let (now, died) = live(disk, &folder, &state, life);
        deaths += u32::from(died);
        fault.lose_unsynced(life);
        for (index, entry) in now {
            assert_eq!(acknowledged.insert(index, entry), None, "an index given twice");
        }
        // Whatever lies in state or folder was signed; every one must be a view of the one tree.
        for path in [&folder, &state] {
            if let Ok(bytes) = std::fs::read(path.join("checkpoint"))
                && let Ok((checkpoint, _)) = Checkpoint::open(&bytes, &[signer().verifier().clone()])
                && !signed.contains(&checkpoint)
            {
                signed.push(checkpoint);
            }
        }
        if !state.join("checkpoint").exists() {
            continue;
        }
        // A healthy restart repairs; then everything is there.
        let healthy = Disk { fault: Some(Fault::after(u64::MAX)) };
        drop(Writer::open_on(healthy, &folder, &state, signer(), &[], false).unwrap());
        if life % 20 != 19 && life > 30 {
            continue;
        }
        let (checkpoint, entries) = check(&folder);
        for (index, entry) in &acknowledged {
            assert_eq!(
                entries.get(*index as usize),
                Some(entry),
                "acknowledged entry {index} in life {life}"
            );
        }
        let leaves: Vec<Hash> = entries.iter().map(|entry| Hash::leaf(entry)).collect();
        for earlier in &signed {
            assert!(earlier.size <= checkpoint.size, "a signed tree shrank");
            assert_eq!(earlier.root, defined_root(&leaves[..earlier.size as usize]), "two trees");
        }
        signed.retain(|earlier| earlier.size == checkpoint.size);
        // Keep the log small: the crash tests need no large one.
        if entries.len() > 3000 {
            for path in [&folder, &state] {
                std::fs::remove_dir_all(path).unwrap();
            }
            acknowledged.clear();
            signed.clear();
        }
    }
    assert!(deaths > 200, "only {deaths} of 400 lives ended by a power cut");
}

#[test]
fn a_restored_backup_is_not_continued() {
    let root = tempfile::tempdir().unwrap();
    let (folder, state, backup) =
        (root.path().join("log"), root.path().join("state"), root.path().join("backup"));
    let mut writer = Writer::create(&folder, &state, signer()).unwrap();
    writer.append(b"one").unwrap();
    writer.seal().unwrap();
    copy(&folder, &backup);
    writer.append(b"two").unwrap();
    writer.seal().unwrap();
    assert!(matches!(Writer::open(&folder, &state, signer()), Err(StoreError::Locked(_))));
    drop(writer);
    std::fs::rename(&folder, root.path().join("newer")).unwrap();
    std::fs::rename(&backup, &folder).unwrap();
    let error = Writer::open(&folder, &state, signer()).unwrap_err();
    assert!(matches!(error, StoreError::Behind { folder: 1, signed: 2 }), "{error}");
    // Neither can a log go on whose state was lost, or that was changed.
    assert!(matches!(Writer::open(&folder, &backup, signer()), Err(StoreError::Io { .. })));
    std::fs::create_dir(&backup).unwrap();
    assert!(matches!(Writer::open(&folder, &backup, signer()), Err(StoreError::NoState(1))));
    let newer = root.path().join("newer");
    std::fs::write(newer.join("tile/0/000.p/2"), [0; 64]).unwrap();
    assert!(matches!(Writer::open(&newer, &state, signer()), Err(StoreError::Root { size: 2 })));
    let other = Signer::from_seed("example.org/log", [2; 32]).unwrap();
    assert!(matches!(Writer::open(&folder, &state, other), Err(StoreError::Checkpoint { .. })));
}

#[test]
fn a_log_goes_on_under_another_key_with_the_same_tree() {
    let root = tempfile::tempdir().unwrap();
    let (folder, state) = (root.path().join("log"), root.path().join("state"));
    let mut writer = Writer::create(&folder, &state, signer()).unwrap();
    writer.append(b"one").unwrap();
    let before = writer.seal().unwrap();
    drop(writer);
    let new = Signer::from_seed("example.org/log", [2; 32]).unwrap();
    assert!(Writer::open(&folder, &state, new.clone()).is_err());
    let former = [signer().verifier().clone()];
    for _ in 0..2 {
        drop(Writer::open_after_change(&folder, &state, new.clone(), &former).unwrap());
        let bytes = std::fs::read(folder.join("checkpoint")).unwrap();
        assert_eq!(Checkpoint::open(&bytes, &[new.verifier().clone()]).unwrap().0, before);
    }
    assert!(Writer::open(&folder, &state, signer()).is_err());
}

#[test]
fn proofs_from_tiles_hold_across_levels() {
    use crate::proof::{verify_consistency, verify_inclusion};

    let root = tempfile::tempdir().unwrap();
    let (folder, state) = (root.path().join("log"), root.path().join("state"));
    let mut writer = Writer::create(&folder, &state, signer()).unwrap();
    let mut checkpoints = Vec::new();
    let mut sizes = [1u64, 2, 255, 256, 257, 511, 65_536, 65_537, 70_000].into_iter().peekable();
    for n in 0..70_000u64 {
        writer.append(&n.to_be_bytes()).unwrap();
        if sizes.next_if(|size| *size == n + 1).is_some() {
            checkpoints.push(writer.seal().unwrap());
        }
    }
    let reader = Reader::open(&folder).unwrap();
    let mut tiles = reader.tiles();
    assert_eq!(tiles.root().unwrap(), reader.checkpoint().root);
    for index in [0, 1, 255, 256, 65_535, 65_536, 69_631, 69_999] {
        let proof = tiles.inclusion_proof(index).unwrap();
        let entry = reader.entry(index).unwrap().unwrap();
        assert_eq!(entry, index.to_be_bytes());
        let Checkpoint { size, root, .. } = *reader.checkpoint();
        assert_eq!(verify_inclusion(index, size, Hash::leaf(&entry), &proof, root), Ok(()));
    }
    for old in &checkpoints {
        let proof = tiles.consistency_proof(old.size).unwrap();
        let new = reader.checkpoint();
        assert_eq!(verify_consistency(old.size, new.size, &proof, old.root, new.root), Ok(()));
    }
    assert_eq!(reader.entry(70_000).unwrap(), None);
    check(&folder);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
