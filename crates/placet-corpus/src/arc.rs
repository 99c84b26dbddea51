//! The header line of ARC version 1: `address IP-address date media-type length`. Addresses may hold spaces.

use crate::http::Fields;
use crate::warc::Header;

/// Whether a line has the shape of a record header; its length may still be wrong.
pub(crate) fn is_header(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let parts: Vec<&str> = line.trim_end().rsplitn(5, ' ').collect();
    matches!(parts.as_slice(), [_, media_type, date, _, address]
        if address.contains(':') && media_type.contains('/')
            && date.len() >= 8 && date.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads a header line into the names that WARC has for its parts.
pub(crate) fn header(line: Vec<u8>) -> Result<Header, String> {
    let text = String::from_utf8_lossy(&line);
    let parts: Vec<&str> = text.trim_end().rsplitn(5, ' ').collect();
    let [length, media_type, date, _, address] = parts.as_slice() else {
        return Err("its header has not five fields".to_owned());
    };
    if length.parse::<u64>().is_err() {
        return Err(format!("its header states no length but {length:?}"));
    }
    let kind = if address.starts_with("filedesc:") { "warcinfo" } else { "response" };
    let mut fields = Fields::default();
    fields.push("WARC-Type", kind);
    fields.push("WARC-Target-URI", address);
    fields.push("WARC-Date", date.get(..14).unwrap_or(date));
    fields.push("Content-Type", media_type);
    fields.push("Content-Length", length);
    Ok(Header { bytes: line, fields })
}
