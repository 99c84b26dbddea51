//! What may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest URL that is asked for.
const URL_BYTES_MAX: usize = 8 * 1024;

/// A URL taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether TLS is spoken.
    pub is_secure: bool,
    /// The host in lower case: a name or an address; IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query.
    pub path: String,
}

/// Why a text cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Another scheme, or none.
    #[error("`{0}` is no web address; write https://example.org/page")]
    Scheme(String),
    /// A host that no request can be made to.
    #[error("`{0}` holds no host that can be asked; write names outside US-ASCII in their xn-- form")]
    Host(String),
    /// Longer than is sent.
    #[error("the address is longer than {URL_BYTES_MAX} bytes")]
    Length,
}

impl Target {
    /// Takes a URL apart. Its fragment and a user's name are left out; octets that no request line may hold are encoded.
    pub fn of(url: &str) -> Result<Target, TargetError> {
        if url.len() > URL_BYTES_MAX {
            return Err(TargetError::Length);
        }
        let (scheme, rest) = url.split_once("://").ok_or_else(|| TargetError::Scheme(url.to_owned()))?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(TargetError::Scheme(url.to_owned())),
        };
        let bad = || TargetError::Host(url.to_owned());
        let rest = rest.split('#').next().unwrap_or(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = if let Some(inside) = authority.strip_prefix('[') {
            let (host, after) = inside.split_once(']').ok_or_else(bad)?;
            host.parse::<Ipv6Addr>().map_err(|_| bad())?;
            (host, after.strip_prefix(':').or((!after.is_empty()).then_some("x")))
        } else {
            match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            }
        };
        let port = match port {
            None | Some("") => {
                if is_secure {
                    443
                } else {
                    80
                }
            }
            Some(port) => port.parse().map_err(|_| bad())?,
        };
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
        if host.is_empty() || host.len() > 255 || !host.bytes().all(fits) {
            return Err(bad());
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        let mut encoded = slash.to_owned();
        for b in path.bytes() {
            if b.is_ascii_graphic()
                && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
            {
                encoded.push(b as char);
            } else {
                encoded.push_str(&format!("%{b:02X}"));
            }
        }
        Ok(Target { is_secure, host: host.to_ascii_lowercase(), port, path: encoded })
    }

    /// Host and port as a `Host` field has them: without the scheme's own port.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let own = if self.is_secure { 443 } else { 80 };
        if self.port == own { host } else { format!("{host}:{}", self.port) }
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.is_secure { "https" } else { "http" }, self.authority())
    }

    /// The whole URL.
    pub fn url(&self) -> String {
        format!("{}{}", self.origin(), self.path)
    }
}

/// Whether an address is one of the public internet (IANA's special-purpose registries): what lies in somebody's own
/// network is nobody's page.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(matches!(a, 0 | 10 | 127 | 224..=255)
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && matches!(c, 0 | 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && matches!(b, 18 | 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [a, b, _, _, _, _, g, h] = address.segments();
    let last = || Ipv4Addr::from((u32::from(g) << 16) | u32::from(h));
    match (a, b) {
        // NAT64 carries an IPv4 address at its end.
        (0x64, 0xFF9B) => is_public_v4(last()),
        // 6to4 carries one behind its prefix; Teredo, documentation and benchmarking are none.
        (0x2002 | 0x3FFF, _) | (0x2001, 0..=0x1FF | 0xDB8) => false,
        _ => a & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        for (url, again) in [
            ("https://Example.org", "https://example.org/"),
            ("http://example.org:80/a b?c#d", "http://example.org/a%20b?c"),
            ("https://user:x@example.org:8443?q", "https://example.org:8443/?q"),
            ("http://[2001:db8::1]:8080/ä", "http://[2001:db8::1]:8080/%C3%A4"),
        ] {
            assert_eq!(Target::of(url).map(|t| t.url()), Ok(again.to_owned()));
        }
        for url in [
            "ftp://a/",
            "example.org",
            "https:///a",
            "https://ex ample/",
            "https://a:b/",
            "https://[::1/",
            "https://[::1]x/",
            "https://ä.example/",
        ] {
            assert!(Target::of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn only_public_addresses_are_public() {
        for (address, public) in [
            ("93.184.216.34", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.31.0.1", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:93.184.216.34", true),
            ("64:ff9b::a00:1", false),
            ("2002:7f00:1::", false),
            ("2606:2800:220:1:248:1893:25c8:1946", true),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }
}
