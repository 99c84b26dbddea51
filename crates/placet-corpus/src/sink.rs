//! A file written through a compression. Equal bytes give equal files: no times, no names.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use flate2::write::GzEncoder;

use crate::raw::Packing;

/// The level of both compressions: their customary one.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;
const BUFFER_BYTES: usize = 256 * 1024;

pub(crate) enum Sink {
    AsIs(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    GzipRecords(BufWriter<File>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl Sink {
    pub(crate) fn new(file: File, packing: Packing) -> io::Result<Self> {
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(match packing {
            Packing::AsIs => Self::AsIs(file),
            Packing::Gzip => Self::Gzip(GzEncoder::new(file, flate2::Compression::new(GZIP_LEVEL))),
            Packing::GzipRecords => Self::GzipRecords(file),
            Packing::Zstd => Self::Zstd(zstd::Encoder::new(file, ZSTD_LEVEL)?),
        })
    }

    /// Writes the parts of one record.
    pub(crate) fn write(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        match self {
            Self::AsIs(file) => write_all(file, parts),
            Self::Gzip(encoder) => write_all(encoder, parts),
            Self::Zstd(encoder) => write_all(encoder, parts),
            Self::GzipRecords(_) if parts.iter().all(|part| part.is_empty()) => Ok(()),
            Self::GzipRecords(file) => {
                let mut encoder = GzEncoder::new(file, flate2::Compression::new(GZIP_LEVEL));
                write_all(&mut encoder, parts)?;
                encoder.finish().map(|_| ())
            }
        }
    }

    pub(crate) fn finish(self) -> io::Result<File> {
        let file = match self {
            Self::AsIs(file) | Self::GzipRecords(file) => file,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

fn write_all(out: &mut impl Write, parts: &[&[u8]]) -> io::Result<()> {
    parts.iter().try_for_each(|part| out.write_all(part))
}
