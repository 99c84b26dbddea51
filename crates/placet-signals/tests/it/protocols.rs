use std::collections::BTreeMap;

use placet_core::{ParseStatus, Statement, Use, Verdict};
use placet_signals::{Defect, aipref, asset, content_signal, plus, robots, rsl, tdmrep};
use rsl::Association::{Page, Site};
use serde_json::{Value, json};

/// The strictest answer per use, as the cases write it.
fn answers(statements: &[Statement]) -> BTreeMap<String, String> {
    let said = |u: Use| statements.iter().filter_map(|s| s.says(u)).reduce(Verdict::join);
    Use::ALL.into_iter().filter_map(|u| said(u).map(|v| (u.to_string(), v.to_string()))).collect()
}

fn is_flagged(statements: &[Statement]) -> bool {
    statements.iter().any(|s| s.parse_status == ParseStatus::MalformedIntent)
}

fn cases(file: &str, key: &str) -> Vec<Value> {
    let value: Value = serde_json::from_slice(&crate::conformance(file)).unwrap();
    value[key].as_array().unwrap().clone()
}

type Stated = (Vec<Statement>, Vec<Defect>);

fn check_signals(
    file: &str,
    header: fn(&[&[u8]]) -> Stated,
    in_robots: fn(&robots::Robots, &[&str], &str) -> Stated,
) {
    for case in cases(file, "cases") {
        let (stated, _) = if let Some(field) = case["header"].as_str() {
            header(&[field.as_bytes()])
        } else {
            let (robots, _) = robots::parse(case["robots"].as_str().unwrap().as_bytes());
            in_robots(&robots, &[case["agent"].as_str().unwrap()], case["url"].as_str().unwrap())
        };
        assert_eq!(json!(answers(&stated)), case["says"], "{}", case["id"]);
        assert_eq!(is_flagged(&stated), case["flagged"] == true, "{}", case["id"]);
    }
}

#[test]
fn aipref_cases() {
    check_signals("aipref/cases.json", aipref::header, aipref::in_robots);
}

#[test]
fn content_signal_cases() {
    check_signals("content-signal/cases.json", content_signal::header, content_signal::in_robots);
}

fn check_mining(case: &Value, marks: &[tdmrep::Mark]) {
    let stated = tdmrep::statements(marks, Some("https://example.com/a"));
    let said = answers(&stated);
    assert_eq!(said.get("tdm").map(String::as_str), case["mining"].as_str(), "{case}");
    assert_eq!(is_flagged(&stated), case["flagged"] == true, "{case}");
}

