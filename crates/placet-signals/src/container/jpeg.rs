//! JPEG: APP1 with XMP, standard and extended, and APP13 with IPTC (ISO/IEC 10918-1; XMP part 3).

use super::{Kind, PART_BYTES_MAX, Parts, STEPS_MAX, u16_be, u32_be};

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const EXTENDED: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

pub(super) fn walk(bytes: &[u8], found: &mut Parts) {
    let mut at = 2;
    let mut extended: Vec<(u32, &[u8])> = Vec::new();
    let mut stores: Vec<(&[u8], Vec<u8>)> = Vec::new();
    for _ in 0..STEPS_MAX {
        let Some(&[0xFF, marker]) = bytes.get(at..at + 2) else { break };
        match marker {
            0xFF => at += 1,
            0x01 | 0xD0..=0xD8 => at += 2,
            // The scan begins: nothing but pixels follows.
            0xD9 | 0xDA => break,
            _ => {
                let Some(len) = u16_be(bytes, at + 2).map(usize::from).filter(|len| *len >= 2) else { break };
                let body = bytes.get(at + 4..at + 2 + len).unwrap_or_default();
                if marker == 0xE1 {
                    if let Some(packet) = body.strip_prefix(XMP) {
                        found.add(Kind::Xmp, "#xmp", packet.to_vec());
                    } else if let Some(rest) = body.strip_prefix(EXTENDED) {
                        // 32 octets of digest, then total length and offset.
                        if let (Some(offset), Some(piece)) = (u32_be(rest, 36), rest.get(40..)) {
                            extended.push((offset, piece));
                        }
                    }
                } else if marker == 0xED
                    && let Some(resources) = body.strip_prefix(PHOTOSHOP)
                {
                    photoshop(resources, found);
                } else if marker == 0xEB {
                    manifest(body, &mut stores);
                } else if marker == 0xFE {
                    found.add_text("comment", "#comment", &String::from_utf8_lossy(body));
                }
                at += 2 + len;
            }
        }
    }
    for (_, store) in stores {
        found.add(Kind::Manifest, "#c2pa", store);
    }
    extended.sort_by_key(|(offset, _)| *offset);
    let mut whole = Vec::new();
    for (_, piece) in extended {
        if whole.len() < PART_BYTES_MAX {
            whole.extend_from_slice(piece);
        }
    }
    found.add(Kind::Xmp, "#xmp-extended", whole);
}

/// A piece of a JUMBF box (ISO/IEC 19566-5, annex D): `JP`, the number of the box, that of the piece, and the head of
/// the box again in every piece.
fn manifest<'a>(body: &'a [u8], stores: &mut Vec<(&'a [u8], Vec<u8>)>) {
    const STORES_MAX: usize = 16;
    let Some(rest) = body.strip_prefix(b"JP") else { return };
    let (Some(number), Some(piece)) = (rest.get(..2), rest.get(6..)) else { return };
    if let Some((_, store)) = stores.iter_mut().find(|(n, _)| *n == number) {
        if store.len() < PART_BYTES_MAX {
            let head = if piece.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
            store.extend_from_slice(piece.get(head..).unwrap_or_default());
        }
    } else if stores.len() < STORES_MAX {
        stores.push((number, piece.to_vec()));
    }
}

/// Photoshop image resources; 0x0404 holds IPTC-IIM.
pub(super) fn photoshop(mut resources: &[u8], found: &mut Parts) {
    for _ in 0..STEPS_MAX {
        let Some(rest) = resources.strip_prefix(b"8BIM") else { return };
        let (Some(id), Some(&name)) = (u16_be(rest, 0), rest.get(2)) else { return };
        // The name is a counted string padded to an even length, its count included.
        let size_at = 2 + ((usize::from(name) + 2) & !1);
        let Some(size) = u32_be(rest, size_at).map(|s| s as usize) else { return };
        let Some(data) = rest.get(size_at + 4..).and_then(|d| d.get(..size)) else { return };
        if id == 0x0404 {
            found.add(Kind::Iptc, "#iptc", data.to_vec());
        }
        resources = rest.get(size_at + 4 + size + (size & 1)..).unwrap_or_default();
    }
}
