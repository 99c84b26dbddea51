//! Writes what a shard gave, in the order in which it was read, and makes its commit.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use placet_authorize::Decision;
use placet_corpus::table::{Cell, Column, Writer};
use placet_corpus::{Aside, Cleared, Form, Passed, Source};
use serde::{Deserialize, Serialize};

use crate::commit::{Commit, Counts, FileRecord, Input, TopItem};
use crate::domain;
use crate::error::{OrIo as _, ScanError};
use crate::examine::{Examined, Fate, Rules};
use crate::folder::{digest, json, write_synced};
use crate::plan::Shard;
use crate::site_records::is_record;
use crate::tables;
use crate::tally::Noted;

pub(crate) const DECISIONS: &str = "decisions.parquet";
pub(crate) const MATCHES: &str = "matches.parquet";
pub(crate) const USES: &str = "uses.parquet";
pub(crate) const ASIDE: &str = "aside.jsonl";
pub(crate) const TALLIES: &str = "tallies.json";
pub(crate) const CLEARED: &str = "cleared";

/// One line of `aside.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AsideLine {
    pub(crate) path: String,
    pub(crate) place: String,
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

impl From<&Aside> for AsideLine {
    fn from(aside: &Aside) -> AsideLine {
        AsideLine {
            path: aside.source.clone(),
            place: aside.place.clone(),
            reason: aside.reason.clone(),
            remedy: aside.remedy.clone(),
        }
    }
}

impl AsideLine {
    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("a record of texts is JSON");
        line.push(b'\n');
        line
    }
}

