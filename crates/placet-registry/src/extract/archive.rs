//! A ZIP archive read in memory within limits. Nothing is ever unpacked to disk, so names cannot lead anywhere.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{ARCHIVE_ENTRIES_MAX, ExtractError, TEXT_BYTES_MAX, too_long};

/// An open archive and how much may still be unpacked from it.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    left: usize,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, ExtractError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if zip.len() > ARCHIVE_ENTRIES_MAX {
            return Err(ExtractError::TooLarge { limit: ARCHIVE_ENTRIES_MAX as u64, unit: "entries" });
        }
        Ok(Archive { zip, left: TEXT_BYTES_MAX })
    }

    /// Whether there is an entry of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// The bytes of an entry. What all entries together unpack to is bounded, whatever their headers say.
    pub(super) fn read(&mut self, name: &str) -> Result<Vec<u8>, ExtractError> {
        let entry = self.zip.by_name(name).map_err(damaged)?;
        if entry.encrypted() {
            return Err(ExtractError::Encrypted);
        }
        let mut bytes = Vec::new();
        entry.take(self.left as u64 + 1).read_to_end(&mut bytes).map_err(|error| ExtractError::Damaged {
            format: "ZIP archive",
            reason: format!("entry {name}: {error}"),
        })?;
        self.left = self.left.checked_sub(bytes.len()).ok_or_else(too_long)?;
        Ok(bytes)
    }
}

fn damaged(error: ZipError) -> ExtractError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => ExtractError::Encrypted,
        error => ExtractError::Damaged { format: "ZIP archive", reason: error.to_string() },
    }
}
