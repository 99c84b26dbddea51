//! One line of a log: NCSA Common and Combined (Apache's `combined` and `vhost_combined`, nginx's `combined` with or
//! without more fields behind it) and Caddy's JSON.

use memchr::{memchr, memchr_iter, memmem};
use serde::Deserialize;

/// A visit as a line tells it. Everything is as it stands there, escapes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    /// Address of the visitor.
    pub address: &'a [u8],
    /// Host that was asked, where the format names it.
    pub host: &'a [u8],
    /// Seconds since 1970.
    pub time: i64,
    /// Path and query.
    pub target: &'a [u8],
    /// Status of the answer.
    pub status: u16,
    /// Bytes of the answer.
    pub bytes: u64,
}

/// Which format a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Common,
    Combined,
}

/// A line of NCSA shape, cut into its parts; numbers are not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) shape: Shape,
    before: &'a [u8],
    time: &'a [u8],
    request: &'a [u8],
    numbers: &'a [u8],
    pub(super) agent: &'a [u8],
}

/// Length of `10/Oct/2000:13:55:36 -0700`.
const TIME_BYTES: usize = 26;

/// Cuts a line of NCSA shape.
pub(super) fn cut(line: &[u8]) -> Result<Parts<'_>, &'static str> {
    let open = memchr(b'[', line).ok_or("no time in brackets")?;
    let (before, rest) = (line.get(..open).unwrap_or_default(), line.get(open + 1..).unwrap_or_default());
    let time = rest.get(..TIME_BYTES).ok_or("the line ends in its time")?;
    let rest = rest
        .get(TIME_BYTES..)
        .and_then(|rest| rest.strip_prefix(b"] \""))
        .ok_or("no quoted request behind the time")?;
    let (request, rest) = quoted(rest).ok_or("the request's quotation mark is not closed")?;
    let numbers_end = memchr(b'"', rest).unwrap_or(rest.len());
    let numbers = rest.get(..numbers_end).unwrap_or_default();
    let rest = rest.get(numbers_end..).unwrap_or_default();
    let common = Parts { shape: Shape::Common, before, time, request, numbers, agent: b"" };
    let Some(rest) = rest.strip_prefix(b"\"") else { return Ok(common) };
    let (_, rest) = quoted(rest).ok_or("the referer's quotation mark is not closed")?;
    let Some(rest) = rest.strip_prefix(b" \"") else { return Ok(common) };
    let (agent, _) = quoted(rest).ok_or("the agent's quotation mark is not closed")?;
    Ok(Parts { shape: Shape::Combined, agent, ..common })
}

/// What stands before the next quotation mark that no backslash escapes, and what follows the mark.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    for at in memchr_iter(b'"', text) {
        let inside = text.get(..at).unwrap_or_default();
        let escapes = inside.iter().rev().take_while(|b| **b == b'\\').count();
        if escapes % 2 == 0 {
            return Some((inside, text.get(at + 1..).unwrap_or_default()));
        }
    }
    None
}

impl<'a> Parts<'a> {
    /// Reads the rest of the line.
    pub(super) fn read(&self) -> Result<Hit<'a>, &'static str> {
        let mut fields = self.before.split(|b| *b == b' ').filter(|field| !field.is_empty());
        let (first, second) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        // `vhost_combined` puts the host and its port in front.
        let with_host = fields.count() >= 2;
        let (host, address) = if with_host { (without_port(first), second) } else { (&b""[..], first) };
        if address.is_empty() {
            return Err("no address in front");
        }
        let time = time(self.time).ok_or("the time is none")?;
        let mut words = self.request.split(|b| *b == b' ');
        let (_method, target) = (words.next(), words.next());
        // What is no HTTP request has no target; the visit still happened.
        let target = target.unwrap_or_default();
        let mut numbers = self.numbers.split(|b| *b == b' ').filter(|n| !n.is_empty());
        let status =
            numbers.next().and_then(number).and_then(|n| u16::try_from(n).ok()).ok_or("no status")?;
        let bytes = numbers.next().and_then(number).unwrap_or(0);
        Ok(Hit { address, host, time, target, status, bytes })
    }
}

fn without_port(host: &[u8]) -> &[u8] {
    match host.iter().rposition(|b| *b == b':') {
        Some(colon) if host.get(colon + 1..).unwrap_or_default().iter().all(u8::is_ascii_digit) => {
            host.get(..colon).unwrap_or_default()
        }
        _ => host,
    }
}

fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0u64, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u64::from(b - b'0')))
}

