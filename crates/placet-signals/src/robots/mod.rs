//! robots.txt: the Robots Exclusion Protocol, RFC 9309, with every extension line in its group.
//!
//! Access is RFC 9309's matter: groups of the agent's product token are merged, `*` counts only where none names it,
//! the longest pattern wins, Allow wins ties. Lines of other protocols (`Content-Usage`, `Content-Signal`, `License`
//! …) are kept with the group they stand in and never close it; their meaning is their own protocol's file.
//!
//! [`Reading::Lenient`] adds what Google's matcher forgives. What it forgives is a defect in either reading.

mod matcher;
mod path;
mod patterns;
mod state;
mod write;

pub use matcher::{Access, AgentRules, Matcher, OneAgent};

pub(crate) use path::{authority, split_scheme};
pub use path::{authority_of, matches, normal, path_of};
pub use state::{OPERATORS_MIN, statements, statements_to_anyone};
pub(crate) use state::{actors, groups_for_any, host_of};
pub use write::write;

use crate::defect::{Defect, Problem, note};

/// Most bytes of a robots.txt that are read. RFC 9309, section 2.5 asks for 500 KiB at least; real files reach 1.4 MB.
pub const ROBOTS_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Longest line that the lenient reading keeps, as Google's matcher.
const LENIENT_LINE_BYTES_MAX: usize = 2083 * 8 - 1;

/// How strictly the grammar is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// As RFC 9309 says.
    #[default]
    Rfc9309,
    /// With what Google's matcher forgives: misspelt keys, missing colons, `index.html` for its folder, over-long
    /// lines cut, product tokens of letters, `_` and `-` only, percent-encoded letters not decoded.
    Lenient,
}

/// A robots.txt as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Robots {
    /// How it was read.
    pub reading: Reading,
    /// The groups in order.
    pub groups: Vec<Group>,
    /// Extension lines before any group, and `Sitemap` lines anywhere.
    pub outside: Vec<Extension>,
    /// Whether the bytes were a web page, which is the absence of a robots.txt.
    pub absent: bool,
}

/// One group: agents, rules, and the extension lines that stand among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Whom it addresses.
    pub agents: Vec<Agent>,
    /// Its Allow and Disallow rules.
    pub rules: Vec<Rule>,
    /// Lines of other protocols.
    pub extensions: Vec<Extension>,
}

/// One `User-agent` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The value as it stands.
    pub value: String,
    /// Line, from 1.
    pub line: u32,
}

/// One Allow or Disallow line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether it allows.
    pub allow: bool,
    /// The pattern in normal form; empty where the line names none, which matches nothing.
    pub pattern: String,
    /// Line, from 1.
    pub line: u32,
}

/// One line of another protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Which protocol.
    pub directive: Directive,
    /// The key as it stands.
    pub key: String,
    /// The value as it stands, without comment and outer spaces.
    pub value: String,
    /// Line, from 1.
    pub line: u32,
}

/// What an extension line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Directive {
    /// `Content-Usage` (draft-ietf-aipref-attach).
    ContentUsage,
    /// `Content-Signal` (contentsignals.org).
    ContentSignal,
    /// `License` (RSL 1.0).
    License,
    /// `DisallowAITraining` and `AllowAITraining` (draft-canel-robots-ai-control, expired).
    AiTraining,
    /// `Sitemap`.
    Sitemap,
    /// `Crawl-delay`, `Request-rate`, `Host` and other words about crawling.
    Crawling,
    /// Anything else.
    Unknown,
}

impl Agent {
    /// Whether it stands for every agent.
    pub fn is_everybody(&self) -> bool {
        let mut bytes = self.value.bytes();
        bytes.next() == Some(b'*') && bytes.next().is_none_or(|b| b.is_ascii_whitespace())
    }

    /// The product token: the value up to the first space or `/`.
    pub fn token(&self) -> &str {
        self.value.split(|c: char| c.is_ascii_whitespace() || c == '/').next().unwrap_or_default()
    }

    /// The names that it answers to. Some vendors' tokens hold spaces, so the whole value is one too.
    fn names(&self, reading: Reading) -> impl Iterator<Item = &str> {
        let (token, whole) = match reading {
            Reading::Rfc9309 => {
                let token = self.token();
                (token, Some(self.value.as_str()).filter(|whole| whole.len() > token.len()))
            }
            Reading::Lenient => (letters_of(&self.value), None),
        };
        [Some(token), whole].into_iter().flatten().filter(|n| !n.is_empty())
    }
}

/// The beginning that RFC 9309 allows in a product token.
fn letters_of(value: &str) -> &str {
    let end = value.find(|c: char| !(c.is_ascii_alphabetic() || c == '_' || c == '-')).unwrap_or(value.len());
    value.get(..end).unwrap_or_default()
}

/// Whether a name is a product token in RFC 9309's grammar: letters, `_` and `-`.
///
/// Real tokens also hold digits (`AI2Bot`); they are matched, but this says no.
pub fn is_product_token(name: &str) -> bool {
    !name.is_empty() && letters_of(name).len() == name.len()
}

