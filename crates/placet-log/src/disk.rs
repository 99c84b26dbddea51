//! The few ways in which a log touches the disk, in one place so that tests can let each of them fail.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// The disk. In tests it can be told to die.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    #[cfg(test)]
    pub(crate) fault: Option<std::sync::Arc<tests::Fault>>,
}

impl Disk {
    /// Puts a whole file in place of the old one. Durable only after [`Disk::sync_tree`].
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let new = path.with_extension("new");
        self.step(&new, bytes)?;
        fs::write(&new, bytes)?;
        self.step(path, &[])?;
        fs::rename(&new, path)?;
        #[cfg(test)]
        self.unsynced(path);
        Ok(())
    }

    /// Puts a whole file in place of the old one, and returns when it would survive a power cut.
    pub(crate) fn replace_durably(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let new = path.with_extension("new");
        self.step(&new, bytes)?;
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        self.sync(&file)?;
        self.step(path, &[])?;
        fs::rename(&new, path)?;
        self.step(path, &[])?;
        path.parent().map_or(Ok(()), |parent| self.sync(&File::open(parent)?))
    }

    /// Returns when everything written below the folder would survive a power cut.
    pub(crate) fn sync_tree(&self, folder: &Path) -> io::Result<()> {
        self.step(folder, &[])?;
        #[cfg(test)]
        if self.fault.is_some() {
            self.synced();
            return Ok(());
        }
        // One call for thousands of tiles; an fsync each would take a minute for a million entries.
        #[cfg(target_os = "linux")]
        return Ok(rustix::fs::syncfs(File::open(folder)?)?);
        #[cfg(not(target_os = "linux"))]
        sync_each(folder)
    }
}

#[cfg(not(test))]
#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the twins in tests can fail")]
impl Disk {
    fn step(&self, _path: &Path, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }
}

#[cfg(not(target_os = "linux"))]
fn sync_each(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_each(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A machine that loses power after so many steps.
    #[derive(Debug)]
    pub(crate) struct Fault {
        left: AtomicU64,
        unsynced: Mutex<Vec<PathBuf>>,
    }

    impl Fault {
        pub(crate) fn after(steps: u64) -> Arc<Fault> {
            Arc::new(Fault { left: AtomicU64::new(steps), unsynced: Mutex::default() })
        }

        /// What the power cut does to files that were renamed into place but never flushed: some survive, some are
        /// empty, some are torn.
        pub(crate) fn lose_unsynced(&self, seed: u64) {
            for (at, path) in self.unsynced.lock().unwrap().drain(..).enumerate() {
                let length = fs::metadata(&path).map_or(0, |m| m.len());
                let keep = match (seed + at as u64) % 4 {
                    0 => 0,
                    1 => length / 2,
                    2 => {
                        let _ = fs::remove_file(&path);
                        continue;
                    }
                    _ => length,
                };
                if let Ok(file) = File::options().write(true).open(&path) {
                    file.set_len(keep).unwrap();
                }
            }
        }
    }

    impl Disk {
        pub(super) fn step(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            let Some(fault) = &self.fault else { return Ok(()) };
            if fault.left.load(Ordering::Relaxed) == 0 {
                if !bytes.is_empty() {
                    let _ = fs::write(path, &bytes[..bytes.len() / 2]);
                }
                return Err(io::Error::other("power cut"));
            }
            fault.left.fetch_sub(1, Ordering::Relaxed);
            Ok(())
        }

        /// A simulated disk has nothing to flush, and four hundred lives would wait for it long.
        pub(super) fn sync(&self, file: &File) -> io::Result<()> {
            if self.fault.is_some() { Ok(()) } else { file.sync_all() }
        }

        pub(super) fn unsynced(&self, path: &Path) {
            if let Some(fault) = &self.fault {
                fault.unsynced.lock().unwrap().push(path.to_owned());
            }
        }

        pub(super) fn synced(&self) {
            if let Some(fault) = &self.fault {
                fault.unsynced.lock().unwrap().clear();
            }
        }
    }
}
