//! What a settlement takes from the registry: claims, disputes, mandates and the layers of works, as of a moment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use placet_core::{Claim, Relation};
use placet_remunerate::claim::{ClaimBook, Dispute};
use placet_remunerate::layers::Catalogue;
use placet_remunerate::mandate::{Mandate, Mandates, Reciprocal};
use serde::Serialize;

use crate::claims::ClaimSource;
use crate::db::{Database, Value};
use crate::import::register::json;
use crate::{Registry, RegistryError};

/// Everything about ownership that `placet_remunerate::settle::Case` asks for.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// Claims and disputes.
    pub claims: ClaimBook,
    /// Mandates and agreements between societies.
    pub mandates: Mandates,
    /// Kinds of works, and what stands on what.
    pub catalogue: Catalogue,
    /// Claims and mandates that do not count, and why.
    pub aside: Vec<String>,
}

impl Registry {
    /// What a settlement needs, as it had been recorded by `as_of`.
    ///
    /// ```text
    /// let holdings = registry.claims(as_of)?;
    /// let case = Case { claims: &holdings.claims, mandates: &holdings.mandates, catalogue: &holdings.catalogue, as_of, … };
    /// ```
    ///
    /// All versions of all claims are in the book: which of them answers a question is `ClaimBook::in_force`'s to
    /// say, from the day of the use and `Question::as_of`. The time of a claim (`asserted_at`) is when it was recorded
    /// here, never the date a file gives itself, so that a later import changes no earlier answer: the same `as_of`
    /// gives the same digests for good. Works are named by their id in the registry (`Work::id`), parties by theirs
    /// (`Party::id`, see [`Registry::parties_called`]).
    pub fn claims(&self, as_of: Timestamp) -> Result<Holdings, RegistryError> {
        let mut claims = Vec::new();
        self.claims_at(as_of, &mut |entry| {
            claims.push(entry.claim);
            Ok(())
        })?;
        let disputes = follow(self.disputes_at(as_of)?, claims.iter());
        let (claims, defects) = ClaimBook::new(claims, disputes);
        let mut aside: Vec<String> = defects.iter().map(ToString::to_string).collect();
        let (mandates, reciprocals) = self.mandates_at(as_of)?;
        let (mandates, defects) = Mandates::new(mandates, reciprocals);
        aside.extend(defects.iter().map(ToString::to_string));
        let mut works = Vec::new();
        self.works_at(as_of, &mut |entry| {
            works.push((entry.work.id, entry.work.kind));
            Ok(())
        })?;
        let catalogue = Catalogue::new(
            works.iter().map(|(id, kind)| (id.as_str(), *kind)),
            &self.all_relations_at(as_of)?,
        );
        Ok(Holdings { claims, mandates, catalogue, aside })
    }

    /// Disputes opened by a moment, as they stood then, by case.
    pub fn disputes_at(&self, at: Timestamp) -> Result<Vec<Dispute>, RegistryError> {
        let mut newest: BTreeMap<String, Dispute> = BTreeMap::new();
        self.db.query(
            "SELECT d.case_id, d.record FROM dispute d JOIN edit e ON e.edit_id = d.edit_id \
             WHERE e.at_us <= $1 ORDER BY d.edit_id, d.case_id",
            &[Value::Int(at.as_microsecond())],
            &mut |row| {
                newest.insert(row.text(0)?, row.json(1)?);
                Ok(())
            },
        )?;
        Ok(newest.into_values().collect())
    }

    /// Mandates and agreements recorded by a moment, as they stood then, by id.
    pub fn mandates_at(&self, at: Timestamp) -> Result<(Vec<Mandate>, Vec<Reciprocal>), RegistryError> {
        let mut mandates: BTreeMap<String, Mandate> = BTreeMap::new();
        let mut reciprocals: BTreeMap<String, Reciprocal> = BTreeMap::new();
        self.db.query(
            "SELECT m.mandate_id, m.kind, m.record FROM mandate m JOIN edit e ON e.edit_id = m.edit_id \
             WHERE e.at_us <= $1 ORDER BY m.edit_id, m.mandate_id",
            &[Value::Int(at.as_microsecond())],
            &mut |row| {
                if row.text(1)? == RECIPROCAL {
                    reciprocals.insert(row.text(0)?, row.json(2)?);
                } else {
                    mandates.insert(row.text(0)?, row.json(2)?);
                }
                Ok(())
            },
        )?;
        Ok((mandates.into_values().collect(), reciprocals.into_values().collect()))
    }

