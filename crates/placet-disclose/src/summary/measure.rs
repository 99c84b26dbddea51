//! What is measured of an item's text: bytes, words, language and script.
//!
//! The detector is `whatlang`: trigram statistics over at most [`SAMPLE_CHARS`] characters from the beginning of the text. What it is
//! not sure of counts as undetermined. It knows 70 languages; of the official languages of the Union it has no Irish and no Maltese.

use whatlang::{Detector, Lang, Script};

/// The detector, as a summary names it.
pub const DETECTOR: &str = "whatlang 0.18";
/// Characters of an item's text that the detector sees.
pub const SAMPLE_CHARS: usize = 1_000;
/// Official languages of the Union that the detector cannot tell.
pub const UNSEEN: [&str; 2] = ["Irish", "Maltese"];
/// The language of what could not be determined (BCP 47).
pub const UNDETERMINED: &str = "und";

/// What was measured of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Bytes of the text in UTF-8.
    pub bytes: u64,
    /// Runs of characters between white space; in scripts without spaces between words every letter is one.
    pub words: u64,
    /// Primary language subtag, or [`UNDETERMINED`].
    pub language: &'static str,
    /// The script; none where there are no letters.
    pub script: Option<Script>,
}

impl Measured {
    /// English name of the script, `unknown` where there is none.
    pub fn script_name(&self) -> &str {
        self.script.as_ref().map_or("unknown", Script::name)
    }
}

/// Measures a text.
pub fn measure(text: &str) -> Measured {
    let end = text.char_indices().nth(SAMPLE_CHARS).map_or(text.len(), |(at, _)| at);
    let sample = text.get(..end).unwrap_or_default();
    let found = Detector::new().detect(sample);
    let language =
        found.as_ref().filter(|info| info.is_reliable()).map_or(UNDETERMINED, |info| subtag(info.lang()));
    let script = found.as_ref().map(whatlang::Info::script).or_else(|| whatlang::detect_script(sample));
    Measured { bytes: text.len() as u64, words: words(text), language, script }
}

fn words(text: &str) -> u64 {
    let mut words = 0;
    let mut inside = false;
    for c in text.chars() {
        if matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        {
            words += u64::from(c.is_alphanumeric());
            inside = false;
        } else if c.is_whitespace() {
            inside = false;
        } else if !inside && c.is_alphanumeric() {
            words += 1;
            inside = true;
        }
    }
    words
}

/// BCP 47 prefers the two-letter code where there is one (RFC 5646, section 2.2.1).
fn subtag(language: Lang) -> &'static str {
    let code = language.code();
    LANGUAGES.iter().find(|(three, ..)| *three == code).map_or(code, |(_, two, _)| two)
}

/// The English name of a primary language subtag, as far as the detector knows it.
pub fn language_name(subtag: &str) -> &str {
    if subtag == UNDETERMINED {
        return "undetermined";
    }
    LANGUAGES.iter().find(|(_, two, _)| *two == subtag).map_or(subtag, |(_, _, name)| name)
}

/// Whether a word is the English name of a language, of those that the detector or the Union knows.
pub fn knows_language(word: &str) -> bool {
    let of = |name: &str| name.split(' ').any(|part| part == word) && word != "Mandarin";
    LANGUAGES.iter().any(|(_, _, name)| of(name)) || EU_LANGUAGES.iter().any(|(_, name)| of(name))
}

