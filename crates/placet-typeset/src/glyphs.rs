//! Which letters the fonts have, and how the others are shown.

use std::borrow::Cow;
use std::sync::LazyLock;

use placet_disclose::typeset::shown_with;
use serde_json::Value;

use crate::desk::FONTS;

/// One bit for each code point that some font has.
static COVERED: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut bits = vec![0u64; (char::MAX as usize + 1).div_ceil(64)];
    for font in FONTS.iter() {
        for c in font.info().coverage.iter() {
            if let Some(word) = bits.get_mut(c as usize / 64) {
                *word |= 1 << (c % 64);
            }
        }
    }
    bits
});

/// Makes every text in the data printable.
pub(crate) fn show_all(data: &mut Value) {
    match data {
        Value::String(text) => {
            if let Cow::Owned(safe) = shown_with(text, is_covered) {
                *text = safe;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(show_all),
        Value::Object(fields) => fields.values_mut().for_each(show_all),
        _ => {}
    }
}

fn is_covered(c: char) -> bool {
    // Tabs and line breaks are set as room, joiners shape the words around them.
    if matches!(c, '\t' | '\n' | '\u{200c}' | '\u{200d}') {
        return true;
    }
    let place = u32::from(c);
    COVERED.get(place as usize / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_font_has_is_named() {
        let mut data = Value::from(
            "Война и мир 戦争と平和 الحرب والسلام מלחמה ושלום Ὀδύσσεια हिन्दी ☒ Yes ☐ No → \u{1f600}",
        );
        show_all(&mut data);
        assert_eq!(
            data,
            "Война и мир 戦争と平和 الحرب والسلام מלחמה ושלום Ὀδύσσεια हिन्दी ☒ Yes ☐ No → ‹U+1F600›"
        );
    }
}
