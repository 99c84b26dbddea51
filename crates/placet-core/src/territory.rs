//! Where something holds.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The world, or a list of countries (ISO 3166-1 alpha-2), or the world without some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Territory {
    /// Everywhere.
    #[default]
    World,
    /// In these countries only.
    Countries(BTreeSet<[u8; 2]>),
    /// Everywhere but in these.
    WorldWithout(BTreeSet<[u8; 2]>),
}

impl Territory {
    /// Whether the country lies inside. The code is two capital letters.
    pub fn contains(&self, country: [u8; 2]) -> bool {
        match self {
            Territory::World => true,
            Territory::Countries(c) => c.contains(&country),
            Territory::WorldWithout(c) => !c.contains(&country),
        }
    }

    /// Whether everything in `other` lies inside this territory.
    pub fn covers(&self, other: &Territory) -> bool {
        use Territory::{Countries, World, WorldWithout};
        match (self, other) {
            (World, _) => true,
            (_, World) => matches!(self, WorldWithout(c) if c.is_empty()),
            (_, Countries(inner)) => inner.iter().all(|c| self.contains(*c)),
            (WorldWithout(a), WorldWithout(b)) => a.is_subset(b),
            (Countries(_), WorldWithout(_)) => false,
        }
    }
}

impl fmt::Display for Territory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, countries: &BTreeSet<[u8; 2]>| {
            for (i, c) in countries.iter().enumerate() {
                write!(f, "{}{}{}", if i > 0 { " " } else { "" }, c[0] as char, c[1] as char)?;
            }
            Ok(())
        };
        match self {
            Territory::World => f.write_str("world"),
            Territory::Countries(c) => list(f, c),
            Territory::WorldWithout(c) => {
                f.write_str("world without ")?;
                list(f, c)
            }
        }
    }
}

/// A text that is no territory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no territory; write world, two-letter country codes (DE FR), or `world without US`")]
pub struct TerritoryError(pub String);

impl FromStr for Territory {
    type Err = TerritoryError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || TerritoryError(s.to_owned());
        let list = |t: &str| -> Result<BTreeSet<[u8; 2]>, TerritoryError> {
            let set: BTreeSet<[u8; 2]> = t
                .split([',', ' '])
                .filter(|c| !c.is_empty())
                .map(|c| match c.as_bytes() {
                    [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                        Ok([a.to_ascii_uppercase(), b.to_ascii_uppercase()])
                    }
                    _ => Err(bad()),
                })
                .collect::<Result<_, _>>()?;
            if set.is_empty() { Err(bad()) } else { Ok(set) }
        };
        let t = s.trim();
        if t.eq_ignore_ascii_case("world") {
            return Ok(Territory::World);
        }
        match t.get(..14) {
            Some(head) if head.eq_ignore_ascii_case("world without ") => {
                Ok(Territory::WorldWithout(list(&t[14..])?))
            }
            _ => Ok(Territory::Countries(list(t)?)),
        }
    }
}

impl TryFrom<String> for Territory {
    type Error = TerritoryError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<Territory> for String {
    fn from(t: Territory) -> Self {
        t.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_is_containment() {
        let t = |s: &str| s.parse::<Territory>().unwrap();
        for (outer, inner, covers) in [
            ("world", "DE FR", true),
            ("DE FR", "DE", true),
            ("DE", "DE FR", false),
            ("DE", "world", false),
            ("world without US", "DE", true),
            ("world without US", "US", false),
            ("world without US", "world without US CA", true),
            ("world without US CA", "world without US", false),
        ] {
            assert_eq!(t(outer).covers(&t(inner)), covers, "{outer} / {inner}");
            assert_eq!(t(&t(outer).to_string()), t(outer));
        }
    }
}
