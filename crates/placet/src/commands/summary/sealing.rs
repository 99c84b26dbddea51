//! What a log holds of the runs behind a summary.

use std::path::Path;

use anyhow::Context as _;
use placet_disclose::summary::document::EvidenceFile;
use placet_disclose::summary::draft::Sealing;
use placet_disclose::summary::run::Run;
use placet_log::hash::Hash;
use placet_log::leaf::Leaf;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::{Sealed, entries};
use crate::{Context, Exit, Failure};

/// The copy of the log's checkpoint beside the summary.
pub(super) const CHECKPOINT: &str = "log-checkpoint";

/// The sealings of runs, and the checkpoint under which they stand.
pub(super) struct Log {
    pub(super) sealings: Vec<Sealing>,
    pub(super) checkpoint: String,
}

impl Log {
    /// Reads the log of a home folder. A run that it does not hold is named; nothing is said of it.
    pub(super) fn read(home: &Path, runs: &[Run], context: &Context) -> Result<Log, Failure> {
        let reader = Sealed::new(home).reader()?;
        let entries = entries(&reader)?;
        let mut sealings = Vec::new();
        for run in runs {
            let path = run.folder.join("run.json");
            let bytes = std::fs::read(&path)
                .with_context(|| format!("cannot read {}", path.display()))
                .or_fail(Exit::Input)?;
            let hash = Hash::of(&[&bytes]);
            let mut found: Option<Sealing> = None;
            for (index, entry) in &entries {
                let Ok(Leaf::Shard(shard)) = Leaf::decode(entry) else { continue };
                if shard.run != hash {
                    continue;
                }
                let sealing = found.get_or_insert_with(|| Sealing {
                    run: run.name.clone(),
                    log: reader.checkpoint().origin.clone(),
                    size: reader.checkpoint().size,
                    first: *index,
                    last: *index,
                    records: 0,
                });
                sealing.last = *index;
                sealing.records += shard.rows;
            }
            match found {
                Some(sealing) => sealings.push(sealing),
                None => context.out.warn(&format!(
                    "{} is not sealed in the log {}: the summary says nothing of a seal; placet seal seals it",
                    foreign(&path.display().to_string()),
                    foreign(&reader.checkpoint().origin)
                )),
            }
        }
        Ok(Log { sealings, checkpoint: reader.note().to_owned() })
    }

    /// The checkpoint as evidence.
    pub(super) fn evidence(&self) -> EvidenceFile {
        EvidenceFile {
            name: CHECKPOINT.to_owned(),
            blake3: blake3::hash(self.checkpoint.as_bytes()).to_hex().to_string(),
            bytes: self.checkpoint.len() as u64,
        }
    }
}
