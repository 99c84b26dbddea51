//! HTML pages: every signal of a page's own, gathered in one pass over its tokens.

use html5gum::{DefaultEmitter, Token, Tokenizer};
use placet_core::{Reach, Statement};

use crate::defect::{Defect, Problem, note};
use crate::statement::evidence;
use crate::{licence, natural, robots_meta, rsl, tdmrep};

/// Most bytes of a page that are read.
pub const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most `meta` elements, links and scripts of a page that are kept, each.
pub const ELEMENTS_MAX: usize = 2_000;

/// What a page carries.
#[derive(Clone, Debug, Default)]
pub struct PageSignals {
    /// What it states.
    pub statements: Vec<Statement>,
    /// What it says of the TDM reservation, to be weighed against the other carriers.
    pub tdmrep: Option<tdmrep::Mark>,
    /// Licences that it points to and that are still to be fetched.
    pub rsl: Vec<rsl::Link>,
    /// The page's text, without markup, scripts and styles.
    pub text: String,
}

/// Reads a page. With its URL, documents inside the page are read for it.
pub fn parse(bytes: &[u8], url: Option<&str>) -> (PageSignals, Vec<Defect>) {
    let mut defects = Vec::new();
    if bytes.len() > PAGE_BYTES_MAX {
        note(&mut defects, Defect::new(Problem::Limit, format!("{} bytes", bytes.len())));
    }
    let mut page = Page::default();
    page.walk(bytes.get(..PAGE_BYTES_MAX).unwrap_or(bytes));

    let mut signals = PageSignals::default();
    let (statements, wrong) = robots_meta::html(&page.metas);
    signals.statements.extend(statements);
    defects.extend(wrong);
    let named = |name: &str| -> Vec<String> {
        page.metas.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, c)| c.clone()).collect()
    };
    let (mark, wrong) = tdmrep::html(&named("tdm-reservation"), named("tdm-policy").into_iter().next());
    signals.tdmrep = mark;
    defects.extend(wrong);
    for link in &page.licences {
        if link.media_type.eq_ignore_ascii_case(rsl::MEDIA_TYPE) {
            let quote = format!("<link rel=\"license\" type=\"{}\" href=\"{}\">", link.media_type, link.href);
            signals.rsl.push(rsl::Link { url: link.href.clone(), evidence: evidence("#link", None, &quote) });
        } else {
            signals.statements.extend(licence::in_page(&link.href, "#rel-license"));
        }
    }
    for script in &page.documents {
        let (document, wrong) = rsl::parse(script.as_bytes());
        defects.extend(wrong);
        signals.statements.extend(rsl::statements(&document, url, rsl::Association::Page));
    }
    for script in &page.linked_data {
        linked_data(script, &mut signals.statements, &mut defects);
    }
    signals.statements.extend(natural::statements(&page.text, "#text", Reach::Url));
    signals.text = page.text;
    defects.truncate(crate::defect::DEFECTS_MAX);
    (signals, defects)
}

/// Longest tag that [`carries`] looks at.
pub const TAG_BYTES_MAX: usize = 4096;

/// Whether a page may carry a signal in its markup: a quick look, many times faster than [`parse`].
///
/// Where it says no, `parse` finds nothing but words for people (for these, [`natural::may_speak`] looks at a text).
pub fn carries(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..PAGE_BYTES_MAX).unwrap_or(bytes);
    let rest = |at: usize| bytes.get(at..(at + TAG_BYTES_MAX).min(bytes.len())).unwrap_or_default();
    if memchr::memchr_iter(b'<', bytes).any(|at| begins(rest(at + 1), b"meta") && meta_speaks(rest(at))) {
        return true;
    }
    // `rel` or `property` with the word in its value, whatever the tag.
    let licence = memchr::memchr2_iter(b'l', b'L', bytes).any(|at| {
        begins(rest(at), b"license") && {
            let before = bytes.get(at.saturating_sub(TAG_BYTES_MAX)..at).unwrap_or_default();
            holds(before, b"rel") || holds(before, b"property")
        }
    });
    licence || memchr::memchr_iter(b'+', bytes).any(|at| script_speaks(bytes, at))
}

