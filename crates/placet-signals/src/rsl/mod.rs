//! Really Simple Licensing, version 1.0 (and 0.9 as found in the wild): licences as XML, with all ways they are found.
//!
//! `permits` is a closed list: what it does not name is refused. `prohibits` beats it. The most specific content
//! decides; of several equally specific ones all speak. A licence that cannot be obtained leaves the asset
//! unlicensed, which is a no; `License:` lines never change what may be fetched.

mod discover;
mod write;

pub use discover::{Link, MEDIA_TYPE, in_headers, in_robots, unlicensed};
pub(crate) use write::PAYMENTS;
pub use write::write;

use std::collections::BTreeSet;

use placet_core::{
    Actor, Actors, Condition, Nature, ParseStatus, Reach, Statement, Territory, Tier, Use, UseSet, Verdict,
};

use crate::defect::{Defect, Problem, note};
use crate::robots;
use crate::statement::{AI_USES, TRAINING, evidence, of_place};
use crate::xml::{self, Element};

/// The namespace of the vocabulary.
pub const SPACE: &str = "https://rslstandard.org/rsl";
/// Most contents of one document.
pub const CONTENTS_MAX: usize = 10_000;
/// Most licences of one content.
const LICENCES_MAX: usize = 100;

/// A document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rsl {
    /// Its contents in order.
    pub contents: Vec<Content>,
    /// Days that it may be kept.
    pub max_age_days: Option<u32>,
    /// Whether words of version 0.9 occur.
    pub is_legacy: bool,
}

/// What is licensed, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Pattern of paths or absolute URL as it stands; empty for whatever carries the document.
    pub url: String,
    /// Where licences are issued (Open License Protocol).
    pub server: Option<String>,
    /// Whether the content is encrypted.
    pub encrypted: bool,
    /// The licences offered.
    pub licences: Vec<Licence>,
    /// Who holds the rights, as told.
    pub copyright: Option<String>,
    /// How to reach the holder: an e-mail address or a URL, as told.
    pub contact: Option<String>,
}

/// One licence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Licence {
    /// Uses permitted; absent where the licence names none.
    pub permitted: Option<UseSet>,
    /// Uses prohibited.
    pub prohibited: UseSet,
    /// Uses that words outside the vocabulary in a prohibition were meant for.
    pub prohibited_by_intent: UseSet,
    /// Users to whom it is limited.
    pub users: BTreeSet<String>,
    /// Users excluded.
    pub users_excluded: BTreeSet<String>,
    /// Countries to which it is limited.
    pub countries: BTreeSet<[u8; 2]>,
    /// Countries excluded.
    pub countries_excluded: BTreeSet<[u8; 2]>,
    /// What is asked for.
    pub duties: Vec<Condition>,
    /// Whether it asks for a report in a profile that this reader does not know: then nobody is licensed.
    pub unknown_report: bool,
}

/// Reads a document, alone or inside RSS, EPUB, HTML or XMP.
pub fn parse(bytes: &[u8]) -> (Rsl, Vec<Defect>) {
    if crate::text::is_html(bytes) {
        return (Rsl::default(), vec![Defect::new(Problem::Html, "")]);
    }
    let (root, mut defects) = xml::parse(bytes);
    let mut rsl = Rsl::default();
    let Some(root) = root else { return (rsl, defects) };
    if root.name == "rsl" && root.space != SPACE {
        note(&mut defects, Defect::new(Problem::Missing, format!("namespace {SPACE}")));
    }
    rsl.max_age_days = root.attribute("max-age").and_then(|days| days.parse().ok());
    for (content, item_url) in contents(&root) {
        if rsl.contents.len() >= CONTENTS_MAX {
            note(&mut defects, Defect::new(Problem::Limit, format!("{CONTENTS_MAX} contents")));
            break;
        }
        let mut reader = Reader { defects: &mut defects, is_legacy: false };
        let mut read = reader.content(content);
        rsl.is_legacy |= reader.is_legacy;
        if read.url.is_empty() {
            read.url = item_url.unwrap_or_default();
        }
        rsl.contents.push(read);
    }
    if rsl.contents.is_empty() {
        note(&mut defects, Defect::new(Problem::Missing, "content"));
    }
    (rsl, defects)
}

