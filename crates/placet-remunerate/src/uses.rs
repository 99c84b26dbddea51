//! What was used, counted for a settlement.
//!
//! Use records stream through a [`Tally`], which keeps totals per work and a digest per record, never the
//! records: ten million of them over a million works fit in memory. Totals are sums and the digests are sorted,
//! so the order of the records changes nothing; a record that comes twice counts once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use placet_core::{Period, Use};
use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::claim::{ClaimBook, Name};
use crate::layers::Catalogue;
use crate::tariff::{Charge, Consent, Key, Tariff};

/// What is counted of a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Fetches.
    Crawl,
    /// Words of text.
    Word,
    /// Seconds of sound or film.
    Second,
    /// Pixels of an image.
    Pixel,
    /// Answers a system computed with the work as input.
    Inference,
    /// Outputs in which the work has a part.
    Output,
}

/// A work put to a use: the sealed fact that money follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseRecord {
    /// Unique: the record's place in a log or a run.
    pub id: String,
    /// Which work.
    pub work: String,
    /// Which use.
    #[serde(rename = "use")]
    pub purpose: Use,
    /// When.
    pub day: Date,
    /// In which model version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Where (ISO 3166-1 alpha-2), where that has a meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What is counted.
    pub unit: Unit,
    /// How many units.
    pub amount: u64,
    /// How often (epochs, repetitions, sampling weight).
    #[serde(default = "once")]
    pub repetitions: u64,
    /// The grant it rests on; none is recorded as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// How much of the output a measurer traces to the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
}

/// A measurement: evidence from a named measurer who may be a party, with its own statement of error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// Who measured.
    pub measurer: String,
    /// By which method and version.
    pub method: String,
    /// The work's part of the output, in parts per billion.
    pub ppb: u64,
    /// The measurer's error bound, in parts per billion.
    pub error_ppb: u64,
    /// A financial interest of the measurer, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interest: Option<String>,
}

/// How a use stands towards the tariff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Granted, or permitted by a law that makes pay: income.
    Owed,
    /// Before the terms began: a claim for past use, not licensed income.
    Past,
    /// Without a ground: a claim, not licensed income, and no tariff prices it.
    Unlicensed,
}

/// What a row of the tally is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowKey {
    /// The stream, by its place in the tariff.
    pub stream: usize,
    /// How it stands.
    pub standing: Standing,
    /// The model version, where each is a licence of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Name>,
    /// Which work.
    pub work: Name,
    /// Which use.
    #[serde(rename = "use")]
    pub purpose: Use,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Name>,
    /// A day that stands for all days between two changes of the work's claims.
    pub day: Date,
}

/// Totals of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Records.
    pub records: u64,
    /// Amount × repetitions.
    pub amount: u128,
    /// Amount × repetitions × measured parts per billion, where the measurement counts.
    pub measured: u128,
    /// Amount × repetitions of what was not measured well enough.
    pub unmeasured: u128,
}

/// Why a record was kept aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Aside {
    /// Its id came before, with another content.
    #[error("another record has the same id")]
    SameId,
    /// No stream pays for the use.
    #[error("no stream of the tariff pays for this use")]
    NoStream,
    /// Outside the period and outside the retroactive span.
    #[error("the day is neither in the period nor in the tariff's retroactive span")]
    OtherDay,
    /// The stream counts another unit.
    #[error("the stream counts another unit")]
    OtherUnit,
    /// The country is no two-letter code.
    #[error("the country is no two-letter code")]
    Country,
    /// The measured part is above the whole output.
    #[error("the measured part is more than the whole output")]
    Measurement,
    /// A sum does not fit.
    #[error("the amount does not fit")]
    TooLarge,
}

/// Totals of the uses of a period under a tariff.
pub struct Tally<'a> {
    tariff: &'a Tariff,
    period: Period,
    claims: &'a ClaimBook,
    catalogue: &'a Catalogue,
    names: HashSet<Name>,
    boundaries: HashMap<Name, Vec<Date>>,
    rows: HashMap<RowKey, Totals>,
    seen: HashSet<Digest>,
    ids: HashSet<u128>,
    leaves: Vec<Digest>,
    twice: u64,
    aside: BTreeMap<Aside, u64>,
}

/// A finished tally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Rows in their order.
    pub rows: Vec<(RowKey, Totals)>,
    /// Digests of all records that count, sorted: the leaves of the uses' root.
    pub leaves: Vec<Digest>,
    /// Records that came again.
    pub twice: u64,
    /// Records kept aside, by reason.
    pub aside: BTreeMap<Aside, u64>,
}

impl<'a> Tally<'a> {
    /// An empty tally.
    pub fn new(tariff: &'a Tariff, period: Period, claims: &'a ClaimBook, catalogue: &'a Catalogue) -> Self {
        Tally {
            tariff,
            period,
            claims,
            catalogue,
            names: HashSet::new(),
            boundaries: HashMap::new(),
            rows: HashMap::new(),
            seen: HashSet::new(),
            ids: HashSet::new(),
            leaves: Vec::new(),
            twice: 0,
            aside: BTreeMap::new(),
        }
    }

