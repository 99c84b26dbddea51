//! The DER (ITU-T X.690) that timestamp tokens are made of: items with a tag of one byte and a definite length.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// A constructed item with a tag of its context, `[n]`.
pub(super) const fn context(n: u8) -> u8 {
    0xa0 | n
}

/// One item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// With tag and length.
    pub(super) whole: &'a [u8],
}

/// Items one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Items<'a>(pub(super) &'a [u8]);

impl<'a> Items<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next item.
    pub(super) fn item(&mut self) -> Option<Item<'a>> {
        let all = self.0;
        let (&[tag, length], rest) = all.split_first_chunk::<2>()?;
        // A tag number above 30 takes more bytes; nothing here has one.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                let length = digits.iter().fold(0usize, |n, digit| n << 8 | usize::from(*digit));
                (length, rest)
            }
            // Indefinite (BER), or longer than anything here.
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Item { tag, content, whole: all.get(..all.len() - rest.len())? })
    }

    /// The content of the next item, which has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.item().filter(|item| item.tag == tag).map(|item| item.content)
    }

    /// The items in the next item, which has this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Items<'a>> {
        self.expect(tag).map(Items)
    }

    /// The next item if it has this tag; others are left where they are.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Item<'a>> {
        let mut ahead = *self;
        let item = ahead.item().filter(|item| item.tag == tag)?;
        *self = ahead;
        Some(item)
    }
}

/// Writes an item; its content has less than 128 bytes.
pub(super) fn short(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag, u8::try_from(content.len()).unwrap_or(u8::MAX) & 0x7f];
    out.extend_from_slice(content);
    out
}

/// Seconds since 1970 of a `GeneralizedTime` or `UTCTime` in UTC; parts of a second are dropped.
pub(super) fn time(item: Item<'_>) -> Option<i64> {
    let text = std::str::from_utf8(item.content).ok()?.strip_suffix('Z')?;
    let (year_digits, century) = match item.tag {
        GENERALIZED_TIME => (4, 0),
        // RFC 5280 section 4.1.2.5.1: 50 to 99 stand for the last century.
        UTC_TIME => (2, 1900),
        _ => return None,
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != year_digits + 10 || !digits(whole) || !digits(part) {
        return None;
    }
    let number = |at: usize, length: usize| whole.get(at..at + length)?.parse::<i64>().ok();
    let mut year = number(0, year_digits)? + century;
    if item.tag == UTC_TIME && year < 1950 {
        year += 100;
    }
    let two = |n: usize| number(year_digits + 2 * n, 2);
    let (month, day, hour, minute, second) = (two(0)?, two(1)?, two(2)?, two(3)?, two(4)?);
    let fits =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    fits.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days since 1970-01-01 of a day of the Gregorian calendar, counting years from March so that leap days come last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn items_are_read_with_short_and_long_lengths() {
        let mut items = Items(&[0x02, 0x01, 0x05, 0x04, 0x81, 0x02, 0xaa, 0xbb, 0x05, 0x00]);
        assert_eq!(items.expect(INTEGER), Some(&[5][..]));
        assert_eq!(items.optional(NULL), None);
        assert_eq!(items.expect(OCTET_STRING), Some(&[0xaa, 0xbb][..]));
        assert_eq!(items.optional(NULL).map(|item| item.whole), Some(&[5, 0][..]));
        assert!(items.is_empty());
        for wrong in [
            &[0x30, 0x80, 0, 0][..],
            &[0x1f, 0x81, 0x01, 0],
            &[0x04, 0x02, 0],
            &[0x04, 0x85, 0, 0, 0, 0, 0],
            &[4],
        ] {
            assert_eq!(Items(wrong).item(), None, "{wrong:?}");
        }
    }

    #[test]
    fn times_are_seconds() {
        let of = |tag, text: &str| time(Item { tag, content: text.as_bytes(), whole: &[] });
        assert_eq!(of(GENERALIZED_TIME, "19700101000000Z"), Some(0));
        assert_eq!(of(GENERALIZED_TIME, "20000229235959.25Z"), Some(951_868_799));
        assert_eq!(of(GENERALIZED_TIME, "20261122013000Z"), Some(1_795_311_000));
        assert_eq!(of(UTC_TIME, "500101000000Z"), Some(-631_152_000));
        assert_eq!(of(UTC_TIME, "261122013000Z"), Some(1_795_311_000));
        for wrong in
            ["20261322013000Z", "20261122013000", "2026112201300Z", "20261122013000.Z", "x0261122013000Z"]
        {
            assert_eq!(of(GENERALIZED_TIME, wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut items = Items(&bytes);
            while let Some(item) = items.item() {
                let _ = time(item);
            }
        }
    }
}
