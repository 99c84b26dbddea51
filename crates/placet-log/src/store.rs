//! A log in a folder: the writer, which is alone, and readers.
//!
//! The folder is public and can be served as it is. A second folder, the state, stays with the writer: the lock, and
//! the last checkpoint that was signed. Every checkpoint goes to the state before it is published, so that a log
//! folder restored from an older backup is recognised and not continued: that would sign two different trees.
//! Keep the state on another disk than the log, and out of the log's backups.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use placet_core::note::{self, Signer, Verifier};

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::disk::Disk;
use crate::hash::Hash;
use crate::tile::{
    ENTRY_BYTES_MAX, TILE_WIDTH, TileError, Tiles, bundle_path, parse_bundle, perfect_root, push_entry,
    tile_path, tile_width,
};

/// Why a log cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Reading or writing a file failed.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another process writes the log.
    #[error("another process is writing this log ({})", .0.display())]
    Locked(PathBuf),
    /// A checkpoint in the folder or in the state.
    #[error("{}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: CheckpointError,
    },
    /// A tile or bundle.
    #[error("{path}")]
    Tile {
        /// Path inside the log.
        path: String,
        /// The cause.
        source: TileError,
    },
    /// The tiles do not give the root that was signed.
    #[error("the tiles give another root than the checkpoint of {size} entries: the log folder was changed")]
    Root {
        /// Entries in the checkpoint.
        size: u64,
    },
    /// The folder is behind or beside what was signed.
    #[error(
        "the log folder holds {folder} entries, {signed} were signed: it was restored from a backup or belongs to \
         another state, and continuing would sign a second tree; restore the newest copy of the folder"
    )]
    Behind {
        /// Entries in the folder's checkpoint.
        folder: u64,
        /// Entries in the last signed checkpoint.
        signed: u64,
    },
    /// A log without its state.
    #[error(
        "a log of {0} entries is there, but no record of what was signed last: restore the state folder, or adopt the \
         log as it is after comparing its checkpoint with the one your witnesses saw"
    )]
    NoState(u64),
    /// A log is there already.
    #[error("there is already a log in {}", .0.display())]
    Exists(PathBuf),
    /// An entry too long for a bundle.
    #[error(transparent)]
    Entry(TileError),
    /// An earlier write failed; the writer's memory is ahead of its folder.
    #[error("an earlier write failed: open the log again")]
    Broken,
}

impl From<TileError> for StoreError {
    fn from(source: TileError) -> StoreError {
        StoreError::Tile { path: "tile".to_owned(), source }
    }
}

/// The only writer of a log.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    state: PathBuf,
    signer: Signer,
    disk: Disk,
    size: u64,
    sealed: u64,
    /// Unfinished tiles, level by level.
    edge: Vec<Vec<Hash>>,
    /// The unfinished bundle.
    bundle: Vec<u8>,
    /// Files that are yet to be written, and their length together.
    pending: BTreeMap<String, Vec<u8>>,
    pending_bytes: usize,
    pending_bytes_max: usize,
    /// Files that are being written and flushed while more is appended.
    in_flight: Option<JoinHandle<Result<(), StoreError>>>,
    broken: bool,
    _lock: File,
}

/// Finished tiles and bundles held in memory before they are handed to the disk.
const PENDING_BYTES_MAX: usize = 16 << 20;

impl Writer {
    /// Creates an empty log, named as its key, and signs its first checkpoint.
    pub fn create(folder: &Path, state: &Path, signer: Signer) -> Result<Writer, StoreError> {
        Writer::create_on(Disk::default(), folder, state, signer)
    }

    pub(crate) fn create_on(
        disk: Disk,
        folder: &Path,
        state: &Path,
        signer: Signer,
    ) -> Result<Writer, StoreError> {
        for path in [folder, state] {
            if path.join("checkpoint").exists() {
                return Err(StoreError::Exists(path.to_owned()));
            }
            fs::create_dir_all(path).map_err(io_at(path))?;
        }
        let lock = lock(state)?;
        let mut writer = Writer {
            folder: folder.to_owned(),
            state: state.to_owned(),
            signer,
            disk,
            size: 0,
            sealed: 0,
            edge: Vec::new(),
            bundle: Vec::new(),
            pending: BTreeMap::new(),
            pending_bytes: 0,
            pending_bytes_max: PENDING_BYTES_MAX,
            in_flight: None,
            broken: false,
            _lock: lock,
        };
        writer.publish()?;
        Ok(writer)
    }

    /// Opens a log to continue it. What a crash left half done is finished or forgotten; what was signed is checked.
    pub fn open(folder: &Path, state: &Path, signer: Signer) -> Result<Writer, StoreError> {
        Writer::open_on(Disk::default(), folder, state, signer, &[], false)
    }