/// Whether an element is of the vocabulary; files without any namespace are read, and told.
fn is_ours(element: &Element) -> bool {
    element.space == SPACE || element.space.is_empty()
}

/// Every `content` with, in a feed, the link of its item.
fn contents(root: &Element) -> Vec<(&Element, Option<String>)> {
    let mut found = Vec::new();
    let mut stack: Vec<(&Element, Option<String>)> = vec![(root, None)];
    let in_rsl = root.name == "rsl";
    while let Some((element, mut link)) = stack.pop() {
        if element.name == "item" || element.name == "entry" {
            link = element
                .children
                .iter()
                .find(|c| c.name == "link")
                .map(|l| l.attribute("href").unwrap_or(&l.text).trim().to_owned());
        }
        // Without its namespace, `content` means other things in feeds.
        if element.name == "content" && (element.space == SPACE || in_rsl && element.space.is_empty()) {
            found.push((element, link));
        } else {
            stack.extend(element.children.iter().rev().map(|c| (c, link.clone())));
        }
    }
    found
}

struct Reader<'a> {
    defects: &'a mut Vec<Defect>,
    is_legacy: bool,
}

impl Reader<'_> {
    fn content(&mut self, element: &Element) -> Content {
        let mut content = Content {
            url: element.attribute("url").unwrap_or_default().trim().to_owned(),
            server: element.attribute("server").map(str::to_owned),
            encrypted: element.attribute("encrypted").is_some_and(|e| e.trim() == "true" || e.trim() == "1"),
            ..Content::default()
        };
        if element.attribute("url").is_none() {
            self.note(Problem::Missing, "url of a content");
        }
        for child in element.children.iter().filter(|c| is_ours(c)) {
            match child.name.as_str() {
                "license" => {
                    if content.licences.len() < LICENCES_MAX {
                        let licence = self.licence(child);
                        content.licences.push(licence);
                    } else {
                        self.note(Problem::Limit, "licences of one content");
                    }
                }
                "copyright" => {
                    content.copyright = Some(child.text.trim().to_owned()).filter(|c| !c.is_empty());
                    let contact = child.attribute("contactEmail").or(child.attribute("contactUrl"));
                    content.contact = contact.map(|c| c.trim().to_owned()).filter(|c| !c.is_empty());
                }
                "schema" | "alternate" | "terms" => {}
                other => self.note(Problem::UnknownWord, other),
            }
        }
        content
    }

    fn licence(&mut self, element: &Element) -> Licence {
        let mut licence = Licence::default();
        let mut payments = Vec::new();
        for child in element.children.iter().filter(|c| is_ours(c)) {
            match child.name.as_str() {
                "permits" => self.permits(child, &mut licence),
                "prohibits" => self.prohibits(child, &mut licence),
                "payment" => payments.extend(self.payment(child)),
                "reporting" => {
                    let kind = child.attribute("type").unwrap_or_default();
                    if let Some(profile) = child.attribute("profile") {
                        self.note(Problem::UnknownWord, &format!("reporting profile {profile}"));
                        licence.unknown_report = true;
                    }
                    licence.duties.push(duty("report", kind, false));
                }
                "legal" => {}
                other => self.note(Problem::UnknownWord, other),
            }
        }
        licence.duties.extend(payments);
        licence
    }

    fn permits(&mut self, element: &Element, licence: &mut Licence) {
        let kind = element.attribute("type").unwrap_or("usage").trim();
        for word in self.words(&element.text) {
            match kind {
                "usage" => {
                    let uses = self.usage(&word).unwrap_or(UseSet::NONE);
                    licence.permitted = Some(licence.permitted.unwrap_or_default().union(uses));
                }
                "user" => {
                    licence.users.insert(word);
                }
                "geo" => licence.countries.extend(self.countries(&word)),
                other => self.note(Problem::UnknownWord, &format!("permits type {other}")),
            }
        }
        // A list that names nothing permits nothing.
        if kind == "usage" {
            licence.permitted.get_or_insert(UseSet::NONE);
        }
    }

    fn prohibits(&mut self, element: &Element, licence: &mut Licence) {
        let kind = element.attribute("type").unwrap_or("usage").trim();
        for word in self.words(&element.text) {
            match kind {
                "usage" => match self.usage(&word) {
                    Some(uses) => licence.prohibited = licence.prohibited.union(uses),
                    None => licence.prohibited_by_intent = licence.prohibited_by_intent.union(guessed(&word)),
                },
                "user" => {
                    licence.users_excluded.insert(word);
                }
                "geo" => licence.countries_excluded.extend(self.countries(&word)),
                other => {
                    self.note(Problem::UnknownWord, &format!("prohibits type {other}"));
                    licence.prohibited_by_intent = licence.prohibited_by_intent.union(AI_USES);
                }
            }
        }
    }

    /// Words between spaces; files in the wild put commas between them.
    fn words(&mut self, text: &str) -> Vec<String> {
        if text.contains(',') {
            self.note(Problem::Syntax, text.trim());
        }
        text.split(|c: char| c.is_whitespace() || c == ',')
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn usage(&mut self, word: &str) -> Option<UseSet> {
        let uses = usage_of(word);
        if uses.is_none() {
            let known = matches!(
                word,
                "train-ai" | "train-genai" | "ai-training" | "ai-include" | "ai-use" | "inference"
            );
            self.is_legacy |= known;
            self.note(if known { Problem::Legacy } else { Problem::UnknownWord }, &format!("usage {word}"));
        }
        uses
    }

    fn countries(&mut self, word: &str) -> BTreeSet<[u8; 2]> {
        const EU: &str = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE";
        let list = if word.eq_ignore_ascii_case("EU") { EU } else { word };
        if let Ok(Territory::Countries(countries)) = list.parse() {
            countries
        } else {
            self.note(Problem::UnknownWord, &format!("geo {word}"));
            BTreeSet::new()
        }
    }

    /// What a payment asks for; nothing where it is free.
    fn payment(&mut self, element: &Element) -> Option<Condition> {
        let kind = element.attribute("type").unwrap_or_default().trim();
        match kind {
            "free" => return None,
            "attribution" => return Some(duty("attribution", &terms_of(element), false)),
            "inference" => {
                self.is_legacy = true;
                self.note(Problem::Legacy, "payment inference");
            }
            "purchase" | "subscription" | "training" | "crawl" | "use" | "contribution" => {}
            other => self.note(Problem::UnknownWord, &format!("payment {other}")),
        }
        let terms = terms_of(element);
        let gap = if terms.is_empty() { "" } else { " " };
        Some(duty("payment", &format!("{kind}{gap}{terms}"), true))
    }

    fn note(&mut self, problem: Problem, text: &str) {
        note(self.defects, Defect::new(problem, text));
    }
}

