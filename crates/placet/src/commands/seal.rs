//! `placet seal`: what a scan found goes into the log, one entry a shard, and the register of the period is renewed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_core::Identifier;
use placet_corpus::table::{Reader as Table, Value as Cell};
use placet_log::answer::UseRow;
use placet_log::cbor::Value;
use placet_log::hash::Hash;
use placet_log::leaf::{Leaf, Shard};
use placet_log::tree::Tree;
use placet_match::Pack;
use serde::{Deserialize, Serialize};

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::registers::{Draft, Head, Held};
use crate::sealed::{Sealed, count, entries, hex, of_store};
use crate::{Context, Exit, Failure, witnesses};

/// Seal what a scan found in the log, before the corpus is used
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of a finished scan
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Model and version that the corpus is for; it stands in the log as a salted commitment
    #[arg(long)]
    model: String,
    /// Stage of training, for example pre-training
    #[arg(long)]
    stage: String,
    /// Accounting period; the current quarter if not given
    #[arg(long, value_name = "PERIOD")]
    period: Option<String>,
    /// Packs of the scan, all of them: works can then be looked up by all their identifiers, not only by issuer/id
    #[arg(long = "pack", value_name = "PACK")]
    packs: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct RunRecord {
    schema: String,
    profile: Profile,
    packs: Vec<PackRecord>,
    shards: usize,
    outputs: BTreeMap<String, Output>,
}

#[derive(Deserialize)]
struct Profile {
    blake3: String,
}

#[derive(Deserialize)]
struct PackRecord {
    id: String,
    name: String,
    issuer: String,
}

#[derive(Deserialize)]
struct Output {
    blake3: String,
}

#[derive(Serialize)]
struct Said {
    log: String,
    period: String,
    shards: usize,
    names: usize,
    register: u64,
    size: u64,
    root: String,
}

const USES: &str = "uses.parquet";

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sealed = Sealed::new(&context.home);
        let (key, salts) = (sealed.blind_key()?, sealed.salts()?);
        let run = Run::read(&self.run)?;
        let (names, unnamed) = names(&self.packs, &run)?;
        if !unnamed.is_empty() {
            let packs: Vec<&str> = unnamed.iter().map(|pack| pack.name.as_str()).collect();
            context.out.warn(&format!(
                "without --pack for {}, their works are named by their ids alone: who asks by another identifier may be \
                 told that it cannot be known",
                foreign(&packs.join(", "))
            ));
        }
        let period = self.period.clone().unwrap_or_else(|| quarter(context.now));

        let mut writer = sealed.writer()?;
        let reader = sealed.reader()?;
        for (index, entry) in entries(&reader)? {
            if let Ok(Leaf::Shard(shard)) = Leaf::decode(&entry)
                && shard.run == run.hash
            {
                let error = anyhow::anyhow!("this run is sealed already, from entry {index} on");
                return Err(Failure::new(Exit::Input, error));
            }
        }
        let first = writer.size();
        let mut at = BTreeMap::new();
        for (id, commit) in &run.commits {
            let rows = run.rows.get(id).map_or(&[][..], Vec::as_slice);
            let encoded = rows.iter().map(|row| row.to_value(id).encode());
            let scope = run.scope(id);
            let fields = vec![
                ("model".to_owned(), Value::text(&self.model)),
                ("shard".to_owned(), Value::text(id)),
                ("stage".to_owned(), Value::text(&self.stage)),
            ];
            let leaf = Leaf::Shard(Shard {
                run: run.hash,
                shard: *commit,
                uses: run.uses,
                rows: rows.len() as u64,
                row_root: salts.rows(scope, encoded).collect::<Tree>().root(),
                packs: run.packs.clone(),
                profile: run.profile,
                period: period.clone(),
                private: sealed.keep_private(writer.size(), scope, fields)?.root(),
            });
            at.insert(id.as_str(), writer.append(&leaf.encode()).map_err(of_store)?);
        }

        let earlier = Held::all(sealed.home(), &reader)?;
        let earlier =
            earlier.into_iter().find(|held| held.head.model == self.model && held.head.period == period);
        let from = earlier.as_ref().map_or(first, |earlier| earlier.head.from);
        let mut register = Draft::new(Head::new(&self.model, &period, from, writer.size()));
        if let Some(earlier) = earlier {
            register.take_over(&earlier)?;
        }
        register.head.issuers.extend(run.pack_records.iter().map(|pack| pack.issuer.clone()));
        register.head.unnamed.extend(unnamed.iter().map(|pack| pack.id.clone()));
        for (id, rows) in &run.rows {
            let Some(shard) = at.get(id.as_str()) else { continue };
            for row in rows {
                for work in row.works(&names) {
                    register.add(work, row.sealed(*shard));
                }
            }
        }
        let works = register.len();
        let entry = register.keep(&sealed, writer.size(), &key, &salts)?;
        let index = writer.append(&entry).map_err(of_store)?;
        let checkpoint = sealed.seal(&mut writer)?;
        witnesses::ask(context, &sealed, &mut writer)?;

        let said = Said {
            log: checkpoint.origin.clone(),
            period,
            shards: run.commits.len(),
            names: works,
            register: index,
            size: checkpoint.size,
            root: checkpoint.root.to_string(),
        };
        if context.out.is_json() {
            context.out.json("placet.seal/1", &said)?;
        } else {
            context.out.note(&format!(
                "sealed {} from entry {first} on; the register of {} is entry {index} and holds {}",
                count(said.shards as u64, "shard", "shards"),
                foreign(&said.period),
                count(said.names as u64, "name of a work", "names of works"),
            ));
            context.out.result(&checkpoint.to_string())?;
        }
        Ok(Exit::Done)
    }
}

