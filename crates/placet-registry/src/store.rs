//! The registry: a folder with the database, the texts of the works and the keys. The database may be one of PostgreSQL.
//!
//! ```text
//! registry.sqlite      works, parties, relations, claims, reservations, grants, trusted issuers; the journal
//! texts/ab/<hash>.zst  extracted texts, each under the BLAKE3 hash of its UTF-8 bytes
//! keys/issuer.key      the key that signs packs
//! ```

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::db::{Database, Place, Value};
use crate::{RegistryError, schema};

/// An open registry. What it changes carries the author's name and the time that the caller hands in.
pub struct Registry {
    pub(crate) db: Database,
    pub(crate) home: PathBuf,
    pub(crate) author: String,
}

impl Registry {
    /// Makes a registry in a folder that has none.
    pub fn create(home: &Path, author: &str, at: Timestamp) -> Result<Registry, RegistryError> {
        Registry::create_in(&Place::folder(home), author, at)
    }

    /// Opens the registry of a folder; an older one is brought up to date. The author is who made it, unless
    /// [`Registry::acting_as`] names another.
    pub fn open(home: &Path, at: Timestamp) -> Result<Registry, RegistryError> {
        Registry::open_in(&Place::folder(home), at)
    }

    /// Makes a registry in a place that has none.
    pub fn create_in(place: &Place, author: &str, at: Timestamp) -> Result<Registry, RegistryError> {
        let exists = |home: &Path| RegistryError::Exists { home: home.to_owned() };
        // A file that holds something else is left as it is.
        if let (None, Some(there)) =
            (&place.database, place.database(false).map_err(|_| exists(&place.home))?)
            && !there.has_table("migration")?
        {
            return Err(exists(&place.home));
        }
        let mut db = open_or_make(place)?;
        schema::migrate(&mut db, at)?;
        db.transaction(|db| {
            if maker(db)?.is_some() {
                let at = place.database.as_ref().map_or(&*place.home, |_| db.path());
                return Err(exists(at));
            }
            begin_edit(db, next(db, NEXT_EDIT)?, author, "init", at)
        })?;
        Ok(Registry { db, home: place.home.clone(), author: author.to_owned() })
    }

    /// Opens the registry of a place, as [`Registry::open`] does.
    pub fn open_in(place: &Place, at: Timestamp) -> Result<Registry, RegistryError> {
        let missing = |home: &Path| RegistryError::Missing { home: home.to_owned() };
        let Some(mut db) = place.database(false)? else { return Err(missing(&place.home)) };
        if place.database.is_some() && !db.has_table("migration")? {
            return Err(missing(db.path()));
        }
        schema::check(&db)?;
        schema::migrate(&mut db, at)?;
        // The tables alone are no registry: a journal lies in them too.
        let author = maker(&db)?.ok_or_else(|| missing(db.path()))?;
        Ok(Registry { db, home: place.home.clone(), author })
    }

    /// The same registry, changed from now on in another author's name.
    #[must_use]
    pub fn acting_as(mut self, author: &str) -> Registry {
        author.clone_into(&mut self.author);
        self
    }

    /// The folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The database: a file, or an address without its password.
    pub fn place(&self) -> &Path {
        self.db.path()
    }

    /// Whose changes these are.
    pub fn author(&self) -> &str {
        &self.author
    }

    /// Does one edit whole or not at all.
    pub(crate) fn edit<T>(
        &mut self,
        action: &str,
        at: Timestamp,
        work: impl FnOnce(&Database, i64) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let author = self.author.clone();
        self.db.transaction(|db| {
            let edit = next(db, NEXT_EDIT)?;
            begin_edit(db, edit, &author, action, at)?;
            work(db, edit)
        })
    }
}

/// Writes the row that an edit's changes refer to.
pub(crate) fn begin_edit(
    db: &Database,
    edit: i64,
    author: &str,
    action: &str,
    at: Timestamp,
) -> Result<(), RegistryError> {
    db.execute(
        "INSERT INTO edit (edit_id, at_us, author, action) VALUES ($1, $2, $3, $4)",
        &[Value::Int(edit), Value::Int(at.as_microsecond()), Value::Text(author), Value::Text(action)],
    )?;
    Ok(())
}

/// The single number that a query yields.
pub(crate) fn next(db: &Database, sql: &str) -> Result<i64, RegistryError> {
    Ok(db.first(sql, &[], |row| row.int(0))?.unwrap_or(1))
}

/// Who made the registry.
fn maker(db: &Database) -> Result<Option<String>, RegistryError> {
    db.first("SELECT author FROM edit ORDER BY edit_id LIMIT 1", &[], |row| row.text(0))
}

/// The database of a place, made where it is not there.
pub(crate) fn open_or_make(place: &Place) -> Result<Database, RegistryError> {
    place.database(true)?.ok_or_else(|| RegistryError::Missing { home: place.home.clone() })
}

/// The number of the next edit.
pub(crate) const NEXT_EDIT: &str = "SELECT COALESCE(MAX(edit_id), 0) + 1 FROM edit";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mapping;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_full_disk_is_named_and_what_was_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut registry = Registry::create(&folder.path().join("placet"), "A", at(1)).unwrap();
        let few = folder.path().join("few.csv");
        std::fs::write(&few, "id,title\na,Aria\n").unwrap();
        registry.register(&[few], &Mapping::new(), at(2), &mut |_| {}).unwrap();
        // No page more than there are: SQLite says what it says of a full disk.
        registry.db.batch("PRAGMA max_page_count = 1").unwrap();
        let many = folder.path().join("many.csv");
        let rows: Vec<String> = (0..5000).map(|i| format!("{i},Title {i}")).collect();
        std::fs::write(&many, format!("id,title\n{}", rows.join("\n"))).unwrap();
        let error = registry.register(&[many], &Mapping::new(), at(3), &mut |_| {}).unwrap_err();
        assert!(matches!(error, RegistryError::Full { .. }), "{error:?}");
        assert_eq!(error.remedy().map(|r| r.contains("free some space")), Some(true));
        assert_eq!(registry.work_count().unwrap(), 1);
        assert_eq!(registry.work("a").unwrap().unwrap().work.title, "Aria");
    }

    #[test]
    fn another_process_that_writes_is_waited_for_and_then_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut registry = Registry::create(folder.path(), "A", at(1)).unwrap();
        let other = Registry::open(folder.path(), at(2)).unwrap();
        other.db.batch("BEGIN IMMEDIATE").unwrap();
        registry.db.wait(std::time::Duration::ZERO).unwrap();
        let error = registry.edit("test", at(3), |_, _| Ok(())).unwrap_err();
        assert!(matches!(error, RegistryError::Locked { .. }), "{error:?}");
        other.db.batch("ROLLBACK").unwrap();
        registry.edit("test", at(3), |_, _| Ok(())).unwrap();
    }

    #[test]
    fn a_registry_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::create(folder.path(), "A", at(1)).unwrap();
        registry.db.execute("INSERT INTO migration (version, at_us) VALUES (99, 0)", &[]).unwrap();
        let error = Registry::open(folder.path(), at(2)).err().unwrap();
        assert!(matches!(error, RegistryError::Newer { found: 99, .. }), "{error:?}");
    }

    #[test]
    fn no_statement_overwrites_or_deletes() {
        for source in [
            include_str!("import/register.rs"),
            include_str!("rights.rs"),
            include_str!("schema.rs"),
            include_str!("trust.rs"),
            include_str!("works.rs"),
        ] {
            for word in ["UPDATE ", "DELETE ", "REPLACE ", "DROP "] {
                assert!(!source.contains(word), "{word}");
            }
        }
    }
}
