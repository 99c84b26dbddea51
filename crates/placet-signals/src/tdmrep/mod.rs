//! W3C TDM Reservation Protocol (Community Group Final Report, 2 February 2024) in all its carriers.
//!
//! One bit: 1 reserves the rights of text and data mining (Article 4(3) of Directive (EU) 2019/790), 0 does not; any
//! other value is an error and sets nothing, but somebody meant to say something. Later carriers supersede earlier
//! ones (file, HTTP header, HTML, the asset itself), and absence never resets.

mod policy;

pub use policy::{POLICY_BYTES_MAX, Permission, Policy, policy, write_policy};

use placet_core::{Condition, Evidence, Reach, Statement, Tier, Use, UseSet, Verdict};
use serde_json::Value;

use crate::defect::{Defect, Problem, note};
use crate::robots;
use crate::statement::{TRAINING, evidence, malformed, of_asset, of_place};
use crate::xml::Element;
use crate::xmp;

/// Most bytes of a `tdmrep.json`.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most entries of a `tdmrep.json`.
pub const ENTRIES_MAX: usize = 10_000;

/// Namespace in XMP.
pub const XMP_SPACE: &str = "http://www.w3.org/ns/tdmrep/";
/// Namespace in EPUB 3 and ODRL.
pub const SPACE: &str = "http://www.w3.org/ns/tdmrep#";

/// Where a mark stands; a later one supersedes an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// `/.well-known/tdmrep.json`.
    File,
    /// HTTP response header fields.
    Header,
    /// HTML `meta` elements.
    Html,
    /// Metadata of the asset: EPUB, PDF, ONIX.
    Asset,
}

/// What one carrier says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where it stands.
    pub carrier: Carrier,
    /// Whether rights are reserved; absent where the value is an error.
    pub reserved: Option<bool>,
    /// Where a policy lies.
    pub policy: Option<String>,
    /// Where and what it is.
    pub evidence: Evidence,
}

/// One entry of a `tdmrep.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Pattern of paths, in normal form.
    pub location: String,
    /// Whether rights are reserved; absent where the value is an error.
    pub reserved: Option<bool>,
    /// Where a policy lies.
    pub policy: Option<String>,
    /// The value as it stands.
    pub quote: String,
}

/// A `tdmrep.json` as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its entries in order.
    pub entries: Vec<Entry>,
    /// Whether it is there and cannot be read: its intent is unknown, not absent.
    pub unreadable: bool,
}

/// Reads a `tdmrep.json`. A web page in its place is absence.
pub fn file(bytes: &[u8]) -> (File, Vec<Defect>) {
    let mut defects = Vec::new();
    let mut file = File::default();
    if crate::text::is_html(bytes) {
        defects.push(Defect::new(Problem::Html, ""));
        return (file, defects);
    }
    if bytes.len() > FILE_BYTES_MAX {
        defects.push(Defect::new(Problem::Limit, format!("{} bytes", bytes.len())));
        file.unreadable = true;
        return (file, defects);
    }
    let text = crate::text::decode(bytes, &mut defects);
    let value: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(error) => {
            defects.push(Defect::new(Problem::Syntax, error.to_string()));
            file.unreadable = !text.trim().is_empty();
            return (file, defects);
        }
    };
    let entries = match value {
        Value::Array(entries) => entries,
        one @ Value::Object(_) => {
            note(&mut defects, Defect::new(Problem::Syntax, "an object where an array of objects belongs"));
            vec![one]
        }
        _ => {
            defects.push(Defect::new(Problem::Syntax, "neither an array nor an object"));
            file.unreadable = true;
            return (file, defects);
        }
    };
    if entries.len() > ENTRIES_MAX {
        note(&mut defects, Defect::new(Problem::Limit, format!("{} entries", entries.len())));
    }
    for entry in entries.iter().take(ENTRIES_MAX) {
        let quote = entry.to_string();
        let Some(location) = entry.get("location").and_then(Value::as_str) else {
            note(&mut defects, Defect::new(Problem::Missing, format!("location in {quote}")));
            file.unreadable = true;
            continue;
        };
        let reserved = entry.get("tdm-reservation").and_then(Value::as_u64).and_then(bit);
        if reserved.is_none() {
            note(&mut defects, Defect::new(Problem::UnknownWord, format!("tdm-reservation in {quote}")));
        }
        let policy = entry.get("tdm-policy").and_then(Value::as_str).map(str::to_owned);
        let location = robots::normal_pattern(location.as_bytes());
        file.entries.push(Entry { location, reserved, policy, quote });
    }
    (file, defects)
}

