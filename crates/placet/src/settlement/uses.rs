//! Use records of a settlement: from the folder of a scan, a table (Parquet) or JSON lines.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use jiff::civil::Date;
use placet_core::{Identifier, Use};
use placet_corpus::table::{Reader, Value};
use placet_remunerate::uses::{Attribution, Unit, UseRecord};
use serde::{Deserialize, Serialize};

use crate::failure::OrFail as _;
use crate::{Exit, Failure};

/// Where use records come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Source {
    /// The file, as it was named.
    pub(crate) path: PathBuf,
    /// Of its bytes.
    pub(crate) blake3: String,
    /// What a scan's rows do not say themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scan: Option<Scan>,
}

/// How the rows of a scan stand for uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Scan {
    pub(crate) licensee: Option<String>,
    /// The day of the uses.
    pub(crate) day: Date,
    /// Issuers whose works are named by their ids alone, because the run knows no other issuer.
    pub(crate) sole_issuer: Option<String>,
    pub(crate) counting: Counting,
}

/// What the caller says about the uses of a scan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Counting {
    /// The model version.
    pub(crate) model: Option<String>,
    /// How often the corpus was gone through.
    pub(crate) repetitions: u64,
    /// The whole corpus was used, refused items too.
    pub(crate) all: bool,
    /// The day of the uses, where it is not that of the scan.
    pub(crate) day: Option<Date>,
}

/// What became of a row.
pub(crate) enum Found {
    /// A use.
    Used(Box<UseRecord>),
    /// Text of a work in items that were left out of the cleared corpus: no use.
    LeftOut,
    /// No use record: why.
    Unreadable(String),
}

#[derive(Deserialize)]
struct RunRecord {
    schema: String,
    as_of: Date,
    licensee: Option<String>,
    packs: Vec<PackRecord>,
    outputs: HashMap<String, Output>,
}

#[derive(Deserialize)]
struct PackRecord {
    issuer: String,
}

#[derive(Deserialize)]
struct Output {
    blake3: String,
}

const USES: &str = "uses.parquet";

/// Looks at a source: its hash, and for a scan what its record says.
pub(crate) fn source(path: &Path, counting: &Counting) -> Result<Source, Failure> {
    let cannot = |path: &Path| format!("cannot read {}", path.display());
    let (file, scan, expected) = if path.is_dir() {
        let record = path.join("run.json");
        let bytes =
            std::fs::read(&record).with_context(|| cannot(&record)).or_fail(Exit::Input).map_err(|f| {
                f.hint("give the folder of a finished `placet scan`, a .parquet or a .jsonl file")
            })?;
        let run: RunRecord = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not what a scan writes", record.display()))
            .or_fail(Exit::Input)?;
        if run.schema != "placet.run/1" {
            let error = anyhow!("{} is of the form {}, not placet.run/1", record.display(), run.schema);
            return Err(Failure::new(Exit::Input, error));
        }
        let issuers: BTreeSet<&String> = run.packs.iter().map(|pack| &pack.issuer).collect();
        let sole_issuer = (issuers.len() == 1).then(|| issuers.first().map(|i| (*i).clone())).flatten();
        let day = counting.day.unwrap_or(run.as_of);
        let expected = run.outputs.get(USES).map_or_else(String::new, |output| output.blake3.clone());
        let scan = Scan { licensee: run.licensee, day, sole_issuer, counting: counting.clone() };
        (path.join(USES), Some(scan), Some(expected))
    } else {
        (path.to_owned(), None, None)
    };
    let blake3 = super::hash(&file).with_context(|| cannot(&file)).or_fail(Exit::Input)?;
    if expected.is_some_and(|expected| expected != blake3) {
        let error = anyhow!("{} was changed after the scan", file.display());
        return Err(Failure::new(Exit::Input, error).hint("scan again"));
    }
    Ok(Source { path: file, blake3, scan })
}

