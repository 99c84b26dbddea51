//! The host of an address.

/// Host in lower case, without `www.`, user and port; absent where there is none.
pub(crate) fn of(url: &str) -> Option<String> {
    let rest = url.split_once("://").map(|(_, rest)| rest)?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next()?,
        None => host.split(':').next()?,
    };
    let host = host.trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let sound = !host.is_empty() && host.len() <= HOST_BYTES_MAX && !host.contains(char::is_whitespace);
    sound.then(|| host.to_owned())
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
