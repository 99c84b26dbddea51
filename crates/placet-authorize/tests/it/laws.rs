//! Laws that hold for every set of facts.

use jiff::Timestamp;
use placet_authorize::{
    Asking, Decision, Fact, GivenGrant, Item, Matched, Merge, Profile, Shadow, decide, replay,
};
use placet_core::{
    Actors, Binding, Condition, Credit, Evidence, Grant, Licensee, Nature, ParseStatus, Period, Proof, Reach,
    Reservation, Role, Scope, Statement, Territory, Tier, Use, UseSet, Verdict,
};
use proptest::prelude::*;

const VERDICTS: [Verdict; 4] = [Verdict::Allowed, Verdict::Unknown, Verdict::Conditional, Verdict::Denied];

fn merges() -> impl Strategy<Value = Merge<u8>> {
    prop::collection::vec((0u8..6, prop::sample::select(VERDICTS.to_vec())), 0..6)
        .prop_map(|facts| facts.into_iter().fold(Merge::SILENT, |m, (k, v)| m.join(Merge::of(k, v))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_merge_is_a_join_semilattice(a in merges(), b in merges(), c in merges()) {
        let join = |x: &Merge<u8>, y: &Merge<u8>| x.clone().join(y.clone());
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&a, &a), a.clone());
        prop_assert_eq!(join(&a, &Merge::SILENT), a.clone());
        prop_assert!(join(&a, &b).verdict() >= a.verdict());
        prop_assert_eq!(join(&a, &b).verdict(), a.verdict().max(b.verdict()));
    }
}

/// A work as a test makes it up: owned, so that matches can borrow from it.
#[derive(Clone, Debug)]
struct Made {
    work: String,
    issuer: String,
    commons: bool,
    common: bool,
    start: u64,
    letters: u64,
    settled: bool,
    credits: Vec<Credit>,
    reservations: Vec<Reservation>,
    grants: Vec<(Grant, Proof, Option<Timestamp>)>,
}

#[derive(Clone, Debug)]
struct World {
    statements: Vec<Statement>,
    made: Vec<Made>,
    asking: Asking,
    profile: Profile,
}

fn time(day: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + day * 86_400).expect("a day near 2026")
}

fn statement(n: usize) -> impl Strategy<Value = Statement> {
    let shape = (
        prop::sample::select(VERDICTS.to_vec()),
        prop::sample::select(vec![
            Binding::Location,
            Binding::Asset,
            Binding::ContentId,
            Binding::Register,
            Binding::Party,
        ]),
        prop::sample::select(vec![Proof::None, Proof::Transport, Proof::Signed, Proof::Mandate]),
        prop::sample::select(vec![
            ParseStatus::Ok,
            ParseStatus::Ok,
            ParseStatus::MalformedIntent,
            ParseStatus::HumanOnly,
        ]),
        prop::option::of(prop::sample::select(vec!["Ada", "Bo"])),
        prop::bool::ANY,
        (0i64..6, prop::bool::ANY, prop::bool::ANY),
    );
    shape.prop_map(
        move |(verdict, binding, proof, parse_status, declarant, licence, (day, duty, approximate))| {
            Statement {
                protocol: "test".into(),
                version: None,
                nature: if licence { Nature::Licence } else { Nature::Preference },
                verdict,
                uses: UseSet::ALL,
                approximate: if approximate { UseSet::NONE.with(Use::TrainGen) } else { UseSet::NONE },
                actors: Actors::Anyone,
                territory: Territory::World,
                period: Period::ALWAYS,
                reach: Reach::Url,
                target: None,
                binding,
                declarant: declarant.map(str::to_owned),
                proof,
                tier: Tier::B,
                parse_status,
                overruled: false,
                duties: if duty { vec![duty_of("payment", true)] } else { Vec::new() },
                evidence: Evidence {
                    place: format!("place-{n}"),
                    observed_at: Some(time(day)),
                    ..Evidence::default()
                },
            }
        },
    )
}

fn duty_of(duty: &str, before_use: bool) -> Condition {
    Condition { duty: duty.to_owned(), detail: None, before_use }
}

