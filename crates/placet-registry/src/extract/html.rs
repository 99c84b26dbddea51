//! Text of HTML and XHTML pages, by the tokenizer of the WHATWG standard.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};

use super::Extracted;

/// Which rules hold for elements that close themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `<title/>` opens a title.
    Html,
    /// `<title/>` is an empty title: XHTML, as in EPUB.
    Xml,
}

/// Text as a reader sees it: blocks on lines of their own, runs of white space as one space outside `pre`.
pub(super) fn extract(source: &str, syntax: Syntax) -> Extracted {
    let mut emitter = DefaultEmitter::default();
    // Raw text (script, style, title) is a matter of HTML; in XML these are elements like all others.
    emitter.naively_switch_states(syntax == Syntax::Html);
    let mut page = Page::default();
    for token in Tokenizer::new_with_emitter(source, emitter) {
        match token {
            Ok(Token::StartTag(tag)) => {
                let name = String::from_utf8_lossy(&tag.name).to_ascii_lowercase();
                let name = name.rsplit(':').next().unwrap_or_default();
                page.open(name);
                if tag.self_closing && syntax == Syntax::Xml {
                    page.close(name);
                }
            }
            Ok(Token::EndTag(tag)) => {
                let name = String::from_utf8_lossy(&tag.name).to_ascii_lowercase();
                page.close(name.rsplit(':').next().unwrap_or_default());
            }
            Ok(Token::String(text)) => page.text(&String::from_utf8_lossy(&text)),
            Ok(Token::Comment(_) | Token::Doctype(_) | Token::Error(_)) | Err(_) => {}
        }
    }
    let title = page.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = page.out.trim_end().to_owned();
    Extracted { text, title: (!title.is_empty()).then_some(title), format: "html" }
}

#[derive(Default)]
struct Page {
    out: String,
    title: String,
    /// Elements open that hide their content, outermost first.
    hidden: Vec<&'static str>,
    in_title: bool,
    preformatted: usize,
    /// White space seen and not yet written.
    space: bool,
}

impl Page {
    fn open(&mut self, name: &str) {
        if let Some(hides) = HIDDEN.iter().find(|h| **h == name) {
            self.hidden.push(hides);
        }
        if self.hidden.is_empty() && name == "title" {
            self.in_title = true;
        }
        if name == "body" {
            // A head whose end tag was left out ends here.
            self.hidden.clear();
            self.in_title = false;
        }
        match name {
            "pre" | "textarea" => self.preformatted += 1,
            "td" | "th" => self.space = true,
            _ => {}
        }
        if BLOCKS.contains(&name) {
            self.line_break();
        }
    }

    fn close(&mut self, name: &str) {
        if let Some(at) = self.hidden.iter().rposition(|h| *h == name) {
            self.hidden.truncate(at);
        }
        match name {
            "title" => self.in_title = false,
            "pre" | "textarea" => self.preformatted = self.preformatted.saturating_sub(1),
            _ => {}
        }
        if BLOCKS.contains(&name) && name != "br" {
            self.line_break();
        }
    }

    fn text(&mut self, text: &str) {
        if !self.hidden.is_empty() {
            return;
        }
        if self.in_title {
            self.title.push_str(text);
            return;
        }
        if self.preformatted > 0 {
            self.out.push_str(text);
            return;
        }
        for c in text.chars() {
            // No-break spaces are characters of the text; these five are layout of the source.
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}') {
                self.space = true;
                continue;
            }
            if self.space && !self.out.is_empty() && !self.out.ends_with('\n') {
                self.out.push(' ');
            }
            self.space = false;
            self.out.push(c);
        }
    }

    fn line_break(&mut self) {
        self.space = false;
        if self.hidden.is_empty() && !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }
}

const HIDDEN: [&str; 9] =
    ["script", "style", "template", "noscript", "svg", "math", "object", "iframe", "select"];

const BLOCKS: [&str; 42] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tr",
    "ul",
    "title",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, syntax: Syntax, text: &str, title: Option<&str>) {
        let page = extract(source, syntax);
        assert_eq!((page.text.as_str(), page.title.as_deref()), (text, title));
    }

    #[test]
    fn a_reader_sees_no_markup_script_or_style() {
        check(
            "<!doctype html><title>A &amp; B</title><style>p{}</style><script>var a='<p>no</p>'</script>\
             <p>One\n  <b>t</b>wo &eacute;<br>three<ul><li>a<li>b</ul><pre>x\n  y</pre>",
            Syntax::Html,
            "One two é\nthree\n\na\nb\n\nx\n  y",
            Some("A & B"),
        );
    }

    #[test]
    fn an_empty_element_of_xhtml_swallows_nothing() {
        check(
            "<html><head><title/><script src='a'/></head><body><p>Text</p></body></html>",
            Syntax::Xml,
            "Text",
            None,
        );
    }

    proptest::proptest! {
        #[test]
        fn never_panics(source in "(<[/a-z]{0,6}[ />]?|[ -~é]|&[a-z#0-9]{0,5};?){0,40}") {
            let _ = extract(&source, Syntax::Html);
            let _ = extract(&source, Syntax::Xml);
        }
    }
}
