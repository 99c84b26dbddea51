//! `placet scan`: which items of a corpus contain registered works, and what may be done with them.

use std::path::PathBuf;

use crate::{Context, Exit, Failure};

/// Scan a corpus with packs: decisions, matches, use records and a cleared corpus
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folders or files of the corpus
    #[arg(required = true, value_name = "CORPUS")]
    corpus: Vec<PathBuf>,
}

impl Args {
    pub(crate) fn run(self, _context: &Context) -> Result<Exit, Failure> {
        Err(Failure::new(Exit::Internal, anyhow::anyhow!("{} cannot be scanned", self.corpus.len())))
    }
}
