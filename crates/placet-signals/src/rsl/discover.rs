//! Where documents are found: `License` lines in robots.txt and `Link` header fields. HTML, feeds and assets are read
//! in their own files.

use placet_core::{Evidence, ParseStatus, Reach, Statement, Tier, Use, Verdict};

use crate::header::links;
use crate::robots::{self, Directive, Extension, Robots};
use crate::statement::{AI_USES, evidence, of_place};

/// The media type of a document.
pub const MEDIA_TYPE: &str = "application/rsl+xml";

/// A pointer to a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it points, as it stands: relative ones are the caller's to resolve.
    pub url: String,
    /// Where the pointer stands.
    pub evidence: Evidence,
}

/// The `License` lines that hold for the agents: those in their groups; only where there are none, those outside.
pub fn in_robots(robots: &Robots, tokens: &[&str]) -> Vec<Link> {
    let lines = |extensions: &[Extension]| -> Vec<Link> {
        extensions
            .iter()
            .filter(|e| e.directive == Directive::License && !e.value.is_empty())
            .map(|e| Link {
                url: e.value.clone(),
                evidence: evidence("", Some(e.line), &format!("{}: {}", e.key, e.value)),
            })
            .collect()
    };
    let inside: Vec<Link> =
        robots::groups_for_any(robots, tokens).iter().flat_map(|g| lines(&g.extensions)).collect();
    if inside.is_empty() { lines(&robots.outside) } else { inside }
}

/// The `Link` header fields with `rel="license"` and the media type of a document.
pub fn in_headers(fields: &[&[u8]]) -> Vec<Link> {
    fields
        .iter()
        .flat_map(|field| links(field))
        .filter(|link| link.has_relation("license") && link.parameter("type") == Some(MEDIA_TYPE))
        .map(|link| Link { evidence: evidence("#link", None, &link.quote()), url: link.url })
        .collect()
}

/// What holds where a pointer stands and no valid document can be had from it: the asset is unlicensed.
pub fn unlicensed(link: &Link) -> Statement {
    Statement {
        version: Some("1.0".into()),
        verdict: Verdict::Denied,
        uses: AI_USES.with(Use::Search),
        parse_status: ParseStatus::MalformedIntent,
        evidence: link.evidence.clone(),
        ..of_place("rsl", Tier::B, Reach::Host)
    }
}
