//! XML deliveries, read as a stream of small trees: hostile until read.
//!
//! No entity is ever expanded but the five of XML itself, nothing outside the file is looked at, and depth, number of
//! elements and bytes have limits: a file beyond them ends with an error that says which.

use std::io::{self, BufRead, Read};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// Elements nested deeper end the reading.
pub(crate) const DEPTH_MAX: usize = 64;
/// Bytes of one tag, text or comment.
pub(crate) const TOKEN_BYTES_MAX: u64 = 8 << 20;
/// Elements of one tree.
pub(crate) const ELEMENTS_MAX: usize = 200_000;
/// Bytes of names, attributes and text of one tree.
pub(crate) const TREE_BYTES_MAX: usize = 32 << 20;

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XmlError {
    #[error("at byte {at}: {what}")]
    Malformed { at: u64, what: String },
    #[error("at byte {at}: the file declares entities of its own, which are never expanded here")]
    Entities { at: u64 },
    #[error("at byte {at}: more than {limit} {what}")]
    Limit { at: u64, limit: u64, what: &'static str },
    #[error("cannot read on at byte {at}: {source}")]
    Io { at: u64, source: io::Error },
}

/// An element with everything in it. Names are without their prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
    /// Where it begins in the file.
    pub(crate) at: u64,
}

impl Element {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// What a path of first children ends at.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text at a path, where there is one.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|e| e.text.trim()).filter(|text| !text.is_empty())
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every descendant of that name, in the order of the file; not below another of that name.
    pub(crate) fn find<'a>(&'a self, name: &str, found: &mut Vec<&'a Element>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            } else {
                child.find(name, found);
            }
        }
    }
}

/// Reads a file and hands over the root without its content, then each outermost element that `unit` names, whole.
/// `visit` says whether to go on.
pub(crate) fn read(
    source: impl Read,
    unit: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(Element) -> bool,
) -> Result<(), XmlError> {
    let guarded = Guard { source, buffer: vec![0; 1 << 16].into(), start: 0, end: 0, left: TOKEN_BYTES_MAX };
    let mut reader = quick_xml::Reader::from_reader(guarded);
    reader.config_mut().allow_dangling_amp = true;
    let mut buffer = Vec::new();
    let mut depth = 0usize;
    let mut seen_root = false;
    let mut tree = Tree::default();
    loop {
        buffer.clear();
        buffer.shrink_to(1 << 16);
        reader.get_mut().left = TOKEN_BYTES_MAX;
        let at = reader.buffer_position();
        let event = reader.read_event_into(&mut buffer).map_err(|error| failed(at, error))?;
        match event {
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                let empty = matches!(event, Event::Empty(_));
                let element = open(tag, at);
                if !seen_root {
                    seen_root = true;
                    if !visit(element) {
                        return Ok(());
                    }
                    depth += usize::from(!empty);
                    continue;
                }
                depth += usize::from(!empty);
                if depth > DEPTH_MAX {
                    return Err(XmlError::Limit { at, limit: DEPTH_MAX as u64, what: "nested elements" });
                }
                if !tree.open.is_empty() || unit(&element.name) {
                    tree.push(element, at)?;
                    if empty && tree.close().is_some_and(|whole| !visit(whole)) {
                        return Ok(());
                    }
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if tree.close().is_some_and(|whole| !visit(whole)) {
                    return Ok(());
                }
            }
            Event::Text(text) => tree.text(&text.xml_content(XmlVersion::Explicit1_0), at)?,
            Event::CData(text) => tree.text(&text.xml_content(XmlVersion::Explicit1_0), at)?,
            Event::GeneralRef(entity) => {
                let name = entity.xml_content(XmlVersion::Explicit1_0);
                let known = match (entity.resolve_char_ref(), name.as_ref()) {
                    (Ok(Some(c)), _) => Some(c),
                    (_, "amp") => Some('&'),
                    (_, "lt") => Some('<'),
                    (_, "gt") => Some('>'),
                    (_, "quot") => Some('"'),
                    (_, "apos") => Some('\''),
                    _ => None,
                };
                match known {
                    Some(c) => tree.text(c.encode_utf8(&mut [0; 4]), at)?,
                    // Entities of a standard's own definition stay as they stand.
                    None => tree.text(&format!("&{name};"), at)?,
                }
            }
            Event::DocType(text) => {
                if text.xml_content(XmlVersion::Explicit1_0).to_ascii_uppercase().contains("<!ENTITY") {
                    return Err(XmlError::Entities { at });
                }
            }
            Event::Eof if depth == 0 && seen_root => return Ok(()),
            Event::Eof => {
                return Err(XmlError::Malformed { at, what: "the file ends in the middle".to_owned() });
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
}

/// The elements that are open, outermost first, and how much they hold.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    elements: usize,
    bytes: usize,
}

impl Tree {
    fn push(&mut self, element: Element, at: u64) -> Result<(), XmlError> {
        let attributes: usize = element.attributes.iter().map(|(key, value)| key.len() + value.len()).sum();
        self.elements += 1;
        self.bytes += element.name.len() + attributes;
        if self.elements > ELEMENTS_MAX {
            return Err(XmlError::Limit { at, limit: ELEMENTS_MAX as u64, what: "elements in one record" });
        }
        self.check(at)?;
        self.open.push(element);
        Ok(())
    }

    fn text(&mut self, text: &str, at: u64) -> Result<(), XmlError> {
        if let Some(element) = self.open.last_mut() {
            self.bytes += text.len();
            element.text.push_str(text);
            self.check(at)?;
        }
        Ok(())
    }

    fn check(&self, at: u64) -> Result<(), XmlError> {
        if self.bytes > TREE_BYTES_MAX {
            return Err(XmlError::Limit { at, limit: TREE_BYTES_MAX as u64, what: "bytes in one record" });
        }
        Ok(())
    }

    /// Closes the innermost element; yields the outermost one when that was it.
    fn close(&mut self) -> Option<Element> {
        let closed = self.open.pop()?;
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(closed);
            return None;
        }
        (self.elements, self.bytes) = (0, 0);
        Some(closed)
    }
}

fn open(tag: &BytesStart<'_>, at: u64) -> Element {
    let attributes = tag.attributes().flatten().map(|a| {
        let value = a.normalized_value(XmlVersion::Explicit1_0).unwrap_or_default().into_owned();
        (local(a.key.as_ref()).to_owned(), value)
    });
    Element {
        name: local(tag.name().as_ref()).to_owned(),
        attributes: attributes.take(ATTRIBUTES_MAX).collect(),
        at,
        ..Element::default()
    }
}

/// Attributes of one element; the rest is not looked at.
const ATTRIBUTES_MAX: usize = 64;

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or_default()
}

