//! `register`: catalogues, folders and single files into the registry, in batches that are kept whole.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use placet_core::Work;
use serde::Serialize;

use super::columns::{Field, Mapping, recognise};
use super::deliver::{Counted, Delivery};
use super::media::{self, Known, Media, MediaError};
use super::recognise::{self, Format};
use super::row::Draft;
use super::table::Table;
use super::version::{fingerprint, is_related, write_relation, write_version};
use crate::db::{Database, Value};
use crate::store::{NEXT_EDIT, Registry, begin_edit, next};
use crate::{RegistryError, content_code, extract};

/// Rows, problems and notes that a [`Registered`] lists by name; beyond, they are only counted.
pub const LISTED_MAX: usize = 10_000;
/// Folders nested deeper are not entered.
pub const FOLDER_DEPTH_MAX: usize = 64;

/// What came of registering.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// Works not known before.
    pub new: u64,
    /// Works that got a new version.
    pub changed: u64,
    /// Works that are as they were.
    pub unchanged: u64,
    /// Of all these, works with text.
    pub with_text: u64,
    /// Letters and digits of their texts.
    pub letters: u64,
    /// Rows or files set aside.
    pub aside_count: u64,
    /// The first of them.
    pub aside: Vec<Aside>,
    /// Values that were kept as they stood because they are not what their column says.
    pub notes_count: u64,
    /// The first of them.
    pub notes: Vec<Aside>,
    /// What each column of each catalogue was taken for.
    pub columns: Vec<(String, String)>,
    /// Deliveries in formats of the field: ERN, ONIX, CWR, `MusicBrainz`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
}

/// A row or file and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Aside {
    /// The file.
    pub file: PathBuf,
    /// The line where the row begins, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Why.
    pub reason: String,
}

/// How far registering has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Bytes of catalogues and files behind.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
    /// Works behind.
    pub works: u64,
}

