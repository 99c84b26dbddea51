//! Writes the cleared corpus of one source in its own format and compression.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cleared_rows::ClearedRows;
use crate::cleared_web;
use crate::cut;
use crate::error::CorpusError;
use crate::item::{Item, Passed};
use crate::parquet_rows::{FileFacts, read_file_facts};
use crate::raw::{Body, Coded, Member, Packing, Raw, Web};
use crate::sink::Sink;
use crate::source::{Format, Source};
use crate::tar;

/// The cleared copy of one source. Records are handed over in the order in which they were read; those that are not
/// handed over are not in it.
pub struct Cleared {
    path: PathBuf,
    source: Source,
    outer: Option<Target>,
    member: Option<OpenMember>,
    spooled: bool,
    items: u64,
}

/// What a finished cleared file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClearedSummary {
    /// Items kept, whole or with spans cut.
    pub items: u64,
    /// Whether there is a file: a source that is one document leaves none when the document is not kept.
    pub written: bool,
}

/// A file being written.
enum Target {
    Stream(Box<Sink>),
    Rows(Box<ClearedRows>),
}

/// A member of an archive, written beside the archive until its size is known.
struct OpenMember {
    member: Arc<Member>,
    target: Target,
}

impl Cleared {
    /// Creates the file, replacing one that is there. A source that is one document creates it with its first item.
    /// While an archive is written, a file of the same name with `.member` at its end may stand beside it.
    pub fn create(source: &Source, path: &Path) -> Result<Self, CorpusError> {
        let mut cleared = Self {
            path: path.to_owned(),
            source: source.clone(),
            outer: None,
            member: None,
            spooled: false,
            items: 0,
        };
        if matches!(source.format, Format::Jsonl | Format::Warc | Format::Tar) {
            cleared.write_outer(&[])?;
        }
        Ok(cleared)
    }

    /// Keeps an item as it was.
    pub fn keep(&mut self, item: &Item) -> Result<(), CorpusError> {
        self.redact(item, &[])
    }

    /// Keeps an item without the given spans, in characters of its original. Of a page the text goes and the markup
    /// stays.
    pub fn redact(&mut self, item: &Item, spans: &[Range<usize>]) -> Result<(), CorpusError> {
        let spans = cut::merged(spans);
        match &item.raw.body {
            Body::Line { line, .. } if spans.is_empty() => self.write(&item.raw, &[line])?,
            Body::Line { line, parts } => {
                let line = cut::json_line(line, parts, &spans);
                self.write(&item.raw, &[&line])?;
            }
            Body::Whole(coded) => {
                let content = cut_coded(coded, item, &spans);
                self.write(&item.raw, &[&coded.before, &content])?;
            }
            Body::Record(Web { packed: Some(packed), .. })
                if spans.is_empty() && self.packing(&item.raw) == Packing::GzipRecords =>
            {
                self.write_member(&item.raw, packed)?;
            }
            Body::Record(web) => {
                let parts = cleared_web::record(web, item, &spans);
                let parts: Vec<&[u8]> = parts.iter().map(AsRef::as_ref).collect();
                self.write(&item.raw, &parts)?;
            }
            Body::Row { batch, row, parts } => {
                let target = self.target(&item.raw, |file| Target::rows(file, &batch.file))?;
                let done = match target {
                    Target::Rows(rows) => rows.keep(batch, *row, parts, &item.text, &spans),
                    Target::Stream(_) => return Err(self.foreign(item)),
                };
                done.map_err(|cause| self.table(&cause))?;
            }
            Body::Passed(_) | Body::PassedMember { .. } | Body::None => return Err(self.foreign(item)),
        }
        self.items += 1;
        Ok(())
    }

    /// Keeps what belongs to no item.
    pub fn pass(&mut self, passed: &Passed) -> Result<(), CorpusError> {
        match &passed.raw.body {
            Body::PassedMember { packed, .. } if self.packing(&passed.raw) == Packing::GzipRecords => {
                self.write_member(&passed.raw, packed)
            }
            Body::Passed(bytes) | Body::PassedMember { bytes, .. } => self.write(&passed.raw, &[bytes]),
            _ => Ok(()),
        }
    }

    /// Ends the file and waits until it is on the disk.
    pub fn finish(mut self) -> Result<ClearedSummary, CorpusError> {
        self.close_member()?;
        if self.spooled {
            let spool = self.spool_path();
            fs::remove_file(&spool).map_err(|cause| CorpusError::io(&spool, "cannot be removed", cause))?;
        }
        if self.outer.is_none() && self.source.format == Format::Parquet {
            let source = &self.source.path;
            let file =
                File::open(source).map_err(|cause| CorpusError::io(source, "cannot be opened", cause))?;
            let facts = read_file_facts(file).map_err(|reason| self.table(&reason))?;
            let file = create_file(&self.path)?;
            self.outer = Some(Target::rows(file, &facts).map_err(|reason| self.table(&reason))?);
        }
        let written = self.outer.is_some();
        if let Some(outer) = self.outer.take() {
            let file = outer.into_file().map_err(|reason| self.table(&reason))?;
            file.sync_all().map_err(|cause| CorpusError::io(&self.path, "cannot be written", cause))?;
        }
        Ok(ClearedSummary { items: self.items, written })
    }

