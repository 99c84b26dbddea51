//! The line on which a row of a table begins.

/// Which line of a file a row begins on, where a reader of the crate `csv` counted `before` lines before it read the row and
/// `after` afterwards. That reader counts line feeds: it leaves the one of CR LF to the next row, passes empty lines
/// without a word, and may find none at the end of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowLines {
    carriage_returns: bool,
}

impl RowLines {
    /// For a file that begins with these bytes.
    pub(crate) fn of(head: &[u8]) -> Self {
        let first = head.iter().position(|byte| *byte == b'\n');
        let before = first.and_then(|at| at.checked_sub(1)).and_then(|at| head.get(at));
        Self { carriage_returns: before == Some(&b'\r') }
    }

    /// The line of a row with these fields, from 1. Not for the first row of a file, which is its heads.
    pub(crate) fn line(self, before: u64, after: u64, fields: &[u8]) -> u64 {
        let pending = u64::from(self.carriage_returns);
        let lines = fields.split(|byte| *byte == b'\n').count() as u64;
        (before + pending).max((after + pending).saturating_sub(lines))
    }
}
