//! The division against a naive one in big rationals, and the laws of booking.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigInt;
use placet_core::{
    Basis, Claim, Currency, Money, Period, Ratio, Right, Role, Share, Territory, Use, UseStage,
};
use placet_remunerate::books::{self, Decision, DecisionError};
use placet_remunerate::claim::ClaimBook;
use placet_remunerate::deadlines::{Clocks, What, deadlines};
use placet_remunerate::grains::GRAINS_PER_MINOR;
use placet_remunerate::journal::{Account, Booked, Journal, JournalError};
use placet_remunerate::layers::Catalogue;
use placet_remunerate::mandate::Mandates;
use placet_remunerate::payout::{Address, Payee, PayoutError, PayoutTerms, Why, payout};
use placet_remunerate::resolve::RuleSet;
use placet_remunerate::settle::{Case, Settlement, To, settle};
use placet_remunerate::tariff::Tariff;
use placet_remunerate::uses::{Aside, Tally, Unit, UseRecord};
use proptest::prelude::*;

use crate::BigRational;
use crate::example::read;

pub(crate) fn claim(id: String, work: String, party: String, share: Share) -> Claim {
    Claim {
        id,
        work,
        party,
        role: Role::Author,
        right: Right::ReproductionTraining,
        stage: UseStage::Any,
        territory: Territory::World,
        period: Period::ALWAYS,
        share,
        basis: Basis::Authorship,
        evidence: Vec::new(),
        asserted_at: "2020-01-01T00:00:00Z".parse().unwrap(),
        supersedes: None,
    }
}

pub(crate) fn fixed(amount: Money) -> Tariff {
    Tariff::parse(&format!(
        r#"
        schema = "placet.tariff/1"
        id = "t"
        title = "T"
        source = "made up"
        currency = "{}"
        [[stream]]
        name = "training"
        uses = ["train-gen"]
        rights = ["reproduction-training"]
        charge = {{ kind = "fixed", amount = "{amount}" }}
        key = {{ kind = "amount" }}
        [[stream.deduction]]
        name = "administration"
        rate = "7/60"
        to = "cmo"
        "#,
        amount.currency
    ))
    .unwrap()
}

pub(crate) fn record(id: String, work: String, amount: u64, day: &str) -> UseRecord {
    UseRecord {
        id,
        work,
        purpose: Use::TrainGen,
        day: day.parse().unwrap(),
        model: None,
        country: None,
        unit: Unit::Word,
        amount,
        repetitions: 1,
        grant: Some("g".to_owned()),
        attribution: None,
    }
}

pub(crate) fn run(
    tariff: &Tariff,
    claims: &ClaimBook,
    uses: &[UseRecord],
    as_of: &str,
    period: &str,
) -> Settlement {
    let period: Period = period.parse().unwrap();
    let catalogue = Catalogue::default();
    let mut tally = Tally::new(tariff, period, claims, &catalogue);
    for u in uses {
        let _ = tally.add(u);
    }
    let case = Case {
        licensee: "L",
        period,
        closes: period.until.unwrap(),
        tariff,
        catalogue: &catalogue,
        claims,
        mandates: &Mandates::default(),
        rules: &RuleSet::plain(),
        repertoire: &BTreeSet::new(),
        paid_until: &BTreeMap::new(),
        cleared: None,
        value: &[],
        rates: &[],
        as_of: as_of.parse().unwrap(),
    };
    settle(&case, &tally.finish()).unwrap()
}

/// Invariant 2, on every level.
pub(crate) fn conserves(s: &Settlement) -> bool {
    s.pools.iter().enumerate().all(|(i, pool)| {
        let deducted: i128 = pool.deductions.iter().map(|d| d.grains.0).sum();
        let lines = s.lines.iter().filter(|l| l.pool as usize == i);
        let out: i128 = lines.clone().map(|l| l.gross.0).sum();
        let within =
            lines.clone().all(|l| l.gross.0 == l.net.0 + l.kept.iter().map(|k| k.grains.0).sum::<i128>());
        pool.amount.minor * GRAINS_PER_MINOR == deducted + out
            && within
            && lines.clone().all(|l| l.net.0 >= 0)
    })
}

