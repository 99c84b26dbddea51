//! A site's files, each written, read back, and compared with the terms.

use std::collections::BTreeMap;

use placet_core::{Actors, Condition, Statement, Territory, Use, UseSet, Verdict};

use super::robots::{block, is_refused, one};
use super::{Answer, Offer, Terms};
use crate::agents;
use crate::robots::{self as robots_txt, Directive, Matcher};
use crate::rsl::{self, Association};
use crate::statement::{AI_USES, GENERATIVE_TRAINING, TRAINING};
use crate::{ai_txt, aipref, content_signal, header, html, tdmrep, trust_txt};

/// Where the reservation file lies.
const TDMREP: &str = ".well-known/tdmrep.json";
/// Where the policy lies that it points to.
const POLICY: &str = ".well-known/tdm-policy.json";
/// Where the licence document lies.
const LICENCE: &str = "license.xml";
/// Stands for the site's address in a document that is read back.
const SOME_SITE: &str = "https://site.invalid";

/// What is to be written for a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The files, with paths below the site's root.
    pub files: Vec<SiteFile>,
    /// Response header fields.
    pub headers: Vec<(String, String)>,
    /// Elements for the head of every page.
    pub meta: String,
    /// The TDM reservation, where it can be said.
    pub reserved: Option<bool>,
    /// Where a protocol says something else than the terms, or nothing.
    pub told: Vec<Told>,
    /// Tokens of the agents that robots.txt refuses.
    pub agents_refused: Vec<&'static str>,
    /// What could not be written, and why, in words.
    pub left_out: Vec<String>,
}

/// One file of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFile {
    /// Path below the site's root.
    pub path: &'static str,
    /// Our text.
    pub text: String,
    /// How it is put into a file that exists.
    pub by: MergeBy,
}

/// How a text is put into a file that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeBy {
    /// Between two marks in lines of comment.
    Block,
    /// Among the entries of a JSON array.
    Entries,
    /// The file is ours as a whole, or somebody else's.
    Whole,
}

/// What one protocol says of a use, read back, where that is not what the terms say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The protocol.
    pub protocol: &'static str,
    /// The use.
    pub use_: Use,
    /// What the terms say.
    pub wanted: Answer,
    /// What the protocol says: [`Answer::Silent`] is nothing.
    pub said: Answer,
}

