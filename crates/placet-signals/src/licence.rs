//! Public licences: Creative Commons by URL, SPDX licence expressions in file tags.
//!
//! A public licence is a licence, not a wish: where it is proven to come from the rightsholder it lifts a no, with its
//! obligations. Creative Commons licences do not forbid what an exception allows.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use placet_core::{Actor, Actors, Condition, Nature, Reach, Statement, Tier, Use, UseSet, Verdict};

use crate::defect::{Defect, Problem, note};
use crate::header;
use crate::statement::{AI_USES, evidence, of_asset, of_place};
use crate::text;

/// What a licence lets an AI system do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The licence by its SPDX identifier.
    pub id: String,
    /// Uses that it allows.
    pub allowed: UseSet,
    /// Uses whose standing under it is contested: a person must look.
    pub contested: UseSet,
    /// Whether only non-commercial users are licensed.
    pub is_non_commercial: bool,
    /// What it asks for.
    pub duties: Vec<&'static str>,
}

const EVERY: UseSet = AI_USES.with(Use::Search).with(Use::Display);

/// The terms of a Creative Commons licence or mark by its URL.
///
/// # Examples
/// ```
/// # use placet_signals::licence::creative_commons;
/// let terms = creative_commons("https://creativecommons.org/licenses/by-nc/4.0/deed.de").unwrap();
/// assert!(terms.is_non_commercial);
/// assert_eq!(terms.id, "CC-BY-NC-4.0");
/// ```
pub fn creative_commons(url: &str) -> Option<Terms> {
    let rest = url.trim().split_once("://").map_or(url.trim(), |(_, rest)| rest).trim_start_matches("www.");
    let path = rest.strip_prefix("creativecommons.org/")?;
    let mut parts = path.split(['/', '?', '#']);
    let (kind, name, version) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
    let name = name.to_ascii_lowercase();
    match (kind, name.as_str()) {
        ("publicdomain", "zero") => Some(public_domain(format!("CC0-{version}"))),
        ("publicdomain", "mark") => Some(public_domain(format!("CC-PDM-{version}"))),
        ("licenses", "publicdomain") => Some(public_domain("CC-PDDC".to_owned())),
        ("licenses", _) => from_elements(&name, &format!("CC-{}-{version}", name.to_ascii_uppercase())),
        _ => None,
    }
}

fn public_domain(id: String) -> Terms {
    Terms { id, allowed: EVERY, contested: UseSet::NONE, is_non_commercial: false, duties: Vec::new() }
}

/// The terms from `by`, `nc`, `sa`, `nd` between hyphens.
fn from_elements(name: &str, id: &str) -> Option<Terms> {
    let elements: BTreeSet<&str> = name.split('-').collect();
    if !elements.contains("by") || !elements.is_subset(&BTreeSet::from(["by", "nc", "sa", "nd"])) {
        return None;
    }
    let mut terms = public_domain(id.trim_end_matches('-').to_owned());
    terms.duties.push("attribution");
    terms.is_non_commercial = elements.contains("nc");
    if elements.contains("sa") {
        terms.duties.push("share-alike");
    }
    if elements.contains("nd") {
        // Analysis makes no adaptation that is shared; whether a generating model is one is contested.
        let contested =
            UseSet::NONE.with(Use::TrainGen).with(Use::FineTune).with(Use::AiOutput).with(Use::Replica);
        terms.contested = contested;
        terms.allowed = EVERY.iter().filter(|u| !contested.contains(*u)).collect();
    }
    Some(terms)
}

impl Terms {
    /// The statements of a licence, in the frame of the place it was found in.
    fn statements(&self, frame: &Statement) -> Vec<Statement> {
        let actors = if self.is_non_commercial {
            Actors::Only(BTreeSet::from([Actor::Class("non-commercial".to_owned())]))
        } else {
            Actors::Anyone
        };
        let duties = self
            .duties
            .iter()
            .map(|d| Condition { duty: (*d).to_owned(), detail: Some(self.id.clone()), before_use: false })
            .collect();
        let said = Statement {
            version: Some(self.id.clone().into()),
            nature: Nature::Licence,
            actors,
            duties,
            ..frame.clone()
        };
        let mut stated = vec![Statement { verdict: Verdict::Allowed, uses: self.allowed, ..said.clone() }];
        if !self.contested.is_empty() {
            stated.push(Statement { verdict: Verdict::Unknown, uses: self.contested, ..said });
        }
        stated
    }
}

/// Licences in `Link` header fields with `rel="license"`; other targets than Creative Commons state nothing here.
pub(crate) fn in_links(fields: &[&[u8]]) -> Vec<Statement> {
    fields
        .iter()
        .flat_map(|field| header::links(field))
        .filter(|link| link.has_relation("license"))
        .flat_map(|link| in_page(&link.url, "#link"))
        .collect()
}

/// A licence URL of a page (`rel=license`, `RDFa`); any other URL than Creative Commons' states nothing.
pub fn in_page(url: &str, part: &str) -> Vec<Statement> {
    let frame = Statement {
        evidence: evidence(part, None, url),
        ..of_place("creative-commons", Tier::B, Reach::Url)
    };
    creative_commons(url).map(|t| t.statements(&frame)).unwrap_or_default()
}

/// A licence URL that a file carries (`cc:license`, `xmpRights:WebStatement`, `WCOP` …).
pub fn in_asset(url: &str, part: &str) -> Vec<Statement> {
    let frame = Statement { evidence: evidence(part, None, url), ..of_asset("creative-commons", Tier::B) };
    creative_commons(url).map(|t| t.statements(&frame)).unwrap_or_default()
}

