//! Claims from a table (CSV) or JSON lines: `docs/formats/claims.md`.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use placet_core::{Basis, Claim, Identifier, Period, Right, Role, Share, Territory, UseStage};
use placet_registry::Table;

use crate::failure::OrFail as _;
use crate::{Context, Exit, Failure};

/// The columns of a table of claims; those with a default may be absent.
const COLUMNS: [&str; 12] = [
    "id",
    "work",
    "party",
    "role",
    "right",
    "share",
    "stage",
    "territory",
    "period",
    "basis",
    "asserted_at",
    "supersedes",
];

/// Rights in one row that stand for one claim each.
const RIGHTS_MAX: usize = 16;

/// Reads claims. A row that does not read is named and left out; the others count.
pub(crate) fn claims(path: &Path) -> Result<(Vec<Claim>, Vec<String>), Failure> {
    let mut aside = Vec::new();
    let mut found = Vec::new();
    if path.extension().is_some_and(|e| e == "jsonl") {
        let reading = || format!("cannot read {}", path.display());
        let file = File::open(path).with_context(reading).or_fail(Exit::Input)?;
        for (number, line) in BufReader::new(file).lines().enumerate() {
            let line = line.with_context(reading).or_fail(Exit::Input)?;
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str::<Claim>(&line) {
                Ok(claim) => found.push(named(claim)),
                Err(error) => aside.push(format!("{}, line {}: {error}", path.display(), number + 1)),
            }
        }
        return Ok((found, aside));
    }
    let mut table = Table::open(path)?;
    // A row that was cut off may still read, with another share.
    table.fields_min = table.header.len();
    let places = COLUMNS.map(|column| table.header.iter().position(|head| head == column));
    if let Some((missing, _)) = COLUMNS.iter().zip(places).skip(1).take(5).find(|(_, place)| place.is_none())
    {
        let error = anyhow!("{} has no column `{missing}`", path.display());
        return Err(Failure::new(Exit::Input, error).hint("docs/formats/claims.md describes the columns"));
    }
    let heads = table.header.iter().map(String::as_str);
    let unknown: Vec<&str> = heads.filter(|head| !COLUMNS.contains(head)).collect();
    if !unknown.is_empty() {
        aside.push(format!("{}: columns that are not read: {}", path.display(), unknown.join(", ")));
    }
    while let Some(row) = table.next_row()? {
        let read = row.fields.map_err(anyhow::Error::msg);
        if let Err(error) = read.and_then(|cells| rows(&cells, &places, row.line, &mut found)) {
            aside.push(format!("{}, line {}: {error:#}", path.display(), row.line));
        }
    }
    Ok((found, aside))
}

fn rows(
    cells: &[String],
    places: &[Option<usize>; COLUMNS.len()],
    line: u64,
    found: &mut Vec<Claim>,
) -> anyhow::Result<()> {
    let cell = |column: usize| {
        let text = places.get(column).copied().flatten().and_then(|at| cells.get(at));
        text.map(String::as_str).filter(|text| !text.is_empty())
    };
    let needed = |column: usize| {
        cell(column).ok_or_else(|| anyhow!("`{}` is empty", COLUMNS.get(column).copied().unwrap_or_default()))
    };
    let rights: Vec<Right> = needed(4)?.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    if rights.len() > RIGHTS_MAX {
        return Err(anyhow!("more than {RIGHTS_MAX} rights in one row"));
    }
    let id = cell(0).map_or_else(|| format!("row {line}"), str::to_owned);
    let asserted_at = match cell(10) {
        None => jiff::Timestamp::UNIX_EPOCH,
        Some(text) => match text.parse::<jiff::civil::Date>() {
            Ok(day) if text.len() == 10 => day.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp(),
            _ => text
                .parse()
                .map_err(|_| anyhow!("`{text}` is no time; write 2026-07-01 or 2026-07-01T12:00:00Z"))?,
        },
    };
    let claim = Claim {
        id: id.clone(),
        work: canonical(needed(1)?),
        party: canonical(needed(2)?),
        role: needed(3)?.parse::<Role>()?,
        right: Right::ReproductionTraining,
        stage: cell(6).map_or(Ok(UseStage::Any), str::parse)?,
        territory: cell(7).map_or(Ok(Territory::World), str::parse)?,
        period: cell(8).map_or(Ok(Period::ALWAYS), str::parse)?,
        share: needed(5)?.parse::<Share>()?,
        basis: cell(9).map_or(Ok(Basis::Authorship), str::parse)?,
        evidence: Vec::new(),
        asserted_at,
        supersedes: cell(11).map(str::to_owned),
    };
    match rights.as_slice() {
        [] => return Err(anyhow!("`right` is empty")),
        [right] => found.push(Claim { right: *right, ..claim }),
        several => found.extend(several.iter().map(|right| Claim {
            id: format!("{id}#{right}"),
            right: *right,
            supersedes: claim.supersedes.as_ref().map(|old| format!("{old}#{right}")),
            ..claim.clone()
        })),
    }
    Ok(())
}

fn named(claim: Claim) -> Claim {
    Claim { work: canonical(&claim.work), party: canonical(&claim.party), ..claim }
}

/// An identifier in its canonical form; another text as it is.
pub(crate) fn canonical(text: &str) -> String {
    match text.contains(':').then(|| text.parse::<Identifier>()) {
        Some(Ok(id)) => id.to_string(),
        _ => text.to_owned(),
    }
}

/// The party that a person names: as in the claims, or, where the settlement does not know it so, as the registry does.
pub(crate) fn party(context: &Context, named: &str, known: impl Fn(&str) -> bool) -> String {
    let plain = canonical(named);
    if known(&plain) {
        return plain;
    }
    // Without a registry, or with several parties of the name, the name stays as it is.
    let called = crate::registry::open(context).ok().and_then(|registry| registry.parties_called(named).ok());
    match called.as_deref() {
        Some([one]) => one.id.clone(),
        _ => plain,
    }
}
