//! What the registers in the log commit to, as the provider keeps it below the home folder.
//!
//! `registers/<index>-<hash>` holds the register whose entry has this index in the log and this leaf hash: its tree,
//! and for each work the record dCBOR([name, [row, …]]). A look-up reads a few nodes and one record of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_log::answer::{UseRow, commit_uses, rows_of, rows_value};
use placet_log::blind::BlindKey;
use placet_log::cbor::Value;
use placet_log::hash::Hash;
use placet_log::leaf::{Leaf, Register};
use placet_log::private::{Private, Salts};
use placet_log::register::LookupProof;
use placet_log::store::Reader;
use placet_log::stored_register::{Record, StoredRegister, tree_of};
use serde::{Deserialize, Serialize};

use crate::failure::OrFail as _;
use crate::sealed::{Sealed, hex, of_store};
use crate::{Exit, Failure};

/// Version of a register's head.
const SCHEMA: &str = "placet.register/2";

/// What a register is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    schema: String,
    pub(crate) model: String,
    pub(crate) period: String,
    /// First log index of the shards in it, and the index after the last.
    pub(crate) from: u64,
    pub(crate) until: u64,
    /// Whose packs were scanned with: about works of nobody else can it say anything.
    pub(crate) issuers: BTreeSet<String>,
    /// Packs that were not at hand when it was sealed, so that it may miss identifiers of their works.
    pub(crate) unnamed: BTreeSet<String>,
}

impl Head {
    pub(crate) fn new(model: &str, period: &str, from: u64, until: u64) -> Head {
        Head {
            schema: SCHEMA.to_owned(),
            model: model.to_owned(),
            period: period.to_owned(),
            from,
            until,
            issuers: BTreeSet::new(),
            unnamed: BTreeSet::new(),
        }
    }

    /// What its salts hang on; no two registers of a log share it, since `until` is the size of the log before.
    fn scope(&self) -> Hash {
        let size = |text: &str| (text.len() as u64).to_be_bytes();
        Hash::of(&[
            b"placet register\n",
            &self.until.to_be_bytes(),
            &size(&self.model),
            self.model.as_bytes(),
            self.period.as_bytes(),
        ])
    }

    /// The salt of a work.
    pub(crate) fn salt(&self, salts: &Salts, work: &str) -> [u8; 32] {
        salts.salt(self.scope(), 0, work)
    }

    /// Its private fields.
    pub(crate) fn private(&self, salts: &Salts) -> Private {
        Private::new(salts, self.fields_scope(), self.fields())
    }

    fn fields_scope(&self) -> Hash {
        Hash::of(&[b"fields\n", &self.scope().0])
    }

    fn fields(&self) -> Vec<(String, Value)> {
        vec![("model".to_owned(), Value::text(&self.model))]
    }
}

/// A register that is being made.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) head: Head,
    works: BTreeMap<String, Work>,
}

#[derive(Debug, Default)]
struct Work {
    /// The blinded key, kept from register to register because computing it is slow.
    key: Option<Hash>,
    uses: Vec<UseRow>,
}

impl Draft {
    pub(crate) fn new(head: Head) -> Draft {
        Draft { head, works: BTreeMap::new() }
    }

    /// Takes over what an earlier register of the same model and period holds.
    pub(crate) fn take_over(&mut self, earlier: &Held) -> Result<(), Failure> {
        self.head.issuers.extend(earlier.head.issuers.iter().cloned());
        self.head.unnamed.extend(earlier.head.unnamed.iter().cloned());
        for record in earlier.stored.records().or_fail(Exit::Input)? {
            let (name, uses) = earlier.read(&record)?;
            self.works.insert(name, Work { key: Some(record.key), uses });
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, work: String, row: UseRow) {
        self.works.entry(work).or_default().uses.push(row);
    }

    /// Names of works in it.
    pub(crate) fn len(&self) -> usize {
        self.works.len()
    }

    /// Writes it below the home folder, to be entry `index` of the log, and gives that entry.
    pub(crate) fn keep(
        mut self,
        sealed: &Sealed,
        index: u64,
        key: &BlindKey,
        salts: &Salts,
    ) -> Result<Vec<u8>, Failure> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let new: Vec<&String> =
            self.works.iter().filter(|(_, work)| work.key.is_none()).map(|(name, _)| name).collect();
        let keys = key.keys(&new, threads).or_fail(Exit::Input)?;
        let mut keys = keys.into_iter();
        let mut records = Vec::with_capacity(self.works.len());
        for (name, work) in &mut self.works {
            let Some(key) = work.key.or_else(|| keys.next()) else { continue };
            work.uses.sort_by(|a, b| order(a).cmp(&order(b)));
            let value = commit_uses(&self.head.salt(salts, name), &work.uses);
            let bytes = Value::Array(vec![Value::text(name), rows_value(&work.uses)]).encode();
            records.push(Record { key, value, bytes });
        }
        let tree = tree_of(&mut records, threads).or_fail(Exit::Input)?;
        let leaf = Register {
            period: self.head.period.clone(),
            root: tree.root(),
            key: key.public(),
            from: self.head.from,
            until: self.head.until,
            private: sealed.keep_private(index, self.head.fields_scope(), self.head.fields())?.root(),
        };
        let entry = Leaf::Register(leaf).encode();
        let folder = folder(sealed.home());
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let head = serde_json::to_vec(&self.head).map_err(anyhow::Error::new)?;
        StoredRegister::write(&folder.join(name(index, &entry)), &head, &tree, &records)
            .or_fail(Exit::Unavailable)?;
        Ok(entry)
    }
}

