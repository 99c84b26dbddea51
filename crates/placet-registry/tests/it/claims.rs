use placet_core::{Basis, Identifier, PartyKind, Period, Right, Role, Share, Territory, Use, UseStage};
use placet_registry::{ClaimDraft, PartyDraft, RegistryError, newest};
use placet_remunerate::claim::Question;
use placet_remunerate::mandate::{Mandate, Repertoire};
use placet_remunerate::resolve::{RuleSet, State, resolve};

use crate::support::{Desk, day};

fn draft(name: &str, ipi: Option<&str>, share: &str) -> ClaimDraft {
    let identifiers = ipi.iter().map(|ipi| Identifier::of_scheme("ipi", ipi).unwrap()).collect();
    ClaimDraft {
        party: PartyDraft { name: name.to_owned(), kind: PartyKind::Person, identifiers },
        role: Role::Composer,
        right: Right::Mechanical,
        stage: UseStage::Any,
        territory: Territory::World,
        period: Period::ALWAYS,
        share: share.parse().unwrap(),
        basis: Basis::Authorship,
        evidence: vec![],
        place: None,
    }
}

fn desks() -> Vec<Desk> {
    let mut desks = Desk::all();
    for desk in &mut desks {
        let catalogue = desk.write("w.csv", "id,title,kind\na,Aria,composition\nr,Aria sung,recording\n");
        desk.register(&catalogue, day(1));
    }
    desks
}

/// What the claims in work `a` come to: as known on one day, for a use on another.
fn state(desk: &Desk, as_of: i64, used: i64) -> (State, usize) {
    let holdings = desk.registry.claims(day(as_of)).unwrap();
    let question = Question {
        work: "a".into(),
        right: Right::Mechanical,
        purpose: Use::TrainGen,
        territory: Territory::World,
        day: day(used).to_zoned(jiff::tz::TimeZone::UTC).date(),
        as_of: day(as_of),
    };
    let answer = resolve(&holdings.claims, &RuleSet::plain(), &question);
    (answer.state, answer.parts.len())
}

#[test]
fn claims_are_said_changed_and_kept_as_they_were() {
    for mut desk in desks() {
        let (ada, bob) = (draft("Ada", Some("00014107338"), "1/2"), draft("Bob", None, "1/2"));
        let counts = desk.registry.claim("a", &[ada.clone(), bob.clone()], day(2)).unwrap();
        assert_eq!((counts.new, counts.changed, counts.unchanged), (2, 0, 0));
        let again = desk.registry.claim("a", &[bob.clone(), ada.clone()], day(3)).unwrap();
        assert_eq!((again.new, again.changed, again.unchanged), (0, 0, 2));
        let more = ClaimDraft { share: Share::Part("75%".parse().unwrap()), ..bob };
        assert_eq!(desk.registry.claim("a", &[more], day(4)).unwrap().changed, 1);
        assert_eq!(state(&desk, 1, 5), (State::UnderClaimed, 0));
        assert_eq!(state(&desk, 3, 5), (State::Resolved, 2));
        assert_eq!(state(&desk, 4, 5), (State::OverClaimed, 2));
        let entries = desk.registry.claims_in("a", day(9)).unwrap();
        assert_eq!((entries.len(), newest(&entries).len()), (3, 2));
        assert_eq!(entries.iter().map(|e| e.version).collect::<Vec<_>>(), [1, 1, 2]);
        let missing = desk.registry.claim("zz", &[ada], day(5)).unwrap_err();
        assert!(matches!(missing, RegistryError::UnknownWorks { .. }));
    }
}