impl Site {
    /// Writes everything for these terms. `robots` is the site's robots.txt as it stands.
    pub fn new(terms: &Terms, robots: &[u8]) -> Site {
        let mut site = Site::default();
        let content_usage = aipref::write(
            terms.word(GENERATIVE_TRAINING, GENERATIVE_TRAINING, UseSet::NONE),
            terms.word(one(Use::Search), one(Use::Search), UseSet::NONE),
        );
        let near_input = one(Use::AiIndex).with(Use::AiOutput);
        let content_signal = content_signal::write(&content_signal::Signals {
            search: terms.word(one(Use::Search), one(Use::Search), UseSet::NONE),
            ai_input: terms.word(one(Use::AiInput), one(Use::AiInput), near_input),
            ai_train: terms.word(TRAINING, TRAINING, UseSet::NONE),
        });
        let training = terms.word(TRAINING, TRAINING, UseSet::NONE);
        let licence = licence(terms);
        let address = terms.site.as_deref().map(|s| s.trim_end_matches('/').to_owned());
        let (reserved, policy) = reservation(terms);

        let mut lines: Vec<(Directive, &'static str, String)> = Vec::new();
        lines.extend(content_signal.iter().map(|v| (Directive::ContentSignal, "Content-Signal", v.clone())));
        lines.extend(content_usage.iter().map(|v| (Directive::ContentUsage, "Content-Usage", v.clone())));
        match (&licence, &address) {
            (Some(_), Some(address)) => {
                lines.push((Directive::License, "License", format!("{address}/{LICENCE}")));
            }
            (Some(_), None) => site.left_out.push(
                "robots.txt does not point to license.xml: that takes the site's address (site = \"https://…\")"
                    .to_owned(),
            ),
            (None, _) => {}
        }
        // What stood there from an earlier run is not foreign.
        let bare = super::merge::merge(
            Some(robots),
            &SiteFile { path: "robots.txt", text: String::new(), by: MergeBy::Block },
        );
        let (foreign, _) = robots_txt::parse(bare.as_deref().unwrap_or(robots));
        let block = block(terms, &lines, &foreign);
        let mut file = |path, text: String, by| {
            if !text.is_empty() {
                site.files.push(SiteFile { path, text, by });
            }
        };
        file("robots.txt", block, MergeBy::Block);
        if let Some(reserved) = reserved {
            let address = address.as_deref().unwrap_or_default();
            let entry = tdmrep::Entry {
                location: "/*".to_owned(),
                reserved: Some(reserved),
                policy: policy.as_ref().map(|_| format!("{address}/{POLICY}")),
                quote: String::new(),
            };
            file(TDMREP, tdmrep::write(&[entry]), MergeBy::Entries);
        }
        if let Some(policy) = &policy {
            file(POLICY, tdmrep::write_policy(policy), MergeBy::Whole);
        }
        if let Some(licence) = &licence {
            file(LICENCE, with_mark(&rsl::write(std::slice::from_ref(licence))), MergeBy::Whole);
        }
        if let Some(yes) = training {
            let text = if yes { "User-Agent: *\nAllow: /\n".to_owned() } else { ai_txt::write(&[]) };
            file("ai.txt", text, MergeBy::Block);
            file(".well-known/trust.txt", trust_txt::write(yes), MergeBy::Block);
        }

        site.reserved = reserved;
        let words = page_words(terms);
        let policy_url =
            policy.as_ref().map(|_| format!("{}/{POLICY}", address.as_deref().unwrap_or_default()));
        site.headers = super::headers(&super::snippets::Said {
            reserved,
            policy: policy_url.as_deref(),
            content_usage: content_usage.as_deref(),
            content_signal: content_signal.as_deref(),
            words: &words,
            licence: licence.as_ref().map(|_| LICENCE),
        });
        site.meta = super::meta(reserved, policy_url.as_deref(), &words, licence.as_ref().map(|_| LICENCE));
        site.headers.extend(crawler_words(terms).map(|v| ("X-Robots-Tag".to_owned(), v)));
        site.agents_refused =
            agents::all().iter().filter(|a| is_refused(terms, a.class)).map(|a| a.token).collect();
        site.told =
            told(terms, &read_back(&site, &format!("{}/a", address.as_deref().unwrap_or(SOME_SITE)), &[]));
        site
    }

    /// The text of a file, empty where there is none.
    pub fn text(&self, path: &str) -> &str {
        self.files.iter().find(|f| f.path == path).map_or("", |f| f.text.as_str())
    }

    /// Uses that the terms refuse and that nothing written refuses.
    pub fn unsaid(&self, terms: &Terms) -> UseSet {
        Use::ALL
            .into_iter()
            .filter(|u| terms.answer(*u) == Answer::Refused)
            .filter(|u| PROTOCOLS.iter().all(|p| self.told.iter().any(|t| t.protocol == *p && t.use_ == *u)))
            .collect()
    }
}

/// The protocols that a site can be written in.
const PROTOCOLS: [&str; 8] =
    ["robots", "aipref", "content-signal", "tdmrep", "rsl", "ai-txt", "trust-txt", "robots-meta"];

/// Reads everything that is written for a site with the readers of the protocols, for one of its pages and as these
/// agents (none is a crawler that nobody names): what each protocol states.
pub fn read_back(site: &Site, url: &str, tokens: &[&str]) -> BTreeMap<&'static str, Vec<Statement>> {
    let mut read: BTreeMap<&'static str, Vec<Statement>> =
        PROTOCOLS.iter().map(|p| (*p, Vec::new())).collect();
    let mut add = |protocol: &'static str, statements: Vec<Statement>| {
        read.entry(protocol).or_default().extend(statements);
    };
    let (robots, _) = robots_txt::parse(site.text("robots.txt").as_bytes());
    let asked = if tokens.is_empty() { &["*"][..] } else { tokens };
    let mut stated = robots_txt::statements(&robots, &Matcher::new(&robots), asked, url);
    for statement in stated.iter_mut().filter(|s| tokens.is_empty() && s.protocol == "robots") {
        statement.actors = Actors::Anyone;
    }
    add("robots", stated);
    add("aipref", aipref::in_robots(&robots, tokens, url).0);
    add("content-signal", content_signal::in_robots(&robots, tokens, url).0);
    add("ai-txt", ai_txt::statements(&ai_txt::parse(site.text("ai.txt").as_bytes()).0, tokens, url));
    add("trust-txt", trust_txt::parse(site.text(".well-known/trust.txt").as_bytes()).0);

    let mut marks: Vec<tdmrep::Mark> = Vec::new();
    if !site.text(TDMREP).is_empty() {
        marks.extend(tdmrep::file(site.text(TDMREP).as_bytes()).0.mark(url));
    }
    let fields: Vec<(&str, &[u8])> = site.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
    let (response, _) = header::parse(&fields);
    marks.extend(response.tdmrep);
    let page = format!("<html><head>{}</head><body></body></html>", site.meta);
    let (page, _) = html::parse(page.as_bytes(), Some(url));
    marks.extend(page.tdmrep);
    add("tdmrep", tdmrep::statements(&marks, Some(url)));
    for statement in response.statements.into_iter().chain(page.statements) {
        let protocol = PROTOCOLS.iter().find(|p| **p == statement.protocol).unwrap_or(&"robots-meta");
        add(protocol, vec![statement]);
    }
    if !site.text(LICENCE).is_empty() {
        let (document, _) = rsl::parse(site.text(LICENCE).as_bytes());
        add("rsl", rsl::prevailing(&[(&document, Association::Site)], Some(url)));
    }
    read
}

