//! Everything that is said about one copy of something: by the response that brought it, by the page or file itself, by
//! the host it came from, and by the documents that these point to.
//!
//! Each protocol's own weighing is done here, so that what comes out can be handed to the decision law: TDM reservation
//! marks of several carriers become one answer, and of RSL documents the most specific ones speak.

use std::sync::Arc;

use jiff::Timestamp;
use placet_core::{Binding, ParseStatus, Reach, Statement};

use crate::address::{host_of, resolve};
use crate::defect::Defect;
use crate::rsl::Association;
use crate::site::{Reader, Site};
use crate::tdmrep::Mark;
use crate::{Found, asset, container, header, html, licence, onix, plus, rsl, tdmrep, xmp};

/// Most documents that are looked up for one copy.
const DOCUMENTS_MAX: usize = 32;

/// One copy.
#[derive(Clone, Debug, Default)]
pub struct Copy<'a> {
    /// Where it was acquired, where that is known.
    pub url: Option<&'a str>,
    /// What evidence calls it where no URL is known: a path.
    pub place: &'a str,
    /// When it was acquired, or when its file was last written.
    pub acquired_at: Option<Timestamp>,
    /// The head of the response that brought it.
    pub head: Option<Head<'a>>,
    /// Its content.
    pub body: Option<(Kind, &'a [u8])>,
    /// XMP sidecars that lie beside it: place and bytes.
    pub beside: Vec<(&'a str, &'a [u8])>,
}

/// The head of a response.
#[derive(Clone, Debug, Default)]
pub struct Head<'a> {
    /// Its fields.
    pub fields: Vec<(&'a str, &'a [u8])>,
    /// Its bytes as they were kept, for the evidence.
    pub bytes: &'a [u8],
}

/// How a content is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As an HTML page.
    Page,
    /// As a media file or a book, by its first bytes.
    Asset,
    /// As an XMP sidecar.
    Xmp,
    /// As an ONIX message.
    Onix,
    /// As a text that may hold licence tags.
    Text,
}

impl Kind {
    /// By the ending of a file's name and its first bytes.
    pub fn of(name: &str, bytes: &[u8]) -> Kind {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        match ending.as_str() {
            "html" | "htm" | "xhtml" => Kind::Page,
            "xmp" => Kind::Xmp,
            _ if container::format_of(bytes).is_some() => Kind::Asset,
            "xml" | "onix" => Kind::Onix,
            _ if crate::text::is_html(bytes) => Kind::Page,
            _ => Kind::Text,
        }
    }
}

/// A document that something points to: a licence or a policy.
#[derive(Debug)]
pub struct Document {
    /// What it licenses, where it is an RSL document.
    pub rsl: rsl::Rsl,
    /// What it offers, where it is a TDM policy.
    pub policy: Option<tdmrep::Policy>,
    /// Where, when and which bytes.
    pub found: Found,
}

impl Document {
    /// Reads one.
    pub fn new(url: &str, observed_at: Option<Timestamp>, bytes: &[u8]) -> Document {
        let is_policy = bytes.trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'['));
        Document {
            rsl: if is_policy { rsl::Rsl::default() } else { rsl::parse(bytes).0 },
            policy: if is_policy { tdmrep::policy(bytes).0 } else { None },
            found: Found::of(url, observed_at, bytes),
        }
    }
}

/// What is at hand of the hosts that copies come from.
pub trait Library {
    /// Why it cannot be asked.
    type Error;
    /// What a host says, by its name as [`host_of`] gives it; absent where nothing is at hand.
    fn site(&mut self, host: &str) -> Result<Option<Arc<Site>>, Self::Error>;
    /// The document at a URL, as it was when a copy was acquired; absent where it is not at hand.
    fn document(
        &mut self,
        url: &str,
        acquired_at: Option<Timestamp>,
    ) -> Result<Option<Arc<Document>>, Self::Error>;
}

/// Nothing is at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Library for Nothing {
    type Error = std::convert::Infallible;

    fn site(&mut self, _host: &str) -> Result<Option<Arc<Site>>, Self::Error> {
        Ok(None)
    }

    fn document(
        &mut self,
        _url: &str,
        _acquired_at: Option<Timestamp>,
    ) -> Result<Option<Arc<Document>>, Self::Error> {
        Ok(None)
    }
}

/// What was gathered.
#[derive(Debug, Default)]
pub struct Gathered {
    /// What is stated, with evidence complete.
    pub statements: Vec<Statement>,
    /// What could not be read in the copy itself.
    pub defects: Vec<Defect>,
}

