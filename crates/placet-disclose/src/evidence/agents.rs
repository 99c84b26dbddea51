//! Who a visitor says it is, and whether its address is one that the operator publishes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use placet_signals::agents::{self, Agent, Class};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most ranges of one file that are read.
pub const RANGES_MAX: usize = 1_000_000;

/// The agent of the list that a `User-Agent` names: one with a version behind its token (`GPTBot/1.2`) before one
/// without, then the longest token.
///
/// A token counts where it stands apart: `NotGPTBotAtAll` names none, nor does an address such as `openai.com`.
pub fn named(user_agent: &[u8]) -> Option<&'static Agent> {
    agents::all()
        .iter()
        .filter(|agent| agent.class != Class::PolicyOnly && !agent.token.is_empty())
        .filter_map(|agent| Some((versioned(user_agent, agent.token.as_bytes())?, agent.token.len(), agent)))
        .max_by_key(|(versioned, length, _)| (*versioned, *length))
        .map(|(_, _, agent)| agent)
}

/// Whether a version stands behind a token; absent where the token does not stand apart anywhere.
fn versioned(text: &[u8], token: &[u8]) -> Option<bool> {
    let part = |b: Option<&u8>, also: &[u8]| {
        b.is_some_and(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'@' | b'.') || also.contains(b)
        })
    };
    text.windows(token.len())
        .enumerate()
        .filter(|(at, window)| {
            window.eq_ignore_ascii_case(token)
                && !part(at.checked_sub(1).and_then(|before| text.get(before)), b"/")
                && !part(text.get(at + token.len()), b"")
        })
        .map(|(at, _)| text.get(at + token.len()) == Some(&b'/'))
        .max()
}

/// How far a visitor is who it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// Its address lies in the ranges that the operator publishes, as given in a file.
    Verified,
    /// Its address lies outside of them: somebody else may go by the name.
    Outside,
    /// No ranges were given. Names are not looked up, for a name of today says nothing about a visit of last year.
    Unverified,
}

impl Identity {
    /// The word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Identity::Verified => "verified",
            Identity::Outside => "outside-ranges",
            Identity::Unverified => "unverified",
        }
    }
}

/// Address ranges of one operator, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    ranges: Vec<(u128, u128)>,
}

impl Ranges {
    /// Reads ranges as operators publish them, `{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}, …]}`, or one range a
    /// line. What is none is told, with its line or place.
    pub fn parse(bytes: &[u8]) -> (Ranges, Vec<String>) {
        let (mut found, mut defects) = (Vec::new(), Vec::new());
        let mut take = |text: &str, place: String| match range(text) {
            Some(_) if found.len() >= RANGES_MAX => {}
            Some(range) => found.push(range),
            None if defects.len() < 20 => {
                defects.push(format!(
                    "{place}: `{}` is no address range",
                    text.chars().take(64).collect::<String>()
                ));
            }
            None => {}
        };
        if let Ok(Value::Object(file)) = serde_json::from_slice::<Value>(bytes) {
            for (n, prefix) in
                file.get("prefixes").and_then(Value::as_array).into_iter().flatten().enumerate()
            {
                let fields = ["ipv4Prefix", "ipv6Prefix", "ip_prefix"];
                for text in fields.iter().filter_map(|field| prefix.get(field).and_then(Value::as_str)) {
                    take(text, format!("prefix {}", n + 1));
                }
            }
        } else {
            for (n, line) in String::from_utf8_lossy(bytes).lines().enumerate() {
                let line = line.split('#').next().unwrap_or_default().trim();
                if !line.is_empty() {
                    take(line, format!("line {}", n + 1));
                }
            }
        }
        found.sort_unstable();
        let mut ranges: Vec<(u128, u128)> = Vec::with_capacity(found.len());
        for (from, until) in found {
            match ranges.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                _ => ranges.push((from, until)),
            }
        }
        (Ranges { ranges }, defects)
    }

    /// Whether an address lies in them.
    pub fn holds(&self, address: IpAddr) -> bool {
        let place = number(address);
        let behind = self.ranges.partition_point(|(from, _)| *from <= place);
        behind.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(|(_, until)| place <= *until)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

/// Addresses of both versions on one line: IPv4 as mapped into IPv6 (RFC 4291, section 2.5.5.2).
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => Ipv4Addr::to_ipv6_mapped(&four).to_bits(),
        IpAddr::V6(six) => six.to_bits(),
    }
}

fn range(text: &str) -> Option<(u128, u128)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(most);
    if length > most {
        return None;
    }
    let free = most - length;
    let mask = if free == 128 { u128::MAX } else { (1u128 << free) - 1 };
    let first = number(address) & !mask;
    debug_assert!(Ipv6Addr::from_bits(first).to_bits() == first);
    Some((first, first | mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_known_by_a_token_that_stands_apart() {
        let token = |ua: &str| named(ua.as_bytes()).map(|agent| agent.token);
        let gptbot = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)";
        assert_eq!(token(gptbot), Some("GPTBot"));
        assert_eq!(token("CCBot/2.0 (https://commoncrawl.org/faq/)"), Some("CCBot"));
        assert_eq!(
            token("Mozilla/5.0 (compatible; claudebot/1.0; +claudebot@anthropic.com)"),
            Some("ClaudeBot")
        );
        assert_eq!(token("NotGPTBotAtAll/1.0"), None);
        assert_eq!(token("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"), None);
        assert_eq!(token(""), None);
    }

    #[test]
    fn ranges_are_read_as_published_and_as_lines() {
        let published = br#"{"creationTime":"2026-01-01","prefixes":[{"ipv4Prefix":"192.0.2.0/25"},{"ipv6Prefix":"2001:db8::/32"},{"ipv4Prefix":"nonsense"}]}"#;
        let (ranges, defects) = Ranges::parse(published);
        assert_eq!(defects, ["prefix 3: `nonsense` is no address range"]);
        for (address, inside) in [
            ("192.0.2.0", true),
            ("192.0.2.127", true),
            ("192.0.2.128", false),
            ("2001:db8:1::1", true),
            ("::1", false),
        ] {
            assert_eq!(ranges.holds(address.parse().unwrap()), inside, "{address}");
        }
        let (lines, _) = Ranges::parse(b"# of today\n0.0.0.0/0\n::1\n");
        assert!(lines.holds("203.0.113.9".parse().unwrap()));
        assert!(lines.holds("::1".parse().unwrap()));
        assert!(!lines.holds("2001:db8::1".parse().unwrap()));
    }
}
