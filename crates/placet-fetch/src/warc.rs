//! Exchanges as WARC records (ISO 28500:2017): a request and its response, or a metadata record that says why there is
//! none, each record a gzip member of its own. What is written reads back as it was.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{Exchange, Outcome};

/// Most bytes of a file that are read, as stored and as unpacked.
pub const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;
const RECORDS_MAX: usize = 100_000;
const FAILED: &str = "placet-fetch-failed: ";
const VISIT: &str = "placet-visit";
const ASKED_AT: &str = "placet-asked-at";

/// Which visit a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The URL that was to be visited.
    pub url: String,
    /// When it was asked.
    pub asked_at: Timestamp,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Which visit it is of, where it was written for one.
    pub about: Option<About>,
    /// The exchanges.
    pub exchanges: Vec<Exchange>,
    /// Whether the whole file could be read.
    pub is_whole: bool,
}

/// A file that holds these exchanges, in order.
pub fn write(about: Option<&About>, exchanges: &[Exchange]) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(about) = about {
        let block = format!(
            "software: Placet/{}\r\nformat: WARC File Format 1.1\r\n{VISIT}: {}\r\n{ASKED_AT}: {}\r\n",
            env!("CARGO_PKG_VERSION"),
            one_line(&about.url),
            about.asked_at
        );
        let date = about.asked_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let fields = [
            ("WARC-Type", "warcinfo".to_owned()),
            ("WARC-Record-ID", id()),
            ("WARC-Date", date),
            ("Content-Type", "application/warc-fields".to_owned()),
        ];
        record(&mut out, &fields, block.as_bytes());
    }
    for exchange in exchanges {
        let response_id = id();
        let is_cut = exchange.response().is_some_and(|r| r.is_cut);
        let mut head = |kind: &str, id: &str, content_type: &str, block: &[u8]| {
            let mut fields = vec![
                ("WARC-Type", kind.to_owned()),
                ("WARC-Record-ID", id.to_owned()),
                ("WARC-Target-URI", exchange.url.clone()),
                ("WARC-Date", exchange.at.to_string()),
                ("WARC-Block-Digest", format!("sha256:{}", hexadecimal(&Sha256::digest(block)))),
                ("Content-Type", content_type.to_owned()),
            ];
            fields.extend(exchange.address.clone().map(|a| ("WARC-IP-Address", a)));
            if kind == "request" {
                fields.push(("WARC-Concurrent-To", response_id.clone()));
            } else if is_cut {
                fields.push(("WARC-Truncated", "length".to_owned()));
            }
            record(&mut out, &fields, block);
        };
        match &exchange.outcome {
            Outcome::Response(bytes) => {
                head("response", &response_id, "application/http;msgtype=response", bytes);
            }
            Outcome::Failed(why) => {
                let block = format!("{FAILED}{}\r\n", one_line(why));
                head("metadata", &response_id, "application/warc-fields", block.as_bytes());
            }
        }
        head("request", &id(), "application/http;msgtype=request", &exchange.request);
    }
    out
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

fn record(out: &mut Vec<u8>, fields: &[(&str, String)], block: &[u8]) {
    let mut head = "WARC/1.1\r\n".to_owned();
    for (name, value) in fields {
        let _ = write!(head, "{name}: {}\r\n", one_line(value));
    }
    let _ = write!(head, "Content-Length: {}\r\n\r\n", block.len());
    let mut member = flate2::write::GzEncoder::new(out, flate2::Compression::default());
    // Writing to a Vec cannot fail.
    let _ = [head.as_bytes(), block, b"\r\n\r\n"].iter().try_for_each(|part| member.write_all(part));
    let _ = member.finish();
}

/// A random UUID (RFC 9562, version 4). Where the system has no randomness, records are told apart by nothing.
fn id() -> String {
    let mut bytes = [0_u8; 16];
    let _ = getrandom::fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let hex = hexadecimal(&bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("<urn:uuid:{}-{}-{}-{}-{}>", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02x}");
    }
    out
}

