//! The patterns of rules, laid out so that a path meets few of them.
//!
//! Patterns are ordered by their fixed beginning, and each beginning knows the longest other one that it begins with. A
//! path is looked up once; the rules that can apply lie on one chain from there, the longest first. Laying out takes
//! n log n; one answer takes at most the wildcard rules times the path's length, and without wildcards a binary search.

use std::ops::Range;

use super::path::tail_matches;
use super::{Access, Group, Reading};

/// Patterns of one or several groups, each group's behind the other's.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    nodes: Vec<Node>,
    /// Of each node the first octets of its beginning, as [`key`] gives them: most steps of a search end here.
    keys: Vec<u128>,
    tails: Vec<Tail>,
    bytes: Vec<u8>,
}

/// Rank of a rule: length of its pattern, then Allow above Disallow. 0 is no rule.
#[derive(Clone, Copy)]
pub(super) struct Best {
    rank: u32,
    line: u32,
}

impl Best {
    pub(super) const NONE: Best = Best { rank: 0, line: 0 };

    fn take(&mut self, other: Best) {
        if other.rank > self.rank {
            *self = other;
        }
    }

    /// The answer, where `otherwise` holds if no rule matches.
    pub(super) fn access(self, otherwise: bool) -> Access {
        match self.rank {
            0 => Access { allowed: otherwise, line: None },
            rank => Access { allowed: rank & 1 == 1, line: Some(self.line) },
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

/// Patterns in the making.
#[derive(Default)]
pub(super) struct Builder {
    made: Patterns,
    /// The nodes that the last one begins with, the shortest first.
    chain: Vec<u32>,
}

impl Builder {
    /// Lays out the rules of groups that count as one, and says where its nodes lie.
    pub(super) fn add_groups<'a>(
        &mut self,
        groups: impl IntoIterator<Item = &'a Group>,
        reading: Reading,
    ) -> Range<u32> {
        let mut rules: Vec<Split<'a>> = Vec::new();
        for rule in groups.into_iter().flat_map(|group| &group.rules) {
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
        start..self.made.nodes.len() as u32
    }

    pub(super) fn done(self) -> Patterns {
        self.made
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

impl Patterns {
    fn text(&self, node: &Node) -> &[u8] {
        self.bytes.get(node.start as usize..(node.start + node.len) as usize).unwrap_or_default()
    }

    /// How many beginnings there are.
    pub(super) fn len(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// Bytes of memory that they take.
    pub(super) fn len_bytes(&self) -> usize {
        std::mem::size_of_val(&self.nodes[..])
            + std::mem::size_of_val(&self.keys[..])
            + std::mem::size_of_val(&self.tails[..])
            + self.bytes.len()
    }

    /// Takes the best rule of a group for a path in normal form where it is better than the one so far.
    pub(super) fn improve(&self, nodes: &Range<u32>, path: &[u8], best: &mut Best) {
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
