//! From a page to its text, with the way back to the source.
//!
//! The tokenizer is `html5gum`, which follows the WHATWG standard §13.2.5. What it gives as text becomes text: entities
//! decoded, script, style, noscript and template left out, a line break where a block begins or ends. Nothing nests
//! here, so no input can make it recurse.

use html5gum::{Emitter, Error, State, Tokenizer, naive_next_state};

use crate::origin::{Origin, OriginBuilder};

/// The text of a page.
#[derive(Debug, PartialEq)]
pub(crate) struct Page {
    pub(crate) text: String,
    pub(crate) origin: Origin,
    /// The `lang` of the `html` element.
    pub(crate) language: Option<String>,
}

/// Takes the text out of a page.
pub(crate) fn text(source: &str) -> Page {
    let mut extract = Extract::new(source.as_bytes());
    let mut tokenizer = Tokenizer::new_with_emitter(source, Borrowed(&mut extract));
    // The reader of a string cannot fail and the emitter gives no tokens.
    while tokenizer.next().is_some() {}
    drop(tokenizer);
    Page { text: extract.text, origin: extract.builder.finish(), language: extract.language }
}

/// Left out with all they hold.
fn is_skipped(tag: &[u8]) -> bool {
    matches!(tag, b"script" | b"style" | b"noscript" | b"template" | b"iframe" | b"noembed" | b"noframes")
}

/// Elements between whose words a line ends.
fn is_block(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"address"
            | b"article"
            | b"aside"
            | b"blockquote"
            | b"body"
            | b"br"
            | b"button"
            | b"caption"
            | b"center"
            | b"dd"
            | b"details"
            | b"dialog"
            | b"div"
            | b"dl"
            | b"dt"
            | b"fieldset"
            | b"figcaption"
            | b"figure"
            | b"footer"
            | b"form"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"head"
            | b"header"
            | b"hr"
            | b"html"
            | b"legend"
            | b"li"
            | b"main"
            | b"menu"
            | b"nav"
            | b"ol"
            | b"optgroup"
            | b"option"
            | b"p"
            | b"pre"
            | b"section"
            | b"select"
            | b"summary"
            | b"table"
            | b"tbody"
            | b"td"
            | b"textarea"
            | b"tfoot"
            | b"th"
            | b"thead"
            | b"title"
            | b"tr"
            | b"ul"
    )
}

struct Extract<'a> {
    source: &'a [u8],
    /// Where the tokenizer stands, in bytes.
    position: usize,
    /// Up to where the source has been turned into text or left out, in bytes.
    done: usize,
    /// A byte offset and its character offset, moving forward.
    counted: (usize, usize),
    tag: Vec<u8>,
    start_tag: bool,
    last_start_tag: Vec<u8>,
    attribute: Vec<u8>,
    value: Vec<u8>,
    language: Option<String>,
    /// The skipped element and how many of its kind are open.
    skipping: Option<(Vec<u8>, usize)>,
    text: String,
    chars: usize,
    builder: OriginBuilder,
    /// The bytes of a character that came in pieces.
    pending: Vec<u8>,
}

impl<'a> Extract<'a> {
    fn new(source: &'a [u8]) -> Self {
        Self {
            source,
            position: 0,
            done: 0,
            counted: (0, 0),
            tag: Vec::new(),
            start_tag: false,
            last_start_tag: Vec::new(),
            attribute: Vec::new(),
            value: Vec::new(),
            language: None,
            skipping: None,
            text: String::with_capacity(source.len() / 2),
            chars: 0,
            builder: OriginBuilder::default(),
            pending: Vec::new(),
        }
    }

    /// The character offset of a byte offset that does not lie before an earlier one.
    fn char_at(&mut self, byte: usize) -> usize {
        let between = self.source.get(self.counted.0..byte).unwrap_or_default();
        self.counted.1 += count_chars(between);
        self.counted.0 = self.counted.0.max(byte);
        self.counted.1
    }

