//! Bytes of unknown encoding to text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Text of a whole file: a byte order mark decides, then UTF-8 where the bytes are, then UTF-16 where every other
/// byte of the beginning is zero, else Windows-1252. `None` where the bytes are no text.
pub(crate) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Some(encoding.decode_without_bom_handling(&bytes[mark..]).0);
    }
    if let Some(encoding) = utf_16_without_mark(bytes) {
        return Some(encoding.decode_without_bom_handling(bytes).0);
    }
    if is_binary(bytes) {
        return None;
    }
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        // One bad byte in a long UTF-8 text must not turn every accent in it to noise.
        Err(_) if mostly_utf_8(bytes) => UTF_8.decode_without_bom_handling(bytes).0,
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    })
}

/// One field of a table whose rows may differ in encoding.
pub(crate) fn decode_field(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// UTF-16 by its zero bytes: text in Latin letters, digits and line breaks has one in every pair.
pub(crate) fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(SNIFFED)];
    let pairs = head.chunks_exact(2);
    let all = pairs.len();
    if all < 8 {
        return None;
    }
    let zeros = |side: usize| head.chunks_exact(2).filter(|pair| pair[side] == 0).count();
    match (zeros(0), zeros(1)) {
        (0, low) if low * 10 > all * 7 => Some(UTF_16LE),
        (high, 0) if high * 10 > all * 7 => Some(UTF_16BE),
        _ => None,
    }
}

/// Text has no zero byte and next to no control characters.
fn is_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(SNIFFED)];
    let odd = head.iter().filter(|b| **b < 32 && !matches!(b, b'\t' | b'\n' | b'\r' | 12 | 26 | 27)).count();
    head.contains(&0) || odd * 50 > head.len()
}

/// Whether what is not ASCII is UTF-8 nine times in ten.
fn mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad * 9
}

const SNIFFED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_in_every_encoding() {
        let text = "Überfülle — “Café”, Œuvre, niño, déjà vu";
        let utf_16 = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let (latin, _, lost) = WINDOWS_1252.encode(text);
        assert!(!lost);
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [b"\xff\xfe".to_vec(), utf_16(u16::to_le_bytes)].concat(),
            [b"\xfe\xff".to_vec(), utf_16(u16::to_be_bytes)].concat(),
            utf_16(u16::to_le_bytes),
            utf_16(u16::to_be_bytes),
            latin.to_vec(),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Some(text), "{:?}", &bytes[..4]);
        }
    }

    #[test]
    fn one_bad_byte_spoils_one_character_only() {
        let mut bytes = "é".repeat(100).into_bytes();
        bytes.push(0xff);
        assert_eq!(decode(&bytes).unwrap(), format!("{}\u{fffd}", "é".repeat(100)));
        assert_eq!(decode(b"\x7fELF\x02\x01\x01\0\0\0\0"), None);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(0u8.., 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
