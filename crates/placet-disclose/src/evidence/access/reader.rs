//! Reads logs as a stream and sums the visits of agents.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Read};
use std::net::IpAddr;

use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use memchr::memchr;
use placet_signals::agents::{AGENTS_VERSION, Agent};

use super::line::{Caddy, Hit, Shape, cut, json_agent};
use super::{AgentTotal, Junk, Lines, Visit, Visits};
use crate::evidence::agents::{Identity, Ranges, named};

/// A longer line is junk.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Most rows that are kept; visits beyond them are counted without their path.
pub const ROWS_MAX: usize = 1_000_000;
/// Most different `User-Agent` texts that are remembered.
const NAMES_MAX: usize = 200_000;
/// Longest path that is kept, in bytes.
const PATH_BYTES_MAX: usize = 1024;
/// Lines of junk that are named.
const JUNK_NAMED_MAX: usize = 20;
const BLOCK_BYTES: usize = 1 << 20;

/// Sums visits over any number of logs.
pub struct AccessLog {
    ranges: BTreeMap<String, Ranges>,
    /// Moments at which what is reserved changed, in seconds, sorted.
    turns: Vec<i64>,
    names: HashMap<Box<[u8]>, Option<&'static Agent>>,
    rows: HashMap<Key, Sum>,
    lines: Lines,
    file: String,
    line: u64,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    agent: &'static str,
    identity: Identity,
    /// Number of turns before.
    turn: usize,
    host: Box<[u8]>,
    path: Box<[u8]>,
}

struct Sum {
    agent: &'static Agent,
    visits: u64,
    delivered: u64,
    bytes: u64,
    statuses: BTreeMap<u16, u64>,
    first: i64,
    last: i64,
}

impl AccessLog {
    /// With the address ranges of agents by their tokens, and the moments at which what is reserved changed.
    pub fn new(ranges: BTreeMap<String, Ranges>, turns: &[Timestamp]) -> AccessLog {
        let ranges = ranges.into_iter().map(|(token, ranges)| (token.to_ascii_lowercase(), ranges)).collect();
        let mut turns: Vec<i64> = turns.iter().map(|turn| turn.as_second()).collect();
        turns.sort_unstable();
        turns.dedup();
        AccessLog {
            ranges,
            turns,
            names: HashMap::new(),
            rows: HashMap::new(),
            lines: Lines::default(),
            file: String::new(),
            line: 0,
        }
    }

