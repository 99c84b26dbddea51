//! How text that cannot be shown is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text that can be printed whole: what is invisible and what turns the direction of its neighbours is written as
/// `‹U+202E›`. Line breaks and tabs stay.
pub fn shown(text: &str) -> Cow<'_, str> {
    shown_with(text, |_| true)
}

/// The same for fonts that have the letters that `has` says they have: what no font has is written so too.
pub fn shown_with(text: &str, has: impl Fn(char) -> bool) -> Cow<'_, str> {
    let whole = |c: char| is_printable(c) && has(c);
    if text.chars().all(whole) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if whole(c) {
            safe.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(safe, "\u{2039}U+{:04X}\u{203a}", u32::from(c));
        }
    }
    Cow::Owned(safe)
}

fn is_printable(c: char) -> bool {
    match c {
        // Joiners shape words of Persian and the scripts of India.
        '\n' | '\t' | '\u{200c}' | '\u{200d}' => true,
        // Soft hyphen, direction marks, isolates and overrides, zero-width characters, tags, private use.
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffd}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{e0000}'.. => false,
        c => !c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_printed_is_named() {
        let text = "Война и мир 戦争と平和 الحرب والسلام מלחמה ושלום Ὀδύσσεια हिन्दी";
        assert_eq!(shown(text), text);
        assert_eq!(shown("a\u{202e}b\u{0}c"), "a‹U+202E›b‹U+0000›c");
        assert_eq!(shown_with("abc", |c| c != 'b'), "a‹U+0062›c");
    }
}