/// Most bytes of a file that are searched for a tag: tags stand at the top.
pub const TAG_BYTES_MAX: usize = 64 * 1024;
const TAG: &str = "SPDX-License-Identifier:";
/// Made once: a corpus has many short texts, and making it costs as much as a search through one.
static TAGS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(TAG));

/// Whether a file has a tag at all: a quick look.
pub fn has_tag(bytes: &[u8]) -> bool {
    let head = bytes.get(..TAG_BYTES_MAX).unwrap_or(bytes);
    TAGS.find(head).is_some()
}

/// Reads `SPDX-License-Identifier` tags of a file.
pub fn spdx_tags(bytes: &[u8]) -> (Vec<Statement>, Vec<Defect>) {
    let (mut stated, mut defects) = (Vec::new(), Vec::new());
    let head = bytes.get(..TAG_BYTES_MAX).unwrap_or(bytes);
    if !has_tag(head) {
        return (stated, defects);
    }
    let decoded = String::from_utf8_lossy(head);
    for (number, line) in text::lines(&decoded) {
        let Some((_, expression)) = line.split_once(TAG) else { continue };
        let expression = expression.trim().trim_end_matches(['*', '/', '-', '>', '#']).trim();
        let frame =
            Statement { evidence: evidence("", Some(number), line.trim()), ..of_asset("spdx", Tier::B) };
        match spdx(expression) {
            Some(terms) => stated.extend(terms.statements(&frame)),
            None => note(&mut defects, Defect::at(number, Problem::UnknownWord, expression)),
        }
    }
    (stated, defects)
}

/// The terms of an SPDX expression: all of `AND`, the most permissive of `OR`.
pub fn spdx(expression: &str) -> Option<Terms> {
    const PARTS_MAX: usize = 200;
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().take(PARTS_MAX + 1).collect();
    if words.is_empty() || words.len() > PARTS_MAX {
        return None;
    }
    let mut reader = Expression { words: &words, at: 0, depth: 0 };
    let mut terms = reader.any()?;
    if reader.at < words.len() {
        return None;
    }
    expression.clone_into(&mut terms.id);
    Some(terms)
}

struct Expression<'a> {
    words: &'a [&'a str],
    at: usize,
    depth: usize,
}

impl Expression<'_> {
    fn any(&mut self) -> Option<Terms> {
        let mut terms = self.every()?;
        while self.take("OR") {
            let other = self.every()?;
            let rank =
                |t: &Terms| (t.allowed.iter().count(), !t.is_non_commercial, usize::MAX - t.duties.len());
            if rank(&other) > rank(&terms) {
                terms = other;
            }
        }
        Some(terms)
    }

    fn every(&mut self) -> Option<Terms> {
        let mut terms = self.one()?;
        while self.take("AND") {
            let other = self.one()?;
            terms.allowed = terms.allowed.intersection(other.allowed);
            terms.contested = terms.contested.union(other.contested);
            terms.is_non_commercial |= other.is_non_commercial;
            terms.duties.extend(other.duties);
            terms.duties.sort_unstable();
            terms.duties.dedup();
        }
        Some(terms)
    }

    fn one(&mut self) -> Option<Terms> {
        const DEPTH_MAX: usize = 32;
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return None;
            }
            let inside = self.any()?;
            self.depth -= 1;
            return self.take(")").then_some(inside);
        }
        let id = *self.words.get(self.at)?;
        self.at += 1;
        let terms = licence_terms(id.trim_end_matches('+'))?;
        if self.take("WITH") {
            self.at += 1;
        }
        Some(terms)
    }

    fn take(&mut self, word: &str) -> bool {
        let here = self.words.get(self.at).is_some_and(|w| w.eq_ignore_ascii_case(word));
        self.at += usize::from(here);
        here
    }
}

/// Terms by identifier; absent where this table does not know the licence, which grants nothing.
fn licence_terms(id: &str) -> Option<Terms> {
    let lower = id.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("cc-") {
        let elements = rest.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
        return from_elements(elements, id);
    }
    let simple = |duties: Vec<&'static str>| Terms { duties, ..public_domain(id.to_owned()) };
    match lower.as_str() {
        "cc0-1.0" | "unlicense" | "0bsd" | "mit-0" | "pddl-1.0" | "wtfpl" => Some(simple(Vec::new())),
        "mit" | "apache-2.0" | "bsd-2-clause" | "bsd-3-clause" | "isc" | "zlib" | "bsl-1.0" | "ofl-1.1"
        | "ncsa" | "postgresql" | "python-2.0" | "x11" | "odc-by-1.0" => Some(simple(vec!["attribution"])),
        _ if ["gpl-", "lgpl-", "agpl-", "mpl-", "epl-", "eupl-", "odbl-", "cddl-", "osl-"]
            .iter()
            .any(|p| lower.starts_with(p)) =>
        {
            // Whether a model is a derived work under copyleft is contested.
            Some(Terms {
                allowed: UseSet::NONE.with(Use::Tdm).with(Use::Search).with(Use::Evaluation),
                contested: EVERY
                    .iter()
                    .filter(|u| !matches!(u, Use::Tdm | Use::Search | Use::Evaluation))
                    .collect(),
                ..simple(vec!["attribution", "share-alike"])
            })
        }
        _ => None,
    }
}
