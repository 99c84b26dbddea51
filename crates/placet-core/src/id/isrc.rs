//! International Standard Recording Code (ISO 3901:2019).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Compact, IdentifierError, through_text};

/// A recording: a prefix of two letters and three letters or digits, the year of reference, a designation.
///
/// The code has no check digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Isrc(String);

impl fmt::Display for Isrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Isrc {
    type Err = IdentifierError;

    /// Reads `AA-6Q7-20-00047` and `AA6Q72000047`.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let c = Compact::new("ISRC", s);
        if c.len() != 12 {
            return c.length("12");
        }
        c.all(0..2, |c| c.is_ascii_uppercase())?;
        c.all(2..5, |c| c.is_ascii_alphanumeric())?;
        c.all(5..12, |c| c.is_ascii_digit())?;
        Ok(Isrc(c.text()))
    }
}

through_text!(Isrc);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_handbook() {
        let id: Isrc = "ISRC AA-6Q7-20-00047".parse().unwrap();
        assert_eq!(id.to_string(), "AA6Q72000047");
        assert_eq!("aa6q72000047".parse(), Ok(id));
        assert!("A16Q72000047".parse::<Isrc>().is_err());
        assert!("AA6Q7200004".parse::<Isrc>().is_err());
    }

    super::super::laws!(Isrc, "[A-Za-z]{2}-?[A-Z0-9]{3}-?[0-9]{2}-?[0-9]{5}");
}
