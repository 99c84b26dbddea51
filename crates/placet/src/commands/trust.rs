//! `placet trust`: whose packs count.

use serde::Serialize;

use crate::output::{Table, foreign};
use crate::{Context, Exit, Failure, registry};

/// Keep the list of issuers whose packs count (your own always do)
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Trust an issuer by its public key
    Add {
        /// The key, name+hash+base64
        key: String,
        /// What you call the issuer [default: the name of its key]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// List trusted issuers
    List,
    /// Trust an issuer no longer
    Remove {
        /// Its key or its name
        issuer: String,
    },
}

#[derive(Serialize)]
struct Listed {
    issuers: Vec<placet_registry::Issuer>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut registry = registry::open(context)?;
        match self.what {
            What::Add { key, name } => {
                let new = registry.trust_issuer(&key, name.as_deref(), context.now)?;
                let said = if new { "is trusted from now on" } else { "was trusted already" };
                context.out.result(&foreign(&format!("{} {said}", key.trim())))?;
            }
            What::Remove { issuer } => {
                let removed = registry.distrust_issuer(&issuer, context.now)?;
                context.out.result(&foreign(&format!("{} is trusted no longer", removed.vkey)))?;
            }
            What::List => {
                let issuers = registry.trusted_at(context.now)?;
                if context.out.is_json() {
                    context.out.json("placet.trust/1", &Listed { issuers })?;
                    return Ok(Exit::Done);
                }
                let mut table = Table::new(&["name", "since", "key"]);
                for issuer in issuers {
                    let since = issuer.since.strftime("%Y-%m-%d").to_string();
                    table.row([issuer.name, since, issuer.vkey]);
                }
                context.out.result(&table.to_string())?;
            }
        }
        Ok(Exit::Done)
    }
}
