//! Structured field values for HTTP (RFC 9651): dictionaries, which several protocols write their statements in.
//!
//! A dictionary parses whole or not at all; the last of repeated keys counts.

/// Parameters in order, each key once.
pub type Parameters = Vec<(String, Bare)>;

/// A dictionary's members in order, each key once.
pub type Dictionary = Vec<(String, Member)>;

/// A value with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The value.
    pub value: Value,
    /// Its parameters.
    pub parameters: Parameters,
}

/// An item or an inner list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One item.
    Item(Bare),
    /// Several, each with parameters.
    List(Vec<(Bare, Parameters)>),
}

/// A bare item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bare {
    /// A whole number.
    Integer(i64),
    /// A decimal, in thousandths.
    Decimal(i64),
    /// Text of printable US-ASCII.
    String(String),
    /// A word.
    Token(String),
    /// Octets.
    Bytes(Vec<u8>),
    /// Yes or no.
    Boolean(bool),
    /// Seconds since 1970.
    Date(i64),
    /// Text of any characters.
    Display(String),
}

/// Not a dictionary: the octet at which reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADictionary {
    /// Where, from 0.
    pub at: usize,
}

/// Most octets of a field that are read.
pub const FIELD_BYTES_MAX: usize = 64 * 1024;

/// Most members of a dictionary, and parameters of a member: what RFC 9651 asks for at least.
const MEMBERS_MAX: usize = 1024;

/// Reads a dictionary (RFC 9651, section 4.2.2). An empty field is an empty one.
///
/// # Examples
/// ```
/// # use placet_signals::structured_field::{Bare, Value, dictionary};
/// let members = dictionary(b"train-ai=n, search=y").unwrap();
/// assert_eq!(members[0].1.value, Value::Item(Bare::Token("n".into())));
/// ```
pub fn dictionary(field: &[u8]) -> Result<Dictionary, NotADictionary> {
    let mut reader = Reader { bytes: field, at: 0 };
    reader.dictionary().ok_or(NotADictionary { at: reader.at })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn dictionary(&mut self) -> Option<Dictionary> {
        if self.bytes.len() > FIELD_BYTES_MAX {
            return None;
        }
        let mut members = Dictionary::new();
        self.skip(b" ");
        while self.peek().is_some() {
            let key = self.key()?;
            let member = if self.take(b'=') {
                if self.peek() == Some(b'(') {
                    let list = self.inner_list()?;
                    Member { value: Value::List(list), parameters: self.parameters()? }
                } else {
                    let item = self.bare()?;
                    Member { value: Value::Item(item), parameters: self.parameters()? }
                }
            } else {
                Member { value: Value::Item(Bare::Boolean(true)), parameters: self.parameters()? }
            };
            put(&mut members, key, member)?;
            self.skip(b" \t");
            if self.peek().is_none() {
                break;
            }
            if !self.take(b',') {
                return None;
            }
            self.skip(b" \t");
            // A comma promises another member.
            self.peek()?;
        }
        Some(members)
    }

    fn inner_list(&mut self) -> Option<Vec<(Bare, Parameters)>> {
        let mut items = Vec::new();
        self.take(b'(');
        loop {
            self.skip(b" ");
            if self.take(b')') {
                return Some(items);
            }
            let item = self.bare()?;
            items.push((item, self.parameters()?));
            if !matches!(self.peek()?, b' ' | b')') {
                return None;
            }
        }
    }

    fn parameters(&mut self) -> Option<Parameters> {
        let mut parameters = Vec::new();
        while self.take(b';') {
            self.skip(b" ");
            let key = self.key()?;
            let value = if self.take(b'=') { self.bare()? } else { Bare::Boolean(true) };
            put(&mut parameters, key, value)?;
        }
        Some(parameters)
    }

    fn key(&mut self) -> Option<String> {
        if !matches!(self.peek()?, b'a'..=b'z' | b'*') {
            return None;
        }
        Some(self.word(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*')))
    }

    fn bare(&mut self) -> Option<Bare> {
        match self.peek()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string().map(Bare::String),
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => Some(Bare::Token(
                self.word(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&b)),
            )),
            b':' => self.octets(),
            b'?' => {
                self.at += 1;
                match self.next()? {
                    b'0' => Some(Bare::Boolean(false)),
                    b'1' => Some(Bare::Boolean(true)),
                    _ => None,
                }
            }
            b'@' => {
                self.at += 1;
                match self.number()? {
                    Bare::Integer(seconds) => Some(Bare::Date(seconds)),
                    _ => None,
                }
            }
            b'%' => self.display(),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Bare> {
        let sign = if self.take(b'-') { -1 } else { 1 };
        let whole = self.word(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 {
            return None;
        }
        if !self.take(b'.') {
            return whole.parse::<i64>().ok().map(|n| Bare::Integer(sign * n));
        }
        let fraction = self.word(|b| b.is_ascii_digit());
        if whole.len() > 12 || fraction.is_empty() || fraction.len() > 3 {
            return None;
        }
        let thousandths = format!("{whole}{fraction:0<3}");
        thousandths.parse::<i64>().ok().map(|n| Bare::Decimal(sign * n))
    }

    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next()? {
                b'"' => return Some(text),
                b'\\' => match self.next()? {
                    b @ (b'"' | b'\\') => text.push(char::from(b)),
                    _ => return None,
                },
                b @ 0x20..=0x7E => text.push(char::from(b)),
                _ => return None,
            }
        }
    }

    fn display(&mut self) -> Option<Bare> {
        self.at += 1;
        if !self.take(b'"') {
            return None;
        }
        let mut octets = Vec::new();
        loop {
            match self.next()? {
                b'"' => return String::from_utf8(octets).ok().map(Bare::Display),
                b'%' => {
                    let (high, low) = (lower_hex(self.next()?)?, lower_hex(self.next()?)?);
                    octets.push(high << 4 | low);
                }
                b @ 0x20..=0x7E => octets.push(b),
                _ => return None,
            }
        }
    }

    fn octets(&mut self) -> Option<Bare> {
        self.at += 1;
        let coded = self.word(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        if !self.take(b':') {
            return None;
        }
        base64(coded.trim_end_matches('=')).map(Bare::Bytes)
    }

    fn word(&mut self, belongs: fn(u8) -> bool) -> String {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.iter().take_while(|&&b| belongs(b)).count();
        self.at += len;
        rest.iter().take(len).map(|&b| char::from(b)).collect()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    fn skip(&mut self, any: &[u8]) {
        while self.peek().is_some_and(|b| any.contains(&b)) {
            self.at += 1;
        }
    }
}

/// The last value of a key counts, at the place of the first.
fn put<T>(members: &mut Vec<(String, T)>, key: String, value: T) -> Option<()> {
    if let Some((_, old)) = members.iter_mut().find(|(k, _)| *k == key) {
        *old = value;
        return Some(());
    }
    (members.len() < MEMBERS_MAX).then(|| members.push((key, value)))
}

fn lower_hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Base64 without padding; the last bits may be anything, as the standard lets parsers accept.
pub(crate) fn base64(coded: &str) -> Option<Vec<u8>> {
    if coded.len() % 4 == 1 {
        return None;
    }
    let mut octets = Vec::with_capacity(coded.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0_u32, 0);
    for digit in coded.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            octets.push((bits >> held) as u8);
        }
    }
    Some(octets)
}