impl Registry {
    /// Registers catalogues (`.csv`, `.tsv`, `.tab`), deliveries (ERN, ONIX, CWR, `MusicBrainz`, by their content),
    /// files and folders of files.
    ///
    /// A bad row is set aside and the rest goes on. What was registered before and is the same changes nothing;
    /// what differs becomes a new version. Interrupted at any moment, whole batches of rows are kept.
    pub fn register(
        &mut self,
        inputs: &[PathBuf],
        mapping: &Mapping,
        at: Timestamp,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Registered, RegistryError> {
        let mut run = Run::default();
        let mut media = Vec::new();
        let mut catalogues = Vec::new();
        let mut deliveries = Vec::new();
        for input in inputs {
            let metadata = std::fs::metadata(input).map_err(|error| RegistryError::read(input, error))?;
            if metadata.is_dir() {
                collect(input, Path::new(""), 0, &mut media, &mut deliveries, &mut run)?;
            } else if is_catalogue(input) {
                run.progress.total += metadata.len();
                catalogues.push(input);
            } else if let Some(format) = recognise::recognise(input) {
                deliveries.push((input.clone(), format));
            } else {
                let name = input.file_name().map(PathBuf::from).unwrap_or_default();
                media.push((input.clone(), name));
            }
        }
        let files = media.iter().map(|(path, _)| path).chain(deliveries.iter().map(|(path, _)| path));
        run.progress.total +=
            files.filter_map(|path| std::fs::metadata(path).ok()).map(|m| m.len()).sum::<u64>();
        for catalogue in catalogues {
            self.register_catalogue(catalogue, mapping, at, &mut run, progress)?;
        }
        for (path, format) in deliveries {
            self.register_delivery(&path, format, at, &mut run)?;
            run.progress.done += std::fs::metadata(&path).map_or(0, |m| m.len());
            progress(run.progress);
        }
        for batch in media.chunks(batch_files()) {
            let bytes: u64 =
                batch.iter().filter_map(|(path, _)| std::fs::metadata(path).ok()).map(|m| m.len()).sum();
            let batch = batch
                .iter()
                .map(|(path, name)| {
                    let id = name.to_string_lossy().replace('\\', "/");
                    let draft = Draft { id: Some(id), ..Draft::default() };
                    Pending { from: path.clone(), line: None, file: Some(path.clone()), draft }
                })
                .collect();
            self.keep_batch(batch, at, &mut run)?;
            run.progress.done += bytes;
            progress(run.progress);
        }
        Ok(run.registered)
    }

    fn register_delivery(
        &mut self,
        path: &Path,
        format: Format,
        at: Timestamp,
        run: &mut Run,
    ) -> Result<(), RegistryError> {
        let mut counts = [0u64; 3];
        let mut notes = Vec::new();
        let (delivery, fault) = self.deliver(
            path,
            format,
            at,
            &mut |reason| {
                if notes.len() < LISTED_MAX {
                    notes.push(reason);
                }
            },
            &mut |counted| match counted {
                Counted::New => counts[0] += 1,
                Counted::Changed => counts[1] += 1,
                Counted::Unchanged => counts[2] += 1,
            },
        )?;
        run.registered.new += counts[0];
        run.registered.changed += counts[1];
        run.registered.unchanged += counts[2];
        run.progress.works += counts.iter().sum::<u64>();
        run.registered.notes_count += delivery.notes;
        for reason in notes {
            if run.registered.notes.len() < LISTED_MAX {
                run.registered.notes.push(Aside { file: path.to_owned(), line: None, reason });
            }
        }
        if let Some(fault) = fault {
            run.aside(path, None, fault);
        }
        run.registered.deliveries.push(delivery);
        Ok(())
    }

    fn register_catalogue(
        &mut self,
        path: &Path,
        mapping: &Mapping,
        at: Timestamp,
        run: &mut Run,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), RegistryError> {
        let mut table = Table::open(path)?;
        let fields = recognise(&table.header, mapping);
        if !fields.iter().any(|field| matches!(field, Field::Title | Field::File)) {
            return Err(RegistryError::Catalogue {
                path: path.to_owned(),
                what: format!("no column is a title or a file; its columns are {}", table.header.join(", ")),
            });
        }
        let header = table.header.clone();
        run.registered.columns.extend(header.iter().cloned().zip(fields.iter().map(Field::to_string)));
        let folder = path.parent().unwrap_or(Path::new(""));
        let before = run.progress.done;
        let mut batch = Vec::new();
        let mut files = 0;
        while let Some(row) = table.next_row()? {
            let drafted = row.fields.and_then(|values| Draft::read(&header, &fields, values));
            match drafted {
                Ok(draft) => {
                    let file = draft.file.as_ref().map(|file| folder.join(file));
                    files += usize::from(file.is_some());
                    batch.push(Pending { from: path.to_owned(), line: Some(row.line), file, draft });
                }
                Err(reason) => run.aside(path, Some(row.line), reason),
            }
            if batch.len() >= BATCH_ROWS || files >= batch_files() {
                self.keep_batch(std::mem::take(&mut batch), at, run)?;
                files = 0;
                run.progress.done = before + row.byte.min(table.bytes);
                progress(run.progress);
            }
        }
        self.keep_batch(batch, at, run)?;
        run.progress.done = before + table.bytes;
        progress(run.progress);
        Ok(())
    }

    /// Reads the files of a batch on all cores, then writes its rows in one transaction.
    fn keep_batch(&mut self, batch: Vec<Pending>, at: Timestamp, run: &mut Run) -> Result<(), RegistryError> {
        if batch.is_empty() {
            return Ok(());
        }
        if run.known.is_none() && batch.iter().any(|pending| pending.file.is_some()) {
            run.known = Some(self.known_sources()?);
        }
        let empty = Known::new();
        let media = load_all(&self.home, &batch, run.known.as_ref().unwrap_or(&empty));
        let mut works = Vec::with_capacity(batch.len());
        for (pending, media) in batch.into_iter().zip(media) {
            let media = match media {
                None => None,
                Some(Ok(media)) => Some(media),
                Some(Err(MediaError::Registry(error))) => return Err(error),
                Some(Err(MediaError::Row(reason))) => {
                    run.aside(&pending.from, pending.line, reason);
                    continue;
                }
            };
            if let Some(work) = run.settle(pending, media) {
                works.push(work);
            }
        }
        let author = self.author.clone();
        let edit = run.edit;
        let counts = self.db.transaction(|db| Writer::new(db, edit, &author, at)?.write_all(&works))?;
        run.edit = counts.edit;
        run.progress.works += works.len() as u64;
        run.registered.new += counts.new;
        run.registered.changed += counts.changed;
        run.registered.unchanged += counts.unchanged;
        for media in works.into_iter().filter_map(|work| work.media) {
            run.registered.with_text += 1;
            run.registered.letters += media.record.letters;
            if let (true, Some(known)) = (media.fresh, run.known.as_mut()) {
                known.insert(media.key, media.record);
            }
        }
        Ok(())
    }

    fn known_sources(&self) -> Result<Known, RegistryError> {
        let mut known = Known::new();
        self.db.query("SELECT source_key, record FROM source", &[], &mut |row| {
            known.insert(row.text(0)?, row.json(1)?);
            Ok(())
        })?;
        Ok(known)
    }
}

/// A row whose file has not been read.
struct Pending {
    from: PathBuf,
    line: Option<u64>,
    file: Option<PathBuf>,
    draft: Draft,
}

/// A row ready to be written.
struct Settled {
    work: Work,
    relations: Vec<(placet_core::RelationKind, String)>,
    media: Option<Media>,
}

/// What one call of `register` carries from batch to batch.
#[derive(Default)]
struct Run {
    edit: Option<i64>,
    registered: Registered,
    progress: Progress,
    known: Option<Known>,
    /// Hashes of the ids met so far, with the line of the first.
    seen: HashMap<[u8; 16], Option<u64>>,
}

impl Run {
    fn aside(&mut self, file: &Path, line: Option<u64>, reason: String) {
        self.registered.aside_count += 1;
        if self.registered.aside.len() < LISTED_MAX {
            self.registered.aside.push(Aside { file: file.to_owned(), line, reason });
        }
    }

