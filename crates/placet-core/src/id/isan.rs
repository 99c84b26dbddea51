//! International Standard Audiovisual Number (ISO 15706-1 and -2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Compact, IdentifierError, check, through_text};

/// An audiovisual work or one of its versions: twelve hexadecimal digits for the root, four for the episode,
/// and, for a version, eight more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Isan {
    work: u64,
    version: Option<u32>,
}

impl fmt::Display for Isan {
    /// With check characters: `0000-0000-D07A-0090-Q` or `0000-0000-3A8D-0000-Z-0000-0000-6`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let work = format!("{:016X}", self.work);
        write!(f, "{}-{}-{}-{}", &work[..4], &work[4..8], &work[8..12], &work[12..])?;
        write!(f, "-{}", check::mod_37_36(work.chars()))?;
        if let Some(version) = self.version {
            let version = format!("{version:08X}");
            write!(f, "-{}-{}", &version[..4], &version[4..])?;
            write!(f, "-{}", check::mod_37_36(work.chars().chain(version.chars())))?;
        }
        Ok(())
    }
}

impl FromStr for Isan {
    type Err = IdentifierError;

    /// Reads both lengths, with their check characters or, where a system carries the bare number, without.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let mut c = Compact::new("ISAN", s);
        let (with_version, checked) = match c.len() {
            16 => (false, false),
            17 => (false, true),
            24 => (true, false),
            26 => (true, true),
            _ => return c.length("16, 17, 24 or 26"),
        };
        c.all(0..16, |c| c.is_ascii_hexdigit())?;
        if checked {
            let work: String = c.text().chars().take(16).collect();
            c.check(16, &check::mod_37_36(work.chars()).to_string())?;
            c.chars.remove(16);
        }
        if with_version {
            c.all(16..24, |c| c.is_ascii_hexdigit())?;
            let all: String = c.text().chars().take(24).collect();
            if checked {
                c.check(24, &check::mod_37_36(all.chars()).to_string())?;
            }
        }
        let number = |from, to| {
            c.chars.iter().take(to).skip(from).fold(0u64, |n, (_, c)| n << 4 | u64::from(check::value(*c)))
        };
        Ok(Isan { work: number(0, 16), version: with_version.then(|| number(16, 24) as u32) })
    }
}

through_text!(Isan);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_with_and_without_version() {
        let version: Isan = "ISAN 0000-0000-3A8D-0000-Z-0000-0000-6".parse().unwrap();
        assert_eq!(version.to_string(), "0000-0000-3A8D-0000-Z-0000-0000-6");
        assert_eq!("000000003A8D000000000000".parse(), Ok(version));
        let work: Isan = "0000-0000-3A8D-0000-Z".parse().unwrap();
        assert_eq!(work.to_string(), "0000-0000-3A8D-0000-Z");
        assert!("0000-0000-3A8D-0000-Y".parse::<Isan>().is_err());
        assert!("0000-0000-3A8D-0000-Z-0000-0000-7".parse::<Isan>().is_err());
    }

    super::super::laws!(Isan, "[0-9A-F]{16}([0-9A-F]{8})?");
}
