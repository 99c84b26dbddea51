//! What sites say about their rights, from a snapshot folder or from the records of a crawl.
//!
//! Each host is read and parsed once and kept, up to stated limits; what was used least lately is dropped first and read
//! again when it comes again, so the limits change the speed and never an answer. A host without a record is not a
//! host without wishes: it is unknown.

mod crawl;
mod kept;
mod snapshot;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use placet_signals::address::{host_of, path_of};
use placet_signals::copy::{Document, Library};
use placet_signals::site::Site;

pub use crawl::{Bodies, Crawl, is_record};
pub(crate) use kept::Kept;
use snapshot::Snapshot;
pub use snapshot::{Digest, Taken};

/// Hosts and bytes of records that are kept parsed, for each thread.
pub(crate) const HOSTS_MAX: usize = 100_000;
pub(crate) const HOSTS_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Documents that are kept parsed, and their bytes.
const DOCUMENTS_MAX: usize = 10_000;
const DOCUMENTS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A record that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot be read: {cause}", path.display())]
pub struct RecordError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub cause: io::Error,
}

/// The records at hand, with what one thread keeps of them.
#[derive(Debug, Default)]
pub struct SiteRecords {
    snapshot: Option<Arc<Snapshot>>,
    crawl: Option<Arc<Crawl>>,
    sites: Kept<Option<Arc<Site>>>,
    documents: Kept<Option<Arc<Document>>>,
}

impl SiteRecords {
    /// No records yet.
    pub fn new() -> SiteRecords {
        SiteRecords {
            sites: Kept::new(HOSTS_MAX, HOSTS_BYTES_MAX),
            documents: Kept::new(DOCUMENTS_MAX, DOCUMENTS_BYTES_MAX),
            ..SiteRecords::default()
        }
    }

    /// With a folder that holds one folder or one robots.txt file for each host.
    pub fn with_snapshot(mut self, folder: &Path, taken: Taken) -> io::Result<SiteRecords> {
        self.snapshot = Some(Arc::new(Snapshot::of_hosts(folder, taken)?));
        Ok(self)
    }

    /// With a folder that holds what one host serves.
    #[must_use]
    pub fn with_host(mut self, host: &str, folder: &Path, taken: Taken) -> SiteRecords {
        self.snapshot = Some(Arc::new(Snapshot::of_one(host, folder, taken)));
        self
    }

    /// With the records of a crawl.
    #[must_use]
    pub fn with_crawl(mut self, crawl: Arc<Crawl>) -> SiteRecords {
        self.crawl = Some(crawl);
        self
    }

    /// The same records for another thread.
    #[must_use]
    pub fn lend(&self) -> SiteRecords {
        SiteRecords { snapshot: self.snapshot.clone(), crawl: self.crawl.clone(), ..SiteRecords::new() }
    }

    /// Whether there are no records at all.
    pub fn is_empty(&self) -> bool {
        self.snapshot.is_none() && self.crawl.is_none()
    }

    /// What a host says, by its name as [`host_of`] gives it; absent where there is no record.
    pub fn of_host(&mut self, host: &str) -> Result<Option<&Arc<Site>>, RecordError> {
        let place = if let Some(place) = self.sites.place(host) {
            place
        } else {
            let site = self.read(host)?.map(Arc::new);
            let bytes = site.as_ref().map_or(0, |site| site.len_bytes()) + host.len();
            self.sites.put(host, site, bytes)
        };
        Ok(self.sites.at(place).and_then(Option::as_ref))
    }

    /// The same, read anew and not kept.
    pub(crate) fn read(&self, host: &str) -> Result<Option<Site>, RecordError> {
        let mut site = Site::default();
        if let Some(snapshot) = &self.snapshot {
            snapshot.read(host, &mut site)?;
        }
        if let Some(crawl) = &self.crawl {
            crawl.read(host, &mut site)?;
        }
        Ok((!site.is_empty()).then_some(site))
    }
}

impl Library for SiteRecords {
    type Error = RecordError;

    fn site(&mut self, host: &str) -> Result<Option<Arc<Site>>, RecordError> {
        Ok(self.of_host(host)?.cloned())
    }

    fn document(
        &mut self,
        url: &str,
        acquired_at: Option<Timestamp>,
    ) -> Result<Option<Arc<Document>>, RecordError> {
        let mut name = String::new();
        let Some(host) = host_of(url, &mut name) else { return Ok(None) };
        if let Some(crawl) = &self.crawl
            && let Some((key, entry)) = crawl.document(url, acquired_at)
        {
            let place = if let Some(place) = self.documents.place(&key) {
                place
            } else {
                let bytes = crawl.bytes(entry)?;
                let document = entry.is_found().then(|| Document::new(url, entry.observed_at(), &bytes));
                self.documents.put(&key, document.map(Arc::new), bytes.len())
            };
            return Ok(self.documents.at(place).cloned().flatten());
        }
        let Some(snapshot) = &self.snapshot else { return Ok(None) };
        let place = if let Some(place) = self.documents.place(url) {
            place
        } else {
            let read = snapshot.document(host, path_of(url))?;
            let len = read.as_ref().map_or(0, |(bytes, _)| bytes.len()) + url.len();
            let document = read.map(|(bytes, at)| Arc::new(Document::new(url, at, &bytes)));
            self.documents.put(url, document, len)
        };
        Ok(self.documents.at(place).cloned().flatten())
    }
}
