//! `placet grant`: a yes.

use placet_core::{Condition, Licensee, Role, Scope, UseSet};
use placet_registry::GrantTerms;

use super::terms::{HoldsArgs, ScopeArgs, uses_words, words};
use crate::output::foreign;
use crate::{Context, Exit, Failure, registry};

/// Grant a licensee uses of works, under conditions
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Uses: codes between commas (train-gen,ai-index,…), or all
    #[arg(long, value_name = "USES")]
    uses: UseSet,
    /// To whom: a name, or anyone
    #[arg(long, value_name = "LICENSEE")]
    to: String,
    #[command(flatten)]
    holds: HoldsArgs,
    /// Only for this model or model version
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// A duty, duty or duty=detail; with `before:` in front it has to be met before the use; may be repeated
    #[arg(long = "condition", value_name = "DUTY=DETAIL", value_parser = condition)]
    conditions: Vec<Condition>,
    /// For which role you speak, where it is not all of them (author, translator, …)
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    /// Reference to the mandate by which you may grant
    #[arg(long, value_name = "REFERENCE")]
    mandate: Option<String>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let (territory, period) = self.holds.read()?;
        let to = self.to.trim();
        if to.is_empty() || self.uses.is_empty() {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("a grant names a licensee and its uses")));
        }
        let licensee =
            if to.eq_ignore_ascii_case("anyone") { Licensee::Anyone } else { Licensee::Named(to.to_owned()) };
        let mut registry = registry::open(context)?;
        let declared = registry.grant(
            GrantTerms {
                role: self.role,
                licensee,
                scope: self.scope.scope(),
                uses: self.uses,
                territory,
                period,
                model: self.model,
                conditions: self.conditions,
                mandate: self.mandate,
            },
            context.now,
        )?;
        if context.out.is_json() {
            context.out.json("placet.grant/1", &declared.record)?;
            return Ok(Exit::Done);
        }
        let record = &declared.record;
        let mut text = format!(
            "{} {}: {} granted to {} for {}, {}, {}",
            record.id,
            if declared.new { "declared" } else { "stands already" },
            words(&record.scope),
            record.licensee,
            uses_words(record.uses),
            record.territory,
            record.period
        );
        for duty in &record.conditions {
            text.push_str(&format!("; {}", super::grants::duty_words(duty)));
        }
        context.out.result(&foreign(&text))?;
        if let Scope::Party(party) = &record.scope {
            context
                .out
                .note(&foreign(&format!("{} works credit {party} so far", registry.works_of_party(party)?)));
        }
        Ok(Exit::Done)
    }
}

fn condition(text: &str) -> Result<Condition, String> {
    let (before_use, rest) = text.strip_prefix("before:").map_or((false, text), |rest| (true, rest));
    let (duty, detail) = rest.split_once('=').map_or((rest, None), |(duty, detail)| (duty, Some(detail)));
    let duty = duty.trim();
    if duty.is_empty() {
        return Err("write duty=detail, as in payment=2 EUR per 1000 words".to_owned());
    }
    let detail = detail.map(str::trim).filter(|detail| !detail.is_empty()).map(str::to_owned);
    Ok(Condition { duty: duty.to_owned(), detail, before_use })
}
