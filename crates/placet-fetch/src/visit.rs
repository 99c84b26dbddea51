//! What is fetched of a page and its site, in which order, and what is left alone.

use std::collections::BTreeMap;

use placet_signals::address::{host_of, resolve};
use placet_signals::robots::{self, Matcher};
use placet_signals::{header, html, rsl, site, tdmrep};

use crate::{Exchange, Outcome, TOKEN, Target, TargetError};

/// Most redirects that are followed for one thing (RFC 9309, section 2.3.1.2 asks for five for robots.txt).
const REDIRECTS_MAX: usize = 5;
/// Most licence and policy documents that are fetched for one page.
const DOCUMENTS_MAX: usize = 8;
/// Most hosts that are asked for one page.
const HOSTS_MAX: usize = 6;

/// Where answers come from: the net, a cache, or what was kept of an earlier visit.
pub trait Source {
    /// The answer for one URL.
    fn get(&mut self, target: &Target) -> Exchange;
}

/// What a visit brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// Every exchange, in the order in which it was needed.
    pub exchanges: Vec<Exchange>,
    /// The page's URL after redirects.
    pub url: String,
    /// What was left alone, and why, in words.
    pub left_alone: Vec<String>,
}

impl Visit {
    /// The exchange for a URL, after redirects.
    pub fn found(&self, url: &str) -> Option<&Exchange> {
        let mut url = Target::of(url).ok()?.url();
        for _ in 0..=REDIRECTS_MAX {
            let exchange = self.exchanges.iter().find(|e| e.url == url)?;
            match exchange.location().and_then(|l| next(&url, l)) {
                Some(target) => url = target.url(),
                None => return Some(exchange),
            }
        }
        None
    }
}

/// Visits a page: its host's robots.txt and rights files, the page itself, and the licences and policies these point
/// to, each only where robots.txt lets our agent.
pub fn visit(source: &mut dyn Source, url: &str) -> Result<Visit, TargetError> {
    let target = Target::of(url)?;
    let mut visitor = Visitor { source, visit: Visit::default(), hosts: BTreeMap::new() };
    visitor.site(&target);
    let landed = visitor.fetch(&target);
    visitor.visit.url = landed.as_ref().unwrap_or(&target).url();
    if let Some(landed) = &landed {
        if landed.origin() != target.origin() {
            visitor.site(landed);
        }
        for document in visitor.documents(landed).into_iter().take(DOCUMENTS_MAX) {
            match Target::of(&document) {
                Ok(target) => {
                    visitor.fetch(&target);
                }
                Err(error) => visitor.visit.left_alone.push(error.to_string()),
            }
        }
    }
    Ok(visitor.visit)
}

struct Visitor<'s> {
    source: &'s mut dyn Source,
    visit: Visit,
    /// Origins with what their robots.txt says to our agent; absent where it could not be had.
    hosts: BTreeMap<String, Option<Matcher>>,
}