/// The uses that a word of the vocabulary stands for.
fn usage_of(word: &str) -> Option<UseSet> {
    let input = UseSet::NONE.with(Use::AiInput).with(Use::AiOutput);
    let search = UseSet::NONE.with(Use::Search);
    Some(match word {
        "all" => AI_USES.union(search),
        "ai-all" => TRAINING.union(input).with(Use::AiIndex).with(Use::Evaluation).with(Use::Replica),
        "ai-train" => TRAINING,
        "ai-input" => input,
        "ai-index" => UseSet::NONE.with(Use::AiIndex),
        "search" => search,
        _ => return None,
    })
}

/// What an unknown word in a prohibition was meant for.
fn guessed(word: &str) -> UseSet {
    let word = word.to_ascii_lowercase();
    if word.contains("train") {
        TRAINING
    } else if word.contains("search") {
        UseSet::NONE.with(Use::Search)
    } else {
        AI_USES
    }
}

fn duty(name: &str, detail: &str, before_use: bool) -> Condition {
    Condition { duty: name.to_owned(), detail: (!detail.is_empty()).then(|| detail.to_owned()), before_use }
}

/// Amount, currency and terms of a payment, in words.
fn terms_of(element: &Element) -> String {
    let mut parts = Vec::new();
    for child in element.children.iter().filter(|c| is_ours(c)) {
        let text = child.text.trim();
        match child.name.as_str() {
            "amount" => parts.push(format!("{text} {}", child.attribute("currency").unwrap_or_default())),
            "standard" | "custom" if !text.is_empty() => parts.push(text.to_owned()),
            "accepts" => parts.push(format!("accepts {}", child.attribute("type").unwrap_or(text))),
            _ => {}
        }
    }
    crate::defect::shortened(parts.join(" ").trim())
}

