//! `placet grants`: which are in force.

use placet_core::Condition;
use serde::Serialize;

use super::terms::{AtArgs, uses_words, words};
use crate::output::Table;
use crate::{Context, Exit, Failure, registry};

/// List the grants in force
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    at: AtArgs,
}

#[derive(Serialize)]
struct Listed {
    grants: Vec<placet_core::Grant>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let grants = registry::open(context)?.grants_at(self.at.or(context.now))?;
        if context.out.is_json() {
            context.out.json("placet.grants/1", &Listed { grants })?;
            return Ok(Exit::Done);
        }
        let mut table = Table::new(&["id", "works", "to", "uses", "territory", "period", "conditions"]);
        for g in &grants {
            table.row([
                g.id.clone(),
                words(&g.scope),
                g.licensee.to_string(),
                uses_words(g.uses),
                g.territory.to_string(),
                g.period.to_string(),
                g.conditions.iter().map(duty_words).collect::<Vec<_>>().join("; "),
            ]);
        }
        context.out.result(&table.to_string())?;
        Ok(Exit::Done)
    }
}

/// A duty in words.
pub(crate) fn duty_words(condition: &Condition) -> String {
    let detail = condition.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let before = if condition.before_use { " (before the use)" } else { "" };
    format!("{}{detail}{before}", condition.duty)
}