    /// As [`Writer::open`] after the log's key was changed: `former` keys may have signed last. If one did, the tree is
    /// signed anew with the key of now.
    pub fn open_after_change(
        folder: &Path,
        state: &Path,
        signer: Signer,
        former: &[Verifier],
    ) -> Result<Writer, StoreError> {
        Writer::open_on(Disk::default(), folder, state, signer, former, false)
    }

    /// As [`Writer::open`] where the state folder was lost: takes the folder's checkpoint for the last one signed. To
    /// be done only after comparing it with what witnesses and readers have seen.
    pub fn adopt(folder: &Path, state: &Path, signer: Signer) -> Result<Writer, StoreError> {
        fs::create_dir_all(state).map_err(io_at(state))?;
        Writer::open_on(Disk::default(), folder, state, signer, &[], true)
    }

    pub(crate) fn open_on(
        disk: Disk,
        folder: &Path,
        state: &Path,
        signer: Signer,
        former: &[Verifier],
        adopt: bool,
    ) -> Result<Writer, StoreError> {
        let lock = lock(state)?;
        let keys = [std::slice::from_ref(signer.verifier()), former].concat();
        let open = |folder: &Path| {
            let path = folder.join("checkpoint");
            let bytes = match fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                read => read.map_err(io_at(&path))?,
            };
            let (checkpoint, _) =
                Checkpoint::open(&bytes, &keys).map_err(|source| StoreError::Checkpoint { path, source })?;
            Ok::<_, StoreError>(Some((checkpoint, bytes)))
        };
        let (published, signed) = (open(folder)?, open(state)?);
        let (last, bytes) = match (published, signed) {
            (Some((published, _)), None) if !adopt => return Err(StoreError::NoState(published.size)),
            (Some(published), None) => published,
            (None, None) => {
                return Err(StoreError::Io {
                    path: folder.join("checkpoint"),
                    source: io::ErrorKind::NotFound.into(),
                });
            }
            (published, Some(signed)) => {
                let behind = StoreError::Behind {
                    folder: published.as_ref().map_or(0, |(checkpoint, _)| checkpoint.size),
                    signed: signed.0.size,
                };
                // The state is at most one seal ahead of the folder, never behind it.
                let published = published.map(|(checkpoint, _)| checkpoint);
                let ahead = published.as_ref().is_some_and(|p| p.size >= signed.0.size && *p != signed.0);
                let left_behind = published.as_ref() != Some(&signed.0) && !folder_holds(folder, &signed.0);
                if ahead || left_behind {
                    return Err(behind);
                }
                signed
            }
        };
        let edge = read_edge(folder, last.size)?;
        if edge_root(&edge) != last.root {
            return Err(StoreError::Root { size: last.size });
        }
        let (index, width) = (last.size / TILE_WIDTH as u64, (last.size % TILE_WIDTH as u64) as usize);
        let mut bundle = Vec::new();
        if width > 0 {
            let read = read_file(folder, &bundle_path(index, width), &bundle_path(index, TILE_WIDTH))?;
            for entry in parse_bundle(&read, width)? {
                push_entry(&mut bundle, entry)?;
            }
        }
        let mut writer = Writer {
            folder: folder.to_owned(),
            state: state.to_owned(),
            signer,
            disk,
            size: last.size,
            sealed: last.size,
            edge,
            bundle,
            pending: BTreeMap::new(),
            pending_bytes: 0,
            pending_bytes_max: PENDING_BYTES_MAX,
            in_flight: None,
            broken: false,
            _lock: lock,
        };
        if Checkpoint::open(&bytes, &keys[..1]).is_err() {
            writer.publish()?;
            return Ok(writer);
        }
        // Also when they are equal: a crash may have come before either reached the disk.
        writer.put(&writer.state.join("checkpoint"), &bytes)?;
        writer.put(&writer.folder.join("checkpoint"), &bytes)?;
        Ok(writer)
    }

    /// Adds an entry and gives its index. It is neither durable nor signed before [`Writer::seal`]: acknowledge
    /// nothing earlier.
    pub fn append(&mut self, entry: &[u8]) -> Result<u64, StoreError> {
        if self.broken {
            return Err(StoreError::Broken);
        }
        if entry.len() > ENTRY_BYTES_MAX {
            return Err(StoreError::Entry(TileError::EntryTooLong(entry.len())));
        }
        push_entry(&mut self.bundle, entry)?;
        let index = self.size;
        self.size += 1;
        if self.size.is_multiple_of(TILE_WIDTH as u64) {
            let bundle = std::mem::take(&mut self.bundle);
            self.hold(bundle_path(index / TILE_WIDTH as u64, TILE_WIDTH), bundle);
        }
        let mut hash = Hash::leaf(entry);
        for level in 0..=u8::MAX / 8 {
            if self.edge.len() == usize::from(level) {
                self.edge.push(Vec::with_capacity(TILE_WIDTH));
            }
            let Some(row) = self.edge.get_mut(usize::from(level)) else { break };
            row.push(hash);
            if row.len() < TILE_WIDTH {
                break;
            }
            hash = perfect_root(row);
            let tile = tile_bytes(row);
            row.clear();
            let place = (self.size >> (8 * (u32::from(level) + 1))) - 1;
            self.hold(tile_path(level, place, TILE_WIDTH), tile);
        }
        if self.pending_bytes > self.pending_bytes_max {
            self.broken = true;
            self.hand_over()?;
            self.broken = false;
        }
        Ok(index)
    }

    /// Makes everything appended durable, signs the new root and publishes it. When this returns, the entries are
    /// acknowledged.
    pub fn seal(&mut self) -> Result<Checkpoint, StoreError> {
        if self.broken {
            return Err(StoreError::Broken);
        }
        self.broken = true;
        // A tile that a checkpoint covers is never written again: a power cut could empty it.
        let grown = |level: usize| self.size >> (8 * level) != self.sealed >> (8 * level);
        for (level, row) in
            self.edge.iter().enumerate().filter(|(level, row)| !row.is_empty() && grown(*level))
        {
            let place = self.size.checked_shr(8 * (level as u32 + 1)).unwrap_or(0);
            self.pending.insert(tile_path(level as u8, place, row.len()), tile_bytes(row));
        }
        let width = (self.size % TILE_WIDTH as u64) as usize;
        if width > 0 && grown(0) {
            self.pending.insert(bundle_path(self.size / TILE_WIDTH as u64, width), self.bundle.clone());
        }
        self.landed()?;
        self.pending_bytes = 0;
        write_files(&self.disk, &self.folder, std::mem::take(&mut self.pending))?;
        let checkpoint = self.publish()?;
        self.sealed = self.size;
        self.broken = false;
        Ok(checkpoint)
    }

    /// Publishes the newest checkpoint with what witnesses added to its signatures.
    pub fn cosigned(&mut self, note: &[u8]) -> Result<(), StoreError> {
        let path = self.folder.join("checkpoint");
        let opened = Checkpoint::open(note, &[self.signer.verifier().clone()]);
        let (checkpoint, _) =
            opened.map_err(|source| StoreError::Checkpoint { path: path.clone(), source })?;
        let state = self.state.join("checkpoint");
        let last = fs::read(&state).map_err(io_at(&state))?;
        let (last, _) = Checkpoint::peek(&last)
            .map_err(|source| StoreError::Checkpoint { path: state.clone(), source })?;
        if self.broken || checkpoint != last {
            return Err(StoreError::Behind { folder: checkpoint.size, signed: last.size });
        }
        self.put(&state, note)?;
        self.put(&path, note)
    }

    /// Entries, sealed or not.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The log's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn hold(&mut self, path: String, bytes: Vec<u8>) {
        self.pending_bytes += bytes.len();
        self.pending.insert(path, bytes);
    }

    /// Lets a thread write what is pending: the disk works while the next entries are hashed.
    fn hand_over(&mut self) -> Result<(), StoreError> {
        self.landed()?;
        self.pending_bytes = 0;
        let (disk, folder, files) =
            (self.disk.clone(), self.folder.clone(), std::mem::take(&mut self.pending));
        self.in_flight = Some(std::thread::spawn(move || write_files(&disk, &folder, files)));
        Ok(())
    }

    /// Returns when what was handed over is durable.
    fn landed(&mut self) -> Result<(), StoreError> {
        let thread = self.in_flight.take();
        thread.map_or(Ok(()), |thread| thread.join().unwrap_or(Err(StoreError::Broken)))
    }

    /// Hands tiles to the disk earlier, so that tests need few entries for it.
    #[cfg(test)]
    pub(crate) fn hand_over_after(&mut self, bytes: usize) {
        self.pending_bytes_max = bytes;
    }

    fn publish(&mut self) -> Result<Checkpoint, StoreError> {
        let origin = self.signer.verifier().name().to_owned();
        let checkpoint = Checkpoint { origin, size: self.size, root: edge_root(&self.edge) };
        let note = note::sign(&checkpoint.to_string(), &[&self.signer]).map_err(|source| {
            StoreError::Checkpoint { path: self.folder.join("checkpoint"), source: source.into() }
        })?;
        // First where it cannot be rolled back together with the log, then where everybody sees it.
        self.put(&self.state.join("checkpoint"), note.as_bytes())?;
        self.put(&self.folder.join("checkpoint"), note.as_bytes())?;
        Ok(checkpoint)
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        self.disk.replace_durably(path, bytes).map_err(io_at(path))
    }
}

