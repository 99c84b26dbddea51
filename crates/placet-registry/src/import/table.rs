//! Rows of a CSV (RFC 4180) or TSV file of unknown delimiter and encoding, streamed.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::Encoding;

use super::lines::RowLines;
use crate::{RegistryError, encoding};

/// A row that is longer is set aside.
pub(crate) const ROW_BYTES_MAX: usize = 4 << 20;
/// A table in UTF-16 is turned to UTF-8 in memory and may be this large.
const UTF_16_BYTES_MAX: u64 = 1 << 30;
/// How much of a file is looked at to tell its delimiter.
const SNIFFED: u64 = 256 * 1024;

/// An open table. Its delimiter is a comma, semicolon, tab or vertical bar, its text UTF-8, UTF-16 or Windows-1252: what
/// spreadsheets write.
pub struct Table {
    reader: Reader<Box<dyn Read>>,
    row: ByteRecord,
    lines: RowLines,
    path: PathBuf,
    /// Headers as they stand in the file, without the spaces around them.
    pub header: Vec<String>,
    /// A row with fewer fields cannot be used. Spreadsheets leave out empty cells at the end of a row, so by default two
    /// are enough, or one where there are no more than two headers; who cannot tell a row that was cut off from one that
    /// ends early wants as many as there are headers.
    pub fields_min: usize,
    /// Size of the file in bytes, for progress.
    pub bytes: u64,
}

/// A row: where it stands and its fields, or why it cannot be used.
#[derive(Debug)]
pub struct TableRow {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Where it begins, in bytes of UTF-8 from the start of the table.
    pub byte: u64,
    /// As many as there are headers, without the spaces around them.
    pub fields: Result<Vec<String>, String>,
}

impl Table {
    /// Opens a file and reads its headers. Fails where it cannot be read, is empty or holds binary data.
    pub fn open(path: &Path) -> Result<Table, RegistryError> {
        let fail = |error| RegistryError::read(path, error);
        let mut file = File::open(path).map_err(fail)?;
        let bytes = file.metadata().map_err(fail)?.len();
        let mut head = Vec::new();
        (&mut file).take(SNIFFED).read_to_end(&mut head).map_err(fail)?;
        let no_table = |what: &str| RegistryError::Table { path: path.to_owned(), what: what.to_owned() };
        let utf_16 = Encoding::for_bom(&head)
            .filter(|(encoding, _)| *encoding != encoding_rs::UTF_8)
            .or_else(|| encoding::utf_16_without_mark(&head).map(|encoding| (encoding, 0)));
        let source: Box<dyn Read> = if let Some((encoding, mark)) = utf_16 {
            if bytes > UTF_16_BYTES_MAX {
                return Err(no_table("in UTF-16 it may have 1 GiB"));
            }
            let whole = std::fs::read(path).map_err(fail)?;
            let text =
                encoding.decode_without_bom_handling(whole.get(mark..).unwrap_or_default()).0.into_owned();
            head = text.as_bytes().iter().copied().take(SNIFFED as usize).collect();
            Box::new(Cursor::new(text.into_bytes()))
        } else {
            if head.contains(&0) {
                return Err(no_table("it holds binary data"));
            }
            let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            let rest = head.split_off(mark);
            head.clone_from(&rest);
            Box::new(Cursor::new(rest).chain(BufReader::with_capacity(1 << 20, file)))
        };
        let (delimiter, lines) = (delimiter(&head), RowLines::of(&head));
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(delimiter != b'\t' || is_quoted(&head))
            .flexible(true)
            .has_headers(false)
            .from_reader(source);
        let mut row = ByteRecord::new();
        let found = reader.read_byte_record(&mut row);
        if !found.map_err(|error| fail(error.into()))? {
            return Err(no_table("it is empty"));
        }
        let header: Vec<String> =
            row.iter().map(|field| encoding::decode_field(field).trim().to_owned()).collect();
        let fields_min = if header.len() > 2 { 2 } else { 1 };
        Ok(Table { reader, row, lines, path: path.to_owned(), header, fields_min, bytes })
    }

    /// The next row; empty lines are passed over. Fails where the file cannot be read to its end.
    pub fn next_row(&mut self) -> Result<Option<TableRow>, RegistryError> {
        let before = self.reader.position().line();
        let read = self.reader.read_byte_record(&mut self.row);
        let line = self.lines.line(before, self.reader.position().line(), self.row.as_slice());
        let byte = self.row.position().map_or(0, csv::Position::byte);
        let fields = match read {
            Ok(false) => return Ok(None),
            // Rows of bytes, of any width, fail by the disk alone.
            Err(error) => return Err(RegistryError::read(&self.path, error.into())),
            Ok(true) if self.row.as_slice().len() > ROW_BYTES_MAX => {
                Err(format!("it has more than {ROW_BYTES_MAX} bytes; perhaps a quotation mark is not closed"))
            }
            Ok(true) => self.fields(),
        };
        Ok(Some(TableRow { line, byte, fields }))
    }

