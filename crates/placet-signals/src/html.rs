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
