//! `placet log`: begins a log, serves it, collects cosignatures and timestamps, changes its key, checks a whole one.

use std::path::PathBuf;

use crate::output::foreign;
use crate::sealed::Sealed;
use crate::{Context, Exit, Failure, witnesses};

mod add;
mod change_key;
mod croissant;
mod disclose;
mod fsck;
mod receipt;
mod serve;
mod statement;
mod timestamp;

/// Begin a log, serve it, have it witnessed, or check a whole one
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Begin a log in the home folder and print the trust policy that its readers need
    Create {
        /// Name of the log: its address without https://, as in log.example.org/uses
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Seal a document's hash: an authorization, the correction of an entry
    Add(add::Args),
    /// Hand the log over to a new key: the old one seals its name, and is gone
    ChangeKey(change_key::Args),
    /// Describe the cleared corpus of a sealed scan for users of data sets (Croissant, with provenance)
    Croissant(croissant::Args),
    /// Show one private field of an entry, or one row of a sealed shard, with proof
    Disclose(disclose::Args),
    /// Check every entry, tile and signature of a log, and that it continues what was seen before
    Fsck(fsck::Args),
    /// Write a COSE receipt (RFC 9942) that an entry is in the log, and the entry
    Receipt(receipt::Args),
    /// Serve the log's public files over HTTP
    Serve {
        /// Address and port to listen on
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8082")]
        listen: String,
    },
    /// Sign and seal a statement about a document, for readers of SCITT (RFC 9943)
    Statement(statement::Args),
    /// Have a time-stamping authority (RFC 3161) stamp the newest checkpoint
    Timestamp(timestamp::Args),
    /// Collect the cosignatures of witnesses for the newest checkpoint, now and after each seal
    Witness {
        /// Trust policy whose witnesses have addresses; the one given last if none is given
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        match self.what {
            What::Create { name } => {
                let key = sealed.create(&name)?;
                context.out.note(&format!(
                    "began {}: the public part; serve it as it is\n\
                     keep log-state and log-keys beside it to yourself, on another disk\n\
                     what follows is the trust policy for your readers; save it with > trust.policy",
                    foreign(&sealed.log().display().to_string())
                ));
                context.out.result(&format!("log {key}\nquorum none\n"))?;
                Ok(Exit::Done)
            }
            What::Add(args) => args.run(context),
            What::ChangeKey(args) => args.run(context),
            What::Croissant(args) => args.run(context),
            What::Disclose(args) => args.run(context),
            What::Fsck(args) => args.run(context),
            What::Receipt(args) => args.run(context),
            What::Statement(args) => args.run(context),
            What::Timestamp(args) => args.run(context),
            What::Serve { listen } => serve::run(context, &listen),
            What::Witness { policy } => {
                let mut writer = sealed.writer()?;
                match policy {
                    Some(policy) => witnesses::keep_policy(&sealed, &policy)?,
                    None if witnesses::has_policy(&sealed) => {}
                    None => {
                        let error = anyhow::anyhow!("no witnesses are known yet");
                        return Err(Failure::new(Exit::Usage, error)
                            .hint("name a trust policy whose witnesses have addresses with --policy"));
                    }
                }
                witnesses::ask(context, &sealed, &mut writer)?;
                context.out.result(sealed.reader()?.note())?;
                Ok(Exit::Done)
            }
        }
    }
}
