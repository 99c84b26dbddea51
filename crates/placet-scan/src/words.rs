//! Amounts of text in letters and in words.

use placet_match::letters::Letters;

/// Letters of a text, as matching counts them.
pub(crate) fn letters(text: &str) -> u64 {
    Letters::of(text).as_slice().len() as u64
}

/// Words of a text: runs of letters, digits and marks. In scripts that put no space between words (Han, kana, Thai,
/// Lao, Khmer, Burmese) every letter counts as a word.
pub(crate) fn words(text: &str) -> u64 {
    let mut words = 0;
    let mut inside = false;
    for c in text.chars() {
        if is_unspaced(c) {
            words += 1;
            inside = false;
        } else if c.is_alphanumeric() {
            words += u64::from(!inside);
            inside = true;
        } else if inside && !matches!(c, '\'' | '\u{2019}' | '\u{ad}' | '\u{300}'..='\u{36f}') {
            inside = false;
        }
    }
    words
}

fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e01}'..='\u{0e30}' | '\u{0e32}'..='\u{0e33}' | '\u{0e40}'..='\u{0e46}'
        | '\u{0e81}'..='\u{0eb0}' | '\u{0ec0}'..='\u{0ec6}'
        | '\u{1000}'..='\u{102a}' | '\u{1780}'..='\u{17b3}'
        | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_every_script() {
        for (text, count) in [
            ("It was the best of times, it was the worst of times", 12),
            ("don't l\u{2019}homme na\u{308}ive", 3),
            ("Всё смешалось в доме", 4),
            ("吾輩は猫である", 7),
            ("  -- ", 0),
        ] {
            assert_eq!(words(text), count, "{text}");
        }
    }
}
