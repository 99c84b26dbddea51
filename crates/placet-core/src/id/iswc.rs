//! International Standard Musical Work Code (ISO 15707).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Compact, IdentifierError, check, through_text};

/// A musical work, written `T` with nine digits and a check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iswc(u32);

impl fmt::Display for Iswc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{:09}{}", self.0, check_digit(self.0))
    }
}

impl FromStr for Iswc {
    type Err = IdentifierError;

    /// Reads `T-034.524.680-1` and `T0345246801`.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let c = Compact::new("ISWC", s);
        if c.len() != 11 {
            return c.length("11");
        }
        c.all(0..1, |c| c == 'T')?;
        c.all(1..11, |c| c.is_ascii_digit())?;
        let number = c.chars.iter().take(10).skip(1).fold(0, |n, (_, c)| n * 10 + check::value(*c));
        c.check(10, &check_digit(number).to_string())?;
        Ok(Iswc(number))
    }
}

through_text!(Iswc);

/// ISO 15707, annex: the digits weighted 1 to 9, with 1 for the prefix, complement to ten.
fn check_digit(number: u32) -> u32 {
    let sum: u32 = (1..=9).map(|weight| weight * (number / 10u32.pow(9 - weight) % 10)).sum();
    (10 - (1 + sum) % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        let id: Iswc = "T-034.524.680-1".parse().unwrap();
        assert_eq!(id.to_string(), "T0345246801");
        assert_eq!("iswc T0345246801".parse(), Ok(id));
        assert!("T-034.524.680-2".parse::<Iswc>().is_err());
        assert!("T-034.524.608-1".parse::<Iswc>().is_err());
    }

    super::super::laws!(Iswc, "T-?[0-9]{3}\\.?[0-9]{6}-?[0-9]");
}
