//! Identifiers of works and parties, checked: a value of one of these types has the shape and the check digits
//! that its standard asks for, and prints in one canonical form.

mod check;
mod doi;
mod eidr;
mod ipi;
mod isan;
mod isbn;
mod iscc;
mod isni;
mod isrc;
mod iswc;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use doi::Doi;
pub use eidr::Eidr;
pub use ipi::Ipi;
pub use isan::Isan;
pub use isbn::Isbn;
pub use iscc::{Iscc, IsccMainType};
pub use isni::Isni;
pub use isrc::Isrc;
pub use iswc::Iswc;

/// Longest text that is looked at as an identifier, in bytes.
pub const IDENTIFIER_BYTES_MAX: usize = 2048;

/// A text that is no identifier of its scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no {scheme}: {problem}")]
pub struct IdentifierError {
    /// The scheme that was expected.
    pub scheme: &'static str,
    /// What stood there, cut after 64 characters.
    pub value: String,
    /// What is wrong, and where.
    pub problem: IdentifierProblem,
}

/// What is wrong with an identifier. Positions count characters of the text as given, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierProblem {
    /// It has another number of significant characters.
    #[error("it has {found} significant characters, not {expected}")]
    Length {
        /// Lengths that are right.
        expected: &'static str,
        /// The length found, separators not counted.
        found: usize,
    },
    /// A character that may not stand there.
    #[error("`{found}` may not stand at position {at}")]
    Character {
        /// Position.
        at: usize,
        /// The character.
        found: char,
    },
    /// The check digit belongs to another number: a digit is wrong or two are swapped.
    #[error("the check digit at position {at} is `{found}`, the other characters ask for `{expected}`")]
    CheckDigit {
        /// Position.
        at: usize,
        /// What the other characters ask for.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Another rule of the standard is broken.
    #[error("{0}")]
    Rule(&'static str),
    /// Several schemes or none would take it.
    #[error("write the scheme before it, as in isbn:9780306406157")]
    Scheme,
}

/// An identifier with its scheme, written `scheme:value`.
///
/// A scheme that is not known here is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Identifier {
    /// Musical work.
    Iswc(Iswc),
    /// Recording.
    Isrc(Isrc),
    /// Book.
    Isbn(Isbn),
    /// Public identity of a party.
    Isni(Isni),
    /// Name of a rights owner at the collecting societies.
    Ipi(Ipi),
    /// Anything with a digital object identifier.
    Doi(Doi),
    /// Content code.
    Iscc(Iscc),
    /// Film and television.
    Eidr(Eidr),
    /// Audiovisual work.
    Isan(Isan),
    /// A scheme without a check here, verbatim.
    Other {
        /// The scheme's word.
        scheme: String,
        /// The value as it stood.
        value: String,
    },
}

/// A reader of one scheme's values.
type Reader = fn(&str) -> Result<Identifier, IdentifierError>;

const SCHEMES: [(&str, Reader); 9] = [
    ("iswc", |s| s.parse().map(Identifier::Iswc)),
    ("isrc", |s| s.parse().map(Identifier::Isrc)),
    ("isbn", |s| s.parse().map(Identifier::Isbn)),
    ("isni", |s| s.parse().map(Identifier::Isni)),
    ("ipi", |s| s.parse().map(Identifier::Ipi)),
    ("eidr", |s| s.parse().map(Identifier::Eidr)),
    ("doi", |s| s.parse().map(Identifier::Doi)),
    ("iscc", |s| s.parse().map(Identifier::Iscc)),
    ("isan", |s| s.parse().map(Identifier::Isan)),
];

