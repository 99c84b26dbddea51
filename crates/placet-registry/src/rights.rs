//! Reservations and grants: declared, listed, revoked. A revocation works forward; what was declared stays.

use jiff::Timestamp;
use placet_core::{Condition, Grant, Licensee, Period, Reservation, Role, Scope, Territory, UseSet};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::{Database, Value};
use crate::import::register::json;
use crate::{Registry, RegistryError};

/// Unknown works that an error lists by name.
const NAMED_MAX: usize = 5;

/// A no to be declared.
#[derive(Clone, Debug)]
pub struct ReservationTerms {
    /// Which works.
    pub scope: Scope,
    /// Which uses.
    pub uses: UseSet,
    /// Where.
    pub territory: Territory,
    /// When.
    pub period: Period,
}

/// A yes to be declared.
#[derive(Clone, Debug)]
pub struct GrantTerms {
    /// For which role the grantor speaks, where it is not all of them.
    pub role: Option<Role>,
    /// To whom.
    pub licensee: Licensee,
    /// Which works.
    pub scope: Scope,
    /// Which uses.
    pub uses: UseSet,
    /// Where.
    pub territory: Territory,
    /// When.
    pub period: Period,
    /// Which model, where it is limited to one.
    pub model: Option<String>,
    /// Duties.
    pub conditions: Vec<Condition>,
    /// Reference to the proof that the grantor may grant.
    pub mandate: Option<String>,
}

/// A declaration, and whether it was made now or stood already in the same words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared<T> {
    /// The declaration.
    pub record: T,
    /// Whether it is new.
    pub new: bool,
}

impl Registry {
    /// Declares a no in the author's name.
    pub fn reserve(
        &mut self,
        terms: ReservationTerms,
        at: Timestamp,
    ) -> Result<Declared<Reservation>, RegistryError> {
        let ReservationTerms { scope, uses, territory, period } = terms;
        self.check_scope(&scope)?;
        let draft = Reservation {
            id: String::new(),
            holder: self.author.clone(),
            scope,
            uses,
            territory,
            period,
            declared_at: at,
        };
        self.declare("reservation", "r", draft, at, |record, id, at| {
            id.clone_into(&mut record.id);
            record.declared_at = at;
        })
    }

    /// Declares a yes in the author's name.
    pub fn grant(&mut self, terms: GrantTerms, at: Timestamp) -> Result<Declared<Grant>, RegistryError> {
        self.check_scope(&terms.scope)?;
        let draft = Grant {
            id: String::new(),
            grantor: self.author.clone(),
            role: terms.role,
            licensee: terms.licensee,
            scope: terms.scope,
            uses: terms.uses,
            territory: terms.territory,
            period: terms.period,
            model: terms.model,
            conditions: terms.conditions,
            mandate: terms.mandate,
            declared_at: at,
        };
        self.declare("grant", "g", draft, at, |record, id, at| {
            id.clone_into(&mut record.id);
            record.declared_at = at;
        })
    }

    /// Ends a reservation or a grant from now on.
    pub fn revoke(&mut self, id: &str, at: Timestamp) -> Result<(), RegistryError> {
        let unknown = RegistryError::Unknown { what: "reservation or grant in force", id: id.to_owned() };
        self.edit("revoke", at, |db, edit| {
            let in_force = db.first(
                "SELECT 1 FROM declaration d WHERE d.declaration_id = $1 AND NOT EXISTS \
                 (SELECT 1 FROM revocation r WHERE r.declaration_id = d.declaration_id)",
                &[Value::Text(id)],
                |_| Ok(()),
            )?;
            if in_force.is_none() {
                return Err(unknown);
            }
            db.execute(
                "INSERT INTO revocation (declaration_id, edit_id) VALUES ($1, $2)",
                &[Value::Text(id), Value::Int(edit)],
            )?;
            Ok(())
        })
    }

    /// Reservations declared and not revoked up to a moment, in the order of declaration.
    pub fn reservations_at(&self, at: Timestamp) -> Result<Vec<Reservation>, RegistryError> {
        declared(&self.db, "reservation", at)
    }

    /// Grants declared and not revoked up to a moment, in the order of declaration.
    pub fn grants_at(&self, at: Timestamp) -> Result<Vec<Grant>, RegistryError> {
        declared(&self.db, "grant", at)
    }

    /// Works named one by one have to be there; all works, and a party, may also mean works to come.
    fn check_scope(&self, scope: &Scope) -> Result<(), RegistryError> {
        let Scope::Works(ids) = scope else { return Ok(()) };
        let mut unknown = Vec::new();
        for id in ids {
            let found =
                self.db.first("SELECT 1 FROM work WHERE work_id = $1", &[Value::Text(id)], |_| Ok(()))?;
            if found.is_none() {
                unknown.push(id.clone());
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let more = unknown.len().saturating_sub(NAMED_MAX);
        unknown.truncate(NAMED_MAX);
        if more > 0 {
            unknown.push(format!("and {more} more"));
        }
        Err(RegistryError::UnknownWorks { ids: unknown })
    }

    /// Writes a declaration under an id made from its words, unless the same words are in force.
    fn declare<T: Clone + Serialize + DeserializeOwned>(
        &mut self,
        kind: &str,
        prefix: &str,
        draft: T,
        at: Timestamp,
        stamp: impl Fn(&mut T, &str, Timestamp),
    ) -> Result<Declared<T>, RegistryError> {
        let words = |record: &T| {
            let mut record = record.clone();
            stamp(&mut record, "", Timestamp::UNIX_EPOCH);
            json(&record)
        };
        let wanted = words(&draft);
        let standing =
            declared::<T>(&self.db, kind, Timestamp::MAX)?.into_iter().find(|r| words(r) == wanted);
        if let Some(record) = standing {
            return Ok(Declared { record, new: false });
        }
        self.edit(kind, at, |db, edit| {
            let hash = blake3::hash(format!("{edit} {wanted}").as_bytes()).to_hex();
            let mut record = draft;
            stamp(&mut record, &format!("{prefix}-{}", &hash[..10]), at);
            db.execute(
                "INSERT INTO declaration (declaration_id, kind, edit_id, record) VALUES ($1, $2, $3, $4)",
                &[
                    Value::Text(&format!("{prefix}-{}", &hash[..10])),
                    Value::Text(kind),
                    Value::Int(edit),
                    Value::Text(&json(&record)),
                ],
            )?;
            Ok(Declared { record, new: true })
        })
    }
}

fn declared<T: DeserializeOwned>(db: &Database, kind: &str, at: Timestamp) -> Result<Vec<T>, RegistryError> {
    let mut records = Vec::new();
    db.query(
        "SELECT d.record FROM declaration d JOIN edit e ON e.edit_id = d.edit_id \
         WHERE d.kind = $1 AND e.at_us <= $2 AND NOT EXISTS (SELECT 1 FROM revocation r \
         JOIN edit x ON x.edit_id = r.edit_id WHERE r.declaration_id = d.declaration_id AND x.at_us <= $2) \
         ORDER BY d.edit_id",
        &[Value::Text(kind), Value::Int(at.as_microsecond())],
        &mut |row| {
            records.push(row.json(0)?);
            Ok(())
        },
    )?;
    Ok(records)
}
