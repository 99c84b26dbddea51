//! What a reader could not read, or read with a caveat.

use std::fmt;

/// One thing wrong with the bytes a reader was given. A defect never hides what is right beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// Line, from 1, for line formats.
    pub line: Option<u32>,
    /// What is wrong.
    pub problem: Problem,
    /// The words at fault, shortened.
    pub text: String,
}

/// The kinds of things that are wrong with rights signals in the wild.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Problem {
    /// A web page stands where a text, JSON or XML file was expected: the protocol is absent, nobody spoke.
    Html,
    /// Longer, deeper or more numerous than the reader's stated limit; what lies beyond was not read.
    Limit,
    /// Not well-formed.
    Syntax,
    /// Bytes that are no text in the expected encoding.
    Encoding,
    /// A word that the protocol does not know.
    UnknownWord,
    /// A word that is evidently meant to be another one.
    Misspelt,
    /// A part that the protocol requires is not there.
    Missing,
    /// Something that says nothing where it stands.
    Misplaced,
    /// Said twice.
    Repeated,
    /// A word of an earlier or withdrawn version of the protocol.
    Legacy,
}

impl Problem {
    /// Whether somebody evidently meant to say something: such a defect is an intent, never an absence.
    pub const fn is_intent(self) -> bool {
        match self {
            Problem::Html | Problem::Repeated => false,
            Problem::Limit
            | Problem::Syntax
            | Problem::Encoding
            | Problem::UnknownWord
            | Problem::Misspelt
            | Problem::Missing
            | Problem::Misplaced
            | Problem::Legacy => true,
        }
    }

    /// The problem in words.
    pub const fn words(self) -> &'static str {
        match self {
            Problem::Html => "a web page stands where a file of the protocol was expected",
            Problem::Limit => "beyond the reader's limit, not read",
            Problem::Syntax => "not well-formed",
            Problem::Encoding => "not text in the expected encoding",
            Problem::UnknownWord => "a word the protocol does not know",
            Problem::Misspelt => "misspelt",
            Problem::Missing => "a required part is missing",
            Problem::Misplaced => "says nothing where it stands",
            Problem::Repeated => "said twice",
            Problem::Legacy => "a word of an earlier version",
        }
    }
}

impl Defect {
    pub(crate) fn new(problem: Problem, text: impl AsRef<str>) -> Defect {
        Defect { line: None, problem, text: shortened(text.as_ref()) }
    }

    pub(crate) fn at(line: u32, problem: Problem, text: impl AsRef<str>) -> Defect {
        Defect { line: Some(line), problem, text: shortened(text.as_ref()) }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(self.problem.words())?;
        if !self.text.is_empty() {
            write!(f, ": `{}`", self.text)?;
        }
        Ok(())
    }
}

/// Most defects of one kind of file that are kept; hostile files can hold millions.
pub(crate) const DEFECTS_MAX: usize = 256;

/// Longest quotation in a defect or an evidence, in bytes.
pub(crate) const QUOTE_BYTES_MAX: usize = 200;

/// The text, cut at [`QUOTE_BYTES_MAX`] on a character boundary.
pub(crate) fn shortened(text: &str) -> String {
    if text.len() <= QUOTE_BYTES_MAX {
        return text.to_owned();
    }
    let mut end = QUOTE_BYTES_MAX;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut cut = text.get(..end).unwrap_or_default().to_owned();
    cut.push('…');
    cut
}

/// Adds a defect unless there are enough already.
pub(crate) fn note(defects: &mut Vec<Defect>, defect: Defect) {
    if defects.len() < DEFECTS_MAX {
        defects.push(defect);
    }
}
