//! The guard against decompression bombs.

use crate::input::Fault;
use crate::options::{EXPANSION_BYTES_FREE, EXPANSION_MAX};

/// Counts what a decoder takes and gives.
#[derive(Debug, Default)]
pub(crate) struct Expansion {
    taken: u64,
    given: u64,
}

impl Expansion {
    /// Adds one step; an error when the stream has become a bomb.
    pub(crate) fn add(&mut self, taken: usize, given: usize) -> Result<(), Fault> {
        self.taken += taken as u64;
        self.given += given as u64;
        if self.given > EXPANSION_BYTES_FREE && self.given / EXPANSION_MAX > self.taken {
            return Err(Fault {
                position: 0,
                reason: format!(
                    "{} bytes expand to more than {}: a decompression bomb; the rest is not read",
                    self.taken, self.given
                ),
                remedy: "if the content is real, decompress it first and scan the result",
            });
        }
        Ok(())
    }
}
