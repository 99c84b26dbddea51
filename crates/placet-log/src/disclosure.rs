//! One private field of an entry, one row of a sealed shard, or a change of key, shown singly in one file: a C2SP
//! tlog-proof of the entry whose extra data are
//!
//! ```text
//! {v, shown: "field", leaf, field: [name, value, salt, index, count, [hash, …]]}
//! {v, shown: "row",   leaf, row: [value, salt, index, [hash, …]]}
//! {v, shown: "key",   leaf}
//! ```

use placet_core::note::Verified;

use crate::answer::{ANSWER_VERSION, AnswerError};
use crate::cbor::{Members, ShapeError, Value};
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::leaf::{Document, Leaf};
use crate::policy::Policy;
use crate::private::{Disclosure, ROW, Salts, commit, hash_of};
use crate::proof::verify_inclusion;
use crate::tlog_proof::TlogProof;
use crate::tree::Tree;

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A private field.
    Field {
        /// Its name.
        name: String,
        /// Its value.
        value: Value,
    },
    /// A row of a shard's use records.
    Row {
        /// Its number, from 0.
        index: u64,
        /// As it was sealed.
        value: Value,
    },
    /// The change of a key.
    Key {
        /// `log` or `register`.
        what: String,
        /// The key so far.
        old: String,
        /// The key from here on.
        new: String,
    },
}

/// What a disclosure proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The entry.
    pub leaf: Leaf,
    /// What it commits to.
    pub shown: Shown,
    /// The log at that time.
    pub checkpoint: Checkpoint,
    /// Index of the entry.
    pub index: u64,
    /// Who signed the checkpoint, log and witnesses.
    pub signed: Vec<Verified>,
}

/// Whether a proof file is a disclosure, and not the answer to a look-up.
pub fn is_disclosure(file: &[u8]) -> bool {
    let extra = TlogProof::parse(file).ok().and_then(|file| file.extra);
    let value = extra.and_then(|extra| Value::decode(&extra).ok());
    matches!(value, Some(Value::Map(members)) if members.iter().any(|(name, _)| name == "shown"))
}

/// Shows a private field. `outer` proves the entry; its extra data are replaced.
pub fn field(leaf: &[u8], field: &Disclosure, outer: TlogProof) -> TlogProof {
    with(outer, leaf, "field", Some(field.to_value()))
}

/// Shows row `index` of a shard whose rows, encoded, are given in their order; nothing where there is no such row.
pub fn row(
    leaf: &[u8],
    salts: &Salts,
    shard: Hash,
    rows: &[Value],
    index: u64,
    outer: TlogProof,
) -> Option<TlogProof> {
    let value = usize::try_from(index).ok().and_then(|index| rows.get(index))?;
    let tree: Tree = salts.rows(shard, rows.iter().map(Value::encode)).collect();
    let path = tree.inclusion_proof(index).into_iter().map(|hash| Value::bytes(hash.0)).collect();
    let salt = Value::bytes(salts.row(shard, index));
    let row = Value::Array(vec![value.clone(), salt, Value::Uint(index), Value::Array(path)]);
    Some(with(outer, leaf, "row", Some(row)))
}

/// Shows an entry that changes a key. `outer` proves it under the key so far.
pub fn key(leaf: &[u8], outer: TlogProof) -> TlogProof {
    with(outer, leaf, "key", None)
}

fn with(outer: TlogProof, leaf: &[u8], shown: &str, value: Option<Value>) -> TlogProof {
    let mut members =
        vec![("v", Value::Uint(ANSWER_VERSION)), ("shown", Value::text(shown)), ("leaf", Value::bytes(leaf))];
    members.extend(value.map(|value| (shown, value)));
    TlogProof { extra: Some(Value::map(members).encode()), ..outer }
}

