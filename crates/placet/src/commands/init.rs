//! `placet init`: a registry and a key in the home folder.

use placet_registry::{Registry, create_issuer_key, issuer_key_path};
use serde::Serialize;

use crate::output::foreign;
use crate::{Context, Exit, Failure};

/// Make a registry and the key that signs packs
#[derive(clap::Args)]
pub(crate) struct Args {
    /// In whose name works are registered and packs are issued [default: the name of the working folder]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

#[derive(Serialize)]
struct Made<'a> {
    home: &'a std::path::Path,
    name: &'a str,
    issuer_key: String,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let given = self.name.map(|name| name.trim().to_owned());
        let name = match given {
            Some(name) if name.is_empty() => {
                return Err(Failure::new(Exit::Usage, anyhow::anyhow!("the name is empty")));
            }
            Some(name) => name,
            None => {
                let folder = std::env::current_dir()?;
                folder
                    .file_name()
                    .map_or_else(|| "placet".to_owned(), |name| name.to_string_lossy().into_owned())
            }
        };
        let registry = Registry::create_in(&crate::registry::place(context), &name, context.now)?;
        let signer = create_issuer_key(&context.home, &name)?;
        let key = signer.verifier().to_string();
        if context.out.is_json() {
            context
                .out
                .json("placet.init/1", &Made { home: registry.home(), name: &name, issuer_key: key })?;
            return Ok(Exit::Done);
        }
        context.out.result(&format!(
            "registry    {}\nissuer      {}\nprivate key {}\npublic key  {}\n",
            foreign(&registry.place().to_string_lossy()),
            foreign(&name),
            foreign(&issuer_key_path(&context.home).to_string_lossy()),
            foreign(&key),
        ))?;
        context
            .out
            .note("Keep the private key to yourself; give the public key to whoever is to trust your packs.");
        Ok(Exit::Done)
    }
}
