//! One pass over the tables of runs: items, volumes, days of capture, languages, scripts and domains, for each source.
//!
//! Memory is constant but for the hosts ([`super::domains`]): rows are read one by one, and what is kept is a row for each source,
//! language and script.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use placet_corpus::table::{Reader, Value};

use super::answers::{Data, SourceDecl, SourceKind};
use super::domains::{Counted, Counter};
use super::measures;
use super::run::{EvidenceError, Run};

/// Languages that are told apart where only stated ones are at hand; further ones count as undetermined.
pub const STATED_LANGUAGES_MAX: usize = 1_000;

/// What was counted over all runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Whether every run was measured: volume is then bytes, else letters.
    pub measured: bool,
    /// One for each declared source, in their order, and one behind them for what belongs to none.
    pub sources: Vec<Totals>,
    /// Over all sources.
    pub all: Totals,
    /// Items that stand without the passages that matched.
    pub redacted: u64,
    /// Items and volume by language.
    pub languages: BTreeMap<String, (u64, u64)>,
    /// Items and volume by script; empty where not measured.
    pub scripts: BTreeMap<String, (u64, u64)>,
    /// Domains of the crawled sources.
    pub crawled: Counted,
    /// Domains of everything.
    pub domains: Counted,
}

/// Sums of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Items.
    pub items: u64,
    /// Volume: bytes of text, or letters where not measured.
    pub volume: u64,
    /// Words; 0 where not measured.
    pub words: u64,
    /// Items with a day of capture.
    pub dated: u64,
    /// The first one.
    pub first: Option<String>,
    /// The last one.
    pub last: Option<String>,
}

impl Gathered {
    /// The unit of volume.
    pub fn unit(&self) -> &'static str {
        if self.measured { "bytes of text" } else { "letters" }
    }
}

/// Where the tables of domains go.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Domains of everything.
    pub domains: PathBuf,
    /// Hosts of everything.
    pub hosts: PathBuf,
    /// Domains of the crawled sources.
    pub crawled_domains: PathBuf,
    /// Hosts of the crawled sources.
    pub crawled_hosts: PathBuf,
}

impl Tables {
    /// The tables in a folder.
    pub fn within(folder: &Path) -> Tables {
        Tables {
            domains: folder.join("domains.csv"),
            hosts: folder.join("hosts.csv"),
            crawled_domains: folder.join("crawled-domains.csv"),
            crawled_hosts: folder.join("crawled-hosts.csv"),
        }
    }
}

/// Reads the tables of runs. `measured` tells for each whether it has its measures.
pub fn gather(
    runs: &[Run],
    sources: &[SourceDecl],
    data: Data,
    folder: &Path,
    tables: &Tables,
) -> Result<Gathered, EvidenceError> {
    let measured = runs.iter().all(|run| run.folder.join(measures::FILE).is_file());
    let mut gathered =
        Gathered { measured, sources: vec![Totals::default(); sources.len() + 1], ..Gathered::default() };
    let (mut crawled, mut domains) = (Counter::new(&folder.join("")), Counter::new(&folder.join("")));
    for run in runs {
        let mut items = Items::open(run, measured)?;
        while let Some(item) = items.next()? {
            if data == Data::Cleared {
                match item.cleared.as_str() {
                    "dropped" => continue,
                    "redacted" => gathered.redacted += 1,
                    _ => {}
                }
            }
            let at = assign(sources, &run.name, &item.path);
            let kind = at.and_then(|at| sources.get(at)).map(|source| source.kind);
            if let Some(totals) = gathered.sources.get_mut(at.unwrap_or(sources.len())) {
                totals.add(&item);
            }
            gathered.all.add(&item);
            note(&mut gathered.languages, &item.language, item.volume);
            if measured {
                note(&mut gathered.scripts, &item.script, item.volume);
            }
            let cause = EvidenceError::io(folder, "cannot be written");
            let domain = item.domain.as_deref();
            let counted =
                if kind == Some(SourceKind::Crawled) { crawled.add(domain, item.volume) } else { Ok(()) };
            counted.and_then(|()| domains.add(domain, item.volume)).map_err(cause)?;
        }
    }
    gathered.crawled = crawled
        .finish(&tables.crawled_domains, &tables.crawled_hosts)
        .map_err(EvidenceError::io(&tables.crawled_domains, "cannot be written"))?;
    gathered.domains = domains
        .finish(&tables.domains, &tables.hosts)
        .map_err(EvidenceError::io(&tables.domains, "cannot be written"))?;
    Ok(gathered)
}

/// The source of an item: the one with the longest path that the item's begins with.
fn assign(sources: &[SourceDecl], run: &str, path: &str) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (at, source) in sources.iter().enumerate() {
        if source.run.as_deref().is_some_and(|of| of.trim_end_matches('/') != run) || source.bytes.is_some() {
            continue;
        }
        let fit = if source.paths.is_empty() {
            Some(0)
        } else {
            source
                .paths
                .iter()
                .filter(|begin| path.starts_with(begin.as_str()))
                .map(|begin| begin.len() + 1)
                .max()
        };
        if let Some(fit) = fit
            && best.is_none_or(|(_, held)| fit > held)
        {
            best = Some((at, fit));
        }
    }
    best.map(|(at, _)| at)
}

