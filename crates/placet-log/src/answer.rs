//! The answer to a look-up in one file, `.placet-proof`: a C2SP tlog-proof of the register's leaf, whose extra data
//! show what the register holds about one work. A plain tlog-proof tool checks the outer part; [`verify`] checks all.
//!
//! ```text
//! extra = dCBOR {v, work, leaf, key: [element, c, s], path: [[bit, hash], …], end: [key, value] | null,
//!                uses: [salt, [row, …]] | null, fields: [[name, value, salt, index, count, path], …]}
//! ```

use placet_core::note::Verified;

use crate::blind::{BlindError, Evaluated, verify_key};
use crate::cbor::{CborError, Members, ShapeError, Value};
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::leaf::{self, Leaf, LeafError};
use crate::policy::{Policy, Untrusted};
use crate::private::{Disclosure, Private, WORK, commit, hash_of};
use crate::proof::{ProofError, verify_inclusion};
use crate::register::{LookupProof, RegisterError};
use crate::tlog_proof::{TlogProof, TlogProofError};

/// Version of the extra data, member `v`.
pub const ANSWER_VERSION: u64 = 1;

/// Why an answer is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// No proof file.
    #[error(transparent)]
    File(#[from] TlogProofError),
    /// The file has no answer in it, or one of another make.
    #[error("the proof file holds no answer to a look-up: {0}")]
    Extra(String),
    /// The checkpoint.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// The register's leaf is not in the log.
    #[error("the register is not in the log: {0}")]
    Inclusion(#[from] ProofError),
    /// The leaf.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// The leaf is no register.
    #[error("the proven log entry is not a register")]
    NotRegister,
    /// The key of the work.
    #[error(transparent)]
    Key(#[from] BlindError),
    /// The way through the register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The uses shown are not those committed.
    #[error("the uses in the answer are not the ones in the register")]
    Uses,
    /// A field shown is not the one committed.
    #[error("the field `{0}` in the answer is not the one in the register's entry")]
    Field(String),
    /// A row shown is not one of those committed.
    #[error("the row in the proof is not one of the sealed shard's")]
    Row,
    /// The answer to somebody else's blinded question.
    #[error("the answer is not to this question")]
    Question,
    /// A proof that hands over to no key.
    #[error("{0}")]
    KeyChange(&'static str),
    /// A list of keys that is not the register's.
    #[error("the list of keys is not that of the sealed register")]
    Keys,
    /// An answer to another question.
    #[error("the answer is about `{found}`, asked was `{asked}`")]
    Other {
        /// What it speaks of.
        found: String,
        /// What the reader asked.
        asked: String,
    },
    /// An old answer.
    #[error("the answer stands on a log of {found} entries; a log of {known} entries is known already")]
    Stale {
        /// Size of its checkpoint.
        found: u64,
        /// Size that the reader knows of.
        known: u64,
    },
}

impl From<CborError> for AnswerError {
    fn from(error: CborError) -> Self {
        AnswerError::Extra(error.to_string())
    }
}

impl From<ShapeError> for AnswerError {
    fn from(error: ShapeError) -> Self {
        AnswerError::Extra(error.to_string())
    }
}

/// What a scan found of a work for one use, as the register holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UseRow {
    /// The use, in the words of the closed list.
    pub use_name: String,
    /// What was decided for it: allowed, conditional, unknown, denied.
    pub verdict: String,
    /// How much.
    pub amount: u64,
    /// Of what: `letters`, `words`, `seconds`, `pixels`.
    pub unit: String,
    /// How often.
    pub repetitions: u64,
    /// The ground: id of a grant, an exception, or what the profile said.
    pub ground: String,
    /// Log index of the shard in which it was found.
    pub shard: u64,
}

impl UseRow {
    /// As it is committed.
    pub fn to_value(&self) -> Value {
        Value::map([
            ("use", Value::text(&self.use_name)),
            ("verdict", Value::text(&self.verdict)),
            ("amount", Value::Uint(self.amount)),
            ("unit", Value::text(&self.unit)),
            ("repetitions", Value::Uint(self.repetitions)),
            ("ground", Value::text(&self.ground)),
            ("shard", Value::Uint(self.shard)),
        ])
    }

    fn from_value(value: Value) -> Result<UseRow, ShapeError> {
        let mut m = Members::of(value)?;
        let row = UseRow {
            use_name: m.text("use")?,
            verdict: m.text("verdict")?,
            amount: m.uint("amount")?,
            unit: m.text("unit")?,
            repetitions: m.uint("repetitions")?,
            ground: m.text("ground")?,
            shard: m.uint("shard")?,
        };
        m.end()?;
        Ok(row)
    }
}

/// The value of a work in the register.
pub fn commit_uses(salt: &[u8; 32], uses: &[UseRow]) -> Hash {
    commit(WORK, salt, &rows_value(uses).encode())
}

/// Rows as one value, as they are committed and kept.
pub fn rows_value(uses: &[UseRow]) -> Value {
    Value::Array(uses.iter().map(UseRow::to_value).collect())
}

/// Reads what [`rows_value`] wrote.
pub fn rows_of(value: Value) -> Result<Vec<UseRow>, ShapeError> {
    match value {
        Value::Array(rows) => rows.into_iter().map(UseRow::from_value).collect(),
        _ => Err(ShapeError("rows".to_owned())),
    }
}

/// What every answer from one register shows beside the work.
#[derive(Debug)]
pub struct Source<'a> {
    /// The register's leaf, as it stands in the log.
    pub leaf: &'a [u8],
    /// The leaf's private fields.
    pub private: &'a Private,
    /// Names of those that every answer shows, for example `model`.
    pub show: &'a [&'a str],
}