#[test]
fn what_two_sources_say_alike_is_one_claim() {
    for mut desk in desks() {
        let ada = draft("Ada", Some("00014107338"), "1/2");
        desk.registry.claim("a", &[ClaimDraft { share: Share::Unknown, ..ada.clone() }], day(2)).unwrap();
        let mut other = desk.open(day(3)).acting_as("Other");
        // The other source knows the share: it takes the place of the unknown one.
        assert_eq!(other.claim("a", std::slice::from_ref(&ada), day(3)).unwrap().changed, 1);
        assert_eq!(desk.registry.claim("a", std::slice::from_ref(&ada), day(4)).unwrap().unchanged, 1);
        // A contradiction stands beside it.
        let less = ClaimDraft { share: "1/4".parse().unwrap(), ..ada };
        assert_eq!(desk.registry.claim("a", &[less], day(5)).unwrap().new, 1);
        assert_eq!(newest(&desk.registry.claims_in("a", day(9)).unwrap()).len(), 2);
    }
}

#[test]
fn what_is_not_said_again_ends_and_stays_true_of_the_past() {
    for mut desk in desks() {
        let (ada, bob) = (draft("Ada", None, "1/2"), draft("Bob", None, "1/2"));
        desk.registry.claim("a", &[ada.clone(), bob.clone()], day(2)).unwrap();
        let last = day(5).to_zoned(jiff::tz::TimeZone::UTC).date();
        let counts = desk.registry.restate("a", std::slice::from_ref(&ada), last, day(6)).unwrap();
        assert_eq!((counts.unchanged, counts.ended), (1, 1));
        assert_eq!(state(&desk, 5, 7), (State::Resolved, 2));
        assert_eq!(state(&desk, 6, 5), (State::Resolved, 2));
        assert_eq!(state(&desk, 6, 7), (State::UnderClaimed, 1));
        assert_eq!(desk.registry.restate("a", &[ada, bob], last, day(8)).unwrap().changed, 1);
        assert_eq!(state(&desk, 8, 9), (State::Resolved, 2));
    }
}

#[test]
fn parties_are_found_by_identifier_and_by_name() {
    for mut desk in desks() {
        desk.registry
            .claim(
                "a",
                &[draft("Ada Byron", Some("00014107338"), "1/2"), draft("ADA  byron", None, "1/4")],
                day(2),
            )
            .unwrap();
        let ids = |called: &str| -> Vec<String> {
            desk.registry.parties_called(called).unwrap().into_iter().map(|p| p.id).collect()
        };
        assert_eq!(ids("ipi:00014107338"), ["ipi:00014107338"]);
        assert_eq!(ids("ada byron"), ["ipi:00014107338", "name:ada byron"]);
        assert_eq!(ids("name:ada byron"), ["ipi:00014107338", "name:ada byron"]);
        assert_eq!(desk.registry.claims_of("ipi:00014107338", day(3)).unwrap().len(), 1);
        assert!(ids("nobody").is_empty());
    }
}

#[test]
fn mandates_keep_their_versions() {
    for mut desk in desks() {
        let mandate = |works: &[&str]| Mandate {
            id: "m1".into(),
            grantor: "ipi:00014107338".into(),
            manager: "cmo".into(),
            rights: vec![Right::Mechanical],
            territory: Territory::World,
            works: Repertoire::AllBut(works.iter().map(|w| (*w).to_owned()).collect()),
            commission: "10%".parse().unwrap(),
            cultural: "0".parse().unwrap(),
            period: Period::ALWAYS,
            collects_until: None,
        };
        assert!(desk.registry.mandate(&mandate(&[]), day(2)).unwrap());
        assert!(!desk.registry.mandate(&mandate(&[]), day(3)).unwrap());
        assert!(desk.registry.mandate(&mandate(&["a"]), day(4)).unwrap());
        let at = |n| desk.registry.mandates_at(day(n)).unwrap().0;
        assert_eq!((at(1).len(), at(3), at(4)), (0, vec![mandate(&[])], vec![mandate(&["a"])]));
        let (early, late) = (desk.registry.claims(day(3)).unwrap(), desk.registry.claims(day(4)).unwrap());
        assert_ne!(early.mandates.digest(), late.mandates.digest());
        assert_eq!(early.catalogue.digest(), late.catalogue.digest());
    }
}
