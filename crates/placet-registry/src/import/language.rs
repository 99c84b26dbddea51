//! Names of languages as catalogues write them, to BCP 47.

/// The tag of a language named in English, in itself, or by a code of ISO 639; a tag is kept.
pub(crate) fn tag(given: &str) -> Option<String> {
    let wanted = given.trim().to_lowercase();
    if let Some((tag, _)) =
        LANGUAGES.iter().find(|(tag, names)| *tag == wanted || names.contains(&wanted.as_str()))
    {
        return Some((*tag).to_owned());
    }
    let mut parts = given.trim().split(['-', '_']);
    let primary = parts.next()?.to_lowercase();
    let known = LANGUAGES.iter().find(|(tag, names)| *tag == primary || names.contains(&primary.as_str()))?.0;
    if !(2..=3).contains(&primary.len()) {
        return None;
    }
    // Regions are written in capitals, scripts with one (RFC 5646, section 2.1.1).
    let rest: Option<Vec<String>> = parts
        .map(|part| {
            let plain = (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
            plain.then(|| match part.len() {
                2 => part.to_uppercase(),
                4 => part[..1].to_uppercase() + &part[1..].to_lowercase(),
                _ => part.to_lowercase(),
            })
        })
        .collect();
    Some(std::iter::once(known.to_owned()).chain(rest?).collect::<Vec<_>>().join("-"))
}

const LANGUAGES: [(&str, &[&str]); 44] = [
    ("ar", &["ara", "arabic", "العربية"]),
    ("bg", &["bul", "bulgarian", "български"]),
    ("bn", &["ben", "bengali", "bangla", "বাংলা"]),
    ("ca", &["cat", "catalan", "català"]),
    ("cs", &["cze", "ces", "czech", "čeština", "česky"]),
    ("da", &["dan", "danish", "dansk"]),
    ("de", &["ger", "deu", "german", "deutsch", "allemand"]),
    ("el", &["gre", "ell", "greek", "ελληνικά"]),
    ("en", &["eng", "english", "englisch", "anglais", "inglés", "inglese"]),
    ("eo", &["epo", "esperanto"]),
    ("es", &["spa", "spanish", "español", "castellano", "espagnol", "spanisch"]),
    ("et", &["est", "estonian", "eesti"]),
    ("eu", &["baq", "eus", "basque", "euskara"]),
    ("fa", &["per", "fas", "persian", "farsi", "فارسی"]),
    ("fi", &["fin", "finnish", "suomi"]),
    ("fr", &["fre", "fra", "french", "français", "francais", "französisch"]),
    ("ga", &["gle", "irish", "gaeilge"]),
    ("he", &["heb", "hebrew", "עברית"]),
    ("hi", &["hin", "hindi", "हिन्दी"]),
    ("hr", &["hrv", "croatian", "hrvatski"]),
    ("hu", &["hun", "hungarian", "magyar"]),
    ("id", &["ind", "indonesian", "bahasa indonesia"]),
    ("is", &["ice", "isl", "icelandic", "íslenska"]),
    ("it", &["ita", "italian", "italiano", "italienisch", "italien"]),
    ("ja", &["jpn", "japanese", "日本語"]),
    ("ko", &["kor", "korean", "한국어"]),
    ("la", &["lat", "latin"]),
    ("lt", &["lit", "lithuanian", "lietuvių"]),
    ("lv", &["lav", "latvian", "latviešu"]),
    ("mt", &["mlt", "maltese", "malti"]),
    ("nl", &["dut", "nld", "dutch", "nederlands", "niederländisch"]),
    ("no", &["nor", "norwegian", "norsk"]),
    ("pl", &["pol", "polish", "polski"]),
    ("pt", &["por", "portuguese", "português", "portugais"]),
    ("ro", &["rum", "ron", "romanian", "română"]),
    ("ru", &["rus", "russian", "русский"]),
    ("sk", &["slo", "slk", "slovak", "slovenčina"]),
    ("sl", &["slv", "slovenian", "slovene", "slovenščina"]),
    ("sr", &["srp", "serbian", "српски"]),
    ("sv", &["swe", "swedish", "svenska"]),
    ("tr", &["tur", "turkish", "türkçe"]),
    ("uk", &["ukr", "ukrainian", "українська"]),
    ("vi", &["vie", "vietnamese", "tiếng việt"]),
    ("zh", &["chi", "zho", "chinese", "中文", "汉语", "漢語"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_one_tag() {
        for (given, wanted) in [
            ("English", Some("en")),
            ("ger", Some("de")),
            ("Français", Some("fr")),
            ("pt_br", Some("pt-BR")),
            ("zh-hant-tw", Some("zh-Hant-TW")),
            ("eng", Some("en")),
            ("Klingon", None),
            ("", None),
            ("en-", None),
        ] {
            assert_eq!(tag(given).as_deref(), wanted, "{given}");
        }
    }
}
