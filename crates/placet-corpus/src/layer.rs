//! The compression of a stream as a layer over another one.

use bytes::Bytes;

use crate::gzip::Gunzip;
use crate::input::{Fault, Input};
use crate::source::Compression;
use crate::zstandard::Unzstd;

/// The state of a decoder, apart from the bytes it reads, so that archives can nest.
pub(crate) enum Layer {
    Plain,
    Gzip(Box<Gunzip>),
    Zstd(Box<Unzstd>),
}

impl Layer {
    pub(crate) fn new(compression: Compression) -> Self {
        match compression {
            Compression::None => Self::Plain,
            Compression::Gzip => Self::Gzip(Box::new(Gunzip::new())),
            Compression::Zstd => Self::Zstd(Box::new(Unzstd::new())),
        }
    }

    /// The decoded stream over `below`.
    pub(crate) fn over<'a>(&'a mut self, below: &'a mut dyn Input) -> Decoded<'a> {
        Decoded { layer: self, below }
    }
}

pub(crate) struct Decoded<'a> {
    layer: &'a mut Layer,
    below: &'a mut dyn Input,
}

impl Decoded<'_> {
    pub(crate) fn fill(&mut self) -> Result<&[u8], Fault> {
        match self.layer {
            Layer::Plain => self.below.fill(),
            Layer::Gzip(gunzip) => gunzip.fill(self.below),
            Layer::Zstd(unzstd) => unzstd.fill(self.below),
        }
    }
}

impl Input for Decoded<'_> {
    fn fill(&mut self) -> Result<&[u8], Fault> {
        Decoded::fill(self)
    }

    fn consume(&mut self, n: usize) {
        match self.layer {
            Layer::Plain => self.below.consume(n),
            Layer::Gzip(gunzip) => gunzip.consume(n),
            Layer::Zstd(unzstd) => unzstd.consume(n),
        }
    }

    fn position(&self) -> u64 {
        self.below.position()
    }

    fn shared(&self, n: usize) -> Option<Bytes> {
        match &*self.layer {
            Layer::Zstd(unzstd) => unzstd.shared(n),
            Layer::Plain | Layer::Gzip(_) => None,
        }
    }

    fn packed(&self) -> Option<&[u8]> {
        match &*self.layer {
            Layer::Gzip(gunzip) => gunzip.packed(),
            Layer::Plain | Layer::Zstd(_) => None,
        }
    }
}