/// Whether a `meta` tag is addressed to crawlers and refuses something, or is about mining.
fn meta_speaks(tag: &[u8]) -> bool {
    let tag = tag.get(..tag_end(tag)).unwrap_or(tag);
    let named = [&b"name"[..], b"property"].into_iter().any(|attribute| {
        memchr::memchr2_iter(attribute[0], attribute[0].to_ascii_uppercase(), tag).any(|at| {
            let Some(rest) = tag.get(at..).filter(|rest| begins(rest, attribute)) else { return false };
            let value = rest.get(attribute.len()..).unwrap_or_default().trim_ascii_start();
            let Some(value) = value.strip_prefix(b"=") else { return false };
            let value = value.trim_ascii_start();
            let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
            let value = value.trim_ascii_start();
            let end = value.iter().position(|b| b"\"'>/ \t\r\n".contains(b)).unwrap_or(value.len());
            let value = String::from_utf8_lossy(value.get(..end).unwrap_or_default());
            // An entity could hide any name, and so could a name with a space in it.
            value.contains('&') || begins(value.as_bytes(), b"tdm-") || robots_meta::may_address(&value)
        })
    });
    named && (holds(tag, b"no") || holds(tag, b"tdm") || holds(tag, b"dis") || tag.contains(&b'&'))
}

/// Whether the type of a script ends at this plus sign's right, and the script can hold a signal.
fn script_speaks(bytes: &[u8], plus: usize) -> bool {
    let before = |word: &[u8]| {
        plus.checked_sub(word.len()).and_then(|at| bytes.get(at..)).is_some_and(|rest| begins(rest, word))
    };
    let behind = |word: &[u8]| bytes.get(plus + 1..).is_some_and(|rest| begins(rest, word));
    let keys: [&[u8]; 5] =
        [b"\"license\"", b"usageInfo", b"copyrightNotice", b"conditionsOfAccess", b"\\u00"];
    before(b"rsl") && behind(b"xml")
        || before(b"ld")
            && behind(b"json")
            && keys
                .into_iter()
                .any(|key| memchr::memmem::find(bytes.get(plus..).unwrap_or_default(), key).is_some())
}

/// Where a tag ends; a `>` between quotes ends nothing.
fn tag_end(tag: &[u8]) -> usize {
    let mut quote = None;
    for (at, &byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

fn begins(bytes: &[u8], word: &[u8]) -> bool {
    bytes.get(..word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word))
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    let Some(&first) = word.first() else { return true };
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), bytes)
        .any(|at| bytes.get(at..).is_some_and(|rest| begins(rest, word)))
}

struct LicenceLink {
    href: String,
    media_type: String,
}

#[derive(Default)]
struct Page {
    metas: Vec<(String, String)>,
    licences: Vec<LicenceLink>,
    documents: Vec<String>,
    linked_data: Vec<String>,
    text: String,
}

enum Inside {
    Text,
    Skipped,
    Document,
    LinkedData,
}