/// The order of a work's rows.
fn order(row: &UseRow) -> (u64, &str, &str, &str, u64, &str, u64) {
    (row.shard, &row.use_name, &row.verdict, &row.ground, row.amount, &row.unit, row.repetitions)
}

/// A register of the log with what it commits to.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) index: u64,
    pub(crate) entry: Vec<u8>,
    pub(crate) head: Head,
    stored: StoredRegister,
}

/// What a register holds about a key.
pub(crate) struct Found {
    pub(crate) proof: LookupProof,
    /// The rows and their salt, if the work is there.
    pub(crate) uses: Option<(Vec<UseRow>, [u8; 32])>,
}

impl Held {
    /// The registers in the log that this home can answer from, newest first.
    pub(crate) fn all(home: &Path, reader: &Reader) -> Result<Vec<Held>, Failure> {
        let folder = folder(home);
        let Ok(listed) = fs::read_dir(&folder) else { return Ok(Vec::new()) };
        let mut names: Vec<(u64, String)> = Vec::new();
        for file in listed {
            let file = file?.file_name();
            let Some(name) = file.to_str() else { continue };
            let index = name.split_once('-').and_then(|(index, _)| index.parse().ok());
            names.extend(index.map(|index| (index, name.to_owned())));
        }
        names.sort_by(|a, b| b.cmp(a));
        let mut all = Vec::new();
        for (index, file) in names {
            // What a crash left behind never became an entry.
            let Some(entry) = reader.entry(index).map_err(of_store)? else { continue };
            let Ok(Leaf::Register(leaf)) = Leaf::decode(&entry) else { continue };
            if file != name(index, &entry) {
                continue;
            }
            let path = folder.join(file);
            let stored = StoredRegister::open(&path).or_fail(Exit::Input)?;
            if stored.root() != leaf.root {
                let error = anyhow::anyhow!("{} is not the register of entry {index}", path.display());
                return Err(Failure::new(Exit::Input, error).hint("restore the file from a backup"));
            }
            let head = serde_json::from_slice(stored.head())
                .with_context(|| format!("cannot read {}", path.display()))
                .or_fail(Exit::Input)?;
            all.push(Held { index, entry, head, stored });
        }
        Ok(all)
    }

    /// Looks a work up by its blinded key.
    pub(crate) fn find(&self, key: Hash, salts: &Salts) -> Result<Found, Failure> {
        let (record, proof) = self.stored.lookup(key).or_fail(Exit::Input)?;
        let uses = match record {
            None => None,
            Some(record) => {
                let (work, uses) = self.read(&record)?;
                let salt = self.head.salt(salts, &work);
                if commit_uses(&salt, &uses) != record.value {
                    return Err(self.damaged());
                }
                Some((uses, salt))
            }
        };
        Ok(Found { proof, uses })
    }

    /// All keys with their values.
    pub(crate) fn keys(&self) -> Result<Vec<(Hash, Hash)>, Failure> {
        let records = self.stored.records().or_fail(Exit::Input)?;
        Ok(records.into_iter().map(|record| (record.key, record.value)).collect())
    }

    fn read(&self, record: &Record) -> Result<(String, Vec<UseRow>), Failure> {
        let Ok(Value::Array(parts)) = Value::decode(&record.bytes) else { return Err(self.damaged()) };
        match <[Value; 2]>::try_from(parts) {
            Ok([Value::Text(name), rows]) => Ok((name, rows_of(rows).map_err(|_| self.damaged())?)),
            _ => Err(self.damaged()),
        }
    }

    fn damaged(&self) -> Failure {
        let error = anyhow::anyhow!("what is kept of the register of entry {} was changed", self.index);
        Failure::new(Exit::Input, error).hint("restore the folder `registers` from a backup")
    }
}

fn folder(home: &Path) -> PathBuf {
    home.join("registers")
}

fn name(index: u64, entry: &[u8]) -> String {
    format!("{index:020}-{}", hex(&Hash::leaf(entry).0))
}
