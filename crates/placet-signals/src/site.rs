//! What one host says about everything it serves: its robots.txt, tdmrep.json, ai.txt and trust.txt, as they were served
//! at one or several times.
//!
//! Files are handed in as bytes; whoever reads folders or crawls names the host. A copy is governed by what the host
//! said when the copy was acquired, and what the host said last is stated beside it. A file whose time is not known is
//! heard in any case.

use jiff::Timestamp;
use placet_core::{Actors, Reach, Statement, Tier, Use, UseSet, Verdict};

use crate::robots::{self, Matcher, OneAgent, Robots};
use crate::statement::{evidence, of_place};
use crate::{Found, ai_txt, aipref, content_signal, rsl, tdmrep, trust_txt};

/// The paths under which a host speaks.
pub const PATHS: [&str; 5] =
    ["/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/.well-known/trust.txt", "/trust.txt"];

/// Most readings of one file that are kept; of more, those in the middle are dropped.
const READINGS_MAX: usize = 1_000;

/// One of the files, as it was served or saved.
#[derive(Clone, Debug)]
pub struct Served<'a> {
    /// Which of [`PATHS`].
    pub path: &'a str,
    /// The URL it came from.
    pub url: &'a str,
    /// The HTTP status; absent for a saved file, which counts as found.
    pub status: Option<u16>,
    /// When.
    pub observed_at: Option<Timestamp>,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// As whom a site is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader<'a> {
    /// Product tokens of the asker's agents. Without any, the rules for `*` are heard, and refused training: see
    /// [`robots::statements_to_anyone`].
    pub tokens: &'a [&'a str],
    /// Whether what is said to other agents is stated too.
    pub others: bool,
}

/// What one host says.
#[derive(Debug, Default)]
pub struct Site {
    robots: Vec<Seen<RobotsFile>>,
    tdmrep: Vec<Seen<tdmrep::File>>,
    ai_txt: Vec<Seen<Robots>>,
    trust_txt: Vec<Seen<Vec<Statement>>>,
    trust_txt_old: Vec<Seen<Vec<Statement>>>,
    len_bytes: usize,
}

/// What a site says about one of its URLs.
#[derive(Debug, Default)]
pub struct SiteSays {
    /// What it states.
    pub statements: Vec<Statement>,
    /// Its TDM reservation as of the copy, to be weighed against the page's own marks.
    pub tdmrep: Vec<tdmrep::Mark>,
    /// What its TDM reservation became afterwards.
    pub tdmrep_later: Vec<tdmrep::Mark>,
    /// Licences that its robots.txt points to, with the URL of that file.
    pub rsl: Vec<(rsl::Link, String)>,
}

#[derive(Debug)]
struct Seen<T> {
    what: T,
    found: Found,
}

#[derive(Debug)]
enum RobotsFile {
    Rules(Box<Rules>),
    /// The server failed: everything is to be taken as refused (RFC 9309, section 2.3.1.4).
    Failed(u16),
}

#[derive(Debug)]
struct Rules {
    robots: Robots,
    matcher: Matcher,
}

impl Site {
    /// Takes one file.
    pub fn hear(&mut self, served: &Served<'_>) {
        let found = Found::of(served.url, served.observed_at, served.bytes);
        self.len_bytes += served.bytes.len();
        let is_there = served.status.is_none_or(|status| (200..300).contains(&status));
        let bytes = served.bytes;
        match (served.path, served.status) {
            ("/robots.txt", Some(status @ 500..)) => add(&mut self.robots, RobotsFile::Failed(status), found),
            // Anything but a file means that nothing is restricted (section 2.3.1.3): it counts as an empty one.
            ("/robots.txt", _) => {
                let rules = RobotsFile::new(if is_there { bytes } else { b"" });
                add(&mut self.robots, rules, found);
            }
            _ if !is_there => {}
            ("/.well-known/tdmrep.json", _) => add(&mut self.tdmrep, tdmrep::file(bytes).0, found),
            ("/ai.txt", _) => add(&mut self.ai_txt, ai_txt::parse(bytes).0, found),
            ("/.well-known/trust.txt", _) => add(&mut self.trust_txt, trust_txt::parse(bytes).0, found),
            ("/trust.txt", _) => add(&mut self.trust_txt_old, trust_txt::parse(bytes).0, found),
            _ => {}
        }
    }

    /// Bytes of the files it was read from.
    pub fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// Whether none of the files is there.
    pub fn is_empty(&self) -> bool {
        self.robots.is_empty()
            && self.tdmrep.is_empty()
            && self.ai_txt.is_empty()
            && self.trust_txt.is_empty()
            && self.trust_txt_old.is_empty()
    }

