//! Changing an XMP packet: properties of ours are taken out wherever they stand and put in once; every other byte
//! stays.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use super::Properties;
use crate::xml;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// Why a packet cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// It is no UTF-8.
    #[error("the file's XMP is not in UTF-8; save it with another tool, then publish again")]
    Encoding,
    /// It is not well-formed, or holds no RDF.
    #[error("the file's XMP is not well-formed; repair it, then publish again")]
    Malformed,
    /// It is larger than is read.
    #[error("the file's XMP is larger than 8 MiB")]
    TooLarge,
}

/// A packet with the properties in it, the rest as it stood.
pub(super) fn write(existing: Option<&[u8]>, properties: &Properties) -> Result<Vec<u8>, PacketError> {
    const EMPTY: &str = "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
        <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
        <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n</rdf:RDF>\n\
        </x:xmpmeta>\n<?xpacket end=\"w\"?>";
    let bytes = existing.unwrap_or(EMPTY.as_bytes());
    if bytes.len() > xml::XML_BYTES_MAX {
        return Err(PacketError::TooLarge);
    }
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    let text =
        std::str::from_utf8(bytes.get(..end).unwrap_or_default()).map_err(|_| PacketError::Encoding)?;
    let edits = edits(text, properties)?;
    let mut out = String::with_capacity(text.len() + 1024);
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.from).ok_or(PacketError::Malformed)?);
        out.push_str(&edit.text);
        at = edit.to;
    }
    out.push_str(text.get(at..).ok_or(PacketError::Malformed)?);
    Ok(out.into_bytes())
}

/// A stretch of the packet and what stands there instead.
struct Edit {
    from: usize,
    to: usize,
    text: String,
}

fn edits(text: &str, properties: &Properties) -> Result<Vec<Edit>, PacketError> {
    let ours = super::values(properties);
    let is_ours = |space: &ResolveResult<'_>, name: &str| match space {
        ResolveResult::Bound(bound) => ours.iter().any(|(s, _, n, _)| bound.0 == *s && name == *n),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => false,
    };
    let is_rdf = |space: &ResolveResult<'_>, local: &str, name: &str| {
        matches!(space, ResolveResult::Bound(bound) if bound.0 == RDF) && local == name
    };
    let mut reader = NsReader::from_str(text);
    let (mut edits, mut about, mut depth, mut leaving) = (Vec::new(), None::<String>, 0_usize, None);
    let mut closed = false;
    // The description that is open: where it begins, at which depth, edits before it, ours and others' in it.
    let mut open: Option<(usize, usize, usize, bool, bool)> = None;
    loop {
        let from = reader.buffer_position() as usize;
        let event = reader.read_event().map_err(|_| PacketError::Malformed)?;
        let to = reader.buffer_position() as usize;
        match event {
            Event::Eof => break,
            Event::Start(ref start) | Event::Empty(ref start) => {
                let is_empty = matches!(event, Event::Empty(_));
                let (space, local) = reader.resolver().resolve_element(start.name());
                let local = local.as_ref();
                if let Some((_, at, _, ours_in_it, others_in_it)) = &mut open
                    && depth == *at + 1
                {
                    *(if is_ours(&space, local) { ours_in_it } else { others_in_it }) = true;
                }
                if leaving.is_none() && is_ours(&space, local) {
                    if is_empty {
                        edits.push(Edit { from, to, text: String::new() });
                    } else {
                        leaving = Some((from, depth));
                    }
                } else if leaving.is_none() && is_rdf(&space, local, "Description") {
                    if about.is_none() {
                        about = about_of(&reader, start);
                    }
                    let kept = |key: quick_xml::name::QName<'_>| {
                        let (space, local) = reader.resolver().resolve_attribute(key);
                        !is_ours(&space, local.as_ref())
                    };
                    if !is_empty && open.is_none() {
                        open = Some((from, depth, edits.len(), false, says_more(&reader, start)));
                    }
                    edits.extend(without(start, is_empty, &kept).map(|text| Edit { from, to, text }));
                } else if is_rdf(&space, local, "RDF") && is_empty && !closed {
                    let name = start.name();
                    let name = name.as_ref();
                    let open = text
                        .get(from..to)
                        .and_then(|t| t.strip_suffix("/>"))
                        .ok_or(PacketError::Malformed)?;
                    let inside = description(&ours, "");
                    edits.push(Edit { from, to, text: format!("{open}>\n{inside}</{name}>") });
                    closed = true;
                }
                depth += usize::from(!is_empty);
            }
            Event::End(ref end) => {
                depth = depth.checked_sub(1).ok_or(PacketError::Malformed)?;
                let (space, local) = reader.resolver().resolve_element(end.name());
                if let Some((begin, _)) = leaving.filter(|(_, at)| *at == depth) {
                    edits.push(Edit { from: begin, to, text: String::new() });
                    leaving = None;
                } else if let Some((begin, at, before, ours_in_it, others_in_it)) = open
                    && at == depth
                {
                    open = None;
                    // Nothing would be left in it.
                    if ours_in_it && !others_in_it {
                        edits.truncate(before);
                        let line_end = usize::from(text.get(to..).is_some_and(|t| t.starts_with('\n')));
                        edits.push(Edit { from: begin, to: to + line_end, text: String::new() });
                    }
                } else if is_rdf(&space, local.as_ref(), "RDF") && !closed {
                    let inside = description(&ours, about.as_deref().unwrap_or_default());
                    edits.push(Edit { from, to: from, text: inside });
                    closed = true;
                }
            }
            _ => {}
        }
    }
    if closed && depth == 0 { Ok(edits) } else { Err(PacketError::Malformed) }
}

