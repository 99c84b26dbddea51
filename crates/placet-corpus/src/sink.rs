//! A file written through a compression. Equal bytes give equal files: no times, no names.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use flate2::write::GzEncoder;
use libdeflater::{CompressionLvl, Compressor};

use crate::raw::Packing;

/// The customary level of gzip. That of zstd costs half as much time as the customary one, for a tenth more bytes.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 1;
/// A record up to this size is compressed in memory, with the memory of the one before.
const RECORD_BYTES: usize = 1024 * 1024;
const BUFFER_BYTES: usize = 256 * 1024;

pub(crate) enum Sink {
    AsIs(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    GzipRecords(Box<Records>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

/// Each record a gzip member.
pub(crate) struct Records {
    file: BufWriter<File>,
    compressor: Compressor,
    record: Vec<u8>,
    packed: Vec<u8>,
}

impl Sink {
    pub(crate) fn new(file: File, packing: Packing) -> io::Result<Self> {
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(match packing {
            Packing::AsIs => Self::AsIs(file),
            Packing::Gzip => Self::Gzip(GzEncoder::new(file, flate2::Compression::new(GZIP_LEVEL))),
            Packing::GzipRecords => {
                let level = CompressionLvl::new(GZIP_LEVEL as i32).unwrap_or_default();
                Self::GzipRecords(Box::new(Records {
                    file,
                    compressor: Compressor::new(level),
                    record: Vec::new(),
                    packed: Vec::new(),
                }))
            }
            Packing::Zstd => Self::Zstd(zstd::Encoder::new(file, ZSTD_LEVEL)?),
        })
    }

    /// Writes the parts of one record.
    pub(crate) fn write(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        match self {
            Self::AsIs(file) => write_all(file, parts),
            Self::Gzip(encoder) => write_all(encoder, parts),
            Self::Zstd(encoder) => write_all(encoder, parts),
            Self::GzipRecords(records) => records.write(parts),
        }
    }

    /// Writes one record that is a gzip member already.
    pub(crate) fn write_member(&mut self, packed: &[u8]) -> io::Result<()> {
        match self {
            Self::GzipRecords(records) => records.file.write_all(packed),
            Self::AsIs(_) | Self::Gzip(_) | Self::Zstd(_) => {
                Err(io::Error::other("a gzip member was handed to a file of another kind"))
            }
        }
    }

    pub(crate) fn finish(self) -> io::Result<File> {
        let file = match self {
            Self::AsIs(file) => file,
            Self::GzipRecords(records) => records.file,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

impl Records {
    fn write(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        if bytes == 0 {
            return Ok(());
        }
        if bytes > RECORD_BYTES {
            let mut encoder = GzEncoder::new(&mut self.file, flate2::Compression::new(GZIP_LEVEL));
            write_all(&mut encoder, parts)?;
            return encoder.finish().map(|_| ());
        }
        self.record.clear();
        for part in parts {
            self.record.extend_from_slice(part);
        }
        self.packed.resize(self.compressor.gzip_compress_bound(bytes), 0);
        let packed =
            self.compressor.gzip_compress(&self.record, &mut self.packed).map_err(io::Error::other)?;
        self.file.write_all(self.packed.get(..packed).unwrap_or_default())
    }
}

fn write_all(out: &mut impl Write, parts: &[&[u8]]) -> io::Result<()> {
    parts.iter().try_for_each(|part| out.write_all(part))
}