    /// Records a holder's order to a manager in the author's name; a new version where its id is known. False where
    /// it stands already in the same words.
    pub fn mandate(&mut self, mandate: &Mandate, at: Timestamp) -> Result<bool, RegistryError> {
        self.record_mandate(&mandate.id, MANDATE, &json(mandate), at)
    }

    /// Records an agreement between two societies in the author's name, as [`Registry::mandate`] does.
    pub fn reciprocal(&mut self, agreement: &Reciprocal, at: Timestamp) -> Result<bool, RegistryError> {
        self.record_mandate(&agreement.id, RECIPROCAL, &json(agreement), at)
    }

    fn record_mandate(
        &mut self,
        id: &str,
        kind: &str,
        record: &str,
        at: Timestamp,
    ) -> Result<bool, RegistryError> {
        if standing(&self.db, id)?.as_deref() == Some(record) {
            return Ok(false);
        }
        let source = ClaimSource { origin: self.author.clone(), standard: None, file: None, place: None };
        self.edit(kind, at, |db, edit| {
            write_mandate(db, edit, id, kind, record, &source)?;
            Ok(true)
        })
    }

    fn all_relations_at(&self, at: Timestamp) -> Result<Vec<Relation>, RegistryError> {
        let mut relations = Vec::new();
        self.db.query(
            "SELECT r.from_work, r.kind, r.to_work FROM relation r JOIN edit e ON e.edit_id = r.edit_id \
             WHERE e.at_us <= $1 ORDER BY r.from_work, r.kind, r.to_work",
            &[Value::Int(at.as_microsecond())],
            &mut |row| {
                if let Ok(kind) = row.text(1)?.parse() {
                    relations.push(Relation { from: row.text(0)?, kind, to: row.text(2)? });
                }
                Ok(())
            },
        )?;
        Ok(relations)
    }
}

/// Disputes with the later versions of the claims that they name: who says it again does not leave the dispute.
pub(crate) fn follow<'a>(
    mut disputes: Vec<Dispute>,
    claims: impl Iterator<Item = &'a Claim>,
) -> Vec<Dispute> {
    if disputes.is_empty() {
        return disputes;
    }
    let next: BTreeMap<&str, &str> =
        claims.filter_map(|claim| Some((claim.supersedes.as_deref()?, claim.id.as_str()))).collect();
    for dispute in &mut disputes {
        let mut ids: Vec<&str> = Vec::new();
        for named in &dispute.claims {
            let later = std::iter::successors(next.get(&**named).copied(), |id| next.get(id).copied());
            // As many steps as there are claims: a circle of versions ends.
            ids.extend(later.take(next.len()));
        }
        let ids: Vec<_> = ids.into_iter().map(Into::into).collect();
        dispute.claims.extend(ids);
    }
    disputes
}

/// The newest version of a mandate, as it was written.
pub(crate) fn standing(db: &Database, id: &str) -> Result<Option<String>, RegistryError> {
    db.first(
        "SELECT record FROM mandate WHERE mandate_id = $1 ORDER BY edit_id DESC LIMIT 1",
        &[Value::Text(id)],
        |row| row.text(0),
    )
}

pub(crate) fn write_mandate(
    db: &Database,
    edit: i64,
    id: &str,
    kind: &str,
    record: &str,
    source: &impl Serialize,
) -> Result<(), RegistryError> {
    db.execute(
        "INSERT INTO mandate (mandate_id, edit_id, kind, record, source) VALUES ($1, $2, $3, $4, $5)",
        &[
            Value::Text(id),
            Value::Int(edit),
            Value::Text(kind),
            Value::Text(record),
            Value::Text(&json(source)),
        ],
    )?;
    Ok(())
}

pub(crate) const MANDATE: &str = "mandate";
pub(crate) const RECIPROCAL: &str = "reciprocal";
