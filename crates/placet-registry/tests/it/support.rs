//! Registries to be tested: one in a file of SQLite and, where `PLACET_TEST_POSTGRES` has the address of a server, one in
//! PostgreSQL, in a schema of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use placet_registry::{Mapping, Place, Registered, Registry};

pub(crate) struct Desk {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) registry: Registry,
    place: Place,
    _schema: Option<Schema>,
}

/// A schema of a PostgreSQL database, dropped in the end.
pub(crate) struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// A new one; none where there is no server to test with.
    #[expect(clippy::print_stdout, reason = "a check that did not run must be seen")]
    pub(crate) fn new() -> Option<Schema> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let Ok(server) = std::env::var("PLACET_TEST_POSTGRES") else {
            println!("skipped with PostgreSQL: PLACET_TEST_POSTGRES is not set");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Some(Schema { server, name: format!("placet_test_{}_{number}", std::process::id()) })
    }

    /// An address under which everything is made in this schema.
    pub(crate) fn address(&self) -> String {
        let and = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{and}options=-csearch_path%3D{}", self.server, self.name)
    }

    /// Runs a statement of its own.
    pub(crate) fn run(&self, sql: &str) {
        let mut client = postgres::Client::connect(&self.address(), postgres::NoTls).unwrap();
        client.batch_execute(sql).unwrap();
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        self.run(&format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name));
    }
}

/// Day `n` of the test's calendar.
pub(crate) fn day(n: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + n * 86_400).unwrap()
}

impl Desk {
    /// One for each database.
    pub(crate) fn all() -> Vec<Desk> {
        let mut desks = vec![Desk::with(None)];
        desks.extend(Schema::new().map(|schema| Desk::with(Some(schema))));
        desks
    }

    fn with(schema: Option<Schema>) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let database = schema.as_ref().map(Schema::address);
        let place = Place { home: folder.path().join("placet"), database };
        let registry = Registry::create_in(&place, "Example Press", day(0)).unwrap();
        Desk { folder, registry, place, _schema: schema }
    }

    /// The same registry, opened once more.
    pub(crate) fn open(&self, at: Timestamp) -> Registry {
        Registry::open_in(&self.place, at).unwrap()
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
