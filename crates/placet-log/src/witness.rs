//! Both sides of C2SP tlog-witness v1.0.0 without network and storage: the caller carries the bytes, and keeps the
//! witness's record.

use std::fmt::Write as _;

use placet_core::note::{Note, NoteError, Signature, Signer, Verifier};

use crate::checkpoint::{Checkpoint, CheckpointError, decimal};
use crate::hash::Hash;
use crate::proof::verify_consistency;

/// A longer request is refused unread.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// The specification's limit on consistency proof lines.
const HASHES_MAX: usize = 63;

/// What a log posts to `add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that the witness cosigned last, as far as the log knows.
    pub old: u64,
    /// Consistency proof from there.
    pub proof: Vec<Hash>,
    /// The new checkpoint's note.
    pub checkpoint: String,
}

impl AddCheckpoint {
    /// The request's body.
    pub fn to_body(&self) -> String {
        let mut body = format!("old {}\n", self.old);
        for hash in &self.proof {
            let _ = writeln!(body, "{hash}");
        }
        body + "\n" + &self.checkpoint
    }

    /// Reads a request's body.
    pub fn parse(body: &[u8]) -> Option<AddCheckpoint> {
        let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= REQUEST_BYTES_MAX)?;
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = decimal(lines.next()?.strip_prefix("old ")?)?;
        let proof = lines.map(|line| line.parse().ok()).collect::<Option<Vec<Hash>>>()?;
        let fits = proof.len() <= HASHES_MAX;
        fits.then(|| AddCheckpoint { old, proof, checkpoint: checkpoint.to_owned() })
    }
}

/// What a witness remembers of a log: its last cosigned size and root. It must be kept durably, and compared and
/// replaced in one step, before the answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Entries.
    pub size: u64,
    /// Root.
    pub root: Hash,
}

/// A witness's answer: HTTP status, content type, body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `text/plain` or `text/x.tlog.size`.
    pub content_type: &'static str,
    /// Signature lines, the witness's size, or a reason.
    pub body: String,
    /// For status 200: what to remember before the answer leaves.
    pub seen: Option<Seen>,
}

/// A witness: a key, and the logs that it knows.
#[derive(Debug)]
pub struct Witness {
    /// Its key, which makes cosignatures.
    pub signer: Signer,
    /// Keys of the logs; each key's name is its log's origin.
    pub logs: Vec<Verifier>,
}

impl Witness {
    /// Answers a request. `seen` looks up what was cosigned last for an origin; `now` is in seconds since 1970.
    pub fn add_checkpoint(&self, body: &[u8], seen: impl FnOnce(&str) -> Option<Seen>, now: u64) -> Answer {
        let refuse = |status, body: &str| Answer {
            status,
            content_type: "text/plain",
            body: format!("{body}\n"),
            seen: None,
        };
        let Some(request) = AddCheckpoint::parse(body) else {
            return refuse(400, "not an add-checkpoint request");
        };
        let Ok((claimed, _)) = Checkpoint::peek(request.checkpoint.as_bytes()) else {
            return refuse(400, "not a checkpoint");
        };
        let keys: Vec<Verifier> =
            self.logs.iter().filter(|key| key.name() == claimed.origin).cloned().collect();
        if keys.is_empty() {
            return refuse(404, "unknown log");
        }
        let Ok((new, _)) = Checkpoint::open(request.checkpoint.as_bytes(), &keys) else {
            return refuse(403, "no signature by a known key of this log");
        };
        if request.old > new.size {
            return refuse(400, "the old size is larger than the checkpoint's");
        }
        let seen = seen(&new.origin).unwrap_or(Seen { size: 0, root: Hash::EMPTY });
        if request.old != seen.size || (seen.size == new.size && seen.root != new.root) {
            let body = format!("{}\n", seen.size);
            return Answer { status: 409, content_type: "text/x.tlog.size", body, seen: None };
        }
        let continues = match seen.size {
            0 => request.proof.is_empty(),
            _ => verify_consistency(seen.size, new.size, &request.proof, seen.root, new.root).is_ok(),
        };
        if !continues {
            return refuse(422, "the consistency proof does not hold");
        }
        match self.signer.cosign(&new.to_string(), now) {
            Ok(signature) => Answer {
                status: 200,
                content_type: "text/plain",
                body: format!("{signature}\n"),
                seen: Some(Seen { size: new.size, root: new.root }),
            },
            Err(_) => refuse(500, "this key makes no cosignatures"),
        }
    }
}

