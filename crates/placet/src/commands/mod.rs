//! One file per verb, each with its `Args` and `Args::run(self, &Context) -> Result<Exit, Failure>`.
//!
//! To add a verb: its file, its `mod` line and its line in `verbs!` here, and `tests/it/<verb>.rs`. The doc comment
//! on `Args` is what `placet --help` says about it.

use crate::{Context, Exit, Failure};

mod audit;
mod case;
mod check;
mod claims;
mod complaint;
mod demo;
mod diversity;
mod dossier;
mod evidence;
mod gate;
mod grant;
mod grants;
mod init;
mod ledger;
mod letter;
mod list;
mod log;
mod lookup;
mod pack;
mod payout;
mod publish;
mod register;
mod request;
mod reservations;
mod reserve;
mod revoke;
mod scan;
mod seal;
mod settle;
mod statement;
mod summary;
mod terms;
mod trust;
mod value;
mod verify;
mod witness;
mod works;

macro_rules! verbs {
    ($($verb:ident => $module:ident,)+) => {
        /// What to do.
        #[derive(clap::Subcommand)]
        pub(crate) enum Verb {
            $($verb($module::Args),)+
        }

        impl Verb {
            /// Does it.
            pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
                match self { $(Verb::$verb(args) => args.run(context),)+ }
            }
        }
    };
}

// In the order of the help.
verbs! {
    Demo => demo,
    Init => init,
    Register => register,
    Reserve => reserve,
    Grant => grant,
    Reservations => reservations,
    Grants => grants,
    Revoke => revoke,
    Works => works,
    Claims => claims,
    Trust => trust,
    Pack => pack,
    Scan => scan,
    Check => check,
    Publish => publish,
    Gate => gate,
    Seal => seal,
    Lookup => lookup,
    Verify => verify,
    Log => log,
    Witness => witness,
    Audit => audit,
    Value => value,
    Settle => settle,
    Statement => statement,
    Payout => payout,
    Ledger => ledger,
    Summary => summary,
    List => list,
    Diversity => diversity,
    Request => request,
    Complaint => complaint,
    Case => case,
    Evidence => evidence,
    Dossier => dossier,
    Letter => letter,
}