    /// Gives the row its title and id; a second row of the same id is set aside.
    fn settle(&mut self, pending: Pending, media: Option<Media>) -> Option<Settled> {
        let Pending { from, line, file, mut draft } = pending;
        let stated = media.as_ref().and_then(|media| media.record.title.clone());
        let title = match (draft.title.as_str(), stated, &file) {
            ("", Some(stated), _) => stated,
            ("", None, Some(file)) => {
                file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
            }
            (title, ..) => title.to_owned(),
        };
        self.registered.notes_count += draft.notes.len() as u64;
        for reason in draft.notes.drain(..) {
            if self.registered.notes.len() < LISTED_MAX {
                self.registered.notes.push(Aside { file: from.clone(), line, reason });
            }
        }
        let relations = std::mem::take(&mut draft.relations);
        let units = media.as_ref().and_then(|media| media.record.units.as_ref());
        let code = units.and_then(|units| content_code::composite(&title, units));
        let work = draft.into_work(title, code);
        let mut short = [0; 16];
        short.copy_from_slice(&blake3::hash(work.id.as_bytes()).as_bytes()[..16]);
        if let Some(first) = self.seen.get(&short) {
            let place = first.map(|line| format!(" in line {line}")).unwrap_or_default();
            self.aside(&from, line, format!("the work {} stands already{place}", work.id));
            return None;
        }
        self.seen.insert(short, line);
        Some(Settled { work, relations, media })
    }
}

/// Writes one batch.
struct Writer<'a> {
    db: &'a Database,
    author: &'a str,
    at: Timestamp,
    next_work: i64,
    counts: Counts,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    edit: Option<i64>,
    new: u64,
    changed: u64,
    unchanged: u64,
}

impl<'a> Writer<'a> {
    fn new(
        db: &'a Database,
        edit: Option<i64>,
        author: &'a str,
        at: Timestamp,
    ) -> Result<Self, RegistryError> {
        let next_work = next(db, "SELECT COALESCE(MAX(work_pk), 0) + 1 FROM work")?;
        Ok(Writer { db, author, at, next_work, counts: Counts { edit, ..Counts::default() } })
    }

    fn write_all(mut self, works: &[Settled]) -> Result<Counts, RegistryError> {
        for work in works {
            self.write(work)?;
        }
        Ok(self.counts)
    }

    /// The edit, begun with the first change.
    fn edit(&mut self) -> Result<i64, RegistryError> {
        if let Some(edit) = self.counts.edit {
            return Ok(edit);
        }
        let edit = next(self.db, NEXT_EDIT)?;
        begin_edit(self.db, edit, self.author, "register", self.at)?;
        self.counts.edit = Some(edit);
        Ok(edit)
    }