impl Source<'_> {
    /// Answers about a work: its key with proof, the way through the register, and if the work is there its uses with
    /// their salt. `outer` proves the leaf; its extra data are replaced.
    pub fn answer(
        &self,
        work: &str,
        proof: &Evaluated,
        lookup: &LookupProof,
        uses: Option<(&[UseRow], [u8; 32])>,
        outer: TlogProof,
    ) -> TlogProof {
        let fields = self.show.iter().filter_map(|name| self.private.disclose(name));
        let pair =
            |(key, value): (Hash, Hash)| Value::Array(vec![Value::bytes(key.0), Value::bytes(value.0)]);
        let step =
            |(bit, hash): &(u16, Hash)| Value::Array(vec![Value::Uint((*bit).into()), Value::bytes(hash.0)]);
        let uses = uses.map(|(rows, salt)| Value::Array(vec![Value::bytes(salt), rows_value(rows)]));
        let extra = Value::map([
            ("v", Value::Uint(ANSWER_VERSION)),
            ("work", Value::text(work)),
            ("leaf", Value::bytes(self.leaf)),
            ("key", Value::Array([proof.element, proof.c, proof.s].map(Value::bytes).to_vec())),
            ("path", Value::Array(lookup.path.iter().map(step).collect())),
            ("end", lookup.end.map_or(Value::Null, pair)),
            ("uses", uses.unwrap_or(Value::Null)),
            ("fields", Value::Array(fields.map(|field| field.to_value()).collect())),
        ]);
        TlogProof { extra: Some(extra.encode()), ..outer }
    }
}

/// What a reader expects of an answer beyond that it holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    /// The work that was asked about.
    pub work: Option<&'a str>,
    /// The period that was asked about.
    pub period: Option<&'a str>,
    /// Size of the newest checkpoint that the reader has seen.
    pub size_known: Option<u64>,
}

/// What an answer proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The work, by the identifier asked for.
    pub work: String,
    /// Its uses in the committed register; `None` says that it is absent from that register, and nothing more.
    pub uses: Option<Vec<UseRow>>,
    /// The register's entry in the log.
    pub register: leaf::Register,
    /// Private fields of that entry which the provider showed.
    pub fields: Vec<(String, Value)>,
    /// The log at the time of the answer.
    pub checkpoint: Checkpoint,
    /// Index of the register's entry.
    pub index: u64,
    /// Who signed the checkpoint, log and witnesses.
    pub signed: Vec<Verified>,
}

