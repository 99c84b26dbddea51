//! A look-up in which the provider does not learn the work: it answers a blinded question, and the asker finds the
//! work's key in the list of the register's keys, which is the same file for everybody.
//!
//! ```text
//! answer = tlog-proof of the register's entry, extra = dCBOR
//!          {v, asked: element, leaf, key: [element, c, s], issuers: [text, …], unnamed: number, fields: [field, …]}
//! keys   = (key ‖ value) of every work, in the order of the keys, 64 bytes each
//! ```
//!
//! The asker builds the register's tree from the list: its root is the sealed one, or the list is refused. The keys
//! are blinded and the values salted, so the list shows how many works there are and nothing of them.

use placet_core::note::Verified;

use crate::answer::AnswerError;
use crate::blind::{BlindError, BlindKey, Blinding, Evaluated};
use crate::cbor::{Members, ShapeError, Value};
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::leaf::{self, Leaf};
use crate::policy::Policy;
use crate::private::{Disclosure, hash_of};
use crate::proof::verify_inclusion;
use crate::register::Register;
use crate::tlog_proof::TlogProof;

/// Version of the extra data, member `v`.
pub const BLINDED_VERSION: u64 = 1;

/// What the provider says about the register beside the blinded key.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// The register's leaf, as it stands in the log.
    pub leaf: &'a [u8],
    /// Whose packs were scanned with.
    pub issuers: Vec<String>,
    /// Packs that were not at hand when the register was sealed.
    pub unnamed: u64,
    /// Private fields that every answer shows.
    pub fields: Vec<Disclosure>,
}

/// What an opened answer proves about the work, and what the provider says beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Whether the work stands in the committed register.
    pub present: bool,
    /// The register's entry in the log.
    pub register: leaf::Register,
    /// Private fields of that entry which the provider showed.
    pub fields: Vec<(String, Value)>,
    /// Whose packs were scanned with, as the provider says.
    pub issuers: Vec<String>,
    /// Packs that were not at hand, as the provider says.
    pub unnamed: u64,
    /// How many names of works stand in the register.
    pub works: u64,
    /// The log at the time of the answer.
    pub checkpoint: Checkpoint,
    /// Index of the register's entry.
    pub index: u64,
    /// Who signed the checkpoint, log and witnesses.
    pub signed: Vec<Verified>,
}

/// Answers a blinded question. `outer` proves the leaf; its extra data are replaced.
pub fn answer(
    about: &About<'_>,
    key: &BlindKey,
    question: &[u8; 32],
    outer: TlogProof,
) -> Result<TlogProof, BlindError> {
    let proof = key.evaluate(question)?;
    let extra = Value::map([
        ("v", Value::Uint(BLINDED_VERSION)),
        ("asked", Value::bytes(question)),
        ("leaf", Value::bytes(about.leaf)),
        ("key", Value::Array([proof.element, proof.c, proof.s].map(Value::bytes).to_vec())),
        ("issuers", Value::Array(about.issuers.iter().map(Value::text).collect())),
        ("unnamed", Value::Uint(about.unnamed)),
        ("fields", Value::Array(about.fields.iter().map(Disclosure::to_value).collect())),
    ]);
    Ok(TlogProof { extra: Some(extra.encode()), ..outer })
}

/// The list of a register's keys and values.
pub fn keys(mut entries: Vec<(Hash, Hash)>) -> Vec<u8> {
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries.iter().flat_map(|(key, value)| [key.0, value.0]).flatten().collect()
}

