//! What a run is asked to do.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use placet_authorize::{Asking, Profile, UnknownItems};
use placet_core::{Territory, UseSet};
use placet_corpus::ReadOptions;
use placet_match::{PackSet, Texts};

/// One run: a corpus, packs whose issuers are trusted, a question, and where the answer goes.
pub struct Job {
    /// A folder or a file.
    pub corpus: PathBuf,
    /// The folder for the results; made if it is not there.
    pub out: PathBuf,
    /// The packs. The caller has checked that every issuer is on the provider's trust list.
    pub packs: Arc<PackSet>,
    /// Texts of works at hand; with them matches have exact ends.
    pub texts: Option<Arc<dyn Texts + Send>>,
    /// Names the texts at hand, since results depend on them; the same text must give the same results.
    pub texts_id: String,
    /// The rules.
    pub profile: Profile,
    /// Which uses are asked about.
    pub uses: UseSet,
    /// The day as of whose end (UTC) reservations and grants are read. A run that goes on keeps the day it began with.
    pub day: Date,
    /// Who asks.
    pub licensee: Option<String>,
    /// Where the use takes place.
    pub territory: Territory,
    /// Product tokens of the agents that fetched the copies or would use them; without any, what is said to everybody
    /// is heard, and training is refused where a site refuses the agents that serve it.
    pub agents: Vec<String>,
    /// Where sites' own files are found.
    pub site_records: SiteSources,
    /// What happens to items with an unknown verdict, where the profile is not to decide that.
    pub unknown: Option<UnknownItems>,
    /// Whether refused items stay in the cleared corpus without the matched spans.
    pub redact: bool,
    /// How the corpus is read.
    pub read: ReadOptions,
    /// How many threads work; the results do not depend on it.
    pub threads: usize,
    /// Which part of the shards this run takes: `(i, n)` with `1 <= i <= n`.
    pub part: Option<(u32, u32)>,
    /// Only the shards of these names; the others stay open, and so does the run. An auditor scans the drawn shards so.
    pub only: Option<BTreeSet<String>>,
}

/// Where a run finds robots.txt, tdmrep.json and the other files by which sites speak.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteSources {
    /// A folder with one folder or one robots.txt file for each host.
    pub snapshot: Option<PathBuf>,
    /// When the snapshot was taken; without it, what it says is heard of every copy.
    pub taken_at: Option<Timestamp>,
    /// Web archives that hold such files.
    pub archives: Vec<PathBuf>,
    /// Whether they are picked out of the corpus itself, which is then read twice.
    pub crawl: bool,
}

impl SiteSources {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.snapshot.is_none() && self.archives.is_empty() && !self.crawl
    }
}

impl Job {
    /// Whether items with an unknown verdict stay in the cleared corpus.
    pub fn unknown_items(&self) -> UnknownItems {
        self.unknown.unwrap_or(self.profile.unknown.items)
    }

    pub(crate) fn asking(&self, day: Date) -> Asking {
        // The last moment of the day: what was declared on it counts.
        let next = day.tomorrow().ok().and_then(|next| next.to_zoned(TimeZone::UTC).ok());
        let at = next.map_or(Timestamp::MAX, |start| start.timestamp() - SignedDuration::from_nanos(1));
        let mut asking = Asking::at(at);
        asking.licensee.clone_from(&self.licensee);
        asking.territory = self.territory.clone();
        asking.agents.extend(self.agents.iter().cloned());
        asking
    }
}

/// Whoever watches a run: takes progress, says when to stop, and knows the time.
pub trait Watch: Sync {
    /// Called with the run's size once it is known, and with the shards that earlier runs committed.
    fn begin(&self, total: &Progress, resumed: Option<&Progress>);
    /// Called after every batch of items with what was done since the run began.
    fn advance(&self, done: &Progress);
    /// Asked between batches; a run that is told to stop commits nothing half.
    fn stop(&self) -> bool;
    /// The time.
    fn now(&self) -> Timestamp;
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of corpus files, as stored.
    pub bytes: u64,
    /// Shards.
    pub shards: usize,
    /// Items.
    pub items: u64,
    /// Items in which something was matched.
    pub matched: u64,
}