    /// Counts a record, or keeps it aside with a reason. A record that comes again is neither.
    pub fn add(&mut self, record: &UseRecord) -> Result<(), Aside> {
        let digest = Digest::of_value(record);
        if self.seen.contains(&digest) {
            self.twice += 1;
            return Ok(());
        }
        let placed = self.place(record);
        if let Err(reason) = &placed {
            *self.aside.entry(reason.clone()).or_default() += 1;
        } else {
            self.seen.insert(digest);
            self.leaves.push(digest);
        }
        placed
    }

    /// The finished totals, in one order whatever order the records came in.
    pub fn finish(mut self) -> Counted {
        let mut rows: Vec<_> = self.rows.into_iter().collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        self.leaves.sort_unstable();
        Counted { rows, leaves: self.leaves, twice: self.twice, aside: self.aside }
    }

    /// The row a record belongs to: what a statement uses to name the records behind a line.
    pub fn key(&mut self, record: &UseRecord) -> Result<RowKey, Aside> {
        let stream = self.tariff.stream_of(record.purpose).ok_or(Aside::NoStream)?;
        let standing = self.standing(record)?;
        let country = match &record.country {
            None => None,
            Some(c) if c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase()) => Some(self.name(c)),
            Some(_) => return Err(Aside::Country),
        };
        let model = match (&record.model, self.tariff.per_version) {
            (Some(m), true) => Some(self.name(m)),
            _ => None,
        };
        let work = self.name(&record.work);
        let day = self.epoch(&work, record.day);
        Ok(RowKey { stream, standing, model, work, purpose: record.purpose, country, day })
    }

    fn place(&mut self, record: &UseRecord) -> Result<(), Aside> {
        // Half a digest of the id is enough to tell ids apart, and half the memory.
        let mut id = [0; 16];
        id.copy_from_slice(&Digest::of(record.id.as_bytes()).0[..16]);
        let id = u128::from_le_bytes(id);
        if self.ids.contains(&id) {
            return Err(Aside::SameId);
        }
        let key = self.key(record)?;
        let stream = self.tariff.streams.get(key.stream).ok_or(Aside::NoStream)?;
        if let Charge::PerUse { unit, .. } = &stream.charge
            && *unit != record.unit
        {
            return Err(Aside::OtherUnit);
        }
        let amount = u128::from(record.amount) * u128::from(record.repetitions);
        let mut new = Totals { records: 1, amount, measured: 0, unmeasured: amount };
        if let (Key::Attribution { measurers, error_ppb_max, .. }, Some(a)) =
            (&stream.key, &record.attribution)
        {
            if a.ppb > 1_000_000_000 {
                return Err(Aside::Measurement);
            }
            if measurers.contains(&a.measurer) && a.error_ppb <= *error_ppb_max {
                new.measured = amount.checked_mul(u128::from(a.ppb)).ok_or(Aside::TooLarge)?;
                new.unmeasured = 0;
            }
        }
        let row = self.rows.entry(key).or_default();
        let sum = Totals {
            records: row.records + 1,
            amount: row.amount.checked_add(new.amount).ok_or(Aside::TooLarge)?,
            measured: row.measured.checked_add(new.measured).ok_or(Aside::TooLarge)?,
            unmeasured: row.unmeasured.checked_add(new.unmeasured).ok_or(Aside::TooLarge)?,
        };
        *row = sum;
        self.ids.insert(id);
        Ok(())
    }

    fn standing(&self, record: &UseRecord) -> Result<Standing, Aside> {
        let started = self.tariff.from.is_none_or(|from| from <= record.day);
        if !started {
            let reaches = self.tariff.retroactive_from.is_some_and(|from| from <= record.day);
            return if reaches { Ok(Standing::Past) } else { Err(Aside::OtherDay) };
        }
        if !self.period.contains(record.day) {
            return Err(Aside::OtherDay);
        }
        match (self.tariff.consent, &record.grant) {
            (Consent::Statutory, _) | (Consent::Required, Some(_)) => Ok(Standing::Owed),
            (Consent::Required, None) => Ok(Standing::Unlicensed),
        }
    }

    /// The last change of the claims on or before the day; the first day of the year one before any change.
    fn epoch(&mut self, work: &Name, day: Date) -> Date {
        if !self.boundaries.contains_key(work) {
            let layers: BTreeSet<Name> = self.catalogue.layers_of(work).into_iter().collect();
            self.boundaries.insert(work.clone(), self.claims.boundaries(&layers));
        }
        let changes = self.boundaries.get(work).map_or(&[][..], Vec::as_slice);
        let before = changes.partition_point(|change| *change <= day);
        before.checked_sub(1).and_then(|i| changes.get(i)).copied().unwrap_or(BEGINNING)
    }

    fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.names.insert(name.clone());
        name
    }
}

/// The day that stands for the time before any claim changes.
pub const BEGINNING: Date = Date::constant(1, 1, 1);

const fn once() -> u64 {
    1
}
