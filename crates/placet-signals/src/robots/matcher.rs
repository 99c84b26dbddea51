//! A robots.txt prepared to answer many paths.
//!
//! Each group's patterns are ordered by their fixed beginning, and each beginning knows the longest other one that it
//! begins with. A path is looked up once; the rules that can apply lie on one chain from there, the longest first.
//! Preparing takes n log n of the file; one answer takes at most the file's wildcard rules times the path's length,
//! and for files without wildcards a binary search.

use std::ops::Range;

use super::path::tail_matches;
use super::{Group, Reading, Robots};
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
    nodes: Vec<Node>,
    /// Of each node the first octets of its beginning, as [`key`] gives them: most steps of a search end here.
    keys: Vec<u128>,
    tails: Vec<Tail>,
    bytes: Vec<u8>,
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
        let mut builder = Builder { made, chain: Vec::new() };
        let mut rules = Vec::new();
        for group in &robots.groups {
            rules.clear();
            builder.group(group, robots.reading, &mut rules);
        }
        let mut made = builder.made;
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
            self.matcher.improve(nodes, path, &mut best);
        } else {
            for nodes in self.groups.iter().filter_map(|g| self.matcher.groups.get(*g as usize)) {
                self.matcher.improve(nodes, path, &mut best);
            }
        }
        Access { allowed: best.rank & 1 == 1 || best.rank == 0, line: (best.rank > 0).then_some(best.line) }
    }
}

/// Rank of a rule: length of its pattern, then Allow above Disallow. 0 is no rule.
#[derive(Clone, Copy)]
struct Best {
    rank: u32,
    line: u32,
}

impl Best {
    const NONE: Best = Best { rank: 0, line: 0 };

    fn take(&mut self, other: Best) {
        if other.rank > self.rank {
            *self = other;
        }
    }
}

/// One fixed beginning.
#[derive(Debug)]
struct Node {
    start: u32,
    len: u32,
    /// Longest other beginning that this one begins with.
    parent: u32,
    /// The best rule whose pattern is just this beginning; rank 0 where there is none.
    rank: u32,
    line: u32,
    /// Best rank of any rule here or further up the chain.
    rank_max: u32,
    tails_start: u32,
    tails_end: u32,
}

/// What follows a fixed beginning in a pattern with signs.
#[derive(Debug)]
struct Tail {
    start: u32,
    end: u32,
    /// Fewest octets that can match.
    len_min: u32,
    rank: u32,
    line: u32,
}

const NO_PARENT: u32 = u32::MAX;

/// Beginning, what follows it, and the rule.
type Split<'a> = (&'a [u8], &'a [u8], Best);

/// A matcher in the making.
struct Builder {
    made: Matcher,
    /// The nodes that the last one begins with, the shortest first.
    chain: Vec<u32>,
}

impl Builder {
    fn group<'a>(&mut self, group: &'a Group, reading: Reading, rules: &mut Vec<Split<'a>>) {
        for rule in &group.rules {
            let pattern = rule.pattern.as_bytes();
            if pattern.is_empty() {
                continue;
            }
            push(rules, pattern, pattern.len(), rule.allow, rule.line);
            if reading == Reading::Lenient && rule.allow {
                // Google's matcher: allowing /x/index.html allows /x/ too.
                let slash = memchr::memrchr(b'/', pattern);
                if let Some((dir, file)) = slash.and_then(|at| pattern.split_at_checked(at + 1))
                    && file.starts_with(b"index.htm")
                    && memchr::memchr2(b'*', b'$', dir).is_none()
                {
                    let best = Best { rank: ((dir.len() as u32 + 1) << 1) | 1, line: rule.line };
                    rules.push((dir, b"$", best));
                }
            }
        }
        // Of rules that say the same the first line counts.
        rules.sort_unstable_by(|a, b| (a.0, b.2.rank, a.1, a.2.line).cmp(&(b.0, a.2.rank, b.1, b.2.line)));
        rules.dedup_by(|b, a| a.0 == b.0 && a.1 == b.1 && a.2.rank >= b.2.rank);

