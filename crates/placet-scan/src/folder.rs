//! The folder of a run: its lock, its plan, attempts at shards, and commits.
//!
//! ```text
//! out/.placet/lock              held while a run works; the system drops it when the process dies
//! out/.placet/plan.json         what was asked
//! out/.placet/parts/try-…/      an attempt at a shard, gone unless it was finished
//! out/.placet/parts/<shard>/    a finished attempt, on the disk
//! out/commits/<shard>.json      the commit: made once, never changed; only what is named here counts
//! ```
//!
//! A shard's result appears whole or not at all: the attempt's files are on the disk before its folder gets its name,
//! and the commit is made by a hard link, which fails where there is one already. The first commit wins.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use placet_corpus::Source;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::commit::{Commit, FileRecord};
use crate::error::{OrIo as _, ScanError};
use crate::plan::Written;
use crate::site_records::Crawl;

/// The folder of a run, locked.
pub(crate) struct Folder {
    out: PathBuf,
    /// Held to the end. A run over all shards holds it alone; runs over parts share it.
    lock: File,
    /// A part of the shards has a lock of its own besides.
    _part_lock: Option<File>,
    part: Option<(u32, u32)>,
}

impl Folder {
    /// Opens or makes the folder and locks it.
    pub(crate) fn open(out: &Path, part: Option<(u32, u32)>) -> Result<Folder, ScanError> {
        let inner = out.join(INNER);
        if !inner.is_dir() && fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(ScanError::NotOurs { out: out.to_owned() });
        }
        for folder in [inner.join(PARTS), out.join(COMMITS)] {
            fs::create_dir_all(&folder).or_io(&folder, "cannot be created")?;
        }
        let lock = lock(out, &inner.join("lock"), part.is_some())?;
        let part_lock = match part {
            Some((i, n)) => Some(lock_alone(out, &inner.join(format!("lock-{i}-of-{n}")))?),
            None => None,
        };
        let folder = Folder { out: out.to_owned(), lock, _part_lock: part_lock, part };
        folder.sweep()?;
        Ok(folder)
    }

    /// Waits until this run holds the folder alone.
    pub(crate) fn hold_alone(&self) -> Result<(), ScanError> {
        if self.part.is_some() {
            let path = self.inner().join("lock");
            self.lock.unlock().or_io(&path, "cannot be unlocked")?;
            self.lock.lock().or_io(&path, "cannot be locked")?;
        }
        Ok(())
    }

    pub(crate) fn out(&self) -> &Path {
        &self.out
    }

    pub(crate) fn inner(&self) -> PathBuf {
        self.out.join(INNER)
    }

    /// The plan of the run that this folder belongs to.
    pub(crate) fn plan(&self) -> Result<Option<Written>, ScanError> {
        read_json(&self.inner().join(PLAN))
    }

    /// Writes the plan.
    pub(crate) fn write_plan(&self, plan: &Written) -> Result<(), ScanError> {
        put(&self.inner().join(PLAN), plan)
    }

    /// A new, empty folder for an attempt.
    pub(crate) fn attempt(&self, shard: &str) -> Result<PathBuf, ScanError> {
        let path = self.inner().join(PARTS).join(format!("{}{shard}", self.attempt_prefix()));
        remove(&path)?;
        fs::create_dir(&path).or_io(&path, "cannot be created")?;
        Ok(path)
    }

    /// The commit of a shard, if there is one.
    pub(crate) fn committed(&self, shard: &str) -> Result<Option<Commit>, ScanError> {
        read_json(&self.commit_path(shard))
    }

    /// Where the files of a committed shard are.
    pub(crate) fn part(&self, shard: &str) -> PathBuf {
        self.inner().join(PARTS).join(shard)
    }

    /// Commits an attempt whose files are on the disk. Where there is a commit already it stays, and must be equal.
    pub(crate) fn commit(&self, attempt: &Path, commit: &Commit) -> Result<(), ScanError> {
        let part = self.part(&commit.shard);
        sync_folders(attempt)?;
        // What lies there without a commit was left by a run that died right here.
        if self.committed(&commit.shard)?.is_none() {
            remove(&part)?;
            fs::rename(attempt, &part).or_io(&part, "cannot be put in place")?;
            sync_folder(&self.inner().join(PARTS))?;
        }
        let path = self.commit_path(&commit.shard);
        let pending = self.inner().join(format!("{}{}.json", self.attempt_prefix(), commit.shard));
        write_synced(&pending, &json(commit))?;
        let made = link(&pending, &path);
        fs::remove_file(&pending).or_io(&pending, "cannot be removed")?;
        match made {
            Ok(()) => sync_folder(&self.out.join(COMMITS)),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                let equal = self.committed(&commit.shard)?.as_ref() == Some(commit);
                equal.then_some(()).ok_or_else(|| ScanError::Damaged {
                    shard: commit.shard.clone(),
                    what: "two attempts gave different results; report this as a bug".to_owned(),
                })
            }
            Err(cause) => Err(ScanError::Io { path, action: "cannot be committed", cause }),
        }
    }

    /// Removes what is needed only until the run is finished.
    pub(crate) fn tidy(&self) -> Result<(), ScanError> {
        let (index, bodies) = self.records();
        remove(&index)?;
        remove(&bodies)?;
        remove(&self.inner().join(PARTS))
    }

    /// Where the list of site records lies, and their bytes.
    pub(crate) fn records(&self) -> (PathBuf, PathBuf) {
        (self.inner().join("site-records.json"), self.inner().join("site-records.bin"))
    }

    /// The site records that an earlier run picked out of the crawl.
    pub(crate) fn picked(&self) -> Result<Option<Crawl>, ScanError> {
        read_json(&self.records().0)
    }

    /// Picks site records out of web archives. The list has its name only when the bytes have theirs.
    pub(crate) fn pick(&self, sources: &[Source], index: &Path, bodies: &Path) -> Result<Crawl, ScanError> {
        let pending = self.inner().join(format!("{}site-records", self.attempt_prefix()));
        let mut out = BufWriter::new(File::create(&pending).or_io(&pending, "cannot be created")?);
        let crawl = Crawl::pick(sources, &mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).or_io(&pending, "cannot be written")?;
        replace(&pending, bodies)?;
        write_synced(&pending, &json(&crawl))?;
        replace(&pending, index)?;
        Ok(crawl)
    }

    /// Removes attempts that a dead run of the same part left.
    fn sweep(&self) -> Result<(), ScanError> {
        let prefix = self.attempt_prefix();
        for folder in [self.inner(), self.inner().join(PARTS)] {
            for entry in fs::read_dir(&folder).or_io(&folder, "cannot be listed")? {
                let entry = entry.or_io(&folder, "cannot be listed")?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let ours = if self.part.is_some() { &prefix } else { "try-" };
                if name.starts_with(ours) {
                    remove(&entry.path())?;
                }
            }
        }
        Ok(())
    }

    fn attempt_prefix(&self) -> String {
        self.part.map_or_else(|| "try-all-".to_owned(), |(i, n)| format!("try-{i}of{n}-"))
    }

    fn commit_path(&self, shard: &str) -> PathBuf {
        self.out.join(COMMITS).join(format!("{shard}.json"))
    }
}

