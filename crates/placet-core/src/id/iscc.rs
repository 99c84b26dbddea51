//! International Standard Content Code (ISO 24138:2024): the grammar of its codes. Making them from content
//! is the registry's business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{IdentifierError, IdentifierProblem, error, through_text};

/// A content code: one unit or a composite of several, `ISCC:` and base32 (RFC 4648, without padding).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iscc(String);

/// What a content code is computed from: the first field of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsccMainType {
    /// Title and description.
    Meta,
    /// Meaning.
    Semantic,
    /// Text, pixels, sound.
    Content,
    /// Bytes, by similarity.
    Data,
    /// Bytes, exactly.
    Instance,
    /// A composite of units.
    Iscc,
    /// A short number given out by a hub.
    Id,
    /// A unique number without content.
    Flake,
}

impl Iscc {
    /// The code without `ISCC:`.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// What it is computed from.
    pub fn main_type(&self) -> IsccMainType {
        // The first five bits stand in the first character, the first four are the main type; checked at reading.
        match self.0.bytes().next().and_then(base32_value).map_or(0, |v| v >> 1) {
            0 => IsccMainType::Meta,
            1 => IsccMainType::Semantic,
            2 => IsccMainType::Content,
            3 => IsccMainType::Data,
            4 => IsccMainType::Instance,
            5 => IsccMainType::Iscc,
            6 => IsccMainType::Id,
            _ => IsccMainType::Flake,
        }
    }
}

impl fmt::Display for Iscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ISCC:{}", self.0)
    }
}

impl FromStr for Iscc {
    type Err = IdentifierError;

    /// Reads the code with or without `ISCC:`, in either case, with or without hyphens.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let given = s.trim();
        let labelled = given.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("ISCC:"));
        let skipped = if labelled { 5 } else { 0 };
        let fail = |problem| Err(error("ISCC", given, problem));
        let mut code = String::new();
        for (i, c) in given.chars().enumerate().skip(skipped).filter(|(_, c)| *c != '-') {
            let c = c.to_ascii_uppercase();
            if u8::try_from(c).ok().and_then(base32_value).is_none() {
                return fail(IdentifierProblem::Character { at: i + 1, found: c });
            }
            if code.len() == CODE_CHARACTERS_MAX {
                return fail(IdentifierProblem::Rule("no code is that long"));
            }
            code.push(c);
        }
        let bits: Vec<bool> = code
            .bytes()
            .filter_map(base32_value)
            .flat_map(|v| (0..5).rev().map(move |bit| v >> bit & 1 == 1))
            .collect();
        let mut rest = bits.as_slice();
        let mut field = || varnibble(&mut rest);
        let (Some(main), Some(sub), Some(version), Some(length)) = (field(), field(), field(), field())
        else {
            return fail(IdentifierProblem::Rule("the header is not whole"));
        };
        if version > 1 || (version == 1 && main != 6) {
            return fail(IdentifierProblem::Rule("the header names a version that is not known"));
        }
        let body_bits = match (main, sub) {
            (0..=4 | 7, _) => (length + 1) * 32,
            (5, 7) => 256,
            (5, _) if length < 8 => length.count_ones() * 64 + 128,
            (6, _) => length * 8 + 64,
            _ => return fail(IdentifierProblem::Rule("the header names a main type that is not known")),
        };
        // The header fills whole bytes, and base32 pads the last character with up to four zero bits.
        let header_bits = (bits.len() - rest.len()).div_ceil(8) * 8;
        let wanted = header_bits + body_bits as usize;
        if body_bits > 256 + 64 || code.len() != wanted.div_ceil(5) {
            return fail(IdentifierProblem::Rule("the body is not as long as the header says"));
        }
        if bits.iter().skip(wanted).any(|bit| *bit) {
            return fail(IdentifierProblem::Rule("bits are set after the end of the body"));
        }
        Ok(Iscc(code))
    }
}

through_text!(Iscc);

/// Characters of the longest code: four header bytes at most before 320 bits.
const CODE_CHARACTERS_MAX: usize = 80;

/// A header field: 0 to 7 in four bits, and on in eight, twelve and sixteen.
fn varnibble(bits: &mut &[bool]) -> Option<u32> {
    let ones = bits.iter().take(3).take_while(|bit| **bit).count();
    let (prefix, width, base) = match ones {
        0 => (1, 3, 0),
        1 => (2, 6, 8),
        2 => (3, 9, 72),
        _ => (4, 12, 584),
    };
    let value = bits.get(prefix..prefix + width)?.iter().fold(0, |n, bit| n << 1 | u32::from(*bit));
    *bits = &bits[prefix + width..];
    Some(base + value)
}

fn base32_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_main_type_of_the_reference_vectors() {
        for (code, main) in [
            ("ISCC:AAAZXZ6OU74YAZIM", IsccMainType::Meta),
            ("ISCC:EAASKDNZNYGUUF5A", IsccMainType::Content),
            ("ISCC:EADTJCW2DT555KK6DEQAR5DQT7VYJGZM6CXHG3BM56WOMQDDVS7754I", IsccMainType::Content),
            ("ISCC:GAAXL2XYM5BQIAZ3", IsccMainType::Data),
            ("ISCC:IAA26E2JXH27TING", IsccMainType::Instance),
            ("ISCC:KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY", IsccMainType::Iscc),
            ("ISCC:KUAFVC5DMJJGYKZ4MQV6B6THIBBUG", IsccMainType::Iscc),
        ] {
            let id: Iscc = code.parse().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!((id.to_string().as_str(), id.main_type()), (code, main));
        }
    }

    #[test]
    fn a_code_that_was_cut_or_mistyped_is_refused() {
        for refused in
            ["", "ISCC:", "ISCC:AAAZXZ6OU74YAZI", "ISCC:AAAZXZ6OU74YAZIMA", "ISCC:AAAZXZ1OU74YAZIM"]
        {
            assert!(refused.parse::<Iscc>().is_err(), "{refused}");
        }
    }

    super::super::laws!(Iscc, "(ISCC:)?[A-P][A-D]A[A-Z2-7]{13}([A-Z2-7]{26,42})?");
}
