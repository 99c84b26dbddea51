//! What a crawl holds of its hosts' own files: robots.txt and the others, and documents that pages may point to.
//!
//! A pass over web archives picks the records out by their addresses; no page is read for it. The list of records stays
//! in memory (some hundred bytes each), their bytes go to a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use placet_corpus::{Format, Item, ReadOptions, Record, Source};
use placet_signals::address::{host_of, path_of, resolve};
use placet_signals::site::{PATHS, Served, Site};
use serde::{Deserialize, Serialize};

use super::RecordError;
use super::snapshot::RECORD_BYTES_MAX;
use crate::error::ScanError;

/// Redirects that are followed from a host's file (RFC 9309, section 2.3.1.2).
const REDIRECTS_MAX: usize = 5;

/// The records of a crawl.
#[derive(Debug, Serialize, Deserialize)]
pub struct Crawl {
    /// Records of hosts' own files, by host.
    sites: BTreeMap<String, Vec<Entry>>,
    /// Other documents, by URL without fragment.
    documents: BTreeMap<String, Vec<Entry>>,
    records: u64,
    /// BLAKE3 over all records in order.
    blake3: String,
    #[serde(skip)]
    bodies: Bodies,
}

/// Where the bytes of records lie.
#[derive(Clone, Debug, Default)]
pub enum Bodies {
    /// Nowhere: there are none.
    #[default]
    None,
    /// In memory.
    Memory(Arc<Vec<u8>>),
    /// In a file.
    File(PathBuf),
}

/// One record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    url: String,
    status: Option<u16>,
    at: Option<Timestamp>,
    /// Where a redirect leads.
    location: Option<String>,
    offset: u64,
    bytes: u64,
}

impl Entry {
    pub(super) fn observed_at(&self) -> Option<Timestamp> {
        self.at
    }

    pub(super) fn is_found(&self) -> bool {
        self.status.is_none_or(|status| (200..300).contains(&status))
    }
}

/// Whether a URL is one under which a host speaks of its rights.
pub fn is_record(url: &str) -> bool {
    PATHS.contains(&path_of(url))
}

/// Whether a record of a web archive is picked out, by its URL and the head of its response.
fn is_wanted(url: &str, head: &[u8]) -> bool {
    let path = path_of(url);
    let ends = |ending: &str| path.len() >= ending.len() && path.ends_with(ending);
    is_record(url)
        || [".xml", ".json", ".jsonld", "/rsl"].into_iter().any(ends)
        || memchr::memmem::find(head, b"rsl+xml").is_some()
}

impl Crawl {
    /// Picks the records out of web archives; their bytes go to `out`. Give the place of these bytes with
    /// [`Crawl::with_bodies`] afterwards.
    pub fn pick(sources: &[Source], out: &mut dyn Write) -> Result<Crawl, ScanError> {
        let mut crawl = Crawl {
            sites: BTreeMap::new(),
            documents: BTreeMap::new(),
            records: 0,
            blake3: String::new(),
            bodies: Bodies::None,
        };
        let mut hash = blake3::Hasher::new();
        let mut offset = 0;
        for source in sources.iter().filter(|source| source.format == Format::Warc) {
            // What cannot be opened is put aside by the scan itself.
            let Ok(reader) = placet_corpus::open_picked(source, &ReadOptions::default(), is_wanted) else {
                continue;
            };
            for record in reader {
                let Record::Item(item) = record else { continue };
                let Some(picked) = Picked::of(&item) else { continue };
                let bytes = picked.bytes.get(..RECORD_BYTES_MAX as usize).unwrap_or(&picked.bytes);
                let entry = Entry { offset, bytes: bytes.len() as u64, ..picked.entry };
                out.write_all(bytes).map_err(|cause| ScanError::Io {
                    path: source.path.clone(),
                    action: "its site records cannot be kept",
                    cause,
                })?;
                offset += entry.bytes;
                hash.update(&serde_json::to_vec(&entry).unwrap_or_default());
                hash.update(bytes);
                crawl.records += 1;
                let list = match picked.host {
                    Some(host) => crawl.sites.entry(host).or_default(),
                    None => crawl.documents.entry(entry.url.clone()).or_default(),
                };
                list.push(entry);
            }
        }
        crawl.blake3 = hash.finalize().to_hex().to_string();
        Ok(crawl)
    }

    /// Where the bytes lie.
    #[must_use]
    pub fn with_bodies(mut self, bodies: Bodies) -> Crawl {
        self.bodies = bodies;
        self
    }

