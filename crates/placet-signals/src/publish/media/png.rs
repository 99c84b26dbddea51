//! PNG: the `iTXt` chunk with XMP is replaced, or put behind `IHDR` (XMP part 3, section 1.1.4).

use flate2::Crc;

use super::MarkError;

const HEAD: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0";
const KEY: &[u8] = b"XML:com.adobe.xmp\0";
const CHUNKS_MAX: usize = 200_000;

/// The marked file; absent where it carries a signed manifest.
pub(super) fn mark(
    bytes: &[u8],
    written: impl Fn(Option<&[u8]>) -> Result<Vec<u8>, MarkError>,
) -> Result<Option<Vec<u8>>, MarkError> {
    let mut at = 8;
    let mut found: Option<(usize, usize)> = None;
    let mut behind_header = None;
    for _ in 0..CHUNKS_MAX {
        let len =
            bytes.get(at..at + 4).and_then(|l| l.first_chunk()).map(|l| u32::from_be_bytes(*l) as usize);
        let (Some(len), Some(name)) = (len, bytes.get(at + 4..at + 8)) else {
            return Err(MarkError::Malformed);
        };
        let end = at.checked_add(12).and_then(|n| n.checked_add(len)).ok_or(MarkError::Malformed)?;
        let data = bytes.get(at + 8..end - 4).ok_or(MarkError::Malformed)?;
        match name {
            b"IHDR" => behind_header = Some(end),
            b"caBX" => return Ok(None),
            b"iTXt" if data.starts_with(KEY) && found.is_none() => found = Some((at, end)),
            b"IEND" => break,
            _ => {}
        }
        at = end;
    }
    let existing = match found.and_then(|(from, to)| bytes.get(from + 8..to - 4)) {
        Some(data) => Some(text_of(data).ok_or(MarkError::Malformed)?),
        None => None,
    };
    let packet = written(existing.as_deref())?;
    let data = [HEAD, &packet].concat();
    let len = u32::try_from(data.len()).map_err(|_| MarkError::TooLarge)?;
    let mut crc = Crc::new();
    crc.update(b"iTXt");
    crc.update(&data);
    let place = behind_header.ok_or(MarkError::Malformed)?;
    let (from, to) = found.unwrap_or((place, place));
    let (before, after) = bytes.get(..from).zip(bytes.get(to..)).ok_or(MarkError::Malformed)?;
    Ok(Some([before, &len.to_be_bytes(), b"iTXt", &data, &crc.sum().to_be_bytes(), after].concat()))
}

/// The text of a chunk: keyword, compression flag and method, language, translated keyword, text.
fn text_of(data: &[u8]) -> Option<Vec<u8>> {
    let [packed, _, rest @ ..] = data.get(KEY.len()..)? else { return None };
    let rest = rest.get(memchr::memchr(0, rest)? + 1..)?;
    let text = rest.get(memchr::memchr(0, rest)? + 1..)?;
    Some(if *packed == 1 { crate::container::unzlib(text) } else { text.to_vec() })
}
