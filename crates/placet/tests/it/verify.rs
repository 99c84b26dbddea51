//! `placet verify` as a stranger runs it, with a proof and a policy that may be anything.

use std::fs;

use placet_core::note::Signer;

use crate::seal::{NAMED, sealed, steady};
use crate::support::run;

#[test]
fn one_byte_changed_anywhere_is_refused() {
    let folder = sealed(true);
    let home = folder.path();
    run(home, ["lookup", "--work", NAMED]).expect(0);
    let proof = fs::read(home.join("answer.placet-proof")).unwrap();
    let verify = ["verify", "changed", "--policy", "trust.policy"];
    // Every place of the format is held in placet-log; here, that the command refuses whatever place it is.
    let step = proof.len() / 40;
    for at in (0..proof.len()).step_by(step).chain([proof.len() - 1]) {
        let mut changed = proof.clone();
        changed[at] ^= 1;
        fs::write(home.join("changed"), changed).unwrap();
        let refused = run(home, verify).expect(10);
        assert!(refused.stdout.is_empty() && refused.stderr.contains("NOT PROVEN"), "byte {at}: {refused}");
    }
    fs::write(home.join("changed"), &proof[..proof.len() / 2]).unwrap();
    run(home, verify).expect(10);
    fs::write(home.join("changed"), &proof).unwrap();
    run(home, verify).expect(0);
}

#[test]
fn what_the_reader_did_not_ask_or_does_not_trust_is_refused_with_the_reason() {
    let folder = sealed(true);
    let home = folder.path();
    run(home, ["lookup", "--work", NAMED]).expect(0);
    let trusted = fs::read_to_string(home.join("trust.policy")).unwrap();
    let other = Signer::from_seed("log.example.org/uses", [1; 32]).unwrap();
    let witness = Signer::witness_from_seed("witness.example", [2; 32]).unwrap();
    let witnessed =
        format!("witness w {}\n{}", witness.verifier(), trusted.replace("quorum none", "quorum w"));
    fs::write(home.join("other.policy"), format!("log {}\nquorum none\n", other.verifier())).unwrap();
    fs::write(home.join("witnessed.policy"), witnessed).unwrap();
    fs::write(home.join("no.policy"), "trust me\n").unwrap();
    let verify = |more: &[&str]| run(home, ["verify", "answer.placet-proof", "--policy"].iter().chain(more));
    let read = [
        verify(&["other.policy"]).expect(10),
        verify(&["witnessed.policy"]).expect(10),
        verify(&["trust.policy", "--work", "press/b2"]).expect(10),
        verify(&["trust.policy", "--period", "2026-Q3"]).expect(10),
        verify(&["trust.policy", "--newest", "100"]).expect(10),
        verify(&["no.policy"]).expect(2),
        verify(&["missing.policy"]).expect(3),
        run(home, ["verify", "trust.policy", "--policy", "trust.policy"]).expect(10),
    ];
    insta::assert_snapshot!(read.iter().map(steady).collect::<Vec<_>>().join("\n\n"));
}