    fn push(&mut self, piece: &[u8]) {
        let end = self.position.min(self.source.len());
        if self.skipping.is_some() {
            self.done = end;
            return;
        }
        if !self.pending.is_empty() || std::str::from_utf8(piece).is_err() {
            self.pending.extend_from_slice(piece);
            let held = std::mem::take(&mut self.pending);
            match std::str::from_utf8(&held) {
                Ok(text) => self.append(text, end),
                Err(error) if error.error_len().is_none() => self.pending = held,
                Err(_) => self.append(&String::from_utf8_lossy(&held), end),
            }
            return;
        }
        if let Ok(text) = std::str::from_utf8(piece) {
            self.append(text, end);
        }
    }

    fn append(&mut self, text: &str, end: usize) {
        let chars = count_chars(text.as_bytes());
        if chars == 0 {
            return;
        }
        let start = end.saturating_sub(text.len());
        if start >= self.done && self.source.get(start..end) == Some(text.as_bytes()) {
            if (self.text.is_empty() || self.text.ends_with('\n'))
                && text.bytes().all(|b| b.is_ascii_whitespace())
            {
                self.done = end;
                return;
            }
            let from = self.char_at(start);
            self.builder.run(self.chars, from);
        } else {
            let from = self.char_at(self.done.min(end));
            let to = self.char_at(end);
            self.builder.whole(self.chars, from, to - from);
        }
        self.text.push_str(text);
        self.chars += chars;
        self.done = end;
    }

    fn line_break(&mut self) {
        if self.text.is_empty() || self.text.ends_with('\n') {
            return;
        }
        let at = self.char_at(self.done);
        self.builder.whole(self.chars, at, 0);
        self.text.push('\n');
        self.chars += 1;
    }

    fn attribute_ends(&mut self) {
        if self.start_tag
            && self.tag == b"html"
            && self.language.is_none()
            && (self.attribute == b"lang" || self.attribute == b"xml:lang")
            && (1..=35).contains(&self.value.len())
        {
            self.language = std::str::from_utf8(&self.value).ok().map(|value| value.trim().to_owned());
        }
        self.attribute.clear();
        self.value.clear();
    }

    fn tag_ends(&mut self) -> Option<State> {
        self.attribute_ends();
        self.pending.clear();
        self.done = self.position.min(self.source.len());
        match &mut self.skipping {
            Some((tag, depth)) if *tag == self.tag => {
                if self.start_tag {
                    *depth += 1;
                } else if *depth > 1 {
                    *depth -= 1;
                } else {
                    self.skipping = None;
                }
            }
            None if self.start_tag && is_skipped(&self.tag) => {
                self.skipping = Some((self.tag.clone(), 1));
            }
            None if is_block(&self.tag) => self.line_break(),
            Some(_) | None => {}
        }
        if !self.start_tag {
            return None;
        }
        self.last_start_tag.clear();
        self.last_start_tag.extend_from_slice(&self.tag);
        naive_next_state(&self.tag)
    }
}

fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

/// The tokenizer owns its emitter; this one lends it.
struct Borrowed<'e, 'a>(&'e mut Extract<'a>);

impl Emitter for Borrowed<'_, '_> {
    type Token = std::convert::Infallible;

    fn move_position(&mut self, offset: isize) {
        self.0.position = self.0.position.saturating_add_signed(offset);
    }

    fn emit_string(&mut self, piece: &[u8]) {
        self.0.push(piece);
    }

    fn init_start_tag(&mut self) {
        self.0.tag.clear();
        self.0.start_tag = true;
    }

    fn init_end_tag(&mut self) {
        self.0.tag.clear();
        self.0.start_tag = false;
    }

    fn push_tag_name(&mut self, name: &[u8]) {
        self.0.tag.extend_from_slice(name);
    }

    fn init_attribute(&mut self) {
        self.0.attribute_ends();
    }

    fn push_attribute_name(&mut self, name: &[u8]) {
        self.0.attribute.extend_from_slice(name);
    }

    fn push_attribute_value(&mut self, value: &[u8]) {
        self.0.value.extend_from_slice(value);
    }

    fn set_self_closing(&mut self) {}

    fn emit_current_tag(&mut self) -> Option<State> {
        self.0.tag_ends()
    }

    fn emit_current_comment(&mut self) {
        self.0.done = self.0.position.min(self.0.source.len());
    }

    fn emit_current_doctype(&mut self) {
        self.0.done = self.0.position.min(self.0.source.len());
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        !self.0.start_tag && !self.0.tag.is_empty() && self.0.tag == self.0.last_start_tag
    }