    fn fields(&self) -> Result<Vec<String>, String> {
        let (found, wanted) = (self.row.len(), self.header.len());
        // Spreadsheets also end rows with empty cells too many.
        let surplus = self.row.iter().skip(wanted).any(|field| !field.is_empty());
        if surplus || found < self.fields_min {
            return Err(format!("it has {found} fields, the header has {wanted}"));
        }
        let mut fields: Vec<String> = self
            .row
            .iter()
            .take(wanted)
            .map(|field| encoding::decode_field(field).trim().to_owned())
            .collect();
        fields.resize(wanted, String::new());
        Ok(fields)
    }
}

/// The delimiter that the first line has most of, outside quotation marks.
fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [0usize; 4];
    let mut quoted = false;
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            byte => {
                if let Some(i) = DELIMITERS.iter().position(|d| d == byte) {
                    counts[i] += 1;
                }
            }
        }
    }
    // The first of equals; a comma where there is none, since a single column is CSV as well.
    let most = counts.iter().max().copied().unwrap_or(0);
    let at = counts.iter().position(|count| *count == most && most > 0);
    at.and_then(|i| DELIMITERS.get(i).copied()).unwrap_or(b',')
}

const DELIMITERS: [u8; 4] = [b'\t', b';', b',', b'|'];

/// Whether fields between tabs are quoted: every field that begins with a mark ends with one on the same line. In
/// tables that do not quote, a title may begin with a mark, and reading on for its end would swallow rows.
fn is_quoted(head: &[u8]) -> bool {
    let whole_lines = head.iter().rposition(|b| *b == b'\n').map_or(head, |end| &head[..end]);
    let mut marked = whole_lines
        .split(|b| *b == b'\n')
        .flat_map(|line| line.strip_suffix(b"\r").unwrap_or(line).split(|b| *b == b'\t'))
        .filter(|field| field.starts_with(b"\""))
        .peekable();
    marked.peek().is_some() && marked.all(|field| field.len() > 1 && field.ends_with(b"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_knows_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        for end in ["\n", "\r\n"] {
            for last in ["", end] {
                let text = ["a,b", "1,x", "", "2,\"y", "", "z\"", "3,w"].join(end);
                std::fs::write(&path, text + last).unwrap();
                let mut table = Table::open(&path).unwrap();
                let lines: Vec<u64> =
                    std::iter::from_fn(|| table.next_row().unwrap()).map(|row| row.line).collect();
                assert_eq!(lines, [2, 4, 7], "{end:?} {last:?}");
            }
        }
    }

    #[track_caller]
    fn check(bytes: &[u8], wanted: &[&[&str]]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, bytes).unwrap();
        let mut table = Table::open(&path).unwrap();
        let mut rows = vec![table.header.clone()];
        while let Some(line) = table.next_row().unwrap() {
            rows.push(line.fields.unwrap_or_else(|reason| vec![format!("line {}: {reason}", line.line)]));
        }
        assert_eq!(rows, wanted);
    }

    #[test]
    fn delimiters_encodings_and_marks() {
        let wanted: &[&[&str]] = &[&["Titel", "Autor"], &["Die Räuber, ein Schauspiel", "Schiller"]];
        check("Titel;Autor\nDie Räuber, ein Schauspiel;Schiller\n".as_bytes(), wanted);
        check("\u{feff}Titel,Autor\r\n\"Die Räuber, ein Schauspiel\",Schiller".as_bytes(), wanted);
        check("Titel\tAutor\nDie Räuber, ein Schauspiel\tSchiller\n\n".as_bytes(), wanted);
        check(b"Titel|Autor\nDie R\xe4uber, ein Schauspiel|Schiller", wanted);
        let utf_16: Vec<u8> = "\u{feff}Titel;Autor\nDie Räuber, ein Schauspiel;Schiller"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        check(&utf_16, wanted);
    }

    #[test]
    fn a_mark_in_a_table_without_quoting_swallows_nothing() {
        check(
            b"title\tauthor\n\"Boots\" and other songs\tA\nB\tC\n",
            &[&["title", "author"], &["\"Boots\" and other songs", "A"], &["B", "C"]],
        );
        check(b"title\tauthor\n\"a\"\"b\"\t\"c\"\n", &[&["title", "author"], &["a\"b", "c"]]);
    }

    #[test]
    fn rows_of_another_width_are_named() {
        check(
            b"title,author,year\na,b,1,,\na,b\na,b,c,d\na\n",
            &[
                &["title", "author", "year"],
                &["a", "b", "1"],
                &["a", "b", ""],
                &["line 4: it has 4 fields, the header has 3"],
                &["line 5: it has 1 fields, the header has 3"],
            ],
        );
    }

    #[test]
    fn how_short_a_row_may_be_is_the_readers_choice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "a,b,c\n1\n1,2\n1,2,3\n").unwrap();
        for fields_min in 1..=3 {
            let mut table = Table::open(&path).unwrap();
            table.fields_min = fields_min;
            let rows = std::iter::from_fn(|| table.next_row().unwrap());
            assert_eq!(rows.filter(|row| row.fields.is_ok()).count(), 4 - fields_min);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn never_panics(bytes in proptest::collection::vec(0u8.., 0..200)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t.csv");
            std::fs::write(&path, bytes).unwrap();
            if let Ok(mut table) = Table::open(&path) {
                while table.next_row().unwrap().is_some() {}
            }
        }
    }
}
