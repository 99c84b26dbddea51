//! What was used, counted for a settlement.
//!
//! Use records stream through a [`Tally`], which keeps 64 bytes of each, never the records: ten million of them over a
//! million works fit in memory. At the end they are sorted, so their order changes nothing; a record that comes twice
//! counts once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use placet_core::{Period, Use};
use serde::{Deserialize, Serialize};

use crate::claim::{ClaimBook, Name};
use crate::layers::Catalogue;
use crate::tariff::{Charge, Consent, Key, Tariff};
use crate::{Digest, Tree};

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
    /// Other records have its id, with another content.
    #[error("different records have the same id; none of them counts")]
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
    works: Names,
    models: Names,
    /// The changes of each work's claims, by the work's number.
    changes: Vec<Vec<Date>>,
    places: HashMap<Spot, u32>,
    spots: Vec<Spot>,
    notes: Vec<Note>,
    aside: BTreeMap<Aside, u64>,
    /// Where records are written to be hashed.
    room: Vec<u8>,
}

/// A finished tally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Rows in their order.
    pub rows: Vec<(RowKey, Totals)>,
    /// How many records count.
    pub records: u64,
    /// The root over their digests, in the order of the digests of their ids.
    pub root: Digest,
    /// Records that came again.
    pub twice: u64,
    /// Records kept aside, by reason.
    pub aside: BTreeMap<Aside, u64>,
}

/// What a record is counted under, before the day is put to a span between two changes of claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'r> {
    /// The stream, by its place in the tariff.
    pub stream: usize,
    /// How it stands.
    pub standing: Standing,
    /// The model version, where each is a licence of its own.
    pub model: Option<&'r str>,
    /// Where.
    pub country: Option<&'r str>,
}

/// A row's key in little room: names are numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Spot {
    work: u32,
    /// One more than the model's number; zero for none.
    model: u32,
    day: Date,
    stream: u16,
    country: [u8; 2],
    standing: Standing,
    purpose: Use,
}

/// What is kept of a record until all are there.
struct Note {
    /// Half a digest of the id is enough to tell ids apart.
    id: [u8; 16],
    digest: Digest,
    amount: u64,
    row: u32,
    /// Parts per billion, where the measurement counts; more than that otherwise.
    measured: u32,
}

const UNMEASURED: u32 = u32::MAX;
const BILLION: u64 = 1_000_000_000;

/// Names with numbers, in the order of their first appearance.
#[derive(Default)]
struct Names {
    numbers: HashMap<Name, u32>,
    names: Vec<Name>,
}

impl Names {
    /// The name's number, and whether it is new.
    fn number(&mut self, name: &str) -> (u32, bool) {
        if let Some(number) = self.numbers.get(name) {
            return (*number, false);
        }
        let (shared, number) = (Name::from(name), self.names.len() as u32);
        self.numbers.insert(shared.clone(), number);
        self.names.push(shared);
        (number, true)
    }

    fn name(&self, number: u32) -> Option<&Name> {
        self.names.get(number as usize)
    }
}

impl<'a> Tally<'a> {
    /// An empty tally.
    pub fn new(tariff: &'a Tariff, period: Period, claims: &'a ClaimBook, catalogue: &'a Catalogue) -> Self {
        Tally {
            tariff,
            period,
            claims,
            catalogue,
            works: Names::default(),
            models: Names::default(),
            changes: Vec::new(),
            places: HashMap::new(),
            spots: Vec::new(),
            notes: Vec::new(),
            aside: BTreeMap::new(),
            room: Vec::new(),
        }
    }

    /// Notes a record, or keeps it aside with a reason. Whether it came twice shows at the end.
    pub fn add(&mut self, record: &UseRecord) -> Result<(), Aside> {
        let noted = self.note(record);
        match &noted {
            Ok(()) => {}
            Err(reason) => *self.aside.entry(reason.clone()).or_default() += 1,
        }
        noted
    }

    /// The finished totals, in one order whatever order the records came in. Of records that are equal one counts; of
    /// different ones with the same id none does.
    pub fn finish(mut self) -> Counted {
        self.notes.sort_unstable_by_key(|note| (note.id, note.digest));
        let mut totals = vec![Totals::default(); self.spots.len()];
        let (mut tree, mut twice) = (Tree::default(), 0);
        for same in self.notes.chunk_by(|a, b| a.id == b.id) {
            let (Some(first), Some(last)) = (same.first(), same.last()) else { continue };
            if first.digest != last.digest {
                *self.aside.entry(Aside::SameId).or_default() += same.len() as u64;
                continue;
            }
            twice += same.len() as u64 - 1;
            let Some(row) = totals.get_mut(first.row as usize) else { continue };
            let Some(sum) = row.with(first) else {
                *self.aside.entry(Aside::TooLarge).or_default() += 1;
                continue;
            };
            *row = sum;
            tree.push(&first.digest);
        }
        self.notes = Vec::new();
        let key = |spot: &Spot| RowKey {
            stream: usize::from(spot.stream),
            standing: spot.standing,
            model: spot.model.checked_sub(1).and_then(|n| self.models.name(n)).cloned(),
            // Every spot's work was numbered when the spot was made.
            work: self.works.name(spot.work).cloned().unwrap_or_else(|| Name::from("")),
            purpose: spot.purpose,
            country: (spot.country != [0, 0]).then(|| Name::from(&*String::from_utf8_lossy(&spot.country))),
            day: spot.day,
        };
        let mut rows: Vec<_> = self
            .spots
            .iter()
            .zip(totals)
            .filter(|(_, t)| t.records > 0)
            .map(|(spot, totals)| (key(spot), totals))
            .collect();
        rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Counted { rows, records: tree.leaves(), root: tree.root(), twice, aside: self.aside }
    }

