//! JPEG: the XMP segment is replaced, or put behind JFIF and Exif (XMP part 3, section 1.1.3).

use super::MarkError;

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const SEGMENTS_MAX: usize = 200_000;

/// The marked file; absent where it carries a signed manifest.
pub(super) fn mark(
    bytes: &[u8],
    written: impl Fn(Option<&[u8]>) -> Result<Vec<u8>, MarkError>,
) -> Result<Option<Vec<u8>>, MarkError> {
    let mut at = 2;
    let mut behind_head = 2;
    let mut found: Option<(usize, usize)> = None;
    let mut in_head = true;
    for _ in 0..SEGMENTS_MAX {
        let Some(&[0xFF, marker]) = bytes.get(at..at + 2) else { return Err(MarkError::Malformed) };
        if marker == 0xFF {
            at += 1;
            continue;
        }
        if matches!(marker, 0xD9 | 0xDA) {
            break;
        }
        if matches!(marker, 0x01 | 0xD0..=0xD8) {
            at += 2;
            continue;
        }
        let len = bytes
            .get(at + 2..at + 4)
            .and_then(|l| l.first_chunk())
            .map(|l| usize::from(u16::from_be_bytes(*l)));
        let len = len.filter(|l| *l >= 2).ok_or(MarkError::Malformed)?;
        let body = bytes.get(at + 4..at + 2 + len).ok_or(MarkError::Malformed)?;
        if marker == 0xEB && body.starts_with(b"JP") {
            return Ok(None);
        }
        if marker == 0xE1 && body.starts_with(XMP) && found.is_none() {
            found = Some((at, at + 2 + len));
        }
        in_head &= marker == 0xE0 || marker == 0xE1 && body.starts_with(b"Exif\0");
        at += 2 + len;
        if in_head {
            behind_head = at;
        }
    }
    let existing = found.and_then(|(from, to)| bytes.get(from + 4 + XMP.len()..to));
    let packet = written(existing)?;
    let len = u16::try_from(packet.len() + XMP.len() + 2).map_err(|_| MarkError::TooLarge)?;
    let (from, to) = found.unwrap_or((behind_head, behind_head));
    let (before, after) = bytes.get(..from).zip(bytes.get(to..)).ok_or(MarkError::Malformed)?;
    Ok(Some([before, &[0xFF, 0xE1], &len.to_be_bytes(), XMP, &packet, after].concat()))
}
