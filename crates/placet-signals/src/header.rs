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
}
