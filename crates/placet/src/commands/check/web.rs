//! A page of the web: fetched politely, or replayed from what was kept of an earlier visit.

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use jiff::{SignedDuration, Timestamp};
use placet_fetch::warc::{self, About};
use placet_fetch::{Client, Exchange, Outcome, Private, Settings, Source, Target, Visit, visit};
use placet_signals::address::{host_of, path_of};
use placet_signals::copy::{Copy, Document, Head, Kind, Library};
use placet_signals::site::{PATHS, Served, Site};

use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::{Context, Exit, Failure};

/// Longest time that an answer is kept, as RFC 9309, section 2.4 has it for robots.txt.
const KEPT_S_MAX: u32 = 24 * 60 * 60;
/// How long an answer is kept whose server does not say.
const KEPT_S: u32 = 60 * 60;

/// How pages of the web are got.
#[derive(clap::Args)]
#[command(next_help_heading = "Pages of the web")]
pub(super) struct WebArgs {
    /// Keep what was fetched in this folder, as a WARC file from which the answer can be replayed
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Fetch nothing: replay what a WARC file, or those of a folder, hold of the page
    #[arg(long, value_name = "FILE", conflicts_with = "keep")]
    offline: Option<PathBuf>,
    /// Ask again even where an earlier answer still holds
    #[arg(long)]
    fresh: bool,
    /// Allow addresses that are not of the public internet: all, or those of these hosts (localhost:8080), between
    /// commas
    #[arg(
        long,
        value_name = "HOSTS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all"
    )]
    allow_private: Option<String>,
    /// Trust the certificate authorities of this file (PEM) besides those that browsers trust
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
}

/// A page with everything that was fetched for it.
pub(super) struct Visited {
    /// The URL as it was asked for.
    pub(super) asked: String,
    /// When it was asked: what the answer holds as of, where nothing else is said.
    pub(super) asked_at: Timestamp,
    visit: Visit,
}

impl WebArgs {
    /// Visits a page, or replays a visit to it.
    pub(super) fn visit(&self, context: &Context, url: &str) -> Result<Visited, Failure> {
        let visited = match &self.offline {
            Some(path) => {
                let kept = kept_in(path).or_fail(Exit::Input)?;
                let about = kept.iter().filter_map(|k| k.about.as_ref()).filter(|a| a.url == url);
                let asked_at = about.map(|a| a.asked_at).max().unwrap_or(context.now);
                replayed(url, asked_at, kept.into_iter().flat_map(|k| k.exchanges).collect())?
            }
            None => self.fetched(context, url)?,
        };
        for why in &visited.visit.left_alone {
            context.out.warn(&foreign(why));
        }
        visited.must_have_been_answered()?;
        if let Some(folder) = &self.keep {
            let path = visited.keep(folder).or_fail(Exit::Unavailable)?;
            context.out.note(&format!("kept: placet check {} gives this answer again", path.display()));
        }
        Ok(visited)
    }

    fn fetched(&self, context: &Context, url: &str) -> Result<Visited, Failure> {
        let authorities = match &self.authority {
            Some(path) => {
                let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
                Some(pem.or_fail(Exit::Usage)?)
            }
            None => None,
        };
        let settings = Settings {
            private: match self.allow_private.as_deref() {
                None => Private::Refused,
                Some("all") => Private::Allowed,
                Some(hosts) => Private::Of(hosts.split(',').map(|h| h.trim().to_owned()).collect()),
            },
            authorities: authorities.as_deref(),
            ..Settings::default()
        };
        let client = Client::new(&settings).or_fail(Exit::Usage)?;
        // Answers are kept where there is a home, and nowhere else. What was only got by leave of an option is not to
        // be found without it.
        let is_plain = self.allow_private.is_none() && self.authority.is_none();
        let folder = if is_plain { "cache" } else { "cache-by-leave" };
        let cache = context.home.is_dir().then(|| context.home.join(folder));
        let mut live = Live { client, cache, fresh: self.fresh, now: context.now };
        let visit = visit(&mut live, url).or_fail(Exit::Usage)?;
        Ok(Visited { asked: url.to_owned(), asked_at: context.now, visit })
    }
}

