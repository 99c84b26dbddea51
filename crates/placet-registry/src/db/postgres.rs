//! PostgreSQL, by an address of the form `postgres://user:password@host:port/database`.
//!
//! The differences to SQLite, all of them: the names of types in the schema, the order of text (by bytes, as SQLite has
//! it), and how a writer keeps other writers out.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::BytesMut;
use postgres::config::Host;
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};

use super::{BUSY, Backend, Cells, Value, Visit};
use crate::RegistryError;

pub(super) struct Postgres {
    session: RefCell<Session>,
    writing: Cell<bool>,
    name: PathBuf,
}

struct Session {
    client: Client,
    prepared: HashMap<String, Statement>,
}

/// How long to wait for a server that does not answer.
const CONNECT: Duration = Duration::from_secs(10);

/// Longest name of a schema that is made.
const SCHEMA_BYTES_MAX: usize = 63;

impl Postgres {
    /// Connects. With `create`, a schema that the address names by `options=-csearch_path=…` is made.
    pub(super) fn open(url: &str, create: bool) -> Result<Postgres, RegistryError> {
        let bad = |what: String| RegistryError::Address { what };
        let mut config: Config = url.parse().map_err(|error: postgres::Error| bad(said(&error)))?;
        if config.get_hosts().is_empty() {
            return Err(bad("it names no host".to_owned()));
        }
        if config.get_user().is_none() {
            return Err(bad("it names no user".to_owned()));
        }
        config.connect_timeout(CONNECT).application_name("placet");
        let name = name(&config);
        let client = config.connect(NoTls).map_err(|error| failed(&name, error))?;
        let session = RefCell::new(Session { client, prepared: HashMap::new() });
        let open = Postgres { session, writing: Cell::new(false), name };
        open.wait(BUSY)?;
        open.settle_in(create)?;
        Ok(open)
    }

    fn settle_in(&self, create: bool) -> Result<(), RegistryError> {
        let (mut encoding, mut schema, mut wanted) = (None, None, None);
        let sql = "SELECT current_setting('server_encoding'), current_schema()::text, current_setting('search_path')";
        self.query(sql, &[], &mut |row| {
            (encoding, schema, wanted) = (row.text(0)?, row.text(1)?, row.text(2)?);
            Ok(())
        })?;
        if encoding.as_deref() != Some("UTF8") {
            let what = format!("its encoding is {}, not UTF8", encoding.unwrap_or_default());
            return Err(RegistryError::Damaged { path: self.name.clone(), what });
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let wanted = wanted.filter(|w| !w.is_empty() && w.len() <= SCHEMA_BYTES_MAX && w.chars().all(plain));
        if let (true, None, Some(wanted)) = (create, schema, wanted) {
            // Of several that begin at once, `IF NOT EXISTS` alone lets all but one fail. Statements sent together are a
            // transaction, and the lock goes with it.
            self.run(&format!(
                "SELECT pg_advisory_xact_lock(hashtext('placet schema'), hashtext('{wanted}')); \
                 CREATE SCHEMA IF NOT EXISTS \"{wanted}\""
            ))?;
        }
        Ok(())
    }

    /// The session; one statement runs in it at a time.
    fn session(&self) -> Result<RefMut<'_, Session>, RegistryError> {
        let busy = |error| RegistryError::Database { path: self.name.clone(), source: Box::new(error) };
        self.session.try_borrow_mut().map_err(busy)
    }

    fn run(&self, sql: &str) -> Result<(), RegistryError> {
        self.session()?.client.batch_execute(sql).map_err(|error| failed(&self.name, error))
    }
}

impl Session {
    fn prepare(&mut self, sql: &str) -> Result<Statement, postgres::Error> {
        if let Some(known) = self.prepared.get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Backend for Postgres {
    fn name(&self) -> &Path {
        &self.name
    }

    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, RegistryError> {
        let fail = |error| failed(&self.name, error);
        let mut session = self.session()?;
        let statement = session.prepare(sql).map_err(fail)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        session.client.execute(&statement, &values).map(|rows| rows as usize).map_err(fail)
    }

    fn query(&self, sql: &str, values: &[Value<'_>], visit: Visit<'_>) -> Result<(), RegistryError> {
        let fail = |error| failed(&self.name, error);
        let mut session = self.session()?;
        let statement = session.prepare(sql).map_err(fail)?;
        let mut rows = session.client.query_raw(&statement, values).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            visit(&Row { row: &row, name: &self.name })?;
        }
        Ok(())
    }

    fn batch(&self, sql: &str) -> Result<(), RegistryError> {
        self.run(&dialect(sql))
    }

    fn begin(&self) -> Result<(), RegistryError> {
        self.run("BEGIN")?;
        self.writing.set(true);
        // One writer of a schema at a time, as with a file; readers go on.
        let locked = self.run("SELECT pg_advisory_xact_lock(hashtext('placet'), hashtext(current_schema()))");
        if locked.is_err() {
            self.roll_back();
        }
        locked
    }

    fn commit(&self) -> Result<(), RegistryError> {
        self.run("COMMIT")?;
        self.writing.set(false);
        Ok(())
    }

    fn roll_back(&self) {
        if self.writing.replace(false) {
            // Where the server is gone, it has dropped the transaction by itself.
            let _ = self.run("ROLLBACK");
        }
    }

    fn has_table(&self, name: &str) -> Result<bool, RegistryError> {
        let mut found = false;
        self.query("SELECT to_regclass($1)::text", &[Value::Text(name)], &mut |row| {
            found = row.text(0)?.is_some();
            Ok(())
        })?;
        Ok(found)
    }

    fn wait(&self, time: Duration) -> Result<(), RegistryError> {
        self.run(&format!("SET lock_timeout = {}", time.as_millis()))
    }
}

struct Row<'a> {
    row: &'a postgres::Row,
    name: &'a Path,
}

impl Cells for Row<'_> {
    fn int(&self, column: usize) -> Result<i64, RegistryError> {
        self.row.try_get(column).map_err(|error| failed(self.name, error))
    }