/// Reads a file, gzipped or not. Records of other kinds are passed over; a broken record ends the reading, and what was
/// read until then is kept.
pub fn read(bytes: &[u8]) -> Kept {
    let mut kept = Kept::default();
    let mut unpacked = Vec::new();
    let mut bytes = if bytes.starts_with(&[0x1F, 0x8B]) {
        let mut packed = flate2::read::MultiGzDecoder::new(bytes).take(FILE_BYTES_MAX);
        // A broken member ends the file; the record that it cuts is found broken below.
        kept.is_whole = packed.read_to_end(&mut unpacked).is_ok();
        unpacked.as_slice()
    } else {
        kept.is_whole = true;
        bytes
    };
    // By the identifier of the response, which its request names.
    let mut ids: Vec<String> = Vec::new();
    for _ in 0..RECORDS_MAX {
        while let [b'\r' | b'\n', rest @ ..] = bytes {
            bytes = rest;
        }
        if bytes.is_empty() {
            return kept;
        }
        let Some((fields, block, rest)) = next(bytes) else { break };
        bytes = rest;
        let field =
            |name: &str| fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
        if field("WARC-Type") == Some("warcinfo") {
            kept.about = kept.about.take().or_else(|| about(block));
            continue;
        }
        let (Some(kind), Some(url), Some(at)) = (
            field("WARC-Type"),
            field("WARC-Target-URI").map(|u| u.trim_matches(['<', '>'])),
            field("WARC-Date").and_then(|d| d.parse::<Timestamp>().ok()),
        ) else {
            continue;
        };
        let outcome = match kind {
            "response" => Outcome::Response(block.to_vec()),
            "metadata" => {
                match std::str::from_utf8(block).ok().and_then(|t| t.trim_end().strip_prefix(FAILED)) {
                    Some(why) => Outcome::Failed(why.to_owned()),
                    None => continue,
                }
            }
            "request" => {
                let of = field("WARC-Concurrent-To").unwrap_or_default();
                let found = ids.iter().position(|id| id == of);
                if let Some(exchange) = found.and_then(|at| kept.exchanges.get_mut(at)) {
                    exchange.request = block.to_vec();
                }
                continue;
            }
            _ => continue,
        };
        ids.push(field("WARC-Record-ID").unwrap_or_default().to_owned());
        kept.exchanges.push(Exchange {
            url: url.to_owned(),
            at,
            address: field("WARC-IP-Address").map(str::to_owned),
            request: Vec::new(),
            outcome,
        });
    }
    kept.is_whole = false;
    kept
}

/// Which visit the first record says the file is of.
fn about(block: &[u8]) -> Option<About> {
    let text = std::str::from_utf8(block).ok()?;
    let field = |name: &str| {
        text.lines().filter_map(|l| l.split_once(':')).find(|(n, _)| *n == name).map(|(_, v)| v.trim())
    };
    Some(About { url: field(VISIT)?.to_owned(), asked_at: field(ASKED_AT)?.parse().ok()? })
}

type Record<'a> = (Vec<(String, String)>, &'a [u8], &'a [u8]);

fn next(bytes: &[u8]) -> Option<Record<'_>> {
    const HEAD_BYTES_MAX: usize = 64 * 1024;
    if !bytes.starts_with(b"WARC/") {
        return None;
    }
    let head = bytes.get(..HEAD_BYTES_MAX.min(bytes.len()))?;
    let end = head.windows(4).position(|w| w == b"\r\n\r\n")?;
    let text = std::str::from_utf8(head.get(..end)?).ok()?;
    let fields: Vec<(String, String)> = text
        .lines()
        .skip(1)
        .filter_map(|l| l.split_once(':'))
        .map(|(n, v)| (n.trim().to_owned(), v.trim().to_owned()))
        .collect();
    let len: usize = fields.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-length"))?.1.parse().ok()?;
    let rest = bytes.get(end + 4..)?;
    let block = rest.get(..len)?;
    Some((fields, block, rest.get(len..)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            pages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..60), "[a-z ]{1,20}[a-z]"), 0..5),
        ) {
            let exchanges: Vec<Exchange> = pages
                .into_iter()
                .enumerate()
                .map(|(i, (failed, bytes, why))| Exchange {
                    url: format!("https://a.example/{i}"),
                    at: Timestamp::from_second(1_700_000_000 + i as i64).unwrap(),
                    address: (!failed).then(|| "93.184.216.34".to_owned()),
                    request: b"GET / HTTP/1.1\r\n\r\n".to_vec(),
                    outcome: if failed { Outcome::Failed(why) } else { Outcome::Response(bytes) },
                })
                .collect();
            let about = About { url: "https://a.example/0".to_owned(), asked_at: Timestamp::UNIX_EPOCH };
            let written = write(Some(&about), &exchanges);
            let whole = Kept { about: Some(about), exchanges, is_whole: true };
            prop_assert_eq!(&read(&written), &whole);
            let cut = read(written.get(..written.len() - 1).unwrap());
            prop_assert!(!cut.is_whole && cut.exchanges.len() <= whole.exchanges.len());
            let cut = read(written.get(..written.len() * 2 / 3).unwrap());
            prop_assert!(cut.exchanges.len() <= whole.exchanges.len());
        }

        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), length in 0u64..100) {
            read(&bytes);
            let mut record = format!("WARC/1.1\r\nWARC-Type: response\r\nContent-Length: {length}\r\n\r\n").into_bytes();
            record.extend(bytes);
            read(&record);
        }
    }
}
