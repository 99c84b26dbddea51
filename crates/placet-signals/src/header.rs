//! HTTP response header fields: every signal that a response carries.

use placet_core::Statement;

use crate::defect::Defect;
use crate::{aipref, content_signal, licence, robots_meta, rsl, tdmrep};

/// Most bytes of one field that are read.
pub const FIELD_BYTES_MAX: usize = 64 * 1024;
/// Most fields of one response that are read.
pub const FIELDS_MAX: usize = 1_000;

/// What the header of a response carries.
#[derive(Clone, Debug, Default)]
pub struct HeaderSignals {
    /// What it states.
    pub statements: Vec<Statement>,
    /// What it says of the TDM reservation, to be weighed against the other carriers.
    pub tdmrep: Option<tdmrep::Mark>,
    /// Licences that it points to and that are still to be fetched.
    pub rsl: Vec<rsl::Link>,
}

/// Reads header fields, names and values as they came.
pub fn parse(fields: &[(&str, &[u8])]) -> (HeaderSignals, Vec<Defect>) {
    let mut signals = HeaderSignals::default();
    let mut defects = Vec::new();
    let named = |name: &str| -> Vec<&[u8]> {
        fields
            .iter()
            .take(FIELDS_MAX)
            .filter(|(n, _)| n.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.get(..FIELD_BYTES_MAX).unwrap_or(value))
            .collect()
    };
    let mut take = |(statements, wrong): (Vec<Statement>, Vec<Defect>)| {
        signals.statements.extend(statements);
        defects.extend(wrong);
    };
    take(aipref::header(&named("content-usage")));
    take(content_signal::header(&named("content-signal")));
    take(robots_meta::header(&named("x-robots-tag")));
    let link_fields = named("link");
    take((licence::in_links(&link_fields), Vec::new()));
    let (mark, wrong) = tdmrep::header(&named("tdm-reservation"), named("tdm-policy").first().copied());
    signals.tdmrep = mark;
    defects.extend(wrong);
    signals.rsl = rsl::in_headers(&link_fields);
    (signals, defects)
}

/// Whether a field of this name may carry a signal.
pub fn carries(name: &str) -> bool {
    const NAMES: [&str; 6] =
        ["content-usage", "content-signal", "x-robots-tag", "link", "tdm-reservation", "tdm-policy"];
    NAMES.iter().any(|n| name.len() == n.len() && name.eq_ignore_ascii_case(n))
}

/// The fields of a response head that was saved as text (`curl -D`), with its status where it has one.
///
/// Of several heads, as redirects leave them, the last one counts.
pub fn saved(bytes: &[u8]) -> (Option<u16>, Vec<(String, Vec<u8>)>) {
    let mut status = None;
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    let mut is_over = false;
    for line in bytes.split(|&b| b == b'\n').take(FIELDS_MAX) {
        let continues = matches!(line.first(), Some(b' ' | b'\t'));
        let line = line.trim_ascii();
        if line.starts_with(b"HTTP/") {
            fields.clear();
            is_over = false;
            let word = line.split(u8::is_ascii_whitespace).nth(1);
            status = word.and_then(|w| std::str::from_utf8(w).ok()).and_then(|w| w.parse().ok());
        } else if line.is_empty() {
            is_over = !fields.is_empty();
        } else if !is_over {
            match (fields.last_mut(), memchr::memchr(b':', line)) {
                (Some((_, value)), _) if continues => {
                    value.push(b' ');
                    value.extend_from_slice(line);
                }
                (_, Some(colon)) => {
                    let (name, value) = line.split_at(colon);
                    let name = String::from_utf8_lossy(name.trim_ascii()).into_owned();
                    fields.push((name, value.get(1..).unwrap_or_default().trim_ascii().to_vec()));
                }
                _ => {}
            }
        }
    }
    (status, fields)
}

/// One link of a `Link` field (RFC 8288).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderLink {
    pub(crate) url: String,
    parameters: Vec<(String, String)>,
}

impl HeaderLink {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub(crate) fn has_relation(&self, relation: &str) -> bool {
        self.parameter("rel")
            .is_some_and(|r| r.split_ascii_whitespace().any(|w| w.eq_ignore_ascii_case(relation)))
    }

    pub(crate) fn quote(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(|(n, v)| format!("; {n}=\"{v}\"")).collect();
        format!("<{}>{}", self.url, parameters.concat())
    }
}

/// The links of a `Link` field.
pub(crate) fn links(field: &[u8]) -> Vec<HeaderLink> {
    let text = String::from_utf8_lossy(field.get(..FIELD_BYTES_MAX).unwrap_or(field));
    let mut links = Vec::new();
    let mut rest: &str = &text;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((url, after)) = after.split_once('>') else { break };
        let (parameters, after) = link_parameters(after);
        links.push(HeaderLink { url: url.trim().to_owned(), parameters });
        rest = after;
    }
    links
}

/// Parameters up to the comma that begins the next link.
fn link_parameters(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut parameters = Vec::new();
    loop {
        rest = rest.trim_start();
        let Some(after) = rest.strip_prefix(';') else { return (parameters, rest) };
        let end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        rest = after;
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            if let Some(quoted) = after.strip_prefix('"') {
                let end = quoted.find('"').unwrap_or(quoted.len());
                let (inside, after) = quoted.split_at(end);
                value = inside;
                rest = after.strip_prefix('"').unwrap_or(after);
            } else {
                let end = after.find([';', ',']).unwrap_or(after.len());
                let (inside, after) = after.split_at(end);
                value = inside.trim();
                rest = after;
            }
        }
        parameters.push((name.trim().to_ascii_lowercase(), value.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_with_quotes_and_commas() {
        let read = links(b"<a,b>; rel=\"next license\"; type=\"application/rsl+xml\", <c>; rel=license");
        assert_eq!(read.len(), 2);
        assert!(read[0].has_relation("license") && read[0].url == "a,b");
        assert_eq!(read[0].parameter("type"), Some("application/rsl+xml"));
        assert_eq!((read[1].url.as_str(), read[1].has_relation("license")), ("c", true));
    }

    #[test]
    fn of_saved_heads_the_last_one_counts() {
        let text = b"HTTP/1.1 301 Moved\r\nLocation: /b\r\nTDM-Reservation: 0\r\n\r\nHTTP/2 200\r\ntdm-reservation: 1\r\nx: a\r\n b\r\n\r\nbody: y";
        let (status, fields) = saved(text);
        assert_eq!(status, Some(200));
        assert_eq!(
            fields,
            [("tdm-reservation".to_owned(), b"1".to_vec()), ("x".to_owned(), b"a b".to_vec())]
        );
        assert_eq!(saved(b"X-Robots-Tag: noai").1.len(), 1);
        assert!(carries("LINK") && !carries("content-type"));
    }
}