    /// What the newest robots.txt says to an agent about fetching, by its product token; absent without one.
    pub fn access(&self, token: &str) -> Option<OneAgent> {
        Some(match &self.robots.last()?.what {
            RobotsFile::Rules(rules) => OneAgent::new(&rules.robots, token),
            RobotsFile::Failed(_) => OneAgent::refused(),
        })
    }

    /// What it says about one of its URLs, of which a copy was acquired then.
    pub fn says(&self, reader: Reader<'_>, url: &str, acquired_at: Option<Timestamp>) -> SiteSays {
        let mut says = SiteSays::default();
        let all = &mut says.statements;
        for (seen, role) in governing(&self.robots, acquired_at) {
            let mut stated = seen.what.statements(reader, url);
            seen.found.locate(&mut stated);
            all.append(&mut stated);
            if role == Role::Governs
                && let RobotsFile::Rules(rules) = &seen.what
            {
                for mut link in rsl::in_robots(&rules.robots, reader.tokens) {
                    seen.found.stamp(&mut link.evidence);
                    says.rsl.push((link, seen.found.place.clone()));
                }
            }
        }
        for (seen, _) in governing(&self.ai_txt, acquired_at) {
            let mut stated = ai_txt::statements(&seen.what, reader.tokens, url);
            seen.found.locate(&mut stated);
            all.append(&mut stated);
        }
        let trust = if self.trust_txt.is_empty() { &self.trust_txt_old } else { &self.trust_txt };
        for (seen, _) in governing(trust, acquired_at) {
            let mut stated = seen.what.clone();
            for statement in &mut stated {
                statement.target = robots::host_of(url);
            }
            seen.found.locate(&mut stated);
            all.append(&mut stated);
        }
        for (seen, role) in governing(&self.tdmrep, acquired_at) {
            if let Some(mut mark) = seen.what.mark(url) {
                seen.found.stamp(&mut mark.evidence);
                match role {
                    Role::Governs => says.tdmrep.push(mark),
                    Role::Later => says.tdmrep_later.push(mark),
                }
            }
        }
        // Where two readings govern, because the time of one is not known, the reservation counts.
        says.tdmrep.sort_by_key(|mark| mark.reserved);
        says
    }
}

impl RobotsFile {
    fn new(bytes: &[u8]) -> RobotsFile {
        let (robots, _) = robots::parse(bytes);
        RobotsFile::Rules(Box::new(Rules { matcher: Matcher::new(&robots), robots }))
    }

    fn statements(&self, reader: Reader<'_>, url: &str) -> Vec<Statement> {
        let (robots, matcher) = match self {
            RobotsFile::Rules(rules) => (&rules.robots, &rules.matcher),
            RobotsFile::Failed(status) => {
                return vec![Statement {
                    version: Some("9309".into()),
                    verdict: Verdict::Denied,
                    uses: UseSet::NONE.with(Use::Access),
                    actors: Actors::Anyone,
                    target: robots::host_of(url),
                    evidence: evidence("", None, &format!("HTTP status {status}")),
                    ..of_place("robots", Tier::A, Reach::Host)
                }];
            }
        };
        let mut stated = if reader.tokens.is_empty() {
            robots::statements_to_anyone(robots, matcher, url)
        } else {
            robots::statements(robots, matcher, reader.tokens, url)
        };
        if !reader.others && !reader.tokens.is_empty() {
            stated.retain(|s| s.protocol != "robots-purpose" || is_to(&s.actors, reader.tokens));
        }
        if reader.others && reader.tokens.is_empty() {
            let purposes = robots::statements(robots, matcher, &[], url);
            stated.extend(purposes.into_iter().filter(|s| s.protocol == "robots-purpose"));
        }
        stated.extend(aipref::in_robots(robots, reader.tokens, url).0);
        stated.extend(content_signal::in_robots(robots, reader.tokens, url).0);
        stated
    }
}

fn is_to(actors: &Actors, tokens: &[&str]) -> bool {
    match actors {
        Actors::Only(named) => named.iter().any(
            |actor| matches!(actor, placet_core::Actor::Agent(a) if tokens.iter().any(|t| t.eq_ignore_ascii_case(a))),
        ),
        _ => true,
    }
}

