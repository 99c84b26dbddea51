//! A robots.txt prepared to answer many paths.
//!
//! Each group's patterns are ordered by their fixed beginning, and each beginning knows the longest other one that it
//! begins with. A path is looked up once; the rules that can apply lie on one chain from there, the longest first.
//! Preparing takes n log n of the file; one answer takes at most the file's wildcard rules times the path's length,
//! and for files without wildcards a binary search.

use super::path::tail_matches;
use super::{Group, Reading, Robots};
use crate::agents;

/// A robots.txt prepared to answer which agent may fetch which path.
#[derive(Debug)]
pub struct Matcher {
    /// Product tokens in lower case, in order, with the groups that name them.
    agents: Vec<(Box<str>, Vec<u32>)>,
    everybody: Vec<u32>,
    groups: Vec<Index>,
    /// The agents of AI systems that the file names.
    known: Vec<&'static agents::Agent>,
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
    /// Whether a group names the agent itself, not only `*`.
    pub named: bool,
}

impl Matcher {
    /// Prepares a file that was read.
    pub fn new(robots: &Robots) -> Matcher {
        let mut agents: Vec<(Box<str>, Vec<u32>)> = Vec::new();
        let mut everybody = Vec::new();
        let mut names: Vec<(Box<str>, u32)> = Vec::new();
        for (i, group) in robots.groups.iter().enumerate() {
            let i = i as u32;
            for agent in &group.agents {
                if agent.is_everybody() {
                    everybody.push(i);
                } else {
                    names.extend(agent.names(robots.reading).map(|n| (n.to_ascii_lowercase().into(), i)));
                }
            }
        }
        everybody.dedup();
        names.sort();
        names.dedup();
        for (name, group) in names {
            match agents.last_mut() {
                Some((last, groups)) if *last == name => groups.push(group),
                _ => agents.push((name, vec![group])),
            }
        }
        let groups = robots.groups.iter().map(|g| Index::new(g, robots.reading)).collect();
        let known = agents.iter().filter_map(|(name, _)| agents::find(name)).collect();
        Matcher { agents, everybody, groups, known }
    }

    /// The agents of AI systems that the file names.
    pub fn known_agents(&self) -> &[&'static agents::Agent] {
        &self.known
    }

    /// The rules for an agent, by its product token.
    pub fn agent(&self, token: &str) -> AgentRules<'_> {
        let found = self
            .agents
            .binary_search_by(|(name, _)| name.bytes().cmp(token.bytes().map(|b| b.to_ascii_lowercase())));
        let named = found.ok().and_then(|i| self.agents.get(i));
        match named {
            Some((_, groups)) => AgentRules { matcher: self, groups, named: true },
            None => AgentRules { matcher: self, groups: &self.everybody, named: false },
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
        for &g in self.groups {
            if let Some(index) = self.matcher.groups.get(g as usize) {
                index.improve(path, &mut best);
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

#[derive(Debug)]
struct Index {
    bytes: Vec<u8>,
    nodes: Vec<Node>,
    tails: Vec<Tail>,
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

impl Index {
    fn new(group: &Group, reading: Reading) -> Index {
        let mut rules: Vec<(&[u8], &[u8], Best)> = Vec::with_capacity(group.rules.len());
        for rule in &group.rules {
            let pattern = rule.pattern.as_bytes();
            if pattern.is_empty() {
                continue;
            }
            push(&mut rules, pattern, pattern.len(), rule.allow, rule.line);
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
        rules.sort_by(|a, b| (a.0, b.2.rank, a.1).cmp(&(b.0, a.2.rank, b.1)));
        rules.dedup_by(|b, a| a.0 == b.0 && a.1 == b.1 && a.2.rank >= b.2.rank);

        let mut index = Index { bytes: Vec::new(), nodes: Vec::new(), tails: Vec::new() };
        let mut chain: Vec<u32> = Vec::new();
        let mut last: Option<&[u8]> = None;
        for (head, tail, best) in rules {
            if last != Some(head) {
                index.open(head, &mut chain);
                last = Some(head);
            }
            index.add(tail, best);
        }
        index
    }

    fn open(&mut self, head: &[u8], chain: &mut Vec<u32>) {
        while let Some(&top) = chain.last() {
            if self.nodes.get(top as usize).is_some_and(|n| head.starts_with(self.text(n))) {
                break;
            }
            chain.pop();
        }
        let parent = chain.last().copied().unwrap_or(NO_PARENT);
        let above = self.nodes.get(parent as usize).map_or(0, |n| n.rank_max);
        let tails = self.tails.len() as u32;
        chain.push(self.nodes.len() as u32);
        self.nodes.push(Node {
            start: self.bytes.len() as u32,
            len: head.len() as u32,
            parent,
            rank: 0,
            line: 0,
            rank_max: above,
            tails_start: tails,
            tails_end: tails,
        });
        self.bytes.extend_from_slice(head);
    }

    fn add(&mut self, tail: &[u8], best: Best) {
        let Some(node) = self.nodes.last_mut() else { return };
        node.rank_max = node.rank_max.max(best.rank);
        if tail.is_empty() {
            if best.rank > node.rank {
                (node.rank, node.line) = (best.rank, best.line);
            }
            return;
        }
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(tail);
        let signs = tail.iter().filter(|&&b| b == b'*' || b == b'$').count();
        self.tails.push(Tail {
            start,
            end: self.bytes.len() as u32,
            len_min: (tail.len() - signs) as u32,
            rank: best.rank,
            line: best.line,
        });
        node.tails_end = self.tails.len() as u32;
    }

    fn text(&self, node: &Node) -> &[u8] {
        self.bytes.get(node.start as usize..(node.start + node.len) as usize).unwrap_or_default()
    }

    fn improve(&self, path: &[u8], best: &mut Best) {
        let after = self.nodes.partition_point(|n| self.text(n) <= path);
        let Some(mut node) = after.checked_sub(1).and_then(|i| self.nodes.get(i)) else { return };
        let common = self.text(node).iter().zip(path).take_while(|(a, b)| a == b).count() as u32;
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

/// Splits a pattern at its first sign and takes needless signs out of the rest: they change no match.
fn push<'a>(
    rules: &mut Vec<(&'a [u8], &'a [u8], Best)>,
    pattern: &'a [u8],
    len: usize,
    allow: bool,
    line: u32,
) {
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
