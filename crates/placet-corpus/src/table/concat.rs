//! Joins tables.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use parquet::column::writer::ColumnCloseResult;
use parquet::file::reader::FileReader as _;
use parquet::file::writer::SerializedFileWriter;

use super::{open, properties, sync, written};
use crate::error::CorpusError;

/// Appends tables of equal columns, in the given order, without decoding them: their row groups are copied. The
/// metadata is the first one's. Gives the number of rows.
pub fn concat(parts: &[PathBuf], out: &Path) -> Result<u64, CorpusError> {
    let Some(first) = parts.first() else {
        return Err(CorpusError::Table {
            path: out.to_owned(),
            action: "cannot be joined",
            reason: "there are no parts".to_owned(),
            remedy: "report this as a bug",
        });
    };
    let first_reader = open(first)?;
    let file_metadata = first_reader.metadata().file_metadata();
    let schema = file_metadata.schema_descr().root_schema_ptr();
    let keys = file_metadata.key_value_metadata().cloned();
    let file = File::create(out).map_err(|cause| CorpusError::io(out, "cannot be created", cause))?;
    let mut writer =
        SerializedFileWriter::new(BufWriter::new(file), schema.clone(), properties(out, &[], keys)?.into())
            .map_err(|cause| written(out, &cause))?;
    let mut rows = 0;
    for part in parts {
        let reader = open(part)?;
        if reader.metadata().file_metadata().schema_descr().root_schema() != schema.as_ref() {
            return Err(CorpusError::Table {
                path: part.clone(),
                action: "cannot be joined",
                reason: format!("its columns differ from those of {}", first.display()),
                remedy: "remove the results of other versions and run again",
            });
        }
        let file = File::open(part).map_err(|cause| CorpusError::io(part, "cannot be opened", cause))?;
        for group in reader.metadata().row_groups() {
            let mut target = writer.next_row_group().map_err(|cause| written(out, &cause))?;
            for column in group.columns() {
                let close = ColumnCloseResult {
                    bytes_written: column.compressed_size().unsigned_abs(),
                    rows_written: group.num_rows().unsigned_abs(),
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                target.append_column(&file, close).map_err(|cause| written(out, &cause))?;
            }
            rows += group.num_rows().unsigned_abs();
            target.close().map_err(|cause| written(out, &cause))?;
        }
    }
    let file = writer.into_inner().map_err(|cause| written(out, &cause))?;
    sync(out, file)?;
    Ok(rows)
}
