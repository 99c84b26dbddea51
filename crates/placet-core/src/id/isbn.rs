//! International Standard Book Number (ISO 2108).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Compact, IdentifierError, IdentifierProblem, check, through_text};

/// A book or other monographic publication, kept and printed with thirteen digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Isbn(u64);

impl Isbn {
    /// The ten-character form of before 2007, for the numbers under the prefix 978.
    pub fn isbn10(self) -> Option<String> {
        let number = self.to_string();
        let nine = number.strip_prefix("978")?.get(..9)?;
        Some(format!("{nine}{}", check_10(nine.chars())))
    }
}

impl fmt::Display for Isbn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:013}", self.0)
    }
}

impl FromStr for Isbn {
    type Err = IdentifierError;

    /// Reads both lengths, with or without hyphens: `978-0-306-40615-7`, `0-306-40615-2`.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let mut c = Compact::new("ISBN", s);
        // Labels of the field: "ISBN-13: 978…" and "ISBN-10: 0-306…".
        let text = c.text();
        let label = ["13:", "10:"].iter().find(|label| text.starts_with(*label)).map_or(0, |_| 3);
        c.chars.drain(..label);
        let digits = |n: usize| c.chars.iter().take(n).map(|(_, c)| *c);
        let number = match c.len() {
            10 => {
                c.all(0..9, |c| c.is_ascii_digit())?;
                c.all(9..10, |c| c.is_ascii_digit() || c == 'X')?;
                c.check(9, &check_10(digits(9)).to_string())?;
                let twelve: String = "978".chars().chain(digits(9)).collect();
                format!("{twelve}{}", check::gs1(twelve.chars()))
            }
            13 => {
                c.all(0..13, |c| c.is_ascii_digit())?;
                let text = c.text();
                if !text.starts_with("978") && !text.starts_with("979") {
                    return c.fail(IdentifierProblem::Rule("thirteen digits begin with 978 or 979"));
                }
                c.check(12, &check::gs1(digits(12)).to_string())?;
                text
            }
            _ => return c.length("10 or 13"),
        };
        Ok(Isbn(number.chars().fold(0, |n, c| n * 10 + u64::from(check::value(c)))))
    }
}

through_text!(Isbn);

/// Weights 10 down to 2, complement to eleven, `X` for ten.
fn check_10(nine: impl Iterator<Item = char>) -> char {
    let sum: u32 = nine.zip((2..=10).rev()).map(|(c, weight)| check::value(c) * weight).sum();
    match (11 - sum % 11) % 11 {
        10 => 'X',
        d => check::digit(d),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lengths_are_one_number() {
        let id: Isbn = "978-0-306-40615-7".parse().unwrap();
        assert_eq!("ISBN 0-306-40615-2".parse(), Ok(id));
        assert_eq!("ISBN-13: 978-0-306-40615-7".parse(), Ok(id));
        assert_eq!(id.to_string(), "9780306406157");
        assert_eq!(id.isbn10().as_deref(), Some("0306406152"));
        assert_eq!("0-8044-2957-X".parse::<Isbn>().unwrap().isbn10().as_deref(), Some("080442957X"));
        assert_eq!("979-10-90636-07-1".parse::<Isbn>().unwrap().isbn10(), None);
        assert!("0-306-40615-3".parse::<Isbn>().is_err());
        assert!("4006381333931".parse::<Isbn>().is_err());
    }

    super::super::laws!(Isbn, "(97[89][0-9]{10}|[0-9]{9}[0-9X])");
}
