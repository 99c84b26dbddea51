//! HTTP response messages (RFC 9112) as web archives keep them: head, transfer and content encodings, charset.

use std::borrow::Cow;
use std::io::Read;

use encoding_rs::Encoding;

use crate::options::HEADER_BYTES_MAX;

/// The head of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its length with the empty line.
    pub(crate) len: usize,
    /// The status of a response; absent where its line is no status line.
    pub(crate) status: Option<u16>,
    pub(crate) fields: Fields,
}

impl Head {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name)
    }
}

/// Reads the status line and the header fields. `None` where the bytes start with no status line.
pub(crate) fn head(message: &[u8]) -> Option<Head> {
    if !message.starts_with(b"HTTP/") {
        return None;
    }
    let (fields, len) = Fields::read(message, true);
    let line = message.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let word =
        line.split(u8::is_ascii_whitespace).find(|word| !word.is_empty() && !word.starts_with(b"HTTP/"));
    let status = word.and_then(|word| std::str::from_utf8(word).ok()).and_then(|word| word.parse().ok());
    Some(Head { len, status, fields })
}

/// Header fields, names and values one behind the other: a web archive has a header for every few kilobytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    text: String,
    /// Where each name ends, and its value.
    ends: Vec<(usize, usize)>,
}

/// Room for most headers: their fields, and the bytes of these.
const FIELDS_EXPECTED: usize = 12;
const BYTES_EXPECTED: usize = 512;

impl Fields {
    /// Reads `name: value` lines up to an empty one; continuation lines are joined. Gives the fields and the bytes taken.
    pub(crate) fn read(bytes: &[u8], skip_first: bool) -> (Self, usize) {
        let mut fields = Self {
            text: String::with_capacity(bytes.len().min(BYTES_EXPECTED)),
            ends: Vec::with_capacity(FIELDS_EXPECTED),
        };
        let mut at = 0;
        let mut first = skip_first;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            at += len;
            let line = rest.get(..len).unwrap_or_default();
            let starts_blank = matches!(line.first(), Some(b' ' | b'\t'));
            let line = line.trim_ascii();
            if line.is_empty() || at > HEADER_BYTES_MAX {
                break;
            }
            if std::mem::take(&mut first) {
                continue;
            }
            // Nearly every line is UTF-8, and a look at the whole is faster than one at its pieces.
            let line = simdutf8::basic::from_utf8(line)
                .map_or_else(|_| String::from_utf8_lossy(line), Cow::Borrowed);
            match (memchr::memchr(b':', line.as_bytes()), fields.ends.last_mut()) {
                (_, Some((_, end))) if starts_blank => {
                    fields.text.push(' ');
                    fields.text.push_str(&line);
                    *end = fields.text.len();
                }
                (Some(colon), _) => {
                    let (name, value) = line.split_at(colon);
                    fields.push(name.trim(), value.get(1..).unwrap_or_default().trim());
                }
                (None, _) => {}
            }
        }
        (fields, at)
    }

    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let name_end = self.text.len();
        self.text.push_str(value);
        self.ends.push((name_end, self.text.len()));
    }

    /// Names and values, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |&(name_end, end)| {
            let name = self.text.get(start..name_end).unwrap_or_default();
            start = end;
            (name, self.text.get(name_end..end).unwrap_or_default())
        })
    }

    /// The first value of a name; case does not matter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// What became of a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    /// The content.
    Content(Cow<'a, [u8]>),
    /// It grew beyond the limit.
    TooLong,
    /// It cannot be decoded.
    Damaged(&'static str),
}

/// Undoes chunking and content encodings, to at most `max` bytes. A body that is stated to be chunked or encoded
/// and is not is taken as it is: crawlers often keep the header and store the decoded body.
pub(crate) fn decode<'a>(head: &Head, body: &'a [u8], max: u64) -> Body<'a> {
    let chunked =
        head.get("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked"));
    let mut content =
        if chunked { unchunk(body).map_or(Cow::Borrowed(body), Cow::Owned) } else { Cow::Borrowed(body) };
    let encodings = head.get("content-encoding").unwrap_or_default().to_ascii_lowercase();
    for encoding in encodings.split(',').map(str::trim).rev() {
        let decoded = match encoding {
            "gzip" | "x-gzip" if content.starts_with(&[0x1f, 0x8b]) => {
                inflate(flate2::read::MultiGzDecoder::new(&*content), max)
            }
            "deflate" if zlib_header(&content) => inflate(flate2::read::ZlibDecoder::new(&*content), max),
            "deflate" => match inflate(flate2::read::DeflateDecoder::new(&*content), max) {
                Inflated::Damaged => continue,
                other => other,
            },
            "br" => match inflate(brotli_decompressor::Decompressor::new(&*content, 16 * 1024), max) {
                Inflated::Damaged if std::str::from_utf8(&content).is_ok() => continue,
                other => other,
            },
            "zstd" if content.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => match zstd::Decoder::new(&*content) {
                Ok(decoder) => inflate(decoder, max),
                Err(_) => Inflated::Damaged,
            },
            _ => continue,
        };
        content = match decoded {
            Inflated::Whole(bytes) => Cow::Owned(bytes),
            Inflated::TooLong => return Body::TooLong,
            Inflated::Damaged => return Body::Damaged("its content encoding is damaged"),
        };
    }
    Body::Content(content)
}

enum Inflated {
    Whole(Vec<u8>),
    TooLong,
    Damaged,
}

fn inflate(decoder: impl Read, max: u64) -> Inflated {
    let mut out = Vec::new();
    match decoder.take(max.saturating_add(1)).read_to_end(&mut out) {
        Ok(_) if out.len() as u64 > max => Inflated::TooLong,
        Ok(_) => Inflated::Whole(out),
        Err(_) => Inflated::Damaged,
    }
}