/// Verifies an answer, offline, against a policy.
pub fn verify(file: &[u8], policy: &Policy, expected: Expected<'_>) -> Result<Proven, AnswerError> {
    let file = TlogProof::parse(file)?;
    let (checkpoint, signed) = policy.open(file.checkpoint.as_bytes())?;
    if let Some(known) = expected.size_known.filter(|known| checkpoint.size < *known) {
        return Err(AnswerError::Stale { found: checkpoint.size, known });
    }
    let extra = file.extra.as_deref().ok_or_else(|| AnswerError::Extra("no extra data".to_owned()))?;
    let mut m = Members::of(Value::decode(extra)?)?;
    let shape = |name: &str| ShapeError(name.to_owned());
    if m.uint("v")? != ANSWER_VERSION {
        return Err(shape("v").into());
    }
    let entry = m.bytes("leaf")?;
    verify_inclusion(file.index, checkpoint.size, Hash::leaf(&entry), &file.hashes, checkpoint.root)?;
    let Leaf::Register(register) = Leaf::decode(&entry)? else { return Err(AnswerError::NotRegister) };

    let work = m.text("work")?;
    let key = <[Value; 3]>::try_from(m.list("key")?).map_err(|_| shape("key"))?;
    let [element, c, s] = key.map(|part| hash_of(part).map(|hash| hash.0));
    let (Some(element), Some(c), Some(s)) = (element, c, s) else { return Err(shape("key").into()) };
    let key = verify_key(&register.key, work.as_bytes(), &Evaluated { element, c, s })?;

    let path =
        m.list("path")?.into_iter().map(step).collect::<Option<Vec<_>>>().ok_or_else(|| shape("path"))?;
    let end = match m.take("end")? {
        Value::Null => None,
        pair => Some(hashes(pair).ok_or_else(|| shape("end"))?),
    };
    let found = LookupProof { path, end }.verify(key, register.root)?;
    let uses = match (found, m.take("uses")?) {
        (None, Value::Null) => None,
        (Some(committed), Value::Array(parts)) => {
            let [salt, rows] = <[Value; 2]>::try_from(parts).map_err(|_| shape("uses"))?;
            let salt = hash_of(salt).ok_or_else(|| shape("uses"))?.0;
            let rows = rows_of(rows)?;
            if commit_uses(&salt, &rows) != committed {
                return Err(AnswerError::Uses);
            }
            Some(rows)
        }
        _ => return Err(AnswerError::Uses),
    };
    let mut fields = Vec::new();
    for field in m.list("fields")? {
        let field = Disclosure::from_value(field).ok_or_else(|| shape("fields"))?;
        if !field.verify(register.private) {
            return Err(AnswerError::Field(field.name));
        }
        fields.push((field.name, field.value));
    }
    m.end()?;
    for (found, asked) in [(&work, expected.work), (&register.period, expected.period)] {
        if let Some(asked) = asked.filter(|asked| asked != found) {
            return Err(AnswerError::Other { found: found.clone(), asked: asked.to_owned() });
        }
    }
    Ok(Proven { work, uses, register, fields, checkpoint, index: file.index, signed })
}

fn step(value: Value) -> Option<(u16, Hash)> {
    let Value::Array(parts) = value else { return None };
    let [Value::Uint(bit), hash] = <[Value; 2]>::try_from(parts).ok()? else { return None };
    Some((u16::try_from(bit).ok()?, hash_of(hash)?))
}

fn hashes(value: Value) -> Option<(Hash, Hash)> {
    let Value::Array(parts) = value else { return None };
    let [a, b] = <[Value; 2]>::try_from(parts).ok()?;
    Some((hash_of(a)?, hash_of(b)?))
}