fn made(n: usize) -> impl Strategy<Value = Made> {
    let grant = (
        prop::sample::select(vec!["Ada", "Bo", "House"]),
        prop::option::of(prop::sample::select(vec![Role::Author, Role::Translator])),
        prop::sample::select(vec![Proof::None, Proof::Signed, Proof::Mandate]),
        prop::bool::ANY,
        prop::option::of(0i64..8),
    );
    let shape = (
        prop::sample::select(vec!["house", "other"]),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
        0u64..200,
        20u64..400,
        prop::bool::weighted(0.2),
        prop::sample::subsequence(vec![("Ada", Role::Author), ("Bo", Role::Translator)], 0..=2),
        prop::collection::vec(prop::sample::select(vec!["Ada", "Bo", "House"]), 0..2),
        prop::collection::vec(grant, 0..4),
    );
    shape.prop_map(
        move |(issuer, commons, common, start, letters, settled, credits, reservations, grants)| Made {
            work: format!("w{n}"),
            issuer: issuer.to_owned(),
            commons,
            common,
            start,
            letters,
            settled,
            credits: credits
                .into_iter()
                .map(|(name, role)| Credit { name: name.to_owned(), role, party: None })
                .collect(),
            reservations: reservations
                .into_iter()
                .enumerate()
                .map(|(i, holder)| Reservation {
                    id: format!("r{i}"),
                    holder: holder.to_owned(),
                    scope: Scope::All,
                    uses: UseSet::ALL,
                    territory: Territory::World,
                    period: Period::ALWAYS,
                    declared_at: time(0),
                })
                .collect(),
            grants: grants
                .into_iter()
                .enumerate()
                .map(|(i, (grantor, role, proof, duty, revoked))| {
                    let grant = Grant {
                        id: format!("g{i}"),
                        grantor: grantor.to_owned(),
                        role,
                        licensee: Licensee::Anyone,
                        scope: Scope::All,
                        uses: UseSet::ALL,
                        territory: Territory::World,
                        period: Period::ALWAYS,
                        model: None,
                        conditions: if duty { vec![duty_of("payment", true)] } else { Vec::new() },
                        mandate: (proof == Proof::Mandate).then(|| "mandate-1".to_owned()),
                        declared_at: time(0),
                    };
                    (grant, proof, revoked.map(time))
                })
                .collect(),
        },
    )
}

prop_compose! {
    fn worlds()(statements in (0usize..5).prop_flat_map(|n| (0..n).map(statement).collect::<Vec<_>>()),
                made in (0usize..4).prop_flat_map(|n| (0..n).map(made).collect::<Vec<_>>()),
                name in prop::sample::select(Profile::NAMES.to_vec()),
                research in prop::bool::ANY, lawful_access in prop::bool::ANY, paid in prop::bool::ANY) -> World {
        let mut asking = Asking::at(time(5));
        asking.lawful_access = lawful_access;
        asking.classes = research.then(|| ["research".to_owned()].into());
        if paid {
            asking.met.insert("payment".to_owned());
        }
        World { statements, made, asking, profile: Profile::named(name).expect("a built-in profile") }
    }
}