/// The visit that a file was kept of, where it is such a file.
pub(super) fn kept_visit(context: &Context, path: &Path) -> Result<Option<Visited>, Failure> {
    let name = path.to_string_lossy();
    if !path.is_file() || !(name.ends_with(".warc.gz") || name.ends_with(".warc")) {
        return Ok(None);
    }
    // The first record says what the file is; an archive of any size is not read for that.
    let mut head = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()));
    let read = file.and_then(|file| Ok(file.take(4096).read_to_end(&mut head)?));
    read.or_fail(Exit::Input)?;
    if warc::read(&head).about.is_none() {
        return Ok(None);
    }
    let kept = kept_of(path).or_fail(Exit::Input)?;
    let Some(About { url, asked_at }) = kept.about else { return Ok(None) };
    let visited = replayed(&url, asked_at, kept.exchanges)?;
    for why in &visited.visit.left_alone {
        context.out.warn(&foreign(why));
    }
    visited.must_have_been_answered()?;
    Ok(Some(visited))
}

fn replayed(url: &str, asked_at: Timestamp, exchanges: Vec<Exchange>) -> Result<Visited, Failure> {
    let visit = visit(&mut Replay { exchanges }, url).or_fail(Exit::Usage)?;
    Ok(Visited { asked: url.to_owned(), asked_at, visit })
}

impl Visited {
    /// What was not fetched, and why.
    pub(super) fn left_alone(&self) -> &[String] {
        &self.visit.left_alone
    }

    fn must_have_been_answered(&self) -> Result<(), Failure> {
        if self.visit.exchanges.iter().any(|e| e.response().is_some()) {
            return Ok(());
        }
        let why = self.visit.left_alone.first().cloned().unwrap_or_default();
        let failure = Failure::new(Exit::Unavailable, anyhow!("{} could not be asked: {why}", self.asked));
        Err(if why.contains("not a public address") {
            failure.hint("--allow-private lets Placet ask hosts of your own network")
        } else {
            failure
        })
    }

    /// Hands the copy, and when it was acquired, to a question.
    pub(super) fn with_copy<T>(&self, ask: impl FnOnce(&Copy<'_>, Option<Timestamp>) -> T) -> T {
        let page = self.visit.found(&self.visit.url);
        let response = page.and_then(Exchange::response);
        let acquired_at = page.filter(|_| response.is_some()).map(|e| e.at);
        let body = response.as_ref().filter(|r| (200..300).contains(&r.status)).map(|r| {
            let kind = r.field("content-type").unwrap_or_default().to_ascii_lowercase();
            let is_page = kind.starts_with(b"text/html") || kind.starts_with(b"application/xhtml");
            let kind = if is_page { Kind::Page } else { Kind::of(path_of(&self.visit.url), &r.body) };
            (kind, r.body.as_slice())
        });
        let head = response.as_ref().map(|r| Head { fields: r.fields.clone(), bytes: r.head });
        let copy = Copy {
            url: Some(&self.visit.url),
            place: &self.visit.url,
            acquired_at,
            head,
            body,
            beside: Vec::new(),
        };
        ask(&copy, acquired_at)
    }

    /// Writes what was fetched into a folder, under a name that says when and where.
    fn keep(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let host = Target::of(&self.asked).map(|t| t.authority()).unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let host: String = host.chars().map(plain).collect();
        let about = About { url: self.asked.clone(), asked_at: self.asked_at };
        let bytes = warc::write(Some(&about), &self.visit.exchanges);
        for number in 0..10_000 {
            let more = if number == 0 { String::new() } else { format!("-{number}") };
            let name = format!("{host}-{}{more}.warc.gz", self.asked_at.strftime("%Y%m%dT%H%M%SZ"));
            let path = folder.join(name);
            match std::fs::File::create_new(&path) {
                Ok(mut file) => {
                    let written = file.write_all(&bytes).and_then(|()| file.sync_all());
                    written.with_context(|| format!("cannot write {}", path.display()))?;
                    return Ok(path);
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("cannot write {}", path.display())),
            }
        }
        Err(anyhow!("{} is full of files of this second", folder.display()))
    }
}

impl Library for &Visited {
    type Error = Infallible;

