//! SQLite, in one file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};

use super::{BUSY, Backend, Cells, Value, Visit};
use crate::RegistryError;

pub(super) struct Sqlite {
    connection: Connection,
    path: PathBuf,
}

impl Sqlite {
    pub(super) fn open(path: &Path, create: bool) -> Result<Sqlite, RegistryError> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let fail = |error| failed(path, error);
        let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
        connection.busy_timeout(BUSY).map_err(fail)?;
        connection.set_prepared_statement_cache_capacity(64);
        // Of several processes that make the file at one time one turns it to WAL; the others take it as it is.
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
            turned => turned.map_err(fail)?,
        }
        for (pragma, value) in [
            ("synchronous", "FULL"),
            ("temp_store", "MEMORY"),
            ("cache_size", "-131072"),
            ("trusted_schema", "OFF"),
        ] {
            connection.pragma_update(None, pragma, value).map_err(fail)?;
        }
        Ok(Sqlite { connection, path: path.to_owned() })
    }

    fn fail(&self, error: rusqlite::Error) -> RegistryError {
        failed(&self.path, error)
    }
}

impl Backend for Sqlite {
    fn name(&self) -> &Path {
        &self.path
    }

    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, RegistryError> {
        let run = || {
            self.connection.prepare_cached(&placeholders(sql))?.execute(rusqlite::params_from_iter(values))
        };
        run().map_err(|error| self.fail(error))
    }

    fn query(&self, sql: &str, values: &[Value<'_>], visit: Visit<'_>) -> Result<(), RegistryError> {
        let fail = |error| self.fail(error);
        let mut statement = self.connection.prepare_cached(&placeholders(sql)).map_err(fail)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            visit(&Row { row, path: &self.path })?;
        }
        Ok(())
    }

    fn batch(&self, sql: &str) -> Result<(), RegistryError> {
        self.connection.execute_batch(sql).map_err(|error| self.fail(error))
    }

    fn begin(&self) -> Result<(), RegistryError> {
        // The lock on writing is taken at once, so that a reader never turns writer half way.
        self.batch("BEGIN IMMEDIATE")
    }

    fn commit(&self) -> Result<(), RegistryError> {
        self.batch("COMMIT")
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            // What cannot be rolled back is when the file is opened next.
            let _ = self.batch("ROLLBACK");
        }
    }

    fn has_table(&self, name: &str) -> Result<bool, RegistryError> {
        self.connection.table_exists(None, name).map_err(|error| self.fail(error))
    }

    fn wait(&self, time: Duration) -> Result<(), RegistryError> {
        self.connection.busy_timeout(time).map_err(|error| self.fail(error))
    }
}

struct Row<'a> {
    row: &'a rusqlite::Row<'a>,
    path: &'a Path,
}

impl Cells for Row<'_> {
    fn int(&self, column: usize) -> Result<i64, RegistryError> {
        self.row.get(column).map_err(|error| failed(self.path, error))
    }

    fn text(&self, column: usize) -> Result<Option<String>, RegistryError> {
        self.row.get(column).map_err(|error| failed(self.path, error))
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

/// SQLite counts parameters written `?1`.
fn placeholders(sql: &str) -> String {
    sql.replace('$', "?")
}

/// Sorts errors by what a person can do about them.
fn failed(path: &Path, source: rusqlite::Error) -> RegistryError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => RegistryError::Full { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => RegistryError::Locked { path },
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            RegistryError::Damaged { path, what: source.to_string() }
        }
        _ => RegistryError::Database { path, source: Box::new(source) },
    }
}