impl Robots {
    /// The groups for an agent: those that name it, otherwise those for `*`.
    pub fn groups_for(&self, token: &str) -> Vec<&Group> {
        let named: Vec<&Group> = self.groups.iter().filter(|g| self.names(g, token)).collect();
        if named.is_empty() {
            return self.groups.iter().filter(|g| g.agents.iter().any(Agent::is_everybody)).collect();
        }
        named
    }

    /// Whether some group names an agent itself.
    pub fn is_named(&self, token: &str) -> bool {
        self.groups.iter().any(|g| self.names(g, token))
    }

    fn names(&self, group: &Group, token: &str) -> bool {
        group.agents.iter().any(|a| a.names(self.reading).any(|n| n.eq_ignore_ascii_case(token)))
    }

    /// Every extension line of a kind, with the group it stands in.
    pub fn extensions(&self, directive: Directive) -> impl Iterator<Item = (Option<&Group>, &Extension)> {
        let inside = self.groups.iter().flat_map(|g| g.extensions.iter().map(move |e| (Some(g), e)));
        let outside = self.outside.iter().map(|e| (None, e));
        inside.chain(outside).filter(move |(_, e)| e.directive == directive)
    }
}

/// Whether groups let a path be fetched, straight from the definition: for the few paths that are not worth a
/// [`Matcher`].
pub(crate) fn allows(groups: &[&Group], path: &[u8]) -> bool {
    let rules = groups.iter().flat_map(|g| &g.rules).filter(|r| !r.pattern.is_empty());
    let matching = rules.filter(|r| matches(r.pattern.as_bytes(), path));
    matching.map(|r| (r.pattern.len(), r.allow)).max().is_none_or(|(_, allow)| allow)
}

/// Reads a robots.txt as RFC 9309 says.
pub fn parse(bytes: &[u8]) -> (Robots, Vec<Defect>) {
    parse_as(bytes, Reading::Rfc9309)
}

/// Reads a robots.txt.
pub fn parse_as(bytes: &[u8], reading: Reading) -> (Robots, Vec<Defect>) {
    let mut reader =
        Reader { robots: Robots { reading, ..Robots::default() }, defects: Vec::new(), in_agents: false };
    if crate::text::is_html(bytes) {
        note(&mut reader.defects, Defect::new(Problem::Html, ""));
        reader.robots.absent = true;
        return (reader.robots, reader.defects);
    }
    let mut rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if rest.len() > ROBOTS_BYTES_MAX {
        note(&mut reader.defects, Defect::new(Problem::Limit, format!("{} bytes", bytes.len())));
        let cut = rest.get(..ROBOTS_BYTES_MAX).unwrap_or(rest);
        // Half a pattern would say something its author did not.
        let end = memchr::memrchr2(b'\n', b'\r', cut).unwrap_or(0);
        rest = cut.get(..end).unwrap_or_default();
    }
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = match after {
            [b'\r', b'\n', tail @ ..] | [_, tail @ ..] => tail,
            [] => &[],
        };
        reader.line(line, number);
    }
    (reader.robots, reader.defects)
}

struct Reader {
    robots: Robots,
    defects: Vec<Defect>,
    /// Whether the last line of substance was a `User-agent` line, so that another one joins its group.
    in_agents: bool,
}

impl Reader {
    fn line(&mut self, line: &[u8], number: u32) {
        let lenient = self.robots.reading == Reading::Lenient;
        let line = if lenient { line.get(..LENIENT_LINE_BYTES_MAX).unwrap_or(line) } else { line };
        let end = memchr::memchr(b'#', line).unwrap_or(line.len());
        let content = line.get(..end).unwrap_or(line).trim_ascii();
        if content.is_empty() {
            return;
        }
        let (key, value) = if let Some(colon) = memchr::memchr(b':', content) {
            let (key, value) = content.split_at(colon);
            (key.trim_ascii(), value.get(1..).unwrap_or_default().trim_ascii())
        } else {
            let Some((key, value)) = split_without_colon(content) else {
                self.note(number, Problem::Syntax, content);
                return;
            };
            if !matches!(key_of(key).0, Key::Agent | Key::Allow | Key::Disallow) {
                self.note(number, Problem::Syntax, content);
                return;
            }
            self.note(number, Problem::Missing, content);
            if !lenient {
                return;
            }
            (key, value)
        };
        let (kind, misspelt) = key_of(key);
        if misspelt {
            self.note(number, Problem::Misspelt, key);
            if !lenient {
                return;
            }
        }
        match kind {
            Key::Agent => self.agent(value, number),
            Key::Allow | Key::Disallow => self.rule(kind == Key::Allow, value, number),
            Key::Other(directive) => self.extension(directive, key, value, number),
        }
    }

    fn agent(&mut self, value: &[u8], line: u32) {
        let agent = Agent { value: text_of(value), line };
        match self.robots.groups.last_mut() {
            Some(group) if self.in_agents => group.agents.push(agent),
            _ => self.robots.groups.push(Group { agents: vec![agent], ..Group::default() }),
        }
        self.in_agents = true;
    }

