//! A document of blocks, and how it is written as plain text.

use serde::{Deserialize, Serialize};

use super::shown;

/// A document: a letter with its addresses, or a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// BCP 47 primary language of its words; it also gives their direction.
    pub lang: String,
    /// The title, of a letter the subject.
    pub title: String,
    /// A line below the title of a report.
    #[serde(default)]
    pub subtitle: String,
    /// What stands at the foot of each page beside its number.
    pub footer: String,
    /// Who speaks, for the metadata.
    #[serde(default)]
    pub author: Vec<String>,
    /// Addresses and date, of a letter alone.
    #[serde(flatten)]
    pub layout: Layout,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// How the first page begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "layout", rename_all = "kebab-case")]
pub enum Layout {
    /// With a title.
    Report,
    /// With addresses and a date.
    Letter {
        /// To whom, in lines.
        recipient: String,
        /// From whom, in lines.
        sender: String,
        /// The date, written out.
        date: String,
    },
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Block {
    /// A heading; level 1 or 2, and no 2 without a 1 before.
    Heading {
        /// 1 or 2.
        level: u8,
        /// The words.
        text: String,
    },
    /// A paragraph.
    Text {
        /// The words; line breaks stay.
        text: String,
    },
    /// A paragraph that must not be missed.
    Strong {
        /// The words.
        text: String,
    },
    /// A remark beside the matter, such as what a proof does not prove.
    Note {
        /// The words.
        text: String,
    },
    /// A question of a form, before its answer.
    Question {
        /// The words.
        text: String,
    },
    /// What the answer before stands on.
    Source {
        /// The words.
        text: String,
    },
    /// A list without order.
    List {
        /// Its items.
        items: Vec<String>,
    },
    /// A numbered list.
    Steps {
        /// Its items.
        items: Vec<String>,
    },
    /// What a machine reads or wrote: commands, hashes, lines of a log.
    Code {
        /// The text as it is.
        text: String,
    },
    /// Labelled values.
    Fields {
        /// One for each line.
        rows: Vec<Field>,
    },
    /// A table.
    Table {
        /// Its columns.
        columns: Vec<Column>,
        /// Its rows; each has as many cells as there are columns.
        rows: Vec<Vec<String>>,
    },
    /// A line to sign on.
    Sign {
        /// The name below it.
        text: String,
    },
    /// Some room.
    Gap,
    /// A new page.
    Break,
}

/// A labelled value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
    /// Whether it is for machines.
    #[serde(default)]
    pub code: bool,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its head.
    pub label: String,
    /// Its share of the width.
    pub width: u32,
    /// Whether it is for machines.
    #[serde(default)]
    pub code: bool,
    /// Whether its cells stand at the end of the line, as amounts do.
    #[serde(default)]
    pub end: bool,
}

impl Column {
    /// A column of words.
    pub fn new(label: impl Into<String>, width: u32) -> Column {
        Column { label: label.into(), width, code: false, end: false }
    }

    /// For machines.
    #[must_use]
    pub fn code(mut self) -> Column {
        self.code = true;
        self
    }

    /// For amounts.
    #[must_use]
    pub fn end(mut self) -> Column {
        self.end = true;
        self
    }
}

impl Block {
    /// A heading of level 1.
    pub fn heading(text: impl Into<String>) -> Block {
        Block::Heading { level: 1, text: text.into() }
    }

    /// A heading of level 2.
    pub fn subheading(text: impl Into<String>) -> Block {
        Block::Heading { level: 2, text: text.into() }
    }

    /// A paragraph.
    pub fn text(text: impl Into<String>) -> Block {
        Block::Text { text: text.into() }
    }

    /// A remark.
    pub fn note(text: impl Into<String>) -> Block {
        Block::Note { text: text.into() }
    }

    /// Labelled values; those that are empty are left out.
    pub fn fields<L: Into<String>, V: Into<String>>(rows: impl IntoIterator<Item = (L, V)>) -> Block {
        let rows = rows
            .into_iter()
            .map(|(label, value)| Field { label: label.into(), value: value.into(), code: false })
            .filter(|field| !field.value.is_empty());
        Block::Fields { rows: rows.collect() }
    }
}

impl Paper {
    /// As plain text of 78 columns, for mail and for reading aloud.
    pub fn text(&self) -> String {
        let mut out = String::new();
        if let Layout::Letter { recipient, sender, date } = &self.layout {
            for part in [sender, recipient, date] {
                out.push_str(&format!("{}\n\n", shown(part)));
            }
        }
        out.push_str(&format!(
            "{}\n{}\n\n",
            shown(&self.title),
            "=".repeat(self.title.chars().count().min(COLUMNS))
        ));
        if !self.subtitle.is_empty() {
            paragraph(&mut out, "", &self.subtitle);
        }
        for block in &self.blocks {
            block.write(&mut out);
        }
        let end = out.trim_end().len();
        out.truncate(end);
        out.push('\n');
        out
    }
}

const COLUMNS: usize = 78;

impl Block {
    fn write(&self, out: &mut String) {
        match self {
            Block::Heading { text, level } => {
                let rule = if *level == 1 { "-" } else { "." };
                out.push_str(&format!(
                    "{}\n{}\n\n",
                    shown(text),
                    rule.repeat(text.chars().count().min(COLUMNS))
                ));
            }
            Block::Text { text } | Block::Strong { text } => paragraph(out, "", text),
            Block::Question { text } => bullet(out, "", text),
            Block::Note { text } | Block::Source { text } => paragraph(out, "  | ", text),
            Block::List { items } => {
                for item in items {
                    bullet(out, "- ", item);
                }
                out.push('\n');
            }
            Block::Steps { items } => {
                for (n, item) in items.iter().enumerate() {
                    bullet(out, &format!("{}. ", n + 1), item);
                }
                out.push('\n');
            }
            Block::Code { text } => {
                shown(text).lines().for_each(|line| out.push_str(&format!("    {line}\n")));
                out.push('\n');
            }
            Block::Fields { rows } => {
                for row in rows {
                    bullet(out, &format!("{}: ", shown(&row.label)), &row.value);
                }
                out.push('\n');
            }
            Block::Table { columns, rows } => {
                for row in rows {
                    for (column, cell) in columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
                        bullet(out, &format!("  {}: ", shown(&column.label)), cell);
                    }
                    out.push('\n');
                }
            }
            Block::Sign { text } => {
                out.push_str(&format!("\n________________________________\n{}\n\n", shown(text)));
            }
            Block::Gap => {}
            Block::Break => out.push('\n'),
        }
    }
}

fn paragraph(out: &mut String, indent: &str, text: &str) {
    for line in shown(text).lines() {
        fill(out, indent, indent, line);
    }
    out.push('\n');
}

fn bullet(out: &mut String, mark: &str, text: &str) {
    let rest = " ".repeat(mark.chars().count().min(8));
    let text = shown(text);
    let mut lines = text.lines();
    fill(out, mark, &rest, lines.next().unwrap_or_default());
    lines.for_each(|line| fill(out, &rest, &rest, line));
}

/// Breaks a line at its spaces.
fn fill(out: &mut String, first: &str, rest: &str, line: &str) {
    let mut column = first.chars().count();
    out.push_str(first);
    let mut start = true;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let width = word.chars().count();
        if !start && column + 1 + width > COLUMNS {
            out.push('\n');
            out.push_str(rest);
            column = rest.chars().count();
            start = true;
        }
        if !start {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
        start = false;
    }
    while out.ends_with(' ') {
        out.pop();
    }
    out.push('\n');
}