    /// Reads one log to its end; gzip is known by its first bytes.
    pub fn read(&mut self, name: &str, from: impl Read) -> io::Result<()> {
        name.clone_into(&mut self.file);
        self.line = 0;
        let mut from = BufReader::with_capacity(BLOCK_BYTES, from);
        if from.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
            self.read_plain(BufReader::with_capacity(BLOCK_BYTES, MultiGzDecoder::new(from)))
        } else {
            self.read_plain(from)
        }
    }

    fn read_plain(&mut self, mut from: impl BufRead) -> io::Result<()> {
        // A line that does not end in its block. A longer one than is read stays one byte too long.
        let mut pending: Vec<u8> = Vec::new();
        loop {
            let block = match from.fill_buf() {
                Ok(block) => block,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if block.is_empty() {
                break;
            }
            let length = block.len();
            self.lines.bytes += length as u64;
            let mut rest = block;
            while let Some(end) = memchr(b'\n', rest) {
                let (line, after) = rest.split_at(end);
                rest = after.get(1..).unwrap_or_default();
                if pending.is_empty() {
                    self.take(line);
                } else {
                    keep(&mut pending, line);
                    self.take(&pending);
                    pending.clear();
                }
            }
            keep(&mut pending, rest);
            from.consume(length);
        }
        if !pending.is_empty() {
            self.take(&pending);
        }
        Ok(())
    }

    fn take(&mut self, line: &[u8]) {
        self.lines.lines += 1;
        self.line += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE_BYTES_MAX {
            return self.junk("the line is longer than 64 KiB");
        }
        match line.first() {
            None => self.lines.empty += 1,
            Some(b'{') => self.take_json(line),
            Some(_) => match cut(line) {
                Err(what) => self.junk(what),
                Ok(parts) => {
                    match parts.shape {
                        Shape::Common => self.lines.common += 1,
                        Shape::Combined => self.lines.combined += 1,
                    }
                    let Some(agent) = self.agent(parts.agent) else { return };
                    match parts.read() {
                        Ok(hit) => self.add(agent, &hit),
                        Err(what) => {
                            match parts.shape {
                                Shape::Common => self.lines.common -= 1,
                                Shape::Combined => self.lines.combined -= 1,
                            }
                            self.junk(what);
                        }
                    }
                }
            },
        }
    }

    fn take_json(&mut self, line: &[u8]) {
        if let Some(agent) = json_agent(line) {
            let Some(agent) = self.agent(agent) else {
                self.lines.json += 1;
                return;
            };
            match serde_json::from_slice::<Caddy>(line) {
                Ok(caddy) => match caddy.hit() {
                    Ok(hit) => {
                        self.lines.json += 1;
                        self.add(agent, &hit);
                    }
                    Err(what) => self.junk(what),
                },
                Err(_) => self.junk("JSON that is no line of an access log"),
            }
        } else if line.ends_with(b"}") {
            self.lines.json += 1;
        } else {
            self.junk("JSON that breaks off");
        }
    }

    fn junk(&mut self, what: &str) {
        self.lines.junk += 1;
        if self.lines.junk_places.len() < JUNK_NAMED_MAX {
            let (file, line, what) = (self.file.clone(), self.line, what.to_owned());
            self.lines.junk_places.push(Junk { file, line, what });
        }
    }

    /// The agent that a text names. Texts repeat, so each is looked at once.
    fn agent(&mut self, text: &[u8]) -> Option<&'static Agent> {
        if let Some(known) = self.names.get(text) {
            return *known;
        }
        let agent = named(text);
        if self.names.len() < NAMES_MAX {
            self.names.insert(text.into(), agent);
        }
        agent
    }

    fn add(&mut self, agent: &'static Agent, hit: &Hit<'_>) {
        self.lines.agent_visits += 1;
        let identity = match self.ranges.get(&agent.token.to_ascii_lowercase()) {
            None => Identity::Unverified,
            Some(ranges) => {
                let address =
                    std::str::from_utf8(hit.address).ok().and_then(|text| text.parse::<IpAddr>().ok());
                if address.is_some_and(|address| ranges.holds(address)) {
                    Identity::Verified
                } else {
                    Identity::Outside
                }
            }
        };
        let full = self.rows.len() >= ROWS_MAX;
        if full {
            self.lines.without_path += 1;
        }
        let path = if full { &b""[..] } else { hit.target.get(..PATH_BYTES_MAX).unwrap_or(hit.target) };
        let key = Key {
            agent: agent.token,
            identity,
            turn: self.turns.partition_point(|turn| *turn <= hit.time),
            host: if full { (&b""[..]).into() } else { hit.host.to_ascii_lowercase().into() },
            path: path.into(),
        };
        let sum = self.rows.entry(key).or_insert_with(|| Sum {
            agent,
            visits: 0,
            delivered: 0,
            bytes: 0,
            statuses: BTreeMap::new(),
            first: hit.time,
            last: hit.time,
        });
        sum.visits += 1;
        sum.delivered += u64::from((200..300).contains(&hit.status));
        sum.bytes = sum.bytes.saturating_add(hit.bytes);
        *sum.statuses.entry(hit.status).or_default() += 1;
        sum.first = sum.first.min(hit.time);
        sum.last = sum.last.max(hit.time);
    }

    /// What was found. The rows name no reservations and works yet.
    pub fn finish(self) -> Visits {
        let moment = |seconds: i64| Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut totals: BTreeMap<(&str, Identity), AgentTotal> = BTreeMap::new();
        let mut rows: Vec<Visit> = Vec::with_capacity(self.rows.len());
        for (key, sum) in self.rows {
            let (first, last) = (moment(sum.first), moment(sum.last));
            let total = totals.entry((key.agent, key.identity)).or_insert_with(|| AgentTotal {
                agent: key.agent.to_owned(),
                operator: sum.agent.operator.to_owned(),
                class: sum.agent.class.code().to_owned(),
                identity: key.identity,
                visits: 0,
                delivered: 0,
                bytes: 0,
                against: 0,
                first,
                last,
            });
            total.visits += sum.visits;
            total.delivered += sum.delivered;
            total.bytes = total.bytes.saturating_add(sum.bytes);
            total.first = total.first.min(first);
            total.last = total.last.max(last);
            rows.push(Visit {
                agent: key.agent.to_owned(),
                identity: key.identity,
                host: text(&key.host),
                path: text(&key.path),
                work: None,
                visits: sum.visits,
                delivered: sum.delivered,
                bytes: sum.bytes,
                statuses: sum.statuses,
                first,
                last,
                in_force: Vec::new(),
            });
        }
        rows.sort_by(|a, b| {
            (&a.agent, a.identity, &a.host, &a.path, a.first)
                .cmp(&(&b.agent, b.identity, &b.host, &b.path, b.first))
        });
        Visits {
            agents_version: AGENTS_VERSION.to_owned(),
            read: self.lines,
            agents: totals.into_values().collect(),
            rows,
            rows_in_table_only: 0,
        }
    }
}

/// Octets that are no UTF-8 are shown as Apache would have written them.
fn text(bytes: &[u8]) -> String {
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(_) => bytes
            .iter()
            .map(|b| if b.is_ascii() { char::from(*b).to_string() } else { format!("\\x{b:02x}") })
            .collect(),
    }
}

/// Keeps the beginning of a line that goes on in the next block.
fn keep(pending: &mut Vec<u8>, part: &[u8]) {
    let room = (LINE_BYTES_MAX + 2).saturating_sub(pending.len());
    pending.extend_from_slice(part.get(..room).unwrap_or(part));
}
