//! Claims from and to tables.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use placet_core::{Basis, Identifier, PartyKind, Period, Right, Role, Share, UseStage};
use serde::Serialize;

use super::register::{Aside, LISTED_MAX};
use super::table::Table;
use crate::claims::{ClaimCounts, ClaimDraft, ClaimEntry, ClaimSource, ClaimWriter, PartyDraft, newest};
use crate::store::{NEXT_EDIT, begin_edit, next};
use crate::{Registry, RegistryError};

/// The columns, in the order of an export. `work`, `role`, `right`, `share` and a party are needed in an import.
pub const CLAIM_COLUMNS: [&str; 18] = [
    "claim",
    "work",
    "party",
    "name",
    "role",
    "right",
    "stage",
    "territory",
    "from",
    "until",
    "share",
    "basis",
    "evidence",
    "asserted_at",
    "supersedes",
    "ended",
    "origin",
    "source",
];

/// What came of a table of claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClaimsImported {
    /// Claims.
    pub claims: ClaimCounts,
    /// Rows set aside.
    pub aside_count: u64,
    /// The first of them.
    pub aside: Vec<Aside>,
}

/// Headers that people write, and ours.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("work", &["work id", "work_id", "isrc", "iswc", "isbn", "werk", "oeuvre", "obra"]),
    ("party", &["party id", "party_id", "ipi", "isni", "ipi name number", "identifier"]),
    ("name", &["holder", "claimant", "rightsholder", "owner", "writer", "publisher", "party name"]),
    ("role", &["capacity", "rolle"]),
    ("right", &["right type", "rights", "recht"]),
    ("stage", &["use stage", "use_stage"]),
    ("territory", &["territories", "country", "countries", "land"]),
    ("from", &["start", "start date", "valid from"]),
    ("until", &["end", "end date", "valid until", "to"]),
    ("share", &["percent", "percentage", "split", "%", "anteil", "ownership"]),
    ("basis", &["ground"]),
    ("evidence", &["document", "contract"]),
];

impl Registry {
    /// Records the claims of a table in the author's name. A row that cannot be read is set aside with its reason.
    pub fn import_claims(
        &mut self,
        path: &Path,
        mapping: &BTreeMap<String, String>,
        at: Timestamp,
    ) -> Result<ClaimsImported, RegistryError> {
        let mut table = Table::open(path)?;
        let columns: Vec<Option<&'static str>> =
            table.header.iter().map(|name| column(name, mapping)).collect();
        for needed in ["work", "role", "right", "share"] {
            if !columns.contains(&Some(needed)) {
                return Err(RegistryError::Catalogue {
                    path: path.to_owned(),
                    what: format!(
                        "no column is the {needed} of a claim; its columns are {}",
                        table.header.join(", ")
                    ),
                });
            }
        }
        let mut done = ClaimsImported::default();
        let mut by_work: BTreeMap<String, Vec<ClaimDraft>> = BTreeMap::new();
        while let Some(row) = table.next_row()? {
            let read = row.fields.and_then(|values| self.row(&columns, values, row.line));
            match read {
                Ok((work, draft)) => by_work.entry(work).or_default().push(draft),
                Err(reason) => {
                    done.aside_count += 1;
                    if done.aside.len() < LISTED_MAX {
                        done.aside.push(Aside { file: path.to_owned(), line: Some(row.line), reason });
                    }
                }
            }
        }
        let author = self.author.clone();
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let source =
            ClaimSource { origin: author.clone(), standard: Some("CSV".to_owned()), file, place: None };
        done.claims = self.db.transaction(|db| {
            let mut begun = None;
            let mut counts = ClaimCounts::default();
            for (work, drafts) in &by_work {
                let mut edit = |db: &crate::db::Database| {
                    if let Some(edit) = begun {
                        return Ok(edit);
                    }
                    let edit = next(db, NEXT_EDIT)?;
                    begin_edit(db, edit, &author, "claims", at)?;
                    begun = Some(edit);
                    Ok(edit)
                };
                counts +=
                    ClaimWriter { db, source: &source, at, edit: &mut edit }.write(work, drafts, None)?;
            }
            Ok(counts)
        })?;
        Ok(done)
    }

