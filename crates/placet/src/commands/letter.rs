//! `placet letter`: one letter to many recipients, in six languages.

use std::path::PathBuf;

use placet_disclose::case::{Body, Side, Stored, timeline};
use placet_disclose::letter::{Envelope, Matter, Subject, Words, letter};
use placet_registry::Table;
use serde::Serialize;

use super::terms::AtArgs;
use crate::cases::{Cases, OwnWorks, Party, language, of_case, write_paper};
use crate::output::foreign;
use crate::pages::{self, Form};
use crate::{Context, Exit, Failure, registry};

/// Write a letter to every recipient of a table: a reservation of rights, a request, a complaint, a reminder
#[derive(clap::Args)]
#[command(after_help = "\
The table of recipients has the columns name, and as they are known: address, contact, model, lang. A request, complaint
or reminder takes its facts from a case; a reservation takes them from the registry. Nothing is sent.")]
pub(crate) struct Args {
    /// What it is
    #[arg(value_enum)]
    what: What,
    /// Table of recipients (CSV with a line of heads)
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Language where the table names none: en, fr, de, es, it, pl
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = language)]
    lang: &'static Words,
    /// Folder to write to
    #[arg(long, short, value_name = "FOLDER", default_value = "letters")]
    output: PathBuf,
    /// Form of the letters: txt, html, pdf; several between commas
    #[arg(long, value_name = "FORM,…", value_delimiter = ',', default_value = "txt", value_parser = pages::form)]
    form: Vec<Form>,
    /// The case that a request, complaint or reminder is about
    #[arg(long, value_name = "NUMBER")]
    case: Option<u32>,
    #[command(flatten)]
    works: OwnWorks,
    /// Who holds the rights [default: the name of the registry]
    #[arg(long = "for", value_name = "HOLDER")]
    holder: Option<String>,
    /// Where you are reached, for the head of the letter; \n begins a line
    #[arg(long, default_value = "")]
    contact: String,
    /// Days to answer
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,
    #[command(flatten)]
    at: AtArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// A reservation of rights against use in AI systems
    Reservation,
    /// A request for information about one's own works
    Request,
    /// A complaint
    Complaint,
    /// A reminder of what has no answer
    Followup,
}

/// One recipient.
struct Recipient {
    name: String,
    address: String,
    model: Option<String>,
    lang: Option<&'static Words>,
}

/// Most recipients of one table.
const RECIPIENTS_MAX: usize = 10_000;

