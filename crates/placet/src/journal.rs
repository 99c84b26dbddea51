//! The journal below the home folder: `journal.jsonl`, one entry a line.
//!
//! The file is locked while it is read and appended to. An entry is on the disk before it is acknowledged; a last line
//! that a crash cut off never was, and is dropped. Two processes that settle the same thing book it once.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use jiff::civil::Date;
use placet_remunerate::journal::{Booked, Draft, Entry, Journal};

use crate::failure::OrFail as _;
use crate::{Context, Exit, Failure};

const FILE: &str = "journal.jsonl";

/// The journal, locked.
pub(crate) struct Store {
    pub(crate) journal: Journal,
    file: File,
    path: PathBuf,
}

impl Store {
    /// Opens it and books all of it again; an absent one is empty.
    pub(crate) fn open(context: &Context) -> Result<Store, Failure> {
        let path = context.home.join(FILE);
        fs::create_dir_all(&context.home)
            .with_context(|| format!("cannot create {}", context.home.display()))
            .or_fail(Exit::Unavailable)?;
        let cannot = |what: &str| format!("cannot {what} {}", path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| cannot("open"))
            .or_fail(Exit::Unavailable)?;
        file.lock().with_context(|| cannot("lock")).or_fail(Exit::Unavailable)?;
        // The name of a new file is on the disk before anything is acknowledged.
        let synced = File::open(&context.home).and_then(|folder| folder.sync_all());
        synced.with_context(|| cannot("open")).or_fail(Exit::Unavailable)?;
        let mut text = String::new();
        file.read_to_string(&mut text).with_context(|| cannot("read")).or_fail(Exit::Input)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(whole as u64).with_context(|| cannot("mend")).or_fail(Exit::Unavailable)?;
        }
        let entries = parse(text.get(..whole).unwrap_or_default(), &path)?;
        let journal = Journal::replay(entries)
            .with_context(|| format!("{} was changed or cut", path.display()))
            .or_fail(Exit::Denied)?;
        file.seek(SeekFrom::End(0)).with_context(|| cannot("read")).or_fail(Exit::Unavailable)?;
        Ok(Store { journal, file, path })
    }

    /// Books an entry; it is on the disk when this returns.
    pub(crate) fn book(&mut self, draft: &Draft) -> Result<Booked, Failure> {
        let booked = self.journal.book(draft.clone()).or_fail(Exit::Denied)?;
        if booked == Booked::Already {
            return Ok(booked);
        }
        let entry = self.journal.entries().last().ok_or_else(|| anyhow!("no entry was booked"))?;
        let mut line = serde_json::to_vec(entry).map_err(anyhow::Error::new)?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        written
            .with_context(|| format!("cannot write {}", self.path.display()))
            .or_fail(Exit::Unavailable)?;
        Ok(booked)
    }
}

/// The entries as they stand in the file, unchecked; none without a file.
pub(crate) fn entries(context: &Context) -> Result<Vec<Entry>, Failure> {
    let path = context.home.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))
        .or_fail(Exit::Input)?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    parse(text.get(..whole).unwrap_or_default(), &path)
}

fn parse(text: &str, path: &std::path::Path) -> Result<Vec<Entry>, Failure> {
    let entry = |(number, line): (usize, &str)| {
        serde_json::from_str(line)
            .with_context(|| format!("{}, line {} is no entry", path.display(), number + 1))
    };
    text.lines().enumerate().map(entry).collect::<Result<_, _>>().or_fail(Exit::Input)
}

/// The day a command books on.
pub(crate) fn today(context: &Context) -> Date {
    context.now.to_zoned(jiff::tz::TimeZone::UTC).date()
}
