//! Deliveries recognised by their content and handed to their readers.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use super::delivery::Sink;
use super::{cwr, ern, musicbrainz, onix};
use crate::RegistryError;

/// How much of a file is looked at to tell what it is.
const SNIFFED: u64 = 16 * 1024;
/// A delivery in another encoding than UTF-8 is turned in memory and may be this large.
const FOREIGN_BYTES_MAX: u64 = 256 << 20;

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Cwr,
    Ern,
    Onix,
    MusicBrainzXml,
    MusicBrainzJson,
}

/// What a file is, by its first bytes.
pub(crate) fn recognise(path: &Path) -> Option<Format> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(SNIFFED).read_to_end(&mut head).ok()?;
    if cwr::is_cwr(&head) {
        return Some(Format::Cwr);
    }
    let text = crate::encoding::decode(&head)?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') {
        return musicbrainz::is_reply(text).then_some(Format::MusicBrainzJson);
    }
    let root = root(text)?;
    let name = root.split([' ', '\t', '\r', '\n', '>', '/']).next()?.rsplit(':').next()?;
    if ern::ROOTS.contains(&name) {
        Some(Format::Ern)
    } else if onix::ROOTS.contains(&name) {
        Some(Format::Onix)
    } else if name == "metadata" && root.contains(musicbrainz::NAMESPACE) {
        Some(Format::MusicBrainzXml)
    } else {
        None
    }
}

/// What follows the `<` of the root element.
fn root(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        let rest = text.strip_prefix('<')?;
        text = if let Some(comment) = rest.strip_prefix("!--") {
            comment.split_once("-->")?.1
        } else if rest.starts_with('?') {
            rest.split_once("?>")?.1
        } else if let Some(doctype) = rest.strip_prefix('!') {
            let (before, after) = doctype.split_once('>')?;
            // The declarations of an internal subset end with `]>`; what lies in them is refused later on.
            if before.contains('[') && !before.trim_end().ends_with(']') {
                doctype.split_once("]>").or_else(|| doctype.split_once("] >"))?.1
            } else {
                after
            }
        } else {
            return Some(rest);
        };
    }
}

/// Why reading ended early.
pub(crate) enum Stopped {
    /// The file cannot be read on; what stands before is kept.
    File(String),
    Registry(RegistryError),
}

/// Reads a delivery and hands what it says to the sink.
pub(super) fn read(path: &Path, format: Format, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let fail = |error| Stopped::Registry(RegistryError::read(path, error));
    let file = File::open(path).map_err(fail)?;
    let size = file.metadata().map_err(fail)?.len();
    let damaged = |error: &dyn std::fmt::Display| Stopped::File(error.to_string());
    match format {
        Format::Cwr => cwr::read(BufReader::new(file), sink).map_err(fail),
        Format::MusicBrainzJson => {
            if size > musicbrainz::JSON_BYTES_MAX {
                return Err(Stopped::File("a reply in JSON may have 64 MiB".to_owned()));
            }
            let bytes = std::fs::read(path).map_err(fail)?;
            musicbrainz::read_json(&bytes, sink).map_err(|e| damaged(&e))
        }
        Format::Ern | Format::Onix | Format::MusicBrainzXml => {
            let source = in_utf_8(path, file, size).map_err(|e| e.unwrap_or_else(fail))?;
            match format {
                Format::Ern => ern::read(source, sink),
                Format::Onix => onix::read(source, sink),
                _ => musicbrainz::read_xml(source, sink),
            }
            .map_err(|e| damaged(&e))
        }
    }
}

/// The bytes of an XML file in UTF-8: as they are, or turned from the encoding that the file declares.
fn in_utf_8(path: &Path, mut file: File, size: u64) -> Result<Box<dyn Read>, Opening> {
    let mut head = Vec::new();
    (&mut file).take(1024).read_to_end(&mut head).map_err(Opening::Io)?;
    let declared = String::from_utf8_lossy(&head);
    let declared = declared.split_once("?>").map_or("", |(declaration, _)| declaration);
    let label = declared.split_once("encoding=").map(|(_, rest)| rest.trim_start_matches(['"', '\'']));
    let label = label.and_then(|rest| rest.split(['"', '\'']).next()).unwrap_or("utf-8");
    let mark = encoding_rs::Encoding::for_bom(&head).map(|(encoding, _)| encoding);
    let encoding =
        mark.or_else(|| encoding_rs::Encoding::for_label(label.as_bytes())).unwrap_or(encoding_rs::UTF_8);
    if encoding == encoding_rs::UTF_8 {
        let skip = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let head = head.split_off(skip);
        return Ok(Box::new(Cursor::new(head).chain(file)));
    }
    if size > FOREIGN_BYTES_MAX {
        return Err(Opening::TooLarge);
    }
    let bytes = std::fs::read(path).map_err(Opening::Io)?;
    Ok(Box::new(Cursor::new(encoding.decode(&bytes).0.into_owned().into_bytes())))
}

enum Opening {
    Io(std::io::Error),
    TooLarge,
}

impl Opening {
    fn unwrap_or_else(self, fail: impl FnOnce(std::io::Error) -> Stopped) -> Stopped {
        match self {
            Opening::Io(error) => fail(error),
            Opening::TooLarge => {
                Stopped::File("a delivery in another encoding than UTF-8 may have 256 MiB".to_owned())
            }
        }
    }
}
