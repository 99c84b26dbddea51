//! `placet revoke`: ends a reservation or a grant from now on.

use crate::output::foreign;
use crate::{Context, Exit, Failure, registry};

/// Revoke a reservation or a grant from now on; what it meant until now stays
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Its id, as `placet reservations` and `placet grants` list it
    id: String,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        registry::open(context)?.revoke(&self.id, context.now)?;
        context.out.result(&foreign(&format!("{} revoked", self.id)))?;
        Ok(Exit::Done)
    }
}
