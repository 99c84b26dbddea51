use std::fmt::Write as _;

use num_bigint::BigUint;
use placet_core::{Basis, Period, Role, Territory, Use, UseStage};
use proptest::prelude::*;

use super::*;
use crate::claim::Dispute;

fn claim(id: &str, role: Role, share: &str) -> Claim {
    Claim {
        id: id.into(),
        work: "w".into(),
        party: format!("p-{id}"),
        role,
        right: Right::ReproductionTraining,
        stage: UseStage::Any,
        territory: Territory::World,
        period: Period::ALWAYS,
        share: share.parse().unwrap(),
        basis: Basis::Authorship,
        evidence: Vec::new(),
        asserted_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        supersedes: None,
    }
}

fn question() -> Question {
    Question {
        work: "w".into(),
        right: Right::ReproductionTraining,
        purpose: Use::TrainGen,
        territory: Territory::World,
        day: "2026-07-01".parse().unwrap(),
        as_of: "2026-10-01T00:00:00Z".parse().unwrap(),
    }
}

fn said(r: &Resolution<'_>) -> String {
    let part = |n: &BigUint| r.fraction(n);
    let mut text = format!("{:?}", r.state);
    for p in &r.parts {
        write!(text, " {}={}{}", p.claim.id, part(&p.parts), if p.by_default { "*" } else { "" }).unwrap();
    }
    if r.contested != BigUint::ZERO {
        write!(text, " held={}", part(&r.contested)).unwrap();
    }
    if r.unclaimed != BigUint::ZERO {
        write!(text, " unclaimed={}", part(&r.unclaimed)).unwrap();
    }
    text
}

#[track_caller]
fn check(claims: &[(&str, Role, &str)], disputed: &[&str], rules: &RuleSet, expected: &str) {
    let claims = claims.iter().map(|(id, role, share)| claim(id, *role, share));
    let dispute = Dispute {
        case: "case-1".into(),
        work: "w".into(),
        claims: disputed.iter().map(|c| Name::from(*c)).collect(),
        opened_at: "2026-02-01T00:00:00Z".parse().unwrap(),
        closed_at: None,
    };
    let (book, defects) = ClaimBook::new(claims, (!disputed.is_empty()).then_some(dispute));
    assert_eq!(defects, []);
    assert_eq!(said(&resolve(&book, rules, &question())), expected);
}

const COMPOSER: Role = Role::Composer;
const PUBLISHER: Role = Role::Publisher;

#[test]
fn the_four_answers() {
    let plain = RuleSet::plain();
    check(&[("a", COMPOSER, "1/2"), ("b", COMPOSER, "1/2")], &[], &plain, "Resolved a=1/2 b=1/2");
    check(&[("a", COMPOSER, "1/2")], &[], &plain, "UnderClaimed a=1/2 unclaimed=1/2");
    check(&[], &[], &plain, "UnderClaimed unclaimed=1");
    // 1.2 claimed: the excess is 0.2; what nobody can take from a and b is 0.3 each.
    check(
        &[("a", COMPOSER, "1/2"), ("b", COMPOSER, "1/2"), ("c", COMPOSER, "1/5")],
        &[],
        &plain,
        "OverClaimed a=3/10 b=3/10 c=0 held=2/5",
    );
    check(&[("a", COMPOSER, "1/2"), ("b", COMPOSER, "1/2")], &["b"], &plain, "Disputed a=1/2 b=0 held=1/2");
}

#[test]
fn only_what_overlaps_is_held() {
    let plain = RuleSet::plain();
    // Two publishers claim one half; the composer's half is nobody's quarrel.
    check(
        &[("a", COMPOSER, "1/2"), ("b", PUBLISHER, "1/2"), ("c", PUBLISHER, "1/2")],
        &["b", "c"],
        &plain,
        "Disputed a=1/2 b=0 c=0 held=1/2",
    );
    // c can take three tenths of b's half, not more.
    check(
        &[("a", COMPOSER, "1/2"), ("b", PUBLISHER, "1/2"), ("c", PUBLISHER, "3/10")],
        &["b", "c"],
        &plain,
        "Disputed a=1/2 b=1/5 c=0 held=3/10",
    );
    // With a cap on publishers nobody has to open a case for that.
    let capped = RuleSet {
        caps: vec![Cap { side: Side::Publishers, right: None, most: "1/2".parse().unwrap() }],
        ..RuleSet::plain()
    };
    check(
        &[("a", COMPOSER, "1/2"), ("b", PUBLISHER, "1/2"), ("c", PUBLISHER, "3/10")],
        &[],
        &capped,
        "OverClaimed a=1/2 b=1/5 c=0 held=3/10",
    );
}

#[test]
fn thirds_in_hundredths_are_the_whole_within_the_tolerance() {
    let thirds = [("a", COMPOSER, "33.33%"), ("b", COMPOSER, "33.33%"), ("c", COMPOSER, "33.33%")];
    check(&thirds, &[], &RuleSet::plain(), "Resolved a=1/3 b=1/3 c=1/3");
    let strict = RuleSet { tolerance: None, ..RuleSet::plain() };
    let expected = "UnderClaimed a=3333/10000 b=3333/10000 c=3333/10000 unclaimed=1/10000";
    check(&thirds, &[], &strict, expected);
}

