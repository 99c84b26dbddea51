//! A robots.txt prepared to answer many paths.

use std::ops::Range;

use super::Robots;
use super::patterns::{Best, Builder, Patterns};
use crate::agents;

/// A robots.txt prepared to answer which agent may fetch which path.
///
/// Texts and entries of all groups lie in a few vectors, so that preparing a file takes few allocations.
#[derive(Debug, Default)]
pub struct Matcher {
    /// Names in order, each with the groups that it names.
    names: Vec<Name>,
    /// Names in lower case, one behind the other.
    name_bytes: Vec<u8>,
    name_groups: Vec<u32>,
    everybody: Vec<u32>,
    /// The nodes for everybody where one group holds them all, as in most files: a look into memory less.
    everybody_nodes: Option<Range<u32>>,
    /// Where each group's nodes lie.
    groups: Vec<Range<u32>>,
    patterns: Patterns,
    /// The agents of AI systems that the file names.
    known: Vec<&'static agents::Agent>,
}

/// A product token, or the whole value of a `User-agent` line.
#[derive(Debug)]
struct Name {
    start: u32,
    len: u32,
    groups_start: u32,
    groups_end: u32,
}

/// What a robots.txt says to one agent about one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether the path may be fetched.
    pub allowed: bool,
    /// The line of the rule that decided, from 1; absent where no rule matches, which allows.
    pub line: Option<u32>,
}

/// The rules for one agent.
#[derive(Clone, Copy, Debug)]
pub struct AgentRules<'a> {
    matcher: &'a Matcher,
    groups: &'a [u32],
    /// The nodes of these groups where it is one.
    nodes: Option<&'a Range<u32>>,
    /// Whether a group names the agent itself, not only `*`.
    pub named: bool,
}

impl Matcher {
    /// Prepares a file that was read.
    pub fn new(robots: &Robots) -> Matcher {
        let mut made = Matcher::default();
        let mut said: Vec<(u32, u32, u32)> = Vec::new();
        for (i, group) in robots.groups.iter().enumerate() {
            let i = i as u32;
            for agent in &group.agents {
                if agent.is_everybody() {
                    made.everybody.push(i);
                    continue;
                }
                for name in agent.names(robots.reading) {
                    said.push((made.name_bytes.len() as u32, name.len() as u32, i));
                    made.name_bytes.extend(name.bytes().map(|b| b.to_ascii_lowercase()));
                }
            }
        }
        made.everybody.dedup();
        made.sort_names(said);
        let mut builder = Builder::default();
        for group in &robots.groups {
            made.groups.push(builder.add_groups([group], robots.reading));
        }
        made.patterns = builder.done();
        if let [one] = made.everybody[..] {
            made.everybody_nodes = made.groups.get(one as usize).cloned();
        }
        made
    }

    fn sort_names(&mut self, mut said: Vec<(u32, u32, u32)>) {
        let bytes = std::mem::take(&mut self.name_bytes);
        let text =
            |start: u32, len: u32| bytes.get(start as usize..(start + len) as usize).unwrap_or_default();
        said.sort_unstable_by(|a, b| (text(a.0, a.1), a.2).cmp(&(text(b.0, b.1), b.2)));
        self.names.reserve(said.len());
        let mut last: Option<(&[u8], u32)> = None;
        for (start, len, group) in said {
            let name = text(start, len);
            if last == Some((name, group)) {
                continue;
            }
            if let Some(same) = self.names.last_mut().filter(|_| last.is_some_and(|(l, _)| l == name)) {
                same.groups_end += 1;
            } else {
                let at = self.name_groups.len() as u32;
                self.names.push(Name { start, len, groups_start: at, groups_end: at + 1 });
                self.known.extend(agents::find_lower(name));
            }
            self.name_groups.push(group);
            last = Some((name, group));
        }
        self.name_bytes = bytes;
    }

    /// The agents of AI systems that the file names.
    pub fn known_agents(&self) -> &[&'static agents::Agent] {
        &self.known
    }

    /// The rules for an agent, by its product token.
    pub fn agent(&self, token: &str) -> AgentRules<'_> {
        let found = self.names.binary_search_by(|name| {
            let text = self.name_bytes.get(name.start as usize..(name.start + name.len) as usize);
            text.unwrap_or_default().iter().copied().cmp(token.bytes().map(|b| b.to_ascii_lowercase()))
        });
        if let Some(name) = found.ok().and_then(|i| self.names.get(i)) {
            let groups = self.name_groups.get(name.groups_start as usize..name.groups_end as usize);
            AgentRules { matcher: self, groups: groups.unwrap_or_default(), nodes: None, named: true }
        } else {
            let nodes = self.everybody_nodes.as_ref();
            AgentRules { matcher: self, groups: &self.everybody, nodes, named: false }
        }
    }

    /// Whether an agent may fetch a path, both in the form that [`super::normal`] gives.
    pub fn decide(&self, token: &str, path: &[u8]) -> Access {
        self.agent(token).decide(path)
    }
}

impl AgentRules<'_> {
    /// Whether a path in normal form may be fetched.
    pub fn decide(&self, path: &[u8]) -> Access {
        let mut best = Best::NONE;
        if let Some(nodes) = self.nodes {
            self.matcher.patterns.improve(nodes, path, &mut best);
        } else {
            for nodes in self.groups.iter().filter_map(|g| self.matcher.groups.get(*g as usize)) {
                self.matcher.patterns.improve(nodes, path, &mut best);
            }
        }
        best.access(true)
    }
}

/// What a robots.txt says to one agent, prepared to answer many paths with few looks into memory.
#[derive(Debug)]
pub struct OneAgent {
    patterns: Patterns,
    otherwise: bool,
}

impl OneAgent {
    /// The rules for an agent, by its product token.
    pub fn new(robots: &Robots, token: &str) -> OneAgent {
        let mut builder = Builder::default();
        builder.add_groups(robots.groups_for(token), robots.reading);
        OneAgent { patterns: builder.done(), otherwise: true }
    }

    /// Everything is refused: what a failing server means (RFC 9309, section 2.3.1.4).
    pub fn refused() -> OneAgent {
        OneAgent { patterns: Patterns::default(), otherwise: false }
    }

    /// Whether a path in the form that [`super::normal`] gives may be fetched.
    pub fn decide(&self, path: &[u8]) -> Access {
        let mut best = Best::NONE;
        self.patterns.improve(&(0..self.patterns.len()), path, &mut best);
        best.access(self.otherwise)
    }

    /// Bytes of memory that it takes.
    pub fn len_bytes(&self) -> usize {
        self.patterns.len_bytes()
    }
}
