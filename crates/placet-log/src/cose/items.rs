//! The few CBOR items that COSE is made of.

/// Writes the few CBOR items of COSE, whose maps have numbers for keys, in RFC 8949's deterministic encoding.
#[derive(Default)]
pub(super) struct Cbor(pub(super) Vec<u8>);

impl Cbor {
    pub(super) fn head(&mut self, major: u8, n: u64) -> &mut Cbor {
        crate::cbor::head(&mut self.0, major, n);
        self
    }

    pub(super) fn uint(&mut self, n: u64) -> &mut Cbor {
        self.head(0, n)
    }

    pub(super) fn int(&mut self, n: i64) -> &mut Cbor {
        match u64::try_from(n) {
            Ok(n) => self.head(0, n),
            Err(_) => self.head(1, !n as u64),
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Cbor {
        self.head(2, bytes.len() as u64).0.extend_from_slice(bytes);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Cbor {
        self.head(3, text.len() as u64).0.extend_from_slice(text.as_bytes());
        self
    }
}

/// Reads the same back. Whatever is not written as above does not match.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The number of an item of this major type, written as short as possible.
    pub(super) fn head(&mut self, major: u8) -> Option<u64> {
        let first = self.byte()?;
        let short = first & 31;
        let n = match short {
            0..24 => u64::from(short),
            24..=27 => {
                let (number, rest) = self.0.split_at_checked(1 << (short - 24))?;
                self.0 = rest;
                number.iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
            }
            _ => return None,
        };
        let mut again = Vec::new();
        crate::cbor::head(&mut again, major, n);
        let as_short = again.first() == Some(&first);
        as_short.then_some(n)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.head(2)?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.head(3)?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(bytes).ok()
    }

    /// A number of either sign.
    pub(super) fn int(&mut self) -> Option<i64> {
        let negative = self.0.first().is_some_and(|byte| byte >> 5 == 1);
        let n = i64::try_from(self.head(u8::from(negative))?).ok()?;
        Some(if negative { !n } else { n })
    }
}