#[test]
fn rests_go_to_residual_claims_and_by_default_to_unknown_ones() {
    let half = |side| SideShare { side, share: "1/2".parse().unwrap() };
    let book =
        RuleSet { default_split: vec![half(Side::Creators), half(Side::Publishers)], ..RuleSet::plain() };
    let author = Role::Author;
    check(
        &[("a", author, "60%"), ("b", PUBLISHER, "residual")],
        &[],
        &RuleSet::plain(),
        "Resolved a=3/5 b=2/5",
    );
    check(&[("a", author, "unknown"), ("b", PUBLISHER, "unknown")], &[], &book, "Resolved a=1/2* b=1/2*");
    check(
        &[("a", author, "unknown"), ("b", author, "unknown"), ("c", PUBLISHER, "unknown")],
        &[],
        &book,
        "Resolved a=1/4* b=1/4* c=1/2*",
    );
    // A contract overrides: the publisher gets by default what is left of its half.
    check(&[("a", author, "60%"), ("b", PUBLISHER, "unknown")], &[], &book, "Resolved a=3/5 b=2/5*");
    check(&[("a", author, "unknown")], &[], &RuleSet::plain(), "UnderClaimed a=0 unclaimed=1");
    // An unknown claim never stops a stated one.
    check(&[("a", author, "1"), ("b", author, "unknown")], &[], &book, "Resolved a=1 b=0");
}

#[test]
fn both_time_axes_count() {
    let first = claim("a", COMPOSER, "1");
    let mut later = claim("b", COMPOSER, "1/2");
    later.party = first.party.clone();
    later.asserted_at = "2026-08-01T00:00:00Z".parse().unwrap();
    later.supersedes = Some("a".into());
    let mut ended = claim("c", COMPOSER, "1/2");
    ended.period = "../2026-06-30".parse().unwrap();
    let (book, _) = ClaimBook::new([first.clone(), later.clone(), ended], []);
    let ask = |day: &str, as_of: &str| {
        let q = Question { day: day.parse().unwrap(), as_of: as_of.parse().unwrap(), ..question() };
        said(&resolve(&book, &RuleSet::plain(), &q))
    };
    assert_eq!(ask("2026-06-30", "2026-09-01T00:00:00Z"), "Resolved b=1/2 c=1/2");
    assert_eq!(ask("2026-07-01", "2026-09-01T00:00:00Z"), "UnderClaimed b=1/2 unclaimed=1/2");
    // What was known in July stays answerable in September.
    assert_eq!(ask("2026-07-01", "2026-07-31T00:00:00Z"), "Resolved a=1");
    // Nobody supersedes another's claim.
    later.party = "p-z".into();
    let (book, defects) = ClaimBook::new([first, later], []);
    assert_eq!(defects, [crate::claim::ClaimDefect::NotItsOwn { id: "b".into(), other: "a".into() }]);
    assert_eq!(book.in_force(&question()).len(), 2);
}

#[test]
fn one_co_owners_claim_notifies_the_others() {
    let claims = [claim("a", COMPOSER, "1/2"), claim("b", COMPOSER, "1/2"), claim("c", COMPOSER, "1/5")];
    let (book, _) = ClaimBook::new(claims, []);
    let told = notices(&book, &RuleSet::plain(), &question(), "c");
    assert_eq!(told.iter().map(|n| (&*n.to, n.touches)).collect::<Vec<_>>(), [("p-a", true), ("p-b", true)]);
}

fn any_claims() -> impl Strategy<Value = Vec<Claim>> {
    let share = prop_oneof![
        6 => (0_u64..=12, 1_u64..=12).prop_map(|(n, d)| format!("{}/{d}", n.min(d))),
        1 => Just("unknown".to_owned()),
        1 => Just("residual".to_owned()),
    ];
    let role = prop::sample::select(vec![Role::Composer, Role::Publisher, Role::Performer, Role::Translator]);
    prop::collection::vec((share, role), 0..7)
        .prop_map(|list| list.iter().enumerate().map(|(i, (s, r))| claim(&format!("c{i}"), *r, s)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_is_made_or_lost_and_no_order_matters(
        claims in any_claims(),
        disputed in prop::collection::btree_set("c[0-6]", 0..3),
        turn in 0_usize..7,
        defaults in any::<bool>(),
    ) {
        let half = |side| SideShare { side, share: "1/2".parse().unwrap() };
        let rules = RuleSet {
            default_split: if defaults { vec![half(Side::Creators), half(Side::Publishers)] } else { vec![] },
            caps: vec![Cap { side: Side::Publishers, right: None, most: "1/2".parse().unwrap() }],
            ..RuleSet::plain()
        };
        let dispute = Dispute {
            case: "x".into(),
            work: "w".into(),
            claims: disputed.iter().map(|c| Name::from(c.as_str())).collect(),
            opened_at: "2026-02-01T00:00:00Z".parse().unwrap(),
            closed_at: None,
        };
        let (book, _) = ClaimBook::new(claims.clone(), [dispute.clone()]);
        let r = resolve(&book, &rules, &question());
        let paid: BigUint = r.parts.iter().map(|p| &p.parts).sum();
        prop_assert_eq!(paid + &r.contested + &r.unclaimed, r.whole.clone());
        for (p, c) in r.parts.iter().zip(&claims) {
            if let Share::Part(stated) = c.share && !r.tolerance_used {
                prop_assert!(p.parts <= parts_of(stated, &r.whole), "paid above its claim");
            }
        }
        let mut turned = claims;
        if !turned.is_empty() {
            let n = turned.len();
            turned.rotate_left(turn % n);
        }
        let (again, _) = ClaimBook::new(turned, [dispute]);
        prop_assert_eq!(resolve(&again, &rules, &question()), r);
    }
}
