//! International Standard Name Identifier (ISO 27729).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Compact, IdentifierError, check, through_text};

/// The public identity of a party: fifteen digits and a check character. An ORCID is one of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Isni(u64);

impl fmt::Display for Isni {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fifteen = format!("{:015}", self.0);
        write!(f, "{fifteen}{}", check::mod_11_2(fifteen.chars()))
    }
}

impl FromStr for Isni {
    type Err = IdentifierError;

    /// Reads `0000 0001 2103 2683`, with or without spaces or hyphens.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let c = Compact::new("ISNI", s);
        if c.len() != 16 {
            return c.length("16");
        }
        c.all(0..15, |c| c.is_ascii_digit())?;
        c.all(15..16, |c| c.is_ascii_digit() || c == 'X')?;
        let fifteen = || c.chars.iter().take(15).map(|(_, c)| *c);
        c.check(15, &check::mod_11_2(fifteen()).to_string())?;
        Ok(Isni(fifteen().fold(0, |n, c| n * 10 + u64::from(check::value(c)))))
    }
}

through_text!(Isni);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers() {
        for (given, printed) in [
            ("ISNI 0000 0001 2103 2683", "0000000121032683"),
            ("0000-0002-1825-0097", "0000000218250097"),
            ("0000 0001 2150 090X", "000000012150090X"),
            ("1422 4586 3573 0476", "1422458635730476"),
        ] {
            assert_eq!(given.parse::<Isni>().unwrap().to_string(), printed);
        }
        assert!("0000 0001 2103 2684".parse::<Isni>().is_err());
    }

    super::super::laws!(Isni, "[0-9]{15}[0-9X]");
}
