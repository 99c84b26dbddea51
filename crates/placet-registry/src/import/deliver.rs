//! Deliveries into the registry: recognised by their content, read as a stream, written in batches that are kept whole.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use placet_core::Work;
use placet_remunerate::mandate::{Mandate, Repertoire};
use serde::Serialize;

use super::delivery::{Delivered, Extent, MandateDraft, Message, Sink};
use super::register::json;
use super::{cwr, ern, musicbrainz, onix};
use crate::claims::{ClaimCounts, ClaimSource, ClaimWriter, short_hash};
use crate::db::{Database, Value};
use crate::holdings::{MANDATE, standing, write_mandate};
use crate::store::{begin_edit, next};
use crate::works::WorkEntry;
use crate::{Registry, RegistryError};

/// How much of a file is looked at to tell what it is.
const SNIFFED: u64 = 16 * 1024;
/// A delivery in another encoding than UTF-8 is turned in memory and may be this large.
const FOREIGN_BYTES_MAX: u64 = 256 << 20;
/// Works written in one transaction.
const BATCH_WORKS: usize = 500;

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Cwr,
    Ern,
    Onix,
    MusicBrainzXml,
    MusicBrainzJson,
}

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

/// What a file is, by its first bytes.
pub(crate) fn recognise(path: &Path) -> Option<Format> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(SNIFFED).read_to_end(&mut head).ok()?;
    if cwr::is_cwr(&head) {
        return Some(Format::Cwr);
    }
    let text = crate::encoding::decode(&head)?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') {
        return musicbrainz::is_reply(text).then_some(Format::MusicBrainzJson);
    }
    let root = root(text)?;
    let name = root.split([' ', '\t', '\r', '\n', '>', '/']).next()?.rsplit(':').next()?;
    if ern::ROOTS.contains(&name) {
        Some(Format::Ern)
    } else if onix::ROOTS.contains(&name) {
        Some(Format::Onix)
    } else if name == "metadata" && root.contains(musicbrainz::NAMESPACE) {
        Some(Format::MusicBrainzXml)
    } else {
        None
    }
}

/// What follows the `<` of the root element.
fn root(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        let rest = text.strip_prefix('<')?;
        text = if let Some(comment) = rest.strip_prefix("!--") {
            comment.split_once("-->")?.1
        } else if rest.starts_with('?') {
            rest.split_once("?>")?.1
        } else if let Some(doctype) = rest.strip_prefix('!') {
            let (before, after) = doctype.split_once('>')?;
            // The declarations of an internal subset end with `]>`; what lies in them is refused later on.
            if before.contains('[') && !before.trim_end().ends_with(']') {
                doctype.split_once("]>").or_else(|| doctype.split_once("] >"))?.1
            } else {
                after
            }
        } else {
            return Some(rest);
        };
    }
}

