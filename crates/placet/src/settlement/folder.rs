//! The folder of a settlement: `docs/formats/settlement.md`.
//!
//! It is written beside its place and then given its name, whole. Equal inputs give equal bytes in every file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use placet_corpus::table::{Reader, Writer};
use placet_remunerate::journal::Account;
use placet_remunerate::settle::{Line, Settlement};
use placet_remunerate::statement::{self, Statement};
use placet_remunerate::uses::{Counted, RowKey, Standing, Totals};
use placet_remunerate::{Digest, Grains, books, root};
use serde::{Deserialize, Serialize};

use super::lines::{self, line_columns, read_line, read_row, row_columns, write_line, write_row};
use super::{Source, hash};
use crate::failure::OrFail as _;
use crate::{Exit, Failure};

/// `settlement.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) schema: String,
    /// Version of the program and of the rules of resolution.
    pub(crate) code: String,
    pub(crate) rules: String,
    pub(crate) sources: Vec<Source>,
    /// Records that came twice, and those kept aside, by reason.
    pub(crate) twice: u64,
    pub(crate) aside: BTreeMap<String, u64>,
    pub(crate) lines: u64,
    /// BLAKE3 of the other files.
    pub(crate) files: BTreeMap<String, String>,
    /// Pools, inputs, root; without the lines.
    pub(crate) settlement: Settlement,
}

/// What is written besides the settlement.
pub(crate) struct Sources<'s> {
    pub(crate) sources: Vec<Source>,
    pub(crate) tariff: &'s str,
    pub(crate) aside: BTreeMap<String, u64>,
}

const LINES: &str = "lines.parquet";
const COUNTED: &str = "counted.parquet";
const ACCOUNTS: &str = "accounts.csv";
const TARIFF: &str = "tariff.toml";
const README: &str = "README.txt";
const HEADER: &str = "settlement.json";
const SCHEMA: &str = "placet.settlement-folder/1";