/// Gathers everything that is said about a copy, read as `reader`.
pub fn gather<L: Library>(
    copy: &Copy<'_>,
    reader: Reader<'_>,
    library: &mut L,
) -> Result<Gathered, L::Error> {
    let mut gathered = Gathered::default();
    let mut marks: Vec<Mark> = Vec::new();
    let mut links: Vec<(rsl::Link, Association, Option<String>)> = Vec::new();
    let place = copy.url.unwrap_or(copy.place);
    let base = copy.url.map(str::to_owned);

    if let Some(head) = &copy.head {
        let (mut signals, wrong) = header::parse(&head.fields);
        gathered.defects.extend(wrong);
        if !signals.statements.is_empty() || signals.tdmrep.is_some() || !signals.rsl.is_empty() {
            let found = Found::of(place, copy.acquired_at, head.bytes);
            found.locate(&mut signals.statements);
            if let Some(mark) = &mut signals.tdmrep {
                found.stamp(&mut mark.evidence);
            }
            for mut link in signals.rsl {
                found.stamp(&mut link.evidence);
                links.push((link, Association::Page, base.clone()));
            }
        }
        gathered.statements.append(&mut signals.statements);
        marks.extend(signals.tdmrep);
    }
    let body = copy.body.map(|(kind, bytes)| (place, kind, bytes));
    let beside = copy.beside.iter().map(|(place, bytes)| (*place, Kind::Xmp, *bytes));
    for (place, kind, bytes) in body.into_iter().chain(beside) {
        let mut carried = carried(kind, bytes, copy.url);
        gathered.defects.append(&mut carried.defects);
        if !carried.statements.is_empty() || !carried.marks.is_empty() || !carried.rsl.is_empty() {
            let found = Found::of(place, copy.acquired_at, bytes);
            found.locate(&mut carried.statements);
            for mark in &mut carried.marks {
                found.stamp(&mut mark.evidence);
            }
            for mut link in carried.rsl {
                found.stamp(&mut link.evidence);
                links.push((link, Association::Page, base.clone()));
            }
        }
        gathered.statements.append(&mut carried.statements);
        marks.append(&mut carried.marks);
    }
    // What a response says of its own URL holds for copies from there.
    for statement in &mut gathered.statements {
        let is_here = matches!(statement.reach, Reach::Url | Reach::Representation);
        if statement.binding == Binding::Location && is_here && statement.target.is_none() {
            statement.target = copy.url.map(str::to_owned);
        }
    }

    let mut name = String::new();
    let host = copy.url.and_then(|url| host_of(url, &mut name));
    let mut later = Vec::new();
    if let (Some(url), Some(host)) = (copy.url, host)
        && let Some(site) = library.site(host)?
    {
        let mut says = site.says(reader, url, copy.acquired_at);
        gathered.statements.append(&mut says.statements);
        marks.extend(says.tdmrep);
        later = says.tdmrep_later;
        links.extend(says.rsl.into_iter().map(|(link, from)| (link, Association::Site, Some(from))));
    }

    reservations(copy, &marks, &later, library, &mut gathered)?;
    licences(copy, &links, library, &mut gathered)?;
    Ok(gathered)
}

#[derive(Default)]
struct Carried {
    statements: Vec<Statement>,
    marks: Vec<Mark>,
    rsl: Vec<rsl::Link>,
    defects: Vec<Defect>,
}

/// What a content carries within itself.
fn carried(kind: Kind, bytes: &[u8], url: Option<&str>) -> Carried {
    let mut carried = Carried::default();
    match kind {
        Kind::Page => {
            let (page, defects) = html::parse(bytes, url);
            carried.statements = page.statements;
            carried.marks.extend(page.tdmrep);
            carried.rsl = page.rsl;
            carried.defects = defects;
        }
        Kind::Asset => {
            let (asset, defects) = asset::parse(bytes);
            carried.statements = asset.statements;
            carried.marks.extend(asset.tdmrep);
            carried.defects = defects;
        }
        Kind::Xmp => {
            let (properties, defects) = xmp::parse(bytes);
            let (stated, wrong) = plus::in_xmp(&properties);
            carried.statements = stated;
            carried.statements.extend(plus::words_for_people(&properties));
            let (mark, more) = tdmrep::xmp(&properties);
            carried.marks.extend(mark);
            carried.defects = defects.into_iter().chain(wrong).chain(more).collect();
        }
        Kind::Onix => (carried.statements, carried.defects) = onix::parse(bytes),
        Kind::Text => (carried.statements, carried.defects) = licence::spdx_tags(bytes),
    }
    carried
}