/// `10/Oct/2000:13:55:36 -0700` in seconds since 1970.
fn time(text: &[u8]) -> Option<i64> {
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let at = |from: usize, until: usize| Some(number(text.get(from..until)?)? as i64);
    let month = MONTHS.iter().position(|m| text.get(3..6) == Some(m))? as i64 + 1;
    let (day, year) = (at(0, 2)?, at(7, 11)?);
    let (hour, minute, second) = (at(12, 14)?, at(15, 17)?, at(18, 20)?);
    if !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset = at(22, 24)? * 3600 + at(24, 26)? * 60;
    let offset = match text.get(21)? {
        b'+' => offset,
        b'-' => -offset,
        _ => return None,
    };
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// Days since 1970-01-01 of a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March put the leap day last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The `User-Agent` of a line of JSON, as it stands there; absent where it names none.
pub(super) fn json_agent(line: &[u8]) -> Option<&[u8]> {
    const KEY: &[u8] = b"\"User-Agent\":";
    let at = memmem::find(line, KEY)? + KEY.len();
    let rest = line.get(at..)?.trim_ascii_start();
    let rest = rest.strip_prefix(b"[").unwrap_or(rest).trim_ascii_start();
    quoted(rest.strip_prefix(b"\"")?).map(|(inside, _)| inside)
}

/// A line of Caddy's access log.
#[derive(Deserialize)]
pub(super) struct Caddy {
    ts: serde_json::Value,
    request: CaddyRequest,
    status: u16,
    #[serde(default)]
    size: u64,
}

#[derive(Deserialize)]
struct CaddyRequest {
    #[serde(default)]
    client_ip: String,
    #[serde(default)]
    remote_ip: String,
    #[serde(default)]
    remote_addr: String,
    #[serde(default)]
    host: String,
    #[serde(default)]
    uri: String,
}

impl Caddy {
    /// Reads it.
    pub(super) fn hit(&self) -> Result<Hit<'_>, &'static str> {
        let request = &self.request;
        let address = [&request.client_ip, &request.remote_ip, &request.remote_addr]
            .into_iter()
            .find(|a| !a.is_empty())
            .ok_or("no address")?;
        let time = match &self.ts {
            serde_json::Value::Number(seconds) => seconds.as_f64().map(|s| s.floor() as i64),
            serde_json::Value::String(text) => {
                text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
            }
            _ => None,
        };
        Ok(Hit {
            address: address.as_bytes(),
            host: without_port(request.host.as_bytes()),
            time: time.ok_or("the time is none")?,
            target: request.uri.as_bytes(),
            status: self.status,
            bytes: self.size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMBINED: &[u8] = br#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)""#;

    #[test]
    fn the_formats_of_the_manuals_are_read() {
        // The examples of the Apache manual (mod_log_config).
        let parts = cut(COMBINED).unwrap();
        assert_eq!((parts.shape, parts.agent), (Shape::Combined, &b"Mozilla/4.08 [en] (Win98; I ;Nav)"[..]));
        let hit = parts.read().unwrap();
        assert_eq!((hit.time, hit.status, hit.bytes), (971_211_336, 200, 2326));
        assert_eq!((hit.address, hit.target), (&b"127.0.0.1"[..], &b"/apache_pb.gif"[..]));

        let common = br#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 -"#;
        let parts = cut(common).unwrap();
        assert_eq!((parts.shape, parts.read().unwrap().bytes), (Shape::Common, 0));

        let host = br#"www.example.org:443 2001:db8::7 - - [29/Feb/2024:23:59:59 +0100] "GET /a\"b HTTP/2" 404 17 "-" "X \"quoted\" agent" "more" 0.004"#;
        let parts = cut(host).unwrap();
        let hit = parts.read().unwrap();
        assert_eq!((hit.host, hit.address), (&b"www.example.org"[..], &b"2001:db8::7"[..]));
        assert_eq!((hit.target, parts.agent), (&br#"/a\"b"#[..], &br#"X \"quoted\" agent"#[..]));
        let expected: jiff::Timestamp = "2024-02-29T22:59:59Z".parse().unwrap();
        assert_eq!(hit.time, expected.as_second());
    }

    #[test]
    fn caddys_json_is_read() {
        let line = br#"{"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","remote_port":"41342","client_ip":"127.0.0.1","proto":"HTTP/2.0","method":"GET","host":"localhost:8443","uri":"/x?y","headers":{"User-Agent":["curl/7.82.0"],"Accept":["*/*"]}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":200,"resp_headers":{}}"#;
        assert_eq!(json_agent(line), Some(&b"curl/7.82.0"[..]));
        let caddy: Caddy = serde_json::from_slice(line).unwrap();
        let hit = caddy.hit().unwrap();
        assert_eq!((hit.time, hit.bytes, hit.status), (1_646_861_401, 10900, 200));
        assert_eq!((hit.host, hit.target), (&b"localhost"[..], &b"/x?y"[..]));
    }

    #[test]
    fn what_is_no_line_of_a_log_says_why() {
        for (line, why) in [
            (&b"hello"[..], "no time in brackets"),
            (b"1.2.3.4 - - [10/Oct/2000:13:55:36", "the line ends in its time"),
            (b"1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] GET / 200", "no quoted request behind the time"),
            (
                b"1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET / 200",
                "the request's quotation mark is not closed",
            ),
        ] {
            assert_eq!(cut(line).err(), Some(why));
        }
        let bad = b"1.2.3.4 - - [99/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 1";
        assert_eq!(cut(bad).unwrap().read().err(), Some("the time is none"));
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(proptest::num::u8::ANY, 0..200), cuts in 0usize..200) {
            if let Ok(parts) = cut(&line) { let _ = parts.read(); }
            let _ = json_agent(&line);
            let prefix = COMBINED.get(..cuts).unwrap_or(COMBINED);
            if let Ok(parts) = cut(prefix) { let _ = parts.read(); }
        }
    }
}