/// The use records of one committed shard, in a run that is not finished.
pub fn uses_of_shard(out: &Path, shard: &str) -> PathBuf {
    out.join(INNER).join(PARTS).join(shard).join(crate::write::USES)
}

/// A value as the JSON that Placet writes: equal values give equal bytes.
pub(crate) fn json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("our records have text keys and finite numbers");
    bytes.push(b'\n');
    bytes
}

/// Writes a file that is on the disk when this returns.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), ScanError> {
    let mut file = File::create(path).or_io(path, "cannot be created")?;
    file.write_all(bytes).and_then(|()| file.sync_all()).or_io(path, "cannot be written")
}

/// Writes a file whole: it has its name only when it is on the disk.
pub(crate) fn put<T: Serialize>(path: &Path, value: &T) -> Result<(), ScanError> {
    let pending = path.with_extension("new");
    write_synced(&pending, &json(value))?;
    replace(&pending, path)
}

/// Gives a finished file its name.
pub(crate) fn replace(pending: &Path, path: &Path) -> Result<(), ScanError> {
    fs::rename(pending, path).or_io(path, "cannot be put in place")?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes `to` another name of `from`, or a copy where the file system has no such names.
pub(crate) fn link_or_copy(from: &Path, to: &Path) -> Result<(), ScanError> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).or_io(parent, "cannot be created")?;
    }
    remove(to)?;
    if fs::hard_link(from, to).is_err() {
        let copied = fs::copy(from, to).and_then(|_| OpenOptions::new().append(true).open(to)?.sync_all());
        copied.or_io(to, "cannot be written")?;
    }
    Ok(())
}

