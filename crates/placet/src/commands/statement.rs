//! `placet statement`: what a party earned and why.

use std::path::PathBuf;

use placet_remunerate::dsr::dsr;

use crate::cases::write;
use crate::output::foreign;
use crate::pages::{self, Form};
use crate::settlement::{Folder, party};
use crate::{Context, Exit, Failure};

mod paper;

/// Show what a party earned in a settlement, for which work and use, and what waits
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the settlement
    settlement: PathBuf,
    /// The party, as in the claims
    #[arg(long)]
    party: String,
    /// In which form
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write it into a file instead: its name ends in .txt, .html or .pdf
    #[arg(long, short, value_name = "FILE", value_parser = pages::document, conflicts_with = "format")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// The rows, with every decimal
    Csv,
    /// Everything
    Json,
    /// A flat report of AI uses, profile placet.dsr-ai/1
    Dsr,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let folder = Folder::open(&self.settlement)?;
        let party = party(context, &self.party, |id| folder.knows(id));
        let drawn = folder.statement(&party)?;
        if let Some(path) = &self.output {
            // The moment as of which claims counted, so that equal settlements make equal bytes.
            let at = folder.header.settlement.inputs.as_of;
            let form = Form::of(path).unwrap_or(Form::Text);
            let ident = format!("{} {} {}", drawn.schema, drawn.root, drawn.party);
            let document = match form {
                Form::Text => drawn.text().into_bytes(),
                _ => pages::bytes(&paper::paper(&drawn), form, at, &ident)?,
            };
            write(path, &document)?;
        }
        match self.format {
            _ if context.out.is_json() || self.format == Format::Json => {
                context.out.json("placet.statement/1", &drawn)?;
            }
            // Tables go into files: what stands in a cell stays as it is but for control characters.
            Format::Csv => context.out.result(&drawn.csv())?,
            Format::Dsr => context.out.result(&dsr(&folder.header.settlement, &drawn))?,
            Format::Text | Format::Json => {
                if let Some(path) = &self.output {
                    context.out.result(&foreign(&path.to_string_lossy()))?;
                    return Ok(Exit::Done);
                }
                let text = drawn.text();
                let safe: Vec<_> = text.lines().map(foreign).collect();
                context.out.result(&(safe.join("\n") + "\n"))?;
            }
        }
        if drawn.rows.is_empty() && drawn.past.is_empty() {
            context.out.note("no amount of this settlement goes to that party");
        }
        Ok(Exit::Done)
    }
}
