//! The host of an address.

use std::borrow::Cow;

/// Host in lower case, without `www.`, user and port; absent where there is none.
pub(crate) fn of(url: &str) -> Option<Cow<'_, str>> {
    let rest = after_scheme(url)?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next()?,
        None => host.split(':').next()?,
    };
    let host = host.trim_end_matches('.');
    // Nearly every host stands in a crawl as it is wanted.
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    let host = if host.bytes().all(plain) { Cow::Borrowed(host) } else { Cow::Owned(host.to_lowercase()) };
    let host = match host {
        Cow::Borrowed(host) => Cow::Borrowed(without_www(host)),
        Cow::Owned(host) => Cow::Owned(without_www(&host).to_owned()),
    };
    let sound = !host.is_empty() && host.len() <= HOST_BYTES_MAX && !host.contains(char::is_whitespace);
    sound.then_some(host)
}

fn without_www(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

/// What stands behind the first `://`.
fn after_scheme(url: &str) -> Option<&str> {
    url.match_indices(':').find_map(|(at, _)| url.get(at..)?.strip_prefix("://"))
}

/// A host name is no longer than this (RFC 1035, section 2.3.4).
const HOST_BYTES_MAX: usize = 253;

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn hosts_are_found_in_addresses() {
        for (url, host) in [
            ("https://www.Example.org/a?b#c", Some("example.org")),
            ("http://user:pw@sub.example.org:8080", Some("sub.example.org")),
            ("https://[2001:db8::1]:443/x", Some("2001:db8::1")),
            ("https://例え.jp./", Some("例え.jp")),
            ("mailto:a@b.org", None),
            ("https:///path", None),
            ("not a url", None),
        ] {
            assert_eq!(of(url).as_deref(), host, "{url}");
        }
    }
}