/// Whether a description carries properties as attributes.
fn says_more(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> bool {
    start.attributes().with_checks(false).flatten().any(|a| {
        let (space, _) = reader.resolver().resolve_attribute(a.key);
        let is_rdf = matches!(space, ResolveResult::Bound(bound) if bound.0 == RDF);
        a.key.as_namespace_binding().is_none() && !is_rdf
    })
}

/// What the packet is about, as the first description says it, still escaped.
fn about_of(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Option<String> {
    start.attributes().with_checks(false).flatten().find_map(|a| {
        let (space, local) = reader.resolver().resolve_attribute(a.key);
        let is_about =
            matches!(space, ResolveResult::Bound(bound) if bound.0 == RDF) && local.as_ref() == "about";
        is_about.then(|| a.value.clone().into_owned())
    })
}

/// The tag without attributes of ours; nothing where it has none.
fn without(
    start: &BytesStart<'_>,
    is_empty: bool,
    kept: &dyn Fn(quick_xml::name::QName<'_>) -> bool,
) -> Option<String> {
    let attributes: Vec<_> = start.attributes().with_checks(false).flatten().collect();
    if attributes.iter().all(|a| a.key.as_namespace_binding().is_some() || kept(a.key)) {
        return None;
    }
    let mut tag = format!("<{}", start.name().as_ref());
    for a in attributes.iter().filter(|a| a.key.as_namespace_binding().is_some() || kept(a.key)) {
        let quote = if a.value.contains('"') { '\'' } else { '"' };
        tag.push_str(&format!(" {}={quote}{}{quote}", a.key.as_ref(), a.value));
    }
    tag.push_str(if is_empty { "/>" } else { ">" });
    Some(tag)
}

/// A description that holds the properties alone.
fn description(ours: &[(&'static str, &'static str, &'static str, Option<String>)], about: &str) -> String {
    let escaped = |t: &str| t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut spaces: Vec<(&str, &str)> =
        ours.iter().filter(|o| o.3.is_some()).map(|(space, prefix, _, _)| (*prefix, *space)).collect();
    spaces.sort_unstable();
    spaces.dedup();
    let quote = if about.contains('"') { '\'' } else { '"' };
    let mut out = format!("<rdf:Description xmlns:rdf=\"{RDF}\" rdf:about={quote}{about}{quote}");
    for (prefix, space) in spaces {
        out.push_str(&format!(" xmlns:{prefix}=\"{space}\""));
    }
    out.push_str(">\n");
    for (_, prefix, name, value) in ours {
        let Some(value) = value else { continue };
        if *name == "OtherConstraints" {
            // A text with languages, as the standard types it.
            out.push_str(&format!(
                "<{prefix}:{name}><rdf:Alt><rdf:li xml:lang=\"x-default\">{}</rdf:li></rdf:Alt></{prefix}:{name}>\n",
                escaped(value)
            ));
        } else {
            out.push_str(&format!("<{prefix}:{name}>{}</{prefix}:{name}>\n", escaped(value)));
        }
    }
    out.push_str("</rdf:Description>\n");
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plus::DataMining;

    fn written(existing: &str, value: DataMining) -> String {
        let properties =
            Properties { data_mining: Some(value), reserved: Some(true), ..Properties::default() };
        String::from_utf8(write(Some(existing.as_bytes()), &properties).unwrap()).unwrap()
    }

    #[test]
    fn what_is_not_ours_stays_and_ours_is_said_once() {
        let packet = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
            <rdf:Description rdf:about='uuid:1' xmlns:p='http://ns.useplus.org/ldf/xmp/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/' \
            p:DataMining='http://ns.useplus.org/ldf/vocab/DMI-ALLOWED' dc:format='image/jpeg'>\
            <dc:title><rdf:Alt><rdf:li xml:lang='x-default'>A &amp; B</rdf:li></rdf:Alt></dc:title>\
            <p:DataMining>DMI-ALLOWED</p:DataMining></rdf:Description></rdf:RDF></x:xmpmeta>";
        let once = written(packet, DataMining::Prohibited);
        assert!(
            !once.contains("DMI-ALLOWED")
                && once.contains("A &amp; B")
                && once.contains("dc:format=\"image/jpeg\""),
            "{once}"
        );
        assert!(
            once.contains("rdf:about=\"uuid:1\"") && once.matches("DMI-PROHIBITED<").count() == 1,
            "{once}"
        );
        assert_eq!(written(&once, DataMining::Prohibited), once);
        let (properties, defects) = crate::xmp::parse(written(&once, DataMining::Allowed).as_bytes());
        assert_eq!(defects, []);
        let mining = properties.iter().find(|p| p.name == "DataMining").unwrap();
        assert_eq!(mining.values, ["http://ns.useplus.org/ldf/vocab/DMI-ALLOWED"]);
        let bare = written(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
            DataMining::Prohibited,
        );
        assert_eq!(written(&bare, DataMining::Prohibited), bare);
        for broken in ["", "<rdf:RDF", "<a></b>", "<a/>"] {
            assert_eq!(
                write(Some(broken.as_bytes()), &Properties::default()),
                Err(PacketError::Malformed),
                "{broken}"
            );
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>|<rdf:Description>|<rdf:Description p:a='1'/>|</rdf:Description>|</rdf:RDF>|<!--|x|&){0,12}") {
            let properties = Properties { reserved: Some(true), ..Properties::default() };
            let _ = write(Some(text.as_bytes()), &properties);
            for head in ["\u{FF}", "RIFF\0\0\0\0WEBP", "\u{89}PNG"] {
                let _ = super::super::mark(format!("{head}{text}").as_bytes(), None, &properties);
            }
        }
    }
}
