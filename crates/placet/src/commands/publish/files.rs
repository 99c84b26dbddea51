//! Replacing a file: what was there is kept, the new one appears whole, and the difference can be shown.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::output::foreign;

/// Most bytes of a file that is changed.
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Ending of what was there before the first run.
const BEFORE: &str = ".before-placet";

/// A file that is to change.
pub(super) struct Change {
    pub(super) path: PathBuf,
    pub(super) before: Option<Vec<u8>>,
    pub(super) after: Vec<u8>,
}

/// The bytes of a file; absent where there is none. A link is not followed out of the folder it lies in.
pub(super) fn existing(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let name = || format!("cannot read {}", path.display());
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(name),
        Ok(kind) => {
            anyhow::ensure!(kind.is_file(), "{} is no plain file", path.display());
            anyhow::ensure!(kind.len() <= FILE_BYTES_MAX, "{} is too large to change", path.display());
            std::fs::read(path).with_context(name).map(Some)
        }
    }
}

impl Change {
    pub(super) fn is_none(&self) -> bool {
        self.before.as_deref() == Some(&self.after)
    }

    /// Writes the file and keeps nothing: it is ours as a whole.
    pub(super) fn write_plain(&self) -> anyhow::Result<()> {
        Change { path: self.path.clone(), before: None, after: self.after.clone() }.write().map(|_| ())
    }

    /// Writes the file beside its place and moves it there; what was there the first time is kept.
    pub(super) fn write(&self) -> anyhow::Result<Option<PathBuf>> {
        let name = || format!("cannot write {}", self.path.display());
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).with_context(name)?;
        }
        let with = |ending: &str| {
            let mut path = OsString::from(&self.path);
            path.push(ending);
            PathBuf::from(path)
        };
        let mut kept = None;
        if let Some(before) = &self.before {
            let backup = with(BEFORE);
            match std::fs::File::create_new(&backup) {
                Ok(mut file) => {
                    file.write_all(before).and_then(|()| file.sync_all()).with_context(name)?;
                    kept = Some(backup);
                }
                // An earlier run kept what was there before any of ours.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot write {}", backup.display()));
                }
            }
        }
        let new = with(".placet-new");
        let mut file = std::fs::File::create(&new).with_context(name)?;
        if let Ok(meta) = self.path.metadata() {
            file.set_permissions(meta.permissions()).with_context(name)?;
        }
        file.write_all(&self.after).and_then(|()| file.sync_all()).with_context(name)?;
        drop(file);
        std::fs::rename(&new, &self.path).with_context(name)?;
        Ok(kept)
    }

    /// The lines that go and come.
    pub(super) fn shown(&self) -> String {
        let lines = |bytes: &[u8]| -> Vec<String> {
            String::from_utf8_lossy(bytes).lines().map(|l| foreign(l).into_owned()).collect()
        };
        let before = lines(self.before.as_deref().unwrap_or_default());
        let after = lines(&self.after);
        let head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let rest = before.len().min(after.len()) - head;
        let tail = before.iter().rev().zip(after.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        let mut shown = String::new();
        let cut = |lines: &[String]| lines.get(head..lines.len() - tail).unwrap_or_default().to_vec();
        for line in cut(&before) {
            shown.push_str(&format!("  - {line}\n"));
        }
        for line in cut(&after) {
            shown.push_str(&format!("  + {line}\n"));
        }
        shown
    }
}
