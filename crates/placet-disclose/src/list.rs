//! The itemised list: each work that scans found, with act, verdict and place, for the laws and bills that ask for one.
//!
//! A row says that a work was found in a corpus, and what was decided. It never says "used". Works of nobody's pack are not in it:
//! every row carries `not_exhaustive`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use placet_corpus::table::{Reader, Value};

use crate::summary::run::{EvidenceError, Run};

/// Files named for a work; further ones are counted.
pub const FILES_NAMED: usize = 10;

/// A law or bill that asks for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    /// Its name on the command line.
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Where it stands, as of November 2026.
    pub state: &'static str,
    /// Whether it gives a requester its own works only.
    pub own_works: bool,
    /// Whether it asks for the address of the dataset.
    pub dataset: bool,
}

/// The laws.
pub const LAWS: [Law; 4] = [
    Law {
        id: "eu",
        title: "European Parliament resolution of 10 March 2026 on copyright and generative AI",
        state: "not binding; asks for an itemised list of every work",
        own_works: false,
        dataset: false,
    },
    Law {
        id: "ca-ab412",
        title: "California AB 412",
        state: "a bill; list of identified materials within 30 days of a request",
        own_works: true,
        dataset: false,
    },
    Law {
        id: "us-clear",
        title: "CLEAR Act, S. 3813 (119th Congress)",
        state: "a bill; notice 30 days before release with each work and the address of the dataset",
        own_works: false,
        dataset: true,
    },
    Law {
        id: "us-train",
        title: "TRAIN Act, S. 2455 / H.R. 7209 (119th Congress)",
        state: "a bill; records to the requester on its own works alone",
        own_works: true,
        dataset: false,
    },
];

/// What the columns of a list mean, in their order.
pub const COLUMNS: [(&str, &str); 17] = [
    ("law", "the law or bill the list is made for"),
    ("run", "folder of the scan"),
    ("as_of", "day as of which rights were read"),
    ("issuer", "who issued the pack that names the work"),
    ("work_id", "the work's id in its issuer's registry"),
    ("title", "its title, as the pack states it"),
    ("act", "the use that was asked about"),
    ("verdict", "allowed, conditional, unknown or denied"),
    ("basis", "what decided it"),
    (
        "cleared",
        "kept: items with this verdict stay in the cleared corpus where every other use lets them; no: left out, or only without the matching passages",
    ),
    ("items", "documents in which text of the work was found, summed over the parts of the scan"),
    ("words", "words that certainly stem from the work"),
    ("letters", "letters that certainly stem from the work"),
    ("files", "files of the corpus that hold them, at most ten"),
    ("files_more", "further files"),
    ("dataset", "address of the dataset, as stated by whoever made the list"),
    ("not_exhaustive", "always true: works that no pack names were not looked for"),
];

#[derive(Clone, Debug, Default)]
struct Sums {
    title: String,
    items: u64,
    words: u64,
    letters: u64,
}

/// Writes the list as CSV and gives the number of rows. `issuer` keeps the works of one issuer alone.
///
/// Memory: a row for each work, act, verdict and ground that was found, and ten file names for each work.
pub fn export(
    runs: &[Run],
    law: &Law,
    issuer: Option<&str>,
    dataset: &str,
    to: &mut impl Write,
) -> Result<u64, ExportError> {
    let heads: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    writeln!(to, "{}", heads.join(","))?;
    let mut rows = 0;
    for run in runs {
        run.evidence("uses.parquet")?;
        run.evidence("matches.parquet")?;
        let files = files(run, issuer)?;
        for ((of, work, act, verdict, basis), sums) in works(run, issuer)? {
            let none = (BTreeSet::new(), 0);
            let (named, more) = files.get(&(of.clone(), work.clone())).unwrap_or(&none);
            let named: Vec<&str> = named.iter().map(String::as_str).collect();
            let cells = [
                law.id.to_owned(),
                run.name.clone(),
                run.record.as_of.clone(),
                of,
                work,
                sums.title,
                act,
                verdict.clone(),
                basis,
                (if verdict == "allowed" { "kept" } else { "no" }).to_owned(),
                sums.items.to_string(),
                sums.words.to_string(),
                sums.letters.to_string(),
                named.join(" "),
                more.to_string(),
                dataset.to_owned(),
                "true".to_owned(),
            ];
            let line: Vec<String> = cells.iter().map(|text| cell(text)).collect();
            writeln!(to, "{}", line.join(","))?;
            rows += 1;
        }
    }
    Ok(rows)
}

