//! What a run finds and decides.

use std::fs;

use placet_authorize::UnknownItems;
use placet_core::Use;
use placet_corpus::table::Value;

use crate::support::{Bench, excerpt, grant, number, pack, prose, reservation, text};

fn jsonl(items: &[(&str, String)]) -> String {
    items
        .iter()
        .map(|(id, text)| {
            let url = format!("https://www.site-{id}.example/page");
            format!("{}\n", serde_json::json!({ "id": id, "url": url, "text": text }))
        })
        .collect()
}

#[test]
fn a_reserved_work_refuses_the_item_and_the_match_points_at_the_text() {
    let book = prose(1, 3000);
    let hidden = excerpt(&book, 700, 60);
    let item = format!("Préface — {} {hidden} {}", prose(50, 80), prose(51, 80));
    let mut bench = Bench::new();
    bench.reserve(&[("b1", &book)]);
    bench.corpus("a.jsonl", jsonl(&[("one", item.clone()), ("two", prose(60, 200))]));
    let outcome = bench.scan(&bench.job("run")).unwrap();
    assert_eq!((outcome.items, outcome.items_matched, outcome.kept), (2, 1, 1));
    assert!(outcome.denied());

    let decisions = bench.rows("run/decisions.parquet");
    let said: Vec<_> = decisions
        .iter()
        .map(|row| (text(row, "item_id"), text(row, "use"), text(row, "verdict"), text(row, "ground")))
        .collect();
    assert_eq!(
        said,
        [
            ("one", "train-gen", "denied", "reserved"),
            ("two", "train-gen", "unknown", "unknown-not-authorised")
        ]
    );
    assert_eq!(decisions[0]["works"], Value::TextList(vec!["press/b1".to_owned()]));
    assert_eq!(text(&decisions[0], "domain"), "site-one.example");

    let matches = bench.rows("run/matches.parquet");
    assert_eq!(matches.len(), 1);
    let (start, end) = (number(&matches[0], "item_start"), number(&matches[0], "item_end"));
    let core: String = item.chars().skip(start as usize).take((end - start) as usize).collect();
    assert!(hidden.contains(&core), "{core}");
    let margins = number(&matches[0], "margin_start") + number(&matches[0], "margin_end");
    assert!((core.len() as u64 + margins) as usize >= hidden.len(), "{} + {margins}", core.len());

    let uses = bench.rows("run/uses.parquet");
    assert_eq!(uses.len(), 1);
    assert_eq!((text(&uses[0], "work_id"), text(&uses[0], "title")), ("b1", "The Book of b1"));
    assert_eq!(number(&uses[0], "items"), 1);
    assert!((20..=60).contains(&number(&uses[0], "words")), "{uses:?}");

    let cleared = fs::read_to_string(bench.path("run/cleared/a.jsonl")).unwrap();
    assert_eq!(cleared.lines().count(), 1);
    assert!(cleared.contains("\"two\""));
    assert_eq!(fs::read_to_string(bench.path("run/aside.jsonl")).unwrap(), "");
}

#[test]
fn a_grant_allows_its_licensee_and_nobody_else() {
    let book = prose(2, 2000);
    let mut bench = Bench::new();
    let path = bench.path("rights.placet");
    let grants = vec![grant("b1", Use::TrainGen, "Provider X")];
    bench.packs.push(pack(&path, "press", 1, &[("b1", &book)], vec![reservation()], grants, false));
    bench.corpus("a.jsonl", jsonl(&[("one", excerpt(&book, 100, 200))]));

    let mut job = bench.job("run");
    job.licensee = Some("provider x".to_owned());
    job.unknown = Some(UnknownItems::Drop);
    let outcome = bench.scan(&job).unwrap();
    assert!(!outcome.denied());
    assert_eq!(outcome.kept, 1);
    assert_eq!(text(&bench.rows("run/uses.parquet")[0], "verdict"), "allowed");

    let mut job = bench.job("other");
    job.licensee = Some("Provider Y".to_owned());
    assert!(bench.scan(&job).unwrap().denied());
}

