//! `placet list`: itemised lists of the works that scans found.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use placet_disclose::list::{LAWS, Law, export};
use placet_disclose::summary::run::Run;
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::{Context, Exit, Failure};

/// Export the itemised list of works that scans found, for a law or bill that asks for one
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Write the list as a table that opens in a spreadsheet
    Export {
        /// Folders of finished scans
        #[arg(value_name = "RUN", required = true)]
        runs: Vec<PathBuf>,
        /// The law: eu, ca-ab412, us-clear, us-train
        #[arg(long, value_name = "LAW", value_parser = law)]
        law: Law,
        /// Works of this issuer alone; needed where the law gives a requester its own works only
        #[arg(long, value_name = "NAME")]
        issuer: Option<String>,
        /// Address of the dataset, where the law asks for it
        #[arg(long, value_name = "URL")]
        dataset: Option<String>,
        /// Where the table goes
        #[arg(long, short, value_name = "FILE", default_value = "works.csv")]
        output: PathBuf,
    },
}

#[derive(Serialize)]
struct Exported {
    file: PathBuf,
    law: &'static str,
    state: &'static str,
    rows: u64,
    not_exhaustive: bool,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let What::Export { runs, law, issuer, dataset, output } = self.what;
        let usage =
            |says: String, hint: &str| Err(Failure::new(Exit::Usage, anyhow::anyhow!(says)).hint(hint));
        if law.own_works && issuer.is_none() {
            return usage(
                format!("{}: a requester gets its own works only", law.title),
                "name the issuer of the requester's pack with --issuer",
            );
        }
        if law.dataset && dataset.is_none() {
            return usage(
                format!("{}: the address of the dataset is asked for", law.title),
                "give it with --dataset",
            );
        }
        let runs: Vec<Run> =
            runs.iter().map(|folder| Run::open(folder)).collect::<Result<_, _>>().or_fail(Exit::Input)?;
        let part = output.with_extension("part");
        let writing = || format!("cannot write {}", output.display());
        let mut to =
            BufWriter::new(fs::File::create(&part).with_context(writing).or_fail(Exit::Unavailable)?);
        let done = export(&runs, &law, issuer.as_deref(), dataset.as_deref().unwrap_or_default(), &mut to);
        let rows = match done {
            Ok(rows) => rows,
            Err(error) => {
                // What was begun is of no use to anybody.
                let _ = fs::remove_file(&part);
                return Err(Failure::new(Exit::Input, error));
            }
        };
        to.flush().with_context(writing).or_fail(Exit::Unavailable)?;
        fs::rename(&part, &output).with_context(writing).or_fail(Exit::Unavailable)?;
        let exported =
            Exported { file: output, law: law.title, state: law.state, rows, not_exhaustive: true };
        if context.out.is_json() {
            context.out.json("placet.list/1", &exported)?;
        } else {
            context.out.result(&format!(
                "{}: {rows} rows, one for each work, act, verdict and ground\n{} ({})\nnot exhaustive: works that no pack of the scans names were not looked for; a row says found, not used\n",
                foreign(&exported.file.display().to_string()),
                exported.law,
                exported.state,
            ))?;
        }
        Ok(Exit::Done)
    }
}

fn law(name: &str) -> Result<Law, String> {
    let found = LAWS.into_iter().find(|law| law.id == name);
    found.ok_or_else(|| format!("known are {}", LAWS.map(|law| law.id).join(", ")))
}
