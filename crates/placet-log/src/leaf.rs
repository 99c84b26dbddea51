//! What is sealed: the entries of the log, in deterministic CBOR. `docs/log.md` holds the schema.
//!
//! An entry names no work, no party and no model: those stand in private fields ([`crate::private`]) or in files of
//! which only the hash is here.

use crate::cbor::{CborError, Members, ShapeError, Value};
use crate::hash::Hash;

/// Version of the schema, member `v`.
pub const LEAF_VERSION: u64 = 1;

/// Packs that one shard can name, so that an entry fits into a bundle.
pub const PACKS_MAX: usize = 1000;

/// Why bytes are no entry of this schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not deterministic CBOR.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// A member is wrong.
    #[error("log entry: {0}")]
    Shape(#[from] ShapeError),
    /// A later version of the schema.
    #[error("log entry of version {0}; this program reads version 1")]
    Version(u64),
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// `shard`: one corpus shard was scanned, these uses were found in it.
    Shard(Shard),
    /// `register`: root of the map from works to uses.
    Register(Register),
    /// `authorization`: a grant or licence in force, by its hash.
    Authorization(Document),
    /// `value`: a statement of the value made with uses.
    Value(Document),
    /// `settlement`: what uses earned, and for whom.
    Settlement {
        /// The settlement's own record, `settlement.json`.
        document: Document,
        /// Its root over pools and lines, to which every line of a statement leads (BLAKE3).
        root: Hash,
    },
    /// `correction`: an earlier entry is withdrawn or replaced. It stays in the log.
    Correction {
        /// Index of the entry that is corrected.
        of: u64,
        /// The correcting document.
        document: Document,
    },
    /// `key`: from here on another key signs or blinds.
    KeyChange {
        /// `log` or `register`.
        what: String,
        /// The key so far.
        old: String,
        /// The key from here on.
        new: String,
    },
}

/// A scanned shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// SHA-256 of the run's description.
    pub run: Hash,
    /// SHA-256 of the corpus shard, or of what identifies it.
    pub shard: Hash,
    /// SHA-256 of the use records' Parquet file.
    pub uses: Hash,
    /// Rows in that file.
    pub rows: u64,
    /// Root over the rows' commitments.
    pub row_root: Hash,
    /// Ids of the packs that were scanned with.
    pub packs: Vec<Hash>,
    /// SHA-256 of the profile.
    pub profile: Hash,
    /// Accounting period, for example `2026-Q3`.
    pub period: String,
    /// Root of the private fields.
    pub private: Hash,
}

/// A register's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// Accounting period.
    pub period: String,
    /// Root of the prefix tree.
    pub root: Hash,
    /// Public key under which works are blinded ([`crate::blind`]).
    pub key: [u8; 32],
    /// First log index of the shards in it.
    pub from: u64,
    /// Log index after the last of them.
    pub until: u64,
    /// Root of the private fields.
    pub private: Hash,
}

/// A document outside of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Accounting period.
    pub period: String,
    /// SHA-256 of the document.
    pub document: Hash,
    /// Root of the private fields.
    pub private: Hash,
}

