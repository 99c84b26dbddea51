//! The files of a corpus.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::CorpusError;
use crate::input::Buffered;
use crate::item::Aside;
use crate::layer::Layer;
use crate::sidecar;

/// One file of a corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path below the corpus, `/`-separated; the file name where the corpus is one file.
    pub name: String,
    /// Its size as stored.
    pub bytes: u64,
    /// What it holds.
    pub format: Format,
    /// How it is compressed as a whole.
    pub compression: Compression,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// One plain text.
    Text,
    /// One page.
    Html,
    /// One JSON record a line.
    Jsonl,
    /// One picture, sound, film, book or PDF file.
    Media,
    /// Web records: WARC, WET, WAT, ARC.
    Warc,
    /// Rows in columns.
    Parquet,
    /// An archive of files of the other formats.
    Tar,
}

/// How a file is compressed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Compression {
    /// Not.
    None,
    /// Gzip, one or many members.
    Gzip,
    /// Zstandard, one or many frames.
    Zstd,
}

/// Finds the files of a corpus under a path (a file or a folder), sorted by name. What cannot be listed or is of
/// no known format is named in the second list and does not stop the first.
pub fn list(root: &Path) -> (Vec<Source>, Vec<Aside>) {
    let mut listing = Listing::default();
    match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => listing.folder(root, ""),
        Ok(metadata) => {
            let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
            listing.file(root.to_owned(), name, metadata.len());
        }
        Err(cause) => {
            let error = CorpusError::io(root, "cannot be opened", cause);
            listing.asides.push(error.to_aside(&root.to_string_lossy()));
        }
    }
    listing.sources.sort_by(|a, b| a.name.cmp(&b.name));
    // Sidecars are read with the files that they lie beside.
    let media = listing.sources.iter().filter(|source| source.format == Format::Media);
    let beside: BTreeSet<PathBuf> =
        media.flat_map(|source| sidecar::places(Path::new(&source.name))).collect();
    listing.asides.retain(|aside| !beside.contains(Path::new(&aside.source)));
    listing.asides.sort();
    (listing.sources, listing.asides)
}

/// Endings of media files, with their media types.
pub(crate) const MEDIA: [(&str, &str); 18] = [
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("heic", "image/heic"),
    ("avif", "image/avif"),
    ("mp3", "audio/mpeg"),
    ("flac", "audio/flac"),
    ("wav", "audio/wav"),
    ("m4a", "audio/mp4"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("pdf", "application/pdf"),
    ("epub", "application/epub+zip"),
];

/// Format and compression by a file's name, as far as the name tells them.
pub(crate) fn by_name(name: &str) -> (Option<Format>, Compression) {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return (None, Compression::None);
    };
    let (extension, compression) = match extension {
        "gz" | "gzip" => (stem.rsplit('.').next().unwrap_or_default(), Compression::Gzip),
        "zst" | "zstd" => (stem.rsplit('.').next().unwrap_or_default(), Compression::Zstd),
        "tgz" => ("tar", Compression::Gzip),
        "tzst" => ("tar", Compression::Zstd),
        other => (other, Compression::None),
    };
    let format = match extension {
        "txt" | "text" | "md" => Some(Format::Text),
        "html" | "htm" | "xhtml" => Some(Format::Html),
        other if MEDIA.iter().any(|(ending, _)| *ending == other) && compression == Compression::None => {
            Some(Format::Media)
        }
        "jsonl" | "json" | "ndjson" | "jsonlines" => Some(Format::Jsonl),
        "warc" | "wet" | "wat" | "arc" => Some(Format::Warc),
        "parquet" | "pq" if compression == Compression::None => Some(Format::Parquet),
        "tar" => Some(Format::Tar),
        _ => None,
    };
    (format, compression)
}