/// Why reading ended early.
pub(crate) enum Stopped {
    /// The file cannot be read on; what stands before is kept.
    File(String),
    Registry(RegistryError),
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

fn read(path: &Path, format: Format, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let fail = |error| Stopped::Registry(RegistryError::read(path, error));
    let file = File::open(path).map_err(fail)?;
    let size = file.metadata().map_err(fail)?.len();
    let damaged = |error: &dyn std::fmt::Display| Stopped::File(error.to_string());
    match format {
        Format::Cwr => cwr::read(BufReader::new(file), sink).map_err(fail),
        Format::MusicBrainzJson => {
            if size > musicbrainz::JSON_BYTES_MAX {
                return Err(Stopped::File("a reply in JSON may have 64 MiB".to_owned()));
            }
            let bytes = std::fs::read(path).map_err(fail)?;
            musicbrainz::read_json(&bytes, sink).map_err(|e| damaged(&e))
        }
        Format::Ern | Format::Onix | Format::MusicBrainzXml => {
            let source = in_utf_8(path, file, size).map_err(|e| e.unwrap_or_else(fail))?;
            match format {
                Format::Ern => ern::read(source, sink),
                Format::Onix => onix::read(source, sink),
                _ => musicbrainz::read_xml(source, sink),
            }
            .map_err(|e| damaged(&e))
        }
    }
}

/// The bytes of an XML file in UTF-8: as they are, or turned from the encoding that the file declares.
fn in_utf_8(path: &Path, mut file: File, size: u64) -> Result<Box<dyn Read>, Opening> {
    let mut head = Vec::new();
    (&mut file).take(1024).read_to_end(&mut head).map_err(Opening::Io)?;
    let declared = String::from_utf8_lossy(&head);
    let declared = declared.split_once("?>").map_or("", |(declaration, _)| declaration);
    let label = declared.split_once("encoding=").map(|(_, rest)| rest.trim_start_matches(['"', '\'']));
    let label = label.and_then(|rest| rest.split(['"', '\'']).next()).unwrap_or("utf-8");
    let mark = encoding_rs::Encoding::for_bom(&head).map(|(encoding, _)| encoding);
    let encoding =
        mark.or_else(|| encoding_rs::Encoding::for_label(label.as_bytes())).unwrap_or(encoding_rs::UTF_8);
    if encoding == encoding_rs::UTF_8 {
        let skip = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let head = head.split_off(skip);
        return Ok(Box::new(Cursor::new(head).chain(file)));
    }
    if size > FOREIGN_BYTES_MAX {
        return Err(Opening::TooLarge);
    }
    let bytes = std::fs::read(path).map_err(Opening::Io)?;
    Ok(Box::new(Cursor::new(encoding.decode(&bytes).0.into_owned().into_bytes())))
}

enum Opening {
    Io(std::io::Error),
    TooLarge,
}

impl Opening {
    fn unwrap_or_else(self, fail: impl FnOnce(std::io::Error) -> Stopped) -> Stopped {
        match self {
            Opening::Io(error) => fail(error),
            Opening::TooLarge => {
                Stopped::File("a delivery in another encoding than UTF-8 may have 256 MiB".to_owned())
            }
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

fn begin_once(
    db: &Database,
    edit: &mut Option<i64>,
    author: &str,
    at: Timestamp,
) -> Result<i64, RegistryError> {
    if let Some(edit) = edit {
        return Ok(*edit);
    }
    let number = next(db, "SELECT COALESCE(MAX(edit_id), 0) + 1 FROM edit")?;
    begin_edit(db, number, author, "deliver", at)?;
    *edit = Some(number);
    Ok(number)
}

/// The day of a moment, in UTC.
pub(crate) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// Writes the works of one batch.
struct Writer<'a> {
    db: &'a Database,
    at: Timestamp,
    author: &'a str,
    source: &'a ClaimSource,
    edit: Option<i64>,
}

#[derive(Default)]
struct Written {
    work: Option<Counted>,
    claims: ClaimCounts,
    mandates: u64,
}

impl Writer<'_> {
    fn edit(&mut self) -> Result<i64, RegistryError> {
        begin_once(self.db, &mut self.edit, self.author, self.at)
    }

    fn write(&mut self, delivered: &Delivered) -> Result<Written, RegistryError> {
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
        let fingerprint = super::register::fingerprint(&record, text.as_deref());
        self.db.execute(
            "INSERT INTO work_version (work_pk, edit_id, fingerprint, record, text_record) VALUES ($1, $2, $3, $4, $5)",
            &[
                Value::Int(work_pk),
                Value::Int(edit),
                Value::Text(&fingerprint),
                Value::Text(&record),
                text.as_deref().into(),
            ],
        )?;
        for identifier in &work.identifiers {
            self.db.execute(
                "INSERT INTO work_identifier (identifier, work_pk, edit_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                &[Value::Text(identifier), Value::Int(work_pk), Value::Int(edit)],
            )?;
        }
        super::register::credit(self.db, &work, work_pk, edit)?;
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
            let found = self.db.first(
                "SELECT 1 FROM relation WHERE from_work = $1 AND kind = $2 AND to_work = $3",
                &[Value::Text(id), Value::Text(kind.code()), Value::Text(&to)],
                |_| Ok(()),
            )?;
            if found.is_none() {
                let edit = self.edit()?;
                self.db.execute(
                    "INSERT INTO relation (from_work, kind, to_work, edit_id) VALUES ($1, $2, $3, $4)",
                    &[Value::Text(id), Value::Text(kind.code()), Value::Text(&to), Value::Int(edit)],
                )?;
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