/// Why a list was not made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The evidence cannot be read.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The list cannot be written.
    #[error("the list cannot be written")]
    Write(#[from] io::Error),
}

type Key = (String, String, String, String, String);

fn works(run: &Run, issuer: Option<&str>) -> Result<BTreeMap<Key, Sums>, EvidenceError> {
    const NAMES: [&str; 9] =
        ["issuer", "work_id", "title", "use", "words", "letters", "items", "verdict", "ground"];
    let mut sums: BTreeMap<Key, Sums> = BTreeMap::new();
    each(run, "uses.parquet", &NAMES, |row| {
        let text = |at: usize| row.get(at).and_then(text);
        let number = |at: usize| row.get(at).and_then(number);
        let key = (text(0)?, text(1)?, text(3)?, text(7)?, text(8)?);
        if issuer.is_some_and(|issuer| issuer != key.0) {
            return Some(());
        }
        let held = sums.entry(key).or_default();
        held.title = text(2)?;
        held.words += number(4)?;
        held.letters += number(5)?;
        held.items += number(6)?;
        Some(())
    })?;
    Ok(sums)
}

/// By issuer and work: the files in which it was found, and how many more there are at least.
type FilesOfWorks = BTreeMap<(String, String), (BTreeSet<String>, u64)>;

/// Files in which each work was found, and how many more there are at least by change of file.
fn files(run: &Run, issuer: Option<&str>) -> Result<FilesOfWorks, EvidenceError> {
    const NAMES: [&str; 4] = ["issuer", "work_id", "path", "common"];
    let mut found = FilesOfWorks::new();
    let mut last: BTreeMap<(String, String), String> = BTreeMap::new();
    each(run, "matches.parquet", &NAMES, |row| {
        let (of, work, path) =
            (row.first().and_then(text)?, row.get(1).and_then(text)?, row.get(2).and_then(text)?);
        if matches!(row.get(3), Some(Value::Bool(true))) || issuer.is_some_and(|issuer| issuer != of) {
            return Some(());
        }
        let key = (of, work);
        let (named, more) = found.entry(key.clone()).or_default();
        if named.contains(&path) || last.get(&key) == Some(&path) {
            return Some(());
        }
        if named.len() < FILES_NAMED {
            named.insert(path.clone());
        } else {
            // Matches come in the order of the corpus, so that a file is not met twice.
            *more += 1;
        }
        last.insert(key, path);
        Some(())
    })?;
    Ok(found)
}

/// Reads columns of a table row by row, in the order of `names`.
fn each(
    run: &Run,
    file: &str,
    names: &[&str],
    mut visit: impl FnMut(&[Value]) -> Option<()>,
) -> Result<(), EvidenceError> {
    let path = run.folder.join(file);
    let reader = Reader::select(&path, names)?;
    let at: Vec<Option<usize>> =
        names.iter().map(|name| reader.columns().iter().position(|column| column == name)).collect();
    for (row, cells) in (1..).zip(reader) {
        let cells = cells?;
        let ordered: Vec<Value> =
            at.iter().map(|at| at.and_then(|at| cells.get(at)).cloned().unwrap_or(Value::Null)).collect();
        if visit(&ordered).is_none() {
            return Err(EvidenceError::Row { path, row, reason: "a column is missing or of another kind" });
        }
    }
    Ok(())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::U64(number) => Some(*number),
        _ => None,
    }
}

/// A cell of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front.
fn cell(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let formula = text.starts_with(['=', '+', '-', '@']);
    let text = if formula { format!("'{text}") } else { text };
    if text.contains(['"', ',', ' ']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_title_becomes_a_formula_or_a_row() {
        assert_eq!(cell("=A1"), "'=A1");
        assert_eq!(cell("say \"no\""), "\"say \"\"no\"\"\"");
        assert_eq!(cell("a\nb,c"), "\"a b,c\"");
        assert_eq!(cell("12"), "12");
    }
}
