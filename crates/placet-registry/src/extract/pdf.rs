//! Text of PDF files, by `pdf-extract`.
//!
//! That crate panics on some damaged files and recurses on nested ones, so it runs on a thread of its own with a
//! large stack, and a panic there is a named error here.

use super::{ExtractError, Extracted, FILE_BYTES_MAX};

/// Name of the thread on which a PDF is read, for whoever sets a panic hook.
pub const PDF_THREAD: &str = "placet-pdf";

pub(super) fn extract(bytes: &[u8]) -> Result<Extracted, ExtractError> {
    let text = apart(|| pdf_extract::extract_text_from_mem(bytes))?;
    Ok(Extracted { text, title: None, format: "pdf" })
}

/// The text of each page, in the order in which the file draws it: for tables that is cell by cell.
pub fn pdf_pages(bytes: &[u8]) -> Result<Vec<String>, ExtractError> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(ExtractError::TooLarge { limit: FILE_BYTES_MAX, unit: "bytes" });
    }
    let pages = apart(|| pdf_extract::extract_text_from_mem_by_pages(bytes))?;
    if !pages.iter().any(|page| page.chars().any(char::is_alphanumeric)) {
        return Err(ExtractError::Empty);
    }
    Ok(pages)
}

/// Reads on a thread of its own; a panic there is an error here.
fn apart<T: Send>(
    read: impl FnOnce() -> Result<T, pdf_extract::OutputError> + Send,
) -> Result<T, ExtractError> {
    let damaged = |reason: &str| ExtractError::Damaged { format: "PDF", reason: reason.to_owned() };
    let read = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name(PDF_THREAD.to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, read)
            .map(std::thread::ScopedJoinHandle::join)
    });
    match read {
        Ok(Ok(Ok(found))) => Ok(found),
        Ok(Ok(Err(error))) => {
            let said = error.to_string();
            if said.to_lowercase().contains("encrypt") {
                Err(ExtractError::Encrypted)
            } else {
                Err(damaged(&said))
            }
        }
        Ok(Err(_)) => Err(damaged("its structure cannot be followed")),
        Err(error) => Err(damaged(&error.to_string())),
    }
}

const STACK_BYTES: usize = 64 << 20;
