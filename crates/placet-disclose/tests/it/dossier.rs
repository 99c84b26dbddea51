//! What a jurisdiction's text would make of the facts of a case.

use placet_disclose::case::{Body, CaseFolder, Rebuttal, Side, Silence};
use placet_disclose::dossier::{JURISDICTIONS, Jurisdiction, Outcome, build};
use placet_disclose::evidence::probe::{Overlap, Probe};
use placet_disclose::evidence::{Evidence, Found};

use crate::case::{Party, at, party, request, write};

pub(crate) fn probe() -> Evidence {
    let probe = Probe {
        model: "Model X 2.1".to_owned(),
        prompt: "Recite the poem *bold* #eval(\"x\") \u{202e}".to_owned(),
        time: "2026-02-01T10:00:00Z".to_owned(),
        output_sha256: "cd".repeat(32),
        letters: 900,
        guarantee: "11 words".to_owned(),
        overlaps: vec![Overlap {
            work: "w1".to_owned(),
            from: 0,
            until: 300,
            work_from: 10,
            letters: 240,
            agreement_permille: 993,
            extent: "excerpt".to_owned(),
            common: false,
            quote: "Litwo! Ojczyzno moja".to_owned(),
        }],
        compared: 1,
    };
    Evidence {
        title: "Output of Model X 2.1 with 1 stretch that agrees".to_owned(),
        graded: probe.graded(),
        source: "output".to_owned(),
        from: Some(at("2026-02-01T10:00:00Z")),
        until: None,
        works: vec!["w1".to_owned()],
        verify: vec!["sha256sum".to_owned()],
        files: Vec::new(),
        found: Found::OutputProbe(probe),
    }
}

/// A request, an output that holds the work, a silence.
pub(crate) fn case() -> (tempfile::TempDir, CaseFolder, Party) {
    let folder = tempfile::tempdir().unwrap();
    let case = CaseFolder::new(folder.path().join("17"));
    let anna = party("anna", Side::Rightsholder, 1);
    let asked = write(&case, &anna, "2026-02-10T09:00:00Z", request("2026-03-12"));
    write(&case, &anna, "2026-02-11T09:00:00Z", Body::Evidence(Box::new(probe())));
    let silence = Silence {
        to: asked.sha256,
        due: "2026-03-12".parse().unwrap(),
        as_of: "2026-03-20".parse().unwrap(),
        days: 8,
    };
    write(&case, &anna, "2026-03-20T09:00:00Z", Body::Silence(silence));
    (folder, case, anna)
}

fn outcome(case: &CaseFolder, profile: &str) -> (Outcome, usize) {
    let jurisdiction = Jurisdiction::named(profile).unwrap();
    let dossier =
        build("17", &case.documents().unwrap(), jurisdiction, ("anna", "key"), at("2026-04-01T00:00:00Z"));
    assert!(dossier.facts.is_sorted_by_key(|fact| fact.when));
    (dossier.assessment.outcome, dossier.assessment.counted.len())
}

#[test]
fn every_profile_reads_and_says_how_its_text_stands() {
    let ids: Vec<&str> = JURISDICTIONS.iter().map(|j| j.id.as_str()).collect();
    assert_eq!(ids, ["fr-ppl220", "eu", "de", "us", "us-ca"]);
    for j in JURISDICTIONS.iter() {
        assert!(!j.status.is_empty() && !j.sources.is_empty() && !j.way.is_empty(), "{}", j.id);
    }
}

#[test]
fn an_indication_supports_and_a_rebuttal_turns_it() {
    let (_folder, case, anna) = case();
    assert_eq!(outcome(&case, "fr-ppl220"), (Outcome::Plausible, 1));
    assert_eq!(outcome(&case, "de"), (Outcome::Plausible, 1));
    assert_eq!(outcome(&case, "us"), (Outcome::Plausible, 1));
    let provider = party("ai", Side::Provider, 2);
    let probe = case.documents().unwrap()[1].sha256.clone();
    let text = "The prompt held the text.".to_owned();
    let rebuttal = |to: String, text: String| Body::Rebuttal(Rebuttal { to, text, files: Vec::new() });
    write(&case, &provider, "2026-03-21T09:00:00Z", rebuttal(probe, text));
    // One indication of grade C is left: too little for the French bill, nothing for the judgment.
    assert_eq!(outcome(&case, "fr-ppl220"), (Outcome::Rebutted, 0));
    assert_eq!(outcome(&case, "de"), (Outcome::Rebutted, 0));
    assert_eq!(outcome(&case, "us"), (Outcome::Plausible, 1));
    let silence = case.documents().unwrap()[2].sha256.clone();
    write(&case, &anna, "2026-03-22T09:00:00Z", rebuttal(silence, "Their answer came by post.".to_owned()));
    assert_eq!(outcome(&case, "us"), (Outcome::Rebutted, 0));
}

#[test]
fn an_empty_case_supports_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let case = CaseFolder::new(folder.path().join("1"));
    write(&case, &party("anna", Side::Rightsholder, 1), "2026-02-10T09:00:00Z", request("2026-03-12"));
    for j in JURISDICTIONS.iter() {
        assert_eq!(outcome(&case, &j.id), (Outcome::NotEnough, 0), "{}", j.id);
    }
}

#[test]
fn the_same_case_makes_the_same_dossier_and_no_word_calls_a_match_a_use() {
    let (_folder, case, _) = case();
    let jurisdiction = Jurisdiction::named("fr-ppl220").unwrap();
    let make =
        || build("17", &case.documents().unwrap(), jurisdiction, ("anna", "key"), at("2026-04-01T00:00:00Z"));
    assert_eq!(make(), make());
    let text = make().paper("ab").text();
    assert!(!text.contains("was used") && !text.contains("were used"), "{text}");
    for part in [
        "The presumption would be plausible under the bill's text, if it were law",
        "Grade: B, demonstrated in an output",
        "that a model was trained with it",
        "Litwo! Ojczyzno moja",
        "request 1: no answer after 20 days, due on 2026-03-12",
        "This list is not exhaustive.",
    ] {
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains(part), "{part} is not in\n{text}");
    }
}
