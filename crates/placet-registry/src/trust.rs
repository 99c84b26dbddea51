//! The trust list: whose packs count. The registry's own key always does and is not listed here.

use jiff::Timestamp;
use placet_core::note::Verifier;
use serde::Serialize;

use crate::db::Value;
use crate::works::timestamp;
use crate::{Registry, RegistryError};

/// An issuer whose packs count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issuer {
    /// What the provider calls it.
    pub name: String,
    /// The public key of its signed notes, `name+hash+base64`.
    pub vkey: String,
    /// Since when it is trusted.
    pub since: Timestamp,
}

impl Registry {
    /// Puts an issuer on the list, under the name of its key or another. False where it stood there already.
    pub fn trust_issuer(
        &mut self,
        vkey: &str,
        name: Option<&str>,
        at: Timestamp,
    ) -> Result<bool, RegistryError> {
        let key = verifier(vkey)?;
        if self.trusted_at(Timestamp::MAX)?.iter().any(|issuer| issuer.vkey == key.to_string()) {
            return Ok(false);
        }
        self.record_trust(&key.to_string(), name.unwrap_or(key.name()), true, at)?;
        Ok(true)
    }

    /// Takes an issuer off the list, by its key or its name.
    pub fn distrust_issuer(&mut self, issuer: &str, at: Timestamp) -> Result<Issuer, RegistryError> {
        let listed = self.trusted_at(Timestamp::MAX)?;
        let found = listed.into_iter().find(|i| i.vkey == issuer || i.name == issuer);
        let found =
            found.ok_or_else(|| RegistryError::Unknown { what: "trusted issuer", id: issuer.to_owned() })?;
        self.record_trust(&found.vkey, &found.name, false, at)?;
        Ok(found)
    }

    /// Who is on the list at a moment, in the order of their keys.
    pub fn trusted_at(&self, at: Timestamp) -> Result<Vec<Issuer>, RegistryError> {
        let mut issuers = Vec::new();
        self.db.query(
            "SELECT i.vkey, i.name, i.trusted, e.at_us FROM issuer i JOIN edit e ON e.edit_id = i.edit_id \
             WHERE i.edit_id = (SELECT MAX(x.edit_id) FROM issuer x JOIN edit y ON y.edit_id = x.edit_id \
             WHERE x.vkey = i.vkey AND y.at_us <= $1) ORDER BY i.vkey",
            &[Value::Int(at.as_microsecond())],
            &mut |row| {
                if row.int(2)? == 1 {
                    issuers.push(Issuer {
                        vkey: row.text(0)?,
                        name: row.text(1)?,
                        since: timestamp(row.int(3)?),
                    });
                }
                Ok(())
            },
        )?;
        Ok(issuers)
    }

    /// The keys of the listed issuers, for verifying packs.
    pub fn trusted_keys(&self) -> Result<Vec<Verifier>, RegistryError> {
        self.trusted_at(Timestamp::MAX)?.iter().map(|issuer| verifier(&issuer.vkey)).collect()
    }

    fn record_trust(
        &mut self,
        vkey: &str,
        name: &str,
        trusted: bool,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        self.edit("trust", at, |db, edit| {
            db.execute(
                "INSERT INTO issuer (vkey, edit_id, name, trusted) VALUES ($1, $2, $3, $4)",
                &[Value::Text(vkey), Value::Int(edit), Value::Text(name), Value::Int(i64::from(trusted))],
            )?;
            Ok(())
        })
    }
}

fn verifier(vkey: &str) -> Result<Verifier, RegistryError> {
    vkey.trim()
        .parse()
        .map_err(|source| RegistryError::Key { key: vkey.trim().chars().take(120).collect(), source })
}
