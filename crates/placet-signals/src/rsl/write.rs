//! Writing documents.

use std::collections::BTreeSet;

use placet_core::{Use, UseSet};

use super::{Content, Licence, SPACE, usage_of};

/// Writes a document that reads back as the same terms, as far as the vocabulary can say them.
pub fn write(contents: &[Content]) -> String {
    let mut lines =
        vec!["<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(), format!("<rsl xmlns=\"{SPACE}\">")];
    for content in contents {
        let server =
            content.server.as_ref().map(|s| format!(" server=\"{}\"", escaped(s))).unwrap_or_default();
        lines.push(format!("  <content url=\"{}\"{server}>", escaped(&content.url)));
        for licence in &content.licences {
            lines.extend(licence_lines(licence));
        }
        if content.copyright.is_some() || content.contact.is_some() {
            let contact = content.contact.as_deref().map(contact_attribute).unwrap_or_default();
            let holder = content.copyright.as_deref().unwrap_or_default();
            lines.push(format!("    <copyright{contact}>{}</copyright>", escaped(holder)));
        }
        lines.push("  </content>".to_owned());
    }
    lines.extend(["</rsl>".to_owned(), String::new()]);
    lines.join("\n")
}

fn licence_lines(licence: &Licence) -> Vec<String> {
    let users = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(" ");
    let codes = |countries: &BTreeSet<[u8; 2]>| {
        countries.iter().map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join(" ")
    };
    // An empty list permits nothing; no list says nothing.
    let permitted = licence.permitted.map(words_of);
    let prohibited = words_of(licence.prohibited.union(licence.prohibited_by_intent));
    let mut lines = vec!["    <license>".to_owned()];
    for (element, kind, words) in [
        ("permits", "usage", permitted),
        ("permits", "user", Some(users(&licence.users)).filter(|w| !w.is_empty())),
        ("permits", "geo", Some(codes(&licence.countries)).filter(|w| !w.is_empty())),
        ("prohibits", "usage", Some(prohibited).filter(|w| !w.is_empty())),
        ("prohibits", "user", Some(users(&licence.users_excluded)).filter(|w| !w.is_empty())),
        ("prohibits", "geo", Some(codes(&licence.countries_excluded)).filter(|w| !w.is_empty())),
    ] {
        if let Some(words) = words {
            lines.push(format!("      <{element} type=\"{kind}\">{}</{element}>", escaped(&words)));
        }
    }
    for duty in &licence.duties {
        let detail = duty.detail.as_deref().unwrap_or_default();
        let (kind, terms) = match duty.duty.as_str() {
            "attribution" => ("attribution", detail),
            // The reader puts the kind of the payment before its terms.
            "payment" => match detail.split_once(' ').unwrap_or((detail, "")) {
                (kind, terms) if PAYMENTS.contains(&kind) => (kind, terms),
                _ => ("purchase", detail),
            },
            _ => continue,
        };
        lines.push(format!("      <payment type=\"{kind}\">{}</payment>", payment_terms(terms)));
    }
    lines.push("    </license>".to_owned());
    lines
}

/// Kinds of payment that name terms of pay.
pub(crate) const PAYMENTS: [&str; 6] =
    ["purchase", "subscription", "training", "crawl", "use", "contribution"];

/// An amount with its currency where the terms are one, otherwise the terms in words.
fn payment_terms(terms: &str) -> String {
    match terms.split_once(' ') {
        _ if terms.is_empty() => String::new(),
        Some((amount, currency))
            if currency.len() == 3
                && currency.bytes().all(|b| b.is_ascii_uppercase())
                && amount.bytes().all(|b| b.is_ascii_digit() || b == b'.') =>
        {
            format!("<amount currency=\"{currency}\">{}</amount>", escaped(amount))
        }
        _ => format!("<custom>{}</custom>", escaped(terms)),
    }
}

fn contact_attribute(contact: &str) -> String {
    let address = contact.strip_prefix("mailto:").unwrap_or(contact);
    let name = if address.contains("://") { "contactUrl" } else { "contactEmail" };
    format!(" {name}=\"{}\"", escaped(address))
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
