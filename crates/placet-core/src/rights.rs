//! A no and a yes by somebody entitled.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Period, Territory, Use, UseSet};

/// Which works a reservation or a grant is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Every work of the registry that declares it, also those registered later.
    All,
    /// These works, by their ids in that registry.
    Works(BTreeSet<String>),
    /// Every work that credits this party (`isni:…`, `ipi:…`, or a name as credited).
    Party(String),
}

/// A no: these works may not be put to these uses without a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Unique within the registry that declares it.
    pub id: String,
    /// Who declares it.
    pub holder: String,
    /// Which works.
    pub scope: Scope,
    /// Which uses.
    pub uses: UseSet,
    /// Where it holds.
    #[serde(default)]
    pub territory: Territory,
    /// When it holds.
    #[serde(default)]
    pub period: Period,
    /// When it was declared.
    pub declared_at: Timestamp,
}

/// A yes: these works may be put to these uses by this licensee, under these conditions.
///
/// A grant names its uses; a licence that speaks of "all media" grants none of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Unique within the registry that declares it.
    pub id: String,
    /// Who grants.
    pub grantor: String,
    /// For which role the grantor speaks (`author`, `translator`, …), where it is not all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<crate::Role>,
    /// To whom.
    pub licensee: Licensee,
    /// Which works.
    pub scope: Scope,
    /// Which uses.
    pub uses: UseSet,
    /// Where it holds.
    #[serde(default)]
    pub territory: Territory,
    /// When it holds.
    #[serde(default)]
    pub period: Period,
    /// Which model or model version, where it is limited to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Duties that come with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Proof that the grantor may grant: a mandate's reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate: Option<String>,
    /// When it was declared.
    pub declared_at: Timestamp,
}

/// To whom a grant is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Licensee {
    /// Whoever meets the conditions (a public licence).
    Anyone,
    /// This licensee, by name; compared without regard to case and outer spaces.
    Named(String),
}

/// A duty that comes with a grant. It travels into the use record and from there into the tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The duty in a word: `payment`, `attribution`, `report`, `no-storage`, …
    pub duty: String,
    /// What it says, for people and for tariffs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Whether the use may begin only when there is evidence that the duty is met.
    #[serde(default)]
    pub before_use: bool,
}

impl Reservation {
    /// Whether it says no to this use on this day.
    pub fn holds(&self, u: Use, day: Date) -> bool {
        self.uses.contains(u) && self.period.contains(day)
    }
}

impl Grant {
    /// Whether it says yes to this use, by this licensee, on this day, everywhere in this territory.
    pub fn holds(&self, u: Use, licensee: Option<&str>, day: Date, territory: &Territory) -> bool {
        self.uses.contains(u)
            && self.period.contains(day)
            && self.territory.covers(territory)
            && self.licensee.is(licensee)
    }
}

impl Licensee {
    /// Whether a party of this name is meant.
    pub fn is(&self, name: Option<&str>) -> bool {
        match (self, name) {
            (Licensee::Anyone, _) => true,
            (Licensee::Named(a), Some(b)) => a.trim().to_lowercase() == b.trim().to_lowercase(),
            (Licensee::Named(_), None) => false,
        }
    }
}

impl fmt::Display for Licensee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Licensee::Anyone => f.write_str("anyone"),
            Licensee::Named(name) => f.write_str(name),
        }
    }
}