#[derive(Serialize)]
struct Written {
    letters: Vec<PathBuf>,
    left_out: Vec<String>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let (recipients, left_out) = self.recipients()?;
        for line in &left_out {
            context.out.warn(&foreign(line));
        }
        if recipients.is_empty() {
            return Err(Failure::new(
                Exit::Input,
                anyhow::anyhow!("{} names no recipient", self.to.display()),
            )
            .hint("the table needs a column `name`"));
        }
        let at = self.at.or(context.now);
        let party = Party::of(context, Side::Rightsholder, None)?;
        let matter = self.matter(context, &party, at)?;
        let mut letters = Vec::new();
        for (number, recipient) in (1..).zip(&recipients) {
            let words = recipient.lang.unwrap_or(self.lang);
            let envelope = Envelope {
                sender: party.author.name.clone(),
                sender_contact: self.contact.replace("\\n", "\n"),
                recipient: recipient.name.clone(),
                recipient_address: recipient.address.clone(),
                date: timeline::day(at),
                reference: String::new(),
            };
            let paper = letter(words, &envelope, &addressed(&matter, recipient));
            let stem = format!("{number:03}-{}.{}", file_name(&recipient.name), words.code);
            let ident = format!("placet.letter {} {at} {stem}", party.author.key);
            letters.extend(write_paper(&paper, &self.output.join(&stem), &self.form, at, &ident)?);
        }
        if context.out.is_json() {
            context.out.json("placet.letters/1", &Written { letters, left_out })?;
        } else {
            letters.iter().try_for_each(|path| context.out.result(&foreign(&path.to_string_lossy())))?;
        }
        Ok(Exit::Done)
    }

    fn recipients(&self) -> Result<(Vec<Recipient>, Vec<String>), Failure> {
        let name = self.to.display();
        let mut table = Table::open(&self.to)?;
        // A list typed by hand may give no more than the name.
        table.fields_min = 1;
        let columns = ["name", "address", "contact", "model", "lang"]
            .map(|wanted| table.header.iter().position(|head| head.eq_ignore_ascii_case(wanted)));
        let (mut found, mut left_out) = (Vec::new(), Vec::new());
        while let Some(row) = table.next_row()? {
            let line = row.line;
            let cells = match row.fields {
                Ok(cells) => cells,
                Err(reason) => {
                    left_out.push(format!("{name} line {line}: {reason}"));
                    continue;
                }
            };
            let [name_of, address, contact, model, lang] =
                columns.map(|column| column.and_then(|c| cells.get(c)).cloned().unwrap_or_default());
            if name_of.is_empty() {
                left_out.push(format!("{name} line {line}: no name"));
                continue;
            }
            let lang = if lang.is_empty() {
                None
            } else {
                Words::of(&lang).map_or_else(
                    || {
                        left_out.push(format!(
                            "{name} line {line}: no letters are written in `{lang}`; taken in {}",
                            self.lang.code
                        ));
                        None
                    },
                    Some,
                )
            };
            if found.len() >= RECIPIENTS_MAX {
                left_out.push(format!("{name} line {line} and after: more than {RECIPIENTS_MAX} recipients"));
                break;
            }
            let address = [address.replace("\\n", "\n"), contact];
            let address: Vec<String> = address.into_iter().filter(|part| !part.is_empty()).collect();
            let model = (!model.is_empty()).then_some(model);
            found.push(Recipient { name: name_of, address: address.join("\n"), model, lang });
        }
        Ok((found, left_out))
    }

    fn matter(&self, context: &Context, party: &Party, at: jiff::Timestamp) -> Result<Matter, Failure> {
        let holder = self.holder.clone().unwrap_or_else(|| party.author.name.clone());
        if self.what == What::Reservation {
            let subject = if self.works.is_none() {
                Subject::All
            } else {
                Subject::Works(self.works.read(&registry::open(context)?, context.now)?)
            };
            return Ok(Matter::Reservation { holder, subject, due: timeline::due(at, self.days) });
        }
        let Some(number) = self.case else {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("such a letter is about a case"))
                .hint("name it with --case; `placet request new` begins one"));
        };
        let documents = Cases::of(context).existing(number)?.documents().map_err(of_case)?;
        let wanted = |s: &&Stored| {
            matches!(
                (&s.document.body, self.what),
                (Body::Request(_), What::Request)
                    | (Body::Complaint(_), What::Complaint)
                    | (Body::Followup(_), What::Followup)
            )
        };
        let matter =
            documents.iter().rev().find(wanted).and_then(|s| {
                placet_disclose::case::papers::matter(&documents, s).map(|(_, _, matter)| matter)
            });
        matter.ok_or_else(|| {
            Failure::new(Exit::Usage, anyhow::anyhow!("case {number} holds no such document"))
                .hint("`placet case show` lists them; `placet case record N followup` writes a reminder")
        })
    }
}

/// The letter about the model of a recipient.
fn addressed(matter: &Matter, recipient: &Recipient) -> Matter {
    let mut matter = matter.clone();
    if let (
        Some(of),
        Matter::Request { model, .. } | Matter::Complaint { model, .. } | Matter::Followup { model, .. },
    ) = (&recipient.model, &mut matter)
    {
        model.clone_from(of);
    }
    matter
}

/// A name that is a file name everywhere.
fn file_name(name: &str) -> String {
    let mut out = String::new();
    for c in name.to_lowercase().chars().take(60) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    let out = out.trim_end_matches('-').to_owned();
    if out.is_empty() { "recipient".to_owned() } else { out }
}
