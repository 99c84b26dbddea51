//! The text of a work's file, whatever it is packed in.
//!
//! What comes out is the text as a reader would see it: paragraphs on lines of their own, no markup, scripts or
//! style. Nothing is normalised further, so that places in it can be shown to a person.

mod archive;
mod html;
mod office;
mod pdf;

pub use pdf::{PDF_THREAD, pdf_pages};

use crate::encoding;

/// A larger file is not read.
pub const FILE_BYTES_MAX: u64 = 512 << 20;
/// A longer text is refused, and so is an archive that unpacks to more.
pub const TEXT_BYTES_MAX: usize = 256 << 20;
/// An archive with more entries is refused.
pub const ARCHIVE_ENTRIES_MAX: usize = 20_000;
/// An XML document whose elements nest deeper is refused.
pub const XML_DEPTH_MAX: usize = 512;

/// The text of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extracted {
    /// The text, as a reader sees it.
    pub text: String,
    /// The title that the file states about itself.
    pub title: Option<String>,
    /// How the file was read: `text`, `html`, `epub`, `docx`, `odt`, `pdf`.
    pub format: &'static str,
}

/// Why a file yields no text.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// A format that is not read here.
    #[error("this is no text that can be read; known are .txt .md .html .xhtml .epub .pdf .docx .odt")]
    Unsupported,
    /// The bytes are not what their name says.
    #[error("it is damaged or no {format}: {reason}")]
    Damaged {
        /// What it should be.
        format: &'static str,
        /// What stood in the way.
        reason: String,
    },
    /// It goes beyond a limit.
    #[error("it has more than {limit} {unit}, which is the limit")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// It is locked with a password.
    #[error("it is encrypted; register a copy without a password")]
    Encrypted,
    /// It holds no letters: a scanned PDF, an empty file.
    #[error("it holds no text (scanned pages have to go through character recognition first)")]
    Empty,
}

/// Reads the text out of a file's bytes. The name helps where the bytes do not tell.
pub fn extract(name: &str, bytes: &[u8]) -> Result<Extracted, ExtractError> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(ExtractError::TooLarge { limit: FILE_BYTES_MAX, unit: "bytes" });
    }
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    let extracted = match (extension.as_str(), bytes) {
        (_, [b'%', b'P', b'D', b'F', ..]) | ("pdf", _) => pdf::extract(bytes)?,
        (_, [b'P', b'K', 3, 4, ..]) | ("epub" | "docx" | "odt", _) => office::extract(&extension, bytes)?,
        ("html" | "htm", _) => html::extract(&decode("HTML", bytes)?, html::Syntax::Html),
        ("xhtml" | "xht", _) => html::extract(&decode("XHTML", bytes)?, html::Syntax::Xml),
        ("txt" | "text" | "md" | "markdown" | "", _) => {
            Extracted { text: decode("text", bytes)?.into_owned(), title: None, format: "text" }
        }
        _ => return Err(ExtractError::Unsupported),
    };
    if extracted.text.len() > TEXT_BYTES_MAX {
        return Err(too_long());
    }
    if !extracted.text.chars().any(char::is_alphanumeric) {
        return Err(ExtractError::Empty);
    }
    Ok(extracted)
}

/// Whether a file of this name is looked at when a folder is registered.
pub fn is_readable_name(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    READABLE.contains(&extension.as_str())
}

const READABLE: [&str; 11] =
    ["txt", "text", "md", "markdown", "html", "htm", "xhtml", "epub", "pdf", "docx", "odt"];

fn decode<'a>(format: &'static str, bytes: &'a [u8]) -> Result<std::borrow::Cow<'a, str>, ExtractError> {
    encoding::decode(bytes)
        .ok_or_else(|| ExtractError::Damaged { format, reason: "the bytes are no text".to_owned() })
}

fn too_long() -> ExtractError {
    ExtractError::TooLarge { limit: TEXT_BYTES_MAX as u64, unit: "bytes of text" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    }

    #[test]
    fn one_work_has_the_same_letters_in_every_format() {
        let Some(folder) = crate::shared_data("iscc/samples/text") else { return };
        let read = |name: &str| {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            extract(name, &bytes).unwrap_or_else(|e| panic!("{name}: {e}"))
        };
        let plain = letters(&read("demo.txt").text);
        for name in ["demo.html", "demo.xhtml", "demo.docx", "demo.odt"] {
            assert_eq!(letters(&read(name).text), plain, "{name}");
        }
        // The book, the article and the specification of the set are other works.
        let article = letters(&read("demo.pdf").text);
        assert!(article.starts_with("bitcoinapeertopeerelectroniccashsystemsatoshinakamoto"));
        assert!(article.contains("thelongestchainnotonlyservesasproofofthesequenceofeventswitnessed"));
        let book = read("demo.epub");
        assert_eq!((book.format, book.title.as_deref()), ("epub", Some("title from metadata")));
        assert!(letters(&book.text).len() > 200_000);
        assert!(read("demo.md").text.starts_with("title: ISCC - Specification"));
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (name, bytes, said) in [
            ("a.jpg", b"\xff\xd8\xff\xe0".as_slice(), "this is no text that can be read"),
            ("a.txt", b"\x7fELF\0\0\0\0", "it is damaged or no text: the bytes are no text"),
            ("a.txt", b" \n.\n", "it holds no text"),
            ("a.pdf", b"%PDF-1.7 and then nothing", "it is damaged or no PDF: "),
            ("a.epub", b"not a zip", "it is damaged or no ZIP archive: "),
            ("a.docx", b"PK\x03\x04cut", "it is damaged or no ZIP archive: "),
        ] {
            let error = extract(name, bytes).unwrap_err().to_string();
            assert!(error.starts_with(said), "{name}: {error}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn never_panics(bytes in proptest::collection::vec(0u8.., 0..300), pick in 0usize..8) {
            let name = ["a.txt", "a.html", "a.xhtml", "a.epub", "a.docx", "a.odt", "a.md", "a"][pick];
            let _ = extract(name, &bytes);
            let _ = extract(name, &[b"PK\x03\x04".as_slice(), &bytes].concat());
        }
    }
}
