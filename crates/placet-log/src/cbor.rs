//! Deterministic CBOR (RFC 8949 section 4.2.1), the part of it that leaves and answers use: whole numbers, byte
//! strings, texts, arrays, maps with text keys, and null. One value has one encoding, and no other is read.

/// Nesting that is read; deeper is refused.
const DEPTH_MAX: usize = 8;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number from 0.
    Uint(u64),
    /// The number -1 - n.
    Negative(u64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// Values in order.
    Array(Vec<Value>),
    /// Values by name. The order here is of no account.
    Map(Vec<(String, Value)>),
}

/// Bytes that are not the deterministic encoding of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not deterministic CBOR: {problem} at byte {at}")]
pub struct CborError {
    /// Where.
    pub at: usize,
    /// What.
    pub problem: &'static str,
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// Bytes.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Value {
        Value::Bytes(bytes.as_ref().to_vec())
    }

    /// A whole number.
    pub fn int(number: i64) -> Value {
        u64::try_from(number).map_or_else(|_| Value::Negative(!number as u64), Value::Uint)
    }

    /// A map.
    pub fn map<'a>(members: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
        Value::Map(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// Reads one value that fills the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Value, CborError> {
        let mut decoder = Decoder { bytes, at: 0 };
        let value = decoder.value(DEPTH_MAX)?;
        if decoder.at == bytes.len() { Ok(value) } else { Err(decoder.fail("more after the end")) }
    }

    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Value::Null => to.push(0xf6),
            Value::Uint(n) => head(to, 0, *n),
            Value::Negative(n) => head(to, 1, *n),
            Value::Bytes(bytes) => {
                head(to, 2, bytes.len() as u64);
                to.extend_from_slice(bytes);
            }
            Value::Text(text) => {
                head(to, 3, text.len() as u64);
                to.extend_from_slice(text.as_bytes());
            }
            Value::Array(values) => {
                head(to, 4, values.len() as u64);
                for value in values {
                    value.write(to);
                }
            }
            Value::Map(members) => {
                head(to, 5, members.len() as u64);
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by_key(|(name, _)| (name.len(), name.as_bytes()));
                for (name, value) in sorted {
                    head(to, 3, name.len() as u64);
                    to.extend_from_slice(name.as_bytes());
                    value.write(to);
                }
            }
        }
    }
}

/// Writes the head of an item, as short as possible.
pub(crate) fn head(to: &mut Vec<u8>, major: u8, n: u64) {
    let major = major << 5;
    match n {
        0..24 => to.push(major | n as u8),
        24..0x100 => to.extend([major | 0x18, n as u8]),
        0x100..0x1_0000 => {
            to.push(major | 0x19);
            to.extend((n as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            to.push(major | 0x1a);
            to.extend((n as u32).to_be_bytes());
        }
        _ => {
            to.push(major | 0x1b);
            to.extend(n.to_be_bytes());
        }
    }
}

struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    fn fail(&self, problem: &'static str) -> CborError {
        CborError { at: self.at, problem }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(length).ok().and_then(|length| rest.get(..length));
        let taken = taken.ok_or(self.fail("cut off"))?;
        self.at += taken.len();
        Ok(taken)
    }

    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let first = self.take(1)?.first().copied().unwrap_or_default();
        let (major, short) = (first >> 5, first & 31);
        let length = match short {
            0..24 => return Ok((major, u64::from(short))),
            24..=27 => 1u64 << (short - 24),
            _ => return Err(self.fail("an unknown or indefinite length")),
        };
        let n = self.take(length)?.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        let least = [24, 0x100, 0x1_0000, 0x1_0000_0000];
        match least.get(usize::from(short - 24)) {
            Some(least) if n >= *least => Ok((major, n)),
            _ => Err(self.fail("a number that is not written as short as possible")),
        }
    }

    fn text(&mut self, length: u64) -> Result<String, CborError> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| self.fail("text that is not UTF-8"))
    }

    fn value(&mut self, depth: usize) -> Result<Value, CborError> {
        let depth = depth.checked_sub(1).ok_or(self.fail("nested too deep"))?;
        if self.bytes.get(self.at) == Some(&0xf6) {
            self.at += 1;
            return Ok(Value::Null);
        }
        let (major, n) = self.head()?;
        match major {
            0 => Ok(Value::Uint(n)),
            1 => Ok(Value::Negative(n)),
            2 => Ok(Value::Bytes(self.take(n)?.to_vec())),
            3 => Ok(Value::Text(self.text(n)?)),
            4 => {
                let mut values = Vec::new();
                for _ in 0..n {
                    values.push(self.value(depth)?);
                }
                Ok(Value::Array(values))
            }
            5 => {
                let mut members: Vec<(String, Value)> = Vec::new();
                for _ in 0..n {
                    let (3, length) = self.head()? else { return Err(self.fail("a key that is no text")) };
                    let name = self.text(length)?;
                    let order = |name: &String| (name.len(), name.as_bytes().to_vec());
                    if members.last().is_some_and(|(last, _)| order(last) >= order(&name)) {
                        return Err(self.fail("keys out of order or twice"));
                    }
                    members.push((name, self.value(depth)?));
                }
                Ok(Value::Map(members))
            }
            _ => Err(self.fail("a type that is not used here")),
        }
    }
}