/// Verifies a disclosure, offline, against a policy.
pub fn verify(file: &[u8], policy: &Policy) -> Result<Proven, AnswerError> {
    let file = TlogProof::parse(file)?;
    let (checkpoint, signed) = policy.open(file.checkpoint.as_bytes())?;
    let extra = file.extra.as_deref().ok_or_else(|| AnswerError::Extra("no extra data".to_owned()))?;
    let mut m = Members::of(Value::decode(extra)?)?;
    let shape = |name: &str| AnswerError::from(ShapeError(name.to_owned()));
    if m.uint("v")? != ANSWER_VERSION {
        return Err(shape("v"));
    }
    let entry = m.bytes("leaf")?;
    verify_inclusion(file.index, checkpoint.size, Hash::leaf(&entry), &file.hashes, checkpoint.root)?;
    let leaf = Leaf::decode(&entry)?;
    let shown = match m.text("shown")?.as_str() {
        "field" => {
            let field = Disclosure::from_value(m.take("field")?).ok_or_else(|| shape("field"))?;
            let holds = private(&leaf).is_some_and(|root| field.verify(root));
            if !holds {
                return Err(AnswerError::Field(field.name));
            }
            Shown::Field { name: field.name, value: field.value }
        }
        "row" => {
            let Leaf::Shard(shard) = &leaf else { return Err(AnswerError::Row) };
            let parts = <[Value; 4]>::try_from(m.list("row")?).map_err(|_| shape("row"))?;
            let [value, salt, Value::Uint(index), Value::Array(path)] = parts else {
                return Err(shape("row"));
            };
            let salt = hash_of(salt).ok_or_else(|| shape("row"))?;
            let path =
                path.into_iter().map(hash_of).collect::<Option<Vec<_>>>().ok_or_else(|| shape("row"))?;
            let hash = Hash::leaf(&commit(ROW, &salt.0, &value.encode()).0);
            verify_inclusion(index, shard.rows, hash, &path, shard.row_root).map_err(|_| AnswerError::Row)?;
            Shown::Row { index, value }
        }
        "key" => match &leaf {
            Leaf::KeyChange { what, old, new } => {
                Shown::Key { what: what.clone(), old: old.clone(), new: new.clone() }
            }
            _ => return Err(AnswerError::KeyChange("the proven entry changes no key")),
        },
        _ => return Err(shape("shown")),
    };
    m.end()?;
    Ok(Proven { leaf, shown, checkpoint, index: file.index, signed })
}

