//! What every importer hands over: works with their relations, claims and mandates, and what could not be placed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use placet_core::{
    Basis, Credit, Identifier, PartyKind, Period, RelationKind, Right, Role, Share, Territory, UseStage,
    Work, WorkKind,
};

use crate::claims::{ClaimDraft, PartyDraft};

/// What a delivery says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Standard and version.
    pub(crate) standard: String,
    /// Who sent it.
    pub(crate) origin: String,
    /// When it was made.
    pub(crate) date: Option<Date>,
}

/// Whether a delivery says all there is to say about a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it: what the sender said before and does not say again has ended.
    Whole,
    /// A part of it: what the sender said before stands.
    Part,
    /// The sender takes its claims back; they hold until that day.
    Ended(Date),
}

/// One work of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// The work under the id it gets if nobody registered it before.
    pub(crate) work: Work,
    /// Its relations to other works, by their ids or identifiers.
    pub(crate) relations: Vec<(RelationKind, String)>,
    /// Claims in it.
    pub(crate) claims: Vec<ClaimDraft>,
    /// Mandates that it shows.
    pub(crate) mandates: Vec<MandateDraft>,
    /// Whether this is everything.
    pub(crate) extent: Extent,
    /// Where it stands.
    pub(crate) place: String,
}

/// An order to collect that a delivery shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MandateDraft {
    pub(crate) grantor: PartyDraft,
    pub(crate) manager: PartyDraft,
    pub(crate) rights: Vec<Right>,
    pub(crate) territory: Territory,
    /// For this work only, or for all of the grantor's works.
    pub(crate) this_work: bool,
    pub(crate) period: Period,
    pub(crate) collects_until: Option<Date>,
}

/// Takes what an importer finds, in the order of the file.
pub(crate) trait Sink {
    /// Once, before everything else.
    fn message(&mut self, message: Message);
    /// A work. False where reading has to stop.
    fn work(&mut self, delivered: Delivered) -> bool;
    /// All works that carry this identifier are taken back by the sender.
    fn purge(&mut self, identifier: &str, last_day: Option<Date>, place: &str) -> bool;
    /// Something that has no place here, or that is not as the standard wants it.
    fn note(&mut self, place: &str, reason: String);
}

impl Delivered {
    /// A work without anything.
    pub(crate) fn new(id: String, kind: WorkKind, title: String, place: String) -> Delivered {
        let work = Work {
            id,
            kind,
            title,
            credits: Vec::new(),
            identifiers: Vec::new(),
            language: None,
            extra: BTreeMap::new(),
        };
        Delivered {
            work,
            relations: Vec::new(),
            claims: Vec::new(),
            mandates: Vec::new(),
            extent: Extent::Whole,
            place,
        }
    }

    /// Credits a party with a role, once.
    pub(crate) fn credit(&mut self, party: &PartyDraft, role: Role) {
        let credit = Credit {
            name: party.name.clone(),
            role,
            party: party.identifiers.first().map(Identifier::to_string),
        };
        if !self.work.credits.contains(&credit) {
            self.work.credits.push(credit);
        }
    }

    /// Adds an identifier of the work, once.
    pub(crate) fn identify(&mut self, identifier: String) {
        if !self.work.identifiers.contains(&identifier) {
            self.work.identifiers.push(identifier);
            self.work.identifiers.sort();
        }
    }

    /// Keeps a value under a name; several join.
    pub(crate) fn keep(&mut self, name: &str, value: &str) {
        let kept = self.work.extra.entry(name.to_owned()).or_default();
        if kept.split("; ").any(|one| one == value) {
            return;
        }
        if !kept.is_empty() {
            kept.push_str("; ");
        }
        kept.push_str(value);
    }

    /// Claims a share worldwide, for all stages, without end. The same claim without a share is made once.
    pub(crate) fn claim(&mut self, party: &PartyDraft, role: Role, right: Right, share: Share, basis: Basis) {
        let claim = ClaimDraft {
            party: party.clone(),
            role,
            right,
            stage: UseStage::Any,
            territory: Territory::World,
            period: Period::ALWAYS,
            share,
            basis,
            evidence: Vec::new(),
            place: Some(self.place.clone()),
        };
        if share != Share::Unknown || !self.claims.contains(&claim) {
            self.claims.push(claim);
        }
    }
}