fn failed(at: u64, error: quick_xml::Error) -> XmlError {
    match error {
        quick_xml::Error::Io(source) if source.kind() == io::ErrorKind::FileTooLarge => {
            XmlError::Limit { at, limit: TOKEN_BYTES_MAX, what: "bytes in one tag or text" }
        }
        quick_xml::Error::Io(source) => {
            XmlError::Io { at, source: io::Error::new(source.kind(), source.to_string()) }
        }
        other => XmlError::Malformed { at, what: other.to_string() },
    }
}

/// A reader that gives out only so many bytes before it is asked anew.
struct Guard<R> {
    source: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    left: u64,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..n), available.get(..n)) {
            to.copy_from_slice(from);
        }
        self.consume(n);
        Ok(n)
    }
}

impl<R: Read> BufRead for Guard<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start >= self.end {
            self.end = self.source.read(&mut self.buffer)?;
            self.start = 0;
        }
        if self.left == 0 && self.start < self.end {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let end = self.end.min(self.start.saturating_add(usize::try_from(self.left).unwrap_or(usize::MAX)));
        Ok(self.buffer.get(self.start..end).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        self.start += n;
        self.left = self.left.saturating_sub(n as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(xml: &[u8]) -> Result<Vec<Element>, XmlError> {
        let mut found = Vec::new();
        read(xml, &|name| name == "u", &mut |element| {
            found.push(element);
            true
        })?;
        Ok(found)
    }

    #[test]
    fn outermost_units_come_whole() {
        let found = units(
            b"<?xml version='1.0'?><x:r xmlns:x='n' v='1&amp;2'><x:u k='a'>A&#38;<u>B</u>&eacute;</x:u><o><u/></o></x:r>",
        )
        .unwrap();
        assert_eq!((found[0].name.as_str(), found[0].attribute("v")), ("r", Some("1&2")));
        assert_eq!((found[1].text.as_str(), found[1].attribute("k")), ("A&&eacute;", Some("a")));
        assert_eq!(found[1].text_at(&["u"]), Some("B"));
        assert_eq!((found.len(), found[2].at), (3, 92));
    }

    #[test]
    fn hostile_files_end_with_a_reason() {
        let laughs = b"<!DOCTYPE r [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><r><u>&b;</u></r>";
        assert!(matches!(units(laughs), Err(XmlError::Entities { .. })));
        let deep = [&b"<r><u>"[..], &b"<d>".repeat(100)].concat();
        assert!(matches!(units(&deep), Err(XmlError::Limit { what: "nested elements", .. })));
        let mut huge = b"<r><u k='".to_vec();
        huge.resize(TOKEN_BYTES_MAX as usize + 100_000, b'a');
        assert!(matches!(units(&huge), Err(XmlError::Limit { what: "bytes in one tag or text", .. })));
        let many = [&b"<r><u>"[..], &b"<d/>".repeat(ELEMENTS_MAX + 1)].concat();
        assert!(matches!(units(&many), Err(XmlError::Limit { what: "elements in one record", .. })));
        for cut in [&b""[..], b"<r>", b"<r><u>", b"<r></x>", b"no xml"] {
            assert!(matches!(units(cut), Err(XmlError::Malformed { .. })), "{cut:?}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn never_panics(text in "[<>/u!\\[\\]&;'\"= a-c?-]{0,80}") {
            let _ = units(format!("<r>{text}").as_bytes());
        }
    }
}
