//! Letters: the same facts in every language.

use placet_disclose::letter::{Envelope, LANGUAGES, Matter, Subject, letter};

use crate::case::works;

/// One letter of each kind.
pub(crate) fn matters() -> [Matter; 4] {
    let due = "2026-04-01".parse().unwrap();
    [
        Matter::Reservation { holder: "Anna Nowak".to_owned(), subject: Subject::All, due },
        Matter::Request {
            holder: "Anna Nowak".to_owned(),
            basis: "author".to_owned(),
            model: "Model X".to_owned(),
            works: works(),
            declaration: "I declare.".to_owned(),
            days: 30,
            due,
        },
        Matter::Complaint {
            holder: "Anna Nowak".to_owned(),
            basis: "author".to_owned(),
            model: "Model X".to_owned(),
            works: works(),
            facts: "Words of the work came out.".to_owned(),
            evidence: vec!["B: an output".to_owned()],
            remedies: vec!["inform".to_owned(), "delete".to_owned(), "My own words.".to_owned()],
            declaration: "I declare.".to_owned(),
            days: 30,
            due,
        },
        Matter::Followup {
            holder: "Anna Nowak".to_owned(),
            model: "Model X".to_owned(),
            kind: "request".to_owned(),
            asked: "2026-01-10".parse().unwrap(),
            first_due: "2026-02-09".parse().unwrap(),
            late: 12,
            due,
        },
    ]
}

pub(crate) fn envelope() -> Envelope {
    Envelope {
        sender: "Anna Nowak".to_owned(),
        sender_contact: "ul. Długa 1\n00-001 Warszawa".to_owned(),
        recipient: "Example AI {sender}".to_owned(),
        recipient_address: "1 Main Street".to_owned(),
        date: "2026-03-01".parse().unwrap(),
        reference: "0001-request-00000000.json".to_owned(),
    }
}

#[test]
fn every_letter_reads_and_leaves_no_gap() {
    let mut all = String::new();
    for words in LANGUAGES.iter() {
        for (n, matter) in matters().iter().enumerate() {
            let paper = letter(words, &envelope(), matter);
            let signed = !matches!(matter, Matter::Reservation { .. });
            assert_eq!(paper.footer.contains("placet verify"), signed, "{}: {}", words.code, paper.footer);
            let text = paper.text();
            // What a fact says is not filled again.
            assert!(!text.replace("{sender}", "").contains(['{', '}']), "{text}");
            all += &format!("### {} {n}\n{text}\n", words.code);
        }
    }
    insta::assert_snapshot!(all);
}
