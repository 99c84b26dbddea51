//! Check digits that several standards share. Callers hand over characters of the right class only.

/// ISO/IEC 7064, MOD 11-2: digits, with `X` for ten.
pub(super) fn mod_11_2(digits: impl Iterator<Item = char>) -> char {
    let p = digits.fold(0, |p, c| (p + value(c)) * 2 % 11);
    match (12 - p) % 11 {
        10 => 'X',
        d => digit(d),
    }
}

/// ISO/IEC 7064, MOD 37,36: digits and capital letters.
pub(super) fn mod_37_36(characters: impl Iterator<Item = char>) -> char {
    let p = characters.fold(36, |p, c| {
        let s = (p + value(c)) % 36;
        (if s == 0 { 36 } else { s }) * 2 % 37
    });
    digit((37 - p) % 36)
}

/// GS1 check digit, as in ISBN-13: weights 1 and 3.
pub(super) fn gs1(digits: impl Iterator<Item = char>) -> char {
    let sum: u32 = digits.zip([1, 3].into_iter().cycle()).map(|(c, w)| value(c) * w).sum();
    digit((10 - sum % 10) % 10)
}

/// The value of a digit or capital letter in base 36.
pub(super) fn value(c: char) -> u32 {
    c.to_digit(36).unwrap_or(0)
}

/// The digit or capital letter of a value in base 36.
pub(super) fn digit(value: u32) -> char {
    char::from_digit(value, 36).map_or('?', |c| c.to_ascii_uppercase())
}