/// Where protocols and terms part.
fn told(terms: &Terms, read: &BTreeMap<&'static str, Vec<Statement>>) -> Vec<Told> {
    read.iter().flat_map(|(protocol, statements)| compare(terms, protocol, statements)).collect()
}

/// Where one protocol and the terms part.
pub(super) fn compare(terms: &Terms, protocol: &'static str, statements: &[Statement]) -> Vec<Told> {
    let told = Use::ALL.into_iter().map(|use_| {
        let (wanted, said) = (terms.answer(use_), heard(statements, use_));
        Told { protocol, use_, wanted, said }
    });
    told.filter(|t| t.wanted != t.said).collect()
}

/// What statements say of a use to a crawler that nobody names.
pub(super) fn heard(statements: &[Statement], u: Use) -> Answer {
    let (mut no, mut yes, mut offer) = (false, false, false);
    for s in statements {
        let everybody = s.actors == Actors::Anyone && s.territory == Territory::World;
        match s.says(u) {
            Some(Verdict::Denied) if everybody => no = true,
            Some(Verdict::Allowed) if everybody && s.duties.is_empty() => yes = true,
            Some(Verdict::Allowed | Verdict::Conditional) => offer = true,
            _ => {}
        }
    }
    match () {
        () if no => Answer::Refused,
        () if offer => Answer::Offered,
        () if yes => Answer::Granted,
        () => Answer::Silent,
    }
}

/// The TDM reservation, and the policy for those who want a licence.
///
/// The bit falls on training, evaluation and AI indexes besides mining. A policy makes a condition of all of it, so it
/// is offered only where nothing that the bit falls on is refused outright.
pub(super) fn reservation(terms: &Terms) -> (Option<bool>, Option<tdmrep::Policy>) {
    let exact = TRAINING.with(Use::Tdm).with(Use::Evaluation);
    let near = one(Use::AiIndex);
    let offered = exact.iter().any(|u| terms.answer(u) == Answer::Offered);
    let refused = exact.union(near).iter().any(|u| terms.answer(u) == Answer::Refused);
    let granted = terms.grants_any(exact.union(near));
    if terms.answer(Use::Tdm) == Answer::Offered && offered && !refused && !granted {
        let offer = terms.offers.iter().find(|o| o.uses.contains(Use::Tdm));
        let paid = offer.is_some_and(|o| o.price.is_some());
        let policy = tdmrep::Policy {
            uid: terms.site.as_deref().map(|s| format!("{}/{POLICY}", s.trim_end_matches('/'))),
            assigner: terms.holder.clone(),
            contact: terms.contact.clone(),
            permissions: vec![tdmrep::Permission {
                target: None,
                duties: vec![if paid { "compensate" } else { "obtainConsent" }.to_owned()],
                purpose: None,
            }],
        };
        return (Some(true), Some(policy));
    }
    (terms.word(one(Use::Tdm), exact, near).map(|yes| !yes), None)
}