impl Visitor<'_> {
    /// Fetches the rights files of a host.
    fn site(&mut self, target: &Target) {
        for path in site::PATHS {
            let file = Target { path: path.to_owned(), ..target.clone() };
            // The old place of trust.txt speaks only where the new one does not.
            let newer = Target { path: "/.well-known/trust.txt".to_owned(), ..target.clone() };
            let has_newer =
                self.visit.found(&newer.url()).and_then(Exchange::response).is_some_and(|r| r.status < 300);
            if path == "/robots.txt" {
                self.robots(target);
            } else if path != "/trust.txt" || !has_newer {
                self.fetch(&file);
            }
        }
    }

    /// Whether our agent may ask for something; robots.txt of its host is fetched first.
    fn may(&mut self, target: &Target) -> Result<(), String> {
        if target.path == "/robots.txt" {
            return Ok(());
        }
        self.robots(target);
        let path = robots::normal(target.path.as_bytes());
        match self.hosts.get(&target.origin()) {
            Some(Some(rules)) if rules.decide(TOKEN, &path).allowed => Ok(()),
            Some(Some(_)) => Err(format!("{}: robots.txt refuses it to {TOKEN}", target.url())),
            Some(None) => {
                Err(format!("{}: robots.txt could not be had, so nothing is fetched", target.url()))
            }
            None => Err(format!("{}: more than {HOSTS_MAX} hosts", target.url())),
        }
    }

    fn robots(&mut self, target: &Target) {
        let origin = target.origin();
        if self.hosts.contains_key(&origin) || self.hosts.len() >= HOSTS_MAX {
            return;
        }
        let file = Target { path: "/robots.txt".to_owned(), ..target.clone() };
        // Its redirects need no leave of another robots.txt (section 2.3.1.2).
        self.follow(&file, false);
        let none = || Matcher::new(&robots::parse(b"").0);
        let rules = match self.visit.found(&file.url()).map(Exchange::response) {
            Some(Some(r)) if (200..300).contains(&r.status) => Some(Matcher::new(&robots::parse(&r.body).0)),
            // Too many requests: not now. Server errors, and no answer: nothing (section 2.3.1.4).
            Some(Some(r)) if r.status == 429 || r.status >= 500 => None,
            Some(None) => None,
            // Unavailable: no restriction (section 2.3.1.3); so are redirects that lead nowhere.
            Some(Some(_)) | None => Some(none()),
        };
        self.hosts.insert(origin, rules);
    }

    /// Fetches something where it may be, and says where that led.
    fn fetch(&mut self, target: &Target) -> Option<Target> {
        self.follow(target, true)
    }

    fn follow(&mut self, target: &Target, politely: bool) -> Option<Target> {
        let mut target = target.clone();
        for _ in 0..=REDIRECTS_MAX {
            if politely && let Err(why) = self.may(&target) {
                if !self.visit.left_alone.contains(&why) {
                    self.visit.left_alone.push(why);
                }
                return None;
            }
            let url = target.url();
            if !self.visit.exchanges.iter().any(|e| e.url == url) {
                let exchange = self.source.get(&target);
                match (&exchange.outcome, exchange.response()) {
                    (Outcome::Failed(why), _) => self.visit.left_alone.push(format!("{url}: {why}")),
                    (Outcome::Response(_), None) => {
                        self.visit.left_alone.push(format!("{url}: what came back is no HTTP response"));
                    }
                    (Outcome::Response(_), Some(response)) if response.is_cut => {
                        let len = response.body.len();
                        self.visit
                            .left_alone
                            .push(format!("{url}: there is more than the {len} bytes that were read"));
                    }
                    _ => {}
                }
                self.visit.exchanges.push(exchange);
            }
            let exchange = self.visit.exchanges.iter().find(|e| e.url == url)?;
            exchange.response()?;
            match exchange.location().and_then(|location| next(&url, location)) {
                // From TLS back to plain text is a step somebody between could have made.
                Some(next) if target.is_secure && !next.is_secure => {
                    self.visit
                        .left_alone
                        .push(format!("{}: a redirect away from TLS is not followed", next.url()));
                    return None;
                }
                Some(next) => target = next,
                None => return Some(target),
            }
        }
        self.visit.left_alone.push(format!("{}: more than {REDIRECTS_MAX} redirects", target.url()));
        None
    }

    /// Licences and policies that robots.txt, the response and the page point to.
    fn documents(&self, page: &Target) -> Vec<String> {
        let url = page.url();
        let mut documents = Vec::new();
        let mut add = |base: &str, reference: &str| {
            if let Some(resolved) = resolve(Some(base), reference)
                && !documents.contains(&resolved)
            {
                documents.push(resolved);
            }
        };
        let robots_url = Target { path: "/robots.txt".to_owned(), ..page.clone() }.url();
        if let Some(r) = self.visit.found(&robots_url).and_then(Exchange::response).filter(|r| r.status < 300)
        {
            let (file, _) = robots::parse(&r.body);
            for link in rsl::in_robots(&file, &[TOKEN]).iter().chain(&rsl::in_robots(&file, &[])) {
                add(&robots_url, &link.url);
            }
        }
        let reservations = Target { path: "/.well-known/tdmrep.json".to_owned(), ..page.clone() }.url();
        if let Some(r) =
            self.visit.found(&reservations).and_then(Exchange::response).filter(|r| r.status < 300)
            && let Some(policy) = tdmrep::file(&r.body).0.mark(&url).and_then(|m| m.policy)
        {
            add(&url, &policy);
        }
        if let Some(r) = self.visit.found(&url).and_then(Exchange::response) {
            let (signals, _) = header::parse(&r.fields);
            for link in &signals.rsl {
                add(&url, &link.url);
            }
            if let Some(policy) = signals.tdmrep.and_then(|m| m.policy) {
                add(&url, &policy);
            }
            if is_page(&r) {
                let (signals, _) = html::parse(&r.body, Some(&url));
                for link in &signals.rsl {
                    add(&url, &link.url);
                }
                if let Some(policy) = signals.tdmrep.and_then(|m| m.policy) {
                    add(&url, &policy);
                }
            }
        }
        documents
    }
}

fn is_page(response: &crate::Response<'_>) -> bool {
    let kind = response.field("content-type").unwrap_or_default().to_ascii_lowercase();
    kind.is_empty() || kind.windows(4).any(|w| w == b"html")
}

/// Where a redirect leads, where it leads to a web URL.
fn next(url: &str, location: &str) -> Option<Target> {
    let resolved = resolve(Some(url), location)?;
    let mut name = String::new();
    host_of(&resolved, &mut name)?;
    Target::of(&resolved).ok()
}
