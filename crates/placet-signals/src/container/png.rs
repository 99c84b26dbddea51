//! PNG: `iTXt`, `tEXt` and `zTXt` chunks (ISO/IEC 15948; XMP part 3).

use super::{Kind, Parts, STEPS_MAX, stretch, u32_be, unzlib};

pub(super) fn walk(bytes: &[u8], found: &mut Parts) {
    let mut at = 8;
    for _ in 0..STEPS_MAX {
        let (Some(len), Some(name)) = (u32_be(bytes, at), bytes.get(at + 4..at + 8)) else { return };
        let len = len as usize;
        let data = stretch(bytes, at + 8, len);
        match name {
            b"caBX" => found.add(Kind::Manifest, "#c2pa", data.to_vec()),
            b"iTXt" => international(data, found),
            b"tEXt" => {
                if let Some((key, text)) = split_at_zero(data) {
                    found.add_text(&latin1(key), &format!("#png-{}", latin1(key)), &latin1(text));
                }
            }
            b"zTXt" => {
                if let Some((key, [0, packed @ ..])) = split_at_zero(data) {
                    found.add_text(&latin1(key), &format!("#png-{}", latin1(key)), &latin1(&unzlib(packed)));
                }
            }
            b"IEND" => return,
            _ => {}
        }
        let Some(next) = at.checked_add(12).and_then(|n| n.checked_add(len)) else { return };
        at = next;
    }
}

/// Keyword, compression flag and method, language, translated keyword, text.
fn international(data: &[u8], found: &mut Parts) {
    let Some((key, [packed, _, rest @ ..])) = split_at_zero(data) else { return };
    let Some((_, rest)) = split_at_zero(rest) else { return };
    let Some((_, text)) = split_at_zero(rest) else { return };
    let text = if *packed == 1 { unzlib(text) } else { text.to_vec() };
    if key == b"XML:com.adobe.xmp" {
        found.add(Kind::Xmp, "#xmp", text);
    } else {
        let key = latin1(key);
        found.add_text(&key, &format!("#png-{key}"), &String::from_utf8_lossy(&text));
    }
}

fn split_at_zero(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(0, data)?;
    Some((data.get(..at)?, data.get(at + 1..)?))
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}