impl Page {
    fn walk(&mut self, bytes: &[u8]) {
        let mut emitter = DefaultEmitter::default();
        // Scripts and styles are raw text: their inside is no markup.
        emitter.naively_switch_states(true);
        let mut inside = Inside::Text;
        // The reader is memory: it cannot fail.
        for token in Tokenizer::new_with_emitter(bytes, emitter).flatten() {
            match token {
                Token::StartTag(tag) => {
                    let attribute = |name: &str| {
                        tag.attributes
                            .get(name.as_bytes())
                            .map(|v| String::from_utf8_lossy(v.as_ref()).trim().to_owned())
                    };
                    let name: &[u8] = &tag.name;
                    inside = match name {
                        b"script" => {
                            match attribute("type").as_deref().map(str::to_ascii_lowercase).as_deref() {
                                Some(rsl::MEDIA_TYPE) => Inside::Document,
                                Some("application/ld+json") => Inside::LinkedData,
                                _ => Inside::Skipped,
                            }
                        }
                        b"style" | b"template" => Inside::Skipped,
                        _ => Inside::Text,
                    };
                    match name {
                        b"meta" => self
                            .meta(attribute("name").or_else(|| attribute("property")), attribute("content")),
                        b"p" | b"div" | b"br" | b"li" | b"td" | b"h1" | b"h2" | b"h3" | b"footer" => {
                            self.text.push('\n');
                        }
                        _ => {}
                    }
                    let relations = attribute("rel").into_iter().chain(attribute("property"));
                    let is_licence = relations.into_iter().any(|r| {
                        r.split_ascii_whitespace().any(|w| {
                            matches!(
                                w.to_ascii_lowercase().as_str(),
                                "license" | "cc:license" | "dc:license" | "dct:license"
                            )
                        })
                    });
                    let href =
                        attribute("href").or_else(|| attribute("resource")).or_else(|| attribute("content"));
                    if is_licence
                        && let Some(href) = href
                        && self.licences.len() < ELEMENTS_MAX
                    {
                        let media_type = attribute("type").unwrap_or_default();
                        self.licences.push(LicenceLink { href, media_type });
                    }
                }
                Token::EndTag(_) => inside = Inside::Text,
                Token::String(text) => {
                    let text = String::from_utf8_lossy(text.as_ref());
                    match inside {
                        Inside::Text => self.text.push_str(&text),
                        Inside::Skipped => {}
                        Inside::Document => keep(&mut self.documents, &text),
                        Inside::LinkedData => keep(&mut self.linked_data, &text),
                    }
                }
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
    }

    fn meta(&mut self, name: Option<String>, content: Option<String>) {
        if let (Some(name), Some(content)) = (name, content)
            && self.metas.len() < ELEMENTS_MAX
        {
            self.metas.push((name, content));
        }
    }
}

fn keep(texts: &mut Vec<String>, text: &str) {
    if texts.len() < ELEMENTS_MAX {
        texts.push(text.to_owned());
    }
}

/// schema.org: `license` points to one; `usageInfo`, `copyrightNotice` and the like are words for people.
fn linked_data(script: &str, statements: &mut Vec<Statement>, defects: &mut Vec<Defect>) {
    const NODES_MAX: usize = 10_000;
    let value: serde_json::Value = match serde_json::from_str(script) {
        Ok(value) => value,
        Err(error) => {
            note(defects, Defect::new(Problem::Syntax, error.to_string()));
            return;
        }
    };
    let mut stack = vec![&value];
    let mut nodes = 0;
    while let Some(node) = stack.pop() {
        nodes += 1;
        if nodes > NODES_MAX {
            note(defects, Defect::new(Problem::Limit, "linked data"));
            return;
        }
        match node {
            serde_json::Value::Array(items) => stack.extend(items),
            serde_json::Value::Object(object) => {
                for (key, value) in object {
                    let text =
                        value.as_str().or_else(|| value.get("@id").and_then(serde_json::Value::as_str));
                    match (key.as_str(), text) {
                        ("license", Some(url)) => statements.extend(licence::in_page(url, "#ld+json")),
                        ("usageInfo" | "copyrightNotice" | "conditionsOfAccess", Some(words)) => {
                            statements.extend(natural::statements(words, "#ld+json", Reach::Url));
                        }
                        _ => {}
                    }
                }
                stack.extend(object.values());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether a page states anything but words for people.
    fn states(page: &[u8]) -> bool {
        let (signals, _) = parse(page, Some("https://a.example/"));
        signals.tdmrep.is_some()
            || !signals.rsl.is_empty()
            || signals.statements.iter().any(|s| s.protocol != "natural-language")
    }

    #[test]
    fn ordinary_pages_are_passed_by() {
        let page = br#"<html><head><meta charset="utf-8"><meta name="robots" content="index, follow">
            <meta name="description" content="Nothing new: no news"><link rel="canonical" href="/">
            <script type="application/ld+json">{"@type": "Article"}</script></head>
            <body>Read the licence, and this license agreement.</body></html>"#;
        assert!(!states(page));
        assert!(!carries(br#"<meta name="robots" content="index, follow"><p>all rights</p>"#));
        assert!(!carries(br#"<meta name="description" content="no news of bots">"#));
    }

    proptest! {
        #[test]
        fn what_the_quick_look_passes_by_states_nothing(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("<meta "), Just("<META\n"), Just("<a "), Just("<link "), Just("<script "), Just("<p "),
                    Just("name=\"robots\" "), Just("NAME = 'GPTBot' "), Just("property=tdm-reservation "),
                    Just("content=\"NoAI, x\" "), Just("content=noarchive "), Just("content='1' "),
                    Just("rel=\"x License\" "), Just("rel=LICENSE "), Just("property='cc:license' "),
                    Just("href='https://creativecommons.org/licenses/by/4.0/' "), Just("title='a > b' "),
                    Just("type=\"application/rsl+xml\" "), Just("type='Application/LD+json' "),
                    Just("<rsl xmlns='https://rslstandard.org/rsl'><content url='/'></content></rsl>"),
                    Just("{\"license\": \"https://creativecommons.org/licenses/by/4.0/\"}"),
                    Just(">"), Just("</script>"), Just("<!--"), Just("-->"), Just("\""), Just("words "),
                ],
                0..14,
            )
        ) {
            let page = parts.concat();
            prop_assert!(carries(page.as_bytes()) || !states(page.as_bytes()), "{page}");
        }
    }
}
