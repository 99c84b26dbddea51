//! An index over published summaries of training content: full text and single fields, in one file of its own beside the registry
//! (SQLite FTS5).

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::RegistryError;
use crate::db::{Database, Value};

/// Its file in the home folder.
pub const FILE: &str = "summaries.sqlite";
/// Answers to one search.
pub const HITS_MAX: usize = 200;

/// The index.
pub struct Summaries {
    db: Database,
}

/// A summary as it is put in.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// The file it was read from.
    pub file: String,
    /// BLAKE3 of its bytes.
    pub blake3: String,
    /// Models it is about.
    pub models: String,
    /// Its provider.
    pub provider: String,
    /// Its day, as it states it.
    pub updated: String,
    /// Findings of the critic.
    pub findings: u64,
    /// Its fields.
    pub fields: Vec<PublishedField>,
}

/// A field of it.
#[derive(Clone, Debug, Default)]
pub struct PublishedField {
    /// Key.
    pub key: String,
    /// Section.
    pub section: String,
    /// Answer.
    pub value: String,
    /// Page, where the file has pages.
    pub page: Option<u32>,
}

/// A summary in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Indexed {
    /// The file it was read from.
    pub file: String,
    /// BLAKE3 of its bytes.
    pub blake3: String,
    /// Models it is about.
    pub models: String,
    /// Its provider.
    pub provider: String,
    /// Its day.
    pub updated: String,
    /// Findings of the critic.
    pub findings: u64,
    /// When it was put in.
    pub added: String,
}

/// A place that answers a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The file.
    pub file: String,
    /// Models it is about.
    pub models: String,
    /// Key of the field.
    pub field: String,
    /// Section.
    pub section: String,
    /// Page, where the file has pages.
    pub page: Option<u32>,
    /// The words around, the found ones between `[` and `]`.
    pub excerpt: String,
}

impl Summaries {
    /// Opens the index in a folder, making both where they are not there.
    pub fn open(home: &Path) -> Result<Summaries, RegistryError> {
        let path = home.join(FILE);
        std::fs::create_dir_all(home)
            .map_err(|source| RegistryError::Read { path: home.to_owned(), source })?;
        let db = Database::open(&path, true)?;
        db.batch(SCHEMA)?;
        Ok(Summaries { db })
    }

    /// Puts a summary in; says whether it is new. One with equal bytes is read anew and takes its place.
    pub fn add(&mut self, summary: &Published, now: Timestamp) -> Result<bool, RegistryError> {
        self.db.transaction(|db| {
            let held = db.first("SELECT id FROM summary WHERE blake3 = $1", &[Value::Text(&summary.blake3)], |row| row.int(0))?;
            if let Some(id) = held {
                db.execute("DELETE FROM answer WHERE summary = $1", &[Value::Int(id)])?;
                db.execute("DELETE FROM summary WHERE id = $1", &[Value::Int(id)])?;
            }
            let now = now.to_string();
            let values = [
                Value::Text(&summary.file),
                Value::Text(&summary.blake3),
                Value::Text(&summary.models),
                Value::Text(&summary.provider),
                Value::Text(&summary.updated),
                Value::Int(summary.findings as i64),
                Value::Text(&now),
            ];
            let sql = "INSERT INTO summary (file, blake3, models, provider, updated, findings, added) VALUES ($1, $2, $3, $4, $5, $6, $7)";
            db.execute(sql, &values)?;
            let id = db.first("SELECT id FROM summary WHERE blake3 = $1", &[Value::Text(&summary.blake3)], |row| row.int(0))?;
            let id = id.unwrap_or_default();
            for field in &summary.fields {
                let values = [
                    Value::Text(&field.value),
                    Value::Int(id),
                    Value::Text(&field.key),
                    Value::Text(&field.section),
                    field.page.map_or(Value::Null, |page| Value::Int(i64::from(page))),
                ];
                db.execute("INSERT INTO answer (value, summary, field, section, page) VALUES ($1, $2, $3, $4, $5)", &values)?;
            }
            Ok(held.is_none())
        })
    }

