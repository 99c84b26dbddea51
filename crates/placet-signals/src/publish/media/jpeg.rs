//! JPEG: the XMP segment is replaced, or put behind JFIF and Exif (XMP part 3, section 1.1.3).

use super::MarkError;

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const SEGMENTS_MAX: usize = 200_000;

/// A segment before the scan: its marker, and where it begins and ends.
struct Segment {
    marker: u8,
    from: usize,
    to: usize,
}

impl Segment {
    fn body<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.from + 4..self.to).unwrap_or_default()
    }

    fn is_xmp(&self, bytes: &[u8]) -> bool {
        self.marker == 0xE1 && self.body(bytes).starts_with(XMP)
    }

    /// Whether it holds a piece of a C2PA manifest store.
    fn is_manifest(&self, bytes: &[u8]) -> bool {
        self.marker == 0xEB && self.body(bytes).starts_with(b"JP")
    }

    /// Whether it is JFIF or Exif, which readers look for at the very beginning.
    fn is_first(&self, bytes: &[u8]) -> bool {
        self.marker == 0xE0 || self.marker == 0xE1 && self.body(bytes).starts_with(b"Exif\0")
    }
}

/// The segments before the scan.
fn segments(bytes: &[u8]) -> Result<Vec<Segment>, MarkError> {
    let mut found = Vec::new();
    let mut at = 2;
    while found.len() < SEGMENTS_MAX {
        let Some(&[0xFF, marker]) = bytes.get(at..at + 2) else { return Err(MarkError::Malformed) };
        match marker {
            0xFF => at += 1,
            0xD9 | 0xDA => break,
            0x01 | 0xD0..=0xD8 => at += 2,
            _ => {
                let len = bytes.get(at + 2..).and_then(|l| l.first_chunk()).map(|l| u16::from_be_bytes(*l));
                let len = len.map(usize::from).filter(|l| *l >= 2).ok_or(MarkError::Malformed)?;
                let to = at + 2 + len;
                if to > bytes.len() {
                    return Err(MarkError::Malformed);
                }
                found.push(Segment { marker, from: at, to });
                at = to;
            }
        }
    }
    Ok(found)
}

/// Where the leading segments that `belongs` end.
fn behind(bytes: &[u8], found: &[Segment], belongs: impl Fn(&Segment) -> bool) -> usize {
    let leading = found.iter().take_while(|s| belongs(s));
    leading.last().map_or(2.min(bytes.len()), |s| s.to)
}

/// The marked file; absent where it carries a signed manifest.
pub(super) fn mark(
    bytes: &[u8],
    written: impl Fn(Option<&[u8]>) -> Result<Vec<u8>, MarkError>,
) -> Result<Option<Vec<u8>>, MarkError> {
    let all = segments(bytes)?;
    if all.iter().any(|s| s.is_manifest(bytes)) {
        return Ok(None);
    }
    let found = all.iter().find(|s| s.is_xmp(bytes));
    let packet = written(found.and_then(|s| s.body(bytes).get(XMP.len()..)))?;
    let len = u16::try_from(packet.len() + XMP.len() + 2).map_err(|_| MarkError::TooLarge)?;
    let first = behind(bytes, &all, |s| s.is_first(bytes));
    let (from, to) = found.map_or((first, first), |s| (s.from, s.to));
    let (before, after) = bytes.get(..from).zip(bytes.get(to..)).ok_or(MarkError::Malformed)?;
    Ok(Some([before, &[0xFF, 0xE1], &len.to_be_bytes(), XMP, &packet, after].concat()))
}

/// Where a manifest belongs: behind JFIF, Exif and XMP.
pub(super) fn behind_head(bytes: &[u8]) -> Result<usize, MarkError> {
    let all = segments(bytes)?;
    Ok(behind(bytes, &all, |s| s.is_first(bytes) || s.is_xmp(bytes)))
}

/// The file without its manifest store.
pub(super) fn without_manifest(bytes: &[u8]) -> Result<Vec<u8>, MarkError> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for segment in segments(bytes)?.iter().filter(|s| s.is_manifest(bytes)) {
        kept.extend_from_slice(bytes.get(at..segment.from).unwrap_or_default());
        at = segment.to;
    }
    kept.extend_from_slice(bytes.get(at..).unwrap_or_default());
    Ok(kept)
}