impl Drop for Writer {
    /// The lock is held until nothing writes any more.
    fn drop(&mut self) {
        let _ = self.landed();
    }
}

fn write_files(disk: &Disk, folder: &Path, files: BTreeMap<String, Vec<u8>>) -> Result<(), StoreError> {
    for (path, bytes) in files {
        let path = folder.join(path);
        disk.replace(&path, &bytes).map_err(io_at(&path))?;
    }
    disk.sync_tree(folder).map_err(io_at(folder))
}

/// Returns when everything written below a folder would survive a power cut: for what is kept beside a log and must
/// not be lost once its entries are acknowledged.
pub fn flush(folder: &Path) -> Result<(), StoreError> {
    Disk::default().sync_tree(folder).map_err(io_at(folder))
}

/// A log in a folder, at one of its checkpoints.
#[derive(Debug)]
pub struct Reader {
    folder: PathBuf,
    checkpoint: Checkpoint,
    note: String,
}

impl Reader {
    /// The log at its newest checkpoint. Nothing is verified: whoever gets a proof does that.
    pub fn open(folder: &Path) -> Result<Reader, StoreError> {
        let path = folder.join("checkpoint");
        let bytes = fs::read(&path).map_err(io_at(&path))?;
        Reader::at(folder, &bytes)
    }

