//! ISO base media files: the XMP `uuid` box and the copyright boxes of `moov/udta` (ISO/IEC 14496-12).

use super::{Kind, Parts, STEPS_MAX, stretch, u32_be};

const XMP: [u8; 16] =
    [0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC];

const C2PA: [u8; 16] =
    [0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81];

pub(super) fn walk(bytes: &[u8], found: &mut Parts) {
    let mut steps = STEPS_MAX;
    boxes(bytes, 0, &mut steps, found);
}

fn boxes(mut bytes: &[u8], depth: usize, steps: &mut usize, found: &mut Parts) {
    const DEPTH_MAX: usize = 8;
    while depth < DEPTH_MAX && *steps > 0 {
        *steps -= 1;
        let (Some(short), Some(name)) = (u32_be(bytes, 0), bytes.get(4..8)) else { return };
        let (head, len) = match short {
            0 => (8, bytes.len()),
            1 => match bytes.get(8..).and_then(|b| b.first_chunk::<8>()) {
                Some(long) => (16, usize::try_from(u64::from_be_bytes(*long)).unwrap_or(usize::MAX)),
                None => return,
            },
            len => (8, len as usize),
        };
        if len < head {
            return;
        }
        let body = stretch(bytes, head, len - head);
        match name {
            b"uuid" => {
                if let Some(packet) = body.strip_prefix(&XMP) {
                    found.add(Kind::Xmp, "#xmp", packet.to_vec());
                } else if let Some(store) = body.strip_prefix(&C2PA).and_then(manifest) {
                    found.add(Kind::Manifest, "#c2pa", store.to_vec());
                }
            }
            b"XMP_" => found.add(Kind::Xmp, "#xmp", body.to_vec()),
            b"moov" | b"udta" => boxes(body, depth + 1, steps, found),
            // Version and flags, language, text.
            b"cprt" => {
                let text = String::from_utf8_lossy(body.get(6..).unwrap_or_default()).into_owned();
                found.add_text("copyright", "#mp4-cprt", text.trim_end_matches('\0'));
            }
            _ => {}
        }
        bytes = bytes.get(len..).unwrap_or_default();
    }
}

/// The manifest store of a box: version and flags, purpose, offset of Merkle trees, store.
fn manifest(body: &[u8]) -> Option<&[u8]> {
    let rest = body.get(4..)?.strip_prefix(b"manifest\0")?;
    rest.get(8..)
}