    /// All summaries, by provider and models.
    pub fn list(&self) -> Result<Vec<Indexed>, RegistryError> {
        let mut list = Vec::new();
        let sql = "SELECT file, blake3, models, provider, updated, findings, added FROM summary ORDER BY provider, models, file";
        self.db.query(sql, &[], &mut |row| {
            list.push(Indexed {
                file: row.text(0)?,
                blake3: row.text(1)?,
                models: row.text(2)?,
                provider: row.text(3)?,
                updated: row.text(4)?,
                findings: row.int(5)?.unsigned_abs(),
                added: row.text(6)?,
            });
            Ok(())
        })?;
        Ok(list)
    }

    /// Places that hold all the words (each may go on: `crawl` finds `crawler`), best first, at most [`HITS_MAX`].
    pub fn search(&self, words: &str, field: Option<&str>) -> Result<Vec<Hit>, RegistryError> {
        let mut query = String::new();
        for word in words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let _ = write!(query, "\"{word}\"* ");
        }
        let mut hits = Vec::new();
        if query.is_empty() {
            return Ok(hits);
        }
        let sql = "SELECT summary.file, summary.models, answer.field, answer.section, CAST(answer.page AS TEXT), \
             snippet(answer, 0, '[', ']', ' … ', 24) FROM answer JOIN summary ON summary.id = answer.summary \
             WHERE answer MATCH $1 AND ($2 = '' OR answer.field = $2) ORDER BY rank, summary.file, answer.section LIMIT $3";
        let values =
            [Value::Text(query.trim()), Value::Text(field.unwrap_or_default()), Value::Int(HITS_MAX as i64)];
        self.db.query(sql, &values, &mut |row| {
            let page = row.text_or_null(4)?.and_then(|page| page.parse().ok());
            hits.push(Hit {
                file: row.text(0)?,
                models: row.text(1)?,
                field: row.text(2)?,
                section: row.text(3)?,
                page,
                excerpt: row.text(5)?,
            });
            Ok(())
        })?;
        Ok(hits)
    }
}

const SCHEMA: &str = "\
CREATE TABLE IF NOT EXISTS summary (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL, blake3 TEXT NOT NULL UNIQUE, models TEXT NOT NULL, provider TEXT NOT NULL,
    updated TEXT NOT NULL, findings INTEGER NOT NULL, added TEXT NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS answer USING fts5(
    value, summary UNINDEXED, field UNINDEXED, section UNINDEXED, page UNINDEXED, tokenize = 'unicode61 remove_diacritics 2');
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_all_summaries_and_in_single_fields() {
        let home = tempfile::tempdir().unwrap();
        let mut index = Summaries::open(home.path()).unwrap();
        let field = |key: &str, value: &str| PublishedField {
            key: key.to_owned(),
            section: "2.1".to_owned(),
            value: value.to_owned(),
            page: Some(3),
        };
        let summary = |number: u32| Published {
            file: format!("{number}.pdf"),
            blake3: format!("{number:064}"),
            models: format!("Model {number}"),
            fields: vec![
                field("pub.large", "derived from CommonCrawl"),
                field("pub.other", "Wikipédia; nothing \"else\""),
            ],
            ..Published::default()
        };
        for number in 0..30 {
            assert!(index.add(&summary(number), Timestamp::UNIX_EPOCH).unwrap());
        }
        assert!(!index.add(&summary(7), Timestamp::UNIX_EPOCH).unwrap());
        assert_eq!(index.list().unwrap().len(), 30);
        let found = index.search("common", None).unwrap();
        assert_eq!(found.len(), 30);
        assert_eq!((found[0].excerpt.as_str(), found[0].page), ("derived from [CommonCrawl]", Some(3)));
        assert_eq!(index.search("wikipedia", Some("pub.other")).unwrap().len(), 30);
        assert_eq!(index.search("wikipedia", Some("pub.large")).unwrap().len(), 0);
        for hostile in ["\"", "a OR *", "NEAR(", "value:x", ""] {
            index.search(hostile, None).unwrap();
        }
    }
}
