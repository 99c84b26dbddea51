//! Reading a response: head, framing and coding of its body (RFC 9112).

use std::io::Read as _;

/// Most bytes of a head.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of a body, as sent and as unpacked.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
const FIELDS_MAX: usize = 500;
/// How a chunked body without trailers ends.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// Its status.
    pub status: u16,
    /// The bytes of its head.
    pub head: &'a [u8],
    /// Its fields.
    pub fields: Vec<(&'a str, &'a [u8])>,
    /// Its body, unpacked; cut at the limit.
    pub body: Vec<u8>,
    /// Whether there was more of the body than is here: above the limit, or the connection ended early.
    pub is_cut: bool,
}

impl Response<'_> {
    /// The first field of a name.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(|v| std::str::from_utf8(v).ok())
    }

    /// Seconds that it may be kept, by its `Cache-Control`; 0 where it must not be.
    pub fn lifetime_s(&self, otherwise: u32) -> u32 {
        let Some(control) = self.text("cache-control") else { return otherwise };
        let mut lifetime = otherwise;
        for word in control.split(',').map(|w| w.trim().to_ascii_lowercase()) {
            if word == "no-store" || word == "no-cache" {
                return 0;
            }
            if let Some(seconds) = word.strip_prefix("max-age=") {
                lifetime = seconds.trim_matches('"').parse().unwrap_or(0);
            }
        }
        lifetime
    }
}

/// How the body's end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(usize),
    Chunked,
    ToTheEnd,
}

/// The length of a head with its empty line, once it is there.
pub(crate) fn head_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let end = at + bytes.get(at..)?.iter().position(|b| *b == b'\n')?;
        let line = bytes.get(at..end)?;
        if line.is_empty() || line == b"\r" {
            return Some(end + 1);
        }
        at = end + 1;
    }
}

struct Head<'a> {
    status: u16,
    fields: Vec<(&'a str, &'a [u8])>,
    framing: Framing,
}

fn head(bytes: &[u8]) -> Option<Head<'_>> {
    let mut lines = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let mut words = first.split_ascii_whitespace();
    words.next().filter(|w| w.starts_with("HTTP/1."))?;
    let status: u16 = words.next()?.parse().ok().filter(|s| (100..600).contains(s))?;
    let mut fields = Vec::new();
    for line in lines.take(FIELDS_MAX) {
        if let Some(colon) = line.iter().position(|b| *b == b':')
            && let (Some(name), Some(value)) = (line.get(..colon), line.get(colon + 1..))
            && let Ok(name) = std::str::from_utf8(name)
        {
            fields.push((name.trim(), value.trim_ascii()));
        }
    }
    let text = |name: &str| {
        let found = fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.and_then(|(_, v)| std::str::from_utf8(v).ok())
    };
    let framing = if matches!(status, 100..200 | 204 | 304) {
        Framing::None
    } else if text("transfer-encoding").is_some_and(|t| t.to_ascii_lowercase().contains("chunked")) {
        Framing::Chunked
    } else {
        match text("content-length").map(str::parse) {
            Some(Ok(len)) => Framing::Length(len),
            _ => Framing::ToTheEnd,
        }
    };
    Some(Head { status, fields, framing })
}

/// Head, its bytes and what follows it of the final response; interim ones (RFC 9110, section 15.2) are passed over.
fn split(mut bytes: &[u8]) -> Option<(Head<'_>, &[u8], &[u8])> {
    loop {
        let (head_bytes, body) = bytes.split_at_checked(head_len(bytes)?)?;
        let found = head(head_bytes)?;
        if !matches!(found.status, 100 | 102..200) {
            return Some((found, head_bytes, body));
        }
        bytes = body;
    }
}

/// Whether a response is complete, so that no more needs to be read.
pub(crate) fn is_complete(bytes: &[u8]) -> bool {
    let Some((head, _, body)) = split(bytes) else {
        // Either its head has not come yet, or it is no response.
        return bytes.len() > HEAD_BYTES_MAX || !b"HTTP/1.".starts_with(bytes.get(..7).unwrap_or(bytes));
    };
    match head.framing {
        Framing::None => true,
        Framing::Length(length) => body.len() >= length.min(BODY_BYTES_MAX),
        Framing::Chunked => body.len() >= BODY_BYTES_MAX || (body.ends_with(LAST_CHUNK) && dechunked(body).1),
        Framing::ToTheEnd => body.len() >= BODY_BYTES_MAX,
    }
}

