//! Entertainment ID Registry content identifier: a DOI under the prefix 10.5240 with a check of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Compact, IdentifierError, IdentifierProblem, check, through_text};

/// A film, an episode, an edit or a manifestation: twenty hexadecimal digits and a check character.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Eidr([u16; 5]);

impl fmt::Display for Eidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("10.5240/")?;
        for group in self.0 {
            write!(f, "{group:04X}-")?;
        }
        let nibbles =
            self.0.iter().flat_map(|group| [12, 8, 4, 0].map(|shift| u32::from(group >> shift & 15)));
        write!(f, "{}", check::mod_37_36(nibbles.map(check::digit)))
    }
}

impl FromStr for Eidr {
    type Err = IdentifierError;

    /// Reads `10.5240/7791-8534-2C23-9030-8610-5`, with or without `eidr:`, `doi:` or a resolver before it.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let given = Compact::new("EIDR", s);
        let Some((_, suffix)) = s.split_once("10.5240/") else {
            return given.fail(IdentifierProblem::Rule("it does not begin with `10.5240/`"));
        };
        let skipped = s.chars().count() - suffix.chars().count();
        let mut c = Compact::new("EIDR", suffix);
        s.clone_into(&mut c.given);
        for (at, _) in &mut c.chars {
            *at += skipped;
        }
        if c.len() != 21 {
            return c.length("21 after the prefix");
        }
        c.all(0..20, |c| c.is_ascii_hexdigit())?;
        c.all(20..21, |c| c.is_ascii_alphanumeric())?;
        let twenty = || c.chars.iter().take(20).map(|(_, c)| *c);
        c.check(20, &check::mod_37_36(twenty()).to_string())?;
        let mut groups = [0u16; 5];
        for (i, c) in twenty().enumerate() {
            groups[i / 4] = groups[i / 4] << 4 | check::value(c) as u16;
        }
        Ok(Eidr(groups))
    }
}

through_text!(Eidr);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_registry() {
        let id: Eidr = "10.5240/7791-8534-2C23-9030-8610-5".parse().unwrap();
        assert_eq!(id.to_string(), "10.5240/7791-8534-2C23-9030-8610-5");
        assert_eq!("https://doi.org/10.5240/7791-8534-2c23-9030-8610-5".parse(), Ok(id));
        assert!("10.5240/7791-8534-2C23-9030-8610-6".parse::<Eidr>().is_err());
        assert!("10.5240/7791-8534-2C23-9030-5".parse::<Eidr>().is_err());
        assert!("10.1000/7791-8534-2C23-9030-8610-5".parse::<Eidr>().is_err());
    }

    super::super::laws!(Eidr, "10\\.5240/([0-9A-F]{4}-){5}[0-9A-Z]");
}
