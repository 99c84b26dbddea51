//! Versions of works and what hangs on them: identifiers, credits, relations.

use placet_core::{Identifier, Party, PartyKind, RelationKind, Work};

use super::register::json;
use crate::RegistryError;
use crate::db::{Database, Value};
use crate::works::party_key;

/// Writes a version of a work, with its identifiers and those credited in it.
pub(crate) fn write_version(
    db: &Database,
    edit: i64,
    work_pk: i64,
    work: &Work,
    record: &str,
    text_record: Option<&str>,
) -> Result<(), RegistryError> {
    db.execute(
        "INSERT INTO work_version (work_pk, edit_id, fingerprint, record, text_record) VALUES ($1, $2, $3, $4, $5)",
        &[
            Value::Int(work_pk),
            Value::Int(edit),
            Value::Text(&fingerprint(record, text_record)),
            Value::Text(record),
            text_record.into(),
        ],
    )?;
    for identifier in &work.identifiers {
        db.execute(
            "INSERT INTO work_identifier (identifier, work_pk, edit_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[Value::Text(identifier), Value::Int(work_pk), Value::Int(edit)],
        )?;
    }
    credit(db, work, work_pk, edit)
}

/// Whether a relation is known.
pub(crate) fn is_related(
    db: &Database,
    from: &str,
    kind: RelationKind,
    to: &str,
) -> Result<bool, RegistryError> {
    let found = db.first(
        "SELECT 1 FROM relation WHERE from_work = $1 AND kind = $2 AND to_work = $3",
        &[Value::Text(from), Value::Text(kind.code()), Value::Text(to)],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Writes a relation that is not known yet.
pub(crate) fn write_relation(
    db: &Database,
    edit: i64,
    from: &str,
    kind: RelationKind,
    to: &str,
) -> Result<(), RegistryError> {
    db.execute(
        "INSERT INTO relation (from_work, kind, to_work, edit_id) VALUES ($1, $2, $3, $4)",
        &[Value::Text(from), Value::Text(kind.code()), Value::Text(to), Value::Int(edit)],
    )?;
    Ok(())
}

/// What tells two versions of a work apart.
pub(crate) fn fingerprint(record: &str, text_record: Option<&str>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(record.as_bytes()).update(&[0]);
    hasher.update(text_record.unwrap_or_default().as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Parties are known by their identifier, where they have one, and by their name.
fn credit(db: &Database, work: &Work, work_pk: i64, edit: i64) -> Result<(), RegistryError> {
    for credit in &work.credits {
        let named = party_key(&credit.name);
        for id in credit.party.iter().chain([&named]) {
            let identifiers: Vec<Identifier> = credit.party.iter().filter_map(|id| id.parse().ok()).collect();
            let party =
                Party { id: id.clone(), kind: PartyKind::Unknown, name: credit.name.clone(), identifiers };
            db.execute(
                "INSERT INTO party (party_id, edit_id, record) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                &[Value::Text(id), Value::Int(edit), Value::Text(&json(&party))],
            )?;
            db.execute(
                "INSERT INTO credit (party_id, work_pk, edit_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                &[Value::Text(id), Value::Int(work_pk), Value::Int(edit)],
            )?;
        }
    }
    Ok(())
}
