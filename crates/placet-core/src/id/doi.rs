//! Digital Object Identifier (ISO 26324).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{IDENTIFIER_BYTES_MAX, IdentifierError, IdentifierProblem, error, through_text};

/// A DOI name, `10.1000/182`. Names are compared without regard to ASCII case and printed in small letters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Doi(String);

impl fmt::Display for Doi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Doi {
    type Err = IdentifierError;

    /// Reads a name, with or without `doi:` or the address of a resolver before it.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let given = s.trim();
        let name = strip_any(given, &ADDRESSES).or_else(|| strip_any(given, &["doi:"])).unwrap_or(given);
        let name = name.trim_start();
        let rule = |rule| Err(error("DOI", given, IdentifierProblem::Rule(rule)));
        if name.len() > IDENTIFIER_BYTES_MAX {
            return rule("it is longer than 2048 bytes");
        }
        if let Some((i, found)) = name.chars().enumerate().find(|(_, c)| c.is_control() || c.is_whitespace())
        {
            let at = given.chars().count() - name.chars().count() + i + 1;
            return Err(error("DOI", given, IdentifierProblem::Character { at, found }));
        }
        let Some((prefix, suffix)) = name.split_once('/') else {
            return rule("there is no `/` between prefix and suffix");
        };
        let mut parts = prefix.split('.');
        if parts.next() != Some("10") {
            return rule("it does not begin with `10.`");
        }
        let registrant = parts.clone().count() > 0
            && parts.all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        if !registrant {
            return rule("the prefix is not `10.` with a registrant's number");
        }
        if suffix.is_empty() {
            return rule("there is nothing after the `/`");
        }
        Ok(Doi(name.to_ascii_lowercase()))
    }
}

through_text!(Doi);

/// Reads the address of a resolver, and nothing else.
pub(super) fn from_address(s: &str) -> Result<Doi, IdentifierError> {
    match strip_any(s.trim(), &ADDRESSES) {
        Some(name) => name.parse(),
        None => Err(error("DOI", s, IdentifierProblem::Rule("it is no address of a DOI resolver"))),
    }
}

const ADDRESSES: [&str; 4] =
    ["https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/"];

fn strip_any<'a>(s: &'a str, heads: &[&str]) -> Option<&'a str> {
    heads.iter().find_map(|head| {
        let start = s.get(..head.len())?;
        start.eq_ignore_ascii_case(head).then(|| &s[head.len()..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_all_its_dresses() {
        for given in ["10.1000/182", "doi:10.1000/182", "DOI: 10.1000/182", "HTTPS://doi.org/10.1000/182"] {
            assert_eq!(given.parse::<Doi>().unwrap().to_string(), "10.1000/182", "{given}");
        }
        assert_eq!("10.1000/ABC".parse::<Doi>(), "10.1000/abc".parse());
        assert_eq!("10.1000.10/(x)y/z".parse::<Doi>().unwrap().to_string(), "10.1000.10/(x)y/z");
        for refused in ["10.1000", "11.1000/1", "10./1", "10.1000/", "10.10a/1", "10.1000/a b", "10/1"] {
            assert!(refused.parse::<Doi>().is_err(), "{refused}");
        }
    }

    super::super::laws!(Doi, "(doi:)?10\\.[0-9.]{1,6}/[ -~é]{1,20}");
}
