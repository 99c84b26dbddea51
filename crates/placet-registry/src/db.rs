//! The query layer: one SQL text in the common subset of SQLite and PostgreSQL, placeholders written `$1`, values
//! as integers and text. Only this file names a database; a second one is a second implementation of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};

use crate::RegistryError;

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

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(*n),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// A row on its way out.
pub(crate) struct Row<'a> {
    row: &'a rusqlite::Row<'a>,
    path: &'a Path,
}

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64, RegistryError> {
        self.row.get(column).map_err(|error| RegistryError::database(self.path, error))
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, RegistryError> {
        self.row.get(column).map_err(|error| RegistryError::database(self.path, error))
    }

    pub(crate) fn text_or_null(&self, column: usize) -> Result<Option<String>, RegistryError> {
        self.row.get(column).map_err(|error| RegistryError::database(self.path, error))
    }

    /// A record kept as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, RegistryError> {
        from_json(&self.text(column)?, self.path)
    }
}

/// Reads a record that this crate wrote.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str, path: &Path) -> Result<T, RegistryError> {
    serde_json::from_str(text)
        .map_err(|error| RegistryError::Damaged { path: path.to_owned(), what: error.to_string() })
}

/// An open database.
pub(crate) struct Database {
    connection: Connection,
    path: PathBuf,
}

impl Database {
    /// Opens the file; makes it where `create` says so.
    pub(crate) fn open(path: &Path, create: bool) -> Result<Database, RegistryError> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let fail = |error| RegistryError::database(path, error);
        let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
        connection.busy_timeout(BUSY).map_err(fail)?;
        connection.set_prepared_statement_cache_capacity(64);
        for (pragma, value) in [
            ("journal_mode", "WAL"),
            ("synchronous", "FULL"),
            ("temp_store", "MEMORY"),
            ("cache_size", "-131072"),
            ("trusted_schema", "OFF"),
        ] {
            connection.pragma_update(None, pragma, value).map_err(fail)?;
        }
        Ok(Database { connection, path: path.to_owned() })
    }

    /// Runs a statement and says how many rows it wrote.
    pub(crate) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, RegistryError> {
        let run = || {
            self.connection.prepare_cached(&placeholders(sql))?.execute(rusqlite::params_from_iter(values))
        };
        run().map_err(|error| RegistryError::database(&self.path, error))
    }

    /// Runs a query and hands over its rows one by one.
    pub(crate) fn query(
        &self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        let fail = |error| RegistryError::database(&self.path, error);
        let mut statement = self.connection.prepare_cached(&placeholders(sql)).map_err(fail)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            visit(&Row { row, path: &self.path })?;
        }
        Ok(())
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
        // The lock on writing is taken at once, so that a reader never turns writer half way.
        self.batch("BEGIN IMMEDIATE")?;
        let done = work(self).and_then(|value| self.batch("COMMIT").map(|()| value));
        if done.is_err() && !self.connection.is_autocommit() {
            self.batch("ROLLBACK")?;
        }
        done
    }

    /// Runs statements of the schema.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), RegistryError> {
        self.connection.execute_batch(sql).map_err(|error| RegistryError::database(&self.path, error))
    }

    /// Lets the file grow no further, as on a full disk.
    #[cfg(test)]
    pub(crate) fn fill_disk(&self) {
        let pages: i64 = self.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        self.connection.pragma_update(None, "max_page_count", pages).unwrap();
    }

    /// Gives up at once where another process writes.
    #[cfg(test)]
    pub(crate) fn wait_for_nobody(&self) {
        self.connection.busy_timeout(Duration::ZERO).unwrap();
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// SQLite counts parameters written `?1`; PostgreSQL takes the text as it is.
fn placeholders(sql: &str) -> String {
    sql.replace('$', "?")
}

/// How long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(5);
