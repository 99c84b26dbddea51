//! Decisions, seals and exports of the journal.

use std::fs;

use crate::settle::tariff;
use crate::support::run;

#[test]
fn money_that_waits_moves_by_a_signed_decision_and_in_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    run(home, ["init", "--name", "Board"]).expect(0);
    let claims = "id,work,party,role,right,share\n\
        a,w,Ana,author,reproduction-training,2/3\nb,w,Ben,author,reproduction-training,2/3\n";
    fs::write(home.join("claims.csv"), claims).unwrap();
    let uses =
        r#"{"id":"1","work":"w","use":"access","day":"2026-07-10","unit":"crawl","amount":3000,"grant":"g"}"#;
    fs::write(home.join("uses.jsonl"), uses).unwrap();
    let tariff = tariff("rsl-pay-per-use.toml").display().to_string();
    let settle = [
        "settle",
        "--uses",
        "uses.jsonl",
        "--claims",
        "claims.csv",
        "--tariff",
        &tariff,
        "--period",
        "2026-Q3",
    ];
    let settled = run(home, settle.iter().chain(&["--licensee", "L", "--json"])).expect(0);
    let said: serde_json::Value = serde_json::from_str(&settled.stdout).unwrap();
    let settlement = said["run"].as_str().unwrap();
    let decision = |lapse: bool| {
        serde_json::json!({ "settlement": settlement, "work": "w", "outcome": { "Ana": "1/4", "Ben": "3/4" }, "lapse": lapse })
            .to_string()
    };
    fs::write(home.join("lapse.json"), decision(true)).unwrap();
    fs::write(home.join("release.json"), decision(false)).unwrap();
    let mut key = String::new();
    for name in ["lapse", "release"] {
        let (from, to) = (format!("{name}.json"), format!("{name}.note"));
        let signed = run(home, ["ledger", "sign", &from, "-o", &to]).expect(0);
        key = signed.stdout.trim().trim_start_matches("signed with ").to_owned();
    }
    let decide = |note: &str, key: &str| {
        run(home, ["ledger", "decide", "settlement", "--decision", note, "--key", key])
    };
    let early = decide("lapse.note", &key).expect(10);
    assert!(early.stderr.contains("not before (Directive 2014/26/EU, Article 13)"), "{early}");
    let other = placet_core::note::Signer::from_seed("Stranger", [3; 32]).unwrap().verifier().to_string();
    decide("release.note", &other).expect(10);
    fs::write(
        home.join("forged.note"),
        fs::read_to_string(home.join("release.note")).unwrap().replace("1/4", "4/4"),
    )
    .unwrap();
    decide("forged.note", &key).expect(10);
    assert!(decide("release.note", &key).expect(0).stdout.starts_with("booked: w: decided by Board"));
    assert_eq!(decide("release.note", &key).expect(0).stdout, "nothing booked: this was booked before\n");
    run(home, ["ledger", "check", "--settlement", "settlement"]).expect(0);

    run(home, ["ledger", "seal", "2026-Q3"]).expect(0);
    run(home, ["ledger", "seal", "9999-12-31"]).expect(2);
    let reverse = run(home, ["ledger", "reverse", settlement, "--reason", "withdrawn"]).expect(0);
    assert!(reverse.stdout.contains("withdrawn"), "{reverse}");
    let check = run(home, ["ledger", "check", "--json"]).expect(0);
    let check: serde_json::Value = serde_json::from_str(&check.stdout).unwrap();
    assert_eq!(check["balances"], serde_json::json!([]), "the decision is taken back with its settlement");
    assert_eq!(check["sealed"], "2026-09-30");
    assert_eq!(check["invariants"].as_array().unwrap().len(), 12);
}