    fn site(&mut self, host: &str) -> Result<Option<Arc<Site>>, Infallible> {
        let mut site = Site::default();
        let mut name = String::new();
        for path in PATHS {
            for asked in &self.visit.exchanges {
                if path_of(&asked.url) != path || host_of(&asked.url, &mut name) != Some(host) {
                    continue;
                }
                let found = self.visit.found(&asked.url).unwrap_or(asked);
                let response = found.response();
                let served = Served {
                    path,
                    url: &asked.url,
                    // Without an answer it is as if the server had failed (RFC 9309, section 2.3.1.4).
                    status: Some(response.as_ref().map_or(503, |r| r.status)),
                    observed_at: Some(found.at),
                    bytes: response.as_ref().map_or(&[], |r| r.body.as_slice()),
                };
                site.hear(&served);
            }
        }
        Ok((!site.is_empty()).then(|| Arc::new(site)))
    }

    fn document(&mut self, url: &str, _at: Option<Timestamp>) -> Result<Option<Arc<Document>>, Infallible> {
        let found = self.visit.found(url).and_then(|e| Some((e.at, e.response()?)));
        let found = found.filter(|(_, r)| (200..300).contains(&r.status));
        Ok(found.map(|(at, r)| Arc::new(Document::new(url, Some(at), &r.body))))
    }
}

/// What was kept, by URL.
struct Replay {
    exchanges: Vec<Exchange>,
}

impl Source for Replay {
    fn get(&mut self, target: &Target) -> Exchange {
        let url = target.url();
        self.exchanges.iter().find(|e| e.url == url).cloned().unwrap_or_else(|| Exchange {
            url,
            at: Timestamp::UNIX_EPOCH,
            address: None,
            request: Vec::new(),
            outcome: Outcome::Failed("it is not among what was kept".to_owned()),
        })
    }
}

/// What a WARC file holds, or those of a folder, the newest first.
fn kept_in(path: &Path) -> anyhow::Result<Vec<warc::Kept>> {
    let mut files = Vec::new();
    if path.is_dir() {
        let name = || format!("cannot read {}", path.display());
        for entry in std::fs::read_dir(path).with_context(name)? {
            let entry = entry.with_context(name)?.path();
            let text = entry.to_string_lossy();
            if text.ends_with(".warc") || text.ends_with(".warc.gz") {
                files.push(entry);
            }
        }
    } else {
        files.push(path.to_owned());
    }
    let mut kept = files.iter().map(|file| kept_of(file)).collect::<anyhow::Result<Vec<_>>>()?;
    kept.sort_by_key(|k| std::cmp::Reverse(k.exchanges.iter().map(|e| e.at).max()));
    Ok(kept)
}

fn kept_of(file: &Path) -> anyhow::Result<warc::Kept> {
    let name = || format!("cannot read {}", file.display());
    let size = file.metadata().with_context(name)?.len();
    ensure!(size <= warc::FILE_BYTES_MAX, "{} is larger than can be replayed", file.display());
    let kept = warc::read(&std::fs::read(file).with_context(name)?);
    ensure!(kept.is_whole, "{} is broken, or no WARC file", file.display());
    Ok(kept)
}

/// The net, behind a cache.
struct Live {
    client: Client,
    cache: Option<PathBuf>,
    fresh: bool,
    now: Timestamp,
}

impl Live {
    fn cached(&self, path: &Path) -> Option<Exchange> {
        let kept = warc::read(&std::fs::read(path).ok()?);
        let exchange = kept.exchanges.into_iter().next().filter(|_| kept.is_whole)?;
        let lifetime = exchange.response()?.lifetime_s(KEPT_S).min(KEPT_S_MAX);
        let until = exchange.at.checked_add(SignedDuration::from_secs(i64::from(lifetime))).ok()?;
        (exchange.at <= self.now && self.now < until).then_some(exchange)
    }
}

impl Source for Live {
    fn get(&mut self, target: &Target) -> Exchange {
        let url = target.url();
        let named =
            |folder: &PathBuf| folder.join(format!("{}.warc.gz", blake3::hash(url.as_bytes()).to_hex()));
        let place = self.cache.as_ref().map(named);
        if let Some(exchange) = place.as_deref().filter(|_| !self.fresh).and_then(|path| self.cached(path))
            && exchange.url == url
        {
            return exchange;
        }
        let exchange = self.client.get(target, self.now);
        if let (Some(place), Some(folder), Some(response)) = (place, &self.cache, exchange.response())
            // A server's trouble passes, and so must its answer.
            && response.status != 429
            && response.status < 500
            && response.lifetime_s(KEPT_S) > 0
        {
            // A cache that cannot be written is none; the answer is there all the same.
            let _ = std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&place, warc::write(None, std::slice::from_ref(&exchange))));
        }
        exchange
    }
}
