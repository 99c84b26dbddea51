//! Books and documents that are XML in a ZIP archive: EPUB (ISO/IEC 23736), Office Open XML text (ISO/IEC 29500)
//! and `OpenDocument` text (ISO/IEC 26300).

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::archive::Archive;
use super::html::{self, Syntax};
use super::{ExtractError, Extracted, TEXT_BYTES_MAX, XML_DEPTH_MAX, decode, too_long};

/// Tells the three apart by what the archive holds.
pub(super) fn extract(extension: &str, bytes: &[u8]) -> Result<Extracted, ExtractError> {
    let mut archive = Archive::open(bytes)?;
    if archive.has("META-INF/container.xml") {
        epub(&mut archive)
    } else if archive.has("word/document.xml") {
        docx(&mut archive)
    } else if archive.has("content.xml") {
        odt(&mut archive)
    } else if matches!(extension, "epub" | "docx" | "odt") {
        Err(ExtractError::Damaged {
            format: "book or document",
            reason: "its main part is missing".to_owned(),
        })
    } else {
        Err(ExtractError::Unsupported)
    }
}

fn epub(archive: &mut Archive<'_>) -> Result<Extracted, ExtractError> {
    let mut package = None;
    walk("EPUB container", &archive.read("META-INF/container.xml")?, |_, node| {
        if let Node::Open("rootfile", tag) = node {
            package = package.take().or_else(|| attribute(tag, "full-path"));
        }
        Ok(())
    })?;
    let missing = |reason: &str| ExtractError::Damaged { format: "EPUB", reason: reason.to_owned() };
    let package = package.ok_or_else(|| missing("the container names no package"))?;
    let mut files = std::collections::HashMap::new();
    let mut spine = Vec::new();
    let mut title = String::new();
    walk("EPUB package", &archive.read(&package)?, |path, node| {
        match node {
            Node::Open("item", tag) => {
                if let (Some(id), Some(href)) = (attribute(tag, "id"), attribute(tag, "href")) {
                    files.insert(id, (href, attribute(tag, "media-type").unwrap_or_default()));
                }
            }
            Node::Open("itemref", tag) => spine.extend(attribute(tag, "idref")),
            // The first title of several is the main one.
            Node::Close("title") if !title.trim().is_empty() && !title.ends_with('\0') => title.push('\0'),
            Node::Text(text) if path.last().is_some_and(|name| name == "title") && !title.ends_with('\0') => {
                title.push_str(text);
            }
            _ => {}
        }
        Ok(())
    })?;
    let mut text = String::new();
    for id in spine {
        let Some((href, media)) = files.get(&id) else { continue };
        if !media.contains("html") {
            continue;
        }
        let page = archive.read(&resolve(&package, href))?;
        let chapter = html::extract(&decode("XHTML", &page)?, Syntax::Xml).text;
        if !chapter.is_empty() {
            text.push_str(&chapter);
            text.push_str("\n\n");
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(too_long());
        }
    }
    let title = title.trim_end_matches('\0').split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Extracted { text, title: (!title.is_empty()).then_some(title), format: "epub" })
}

fn docx(archive: &mut Archive<'_>) -> Result<Extracted, ExtractError> {
    let mut text = String::new();
    for part in ["word/document.xml", "word/footnotes.xml", "word/endnotes.xml"] {
        if !archive.has(part) {
            continue;
        }
        walk("DOCX part", &archive.read(part)?, |path, node| {
            // A fallback repeats a text box for older readers; text between `w:del` was struck out.
            if path.iter().any(|name| matches!(name.as_str(), "Fallback" | "del" | "moveFrom")) {
                return Ok(());
            }
            match node {
                Node::Text(run) if path.last().is_some_and(|name| name == "t") => text.push_str(run),
                Node::Open("tab", _) if path.iter().any(|name| name == "r") => text.push('\t'),
                Node::Open("br" | "cr", _) | Node::Close("p") => text.push('\n'),
                Node::Open("noBreakHyphen", _) => text.push('\u{2011}'),
                _ => {}
            }
            if text.len() > TEXT_BYTES_MAX { Err(too_long()) } else { Ok(()) }
        })?;
    }
    Ok(Extracted { text, title: stated_title(archive, "docProps/core.xml")?, format: "docx" })
}