fn note(of: &mut BTreeMap<String, (u64, u64)>, name: &str, volume: u64) {
    let name = if of.len() >= STATED_LANGUAGES_MAX && !of.contains_key(name) { "und" } else { name };
    match of.get_mut(name) {
        Some(held) => {
            held.0 += 1;
            held.1 += volume;
        }
        None => {
            of.insert(name.to_owned(), (1, volume));
        }
    }
}

impl Totals {
    fn add(&mut self, item: &OneItem) {
        self.items += 1;
        self.volume += item.volume;
        self.words += item.words;
        if let Some(day) = &item.captured {
            self.dated += 1;
            if self.first.as_ref().is_none_or(|first| day < first) {
                self.first = Some(day.clone());
            }
            if self.last.as_ref().is_none_or(|last| day > last) {
                self.last = Some(day.clone());
            }
        }
    }
}

/// An item of a run.
#[derive(Debug, Default)]
struct OneItem {
    path: String,
    domain: Option<String>,
    cleared: String,
    language: String,
    script: String,
    captured: Option<String>,
    volume: u64,
    words: u64,
}

/// The items of a run in the order of the corpus, with their measures beside them.
struct Items {
    path: PathBuf,
    decisions: Reader,
    at: Vec<Option<usize>>,
    row: u64,
    last: Option<(String, u64)>,
    measures: Option<(PathBuf, Reader)>,
}

const DECISIONS: [&str; 6] = ["path", "ordinal", "domain", "language", "letters", "cleared"];

impl Items {
    fn open(run: &Run, measured: bool) -> Result<Items, EvidenceError> {
        let path = run.folder.join("decisions.parquet");
        let decisions = Reader::select(&path, &DECISIONS)?;
        let at = DECISIONS
            .iter()
            .map(|name| decisions.columns().iter().position(|column| column == name))
            .collect();
        let measures = run.folder.join(measures::FILE);
        let measures = if measured { Some((measures.clone(), Reader::open(&measures)?)) } else { None };
        Ok(Items { path, decisions, at, row: 0, last: None, measures })
    }

    fn next(&mut self) -> Result<Option<OneItem>, EvidenceError> {
        loop {
            let Some(mut row) = self.decisions.next().transpose()? else {
                return match self.measures.as_mut().and_then(|(path, rows)| rows.next().map(|_| path.clone()))
                {
                    Some(path) => Err(EvidenceError::Row {
                        path,
                        row: self.row + 1,
                        reason: "the run has no such item; measure again",
                    }),
                    None => Ok(None),
                };
            };
            self.row += 1;
            let mut take = |column: usize| {
                let at = self.at.get(column).copied().flatten();
                at.and_then(|at| row.get_mut(at))
                    .map_or(Value::Null, |value| std::mem::replace(value, Value::Null))
            };
            let misfit = |reason| EvidenceError::Row { path: self.path.clone(), row: self.row, reason };
            let (Value::Text(path), Value::U64(ordinal)) = (take(0), take(1)) else {
                return Err(misfit("it has no path and ordinal"));
            };
            let key = (path, ordinal);
            if self.last.as_ref() == Some(&key) {
                continue;
            }
            let (Value::U64(letters), Value::Text(cleared)) = (take(4), take(5)) else {
                return Err(misfit("it has no letters and cleared"));
            };
            let mut item = OneItem {
                path: key.0.clone(),
                domain: text(take(2)),
                cleared,
                language: text(take(3)).map_or_else(|| "und".to_owned(), |stated| primary(&stated)),
                volume: letters,
                ..OneItem::default()
            };
            if let Some((path, rows)) = &mut self.measures {
                let row = rows.next().transpose()?.unwrap_or_default();
                let fits = matches!(row.first(), Some(Value::Text(path)) if *path == key.0)
                    && matches!(row.get(1), Some(Value::U64(ordinal)) if *ordinal == key.1);
                let mut cells = row.into_iter().skip(2);
                let (true, Some(Value::U64(bytes)), Some(Value::U64(words))) =
                    (fits, cells.next(), cells.next())
                else {
                    let reason = "it is not the item that decisions.parquet has there; measure again";
                    return Err(EvidenceError::Row { path: path.clone(), row: self.row, reason });
                };
                item.volume = bytes;
                item.words = words;
                item.captured = cells.next().and_then(text);
                item.language = cells.next().and_then(text).unwrap_or_else(|| "und".to_owned());
                item.script = cells.next().and_then(text).unwrap_or_default();
            }
            self.last = Some(key);
            return Ok(Some(item));
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The primary subtag of a stated language; what is none counts as undetermined.
fn primary(stated: &str) -> String {
    let first = stated.split(['-', '_', ',', ';', ' ']).next().unwrap_or_default().to_lowercase();
    let sound = (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_lowercase());
    if sound { first } else { "und".to_owned() }
}