/// The format that the first bytes of a file prove. Text is not guessed.
pub(crate) fn by_content(head: &[u8]) -> Option<Format> {
    let text = head.trim_ascii_start();
    if head.starts_with(b"PAR1") {
        Some(Format::Parquet)
    } else if text.starts_with(b"WARC/") || text.starts_with(b"filedesc://") {
        Some(Format::Warc)
    } else if head.get(257..262) == Some(b"ustar") {
        Some(Format::Tar)
    } else if text.starts_with(b"{\"") {
        Some(Format::Jsonl)
    } else if starts_with_ignoring_case(text, b"<!doctype html") || starts_with_ignoring_case(text, b"<html")
    {
        Some(Format::Html)
    } else {
        None
    }
}

/// The compression that the first bytes of a file prove.
pub(crate) fn compression_by_content(head: &[u8]) -> Compression {
    if head.starts_with(&[0x1f, 0x8b, 8]) {
        Compression::Gzip
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Compression::Zstd
    } else {
        Compression::None
    }
}

fn starts_with_ignoring_case(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[derive(Default)]
struct Listing {
    sources: Vec<Source>,
    asides: Vec<Aside>,
}

impl Listing {
    fn folder(&mut self, folder: &Path, name: &str) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(cause) => {
                let error = CorpusError::io(folder, "the folder cannot be read", cause);
                self.asides.push(error.to_aside(if name.is_empty() { "." } else { name }));
                return;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(cause) => {
                    let error = CorpusError::io(folder, "an entry of the folder cannot be read", cause);
                    self.asides.push(error.to_aside(if name.is_empty() { "." } else { name }));
                    continue;
                }
            };
            let file_name = entry.file_name();
            let file_name = file_name.to_string_lossy();
            let name = if name.is_empty() { file_name.to_string() } else { format!("{name}/{file_name}") };
            if file_name.starts_with('.') {
                self.aside(
                    &name,
                    "a hidden file or folder is not read",
                    "rename it if it belongs to the corpus",
                );
                continue;
            }
            let path = entry.path();
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() && is_link => {
                    self.aside(&name, "a link to a folder is not followed", "scan the folder it leads to");
                }
                Ok(metadata) if metadata.is_dir() => self.folder(&path, &name),
                Ok(metadata) if metadata.is_file() => self.file(path, name, metadata.len()),
                Ok(_) => self.aside(&name, "neither a file nor a folder", "remove it from the corpus"),
                Err(cause) => {
                    let error = CorpusError::io(&path, "cannot be opened", cause);
                    self.asides.push(error.to_aside(&name));
                }
            }
        }
    }

    fn file(&mut self, path: PathBuf, name: String, bytes: u64) {
        let (format, compression) = match by_name(&name) {
            (Some(format), compression) => (Some(format), compression),
            (None, _) => match sniff(&path) {
                Ok(found) => found,
                Err(error) => {
                    self.asides.push(error.to_aside(&name));
                    return;
                }
            },
        };
        match format {
            Some(format) => self.sources.push(Source { path, name, bytes, format, compression }),
            None => self.aside(
                &name,
                "unknown format",
                "convert it to text, HTML, JSONL, WARC, Parquet or tar, or rename it if it is one of them",
            ),
        }
    }

    fn aside(&mut self, name: &str, reason: &str, remedy: &str) {
        self.asides.push(Aside {
            source: name.to_owned(),
            place: "file".to_owned(),
            reason: reason.to_owned(),
            remedy: remedy.to_owned(),
        });
    }
}

fn sniff(path: &Path) -> Result<(Option<Format>, Compression), CorpusError> {
    let file = File::open(path).map_err(|cause| CorpusError::io(path, "cannot be opened", cause))?;
    let mut input = Buffered::file(file);
    let compression = crate::input::Input::fill(&mut input).map_or(Compression::None, compression_by_content);
    let mut layer = Layer::new(compression);
    let format = layer.over(&mut input).fill().ok().and_then(by_content);
    let format = format.filter(|format| *format != Format::Parquet || compression == Compression::None);
    Ok((format, compression))
}
