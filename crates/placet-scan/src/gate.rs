//! A crawler's hot path: for each URL, whether an agent may put it to a use. One line in, one line out.

use std::io::{self, Read, Write};

use jiff::Timestamp;
use placet_authorize::{Asking, Fact, Item, Profile, decide};
use placet_core::{Use, Verdict};
use placet_signals::address::{URL_BYTES_MAX, host_of};
use placet_signals::copy::{Copy, gather};
use placet_signals::robots::{OneAgent, normal, path_of};
use placet_signals::site::Reader;

use crate::site_records::{HOSTS_BYTES_MAX, HOSTS_MAX, Kept, RecordError, SiteRecords};

/// Bytes that are read at once.
const BLOCK_BYTES: usize = 256 * 1024;

/// Answers for one agent and one use, from site records.
///
/// The answer to a URL is a line: verdict, URL and ground between tabs. The verdict is `allowed`, `denied`, `conditional`
/// or `unknown`; a host without a record is unknown.
#[derive(Debug)]
pub struct Gate {
    records: SiteRecords,
    /// Of each host what its robots.txt says about fetching, where nothing else is asked.
    access: Kept<Option<OneAgent>>,
    agent: String,
    use_: Use,
    profile: Profile,
    asking: Asking,
    host: String,
}

impl Gate {
    /// A gate for the crawler with this product token, at this time. The profile resolves what is unknown; access needs
    /// none.
    pub fn new(records: SiteRecords, agent: &str, use_: Use, profile: Profile, at: Timestamp) -> Gate {
        let mut asking = Asking::at(at);
        asking.agents.insert(agent.to_owned());
        asking.lawful_access = true;
        Gate {
            records,
            access: Kept::new(HOSTS_MAX, HOSTS_BYTES_MAX),
            agent: agent.to_owned(),
            use_,
            profile,
            asking,
            host: String::new(),
        }
    }

    /// Answers every line. What was read so far is answered and flushed before more is waited for, so that a crawler can
    /// keep the gate at its side and ask one URL at a time.
    // Not generic: the crate that calls it is not optimised.
    pub fn answer_lines(&mut self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        each_line(input, output, |line, out| self.answer(line, out))
    }

    /// Answers one URL: one line more at the end of `out`.
    pub fn answer(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let ascii;
        let url = if let Ok(url) = std::str::from_utf8(line) {
            url
        } else {
            ascii = percent_encoded(line);
            &ascii
        };
        if url.len() > URL_BYTES_MAX {
            return write(out, Verdict::Unknown, url, format_args!("too-long"));
        }
        let Some(host) = host_of(url, &mut self.host) else {
            return write(out, Verdict::Unknown, url, format_args!("no-web-url"));
        };
        if self.use_ == Use::Access {
            return match fetching(&mut self.access, &self.records, &self.agent, host) {
                Ok(Some(says)) => access(says, url, out),
                Ok(None) => write(out, Verdict::Unknown, url, format_args!("no-record")),
                Err(error) => {
                    write(out, Verdict::Unknown, url, format_args!("unreadable-record {error}"));
                }
            };
        }
        match self.records.of_host(host) {
            Ok(Some(_)) => {}
            Ok(None) => return write(out, Verdict::Unknown, url, format_args!("no-record")),
            Err(error) => {
                return write(out, Verdict::Unknown, url, format_args!("unreadable-record {error}"));
            }
        }
        let copy = Copy { url: Some(url), acquired_at: Some(self.asking.at), ..Copy::default() };
        let reader = Reader { tokens: &[&self.agent], others: false };
        let statements = match gather(&copy, reader, &mut self.records) {
            Ok(gathered) => gathered.statements,
            Err(error) => {
                return write(out, Verdict::Unknown, url, format_args!("unreadable-record {error}"));
            }
        };
        let item = Item {
            url: Some(url),
            acquired_at: Some(self.asking.at),
            letters: None,
            matched: &[],
            statements: &statements,
        };
        let decision = decide(&self.profile, &self.asking, &item, self.use_);
        let by = decision.witness.iter().find_map(|f| match f {
            Fact::Statement { index } => statements.get(*index),
            _ => None,
        });
        let ground = decision.ground;
        match by {
            Some(s) => {
                let line = s.evidence.line.map_or_else(String::new, |line| format!(":{line}"));
                write(out, decision.verdict, url, format_args!("{ground} {}{line}", s.evidence.place));
            }
            None => write(out, decision.verdict, url, format_args!("{ground}")),
        }
    }
}