    /// The row a record belongs to: what a statement uses to name the records behind a line.
    pub fn key(&mut self, record: &UseRecord) -> Result<RowKey, Aside> {
        let place = place(self.tariff, self.period, record)?;
        let work = self.work(&record.work);
        Ok(RowKey {
            stream: place.stream,
            standing: place.standing,
            model: place.model.map(Name::from),
            day: self.span(work, record.day),
            work: Name::from(&*record.work),
            purpose: record.purpose,
            country: place.country.map(Name::from),
        })
    }

    fn note(&mut self, record: &UseRecord) -> Result<(), Aside> {
        let place = place(self.tariff, self.period, record)?;
        let stream = self.tariff.streams.get(place.stream).ok_or(Aside::NoStream)?;
        if let Charge::PerUse { unit, .. } = &stream.charge
            && *unit != record.unit
        {
            return Err(Aside::OtherUnit);
        }
        let amount = record.amount.checked_mul(record.repetitions).ok_or(Aside::TooLarge)?;
        let mut measured = UNMEASURED;
        if let (Key::Attribution { measurers, error_ppb_max, .. }, Some(a)) =
            (&stream.key, &record.attribution)
        {
            if a.ppb > BILLION {
                return Err(Aside::Measurement);
            }
            if measurers.contains(&a.measurer) && a.error_ppb <= *error_ppb_max {
                measured = a.ppb as u32;
            }
        }
        let mut country = [0, 0];
        if let Some(code) = place.country {
            country.copy_from_slice(code.as_bytes().get(..2).ok_or(Aside::Country)?);
        }
        let work = self.work(&record.work);
        let spot = Spot {
            work,
            model: place.model.map_or(0, |m| self.models.number(m).0 + 1),
            day: self.span(work, record.day),
            stream: u16::try_from(place.stream).map_err(|_| Aside::NoStream)?,
            country,
            standing: place.standing,
            purpose: record.purpose,
        };
        let spots = &mut self.spots;
        let row = *self.places.entry(spot).or_insert_with(|| {
            spots.push(spot);
            spots.len() as u32 - 1
        });
        let mut id = [0; 16];
        id.copy_from_slice(&Digest::of(record.id.as_bytes()).0[..16]);
        let digest = Digest::of_value_in(record, &mut self.room);
        self.notes.push(Note { id, digest, amount, row, measured });
        Ok(())
    }

    /// The work's number; the changes of its claims are looked up when it first comes.
    fn work(&mut self, work: &str) -> u32 {
        let (number, new) = self.works.number(work);
        if new {
            let name = Name::from(work);
            let layers: BTreeSet<Name> = self.catalogue.layers_of(&name).into_iter().collect();
            self.changes.push(self.claims.boundaries(&layers));
        }
        number
    }

    /// The last change of the claims on or before the day; the first day of the year one before any change.
    fn span(&self, work: u32, day: Date) -> Date {
        let changes = self.changes.get(work as usize).map_or(&[][..], Vec::as_slice);
        let before = changes.partition_point(|change| *change <= day);
        before.checked_sub(1).and_then(|i| changes.get(i)).copied().unwrap_or(BEGINNING)
    }
}

impl Totals {
    fn with(self, note: &Note) -> Option<Totals> {
        let amount = u128::from(note.amount);
        let (measured, unmeasured) =
            if note.measured == UNMEASURED { (0, amount) } else { (amount * u128::from(note.measured), 0) };
        Some(Totals {
            records: self.records + 1,
            amount: self.amount.checked_add(amount)?,
            measured: self.measured.checked_add(measured)?,
            unmeasured: self.unmeasured.checked_add(unmeasured)?,
        })
    }
}

/// Where a record is counted: a function of the terms alone.
pub fn place<'r>(tariff: &Tariff, period: Period, record: &'r UseRecord) -> Result<Place<'r>, Aside> {
    let stream = tariff.stream_of(record.purpose).ok_or(Aside::NoStream)?;
    let standing = standing(tariff, period, record)?;
    let country = match record.country.as_deref() {
        Some(c) if c.len() != 2 || !c.bytes().all(|b| b.is_ascii_uppercase()) => return Err(Aside::Country),
        other => other,
    };
    let model = record.model.as_deref().filter(|_| tariff.per_version);
    Ok(Place { stream, standing, model, country })
}

fn standing(tariff: &Tariff, period: Period, record: &UseRecord) -> Result<Standing, Aside> {
    let started = tariff.from.is_none_or(|from| from <= record.day);
    if !started {
        let reaches = tariff.retroactive_from.is_some_and(|from| from <= record.day);
        return if reaches { Ok(Standing::Past) } else { Err(Aside::OtherDay) };
    }
    if !period.contains(record.day) {
        return Err(Aside::OtherDay);
    }
    match (tariff.consent, &record.grant) {
        (Consent::Statutory, _) | (Consent::Required, Some(_)) => Ok(Standing::Owed),
        (Consent::Required, None) => Ok(Standing::Unlicensed),
    }
}

/// The day that stands for the time before any claim changes.
pub const BEGINNING: Date = Date::constant(1, 1, 1);

const fn once() -> u64 {
    1
}
