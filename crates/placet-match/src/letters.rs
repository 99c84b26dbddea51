//! Text as the matcher sees it: letters and digits only.
//!
//! Every character maps to a fixed, context-free row of *letters* (one byte each), so the letters of a whole are the
//! letters of its parts, one after the other:
//!
//! - compatibility decomposition (NFKD), then lower case; characters of a combining class other than 0 (accents, Arabic
//!   vowel marks, virama), punctuation, white space, symbols, controls and modifier letters give nothing;
//! - a letter of an alphabet, a digit, a Hangul jamo or an Indic vowel sign is one letter; a kana is two, a Han
//!   character three, since a word of English takes about five letters, about 2.3 kana and about 1.7 Han characters:
//!   so that a guarantee of 52 letters means about the same amount of text in every script;
//! - ASCII letters are their own byte in lower case; another character's byte is drawn from its code point so that the
//!   characters of one block of 256 never collide.

use std::sync::OnceLock;

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

use crate::simd::{self, Level};

/// The letters of a text and the way back to its characters.
#[derive(Debug, Default, Clone)]
pub struct Letters {
    bytes: Vec<u8>,
    /// (letters before, bytes before) at the start of each block of the text.
    blocks: Vec<(u32, u32)>,
    ascii: bool,
}

impl Letters {
    /// The letters of a text. Texts over 4 GiB are cut there.
    pub fn of(text: &str) -> Letters {
        let mut letters = Letters::default();
        letters.read(text);
        letters
    }

    /// Replaces the letters by those of another text, keeping the memory.
    pub fn read(&mut self, text: &str) {
        self.read_with(text, simd::level());
    }

    pub(crate) fn read_with(&mut self, text: &str, level: Level) {
        self.bytes.clear();
        self.blocks.clear();
        let bytes = text.as_bytes();
        let bytes = bytes.get(..u32::MAX as usize).unwrap_or(bytes);
        self.bytes.reserve(bytes.len() + simd::BLOCK);
        self.blocks.reserve(bytes.len() / simd::BLOCK + 1);
        self.ascii = true;
        let mut at = 0;
        while at < bytes.len() {
            // A run of ASCII goes the fast way; what follows it goes character by character.
            at += simd::compact(level, &bytes[at..], at, &mut self.bytes, &mut self.blocks);
            self.ascii &= at == bytes.len();
            while at < bytes.len() && !bytes[at].is_ascii() {
                if self.blocks.last().is_none_or(|b| at - b.1 as usize >= simd::BLOCK) {
                    self.blocks.push((self.bytes.len() as u32, at as u32));
                }
                let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { return };
                each_letter(c, |l| self.bytes.push(l));
                at += c.len_utf8();
            }
        }
    }

    /// Replaces the letters by those of a JSON string (RFC 8259, section 7), given as it stands between its quotes, whose
    /// escapes are all of two bytes. There is no way back from these letters to characters. Returns false for what is not
    /// UTF-8 or over 4 GiB.
    pub(crate) fn read_quoted(&mut self, quoted: &[u8], level: Level) -> bool {
        self.bytes.clear();
        self.blocks.clear();
        self.bytes.reserve(quoted.len() + simd::BLOCK);
        let mut at = 0;
        while at < quoted.len() {
            at += simd::compact_quoted(level, &quoted[at..], &mut self.bytes);
            let rest = &quoted[at..];
            let foreign = rest.iter().position(u8::is_ascii).unwrap_or(rest.len());
            let Ok(foreign) = std::str::from_utf8(&rest[..foreign]) else { return false };
            for c in foreign.chars() {
                each_letter(c, |l| self.bytes.push(l));
            }
            at += foreign.len();
        }
        u32::try_from(quoted.len()).is_ok()
    }

    /// The letters.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// Byte offset in `text` (the text these letters were read from) of the character that gave the letter; the text's
    /// length for a letter past the end.
    pub fn byte_of(&self, text: &str, letter: usize) -> usize {
        if letter >= self.bytes.len() {
            return text.len();
        }
        let block = self.blocks.partition_point(|b| b.0 as usize <= letter) - 1;
        let (mut count, start) = (self.blocks[block].0 as usize, self.blocks[block].1 as usize);
        for (i, c) in text[start..].char_indices() {
            each_letter(c, |_| count += 1);
            if count > letter {
                return start + i;
            }
        }
        text.len()
    }

