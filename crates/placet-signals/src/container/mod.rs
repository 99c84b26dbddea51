//! The parts of media files that carry rights: XMP packets, IPTC records, words and licence documents.
//!
//! Containers are walked, never decoded: no pixel, sample or font is touched. Every walk is bounded by the limits
//! below, and lengths are believed only as far as the bytes reach.

mod jpeg;
mod mp4;
mod pdf;
mod png;
mod riff;
mod sound;
mod tiff;
mod zip;

pub(crate) use zip::{Archive, open as open_zip};

use std::io::Read;

/// Most bytes of one part, unpacked.
pub const PART_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most parts of one file.
pub const PARTS_MAX: usize = 256;
/// Most bytes of a file that are walked; what lies beyond is not read.
pub const FILE_BYTES_MAX: usize = 1 << 30;
/// Most segments, chunks, boxes or entries of one file that are walked.
const STEPS_MAX: usize = 200_000;

/// The formats that are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// RIFF: WebP, WAV, AVI.
    Riff,
    /// TIFF and the raw formats built on it.
    Tiff,
    /// PDF.
    Pdf,
    /// ISO base media: MP4, M4A. HEIC and AVIF keep XMP as an item, which is not opened.
    Mp4,
    /// MP3 with an `ID3v2` tag.
    Mp3,
    /// FLAC.
    Flac,
    /// ZIP: EPUB.
    Zip,
    /// An XMP sidecar.
    Xmp,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An XMP packet.
    Xmp,
    /// IPTC-IIM records.
    Iptc,
    /// Rights words for people, in UTF-8.
    Words,
    /// The URL of a licence, in UTF-8.
    LicenceUrl,
    /// A text that holds an RSL document.
    Rsl,
    /// A C2PA manifest store.
    Manifest,
}

/// One part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// Where in the file, as a fragment: `#xmp`, `#id3-TCOP`.
    pub place: String,
    /// Its bytes, unpacked.
    pub bytes: Vec<u8>,
}

/// The format of a file by its first bytes.
pub fn format_of(bytes: &[u8]) -> Option<Format> {
    let at = |from: usize, magic: &[u8]| bytes.get(from..from + magic.len()) == Some(magic);
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    Some(match () {
        () if at(0, b"\xFF\xD8\xFF") => Format::Jpeg,
        () if at(0, b"\x89PNG\r\n\x1A\n") => Format::Png,
        () if at(0, b"RIFF") => Format::Riff,
        () if at(0, b"II*\0") || at(0, b"MM\0*") => Format::Tiff,
        () if bytes
            .get(..1024.min(bytes.len()))
            .is_some_and(|h| memchr::memmem::find(h, b"%PDF-").is_some()) =>
        {
            Format::Pdf
        }
        () if at(4, b"ftyp") => Format::Mp4,
        () if at(0, b"ID3") => Format::Mp3,
        () if at(0, b"fLaC") => Format::Flac,
        () if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") => Format::Zip,
        () if text.starts_with(b"<?xpacket")
            || text.starts_with(b"<x:xmpmeta")
            || text.starts_with(b"<rdf:RDF") =>
        {
            Format::Xmp
        }
        () => return None,
    })
}

/// The parts of a file that carry rights. ZIP archives are opened by [`crate::asset`] instead.
pub fn parts(bytes: &[u8]) -> Vec<Part> {
    let bytes = bytes.get(..FILE_BYTES_MAX).unwrap_or(bytes);
    let mut found = Parts::default();
    match format_of(bytes) {
        Some(Format::Jpeg) => jpeg::walk(bytes, &mut found),
        Some(Format::Png) => png::walk(bytes, &mut found),
        Some(Format::Riff) => riff::walk(bytes, &mut found),
        Some(Format::Tiff) => tiff::walk(bytes, &mut found),
        Some(Format::Pdf) => pdf::walk(bytes, &mut found),
        Some(Format::Mp4) => mp4::walk(bytes, &mut found),
        Some(Format::Mp3) => sound::id3(bytes, &mut found),
        Some(Format::Flac) => sound::flac(bytes, &mut found),
        Some(Format::Xmp) => found.add(Kind::Xmp, "#xmp", bytes.to_vec()),
        Some(Format::Zip) | None => {}
    }
    found.parts
}

#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
}

impl Parts {
    fn add(&mut self, kind: Kind, place: &str, mut bytes: Vec<u8>) {
        if self.parts.len() < PARTS_MAX && !bytes.is_empty() {
            bytes.truncate(PART_BYTES_MAX);
            self.parts.push(Part { kind, place: place.to_owned(), bytes });
        }
    }

    /// A text field of a file: licence URL, RSL document, or rights words, by key and content.
    fn add_text(&mut self, key: &str, place: &str, text: &str) {
        let lower = key.to_ascii_lowercase();
        let bytes = text.as_bytes().to_vec();
        if text.contains(crate::rsl::SPACE) && text.contains('<') {
            self.add(Kind::Rsl, place, bytes);
        } else if crate::licence::creative_commons(text).is_some() {
            self.add(Kind::LicenceUrl, place, bytes);
        } else if [
            "copyright",
            "license",
            "licence",
            "rights",
            "usage",
            "disclaimer",
            "comment",
            "description",
        ]
        .iter()
        .any(|word| lower.contains(word))
        {
            self.add(Kind::Words, place, bytes);
        }
    }
}

/// Unpacks a zlib stream up to [`PART_BYTES_MAX`]; what was unpacked before an error is kept.
pub(crate) fn unzlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut limited = flate2::read::ZlibDecoder::new(bytes).take(PART_BYTES_MAX as u64);
    // A broken stream ends early; what came out of it counts.
    let _ = limited.read_to_end(&mut out);
    out
}

/// Four bytes at a place, the highest first.
fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_be_bytes(*b))
}

fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_be_bytes(*b))
}

fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

/// A stretch of bytes, as far as there are any.
fn stretch(bytes: &[u8], from: usize, len: usize) -> &[u8] {
    let from = from.min(bytes.len());
    let end = from.saturating_add(len).min(bytes.len());
    bytes.get(from..end).unwrap_or_default()
}