fn private(leaf: &Leaf) -> Option<Hash> {
    match leaf {
        Leaf::Shard(shard) => Some(shard.private),
        Leaf::Register(register) => Some(register.private),
        Leaf::Authorization(Document { private, .. })
        | Leaf::Value(Document { private, .. })
        | Leaf::Settlement { document: Document { private, .. }, .. }
        | Leaf::Correction { document: Document { private, .. }, .. } => Some(*private),
        Leaf::KeyChange { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use placet_core::note::{self, Signer};

    use super::*;
    use crate::leaf::Shard;
    use crate::private::Private;

    struct Sealed {
        policy: Policy,
        leaf: Vec<u8>,
        private: Private,
        rows: Vec<Value>,
        salts: Salts,
        outer: TlogProof,
    }

    const SCOPE: Hash = Hash([9; 32]);

    /// A log of one shard with three rows.
    fn sealed() -> Sealed {
        let salts = Salts::new([1; 32]);
        let fields = vec![
            ("model".to_owned(), Value::text("Model X")),
            ("stage".to_owned(), Value::text("pre-training")),
        ];
        let private = Private::new(&salts, SCOPE, fields);
        let rows: Vec<Value> =
            (0..3).map(|n| Value::map([("work", Value::text("a")), ("words", Value::Uint(n))])).collect();
        let leaf = Leaf::Shard(Shard {
            run: SCOPE,
            shard: SCOPE,
            uses: SCOPE,
            rows: 3,
            row_root: salts.rows(SCOPE, rows.iter().map(Value::encode)).collect::<Tree>().root(),
            packs: Vec::new(),
            profile: SCOPE,
            period: "2026-Q4".into(),
            private: private.root(),
        })
        .encode();
        let log = Signer::from_seed("example.org/log", [1; 32]).unwrap();
        let tree: Tree = [Hash::leaf(b"first"), Hash::leaf(&leaf)].into_iter().collect();
        let text = Checkpoint { origin: "example.org/log".into(), size: 2, root: tree.root() }.to_string();
        let checkpoint = note::sign(&text, &[&log]).unwrap();
        let outer = TlogProof { extra: None, index: 1, hashes: tree.inclusion_proof(1), checkpoint };
        Sealed { policy: Policy::of_log(log.verifier().clone()), leaf, private, rows, salts, outer }
    }

    impl Sealed {
        fn shown(&self) -> [TlogProof; 2] {
            let stage = self.private.disclose("stage").unwrap();
            [
                field(&self.leaf, &stage, self.outer.clone()),
                row(&self.leaf, &self.salts, SCOPE, &self.rows, 2, self.outer.clone()).unwrap(),
            ]
        }
    }

    #[test]
    fn a_field_and_a_row_are_shown_alone() {
        let sealed = sealed();
        let [field, row] = sealed.shown().map(|file| {
            let file = file.to_string();
            assert!(is_disclosure(file.as_bytes()) && !file.contains("Model X"));
            verify(file.as_bytes(), &sealed.policy).unwrap()
        });
        assert_eq!(field.shown, Shown::Field { name: "stage".into(), value: Value::text("pre-training") });
        assert_eq!(row.shown, Shown::Row { index: 2, value: sealed.rows[2].clone() });
        assert!(super::row(&sealed.leaf, &sealed.salts, SCOPE, &sealed.rows, 3, sealed.outer).is_none());
    }

    /// A log of the key `a`, whose entry 1 hands over to `b`, and its proof.
    fn changed(a: &Signer, b: &Signer, what: &str) -> TlogProof {
        let (old, new) = (a.verifier().to_string(), b.verifier().to_string());
        let leaf = Leaf::KeyChange { what: what.to_owned(), old, new }.encode();
        let tree: Tree = [Hash::leaf(b"first"), Hash::leaf(&leaf)].into_iter().collect();
        let outer = TlogProof {
            extra: None,
            index: 1,
            hashes: tree.inclusion_proof(1),
            checkpoint: note(a, 2, tree.root()),
        };
        key(&leaf, outer)
    }

    fn note(signer: &Signer, size: u64, root: Hash) -> String {
        let text = Checkpoint { origin: signer.verifier().name().to_owned(), size, root }.to_string();
        note::sign(&text, &[signer]).unwrap()
    }

    #[test]
    fn a_policy_follows_the_log_from_key_to_key_and_drops_the_old_ones() {
        let keys = [1, 2, 3].map(|n| Signer::from_seed("example.org/log", [n; 32]).unwrap());
        let [a, b, c] = &keys;
        let mut policy = Policy::of_log(a.verifier().clone());
        let holds = |policy: &Policy, by: &Signer, size| {
            policy.open(note(by, size, Hash([5; 32])).as_bytes()).is_ok()
        };
        let first = changed(a, b, "log").to_string();
        let second = changed(b, c, "log").to_string();
        // Not before the step in between.
        assert!(policy.clone().follow(second.as_bytes()).is_err());
        assert_eq!(policy.follow(first.as_bytes()), Ok((a.verifier().clone(), b.verifier().clone())));
        assert!(
            holds(&policy, b, 9) && holds(&policy, a, 2) && !holds(&policy, a, 3) && !holds(&policy, c, 9)
        );
        let retired = policy.open(note(a, 3, Hash([5; 32])).as_bytes()).unwrap_err().to_string();
        assert!(
            retired.ends_with("a key that the log gave up at 2 entries; this checkpoint has 3"),
            "{retired}"
        );
        policy.follow(second.as_bytes()).unwrap();
        assert!(holds(&policy, c, 9) && !holds(&policy, b, 9));
        // Not by a proof that another key signed, of another key, or of something else.
        let fresh = || Policy::of_log(a.verifier().clone());
        let stranger = Signer::from_seed("example.org/other", [9; 32]).unwrap();
        for wrong in [changed(c, b, "log"), changed(a, &stranger, "log"), changed(a, b, "register")] {
            assert!(fresh().follow(wrong.to_string().as_bytes()).is_err());
        }
        let bytes = first.into_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(fresh().follow(&changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn one_byte_changed_anywhere_is_refused() {
        let sealed = sealed();
        for file in sealed.shown() {
            let good = file.to_string().into_bytes();
            for at in 0..good.len() {
                let mut changed = good.clone();
                changed[at] ^= 1;
                assert!(verify(&changed, &sealed.policy).is_err(), "byte {at}");
            }
        }
    }
}
