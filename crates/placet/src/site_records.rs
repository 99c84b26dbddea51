//! A snapshot of what sites say about their rights: one folder or one robots.txt file per host.
//!
//! `DIR/<host>/robots.txt`, `DIR/<host>/.well-known/tdmrep.json`, or a bare file `DIR/<host>`, which is its robots.txt.
//! Each host is read and parsed once. A host without a record is not a host without wishes: it is unknown.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use placet_core::{Evidence, Statement};
use placet_signals::robots::{Access, Agent, Group, Matcher, Robots};
use placet_signals::{ai_txt, aipref, content_signal, robots, tdmrep, trust_txt};

/// Most bytes of one record that are read.
const RECORD_BYTES_MAX: u64 = robots::ROBOTS_BYTES_MAX as u64 + 1;
/// Hosts and bytes of records that are kept parsed. Beyond it all are dropped and read again when they come again.
const HOSTS_MAX: usize = 100_000;
const KEPT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Longest host name, with port (RFC 1035, section 2.3.4).
const HOST_BYTES_MAX: usize = 255 + 6;

/// A folder of records, with the hosts that were read.
pub(crate) struct SiteRecords {
    folder: PathBuf,
    agent: String,
    places: HashMap<Box<str>, usize>,
    sites: Vec<Option<Site>>,
    kept_bytes: usize,
}

/// What one host says.
pub(crate) struct Site {
    robots: Option<RobotsRecord>,
    tdmrep: Option<TdmrepRecord>,
    ai_txt: Option<(Robots, Record)>,
    trust_txt: Option<(Vec<Statement>, Record)>,
}

struct RobotsRecord {
    robots: Robots,
    matcher: Matcher,
    /// The groups for the agent alone, so that a path needs no look-up of the agent.
    own: Matcher,
    record: Record,
}

struct TdmrepRecord {
    file: tdmrep::File,
    record: Record,
}

/// A record's hash, its size, and when it was stored.
struct Record {
    blake3: String,
    len_bytes: usize,
    stored_at: Option<Timestamp>,
}

impl SiteRecords {
    /// The records in a folder, read as this agent.
    pub(crate) fn open(folder: &Path, agent: &str) -> io::Result<SiteRecords> {
        if !folder.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(SiteRecords {
            folder: folder.to_owned(),
            agent: agent.to_owned(),
            places: HashMap::new(),
            sites: Vec::new(),
            kept_bytes: 0,
        })
    }

    /// What a host says, by its name as [`host_of`] gives it; absent where there is no record.
    pub(crate) fn site(&mut self, host: &str) -> io::Result<Option<&Site>> {
        let place = if let Some(place) = self.places.get(host) {
            *place
        } else {
            if self.sites.len() >= HOSTS_MAX || self.kept_bytes > KEPT_BYTES_MAX {
                self.places.clear();
                self.sites.clear();
                self.kept_bytes = 0;
            }
            let site = Site::read(&self.folder.join(host), &self.agent)?;
            self.kept_bytes += site.as_ref().map_or(0, Site::len_bytes);
            self.sites.push(site);
            self.places.insert(host.into(), self.sites.len() - 1);
            self.sites.len() - 1
        };
        Ok(self.sites.get(place).and_then(Option::as_ref))
    }
}

