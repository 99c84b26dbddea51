//! `placet complaint`: a substantiated objection, addressed to a provider's point of contact for rightsholders.

use placet_disclose::case::{Body, Complaint, OwnWork, Side, Stored, timeline};

use super::request::report;
use super::terms::AtArgs;
use crate::cases::{Cases, LetterArgs, OwnWorks, Party, StandingArgs, by_number, of_case};
use crate::{Context, Exit, Failure, registry};

/// Complain to a provider about the use of your works (Code of Practice, measure 1.5)
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Write a complaint into a case, with its evidence, as signed document and letter
    New(New),
}

#[derive(clap::Args)]
struct New {
    /// The case with the evidence
    #[arg(long, value_name = "NUMBER")]
    case: u32,
    /// What you object to, in your words
    #[arg(long, value_name = "TEXT")]
    facts: String,
    /// Numbers of the documents it rests on, between commas [default: all evidence, answers and silences of the case]
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    evidence: Vec<u32>,
    /// What you ask for: inform, cease, delete, compensate, or words of your own; may be repeated
    #[arg(long = "ask", value_name = "REMEDY", default_values = ["inform", "cease"])]
    remedies: Vec<String>,
    /// Against whom [default: the provider of the case]
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Where the provider is reached
    #[arg(long, value_name = "CONTACT")]
    provider_contact: Option<String>,
    /// About which model [default: the one of the case]
    #[arg(long)]
    model: Option<String>,
    #[command(flatten)]
    works: OwnWorks,
    #[command(flatten)]
    standing: StandingArgs,
    /// Where you are reached
    #[arg(long)]
    contact: Option<String>,
    /// Days to answer; the Code says "a reasonable time" and names none
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,
    #[command(flatten)]
    letter: LetterArgs,
    #[command(flatten)]
    at: AtArgs,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let What::New(new) = self.what;
        new.run(context)
    }
}

impl New {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let case = Cases::of(context).existing(self.case)?;
        let documents = case.documents().map_err(of_case)?;
        let asked = documents.iter().rev().find_map(|s| match &s.document.body {
            Body::Request(r) => Some((r.to.clone(), r.contact.clone(), r.model.clone(), r.works.clone())),
            Body::Complaint(c) => Some((c.to.clone(), c.contact.clone(), c.model.clone(), c.works.clone())),
            _ => None,
        });
        let (to, to_contact, model, asked_works) = asked.unwrap_or_default();
        let to = self.provider.unwrap_or(to);
        if to.is_empty() {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("the case names no provider"))
                .hint("name one with --provider"));
        }
        let works: Vec<OwnWork> = if self.works.is_none() && !asked_works.is_empty() {
            asked_works
        } else {
            self.works.read(&registry::open(context)?, context.now)?
        };
        let evidence = if self.evidence.is_empty() {
            documents.iter().filter(|s| is_ground(s)).map(|s| s.sha256.clone()).collect()
        } else {
            let mut hashes = Vec::new();
            for number in &self.evidence {
                hashes.push(by_number(&documents, *number)?.sha256.clone());
            }
            hashes
        };
        if evidence.is_empty() {
            context.out.warn(
                "the complaint rests on no evidence of the case: measure 1.5 asks for one that is adequately substantiated",
            );
        }
        let party = Party::of(context, Side::Rightsholder, self.contact)?;
        let standing = self.standing.read(&party, &case)?;
        let at = self.at.or(context.now);
        let body = Body::Complaint(Complaint {
            to,
            contact: self.provider_contact.unwrap_or(to_contact),
            model: self.model.or(model),
            works,
            standing,
            facts: self.facts,
            evidence,
            remedies: self.remedies,
            days: self.days,
            due: timeline::due(at, self.days),
        });
        let stored = party.append(&case, at, body)?;
        report(context, self.case, &case, &stored, &self.letter)
    }
}

/// Whether a complaint may rest on it.
fn is_ground(stored: &Stored) -> bool {
    matches!(stored.document.body, Body::Evidence(_) | Body::Answer(_) | Body::Silence(_))
}
