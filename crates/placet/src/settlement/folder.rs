//! The folder of a settlement: `docs/formats/settlement.md`.
//!
//! It is written beside its place and then given its name, whole. Equal inputs give equal bytes in every file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use placet_corpus::table::{Cell, Reader, Writer};
use placet_remunerate::journal::Account;
use placet_remunerate::settle::{Line, Settlement};
use placet_remunerate::statement::{self, Statement};
use placet_remunerate::uses::{Counted, RowKey, Standing, Totals};
use placet_remunerate::{Digest, Grains, books, root};
use serde::{Deserialize, Serialize};

use super::lines::{
    SECTIONS, line_columns, place, read_line, read_row, receiver_columns, row_columns, write_line, write_row,
};
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
const RECEIVERS: &str = "receivers.parquet";
const COUNTED: &str = "counted.parquet";
const ACCOUNTS: &str = "accounts.csv";
const TARIFF: &str = "tariff.toml";
const README: &str = "README.txt";
/// What the folder says of itself.
pub(crate) const RECORD: &str = "settlement.json";
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
        let mut table = Writer::create_in_groups(&partial.join(LINES), &line_columns(), &[], GROUP)?;
        let mut receivers = Writer::create(&partial.join(RECEIVERS), &receiver_columns(), &[])?;
        for (number, line) in settled.lines.iter().enumerate() {
            if number.is_multiple_of(GROUP) {
                let section = SECTIONS.get(usize::from(line.section())).copied().unwrap_or_default();
                receivers.push(&[Cell::Text(section), Cell::Text(line.receiver())])?;
            }
            write_line(line, |cells| Ok::<_, anyhow::Error>(table.push(cells)?))?;
        }
        let lines = table.finish()?;
        receivers.finish()?;
        let mut table = Writer::create(&partial.join(COUNTED), &row_columns(), &[])?;
        for row in &counted.rows {
            write_row(row, |cells| table.push(cells))?;
        }
        table.finish()?;
        put(&partial.join(ACCOUNTS), accounts(settled).as_bytes())?;
        put(&partial.join(TARIFF), from.tariff.as_bytes())?;
        put(&partial.join(README), readme(settled, counted).as_bytes())?;
        let mut files = BTreeMap::new();
        for file in [LINES, RECEIVERS, COUNTED, ACCOUNTS, TARIFF, README] {
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
        put(&partial.join(RECORD), text.as_bytes())?;
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
                if self.out.join(RECORD).exists() {
                    return Ok(());
                }
                fs::remove_dir(&self.out)?;
            }
            match fs::rename(&self.partial, &self.out) {
                // Another process was faster.
                Err(_) if self.out.join(RECORD).exists() => {}
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
        || (!out.join(RECORD).exists() && fs::read_dir(out).or_fail(Exit::Input)?.next().is_some())
    {
        return refuse(format!("{} is there and is no settlement", out.display()));
    }
    if !out.join(RECORD).exists() {
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
         receivers.parquet  with whom each row group of lines.parquet begins\n\
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
        let file = path.join(RECORD);
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

    /// The file of its record.
    pub(crate) fn record(&self) -> PathBuf {
        self.path.join(RECORD)
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
        let groups = self.groups()?;
        let own = lines_of(&path, &groups, &[(0, party)])?;
        let works: BTreeSet<&str> =
            own.iter().flat_map(|(_, l)| [l.work.as_deref(), l.asset.as_deref()]).flatten().collect();
        let of_works: Vec<(u8, &str)> =
            [1, 2].iter().flat_map(|section| works.iter().map(|work| (*section, *work))).collect();
        let waiting = lines_of(&path, &groups, &of_works)?;
        let settlement = &self.header.settlement;
        Ok(statement::draw(
            settlement,
            party,
            own.iter().map(|(i, l)| (*i, l)),
            waiting.iter().map(|(_, l)| l),
        ))
    }

    /// Whether something goes to a party of this id.
    pub(crate) fn knows(&self, party: &str) -> bool {
        // A row that does not read is the statement's to report.
        let found = self.groups().and_then(|groups| lines_of(&self.path.join(LINES), &groups, &[(0, party)]));
        found.is_ok_and(|lines| !lines.is_empty())
    }

    /// All lines that wait for a work.
    pub(crate) fn waiting(&self, work: &str) -> Result<Vec<Line>, Failure> {
        let path = self.file(LINES)?;
        let found = lines_of(&path, &self.groups()?, &[(1, work), (2, work)])?;
        Ok(found.into_iter().map(|(_, line)| line).collect())
    }

    /// The settlement with all of its lines; they must lead to its root.
    pub(crate) fn whole(&self) -> Result<Settlement, Failure> {
        let path = self.file(LINES)?;
        let mut whole = bare(&self.header.settlement);
        let read = Reader::open(&path).map_err(anyhow::Error::new).and_then(|table| {
            table.visit(|cells| {
                whole.lines.push(read_line(cells)?);
                Ok::<_, anyhow::Error>(())
            })
        });
        read.or_fail(Exit::Input)?;
        if root(&whole.leaves()) != whole.root {
            return Err(changed(&path));
        }
        Ok(whole)
    }

    /// The rows of the tally that one of these works stands in.
    pub(crate) fn counted(&self, of: impl Fn(&str) -> bool) -> Result<Vec<(RowKey, Totals)>, Failure> {
        let path = self.file(COUNTED)?;
        let mut found = Vec::new();
        let read = Reader::open(&path).map_err(anyhow::Error::new).and_then(|table| {
            table.visit(|cells| {
                let row = read_row(cells)?;
                if of(&row.0.work) {
                    found.push(row);
                }
                Ok::<_, anyhow::Error>(())
            })
        });
        read.or_fail(Exit::Input)?;
        Ok(found)
    }

    /// With whom each row group of the lines begins.
    fn groups(&self) -> Result<Vec<(u8, String)>, Failure> {
        let path = self.file(RECEIVERS)?;
        let mut groups = Vec::new();
        let read = Reader::open(&path).map_err(anyhow::Error::new).and_then(|table| {
            table.visit(|cells| {
                let (section, receiver) = place(cells)?;
                groups.push((section, receiver.to_owned()));
                Ok::<_, anyhow::Error>(())
            })
        });
        read.or_fail(Exit::Input)?;
        Ok(groups)
    }
}

/// The lines of some receivers, with their places. Receivers are sorted; only row groups that hold one are read.
fn lines_of(
    path: &Path,
    groups: &[(u8, String)],
    sought: &[(u8, &str)],
) -> Result<Vec<(usize, Line)>, Failure> {
    let mut wanted = BTreeSet::new();
    for key in sought {
        let first = groups.partition_point(|(section, receiver)| (*section, receiver.as_str()) < *key);
        let after = groups.partition_point(|(section, receiver)| (*section, receiver.as_str()) <= *key);
        // The lines of a receiver can begin at the end of a group that begins with another.
        wanted.extend(first.saturating_sub(1)..after);
    }
    let wanted: Vec<usize> = wanted.into_iter().collect();
    let mut found = Vec::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    let mut places = wanted.iter().flat_map(|group| group * GROUP..(group + 1) * GROUP);
    let read = Reader::open_groups(path, &wanted).map_err(anyhow::Error::new).and_then(|table| {
        table.visit(|cells| {
            let at = places.next().ok_or_else(|| anyhow!("a row group is larger than all others"))?;
            if sought.binary_search(&place(cells)?).is_ok() {
                found.push((at, read_line(cells)?));
            }
            Ok::<_, anyhow::Error>(())
        })
    });
    read.or_fail(Exit::Input)?;
    Ok(found)
}

/// Rows of a row group of the lines: what is read to find one receiver.
const GROUP: usize = 8192;

fn changed(path: &Path) -> Failure {
    let error = anyhow!("{} was changed after it was written", path.display());
    Failure::new(Exit::Denied, error).hint("compute it again with `placet settle`")
}
