//! Web addresses: the host that a URL belongs to, and what a relative reference means (RFC 3986, section 5.2).

use crate::robots::{authority, split_scheme};

/// Longest host name, with port (RFC 1035, section 2.3.4).
const HOST_BYTES_MAX: usize = 255 + 6;
/// Longest URL that a reference is resolved to.
pub const URL_BYTES_MAX: usize = 16 * 1024;

/// The host of a web URL as records are named after it: lower case, with a port that is not the scheme's own.
///
/// Absent where the text is no web URL, or the host is no name for a folder. The name is put into `name` where it does
/// not stand in the URL just so.
pub fn host_of<'n>(url: &'n str, name: &'n mut String) -> Option<&'n str> {
    plain_host(url).or_else(|| any_host(url, name))
}

/// The host of a URL that names it as records are named already, as most do.
fn plain_host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let fits = |b: &u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    let end = rest.as_bytes().iter().position(|b| !fits(b)).unwrap_or(rest.len());
    let host = rest.get(..end).filter(|host| !host.is_empty() && host.len() <= HOST_BYTES_MAX)?;
    let is_whole = rest.as_bytes().get(end).is_none_or(|b| matches!(b, b'/' | b'?' | b'#' | b';'));
    (is_whole && !host.starts_with('.') && !host.ends_with('.')).then_some(host)
}

fn any_host<'n>(url: &str, name: &'n mut String) -> Option<&'n str> {
    let (scheme, rest) = split_scheme(url)?;
    let port = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else if scheme.eq_ignore_ascii_case("http") {
        ":80"
    } else {
        return None;
    };
    let host = authority(rest);
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

/// The path of a web URL without query and fragment; `/` where it names none.
pub fn path_of(url: &str) -> &str {
    let rest = split_scheme(url).map_or(url, |(_, rest)| rest);
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let rest = rest.get(..end).unwrap_or_default();
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

/// The web URL that a reference means where it stands in what `base` gives, without fragment.
///
/// Absent where it means no web URL: `mailto:`, `data:`, a relative reference without a base.
///
/// # Examples
/// ```
/// # use placet_signals::address::resolve;
/// let at = |reference| resolve(Some("https://a.example/b/c?d"), reference);
/// assert_eq!(at("../license.xml").as_deref(), Some("https://a.example/license.xml"));
/// assert_eq!(at("//c.example/x#y").as_deref(), Some("https://c.example/x"));
/// assert_eq!(at("mailto:a@b.example"), None);
/// ```
pub fn resolve(base: Option<&str>, reference: &str) -> Option<String> {
    let reference = reference.trim();
    let reference = reference.split('#').next().unwrap_or(reference);
    if reference.len() > URL_BYTES_MAX || base.is_some_and(|b| b.len() > URL_BYTES_MAX) {
        return None;
    }
    if is_web(reference) {
        return Some(reference.to_owned());
    }
    // A colon before any slash begins another scheme.
    let first = reference.split(['/', '?']).next().unwrap_or_default();
    if first.contains(':') {
        return None;
    }
    let base = base.filter(|b| is_web(b))?;
    let (scheme, rest) = base.split_once("://")?;
    if reference.starts_with("//") {
        return Some(format!("{scheme}:{reference}"));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let base_path = path_of(base);
    if reference.is_empty() || reference.starts_with('?') {
        return Some(format!("{scheme}://{authority}{base_path}{reference}"));
    }
    let (path, query) = reference.split_at(reference.find('?').unwrap_or(reference.len()));
    let joined = if path.starts_with('/') {
        path.to_owned()
    } else {
        let folder = base_path.rfind('/').and_then(|at| base_path.get(..=at)).unwrap_or("/");
        format!("{folder}{path}")
    };
    Some(format!("{scheme}://{authority}{}{query}", without_dots(&joined)))
}

fn is_web(url: &str) -> bool {
    ["http://", "https://"].iter().any(|s| url.get(..s.len()).is_some_and(|b| b.eq_ignore_ascii_case(s)))
}

/// A path without `.` and `..` (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_never_leads_out_of_a_folder() {
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

    proptest::proptest! {
        /// The short way gives what the long one gives.
        #[test]
        fn a_plain_host_is_the_host(url in "(http|https|HTTP)://[aA0.:@-]{0,6}(|[/?#;]).{0,4}") {
            let mut name = String::new();
            if let Some(plain) = plain_host(&url) {
                proptest::prop_assert_eq!(any_host(&url, &mut name), Some(plain));
            }
        }
    }

    /// RFC 3986, section 5.4, as far as it is about web URLs.
    #[test]
    fn references_are_resolved_as_the_standard_says() {
        for (reference, url) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("/./g/../h", "http://a/h"),
            ("https://x.example/y", "https://x.example/y"),
        ] {
            assert_eq!(resolve(Some("http://a/b/c/d;p"), reference).as_deref(), Some(url), "{reference}");
        }
        assert_eq!(resolve(None, "/a"), None);
        assert_eq!(path_of("https://a.example?x"), "/");
    }
}
