//! Salted commitments: what is private is sealed as hashes, and shown singly, to whom it concerns.
//!
//! ```text
//! field = SHA-256(0x02 ‖ salt ‖ dCBOR([name, value]))      leaves of a small RFC 6962 tree, in order of their names
//! row   = SHA-256(0x03 ‖ salt ‖ dCBOR(row))                leaves of a shard's row tree, in order of the file
//! works = SHA-256(0x04 ‖ salt ‖ dCBOR(rows))               the value of one work in the register
//! salt  = SHA-256(0x05 ‖ master ‖ scope ‖ number ‖ SHA-256(name))
//! ```
//!
//! A salt is 32 bytes that nobody can guess, so a commitment to a small number or a name hides it. Whoever destroys
//! the master secret erases everything that was committed under it and not yet shown.

use crate::cbor::Value;
use crate::hash::Hash;
use crate::proof::verify_inclusion;
use crate::tree::Tree;

/// Grows salts from one secret, so that none has to be kept. Every input has a fixed length.
#[derive(Clone)]
pub struct Salts {
    master: [u8; 32],
}

impl Salts {
    /// From 32 secret random bytes, which the caller draws.
    pub fn new(master: [u8; 32]) -> Salts {
        Salts { master }
    }

    /// The salt of a field or row: `scope` is the shard or leaf that it belongs to.
    pub fn salt(&self, scope: Hash, number: u64, name: &str) -> [u8; 32] {
        self.numbered(scope, Hash::of(&[name.as_bytes()]), number)
    }

    fn numbered(&self, scope: Hash, name: Hash, number: u64) -> [u8; 32] {
        Hash::of(&[&[5], &self.master, &scope.0, &number.to_be_bytes(), &name.0]).0
    }

    /// The salt of a shard's row.
    pub fn row(&self, shard: Hash, number: u64) -> [u8; 32] {
        self.numbered(shard, Hash::of(&[b"row"]), number)
    }

    /// The hashes of a shard's rows, ready for [`Tree`]: each the RFC 6962 leaf of its commitment.
    pub fn rows<'a, R: AsRef<[u8]> + 'a>(
        &'a self,
        shard: Hash,
        rows: impl IntoIterator<Item = R> + 'a,
    ) -> impl Iterator<Item = Hash> + 'a {
        let name = Hash::of(&[b"row"]);
        (0u64..).zip(rows).map(move |(number, row)| {
            let salt = self.numbered(shard, name, number);
            Hash::leaf(&commit(ROW, &salt, row.as_ref()).0)
        })
    }
}

impl std::fmt::Debug for Salts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salts")
    }
}

pub(crate) const FIELD: u8 = 2;
pub(crate) const ROW: u8 = 3;
pub(crate) const WORK: u8 = 4;

pub(crate) fn commit(kind: u8, salt: &[u8; 32], encoded: &[u8]) -> Hash {
    Hash::of(&[&[kind], salt, encoded])
}

/// A leaf's private fields, as their owner keeps them.
#[derive(Clone, Debug)]
pub struct Private {
    fields: Vec<(String, Value, [u8; 32])>,
    tree: Tree,
}

impl Private {
    /// Commits to fields. `scope` tells leaves apart: no two leaves may share it.
    pub fn new(salts: &Salts, scope: Hash, mut fields: Vec<(String, Value)>) -> Private {
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        let fields: Vec<_> = (0u64..)
            .zip(fields)
            .map(|(number, (name, value))| {
                let salt = salts.salt(scope, number, &name);
                (name, value, salt)
            })
            .collect();
        let tree =
            fields.iter().map(|(name, value, salt)| Hash::leaf(&commit_field(name, value, salt).0)).collect();
        Private { fields, tree }
    }

    /// What goes into the leaf.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Shows one field.
    pub fn disclose(&self, name: &str) -> Option<Disclosure> {
        let at = self.fields.iter().position(|(other, ..)| other == name)?;
        let (name, value, salt) = self.fields.get(at)?.clone();
        let (index, count) = (at as u64, self.fields.len() as u64);
        Some(Disclosure { name, value, salt, index, count, path: self.tree.inclusion_proof(index) })
    }
}

fn commit_field(name: &str, value: &Value, salt: &[u8; 32]) -> Hash {
    commit(FIELD, salt, &Value::Array(vec![Value::text(name), value.clone()]).encode())
}

/// One private field with what shows that it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Name of the field.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Its salt.
    pub salt: [u8; 32],
    /// Its place among the fields.
    pub index: u64,
    /// How many fields there are.
    pub count: u64,
    /// Inclusion proof.
    pub path: Vec<Hash>,
}

impl Disclosure {
    /// Whether the field stands under this root.
    pub fn verify(&self, root: Hash) -> bool {
        let leaf = Hash::leaf(&commit_field(&self.name, &self.value, &self.salt).0);
        verify_inclusion(self.index, self.count, leaf, &self.path, root).is_ok()
    }

    pub(crate) fn to_value(&self) -> Value {
        Value::Array(vec![
            Value::text(&self.name),
            self.value.clone(),
            Value::bytes(self.salt),
            Value::Uint(self.index),
            Value::Uint(self.count),
            Value::Array(self.path.iter().map(|hash| Value::bytes(hash.0)).collect()),
        ])
    }

    pub(crate) fn from_value(value: Value) -> Option<Disclosure> {
        let Value::Array(parts) = value else { return None };
        let [
            Value::Text(name),
            value,
            Value::Bytes(salt),
            Value::Uint(index),
            Value::Uint(count),
            Value::Array(path),
        ] = <[Value; 6]>::try_from(parts).ok()?
        else {
            return None;
        };
        let path = path.into_iter().map(hash_of).collect::<Option<Vec<Hash>>>()?;
        Some(Disclosure { name, value, salt: salt.try_into().ok()?, index, count, path })
    }
}

pub(crate) fn hash_of(value: Value) -> Option<Hash> {
    let Value::Bytes(bytes) = value else { return None };
    bytes.try_into().ok().map(Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_shown_alone_and_cannot_be_changed() {
        let salts = Salts::new([7; 32]);
        let fields = |n: i64| {
            vec![
                ("stage".to_owned(), Value::text("pre-training")),
                ("model".to_owned(), Value::text("Model X")),
                ("price".to_owned(), Value::int(n)),
            ]
        };
        let private = Private::new(&salts, Hash::EMPTY, fields(-5));
        let shown = private.disclose("price").unwrap();
        assert!(shown.verify(private.root()) && private.disclose("revenue").is_none());
        assert_eq!(Disclosure::from_value(shown.to_value()).as_ref(), Some(&shown));
        for changed in [
            Disclosure { value: Value::int(-6), ..shown.clone() },
            Disclosure { name: "model".into(), ..shown.clone() },
            Disclosure { salt: [0; 32], ..shown.clone() },
            Disclosure { path: vec![], ..shown.clone() },
        ] {
            assert!(!changed.verify(private.root()));
        }
        // Equal fields of another leaf have other salts, so nobody sees that they are equal.
        assert_ne!(Private::new(&salts, Hash::leaf(b""), fields(-5)).root(), private.root());
    }
}