    fn set_last_start_tag(&mut self, tag: Option<&[u8]>) {
        self.0.last_start_tag.clear();
        self.0.last_start_tag.extend_from_slice(tag.unwrap_or_default());
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn pop_token(&mut self) -> Option<Self::Token> {
        None
    }

    fn emit_eof(&mut self) {}
    fn emit_error(&mut self, _error: Error) {}
    fn init_comment(&mut self) {}
    fn init_doctype(&mut self) {}
    fn set_force_quirks(&mut self) {}
    fn push_comment(&mut self, _text: &[u8]) {}
    fn push_doctype_name(&mut self, _name: &[u8]) {}
    fn set_doctype_public_identifier(&mut self, _value: &[u8]) {}
    fn set_doctype_system_identifier(&mut self, _value: &[u8]) {}
    fn push_doctype_public_identifier(&mut self, _value: &[u8]) {}
    fn push_doctype_system_identifier(&mut self, _value: &[u8]) {}
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::origin::SegmentKind;

    #[track_caller]
    fn check(source: &str, expected: &str) -> Page {
        let page = text(source);
        assert_eq!(page.text, expected);
        faithful(source, &page);
        page
    }

    /// Every character of a run stands at its place in the source, and the segments do not go backwards.
    fn faithful(source: &str, page: &Page) {
        let source: Vec<char> = source.chars().collect();
        let text: Vec<char> = page.text.chars().collect();
        let Origin::Segments(segments) = &page.origin else {
            assert_eq!(source.get(..text.len()).unwrap(), text);
            return;
        };
        for (at, segment) in segments.iter().enumerate() {
            let end = segments.get(at + 1).map_or(text.len(), |next| next.text_start);
            assert!(segment.text_start < end);
            if segment.kind == SegmentKind::Run {
                for char in segment.text_start..end {
                    assert_eq!(source[segment.original_start + char - segment.text_start], text[char]);
                }
            }
        }
        for pair in segments.windows(2) {
            assert!(pair[0].original_start <= pair[1].original_start);
        }
        let all = page.origin.range(0..text.len());
        assert!(all.end <= source.len());
    }

    #[test]
    fn text_is_taken_and_leads_back() {
        let source = "<html lang=de><head><title>T&uuml;r</title><style>p{}</style></head><body><p>a&amp;b <b>c</b>d\
                      <script>x<p>y</script><br>e&#x1F600;&notit;</p><!-- no --><p>f</p>";
        let page = check(source, "T\u{fc}r\na&b cd\ne\u{1f600}\u{ac}it;\nf\n");
        assert_eq!(page.language.as_deref(), Some("de"));
        let chars: Vec<char> = source.chars().collect();
        let original = page.origin.range(1..2);
        assert_eq!(chars[original].iter().collect::<String>(), "&uuml;");
        let span = page.origin.range(4..10);
        assert_eq!(chars[span].iter().collect::<String>(), "a&amp;b <b>c</b>d");
    }

    #[test]
    fn what_is_no_markup_stays() {
        check("plain text", "plain text");
        check("a < b & c \u{e9} &unknown; <", "a < b & c \u{e9} &unknown; <");
        check("one\r\ntwo\rthree", "one\ntwo\nthree");
        check("<template><p>a<template>b</template>c</template>d", "d");
        check("<p>\n  <b>x</b>\n</p>", "x\n");
        check("<textarea><b></textarea><title>&lt;i></title>", "<b>\n<i>\n");
        check("a\0b", "a\u{0}b");
    }

    #[test]
    fn deep_nesting_is_just_long() {
        let source = format!("{}x", "<div><template>".repeat(100_000));
        assert_eq!(text(&source).text, "");
        let source = format!("{}x", "<div><b>".repeat(100_000));
        assert_eq!(text(&source).text, "x");
    }

    proptest! {
        #[test]
        fn every_run_is_faithful(source in "(<(p|b|script|/p|/script|br|title|template|!--)>|&(amp|lt|#65|nbsp|notin|x);?|[a-z é\u{1f600}<&\r\n-]){0,60}") {
            faithful(&source, &text(&source));
        }
    }
}
