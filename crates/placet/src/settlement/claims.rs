//! Claims from a table (CSV) or JSON lines: `docs/formats/claims.md`.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use placet_core::{Basis, Claim, Identifier, Period, Right, Role, Share, Territory, UseStage};
use placet_registry::RowLines;

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
    let open = || File::open(path).with_context(|| format!("cannot open {}", path.display()));
    let mut aside = Vec::new();
    let mut found = Vec::new();
    if path.extension().is_some_and(|e| e == "jsonl") {
        for (number, line) in BufReader::new(open().or_fail(Exit::Input)?).lines().enumerate() {
            let line =
                line.with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)?;
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
    let reading = || format!("cannot read {}", path.display());
    let mut file = BufReader::new(open().or_fail(Exit::Input)?);
    let lines = RowLines::of(file.fill_buf().with_context(reading).or_fail(Exit::Input)?);
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let heads = table.headers().with_context(reading).or_fail(Exit::Input)?;
    let mut places = [None; COLUMNS.len()];
    for (column, place) in COLUMNS.iter().zip(&mut places) {
        *place = heads.iter().position(|head| head.trim_start_matches('\u{feff}') == *column);
    }
    if let Some((missing, _)) = COLUMNS.iter().zip(places).skip(1).take(5).find(|(_, place)| place.is_none())
    {
        let error = anyhow!("{} has no column `{missing}`", path.display());
        return Err(Failure::new(Exit::Input, error).hint("docs/formats/claims.md describes the columns"));
    }
    let unknown: Vec<&str> =
        heads.iter().filter(|h| !COLUMNS.contains(&h.trim_start_matches('\u{feff}'))).collect();
    if !unknown.is_empty() {
        aside.push(format!("{}: columns that are not read: {}", path.display(), unknown.join(", ")));
    }
    let mut record = csv::StringRecord::new();
    loop {
        let before = table.position().line();
        let read = table.read_record(&mut record);
        let line = lines.line(before, table.position().line(), record.as_slice().as_bytes());
        match read {
            Ok(false) => break,
            Ok(true) => match rows(&record, &places, line, &mut found) {
                Ok(()) => {}
                Err(error) => aside.push(format!("{}, line {line}: {error:#}", path.display())),
            },
            Err(error) if error.is_io_error() => {
                return Err(
                    Failure::new(Exit::Input, error).hint("the claims could not be read to their end")
                );
            }
            Err(error) => aside.push(format!("{}: {error}", path.display())),
        }
    }
    Ok((found, aside))
}

fn rows(
    record: &csv::StringRecord,
    places: &[Option<usize>; COLUMNS.len()],
    line: u64,
    found: &mut Vec<Claim>,
) -> anyhow::Result<()> {
    let cell = |column: usize| {
        let text = places.get(column).copied().flatten().and_then(|at| record.get(at));
        text.filter(|text| !text.is_empty())
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
