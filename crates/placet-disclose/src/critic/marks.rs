//! Ticked and empty boxes, however they were printed.

/// A box with the words behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) ticked: bool,
    pub(super) words: String,
}

/// An answer to a question of yes or no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Only this answer is printed, and its box is empty.
    Shown(bool),
    /// Both boxes are ticked.
    Both,
    /// Neither box is ticked, and no words say it.
    Neither,
    /// A box that the form does not have is ticked.
    Invented(String),
}

impl YesNo {
    /// The answer where there is one.
    pub fn said(&self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No => Some(false),
            Self::Shown(yes) => Some(*yes),
            Self::Both | Self::Neither | Self::Invented(_) => None,
        }
    }
}

/// Reads an answer to a question of yes or no.
pub fn yes_no(value: &str) -> YesNo {
    let marks = marks(value);
    let is = |mark: &Mark, word: &str| first_word(&mark.words) == word;
    if marks.is_empty() {
        return match first_word(value).as_str() {
            "yes" => YesNo::Yes,
            "no" => YesNo::No,
            _ => YesNo::Neither,
        };
    }
    let ticked = |word: &str| marks.iter().any(|mark| mark.ticked && is(mark, word));
    let invented = marks.iter().find(|mark| mark.ticked && !is(mark, "yes") && !is(mark, "no"));
    match (ticked("yes"), ticked("no"), invented, marks.as_slice()) {
        (true, true, ..) => YesNo::Both,
        (false, false, Some(mark), _) => YesNo::Invented(mark.words.clone()),
        (true, false, ..) => YesNo::Yes,
        (false, true, ..) => YesNo::No,
        (false, false, None, [only]) if is(only, "yes") || is(only, "no") => YesNo::Shown(is(only, "yes")),
        _ => YesNo::Neither,
    }
}

/// All boxes of a text, each with the words up to the next box or the end of its line.
pub(super) fn marks(text: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for line in text.lines() {
        let line = line.replace("[x]", "☒").replace("[X]", "☒").replace("[ ]", "☐");
        let mut open: Option<Mark> = None;
        for c in line.chars() {
            match ticked(c) {
                Some(ticked) => {
                    marks.extend(open.take());
                    open = Some(Mark { ticked, words: String::new() });
                }
                None => {
                    if let Some(mark) = &mut open {
                        mark.words.push(c);
                    }
                }
            }
        }
        marks.extend(open);
    }
    for mark in &mut marks {
        mark.words = mark.words.trim().to_owned();
    }
    marks
}

/// Whether a character is a box, and whether that is ticked. The private ones are those of Wingdings as word processors embed it.
fn ticked(c: char) -> Option<bool> {
    match c {
        '☑' | '☒' | '✓' | '✔' | '✅' | '⊠' | '▣' | '🗹' | '🗷' | '\u{f0fe}' | '\u{f0fd}' | '\u{f0fc}'
        | '\u{f078}' | '\u{f052}' => Some(true),
        '☐' | '□' | '◻' | '⬜' | '❏' | '❑' | '❒' | '\u{f0a8}' | '\u{f06f}' | '\u{f071}' | '\u{f0a3}' => {
            Some(false)
        }
        _ => None,
    }
}

fn first_word(text: &str) -> String {
    text.chars()
        .skip_while(|c| !c.is_alphanumeric())
        .take_while(|c| c.is_alphanumeric())
        .collect::<String>()
        .to_lowercase()
}

/// Boxes of HTML forms (`<input type="checkbox" checked>`) as characters, so that they outlive the reading of the text.
pub fn html_marks(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let name: String = from.chars().skip(1).take(6).collect::<String>().to_ascii_lowercase();
        let Some(end) = from.find('>').filter(|_| {
            name.starts_with("input") && !name.ends_with(|c: char| c.is_alphanumeric() && c != 't')
        }) else {
            out.push('<');
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        let (tag, after) = from.split_at(end + 1);
        let lower = tag.to_ascii_lowercase();
        let is_box = lower.contains("checkbox") || lower.contains("radio");
        let checked = lower
            .split(|c: char| c.is_whitespace() || matches!(c, '=' | '/' | '>' | '"' | '\''))
            .any(|word| word == "checked");
        if is_box {
            out.push_str(if checked { "☒ " } else { "☐ " });
        } else {
            out.push_str(tag);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_read_however_they_were_printed() {
        for (text, answer) in [
            ("☒ Yes ☐ No", YesNo::Yes),
            ("☐ Yes     ☒ No", YesNo::No),
            ("[ ] Yes\n[x] No", YesNo::No),
            ("\u{f0fe} Yes \u{f0a8} No", YesNo::Yes),
            ("☐ No", YesNo::Shown(false)),
            ("☑ Yes", YesNo::Yes),
            ("☒ Yes ☒ No", YesNo::Both),
            ("☐ Yes ☐ No", YesNo::Neither),
            ("☐ Yes ☐ No ☒ Other (see below)", YesNo::Invented("Other (see below)".to_owned())),
            ("No.", YesNo::No),
            ("", YesNo::Neither),
            ("Noted", YesNo::Neither),
        ] {
            assert_eq!(yes_no(text), answer, "{text}");
        }
    }

    #[test]
    fn boxes_of_html_forms_become_characters() {
        let html =
            "<p><INPUT type=\"checkbox\" checked> Yes <input type=radio> No <input type=text value=a><b>";
        assert_eq!(html_marks(html), "<p>☒  Yes ☐  No <input type=text value=a><b>");
    }
}