/// Adds the cosignatures of a witness's answer to a checkpoint's note. Lines by other keys are ignored.
pub fn add_cosignatures(
    checkpoint: &[u8],
    answer: &str,
    witness: &Verifier,
) -> Result<String, CheckpointError> {
    let mut note = Note::parse(checkpoint)?;
    let mut added = false;
    for line in answer.lines() {
        let signature: Signature = line.parse()?;
        if signature.name == witness.name() && signature.id == witness.id() {
            if witness.verify(note.text(), &signature.bytes).is_none() {
                return Err(NoteError::BadSignature { name: signature.name, id: signature.id }.into());
            }
            note.add(signature)?;
            added = true;
        }
    }
    if added {
        Ok(note.to_string())
    } else {
        let found = answer.trim_end().to_owned();
        Err(NoteError::Untrusted { found }.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::Tree;

    struct Setting {
        log: Signer,
        witness: Witness,
        tree: Tree,
    }

    fn setting() -> Setting {
        let log = Signer::from_seed("example.org/log", [1; 32]).unwrap();
        let signer = Signer::witness_from_seed("w.example", [2; 32]).unwrap();
        let witness = Witness { signer, logs: vec![log.verifier().clone()] };
        Setting { log, witness, tree: (0..9u8).map(|i| Hash::leaf(&[i])).collect() }
    }

    impl Setting {
        fn note(size: u64, signer: &Signer, origin: &str) -> String {
            let tree: Tree = (0..size as u8).map(|i| Hash::leaf(&[i])).collect();
            let text = Checkpoint { origin: origin.into(), size, root: tree.root() }.to_string();
            let mut note = Note::new(&text).unwrap();
            note.add(signer.sign(&text).unwrap()).unwrap();
            note.to_string()
        }

        fn seen(size: u64) -> Seen {
            let tree: Tree = (0..size as u8).map(|i| Hash::leaf(&[i])).collect();
            Seen { size, root: tree.root() }
        }

        fn ask(&self, old: u64, proof: &[Hash], checkpoint: String, seen: Option<Seen>) -> Answer {
            let body = AddCheckpoint { old, proof: proof.to_vec(), checkpoint }.to_body();
            self.witness.add_checkpoint(body.as_bytes(), |_| seen, 77)
        }
    }

    #[test]
    fn cosigns_what_continues_and_nothing_else() {
        let s = setting();
        let note = Setting::note(9, &s.log, "example.org/log");
        let proof = s.tree.consistency_proof(4);
        let good = s.ask(4, &proof, note.clone(), Some(Setting::seen(4)));
        assert_eq!((good.status, good.seen), (200, Some(Setting::seen(9))));
        let cosigned = add_cosignatures(note.as_bytes(), &good.body, s.witness.signer.verifier()).unwrap();
        let keys = [s.log.verifier().clone(), s.witness.signer.verifier().clone()];
        let (_, verified) = Checkpoint::open(cosigned.as_bytes(), &keys).unwrap();
        assert_eq!(verified.iter().map(|v| v.time).collect::<Vec<_>>(), [None, Some(77)]);
        assert!(add_cosignatures(note.as_bytes(), &good.body, s.log.verifier()).is_err());

        let stranger = Signer::from_seed("example.org/log", [3; 32]).unwrap();
        for (status, answer) in [
            (200, s.ask(0, &[], note.clone(), None)),
            (400, s.ask(10, &[], note.clone(), Some(Setting::seen(4)))),
            (400, s.ask(4, &[], "no checkpoint\n".into(), None)),
            (404, s.ask(0, &[], Setting::note(9, &s.log, "example.org/other"), None)),
            (403, s.ask(0, &[], Setting::note(9, &stranger, "example.org/log"), None)),
            (409, s.ask(0, &[], note.clone(), Some(Setting::seen(4)))),
            (409, s.ask(9, &[], note.clone(), Some(Seen { size: 9, root: Hash::EMPTY }))),
            (422, s.ask(4, &proof[1..], note.clone(), Some(Setting::seen(4)))),
            (422, s.ask(4, &proof, note.clone(), Some(Seen { size: 4, root: Hash::EMPTY }))),
        ] {
            assert_eq!(answer.status, status, "{answer:?}");
            assert_eq!(answer.seen.is_some(), status == 200);
        }
        assert_eq!(s.ask(0, &[], note, Some(Setting::seen(4))).body, "4\n");
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "old [0-9]{1,3}\n[ -~\n]{0,90}") {
            let witness = setting().witness;
            let _ = witness.add_checkpoint(&bytes, |_| None, 0);
            let _ = witness.add_checkpoint(text.as_bytes(), |_| None, 0);
        }
    }
}