fn zlib_header(bytes: &[u8]) -> bool {
    matches!(bytes, [first, second, ..] if first & 15 == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

/// Joins the chunks. `None` where the body is not chunked or a chunk is wrong.
fn unchunk(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        let end = memchr::memchr(b'\n', rest)?;
        let (line, after) = rest.split_at(end + 1);
        let size = line.split(|&byte| byte == b';').next()?.trim_ascii();
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(after.get(..size)?);
        rest = after.get(size..)?;
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
    }
}

/// The media type without parameters, in lower case.
pub(crate) fn media_type(content_type: &str) -> Option<String> {
    let media_type = content_type.split(';').next()?.trim().to_ascii_lowercase();
    (media_type.contains('/') && !media_type.contains(char::is_whitespace)).then_some(media_type)
}

/// The encoding that a `Content-Type` names.
pub(crate) fn charset(content_type: &str) -> Option<&'static Encoding> {
    // Most name none, and are not copied to find that out.
    memchr::memchr(b'=', content_type.as_bytes())?;
    let lower = content_type.to_ascii_lowercase();
    let at = lower.find("charset=")? + "charset=".len();
    label(lower.get(at..)?.as_bytes())
}

/// The encoding that a page names in its first 1,024 bytes (WHATWG HTML §13.2.3.2, in short form). A UTF-16 named
/// there is UTF-8, as the standard says: it could not have been read otherwise.
pub(crate) fn meta_charset(page: &[u8]) -> Option<&'static Encoding> {
    let head = page.get(..1024).unwrap_or(page).to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(head.get(from..)?, b"<meta") {
        let start = from + at;
        let end = memchr::memchr(b'>', head.get(start..)?).map_or(head.len(), |end| start + end);
        let tag = head.get(start..end)?;
        if let Some(at) = memchr::memmem::find(tag, b"charset") {
            let value = tag.get(at + "charset".len()..)?.trim_ascii_start();
            if let Some(encoding) = value.strip_prefix(b"=").and_then(label) {
                return Some(if encoding.is_ascii_compatible() { encoding } else { encoding_rs::UTF_8 });
            }
        }
        from = end.max(start + 5);
    }
    None
}

fn label(value: &[u8]) -> Option<&'static Encoding> {
    let value = value.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|byte| b"\"' ;/\t\r\n".contains(byte)).unwrap_or(value.len());
    Encoding::for_label(value.get(..end)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(name: &str, value: &str) -> Head {
        let mut fields = Fields::default();
        fields.push(name, value);
        Head { fields, ..Head::default() }
    }

    fn content(body: &[u8]) -> Body<'_> {
        Body::Content(body.into())
    }

    #[test]
    fn a_head_gives_its_fields_and_its_length() {
        let message = b"HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n charset=utf-8\r\nX: y\n\r\nbody";
        let head = head(message).unwrap();
        assert_eq!(message.get(head.len..).unwrap(), b"body");
        assert_eq!(head.get("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!((head.get("x"), head.status), (Some("y"), Some(200)));
        assert_eq!(super::head(b"GET / HTTP/1.0\r\n\r\n"), None);
    }

    #[test]
    fn chunks_are_joined_and_wrong_ones_left() {
        let chunked = with("Transfer-Encoding", "chunked");
        assert_eq!(decode(&chunked, b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 99), content(b"abcde"));
        assert_eq!(decode(&chunked, b"plain", 99), content(b"plain"));
        assert_eq!(decode(&chunked, b"fffffffffffffff\r\nabc", 99), content(b"fffffffffffffff\r\nabc"));
    }

    #[test]
    fn content_encodings_are_undone_up_to_the_limit() {
        use std::io::Write as _;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        gzip.write_all(&[b'a'; 1000]).unwrap();
        let gzip = gzip.finish().unwrap();
        let head = with("Content-Encoding", "gzip");
        assert_eq!(decode(&head, &gzip, 1000), content(&[b'a'; 1000]));
        assert_eq!(decode(&head, &gzip, 999), Body::TooLong);
        assert_eq!(decode(&head, b"not gzip", 999), content(b"not gzip"));
        assert!(matches!(decode(&head, gzip.get(..15).unwrap(), 999), Body::Damaged(_)));
        // "abc" as one uncompressed Brotli meta-block (RFC 7932 §9.2).
        let brotli = [0x0b, 0x01, 0x80, b'a', b'b', b'c', 0x03];
        assert_eq!(decode(&with("Content-Encoding", "br"), &brotli, 99), content(b"abc"));
    }

    #[test]
    fn encodings_are_found_in_header_and_page() {
        assert_eq!(charset("text/html; charset=\"Shift_JIS\"").unwrap().name(), "Shift_JIS");
        assert_eq!(meta_charset(b"<html><META charset='windows-1251'>").unwrap().name(), "windows-1251");
        let page = b"<meta name=x><meta http-equiv=Content-Type content=\"text/html; charset=gbk\">";
        assert_eq!(meta_charset(page).unwrap().name(), "GBK");
        assert_eq!(meta_charset(b"<meta charset=utf-16>").unwrap().name(), "UTF-8");
        assert_eq!(meta_charset(b"<meta charset=nonsense>"), None);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut message = b"HTTP/1.1 200\nTransfer-Encoding: chunked\nContent-Encoding: br, deflate\n\n".to_vec();
            message.extend_from_slice(&bytes);
            let head = head(&message).unwrap();
            let _ = decode(&head, &bytes, 1000);
            let _ = meta_charset(&bytes);
            let _ = super::head(&bytes);
        }
    }
}
