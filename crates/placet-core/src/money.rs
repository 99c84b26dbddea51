//! Amounts of money: whole minor units of a currency whose scale is named.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Ratio;

/// A currency of ISO 4217, with the number of decimals of its minor unit.
///
/// The scale is part of the value, so that an amount never needs a table to be read. Currencies with two
/// decimals are the rule; [`Currency::of`] knows the exceptions of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: [u8; 3],
    scale: u8,
}

impl Currency {
    /// The euro.
    pub const EUR: Currency = Currency { code: *b"EUR", scale: 2 };
    /// The United States dollar.
    pub const USD: Currency = Currency { code: *b"USD", scale: 2 };

    /// The currency of a three-letter code.
    pub fn of(code: &str) -> Result<Currency, MoneyError> {
        let wrong = || MoneyError::Currency(code.to_owned());
        let code: [u8; 3] = code.as_bytes().try_into().map_err(|_| wrong())?;
        if !code.iter().all(u8::is_ascii_uppercase) {
            return Err(wrong());
        }
        let holds = |list: &[&[u8; 3]]| list.contains(&&code);
        let scale = if holds(NO_DECIMALS) {
            0
        } else if holds(THREE_DECIMALS) {
            3
        } else {
            2
        };
        Ok(Currency { code, scale })
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        // The constructor admits capital ASCII letters only.
        std::str::from_utf8(&self.code).unwrap_or("XXX")
    }

    /// Decimals of the minor unit.
    pub const fn scale(self) -> u8 {
        self.scale
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Currency::of(s.trim())
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<Currency> for String {
    fn from(c: Currency) -> Self {
        c.to_string()
    }
}

/// An amount: whole minor units of a currency. Written and read as `1234.56 EUR`.
///
/// There is no `+`: adding can overflow or mix currencies, and both are answers, not accidents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Money {
    /// Minor units (cents).
    pub minor: i128,
    /// Of which currency.
    pub currency: Currency,
}

impl Money {
    /// An amount of minor units.
    pub const fn new(minor: i128, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// Nothing of a currency.
    pub const fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// The sum; none where the currencies differ or the result does not fit.
    pub fn checked_add(self, other: Money) -> Option<Money> {
        if self.currency != other.currency {
            return None;
        }
        Some(Money { minor: self.minor.checked_add(other.minor)?, ..self })
    }

    /// The difference; none where the currencies differ or the result does not fit.
    pub fn checked_sub(self, other: Money) -> Option<Money> {
        if self.currency != other.currency {
            return None;
        }
        Some(Money { minor: self.minor.checked_sub(other.minor)?, ..self })
    }

    /// The number without the currency: `1234.56`.
    pub fn amount(&self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = self.minor.unsigned_abs();
        if self.currency.scale == 0 {
            return format!("{sign}{digits}");
        }
        let unit = 10_u128.pow(u32::from(self.currency.scale));
        format!("{sign}{}.{:0width$}", digits / unit, digits % unit, width = self.currency.scale as usize)
    }
}

impl PartialOrd for Money {
    /// Amounts of different currencies do not compare.
    fn partial_cmp(&self, other: &Money) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.amount(), self.currency))
    }
}

/// A text that is no amount or no currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three capital letters.
    #[error("`{0}` is no currency; write its three capital letters, as EUR")]
    Currency(String),
    /// Not a number and a currency.
    #[error("`{0}` is no amount; write it as 1234.56 EUR")]
    Amount(String),
    /// More decimals than the currency has.
    #[error("`{text}` has more than the {scale} decimals of its currency")]
    Decimals {
        /// What was read.
        text: String,
        /// Decimals of the currency.
        scale: u8,
    },
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || MoneyError::Amount(s.to_owned());
        let (number, code) = s.trim().split_once(' ').ok_or_else(bad)?;
        let currency: Currency = code.parse()?;
        let (negative, digits) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(part) || digits.ends_with('.') {
            return Err(bad());
        }
        let scale = usize::from(currency.scale);
        if part.len() > scale {
            return Err(MoneyError::Decimals { text: s.to_owned(), scale: currency.scale });
        }
        let minor: i128 = format!("{whole}{part:0<scale$}").parse().map_err(|_| bad())?;
        Ok(Money { minor: if negative { -minor } else { minor }, currency })
    }
}

impl TryFrom<String> for Money {
    type Error = MoneyError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<Money> for String {
    fn from(m: Money) -> Self {
        m.to_string()
    }
}

/// Rates and shares stand in files as text (`"30%"`), so that no reader takes them for floats.
impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Currencies without a minor unit (ISO 4217, list one).
const NO_DECIMALS: &[&[u8; 3]] = &[
    b"BIF", b"CLP", b"DJF", b"GNF", b"ISK", b"JPY", b"KMF", b"KRW", b"PYG", b"RWF", b"UGX", b"VND", b"VUV",
    b"XAF", b"XOF", b"XPF",
];

/// Currencies with three decimals (ISO 4217, list one).
const THREE_DECIMALS: &[&[u8; 3]] = &[b"BHD", b"IQD", b"JOD", b"KWD", b"LYD", b"OMR", b"TND"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_read_and_print() {
        for (text, minor) in [
            ("1234.56 EUR", 123_456),
            ("0.05 EUR", 5),
            ("-0.05 USD", -5),
            ("700 JPY", 700),
            ("1.005 KWD", 1005),
        ] {
            let m: Money = text.parse().unwrap();
            assert_eq!(m.minor, minor, "{text}");
            assert_eq!(m.to_string(), text);
        }
        assert_eq!("7 EUR".parse::<Money>().unwrap().to_string(), "7.00 EUR");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in ["", "EUR", "1,50 EUR", "1.5", "1. EUR", ".5 EUR", "1e3 EUR", "1.50 eur", "--1 EUR"] {
            assert!(bad.parse::<Money>().is_err(), "{bad}");
        }
        assert_eq!(
            "1.005 EUR".parse::<Money>(),
            Err(MoneyError::Decimals { text: "1.005 EUR".to_owned(), scale: 2 })
        );
    }

    #[test]
    fn currencies_do_not_mix() {
        let (e, u) = (Money::new(1, Currency::EUR), Money::new(1, Currency::USD));
        assert_eq!(e.checked_add(u), None);
        assert_eq!(e.partial_cmp(&u), None);
        assert_eq!(Money::new(i128::MAX, Currency::EUR).checked_add(e), None);
    }

    proptest! {
        #[test]
        fn prints_what_it_reads(minor in -10_i128.pow(30)..10_i128.pow(30), code in "[A-Z]{3}") {
            let m = Money::new(minor, Currency::of(&code).unwrap());
            prop_assert_eq!(m.to_string().parse::<Money>().unwrap(), m);
        }

        #[test]
        fn never_panics(s in ".{0,60}") {
            let _ = s.parse::<Money>();
        }
    }
}