impl File {
    /// What the file says of a URL: the first entry whose location matches.
    pub fn mark(&self, url: &str) -> Option<Mark> {
        let path = robots::path_of(url);
        let path = robots::normal(path.as_bytes());
        let entry = self.entries.iter().find(|e| robots::matches(e.location.as_bytes(), &path));
        match entry {
            Some(entry) => Some(Mark {
                carrier: Carrier::File,
                reserved: entry.reserved,
                policy: entry.policy.clone(),
                evidence: evidence("", None, &entry.quote),
            }),
            None => self.unreadable.then(|| Mark {
                carrier: Carrier::File,
                reserved: None,
                policy: None,
                evidence: evidence("", None, "unreadable tdmrep.json"),
            }),
        }
    }
}

/// Reads the header fields `tdm-reservation` and `tdm-policy` of one response.
pub fn header(reservation: &[&[u8]], policy: Option<&[u8]>) -> (Option<Mark>, Vec<Defect>) {
    let values: Vec<String> =
        reservation.iter().map(|v| String::from_utf8_lossy(v).trim().to_owned()).collect();
    let policy = policy.map(|p| String::from_utf8_lossy(p).trim().to_owned());
    read(Carrier::Header, "#tdm-reservation", &values, policy)
}

/// Reads the `meta` elements `tdm-reservation` and `tdm-policy` of a page.
pub fn html(reservation: &[String], policy: Option<String>) -> (Option<Mark>, Vec<Defect>) {
    read(Carrier::Html, "#meta", reservation, policy)
}

/// Reads the metadata of an EPUB package document, version 2 or 3.
pub(crate) fn opf(package: &Element) -> (Option<Mark>, Vec<Defect>) {
    let (mut values, mut policy) = (Vec::new(), None);
    for meta in package.walk().into_iter().filter(|e| e.name == "meta") {
        let named = meta.attribute("name").zip(meta.attribute("content"));
        let propertied = meta.attribute("property").map(|p| (p, meta.text.as_str()));
        for (name, value) in named.into_iter().chain(propertied) {
            match name.trim() {
                "tdm:reservation" => values.push(value.trim().to_owned()),
                "tdm:policy" => policy = Some(value.trim().to_owned()),
                _ => {}
            }
        }
    }
    read(Carrier::Asset, "#opf", &values, policy)
}

/// Reads the properties of an XMP packet; either form of the namespace.
pub fn xmp(properties: &[xmp::Property]) -> (Option<Mark>, Vec<Defect>) {
    let find = |name: &str| {
        properties
            .iter()
            .filter(|p| (p.space == XMP_SPACE || p.space == SPACE) && p.name == name)
            .flat_map(|p| &p.values)
            .map(|v| v.trim().to_owned())
            .collect::<Vec<_>>()
    };
    read(Carrier::Asset, "#xmp", &find("reservation"), find("policy").into_iter().next())
}

