//! Documents as files: text, a web page, and PDF where the typesetter is built in (feature `pdf`).

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use placet_disclose::typeset::Paper;

use crate::{Exit, Failure};

/// In which form a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Plain text.
    Text,
    /// A web page.
    Html,
    /// Pages for archives.
    Pdf,
}

/// Whether this build sets pages.
pub(crate) const HAS_PDF: bool = cfg!(feature = "pdf");

const WITHOUT: &str = "this build of placet sets no pages: build it with `cargo build --release --features pdf`, or \
take .txt or .html, which a browser prints";

impl Form {
    /// The form by the ending of a file's name.
    pub(crate) fn of(path: &Path) -> Option<Form> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "txt" => Some(Form::Text),
            "html" | "htm" => Some(Form::Html),
            "pdf" => Some(Form::Pdf),
            _ => None,
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Form::Text => "txt",
            Form::Html => "html",
            Form::Pdf => "pdf",
        }
    }
}

/// Reads the word for a form.
pub(crate) fn form(word: &str) -> Result<Form, String> {
    match word {
        "txt" => Ok(Form::Text),
        "html" => Ok(Form::Html),
        "pdf" if HAS_PDF => Ok(Form::Pdf),
        "pdf" => Err(WITHOUT.to_owned()),
        _ => Err("documents are written as txt, html or pdf".to_owned()),
    }
}

/// Reads a file name whose ending says the form.
pub(crate) fn document(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    match Form::of(&path) {
        Some(Form::Pdf) if !HAS_PDF => Err(WITHOUT.to_owned()),
        Some(_) => Ok(path),
        None => Err("give a name that ends in .txt, .html or .pdf".to_owned()),
    }
}

/// The path of a document in a form: the ending is put behind the stem, whatever that holds.
pub(crate) fn named(stem: &Path, form: Form) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(".");
    name.push(form.ending());
    PathBuf::from(name)
}

/// A document as bytes. `at` is the date that pages bear, `ident` what names them for good.
pub(crate) fn bytes(paper: &Paper, form: Form, at: Timestamp, ident: &str) -> Result<Vec<u8>, Failure> {
    match form {
        Form::Text => Ok(paper.text().into_bytes()),
        Form::Html => Ok(paper.html().into_bytes()),
        Form::Pdf => pdf(paper, at, ident),
    }
}

#[cfg(feature = "pdf")]
fn pdf(paper: &Paper, at: Timestamp, ident: &str) -> Result<Vec<u8>, Failure> {
    placet_typeset::pdf(paper, at, ident).map_err(|error| {
        let exit = match error {
            placet_typeset::TypesetError::Large { .. } => Exit::Input,
            _ => Exit::Internal,
        };
        Failure::new(exit, error)
    })
}

#[cfg(not(feature = "pdf"))]
fn pdf(_: &Paper, _: Timestamp, _: &str) -> Result<Vec<u8>, Failure> {
    Err(Failure::new(Exit::Usage, anyhow::anyhow!(WITHOUT)))
}