    fn row(
        &self,
        columns: &[Option<&'static str>],
        values: Vec<String>,
        line: u64,
    ) -> Result<(String, ClaimDraft), String> {
        let mut row: BTreeMap<&str, String> = BTreeMap::new();
        for (column, value) in columns.iter().zip(values) {
            if let (Some(column), false) = (column, value.is_empty()) {
                row.entry(column).or_insert(value);
            }
        }
        let text = |name: &str| row.get(name).map(String::as_str);
        let work = text("work").ok_or("it names no work")?;
        let entry = self.work(work).map_err(|error| error.to_string())?;
        let work = entry.ok_or_else(|| format!("no work is registered as {work}"))?.work.id;
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let day = |name: &str| match text(name) {
            Some(day) => day.parse().map(Some).map_err(|_| format!("`{day}` is no day; write 2026-01-31")),
            None => Ok(None),
        };
        let draft = ClaimDraft {
            party: named(text("party"), text("name"))?,
            role: text("role").unwrap_or_default().parse::<Role>().map_err(|e| said(&e))?,
            right: text("right").unwrap_or_default().parse::<Right>().map_err(|e| said(&e))?,
            stage: text("stage").unwrap_or("any").parse::<UseStage>().map_err(|e| said(&e))?,
            territory: text("territory")
                .unwrap_or("world")
                .parse()
                .map_err(|e: placet_core::TerritoryError| said(&e))?,
            period: Period { from: day("from")?, until: day("until")? },
            share: text("share").ok_or("it states no share")?.parse::<Share>().map_err(|e| said(&e))?,
            basis: text("basis").unwrap_or("authorship").parse::<Basis>().map_err(|e| said(&e))?,
            evidence: text("evidence")
                .map(|e| e.split("; ").map(str::to_owned).collect())
                .unwrap_or_default(),
            place: Some(format!("line {line}")),
        };
        Ok((work, draft))
    }

    /// Writes claims as a table: those in force as known at a moment, or every version. Says how many.
    pub fn export_claims(
        &self,
        at: Timestamp,
        history: bool,
        into: &mut dyn Write,
    ) -> Result<u64, RegistryError> {
        let fail =
            |error: csv::Error| RegistryError::write(Path::new("claims"), std::io::Error::other(error));
        let mut writer = csv::Writer::from_writer(into);
        writer.write_record(CLAIM_COLUMNS).map_err(fail)?;
        let mut count = 0;
        let mut of_work: Vec<ClaimEntry> = Vec::new();
        let mut flush = |entries: &mut Vec<ClaimEntry>| -> Result<(), RegistryError> {
            let entries = std::mem::take(entries);
            let chosen: Vec<&ClaimEntry> = if history {
                entries.iter().collect()
            } else {
                newest(&entries).into_iter().filter(|e| !e.ended).collect()
            };
            for entry in chosen {
                writer.write_record(cells(entry)).map_err(fail)?;
                count += 1;
            }
            Ok(())
        };
        self.claims_at(at, &mut |entry| {
            if of_work.first().is_some_and(|first| first.claim.work != entry.claim.work) {
                flush(&mut of_work)?;
            }
            of_work.push(entry);
            Ok(())
        })?;
        flush(&mut of_work)?;
        writer.flush().map_err(|error| RegistryError::write(Path::new("claims"), error))?;
        Ok(count)
    }
}

fn cells(entry: &ClaimEntry) -> [String; 18] {
    let c = &entry.claim;
    let day = |day: Option<jiff::civil::Date>| day.map(|d| d.to_string()).unwrap_or_default();
    let s = &entry.source;
    let place: Vec<&str> =
        [&s.standard, &s.file, &s.place].into_iter().flatten().map(String::as_str).collect();
    [
        c.id.clone(),
        c.work.clone(),
        c.party.clone(),
        entry.name.clone(),
        c.role.to_string(),
        c.right.to_string(),
        c.stage.to_string(),
        c.territory.to_string(),
        day(c.period.from),
        day(c.period.until),
        c.share.to_string(),
        c.basis.to_string(),
        c.evidence.join("; "),
        c.asserted_at.to_string(),
        c.supersedes.clone().unwrap_or_default(),
        if entry.ended { "yes".to_owned() } else { String::new() },
        s.origin.clone(),
        place.join(", "),
    ]
}

/// A party from an identifier or id, and a name. What stands for an identifier and holds neither a scheme nor a digit is a
/// name; whatever may be meant as an identifier has to be one.
pub(crate) fn named(id: Option<&str>, name: Option<&str>) -> Result<PartyDraft, String> {
    let bare = |id: &str| name.is_none() && !id.contains(|c: char| c == ':' || c.is_ascii_digit());
    let plain = |id: &str| id.strip_prefix("name:").or(bare(id).then_some(id)).map(str::to_owned);
    let identifiers: Vec<Identifier> = match id {
        Some(id) if plain(id).is_none() => {
            vec![id.parse().map_err(|e: placet_core::IdentifierError| e.to_string())?]
        }
        _ => Vec::new(),
    };
    let name = name.map(str::to_owned).or_else(|| id.map(|id| plain(id).unwrap_or_else(|| id.to_owned())));
    let name = name.ok_or("it names no party")?;
    Ok(PartyDraft { name, kind: PartyKind::Unknown, identifiers })
}

fn column(name: &str, mapping: &BTreeMap<String, String>) -> Option<&'static str> {
    let wanted = name.trim().to_lowercase();
    let mapped = mapping.iter().find(|(theirs, _)| theirs.trim().to_lowercase() == wanted);
    let wanted = mapped.map_or(wanted, |(_, ours)| ours.trim().to_lowercase());
    let direct = CLAIM_COLUMNS.iter().find(|ours| **ours == wanted).copied();
    direct.or_else(|| {
        SYNONYMS.iter().find(|(_, theirs)| theirs.contains(&wanted.as_str())).map(|(ours, _)| *ours)
    })
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_bare_name_is_a_name_and_a_wrong_identifier_an_error() {
        for name in ["Example Press", "Balzac, Honoré de", "name:2 Live Crew"] {
            let party = named(Some(name), None).unwrap();
            assert_eq!((party.name.as_str(), party.identifiers.len()), (name.trim_start_matches("name:"), 0));
        }
        for id in ["ipi:00014107338", "house:Example"] {
            assert_eq!(named(Some(id), Some("A")).unwrap().identifiers.len(), 1, "{id}");
        }
        for wrong in ["ipi:00014107339", "00014107339", "2 Live Crew"] {
            named(Some(wrong), None).unwrap_err();
        }
        named(Some("Example"), Some("A")).unwrap_err();
        named(None, None).unwrap_err();
    }
}
