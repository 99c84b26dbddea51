//! Reading works: as they are, as they were, and their history.

use jiff::Timestamp;
use placet_core::{Identifier, Relation, Work};
use serde::Serialize;

use crate::db::{Row, Value};
use crate::{Registry, RegistryError, TextRecord, WorkText, texts};

/// A work and what the registry knows about its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkEntry {
    /// The work.
    pub work: Work,
    /// Its text, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextRecord>,
}

/// One version of a work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkVersion {
    /// When it was registered.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// What was registered.
    #[serde(flatten)]
    pub entry: WorkEntry,
}

/// What is done with each work and its text.
pub type VisitWork<'a> = &'a mut dyn FnMut(&Work, Option<WorkText>) -> Result<(), RegistryError>;

impl Registry {
    /// Visits every work as it was at a moment, in the order of the ids' bytes.
    pub fn works_at(
        &self,
        at: Timestamp,
        visit: &mut dyn FnMut(WorkEntry) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        self.db.query(
            "SELECT v.record, v.text_record FROM work w JOIN work_version v ON v.work_pk = w.work_pk \
             WHERE v.edit_id = (SELECT MAX(x.edit_id) FROM work_version x JOIN edit e ON e.edit_id = x.edit_id \
             WHERE x.work_pk = w.work_pk AND e.at_us <= $1) ORDER BY w.work_id",
            &[Value::Int(at.as_microsecond())],
            &mut |row| visit(entry(row, 0)?),
        )
    }

    /// Visits every work with its text, as they are now, in the order of the ids' bytes.
    ///
    /// Texts are read one at a time and checked against their hash.
    pub fn for_each_work(&self, visit: VisitWork<'_>) -> Result<(), RegistryError> {
        self.works_at(Timestamp::MAX, &mut |entry| {
            let text = entry.text.as_ref().map(|record| texts::read(&self.home, record)).transpose()?;
            visit(&entry.work, text)
        })
    }

    /// How many works there are.
    pub fn work_count(&self) -> Result<u64, RegistryError> {
        Ok(self.db.first("SELECT COUNT(*) FROM work", &[], |row| row.int(0))?.unwrap_or(0) as u64)
    }

    /// A work by its id or by one of its identifiers; the first where several carry the identifier.
    pub fn work(&self, id: &str) -> Result<Option<WorkEntry>, RegistryError> {
        let by_id = self.versions(id)?.pop().map(|version| version.entry);
        if by_id.is_some() {
            return Ok(by_id);
        }
        let Ok(identifier) = id.parse::<Identifier>() else { return Ok(None) };
        let found = self.db.first(
            "SELECT w.work_id FROM work_identifier i JOIN work w ON w.work_pk = i.work_pk \
             WHERE i.identifier = $1 ORDER BY w.work_id",
            &[Value::Text(&identifier.to_string())],
            |row| row.text(0),
        )?;
        match found {
            Some(work_id) => Ok(self.versions(&work_id)?.pop().map(|version| version.entry)),
            None => Ok(None),
        }
    }

    /// Every version of a work, the oldest first.
    pub fn versions(&self, id: &str) -> Result<Vec<WorkVersion>, RegistryError> {
        let mut versions = Vec::new();
        self.db.query(
            "SELECT e.at_us, e.author, v.record, v.text_record FROM work w \
             JOIN work_version v ON v.work_pk = w.work_pk JOIN edit e ON e.edit_id = v.edit_id \
             WHERE w.work_id = $1 ORDER BY v.edit_id",
            &[Value::Text(id)],
            &mut |row| {
                versions.push(WorkVersion {
                    at: timestamp(row.int(0)?),
                    author: row.text(1)?,
                    entry: entry(row, 2)?,
                });
                Ok(())
            },
        )?;
        Ok(versions)
    }

    /// The text of a work.
    pub fn text(&self, entry: &WorkEntry) -> Result<Option<WorkText>, RegistryError> {
        entry.text.as_ref().map(|record| texts::read(&self.home, record)).transpose()
    }

    /// Relations in which a work stands, on either side, as registered up to a moment.
    pub fn relations_at(&self, id: &str, at: Timestamp) -> Result<Vec<Relation>, RegistryError> {
        let mut relations = Vec::new();
        self.db.query(
            "SELECT r.from_work, r.kind, r.to_work FROM relation r JOIN edit e ON e.edit_id = r.edit_id \
             WHERE (r.from_work = $1 OR r.to_work = $1) AND e.at_us <= $2 \
             ORDER BY r.from_work, r.kind, r.to_work",
            &[Value::Text(id), Value::Int(at.as_microsecond())],
            &mut |row| {
                if let Ok(kind) = row.text(1)?.parse() {
                    relations.push(Relation { from: row.text(0)?, kind, to: row.text(2)? });
                }
                Ok(())
            },
        )?;
        Ok(relations)
    }

    /// How many works ever credited a party, by identifier or by name.
    pub fn works_of_party(&self, party: &str) -> Result<u64, RegistryError> {
        let key = match party.parse::<Identifier>() {
            Ok(identifier) if matches!(identifier.scheme(), "isni" | "ipi") => identifier.to_string(),
            _ => party_key(party),
        };
        let count = self.db.first(
            "SELECT COUNT(DISTINCT work_pk) FROM credit WHERE party_id = $1",
            &[Value::Text(&key)],
            |row| row.int(0),
        )?;
        Ok(count.unwrap_or(0) as u64)
    }
}

/// What a party without identifier is known by: its name without regard to case and spacing.
pub(crate) fn party_key(name: &str) -> String {
    format!("name:{}", name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
}

/// Times are kept in whole microseconds.
pub(crate) fn timestamp(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
}

fn entry(row: &Row<'_>, column: usize) -> Result<WorkEntry, RegistryError> {
    let text = match row.text_or_null(column + 1)? {
        Some(_) => Some(row.json(column + 1)?),
        None => None,
    };
    Ok(WorkEntry { work: row.json(column)?, text })
}