    fn write(&mut self, raw: &Raw, parts: &[&[u8]]) -> Result<(), CorpusError> {
        let Some(member) = &raw.member else {
            self.close_member()?;
            return self.write_outer(parts);
        };
        if let (Packing::AsIs, Body::Whole(_)) = (member.packing, &raw.body) {
            // The size is known: no detour over a file beside the archive.
            self.close_member()?;
            let size = parts.iter().map(|part| part.len() as u64).sum();
            let (header, padding) = (tar::header_for(member, size), tar::padding(size));
            self.write_outer(&[&header])?;
            self.write_outer(parts)?;
            return self.write_outer(&[&padding]);
        }
        let packing = member.packing;
        let target = self.target(raw, |file| Target::stream(file, packing))?;
        let done = match target {
            Target::Stream(sink) => sink.write(parts),
            Target::Rows(_) => Ok(()),
        };
        done.map_err(|cause| CorpusError::io(&self.spool_path(), "cannot be written", cause))
    }

    /// How the stream that a record goes to is stored.
    fn packing(&self, raw: &Raw) -> Packing {
        let own = || Packing::of(self.source.format, self.source.compression);
        raw.member.as_ref().map_or_else(own, |member| member.packing)
    }

    /// Writes a record that is compressed already.
    fn write_member(&mut self, raw: &Raw, packed: &[u8]) -> Result<(), CorpusError> {
        let target = self.target(raw, |file| Target::stream(file, Packing::GzipRecords))?;
        let done = match target {
            Target::Stream(sink) => sink.write_member(packed),
            Target::Rows(_) => Ok(()),
        };
        done.map_err(|cause| CorpusError::io(&self.path, "cannot be written", cause))
    }

    fn write_outer(&mut self, parts: &[&[u8]]) -> Result<(), CorpusError> {
        let packing = Packing::of(self.source.format, self.source.compression);
        let target = self.outer_target(|file| Target::stream(file, packing))?;
        let done = match target {
            Target::Stream(sink) => sink.write(parts),
            Target::Rows(_) => Ok(()),
        };
        done.map_err(|cause| CorpusError::io(&self.path, "cannot be written", cause))
    }

    fn outer_target(
        &mut self,
        create: impl FnOnce(File) -> Result<Target, String>,
    ) -> Result<&mut Target, CorpusError> {
        if self.outer.is_none() {
            let file = create_file(&self.path)?;
            self.outer = Some(create(file).map_err(|reason| self.table(&reason))?);
        }
        Ok(self.outer.as_mut().expect("created above where it was none"))
    }

    /// The file that a record's bytes go to.
    fn target(
        &mut self,
        raw: &Raw,
        create: impl FnOnce(File) -> Result<Target, String>,
    ) -> Result<&mut Target, CorpusError> {
        let Some(member) = &raw.member else {
            self.close_member()?;
            return self.outer_target(create);
        };
        if !self.member.as_ref().is_some_and(|open| Arc::ptr_eq(&open.member, member)) {
            self.close_member()?;
            let file = create_file(&self.spool_path())?;
            self.spooled = true;
            let target = create(file).map_err(|reason| self.table(&reason))?;
            self.member = Some(OpenMember { member: member.clone(), target });
        }
        Ok(&mut self.member.as_mut().expect("opened above where it was another").target)
    }

    /// Copies the finished member into the archive.
    fn close_member(&mut self) -> Result<(), CorpusError> {
        let Some(OpenMember { member, target }) = self.member.take() else { return Ok(()) };
        let mut file = target.into_file().map_err(|reason| self.table(&reason))?;
        let spool = self.spool_path();
        let failed = |cause| CorpusError::io(&spool, "cannot be read back", cause);
        let size = file.metadata().map_err(failed)?.len();
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        self.write_outer(&[&tar::header_for(&member, size)])?;
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            let n = file.read(&mut buffer).map_err(failed)?;
            if n == 0 {
                break;
            }
            self.write_outer(&[buffer.get(..n).unwrap_or_default()])?;
        }
        self.write_outer(&[&tar::padding(size)])
    }

    fn spool_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".member");
        name.into()
    }

    fn foreign(&self, item: &Item) -> CorpusError {
        CorpusError::Foreign { path: self.path.clone(), ordinal: item.ordinal }
    }

    fn table(&self, reason: &dyn std::fmt::Display) -> CorpusError {
        CorpusError::Table {
            path: self.path.clone(),
            action: "cannot be written",
            reason: reason.to_string(),
            remedy: "check the space on the disk and run the same command again",
        }
    }
}

impl std::fmt::Debug for Cleared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cleared").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Target {
    fn stream(file: File, packing: Packing) -> Result<Self, String> {
        Sink::new(file, packing).map(|sink| Self::Stream(Box::new(sink))).map_err(|cause| cause.to_string())
    }

    fn rows(file: File, facts: &FileFacts) -> Result<Self, String> {
        ClearedRows::create(file, facts)
            .map(|rows| Self::Rows(Box::new(rows)))
            .map_err(|cause| cause.to_string())
    }

    fn into_file(self) -> Result<File, String> {
        match self {
            Self::Stream(sink) => sink.finish().map_err(|cause| cause.to_string()),
            Self::Rows(rows) => {
                let file = rows.finish().map_err(|cause| cause.to_string())?;
                file.into_inner().map_err(|cause| cause.error().to_string())
            }
        }
    }
}

fn create_file(path: &Path) -> Result<File, CorpusError> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path);
    file.map_err(|cause| CorpusError::io(path, "cannot be created", cause))
}

fn cut_coded(coded: &Coded, item: &Item, spans: &[Range<usize>]) -> Vec<u8> {
    let bytes = coded.bytes(&item.text);
    cut::without(bytes, coded.encoding, &cut::text_only(spans, &item.origin))
}

const COPY_BYTES: usize = 64 * 1024;