impl Identifier {
    /// Reads a value of a named scheme; a scheme that is not known keeps the value verbatim.
    pub fn of_scheme(scheme: &str, value: &str) -> Result<Identifier, IdentifierError> {
        match SCHEMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme)) {
            Some((_, read)) => read(value),
            None if is_scheme(scheme) && !value.is_empty() => {
                Ok(Identifier::Other { scheme: scheme.to_owned(), value: value.to_owned() })
            }
            None => Err(error("identifier", value, IdentifierProblem::Scheme)),
        }
    }

    /// The scheme's word.
    pub fn scheme(&self) -> &str {
        match self {
            Identifier::Iswc(_) => "iswc",
            Identifier::Isrc(_) => "isrc",
            Identifier::Isbn(_) => "isbn",
            Identifier::Isni(_) => "isni",
            Identifier::Ipi(_) => "ipi",
            Identifier::Doi(_) => "doi",
            Identifier::Iscc(_) => "iscc",
            Identifier::Eidr(_) => "eidr",
            Identifier::Isan(_) => "isan",
            Identifier::Other { scheme, .. } => scheme,
        }
    }

    /// Reads a value that names no scheme, where exactly one scheme takes it.
    fn bare(s: &str) -> Result<Identifier, IdentifierError> {
        // An EIDR is a DOI with a check of its own, so it is asked first and alone.
        if let Ok(eidr) = s.parse() {
            return Ok(Identifier::Eidr(eidr));
        }
        // Forms without a check, or with zeros left away, are believed only under their scheme's name.
        let significant = Compact::new("", s).len();
        let whole = |id: &Identifier| match id {
            Identifier::Isan(_) => matches!(significant, 17 | 26),
            Identifier::Ipi(_) => significant == 11,
            _ => true,
        };
        let mut taken = SCHEMES.iter().filter_map(|(_, read)| read(s).ok()).filter(whole);
        match (taken.next(), taken.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(error("identifier", s, IdentifierProblem::Scheme)),
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())?;
        f.write_str(":")?;
        match self {
            Identifier::Iswc(v) => v.fmt(f),
            Identifier::Isrc(v) => v.fmt(f),
            Identifier::Isbn(v) => v.fmt(f),
            Identifier::Isni(v) => v.fmt(f),
            Identifier::Ipi(v) => v.fmt(f),
            Identifier::Doi(v) => v.fmt(f),
            Identifier::Iscc(v) => f.write_str(v.code()),
            Identifier::Eidr(v) => v.fmt(f),
            Identifier::Isan(v) => v.fmt(f),
            Identifier::Other { value, .. } => f.write_str(value),
        }
    }
}

impl FromStr for Identifier {
    type Err = IdentifierError;

    /// Reads `scheme:value`, a doi.org address, or a bare value that exactly one scheme takes.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let s = s.trim();
        if s.len() > IDENTIFIER_BYTES_MAX {
            return Err(error("identifier", s, IdentifierProblem::Rule("it is longer than 2048 bytes")));
        }
        if let Ok(doi) = doi::from_address(s) {
            return Ok(Identifier::Doi(doi));
        }
        match s.split_once(':') {
            Some((scheme, value)) if is_scheme(scheme) => Identifier::of_scheme(scheme, value),
            _ => Identifier::bare(s),
        }
    }
}

impl TryFrom<String> for Identifier {
    type Error = IdentifierError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<Identifier> for String {
    fn from(id: Identifier) -> Self {
        id.to_string()
    }
}

/// Whether the text has the shape of a URI scheme (RFC 3986, section 3.1).
fn is_scheme(s: &str) -> bool {
    s.starts_with(|c: char| c.is_ascii_alphabetic())
        && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_'))
}

fn error(scheme: &'static str, value: &str, problem: IdentifierProblem) -> IdentifierError {
    IdentifierError { scheme, value: value.chars().take(64).collect(), problem }
}

/// Letters and digits of an identifier without its separators, each with its position in the text as given.
struct Compact {
    scheme: &'static str,
    given: String,
    chars: Vec<(usize, char)>,
}

impl Compact {
    /// Drops the scheme's own label, spaces, hyphens and dots; raises letters.
    fn new(scheme: &'static str, given: &str) -> Compact {
        let trimmed = given.trim();
        let unlabelled = match trimmed.get(..scheme.len()) {
            Some(head) if head.eq_ignore_ascii_case(scheme) => {
                trimmed[scheme.len()..].trim_start_matches([':', ' '])
            }
            _ => trimmed,
        };
        // The label and the outer spaces are cut from the front, so what remains is a suffix but for its end.
        let skipped = given.trim_end().chars().count() - unlabelled.chars().count();
        let chars = unlabelled
            .chars()
            .enumerate()
            .filter(|(_, c)| !matches!(c, ' ' | '-' | '.' | '\u{a0}' | '\u{2010}'..='\u{2015}' | '\u{2212}'))
            .take(64)
            .map(|(i, c)| (skipped + i + 1, c.to_ascii_uppercase()))
            .collect();
        Compact { scheme, given: given.to_owned(), chars }
    }

    fn len(&self) -> usize {
        self.chars.len()
    }

    fn text(&self) -> String {
        self.chars.iter().map(|(_, c)| c).collect()
    }

    fn fail<T>(&self, problem: IdentifierProblem) -> Result<T, IdentifierError> {
        Err(error(self.scheme, self.given.trim(), problem))
    }

    fn length<T>(&self, expected: &'static str) -> Result<T, IdentifierError> {
        self.fail(IdentifierProblem::Length { expected, found: self.len() })
    }

