//! `conformance/decisions/cases.json`: from raw bytes to a verdict, across protocols.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use placet_authorize::{Asking, Fact, Item, Profile, decide, replay};
use placet_core::{Use, Verdict};
use placet_signals::copy::{Copy, Document, Head, Kind, Library, gather};
use placet_signals::site::{Reader, Served, Site};
use serde_json::Value;

/// What one case says of its host, and the documents around it.
struct Shelf<'c> {
    given: &'c Value,
    acquired_at: Timestamp,
}

impl Library for Shelf<'_> {
    type Error = std::convert::Infallible;

    fn site(&mut self, host: &str) -> Result<Option<Arc<Site>>, Self::Error> {
        let mut site = Site::default();
        for (key, path) in [
            ("robots", "/robots.txt"),
            ("tdmrep", "/.well-known/tdmrep.json"),
            ("ai_txt", "/ai.txt"),
            ("trust_txt", "/trust.txt"),
        ] {
            let Some(text) = self.given[key].as_str() else { continue };
            let seen = self.given[format!("{key}_seen")].as_str().map(|time| time.parse().unwrap());
            let status = self.given[format!("{key}_status")].as_u64().map(|status| status as u16);
            let served = Served {
                path,
                url: &format!("https://{host}{path}"),
                status,
                observed_at: Some(seen.unwrap_or(self.acquired_at)),
                bytes: text.as_bytes(),
            };
            site.hear(&served);
        }
        Ok((!site.is_empty()).then(|| Arc::new(site)))
    }

    fn document(
        &mut self,
        url: &str,
        acquired_at: Option<Timestamp>,
    ) -> Result<Option<Arc<Document>>, Self::Error> {
        let text = self.given["documents"][url].as_str();
        Ok(text.map(|text| Arc::new(Document::new(url, acquired_at, text.as_bytes()))))
    }
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().into_iter().flatten();
    list.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digit).collect()
}

/// What is answered, in the words of the cases; a witness that does not give the answer again is told instead.
fn answered(case: &Value) -> String {
    let given = &case["given"];
    let acquired_at: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let mut asking = Asking::at("2026-04-01T00:00:00Z".parse().unwrap());
    asking.agents.extend(texts(&given["agents"]));
    asking.classes = given["classes"].is_array().then(|| texts(&given["classes"]).into_iter().collect());
    asking.lawful_access = given["lawful_access"] == true;
    let profile = Profile::named(given["profile"].as_str().unwrap_or("art")).unwrap();
    let asked: Use = case["use"].as_str().unwrap().parse().unwrap();

    let url = match &given["url"] {
        Value::Null if given.get("url").is_some() => None,
        Value::String(url) => Some(url.as_str()),
        _ => Some("https://a.example/page"),
    };
    let headers = texts(&given["headers"]);
    let fields: Vec<(&str, &[u8])> = headers
        .iter()
        .map(|line| line.split_once(": ").map(|(name, value)| (name, value.as_bytes())).unwrap())
        .collect();
    let file = given["file_hex"].as_str().map(unhex);
    let page = given["page"].as_str();
    let copy = Copy {
        url,
        place: "copy",
        acquired_at: Some(acquired_at),
        head: (!headers.is_empty()).then_some(Head { fields, bytes: b"" }),
        body: file
            .as_deref()
            .map(|bytes| (Kind::Asset, bytes))
            .or(page.map(|page| (Kind::Page, page.as_bytes()))),
        beside: Vec::new(),
    };
    let tokens: Vec<&str> = asking.agents.iter().map(String::as_str).collect();
    let reader = Reader { tokens: &tokens, others: true };
    let Ok(gathered) = gather(&copy, reader, &mut Shelf { given, acquired_at });
    let item =
        Item { url, acquired_at: Some(acquired_at), statements: &gathered.statements, ..Item::default() };
    let decision = decide(&profile, &asking, &item, asked);
    let again = replay(&profile, &asking, &item, &decision, &decision.witness);
    if again != (decision.verdict, decision.ground) {
        return format!("{again:?} by the witness alone");
    }
    let by = decision.witness.iter().find_map(|fact| match fact {
        Fact::Statement { index } => gathered.statements.get(*index),
        _ => None,
    });
    if let Some(by) = by
        && (by.evidence.sha256.is_none() || by.evidence.place.is_empty())
    {
        return format!("evidence without place or hash: {:?}", by.evidence);
    }
    if decision.verdict == Verdict::Allowed && asked != Use::Access && asked != Use::Search {
        assert_eq!(decision.ground.code(), "exception", "nothing here proves a rightsholder's yes: {case}");
    }
    let by = by.map_or_else(String::new, |by| format!(" by {}", by.protocol));
    format!("{} {}{by}", decision.verdict, decision.ground)
}

#[test]
fn every_case_gives_its_verdict() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/decisions/cases.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut wrong = BTreeMap::new();
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let by = case["protocol"].as_str().map_or_else(String::new, |protocol| format!(" by {protocol}"));
        let text = |key: &str| case[key].as_str().unwrap_or_else(|| panic!("{key} of {case}"));
        let expected = format!("{} {}{by}", text("verdict"), text("ground"));
        assert!(
            text("why").len() > 20 && text("source").contains("signals.md") || text("source").contains('§')
        );
        let found = answered(case);
        if found != expected {
            wrong.insert(text("id"), format!("expected {expected}, found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(cases.len() >= 50);
}
