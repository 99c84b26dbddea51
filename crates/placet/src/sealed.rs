//! The provider's side of the log below the home folder.
//!
//! ```text
//! log/               the log itself, public: serve it as it is
//! log-state/         lock and last signed checkpoint; keep it on another disk than the log
//! log-keys/          log.key, register.seed, salts.seed: secret
//! registers/<hash>   what a register in the log commits to, by the hash of its entry: private
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_core::note::{NoteError, Signer};
use placet_log::answer::UseRow;
use placet_log::blind::BlindKey;
use placet_log::cbor::Value;
use placet_log::hash::Hash;
use placet_log::leaf::Leaf;
use placet_log::private::{Private, Salts};
use placet_log::store::{Reader, StoreError, Writer};
use serde::{Deserialize, Serialize};

use crate::failure::OrFail as _;
use crate::{Exit, Failure};

/// Version of the files in `registers/`.
const REGISTER_SCHEMA: &str = "placet.register/1";

/// Where everything of the log is.
#[derive(Debug)]
pub(crate) struct Sealed {
    home: PathBuf,
}

impl Sealed {
    pub(crate) fn new(home: &Path) -> Sealed {
        Sealed { home: home.to_owned() }
    }

    /// The log's folder.
    pub(crate) fn log(&self) -> PathBuf {
        self.home.join("log")
    }

    /// Makes the keys and an empty log of this name, and gives its public key.
    pub(crate) fn create(&self, origin: &str) -> Result<String, Failure> {
        if origin.contains("://") || origin.ends_with('/') {
            let error = anyhow::anyhow!("`{origin}` is an address, not the name of a log");
            return Err(Failure::new(Exit::Usage, error).hint(NAME));
        }
        let keys = self.home.join("log-keys");
        if keys.exists() || self.log().join("checkpoint").exists() {
            let error = anyhow::anyhow!("there is already a log or its keys in {}", self.home.display());
            return Err(Failure::new(Exit::Input, error).hint("give another folder with --home"));
        }
        let signer = Signer::from_seed(origin, random()?).or_fail(Exit::Usage).map_err(|f| f.hint(NAME))?;
        fs::create_dir_all(&keys).with_context(|| format!("cannot create {}", keys.display()))?;
        write_secret(&keys.join("log.key"), &signer.to_secret())?;
        for name in ["register.seed", "salts.seed"] {
            write_secret(&keys.join(name), &Hash(random()?).to_string())?;
        }
        Writer::create(&self.log(), &self.home.join("log-state"), signer.clone()).map_err(of_store)?;
        Ok(signer.verifier().to_string())
    }

    /// The log for writing.
    pub(crate) fn writer(&self) -> Result<Writer, Failure> {
        Writer::open(&self.log(), &self.home.join("log-state"), self.signer()?).map_err(of_store)
    }

    /// The log for reading.
    pub(crate) fn reader(&self) -> Result<Reader, Failure> {
        self.begun()?;
        Reader::open(&self.log()).map_err(of_store)
    }

    /// The log's key.
    pub(crate) fn signer(&self) -> Result<Signer, Failure> {
        let text = self.secret("log.key")?;
        text.parse().map_err(|error: NoteError| Failure::new(Exit::Input, error))
    }

    /// The secret that blinds works.
    pub(crate) fn blind_key(&self) -> Result<BlindKey, Failure> {
        let key = BlindKey::derive(&self.seed("register.seed")?, b"placet register");
        key.ok_or_else(|| {
            Failure::new(Exit::Internal, anyhow::anyhow!("no key can be grown from register.seed"))
        })
    }

    /// The secret that salts commitments.
    pub(crate) fn salts(&self) -> Result<Salts, Failure> {
        Ok(Salts::new(self.seed("salts.seed")?))
    }

    fn seed(&self, name: &str) -> Result<[u8; 32], Failure> {
        let hash: Hash = self.secret(name)?.parse().or_fail(Exit::Input)?;
        Ok(hash.0)
    }

    fn secret(&self, name: &str) -> Result<String, Failure> {
        self.begun()?;
        let path = self.home.join("log-keys").join(name);
        let read = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
        read.map(|text| text.trim_end().to_owned()).or_fail(Exit::Input)
    }

    fn begun(&self) -> Result<(), Failure> {
        if self.home.join("log-keys").exists() || self.log().exists() {
            return Ok(());
        }
        let error = anyhow::anyhow!("there is no log in {}", self.home.display());
        Err(Failure::new(Exit::Input, error)
            .hint("to begin a log: placet log create log.example.org/uses")
            .hint("to use one that is elsewhere, name its folder with --home"))
    }

