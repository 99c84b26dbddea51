//! Packs scanned as one.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::at_hand::{TextCache, Texts, WorkText};
use crate::chain::{Hit, chains};
use crate::characters::Characters;
use crate::fingerprint::{self, NO_FLANK, flank};
use crate::found::{Match, MatchKind, Measured};
use crate::guarantee::Guarantee;
use crate::letters::Letters;
use crate::pack::Pack;
use crate::passage::{Passage, aligned, estimated, is_sure};
use crate::simd;
use crate::table::Table;
use crate::winnow::Winnower;

/// Several packs, scanned together.
#[derive(Debug)]
pub struct PackSet {
    packs: Vec<Pack>,
}

impl PackSet {
    /// Joins packs; their numbers are their places in the list.
    pub fn new(packs: Vec<Pack>) -> PackSet {
        PackSet { packs }
    }

    /// The packs.
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    /// A scanner over them, for one thread.
    pub fn scanner(&self) -> Scanner<'_> {
        let tiers = Guarantee::ALL
            .into_iter()
            .map(|guarantee| {
                let packs = (0..self.packs.len() as u16)
                    .filter(|p| self.packs[*p as usize].manifest().guarantee == guarantee)
                    .collect();
                Tier { guarantee, packs, winnower: Winnower::new(guarantee.params()) }
            })
            .filter(|tier: &Tier| !tier.packs.is_empty())
            .collect();
        Scanner {
            set: self,
            tiers,
            letters: Letters::default(),
            picks: Vec::new(),
            keys: Vec::new(),
            late: Vec::new(),
            hits: Vec::new(),
            texts: TextCache::default(),
            lengths: HashMap::new(),
            characters: Characters::default(),
        }
    }
}

/// Scans texts; keeps its memory from one to the next.
pub struct Scanner<'p> {
    set: &'p PackSet,
    tiers: Vec<Tier>,
    letters: Letters,
    picks: Vec<u32>,
    keys: Vec<u64>,
    /// Picks whose buckets are full.
    late: Vec<u32>,
    hits: Vec<Hit>,
    texts: TextCache,
    /// Letters of works that were found, as their packs state them.
    lengths: HashMap<(u16, u32), u64>,
    characters: Characters,
}

struct Tier {
    guarantee: Guarantee,
    packs: Vec<u16>,
    winnower: Winnower,
}

/// Keys whose cache lines are asked for ahead of the search.
const AHEAD: usize = 64;