/// Hands the world to `then` as an item.
fn with_item<T>(world: &World, then: impl FnOnce(&Item<'_>) -> T) -> T {
    let reservations: Vec<Vec<&Reservation>> =
        world.made.iter().map(|m| m.reservations.iter().collect()).collect();
    let grants: Vec<Vec<GivenGrant<'_>>> = world
        .made
        .iter()
        .map(|m| {
            m.grants
                .iter()
                .map(|(grant, proof, revoked_at)| GivenGrant {
                    grant,
                    proof: *proof,
                    revoked_at: *revoked_at,
                })
                .collect()
        })
        .collect();
    let matched: Vec<Matched<'_>> = world
        .made
        .iter()
        .enumerate()
        .map(|(i, m)| Matched {
            work: &m.work,
            issuer: &m.issuer,
            commons: m.commons,
            common: m.common,
            whole: false,
            span: m.start..m.start + m.letters,
            letters: m.letters,
            letters_most: m.letters,
            work_letters: None,
            guarantee: 95,
            settled: m.settled,
            credits: &m.credits,
            reservations: &reservations[i],
            grants: &grants[i],
        })
        .collect();
    then(&Item {
        url: Some("https://example.org/a"),
        acquired_at: Some(time(3)),
        letters: Some(500),
        matched: &matched,
        statements: &world.statements,
    })
}

fn decided(world: &World, u: Use) -> Decision {
    with_item(world, |item| decide(&world.profile, &world.asking, item, u))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_order_of_facts_does_not_matter(world in worlds(), u in prop::sample::select(Use::ALL.to_vec())) {
        let mut turned = world.clone();
        turned.statements.reverse();
        turned.made.reverse();
        for m in &mut turned.made {
            m.grants.reverse();
            m.reservations.reverse();
        }
        let (a, b) = (decided(&world, u), decided(&turned, u));
        prop_assert_eq!((a.verdict, a.ground, a.works), (b.verdict, b.ground, b.works));
    }

    #[test]
    fn saying_it_twice_changes_nothing(world in worlds()) {
        let mut twice = world.clone();
        twice.statements.extend(world.statements.iter().cloned());
        let (a, b) = (decided(&world, Use::TrainGen), decided(&twice, Use::TrainGen));
        prop_assert_eq!((a.verdict, a.ground, a.witness), (b.verdict, b.ground, b.witness));
    }

    #[test]
    fn one_more_no_never_makes_an_answer_milder(world in worlds(), no in statement(99)) {
        let mut more = world.clone();
        more.statements.push(Statement { verdict: Verdict::Denied, nature: Nature::Preference, ..no });
        prop_assert!(decided(&more, Use::TrainGen).verdict >= decided(&world, Use::TrainGen).verdict);
    }

    #[test]
    fn the_witness_alone_gives_the_answer_and_none_of_it_can_be_spared(world in worlds()) {
        with_item(&world, |item| {
            let d = decide(&world.profile, &world.asking, item, Use::TrainGen);
            let answer = (d.verdict, d.ground);
            prop_assert_eq!(replay(&world.profile, &world.asking, item, &d, &d.witness), answer);
            for place in 0..d.witness.len() {
                let mut fewer = d.witness.clone();
                let spared = fewer.remove(place);
                let without = replay(&world.profile, &world.asking, item, &d, &fewer);
                prop_assert_ne!(without, answer, "{:?} can be spared", spared);
            }
            Ok(())
        })?;
    }

    #[test]
    fn every_statement_about_the_use_is_accounted_for(world in worlds()) {
        let d = decided(&world, Use::TrainGen);
        for index in 0..world.statements.len() {
            let fact = Fact::Statement { index };
            let seen = usize::from(d.witness.contains(&fact))
                + d.shadowed.iter().filter(|s| s.what == fact).count();
            prop_assert_eq!(seen, 1, "statement {}: {:?}", index, d);
        }
    }

    #[test]
    fn output_replica_and_display_are_never_allowed_without_a_yes(world in worlds(),
            u in prop::sample::select(vec![Use::AiOutput, Use::Replica, Use::Display])) {
        let mut silent = world;
        for m in &mut silent.made {
            m.grants.clear();
        }
        silent.statements.retain(|s| s.verdict != Verdict::Allowed && s.duties.is_empty());
        prop_assert_ne!(decided(&silent, u).verdict, Verdict::Allowed);
    }

    #[test]
    fn under_prior_authorization_every_yes_names_who_said_it(mut world in worlds(), u in prop::sample::select(Use::ALL.to_vec())) {
        world.profile = Profile::art();
        let d = decided(&world, u);
        if d.verdict == Verdict::Allowed {
            prop_assert!(d.witness.iter().any(|f| matches!(f, Fact::Statement { .. } | Fact::Grant { .. })), "{:?}", d);
        }
    }

    #[test]
    fn a_place_bound_no_stated_after_the_copy_was_made_is_recorded_only(no in statement(0)) {
        let late = Statement {
            binding: Binding::Location,
            verdict: Verdict::Denied,
            parse_status: ParseStatus::Ok,
            evidence: Evidence { observed_at: Some(time(5)), ..no.evidence.clone() },
            ..no
        };
        let mut world =
            World { statements: vec![late], made: Vec::new(), asking: Asking::at(time(6)), profile: Profile::art() };
        let d = decided(&world, Use::TrainGen);
        prop_assert_eq!(d.verdict, Verdict::Unknown);
        prop_assert_eq!(d.shadowed[0].why, Shadow::AfterAcquisition);
        world.profile = Profile::named("strict").unwrap();
        prop_assert_eq!(decided(&world, Use::TrainGen).verdict, Verdict::Denied);
    }

    #[test]
    fn what_another_carrier_overrules_is_shown_and_changes_nothing(
        world in worlds(), other in statement(99), u in prop::sample::select(Use::ALL.to_vec())
    ) {
        let mut more = world.clone();
        more.statements.push(Statement { overruled: true, ..other });
        let (before, after) = (decided(&world, u), decided(&more, u));
        prop_assert_eq!(before.verdict, after.verdict);
        prop_assert_eq!(before.ground, after.ground);
        prop_assert_eq!(before.witness, after.witness);
        let index = world.statements.len();
        let shown = after.shadowed.iter().find(|s| s.what == Fact::Statement { index });
        prop_assert_eq!(shown.map(|s| s.why), Some(Shadow::OtherCarrier));
    }

    #[test]
    fn revocation_works_forward(day in 1i64..5) {
        let grant = |asked: i64| {
            let credit = Credit { name: "Ada".into(), role: Role::Author, party: None };
            let grant = Grant {
                id: "g".into(), grantor: "Ada".into(), role: None, licensee: Licensee::Anyone, scope: Scope::All,
                uses: UseSet::ALL, territory: Territory::World, period: Period::ALWAYS, model: None,
                conditions: Vec::new(), mandate: None, declared_at: time(0),
            };
            let made = Made {
                work: "w".into(), issuer: "house".into(), commons: false, common: false, start: 0, letters: 100,
                settled: false, credits: vec![credit], reservations: Vec::new(),
                grants: vec![(grant, Proof::Signed, Some(time(day)))],
            };
            let world = World {
                statements: Vec::new(), made: vec![made], asking: Asking::at(time(asked)), profile: Profile::art(),
            };
            decided(&world, Use::TrainGen).verdict
        };
        for asked in 0..8 {
            let expected = if asked < day { Verdict::Allowed } else { Verdict::Denied };
            prop_assert_eq!(grant(asked), expected, "asked on {}, revoked on {}", asked, day);
        }
    }
}