/// The licence: the form that says most of the terms among those that say nothing against them.
fn licence(terms: &Terms) -> Option<rsl::Content> {
    let every = AI_USES.with(Use::Search);
    let of = |uses: UseSet| uses.intersection(every);
    let frame = rsl::Content {
        url: "/".to_owned(),
        copyright: terms.holder.clone(),
        contact: terms.contact.clone(),
        ..rsl::Content::default()
    };
    let granted: UseSet = of(Use::ALL.into_iter().filter(|u| terms.answer(*u) == Answer::Granted).collect());
    let mut closed = Vec::new();
    if !granted.is_empty() {
        closed.push(rsl::Licence { permitted: Some(granted), ..rsl::Licence::default() });
    }
    closed.extend(terms.offers.iter().filter(|o| !of(o.uses).is_empty()).map(|o| offered(o, of(o.uses))));
    let prohibited: UseSet = of(Use::ALL.into_iter().filter(|u| terms.refuses(*u)).collect());
    let open = rsl::Licence { prohibited, ..rsl::Licence::default() };
    let none = rsl::Licence { permitted: Some(UseSet::NONE), ..rsl::Licence::default() };
    let mut best: Option<([usize; 4], rsl::Content)> = None;
    for licences in [closed, vec![open], vec![none]] {
        if licences.is_empty() {
            continue;
        }
        let content = rsl::Content { licences, ..frame.clone() };
        // Words cover less than was asked for, or more: what counts is what reads back.
        let (document, _) = rsl::parse(rsl::write(std::slice::from_ref(&content)).as_bytes());
        let stated = rsl::statements(&document, Some(&format!("{SOME_SITE}/a")), Association::Site);
        if let Some(loss) = loss(terms, &stated, every)
            && best.as_ref().is_none_or(|(least, _)| loss < *least)
        {
            best = Some((loss, content));
        }
    }
    best.map(|(_, content)| content)
}

/// What statements miss of the terms: offers unsaid, uses refused of which the terms are silent, refusals unsaid, grants
/// unsaid. Absent where they say something against the terms, or nothing.
pub(super) fn loss(terms: &Terms, stated: &[Statement], of: UseSet) -> Option<[usize; 4]> {
    let mut loss = [0; 4];
    let mut says = false;
    for u in of.iter() {
        let (wanted, said) = (terms.answer(u), heard(stated, u));
        let fits = match (wanted, said) {
            (Answer::Offered, Answer::Refused) => terms.refuses(u),
            (Answer::Silent | Answer::Refused, Answer::Granted | Answer::Offered)
            | (Answer::Granted, Answer::Refused | Answer::Offered)
            | (Answer::Offered, Answer::Granted) => false,
            _ => true,
        };
        if !fits {
            return None;
        }
        says |= wanted == said && wanted != Answer::Silent;
        match wanted {
            _ if wanted == said => {}
            Answer::Offered => loss[0] += 1,
            Answer::Silent => loss[1] += 1,
            Answer::Refused => loss[2] += 1,
            Answer::Granted => loss[3] += 1,
        }
    }
    says.then_some(loss)
}

fn offered(offer: &Offer, uses: UseSet) -> rsl::Licence {
    let countries = |t: &Territory| match t {
        Territory::Countries(c) => (c.clone(), std::collections::BTreeSet::new()),
        Territory::WorldWithout(c) => (std::collections::BTreeSet::new(), c.clone()),
        Territory::World => Default::default(),
    };
    let (countries, countries_excluded) = countries(&offer.territory);
    let mut duties = Vec::new();
    if offer.attribution {
        duties.push(Condition { duty: "attribution".to_owned(), detail: None, before_use: false });
    }
    if let Some(price) = &offer.price {
        let detail = Some(price.words());
        duties.push(Condition { duty: "payment".to_owned(), detail, before_use: true });
    }
    rsl::Licence {
        permitted: Some(uses),
        users: offer.to.clone(),
        countries,
        countries_excluded,
        duties,
        ..rsl::Licence::default()
    }
}

fn with_mark(document: &str) -> String {
    document.replacen(
        "?>\n",
        "?>\n<!-- written by placet publish; change the terms and publish again -->\n",
        1,
    )
}

/// Words of robots meta elements and `X-Robots-Tag` fields, to everybody.
fn page_words(terms: &Terms) -> Vec<&'static str> {
    let mut words = Vec::new();
    if terms.refuses_all(TRAINING) {
        words.extend(crate::robots_meta::words(TRAINING));
    }
    if terms.refuses(Use::Search) {
        words.push("noindex");
        // It takes the text out of search results too, so it is said only where these are refused.
        if terms.refuses(Use::Display) {
            words.push("nosnippet");
        }
    }
    words
}

/// The word of one operator that keeps pages out of its AI answers and training.
fn crawler_words(terms: &Terms) -> Option<String> {
    let falls_on = TRAINING.with(Use::AiInput).with(Use::AiOutput);
    terms.refuses_all(falls_on).then(|| "bingbot: noarchive".to_owned())
}