/// How a document was found, which says what it is about; a later one is more specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Association {
    /// Through the site: `License:` in robots.txt.
    Site,
    /// Through the page: header field, `link`, inline script, feed item.
    Page,
    /// Inside the asset.
    Asset,
}

/// What a document states about a URL, or about the asset that carries it.
///
/// Of one document, the contents with the longest matching pattern count; of several documents, see [`prevailing`].
pub fn statements(rsl: &Rsl, url: Option<&str>, association: Association) -> Vec<Statement> {
    let specific = |content: &Content| -> Option<usize> {
        if content.url.is_empty() {
            return (association != Association::Site).then_some(usize::MAX);
        }
        url.and_then(|url| matched(&content.url, url))
    };
    let matching: Vec<(usize, &Content)> =
        rsl.contents.iter().filter_map(|c| specific(c).map(|length| (length, c))).collect();
    let longest = matching.iter().map(|(length, _)| *length).max();
    let mut stated = Vec::new();
    for (_, content) in matching.into_iter().filter(|(length, _)| Some(*length) == longest) {
        stated.extend(content.statements(rsl.is_legacy, url, association));
    }
    stated
}

/// What all documents found for a URL state: those of the most specific association that says anything.
pub fn prevailing(documents: &[(&Rsl, Association)], url: Option<&str>) -> Vec<Statement> {
    let mut stated: Vec<(Association, Vec<Statement>)> = documents
        .iter()
        .map(|(rsl, association)| (*association, statements(rsl, url, *association)))
        .collect();
    stated.retain(|(_, statements)| !statements.is_empty());
    let strongest = stated.iter().map(|(association, _)| *association).max();
    stated.into_iter().filter(|(a, _)| Some(*a) == strongest).flat_map(|(_, s)| s).collect()
}

/// The length of the pattern, where it matches the URL.
fn matched(pattern: &str, url: &str) -> Option<usize> {
    let (host, path_pattern) = match robots::authority_of(pattern) {
        Some(host) => (Some(host), robots::path_of(pattern)),
        None => (None, pattern.into()),
    };
    if let Some(host) = host
        && !robots::authority_of(url).is_some_and(|h| h.eq_ignore_ascii_case(host))
    {
        return None;
    }
    let path = robots::path_of(url);
    let pattern = robots::normal_pattern(path_pattern.as_bytes());
    robots::matches(pattern.as_bytes(), &robots::normal(path.as_bytes())).then_some(pattern.len())
}

impl Content {
    fn statements(&self, is_legacy: bool, url: Option<&str>, association: Association) -> Vec<Statement> {
        let reach = match association {
            Association::Site => Reach::Path,
            Association::Page => Reach::Url,
            Association::Asset => Reach::Asset,
        };
        let mut frame = Statement {
            version: Some(if is_legacy { "0.9".into() } else { "1.0".into() }),
            declarant: self.copyright.clone(),
            target: url.map(str::to_owned),
            evidence: evidence("", None, &format!("content url=\"{}\"", self.url)),
            ..of_place("rsl", Tier::B, reach)
        };
        if association == Association::Asset {
            frame = Statement { target: None, ..frame };
            frame.binding = placet_core::Binding::Asset;
            frame.proof = placet_core::Proof::None;
        }
        let mut stated = Vec::new();
        let say = |verdict, uses: UseSet| Statement { verdict, uses, ..frame.clone() };
        let prohibited = self.licences.iter().fold(UseSet::NONE, |all, l| all.union(l.prohibited));
        let meant = self.licences.iter().fold(UseSet::NONE, |all, l| all.union(l.prohibited_by_intent));
        let offered = self.licences.iter().fold(UseSet::NONE, |all, l| all.union(l.offers()));
        if !prohibited.is_empty() {
            stated.push(say(Verdict::Denied, prohibited));
        }
        if !meant.is_empty() {
            stated.push(Statement {
                parse_status: ParseStatus::MalformedIntent,
                ..say(Verdict::Denied, meant)
            });
        }
        // The lists are closed: what no licence offers is refused.
        let every = usage_of("all").unwrap_or(UseSet::ALL);
        let silent = without(without(every, offered), prohibited.union(meant));
        let is_closed = self.licences.is_empty() || self.licences.iter().any(|l| l.permitted.is_some());
        if is_closed && !silent.is_empty() {
            stated.push(say(Verdict::Denied, silent));
        }
        for (i, licence) in self.licences.iter().enumerate() {
            let others = self.licences.iter().enumerate().filter(|(j, _)| *j != i);
            let by_others = others.fold(UseSet::NONE, |all, (_, l)| all.union(l.offers()));
            let uses = without(licence.offers(), prohibited.union(meant));
            stated.extend(licence.statements(uses, by_others, self, &frame));
        }
        if self.encrypted {
            let duties = vec![duty("licence-token", self.server.as_deref().unwrap_or_default(), true)];
            stated.push(Statement { duties, ..say(Verdict::Conditional, UseSet::NONE.with(Use::Access)) });
        }
        stated
    }
}

