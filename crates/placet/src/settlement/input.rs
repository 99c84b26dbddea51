//! The terms of a licence, value reports and periods, as they are typed and written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use jiff::civil::{Date, date};
use placet_core::{Currency, Money, Period, Relation, Territory, WorkKind};
use placet_remunerate::claim::{Dispute, Name};
use placet_remunerate::mandate::{Mandate, Reciprocal};
use placet_remunerate::resolve::RuleSet;
use placet_remunerate::tariff::Purse;
use placet_remunerate::value::{FxRate, ValueReport};
use serde::Deserialize;

use crate::failure::OrFail as _;
use crate::{Exit, Failure};

/// What a licence says besides its tariff.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Licence {
    pub(crate) licensee: Option<String>,
    pub(crate) repertoire: BTreeSet<Name>,
    pub(crate) cleared: Option<BTreeSet<Name>>,
    pub(crate) paid_until: Vec<PaidUntil>,
    pub(crate) works: BTreeMap<String, WorkKind>,
    #[serde(rename = "relation")]
    pub(crate) relations: Vec<Relation>,
    #[serde(rename = "dispute")]
    pub(crate) disputes: Vec<Dispute>,
    #[serde(rename = "mandate")]
    pub(crate) mandates: Vec<Mandate>,
    #[serde(rename = "reciprocal")]
    pub(crate) reciprocals: Vec<Reciprocal>,
    #[serde(rename = "rate")]
    pub(crate) rates: Vec<FxRate>,
    pub(crate) rules: Option<RuleSet>,
}

/// A work (and model version) that an earlier payment covers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaidUntil {
    pub(crate) work: Name,
    #[serde(default)]
    pub(crate) model: Option<Name>,
    pub(crate) until: Date,
}

impl Licence {
    pub(crate) fn read(path: Option<&Path>) -> Result<Licence, Failure> {
        let Some(path) = path else { return Ok(Licence::default()) };
        toml::from_str(&text(path)?)
            .with_context(|| format!("cannot read {}", path.display()))
            .or_fail(Exit::Input)
    }
}

/// The largest file of terms, value or decisions that is read, in bytes.
const TEXT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads a text file.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let read = || -> anyhow::Result<String> {
        if fs::metadata(path)?.len() > TEXT_BYTES_MAX {
            return Err(anyhow!("it has more than {TEXT_BYTES_MAX} bytes"));
        }
        Ok(fs::read_to_string(path)?)
    };
    read().with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)
}

/// A statement of `placet value report`.
#[derive(Deserialize)]
struct Stated {
    period: String,
    currency: Currency,
    revenue_minor: u64,
    scale: u32,
    stated_at: jiff::Timestamp,
}

/// Reads value reports: JSON lines, a list, or a statement of `placet value report`. Such a statement names one figure
/// for a model, and it stands as gross income in both accounts.
pub(crate) fn value(path: &Path, licensee: &str) -> Result<Vec<ValueReport>, Failure> {
    let text = text(path)?;
    let read = || -> anyhow::Result<Vec<ValueReport>> {
        let Ok(whole) = serde_json::from_str::<serde_json::Value>(&text) else {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            return Ok(lines.map(serde_json::from_str).collect::<Result<_, _>>()?);
        };
        if whole.get("schema").and_then(serde_json::Value::as_str) == Some("placet.value-report/1") {
            return stated(&serde_json::from_value(whole)?, licensee, &text);
        }
        Ok(if whole.is_array() {
            serde_json::from_value(whole)?
        } else {
            vec![serde_json::from_value(whole)?]
        })
    };
    read().with_context(|| format!("{} holds no value report", path.display())).or_fail(Exit::Input)
}

fn stated(stated: &Stated, licensee: &str, text: &str) -> anyhow::Result<Vec<ValueReport>> {
    let days = period(&stated.period).map_err(|_| anyhow!("`{}` is no period", stated.period))?;
    // The statement's own scale may differ from the currency's.
    let (own, its) = (stated.scale, u32::from(stated.currency.scale()));
    let fits =
        |n: Option<i128>| n.ok_or_else(|| anyhow!("the revenue has decimals that its currency has not"));
    let revenue = i128::from(stated.revenue_minor);
    let minor = if own <= its {
        fits(10_i128.checked_pow(its - own).and_then(|n| n.checked_mul(revenue)))?
    } else {
        let below = fits(10_i128.checked_pow(own - its))?;
        fits((revenue % below == 0).then_some(revenue / below))?
    };
    let report = |purse| ValueReport {
        licensee: licensee.to_owned(),
        purse,
        period: days,
        territory: Territory::World,
        gross: Some(Money::new(minor, stated.currency)),
        net: None,
        reported_at: stated.stated_at,
        source: Some(format!("value report, BLAKE3 {}", blake3::hash(text.as_bytes()).to_hex())),
    };
    Ok(vec![report(Purse::Functioning), report(Purse::Outputs)])
}

/// Reads `2026-Q3`, `2026` or two days.
pub(crate) fn period(text: &str) -> Result<Period, Failure> {
    let span = |from: Date, until: Date| Period { from: Some(from), until: Some(until) };
    let quarter = text.split_once("-Q").and_then(|(year, n)| {
        let (year, n) = (year.parse::<i16>().ok()?, n.parse::<i8>().ok()?);
        let known = (1..=4).contains(&n) && (1..=9999).contains(&year);
        known.then(|| span(date(year, n * 3 - 2, 1), date(year, n * 3, 1).last_of_month()))
    });
    let year = text.parse::<i16>().ok().filter(|year| (1..=9999).contains(year));
    if let Some(found) = quarter.or(year.map(|y| span(date(y, 1, 1), date(y, 12, 31)))) {
        return Ok(found);
    }
    text.parse().or_fail(Exit::Usage).map_err(|f| f.hint("a quarter is written 2026-Q3, a year 2026"))
}

/// The last day of a period that is settled.
pub(crate) fn closes(period: Period) -> Result<Date, Failure> {
    let error = || Failure::new(Exit::Usage, anyhow!("a settled period has a first and a last day"));
    period.from.zip(period.until).map(|(_, until)| until).ok_or_else(error)
}