    fn write(&mut self, settled: &Settled) -> Result<(), RegistryError> {
        let Settled { work, relations, media } = settled;
        let record = json(work);
        let text_record = media.as_ref().map(|media| json(&media.record));
        let fingerprint = fingerprint(&record, text_record.as_deref());
        let latest = self.db.first(
            "SELECT w.work_pk, v.fingerprint FROM work w JOIN work_version v ON v.work_pk = w.work_pk \
             WHERE w.work_id = $1 ORDER BY v.edit_id DESC LIMIT 1",
            &[Value::Text(&work.id)],
            |row| Ok((row.int(0)?, row.text(1)?)),
        )?;
        let work_pk = match latest {
            Some((_, known)) if known == fingerprint => {
                self.counts.unchanged += 1;
                return self.relate(work, relations);
            }
            Some((work_pk, _)) => {
                self.counts.changed += 1;
                work_pk
            }
            None => {
                self.counts.new += 1;
                self.next_work += 1;
                self.db.execute(
                    "INSERT INTO work (work_pk, work_id) VALUES ($1, $2)",
                    &[Value::Int(self.next_work - 1), Value::Text(&work.id)],
                )?;
                self.next_work - 1
            }
        };
        let edit = self.edit()?;
        if let Some(media) = media.as_ref().filter(|media| media.fresh) {
            self.db.execute(
                "INSERT INTO source (source_key, edit_id, record) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                &[Value::Text(&media.key), Value::Int(edit), text_record.as_deref().into()],
            )?;
        }
        write_version(self.db, edit, work_pk, work, &record, text_record.as_deref())?;
        self.relate(work, relations)
    }

    fn relate(
        &mut self,
        work: &Work,
        relations: &[(placet_core::RelationKind, String)],
    ) -> Result<(), RegistryError> {
        for (kind, to) in relations {
            if !is_related(self.db, &work.id, *kind, to)? {
                let edit = self.edit()?;
                write_relation(self.db, edit, &work.id, *kind, to)?;
            }
        }
        Ok(())
    }
}

/// Records of this crate are plain data with text keys, which JSON can always hold.
pub(crate) fn json<T: Serialize>(record: &T) -> String {
    serde_json::to_string(record).expect("a struct of texts, numbers and lists is JSON")
}

/// Files of a batch on all cores, in their order; `None` for rows without one.
fn load_all(home: &Path, batch: &[Pending], known: &Known) -> Vec<Option<Result<Media, MediaError>>> {
    let mut loaded: Vec<Option<Result<Media, MediaError>>> = batch.iter().map(|_| None).collect();
    let files: Vec<(usize, &Path)> =
        batch.iter().enumerate().filter_map(|(i, pending)| Some((i, pending.file.as_deref()?))).collect();
    let turn = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((row, path)) = files.get(turn.fetch_add(1, Ordering::Relaxed)) {
            done.push((*row, media::load(home, path, known)));
        }
        done
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads().min(files.len())).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            for (row, result) in worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                loaded[row] = Some(result);
            }
        }
    });
    loaded
}

/// Files with text below a folder, in the order of their names; links are not followed.
fn collect(
    folder: &Path,
    inside: &Path,
    depth: usize,
    found: &mut Vec<(PathBuf, PathBuf)>,
    deliveries: &mut Vec<(PathBuf, Format)>,
    run: &mut Run,
) -> Result<(), RegistryError> {
    let entries = std::fs::read_dir(folder).map_err(|error| RegistryError::read(folder, error))?;
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < FOLDER_DEPTH_MAX => {
                if let Err(error) = collect(&path, &inside.join(&name), depth + 1, found, deliveries, run) {
                    run.aside(&path, None, error.to_string());
                }
            }
            Ok(kind) if kind.is_dir() => run.aside(&path, None, "it is nested too deep".to_owned()),
            Ok(kind) if kind.is_file() && extract::is_readable_name(&name.to_string_lossy()) => {
                found.push((path, inside.join(&name)));
            }
            Ok(kind) if kind.is_file() => match recognise::recognise(&path) {
                Some(format) => deliveries.push((path, format)),
                None => run.aside(&path, None, extract::ExtractError::Unsupported.to_string()),
            },
            _ => {}
        }
    }
    Ok(())
}

fn is_catalogue(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    matches!(extension.as_str(), "csv" | "tsv" | "tab")
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Enough files that no core waits long for the last one of a batch.
fn batch_files() -> usize {
    threads() * 16
}

const BATCH_ROWS: usize = 8192;
