//! `placet log receipt`: inclusion of an entry as a COSE receipt, for readers that speak COSE.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_log::cose::Receipt;

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::{Sealed, of_store};
use crate::{Context, Exit, Failure};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Index of the entry
    #[arg(long)]
    entry: u64,
    /// Where the receipt goes; the entry's bytes go beside it, with `.entry`
    #[arg(long, short, value_name = "FILE", default_value = "receipt.cbor")]
    output: PathBuf,
    /// Where the entry is a statement (`placet log statement`): write the statement with its receipt attached
    #[arg(long)]
    transparent: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        let (reader, signer) = (sealed.reader()?, sealed.signer()?);
        let Some(entry) = reader.entry(self.entry).map_err(of_store)? else {
            let error = anyhow::anyhow!("there is no entry {}", self.entry);
            return Err(Failure::new(Exit::Usage, error));
        };
        if self.transparent {
            let bytes = super::statement::transparent(&reader, self.entry, &entry, &signer)?;
            fs::write(&self.output, bytes)
                .with_context(|| format!("cannot write {}", self.output.display()))
                .or_fail(Exit::Unavailable)?;
            context.out.result(&format!("{}\n", foreign(&self.output.display().to_string())))?;
            return Ok(Exit::Done);
        }
        let checkpoint = reader.checkpoint();
        let hashes = reader.tiles().inclusion_proof(self.entry).map_err(of_store)?;
        let receipt = Receipt { size: checkpoint.size, index: self.entry, hashes, claims: None };
        // Signed only if the tree on disk leads to the root that the log signed before.
        let signed = receipt.sign(checkpoint.root, &signer);
        let holds = |bytes: &Vec<u8>| Receipt::verify(bytes, &entry, signer.verifier()).is_ok();
        let Some(bytes) = signed.filter(holds) else {
            let error = anyhow::anyhow!("the log's files do not lead to its checkpoint");
            return Err(Failure::new(Exit::Denied, error).hint("check it: placet log fsck"));
        };
        let mut beside = self.output.clone().into_os_string();
        beside.push(".entry");
        for (path, bytes) in [(PathBuf::from(beside), &entry), (self.output.clone(), &bytes)] {
            fs::write(&path, bytes)
                .with_context(|| format!("cannot write {}", path.display()))
                .or_fail(Exit::Unavailable)?;
        }
        context.out.result(&format!("{}\n", foreign(&self.output.display().to_string())))?;
        Ok(Exit::Done)
    }
}