    fn text(&self, column: usize) -> Result<Option<String>, RegistryError> {
        self.row.try_get(column).map_err(|error| failed(self.name, error))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) => number.to_sql(kind, out),
            // A text of PostgreSQL holds no zero; importers let none through.
            Value::Text(text) if text.contains('\0') => text.replace('\0', "\u{fffd}").to_sql(kind, out),
            Value::Text(text) => text.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        <i64 as ToSql>::accepts(kind) || <&str as ToSql>::accepts(kind)
    }

    to_sql_checked!();
}

/// The schema in PostgreSQL's words: whole numbers of 64 bits, text in the order of its bytes.
fn dialect(sql: &str) -> String {
    sql.replace("INTEGER", "BIGINT").replace(" TEXT", " TEXT COLLATE \"C\"")
}

/// Where a server of PostgreSQL listens unless it is told otherwise.
const PORT: u16 = 5432;

/// The address without its password.
fn name(config: &Config) -> PathBuf {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(i, host)| {
            // An address that names no port has the usual one.
            let port = config.get_ports().get(i).or(config.get_ports().first()).filter(|port| **port != PORT);
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            match host {
                Host::Tcp(host) => format!("{host}{port}"),
                Host::Unix(path) => format!("{}{port}", path.display()),
            }
        })
        .collect();
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or(user);
    PathBuf::from(format!("postgres://{user}@{}/{database}", hosts.join(",")))
}

/// What the server said, or why it could not be reached.
fn said(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

/// Sorts errors by what a person can do about them.
fn failed(name: &Path, error: postgres::Error) -> RegistryError {
    let path = name.to_owned();
    let refused = [
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        SqlState::INVALID_CATALOG_NAME,
        SqlState::INSUFFICIENT_PRIVILEGE,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
    ];
    match error.code() {
        Some(state) if *state == SqlState::DISK_FULL => RegistryError::Full { path },
        Some(state) if [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED].contains(state) => {
            RegistryError::Locked { path }
        }
        Some(state) if refused.contains(state) => RegistryError::Unreachable { path, what: said(&error) },
        Some(_) => RegistryError::Database { path, source: Box::new(error) },
        // Without an answer of the server it is the way to it that failed, but for a cell of another type.
        None if error.to_string().contains("deserializing") => {
            RegistryError::Damaged { path, what: said(&error) }
        }
        None => RegistryError::Unreachable { path, what: said(&error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_database_without_the_password() {
        for (url, shown) in [
            ("postgres://ana:secret@db.example:5433/press", "postgres://ana@db.example:5433/press"),
            ("postgres://ana:secret@%2Frun%2Fpg/press", "postgres://ana@/run/pg/press"),
            ("postgresql://ana@a,b/", "postgres://ana@a,b/ana"),
        ] {
            assert_eq!(name(&url.parse().unwrap()).display().to_string(), shown);
        }
    }

    #[test]
    fn an_address_that_is_none_and_a_server_that_is_not_there() {
        for url in ["postgres://", "postgres:///press", "postgres://host/press", "mysql://a@b/c", ""] {
            let error = Postgres::open(url, false).err().unwrap();
            assert!(matches!(error, RegistryError::Address { .. }), "{url}: {error:?}");
        }
        // Port 1 of the own machine: nobody listens, and the answer comes at once.
        let error = Postgres::open("postgres://ana:secret@127.0.0.1:1/press", false).err().unwrap();
        assert!(matches!(error, RegistryError::Unreachable { .. }), "{error:?}");
        assert!(!format!("{error}{error:?}").contains("secret"), "{error:?}");
    }
}
