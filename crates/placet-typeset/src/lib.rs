//! Documents as pages: PDF/A-2a for archives, tagged for screen readers (PDF/UA-1), with every letter that they show.
//!
//! A document reaches the template as values (`json("data.json")`), never as source, so that no title, name or line of a
//! log can be markup. Nothing is read from disk or network, no package is loaded, and the date is given: equal documents
//! make equal bytes. Text that no font here has, or that would turn or hide its neighbours, is shown by its code points
//! (`‹U+202E›`), since an archival page may not lack a letter.

mod desk;
mod glyphs;

use jiff::Timestamp;
use placet_disclose::typeset::Paper;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp as PdfTime};

use desk::Desk;

/// Most bytes of one document, as JSON: some hundred pages. More belongs into a table beside it.
pub const DATA_BYTES_MAX: usize = 4 << 20;

/// Why no pages came about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypesetError {
    /// The document is too large.
    #[error(
        "the document holds {bytes} bytes, more than the {DATA_BYTES_MAX} that are set as pages: write it as text or HTML, or leave rows out"
    )]
    Large {
        /// Bytes of JSON.
        bytes: usize,
    },
    /// The document breaks a rule of the archival format, or the template is at fault.
    #[error("the document cannot be set as pages: {message}")]
    Refused {
        /// What the typesetter said, with its place in the template.
        message: String,
    },
}

/// Sets a document. `at` is the date that it bears, `ident` what names it for good: a case and document number, a
/// period and party.
pub fn pdf(paper: &Paper, at: Timestamp, ident: &str) -> Result<Vec<u8>, TypesetError> {
    let refused = |message: String| TypesetError::Refused { message };
    let mut data = serde_json::to_value(paper).map_err(|error| refused(error.to_string()))?;
    glyphs::show_all(&mut data);
    // An accessible document has a title.
    if paper.title.trim().is_empty() {
        data["title"] = "-".into();
    }
    let data = serde_json::to_vec(&data).map_err(|error| refused(error.to_string()))?;
    if data.len() > DATA_BYTES_MAX {
        return Err(TypesetError::Large { bytes: data.len() });
    }
    let desk = Desk::new(data);
    let made = set(&desk, at, ident).map_err(|found| {
        refused(found.iter().map(|diagnostic| desk.told(diagnostic)).collect::<Vec<_>>().join("; "))
    });
    // The typesetter remembers what it computed; who sets thousands of documents would keep them all.
    typst::comemo::evict(0);
    made
}

fn set(desk: &Desk, at: Timestamp, ident: &str) -> Result<Vec<u8>, Vec<SourceDiagnostic>> {
    let document = typst::compile::<PagedDocument>(desk).output.map_err(|found| found.to_vec())?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]).map_err(|error| {
        vec![SourceDiagnostic::error(typst::syntax::Span::detached(), error.message().clone())]
    })?;
    let options = PdfOptions {
        ident: Smart::Custom(ident.to_owned()),
        creator: Smart::Custom(Some("Placet".to_owned())),
        timestamp: timestamp(at),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|found| found.to_vec())
}

fn timestamp(at: Timestamp) -> Option<PdfTime> {
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |n: i8| u8::try_from(n).ok();
    let (month, day) = (part(at.month())?, part(at.day())?);
    let (hour, minute, second) = (part(at.hour())?, part(at.minute())?, part(at.second())?);
    Datetime::from_ymd_hms(at.year().into(), month, day, hour, minute, second).map(PdfTime::new_utc)
}