/// Writes one attempt at a shard.
pub(crate) struct ShardWriter {
    folder: PathBuf,
    shard: String,
    decisions: Writer,
    matches: Writer,
    aside: BufWriter<File>,
    source: Option<(Source, Option<Cleared>)>,
    source_items: u64,
    files: Vec<(String, Option<u64>)>,
    inputs: Vec<Input>,
    counts: Counts,
    tallies: Noted,
    /// Items by use, verdict and ground.
    decided: Vec<([&'static str; 3], u64)>,
    uses: BTreeMap<UseKey, UseSum>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct UseKey {
    pack: u16,
    work_id: String,
    asked: &'static str,
    verdict: &'static str,
    ground: &'static str,
}

#[derive(Default)]
struct UseSum {
    title: String,
    words: u64,
    letters: u64,
    items: u64,
}

impl ShardWriter {
    pub(crate) fn new(folder: PathBuf, shard: &Shard) -> Result<ShardWriter, ScanError> {
        let decisions = table(&folder.join(DECISIONS), &tables::decisions(), tables::DECISIONS)?;
        let matches = table(&folder.join(MATCHES), &tables::matches(), tables::MATCHES)?;
        let path = folder.join(ASIDE);
        let aside = BufWriter::new(File::create(&path).or_io(&path, "cannot be created")?);
        Ok(ShardWriter {
            shard: shard.id.clone(),
            folder,
            decisions,
            matches,
            aside,
            source: None,
            source_items: 0,
            files: Vec::new(),
            inputs: Vec::new(),
            counts: Counts::default(),
            tallies: Noted::default(),
            decided: Vec::new(),
            uses: BTreeMap::new(),
        })
    }

    pub(crate) fn begin(&mut self, source: Source) {
        self.source_items = 0;
        // The file of the cleared corpus comes with the first record, so that nothing is made for an unreadable one.
        self.source = Some((source, None));
    }

    pub(crate) fn end(&mut self, name: String, bytes: u64, blake3: Option<String>) -> Result<(), ScanError> {
        if let Some((source, cleared)) = self.source.take()
            && let Some(cleared) = cleared
        {
            let name = format!("{CLEARED}/{}", source.name);
            if cleared.finish()?.written {
                self.files.push((name, None));
            }
        }
        self.inputs.push(Input { name, bytes, blake3, items: self.source_items });
        Ok(())
    }

    pub(crate) fn aside(&mut self, aside: &Aside) -> Result<(), ScanError> {
        self.counts.aside += 1;
        let path = self.folder.join(ASIDE);
        self.aside.write_all(&AsideLine::from(aside).line()).or_io(&path, "cannot be written")
    }

    pub(crate) fn passed(&mut self, passed: &Passed) -> Result<(), ScanError> {
        self.counts.passed += 1;
        if let Some(cleared) = self.cleared()? {
            cleared.pass(passed)?;
        }
        Ok(())
    }

    pub(crate) fn item(&mut self, rules: &Rules<'_>, examined: &Examined) -> Result<(), ScanError> {
        let item = &examined.item;
        self.source_items += 1;
        let file = self.source.as_ref().map_or("", |(source, _)| source.name.as_str());
        let path = match &item.member {
            Some(member) => format!("{file}!{member}"),
            None => file.to_owned(),
        };
        let item_id = item.id.clone().unwrap_or_else(|| format!("{path}#{}", item.ordinal));
        let domain = item.url.as_deref().and_then(domain::of);
        let fate = match &examined.fate {
            Fate::Keep => "kept",
            Fate::Redact(_) => "redacted",
            Fate::Drop => "dropped",
        };
        for (decision, told) in examined.decided.decisions.iter().zip(&examined.decided.told) {
            let duties = duties(decision);
            self.decisions.push(&[
                Cell::Text(&item_id),
                Cell::Text(&path),
                Cell::U64(item.ordinal),
                item.url.as_deref().into(),
                domain.as_deref().into(),
                item.language.as_deref().into(),
                Cell::Text(decision.use_.code()),
                Cell::Text(decision.verdict.code()),
                Cell::Text(decision.ground.code()),
                told.protocol.as_deref().into(),
                Cell::TextList(&decision.works),
                Cell::TextList(&duties),
                Cell::U64(examined.letters),
                Cell::U64(examined.matched_letters),
                Cell::U64(examined.matched_permille),
                Cell::TextList(&told.witness),
                Cell::TextList(&told.shadowed),
                Cell::TextList(&told.flags),
                Cell::Text(fate),
            ])?;
        }
        for row in &examined.matches {
            let m = &row.found;
            let pack = rules.packs.set.packs().get(usize::from(m.pack));
            self.matches.push(&[
                Cell::Text(&item_id),
                Cell::Text(&path),
                Cell::U64(item.ordinal),
                Cell::Text(&row.work_id),
                Cell::Text(issuer(rules, m.pack)),
                Cell::Text(pack.map_or("", |pack| pack.id())),
                Cell::U64(row.original.start as u64),
                Cell::U64(row.original.end as u64),
                Cell::U64(m.work_start),
                Cell::U64(m.work_end),
                Cell::U64(row.margins.0 as u64),
                Cell::U64(row.margins.1 as u64),
                Cell::U64(u64::from(m.letters)),
                Cell::F32(m.similarity),
                Cell::Text(m.measured.code()),
                Cell::Text(m.kind.code()),
                Cell::Bool(m.common),
            ])?;
        }
        self.count(examined, &item_id, &path, domain.as_deref());
        match &examined.fate {
            Fate::Keep => {
                if let Some(cleared) = self.cleared()? {
                    cleared.keep(item)?;
                }
            }
            Fate::Redact(spans) => {
                if let Some(cleared) = self.cleared()? {
                    cleared.redact(item, spans)?;
                }
            }
            Fate::Drop => {
                self.cleared()?;
            }
        }
        Ok(())
    }

    fn count(&mut self, examined: &Examined, item_id: &str, path: &str, domain: Option<&str>) {
        let counts = &mut self.counts;
        counts.items += 1;
        counts.text_bytes += examined.item.text.len() as u64;
        counts.matches += examined.matches.len() as u64;
        counts.common += examined.matches.iter().filter(|row| row.found.common).count() as u64;
        match &examined.fate {
            Fate::Keep => counts.kept += 1,
            Fate::Redact(_) => counts.redacted += 1,
            Fate::Drop => {}
        }
        counts.with_signals += u64::from(examined.has_signals);
        counts.with_site += u64::from(examined.has_site);
        counts.media += u64::from(examined.item.form == Form::Media);
        counts.site_files += u64::from(examined.item.url.as_deref().is_some_and(is_record));
        for (decision, told) in examined.decided.decisions.iter().zip(&examined.decided.told) {
            let key = [decision.use_.code(), decision.verdict.code(), decision.ground.code()];
            match self.decided.iter_mut().find(|(known, _)| *known == key) {
                Some((_, items)) => *items += 1,
                None => self.decided.push((key, 1)),
            }
            if let Some(protocol) = &told.protocol {
                let key = format!("{}/{}/{protocol}", decision.use_, decision.verdict);
                *counts.protocols.entry(key).or_default() += 1;
            }
            for amount in examined.amounts.iter().filter(|a| decision.works.contains(&a.name)) {
                let key = UseKey {
                    pack: amount.pack,
                    work_id: amount.work_id.clone(),
                    asked: decision.use_.code(),
                    verdict: decision.verdict.code(),
                    ground: decision.ground.code(),
                };
                let sum = self.uses.entry(key).or_default();
                sum.title.clone_from(&amount.title);
                sum.words += amount.words;
                sum.letters += amount.letters;
                sum.items += 1;
            }
        }
        let strictest = examined.decided.decisions.iter().max_by_key(|d| d.verdict);
        let refused = strictest.is_some_and(|d| d.verdict == placet_core::Verdict::Denied);
        self.tallies.note(domain, examined.item.language.as_deref(), examined.matched_letters, refused);
        if examined.matches.is_empty() {
            return;
        }
        counts.items_matched += 1;
        for pair in &examined.conflicts {
            counts.conflict(pair, 1);
        }
        if examined.matched_letters > 0 {
            counts.spread(examined.matched_letters, examined.matched_permille);
            if let Some(strictest) = strictest {
                counts.offer(TopItem {
                    matched_letters: examined.matched_letters,
                    matched_permille: examined.matched_permille,
                    item_id: item_id.to_owned(),
                    path: path.to_owned(),
                    url: examined.item.url.clone(),
                    verdict: strictest.verdict.code().to_owned(),
                    ground: strictest.ground.code().to_owned(),
                    works: strictest.works.iter().take(TOP_WORKS).cloned().collect(),
                });
            }
        }
    }

    /// The cleared copy of the file that is being read.
    fn cleared(&mut self) -> Result<Option<&mut Cleared>, ScanError> {
        let Some((source, cleared)) = &mut self.source else { return Ok(None) };
        if cleared.is_none() {
            let path = self.folder.join(CLEARED).join(&source.name);
            let parent = path.parent().unwrap_or(&self.folder);
            fs::create_dir_all(parent).or_io(parent, "cannot be created")?;
            *cleared = Some(Cleared::create(source, &path)?);
        }
        Ok(cleared.as_mut())
    }

    /// Ends every file; all of it is on the disk when this returns.
    pub(crate) fn finish(mut self, rules: &Rules<'_>) -> Result<(PathBuf, Commit), ScanError> {
        let aside = self.folder.join(ASIDE);
        self.aside
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .or_io(&aside, "cannot be written")?;
        self.files.push((ASIDE.to_owned(), Some(self.counts.aside)));
        self.files.push((DECISIONS.to_owned(), Some(self.decisions.finish()?)));
        self.files.push((MATCHES.to_owned(), Some(self.matches.finish()?)));
        let rows = write_uses(&self.folder.join(USES), &self.uses, rules, &self.shard)?;
        self.files.push((USES.to_owned(), Some(rows)));
        write_synced(&self.folder.join(TALLIES), &json(&self.tallies.tallies()))?;
        self.files.push((TALLIES.to_owned(), None));
        let mut files = BTreeMap::new();
        for (name, rows) in self.files {
            let record = FileRecord { rows, ..digest(&self.folder.join(&name))? };
            files.insert(name, record);
        }
        self.counts.decisions = self.decided.iter().map(|(key, items)| (key.join("/"), *items)).collect();
        let commit = Commit {
            schema: tables::COMMIT.to_owned(),
            shard: self.shard,
            inputs: self.inputs,
            files,
            counts: self.counts,
        };
        Ok((self.folder, commit))
    }
}

/// Works that an item of the report names.
const TOP_WORKS: usize = 8;

fn issuer<'r>(rules: &'r Rules<'_>, pack: u16) -> &'r str {
    rules.packs.issuers.get(usize::from(pack)).map_or("", String::as_str)
}

fn duties(decision: &Decision) -> Vec<String> {
    let mut duties: Vec<String> = decision.duties.iter().map(|duty| duty.condition.duty.clone()).collect();
    duties.sort();
    duties.dedup();
    duties
}

fn table(path: &Path, columns: &[Column], schema: &str) -> Result<Writer, ScanError> {
    Ok(Writer::create(path, columns, &[("placet.schema".to_owned(), schema.to_owned())])?)
}

fn write_uses(
    path: &Path,
    uses: &BTreeMap<UseKey, UseSum>,
    rules: &Rules<'_>,
    shard: &str,
) -> Result<u64, ScanError> {
    let mut table = table(path, &tables::uses(), tables::USES)?;
    for (key, sum) in uses {
        let pack = rules.packs.set.packs().get(usize::from(key.pack));
        table.push(&[
            Cell::Text(issuer(rules, key.pack)),
            Cell::Text(&key.work_id),
            Cell::Text(&sum.title),
            Cell::Text(pack.map_or("", |pack| pack.id())),
            Cell::Text(key.asked),
            Cell::Text(shard),
            Cell::U64(sum.words),
            Cell::U64(sum.letters),
            Cell::U64(sum.items),
            Cell::Text(key.verdict),
            Cell::Text(key.ground),
        ])?;
    }
    Ok(table.finish()?)
}
