//! The entries of the journal, beside the registry: written by one process at a time, kept whole or not at all.

use std::time::Duration;

use jiff::Timestamp;
use placet_remunerate::journal::Entry;

use crate::db::{Database, Place, Value};
use crate::import::register::json;
use crate::store::open_or_make;
use crate::{RegistryError, schema};

/// The journal, locked against other writers until it is dropped or something is kept.
pub struct JournalStore {
    db: Database,
    entries: Vec<Entry>,
}

impl JournalStore {
    /// Opens it, waiting for whoever is booking; one that is not there is made, and is empty.
    pub fn open(place: &Place, at: Timestamp) -> Result<JournalStore, RegistryError> {
        let mut db = open_or_make(place)?;
        db.wait(WAIT)?;
        schema::migrate(&mut db, at)?;
        db.begin()?;
        let entries = read(&db)?;
        Ok(JournalStore { db, entries })
    }

    /// The entries as they stand, unchecked.
    pub fn entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    /// Appends entries, all or none; they are durable when this returns.
    pub fn keep(self, entries: &[Entry]) -> Result<(), RegistryError> {
        for entry in entries {
            self.db.execute(
                "INSERT INTO journal_entry (number, record) VALUES ($1, $2)",
                &[Value::Int(entry.number as i64), Value::Text(&json(entry))],
            )?;
        }
        self.db.commit()
    }
}

/// The entries as they stand, unchecked and without a lock; none where there is no journal.
pub fn journal_entries(place: &Place) -> Result<Vec<Entry>, RegistryError> {
    match place.database(false)? {
        Some(db) if db.has_table("journal_entry")? => read(&db),
        _ => Ok(Vec::new()),
    }
}

fn read(db: &Database) -> Result<Vec<Entry>, RegistryError> {
    let mut entries = Vec::new();
    db.query("SELECT record FROM journal_entry ORDER BY number", &[], &mut |row| {
        entries.push(row.json(0)?);
        Ok(())
    })?;
    Ok(entries)
}

/// How long to wait for another process that books: a large settlement takes its time.
const WAIT: Duration = Duration::from_mins(10);