/// Opens an answer with the asker's own secret and the list of keys, offline.
pub fn open(file: &[u8], keys: &[u8], policy: &Policy, blinding: &Blinding) -> Result<Opened, AnswerError> {
    let file = TlogProof::parse(file)?;
    let (checkpoint, signed) = policy.open(file.checkpoint.as_bytes())?;
    let extra = file.extra.as_deref().ok_or_else(|| AnswerError::Extra("no extra data".to_owned()))?;
    let mut m = Members::of(Value::decode(extra)?)?;
    let shape = |name: &str| AnswerError::from(ShapeError(name.to_owned()));
    if m.uint("v")? != BLINDED_VERSION {
        return Err(shape("v"));
    }
    if m.array32("asked")? != blinding.element {
        return Err(AnswerError::Question);
    }
    let entry = m.bytes("leaf")?;
    verify_inclusion(file.index, checkpoint.size, Hash::leaf(&entry), &file.hashes, checkpoint.root)?;
    let Leaf::Register(register) = Leaf::decode(&entry)? else { return Err(AnswerError::NotRegister) };
    let parts = <[Value; 3]>::try_from(m.list("key")?).map_err(|_| shape("key"))?;
    let [Some(element), Some(c), Some(s)] = parts.map(|part| hash_of(part).map(|hash| hash.0)) else {
        return Err(shape("key"));
    };
    let key = blinding.finish(&register.key, &Evaluated { element, c, s })?;

    let (chunks, rest) = keys.as_chunks::<64>();
    let entry = |chunk: &[u8; 64]| {
        let (key, value) = chunk.split_at(32);
        Some((Hash(key.try_into().ok()?), Hash(value.try_into().ok()?)))
    };
    let entries = chunks.iter().map(entry).collect::<Option<Vec<_>>>().filter(|_| rest.is_empty());
    let tree = Register::new(entries.ok_or(AnswerError::Keys)?).map_err(|_| AnswerError::Keys)?;
    if tree.root() != register.root {
        return Err(AnswerError::Keys);
    }
    let present = tree.lookup(key).0.is_some();

    let issuer = |issuer| match issuer {
        Value::Text(issuer) => Ok(issuer),
        _ => Err(shape("issuers")),
    };
    let issuers = m.list("issuers")?.into_iter().map(issuer).collect::<Result<_, _>>()?;
    let unnamed = m.uint("unnamed")?;
    let mut fields = Vec::new();
    for field in m.list("fields")? {
        let field = Disclosure::from_value(field).ok_or_else(|| shape("fields"))?;
        if !field.verify(register.private) {
            return Err(AnswerError::Field(field.name));
        }
        fields.push((field.name, field.value));
    }
    m.end()?;
    let works = chunks.len() as u64;
    Ok(Opened { present, register, fields, issuers, unnamed, works, checkpoint, index: file.index, signed })
}

#[cfg(test)]
mod tests {
    use placet_core::note::{self, Signer};

    use super::*;
    use crate::private::{Private, Salts};
    use crate::tree::Tree;

    #[test]
    fn the_asker_finds_the_work_and_a_changed_answer_or_list_is_refused() {
        let key = BlindKey::derive(&[2; 32], b"register").unwrap();
        let entries: Vec<(Hash, Hash)> =
            (0..20u8).map(|n| (key.key(format!("isbn:{n}").as_bytes()).unwrap(), Hash::leaf(&[n]))).collect();
        let private =
            Private::new(&Salts::new([1; 32]), Hash::EMPTY, vec![("model".into(), Value::text("X"))]);
        let leaf = Leaf::Register(leaf::Register {
            period: "2026-Q4".into(),
            root: Register::new(entries.clone()).unwrap().root(),
            key: key.public(),
            from: 0,
            until: 1,
            private: private.root(),
        })
        .encode();
        let log = Signer::from_seed("example.org/log", [1; 32]).unwrap();
        let tree: Tree = [Hash::leaf(&leaf)].into_iter().collect();
        let text = Checkpoint { origin: "example.org/log".into(), size: 1, root: tree.root() }.to_string();
        let checkpoint = note::sign(&text, &[&log]).unwrap();
        let policy = Policy::of_log(log.verifier().clone());
        let about = About {
            leaf: &leaf,
            issuers: vec!["press".into()],
            unnamed: 0,
            fields: private.disclose("model").into_iter().collect(),
        };
        let list = keys(entries);
        for (work, present) in [("isbn:7", true), ("isbn:70", false)] {
            let blinding = Blinding::new(work.as_bytes(), &[7; 64]).unwrap();
            let outer =
                TlogProof { extra: None, index: 0, hashes: Vec::new(), checkpoint: checkpoint.clone() };
            let file = answer(&about, &key, &blinding.element, outer).unwrap().to_string();
            assert!(!file.contains(work));
            let opened = open(file.as_bytes(), &list, &policy, &blinding).unwrap();
            assert_eq!(
                (opened.present, opened.works, opened.issuers.as_slice()),
                (present, 20, &["press".into()][..])
            );
            // One key left out, or changed: the list is not the register's.
            for list in [&list[64..], &list[..list.len() - 1], &[list.clone(), vec![0; 64]].concat()[..]] {
                assert_eq!(open(file.as_bytes(), list, &policy, &blinding), Err(AnswerError::Keys));
            }
            let other = Blinding::new(work.as_bytes(), &[8; 64]).unwrap();
            assert_eq!(open(file.as_bytes(), &list, &policy, &other), Err(AnswerError::Question));
            let bytes = file.into_bytes();
            // What the provider says beside the proof is its own word; all else is held.
            let said = open(&bytes, &list, &policy, &blinding).unwrap();
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                if let Ok(opened) = open(&changed, &list, &policy, &blinding) {
                    let same = Opened { issuers: said.issuers.clone(), unnamed: said.unnamed, ..opened };
                    assert_eq!(same, said, "byte {at}");
                }
            }
        }
    }
}