/// An identifier under its scheme; where it is none, it is noted and kept under the scheme's name with `-unchecked`.
pub(crate) fn identifier(scheme: &str, value: &str, place: &str, sink: &mut dyn Sink) -> Identifier {
    match Identifier::of_scheme(scheme, value) {
        Ok(identifier) => identifier,
        Err(error) => {
            sink.note(place, format!("{error}; kept as it stands"));
            Identifier::Other { scheme: format!("{scheme}-unchecked"), value: short(value) }
        }
    }
}

/// An identifier of a sender's own numbering.
pub(crate) fn own(scheme: &str, space: &str, value: &str) -> Identifier {
    let value = if space.is_empty() { short(value) } else { format!("{}/{}", short(space), short(value)) };
    Identifier::Other { scheme: scheme.to_owned(), value }
}

/// A party of a name, with nothing else known.
pub(crate) fn party(name: &str, kind: PartyKind, identifiers: Vec<Identifier>) -> PartyDraft {
    PartyDraft { name: short(name), kind, identifiers }
}

/// Text on one line without control characters, cut where it is longer than any name or title has to be.
pub(crate) fn short(text: &str) -> String {
    const CHARS_MAX: usize = 500;
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let words: Vec<&str> = clean.split_whitespace().collect();
    words.join(" ").chars().take(CHARS_MAX).collect()
}

/// A date from the forms that the standards use: `2018-11-22`, `20181122`, `2018-11-22T…`, `20100510T1115-0400`.
pub(crate) fn date(text: &str) -> Option<Date> {
    let digits: String = text.trim().split('T').next()?.chars().filter(char::is_ascii_digit).collect();
    let number = |from: usize, until: usize| digits.get(from..until)?.parse::<i16>().ok();
    match digits.len() {
        8 => Date::new(number(0, 4)?, number(4, 6)? as i8, number(6, 8)? as i8).ok(),
        _ => None,
    }
}

/// What importers found, for their tests.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) message: Message,
    pub(crate) works: Vec<Delivered>,
    pub(crate) purged: Vec<(String, Option<Date>)>,
    pub(crate) notes: Vec<String>,
}

#[cfg(test)]
impl Sink for Heard {
    fn message(&mut self, message: Message) {
        self.message = message;
    }

    fn work(&mut self, delivered: Delivered) -> bool {
        self.works.push(delivered);
        true
    }

    fn purge(&mut self, identifier: &str, last_day: Option<Date>, _: &str) -> bool {
        self.purged.push((identifier.to_owned(), last_day));
        true
    }

    fn note(&mut self, place: &str, reason: String) {
        self.notes.push(format!("{place}: {reason}"));
    }
}

#[cfg(test)]
impl std::fmt::Display for Heard {
    /// A page for a person to check against the file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let date = self.message.date.map(|d| d.to_string()).unwrap_or_default();
        writeln!(f, "{} from {} {date}", self.message.standard, self.message.origin)?;
        for d in &self.works {
            let extent = if d.extent == Extent::Whole { String::new() } else { format!(" {:?}", d.extent) };
            writeln!(f, "{} {} \"{}\"{extent}", d.work.id, d.work.kind, d.work.title)?;
            writeln!(f, "  ids {}", d.work.identifiers.join(" "))?;
            for c in &d.work.credits {
                writeln!(f, "  credit {} {} {}", c.role, c.name, c.party.as_deref().unwrap_or("-"))?;
            }
            for (kind, to) in &d.relations {
                writeln!(f, "  {kind} {to}")?;
            }
            for c in &d.claims {
                let ClaimDraft { role, right, share, territory, period, basis, .. } = c;
                writeln!(f, "  claim {} {role} {right} {share} {territory} {period} {basis}", c.party.name)?;
            }
            for m in &d.mandates {
                let rights: Vec<&str> = m.rights.iter().map(|r| r.code()).collect();
                let of = if m.this_work { "this work" } else { "all works" };
                writeln!(
                    f,
                    "  mandate {} -> {} {} {} {of}",
                    m.grantor.name,
                    m.manager.name,
                    rights.join(","),
                    m.territory
                )?;
            }
            for (name, value) in &d.work.extra {
                writeln!(f, "  {name} = {value}")?;
            }
        }
        for (identifier, day) in &self.purged {
            writeln!(f, "purged {identifier} {}", day.map(|d| d.to_string()).unwrap_or_default())?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "note {note}"))
    }
}