/// TDM reservations: the strongest carrier decides, and a policy that is at hand says what it asks for.
fn reservations<L: Library>(
    copy: &Copy<'_>,
    marks: &[Mark],
    later: &[Mark],
    library: &mut L,
    gathered: &mut Gathered,
) -> Result<(), L::Error> {
    gathered.statements.extend(tdmrep::statements(marks, copy.url));
    if !marks.iter().any(|m| m.reserved.is_some() && m.carrier != tdmrep::Carrier::File) {
        gathered.statements.extend(tdmrep::statements(later, copy.url));
    }
    let policy =
        tdmrep::deciding(marks).filter(|m| m.reserved == Some(true)).and_then(|m| m.policy.as_deref());
    let Some(url) = policy.and_then(|policy| resolve(copy.url, policy)) else { return Ok(()) };
    let Some(document) = library.document(&url, copy.acquired_at)? else { return Ok(()) };
    let Some(policy) = &document.policy else { return Ok(()) };
    let mut offered = policy.statements();
    offered.retain(|s| s.target.is_none() || copy.url.is_none() || s.target.as_deref() == copy.url);
    for statement in &mut offered {
        // The server offers it, for what it serves here.
        statement.binding = Binding::Location;
        statement.reach = Reach::Url;
        statement.proof = placet_core::Proof::Transport;
        statement.target = copy.url.map(str::to_owned);
    }
    document.found.locate(&mut offered);
    gathered.statements.append(&mut offered);
    Ok(())
}

