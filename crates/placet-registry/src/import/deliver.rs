//! Deliveries into the registry: read as a stream, written in batches that are kept whole.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::deliver_work::Writer;
use super::delivery::{Delivered, Message, Sink};
use super::recognise::{Format, Stopped, read};
use crate::claims::{ClaimCounts, ClaimSource, ClaimWriter};
use crate::db::{Database, Value};
use crate::store::{NEXT_EDIT, begin_edit, next};
use crate::{Registry, RegistryError};

/// Works written in one transaction.
const BATCH_WORKS: usize = 500;

/// What came of one delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The file.
    pub file: String,
    /// Standard and version.
    pub standard: String,
    /// Who sent it.
    pub origin: String,
    /// The day that it gives itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Works in it.
    pub works: u64,
    /// Claims in it.
    pub claims: ClaimCounts,
    /// Mandates that are new or changed.
    pub mandates: u64,
    /// Statements that could not be placed or are not as the standard wants them.
    pub notes: u64,
}

impl Registry {
    /// Reads one delivery. What was read before a fault is kept.
    pub(crate) fn deliver(
        &mut self,
        path: &Path,
        format: Format,
        at: Timestamp,
        note: &mut dyn FnMut(String),
        counted: &mut dyn FnMut(Counted),
    ) -> Result<(Delivery, Option<String>), RegistryError> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut desk = Desk {
            registry: self,
            at,
            note,
            counted,
            summary: Delivery { file: name.clone(), ..Delivery::default() },
            source: ClaimSource { origin: String::new(), standard: None, file: Some(name), place: None },
            batch: Vec::new(),
            edit: None,
            failed: None,
        };
        let fault = match read(path, format, &mut desk) {
            Ok(()) => None,
            Err(Stopped::File(why)) => Some(why),
            Err(Stopped::Registry(error)) => return Err(error),
        };
        desk.flush();
        match desk.failed {
            Some(error) => Err(error),
            None => Ok((desk.summary, fault)),
        }
    }
}

/// What became of a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    New,
    Changed,
    Unchanged,
}

/// Writes what an importer hands over.
struct Desk<'a> {
    registry: &'a mut Registry,
    at: Timestamp,
    note: &'a mut dyn FnMut(String),
    counted: &'a mut dyn FnMut(Counted),
    summary: Delivery,
    source: ClaimSource,
    batch: Vec<Delivered>,
    edit: Option<i64>,
    failed: Option<RegistryError>,
}

impl Sink for Desk<'_> {
    fn message(&mut self, message: Message) {
        self.flush();
        self.summary.standard.clone_from(&message.standard);
        self.summary.origin.clone_from(&message.origin);
        self.summary.date = message.date;
        self.source.origin = message.origin;
        self.source.standard = Some(message.standard);
    }

    fn work(&mut self, delivered: Delivered) -> bool {
        self.batch.push(delivered);
        if self.batch.len() >= BATCH_WORKS {
            self.flush();
        }
        self.failed.is_none()
    }

    fn purge(&mut self, identifier: &str, last_day: Option<Date>, place: &str) -> bool {
        self.flush();
        let last_day = last_day.unwrap_or_else(|| day_of(self.at));
        match self.purged(identifier, last_day) {
            Ok(0) => self.note(place, format!("no work here carries {identifier}; nothing to take back")),
            Ok(_) => {}
            Err(error) => self.failed = Some(error),
        }
        self.failed.is_none()
    }

    fn note(&mut self, place: &str, reason: String) {
        self.summary.notes += 1;
        (self.note)(format!("{place}: {reason}"));
    }
}

impl Desk<'_> {
    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() || self.failed.is_some() {
            return;
        }
        let (at, source, author) = (self.at, &self.source, self.registry.author.clone());
        let edit = self.edit;
        let done = self.registry.db.transaction(|db| {
            let mut writer = Writer { db, at, author: &author, source, edit };
            let mut written = Vec::new();
            for delivered in &batch {
                written.push(writer.write(delivered)?);
            }
            Ok((writer.edit, written))
        });
        match done {
            Ok((edit, written)) => {
                self.edit = edit;
                for one in written {
                    if let Some(counted) = one.work {
                        self.summary.works += 1;
                        (self.counted)(counted);
                    }
                    self.summary.claims += one.claims;
                    self.summary.mandates += one.mandates;
                }
            }
            Err(error) => self.failed = Some(error),
        }
    }

    /// Ends the sender's claims in every work that carries the identifier.
    fn purged(&mut self, identifier: &str, last_day: Date) -> Result<u64, RegistryError> {
        let mut works = Vec::new();
        self.registry.db.query(
            "SELECT DISTINCT w.work_id FROM work_identifier i JOIN work w ON w.work_pk = i.work_pk \
             WHERE i.identifier = $1 ORDER BY w.work_id",
            &[Value::Text(identifier)],
            &mut |row| {
                works.push(row.text(0)?);
                Ok(())
            },
        )?;
        let (at, source, author) = (self.at, &self.source, self.registry.author.clone());
        let mut edit = self.edit;
        let counts = self.registry.db.transaction(|db| {
            let mut counts = ClaimCounts::default();
            for work in &works {
                let mut begin = |db: &Database| begin_once(db, &mut edit, &author, at);
                counts +=
                    ClaimWriter { db, source, at, edit: &mut begin }.write(work, &[], Some(last_day))?;
            }
            Ok(counts)
        })?;
        self.edit = edit;
        self.summary.claims += counts;
        Ok(works.len() as u64)
    }
}

/// The number of the delivery's edit, begun with the first change.
pub(super) fn begin_once(
    db: &Database,
    edit: &mut Option<i64>,
    author: &str,
    at: Timestamp,
) -> Result<i64, RegistryError> {
    if let Some(edit) = edit {
        return Ok(*edit);
    }
    let number = next(db, NEXT_EDIT)?;
    begin_edit(db, number, author, "deliver", at)?;
    *edit = Some(number);
    Ok(number)
}

/// The day of a moment, in UTC.
pub(crate) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
