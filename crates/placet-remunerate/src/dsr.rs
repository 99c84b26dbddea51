//! A party's part of a settlement as a flat file, record by record, after the shape of DDEX's digital sales reports.
//!
//! No published report format knows uses by AI systems. This is our own profile, `placet.dsr-ai/1`: tab-separated
//! records, the type first, described in `docs/formats/dsr-ai.md`. It is not a DDEX message and does not claim to be.

use std::collections::BTreeMap;

use crate::Grains;
use crate::pool::Value;
use crate::settle::Settlement;
use crate::statement::{Row, Statement};

/// Writes the report of a party: `HEAD`, an `SY` for each pool, an `AS` for each work, an `SU` for each line, `FOOT`.
pub fn dsr(s: &Settlement, of: &Statement) -> String {
    let mut records: Vec<Vec<String>> = Vec::new();
    let day = |d: Option<jiff::civil::Date>| d.map(|d| d.to_string()).unwrap_or_default();
    let period = s.inputs.period;
    records.push(vec![
        "HEAD".to_owned(),
        "placet.dsr-ai/1".to_owned(),
        s.run.to_string(),
        of.licensee.clone(),
        of.party.clone(),
        day(period.from),
        day(period.until),
        of.tariff.clone(),
        of.currency.to_string(),
    ]);
    let decimal = |g: Grains| g.decimal(of.currency.scale());
    let rows: Vec<(&Row, &str)> =
        of.rows.iter().map(|r| (r, "owed")).chain(of.past.iter().map(|r| (r, "past"))).collect();
    let mut pools: Vec<u32> = rows.iter().map(|(r, _)| r.pool).collect();
    pools.sort_unstable();
    pools.dedup();
    for number in pools {
        let Some(pool) = s.pools.get(number as usize) else { continue };
        let money =
            |m: &Option<placet_core::Money>| m.map_or_else(|| "not reported".to_owned(), |m| m.to_string());
        let (gross, net) = match &pool.value {
            Value::NotReported { .. } => (money(&None), money(&None)),
            Value::Reported { gross, net, .. } => (money(gross), money(net)),
        };
        records.push(vec![
            "SY".to_owned(),
            number.to_string(),
            pool.stream.clone(),
            pool.purse.code().to_owned(),
            pool.territory.to_string(),
            pool.model.as_deref().unwrap_or_default().to_owned(),
            pool.amount.amount(),
            gross,
            net,
            pool.works.to_string(),
            pool.use_records.to_string(),
        ]);
    }
    let mut assets: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (r, _) in &rows {
        let (work, used) = names(r);
        let next = assets.len() + 1;
        assets.entry((work, used)).or_insert(next);
    }
    let mut by_number: Vec<_> = assets.iter().collect();
    by_number.sort_by_key(|(_, number)| **number);
    for ((work, used), number) in by_number {
        records.push(vec!["AS".to_owned(), number.to_string(), (*work).to_owned(), (*used).to_owned()]);
    }
    for (r, standing) in &rows {
        records.push(vec![
            "SU".to_owned(),
            assets.get(&names(r)).copied().unwrap_or_default().to_string(),
            r.pool.to_string(),
            r.line.to_string(),
            r.purpose.to_string(),
            r.country.as_deref().unwrap_or_default().to_owned(),
            r.role.to_string(),
            r.claim.to_string(),
            (*standing).to_owned(),
            decimal(r.gross),
            decimal(Grains(r.gross.0 - r.net.0)),
            decimal(r.net),
        ]);
    }
    records.push(vec!["FOOT".to_owned(), (records.len() + 1).to_string()]);
    let line = |cells: &Vec<String>| cells.iter().map(|c| plain(c)).collect::<Vec<_>>().join("\t") + "\n";
    records.iter().map(line).collect()
}

fn names(r: &Row) -> (&str, &str) {
    (r.work.as_deref().unwrap_or_default(), r.used.as_deref().unwrap_or_default())
}

/// A cell holds no tab and no line break.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