        let start = self.made.nodes.len() as u32;
        self.chain.clear();
        let mut last: Option<&[u8]> = None;
        for (head, tail, best) in rules.iter().copied() {
            if last != Some(head) {
                self.open(head);
                last = Some(head);
            }
            self.add(tail, best);
        }
        self.made.groups.push(start..self.made.nodes.len() as u32);
    }

    fn open(&mut self, head: &[u8]) {
        let made = &mut self.made;
        while let Some(&top) = self.chain.last() {
            if made.nodes.get(top as usize).is_some_and(|n| head.starts_with(made.text(n))) {
                break;
            }
            self.chain.pop();
        }
        let parent = self.chain.last().copied().unwrap_or(NO_PARENT);
        let above = made.nodes.get(parent as usize).map_or(0, |n| n.rank_max);
        let tails = made.tails.len() as u32;
        self.chain.push(made.nodes.len() as u32);
        made.keys.push(key(head));
        made.nodes.push(Node {
            start: made.bytes.len() as u32,
            len: head.len() as u32,
            parent,
            rank: 0,
            line: 0,
            rank_max: above,
            tails_start: tails,
            tails_end: tails,
        });
        made.bytes.extend_from_slice(head);
    }

    fn add(&mut self, tail: &[u8], best: Best) {
        let made = &mut self.made;
        let Some(node) = made.nodes.last_mut() else { return };
        node.rank_max = node.rank_max.max(best.rank);
        if tail.is_empty() {
            if best.rank > node.rank {
                (node.rank, node.line) = (best.rank, best.line);
            }
            return;
        }
        let start = made.bytes.len() as u32;
        made.bytes.extend_from_slice(tail);
        let signs = tail.iter().filter(|&&b| b == b'*' || b == b'$').count();
        made.tails.push(Tail {
            start,
            end: made.bytes.len() as u32,
            len_min: (tail.len() - signs) as u32,
            rank: best.rank,
            line: best.line,
        });
        node.tails_end = made.tails.len() as u32;
    }
}

impl Matcher {
    fn text(&self, node: &Node) -> &[u8] {
        self.bytes.get(node.start as usize..(node.start + node.len) as usize).unwrap_or_default()
    }

    fn improve(&self, nodes: &Range<u32>, path: &[u8], best: &mut Best) {
        let range = nodes.start as usize..nodes.end as usize;
        let own = self.nodes.get(range.clone()).unwrap_or_default();
        let keys = self.keys.get(range).unwrap_or_default();
        let wanted = key(path);
        let less = keys.partition_point(|k| *k < wanted);
        let same = keys.get(less..).unwrap_or_default().partition_point(|k| *k == wanted);
        let alike = own.get(less..less + same).unwrap_or_default();
        // A beginning within the key is one of the path where the keys are the same.
        let within = KEY_BYTES.min(path.len());
        let after = less + alike.partition_point(|n| n.len as usize <= within || self.text(n) <= path);
        let Some(at) = after.checked_sub(1) else { return };
        let (Some(mut node), Some(found)) = (own.get(at), keys.get(at)) else { return };
        let common = if node.len as usize <= within {
            ((found ^ wanted).leading_zeros() / 8).min(node.len)
        } else {
            self.text(node).iter().zip(path).take_while(|(a, b)| a == b).count() as u32
        };
        loop {
            if node.rank_max <= best.rank {
                return;
            }
            if node.len <= common {
                best.take(Best { rank: node.rank, line: node.line });
                self.improve_by_tails(node, path, best);
            }
            match self.nodes.get(node.parent as usize) {
                Some(parent) => node = parent,
                None => return,
            }
        }
    }

    fn improve_by_tails(&self, node: &Node, path: &[u8], best: &mut Best) {
        let tails = self.tails.get(node.tails_start as usize..node.tails_end as usize).unwrap_or_default();
        let rest = path.get(node.len as usize..).unwrap_or_default();
        for tail in tails {
            if tail.rank <= best.rank {
                return;
            }
            if tail.len_min as usize <= rest.len() {
                let pattern = self.bytes.get(tail.start as usize..tail.end as usize).unwrap_or_default();
                if tail_matches(pattern, rest) {
                    best.take(Best { rank: tail.rank, line: tail.line });
                    return;
                }
            }
        }
    }
}

const KEY_BYTES: usize = 16;

/// The first octets as a number: of two texts with different keys, the one with the smaller key is the smaller.
fn key(text: &[u8]) -> u128 {
    let mut octets = [0; KEY_BYTES];
    let len = text.len().min(KEY_BYTES);
    octets[..len].copy_from_slice(&text[..len]);
    u128::from_be_bytes(octets)
}

/// Splits a pattern at its first sign and takes needless signs out of the rest: they change no match.
fn push<'a>(rules: &mut Vec<Split<'a>>, pattern: &'a [u8], len: usize, allow: bool, line: u32) {
    let at = memchr::memchr2(b'*', b'$', pattern).unwrap_or(pattern.len());
    let (head, mut tail) = pattern.split_at(at);
    // `$` is a sign only at the very end, so a star behind it keeps it a letter.
    while let [rest @ .., b'*'] = tail {
        if rest.ends_with(b"$") {
            break;
        }
        tail = rest;
    }
    while let [b'*', rest @ ..] = tail {
        if rest.first() != Some(&b'*') {
            break;
        }
        tail = rest;
    }
    let rank = ((len as u32) << 1) | u32::from(allow);
    rules.push((head, tail, Best { rank, line }));
}