    /// Records, hosts with one, and BLAKE3 over all of them.
    pub fn counts(&self) -> (u64, u64, &str) {
        (self.records, self.sites.len() as u64, &self.blake3)
    }

    /// Reads the files of one host.
    pub(super) fn read(&self, host: &str, site: &mut Site) -> Result<(), RecordError> {
        for entry in self.sites.get(host).into_iter().flatten() {
            let path = path_of(&entry.url);
            let Some(target) = self.redirected(entry, path) else { continue };
            let bytes = self.bytes(target)?;
            let served = Served {
                path,
                url: &target.url,
                status: target.status,
                observed_at: target.at,
                bytes: &bytes,
            };
            site.hear(&served);
        }
        Ok(())
    }

    /// Where an entry's redirects end; absent where the crawl does not hold that, since then nobody knows.
    fn redirected<'c>(&'c self, entry: &'c Entry, path: &str) -> Option<&'c Entry> {
        let mut entry = entry;
        for _ in 0..=REDIRECTS_MAX {
            let Some(location) = &entry.location else { return Some(entry) };
            let url = resolve(Some(&entry.url), location)?;
            let mut name = String::new();
            let host = host_of(&url, &mut name)?;
            let list = self.sites.get(host)?.iter().filter(|e| path_of(&e.url) == path && e.url == url);
            entry = nearest(list, entry.at)?;
        }
        None
    }

    /// The document at a URL as it was nearest to a time, with a name for this very reading.
    pub(super) fn document(&self, url: &str, at: Option<Timestamp>) -> Option<(String, &Entry)> {
        let own = self.documents.get(url).into_iter().flatten();
        let entry = nearest(own, at)?;
        Some((format!("{} {url}", entry.offset), entry))
    }

    pub(super) fn bytes(&self, entry: &Entry) -> Result<Vec<u8>, RecordError> {
        match &self.bodies {
            Bodies::None => Ok(Vec::new()),
            Bodies::Memory(all) => {
                let start = usize::try_from(entry.offset).unwrap_or(usize::MAX);
                let end = start.saturating_add(entry.bytes as usize);
                Ok(all.get(start..end).unwrap_or_default().to_vec())
            }
            Bodies::File(path) => {
                let read = || -> io::Result<Vec<u8>> {
                    let mut file = File::open(path)?;
                    file.seek(io::SeekFrom::Start(entry.offset))?;
                    let mut bytes = vec![0; entry.bytes as usize];
                    file.read_exact(&mut bytes)?;
                    Ok(bytes)
                };
                read().map_err(|cause| RecordError { path: path.clone(), cause })
            }
        }
    }
}

/// The last entry before a time, else the first one after it; the last one of all where no time is given.
fn nearest<'e>(entries: impl Iterator<Item = &'e Entry>, at: Option<Timestamp>) -> Option<&'e Entry> {
    let mut entries: Vec<&Entry> = entries.collect();
    entries.sort_by_key(|entry| entry.at);
    let before = match at {
        Some(at) => entries.partition_point(|entry| entry.at.is_none_or(|t| t <= at)),
        None => entries.len(),
    };
    entries.get(before.saturating_sub(1)).copied()
}

/// A record that is kept.
struct Picked {
    /// The host whose own file it is.
    host: Option<String>,
    entry: Entry,
    bytes: Vec<u8>,
}

impl Picked {
    fn of(item: &Item) -> Option<Picked> {
        let url = item.url.as_deref()?;
        let url = url.split('#').next().unwrap_or(url);
        let mut name = String::new();
        let host = host_of(url, &mut name)?.to_owned();
        let content = item.content()?;
        let own = is_record(url);
        if !own {
            let head = content.get(..content.len().min(64 * 1024)).unwrap_or_default();
            let speaks = [&b"rslstandard.org/rsl"[..], b"ns/tdmrep"];
            if !speaks.into_iter().any(|word| memchr::memmem::find(head, word).is_some()) {
                return None;
            }
        }
        let is_redirect = item.status.is_some_and(|status| (300..400).contains(&status));
        let location = item.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        Some(Picked {
            host: own.then_some(host),
            entry: Entry {
                url: url.to_owned(),
                status: item.status,
                at: item.captured,
                location: location.filter(|_| is_redirect).map(|(_, value)| value.clone()),
                offset: 0,
                bytes: 0,
            },
            bytes: content.into_owned(),
        })
    }
}
