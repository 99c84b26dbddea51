//! Documents as files: text and a web page.

use std::path::{Path, PathBuf};

use placet_disclose::typeset::Paper;

/// In which form a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Plain text.
    Text,
    /// A web page.
    Html,
}

impl Form {
    /// The form by the ending of a file's name.
    pub(crate) fn of(path: &Path) -> Option<Form> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "txt" => Some(Form::Text),
            "html" | "htm" => Some(Form::Html),
            _ => None,
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Form::Text => "txt",
            Form::Html => "html",
        }
    }
}

/// Reads the word for a form.
pub(crate) fn form(word: &str) -> Result<Form, String> {
    match word {
        "txt" => Ok(Form::Text),
        "html" => Ok(Form::Html),
        _ => Err("documents are written as txt or html".to_owned()),
    }
}

/// Reads a file name whose ending says the form.
pub(crate) fn document(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    match Form::of(&path) {
        Some(_) => Ok(path),
        None => Err("give a name that ends in .txt or .html; a browser prints the page as PDF".to_owned()),
    }
}

/// The path of a document in a form: the ending is put behind the stem, whatever that holds.
pub(crate) fn named(stem: &Path, form: Form) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(".");
    name.push(form.ending());
    PathBuf::from(name)
}

/// A document as bytes.
pub(crate) fn bytes(paper: &Paper, form: Form) -> Vec<u8> {
    match form {
        Form::Text => paper.text().into_bytes(),
        Form::Html => paper.html().into_bytes(),
    }
}
