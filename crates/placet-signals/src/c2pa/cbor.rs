//! CBOR (RFC 8949) as far as assertions and claims need it: decoded to JSON, byte strings as hexadecimal text.

use serde_json::{Map, Number, Value};

const DEPTH_MAX: usize = 32;
/// Most items of one document.
const ITEMS_MAX: usize = 100_000;

/// The first item of the bytes; absent where it is not well-formed or beyond the limits.
pub(super) fn decode(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes, left: ITEMS_MAX };
    reader.item(0)
}

/// Appends a byte string.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_head(out, 2, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a text.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_head(out, 3, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Begins an array of so many items.
pub(super) fn put_array(out: &mut Vec<u8>, len: usize) {
    put_head(out, 4, len as u64);
}

/// Begins a map of so many pairs.
pub(super) fn put_map(out: &mut Vec<u8>, len: usize) {
    put_head(out, 5, len as u64);
}

/// Appends a whole number.
pub(super) fn put_integer(out: &mut Vec<u8>, number: i64) {
    match u64::try_from(number) {
        Ok(number) => put_head(out, 0, number),
        Err(_) => put_head(out, 1, number.unsigned_abs() - 1),
    }
}

/// Appends a number in five octets whatever it is, so that what holds it has a length that is known before.
pub(super) fn put_fixed(out: &mut Vec<u8>, number: u32) {
    out.push(0x1A);
    out.extend_from_slice(&number.to_be_bytes());
}

/// Major type and number, in as few octets as they need.
fn put_head(out: &mut Vec<u8>, major: u8, number: u64) {
    let head = major << 5;
    match number {
        0..=23 => out.push(head | number as u8),
        24..=0xFF => out.extend_from_slice(&[head | 0x18, number as u8]),
        0x100..=0xFFFF => {
            out.push(head | 0x19);
            out.extend_from_slice(&(number as u16).to_be_bytes());
        }
        0x1_0000..=0xFFFF_FFFF => {
            out.push(head | 0x1A);
            out.extend_from_slice(&(number as u32).to_be_bytes());
        }
        _ => {
            out.push(head | 0x1B);
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    left: usize,
}

/// Ends an item of indefinite length.
const BREAK: u8 = 0xFF;

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self, info: u8) -> Option<u64> {
        let len = match info {
            0..=23 => return Some(u64::from(info)),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return None,
        };
        Some(self.take(len)?.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    fn item(&mut self, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        if depth > DEPTH_MAX {
            return None;
        }
        let head = self.byte()?;
        let (major, info) = (head >> 5, head & 31);
        match major {
            0 => Some(Value::Number(self.number(info)?.into())),
            1 => Some(Value::Number(
                i64::try_from(self.number(info)?).ok()?.checked_neg()?.checked_sub(1)?.into(),
            )),
            2 => Some(Value::String(self.string(info, 2)?.iter().map(|b| format!("{b:02x}")).collect())),
            3 => Some(Value::String(String::from_utf8_lossy(&self.string(info, 3)?).into_owned())),
            4 => {
                let mut items = Vec::new();
                self.each(info, |reader| {
                    items.push(reader.item(depth + 1)?);
                    Some(())
                })?;
                Some(Value::Array(items))
            }
            5 => {
                let mut map = Map::new();
                self.each(info, |reader| {
                    let key = match reader.item(depth + 1)? {
                        Value::String(key) => key,
                        other => other.to_string(),
                    };
                    let value = reader.item(depth + 1)?;
                    map.insert(key, value);
                    Some(())
                })?;
                Some(Value::Object(map))
            }
            6 => {
                self.number(info)?;
                self.item(depth + 1)
            }
            _ => match info {
                20 => Some(Value::Bool(false)),
                21 => Some(Value::Bool(true)),
                22 | 23 => Some(Value::Null),
                // No number of ours has a fraction.
                24..=27 => self.number(info).map(|n| Value::Number(Number::from(n))),
                _ => None,
            },
        }
    }

    /// A string, in one piece or in several.
    fn string(&mut self, info: u8, major: u8) -> Option<Vec<u8>> {
        if info != 31 {
            let len = usize::try_from(self.number(info)?).ok()?;
            return Some(self.take(len)?.to_vec());
        }
        let mut whole = Vec::new();
        loop {
            self.left = self.left.checked_sub(1)?;
            let head = self.byte()?;
            if head == BREAK {
                return Some(whole);
            }
            if head >> 5 != major || head & 31 == 31 {
                return None;
            }
            let len = usize::try_from(self.number(head & 31)?).ok()?;
            whole.extend_from_slice(self.take(len)?);
        }
    }

    fn each(&mut self, info: u8, mut one: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if info != 31 {
            for _ in 0..self.number(info)? {
                one(self)?;
            }
            return Some(());
        }
        while self.rest.first() != Some(&BREAK) {
            one(self)?;
        }
        self.byte().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_decoded() {
        // RFC 8949, appendix A.
        for (bytes, json) in [
            (&[0x18, 0x64][..], "100"),
            (&[0x38, 0x63], "-100"),
            (&[0x43, 1, 2, 3], "\"010203\""),
            (&[0x62, 0xC3, 0xBC], "\"ü\""),
            (&[0x82, 0x01, 0xF5], "[1,true]"),
            (&[0xA1, 0x61, 0x61, 0xF6], "{\"a\":null}"),
            (&[0x9F, 0x01, 0xFF], "[1]"),
            (&[0x7F, 0x61, 0x61, 0x61, 0x62, 0xFF], "\"ab\""),
            (&[0xC1, 0x01], "1"),
        ] {
            assert_eq!(decode(bytes).unwrap().to_string(), json);
        }
        for bytes in [
            &[][..],
            &[0x61],
            &[0x9F, 1],
            &[0x5F, 0x61, 0x61, 0xFF],
            &[0xBB, 255, 255, 255, 255, 255, 255, 255, 255],
            &[0x81; 100],
        ] {
            assert_eq!(decode(bytes), None);
        }
    }
}
