//! A bounded XML tree. Entities are off: a document type is skipped and a reference to anything but the five
//! predefined entities and characters by number is dropped.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::defect::{Defect, Problem, note};

/// Most bytes of one XML document.
pub(crate) const XML_BYTES_MAX: usize = 8 * 1024 * 1024;
const DEPTH_MAX: usize = 64;
const ELEMENTS_MAX: usize = 200_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Namespace; empty where there is none.
    pub(crate) space: String,
    pub(crate) name: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<Element>,
    /// Its own text, that of its children left out.
    pub(crate) text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) space: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Element {
    pub(crate) fn is(&self, space: &str, name: &str) -> bool {
        self.space == space && self.name == name
    }

    /// The value of an attribute without namespace.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.space.is_empty() && a.name == name).map(|a| a.value.as_str())
    }

    pub(crate) fn attribute_in(&self, space: &str, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.space == space && a.name == name).map(|a| a.value.as_str())
    }

    /// Its children of a name in a namespace.
    pub(crate) fn all<'a>(&'a self, space: &'a str, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |c| c.is(space, name))
    }

    /// Itself and everything below, in document order.
    pub(crate) fn walk(&self) -> Vec<&Element> {
        let mut order = Vec::new();
        let mut stack = vec![self];
        while let Some(element) = stack.pop() {
            order.push(element);
            stack.extend(element.children.iter().rev());
        }
        order
    }
}

/// Reads a document; what is broken ends it, and what was read until then is kept.
pub(crate) fn parse(bytes: &[u8]) -> (Option<Element>, Vec<Defect>) {
    let mut defects = Vec::new();
    let bytes = if bytes.len() > XML_BYTES_MAX {
        defects.push(Defect::new(Problem::Limit, format!("{} bytes", bytes.len())));
        bytes.get(..XML_BYTES_MAX).unwrap_or(bytes)
    } else {
        bytes
    };
    let text = crate::text::decode(bytes, &mut defects);
    let mut builder = Builder { open: Vec::new(), root: None, count: 0 };
    let mut reader = NsReader::from_str(&text);
    reader.config_mut().check_end_names = true;
    reader.config_mut().expand_empty_elements = false;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                note(&mut defects, Defect::new(Problem::Syntax, error.to_string()));
                break;
            }
        };
        let mut within = true;
        match event {
            Event::Start(ref start) => within = builder.start(element(&reader, start)),
            Event::Empty(ref start) => {
                within = builder.start(element(&reader, start));
                builder.end();
            }
            Event::End(_) => builder.end(),
            Event::Text(ref text) => builder.text(text),
            Event::CData(ref data) => builder.text(data),
            Event::GeneralRef(ref name) => builder.text(&referred(name)),
            Event::DocType(_) => note(&mut defects, Defect::new(Problem::Misplaced, "DOCTYPE, skipped")),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        if !within {
            note(&mut defects, Defect::new(Problem::Limit, "depth or number of elements"));
            break;
        }
    }
    while !builder.open.is_empty() {
        if defects.is_empty() {
            note(&mut defects, Defect::new(Problem::Syntax, "the document ends early"));
        }
        builder.end();
    }
    if builder.root.is_none() && defects.is_empty() {
        defects.push(Defect::new(Problem::Syntax, "no element"));
    }
    (builder.root, defects)
}

struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    count: usize,
}

impl Builder {
    /// Whether the element lies within the limits; it is kept in either case, so that what follows is its end.
    fn start(&mut self, element: Element) -> bool {
        self.count += 1;
        self.open.push(element);
        self.open.len() <= DEPTH_MAX && self.count <= ELEMENTS_MAX
    }

    fn end(&mut self) {
        if let Some(done) = self.open.pop() {
            match self.open.last_mut() {
                Some(parent) => parent.children.push(done),
                // A second root has no place in a document; the first is kept.
                None => {
                    self.root.get_or_insert(done);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
    }
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Element {
    let (space, local) = reader.resolver().resolve_element(start.name());
    let mut made = Element { space: space_of(&space), name: local.as_ref().to_owned(), ..Element::default() };
    for attribute in start.attributes().with_checks(false).flatten() {
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (space, local) = reader.resolver().resolve_attribute(attribute.key);
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .unwrap_or_else(|_| attribute.value.clone());
        made.attributes.push(Attribute {
            space: space_of(&space),
            name: local.as_ref().to_owned(),
            value: value.into_owned(),
        });
    }
    made
}

fn space_of(resolved: &ResolveResult<'_>) -> String {
    match resolved {
        ResolveResult::Bound(space) => space.0.to_owned(),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
    }
}

fn referred(name: &str) -> String {
    let character = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.strip_prefix('#').and_then(|number| {
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }),
    };
    character.map(String::from).unwrap_or_default()
}
