//! Use records of a settlement: from the folder of a scan, a table (Parquet) or JSON lines.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use jiff::civil::Date;
use placet_core::{Identifier, Use};
use placet_corpus::CorpusError;
use placet_corpus::table::{Cell, Reader};
use placet_remunerate::uses::{Attribution, Unit, UseRecord};
use serde::de::value::StrDeserializer;
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
pub(crate) enum Found<'r> {
    /// A use.
    Used(&'r UseRecord),
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

/// Reads a source row by row. Rows count from 1. Nothing of a row is kept: there may be millions.
pub(crate) fn each(source: &Source, mut take: impl FnMut(u64, Found<'_>)) -> Result<(), Failure> {
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
                Ok(record) => take(row, Found::Used(&record)),
                Err(error) => take(row, Found::Unreadable(error.to_string())),
            }
        }
        return Ok(());
    }
    let table = Reader::select(path, &NAMES).or_fail(Exit::Input)?;
    let columns = Columns::of(&table);
    let mut record = blank();
    let mut row = 0;
    let read = table.visit(|cells| {
        row += 1;
        let cells = Cells { columns: &columns, cells };
        record.id.clear();
        // A text always takes what is written to it.
        let _ = write!(record.id, "{stem}#{row}");
        let used = match &source.scan {
            Some(scan) => cells.of_scan(scan, &mut record),
            None => cells.record(&mut record).map(|()| true),
        };
        take(
            row,
            match used {
                Ok(true) => Found::Used(&record),
                Ok(false) => Found::LeftOut,
                Err(error) => Found::Unreadable(error.to_string()),
            },
        );
        Ok::<_, CorpusError>(())
    });
    read.or_fail(Exit::Input)
}

/// A record to be filled, row by row.
fn blank() -> UseRecord {
    UseRecord {
        id: String::new(),
        work: String::new(),
        purpose: Use::Access,
        day: Date::default(),
        model: None,
        country: None,
        unit: Unit::Word,
        amount: 0,
        repetitions: 1,
        grant: None,
        attribution: None,
    }
}

/// Columns that are read, of either kind of table.
const NAMES: [&str; 20] = [
    "id",
    "work",
    "use",
    "day",
    "unit",
    "amount",
    "repetitions",
    "model",
    "country",
    "grant",
    "measurer",
    "method",
    "ppb",
    "error_ppb",
    "interest",
    "verdict",
    "issuer",
    "work_id",
    "words",
    "ground",
];

/// Where each of them stands in the table at hand.
struct Columns([Option<usize>; NAMES.len()]);

impl Columns {
    fn of(table: &Reader) -> Columns {
        Columns(NAMES.map(|name| table.columns().iter().position(|column| column == name)))
    }
}

/// A column by its name; the compiler finds the number.
macro_rules! column {
    ($name:literal) => {{
        const AT: usize = place($name);
        AT
    }};
}

const fn place(name: &str) -> usize {
    let mut at = 0;
    while at < NAMES.len() {
        if same(NAMES[at].as_bytes(), name.as_bytes()) {
            return at;
        }
        at += 1;
    }
    panic!("no column of this name is read");
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

struct Cells<'c> {
    columns: &'c Columns,
    cells: &'c [Cell<'c>],
}

impl<'c> Cells<'c> {
    fn cell(&self, column: usize) -> Option<&'c Cell<'c>> {
        self.columns.0.get(column).copied().flatten().and_then(|at| self.cells.get(at))
    }

    fn optional(&self, column: usize) -> Option<&'c str> {
        match self.cell(column) {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn text(&self, column: usize) -> anyhow::Result<&'c str> {
        self.optional(column).ok_or_else(|| anyhow!("column `{}` holds no text", name(column)))
    }

    fn number(&self, column: usize) -> anyhow::Result<u64> {
        match self.cell(column) {
            Some(Cell::U64(number)) => Ok(*number),
            _ => Err(anyhow!("column `{}` holds no unsigned number of 64 bits", name(column))),
        }
    }

    /// A row of `uses.parquet` (placet.uses/1): whether it is a use.
    fn of_scan(&self, scan: &Scan, record: &mut UseRecord) -> anyhow::Result<bool> {
        let allowed = self.text(column!("verdict"))? == "allowed";
        if !allowed && !scan.counting.all {
            return Ok(false);
        }
        let (issuer, id) = (self.text(column!("issuer"))?, self.text(column!("work_id"))?);
        record.work = match id.parse::<Identifier>() {
            Ok(known) if !matches!(known, Identifier::Other { .. }) => known.to_string(),
            _ if scan.sole_issuer.is_some() => id.to_owned(),
            _ => format!("{issuer}/{id}"),
        };
        record.purpose = self.text(column!("use"))?.parse()?;
        record.day = scan.day;
        put(&mut record.model, scan.counting.model.as_deref());
        record.amount = self.number(column!("words"))?;
        record.repetitions = scan.counting.repetitions;
        put(&mut record.grant, if allowed { Some(self.text(column!("ground"))?) } else { None });
        Ok(true)
    }

    /// A row of a table of use records (placet.use-records/1).
    fn record(&self, record: &mut UseRecord) -> anyhow::Result<()> {
        if let Some(id) = self.optional(column!("id")) {
            id.clone_into(&mut record.id);
        }
        self.text(column!("work"))?.clone_into(&mut record.work);
        record.purpose = self.text(column!("use"))?.parse()?;
        record.day = self.text(column!("day"))?.parse()?;
        put(&mut record.model, self.optional(column!("model")));
        put(&mut record.country, self.optional(column!("country")));
        let unit = StrDeserializer::<serde::de::value::Error>::new(self.text(column!("unit"))?);
        record.unit = Unit::deserialize(unit)?;
        record.amount = self.number(column!("amount"))?;
        let counted = self.columns.0.get(column!("repetitions")).is_some_and(Option::is_some);
        record.repetitions = if counted { self.number(column!("repetitions"))? } else { 1 };
        put(&mut record.grant, self.optional(column!("grant")));
        record.attribution = match self.optional(column!("measurer")) {
            None => None,
            Some(measurer) => Some(Attribution {
                measurer: measurer.to_owned(),
                method: self.text(column!("method"))?.to_owned(),
                ppb: self.number(column!("ppb"))?,
                error_ppb: self.number(column!("error_ppb"))?,
                interest: self.optional(column!("interest")).map(str::to_owned),
            }),
        };
        Ok(())
    }
}

fn name(column: usize) -> &'static str {
    NAMES.get(column).copied().unwrap_or_default()
}

/// Fills a text in the room that it has.
fn put(slot: &mut Option<String>, text: Option<&str>) {
    match (slot.as_mut(), text) {
        (Some(room), Some(text)) => text.clone_into(room),
        _ => *slot = text.map(str::to_owned),
    }
}
