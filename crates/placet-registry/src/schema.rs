//! Tables of the registry and their history. A migration is never edited, only followed by another.
//!
//! Every change is a row that names an edit, and an edit has its time and author. No statement of this crate
//! updates or deletes a row: what holds at a moment is what the latest edit up to then says.

use jiff::Timestamp;

use crate::RegistryError;
use crate::db::{Database, Value};

const MIGRATIONS: [&str; 3] = [
    "
CREATE TABLE edit (
    edit_id INTEGER PRIMARY KEY,
    at_us BIGINT NOT NULL,
    author TEXT NOT NULL,
    action TEXT NOT NULL
);
CREATE TABLE work (
    work_pk INTEGER PRIMARY KEY,
    work_id TEXT NOT NULL UNIQUE
);
CREATE TABLE work_version (
    work_pk INTEGER NOT NULL REFERENCES work,
    edit_id INTEGER NOT NULL REFERENCES edit,
    fingerprint TEXT NOT NULL,
    record TEXT NOT NULL,
    text_record TEXT,
    PRIMARY KEY (work_pk, edit_id)
);
CREATE TABLE work_identifier (
    identifier TEXT NOT NULL,
    work_pk INTEGER NOT NULL REFERENCES work,
    edit_id INTEGER NOT NULL REFERENCES edit,
    PRIMARY KEY (identifier, work_pk, edit_id)
);
CREATE TABLE party (
    party_id TEXT NOT NULL PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edit,
    record TEXT NOT NULL
);
CREATE TABLE credit (
    party_id TEXT NOT NULL REFERENCES party,
    work_pk INTEGER NOT NULL REFERENCES work,
    edit_id INTEGER NOT NULL REFERENCES edit,
    PRIMARY KEY (party_id, work_pk, edit_id)
);
CREATE TABLE relation (
    from_work TEXT NOT NULL,
    kind TEXT NOT NULL,
    to_work TEXT NOT NULL,
    edit_id INTEGER NOT NULL REFERENCES edit,
    PRIMARY KEY (from_work, kind, to_work)
);
CREATE TABLE source (
    source_key TEXT NOT NULL PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edit,
    record TEXT NOT NULL
);
CREATE TABLE declaration (
    declaration_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    edit_id INTEGER NOT NULL REFERENCES edit,
    record TEXT NOT NULL
);
CREATE TABLE revocation (
    declaration_id TEXT NOT NULL PRIMARY KEY REFERENCES declaration,
    edit_id INTEGER NOT NULL REFERENCES edit
);
CREATE TABLE issuer (
    vkey TEXT NOT NULL,
    edit_id INTEGER NOT NULL REFERENCES edit,
    name TEXT NOT NULL,
    trusted INTEGER NOT NULL,
    PRIMARY KEY (vkey, edit_id)
);
",
    "
CREATE TABLE party_alias (
    alias TEXT NOT NULL,
    party_id TEXT NOT NULL REFERENCES party,
    edit_id INTEGER NOT NULL REFERENCES edit,
    PRIMARY KEY (alias, party_id)
);
CREATE TABLE claim (
    claim_id TEXT NOT NULL PRIMARY KEY,
    slot TEXT NOT NULL,
    version INTEGER NOT NULL,
    origin TEXT NOT NULL,
    work_id TEXT NOT NULL,
    party_id TEXT NOT NULL REFERENCES party,
    ended INTEGER NOT NULL,
    edit_id INTEGER NOT NULL REFERENCES edit,
    record TEXT NOT NULL,
    source TEXT NOT NULL,
    UNIQUE (slot, version)
);
CREATE INDEX claim_of_work ON claim (work_id);
CREATE INDEX claim_of_party ON claim (party_id);
CREATE TABLE mandate (
    mandate_id TEXT NOT NULL,
    edit_id INTEGER NOT NULL REFERENCES edit,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (mandate_id, edit_id)
);
CREATE TABLE dispute (
    case_id TEXT NOT NULL,
    edit_id INTEGER NOT NULL REFERENCES edit,
    work_id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (case_id, edit_id)
);
CREATE TABLE decision (
    decision_id TEXT NOT NULL PRIMARY KEY,
    edit_id INTEGER NOT NULL REFERENCES edit,
    work_id TEXT NOT NULL,
    record TEXT NOT NULL
);
",
    "
CREATE TABLE journal_entry (
    number INTEGER PRIMARY KEY,
    record TEXT NOT NULL
);
",
];

/// Brings a database to the newest schema; refuses one that is newer, or that is something else.
pub(crate) fn migrate(db: &mut Database, at: Timestamp) -> Result<(), RegistryError> {
    // What is up to date needs no lock.
    if db.has_table("migration")? && version(db)? == MIGRATIONS.len() as i64 {
        return Ok(());
    }
    let path = db.path().to_owned();
    db.transaction(|db| {
        db.batch(
            "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, at_us BIGINT NOT NULL)",
        )?;
        let found = version(db)?;
        let known = MIGRATIONS.len() as i64;
        if found > known {
            return Err(RegistryError::Newer { path, found, known });
        }
        for (migration, version) in MIGRATIONS.iter().zip(1..).skip(found as usize) {
            db.batch(migration)?;
            db.execute(
                "INSERT INTO migration (version, at_us) VALUES ($1, $2)",
                &[Value::Int(version), Value::Int(at.as_microsecond())],
            )?;
        }
        Ok(())
    })
}

/// Refuses a file that holds no registry, before anything is written to it.
pub(crate) fn check(db: &Database) -> Result<(), RegistryError> {
    let known = MIGRATIONS.len() as i64;
    match version(db) {
        Ok(found) if found > known => Err(RegistryError::Newer { path: db.path().to_owned(), found, known }),
        Ok(found) if found >= 1 => Ok(()),
        Ok(_) | Err(RegistryError::Database { .. }) => Err(RegistryError::Damaged {
            path: db.path().to_owned(),
            what: "its tables are missing".to_owned(),
        }),
        Err(error) => Err(error),
    }
}

fn version(db: &Database) -> Result<i64, RegistryError> {
    Ok(db.first("SELECT COALESCE(MAX(version), 0) FROM migration", &[], |row| row.int(0))?.unwrap_or(0))
}