impl Leaf {
    /// The entry's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let hash = |hash: &Hash| Value::bytes(hash.0);
        let (name, mut members) = match self {
            Leaf::Shard(shard) => (
                "shard",
                vec![
                    ("run", hash(&shard.run)),
                    ("shard", hash(&shard.shard)),
                    ("uses", hash(&shard.uses)),
                    ("rows", Value::Uint(shard.rows)),
                    ("row-root", hash(&shard.row_root)),
                    ("packs", Value::Array(shard.packs.iter().map(hash).collect())),
                    ("profile", hash(&shard.profile)),
                    ("period", Value::text(&shard.period)),
                    ("private", hash(&shard.private)),
                ],
            ),
            Leaf::Register(register) => (
                "register",
                vec![
                    ("period", Value::text(&register.period)),
                    ("root", hash(&register.root)),
                    ("key", Value::bytes(register.key)),
                    ("from", Value::Uint(register.from)),
                    ("until", Value::Uint(register.until)),
                    ("private", hash(&register.private)),
                ],
            ),
            Leaf::Authorization(document) => ("authorization", document.members()),
            Leaf::Value(document) => ("value", document.members()),
            Leaf::Settlement { document, root } => {
                let mut members = document.members();
                members.push(("root", hash(root)));
                ("settlement", members)
            }
            Leaf::Correction { of, document } => {
                let mut members = document.members();
                members.push(("of", Value::Uint(*of)));
                ("correction", members)
            }
            Leaf::KeyChange { what, old, new } => (
                "key",
                vec![("what", Value::text(what)), ("old", Value::text(old)), ("new", Value::text(new))],
            ),
        };
        members.push(("v", Value::Uint(LEAF_VERSION)));
        members.push(("type", Value::text(name)));
        Value::map(members).encode()
    }

    /// Reads an entry. A member too many or too few is an error.
    pub fn decode(bytes: &[u8]) -> Result<Leaf, LeafError> {
        let mut m = Members::of(Value::decode(bytes)?)?;
        match m.uint("v")? {
            LEAF_VERSION => {}
            other => return Err(LeafError::Version(other)),
        }
        let leaf = match m.text("type")?.as_str() {
            "shard" => {
                let packs = m.list("packs")?;
                let packs = packs.into_iter().map(crate::private::hash_of).collect::<Option<Vec<Hash>>>();
                let packs = packs.filter(|packs| packs.len() <= PACKS_MAX);
                Leaf::Shard(Shard {
                    run: Hash(m.array32("run")?),
                    shard: Hash(m.array32("shard")?),
                    uses: Hash(m.array32("uses")?),
                    rows: m.uint("rows")?,
                    row_root: Hash(m.array32("row-root")?),
                    packs: packs.ok_or_else(|| ShapeError("packs".to_owned()))?,
                    profile: Hash(m.array32("profile")?),
                    period: m.text("period")?,
                    private: Hash(m.array32("private")?),
                })
            }
            "register" => Leaf::Register(Register {
                period: m.text("period")?,
                root: Hash(m.array32("root")?),
                key: m.array32("key")?,
                from: m.uint("from")?,
                until: m.uint("until")?,
                private: Hash(m.array32("private")?),
            }),
            "authorization" => Leaf::Authorization(Document::take(&mut m)?),
            "value" => Leaf::Value(Document::take(&mut m)?),
            "settlement" => {
                Leaf::Settlement { document: Document::take(&mut m)?, root: Hash(m.array32("root")?) }
            }
            "correction" => Leaf::Correction { of: m.uint("of")?, document: Document::take(&mut m)? },
            "key" => Leaf::KeyChange { what: m.text("what")?, old: m.text("old")?, new: m.text("new")? },
            _ => return Err(ShapeError("type".to_owned()).into()),
        };
        m.end()?;
        Ok(leaf)
    }
}

impl Document {
    fn members(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("period", Value::text(&self.period)),
            ("document", Value::bytes(self.document.0)),
            ("private", Value::bytes(self.private.0)),
        ]
    }

    fn take(m: &mut Members) -> Result<Document, ShapeError> {
        Ok(Document {
            period: m.text("period")?,
            document: Hash(m.array32("document")?),
            private: Hash(m.array32("private")?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn examples() -> Vec<Leaf> {
        let hash = |n: u8| Hash([n; 32]);
        let document = Document { period: "2026-Q3".into(), document: hash(1), private: hash(2) };
        vec![
            Leaf::Shard(Shard {
                run: hash(1),
                shard: hash(2),
                uses: hash(3),
                rows: 4,
                row_root: hash(5),
                packs: vec![hash(6), hash(7)],
                profile: hash(8),
                period: "2026-Q3".into(),
                private: hash(9),
            }),
            Leaf::Register(Register {
                period: "2026-Q3".into(),
                root: hash(1),
                key: [2; 32],
                from: 0,
                until: 300,
                private: hash(3),
            }),
            Leaf::Authorization(document.clone()),
            Leaf::Value(document.clone()),
            Leaf::Settlement { document: document.clone(), root: hash(4) },
            Leaf::Correction { of: 7, document },
            Leaf::KeyChange { what: "log".into(), old: "a+1+x".into(), new: "a+2+y".into() },
        ]
    }

    #[test]
    fn every_entry_reads_back_and_is_small() {
        for leaf in examples() {
            let bytes = leaf.encode();
            assert!(bytes.len() < 1024, "{leaf:?}");
            assert_eq!(Leaf::decode(&bytes), Ok(leaf));
        }
    }

    #[test]
    fn a_member_too_many_or_of_another_version_is_refused() {
        for leaf in examples() {
            let Ok(Value::Map(members)) = Value::decode(&leaf.encode()) else { panic!("a map") };
            for at in 0..members.len() {
                let mut fewer = members.clone();
                fewer.remove(at);
                assert!(Leaf::decode(&Value::Map(fewer).encode()).is_err());
            }
            let mut more = members.clone();
            more.push(("extra".into(), Value::Null));
            assert_eq!(
                Leaf::decode(&Value::Map(more).encode()),
                Err(LeafError::Shape(ShapeError("extra".into())))
            );
            let mut later = members;
            later.iter_mut().filter(|(name, _)| name == "v").for_each(|(_, v)| *v = Value::Uint(2));
            assert_eq!(Leaf::decode(&Value::Map(later).encode()), Err(LeafError::Version(2)));
        }
    }

    proptest! {
        #[test]
        fn never_panics(which in 0usize..7, at: prop::sample::Index, flip in 1u8..) {
            let leaf = &examples()[which];
            let mut bytes = leaf.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            // Another entry perhaps, never the same one.
            prop_assert!(Leaf::decode(&bytes).as_ref() != Ok(leaf));
        }
    }
}
