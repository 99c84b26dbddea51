//! The provider's side of the log below the home folder.
//!
//! ```text
//! log/               the log itself, public: serve it as it is
//! log-state/         lock and last signed checkpoint; keep it on another disk than the log
//! log-keys/          log.key, register.seed, salts.seed: secret; former.keys: public keys that signed before
//! key-changes/       proofs by which readers follow the log from key to key: public
//! timestamps/        tokens of time-stamping authorities for checkpoints: public
//! private/           private fields of the entries in the log, to show them singly: private
//! registers/         what the registers in the log commit to (`registers.rs`): private
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_core::note::{NoteError, Signer, Verifier};
use placet_log::answer::UseRow;
use placet_log::blind::BlindKey;
use placet_log::cbor::Value;
use placet_log::checkpoint::Checkpoint;
use placet_log::hash::Hash;
use placet_log::private::{Private, Salts};
use placet_log::store::{Reader, StoreError, Writer, flush};
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::witnesses::replace_durably;
use crate::{Exit, Failure};

/// The key that is to sign next, while a change is under way.
const NEXT: &str = "log.key.next";
/// Public keys that signed before.
const FORMER: &str = "former.keys";

/// Where everything of the log is.
#[derive(Debug)]
pub(crate) struct Sealed {
    home: PathBuf,
}

impl Sealed {
    pub(crate) fn new(home: &Path) -> Sealed {
        Sealed { home: home.to_owned() }
    }

    /// The home folder.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// The log's folder.
    pub(crate) fn log(&self) -> PathBuf {
        self.home.join("log")
    }

    /// The writer's own folder.
    pub(crate) fn state(&self) -> PathBuf {
        self.home.join("log-state")
    }

    /// Makes the keys and an empty log of this name, and gives its public key.
    pub(crate) fn create(&self, origin: &str) -> Result<String, Failure> {
        if origin.contains("://") || origin.ends_with('/') {
            let error = anyhow::anyhow!("`{origin}` is an address, not the name of a log");
            return Err(Failure::new(Exit::Usage, error).hint(NAME));
        }
        let keys = self.keys();
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
        Writer::create(&self.log(), &self.state(), signer.clone()).map_err(of_store)?;
        Ok(signer.verifier().to_string())
    }

    /// The log for writing.
    pub(crate) fn writer(&self) -> Result<Writer, Failure> {
        let (signer, former) = (self.signer()?, self.former()?);
        Writer::open_after_change(&self.log(), &self.state(), signer, &former).map_err(of_store)
    }

    /// Seals what was appended, after what is kept of it beside the log is safe.
    pub(crate) fn seal(&self, writer: &mut Writer) -> Result<Checkpoint, Failure> {
        for kept in ["private", "registers"].map(|name| self.home.join(name)) {
            if kept.exists() {
                flush(&kept).map_err(of_store)?;
            }
        }
        writer.seal().map_err(of_store)
    }

    /// The key that is to sign after the one of now: a new one, or that of a change that was interrupted.
    pub(crate) fn next_signer(&self) -> Result<Signer, Failure> {
        let path = self.keys().join(NEXT);
        if !path.exists() {
            let origin = self.signer()?.verifier().name().to_owned();
            let signer = Signer::from_seed(&origin, random()?).or_fail(Exit::Internal)?;
            write_secret(&path, &signer.to_secret())?;
        }
        self.secret(NEXT)?.parse().map_err(|error: NoteError| Failure::new(Exit::Input, error))
    }

    /// From here on the next key signs. The secret of the old one is gone after this.
    pub(crate) fn change_key(&self) -> Result<(), Failure> {
        let old = self.signer()?.verifier().to_string();
        let keys = self.keys();
        let known = self.former()?.into_iter().map(|key| key.to_string());
        let known: Vec<String> = known.filter(|key| *key != old).chain([old.clone()]).collect();
        replace_durably(&keys.join(FORMER), format!("{}\n", known.join("\n")).as_bytes())
            .with_context(|| format!("cannot write {}", keys.join(FORMER).display()))?;
        fs::rename(keys.join(NEXT), keys.join("log.key"))
            .and_then(|()| File::open(&keys)?.sync_all())
            .with_context(|| format!("cannot put {} in place", keys.join(NEXT).display()))?;
        Ok(())
    }

    /// Public keys that signed the log before the one of now.
    fn former(&self) -> Result<Vec<Verifier>, Failure> {
        let path = self.keys().join(FORMER);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)?,
        };
        let keys = text.lines().map(str::parse).collect::<Result<_, _>>();
        keys.map_err(|error: NoteError| Failure::new(Exit::Input, error))
    }

    fn keys(&self) -> PathBuf {
        self.home.join("log-keys")
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

    /// Keeps an entry's private fields, to show them singly later, and gives their root. `scope` tells entries apart.
    pub(crate) fn keep_private(
        &self,
        index: u64,
        scope: Hash,
        fields: Vec<(String, Value)>,
    ) -> Result<Private, Failure> {
        let folder = self.home.join("private");
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let pair = |(name, value): &(String, Value)| Value::Array(vec![Value::text(name), value.clone()]);
        let kept = [vec![Value::bytes(scope.0)], fields.iter().map(pair).collect()].concat();
        let path = folder.join(format!("{index:020}"));
        fs::write(&path, Value::Array(kept).encode())
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Private::new(&self.salts()?, scope, fields))
    }

    /// The private fields of an entry. Whether they are the entry's own is for the caller to compare.
    pub(crate) fn private(&self, index: u64) -> Result<Private, Failure> {
        let path = self.home.join("private").join(format!("{index:020}"));
        let bytes = fs::read(&path)
            .with_context(|| {
                format!("no private fields of entry {index} are kept in {}", self.home.display())
            })
            .or_fail(Exit::Input)?;
        let damaged = || Failure::new(Exit::Input, anyhow::anyhow!("{} was damaged", path.display()));
        let Ok(Value::Array(parts)) = Value::decode(&bytes) else { return Err(damaged()) };
        let mut parts = parts.into_iter();
        let Some(Value::Bytes(scope)) = parts.next() else { return Err(damaged()) };
        let scope = Hash(scope.try_into().map_err(|_| damaged())?);
        let field = |part| match part {
            Value::Array(pair) => match <[Value; 2]>::try_from(pair) {
                Ok([Value::Text(name), value]) => Some((name, value)),
                _ => None,
            },
            _ => None,
        };
        let fields = parts.map(field).collect::<Option<Vec<_>>>().ok_or_else(damaged)?;
        Ok(Private::new(&self.salts()?, scope, fields))
    }

    fn seed(&self, name: &str) -> Result<[u8; 32], Failure> {
        let hash: Hash = self.secret(name)?.parse().or_fail(Exit::Input)?;
        Ok(hash.0)
    }

    fn secret(&self, name: &str) -> Result<String, Failure> {
        self.begun()?;
        let path = self.keys().join(name);
        let read = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
        read.map(|text| text.trim_end().to_owned()).or_fail(Exit::Input)
    }

    fn begun(&self) -> Result<(), Failure> {
        if self.keys().exists() || self.log().exists() {
            return Ok(());
        }
        let error = anyhow::anyhow!("there is no log in {}", self.home.display());
        Err(Failure::new(Exit::Input, error)
            .hint("to begin a log: placet log create log.example.org/uses")
            .hint("to use one that is elsewhere, name its folder with --home"))
    }
}

/// A row, as [`UseRow`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

/// Random bytes of the system.
pub(crate) fn random() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    Ok(bytes)
}

/// Writes what only the owner may read, durably, where nothing is yet.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
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