    /// The log at the checkpoint of this note.
    pub fn at(folder: &Path, note: &[u8]) -> Result<Reader, StoreError> {
        let malformed = |source| StoreError::Checkpoint { path: folder.join("checkpoint"), source };
        let (checkpoint, note) = Checkpoint::peek(note).map_err(malformed)?;
        Ok(Reader { folder: folder.to_owned(), checkpoint, note: note.to_string() })
    }

    /// The checkpoint.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The checkpoint's note.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The tree's tiles.
    pub fn tiles(&self) -> Tiles<'_, StoreError> {
        Tiles::new(self.checkpoint.size, |path: &str, whole: &str| read_file(&self.folder, path, whole))
    }

    /// One entry, as the bundles have it.
    pub fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut entries = self.bundle(index / TILE_WIDTH as u64)?;
        let at = (index % TILE_WIDTH as u64) as usize;
        Ok((at < entries.len()).then(|| entries.swap_remove(at)))
    }

    /// All entries of a bundle; none past the end.
    pub fn bundle(&self, index: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let width = tile_width(0, index, self.checkpoint.size);
        if width == 0 {
            return Ok(Vec::new());
        }
        let bytes = read_file(&self.folder, &bundle_path(index, width), &bundle_path(index, TILE_WIDTH))?;
        Ok(parse_bundle(&bytes, width)?.into_iter().map(<[u8]>::to_vec).collect())
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { path, source }
}

fn lock(state: &Path) -> Result<File, StoreError> {
    let path = state.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io_at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(path)),
        Err(TryLockError::Error(source)) => Err(StoreError::Io { path, source }),
    }
}

fn read_file(folder: &Path, path: &str, whole: &str) -> Result<Vec<u8>, StoreError> {
    let place = folder.join(path);
    match fs::read(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path != whole => {
            fs::read(folder.join(whole)).map_err(|_| StoreError::Io { path: place, source: error })
        }
        read => read.map_err(io_at(&place)),
    }
}

/// Whether the tiles of the folder give this checkpoint's root.
fn folder_holds(folder: &Path, checkpoint: &Checkpoint) -> bool {
    read_edge(folder, checkpoint.size).is_ok_and(|edge| edge_root(&edge) == checkpoint.root)
}

fn read_edge(folder: &Path, size: u64) -> Result<Vec<Vec<Hash>>, StoreError> {
    let mut tiles = Tiles::new(size, |path: &str, whole: &str| read_file(folder, path, whole));
    let mut edge = Vec::new();
    for level in 0..8u8 {
        let hashes = size >> (8 * u32::from(level));
        if hashes == 0 {
            break;
        }
        let width = hashes % TILE_WIDTH as u64;
        edge.push(if width == 0 { Vec::new() } else { tiles.tile(level, hashes / TILE_WIDTH as u64)? });
    }
    Ok(edge)
}

/// The root from the unfinished tiles, the rightmost smallest subtree first.
fn edge_root(edge: &[Vec<Hash>]) -> Hash {
    let mut root: Option<Hash> = None;
    for row in edge {
        let mut end = row.len();
        for bit in 0..8 {
            if end >> bit & 1 == 1 {
                let start = end - (1 << bit);
                let peak = perfect_root(&row[start..end]);
                root = Some(root.map_or(peak, |right| Hash::node(peak, right)));
                end = start;
            }
        }
    }
    root.unwrap_or(Hash::EMPTY)
}

fn tile_bytes(row: &[Hash]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32 * row.len());
    for hash in row {
        bytes.extend_from_slice(&hash.0);
    }
    bytes
}
