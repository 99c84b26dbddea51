//! Asks the witnesses of a policy for their cosignatures, and keeps the record of a witness.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_core::note::Verifier;
use placet_log::checkpoint::Checkpoint;
use placet_log::hash::Hash;
use placet_log::policy::Policy;
use placet_log::store::{Reader, Writer};
use placet_log::witness::{AddCheckpoint, add_cosignatures};

use crate::failure::OrFail as _;
use crate::http::Client;
use crate::output::foreign;
use crate::sealed::{Sealed, hex, of_store};
use crate::{Context, Exit, Failure};

/// The policy whose witnesses are asked after each seal, below `log-state/`.
const POLICY: &str = "witness.policy";

/// Keeps a policy, so that its witnesses are asked from now on.
pub(crate) fn keep_policy(sealed: &Sealed, policy: &Path) -> Result<(), Failure> {
    let bytes =
        fs::read(policy).with_context(|| format!("cannot read {}", policy.display())).or_fail(Exit::Input)?;
    let parsed = Policy::parse(&bytes).or_fail(Exit::Usage)?;
    if parsed.witness_addresses().is_empty() {
        let error = anyhow::anyhow!("{} names no witness with an address", policy.display());
        return Err(Failure::new(Exit::Usage, error).hint("a line reads: witness NAME KEY https://ADDRESS"));
    }
    let own = sealed.signer()?;
    if !parsed.logs().contains(own.verifier()) {
        let error = anyhow::anyhow!("{} does not name this log's key", policy.display());
        return Err(Failure::new(Exit::Usage, error).hint(format!("add the line: log {}", own.verifier())));
    }
    replace_durably(&sealed.state().join(POLICY), &bytes)?;
    Ok(())
}

/// Whether there is a policy to ask by.
pub(crate) fn has_policy(sealed: &Sealed) -> bool {
    sealed.state().join(POLICY).exists()
}

/// After a seal: asks the witnesses if a policy is kept. A witness that does not answer is a warning, not a failure:
/// the entries are sealed, and can be witnessed later. One that has seen another log is a failure.
pub(crate) fn ask(context: &Context, sealed: &Sealed, writer: &mut Writer) -> Result<(), Failure> {
    let path = sealed.state().join(POLICY);
    let Ok(bytes) = fs::read(&path) else { return Ok(()) };
    let policy = Policy::parse(&bytes).or_fail(Exit::Usage)?;
    let reader = sealed.reader()?;
    let mut note = reader.note().to_owned();
    let client = Client::new();
    let mut asked = 0;
    for (witness, address) in policy.witness_addresses() {
        match cosigned(&client, &reader, &note, witness, address) {
            Ok(more) => {
                note = more;
                asked += 1;
            }
            Err(Refused::Forked(error)) => return Err(Failure::new(Exit::Denied, error)),
            Err(Refused::Unavailable(error)) => {
                context.out.warn(&format!(
                    "no cosignature by {}: {}",
                    foreign(witness.name()),
                    foreign(&error)
                ));
            }
        }
    }
    if asked > 0 {
        writer.cosigned(note.as_bytes()).map_err(of_store)?;
    }
    match policy.open(note.as_bytes()) {
        Ok(_) => context
            .out
            .note(&format!("cosigned by {asked} of {} witnesses", policy.witness_addresses().len())),
        Err(error) => context.out.warn(&format!(
            "{}; run `placet log witness` again before you publish proofs",
            foreign(&error.to_string())
        )),
    }
    Ok(())
}

enum Refused {
    Unavailable(String),
    Forked(anyhow::Error),
}

fn cosigned(
    client: &Client,
    reader: &Reader,
    note: &str,
    witness: &Verifier,
    address: &str,
) -> Result<String, Refused> {
    let size = reader.checkpoint().size;
    let unavailable = |error: &dyn std::fmt::Display| Refused::Unavailable(error.to_string());
    let address = format!("{}/add-checkpoint", address.trim_end_matches('/'));
    // A witness says itself what it has seen, so nothing has to be remembered here.
    let mut old = 0;
    for _ in 0..3 {
        let proof = reader.tiles().consistency_proof(old).map_err(|error| unavailable(&error))?;
        let request = AddCheckpoint { old, proof, checkpoint: note.to_owned() };
        let answer = client
            .post(&address, "text/plain", request.to_body().as_bytes())
            .map_err(|error| unavailable(&error))?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        match answer.status {
            200 => {
                return add_cosignatures(note.as_bytes(), &body, witness)
                    .map_err(|error| unavailable(&error));
            }
            409 if answer.content_type == "text/x.tlog.size" => {
                let seen: u64 = body.trim_end().parse().map_err(|error| unavailable(&error))?;
                if seen > size || seen == old {
                    return Err(Refused::Forked(anyhow::anyhow!(
                        "{} has seen another log of this name, of {seen} entries; this one has {size}",
                        witness.name()
                    )));
                }
                old = seen;
            }
            422 => {
                return Err(Refused::Forked(anyhow::anyhow!(
                    "{} has seen a log of {old} entries that this one does not continue",
                    witness.name()
                )));
            }
            status => {
                return Err(Refused::Unavailable(format!("{address} answered with status {status}: {body}")));
            }
        }
    }
    Err(Refused::Unavailable(format!("{address} names another size each time")))
}

/// The newest checkpoints seen of logs, one file for each origin.
#[derive(Debug)]
pub(crate) struct Seen {
    folder: PathBuf,
}

impl Seen {
    pub(crate) fn new(folder: PathBuf) -> Seen {
        Seen { folder }
    }

    /// The note that was kept for an origin.
    pub(crate) fn note(&self, origin: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(origin)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    /// What was kept for an origin, unverified: nobody else writes here.
    pub(crate) fn checkpoint(&self, origin: &str) -> Result<Option<Checkpoint>, Failure> {
        let note =
            self.note(origin).with_context(|| format!("cannot read {}", self.path(origin).display()))?;
        let opened = note.map(|note| Checkpoint::peek(&note).map(|(checkpoint, _)| checkpoint)).transpose();
        opened
            .with_context(|| format!("{} was damaged", self.path(origin).display()))
            .map_err(|error| Failure::new(Exit::Input, error))
    }

    /// Keeps a note; when this returns it survives a power cut.
    pub(crate) fn keep(&self, origin: &str, note: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        replace_durably(&self.path(origin), note)
    }

    /// The file's name is the SHA-256 of the origin, as in a witness's monitoring interface.
    fn path(&self, origin: &str) -> PathBuf {
        self.folder.join(hex(&Hash::of(&[origin.as_bytes()]).0))
    }
}

/// Puts a file in place of the old one; when this returns it survives a power cut.
pub(crate) fn replace_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}