/// Writes a settlement beside its place. [`Written::publish`] gives it its name.
pub(crate) fn write(
    out: &Path,
    settled: &Settlement,
    counted: &Counted,
    from: Sources<'_>,
) -> Result<Written, Failure> {
    check_place(out, settled.run)?;
    let name =
        out.file_name().ok_or_else(|| anyhow!("{} has no name", out.display())).or_fail(Exit::Usage)?;
    let mut partial = name.to_owned();
    partial.push(format!(".partial-{}", std::process::id()));
    let partial = out.with_file_name(partial);
    let write = || -> anyhow::Result<()> {
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        fs::create_dir_all(&partial)?;
        let mut table = Writer::create(&partial.join(LINES), &line_columns(), &[])?;
        for line in &settled.lines {
            write_line(line, |cells| Ok::<_, anyhow::Error>(table.push(cells)?))?;
        }
        let lines = table.finish()?;
        let mut table = Writer::create(&partial.join(COUNTED), &row_columns(), &[])?;
        for row in &counted.rows {
            write_row(row, |cells| table.push(cells))?;
        }
        table.finish()?;
        put(&partial.join(ACCOUNTS), accounts(settled).as_bytes())?;
        put(&partial.join(TARIFF), from.tariff.as_bytes())?;
        put(&partial.join(README), readme(settled, counted).as_bytes())?;
        let mut files = BTreeMap::new();
        for file in [LINES, COUNTED, ACCOUNTS, TARIFF, README] {
            files.insert(file.to_owned(), hash(&partial.join(file))?);
        }
        let mut sources = from.sources;
        sources.sort();
        let bare = bare(settled);
        let header = Header {
            schema: SCHEMA.to_owned(),
            code: env!("CARGO_PKG_VERSION").to_owned(),
            rules: placet_remunerate::resolve::RuleSet::VERSION.to_owned(),
            sources,
            twice: counted.twice,
            aside: from.aside,
            lines,
            files,
            settlement: bare,
        };
        let mut text = serde_json::to_string_pretty(&header)?;
        text.push('\n');
        put(&partial.join(HEADER), text.as_bytes())?;
        File::open(&partial)?.sync_all()?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", partial.display())).or_fail(Exit::Unavailable)?;
    Ok(Written { partial, out: out.to_owned(), run: settled.run })
}

/// A settlement on the disk that has not got its name yet.
pub(crate) struct Written {
    partial: PathBuf,
    out: PathBuf,
    run: Digest,
}

impl Written {
    /// Gives it its name. The same settlement may stand there already; it is left as it is.
    pub(crate) fn publish(self) -> Result<(), Failure> {
        let publish = || -> anyhow::Result<()> {
            if self.out.exists() {
                if self.out.join(HEADER).exists() {
                    return Ok(());
                }
                fs::remove_dir(&self.out)?;
            }
            match fs::rename(&self.partial, &self.out) {
                // Another process was faster.
                Err(_) if self.out.join(HEADER).exists() => {}
                other => other?,
            }
            let parent = self.out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Ok(File::open(parent)?.sync_all()?)
        };
        check_place(&self.out, self.run)?;
        publish().with_context(|| format!("cannot write {}", self.out.display())).or_fail(Exit::Unavailable)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        // Gone when it got its name; else nobody needs it.
        let _ = fs::remove_dir_all(&self.partial);
    }
}

/// Nothing else is ever written over.
fn check_place(out: &Path, run: Digest) -> Result<(), Failure> {
    let refuse = |what: String| {
        Err(Failure::new(Exit::Usage, anyhow!(what))
            .hint("give a folder that is not there yet with --output"))
    };
    if !out.exists() {
        return Ok(());
    }
    if !out.is_dir()
        || (!out.join(HEADER).exists() && fs::read_dir(out).or_fail(Exit::Input)?.next().is_some())
    {
        return refuse(format!("{} is there and is no settlement", out.display()));
    }
    if !out.join(HEADER).exists() {
        return Ok(());
    }
    let there = Folder::open(out)?.header.settlement.run;
    if there != run {
        return refuse(format!("{} holds another settlement, run {}", out.display(), there.short()));
    }
    Ok(())
}

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Everything but lines and uses without a ground, which have tables of their own.
fn bare(s: &Settlement) -> Settlement {
    Settlement {
        schema: s.schema.clone(),
        run: s.run,
        inputs: s.inputs.clone(),
        currency: s.currency,
        pools: s.pools.clone(),
        lines: Vec::new(),
        unlicensed: Vec::new(),
        root: s.root,
    }
}

/// The entry that is booked, account by account.
fn accounts(s: &Settlement) -> String {
    let mut out = String::from("kind,of,account,currency,grains,amount\n");
    for p in books::settlement(s, s.inputs.period.until.unwrap_or_default()).postings {
        let (kind, of) = match &p.account {
            Account::Receivable(who) => ("receivable", who.as_str()),
            Account::PastClaim(who) => ("past-claim", who.as_str()),
            Account::Accrued(who, _) => ("due", who.as_str()),
            Account::Contingent(who) => ("contingent", who.as_str()),
            Account::Held(work) => ("held", work.as_str()),
            Account::Unclaimed(work) => ("unclaimed", work.as_str()),
            Account::Deducted(who, _) => ("deducted", who.as_str()),
            other => ("other", if *other == Account::Dust { "dust" } else { "" }),
        };
        let what = match &p.account {
            Account::Accrued(_, purse) => purse.code(),
            Account::Deducted(_, what) => what.as_str(),
            _ => "",
        };
        let cells = [quoted(kind), quoted(of), quoted(what), p.currency.to_string(), p.grains.to_string()];
        out.push_str(&format!("{},{}\n", cells.join(","), p.grains.decimal(p.currency.scale())));
    }
    // Nothing is rounded before money is paid.
    out.push_str(&format!("dust,,,{},0,{}\n", s.currency, Grains::ZERO.decimal(s.currency.scale())));
    out
}

/// A CSV field; a leading sign that a spreadsheet would run as a formula is defused.
fn quoted(text: &str) -> String {
    let safe =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if safe.contains([',', '"', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

fn readme(s: &Settlement, counted: &Counted) -> String {
    let mut out = format!(
        "Settlement {}\n{} pays, for {}, at the terms of {}; as of {}.\n\n",
        s.run, s.inputs.licensee, s.inputs.period, s.inputs.tariff_id, s.inputs.as_of
    );
    for pool in &s.pools {
        let value = if matches!(pool.value, placet_remunerate::pool::Value::NotReported { .. }) {
            "; value not reported"
        } else {
            ""
        };
        out.push_str(&format!(
            "{} ({}): {}; works used: {}, use records: {}{value}\n",
            pool.stream,
            pool.purse.code(),
            pool.amount,
            pool.works,
            pool.use_records
        ));
    }
    let claimed: u64 =
        counted.rows.iter().filter(|(k, _)| k.standing == Standing::Unlicensed).map(|(_, t)| t.records).sum();
    if claimed > 0 {
        out.push_str(&format!(
            "{claimed} use records have no grant: they are claims, not income (counted.parquet)\n"
        ));
    }
    out.push_str(&format!(
        "\nsettlement.json  what it was computed from, pools, root {}\n\
         lines.parquet    every part of every pool and where it goes, sorted by receiver\n\
         counted.parquet  uses by stream, work, use and place\n\
         accounts.csv     what is due, held, unclaimed and deducted: the entry in the journal\n\
         tariff.toml      the terms\n\n\
         placet statement . --party PARTY        what one party earned and why\n\
         placet settle explain . --party PARTY   the same, down to use records and receipts\n",
        s.root
    ));
    out
}

/// A settlement that was written before.
pub(crate) struct Folder {
    path: PathBuf,
    pub(crate) header: Header,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Folder, Failure> {
        let file = path.join(HEADER);
        let text = fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))
            .or_fail(Exit::Input)
            .map_err(|f| f.hint("give the folder that `placet settle` wrote"))?;
        let header: Header = serde_json::from_str(&text)
            .with_context(|| format!("{} is no settlement", file.display()))
            .or_fail(Exit::Input)?;
        if header.schema != SCHEMA {
            let error = anyhow!("{} is of the form {}, not {SCHEMA}", file.display(), header.schema);
            return Err(Failure::new(Exit::Input, error));
        }
        if Digest::of_value(&header.settlement.inputs) != header.settlement.run {
            return Err(changed(&file));
        }
        Ok(Folder { path: path.to_owned(), header })
    }

    /// A file of the folder, unchanged.
    fn file(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path.join(name);
        let found =
            hash(&path).with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)?;
        if self.header.files.get(name) != Some(&found) {
            return Err(changed(&path));
        }
        Ok(path)
    }

    /// The terms.
    pub(crate) fn tariff(&self) -> Result<placet_remunerate::tariff::Tariff, Failure> {
        let text = super::text(&self.file(TARIFF)?)?;
        placet_remunerate::tariff::Tariff::parse(&text).or_fail(Exit::Input)
    }

    /// A party's statement, from its own lines and those of its works that wait.
    pub(crate) fn statement(&self, party: &str) -> Result<Statement, Failure> {
        let path = self.file(LINES)?;
        let own = self.lines_of(&path, 0, party)?;
        let mut works: Vec<&str> =
            own.iter().flat_map(|(_, l)| [l.work.as_deref(), l.asset.as_deref()]).flatten().collect();
        works.sort_unstable();
        works.dedup();
        let mut waiting = Vec::new();
        if works.len() <= WORKS_SOUGHT_SINGLY {
            for work in &works {
                for section in [1, 2] {
                    waiting.extend(self.lines_of(&path, section, work)?.into_iter().map(|(_, line)| line));
                }
            }
        } else {
            let from = self.seek(&path, 1, "")?;
            for cells in Reader::open_rows(&path, from, u64::MAX).or_fail(Exit::Input)? {
                let line = read_line(&cells.or_fail(Exit::Input)?).or_fail(Exit::Input)?;
                if works.binary_search(&line.receiver()).is_ok() {
                    waiting.push(line);
                }
            }
        }
        let settlement = &self.header.settlement;
        Ok(statement::draw(settlement, party, own.iter().map(|(i, l)| (*i, l)), waiting.iter()))
    }

    /// Whether something goes to a party of this id.
    pub(crate) fn knows(&self, party: &str) -> bool {
        let path = self.path.join(LINES);
        let from = self.seek(&path, 0, party).unwrap_or_default();
        // A row that does not read is the statement's to report.
        let Ok(mut rows) = Reader::open_rows(&path, from, STEP + 1) else { return false };
        while let Ok(Some((section, receiver))) = lines::place(&mut rows) {
            if (section, receiver.as_str()) >= (0, party) {
                return section == 0 && receiver == party;
            }
        }
        false
    }

    /// All lines that wait for a work.
    pub(crate) fn waiting(&self, work: &str) -> Result<Vec<Line>, Failure> {
        let path = self.file(LINES)?;
        let mut found = Vec::new();
        for section in [1, 2] {
            found.extend(self.lines_of(&path, section, work)?.into_iter().map(|(_, line)| line));
        }
        Ok(found)
    }

    /// The settlement with all of its lines; they must lead to its root.
    pub(crate) fn whole(&self) -> Result<Settlement, Failure> {
        let path = self.file(LINES)?;
        let mut whole = bare(&self.header.settlement);
        for cells in Reader::open(&path).or_fail(Exit::Input)? {
            whole.lines.push(read_line(&cells.or_fail(Exit::Input)?).or_fail(Exit::Input)?);
        }
        if root(&whole.leaves()) != whole.root {
            return Err(changed(&path));
        }
        Ok(whole)
    }

    /// The rows of the tally that one of these works stands in.
    pub(crate) fn counted(&self, of: impl Fn(&str) -> bool) -> Result<Vec<(RowKey, Totals)>, Failure> {
        let path = self.file(COUNTED)?;
        let mut found = Vec::new();
        for cells in Reader::open(&path).or_fail(Exit::Input)? {
            let row = read_row(&cells.or_fail(Exit::Input)?).or_fail(Exit::Input)?;
            if of(&row.0.work) {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// The lines of a receiver, with their places.
    fn lines_of(&self, path: &Path, section: usize, receiver: &str) -> Result<Vec<(usize, Line)>, Failure> {
        let from = self.seek(path, section, receiver)?;
        let mut found = Vec::new();
        for (place, cells) in
            (from as usize..).zip(Reader::open_rows(path, from, u64::MAX).or_fail(Exit::Input)?)
        {
            let line = read_line(&cells.or_fail(Exit::Input)?).or_fail(Exit::Input)?;
            match (usize::from(line.section()), line.receiver()).cmp(&(section, receiver)) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => found.push((place, line)),
                std::cmp::Ordering::Greater => break,
            }
        }
        Ok(found)
    }

    /// A row at most [`STEP`] before the first of a receiver, by halving.
    fn seek(&self, path: &Path, section: usize, receiver: &str) -> Result<u64, Failure> {
        let (mut before, mut after) = (0, self.header.lines);
        while after - before > STEP {
            let middle = before + (after - before) / 2;
            let mut reader = Reader::open_rows(path, middle, 1).or_fail(Exit::Input)?;
            match lines::place(&mut reader).or_fail(Exit::Input)? {
                Some((s, r)) if (s, r.as_str()) < (section, receiver) => before = middle,
                _ => after = middle,
            }
        }
        Ok(before)
    }
}

/// Rows that are read through rather than halved further.
const STEP: u64 = 4096;

/// With more works than these, all waiting lines are read once.
const WORKS_SOUGHT_SINGLY: usize = 8;

fn changed(path: &Path) -> Failure {
    let error = anyhow!("{} was changed after it was written", path.display());
    Failure::new(Exit::Denied, error).hint("compute it again with `placet settle`")
}
