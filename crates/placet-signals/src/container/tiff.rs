//! TIFF: tag 700 (XMP), 33723 (IPTC), 34377 (Photoshop resources) and 33432 (copyright) of every directory.

use super::{Kind, Parts, jpeg, stretch, u16_be, u16_le, u32_be, u32_le};

const DIRECTORIES_MAX: usize = 64;
const ENTRIES_MAX: usize = 4_096;

pub(super) fn walk(bytes: &[u8], found: &mut Parts) {
    let little = bytes.starts_with(b"II");
    let long = |at: usize| if little { u32_le(bytes, at) } else { u32_be(bytes, at) };
    let short = |at: usize| if little { u16_le(bytes, at) } else { u16_be(bytes, at) };
    let mut directory = long(4).map_or(0, |d| d as usize);
    for _ in 0..DIRECTORIES_MAX {
        if directory == 0 {
            return;
        }
        let Some(count) = short(directory).map(usize::from) else { return };
        for i in 0..count.min(ENTRIES_MAX) {
            let entry = directory + 2 + i * 12;
            let (Some(tag), Some(kind), Some(items)) = (short(entry), short(entry + 2), long(entry + 4))
            else {
                return;
            };
            let size = match kind {
                1 | 2 | 6 | 7 => 1,
                3 | 8 => 2,
                4 | 9 | 11 | 13 => 4,
                _ => 8,
            };
            let len = (items as usize).saturating_mul(size);
            let data = if len <= 4 {
                stretch(bytes, entry + 8, len)
            } else {
                let Some(at) = long(entry + 8) else { return };
                stretch(bytes, at as usize, len)
            };
            match tag {
                52_545 => found.add(Kind::Manifest, "#c2pa", data.to_vec()),
                700 => found.add(Kind::Xmp, "#xmp", data.to_vec()),
                33_723 => found.add(Kind::Iptc, "#iptc", data.to_vec()),
                34_377 => jpeg::photoshop(data, found),
                33_432 => {
                    let text = String::from_utf8_lossy(data);
                    found.add_text("copyright", "#tiff-copyright", text.trim_end_matches('\0'));
                }
                _ => {}
            }
        }
        directory = long(directory + 2 + count * 12).map_or(0, |d| d as usize);
    }
}