#[test]
fn tdmrep_cases() {
    for case in cases("tdmrep/cases.json", "precedence") {
        let value = |carrier: &str| case[carrier].as_u64().map(|n| n.to_string());
        let file = value("file").map(|v| format!("[{{\"location\":\"/\",\"tdm-reservation\":{v}}}]"));
        let xmp = value("asset").map(|v| {
            format!(
                "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
                 xmlns:tdm=\"http://www.w3.org/ns/tdmrep/\"><tdm:reservation>{v}</tdm:reservation>\
                 </rdf:Description></rdf:RDF>"
            )
        });
        let marks = [
            file.and_then(|f| tdmrep::file(f.as_bytes()).0.mark("https://example.com/a")),
            value("header").and_then(|v| tdmrep::header(&[v.as_bytes()], None).0),
            value("html").and_then(|v| {
                let page = format!("<meta name=\"tdm-reservation\" content=\"{v}\">");
                placet_signals::html::parse(page.as_bytes(), None).0.tdmrep
            }),
            xmp.and_then(|x| asset::parse(x.as_bytes()).0.tdmrep),
        ];
        check_mining(&case, &marks.into_iter().flatten().collect::<Vec<_>>());
    }
    for case in cases("tdmrep/cases.json", "files") {
        let (file, _) = tdmrep::file(case["file"].as_str().unwrap().as_bytes());
        let mark = file.mark(case["url"].as_str().unwrap());
        check_mining(&case, &mark.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn rsl_cases() {
    for case in cases("rsl/cases.json", "cases") {
        let document = case["document"].as_str().map_or_else(
            || {
                let licence = case["licence"].as_str().unwrap();
                format!(
                    "<rsl xmlns=\"{}\"><content url=\"/\"><license>{licence}</license></content></rsl>",
                    rsl::SPACE
                )
            },
            str::to_owned,
        );
        let (read, _) = rsl::parse(document.as_bytes());
        let stated = rsl::statements(&read, Some("https://example.com/a"), rsl::Association::Site);
        let said = answers(&stated);
        if case["silent"] == true {
            assert!(stated.is_empty(), "{}: {said:?}", case["id"]);
            continue;
        }
        for (used, verdict) in case["says"].as_object().unwrap() {
            assert_eq!(said.get(used).map(String::as_str), verdict.as_str(), "{} {used}", case["id"]);
        }
        assert_eq!(is_flagged(&stated), case["flagged"] == true, "{}", case["id"]);
        // What is written reads back as the same answers.
        let (again, _) = rsl::parse(rsl::write(&read.contents).as_bytes());
        let told = rsl::statements(&again, Some("https://example.com/a"), rsl::Association::Site);
        if !read.contents.iter().flat_map(|c| &c.licences).any(|l| l.unknown_report) {
            assert_eq!(answers(&told), said, "{}", case["id"]);
        }
    }
}

/// Evidence names the thing, the part of it and the hash of its bytes, so that it can be opened again.
#[test]
fn evidence_is_completed_once_the_place_is_known() {
    let page = b"<meta name=\"robots\" content=\"noai\">";
    let (signals, _) = placet_signals::html::parse(page, None);
    let mut stated = signals.statements;
    let at = "2026-11-21T12:00:00Z".parse().ok();
    placet_signals::locate(&mut stated, "https://example.org/a", at, page);
    let evidence = &stated[0].evidence;
    assert_eq!(evidence.place, "https://example.org/a#meta");
    assert_eq!(evidence.quote.as_deref(), Some("noai"));
    assert_eq!(evidence.observed_at, at);
    assert_eq!(
        evidence.blake3.as_deref(),
        Some(blake3::hash(page).to_hex().as_str()),
        "the hash is that of the bytes read"
    );
}

/// A page's licence beats its site's; one that does not speak of the page beats nothing.
#[test]
fn the_more_specific_licence_prevails() {
    let document = |url: &str, words: &str| {
        let text = format!(
            "<rsl xmlns=\"{}\"><content url=\"{url}\"><license>{words}</license></content></rsl>",
            rsl::SPACE
        );
        rsl::parse(text.as_bytes()).0
    };
    let site = document("/", "<prohibits type=\"usage\">all</prohibits>");
    let page = document("", "<permits type=\"usage\">all</permits>");
    let elsewhere = document("/b", "<permits type=\"usage\">all</permits>");
    let url = Some("https://example.com/a");
    let says = |documents: &[(&rsl::Rsl, rsl::Association)]| {
        answers(&rsl::prevailing(documents, url)).get("train-gen").cloned().unwrap()
    };
    assert_eq!(says(&[(&site, Site), (&page, Page)]), "allowed");
    assert_eq!(says(&[(&site, Site), (&elsewhere, Page)]), "denied");
}

/// Every value of PLUS Data Mining in every container that is walked.
#[test]
fn plus_values_in_containers() {
    for meant in plus::DataMining::ALL {
        let packet = plus::write(meant);
        let expected = answers(&asset::parse(packet.as_bytes()).0.statements);
        for (name, file) in crate::containers::all(packet.as_bytes()) {
            let (signals, defects) = asset::parse(&file);
            assert_eq!(answers(&signals.statements), expected, "{} in {name}: {defects:?}", meant.key());
        }
        let says = |u: Use| expected.get(u.code()).map(String::as_str);
        let (mining, generative, nongenerative, search) = match meant {
            plus::DataMining::Unspecified => (Some("unknown"), Some("unknown"), Some("unknown"), None),
            plus::DataMining::Allowed => (Some("allowed"), Some("allowed"), Some("allowed"), None),
            plus::DataMining::ProhibitedAiMlTraining => (None, Some("denied"), Some("denied"), None),
            plus::DataMining::ProhibitedGenAiMlTraining => (None, Some("denied"), None, None),
            plus::DataMining::ProhibitedExceptSearchEngineIndexing => {
                (Some("denied"), Some("denied"), Some("denied"), Some("allowed"))
            }
            plus::DataMining::Prohibited => (Some("denied"), Some("denied"), Some("denied"), Some("denied")),
            _ => (Some("conditional"), Some("conditional"), Some("conditional"), Some("conditional")),
        };
        assert_eq!(
            [says(Use::Tdm), says(Use::TrainGen), says(Use::TrainNongen), says(Use::Search)],
            [mining, generative, nongenerative, search],
            "{}",
            meant.key()
        );
    }
    assert_eq!(
        plus::DataMining::parse("Prohibited for Generative AI/ML training"),
        Some(plus::DataMining::ProhibitedGenAiMlTraining)
    );
}