    /// Every character of the range is of the class.
    fn all(&self, range: std::ops::Range<usize>, class: fn(char) -> bool) -> Result<(), IdentifierError> {
        match self.chars.iter().take(range.end).skip(range.start).find(|(_, c)| !class(*c)) {
            Some(&(at, found)) => self.fail(IdentifierProblem::Character { at, found }),
            None => Ok(()),
        }
    }

    /// The characters from `at` on are the check that the others ask for.
    fn check(&self, at: usize, expected: &str) -> Result<(), IdentifierError> {
        let found: String = self.chars.iter().skip(at).take(expected.len()).map(|(_, c)| c).collect();
        if found == expected {
            return Ok(());
        }
        let place = self.chars.get(at).map_or(self.len(), |(place, _)| *place);
        self.fail(IdentifierProblem::CheckDigit { at: place, expected: expected.to_owned(), found })
    }
}

/// Serde and string conversions of a checked identifier go through its text.
macro_rules! through_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = crate::id::IdentifierError;

            fn try_from(s: String) -> Result<Self, Self::Error> {
                s.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}
use through_text;

/// The laws of every scheme: reading never panics, and what was read prints back to itself.
#[cfg(test)]
macro_rules! laws {
    ($name:ident, $shape:literal) => {
        proptest::proptest! {
            #[test]
            fn never_panics(s in ".*") {
                let _ = s.parse::<$name>();
            }

            #[test]
            fn prints_what_it_read(s in $shape) {
                if let Ok(id) = s.parse::<$name>() {
                    proptest::prop_assert_eq!(id.to_string().parse::<$name>(), Ok(id.clone()));
                    let json = serde_json::to_string(&id).unwrap();
                    proptest::prop_assert_eq!(serde_json::from_str::<$name>(&json).unwrap(), id);
                }
            }
        }
    };
}
#[cfg(test)]
use laws;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, printed: &str) {
        let id: Identifier = given.parse().unwrap_or_else(|e| panic!("{given}: {e}"));
        assert_eq!(id.to_string(), printed);
        assert_eq!(printed.parse::<Identifier>().as_ref(), Ok(&id));
        assert_eq!(serde_json::to_value(&id).unwrap(), printed);
    }

    #[test]
    fn a_named_scheme_is_checked_and_an_unknown_one_kept() {
        check("ISBN:0-306-40615-2", "isbn:9780306406157");
        check("iswc:T-034.524.680-1", "iswc:T0345246801");
        check("ISCC:AAAZXZ6OU74YAZIM", "iscc:AAAZXZ6OU74YAZIM");
        check("https://doi.org/10.1000/182", "doi:10.1000/182");
        check("urn:Uuid:F81d4fae", "urn:Uuid:F81d4fae");
        check("https://example.org/a", "https://example.org/a");
    }

    #[test]
    fn a_bare_value_is_taken_where_one_scheme_takes_it() {
        check("978-0-306-40615-7", "isbn:9780306406157");
        check("T-034.524.680-1", "iswc:T0345246801");
        check("AA-6Q7-20-00047", "isrc:AA6Q72000047");
        check("10.5240/7791-8534-2C23-9030-8610-5", "eidr:10.5240/7791-8534-2C23-9030-8610-5");
        check("10.1000/182", "doi:10.1000/182");
        check("0000 0001 2103 2683", "isni:0000000121032683");
        check("00014107338", "ipi:00014107338");
        for refused in ["", "12345", "Moby-Dick", ":", "978-0-306-40615-8"] {
            let said = refused.parse::<Identifier>().unwrap_err().to_string();
            assert!(said.ends_with("write the scheme before it, as in isbn:9780306406157"), "{said}");
        }
    }

    #[test]
    fn the_message_names_value_place_and_cause() {
        for (given, said) in [
            (
                "isbn:978-0-306-40615-8",
                "`978-0-306-40615-8` is no ISBN: the check digit at position 17 is `8`, \
                 the other characters ask for `7`",
            ),
            ("isrc:US-S1Z-9x-00001", "`US-S1Z-9x-00001` is no ISRC: `X` may not stand at position 9"),
            ("isni:0000", "`0000` is no ISNI: it has 4 significant characters, not 16"),
        ] {
            assert_eq!(given.parse::<Identifier>().unwrap_err().to_string(), said);
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_prints_back(s in "(is(bn|wc|rc|ni|an|cc)|ipi|doi|eidr|[a-z]{0,4})?:?[ -~é–]{0,30}") {
            if let Ok(id) = s.parse::<Identifier>() {
                proptest::prop_assert_eq!(id.to_string().parse::<Identifier>(), Ok(id));
            }
        }
    }
}
