//! `placet log change-key`: the key so far seals the new one's name, and gives way to it.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use placet_log::disclosure;
use placet_log::leaf::Leaf;

use crate::commands::lookup::outer;
use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::sealed::{Sealed, of_store};
use crate::witnesses::replace_durably;
use crate::{Context, Exit, Failure, witnesses};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Where the proof for your readers goes
    #[arg(long, short, value_name = "FILE", default_value = "key-change.placet-proof")]
    output: PathBuf,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        let (old, new) = (sealed.signer()?, sealed.next_signer()?);
        let mut writer = sealed.writer()?;
        let index = writer.size();
        let (old_key, new_key) = (old.verifier().to_string(), new.verifier().to_string());
        let leaf = Leaf::KeyChange { what: "log".to_owned(), old: old_key, new: new_key.clone() }.encode();
        writer.append(&leaf).map_err(of_store)?;
        sealed.seal(&mut writer)?;
        // The witnesses' word is wanted most on the last tree that the old key signs.
        witnesses::ask(context, &sealed, &mut writer)?;
        let proof = disclosure::key(&leaf, outer(&sealed.reader()?, index)?).to_string();
        let kept = sealed.home().join("key-changes");
        let unwritten = || format!("cannot write {}", self.output.display());
        fs::write(&self.output, &proof).with_context(unwritten).or_fail(Exit::Unavailable)?;
        // Nobody can sign this proof again, so it is safe before the old key goes.
        fs::create_dir_all(&kept)
            .and_then(|()| replace_durably(&kept.join(format!("{index:020}.placet-proof")), proof.as_bytes()))
            .with_context(|| format!("cannot write to {}", kept.display()))
            .or_fail(Exit::Unavailable)?;
        drop(writer);
        sealed.change_key()?;
        // Opening signs the same tree with the new key.
        let mut writer = sealed.writer()?;
        witnesses::ask(context, &sealed, &mut writer)?;
        context.out.note(&format!(
            "entry {index} hands over to a new key, and the old secret is gone. Give your readers {}: \
             `placet verify --key-change` follows it\nwhat follows is the policy for new readers; witnesses need its first line",
            foreign(&self.output.display().to_string())
        ));
        context.out.result(&format!("log {new_key}\nquorum none\n"))?;
        Ok(Exit::Done)
    }
}