impl Licence {
    /// The uses it offers on some terms.
    fn offers(&self) -> UseSet {
        let every = usage_of("all").unwrap_or(UseSet::ALL);
        without(self.permitted.unwrap_or(every), self.prohibited.union(self.prohibited_by_intent))
    }

    /// The offer, and the refusal of everybody whom its closed lists leave out: unless another licence, whose lists
    /// may let them in, offers the same uses.
    fn statements(
        &self,
        uses: UseSet,
        by_others: UseSet,
        content: &Content,
        frame: &Statement,
    ) -> Vec<Statement> {
        if uses.is_empty() {
            return Vec::new();
        }
        let mut duties = self.duties.clone();
        if let Some(server) = &content.server {
            duties.push(duty("licence-token", server, true));
        }
        let verdict = if self.unknown_report {
            Verdict::Denied
        } else if duties.iter().any(|d| d.before_use) {
            Verdict::Conditional
        } else {
            Verdict::Allowed
        };
        let classes =
            |names: &BTreeSet<String>| names.iter().map(|n| Actor::Class(n.to_ascii_lowercase())).collect();
        let actors = if !self.users.is_empty() {
            let wanted = self.users.difference(&self.users_excluded).cloned().collect();
            Actors::Only(classes(&wanted))
        } else if self.users_excluded.is_empty() {
            Actors::Anyone
        } else {
            Actors::AllBut(classes(&self.users_excluded))
        };
        let territory = if !self.countries.is_empty() {
            Territory::Countries(self.countries.difference(&self.countries_excluded).copied().collect())
        } else if self.countries_excluded.is_empty() {
            Territory::World
        } else {
            Territory::WorldWithout(self.countries_excluded.clone())
        };
        let offer = Statement {
            nature: Nature::Licence,
            verdict,
            uses,
            // A licence that names no use grants none by name.
            approximate: if self.permitted.is_none() { uses } else { UseSet::NONE },
            actors: actors.clone(),
            territory: territory.clone(),
            duties,
            ..frame.clone()
        };
        let mut stated = vec![offer];
        let uses = without(uses, by_others);
        if uses.is_empty() {
            return stated;
        }
        let outside = match actors {
            Actors::Anyone => None,
            Actors::Only(names) => Some(Actors::AllBut(names)),
            Actors::AllBut(names) => Some(Actors::Only(names)),
        };
        if let Some(actors) = outside {
            stated.push(Statement { verdict: Verdict::Denied, uses, actors, ..frame.clone() });
        }
        let outside = match territory {
            Territory::World => None,
            Territory::Countries(countries) => Some(Territory::WorldWithout(countries)),
            Territory::WorldWithout(countries) => Some(Territory::Countries(countries)),
        };
        if let Some(territory) = outside {
            stated.push(Statement { verdict: Verdict::Denied, uses, territory, ..frame.clone() });
        }
        stated
    }
}

fn without(uses: UseSet, taken: UseSet) -> UseSet {
    uses.iter().filter(|u| !taken.contains(*u)).collect()
}
