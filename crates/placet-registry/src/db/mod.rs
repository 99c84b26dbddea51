//! The query layer: one SQL text in the common subset of SQLite and PostgreSQL, placeholders written `$1`, values as
//! integers and text. What differs between the two stands in `sqlite.rs` and `postgres.rs` and nowhere else.

mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::RegistryError;

/// Where registry and journal lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder with the texts of the works and the keys; the database too, where no other is named.
    pub home: PathBuf,
    /// A PostgreSQL database, as `postgres://user@host/name`.
    pub database: Option<String>,
}

impl Place {
    /// A folder that holds everything.
    pub fn folder(home: &Path) -> Place {
        Place { home: home.to_owned(), database: None }
    }

    /// Opens the database. Makes it where `create` says so; none where there is nothing to open.
    pub(crate) fn database(&self, create: bool) -> Result<Option<Database>, RegistryError> {
        if create {
            std::fs::create_dir_all(&self.home).map_err(|error| RegistryError::write(&self.home, error))?;
        }
        if let Some(url) = &self.database {
            return Ok(Some(Database { backend: Box::new(postgres::Postgres::open(url, create)?) }));
        }
        let path = self.home.join(FILE);
        if !create && !path.exists() {
            return Ok(None);
        }
        Database::open(&path, create).map(Some)
    }
}

/// A value on its way into the database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Value::Null, Value::Text)
    }
}

/// What a database has to be able to do.
trait Backend: Send {
    /// Its name in messages: a path, or an address without its password.
    fn name(&self) -> &Path;
    /// Runs a statement and says how many rows it wrote.
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, RegistryError>;
    /// Runs a query and hands over its rows one by one, without keeping them.
    fn query(&self, sql: &str, values: &[Value<'_>], visit: Visit<'_>) -> Result<(), RegistryError>;
    /// Runs statements of the schema.
    fn batch(&self, sql: &str) -> Result<(), RegistryError>;
    /// Begins a transaction that no other writer runs beside.
    fn begin(&self) -> Result<(), RegistryError>;
    /// Keeps it.
    fn commit(&self) -> Result<(), RegistryError>;
    /// Drops it, where it has not ended by itself.
    fn roll_back(&self);
    /// Whether a table is there.
    fn has_table(&self, name: &str) -> Result<bool, RegistryError>;
    /// How long to wait for another writer.
    fn wait(&self, time: Duration) -> Result<(), RegistryError>;
}

type Visit<'v> = &'v mut dyn FnMut(&dyn Cells) -> Result<(), RegistryError>;

/// The cells of a row.
trait Cells {
    fn int(&self, column: usize) -> Result<i64, RegistryError>;
    fn text(&self, column: usize) -> Result<Option<String>, RegistryError>;
}

/// A row on its way out.
pub(crate) struct Row<'a> {
    cells: &'a dyn Cells,
    name: &'a Path,
}

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64, RegistryError> {
        self.cells.int(column)
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, RegistryError> {
        self.cells.text(column)?.ok_or_else(|| RegistryError::Damaged {
            path: self.name.to_owned(),
            what: format!("column {} of a row is empty", column + 1),
        })
    }

    pub(crate) fn text_or_null(&self, column: usize) -> Result<Option<String>, RegistryError> {
        self.cells.text(column)
    }

    /// A record kept as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, RegistryError> {
        serde_json::from_str(&self.text(column)?)
            .map_err(|error| RegistryError::Damaged { path: self.name.to_owned(), what: error.to_string() })
    }
}

/// An open database.
pub(crate) struct Database {
    backend: Box<dyn Backend>,
}

impl Database {
    /// Opens a file of SQLite; makes it where `create` says so.
    pub(crate) fn open(path: &Path, create: bool) -> Result<Database, RegistryError> {
        Ok(Database { backend: Box::new(sqlite::Sqlite::open(path, create)?) })
    }

    /// Runs a statement and says how many rows it wrote.
    pub(crate) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, RegistryError> {
        self.backend.execute(sql, values)
    }

    /// Runs a query and hands over its rows one by one. No other statement runs while it does.
    pub(crate) fn query(
        &self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        let name = self.backend.name();
        self.backend.query(sql, values, &mut |cells| visit(&Row { cells, name }))
    }

    /// The first row of a query, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, RegistryError>,
    ) -> Result<Option<T>, RegistryError> {
        let mut found = None;
        self.query(sql, values, &mut |row| {
            if found.is_none() {
                found = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Does all of `work` or nothing of it.
    pub(crate) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Database) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        self.backend.begin()?;
        let done = work(self).and_then(|value| self.backend.commit().map(|()| value));
        if done.is_err() {
            self.backend.roll_back();
        }
        done
    }

    /// Begins a transaction that ends with [`Database::commit`], or with nothing kept when this is dropped.
    pub(crate) fn begin(&self) -> Result<(), RegistryError> {
        self.backend.begin()
    }

    /// Keeps what was written since [`Database::begin`].
    pub(crate) fn commit(&self) -> Result<(), RegistryError> {
        self.backend.commit()
    }

    /// Runs statements of the schema.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), RegistryError> {
        self.backend.batch(sql)
    }

    /// Whether a table is there.
    pub(crate) fn has_table(&self, name: &str) -> Result<bool, RegistryError> {
        self.backend.has_table(name)
    }

    /// How long to wait for another writer.
    pub(crate) fn wait(&self, time: Duration) -> Result<(), RegistryError> {
        self.backend.wait(time)
    }

    /// Where it lies: a path, or an address without its password.
    pub(crate) fn path(&self) -> &Path {
        self.backend.name()
    }
}

/// The database of a folder.
const FILE: &str = "registry.sqlite";

/// How long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(5);
