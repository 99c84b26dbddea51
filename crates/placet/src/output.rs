//! Results on standard output, everything else on standard error.
//!
//! Foreign text (titles, paths, names of issuers) passes [`foreign`] at the last moment, so that nothing found in a
//! corpus or a pack can move the cursor, hide text or turn its direction on a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::failure::Failure;

/// Where a command's results and messages go.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
}

#[expect(clippy::unused_self, reason = "whoever holds the handle may print, nobody else does")]
impl Output {
    /// As `--json` and `--quiet` say.
    pub(crate) fn new(json: bool, quiet: bool) -> Output {
        Output { json, quiet }
    }

    /// Whether the result is wanted as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person can answer a question: standard input and standard error are both terminals.
    pub(crate) fn can_ask(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Puts a question to the person at the terminal. No unless the answer begins with `y`.
    pub(crate) fn ask(&self, question: &str) -> Result<bool, Failure> {
        let mut to = io::stderr().lock();
        write!(to, "{question} [y/N] ")?;
        to.flush()?;
        drop(to);
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().chars().next(), Some('y' | 'Y')))
    }

    /// Prints lines of a result. The caller has escaped what is foreign in them.
    pub(crate) fn result(&self, text: &str) -> Result<(), Failure> {
        let mut to = io::stdout().lock();
        to.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            to.write_all(b"\n")?;
        }
        Ok(to.flush()?)
    }

    /// Prints a result as JSON under its versioned shape, `placet.<verb>/1`.
    pub(crate) fn json<T: Serialize>(&self, schema: &str, value: &T) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Shape<'a, T> {
            schema: &'a str,
            #[serde(flatten)]
            value: &'a T,
        }
        let text = serde_json::to_string_pretty(&Shape { schema, value }).map_err(anyhow::Error::new)?;
        self.result(&text)
    }

    /// Says on standard error what is going on; `--quiet` silences it.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            // When standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// Says on standard error what the person has to know; `--quiet` does not silence it.
    pub(crate) fn warn(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "warning: {text}");
    }

    /// A bar with rate and remaining time on a terminal, nothing elsewhere. `unit` is `bytes` or a plural noun.
    pub(crate) fn progress(&self, total: u64, unit: &str) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let amounts = match unit {
            "bytes" => "{bytes} of {total_bytes} · {bytes_per_sec}".to_owned(),
            unit => format!("{{human_pos}} of {{human_len}} {unit} · {{per_sec}}"),
        };
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(4));
        let style = ProgressStyle::with_template(&format!("{{msg}} {{bar:30}} {amounts} · {{eta}} left"))
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(500));
        bar
    }
}

/// Foreign text for a terminal: control, direction and zero-width characters are shown as `\u{…}`.
pub(crate) fn foreign(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            let _ = write!(safe, "{}", c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Columns aligned for reading. Cells are escaped here.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
}

impl Table {
    /// A table with a line of heads; an empty list gives none.
    pub(crate) fn new(heads: &[&str]) -> Table {
        let mut table = Table::default();
        if !heads.is_empty() {
            table.row(heads.iter().copied());
        }
        table
    }

    /// Aligns these columns to the right (numbers).
    #[must_use]
    pub(crate) fn right(mut self, columns: &[usize]) -> Table {
        self.right.extend_from_slice(columns);
        self
    }

    /// Adds a row.
    pub(crate) fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(|cell| foreign(cell.as_ref()).into_owned()).collect());
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|i| {
                self.rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.width()).max().unwrap_or(0)
            })
            .collect();
        for row in &self.rows {
            let mut line = String::new();
            for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if i > 0 {
                    line.push_str("  ");
                }
                let fill = " ".repeat(width.saturating_sub(cell.width()));
                if self.right.contains(&i) {
                    line.push_str(&fill);
                    line.push_str(cell);
                } else {
                    line.push_str(cell);
                    line.push_str(&fill);
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_moves_the_cursor() {
        assert_eq!(foreign("Война и мир — 戦争と平和"), "Война и мир — 戦争と平和");
        assert_eq!(foreign("a\u{1b}[2Jb\rc\u{202e}d\u{200b}e"), r"a\u{1b}[2Jb\u{d}c\u{202e}d\u{200b}e");
    }

    #[test]
    fn a_table_counts_columns_of_the_terminal() {
        let mut table = Table::new(&["work", "letters"]).right(&[1]);
        table.row(["戦争と平和", "7"]);
        table.row(["Emma", "1200"]);
        insta::assert_snapshot!(table.to_string(), @r"
        work        letters
        戦争と平和        7
        Emma           1200
        ");
    }
}