    /// Byte offset just behind the character that gave the letter.
    pub fn byte_after(&self, text: &str, letter: usize) -> usize {
        let at = self.byte_of(text, letter);
        at + text[at..].chars().next().map_or(0, char::len_utf8)
    }

    /// Number of letters before this byte of the text.
    pub fn before_byte(&self, text: &str, byte: usize) -> usize {
        let block = self.blocks.partition_point(|b| b.1 as usize <= byte);
        let Some(&(count, start)) = block.checked_sub(1).and_then(|b| self.blocks.get(b)) else { return 0 };
        let mut count = count as usize;
        for (i, c) in text[start as usize..].char_indices() {
            if start as usize + i >= byte {
                break;
            }
            each_letter(c, |_| count += 1);
        }
        count
    }

    /// Whether the text was ASCII, so that bytes are characters.
    pub(crate) fn is_ascii(&self) -> bool {
        self.ascii
    }
}

/// Calls `emit` for each letter of the character.
pub(crate) fn each_letter(c: char, mut emit: impl FnMut(u8)) {
    if c.is_ascii() {
        if c.is_ascii_alphanumeric() {
            emit(c.to_ascii_lowercase() as u8);
        }
        return;
    }
    let code = c as u32;
    let row = PLANE.get(code as usize >> 8).map(|row| row.get_or_init(|| row_of(code >> 8)));
    let packed = match row.map(|row| row[code as usize & 0xFF]) {
        Some(packed) if packed != LONG => packed,
        _ => return derive(c, &mut emit),
    };
    let [count, a, b, d] = packed.to_le_bytes();
    for l in [a, b, d].into_iter().take(count as usize) {
        emit(l);
    }
}

/// The letters of each character of the basic plane: a count and up to three letters, or [`LONG`]. A row of 256 characters is
/// derived when the first of them is met: most texts need few, and all would take a fiftieth of a second.
static PLANE: [OnceLock<Box<[u32; 256]>>; 256] = [const { OnceLock::new() }; 256];
const LONG: u32 = u32::MAX;

#[cold]
fn row_of(high: u32) -> Box<[u32; 256]> {
    let mut row = Box::new([0; 256]);
    for (code, packed) in (high << 8..).zip(row.iter_mut()) {
        let Some(c) = char::from_u32(code) else { continue };
        let mut letters = [0u8; 4];
        let mut count = 0usize;
        derive(c, &mut |l| {
            count += 1;
            if let Some(cell) = letters.get_mut(count) {
                *cell = l;
            }
        });
        letters[0] = count as u8;
        *packed = if count > 3 { LONG } else { u32::from_le_bytes(letters) };
    }
    row
}

fn derive(c: char, emit: &mut impl FnMut(u8)) {
    decompose_compatible(c, |part| {
        for folded in part.to_lowercase() {
            letter(folded, emit);
        }
    });
}

