//! Versions of a summary: what changed between two, and the feed that tells it.

use serde::Serialize;

use super::document::{Entry, Summary};

/// The version of the shape of a difference.
pub const SCHEMA: &str = "placet.summary-diff/1";

/// A field whose answer changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Key of the field.
    pub key: String,
    /// Section of the form.
    pub section: String,
    /// Label on the form.
    pub label: String,
    /// The answer before; nothing where there was none.
    pub before: Option<String>,
    /// The answer now.
    pub after: Option<String>,
}

/// What changed between two versions, in the order of the form.
pub fn differences(old: &Summary, new: &Summary) -> Vec<Change> {
    let rows = |summary: &Summary| -> Vec<(String, String, String, String)> {
        let row = |e: &Entry| (e.key.clone(), e.section.clone(), e.label.clone(), e.answer.text());
        summary.fields.iter().map(row).collect()
    };
    changes(&rows(old), &rows(new))
}

/// What changed between two lists of (key, section, label, answer).
pub fn changes(
    old: &[(String, String, String, String)],
    new: &[(String, String, String, String)],
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (key, section, label, after) in new {
        let before = old.iter().find(|row| row.0 == *key).map(|row| row.3.clone());
        if before.as_ref() != Some(after) {
            changes.push(Change {
                key: key.clone(),
                section: section.clone(),
                label: label.clone(),
                before,
                after: Some(after.clone()),
            });
        }
    }
    for (key, section, label, before) in old {
        if !new.iter().any(|row| row.0 == *key) {
            changes.push(Change {
                key: key.clone(),
                section: section.clone(),
                label: label.clone(),
                before: Some(before.clone()),
                after: None,
            });
        }
    }
    changes
}

/// One entry of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Number of the version.
    pub version: u32,
    /// Its day, YYYY-MM-DD.
    pub made: String,
    /// Labels of what changed; nothing for the first one.
    pub changed: Vec<String>,
}

/// The feed of changes, newest first (Atom, RFC 4287).
pub fn feed(title: &str, link: Option<&str>, id: &str, told: &[Told]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n",
    );
    let updated = told.first().map_or("1970-01-01", |told| told.made.as_str());
    let id = format!("urn:blake3:{id}");
    out.push_str(&format!(
        "  <title>{}</title>\n  <id>{}</id>\n  <updated>{}T00:00:00Z</updated>\n  <author><name>{}</name></author>\n",
        escape(title),
        escape(&id),
        escape(updated),
        escape(title)
    ));
    if let Some(link) = link.filter(|link| link.starts_with("https://") || link.starts_with("http://")) {
        out.push_str(&format!("  <link href=\"{}\"/>\n", escape(link)));
    }
    for one in told {
        let says = match one.changed.as_slice() {
            [] => "First version, or nothing but its day changed.".to_owned(),
            changed => format!("Changed: {}", changed.join("; ")),
        };
        out.push_str(&format!(
            "  <entry>\n    <title>Version {}</title>\n    <id>{}:{}</id>\n    <updated>{}T00:00:00Z</updated>\n    <content type=\"text\">{}</content>\n  </entry>\n",
            one.version,
            escape(&id),
            one.version,
            escape(&one.made),
            escape(&says)
        ));
    }
    out.push_str("</feed>\n");
    out
}

/// Text inside XML; characters that XML does not have are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feed_escapes_what_is_foreign() {
        let told =
            [Told { version: 2, made: "2026-11-21".to_owned(), changed: vec!["a <b> & \u{1b}c".to_owned()] }];
        insta::assert_snapshot!(feed("Models of \"X\" & Co", Some("https://x.example/?a&b"), "00ff", &told));
    }
}