fn read(
    carrier: Carrier,
    part: &str,
    values: &[String],
    policy: Option<String>,
) -> (Option<Mark>, Vec<Defect>) {
    let mut defects = Vec::new();
    if values.is_empty() {
        if let Some(policy) = &policy {
            note(
                &mut defects,
                Defect::new(Problem::Missing, format!("a reservation beside tdm-policy {policy}")),
            );
        }
        return (None, defects);
    }
    if values.len() > 1 {
        note(&mut defects, Defect::new(Problem::Repeated, values.join(", ")));
    }
    // Said twice and differently: the reservation counts.
    let bits: Vec<Option<bool>> =
        values.iter().flat_map(|v| v.split(',')).map(|v| v.trim().parse().ok().and_then(bit)).collect();
    let reserved = if bits.contains(&Some(true)) {
        Some(true)
    } else if bits.contains(&None) {
        note(
            &mut defects,
            Defect::new(Problem::UnknownWord, format!("tdm-reservation: {}", values.join(", "))),
        );
        None
    } else {
        Some(false)
    };
    let quote = format!("tdm-reservation: {}", values.join(", "));
    (Some(Mark { carrier, reserved, policy, evidence: evidence(part, None, &quote) }), defects)
}

fn bit(number: u64) -> Option<bool> {
    match number {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// The mark that decides: of the strongest carrier that sets a value, and in one carrier a reservation, first one without
/// terms.
pub fn deciding(marks: &[Mark]) -> Option<&Mark> {
    marks.iter().filter(|m| m.reserved.is_some()).max_by_key(|m| (m.carrier, m.reserved, m.policy.is_none()))
}

/// What the marks found for one URL or asset state together.
///
/// A mark that sets nothing overrides none, but is flagged beside what holds. Marks that say other than the one that decides,
/// or stand in a weaker carrier, are stated as overruled; of marks that agree in all, one is stated.
pub fn statements(marks: &[Mark], url: Option<&str>) -> Vec<Statement> {
    let frame = |mark: &Mark| {
        let frame = match mark.carrier {
            Carrier::Asset => of_asset("tdmrep", Tier::B),
            Carrier::File | Carrier::Header | Carrier::Html => of_place("tdmrep", Tier::B, Reach::Url),
        };
        let target = if mark.carrier == Carrier::Asset { None } else { url.map(str::to_owned) };
        Statement {
            version: Some("CG-FINAL-20240202".into()),
            uses: TRAINING.with(Use::Tdm).with(Use::Evaluation).with(Use::AiIndex),
            approximate: UseSet::NONE.with(Use::AiIndex),
            target,
            evidence: mark.evidence.clone(),
            ..frame
        }
    };
    let stated = |mark: &Mark, overruled: bool| {
        let policy = mark.policy.as_ref().filter(|_| mark.reserved == Some(true));
        let duty = policy.map(|url| Condition {
            duty: "tdm-policy".to_owned(),
            detail: Some(url.clone()),
            before_use: true,
        });
        let verdict = match (mark.reserved, &duty) {
            (Some(true), None) => Verdict::Denied,
            (Some(true), Some(_)) => Verdict::Conditional,
            _ => Verdict::Allowed,
        };
        Statement { verdict, duties: duty.into_iter().collect(), overruled, ..frame(mark) }
    };
    let deciding = deciding(marks);
    let differ =
        |a: &Mark, b: &Mark| (a.carrier, a.reserved, &a.policy) != (b.carrier, b.reserved, &b.policy);
    let overruled = |m: &&Mark| m.reserved.is_some() && deciding.is_some_and(|by| differ(m, by));
    let unset = marks.iter().filter(|m| m.reserved.is_none());
    deciding
        .map(|mark| stated(mark, false))
        .into_iter()
        .chain(marks.iter().filter(overruled).map(|mark| stated(mark, true)))
        .chain(unset.map(|mark| malformed(frame(mark))))
        .collect()
}

/// Writes a `tdmrep.json`.
pub fn write(entries: &[Entry]) -> String {
    let entries: Vec<Value> = entries
        .iter()
        .filter_map(|entry| {
            let mut object = serde_json::Map::new();
            object.insert("location".to_owned(), entry.location.clone().into());
            object.insert("tdm-reservation".to_owned(), u8::from(entry.reserved?).into());
            if let Some(policy) = &entry.policy {
                object.insert("tdm-policy".to_owned(), policy.clone().into());
            }
            Some(Value::Object(object))
        })
        .collect();
    format!("{:#}\n", Value::Array(entries))
}
