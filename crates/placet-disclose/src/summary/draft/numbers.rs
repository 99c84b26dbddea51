//! Numbers as the form prints and people write them.

/// A share in per cent with one decimal, rounded to the nearest; what is there but rounds to nothing is `< 0.1`.
pub(in crate::summary) fn percent(part: u64, all: u64) -> String {
    if all == 0 {
        return "0.0".to_owned();
    }
    let permille = (u128::from(part) * 2_000 / u128::from(all)).div_ceil(2);
    if permille == 0 && part > 0 {
        "< 0.1".to_owned()
    } else {
        format!("{}.{}", permille / 10, permille % 10)
    }
}

/// A number with its thousands apart.
pub(in crate::summary) fn spaced(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The whole number a text begins with; separators of thousands and exponents (`2e12`) are read.
pub(super) fn whole(text: &str) -> Option<u64> {
    let text = text.trim().replace([',', '_', '\u{a0}', '\u{202f}', '\''], "");
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let rest = text.get(digits.len()..)?;
    let number: u64 = digits.parse().ok()?;
    let exponent = rest
        .strip_prefix(['e', 'E'])
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    match exponent.and_then(|exponent| exponent.parse::<u32>().ok()) {
        Some(exponent) => number.checked_mul(10_u64.checked_pow(exponent)?),
        None => Some(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_printed() {
        assert_eq!(spaced(1_234_567), "1,234,567");
        assert_eq!(spaced(12), "12");
        for (text, number) in [
            ("2e12", Some(2_000_000_000_000)),
            ("15,000", Some(15_000)),
            ("12 hours", Some(12)),
            ("many", None),
        ] {
            assert_eq!(whole(text), number, "{text}");
        }
        for (part, all, says) in
            [(1, 3, "33.3"), (2, 3, "66.7"), (1, 10_000, "< 0.1"), (0, 5, "0.0"), (5, 5, "100.0")]
        {
            assert_eq!(percent(part, all), says);
        }
    }
}