    fn rule(&mut self, allow: bool, value: &[u8], line: u32) {
        let pattern = match self.robots.reading {
            Reading::Rfc9309 => normal_pattern(value),
            Reading::Lenient => lenient_pattern(value),
        };
        if !matches!(pattern.bytes().next(), None | Some(b'/' | b'*' | b'$')) {
            self.note(line, Problem::Misplaced, value);
        }
        let Some(group) = self.robots.groups.last_mut() else {
            self.note(line, Problem::Misplaced, value);
            return;
        };
        self.in_agents = false;
        group.rules.push(Rule { allow, pattern, line });
    }

    fn extension(&mut self, directive: Directive, key: &[u8], value: &[u8], line: u32) {
        let extension = Extension { directive, key: text_of(key), value: text_of(value), line };
        match self.robots.groups.last_mut() {
            Some(group) if directive != Directive::Sitemap => group.extensions.push(extension),
            _ => self.robots.outside.push(extension),
        }
    }

    fn note(&mut self, line: u32, problem: Problem, text: &[u8]) {
        note(&mut self.defects, Defect::at(line, problem, String::from_utf8_lossy(text)));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Agent,
    Allow,
    Disallow,
    Other(Directive),
}

/// What a key means, and whether it is misspelt for one of the three that RFC 9309 defines.
fn key_of(key: &[u8]) -> (Key, bool) {
    const KNOWN: [(&[u8], Key); 14] = [
        (b"user-agent", Key::Agent),
        (b"disallow", Key::Disallow),
        (b"allow", Key::Allow),
        (b"sitemap", Key::Other(Directive::Sitemap)),
        (b"content-usage", Key::Other(Directive::ContentUsage)),
        (b"content-signal", Key::Other(Directive::ContentSignal)),
        (b"license", Key::Other(Directive::License)),
        (b"disallowaitraining", Key::Other(Directive::AiTraining)),
        (b"allowaitraining", Key::Other(Directive::AiTraining)),
        (b"crawl-delay", Key::Other(Directive::Crawling)),
        (b"request-rate", Key::Other(Directive::Crawling)),
        (b"visit-time", Key::Other(Directive::Crawling)),
        (b"host", Key::Other(Directive::Crawling)),
        (b"clean-param", Key::Other(Directive::Crawling)),
    ];
    // The misspellings that Google's matcher knows, as beginnings.
    const MISSPELT: [(&[u8], Key); 10] = [
        (b"user-agent", Key::Agent),
        (b"useragent", Key::Agent),
        (b"user agent", Key::Agent),
        (b"disallow", Key::Disallow),
        (b"dissallow", Key::Disallow),
        (b"dissalow", Key::Disallow),
        (b"disalow", Key::Disallow),
        (b"diasllow", Key::Disallow),
        (b"disallaw", Key::Disallow),
        (b"allow", Key::Allow),
    ];
    if let Some((_, kind)) = KNOWN.iter().find(|(name, _)| key.eq_ignore_ascii_case(name)) {
        return (*kind, false);
    }
    let begins = |name: &[u8]| key.get(..name.len()).is_some_and(|k| k.eq_ignore_ascii_case(name));
    match MISSPELT.iter().find(|(name, _)| begins(name)) {
        Some((_, kind)) => (*kind, true),
        None => (Key::Other(Directive::Unknown), false),
    }
}

/// `key value`, two words and no more.
fn split_without_colon(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = memchr::memchr2(b' ', b'\t', content)?;
    let (key, value) = content.split_at(space);
    let value = value.trim_ascii();
    (memchr::memchr2(b' ', b'\t', value).is_none()).then_some((key, value))
}

/// A pattern in the normal form of [`normal`], with `*` and a final `$` kept as signs.
pub(crate) fn normal_pattern(value: &[u8]) -> String {
    let end = value.strip_suffix(b"$").unwrap_or(value);
    if end.iter().all(|b| b.is_ascii_graphic() && !matches!(b, b'%' | b'$')) {
        return ascii(value.to_vec());
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&b, after)) = rest.split_first() {
        rest = if b == b'$' && !after.is_empty() {
            path::encode(b, &mut out);
            after
        } else {
            path::push_normal(b, after, &mut out)
        };
    }
    ascii(out)
}

/// As Google's matcher: octets above US-ASCII encoded, hexadecimal digits in upper case, nothing decoded.
fn lenient_pattern(value: &[u8]) -> String {
    let mut out = Vec::with_capacity(value.len());
    let mut digits = 0;
    for (i, &b) in value.iter().enumerate() {
        if b == b'%' && value.get(i + 1..i + 3).is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit)) {
            digits = 2;
            out.push(b);
        } else if digits > 0 {
            digits -= 1;
            out.push(b.to_ascii_uppercase());
        } else if b.is_ascii() {
            out.push(b);
        } else {
            path::encode(b, &mut out);
        }
    }
    ascii(out)
}

/// Octets as text, what is no UTF-8 replaced.
fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn ascii(bytes: Vec<u8>) -> String {
    // Both callers encode every octet above US-ASCII, so nothing is ever replaced.
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}