/// What a host says about fetching; absent where nobody knows.
fn fetching<'k>(
    kept: &'k mut Kept<Option<OneAgent>>,
    records: &SiteRecords,
    agent: &str,
    host: &str,
) -> Result<Option<&'k OneAgent>, RecordError> {
    let place = if let Some(place) = kept.place(host) {
        place
    } else {
        let says = records.read(host)?.and_then(|site| site.access(agent));
        let bytes = says.as_ref().map_or(0, OneAgent::len_bytes) + host.len();
        kept.put(host, says, bytes)
    };
    Ok(kept.at(place).and_then(Option::as_ref))
}

/// Fetching is RFC 9309's matter alone, and its answer needs no profile: what no rule forbids may be fetched.
fn access(says: &OneAgent, url: &str, out: &mut Vec<u8>) {
    let path = path_of(url);
    let access = says.decide(&normal(path.as_bytes()));
    begin(out, if access.allowed { Verdict::Allowed } else { Verdict::Denied }, url);
    out.extend_from_slice(b"robots.txt");
    if let Some(line) = access.line {
        out.push(b':');
        decimal(line, out);
    }
    out.push(b'\n');
}

fn write(out: &mut Vec<u8>, verdict: Verdict, url: &str, ground: std::fmt::Arguments<'_>) {
    begin(out, verdict, url);
    // Writing to memory cannot fail.
    let _ = writeln!(out, "{ground}");
}

/// Verdict and URL. A control character in a URL must not open a column or a line of its own.
fn begin(out: &mut Vec<u8>, verdict: Verdict, url: &str) {
    out.extend_from_slice(verdict.code().as_bytes());
    out.push(b'\t');
    if url.bytes().fold(false, |found, b| found | b.is_ascii_control()) {
        for b in url.bytes() {
            if b.is_ascii_control() {
                let _ = write!(out, "%{b:02X}");
            } else {
                out.push(b);
            }
        }
    } else {
        out.extend_from_slice(url.as_bytes());
    }
    out.push(b'\t');
}

fn decimal(number: u32, out: &mut Vec<u8>) {
    let start = out.len();
    let mut rest = number;
    loop {
        out.push(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

/// Octets that are no UTF-8, in the form in which paths are compared anyway.
fn percent_encoded(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len() + 16);
    for &b in line {
        if b.is_ascii() {
            text.push(char::from(b));
        } else {
            let _ = std::fmt::Write::write_fmt(&mut text, format_args!("%{b:02X}"));
        }
    }
    text
}

fn each_line(
    input: &mut dyn Read,
    output: &mut dyn Write,
    mut answer: impl FnMut(&[u8], &mut Vec<u8>),
) -> io::Result<()> {
    let mut block = vec![0; BLOCK_BYTES];
    let mut pending: Vec<u8> = Vec::new();
    let mut out = Vec::with_capacity(2 * BLOCK_BYTES);
    loop {
        let read = match input.read(&mut block) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if read == 0 {
            break;
        }
        let mut rest = block.get(..read).unwrap_or_default();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            if pending.is_empty() {
                answer(trimmed(line), &mut out);
            } else {
                keep(&mut pending, line);
                answer(trimmed(&pending), &mut out);
                pending.clear();
            }
        }
        keep(&mut pending, rest);
        output.write_all(&out)?;
        output.flush()?;
        out.clear();
    }
    if !pending.is_empty() {
        answer(trimmed(&pending), &mut out);
        output.write_all(&out)?;
        output.flush()?;
    }
    Ok(())
}

/// Keeps the beginning of a line that is longer than a block; what is too long for a URL is not kept.
fn keep(pending: &mut Vec<u8>, part: &[u8]) {
    let room = (URL_BYTES_MAX + 1).saturating_sub(pending.len());
    pending.extend_from_slice(part.get(..room).unwrap_or(part));
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.trim_ascii()
}
