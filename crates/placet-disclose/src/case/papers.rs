//! Documents of a case as letters.

use super::document::{Body, Complaint, Followup, Request};
use super::folder::Stored;
use super::timeline::day;
use crate::letter::{Envelope, Matter, Words, letter};
use crate::typeset::Paper;

/// The letter that a request, a complaint or a reminder is sent as; absent for what is not sent.
pub fn paper(words: &Words, case: &[Stored], stored: &Stored, address: &str) -> Option<Paper> {
    let document = &stored.document;
    let (recipient, contact, matter) = matter(case, stored)?;
    let envelope = Envelope {
        sender: document.by.name.clone(),
        sender_contact: document.by.contact.clone(),
        recipient,
        recipient_address: if address.is_empty() { contact } else { address.to_owned() },
        date: day(document.at),
        reference: format!("{} · SHA-256 {}", stored.file, stored.sha256),
    };
    Some(letter(words, &envelope, &matter))
}

/// Recipient, contact and matter of a document that is sent.
pub fn matter(case: &[Stored], stored: &Stored) -> Option<(String, String, Matter)> {
    let document = &stored.document;
    let to = |hash: &str| case.iter().find(|s| s.sha256 == hash).map(|s| &s.document);
    let (recipient, contact, matter) = match &document.body {
        Body::Request(Request { to, contact, model, works, standing, days, due, .. }) => (
            to,
            contact,
            Matter::Request {
                holder: standing.holder.clone(),
                basis: standing.basis.clone(),
                model: model.clone().unwrap_or_else(|| to.clone()),
                works: works.clone(),
                declaration: standing.declaration.clone(),
                days: *days,
                due: *due,
            },
        ),
        Body::Complaint(Complaint {
            to,
            contact,
            model,
            works,
            standing,
            facts,
            evidence,
            remedies,
            days,
            due,
        }) => {
            let lines = evidence.iter().filter_map(|hash| {
                let stored = case.iter().find(|s| s.sha256 == *hash)?;
                Some(match &stored.document.body {
                    Body::Evidence(e) => format!("{}: {} (SHA-256 {hash})", e.graded.grade.code(), e.title),
                    body => format!("{} {} (SHA-256 {hash})", body.kind(), stored.document.number),
                })
            });
            (
                to,
                contact,
                Matter::Complaint {
                    holder: standing.holder.clone(),
                    basis: standing.basis.clone(),
                    model: model.clone().unwrap_or_else(|| to.clone()),
                    works: works.clone(),
                    facts: facts.clone(),
                    evidence: lines.collect(),
                    remedies: remedies.clone(),
                    declaration: standing.declaration.clone(),
                    days: *days,
                    due: *due,
                },
            )
        }
        Body::Followup(Followup { to: about, days_late, due, .. }) => {
            let asked = to(about)?;
            let (recipient, contact, model, holder) = match &asked.body {
                Body::Request(r) => (&r.to, &r.contact, &r.model, &r.standing.holder),
                Body::Complaint(c) => (&c.to, &c.contact, &c.model, &c.standing.holder),
                _ => return None,
            };
            (
                recipient,
                contact,
                Matter::Followup {
                    holder: holder.clone(),
                    model: model.clone().unwrap_or_else(|| recipient.clone()),
                    kind: asked.body.kind().to_owned(),
                    asked: day(asked.at),
                    first_due: asked.body.due()?,
                    late: *days_late,
                    due: *due,
                },
            )
        }
        _ => return None,
    };
    Some((recipient.clone(), contact.clone(), matter))
}
