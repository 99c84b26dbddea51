//! RIFF: the `XMP ` chunk of WebP, `_PMX` of WAV and AVI, and the copyright of an `INFO` list.

use super::{Kind, Parts, STEPS_MAX, stretch, u32_le};

pub(super) fn walk(bytes: &[u8], found: &mut Parts) {
    chunks(bytes, 12, bytes.len(), 0, found);
}

fn chunks(bytes: &[u8], mut at: usize, end: usize, depth: usize, found: &mut Parts) {
    for _ in 0..STEPS_MAX {
        let (Some(name), Some(len)) = (bytes.get(at..at + 4), u32_le(bytes, at + 4)) else { return };
        if at >= end {
            return;
        }
        let len = len as usize;
        let data = stretch(bytes, at + 8, len);
        match name {
            b"XMP " | b"_PMX" => found.add(Kind::Xmp, "#xmp", data.to_vec()),
            b"C2PA" => found.add(Kind::Manifest, "#c2pa", data.to_vec()),
            b"ICOP" => {
                let text = String::from_utf8_lossy(data);
                found.add_text("copyright", "#riff-ICOP", text.trim_end_matches('\0'));
            }
            b"LIST" if depth == 0 && data.starts_with(b"INFO") => {
                chunks(bytes, at + 12, (at + 8).saturating_add(len), 1, found);
            }
            _ => {}
        }
        let Some(next) = (at + 8).checked_add(len).map(|n| n + (len & 1)) else { return };
        at = next;
    }
}