impl Scanner<'_> {
    /// Finds what an item shares with the works of the packs. Appends to `found`, in the order of the item.
    pub fn scan(&mut self, text: &str, texts: Option<&dyn Texts>, found: &mut Vec<Match>) {
        self.letters.read(text);
        self.characters.clear();
        let from = found.len();
        for t in 0..self.tiers.len() {
            let guarantee = self.tiers[t].guarantee;
            self.tiers[t].winnower.pick(self.letters.as_slice(), &mut self.picks);
            self.probe(t);
            if self.hits.is_empty() {
                continue;
            }
            let mut hits = std::mem::take(&mut self.hits);
            // What is found must not depend on the order in which the table was searched.
            hits.sort_unstable_by_key(|h| (h.pack, h.work, h.item, h.near, h.before, h.behind));
            for same in hits.chunk_by(|a, b| (a.pack, a.work) == (b.pack, b.work)) {
                self.work(guarantee, same, text, texts, found);
            }
            self.hits = hits;
        }
        let found = &mut found[from..];
        mark_commons(self.set, found);
        found.sort_by_key(|m| (m.item_start, m.item_end, m.pack, m.work));
    }

    /// Whether [`Scanner::scan`] could find anything in a text, given as a JSON string (RFC 8259, section 7) as it stands
    /// between its quotes: where this is false, it finds nothing. Only for strings whose escapes are all of two bytes.
    pub fn could_find_in(&mut self, quoted: &[u8]) -> bool {
        !self.letters.read_quoted(quoted, simd::level())
            || (0..self.tiers.len()).any(|t| {
                self.tiers[t].winnower.pick(self.letters.as_slice(), &mut self.picks);
                self.probe(t);
                !self.hits.is_empty()
            })
    }

    /// Letters of the text scanned last.
    pub fn letters(&self) -> usize {
        self.letters.as_slice().len()
    }

    fn probe(&mut self, tier: usize) {
        let letters = self.letters.as_slice();
        let params = self.tiers[tier].guarantee.params();
        let (k, length) = (params.k as usize, params.flank as usize);
        self.hits.clear();
        fingerprint::keys(letters, k, &self.picks, &mut self.keys);
        for pack in &self.tiers[tier].packs {
            let of = &self.set.packs[*pack as usize];
            let table = Table::of(of.slots.words());
            let hits = &mut self.hits;
            let picks = &self.picks;
            let mut hit = |i: usize, number: u32| {
                let Some(entry) = of.entry(number) else { return };
                let at = picks[i] as usize;
                let agrees = |range: Option<Range<usize>>, expected: u16| {
                    expected != NO_FLANK
                        && range.and_then(|r| letters.get(r)).is_some_and(|l| flank(l) == expected)
                };
                hits.push(Hit {
                    pack: *pack,
                    work: of.work_of(number),
                    pick: i as u32,
                    item: at as u32,
                    near: Pack::letter_of(entry),
                    before: agrees(at.checked_sub(length).map(|from| from..at), entry.before),
                    behind: agrees(Some(at + k..at + k + length), entry.behind),
                    refrain: entry.refrain,
                    common: entry.common,
                });
            };
            self.late.clear();
            for ahead in self.keys.iter().take(AHEAD) {
                table.prefetch(*ahead);
            }
            for (i, key) in self.keys.iter().enumerate() {
                if let Some(ahead) = self.keys.get(i + AHEAD) {
                    table.prefetch(*ahead);
                }
                if table.find(*key, |number| hit(i, number)) {
                    self.late.push(i as u32);
                }
            }
            for i in &self.late {
                let i = *i as usize;
                table.find_behind(self.keys[i], |number| hit(i, number));
            }
        }
    }

    fn work(
        &mut self,
        guarantee: Guarantee,
        hits: &[Hit],
        text: &str,
        texts: Option<&dyn Texts>,
        found: &mut Vec<Match>,
    ) {
        let at_hand = texts.and_then(|t| self.texts.get(t, hits[0].pack, hits[0].work));
        let item = self.letters.as_slice();
        let say = |hits: &[Hit]| match &at_hand {
            Some(work) => aligned(guarantee, hits, item, work),
            None => estimated(guarantee, hits, item, &self.picks).into_iter().collect(),
        };
        let chains: Vec<Vec<Hit>> = chains(hits, GAP_RUNS * guarantee.letters())
            .into_iter()
            .map(|chain| chain.into_iter().map(|i| hits[i as usize]).collect())
            .collect();
        let mut passages: Vec<(Passage, usize)> = Vec::new();
        for (number, chain) in chains.iter().enumerate() {
            passages.extend(say(chain).into_iter().map(|passage| (passage, number)));
        }
        // Of passages that lie over one another in the item (a refrain), the longest stands.
        passages.sort_by_key(|(p, _)| (std::cmp::Reverse(p.letters), p.item.start, p.work.start));
        let mut kept: Vec<Passage> = Vec::new();
        let mut left: BTreeSet<usize> = BTreeSet::new();
        for (passage, chain) in passages {
            let covered: usize = kept.iter().map(|k| overlap(&k.item, &passage.item)).sum();
            if covered * 2 < passage.item.len() {
                kept.push(passage);
            } else {
                left.insert(chain);
            }
        }
        // What is sure of those that do not stand, and does not lie under one that does, stands alone.
        let mut under = merged(&kept);
        for chain in left {
            let before = kept.len();
            for hit in chains[chain].iter().filter(|hit| is_sure(hit)) {
                let at = hit.item as usize;
                let last = kept[before..].last();
                if !holds(&under, at) && last.is_none_or(|last| !last.item.contains(&at)) {
                    kept.extend(say(&[*hit]));
                }
            }
            if kept.len() > before {
                under = merged(&kept);
            }
        }
        if !kept.is_empty() {
            self.characters.prepare(text, self.letters.is_ascii());
        }
        for passage in &kept {
            let described = self.describe(&hits[0], passage, text, at_hand.as_deref());
            found.push(described);
        }
    }

    fn describe(&mut self, hit: &Hit, passage: &Passage, text: &str, at_hand: Option<&WorkText>) -> Match {
        let pack = &self.set.packs[hit.pack as usize];
        let letters = &self.letters;
        let character = |byte: usize| self.characters.before(text, byte);
        let start = letters.byte_of(text, passage.item.start);
        let end = letters.byte_after(text, passage.item.end - 1);
        let (first, last) =
            (letters.byte_of(text, passage.reach.start), letters.byte_of(text, passage.reach.end));
        let work = hit.work;
        let (work_letters, (work_start, work_end)) = if let Some(text) = at_hand {
            (text.letters.as_slice().len() as u64, text.characters(&passage.work))
        } else {
            let character = |letter: usize| pack.character_of(work, letter as u64);
            (
                length_of(&mut self.lengths, (hit.pack, work), pack),
                (character(passage.work.start), character(passage.work.end)),
            )
        };
        let whole = u64::from(passage.letters) * 10 >= work_letters.saturating_mul(9) && work_letters > 0;
        let (item_start, item_end) = (character(start), character(end));
        Match {
            pack: hit.pack,
            work: hit.work,
            item_start,
            item_end,
            work_start,
            work_end,
            margin_start: (item_start - character(first.min(start))) as u32,
            margin_end: (character(last.max(end)) - item_end) as u32,
            letters: passage.letters,
            similarity: passage.similarity,
            measured: if at_hand.is_some() { Measured::Aligned } else { Measured::Estimated },
            kind: match (whole, passage.edited) {
                (true, false) => MatchKind::Exact,
                (true, true) => MatchKind::Near,
                (false, _) => MatchKind::Excerpt,
            },
            common: passage.common,
        }
    }
}

