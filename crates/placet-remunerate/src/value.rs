//! What a licensee says it earned, and exchange of currencies.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};
use placet_core::{Currency, Money, Period, Territory};
use serde::{Deserialize, Serialize};

use crate::tariff::Purse;

/// A licensee's report of the value a system generated. An absent number is "not reported", never zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ValueReport {
    /// Whose.
    pub licensee: String,
    /// For which account.
    pub purse: Purse,
    /// For which days.
    pub period: Period,
    /// Earned where.
    #[serde(default)]
    pub territory: Territory,
    /// Everything received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gross: Option<Money>,
    /// After the deductions the licence allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<Money>,
    /// When it was reported.
    pub reported_at: Timestamp,
    /// Where the signed report is: its digest or reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A rate of exchange, dated and sourced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FxRate {
    /// One unit of this currency …
    pub from: Currency,
    /// … is so many of that one.
    pub to: Currency,
    /// How many.
    pub rate: Decimal,
    /// Of which day.
    pub day: Date,
    /// Who published it.
    pub source: String,
}

/// A positive decimal number, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal {
    digits: u64,
    scale: u8,
}

/// An exchange: both legs stay on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was given.
    pub from: Money,
    /// What came of it, rounded half away from zero to the minor unit.
    pub to: Money,
    /// At which rate.
    pub at: FxRate,
}

/// An exchange that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FxError {
    /// No rate.
    #[error("no rate from {from} to {to} on or before {day}; add one, with its source")]
    NoRate {
        /// From which currency.
        from: Currency,
        /// To which.
        to: Currency,
        /// On which day.
        day: Date,
    },
    /// Does not fit.
    #[error("{0} is too large to exchange")]
    TooLarge(Money),
}

/// Exchanges at the latest rate on or before the day; of two rates of one day, the one whose source sorts first.
pub fn exchange(rates: &[FxRate], from: Money, to: Currency, day: Date) -> Result<Exchange, FxError> {
    let rate = rates
        .iter()
        .filter(|r| r.from == from.currency && r.to == to && r.day <= day)
        .max_by(|a, b| a.day.cmp(&b.day).then_with(|| b.source.cmp(&a.source)))
        .ok_or(FxError::NoRate { from: from.currency, to, day })?;
    let ten = |n: u8| -> BigInt { BigInt::from(10).pow(u32::from(n)) };
    let above: BigInt = BigInt::from(from.minor) * rate.rate.digits * ten(to.scale());
    let below = ten(rate.rate.scale) * ten(from.currency.scale());
    let half: BigInt = if above.is_negative() { -below.clone() } else { below.clone() };
    let minor: BigInt = (above * 2 + half) / (below * 2);
    let minor = minor.to_i128().ok_or(FxError::TooLarge(from))?;
    Ok(Exchange { from, to: Money::new(minor, to), at: rate.clone() })
}

/// A text that is no positive decimal number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rate; write a positive decimal number such as 1.0842")]
pub struct DecimalError(pub String);

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || DecimalError(s.to_owned());
        let (whole, part) = s.split_once('.').unwrap_or((s, ""));
        let digits = format!("{whole}{part}");
        if whole.is_empty()
            || s.ends_with('.')
            || digits.len() > 18
            || !digits.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(bad());
        }
        match digits.parse() {
            Ok(0) | Err(_) => Err(bad()),
            Ok(digits) => Ok(Decimal { digits, scale: part.len() as u8 }),
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.pow(u32::from(self.scale));
        if self.scale == 0 {
            return write!(f, "{}", self.digits);
        }
        write!(f, "{}.{:0width$}", self.digits / unit, self.digits % unit, width = usize::from(self.scale))
    }
}

impl TryFrom<String> for Decimal {
    type Error = DecimalError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<Decimal> for String {
    fn from(d: Decimal) -> Self {
        d.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_name_their_rate_and_round_once() {
        let rate = |from: &str, to: &str, rate: &str, day: &str| FxRate {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            rate: rate.parse().unwrap(),
            day: day.parse().unwrap(),
            source: "ECB".into(),
        };
        let rates = [
            rate("USD", "EUR", "0.92", "2026-09-29"),
            rate("USD", "EUR", "0.925", "2026-09-30"),
            rate("USD", "JPY", "151.5", "2026-09-30"),
        ];
        let give = |amount: &str, to: &str, day: &str| {
            exchange(&rates, amount.parse().unwrap(), to.parse().unwrap(), day.parse().unwrap())
                .map(|e| e.to.to_string())
        };
        assert_eq!(give("100.00 USD", "EUR", "2026-09-29").unwrap(), "92.00 EUR");
        assert_eq!(give("0.10 USD", "EUR", "2026-10-02").unwrap(), "0.09 EUR");
        assert_eq!(give("0.02 USD", "JPY", "2026-10-02").unwrap(), "3 JPY");
        assert_eq!(give("-0.02 USD", "JPY", "2026-10-02").unwrap(), "-3 JPY");
        assert!(give("1.00 EUR", "USD", "2026-10-02").is_err());
        assert!(give("1.00 USD", "EUR", "2026-09-01").is_err());
    }
}