fn share() -> impl Strategy<Value = Ratio> {
    (0_u64..=60, 60_u64..=61).prop_map(|(n, d)| Ratio::new(n, d).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// An implementation that a reader checks at a glance: pool × weight/total × share, as fractions.
    #[test]
    fn agrees_with_a_naive_division(
        minor in 0_i128..10_i128.pow(16),
        amounts in prop::collection::vec((0_usize..6, 1_u64..1_000_000), 1..25),
        shares in prop::collection::vec(prop::collection::vec(share(), 0..3), 6),
        turn in 0_usize..25,
    ) {
        let tariff = fixed(Money::new(minor, Currency::EUR));
        let uses: Vec<UseRecord> = amounts
            .iter()
            .enumerate()
            .map(|(i, (w, n))| record(format!("u{i}"), format!("w{w}"), *n, "2026-07-15"))
            .collect();
        let claims: Vec<Claim> = shares
            .iter()
            .enumerate()
            .flat_map(|(w, list)| list.iter().enumerate().map(move |(i, s)| (w, i, *s)))
            .map(|(w, i, s)| claim(format!("c{w}-{i}"), format!("w{w}"), format!("p{i}"), Share::Part(s)))
            .collect();
        let (book, _) = ClaimBook::new(claims.clone(), []);
        let period = "2026-07-01/2026-09-30";
        let s = run(&tariff, &book, &uses, "2026-10-01T00:00:00Z", period);
        prop_assert!(conserves(&s));

        let fraction = |n: i128, d: i128| BigRational::new(BigInt::from(n), BigInt::from(d));
        let pool = fraction(minor * GRAINS_PER_MINOR * 53, 60);
        let total: u64 = amounts.iter().map(|(_, n)| n).sum();
        let mut naive: BTreeMap<String, BigRational> = BTreeMap::new();
        for (w, list) in shares.iter().enumerate() {
            let of_work: u64 = amounts.iter().filter(|(of, _)| *of == w).map(|(_, n)| n).sum();
            let amount = &pool * fraction(i128::from(of_work), i128::from(total));
            let one = fraction(1, 1);
            let parts: Vec<BigRational> =
                list.iter().map(|s| fraction(i128::from(s.numerator()), i128::from(s.denominator()))).collect();
            let sum: BigRational = parts.iter().cloned().sum();
            let near = fraction(6, 10_000);
            for (i, part) in parts.iter().enumerate() {
                let paid = if sum > &one + &near {
                    (part - (&sum - &one)).max(fraction(0, 1))
                } else if sum > &one - &near && sum != fraction(0, 1) {
                    part / &sum
                } else {
                    part.clone()
                };
                *naive.entry(format!("p{i}")).or_insert_with(|| fraction(0, 1)) += paid * &amount;
            }
        }
        let mut paid: BTreeMap<String, i128> = BTreeMap::new();
        for line in &s.lines {
            if let To::Party { party, .. } = &line.to {
                *paid.entry(party.to_string()).or_default() += line.net.0;
            }
        }
        for (party, exact) in naive {
            let got = BigRational::from(BigInt::from(paid.get(&party).copied().unwrap_or(0)));
            let off = got - exact;
            // A grain each from the deduction, the works and the claims, for six works.
            let most = fraction(18, 1);
            prop_assert!(off < most && -off < most, "{party}");
        }

        let (mut uses, mut claims) = (uses, claims);
        let n = uses.len();
        uses.rotate_left(turn % n);
        claims.reverse();
        let (book, _) = ClaimBook::new(claims, []);
        prop_assert_eq!(run(&tariff, &book, &uses, "2026-10-01T00:00:00Z", period), s);
    }

    /// Paying in rounds loses nothing: the dust stays below a unit and is gone when everything is paid.
    #[test]
    fn rounding_happens_once_and_loses_nothing(minor in 1_i128..100_000, people in 1_usize..30) {
        let tariff = fixed(Money::new(minor, Currency::EUR));
        let part = Share::Part(Ratio::new(1, people as u64).unwrap());
        let claims = (0..people).map(|i| claim(format!("c{i}"), "w".into(), format!("p{i}"), part));
        let (book, _) = ClaimBook::new(claims, []);
        let uses = [record("u".into(), "w".into(), 1, "2026-07-15")];
        let s = run(&tariff, &book, &uses, "2026-10-01T00:00:00Z", "2026-07-01/2026-09-30");
        let mut journal = Journal::default();
        let day = "2026-10-01".parse().unwrap();
        journal.book(books::settlement(&s, day)).unwrap();
        let amount = Money::new(minor, Currency::EUR);
        journal.book(books::receipt("L", amount, day, "r")).unwrap();
        let payees: Vec<Payee> = (0..people).map(|i| payee(&format!("p{i}"))).collect();
        let terms = PayoutTerms { threshold: Money::zero(Currency::EUR), clawback_cap: "1".parse().unwrap() };
        for half in [&payees[..people / 2], &payees[..]] {
            let p = payout(&journal, half, &terms, Currency::EUR, day).unwrap();
            for o in &p.orders {
                let off = o.amount.minor * GRAINS_PER_MINOR - o.net.0;
                prop_assert!(off.abs() < GRAINS_PER_MINOR, "a payee gains or loses less than a unit");
            }
            journal.book(p.entry.clone()).unwrap();
            prop_assert!((0..GRAINS_PER_MINOR).contains(&p.dust.0));
        }
        let due = journal.balances().filter(|(a, ..)| matches!(a, Account::Accrued(..))).count();
        prop_assert_eq!(due, 0);
    }
}

pub(crate) fn payee(party: &str) -> Payee {
    Payee {
        party: party.to_owned(),
        name: party.to_owned(),
        iban: "DE89370400440532013000".to_owned(),
        address: Address {
            street: "S".to_owned(),
            number: None,
            post_code: "1".to_owned(),
            town: "T".to_owned(),
            country: "DE".to_owned(),
        },
        tax: None,
        stopped: None,
    }
}

#[test]
fn a_run_is_booked_once() {
    let mut journal = Journal::default();
    let settled = read("gema-like").settle();
    assert_eq!(journal.book(settled.entry.clone()), Ok(Booked::New));
    assert_eq!(journal.book(settled.entry.clone()), Ok(Booked::Already));
    let mut other = settled.entry.clone();
    other.memo.push('!');
    assert_eq!(journal.book(other), Err(JournalError::RunConflict(settled.settlement.run)));
    assert_eq!(journal.entries().len(), 1);
    let day = "2026-12-01".parse().unwrap();
    let back = journal.reversal(settled.settlement.run, day, "wrong").unwrap();
    journal.book(back).unwrap();
    assert_eq!(journal.balances().count(), 0);
    assert!(journal.reversal(settled.settlement.run, day, "again").is_err());
    assert_eq!(journal.book(settled.entry), Err(JournalError::WasReversed(settled.settlement.run)));
}

#[test]
fn sealed_days_stay_sealed_and_nothing_is_paid_that_was_not_received() {
    let mut journal = Journal::default();
    journal.book(read("gema-like").settle().entry).unwrap();
    journal.book(books::seal("2026-10-31".parse().unwrap())).unwrap();
    let amount = Money::new(100, Currency::EUR);
    let late = journal.book(books::receipt("Provider", amount, "2026-10-31".parse().unwrap(), "r"));
    assert!(matches!(late, Err(JournalError::Sealed { .. })));
    let terms = PayoutTerms { threshold: Money::zero(Currency::EUR), clawback_cap: "1".parse().unwrap() };
    let day = "2026-11-01".parse().unwrap();
    let short = payout(&journal, &[payee("Ana")], &terms, Currency::EUR, day);
    assert!(matches!(short, Err(PayoutError::NotCleared { .. })));
    // Ben and the publisher have no payee record: their money stays due, and the reason is shown.
    journal.book(books::receipt("Provider", Money::new(5_000_000, Currency::EUR), day, "r")).unwrap();
    let p = payout(&journal, &[payee("Ana")], &terms, Currency::EUR, day).unwrap();
    assert_eq!(
        p.carried.iter().map(|c| (&*c.party, &c.why)).collect::<Vec<_>>(),
        [("Ben", &Why::NoPayee), ("Publisher", &Why::NoPayee)]
    );
}

#[test]
fn money_that_waits_moves_once_and_only_by_a_signed_decision() {
    let settled = read("rsl-pay-per-use").settle();
    let mut journal = Journal::default();
    journal.book(settled.entry.clone()).unwrap();
    let held = Account::Held("page-2".to_owned());
    let waits = journal.balance(&held, Currency::USD);
    assert!(waits.0 < 0);
    let clocks = Clocks::eu();
    let due: Vec<_> = deadlines(&journal, &clocks)
        .into_iter()
        .map(|d| (d.what, d.day.to_string()))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    assert_eq!(due, [(What::Pay, "2027-09-30".to_owned()), (What::MayLapse, "2029-12-31".to_owned())]);

    let decision = |signature: &str, writer: &str, house: &str| Decision {
        settlement: settled.settlement.run,
        work: "page-2".to_owned(),
        by: "arbitration".to_owned(),
        signature: signature.to_owned(),
        outcome: [
            ("Writer".to_owned(), writer.parse().unwrap()),
            ("Web House".to_owned(), house.parse().unwrap()),
        ]
        .into(),
        lapse: false,
    };
    let day = "2026-12-01".parse().unwrap();
    let s = &settled.settlement;
    assert_eq!(books::decided(s, &decision(" ", "1", "0"), day), Err(DecisionError::Unsigned));
    assert_eq!(books::decided(s, &decision("sig", "1/2", "1/3"), day), Err(DecisionError::NotTheWhole));
    let draft = books::decided(s, &decision("sig", "1/3", "2/3"), day).unwrap();
    assert_eq!(journal.book(draft.clone()), Ok(Booked::New));
    assert_eq!(journal.book(draft), Ok(Booked::Already));
    let second = books::decided(s, &decision("sig 2", "1", "0"), day).unwrap();
    assert!(matches!(journal.book(second), Err(JournalError::RunConflict(_))));
    assert_eq!(journal.balance(&held, Currency::USD).0, 0);
    // Reversing the settlement takes the release back with it.
    let back = journal.reversal(s.run, day, "wrong").unwrap();
    journal.book(back).unwrap();
    assert_eq!(journal.balances().count(), 0);
}

#[test]
fn a_record_counts_once_and_a_strange_one_is_named() {
    let tariff = fixed(Money::new(100, Currency::EUR));
    let (claims, catalogue) = (ClaimBook::default(), Catalogue::default());
    let mut tally = Tally::new(&tariff, "2026-07-01/2026-09-30".parse().unwrap(), &claims, &catalogue);
    let good = record("u1".into(), "w".into(), 5, "2026-07-15");
    assert_eq!(tally.add(&good), Ok(()));
    assert_eq!(tally.add(&good), Ok(()));
    let other = UseRecord { amount: 6, ..good.clone() };
    let (first, second) =
        (UseRecord { id: "u5".into(), ..good.clone() }, UseRecord { id: "u5".into(), ..other });
    assert_eq!((tally.add(&first), tally.add(&second)), (Ok(()), Ok(())));
    let fresh = |id: &str| UseRecord { id: id.to_owned(), ..good.clone() };
    assert_eq!(tally.add(&UseRecord { purpose: Use::Display, ..fresh("u2") }), Err(Aside::NoStream));
    assert_eq!(
        tally.add(&UseRecord { day: "2026-10-01".parse().unwrap(), ..fresh("u3") }),
        Err(Aside::OtherDay)
    );
    assert_eq!(tally.add(&UseRecord { country: Some("Germany".into()), ..fresh("u4") }), Err(Aside::Country));
    let done = tally.finish();
    assert_eq!((done.rows.len(), done.rows[0].1.amount, done.twice, done.records), (1, 5, 1, 1));
    // Which of two records with one id is right nobody can say: neither counts, whatever their order.
    assert_eq!(done.aside[&Aside::SameId], 2);
}

#[test]
fn a_change_of_owner_divides_the_period() {
    let mut before = claim("a".into(), "w".into(), "Old".into(), Share::Part("1".parse().unwrap()));
    before.period = "../2026-07-31".parse().unwrap();
    let mut after = claim("b".into(), "w".into(), "New".into(), Share::Part("1".parse().unwrap()));
    after.period = "2026-08-01/..".parse().unwrap();
    let (book, _) = ClaimBook::new([before, after], []);
    let tariff = fixed(Money::new(60_000, Currency::EUR));
    let uses =
        [record("1".into(), "w".into(), 1, "2026-07-31"), record("2".into(), "w".into(), 2, "2026-08-01")];
    let s = run(&tariff, &book, &uses, "2026-10-01T00:00:00Z", "2026-07-01/2026-09-30");
    let paid: BTreeMap<String, String> = s
        .lines
        .iter()
        .filter_map(|l| match &l.to {
            To::Party { party, .. } => Some((party.to_string(), l.net.decimal(2))),
            _ => None,
        })
        .collect();
    // 600.00 less 7/60 is 530.00: a third of it, two thirds of it.
    assert_eq!(paid["Old"], "176.66666666667");
    assert_eq!(paid["New"], "353.33333333333");
}
