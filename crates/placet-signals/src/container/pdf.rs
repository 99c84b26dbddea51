//! PDF: XMP packets, found by their marks, or in metadata streams that are deflated.
//!
//! Streams inside object streams and encrypted files are not opened: their packets are not found.

use memchr::memmem;

use super::{Kind, PART_BYTES_MAX, PARTS_MAX, Parts, stretch, unzlib};

const BEGIN: &[u8] = b"<?xpacket begin";
const END: &[u8] = b"<?xpacket end";

/// How far a stream's keyword may stand behind the word that marks it as metadata.
const DICTIONARY_BYTES_MAX: usize = 1024;

pub(super) fn walk(bytes: &[u8], found: &mut Parts) {
    let mut rest = bytes;
    for _ in 0..PARTS_MAX {
        let Some(begin) = memmem::find(rest, BEGIN) else { break };
        let packet = rest.get(begin..).unwrap_or_default();
        let Some(end) = memmem::find(packet, END) else { break };
        let tail = memchr::memchr(b'>', packet.get(end..).unwrap_or_default()).unwrap_or(0);
        found.add(Kind::Xmp, "#xmp", stretch(packet, 0, end + tail + 1).to_vec());
        rest = packet.get(end..).unwrap_or_default();
    }
    for at in memmem::find_iter(bytes, b"/Metadata").take(PARTS_MAX * 16) {
        // The dictionary may put its keys in any order around this one.
        let before = at.saturating_sub(DICTIONARY_BYTES_MAX);
        let open = memmem::rfind(stretch(bytes, before, at - before), b"<<").map_or(at, |o| before + o);
        let near = stretch(bytes, at, DICTIONARY_BYTES_MAX);
        let Some(stream) = memmem::find(near, b"stream").map(|s| at + s) else { continue };
        let dictionary = stretch(bytes, open, stream - open);
        if memmem::find(dictionary, b"/XML").is_none() || memmem::find(dictionary, b"endobj").is_some() {
            continue;
        }
        if memmem::find(dictionary, b"FlateDecode").is_some() {
            let mut data = stretch(bytes, stream + 6, PART_BYTES_MAX);
            data = data.strip_prefix(b"\r").unwrap_or(data);
            data = data.strip_prefix(b"\n").unwrap_or(data);
            found.add(Kind::Xmp, "#xmp", unzlib(data));
        }
    }
}
