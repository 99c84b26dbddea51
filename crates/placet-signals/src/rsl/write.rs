//! Writing documents.

use placet_core::{Use, UseSet};

use super::{Content, Licence, SPACE, usage_of};

/// Writes a document that reads back as the same terms, as far as the vocabulary can say them.
pub fn write(contents: &[Content]) -> String {
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rsl xmlns=\"{SPACE}\">\n");
    for content in contents {
        out.push_str(&format!("  <content url=\"{}\"", escaped(&content.url)));
        if let Some(server) = &content.server {
            out.push_str(&format!(" server=\"{}\"", escaped(server)));
        }
        out.push_str(">\n");
        for licence in &content.licences {
            write_licence(licence, &mut out);
        }
        if let Some(holder) = &content.copyright {
            out.push_str(&format!("    <copyright>{}</copyright>\n", escaped(holder)));
        }
        out.push_str("  </content>\n");
    }
    out.push_str("</rsl>\n");
    out
}

fn write_licence(licence: &Licence, out: &mut String) {
    out.push_str("    <license>\n");
    let mut list = |element: &str, kind: &str, words: String| {
        if !words.is_empty() {
            out.push_str(&format!("      <{element} type=\"{kind}\">{}</{element}>\n", escaped(&words)));
        }
    };
    let joined = |words: &std::collections::BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join(" ");
    let codes = |countries: &std::collections::BTreeSet<[u8; 2]>| {
        countries.iter().map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join(" ")
    };
    list("permits", "usage", licence.permitted.map(words_of).unwrap_or_default());
    list("permits", "user", joined(&licence.users));
    list("permits", "geo", codes(&licence.countries));
    list("prohibits", "usage", words_of(licence.prohibited));
    list("prohibits", "user", joined(&licence.users_excluded));
    list("prohibits", "geo", codes(&licence.countries_excluded));
    for duty in &licence.duties {
        let kind = match duty.duty.as_str() {
            "attribution" => "attribution",
            "payment" => "purchase",
            _ => continue,
        };
        let detail = duty.detail.as_deref().unwrap_or_default();
        out.push_str(&format!("      <payment type=\"{kind}\">"));
        if !detail.is_empty() {
            out.push_str(&format!("<custom>{}</custom>", escaped(detail)));
        }
        out.push_str("</payment>\n");
    }
    out.push_str("    </license>\n");
}

/// The fewest words that cover no more than these uses.
fn words_of(uses: UseSet) -> String {
    let mut left = uses;
    let mut words = Vec::new();
    for word in ["all", "ai-all", "ai-train", "ai-input", "ai-index", "search"] {
        let covers = usage_of(word).unwrap_or_default();
        let fits = covers.intersection(uses) == covers && !left.intersection(covers).is_empty();
        if fits {
            words.push(word);
            left = left.iter().filter(|u: &Use| !covers.contains(*u)).collect();
        }
    }
    words.join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
