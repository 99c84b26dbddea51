//! `placet log add`: seals what is no scan: authorizations and corrections.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_log::cbor::Value;
use placet_log::hash::Hash;
use placet_log::leaf::{Document, Leaf};
use serde::Serialize;

use crate::commands::seal::quarter;
use crate::failure::OrFail as _;
use crate::sealed::{Sealed, of_store};
use crate::{Context, Exit, Failure, witnesses};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// A grant or licence in force: its hash is sealed, the document stays with you
    Authorization(Sheet),
    /// A document that corrects an earlier entry, which stays in the log
    Correction {
        /// Index of the entry
        #[arg(long, value_name = "ENTRY")]
        of: u64,
        #[command(flatten)]
        sheet: Sheet,
    },
}

#[derive(clap::Args)]
struct Sheet {
    /// The document
    #[arg(value_name = "FILE")]
    document: PathBuf,
    /// Accounting period; the current quarter if not given
    #[arg(long)]
    period: Option<String>,
    /// Model and version that it is about
    #[arg(long)]
    model: Option<String>,
}

#[derive(Serialize)]
struct Said {
    entry: u64,
    kind: &'static str,
    size: u64,
    root: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        let mut writer = sealed.writer()?;
        let index = writer.size();
        let (kind, leaf) = match self.what {
            What::Authorization(sheet) => {
                ("authorization", Leaf::Authorization(sheet.seal(context, &sealed, index)?))
            }
            What::Correction { of, .. } if of >= index => {
                let error = anyhow::anyhow!("there is no entry {of}: the log has {index}");
                return Err(Failure::new(Exit::Usage, error));
            }
            What::Correction { of, sheet } => {
                ("correction", Leaf::Correction { of, document: sheet.seal(context, &sealed, index)? })
            }
        };
        writer.append(&leaf.encode()).map_err(of_store)?;
        let checkpoint = sealed.seal(&mut writer)?;
        witnesses::ask(context, &sealed, &mut writer)?;
        let said = Said { entry: index, kind, size: checkpoint.size, root: checkpoint.root.to_string() };
        if context.out.is_json() {
            context.out.json("placet.log-add/1", &said)?;
        } else {
            context.out.note(&format!("the {kind} is sealed as entry {index}; keep the document itself"));
            context.out.result(&checkpoint.to_string())?;
        }
        Ok(Exit::Done)
    }
}

impl Sheet {
    fn seal(self, context: &Context, sealed: &Sealed, index: u64) -> Result<Document, Failure> {
        let bytes = fs::read(&self.document)
            .with_context(|| format!("cannot read {}", self.document.display()))
            .or_fail(Exit::Input)?;
        let name = self.document.file_name().map(Path::new).map(|name| name.display().to_string());
        let fields = [("model", self.model), ("name", name)];
        let fields =
            fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::text(value?))));
        let document = Hash::of(&[&bytes]);
        // One document can be sealed twice, and no two entries may share their salts.
        let scope = Hash::of(&[b"placet document\n", &index.to_be_bytes(), &document.0]);
        let private = sealed.keep_private(index, scope, fields.collect())?.root();
        let period = self.period.unwrap_or_else(|| quarter(context.now));
        Ok(Document { period, document, private })
    }
}