/// Reads a source row by row. Rows count from 1.
pub(crate) fn each(source: &Source, mut take: impl FnMut(u64, Found)) -> Result<(), Failure> {
    let path = &source.path;
    let stem: String = source.blake3.chars().take(16).collect();
    if path.extension().is_some_and(|e| e == "jsonl") {
        let file = File::open(path)
            .with_context(|| format!("cannot open {}", path.display()))
            .or_fail(Exit::Input)?;
        for (row, line) in (1..).zip(BufReader::new(file).lines()) {
            let line =
                line.with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)?;
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str(&line) {
                Ok(record) => take(row, Found::Used(Box::new(record))),
                Err(error) => take(row, Found::Unreadable(error.to_string())),
            }
        }
        return Ok(());
    }
    let table = Reader::open(path).or_fail(Exit::Input)?;
    let columns = Columns::of(&table);
    for (row, cells) in (1..).zip(table) {
        let cells = Cells { columns: &columns, cells: cells.or_fail(Exit::Input)? };
        let found = match &source.scan {
            Some(scan) => cells.of_scan(scan, &stem, row),
            None => cells.record(&stem, row).map(|record| Found::Used(Box::new(record))),
        };
        take(row, found.unwrap_or_else(|error| Found::Unreadable(error.to_string())));
    }
    Ok(())
}

struct Columns(HashMap<String, usize>);

impl Columns {
    fn of(table: &Reader) -> Columns {
        Columns(table.columns().iter().cloned().zip(0..).collect())
    }
}

struct Cells<'c> {
    columns: &'c Columns,
    cells: Vec<Value>,
}

impl Cells<'_> {
    fn cell(&self, name: &str) -> Option<&Value> {
        self.columns.0.get(name).and_then(|at| self.cells.get(*at))
    }

    fn optional(&self, name: &str) -> Option<&str> {
        match self.cell(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> anyhow::Result<&str> {
        self.optional(name).ok_or_else(|| anyhow!("column `{name}` holds no text"))
    }

    fn number(&self, name: &str) -> anyhow::Result<u64> {
        match self.cell(name) {
            Some(Value::U64(number)) => Ok(*number),
            _ => Err(anyhow!("column `{name}` holds no unsigned number of 64 bits")),
        }
    }

    /// A row of `uses.parquet` (placet.uses/1).
    fn of_scan(&self, scan: &Scan, stem: &str, row: u64) -> anyhow::Result<Found> {
        let verdict = self.text("verdict")?;
        let allowed = verdict == "allowed";
        if !allowed && !scan.counting.all {
            return Ok(Found::LeftOut);
        }
        let (issuer, id) = (self.text("issuer")?, self.text("work_id")?);
        let work = match id.parse::<Identifier>() {
            Ok(known) if !matches!(known, Identifier::Other { .. }) => known.to_string(),
            _ if scan.sole_issuer.is_some() => id.to_owned(),
            _ => format!("{issuer}/{id}"),
        };
        Ok(Found::Used(Box::new(UseRecord {
            id: format!("{stem}#{row}"),
            work,
            purpose: self.text("use")?.parse()?,
            day: scan.day,
            model: scan.counting.model.clone(),
            country: None,
            unit: Unit::Word,
            amount: self.number("words")?,
            repetitions: scan.counting.repetitions,
            grant: if allowed { Some(self.text("ground")?.to_owned()) } else { None },
            attribution: None,
        })))
    }

    /// A row of a table of use records (placet.use-records/1).
    fn record(&self, stem: &str, row: u64) -> anyhow::Result<UseRecord> {
        let unit = self.text("unit")?;
        let attribution = match self.optional("measurer") {
            None => None,
            Some(measurer) => Some(Attribution {
                measurer: measurer.to_owned(),
                method: self.text("method")?.to_owned(),
                ppb: self.number("ppb")?,
                error_ppb: self.number("error_ppb")?,
                interest: self.optional("interest").map(str::to_owned),
            }),
        };
        Ok(UseRecord {
            id: self.optional("id").map_or_else(|| format!("{stem}#{row}"), str::to_owned),
            work: self.text("work")?.to_owned(),
            purpose: self.text("use")?.parse::<Use>()?,
            day: self.text("day")?.parse()?,
            model: self.optional("model").map(str::to_owned),
            country: self.optional("country").map(str::to_owned),
            unit: serde::Deserialize::deserialize(serde::de::value::StrDeserializer::<
                serde::de::value::Error,
            >::new(unit))?,
            amount: self.number("amount")?,
            repetitions: if self.columns.0.contains_key("repetitions") {
                self.number("repetitions")?
            } else {
                1
            },
            grant: self.optional("grant").map(str::to_owned),
            attribution,
        })
    }
}
