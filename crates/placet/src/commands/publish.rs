//! `placet publish`: one set of terms, said in every protocol.

mod files;
mod media;
mod signer;
mod site;
mod terms_file;

use std::path::PathBuf;

use placet_core::{Scope, Territory, UseSet};
use placet_signals::publish::Terms;

use crate::{Context, Exit, Failure, registry};

/// Say what you refuse, grant or offer in every rights protocol at once
#[derive(clap::Args)]
#[command(after_help = "\
A terms file (docs/signals/publish.md):

  holder = \"Example Press\"
  contact = \"https://example.org/licences\"
  site = \"https://example.org\"
  refuse = [\"tdm\", \"train-nongen\", \"train-gen\", \"fine-tune\"]
  grant = [\"access\", \"search\"]
  until = \"2027-12-31\"

  [[offer]]
  uses = [\"ai-input\", \"ai-index\"]
  price = \"0.002 EUR\"
  per = \"use\"
  to = [\"commercial\"]
  territory = \"DE AT CH\"

What exists is merged: foreign lines stay, ours stand between marks and are replaced on the next run, and what was
there before is kept beside it with the ending .before-placet. The difference is shown; --dry-run writes nothing.")]
#[command(group = clap::ArgGroup::new("said").required(true).multiple(false))]
#[command(group = clap::ArgGroup::new("where").required(true).multiple(false))]
#[expect(clippy::struct_excessive_bools, reason = "switches that are independent of one another")]
pub(crate) struct Args {
    /// Folder that a web server serves as the root of the site
    #[arg(long, value_name = "FOLDER", group = "where")]
    site: Option<PathBuf>,
    /// Pictures, sound, films, books: the statement goes into JPEG, PNG and WebP, and beside the others (.xmp)
    #[arg(long, value_name = "FILE", num_args = 1.., group = "where")]
    media: Vec<PathBuf>,
    /// Terms file
    #[arg(long, value_name = "FILE", group = "said")]
    terms: Option<PathBuf>,
    /// Refuse every use by AI systems; fetching pages and finding them by search stays as it is
    #[arg(long, group = "said")]
    refuse_all: bool,
    /// Refuse what the registry reserves for all works, worldwide, today
    #[arg(long, group = "said")]
    from_registry: bool,
    /// Address of the site, where the terms do not give it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Folder for what belongs elsewhere: header fields for nginx, Apache and Caddy, elements for pages
    #[arg(long, value_name = "FOLDER", default_value = "placet-snippets")]
    snippets: PathBuf,
    /// Put the elements into the head of every HTML page of the site
    #[arg(long)]
    pages: bool,
    /// Private key (PKCS #8, PEM) that signs the terms as a CAWG assertion in JPEG files
    #[arg(long, value_name = "FILE", requires = "certificate", requires = "media")]
    sign_key: Option<PathBuf>,
    /// Certificate of that key, those of its issuers behind it (PEM)
    #[arg(long, value_name = "FILE", requires = "sign_key")]
    certificate: Option<PathBuf>,
    /// Show what would be written and write nothing
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let read = self.read_terms(context)?;
        if let Some(folder) = &self.site {
            return site::publish(context, &read, folder, &self);
        }
        let signer = match (&self.sign_key, &self.certificate) {
            (Some(key), Some(certificate)) => Some(signer::read(key, certificate)?),
            _ => None,
        };
        media::publish(context, &read, &self.media, signer.as_ref(), self.dry_run)
    }

    fn read_terms(&self, context: &Context) -> Result<terms_file::Read, Failure> {
        let mut read = if let Some(path) = &self.terms {
            terms_file::read(path, context.now)?
        } else if self.refuse_all {
            terms_file::Read::of(Terms::refuse_all())
        } else {
            let today = context.now.to_zoned(jiff::tz::TimeZone::UTC).date();
            let reservations = registry::open(context)?.reservations_at(context.now)?;
            let mut read = terms_file::Read::of(Terms::default());
            let for_all = |r: &&placet_core::Reservation| {
                r.scope == Scope::All && r.territory == Territory::World && r.period.contains(today)
            };
            let heard: Vec<_> = reservations.iter().filter(for_all).collect();
            read.terms.refuse = heard.iter().fold(UseSet::NONE, |all, r| all.union(r.uses));
            read.terms.holder = heard.first().map(|r| r.holder.clone());
            let others = reservations.len() - heard.len();
            if others > 0 {
                read.notes.push(format!(
                    "{others} reservations of the registry are about some works, parties or countries only: a site cannot say them"
                ));
            }
            if read.terms.refuse.is_empty() {
                return Err(Failure::new(
                    Exit::Input,
                    anyhow::anyhow!("the registry reserves nothing for all works worldwide"),
                )
                .hint("placet reserve --all --uses …, or publish with --terms or --refuse-all"));
            }
            read
        };
        if let Some(url) = &self.url {
            read.terms.site = Some(terms_file::site_address(url)?);
        }
        Ok(read)
    }
}
