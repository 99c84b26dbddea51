//! Spans of days in which something holds.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Days from `from` to `until`, both included; an absent end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// First day, or open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day, or open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Period {
    /// Without beginning and end.
    pub const ALWAYS: Period = Period { from: None, until: None };

    /// Whether the day lies inside.
    pub fn contains(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => f.write_str("always"),
            (Some(a), None) => write!(f, "{a}/.."),
            (None, Some(b)) => write!(f, "../{b}"),
            (Some(a), Some(b)) => write!(f, "{a}/{b}"),
        }
    }
}

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no period; write 2026-01-01/2027-12-31, with .. for an open end")]
pub struct PeriodError(pub String);

impl FromStr for Period {
    type Err = PeriodError;

    /// Reads the interval form of ISO 8601-2: `2026-01-01/2027-12-31`, `../2027-12-31`, `2026-01-01/..`, `always`.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || PeriodError(s.to_owned());
        if s == "always" {
            return Ok(Period::ALWAYS);
        }
        let (from, until) = s.split_once('/').ok_or_else(bad)?;
        let end = |t: &str| match t.trim() {
            ".." | "" => Ok(None),
            t => t.parse::<Date>().map(Some).map_err(|_| bad()),
        };
        let period = Period { from: end(from)?, until: end(until)? };
        match (period.from, period.until) {
            (Some(a), Some(b)) if a > b => Err(bad()),
            _ => Ok(period),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_the_period() {
        let p: Period = "2026-01-01/2026-12-31".parse().unwrap();
        for (day, inside) in
            [("2025-12-31", false), ("2026-01-01", true), ("2026-12-31", true), ("2027-01-01", false)]
        {
            assert_eq!(p.contains(day.parse().unwrap()), inside, "{day}");
        }
        assert_eq!(p.to_string().parse::<Period>(), Ok(p));
        assert!("2027-01-01/2026-01-01".parse::<Period>().is_err());
    }
}
