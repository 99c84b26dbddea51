//! What reserving and granting say alike: which works, where, when.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use placet_core::{Period, Scope, Territory};

use crate::{Exit, Failure};

/// Which works.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ScopeArgs {
    /// Every work of the registry, also those registered later
    #[arg(long)]
    all: bool,
    /// These works, by their ids; may be repeated
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    works: Vec<String>,
    /// Every work that credits this party: isni:…, ipi:…, or a name as credited
    #[arg(long, value_name = "PARTY")]
    party: Option<String>,
}

impl ScopeArgs {
    pub(crate) fn scope(self) -> Scope {
        match self.party {
            Some(party) => Scope::Party(party),
            None if self.all => Scope::All,
            None => Scope::Works(self.works.into_iter().collect::<BTreeSet<_>>()),
        }
    }
}

/// Where and when.
#[derive(clap::Args)]
pub(crate) struct HoldsArgs {
    /// Countries: world, DE,FR or `world without US`
    #[arg(long, value_name = "COUNTRIES", default_value = "world")]
    territory: Territory,
    /// First and last day: 2026-01-01/2027-12-31, with .. for an open end
    #[arg(long, value_name = "FROM/UNTIL", conflicts_with_all = ["from", "until"])]
    period: Option<Period>,
    /// First day
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Last day
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
}

impl HoldsArgs {
    pub(crate) fn read(self) -> Result<(Territory, Period), Failure> {
        let period = self.period.unwrap_or(Period { from: self.from, until: self.until });
        match (period.from, period.until) {
            (Some(from), Some(until)) if from > until => Err(Failure::new(
                Exit::Usage,
                anyhow::anyhow!("the period ends on {until}, before it begins on {from}"),
            )),
            _ => Ok((self.territory, period)),
        }
    }
}

/// As of which moment a list is wanted.
#[derive(clap::Args)]
pub(crate) struct AtArgs {
    /// As of this moment: 2026-06-30 (end of the day, UTC) or 2026-06-30T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Timestamp>,
}

impl AtArgs {
    pub(crate) fn or(&self, now: Timestamp) -> Timestamp {
        self.at.unwrap_or(now)
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    text.parse::<Date>()
        .and_then(|day| day.at(23, 59, 59, 999_999_999).to_zoned(jiff::tz::TimeZone::UTC))
        .map(|end| end.timestamp())
        .map_err(|_| "write 2026-06-30 or 2026-06-30T12:00:00Z".to_owned())
}

/// The works of a scope in words.
pub(crate) fn words(scope: &Scope) -> String {
    match scope {
        Scope::All => "all works".to_owned(),
        Scope::Works(ids) => ids.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        Scope::Party(party) => format!("works of {party}"),
    }
}

/// The uses in words.
pub(crate) fn uses_words(uses: placet_core::UseSet) -> String {
    if uses == placet_core::UseSet::ALL { "all uses".to_owned() } else { uses.to_string() }
}