fn odt(archive: &mut Archive<'_>) -> Result<Extracted, ExtractError> {
    let mut text = String::new();
    walk("ODT content", &archive.read("content.xml")?, |path, node| {
        let within = |wanted: &str| path.iter().any(|name| name == wanted);
        if within("tracked-changes") || within("annotation") || within("forms") || !within("body") {
            return Ok(());
        }
        match node {
            Node::Text(run) if within("p") || within("h") => text.push_str(run),
            Node::Open("s", tag) => {
                // `text:c` counts spaces; a paragraph has no use for more than a line of them.
                let count = attribute(tag, "c").and_then(|c| c.parse::<usize>().ok()).unwrap_or(1);
                text.extend(std::iter::repeat_n(' ', count.min(200)));
            }
            Node::Open("tab", _) => text.push('\t'),
            Node::Open("line-break", _) | Node::Close("p" | "h") => text.push('\n'),
            _ => {}
        }
        if text.len() > TEXT_BYTES_MAX { Err(too_long()) } else { Ok(()) }
    })?;
    Ok(Extracted { text, title: stated_title(archive, "meta.xml")?, format: "odt" })
}

/// `dc:title` in a part with properties.
fn stated_title(archive: &mut Archive<'_>, part: &str) -> Result<Option<String>, ExtractError> {
    if !archive.has(part) {
        return Ok(None);
    }
    let mut title = String::new();
    walk("document properties", &archive.read(part)?, |path, node| {
        if let Node::Text(text) = node
            && path.last().is_some_and(|name| name == "title")
        {
            title.push_str(text);
        }
        Ok(())
    })?;
    let title = title.trim();
    Ok((!title.is_empty()).then(|| title.to_owned()))
}

/// What [`walk`] meets. Names are local names, without prefix.
enum Node<'a> {
    Open(&'a str, &'a BytesStart<'a>),
    Close(&'a str),
    Text(&'a str),
}

/// Goes through an XML document in order. Entities of the document's own are never expanded.
fn walk(
    format: &'static str,
    bytes: &[u8],
    mut visit: impl FnMut(&[String], Node<'_>) -> Result<(), ExtractError>,
) -> Result<(), ExtractError> {
    let source = decode(format, bytes)?;
    let mut reader = Reader::from_str(&source);
    let mut path: Vec<String> = Vec::new();
    let damaged = |reason: String| ExtractError::Damaged { format, reason };
    loop {
        let event = reader
            .read_event()
            .map_err(|error| damaged(format!("{error} at byte {}", reader.error_position())))?;
        match event {
            Event::Start(tag) => {
                let name = local(tag.name().as_ref());
                visit(&path, Node::Open(&name, &tag))?;
                path.push(name);
                if path.len() > XML_DEPTH_MAX {
                    return Err(ExtractError::TooLarge {
                        limit: XML_DEPTH_MAX as u64,
                        unit: "nested elements",
                    });
                }
            }
            Event::Empty(tag) => {
                let name = local(tag.name().as_ref());
                visit(&path, Node::Open(&name, &tag))?;
                visit(&path, Node::Close(&name))?;
            }
            Event::End(_) => {
                if let Some(name) = path.pop() {
                    visit(&path, Node::Close(&name))?;
                }
            }
            Event::Text(text) => visit(&path, Node::Text(&text.xml_content(XmlVersion::Explicit1_0)))?,
            Event::CData(text) => visit(&path, Node::Text(&text.xml_content(XmlVersion::Explicit1_0)))?,
            Event::GeneralRef(entity) => {
                let name = entity.xml_content(XmlVersion::Explicit1_0);
                let character = match (entity.resolve_char_ref(), name.as_ref()) {
                    (Ok(Some(c)), _) => Some(c),
                    (_, "amp") => Some('&'),
                    (_, "lt") => Some('<'),
                    (_, "gt") => Some('>'),
                    (_, "quot") => Some('"'),
                    (_, "apos") => Some('\''),
                    _ => None,
                };
                if let Some(c) = character {
                    visit(&path, Node::Text(c.encode_utf8(&mut [0; 4])))?;
                }
            }
            Event::Eof if path.is_empty() => return Ok(()),
            Event::Eof => return Err(damaged("the document ends in the middle".to_owned())),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
        }
    }
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

fn attribute(tag: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|a| local(a.key.as_ref()) == wanted)?;
    found.normalized_value(XmlVersion::Explicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// The name of an entry from a reference in the package document, `..` and percent signs resolved.
fn resolve(package: &str, href: &str) -> String {
    let href = href.split('#').next().unwrap_or_default();
    let mut path: Vec<&str> = package.split('/').collect();
    path.pop();
    for part in href.split('/') {
        match part {
            ".." => drop(path.pop()),
            "." | "" => {}
            part => path.push(part),
        }
    }
    let joined = path.join("/");
    let mut name = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let [byte, tail @ ..] = rest {
        let escaped = match tail {
            [high, low, ..] if *byte == b'%' => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        name.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&name).into_owned()
}
