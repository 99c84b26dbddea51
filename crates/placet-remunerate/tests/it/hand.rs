//! Every tariff that is shipped agrees with the calculation by hand beside it.

use num_bigint::BigInt;
use placet_remunerate::audit::audit;
use placet_remunerate::deadlines::Clocks;
use placet_remunerate::grains::GRAINS_PER_MINOR;
use placet_remunerate::journal::Journal;
use placet_remunerate::pool::Value;
use placet_remunerate::uses::Standing;

use crate::BigRational;
use crate::example::{Settled, read, tariffs};

/// Reads `29/3 + 1/4` and `12.9` exactly.
fn exact(text: &str) -> BigRational {
    let one = |t: &str| -> BigRational {
        let (n, d) = t.trim().split_once('/').unwrap_or((t.trim(), "1"));
        let (whole, part) = n.split_once('.').unwrap_or((n, ""));
        let digits: BigInt = format!("{whole}{part}").parse().unwrap();
        let below: BigInt = d.parse().unwrap();
        BigRational::new(digits, below * BigInt::from(10).pow(part.len() as u32))
    };
    text.split('+').map(one).sum()
}

fn pools(s: &Settled) -> Vec<String> {
    let pool = |p: &placet_remunerate::pool::Pool| {
        let past = if p.standing == Standing::Past { ", past" } else { "" };
        let model = p.model.as_deref().map(|m| format!(" ({m})")).unwrap_or_default();
        let silent = matches!(p.value, Value::NotReported { .. });
        let silent = if silent { " (value not reported)" } else { "" };
        format!("{}{past}{model}: {}{silent}", p.stream, p.amount)
    };
    s.settlement.pools.iter().map(pool).collect()
}

#[track_caller]
fn check(name: &str) {
    let example = read(name);
    let settled = example.settle();
    assert_eq!(pools(&settled), example.expect.pools, "{name}: pools");
    let due = settled.due();
    let names: Vec<_> = due.keys().collect();
    assert_eq!(names, example.expect.due.keys().collect::<Vec<_>>(), "{name}: receivers");
    let unit =
        BigInt::from(GRAINS_PER_MINOR) * BigInt::from(10).pow(u32::from(settled.settlement.currency.scale()));
    for (who, grains) in &due {
        let expected = exact(&example.expect.due[who]) * BigRational::from(unit.clone());
        let off = BigRational::from(BigInt::from(grains.0)) - &expected;
        // A grain is a billionth of a minor unit; every level of the division may move one.
        let most = BigRational::from(BigInt::from(4));
        let decimal = grains.decimal(settled.settlement.currency.scale());
        assert!(
            off < most && -off < most,
            "{name}: {who} is due {decimal}, by hand {}",
            example.expect.due[who]
        );
    }
    let unlicensed: Vec<String> = settled
        .settlement
        .unlicensed
        .iter()
        .map(|(k, t)| format!("{} {} {}", k.work, k.purpose, t.amount))
        .collect();
    assert_eq!(unlicensed, example.expect.unlicensed, "{name}: without a grant");
    assert_eq!(settled.counted.aside.values().sum::<u64>(), example.expect.aside, "{name}: kept aside");

    let mut journal = Journal::default();
    journal.book(settled.entry.clone()).unwrap();
    for found in audit(journal.entries(), std::slice::from_ref(&settled.settlement), &Clocks::eu()) {
        assert!(found.faults.is_empty(), "{name}: {found:?}");
    }

    let bytes = serde_json::to_vec(&settled.settlement).unwrap();
    for by in 1..5 {
        let again = read(name).turned(by).settle();
        assert_eq!(serde_json::to_vec(&again.settlement).unwrap(), bytes, "{name}: order of inputs");
        assert_eq!(again.entry, settled.entry, "{name}: order of inputs");
    }
}

#[test]
fn a_share_of_income_with_a_minimum() {
    check("gema-like");
}

#[test]
fn equal_shares_and_attribution_with_a_fallback() {
    check("stim-like");
}

#[test]
fn an_amount_for_each_title() {
    check("per-title-book");
}

#[test]
fn a_price_for_each_use() {
    check("rsl-pay-per-use");
}

#[test]
fn past_use_is_a_claim() {
    check("past-use");
}

#[test]
fn both_layers_alike_and_both_cleared() {
    check("parity-music");
}

#[test]
fn pay_without_consent() {
    check("statutory");
}

#[test]
fn every_tariff_has_its_example() {
    let names = |end: &str| -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(tariffs())
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .filter_map(|f| f.strip_suffix(end).map(str::to_owned))
            .filter(|f| !f.ends_with(".example"))
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(".toml"), names(".example.toml"));
}