/// A finished run.
pub(crate) struct Run {
    pub(crate) hash: Hash,
    pub(crate) uses: Hash,
    profile: Hash,
    packs: Vec<Hash>,
    pack_records: Vec<PackRecord>,
    /// SHA-256 of the commit, by shard.
    pub(crate) commits: BTreeMap<String, Hash>,
    pub(crate) rows: BTreeMap<String, Vec<UsesRow>>,
}

/// One row of `uses.parquet`.
pub(crate) struct UsesRow {
    /// `issuer/work_id`.
    pub(crate) work: String,
    work_id: String,
    pub(crate) use_name: String,
    verdict: String,
    ground: String,
    pack: String,
    pub(crate) words: u64,
    letters: u64,
    items: u64,
}

impl Run {
    /// What the salts of a shard hang on.
    pub(crate) fn scope(&self, shard: &str) -> Hash {
        Hash::of(&[b"placet shard\n", &self.hash.0, shard.as_bytes()])
    }

    /// Reads a run's folder and checks its use records against `run.json`.
    pub(crate) fn read(folder: &Path) -> Result<Run, Failure> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).with_context(|| format!("cannot read {}", path.display())).or_fail(Exit::Input)
        };
        let unfinished = "give the folder that a finished `placet scan` wrote";
        let bytes = read("run.json").map_err(|f| f.hint(unfinished))?;
        let record: RunRecord = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not what a scan writes", folder.join("run.json").display()))
            .or_fail(Exit::Input)?;
        let uses = read(USES)?;
        let differs = |what: String| Failure::new(Exit::Input, anyhow::anyhow!(what)).hint("scan again");
        if record.schema != "placet.run/1" {
            return Err(differs(format!("a run of the form {}, not placet.run/1", record.schema)));
        }
        let expected = record.outputs.get(USES).map(|output| output.blake3.as_str());
        if expected != Some(blake3::hash(&uses).to_hex().as_str()) {
            return Err(differs(format!("{} was changed after the scan", folder.join(USES).display())));
        }
        let mut commits = BTreeMap::new();
        let folder_of_commits = folder.join("commits");
        let listed = fs::read_dir(&folder_of_commits)
            .with_context(|| format!("cannot list {}", folder_of_commits.display()))
            .or_fail(Exit::Input)?;
        for entry in listed {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "json")
                && let Some(id) = path.file_stem().and_then(|stem| stem.to_str())
            {
                let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                commits.insert(id.to_owned(), Hash::of(&[&bytes]));
            }
        }
        if commits.len() != record.shards {
            return Err(differs(format!(
                "{} shards were scanned, {} commits are there",
                record.shards,
                commits.len()
            )));
        }
        let digest = |text: &str| unhex(text).or_fail(Exit::Input);
        Ok(Run {
            hash: Hash::of(&[&bytes]),
            uses: Hash::of(&[&uses]),
            profile: digest(&record.profile.blake3)?,
            packs: record.packs.iter().map(|pack| digest(&pack.id)).collect::<Result<_, _>>()?,
            pack_records: record.packs,
            commits,
            rows: rows(&folder.join(USES))?,
        })
    }
}

