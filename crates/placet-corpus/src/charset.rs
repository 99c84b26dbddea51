//! From bytes to text: byte order marks, declared encodings, and what stands in where neither fits.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

use crate::raw::{Coded, TextBytes};

/// How many bytes are looked at to guess an encoding, and to tell text from other data.
const GUESS_LOOK_BYTES: usize = 64 * 1024;
const BINARY_LOOK_BYTES: usize = 8 * 1024;

/// Decodes `bytes`. The encoding is the byte order mark's, else `declared`, else UTF-8; bytes that are no UTF-8 at
/// all and have no declared encoding are read in the encoding that their statistics suggest, as browsers do.
/// Malformed sequences become U+FFFD.
/// An error says why the bytes are no text.
pub(crate) fn decode(
    mut bytes: Vec<u8>,
    declared: Option<&'static Encoding>,
) -> Result<(String, Coded), &'static str> {
    let (marked, mark) =
        Encoding::for_bom(&bytes).map_or((None, 0), |(encoding, mark)| (Some(encoding), mark));
    let before: Vec<u8> = bytes.drain(..mark).collect();
    let encoding = marked.or(declared);
    if encoding.is_none_or(Encoding::is_ascii_compatible) && looks_binary(&bytes) {
        return Err("binary data, not text");
    }
    if encoding.is_none_or(|encoding| encoding == UTF_8) {
        // Copied: the standard library's check takes longer than this one and a copy.
        if let Ok(text) = simdutf8::basic::from_utf8(&bytes) {
            return Ok((text.to_owned(), Coded { before, bytes: TextBytes::AsText, encoding: UTF_8 }));
        }
    }
    let encoding = encoding.unwrap_or_else(|| if mostly_utf8(&bytes) { UTF_8 } else { guess(&bytes) });
    let (text, _) = encoding.decode_without_bom_handling(&bytes);
    Ok((text.into_owned(), Coded { before, bytes: TextBytes::Own(bytes), encoding }))
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..GUESS_LOOK_BYTES).unwrap_or(bytes), true);
    detector.guess(None, Utf8Detection::Deny)
}

fn looks_binary(bytes: &[u8]) -> bool {
    let head = bytes.get(..BINARY_LOOK_BYTES).unwrap_or(bytes);
    // Counted in bytes, so that a vector holds as many counters as it can: seven vectors of 32, as 255 is the most.
    let count = |chunk: &[u8]| {
        let strange = |byte: &u8| u8::from((*byte < 9) | (byte.wrapping_sub(14) < 13));
        usize::from(chunk.iter().map(strange).sum::<u8>())
    };
    let strange: usize = head.chunks(224).map(count).sum();
    // A zero byte is one of them.
    strange > 0 && (memchr::memchr(0, head).is_some() || strange * 20 > head.len())
}

/// Whether well-formed sequences of several bytes outnumber malformed ones.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|char| !char.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad
}