/// The letters of one decomposed, lower-case character.
fn letter(c: char, emit: &mut impl FnMut(u8)) {
    match c {
        'ß' => [b's', b's'].into_iter().for_each(emit),
        'ı' => emit(b'i'),
        'ς' => letter('σ', emit),
        // Tatweel lengthens a line, a modifier letter stands for an apostrophe or a superscript.
        '\u{640}' | '\u{2b0}'..='\u{2ff}' => {}
        c if !c.is_alphanumeric() || canonical_combining_class(c) != 0 => {}
        c if c.is_ascii() => emit(c as u8),
        c => {
            let code = c as u32;
            let [high, ..] = (code >> 8).wrapping_mul(0x9E37_79B1).rotate_left(8).to_le_bytes();
            emit(code as u8 ^ high);
            let more = code.wrapping_mul(0x85EB_CA6B);
            match c {
                '\u{3041}'..='\u{30ff}' => emit((more >> 24) as u8),
                '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{2_0000}'..='\u{3_ffff}' => {
                    emit((more >> 24) as u8);
                    emit((more >> 16) as u8);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ascii(text: &str) -> String {
        String::from_utf8(Letters::of(text).as_slice().to_vec()).unwrap()
    }

    #[test]
    fn what_print_and_screen_do_to_a_text_leaves_no_trace() {
        for same in [
            "Call me Ishmael.",
            "CALL ME ISHMAEL",
            "Call\u{a0}me\r\nIsh-\nmael!",
            "Call me Ish\u{ad}mael",
            "\u{ff23}all me Ishma\u{e9}l",
            "Call me Ishmae\u{301}l",
            "_Call_ me Ishmael",
        ] {
            assert_eq!(ascii(same), "callmeishmael", "{same}");
        }
        assert_eq!(ascii("Straße, ﬁn, №5, ½"), "strassefinno512");
    }

    #[test]
    fn composed_and_decomposed_forms_agree_in_every_script() {
        for (a, b) in [
            ("\u{1e69}", "s\u{323}\u{307}"),
            ("각", "\u{1100}\u{1161}\u{11a8}"),
            ("が", "か\u{3099}"),
            ("ｶﾞ", "ガ"),
            ("й", "и\u{306}"),
            ("مُحَمَّد", "محمد"),
            ("क़", "क\u{93c}"),
        ] {
            assert_eq!(Letters::of(a).as_slice(), Letters::of(b).as_slice(), "{a} {b}");
        }
    }

    #[test]
    fn scripts_weigh_about_what_they_say() {
        for (text, letters) in
            [("слово", 5), ("漢字", 6), ("ひらがな", 8), ("한국", 6), ("हिन्दी", 5), ("שָׁלוֹם", 4)]
        {
            assert_eq!(Letters::of(text).as_slice().len(), letters, "{text}");
        }
        let cyrillic = Letters::of("абвгдежзийклмнопрстуфхцчшщъыьэюя");
        let mut distinct = cyrillic.as_slice().to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 31, "й counts as и, the rest differ");
    }

    proptest! {
        #[test]
        fn letters_of_a_whole_are_those_of_its_parts(a in "\\PC{0,200}", b in ".{0,200}") {
            let mut parts = Letters::of(&a).as_slice().to_vec();
            parts.extend_from_slice(Letters::of(&b).as_slice());
            let whole = Letters::of(&format!("{a}{b}"));
            prop_assert_eq!(whole.as_slice(), parts.as_slice());
        }

        #[test]
        fn every_letter_leads_back_to_its_character(text in "([a-zA-Z ,.]{0,90}|\\PC{0,30}){0,8}") {
            let letters = Letters::of(&text);
            let mut n = 0;
            for (i, c) in text.char_indices() {
                prop_assert_eq!(letters.before_byte(&text, i), n);
                each_letter(c, |l| {
                    assert_eq!(letters.as_slice()[n], l);
                    assert_eq!(letters.byte_of(&text, n), i);
                    assert_eq!(letters.byte_after(&text, n), i + c.len_utf8());
                    n += 1;
                });
            }
            prop_assert_eq!(letters.as_slice().len(), n);
        }

        #[test]
        fn a_quoted_text_has_the_letters_of_the_text(text in "([a-z\\\\ ]{0,90}|[a-z\\\\\"\n\t]{0,9}|\\PC{0,9}){0,20}") {
            let json = serde_json::to_string(&text).unwrap();
            // Controls that have no escape of two bytes.
            prop_assume!(!json.contains("\\u") || text.contains("\\u"));
            let expected = Letters::of(&text);
            for level in Level::available() {
                let mut letters = Letters::default();
                prop_assert!(letters.read_quoted(&json.as_bytes()[1..json.len() - 1], level));
                prop_assert_eq!(letters.as_slice(), expected.as_slice(), "{:?}", level);
            }
        }

        #[test]
        fn every_processor_gives_the_same_letters(text in "([a-zA-Z0-9 ,.]{0,150}|\\PC{0,30}){0,8}") {
            let mut plain = Letters::default();
            plain.read_with(&text, Level::Portable);
            for level in Level::available() {
                let mut other = Letters::default();
                other.read_with(&text, level);
                prop_assert_eq!(other.as_slice(), plain.as_slice());
            }
        }
    }
}