impl UsesRow {
    /// The names under which its work stands in the register.
    fn works(&self, names: &Names) -> Vec<String> {
        let mut works = names.get(&(self.pack.clone(), self.work_id.clone())).cloned().unwrap_or_default();
        works.push(self.work.clone());
        works.extend(self.work_id.parse::<Identifier>().ok().map(|id| id.to_string()));
        works.sort_unstable();
        works.dedup();
        works
    }

    fn sealed(&self, shard: u64) -> UseRow {
        UseRow {
            shard,
            use_name: self.use_name.clone(),
            verdict: self.verdict.clone(),
            ground: self.ground.clone(),
            amount: self.words,
            unit: "words".to_owned(),
            repetitions: self.items,
        }
    }

    /// As it is committed in the row tree.
    pub(crate) fn to_value(&self, shard: &str) -> Value {
        Value::map([
            ("work", Value::text(&self.work)),
            ("pack", Value::text(&self.pack)),
            ("use", Value::text(&self.use_name)),
            ("verdict", Value::text(&self.verdict)),
            ("ground", Value::text(&self.ground)),
            ("words", Value::Uint(self.words)),
            ("letters", Value::Uint(self.letters)),
            ("items", Value::Uint(self.items)),
            ("shard", Value::text(shard)),
        ])
    }
}

/// The rows of a table of use records, by shard.
pub(crate) fn rows(path: &Path) -> Result<BTreeMap<String, Vec<UsesRow>>, Failure> {
    let table = Table::open(path).or_fail(Exit::Input)?;
    let places: HashMap<String, usize> = table.columns().iter().cloned().zip(0..).collect();
    let mut rows: BTreeMap<String, Vec<UsesRow>> = BTreeMap::new();
    for row in table {
        let row = row.or_fail(Exit::Input)?;
        let cell = |name: &str| places.get(name).and_then(|at| row.get(*at));
        let missing = |name: &str| {
            Failure::new(
                Exit::Input,
                anyhow::anyhow!("{} has no column `{name}` of the form placet.uses/1", path.display()),
            )
        };
        let text = |name: &str| match cell(name) {
            Some(Cell::Text(text)) => Ok(text.clone()),
            _ => Err(missing(name)),
        };
        let number = |name: &str| match cell(name) {
            Some(Cell::U64(number)) => Ok(*number),
            _ => Err(missing(name)),
        };
        let found = UsesRow {
            work: format!("{}/{}", text("issuer")?, text("work_id")?),
            work_id: text("work_id")?,
            use_name: text("use")?,
            verdict: text("verdict")?,
            ground: text("ground")?,
            pack: text("pack")?,
            words: number("words")?,
            letters: number("letters")?,
            items: number("items")?,
        };
        rows.entry(text("shard")?).or_default().push(found);
    }
    Ok(rows)
}

/// Identifiers by pack and the work's id in it.
type Names = HashMap<(String, String), Vec<String>>;

/// What the given packs say, and the packs of the run that were not given.
fn names<'a>(packs: &[PathBuf], run: &'a Run) -> Result<(Names, Vec<&'a PackRecord>), Failure> {
    let mut names = Names::new();
    let mut given = BTreeSet::new();
    for path in packs {
        let pack = Pack::open(path).or_fail(Exit::Input)?;
        if !run.pack_records.iter().any(|record| record.id == pack.id()) {
            let error = anyhow::anyhow!("{} is not among the packs of this scan", path.display());
            return Err(Failure::new(Exit::Input, error));
        }
        given.insert(pack.id().to_owned());
        for number in 0..pack.len() {
            let work = pack.work(number).or_fail(Exit::Input)?.work;
            let canonical =
                |id: &String| id.parse::<Identifier>().map_or_else(|_| id.clone(), |id| id.to_string());
            let identifiers = work.identifiers.iter().map(canonical).collect();
            names.insert((pack.id().to_owned(), work.id), identifiers);
        }
    }
    let unnamed = run.pack_records.iter().filter(|record| !given.contains(&record.id)).collect();
    Ok((names, unnamed))
}

fn unhex(text: &str) -> anyhow::Result<Hash> {
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let hash = bytes.and_then(|bytes| bytes.try_into().ok()).map(Hash);
    hash.filter(|hash| hex(&hash.0) == text).with_context(|| format!("`{text}` is no hash in hexadecimal"))
}

/// The quarter of a moment, `2026-Q4`.
pub(crate) fn quarter(now: jiff::Timestamp) -> String {
    let day = now.to_zoned(jiff::tz::TimeZone::UTC);
    format!("{}-Q{}", day.year(), (day.month() + 2) / 3)
}