/// RSL documents: those of the page, and only where they say nothing those of the site. A document that is pointed to
/// and not at hand leaves the copy unlicensed.
fn licences<L: Library>(
    copy: &Copy<'_>,
    links: &[(rsl::Link, Association, Option<String>)],
    library: &mut L,
    gathered: &mut Gathered,
) -> Result<(), L::Error> {
    let mut seen: Vec<(String, Association)> = Vec::new();
    let mut said: Vec<(Association, Vec<Statement>)> = Vec::new();
    let inline = gathered.statements.iter().any(|s| s.protocol == "rsl" && s.reach == Reach::Url);
    for (link, association, base) in links.iter().take(DOCUMENTS_MAX) {
        if inline && *association == Association::Site {
            continue;
        }
        let url = resolve(base.as_deref(), &link.url);
        let key = (url.clone().unwrap_or_else(|| link.url.clone()), *association);
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let document = match &url {
            Some(url) => library.document(url, copy.acquired_at)?,
            None => None,
        };
        let stated = match document {
            Some(document) if !document.rsl.contents.is_empty() => {
                let mut stated = rsl::statements(&document.rsl, copy.url, *association);
                document.found.locate(&mut stated);
                stated
            }
            other => {
                let mut refusal = rsl::unlicensed(link);
                refusal.reach = if *association == Association::Site { Reach::Host } else { Reach::Url };
                refusal.target = copy.url.map(str::to_owned);
                if other.is_none() {
                    refusal.parse_status = ParseStatus::Ok;
                }
                vec![refusal]
            }
        };
        if !stated.is_empty() {
            said.push((*association, stated));
        }
    }
    let strongest = said.iter().map(|(association, _)| *association).max();
    for (association, mut stated) in said {
        if Some(association) == strongest {
            gathered.statements.append(&mut stated);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use placet_core::{Use, Verdict};

    use super::*;

    /// One host with its robots.txt and documents by URL.
    struct Shelf {
        robots: &'static str,
        documents: Vec<(&'static str, &'static str)>,
    }

    impl Library for Shelf {
        type Error = std::convert::Infallible;

        fn site(&mut self, _host: &str) -> Result<Option<Arc<Site>>, Self::Error> {
            let mut site = Site::default();
            let served = crate::site::Served {
                path: "/robots.txt",
                url: "https://a.example/robots.txt",
                status: None,
                observed_at: None,
                bytes: self.robots.as_bytes(),
            };
            site.hear(&served);
            Ok(Some(Arc::new(site)))
        }

        fn document(
            &mut self,
            url: &str,
            _acquired_at: Option<Timestamp>,
        ) -> Result<Option<Arc<Document>>, Self::Error> {
            let found = self.documents.iter().find(|(at, _)| *at == url);
            Ok(found.map(|(url, text)| Arc::new(Document::new(url, None, text.as_bytes()))))
        }
    }

    const PERMITS: &str = r#"<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>
        <permits type="usage">ai-train search</permits></license></content></rsl>"#;
    const REFUSES: &str = r#"<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>
        <prohibits type="usage">all</prohibits></license></content></rsl>"#;

    fn trained(shelf: &mut Shelf, page: &str, fields: Vec<(&str, &[u8])>) -> Option<Verdict> {
        let copy = Copy {
            url: Some("https://a.example/x/page"),
            head: Some(Head { fields, bytes: b"" }),
            body: Some((Kind::Page, page.as_bytes())),
            ..Copy::default()
        };
        let gathered = gather(&copy, Reader::default(), shelf).unwrap_or_default();
        gathered.statements.iter().filter_map(|s| s.says(Use::TrainGen)).reduce(Verdict::join)
    }

    #[test]
    fn licences_are_found_in_every_way_and_the_page_speaks_before_the_site() {
        let robots = "License: https://a.example/license.xml\nUser-agent: *\nAllow: /\n";
        let at = |documents: &[(&'static str, &'static str)]| Shelf { robots, documents: documents.to_vec() };
        let site = "https://a.example/license.xml";
        let own = "https://a.example/x/own.xml";
        let link = r#"<link rel="license" type="application/rsl+xml" href="own.xml">"#;
        let field: Vec<(&str, &[u8])> =
            vec![("Link", b"<own.xml>; rel=\"license\"; type=\"application/rsl+xml\"")];
        assert_eq!(trained(&mut at(&[(site, REFUSES)]), "", vec![]), Some(Verdict::Denied));
        assert_eq!(trained(&mut at(&[(site, PERMITS)]), "", vec![]), Some(Verdict::Allowed));
        // Pointed to and not at hand: unlicensed.
        assert_eq!(trained(&mut at(&[]), "", vec![]), Some(Verdict::Denied));
        let both = [(site, REFUSES), (own, PERMITS)];
        assert_eq!(trained(&mut at(&both), link, vec![]), Some(Verdict::Allowed));
        assert_eq!(trained(&mut at(&both), "", field.clone()), Some(Verdict::Allowed));
        let inline = format!("<script type=\"application/rsl+xml\">{PERMITS}</script>");
        assert_eq!(trained(&mut at(&[(site, REFUSES)]), &inline, vec![]), Some(Verdict::Allowed));
        assert_eq!(trained(&mut at(&[(site, PERMITS)]), link, vec![]), Some(Verdict::Denied));
    }

    #[test]
    fn of_two_sidecars_the_one_that_reserves_counts() {
        let sidecar = |reserved: u8| {
            format!(
                "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
                 xmlns:tdm=\"http://www.w3.org/ns/tdmrep/\"><tdm:reservation>{reserved}</tdm:reservation>\
                 </rdf:Description></rdf:RDF>"
            )
        };
        let (no, yes) = (sidecar(1), sidecar(0));
        for sidecars in [[&no, &yes], [&yes, &no]] {
            let beside = ["p.xmp", "p.tif.xmp"].into_iter().zip(sidecars.map(String::as_bytes)).collect();
            let copy = Copy { place: "p.tif", beside, ..Copy::default() };
            let stated = gather(&copy, Reader::default(), &mut Nothing).unwrap_or_default().statements;
            let [one, other] = &stated[..] else { panic!("{stated:?}") };
            assert_eq!(one.says(Use::Tdm), Some(Verdict::Denied));
            assert_eq!((other.overruled, other.verdict), (true, Verdict::Allowed));
            let mut places = ["p.xmp#xmp", "p.tif.xmp#xmp"];
            if sidecars[0] == &yes {
                places.reverse();
            }
            assert_eq!([&one.evidence.place, &other.evidence.place], places);
        }
    }

    #[test]
    fn a_policy_at_hand_says_what_it_asks_for() {
        let policy = r#"{"@type": "Offer", "profile": "http://www.w3.org/ns/tdmrep", "uid": "p",
            "permission": [{"action": "tdm:mine", "duty": [{"action": "compensate"}]}]}"#;
        let mut shelf = Shelf { robots: "", documents: vec![("https://a.example/policy.json", policy)] };
        let copy = Copy {
            url: Some("https://a.example/x"),
            head: Some(Head {
                fields: vec![("tdm-reservation", b"1"), ("tdm-policy", b"/policy.json")],
                bytes: b"head",
            }),
            ..Copy::default()
        };
        let gathered = gather(&copy, Reader::default(), &mut shelf).unwrap_or_default();
        let duties: Vec<&str> =
            gathered.statements.iter().flat_map(|s| &s.duties).map(|d| d.duty.as_str()).collect();
        assert_eq!(duties, ["tdm-policy", "payment"]);
        assert!(gathered.statements.iter().all(|s| s.evidence.sha256.is_some()));
    }
}
