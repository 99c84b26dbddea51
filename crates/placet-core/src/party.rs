//! Persons and organisations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Identifier;
use crate::work::closed_list;

closed_list! {
    /// What a party is.
    PartyKind, UnknownPartyKind, "kind of party" {
        /// A human being.
        Person = "person",
        /// A company, an estate, a foundation.
        Organisation = "organisation",
        /// A collective management organisation.
        Cmo = "cmo",
        /// Not known.
        Unknown = "unknown",
    }
}

/// A person or organisation that is credited with a work or holds rights in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Unique within the registry: the first identifier, or the name folded.
    pub id: String,
    /// What it is.
    pub kind: PartyKind,
    /// Name as credited.
    pub name: String,
    /// Identifiers, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
}