/// Takes a map's members one by one, each of its type; what is missing or left over is an error.
#[derive(Debug)]
pub(crate) struct Members(Vec<(String, Value)>);

/// A value that is not of the expected shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is missing, of another type or unknown")]
pub struct ShapeError(pub String);

impl Members {
    pub(crate) fn of(value: Value) -> Result<Members, ShapeError> {
        match value {
            Value::Map(members) => Ok(Members(members)),
            _ => Err(ShapeError("map".to_owned())),
        }
    }

    pub(crate) fn take(&mut self, name: &str) -> Result<Value, ShapeError> {
        let at = self.0.iter().position(|(other, _)| other == name);
        at.map(|at| self.0.swap_remove(at).1).ok_or_else(|| ShapeError(name.to_owned()))
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String, ShapeError> {
        match self.take(name)? {
            Value::Text(text) => Ok(text),
            _ => Err(ShapeError(name.to_owned())),
        }
    }

    pub(crate) fn uint(&mut self, name: &str) -> Result<u64, ShapeError> {
        match self.take(name)? {
            Value::Uint(n) => Ok(n),
            _ => Err(ShapeError(name.to_owned())),
        }
    }

    pub(crate) fn bytes(&mut self, name: &str) -> Result<Vec<u8>, ShapeError> {
        match self.take(name)? {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(ShapeError(name.to_owned())),
        }
    }

    pub(crate) fn array32(&mut self, name: &str) -> Result<[u8; 32], ShapeError> {
        self.bytes(name)?.try_into().map_err(|_| ShapeError(name.to_owned()))
    }

    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<Value>, ShapeError> {
        match self.take(name)? {
            Value::Array(values) => Ok(values),
            _ => Err(ShapeError(name.to_owned())),
        }
    }

    pub(crate) fn end(self) -> Result<(), ShapeError> {
        self.0.into_iter().next().map_or(Ok(()), |(name, _)| Err(ShapeError(name)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_rfc_8949_appendix_a() {
        for (value, hex) in [
            (Value::int(0), "00"),
            (Value::int(23), "17"),
            (Value::int(24), "1818"),
            (Value::int(1000), "1903e8"),
            (Value::int(1_000_000_000_000), "1b000000e8d4a51000"),
            (Value::Uint(u64::MAX), "1bffffffffffffffff"),
            (Value::Negative(u64::MAX), "3bffffffffffffffff"),
            (Value::int(-1), "20"),
            (Value::int(-1000), "3903e7"),
            (Value::Null, "f6"),
            (Value::bytes([1, 2, 3, 4]), "4401020304"),
            (Value::text("水"), "63e6b0b4"),
            (Value::Array(vec![Value::int(1), Value::Array(vec![Value::int(2)])]), "82018102"),
            (Value::map([("b", Value::Array(vec![])), ("a", Value::int(1))]), "a26161016162 80"),
        ] {
            let hex: String = hex.split(' ').collect();
            let bytes = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap());
            assert_eq!(value.encode(), bytes.collect::<Vec<_>>());
        }
    }

    #[test]
    fn other_encodings_of_the_same_are_refused() {
        for bytes in [
            &[0x18, 0x17][..],                           // 23 in two bytes
            &[0x9f, 0xff],                               // an indefinite array
            &[0xa2, 0x61, b'b', 0, 0x61, b'a', 0],       // keys out of order
            &[0xa2, 0x61, b'a', 0, 0x61, b'a', 0],       // a key twice
            &[0xa2, 0x62, b'a', b'a', 0, 0x61, b'b', 0], // the longer key first
            &[0xf9, 0, 0],                               // a float
            &[0x00, 0x00],                               // two values
            &[0x61, 0xff],                               // not UTF-8
            &[0x81; 9],                                  // too deep
            &[0x9b, 255, 255, 255, 255, 255, 255, 255, 255],
        ] {
            assert!(Value::decode(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_prints_back(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(value) = Value::decode(&bytes) {
                prop_assert_eq!(value.encode(), bytes);
            }
        }
    }
}
