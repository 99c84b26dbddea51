//! What a run hears besides packs: the signals of each item, of its response, its page or file, and its site.

use std::sync::Arc;

use placet_core::Statement;
use placet_corpus::{Form, Item, Source};
use placet_signals::address::host_of;
use placet_signals::copy::{Copy, Head, Kind, gather};
use placet_signals::site::Reader;
use placet_signals::{header, html, licence, natural};
use serde::{Deserialize, Serialize};

use crate::error::{OrIo as _, ScanError};
use crate::folder::{Folder, digest};
use crate::job::Job;
use crate::plan::Plan;
use crate::site_records::{Bodies, Crawl, Digest, SiteRecords, Taken};

/// The records of sites as they were when the run was planned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sources {
    /// The snapshot folder.
    pub(crate) snapshot: Option<Digest>,
    /// BLAKE3 of web archives that hold records.
    pub(crate) archives: Vec<String>,
}

impl Sources {
    /// Looks at everything that results will rest on.
    pub(crate) fn look(job: &Job) -> Result<Sources, ScanError> {
        let asked = &job.site_records;
        let snapshot = match &asked.snapshot {
            Some(folder) => Some(Digest::of(folder).or_io(folder, "cannot be read")?),
            None => None,
        };
        let mut archives = Vec::new();
        for path in &asked.archives {
            archives.push(digest(path)?.blake3);
        }
        Ok(Sources { snapshot, archives })
    }

    /// Names what it holds.
    pub(crate) fn told(&self) -> String {
        let snapshot = self.snapshot.as_ref().map(|digest| digest.blake3.as_str());
        let all: Vec<&str> = snapshot.into_iter().chain(self.archives.iter().map(String::as_str)).collect();
        if all.is_empty() { "none".to_owned() } else { all.join(", ") }
    }

    /// Fails where the snapshot changed while the run went on.
    pub(crate) fn check(&self, job: &Job) -> Result<(), ScanError> {
        match &job.site_records.snapshot {
            Some(folder) if Sources::look(job)?.snapshot != self.snapshot => {
                Err(ScanError::Moving { path: folder.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Picks the records of sites out of web archives, or takes up what an interrupted run picked.
pub(crate) fn crawl(job: &Job, plan: &Plan, folder: &Folder) -> Result<Option<Arc<Crawl>>, ScanError> {
    let asked = &job.site_records;
    if !asked.crawl && asked.archives.is_empty() {
        return Ok(None);
    }
    let (index, bodies) = folder.records();
    if let Some(crawl) = folder.picked()? {
        return Ok(Some(Arc::new(crawl.with_bodies(Bodies::File(bodies)))));
    }
    let mut sources: Vec<Source> = Vec::new();
    for archive in &asked.archives {
        sources.extend(placet_corpus::list(archive).0);
    }
    if asked.crawl {
        sources.extend(plan.shards.iter().flat_map(|shard| shard.sources.iter().cloned()));
    }
    let crawl = folder.pick(&sources, &index, &bodies)?;
    Ok(Some(Arc::new(crawl.with_bodies(Bodies::File(bodies)))))
}

/// The records that the threads of a run share.
pub(crate) fn records(job: &Job, crawl: Option<&Arc<Crawl>>) -> Result<SiteRecords, ScanError> {
    let asked = &job.site_records;
    let mut records = SiteRecords::new();
    if let Some(folder) = &asked.snapshot {
        let taken = asked.taken_at.map_or(Taken::Unknown, Taken::At);
        records = records.with_snapshot(folder, taken).or_io(folder, "cannot be read")?;
    }
    if let Some(crawl) = crawl {
        records = records.with_crawl(crawl.clone());
    }
    Ok(records)
}

/// Hears the signals of items, with what one thread keeps of their sites.
pub(crate) struct Hearing {
    records: SiteRecords,
    agents: Vec<String>,
}

impl Hearing {
    pub(crate) fn new(records: &SiteRecords, agents: &[String]) -> Hearing {
        Hearing { records: records.lend(), agents: agents.to_vec() }
    }

    /// Everything that is said about an item. An item without header fields, markup, media and site costs nothing.
    pub(crate) fn of(&mut self, item: &Item) -> Result<Vec<Statement>, ScanError> {
        let has_field = item.headers.iter().any(|(name, _)| header::carries(name));
        let content = match item.form {
            Form::Media => item.content(),
            Form::Page => {
                let may_speak = natural::may_speak(&item.text);
                item.content().filter(|source| may_speak || html::carries(source))
            }
            Form::Text => item.content().filter(|text| licence::has_tag(text)),
        };
        let has_site = !self.records.is_empty() && item.url.is_some();
        if !has_field && content.is_none() && !has_site {
            return Ok(Vec::new());
        }
        let kind = match item.form {
            Form::Media => Kind::Asset,
            Form::Page => Kind::Page,
            Form::Text => Kind::Text,
        };
        let head = has_field.then(|| Head {
            fields: item.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect(),
            bytes: item.head().unwrap_or_default(),
        });
        let copy = Copy {
            url: item.url.as_deref(),
            place: item.member.as_deref().unwrap_or_default(),
            acquired_at: item.captured,
            head,
            body: content.as_deref().map(|content| (kind, content)),
            beside: item.beside.iter().map(|beside| (&beside.name[..], &beside.bytes[..])).collect(),
        };
        let tokens: Vec<&str> = self.agents.iter().map(String::as_str).collect();
        let reader = Reader { tokens: &tokens, others: false };
        Ok(gather(&copy, reader, &mut self.records)?.statements)
    }

    /// Whether something is known of the site of an item.
    pub(crate) fn knows_site(&mut self, item: &Item) -> Result<bool, ScanError> {
        if self.records.is_empty() {
            return Ok(false);
        }
        let mut name = String::new();
        let Some(host) = item.url.as_deref().and_then(|url| host_of(url, &mut name)) else {
            return Ok(false);
        };
        Ok(self.records.of_host(host)?.is_some())
    }
}
