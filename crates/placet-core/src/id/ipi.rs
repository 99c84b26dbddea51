//! Interested Party Information: the IPI name number of the collecting societies (CISAC).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Compact, IdentifierError, check, through_text};

/// A name of a rights owner: nine digits and two check digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ipi(u32);

impl fmt::Display for Ipi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}{}", self.0, check_digits(self.0))
    }
}

impl FromStr for Ipi {
    type Err = IdentifierError;

    /// Reads eleven digits; the nine digits of the older CAE form get their leading zeros back.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let mut c = Compact::new("IPI", s);
        if !(9..=11).contains(&c.len()) {
            return c.length("11");
        }
        c.all(0..c.len(), |c| c.is_ascii_digit())?;
        let first = c.chars.first().map_or(1, |(at, _)| *at);
        c.chars.splice(0..0, std::iter::repeat_n((first, '0'), 11 - c.len()));
        let number = c.chars.iter().take(9).fold(0, |n, (_, c)| n * 10 + check::value(*c));
        c.check(9, &check_digits(number))?;
        Ok(Ipi(number))
    }
}

through_text!(Ipi);

/// The nine digits weighted 10 down to 2, complement to 101.
fn check_digits(number: u32) -> String {
    let sum: u32 = (0..9).map(|i| (i + 2) * (number / 10u32.pow(i) % 10)).sum();
    format!("{:02}", (101 - sum % 101) % 101 % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_name() {
        let id: Ipi = "00014107338".parse().unwrap();
        assert_eq!(id.to_string(), "00014107338");
        assert_eq!("IPI: 14107338".parse::<Ipi>().ok(), None);
        assert_eq!("014107338".parse(), Ok(id));
        assert!("00014107339".parse::<Ipi>().is_err());
        assert!("00041107338".parse::<Ipi>().is_err());
    }

    super::super::laws!(Ipi, "0{0,3}[0-9]{8,9}");
}