/// Bytes that are read and hashed at a time: what is read is still in a core's own cache when it is hashed.
const HASHED_BYTES: usize = 128 * 1024;

/// BLAKE3 and size of a file's bytes.
pub(crate) fn digest(path: &Path) -> Result<FileRecord, ScanError> {
    let mut file = File::open(path).or_io(path, "cannot be opened")?;
    let mut hash = blake3::Hasher::new();
    let mut buffer = vec![0; HASHED_BYTES];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hash.update(buffer.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause).or_io(path, "cannot be read"),
        }
    }
    Ok(FileRecord { bytes, blake3: hash.finalize().to_hex().to_string(), rows: None })
}

/// Waits until the entries of a folder are on the disk. Where folders cannot be synced there is nothing to wait for.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), ScanError> {
    match File::open(folder).and_then(|handle| handle.sync_all()) {
        Err(cause) if !matches!(cause.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Err(cause).or_io(folder, "cannot be written")
        }
        _ => Ok(()),
    }
}

fn sync_folders(folder: &Path) -> Result<(), ScanError> {
    for entry in fs::read_dir(folder).or_io(folder, "cannot be listed")? {
        let path = entry.or_io(folder, "cannot be listed")?.path();
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    sync_folder(folder)
}

/// Creates the commit only where there is none.
fn link(pending: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(pending, path) {
        // No hard links here: the lock already keeps every other writer of this shard away.
        Err(cause)
            if matches!(cause.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) =>
        {
            if path.exists() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::copy(pending, pending.with_extension("copy"))?;
            fs::rename(pending.with_extension("copy"), path)
        }
        made => made,
    }
}

fn lock(out: &Path, path: &Path, shared: bool) -> Result<File, ScanError> {
    if !shared {
        return lock_alone(out, path);
    }
    let file = lock_file(path)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(file),
        Err(refused) => Err(locked(out, path, file, refused)),
    }
}

fn lock_alone(out: &Path, path: &Path) -> Result<File, ScanError> {
    let mut file = lock_file(path)?;
    if let Err(refused) = file.try_lock() {
        return Err(locked(out, path, file, refused));
    }
    // Who holds it, for the message that a second run prints.
    file.set_len(0)
        .and_then(|()| write!(file, "process {}", std::process::id()))
        .or_io(path, "cannot be written")?;
    Ok(file)
}

fn lock_file(path: &Path) -> Result<File, ScanError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .or_io(path, "cannot be opened")
}

fn locked(out: &Path, path: &Path, mut file: File, refused: TryLockError) -> ScanError {
    match refused {
        TryLockError::WouldBlock => {
            let mut owner = String::new();
            let known = file.rewind().and_then(|()| file.take(64).read_to_string(&mut owner));
            if known.is_err() || owner.is_empty() {
                "a run over some of its shards".clone_into(&mut owner);
            }
            ScanError::Locked { out: out.to_owned(), owner }
        }
        TryLockError::Error(cause) => {
            ScanError::Io { path: path.to_owned(), action: "cannot be locked", cause }
        }
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ScanError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cause).or_io(path, "cannot be read"),
    };
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(Some(value)),
        Err(fault) => Err(ScanError::Damaged {
            shard: path.display().to_string(),
            what: format!("{fault}; remove this file and run the same command again"),
        }),
    }
}

fn remove(path: &Path) -> Result<(), ScanError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause).or_io(path, "cannot be removed"),
        _ => Ok(()),
    }
}

const INNER: &str = ".placet";
const PARTS: &str = "parts";
const PLAN: &str = "plan.json";
const COMMITS: &str = "commits";
