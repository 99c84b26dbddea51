//! `placet reserve`: a no.

use placet_core::{Scope, UseSet};
use placet_registry::ReservationTerms;

use super::terms::{HoldsArgs, ScopeArgs, uses_words, words};
use crate::output::foreign;
use crate::{Context, Exit, Failure, registry};

/// Reserve works: nobody may put them to these uses without a grant
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Uses: all, or codes between commas (train-gen,ai-index,…)
    #[arg(long, value_name = "USES", default_value = "all")]
    uses: UseSet,
    #[command(flatten)]
    holds: HoldsArgs,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let (territory, period) = self.holds.read()?;
        let terms = ReservationTerms { scope: self.scope.scope(), uses: self.uses, territory, period };
        let mut registry = registry::open(context)?;
        let declared = registry.reserve(terms, context.now)?;
        if context.out.is_json() {
            context.out.json("placet.reservation/1", &declared.record)?;
            return Ok(Exit::Done);
        }
        let record = &declared.record;
        context.out.result(&foreign(&format!(
            "{} {}: {} reserved for {}, {}, {}",
            record.id,
            if declared.new { "declared" } else { "stands already" },
            words(&record.scope),
            uses_words(record.uses),
            record.territory,
            record.period
        )))?;
        if let Scope::Party(party) = &record.scope {
            context
                .out
                .note(&foreign(&format!("{} works credit {party} so far", registry.works_of_party(party)?)));
        }
        Ok(Exit::Done)
    }
}
