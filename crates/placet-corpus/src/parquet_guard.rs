//! What stands between hostile bytes and the decoder and encoder of Parquet, which are not ours.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, FileReader as _, SerializedFileReader};

use crate::options::{EXPANSION_BYTES_FREE, EXPANSION_MAX};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is caught now and told as a damaged file, so that nothing need be printed of it.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Does the work; where it panics, the file is damaged and the job goes on.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let around = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(around);
    done.unwrap_or_else(|_| {
        let reason = "the file is damaged in a way that its decoder does not know";
        Err(ParquetError::General(reason.to_owned()))
    })
}

/// What went wrong, without the name of the library.
pub(crate) fn reason(cause: &ParquetError) -> String {
    match cause {
        ParquetError::General(reason) => reason.clone(),
        cause => cause.to_string(),
    }
}

/// Opens a file. Columns that claim to expand beyond reason are not touched: the decoder would believe them.
pub(crate) fn open<R: ChunkReader + 'static>(file: R) -> Result<SerializedFileReader<R>, ParquetError> {
    let reader = guarded(|| SerializedFileReader::new(file))?;
    for column in reader.metadata().row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let (stored, expanded) = (column.compressed_size(), column.uncompressed_size());
        if expanded > EXPANSION_BYTES_FREE as i64 && expanded / EXPANSION_MAX as i64 > stored {
            let reason =
                format!("a column claims to expand from {stored} to {expanded} bytes: a decompression bomb");
            return Err(ParquetError::General(reason));
        }
    }
    Ok(reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_is_known_to_be_caught() {
        let wrong = guarded::<()>(|| {
            assert!(!is_guarded(), "on purpose");
            Ok(())
        });
        assert!(wrong.unwrap_err().to_string().contains("damaged"));
        assert!(!is_guarded());
        assert!(guarded(|| guarded(|| Ok(())).map(|()| is_guarded())).unwrap());
    }
}