/// Where a response leads, where it is a redirect.
pub(crate) fn location(bytes: &[u8]) -> Option<&str> {
    let (head, _, _) = split(bytes)?;
    let is_redirect = matches!(head.status, 301 | 302 | 303 | 307 | 308);
    let field = head.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case("location"));
    field.filter(|_| is_redirect).and_then(|(_, v)| std::str::from_utf8(v).ok())
}

/// Reads a response; absent where the bytes are none.
pub fn read(bytes: &[u8]) -> Option<Response<'_>> {
    let (Head { status, fields, framing }, head, body) = split(bytes)?;
    let (body, mut is_cut) = match framing {
        Framing::None => (Vec::new(), false),
        Framing::Length(length) => {
            (body.get(..length.min(body.len())).unwrap_or_default().to_vec(), body.len() < length)
        }
        Framing::Chunked => {
            let (body, ended) = dechunked(body);
            (body, !ended)
        }
        Framing::ToTheEnd => (body.to_vec(), false),
    };
    let coding = fields.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-encoding"));
    let coding = coding.map(|(_, v)| v.to_ascii_lowercase()).unwrap_or_default();
    let mut body = match coding.as_slice() {
        b"gzip" | b"x-gzip" => unpacked(flate2::read::MultiGzDecoder::new(body.as_slice())),
        b"deflate" => unpacked(flate2::read::ZlibDecoder::new(body.as_slice())),
        _ => body,
    };
    is_cut |= body.len() > BODY_BYTES_MAX;
    body.truncate(BODY_BYTES_MAX);
    Some(Response { status, head, fields, body, is_cut })
}

/// Unpacks up to one byte above the limit, which tells that there is more.
fn unpacked(packed: impl std::io::Read) -> Vec<u8> {
    let mut out = Vec::new();
    // A broken stream ends early; what came out of it counts.
    let _ = packed.take(BODY_BYTES_MAX as u64 + 1).read_to_end(&mut out);
    out
}

/// The content of chunks, and whether the last one has come.
fn dechunked(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    loop {
        let Some(end) = bytes.iter().take(1024).position(|b| *b == b'\n') else { return (out, false) };
        let line = bytes.get(..end).unwrap_or_default();
        let digits: Vec<u8> = line.iter().copied().take_while(u8::is_ascii_hexdigit).take(8).collect();
        let size = std::str::from_utf8(&digits).ok().and_then(|d| usize::from_str_radix(d, 16).ok());
        // No size: broken, and nothing behind it can be told apart.
        let Some(size) = size else { return (out, true) };
        if size == 0 {
            return (out, true);
        }
        bytes = bytes.get(end + 1..).unwrap_or_default();
        let Some(data) = bytes.get(..size) else {
            out.extend_from_slice(bytes);
            return (out, false);
        };
        out.extend_from_slice(data);
        if out.len() > BODY_BYTES_MAX {
            return (out, true);
        }
        bytes = bytes.get(size..).unwrap_or_default();
        bytes = bytes.strip_prefix(b"\r").unwrap_or(bytes);
        bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bodies_are_framed() {
        for (message, body, complete) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"[..], "abc", true),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "abc", false),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                "abcde",
                true,
            ),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "ab", false),
            (b"HTTP/1.0 200 OK\n\nabc", "abc", false),
            (b"HTTP/1.1 204 No\r\n\r\nabc", "", true),
        ] {
            let said = read(message).unwrap();
            assert_eq!((said.body.as_slice(), is_complete(message)), (body.as_bytes(), complete));
        }
        assert_eq!(read(b"SSH-2.0\r\n\r\n"), None);
        let bytes = b"HTTP/1.1 301 x\r\nLocation: /b\r\nCache-Control: max-age=60, no-cache\r\n\r\n";
        assert_eq!((location(bytes), read(bytes).unwrap().lifetime_s(9)), (Some("/b"), 0));
        let early =
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
        assert_eq!(read(early).unwrap().status, 200);
        assert!(!is_complete(early.get(..50).unwrap()) && is_complete(early) && is_complete(b"SSH-2.0"));
    }

    #[test]
    fn what_was_cut_is_told() {
        let cut = |message: &[u8]| read(message).unwrap().is_cut;
        assert!(cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
        assert!(cut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"));
        assert!(!cut(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), coding in "(gzip|deflate|)") {
            let mut message = format!("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {coding}\r\n\r\n5\r\n").into_bytes();
            message.extend(&bytes);
            for m in [&bytes, &message] {
                is_complete(m);
                if let Some(response) = read(m) {
                    response.lifetime_s(1);
                }
                location(m);
            }
        }
    }
}
