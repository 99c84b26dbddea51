//! WebP: the `XMP ` chunk is replaced, or put at the end; a simple file becomes an extended one
//! (RFC 9649, section 2.7).

use super::MarkError;

const CHUNKS_MAX: usize = 200_000;
/// The flag in `VP8X` that announces XMP.
const XMP_FLAG: u8 = 0x04;
const ALPHA_FLAG: u8 = 0x10;

/// The marked file; absent where it carries a signed manifest.
pub(super) fn mark(
    bytes: &[u8],
    written: impl Fn(Option<&[u8]>) -> Result<Vec<u8>, MarkError>,
) -> Result<Option<Vec<u8>>, MarkError> {
    let mut chunks: Vec<(&[u8], &[u8])> = Vec::new();
    let mut at = 12;
    // What lies behind the file's own length is nobody's chunk.
    let declared =
        bytes.get(4..8).and_then(|l| l.first_chunk()).map_or(0, |l| u32::from_le_bytes(*l) as usize);
    let end = bytes.len().min(declared.saturating_add(8));
    while at < end {
        let len =
            bytes.get(at + 4..at + 8).and_then(|l| l.first_chunk()).map(|l| u32::from_le_bytes(*l) as usize);
        let (Some(name), Some(len)) = (bytes.get(at..at + 4), len) else { return Err(MarkError::Malformed) };
        let data = bytes.get(at + 8..).and_then(|d| d.get(..len)).ok_or(MarkError::Malformed)?;
        if name == b"C2PA" {
            return Ok(None);
        }
        if chunks.len() >= CHUNKS_MAX {
            return Err(MarkError::Malformed);
        }
        chunks.push((name, data));
        at += 8 + len + (len & 1);
    }
    let existing = chunks.iter().find(|(name, _)| *name == b"XMP ").map(|(_, data)| *data);
    let packet = written(existing)?;
    let extended = match chunks.first() {
        Some((b"VP8X", data)) => {
            let mut head = data.to_vec();
            *head.first_mut().ok_or(MarkError::Malformed)? |= XMP_FLAG;
            head
        }
        Some((name, data)) => header_of(name, data).ok_or(MarkError::Malformed)?,
        None => return Err(MarkError::Malformed),
    };
    let mut body = b"WEBP".to_vec();
    push(&mut body, b"VP8X", &extended)?;
    for (name, data) in chunks.iter().filter(|(name, _)| *name != b"VP8X" && *name != b"XMP ") {
        push(&mut body, name, data)?;
    }
    push(&mut body, b"XMP ", &packet)?;
    let len = u32::try_from(body.len()).map_err(|_| MarkError::TooLarge)?;
    Ok(Some([&b"RIFF"[..], &len.to_le_bytes(), &body].concat()))
}

fn push(body: &mut Vec<u8>, name: &[u8], data: &[u8]) -> Result<(), MarkError> {
    let len = u32::try_from(data.len()).map_err(|_| MarkError::TooLarge)?;
    body.extend_from_slice(name);
    body.extend_from_slice(&len.to_le_bytes());
    body.extend_from_slice(data);
    if data.len() % 2 == 1 {
        body.push(0);
    }
    Ok(())
}

/// The header of an extended file for an image of one chunk: flags, then width and height less one in 24 bits.
fn header_of(name: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let (width, height, flags) = match name {
        b"VP8 " => {
            let frame = data.get(3..10)?;
            let dimension = |from: usize| {
                Some(u32::from(u16::from_le_bytes(*frame.get(from..)?.first_chunk()?) & 0x3FFF))
            };
            if frame.get(..3)? != b"\x9D\x01\x2A" {
                return None;
            }
            (dimension(3)?, dimension(5)?, 0)
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(*data.strip_prefix(&[0x2F])?.first_chunk()?);
            let flags = if bits >> 28 & 1 == 1 { ALPHA_FLAG } else { 0 };
            ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, flags)
        }
        _ => return None,
    };
    let mut head = vec![flags | XMP_FLAG, 0, 0, 0];
    for side in [width, height] {
        head.extend_from_slice(side.checked_sub(1)?.to_le_bytes().get(..3)?);
    }
    Some(head)
}