#[test]
fn two_issuers_of_one_text_are_a_conflict_and_refuse() {
    let book = prose(3, 2000);
    let mut bench = Bench::new();
    for (issuer, seed) in [("press", 1), ("pirate", 2)] {
        let path = bench.path(&format!("{issuer}.placet"));
        let grants = vec![grant("b1", Use::TrainGen, "Provider X")];
        bench.packs.push(pack(&path, issuer, seed, &[("b1", &book)], Vec::new(), grants, false));
    }
    bench.corpus("a.jsonl", jsonl(&[("one", excerpt(&book, 100, 200))]));
    let mut job = bench.job("run");
    job.licensee = Some("Provider X".to_owned());
    let outcome = bench.scan(&job).unwrap();
    assert_eq!(outcome.conflicts, 1);
    let decisions = bench.rows("run/decisions.parquet");
    assert_eq!((text(&decisions[0], "verdict"), text(&decisions[0], "ground")), ("denied", "conflict"));
}

#[test]
fn what_a_commons_pack_holds_is_common_and_no_use() {
    let book = prose(4, 2000);
    let mut bench = Bench::new();
    bench.reserve(&[("b1", &book)]);
    let path = bench.path("commons.placet");
    bench.packs.push(pack(&path, "library", 3, &[("pd", &book)], Vec::new(), Vec::new(), true));
    bench.corpus("a.jsonl", jsonl(&[("one", excerpt(&book, 100, 200))]));
    let outcome = bench.scan(&bench.job("run")).unwrap();
    assert!(!outcome.denied());
    let matches = bench.rows("run/matches.parquet");
    assert!(matches.iter().all(|row| row["common"] == Value::Bool(true)), "{matches:?}");
    assert!(bench.rows("run/uses.parquet").is_empty());
}

#[test]
fn redaction_cuts_the_matched_words_and_keeps_the_rest() {
    let book = prose(5, 2000);
    let (before, hidden, behind) = (prose(70, 100), excerpt(&book, 500, 80), prose(71, 100));
    let mut bench = Bench::new();
    bench.reserve(&[("b1", &book)]);
    bench.corpus("a.jsonl", jsonl(&[("one", format!("{before} {hidden} {behind}"))]));
    let mut job = bench.job("run");
    job.redact = true;
    assert_eq!(bench.scan(&job).unwrap().redacted, 1);
    let cleared = fs::read_to_string(bench.path("run/cleared/a.jsonl")).unwrap();
    let item: serde_json::Value = serde_json::from_str(cleared.trim()).unwrap();
    let left = item["text"].as_str().unwrap();
    assert!(
        left.starts_with(&excerpt(&before, 0, 60)) && left.ends_with(&excerpt(&behind, 40, 60)),
        "{left}"
    );
    for from in 0..60 {
        assert!(!left.contains(&excerpt(&hidden, from, 20)), "{left}");
    }
}

#[test]
fn a_profile_that_drops_unknown_leaves_an_empty_cleared_corpus() {
    let mut bench = Bench::new();
    bench.reserve(&[("b1", &prose(6, 500))]);
    bench.corpus("a.jsonl", jsonl(&[("one", prose(80, 100))]));
    let mut job = bench.job("run");
    job.unknown = None;
    let outcome = bench.scan(&job).unwrap();
    assert_eq!((outcome.kept, outcome.denied()), (0, false));
    assert_eq!(fs::read_to_string(bench.path("run/cleared/a.jsonl")).unwrap(), "");
}

#[test]
fn what_cannot_be_read_is_put_aside_and_the_rest_is_scanned() {
    let mut bench = Bench::new();
    bench.reserve(&[("b1", &prose(7, 500))]);
    bench.corpus("a.jsonl", format!("{{\"id\": \"x\", broken\n{}", jsonl(&[("one", prose(81, 50))])));
    bench.corpus("b.xyz", [0_u8, 1, 2, 255]);
    bench.corpus("c.jsonl.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03garbage");
    let outcome = bench.scan(&bench.job("run")).unwrap();
    assert_eq!((outcome.items, outcome.aside), (1, 3));
    let aside = fs::read_to_string(bench.path("run/aside.jsonl")).unwrap();
    let paths: Vec<String> = aside
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["path"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(paths, ["b.xyz", "a.jsonl", "c.jsonl.gz"]);
}