    /// Keeps what a register commits to, by the hash of its entry, before that goes into the log.
    pub(crate) fn keep(&self, entry: &[u8], register: &RegisterFile) -> Result<(), Failure> {
        let folder = self.home.join("registers");
        fs::create_dir_all(&folder)?;
        let path = folder.join(hex(&Hash::leaf(entry).0));
        let bytes = serde_json::to_vec(register).map_err(anyhow::Error::new)?;
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            File::open(&folder)?.sync_all()
        });
        written.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }

    /// The registers in the log that this home can answer from, newest first: index, entry, content.
    pub(crate) fn registers(&self, reader: &Reader) -> Result<Vec<Held>, Failure> {
        let mut held = Vec::new();
        for (index, entry) in entries(reader)? {
            let Ok(Leaf::Register(_)) = Leaf::decode(&entry) else { continue };
            let path = self.home.join("registers").join(hex(&Hash::leaf(&entry).0));
            let Ok(bytes) = fs::read(&path) else { continue };
            let file: RegisterFile = serde_json::from_slice(&bytes)
                .with_context(|| format!("cannot read {}", path.display()))
                .or_fail(Exit::Input)?;
            held.push(Held { index, entry, file });
        }
        held.reverse();
        Ok(held)
    }
}

/// A register of the log with what it commits to.
pub(crate) struct Held {
    pub(crate) index: u64,
    pub(crate) entry: Vec<u8>,
    pub(crate) file: RegisterFile,
}

/// What a register commits to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RegisterFile {
    pub(crate) schema: String,
    pub(crate) model: String,
    pub(crate) period: String,
    /// First log index of the shards in it, and the index after the last.
    pub(crate) from: u64,
    pub(crate) until: u64,
    /// Whose packs were scanned with: about works of nobody else can it say anything.
    #[serde(default)]
    pub(crate) issuers: BTreeSet<String>,
    /// Packs that were not at hand when it was sealed, so that it may miss identifiers of their works.
    #[serde(default)]
    pub(crate) unnamed: BTreeSet<String>,
    pub(crate) works: BTreeMap<String, Entry>,
}

/// A work in a register.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The blinded key, kept because computing it is slow.
    pub(crate) key: String,
    pub(crate) uses: Vec<Row>,
}

/// A row, as [`UseRow`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) shard: u64,
    #[serde(rename = "use")]
    pub(crate) use_name: String,
    pub(crate) verdict: String,
    pub(crate) ground: String,
    pub(crate) amount: u64,
    pub(crate) unit: String,
    pub(crate) repetitions: u64,
}

impl From<&Row> for UseRow {
    fn from(row: &Row) -> UseRow {
        UseRow {
            use_name: row.use_name.clone(),
            verdict: row.verdict.clone(),
            amount: row.amount,
            unit: row.unit.clone(),
            repetitions: row.repetitions,
            ground: row.ground.clone(),
            shard: row.shard,
        }
    }
}

impl From<&UseRow> for Row {
    fn from(row: &UseRow) -> Row {
        Row {
            shard: row.shard,
            use_name: row.use_name.clone(),
            verdict: row.verdict.clone(),
            ground: row.ground.clone(),
            amount: row.amount,
            unit: row.unit.clone(),
            repetitions: row.repetitions,
        }
    }
}

impl RegisterFile {
    pub(crate) fn new(model: &str, period: &str, from: u64, until: u64) -> RegisterFile {
        RegisterFile {
            schema: REGISTER_SCHEMA.to_owned(),
            model: model.to_owned(),
            period: period.to_owned(),
            from,
            until,
            issuers: BTreeSet::new(),
            unnamed: BTreeSet::new(),
            works: BTreeMap::new(),
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
        let fields = vec![("model".to_owned(), Value::text(&self.model))];
        Private::new(salts, Hash::of(&[b"fields\n", &self.scope().0]), fields)
    }

    /// The prefix tree over it.
    pub(crate) fn tree(&self, salts: &Salts) -> Result<placet_log::register::Register, Failure> {
        let mut pairs = Vec::with_capacity(self.works.len());
        for (work, entry) in &self.works {
            let uses: Vec<UseRow> = entry.uses.iter().map(UseRow::from).collect();
            let value = placet_log::answer::commit_uses(&self.salt(salts, work), &uses);
            pairs.push((entry.key.parse().or_fail(Exit::Input)?, value));
        }
        placet_log::register::Register::new(pairs).or_fail(Exit::Input)
    }
}

/// All entries of a log with their indices.
pub(crate) fn entries(reader: &Reader) -> Result<Vec<(u64, Vec<u8>)>, Failure> {
    let mut all = Vec::new();
    for bundle in 0.. {
        let entries = reader.bundle(bundle).map_err(of_store)?;
        if entries.is_empty() {
            break;
        }
        all.extend(entries);
    }
    Ok((0..).zip(all).collect())
}

/// How a failing log ends a command.
pub(crate) fn of_store(error: StoreError) -> Failure {
    let exit = match &error {
        StoreError::Locked(_) => Exit::Unavailable,
        StoreError::Root { .. } | StoreError::Behind { .. } => Exit::Denied,
        _ => Exit::Input,
    };
    Failure::new(exit, error)
}

const NAME: &str = "the name of a log is its address without https://, as in log.example.org/uses";

/// A number with its noun: `1 shard`, `2 shards`.
pub(crate) fn count(number: u64, noun: &str, nouns: &str) -> String {
    format!("{number} {}", if number == 1 { noun } else { nouns })
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}

fn random() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    Ok(bytes)
}

fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        writeln!(file, "{text}")?;
        file.sync_all()
    });
    written.with_context(|| format!("cannot write {}", path.display())).map_err(Failure::from)
}
