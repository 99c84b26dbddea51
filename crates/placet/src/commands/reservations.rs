//! `placet reservations`: which are in force.

use serde::Serialize;

use super::terms::{AtArgs, uses_words, words};
use crate::output::Table;
use crate::{Context, Exit, Failure, registry};

/// List the reservations in force
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    at: AtArgs,
}

#[derive(Serialize)]
struct Listed {
    reservations: Vec<placet_core::Reservation>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let reservations = registry::open(context)?.reservations_at(self.at.or(context.now))?;
        if context.out.is_json() {
            context.out.json("placet.reservations/1", &Listed { reservations })?;
            return Ok(Exit::Done);
        }
        let mut table = Table::new(&["id", "works", "uses", "territory", "period", "declared"]);
        for r in &reservations {
            let declared = r.declared_at.strftime("%Y-%m-%d").to_string();
            table.row([
                r.id.clone(),
                words(&r.scope),
                uses_words(r.uses),
                r.territory.to_string(),
                r.period.to_string(),
                declared,
            ]);
        }
        context.out.result(&table.to_string())?;
        Ok(Exit::Done)
    }
}
