//! Letters: a reservation of rights, a request, a complaint, a reminder, in the languages of `letters/*.toml`.
//!
//! A letter is words of a template with facts filled in. The facts are the same in every language.

mod words;

use jiff::civil::Date;

pub use words::{LANGUAGES, Words};

use crate::case::OwnWork;
use crate::typeset::{Block, Column, Layout, Paper};

/// Who writes and who is written to, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Name of the one who writes.
    pub sender: String,
    /// Address and contact of the one who writes, in lines.
    pub sender_contact: String,
    /// Name of the one who is written to.
    pub recipient: String,
    /// Address of the one who is written to, in lines.
    pub recipient_address: String,
    /// The day.
    pub date: Date,
    /// What both sides can call it by.
    pub reference: String,
}

/// Which works a letter is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All of a catalogue.
    All,
    /// These.
    Works(Vec<OwnWork>),
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A reservation of rights.
    Reservation {
        /// Who holds the rights.
        holder: String,
        /// Which works.
        subject: Subject,
        /// Last day to answer.
        due: Date,
    },
    /// A request for information.
    Request {
        /// Who holds the rights.
        holder: String,
        /// What the right rests on.
        basis: String,
        /// The model or service.
        model: String,
        /// Which works.
        works: Vec<OwnWork>,
        /// What the party declares.
        declaration: String,
        /// Days to answer.
        days: u32,
        /// Last day to answer.
        due: Date,
    },
    /// A complaint.
    Complaint {
        /// Who holds the rights.
        holder: String,
        /// What the right rests on.
        basis: String,
        /// The model or service.
        model: String,
        /// Which works.
        works: Vec<OwnWork>,
        /// What is objected to.
        facts: String,
        /// Evidence in lines: number, grade, title, hash.
        evidence: Vec<String>,
        /// Remedies by their words in the data, or in words of one's own.
        remedies: Vec<String>,
        /// What the party declares.
        declaration: String,
        /// Days to answer.
        days: u32,
        /// Last day to answer.
        due: Date,
    },
    /// A reminder.
    Followup {
        /// Who holds the rights.
        holder: String,
        /// The model or service.
        model: String,
        /// `request` or `complaint`.
        kind: String,
        /// When it was sent.
        asked: Date,
        /// When an answer was due.
        first_due: Date,
        /// Days since then.
        late: u32,
        /// Last day to answer now.
        due: Date,
    },
}

/// Sets a letter in a language.
pub fn letter(words: &Words, envelope: &Envelope, matter: &Matter) -> Paper {
    let mut facts: Vec<(&str, String)> = vec![("sender", envelope.sender.clone())];
    let mut middle: Vec<Block> = Vec::new();
    let template = match matter {
        Matter::Reservation { holder, subject, due } => {
            facts.extend([("holder", holder.clone()), ("due", words.day(*due))]);
            middle.push(Block::heading(&words.works.heading));
            match subject {
                Subject::All => middle.push(Block::text(&words.works.all)),
                Subject::Works(works) => middle.extend(works_table(words, works)),
            }
            &words.reservation
        }
        Matter::Request { holder, basis, model, works, declaration, days, due } => {
            facts.extend(asked(words, holder, basis, model, declaration, *days, *due));
            middle.push(Block::heading(&words.works.heading));
            middle.extend(works_table(words, works));
            &words.request
        }
        Matter::Complaint {
            holder,
            basis,
            model,
            works,
            facts: objected,
            evidence,
            remedies,
            declaration,
            days,
            due,
        } => {
            facts.extend(asked(words, holder, basis, model, declaration, *days, *due));
            middle.push(Block::heading(&words.works.heading));
            middle.extend(works_table(words, works));
            middle.push(Block::heading(&words.complaint_parts.facts));
            middle.push(Block::text(objected));
            if !evidence.is_empty() {
                middle.push(Block::heading(&words.complaint_parts.evidence));
                middle.push(Block::List { items: evidence.clone() });
                middle.push(Block::note(&words.complaint_parts.evidence_note));
            }
            middle.push(Block::heading(&words.complaint_parts.remedy));
            middle.push(Block::List { items: remedies.iter().map(|r| words.remedy(r)).collect() });
            &words.complaint
        }
        Matter::Followup { holder, model, kind, asked, first_due, late, due } => {
            facts.extend([
                ("holder", holder.clone()),
                ("model", model.clone()),
                ("subject", words.kind(kind)),
                ("asked", words.day(*asked)),
                ("first_due", words.day(*first_due)),
                ("late", late.to_string()),
                ("due", words.day(*due)),
            ]);
            &words.followup
        }
    };
    // A reservation is drawn from the registry, where no signed document stands behind it.
    let footer = match matter {
        Matter::Reservation { .. } => words.page_note.clone(),
        _ => format!("{} {}", words.page_note, words.page_signed),
    };
    let filled = |text: &String| fill(text, &facts);
    let mut blocks = Vec::new();
    if !envelope.reference.is_empty() {
        blocks.push(Block::text(format!("{}: {}", words.reference, envelope.reference)));
    }
    blocks.push(Block::text(&words.salutation));
    blocks.extend(template.before.iter().map(|text| Block::text(filled(text))));
    blocks.extend(middle);
    if !matches!(matter, Matter::Followup { .. }) {
        blocks.push(Block::Gap);
    }
    blocks.extend(template.after.iter().map(|text| Block::text(filled(text))));
    blocks.push(Block::text(&words.closing));
    blocks.push(Block::Sign { text: envelope.sender.clone() });
    Paper {
        lang: words.code.to_owned(),
        title: filled(&template.subject),
        subtitle: String::new(),
        footer,
        author: vec![envelope.sender.clone()],
        layout: Layout::Letter {
            recipient: joined(&envelope.recipient, &envelope.recipient_address),
            sender: joined(&envelope.sender, &envelope.sender_contact),
            date: words.day(envelope.date),
        },
        blocks,
    }
}

fn joined(name: &str, lines: &str) -> String {
    if lines.is_empty() { name.to_owned() } else { format!("{name}\n{lines}") }
}

fn asked<'a>(
    words: &Words,
    holder: &str,
    basis: &str,
    model: &str,
    declaration: &str,
    days: u32,
    due: Date,
) -> [(&'a str, String); 6] {
    [
        ("holder", holder.to_owned()),
        ("basis", basis.to_owned()),
        ("model", model.to_owned()),
        ("declaration", declaration.to_owned()),
        ("days", days.to_string()),
        ("due", words.day(due)),
    ]
}

fn works_table(words: &Words, works: &[OwnWork]) -> Vec<Block> {
    let rows = works
        .iter()
        .map(|work| {
            let known: Vec<&str> =
                work.identifiers.iter().chain(&work.fingerprints).map(String::as_str).collect();
            vec![work.title.clone(), work.credits.join("\n"), known.join("\n")]
        })
        .collect();
    let columns = vec![
        Column::new(&words.works.title, 3),
        Column::new(&words.works.credits, 2),
        Column::new(&words.works.identifiers, 4).code(),
    ];
    vec![Block::Table { columns, rows }, Block::note(&words.works.note)]
}

/// Puts facts into the words in braces, once: what a fact says is not looked at again.
fn fill(text: &str, facts: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        if let Some((_, fact)) = facts.iter().find(|(known, _)| *known == name) {
            out.push_str(fact);
        } else {
            out.push('{');
            out.push_str(name);
            out.push('}');
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}
