//! `placet summary`: the public summary of training content, drafted from scans, and read in what others publish.

use crate::{Context, Exit, Failure};

mod draft;
mod index;
mod lint;
mod sealing;

/// Draft the public summary of training content from scans, and read those of others
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Answers(draft::Answers),
    Measure(draft::Measure),
    Draft(draft::Draft),
    Lint(lint::Lint),
    Index(index::Index),
    Search(index::Search),
    Diff(lint::Diff),
    Missing(index::Missing),
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::Answers(args) => args.run(context),
            What::Measure(args) => args.run(context),
            What::Draft(args) => args.run(context),
            What::Lint(args) => args.run(context),
            What::Index(args) => args.run(context),
            What::Search(args) => args.run(context),
            What::Diff(args) => args.run(context),
            What::Missing(args) => args.run(context),
        }
    }
}