/// The official languages of the Union: subtag and name.
pub const EU_LANGUAGES: [(&str, &str); 24] = [
    ("bg", "Bulgarian"),
    ("hr", "Croatian"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("nl", "Dutch"),
    ("en", "English"),
    ("et", "Estonian"),
    ("fi", "Finnish"),
    ("fr", "French"),
    ("de", "German"),
    ("el", "Greek"),
    ("hu", "Hungarian"),
    ("ga", "Irish"),
    ("it", "Italian"),
    ("lv", "Latvian"),
    ("lt", "Lithuanian"),
    ("mt", "Maltese"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ro", "Romanian"),
    ("sk", "Slovak"),
    ("sl", "Slovenian"),
    ("es", "Spanish"),
    ("sv", "Swedish"),
];

/// ISO 639-3 code, BCP 47 subtag, English name.
const LANGUAGES: [(&str, &str, &str); 70] = [
    ("epo", "eo", "Esperanto"),
    ("eng", "en", "English"),
    ("rus", "ru", "Russian"),
    ("cmn", "zh", "Mandarin Chinese"),
    ("spa", "es", "Spanish"),
    ("por", "pt", "Portuguese"),
    ("ita", "it", "Italian"),
    ("ben", "bn", "Bengali"),
    ("fra", "fr", "French"),
    ("deu", "de", "German"),
    ("ukr", "uk", "Ukrainian"),
    ("kat", "ka", "Georgian"),
    ("ara", "ar", "Arabic"),
    ("hin", "hi", "Hindi"),
    ("jpn", "ja", "Japanese"),
    ("heb", "he", "Hebrew"),
    ("yid", "yi", "Yiddish"),
    ("pol", "pl", "Polish"),
    ("amh", "am", "Amharic"),
    ("jav", "jv", "Javanese"),
    ("kor", "ko", "Korean"),
    ("nob", "nb", "Norwegian Bokmål"),
    ("dan", "da", "Danish"),
    ("swe", "sv", "Swedish"),
    ("fin", "fi", "Finnish"),
    ("tur", "tr", "Turkish"),
    ("nld", "nl", "Dutch"),
    ("hun", "hu", "Hungarian"),
    ("ces", "cs", "Czech"),
    ("ell", "el", "Greek"),
    ("bul", "bg", "Bulgarian"),
    ("bel", "be", "Belarusian"),
    ("mar", "mr", "Marathi"),
    ("kan", "kn", "Kannada"),
    ("ron", "ro", "Romanian"),
    ("slv", "sl", "Slovenian"),
    ("hrv", "hr", "Croatian"),
    ("srp", "sr", "Serbian"),
    ("mkd", "mk", "Macedonian"),
    ("lit", "lt", "Lithuanian"),
    ("lav", "lv", "Latvian"),
    ("est", "et", "Estonian"),
    ("tam", "ta", "Tamil"),
    ("vie", "vi", "Vietnamese"),
    ("urd", "ur", "Urdu"),
    ("tha", "th", "Thai"),
    ("guj", "gu", "Gujarati"),
    ("uzb", "uz", "Uzbek"),
    ("pan", "pa", "Punjabi"),
    ("aze", "az", "Azerbaijani"),
    ("ind", "id", "Indonesian"),
    ("tel", "te", "Telugu"),
    ("pes", "fa", "Persian"),
    ("mal", "ml", "Malayalam"),
    ("ori", "or", "Odia"),
    ("mya", "my", "Burmese"),
    ("nep", "ne", "Nepali"),
    ("sin", "si", "Sinhalese"),
    ("khm", "km", "Khmer"),
    ("tuk", "tk", "Turkmen"),
    ("aka", "ak", "Akan"),
    ("zul", "zu", "Zulu"),
    ("sna", "sn", "Shona"),
    ("afr", "af", "Afrikaans"),
    ("lat", "la", "Latin"),
    ("slk", "sk", "Slovak"),
    ("cat", "ca", "Catalan"),
    ("tgl", "tl", "Tagalog"),
    ("hye", "hy", "Armenian"),
    ("cym", "cy", "Welsh"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_of_the_detector_has_a_subtag_and_those_it_lacks_are_named() {
        for language in Lang::all() {
            assert!(LANGUAGES.iter().any(|(three, ..)| *three == language.code()), "{}", language.code());
        }
        for (subtag, name) in EU_LANGUAGES {
            let known = LANGUAGES
                .iter()
                .any(|(three, two, _)| *two == subtag && Lang::all().iter().any(|l| l.code() == *three));
            assert_eq!(known, !UNSEEN.contains(&name), "{name}");
        }
    }

    #[test]
    fn real_sentences_are_told_apart() {
        for (text, language, script, words) in [
            (
                "Three of the four holders of rights in the recording had agreed to the licence, but the fourth could not be \
                 found, and so nothing was paid to anybody before the summer.",
                "en",
                "Latin",
                32,
            ),
            (
                "Der Rat und das Parlament haben die Verordnung über künstliche Intelligenz verabschiedet.",
                "de",
                "Latin",
                12,
            ),
            ("吾輩は猫である。名前はまだ無い。", "ja", "Hiragana", 14),
            ("12 345", UNDETERMINED, "unknown", 2),
        ] {
            let measured = measure(text);
            assert_eq!((measured.language, measured.words), (language, words), "{text}");
            if language != "ja" {
                assert_eq!(measured.script_name(), script, "{text}");
            }
            assert_eq!(measured.bytes, text.len() as u64);
        }
    }
}