/// Keeps the readings of one file in the order of their times, those without a time first.
fn add<T>(readings: &mut Vec<Seen<T>>, what: T, found: Found) {
    let at = readings.partition_point(|seen| seen.found.observed_at <= found.observed_at);
    readings.insert(at, Seen { what, found });
    if readings.len() > READINGS_MAX {
        readings.remove(READINGS_MAX / 2);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It was read when the copy was acquired, or its time is not known.
    Governs,
    /// It is what the host said last.
    Later,
}

/// The readings that are heard of a copy: those without a time, the last one before it was acquired (the first one
/// after it, where there is none), and the newest of all.
fn governing<T>(readings: &[Seen<T>], acquired_at: Option<Timestamp>) -> Vec<(&Seen<T>, Role)> {
    let timed = readings.partition_point(|seen| seen.found.observed_at.is_none());
    let (untimed, timed) = readings.split_at(timed);
    let mut heard: Vec<_> = untimed.last().map(|seen| (seen, Role::Governs)).into_iter().collect();
    let Some(last) = timed.last() else { return heard };
    let at = acquired_at.map_or(timed.len(), |at| {
        timed.partition_point(|seen| seen.found.observed_at.is_some_and(|seen| seen <= at))
    });
    let governs = timed.get(at.saturating_sub(1)).unwrap_or(last);
    heard.push((governs, Role::Governs));
    if !std::ptr::eq(governs, last) {
        heard.push((last, Role::Later));
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(day: u8) -> Timestamp {
        format!("2026-03-{day:02}T00:00:00Z").parse().expect("a time")
    }

    fn served<'a>(path: &'a str, bytes: &'a [u8], day: Option<u8>) -> Served<'a> {
        Served { path, url: "https://a.example/x", status: None, observed_at: day.map(time), bytes }
    }

    #[test]
    fn the_reading_before_the_copy_governs_and_the_newest_is_heard() {
        let mut site = Site::default();
        for (day, rule) in [(9, "Disallow: /c"), (1, "Disallow: /a"), (5, "Disallow: /b")] {
            let text = format!("User-agent: *\n{rule}\n");
            site.hear(&served("/robots.txt", text.as_bytes(), Some(day)));
        }
        let heard = |day: Option<u8>| -> Vec<String> {
            governing(&site.robots, day.map(time))
                .into_iter()
                .filter_map(|(seen, _)| seen.found.observed_at.map(|t| t.to_string()))
                .collect()
        };
        assert_eq!(heard(Some(6)), ["2026-03-05T00:00:00Z", "2026-03-09T00:00:00Z"]);
        assert_eq!(heard(Some(20)), ["2026-03-09T00:00:00Z"]);
        assert_eq!(heard(None), ["2026-03-09T00:00:00Z"]);
        let mut early = Site::default();
        early.hear(&served("/robots.txt", b"", Some(7)));
        assert_eq!(governing(&early.robots, Some(time(2))).len(), 1);
    }

    #[test]
    fn a_server_that_fails_refuses_and_a_missing_file_restricts_nothing() {
        for (status, denied) in [(503, true), (404, false), (200, false)] {
            let mut site = Site::default();
            site.hear(&Served { status: Some(status), ..served("/robots.txt", b"", None) });
            let says = site.says(Reader::default(), "https://a.example/p", None);
            let is_denied = says.statements.iter().any(|s| s.says(Use::Access) == Some(Verdict::Denied));
            assert_eq!(is_denied, denied, "{status}");
            assert_eq!(site.access("*").map(|a| a.decide(b"/p").allowed), Some(!denied), "{status}");
        }
    }

    #[test]
    fn one_refused_crawler_is_no_refusal_of_training_and_a_class_is() {
        let says = |text: &str, tokens: &[&str]| -> Vec<String> {
            let mut site = Site::default();
            site.hear(&served("/robots.txt", text.as_bytes(), None));
            let reader = Reader { tokens, others: false };
            let stated = site.says(reader, "https://a.example/p", None).statements;
            let stated = stated.iter().filter(|s| s.protocol == "robots-purpose");
            stated.map(|s| s.uses.to_string()).collect()
        };
        let refuse = |agents: &[&str]| -> String {
            agents.iter().map(|a| format!("User-agent: {a}\n")).collect::<String>() + "Disallow: /\n"
        };
        let training = "train-nongen, train-gen, fine-tune";
        assert!(says(&refuse(&["Bytespider"]), &[]).is_empty());
        assert_eq!(says(&refuse(&["GPTBot", "CCBot", "ClaudeBot"]), &[]), [training]);
        assert_eq!(says(&refuse(&["Google-Extended"]), &[]), ["train-gen, fine-tune"]);
        // Whoever names an agent is told what is said to it.
        assert!(says(&refuse(&["GPTBot", "CCBot", "ClaudeBot"]), &["OtherBot"]).is_empty());
        assert_eq!(says(&refuse(&["GPTBot", "CCBot", "ClaudeBot"]), &["ccbot"]), [training]);
        // Most trainers are let in: the others are refused for something else.
        let mixed = refuse(&["Bytespider", "Diffbot", "img2dataset"])
            + "User-agent: GPTBot\nUser-agent: ClaudeBot\nUser-agent: CCBot\nAllow: /\n";
        assert!(says(&mixed, &[]).is_empty());
    }
}
