//! `placet log`: begins a log, checks a whole one.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_log::checkpoint::Checkpoint;
use placet_log::fsck::{Flaw, fsck};
use placet_log::leaf::Leaf;
use placet_log::policy::Policy;
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::{Sealed, count};
use crate::{Context, Exit, Failure};

/// Begin a log, or check a whole one
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Begin a log in the home folder and print the trust policy that its readers need
    Create {
        /// Name of the log: its address without https://, as in log.example.org/uses
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Check every entry, tile and signature of a log, and that it continues what was seen before
    Fsck {
        /// Folder of the log
        #[arg(value_name = "LOG")]
        log: PathBuf,
        /// Trust policy
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
        /// A checkpoint that was seen before
        #[arg(long, value_name = "FILE")]
        earlier: Option<PathBuf>,
    },
}

#[derive(Serialize, Default)]
struct Checked {
    log: String,
    size: u64,
    root: String,
    shards: u64,
    registers: u64,
    other: u64,
    /// Entries that follow no known schema.
    foreign: u64,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::Create { name } => {
                let sealed = Sealed::new(&context.home);
                let key = sealed.create(&name)?;
                context.out.note(&format!(
                    "began {}: the public part; serve it as it is\n\
                     keep log-state and log-keys beside it to yourself, on another disk\n\
                     what follows is the trust policy for your readers; save it with > trust.policy",
                    foreign(&sealed.log().display().to_string())
                ));
                context.out.result(&format!("log {key}\nquorum none\n"))?;
                Ok(Exit::Done)
            }
            What::Fsck { log, policy, earlier } => {
                let read = |path: PathBuf| {
                    fs::read(&path)
                        .with_context(|| format!("cannot read {}", path.display()))
                        .or_fail(Exit::Input)
                };
                let policy = Policy::parse(&read(policy)?).or_fail(Exit::Usage)?;
                let (checkpoint, _) = policy.open(&read(log.join("checkpoint"))?).or_fail(Exit::Denied)?;
                let earlier = match earlier {
                    Some(path) => {
                        Some(Checkpoint::open(&read(path)?, policy.logs()).or_fail(Exit::Denied)?.0)
                    }
                    None => None,
                };
                let mut checked = Checked {
                    log: checkpoint.origin.clone(),
                    size: checkpoint.size,
                    root: checkpoint.root.to_string(),
                    ..Checked::default()
                };
                let visit = |_, entry: &[u8]| match Leaf::decode(entry) {
                    Ok(Leaf::Shard(_)) => checked.shards += 1,
                    Ok(Leaf::Register(_)) => checked.registers += 1,
                    Ok(_) => checked.other += 1,
                    Err(_) => checked.foreign += 1,
                };
                fsck(&checkpoint, earlier.as_ref(), |path| fs::read(log.join(path)), visit).map_err(
                    |flaw| {
                        let exit = if matches!(flaw, Flaw::Read(_)) { Exit::Input } else { Exit::Denied };
                        Failure::new(exit, flaw)
                    },
                )?;
                if context.out.is_json() {
                    context.out.json("placet.log-fsck/1", &checked)?;
                } else {
                    context.out.result(&format!(
                        "{} holds together: {} ({}, {}, {}, {} of no known schema), root {}\n",
                        foreign(&checked.log),
                        count(checked.size, "entry", "entries"),
                        count(checked.shards, "shard", "shards"),
                        count(checked.registers, "register", "registers"),
                        count(checked.other, "other", "others"),
                        checked.foreign,
                        checked.root
                    ))?;
                }
                Ok(Exit::Done)
            }
        }
    }
}
