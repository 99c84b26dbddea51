//! The documents that there are: letters in every language, a dossier, a summary.

use placet_core::note::Signer;
use placet_disclose::case::{Author, Body, CaseFolder, OwnWork, Request, Side, Standing};
use placet_disclose::dossier::{JURISDICTIONS, build};
use placet_disclose::letter::{Envelope, LANGUAGES, Matter, Subject, letter};
use placet_typeset::pdf;

use crate::support::{at, text_of};

fn works() -> Vec<OwnWork> {
    vec![OwnWork {
        id: "w1".to_owned(),
        title: "Pan Tadeusz #eval(\"x\")\nالحرب والسلام".to_owned(),
        credits: vec!["Anna Nowak (author)".to_owned()],
        identifiers: vec!["isbn:9780306406157".to_owned()],
        fingerprints: vec![format!("blake3-text:{}", "ab".repeat(32))],
    }]
}

#[test]
fn a_letter_is_set_in_every_language() {
    let due = "2026-04-01".parse().unwrap();
    for words in LANGUAGES.iter() {
        let envelope = Envelope {
            sender: "Anna Nowak".to_owned(),
            sender_contact: "ul. Długa 1\n00-001 Warszawa".to_owned(),
            recipient: "Example AI".to_owned(),
            recipient_address: "1 Main Street".to_owned(),
            date: "2026-03-01".parse().unwrap(),
            reference: "0001-request-00000000.json".to_owned(),
        };
        let matter =
            Matter::Reservation { holder: "Anna Nowak".to_owned(), subject: Subject::Works(works()), due };
        let paper = letter(words, &envelope, &matter);
        let pages = pdf(&paper, at("2026-03-01T12:00:00Z"), "letter").unwrap();
        if let Some(text) = text_of(&pages) {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let first = paper.title.split_whitespace().next().unwrap();
            assert!(
                text.contains(first) && text.contains("#eval(\"x\")") && text.contains("Długa 1"),
                "{text}"
            );
        }
    }
}

#[test]
fn a_dossier_is_set_under_every_jurisdiction() {
    let folder = tempfile::tempdir().unwrap();
    let case = CaseFolder::new(folder.path().join("17"));
    let signer = Signer::from_seed("anna", [1; 32]).unwrap();
    let key = signer.verifier().to_string();
    let author =
        Author { name: "Anna Nowak".to_owned(), side: Side::Rightsholder, key, contact: String::new() };
    let standing = Standing {
        holder: "Anna Nowak".to_owned(),
        basis: "author".to_owned(),
        mandate: None,
        declaration: "I declare in good faith that these are my works.".to_owned(),
    };
    let request = Request {
        to: "Example AI <b>&amp; #strong[Sons]".to_owned(),
        contact: "rights@example.com".to_owned(),
        model: Some("Model X 2.1".to_owned()),
        works: works(),
        standing,
        confidential: false,
        days: 30,
        due: "2026-03-12".parse().unwrap(),
    };
    case.append(author, at("2026-02-10T09:00:00Z"), Body::Request(request), &signer).unwrap();
    for jurisdiction in JURISDICTIONS.iter() {
        let documents = case.documents().unwrap();
        let dossier = build("17", &documents, jurisdiction, ("anna", "key"), at("2026-04-01T00:00:00Z"));
        let pages = pdf(&dossier.paper(&"ab".repeat(32)), dossier.at, "dossier").unwrap();
        if let Some(text) = text_of(&pages) {
            assert!(
                text.contains("Example AI <b>&amp; #strong[Sons]") && text.contains("Dossier: case 17"),
                "{text}"
            );
        }
    }
}
