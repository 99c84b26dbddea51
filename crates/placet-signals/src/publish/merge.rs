//! Putting what is ours among what is there, and taking it back on the next run.
//!
//! Foreign lines stay as they are, to the byte. Ours stand between two marks and are replaced as a whole, so that
//! writing twice is writing once.

use serde_json::Value;

use super::{MergeBy, SiteFile};
use crate::robots;

/// Begins what is ours.
pub(crate) const BEGIN: &str = "placet:begin";
/// Ends it.
pub(crate) const END: &str = "placet:end";
/// Marks a file that is ours as a whole.
const WHOLE: &str = "written by placet publish";

/// Why a file cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmergeable {
    /// It is a web page where a text was expected.
    #[error("{0} is a web page; move it away, then publish again")]
    WebPage(String),
    /// The beginning of our part stands without its end.
    #[error("{0} holds a line `{BEGIN}` without `{END}`; take the line out, then publish again")]
    Unended(String),
    /// It is no array of objects.
    #[error(
        "{0} is not the JSON that the protocol asks for ({1}); mend it or move it away, then publish again"
    )]
    NoJson(String, String),
    /// It is somebody else's document.
    #[error("{0} is another document; move it away, then publish again")]
    Foreign(String),
}

/// The file with our part in it. What exists is given; where nothing does, the file is new.
pub fn merge(existing: Option<&[u8]>, file: &SiteFile) -> Result<Vec<u8>, Unmergeable> {
    let name = || file.path.to_owned();
    let Some(existing) = existing.filter(|e| !e.trim_ascii().is_empty()) else {
        return Ok(match file.by {
            MergeBy::Block => block(&file.text, "#", "").into_bytes(),
            MergeBy::Entries | MergeBy::Whole => file.text.clone().into_bytes(),
        });
    };
    match file.by {
        MergeBy::Block => {
            if crate::text::is_html(existing) {
                return Err(Unmergeable::WebPage(name()));
            }
            let (before, after) = around(existing).ok_or_else(|| Unmergeable::Unended(name()))?;
            let mut merged = before.to_vec();
            if !merged.is_empty() && !merged.ends_with(b"\n") {
                merged.push(b'\n');
            }
            // Agents without a rule behind them would take ours into their group.
            let (foreign, _) = robots::parse(&merged);
            let is_open = foreign.groups.last().is_some_and(|g| g.rules.is_empty());
            let closing = if is_open && file.path.ends_with("robots.txt") { "Disallow:\n" } else { "" };
            merged.extend_from_slice(block(&file.text, "#", closing).as_bytes());
            merged.extend_from_slice(after);
            Ok(merged)
        }
        MergeBy::Entries => entries(existing, file),
        MergeBy::Whole => {
            let is_ours = memchr::memmem::find(existing, WHOLE.as_bytes()).is_some();
            if is_ours { Ok(file.text.clone().into_bytes()) } else { Err(Unmergeable::Foreign(name())) }
        }
    }
}

/// What stands before and behind our part; everything before where there is none.
fn around(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut begin = None;
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        let line = rest.get(..len).unwrap_or(rest);
        let is = |mark: &str| {
            let line = line.trim_ascii();
            (line.starts_with(b"#") || line.starts_with(b"<!--"))
                && memchr::memmem::find(line, mark.as_bytes()).is_some()
        };
        if begin.is_none() && is(BEGIN) {
            begin = Some(at);
        } else if let (Some(begin), true) = (begin, is(END)) {
            return Some((bytes.get(..begin).unwrap_or_default(), bytes.get(at + len..).unwrap_or_default()));
        }
        at += len;
    }
    begin.is_none().then_some((bytes, &[][..]))
}

fn block(text: &str, sign: &str, closing: &str) -> String {
    format!(
        "{sign} {BEGIN} ({WHOLE}; change the terms and publish again)\n{closing}{text}{gap}{sign} {END}\n",
        gap = if text.ends_with('\n') { "" } else { "\n" }
    )
}

/// A `tdmrep.json`: foreign entries stay in their order, and the one for the whole host is ours, last.
fn entries(existing: &[u8], file: &SiteFile) -> Result<Vec<u8>, Unmergeable> {
    let wrong = |why: String| Unmergeable::NoJson(file.path.to_owned(), why);
    let read = |bytes: &[u8]| -> Result<Vec<Value>, Unmergeable> {
        match serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))? {
            Value::Array(entries) => Ok(entries),
            _ => Err(wrong("no array".to_owned())),
        }
    };
    let ours = read(file.text.as_bytes())?;
    let is_whole = |entry: &Value| {
        let location = entry.get("location").and_then(Value::as_str).unwrap_or_default();
        matches!(location, "/" | "/*" | "*")
    };
    let mut entries = read(existing)?;
    if ours.iter().all(|o| entries.contains(o))
        && entries.iter().filter(|e| is_whole(e)).count() == ours.len()
    {
        return Ok(existing.to_vec());
    }
    entries.retain(|e| !is_whole(e));
    entries.extend(ours);
    Ok(format!("{:#}\n", Value::Array(entries)).into_bytes())
}

/// A page with our elements behind the beginning of its head; absent where it has no head.
pub fn page(existing: &[u8], elements: &str) -> Option<Vec<u8>> {
    let (before, after) = around(existing)?;
    let bare = [before, after].concat();
    if elements.is_empty() {
        return (bare.len() != existing.len()).then_some(bare);
    }
    let lower = bare.to_ascii_lowercase();
    let head = memchr::memmem::find_iter(&lower, b"<head")
        .find(|at| lower.get(at + 5).is_some_and(|b| *b == b'>' || b.is_ascii_whitespace()))?;
    let end = head + memchr::memchr(b'>', lower.get(head..)?)? + 1;
    let (head, body) = bare.split_at_checked(end)?;
    let body_begins = if body.starts_with(b"\n") { "" } else { "\n" };
    // The line break behind the head is kept where it is; ours begins on the next line.
    let (line, body) = if body_begins.is_empty() { body.split_at_checked(1)? } else { (&b"\n"[..], body) };
    let ours = format!("<!-- {BEGIN} ({WHOLE}) -->\n{elements}<!-- {END} -->\n");
    Some([head, line, ours.as_bytes(), body].concat())
}
