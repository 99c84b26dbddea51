//! `placet log disclose`: one private field of an entry, or one row of a sealed shard, with proof, and nothing else.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_log::disclosure;
use placet_log::leaf::Leaf;
use placet_log::tlog_proof::TlogProof;

use crate::commands::lookup::outer;
use crate::commands::seal::Run;
use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::{Sealed, of_store};
use crate::{Context, Exit, Failure};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Index of the entry
    #[arg(long)]
    entry: u64,
    /// Name of the private field: model, stage, shard, revenue, …
    #[arg(long, required_unless_present = "row", conflicts_with = "row")]
    field: Option<String>,
    /// Number of the row in the shard, from 0
    #[arg(long, requires = "run")]
    row: Option<u64>,
    /// Folder of the sealed scan, which holds the rows
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,
    /// Where the proof goes
    #[arg(long, short, value_name = "FILE", default_value = "disclosure.placet-proof")]
    output: PathBuf,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        let reader = sealed.reader()?;
        let Some(entry) = reader.entry(self.entry).map_err(of_store)? else {
            let error = anyhow::anyhow!("there is no entry {}", self.entry);
            return Err(Failure::new(Exit::Usage, error));
        };
        let outer = outer(&reader, self.entry)?;
        let (what, proof) = match (self.field, self.row.zip(self.run)) {
            (Some(name), _) => {
                let field = sealed.private(self.entry)?.disclose(&name).ok_or_else(|| {
                    let error = anyhow::anyhow!("entry {} has no private field `{name}`", self.entry);
                    Failure::new(Exit::Usage, error)
                })?;
                (format!("field {name}"), disclosure::field(&entry, &field, outer))
            }
            (None, Some((row, run))) => {
                (format!("row {row}"), shown_row(&sealed, &entry, &Run::read(&run)?, row, outer)?)
            }
            (None, None) => {
                return Err(Failure::new(Exit::Usage, anyhow::anyhow!("name a field or a row")));
            }
        };
        fs::write(&self.output, proof.to_string())
            .with_context(|| format!("cannot write {}", self.output.display()))
            .or_fail(Exit::Unavailable)?;
        context.out.result(&format!(
            "{} of entry {}: {}\n",
            foreign(&what),
            self.entry,
            foreign(&self.output.display().to_string())
        ))?;
        Ok(Exit::Done)
    }
}

fn shown_row(
    sealed: &Sealed,
    entry: &[u8],
    run: &Run,
    row: u64,
    outer: TlogProof,
) -> Result<TlogProof, Failure> {
    let refuse = |why: String| Failure::new(Exit::Input, anyhow::anyhow!(why));
    let Ok(Leaf::Shard(shard)) = Leaf::decode(entry) else {
        return Err(refuse("this entry is no shard: it has no rows".to_owned()));
    };
    let id = run.commits.iter().find(|(_, hash)| **hash == shard.shard).map(|(id, _)| id);
    let Some(id) = id.filter(|_| shard.run == run.hash && shard.uses == run.uses) else {
        return Err(refuse("the run given is not the one that this entry sealed".to_owned()));
    };
    let rows = run.rows.get(id).map_or(&[][..], Vec::as_slice);
    let rows: Vec<_> = rows.iter().map(|row| row.to_value(id)).collect();
    disclosure::row(entry, &sealed.salts()?, run.scope(id), &rows, row, outer)
        .ok_or_else(|| refuse(format!("the shard has {} rows, counted from 0", rows.len())))
}