impl Site {
    /// Reads the record of one host, as this agent.
    pub(crate) fn read(path: &Path, agent: &str) -> io::Result<Option<Site>> {
        let kind = match path.metadata() {
            Ok(kind) => kind,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !kind.is_dir() {
            let robots = Record::read(path)?.map(|(bytes, record)| RobotsRecord::new(&bytes, record, agent));
            return Ok(Some(Site { robots, tdmrep: None, ai_txt: None, trust_txt: None }));
        }
        let robots = Record::read(&path.join("robots.txt"))?;
        let tdmrep = Record::read(&path.join(".well-known").join("tdmrep.json"))?;
        let ai_txt = Record::read(&path.join("ai.txt"))?;
        let trust_txt = match Record::read(&path.join(".well-known").join("trust.txt"))? {
            Some(found) => Some(found),
            None => Record::read(&path.join("trust.txt"))?,
        };
        Ok(Some(Site {
            robots: robots.map(|(bytes, record)| RobotsRecord::new(&bytes, record, agent)),
            tdmrep: tdmrep.map(|(bytes, record)| TdmrepRecord { file: tdmrep::file(&bytes).0, record }),
            ai_txt: ai_txt.map(|(bytes, record)| (ai_txt::parse(&bytes).0, record)),
            trust_txt: trust_txt.map(|(bytes, record)| (trust_txt::parse(&bytes).0, record)),
        }))
    }

    fn len_bytes(&self) -> usize {
        self.robots.as_ref().map_or(0, |r| r.record.len_bytes)
            + self.tdmrep.as_ref().map_or(0, |t| t.record.len_bytes)
    }

    /// Whether the agent may fetch a path in normal form, as its robots.txt says; absent without a record of one.
    pub(crate) fn access(&self, path: &[u8]) -> Option<Access> {
        self.robots.as_ref().map(|r| r.own.decide("*", path))
    }

    /// Everything it states about one of its URLs, to these agents, and its TDM reservation mark, which is weighed
    /// against the marks of the page itself before it states anything.
    pub(crate) fn statements(
        &self,
        host: &str,
        agents: &[&str],
        url: &str,
    ) -> (Vec<Statement>, Option<tdmrep::Mark>) {
        let mut all = Vec::new();
        if let Some(r) = &self.robots {
            let mut stated = robots::statements(&r.robots, &r.matcher, agents, url);
            stated.extend(aipref::in_robots(&r.robots, agents, url).0);
            stated.extend(content_signal::in_robots(&r.robots, agents, url).0);
            r.record.locate(&mut stated, &format!("https://{host}/robots.txt"));
            all.append(&mut stated);
        }
        if let Some((file, record)) = &self.ai_txt {
            let mut stated = ai_txt::statements(file, agents, url);
            record.locate(&mut stated, &format!("https://{host}/ai.txt"));
            all.append(&mut stated);
        }
        if let Some((stated, record)) = &self.trust_txt {
            let mut stated = stated.clone();
            record.locate(&mut stated, &format!("https://{host}/trust.txt"));
            all.append(&mut stated);
        }
        let mark = self.tdmrep.as_ref().and_then(|t| {
            let mut mark = t.file.mark(url)?;
            t.record.stamp(&mut mark.evidence, &format!("https://{host}/.well-known/tdmrep.json"));
            Some(mark)
        });
        (all, mark)
    }
}

impl RobotsRecord {
    fn new(bytes: &[u8], record: Record, agent: &str) -> RobotsRecord {
        let (robots, _) = robots::parse(bytes);
        let everybody = || vec![Agent { value: "*".to_owned(), line: 0 }];
        let groups = robots.groups_for(agent).into_iter().map(|g| Group { agents: everybody(), ..g.clone() });
        let own = Robots { reading: robots.reading, groups: groups.collect(), ..Robots::default() };
        RobotsRecord { matcher: Matcher::new(&robots), own: Matcher::new(&own), robots, record }
    }
}

impl Record {
    fn read(path: &Path) -> io::Result<Option<(Vec<u8>, Record)>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let stored_at = file.metadata().and_then(|m| m.modified()).ok();
        let mut bytes = Vec::new();
        file.take(RECORD_BYTES_MAX).read_to_end(&mut bytes)?;
        let record = Record {
            blake3: blake3::hash(&bytes).to_hex().to_string(),
            len_bytes: bytes.len(),
            stored_at: stored_at.and_then(|t| Timestamp::try_from(t).ok()),
        };
        Ok(Some((bytes, record)))
    }

    /// Completes the evidence of statements read from this record.
    fn locate(&self, statements: &mut [Statement], place: &str) {
        for statement in statements {
            self.stamp(&mut statement.evidence, place);
        }
    }

    fn stamp(&self, evidence: &mut Evidence, place: &str) {
        evidence.place.insert_str(0, place);
        evidence.observed_at = self.stored_at;
        evidence.blake3 = Some(self.blake3.clone());
    }
}

/// The host of a web URL as records are named after it: lower case, with a port that is not the scheme's own.
///
/// Absent where the text is no web URL, or the host could lead out of the folder. The name is put into `name`.
pub(crate) fn host_of<'n>(url: &str, name: &'n mut String) -> Option<&'n str> {
    let (scheme, _) = url.split_once("://")?;
    let port = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else if scheme.eq_ignore_ascii_case("http") {
        ":80"
    } else {
        return None;
    };
    let host = robots::authority_of(url)?;
    let host = host.strip_suffix(port).unwrap_or(host);
    let host = host.strip_suffix('.').unwrap_or(host);
    let fits = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'[' | b']') || b >= 0x80
    };
    if host.is_empty() || host.len() > HOST_BYTES_MAX || host.starts_with('.') || !host.bytes().all(fits) {
        return None;
    }
    name.clear();
    name.push_str(host);
    name.make_ascii_lowercase();
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_never_leads_out_of_the_folder() {
        let mut name = String::new();
        for (url, host) in [
            ("https://Example.ORG/a", Some("example.org")),
            ("https://example.org:443/a", Some("example.org")),
            ("http://example.org:8080?x", Some("example.org:8080")),
            ("https://user:secret@example.org./", Some("example.org")),
            ("https://../etc/passwd", None),
            ("https://..\\x/", None),
            ("https:///robots.txt", None),
            ("file:///etc/passwd", None),
            ("example.org/a", None),
        ] {
            assert_eq!(host_of(url, &mut name), host, "{url}");
        }
    }
}
