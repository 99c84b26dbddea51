//! A registry in a folder of its own.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use placet_registry::{Mapping, Registered, Registry};

pub(crate) struct Desk {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) registry: Registry,
}

/// Day `n` of the test's calendar.
pub(crate) fn day(n: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + n * 86_400).unwrap()
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::create(&folder.path().join("placet"), "Example Press", day(0)).unwrap();
        Desk { folder, registry }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    #[track_caller]
    pub(crate) fn register(&mut self, path: &Path, at: Timestamp) -> Registered {
        self.registry.register(&[path.to_owned()], &Mapping::new(), at, &mut |_| {}).unwrap()
    }

    /// Counts of new, changed, unchanged and set aside.
    #[track_caller]
    pub(crate) fn counts(&mut self, path: &Path, at: Timestamp) -> [u64; 4] {
        let done = self.register(path, at);
        [done.new, done.changed, done.unchanged, done.aside_count]
    }

    pub(crate) fn titles_at(&self, at: Timestamp) -> Vec<String> {
        let mut titles = Vec::new();
        self.registry
            .works_at(at, &mut |entry| {
                titles.push(entry.work.title);
                Ok(())
            })
            .unwrap();
        titles
    }
}
