//! Sound: ID3v2.3 and 2.4 frames (XMP in `PRIV`, `WCOP`, `TCOP`, `TXXX`), and Vorbis comments in FLAC.

use super::{Kind, Parts, STEPS_MAX, stretch, u32_be, u32_le};

pub(super) fn id3(bytes: &[u8], found: &mut Parts) {
    let (Some(&version), Some(&flags), Some(size)) = (bytes.get(3), bytes.get(5), bytes.get(6..10)) else {
        return;
    };
    let tag = stretch(bytes, 10, synchsafe(size));
    // An extended header stands before the frames; 2.3 leaves its own length out of its count.
    let skip = match (flags & 0x40 != 0, version) {
        (false, _) => 0,
        (true, 4) => synchsafe(stretch(tag, 0, 4)),
        (true, _) => u32_be(tag, 0).map_or(0, |n| (n as usize).saturating_add(4)),
    };
    let mut rest = tag.get(skip..).unwrap_or_default();
    for _ in 0..STEPS_MAX {
        let (Some(name), Some(size)) = (rest.get(..4), rest.get(4..8)) else { return };
        if name == b"\0\0\0\0" {
            return;
        }
        let len = if version == 4 { synchsafe(size) } else { u32_be(size, 0).map_or(0, |n| n as usize) };
        let body = stretch(rest, 10, len);
        match name {
            b"PRIV" => {
                if let Some(packet) = body.strip_prefix(b"XMP\0") {
                    found.add(Kind::Xmp, "#xmp", packet.to_vec());
                }
            }
            b"WCOP" => {
                let text = String::from_utf8_lossy(body).into_owned();
                found.add_text("licence", "#id3-WCOP", text.trim_end_matches('\0'));
            }
            b"TCOP" | b"TXXX" | b"USER" | b"COMM" => {
                let name = String::from_utf8_lossy(name).into_owned();
                let text = id3_text(body);
                let key = if name == "TCOP" || name == "USER" { "copyright" } else { text.as_str() };
                found.add_text(key, &format!("#id3-{name}"), &text);
            }
            _ => {}
        }
        let Some(next) = rest.get(len.saturating_add(10)..) else { return };
        rest = next;
    }
}

/// Seven bits of each octet.
fn synchsafe(size: &[u8]) -> usize {
    size.iter().take(4).fold(0, |n, &b| n << 7 | usize::from(b & 0x7F))
}

/// Text behind its encoding octet; zero octets between description and value become spaces.
fn id3_text(body: &[u8]) -> String {
    let Some((&encoding, text)) = body.split_first() else { return String::new() };
    let read = match encoding {
        0 => text.iter().map(|&b| char::from(b)).collect(),
        1 | 2 => {
            let big = encoding == 2 || text.starts_with(&[0xFE, 0xFF]);
            let units = text.chunks_exact(2).map(|pair| {
                let pair = [pair[0], pair[1]];
                if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
            });
            char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).filter(|c| *c != '\u{FEFF}').collect()
        }
        _ => String::from_utf8_lossy(text).into_owned(),
    };
    read.replace('\0', " ").trim().to_owned()
}

pub(super) fn flac(bytes: &[u8], found: &mut Parts) {
    const COMMENTS: u8 = 4;
    let mut at = 4;
    for _ in 0..STEPS_MAX {
        let Some(head) = u32_be(bytes, at) else { return };
        let len = (head & 0x00FF_FFFF) as usize;
        let kind = (head >> 24) as u8;
        if kind & 0x7F == COMMENTS {
            vorbis(stretch(bytes, at + 4, len), found);
        }
        if kind & 0x80 != 0 {
            return;
        }
        at += 4 + len;
    }
}

fn vorbis(block: &[u8], found: &mut Parts) {
    let Some(vendor) = u32_le(block, 0) else { return };
    let mut at = (vendor as usize).saturating_add(8);
    for _ in 0..STEPS_MAX {
        let Some(len) = u32_le(block, at).map(|n| n as usize) else { return };
        let comment = String::from_utf8_lossy(stretch(block, at.saturating_add(4), len)).into_owned();
        if let Some((key, value)) = comment.split_once('=') {
            found.add_text(key, &format!("#vorbis-{key}"), value);
        }
        let Some(next) = at.checked_add(4).and_then(|n| n.checked_add(len)) else { return };
        at = next;
    }
}