/// Works whose length a scanner remembers: their records are read from the file of the pack.
const LENGTHS_MAX: usize = 1 << 16;

/// Letters of a work, as its pack states them.
fn length_of(lengths: &mut HashMap<(u16, u32), u64>, work: (u16, u32), pack: &Pack) -> u64 {
    if lengths.len() >= LENGTHS_MAX {
        lengths.clear();
    }
    *lengths.entry(work).or_insert_with(|| pack.work(work.1).map_or(0, |record| record.letters))
}

/// Lengths of the guarantee that may lie between two hits of one passage.
const GAP_RUNS: u32 = 6;

/// What a commons pack covers is common, whoever else claims it. What other works' common text covers is common unless it is
/// as long as the guarantee.
fn mark_commons(set: &PackSet, found: &mut [Match]) {
    let manifest = |m: &Match| set.packs[m.pack as usize].manifest();
    for m in found.iter_mut() {
        m.common |= manifest(m).commons;
    }
    let common: Vec<(Range<usize>, bool)> =
        found.iter().filter(|m| m.common).map(|m| (m.item_start..m.item_end, manifest(m).commons)).collect();
    if common.is_empty() {
        return;
    }
    for m in found.iter_mut().filter(|m| !m.common) {
        let own = m.item_start..m.item_end;
        let short = m.letters < manifest(m).guarantee.letters();
        let covers = |(range, commons): &(Range<usize>, bool)| {
            (*commons || short) && overlap(range, &own) * 5 >= own.len() * 4
        };
        m.common = common.iter().any(covers);
    }
}

/// The stretches that passages cover, ascending.
fn merged(passages: &[Passage]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = passages.iter().map(|passage| passage.item.clone()).collect();
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, last| {
        let touch = next.start <= last.end;
        if touch {
            last.end = last.end.max(next.end);
        }
        touch
    });
    ranges
}

fn holds(ranges: &[Range<usize>], at: usize) -> bool {
    let behind = ranges.partition_point(|range| range.start <= at);
    behind.checked_sub(1).is_some_and(|i| ranges[i].contains(&at))
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}
