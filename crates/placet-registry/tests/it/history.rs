use std::collections::BTreeSet;

use placet_core::note::Signer;
use placet_core::{Licensee, Period, Scope, Territory, Use, UseSet};
use placet_registry::{GrantTerms, RegistryError, ReservationTerms};

use crate::support::{Desk, day};

fn no(scope: Scope) -> ReservationTerms {
    ReservationTerms { scope, uses: UseSet::ALL, territory: Territory::World, period: Period::ALWAYS }
}

fn yes(scope: Scope) -> GrantTerms {
    GrantTerms {
        role: None,
        licensee: Licensee::Named("Provider X".to_owned()),
        scope,
        uses: UseSet::NONE.with(Use::AiIndex),
        territory: Territory::World,
        period: "../2027-12-31".parse().unwrap(),
        model: None,
        conditions: vec![],
        mandate: Some("M-1".to_owned()),
    }
}

#[test]
fn every_question_can_be_asked_as_of_a_moment() {
    for mut desk in Desk::all() {
        let catalogue = desk.write("w.csv", "id,title\na,One\n");
        desk.register(&catalogue, day(1));
        desk.write("w.csv", "id,title\na,Two\nb,New\n");
        desk.register(&catalogue, day(3));
        for (at, titles) in
            [(0, &[][..]), (1, &["One"]), (2, &["One"]), (3, &["Two", "New"]), (9, &["Two", "New"])]
        {
            assert_eq!(desk.titles_at(day(at)), titles, "day {at}");
        }
        let reserved = desk.registry.reserve(no(Scope::All), day(2)).unwrap();
        let granted =
            desk.registry.grant(yes(Scope::Works(BTreeSet::from(["a".to_owned()]))), day(4)).unwrap();
        desk.registry.revoke(&reserved.record.id, day(6)).unwrap();
        desk.registry.revoke(&granted.record.id, day(7)).unwrap();
        let counts = |at| {
            let registry = &desk.registry;
            (registry.reservations_at(day(at)).unwrap().len(), registry.grants_at(day(at)).unwrap().len())
        };
        assert_eq!(
            (1..=7).map(counts).collect::<Vec<_>>(),
            [(0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (0, 1), (0, 0)]
        );
        assert_eq!(desk.registry.grants_at(day(5)).unwrap(), [granted.record]);
    }
}

#[test]
fn the_same_words_twice_are_one_declaration() {
    for mut desk in Desk::all() {
        let first = desk.registry.reserve(no(Scope::All), day(1)).unwrap();
        let again = desk.registry.reserve(no(Scope::All), day(2)).unwrap();
        assert_eq!((first.new, again.new, again.record), (true, false, first.record.clone()));
        desk.registry.revoke(&first.record.id, day(3)).unwrap();
        assert!(matches!(desk.registry.revoke(&first.record.id, day(4)), Err(RegistryError::Unknown { .. })));
        let anew = desk.registry.reserve(no(Scope::All), day(5)).unwrap();
        assert!(anew.new && anew.record.id != first.record.id);
        let unknown =
            desk.registry.reserve(no(Scope::Works(BTreeSet::from(["x".to_owned()]))), day(6)).unwrap_err();
        assert_eq!(unknown.to_string(), "no work is registered as x");
    }
}

#[test]
fn the_trust_list_keeps_its_history() {
    for mut desk in Desk::all() {
        let key = Signer::from_seed("press.example", [7; 32]).unwrap().verifier().to_string();
        assert!(desk.registry.trust_issuer(&key, None, day(1)).unwrap());
        assert!(!desk.registry.trust_issuer(&key, None, day(2)).unwrap());
        let listed = desk.registry.trusted_at(day(2)).unwrap();
        assert_eq!((listed[0].name.as_str(), listed[0].since), ("press.example", day(1)));
        assert_eq!(desk.registry.trusted_keys().unwrap()[0].to_string(), key);
        desk.registry.distrust_issuer("press.example", day(3)).unwrap();
        assert_eq!(desk.registry.trusted_at(day(3)).unwrap(), []);
        assert_eq!(desk.registry.trusted_at(day(2)).unwrap().len(), 1);
        assert!(desk.registry.trust_issuer(&key, Some("The Press"), day(4)).unwrap());
        assert_eq!(desk.registry.trusted_at(day(4)).unwrap()[0].name, "The Press");
        assert!(matches!(
            desk.registry.trust_issuer("nonsense", None, day(5)),
            Err(RegistryError::Key { .. })
        ));
    }
}

#[test]
fn changes_carry_their_author() {
    for mut desk in Desk::all() {
        let catalogue = desk.write("w.csv", "id,title\na,One\n");
        desk.register(&catalogue, day(1));
        desk.write("w.csv", "id,title\na,Two\n");
        let mut deputy = desk.open(day(2)).acting_as("Deputy");
        deputy.register(&[catalogue], &placet_registry::Mapping::new(), day(2), &mut |_| {}).unwrap();
        let authors: Vec<_> = deputy.versions("a").unwrap().into_iter().map(|v| v.author).collect();
        assert_eq!(authors, ["Example Press", "Deputy"]);
    }
}
