//! What a delivery says of one work: the work, its relations, claims and mandates.

use jiff::Timestamp;
use placet_core::Work;
use placet_remunerate::mandate::{Mandate, Repertoire};

use super::deliver::{Counted, begin_once, day_of};
use super::delivery::{Delivered, Extent, MandateDraft};
use super::register::json;
use super::version::{is_related, write_relation, write_version};
use crate::RegistryError;
use crate::claims::{ClaimCounts, ClaimSource, ClaimWriter, short_hash};
use crate::db::{Database, Value};
use crate::holdings::{MANDATE, standing, write_mandate};
use crate::store::next;
use crate::works::WorkEntry;

/// Writes the works of one batch.
pub(super) struct Writer<'a> {
    pub(super) db: &'a Database,
    pub(super) at: Timestamp,
    pub(super) author: &'a str,
    pub(super) source: &'a ClaimSource,
    pub(super) edit: Option<i64>,
}

#[derive(Default)]
pub(super) struct Written {
    pub(super) work: Option<Counted>,
    pub(super) claims: ClaimCounts,
    pub(super) mandates: u64,
}

impl Writer<'_> {
    fn edit(&mut self) -> Result<i64, RegistryError> {
        begin_once(self.db, &mut self.edit, self.author, self.at)
    }

    pub(super) fn write(&mut self, delivered: &Delivered) -> Result<Written, RegistryError> {
        let mut written = Written::default();
        // An agreement stands by itself and has no title.
        if delivered.work.title.is_empty() {
            written.mandates = self.mandates(delivered, "")?;
            return Ok(written);
        }
        let known = self.find(&delivered.work)?;
        let id = known.as_ref().map_or(&delivered.work.id, |(_, entry)| &entry.work.id).clone();
        let ended = matches!(delivered.extent, Extent::Ended(_));
        // Whoever takes claims back says nothing new about the work.
        if ended && known.is_some() {
            written.work = Some(Counted::Unchanged);
        } else {
            written.work = Some(self.work(&delivered.work, known, &id)?);
            self.relate(delivered, &id)?;
        }
        let evidence = self.evidence(delivered);
        let claims: Vec<_> = delivered
            .claims
            .iter()
            .filter(|_| !ended)
            .map(|claim| {
                let mut claim = claim.clone();
                claim.evidence.push(evidence.clone());
                claim
            })
            .collect();
        let last_day = match delivered.extent {
            Extent::Whole => Some(day_of(self.at)),
            Extent::Part => None,
            Extent::Ended(day) => Some(day),
        };
        let (db, at, source, author) = (self.db, self.at, self.source, self.author);
        let edit = &mut self.edit;
        let mut begin = |db: &Database| begin_once(db, edit, author, at);
        written.claims = ClaimWriter { db, source, at, edit: &mut begin }.write(&id, &claims, last_day)?;
        if !ended {
            written.mandates = self.mandates(delivered, &id)?;
        }
        Ok(written)
    }

    fn evidence(&self, delivered: &Delivered) -> String {
        let standard = self.source.standard.as_deref().unwrap_or_default();
        format!("{standard}, {}, {}", self.source.file.as_deref().unwrap_or_default(), delivered.place)
    }

    /// A work by its id, by the sender's own number, or by a number of the field, unless the sender has that number
    /// on another work of its own: two works of one sender are never joined.
    fn find(&self, work: &Work) -> Result<Option<(i64, WorkEntry)>, RegistryError> {
        if let Some(found) = self.load("w.work_id = $1", &work.id)? {
            return Ok(Some(found));
        }
        let (shared, own): (Vec<&String>, Vec<&String>) =
            work.identifiers.iter().partition(|id| STANDARD.iter().any(|scheme| id.starts_with(scheme)));
        for identifier in own.iter().filter(|id| OWN.iter().any(|scheme| id.starts_with(scheme))) {
            if let Some(found) = self.load(BY_IDENTIFIER, identifier)? {
                return Ok(Some(found));
            }
        }
        let space = |id: &str| id.rsplit_once('/').map(|(space, _)| space.to_owned());
        let spaces: Vec<String> = own
            .iter()
            .filter(|id| OWN.iter().any(|scheme| id.starts_with(scheme)))
            .filter_map(|id| space(id))
            .collect();
        for identifier in shared {
            let Some(found) = self.load(BY_IDENTIFIER, identifier)? else { continue };
            let numbered =
                found.1.work.identifiers.iter().filter_map(|id| space(id)).any(|s| spaces.contains(&s));
            if !numbered {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn load(&self, which: &str, value: &str) -> Result<Option<(i64, WorkEntry)>, RegistryError> {
        self.db.first(
            &format!(
                "SELECT w.work_pk, v.record, v.text_record FROM work w JOIN work_version v ON v.work_pk = w.work_pk \
                 WHERE {which} ORDER BY v.edit_id DESC, w.work_pk LIMIT 1"
            ),
            &[Value::Text(value)],
            |row| {
                let text = match row.text_or_null(2)? {
                    Some(_) => Some(row.json(2)?),
                    None => None,
                };
                Ok((row.int(0)?, WorkEntry { work: row.json(1)?, text }))
            },
        )
    }

    fn work(
        &mut self,
        new: &Work,
        known: Option<(i64, WorkEntry)>,
        id: &str,
    ) -> Result<Counted, RegistryError> {
        let (work_pk, text, work, counted) = match known {
            None => {
                let pk = next(self.db, "SELECT COALESCE(MAX(work_pk), 0) + 1 FROM work")?;
                let mut work = new.clone();
                work.extra.insert(DELIVERED_BY.to_owned(), self.source.origin.clone());
                self.db.execute(
                    "INSERT INTO work (work_pk, work_id) VALUES ($1, $2)",
                    &[Value::Int(pk), Value::Text(id)],
                )?;
                (pk, None, work, Counted::New)
            }
            Some((pk, entry)) => {
                let work = joined(&entry.work, new, &self.source.origin);
                if work == entry.work {
                    return Ok(Counted::Unchanged);
                }
                (pk, entry.text, work, Counted::Changed)
            }
        };
        // A file may describe a work twice: the second description is a version of its own.
        let taken = match self.edit {
            None => None,
            Some(edit) => self.db.first(
                "SELECT 1 FROM work_version WHERE work_pk = $1 AND edit_id = $2",
                &[Value::Int(work_pk), Value::Int(edit)],
                |_| Ok(()),
            )?,
        };
        if taken.is_some() {
            self.edit = None;
        }
        let edit = self.edit()?;
        let record = json(&work);
        let text = text.map(|text| json(&text));
        write_version(self.db, edit, work_pk, &work, &record, text.as_deref())?;
        Ok(counted)
    }

    fn relate(&mut self, delivered: &Delivered, id: &str) -> Result<(), RegistryError> {
        for (kind, to) in &delivered.relations {
            let to = match self.load("w.work_id = $1", to)? {
                Some((_, entry)) => entry.work.id,
                None => self.load(BY_IDENTIFIER, to)?.map_or_else(|| to.clone(), |(_, entry)| entry.work.id),
            };
            if to == id {
                continue;
            }
            if !is_related(self.db, id, *kind, &to)? {
                let edit = self.edit()?;
                write_relation(self.db, edit, id, *kind, &to)?;
            }
        }
        Ok(())
    }

    fn mandates(&mut self, delivered: &Delivered, work: &str) -> Result<u64, RegistryError> {
        let mut changed = 0;
        for draft in &delivered.mandates {
            let MandateDraft { rights, territory, period, collects_until, .. } = draft;
            let (db, at, source, author) = (self.db, self.at, self.source, self.author);
            let edit = &mut self.edit;
            let mut begin = |db: &Database| begin_once(db, edit, author, at);
            let mut parties = ClaimWriter { db, source, at, edit: &mut begin };
            let (grantor, manager) = (parties.party(&draft.grantor)?, parties.party(&draft.manager)?);
            let works = if draft.this_work {
                Repertoire::Only([work.to_owned()].into())
            } else {
                Repertoire::AllBut(std::collections::BTreeSet::new())
            };
            let about = if draft.this_work { work } else { "" };
            let words: Vec<&str> = rights.iter().map(|r| r.code()).collect();
            let id = format!(
                "m-{}",
                &short_hash(&format!(
                    "{}\n{grantor}\n{manager}\n{about}\n{}\n{territory}",
                    self.source.origin,
                    words.join(",")
                ))[..16]
            );
            let Some(nothing) = placet_core::Ratio::new(0, 1) else { continue };
            let mandate = Mandate {
                id: id.clone(),
                grantor,
                manager,
                rights: rights.clone(),
                territory: territory.clone(),
                works,
                commission: nothing,
                cultural: nothing,
                period: *period,
                collects_until: *collects_until,
            };
            let record = json(&mandate);
            if standing(self.db, &id)?.as_deref() == Some(&record) {
                continue;
            }
            let taken = match self.edit {
                None => None,
                Some(edit) => self.db.first(
                    "SELECT 1 FROM mandate WHERE mandate_id = $1 AND edit_id = $2",
                    &[Value::Text(&id), Value::Int(edit)],
                    |_| Ok(()),
                )?,
            };
            if taken.is_some() {
                self.edit = None;
            }
            let edit = self.edit()?;
            let source = ClaimSource { place: Some(delivered.place.clone()), ..self.source.clone() };
            write_mandate(self.db, edit, &id, MANDATE, &record, &source)?;
            changed += 1;
        }
        Ok(changed)
    }
}

const BY_IDENTIFIER: &str = "w.work_pk IN (SELECT i.work_pk FROM work_identifier i WHERE i.identifier = $1)";
/// Numbers that mean one work wherever they stand.
const STANDARD: [&str; 7] = ["iswc:", "isrc:", "isbn:", "isan:", "eidr:", "doi:", "ismn:"];
/// Numbers of a sender's own: space and number.
const OWN: [&str; 6] = ["cwr:", "onix:", "onix-product:", "ddex-resource:", "mb-work:", "mb-recording:"];
/// Which sender's word the registry takes for the description of a work.
const DELIVERED_BY: &str = "delivered by";

/// A known work with what a delivery adds. The sender that described it first may change the description; another one
/// adds numbers, credits and what is missing.
fn joined(known: &Work, new: &Work, origin: &str) -> Work {
    let mut work = known.clone();
    let own = known.extra.get(DELIVERED_BY).is_some_and(|by| by == origin);
    if own {
        work.kind = new.kind;
        work.title.clone_from(&new.title);
        work.credits.clone_from(&new.credits);
        work.language = new.language.clone().or(work.language);
    } else {
        for credit in &new.credits {
            let named =
                |c: &placet_core::Credit| c.role == credit.role && c.name.eq_ignore_ascii_case(&credit.name);
            if !work.credits.iter().any(named) {
                work.credits.push(credit.clone());
            }
        }
        work.language = work.language.or_else(|| new.language.clone());
    }
    for identifier in &new.identifiers {
        if !work.identifiers.contains(identifier) {
            work.identifiers.push(identifier.clone());
        }
    }
    work.identifiers.sort();
    for (name, value) in &new.extra {
        if own || !work.extra.contains_key(name) {
            work.extra.insert(name.clone(), value.clone());
        }
    }
    work
}
