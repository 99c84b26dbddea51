//! Jurisdictions, as data: what a law, bill or judgment says, how it stands, and which evidence it looks at.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::evidence::Grade;

/// One jurisdiction profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jurisdiction {
    /// Its word on the command line.
    pub id: String,
    /// Raised with every change.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// When its sources were last read.
    pub as_of: Date,
    /// How the text stands: law, bill, resolution, judgment; and what was not checked.
    pub status: String,
    /// What it says.
    pub rule: String,
    /// Its own words, where they matter.
    pub quote: String,
    /// What is said where the evidence is of the kind that it looks at.
    pub plausible: String,
    /// What is said where it is not.
    pub not_enough: String,
    /// What is said where all of it is answered.
    pub rebutted: String,
    /// Where it was read.
    pub sources: Vec<String>,
    /// Ways in which the evidence is enough; any of them does.
    pub way: Vec<Way>,
}

/// One way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// Kinds of evidence that count.
    pub kinds: Vec<String>,
    /// Grades that count.
    pub grades: Vec<Grade>,
    /// How many are needed.
    pub count: usize,
}

const FILES: &[&str] = &[
    include_str!("../../../../profiles/jurisdictions/fr-ppl220.toml"),
    include_str!("../../../../profiles/jurisdictions/eu.toml"),
    include_str!("../../../../profiles/jurisdictions/de.toml"),
    include_str!("../../../../profiles/jurisdictions/us.toml"),
    include_str!("../../../../profiles/jurisdictions/us-ca.toml"),
];

/// The profiles that come with this version.
pub static JURISDICTIONS: LazyLock<Vec<Jurisdiction>> =
    LazyLock::new(|| FILES.iter().filter_map(|text| toml::from_str(text).ok()).collect());

impl Jurisdiction {
    /// The profile of this name.
    pub fn named(id: &str) -> Option<&'static Jurisdiction> {
        JURISDICTIONS.iter().find(|j| j.id == id)
    }

    /// Reads a profile of one's own.
    pub fn read(text: &str) -> Result<Jurisdiction, toml::de::Error> {
        toml::from_str(text)
    }
}
