//! `placet log fsck`: every entry, tile and signature of a log, in a folder or at an address, and that it continues
//! what was seen of it before.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_log::checkpoint::Checkpoint;
use placet_log::cose::is_statement;
use placet_log::fsck::{Flaw, fsck};
use placet_log::leaf::Leaf;
use placet_log::policy::Policy;
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::http::Place;
use crate::output::foreign;
use crate::sealed::count;
use crate::witnesses::Seen;
use crate::{Context, Exit, Failure};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Folder of the log, or its address with `https://`
    #[arg(value_name = "LOG")]
    log: String,
    /// Trust policy
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Proof by which the log's key hands over to the next (`placet log change-key`); repeat for more, oldest first
    #[arg(long = "key-change", value_name = "PROOF")]
    key_changes: Vec<PathBuf>,
    /// A checkpoint that was seen before, beside the one that is remembered below the home folder
    #[arg(long, value_name = "FILE")]
    earlier: Option<PathBuf>,
}

#[derive(Serialize, Default)]
struct Checked {
    log: String,
    size: u64,
    root: String,
    /// Witnesses whose cosignatures hold.
    witnesses: Vec<String>,
    /// Size that was seen of it the last time.
    seen: Option<u64>,
    shards: u64,
    registers: u64,
    other: u64,
    /// Signed statements (RFC 9943).
    statements: u64,
    /// Entries that follow no known schema.
    foreign: u64,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let read = |path: PathBuf| {
            fs::read(&path).with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)
        };
        let mut policy = Policy::parse(&read(self.policy)?).or_fail(Exit::Usage)?;
        for change in self.key_changes {
            policy.follow(&read(change)?).or_fail(Exit::Denied)?;
        }
        let place = Place::of(&self.log);
        let note = place.read("checkpoint").context("cannot read the checkpoint").or_fail(match place {
            Place::Folder(_) => Exit::Input,
            Place::Address(..) => Exit::Unavailable,
        })?;
        let (checkpoint, signed) = policy.open(&note).or_fail(Exit::Denied)?;
        let seen = Seen::new(context.home.join("seen"));
        let remembered = seen.checkpoint(&checkpoint.origin)?;
        let given = match self.earlier {
            Some(path) => Some(Checkpoint::open(&read(path)?, policy.logs()).or_fail(Exit::Denied)?.0),
            None => None,
        };
        let mut checked = Checked {
            log: checkpoint.origin.clone(),
            size: checkpoint.size,
            root: checkpoint.root.to_string(),
            witnesses: signed.into_iter().filter(|s| s.time.is_some()).map(|s| s.name).collect(),
            seen: remembered.as_ref().map(|seen| seen.size),
            ..Checked::default()
        };
        // Whatever was seen must hold together with what is there now; what was not, needs one pass alone.
        let mut earlier: Vec<Option<Checkpoint>> =
            [remembered, given].into_iter().flatten().map(Some).collect();
        if earlier.is_empty() {
            earlier.push(None);
        }
        for (pass, earlier) in earlier.iter().enumerate() {
            let visit = |_, entry: &[u8]| match Leaf::decode(entry) {
                _ if pass > 0 => {}
                Ok(Leaf::Shard(_)) => checked.shards += 1,
                Ok(Leaf::Register(_)) => checked.registers += 1,
                Ok(_) => checked.other += 1,
                Err(_) if is_statement(entry) => checked.statements += 1,
                Err(_) => checked.foreign += 1,
            };
            fsck(&checkpoint, earlier.as_ref(), |path| place.read(path), visit).map_err(|flaw| {
                let exit = match (&flaw, &place) {
                    (Flaw::Read(_), Place::Folder(_)) => Exit::Input,
                    (Flaw::Read(_), Place::Address(..)) => Exit::Unavailable,
                    _ => Exit::Denied,
                };
                Failure::new(exit, flaw)
            })?;
        }
        seen.keep(&checkpoint.origin, &note)
            .with_context(|| format!("cannot remember the checkpoint below {}", context.home.display()))
            .or_fail(Exit::Unavailable)?;
        if context.out.is_json() {
            context.out.json("placet.log-fsck/1", &checked)?;
        } else {
            let witnesses = match &checked.witnesses[..] {
                [] => "cosigned by nobody".to_owned(),
                names => format!("cosigned by {}", foreign(&names.join(", "))),
            };
            let statements = match checked.statements {
                0 => String::new(),
                n => format!(", {}", count(n, "statement", "statements")),
            };
            let before = checked.seen.map_or("it was not seen here before".to_owned(), |size| {
                format!("it continues the {} seen here before", count(size, "entry", "entries"))
            });
            context.out.result(&format!(
                "{} holds together: {} ({}, {}, {}{statements}, {} of no known schema), root {}\n{witnesses}; {before}\n",
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
