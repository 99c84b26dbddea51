//! Packs scanned as one, and what is found.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::align::{Alignment, align};
use crate::chain::{Hit, chains};
use crate::fingerprint::{self, NO_FLANK, flank};
use crate::guarantee::{Guarantee, Params};
use crate::letters::Letters;
use crate::pack::Pack;
use crate::pack::layout::POSITION_LETTERS;
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

/// Texts of works, where the one who scans has them: gives exact ends and an edit rate.
pub trait Texts: Sync {
    /// The text of a work, and the range of bytes that is the work itself.
    fn text(&self, pack: u16, work: u32) -> Option<(String, Range<usize>)>;
}

/// A stretch of an item that stems from a work. Offsets are characters of the item's and of the work's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// Number of the pack in the set.
    pub pack: u16,
    /// Number of the work in the pack.
    pub work: u32,
    /// First character of the item that certainly belongs to it.
    pub item_start: usize,
    /// Character behind the last one.
    pub item_end: usize,
    /// About where it begins in the work; exact where aligned.
    pub work_start: u64,
    /// About where it ends in the work; exact where aligned.
    pub work_end: u64,
    /// Characters by which the true run may begin earlier.
    pub margin_start: u32,
    /// Characters by which the true run may end later.
    pub margin_end: u32,
    /// Letters that certainly agree; estimated: those of agreeing fingerprints and flanks.
    pub letters: u32,
    /// Share of the stretch that agrees, 0 to 1: of its letters where aligned, else of its fingerprints.
    pub similarity: f32,
    /// How ends, letters and similarity were obtained.
    pub measured: Measured,
    /// How much of the work it is.
    pub kind: MatchKind,
    /// Whether it is text that many works share, or that a commons pack holds. Never a use of one work.
    pub common: bool,
}

/// How a match was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measured {
    /// From hashes alone.
    Estimated,
    /// By alignment with the text of the work.
    Aligned,
}

/// How much of a work a match holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchKind {
    /// Nine tenths of the work or more, without an edit that was seen.
    Exact,
    /// Nine tenths of the work or more, with edits.
    Near,
    /// A part of the work.
    Excerpt,
}

impl Measured {
    /// The word for it in files and output.
    pub const fn code(self) -> &'static str {
        match self {
            Measured::Estimated => "estimated",
            Measured::Aligned => "aligned",
        }
    }
}

impl MatchKind {
    /// The word for it in files and output.
    pub const fn code(self) -> &'static str {
        match self {
            MatchKind::Exact => "exact",
            MatchKind::Near => "near",
            MatchKind::Excerpt => "excerpt",
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
        self.characters.counts.clear();
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
        let mut passages: Vec<Passage> = chains(hits, GAP_RUNS * guarantee.letters())
            .into_iter()
            .filter_map(|chain| {
                let hits: Vec<Hit> = chain.into_iter().map(|i| hits[i as usize]).collect();
                match &at_hand {
                    Some(work) => aligned(guarantee, &hits, self.letters.as_slice(), work),
                    None => estimated(guarantee, &hits, self.letters.as_slice(), &self.picks),
                }
            })
            .collect();
        // Of passages that lie over one another in the item (a refrain), the longest stands.
        passages.sort_by_key(|p| (std::cmp::Reverse(p.letters), p.item.start, p.work.start));
        let mut kept: Vec<Passage> = Vec::new();
        for passage in passages {
            let covered: usize = kept.iter().map(|k| overlap(&k.item, &passage.item)).sum();
            if covered * 2 < passage.item.len() {
                kept.push(passage);
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
        let whole = u64::from(passage.letters) * 10 >= work_letters * 9 && work_letters > 0;
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

/// Counts of the characters of a text, made when a match first asks for them.
#[derive(Default)]
struct Characters {
    /// Characters before each [`COUNTED_BYTES`] bytes; empty for ASCII, where bytes are characters.
    counts: Vec<usize>,
    ascii: bool,
}

const COUNTED_BYTES: usize = 1024;

impl Characters {
    fn prepare(&mut self, text: &str, ascii: bool) {
        self.ascii = ascii;
        if ascii || !self.counts.is_empty() {
            return;
        }
        let mut count = 0;
        for chunk in text.as_bytes().chunks(COUNTED_BYTES) {
            self.counts.push(count);
            count += starts(chunk);
        }
    }

    /// Characters that begin before this byte.
    fn before(&self, text: &str, byte: usize) -> usize {
        if self.ascii {
            return byte;
        }
        let chunk = byte / COUNTED_BYTES;
        let counted = self.counts.get(chunk).copied().unwrap_or(0);
        counted + starts(&text.as_bytes()[(chunk * COUNTED_BYTES).min(byte)..byte])
    }
}

/// Characters that begin in these bytes: all but continuation bytes begin one.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b as i8 >= -64).count()
}

/// Lengths of the guarantee that may lie between two hits of one passage.
const GAP_RUNS: u32 = 6;

/// A match in letters.
struct Passage {
    item: Range<usize>,
    work: Range<usize>,
    /// The furthest that the true run may reach in the item.
    reach: Range<usize>,
    letters: u32,
    similarity: f32,
    edited: bool,
    common: bool,
}

/// What hashes alone say: the core is what agreeing k-grams and flanks cover.
fn estimated(guarantee: Guarantee, hits: &[Hit], item: &[u8], picks: &[u32]) -> Option<Passage> {
    let params = guarantee.params();
    let (k, w, flank) = (params.k as usize, params.w as usize, params.flank as usize);
    let (first, last) = (hits.first()?, hits.last()?);
    let piece = |h: &Hit| {
        let at = h.item as usize;
        at - if h.before { flank } else { 0 }..at + k + if h.behind { flank } else { 0 }
    };
    let (all, own) = (union(hits.iter().map(piece)), union(hits.iter().filter(|h| !h.common).map(piece)));
    // One hit is a match if a flank agrees. Two that stand apart in the item as they do in the work support each other.
    let needed = match hits.len() {
        _ if hits.iter().any(|h| h.refrain) => k,
        1 => k + flank,
        _ => (2 * k).min(k + flank),
    };
    if all < needed || !says_as_much(hits, item, k, needed, piece) {
        return None;
    }
    let (from, to) = (piece(first).start, hits.iter().map(|h| piece(h).end).max()?);
    // A flank that differs bounds the run: an edit lies within it.
    let reach_before = if first.before { w - 1 - flank } else { flank.min(w) - 1 };
    let reach_behind = if last.behind { w - 1 - flank } else { flank.min(w) - 1 };
    let expected = picks.partition_point(|p| *p <= last.item) - picks.partition_point(|p| *p < first.item);
    let mut agreeing: Vec<u32> = hits.iter().map(|h| h.pick).collect();
    agreeing.dedup();
    let similarity = agreeing.len() as f32 / expected.max(1) as f32;
    let half = POSITION_LETTERS as usize / 2;
    Some(Passage {
        work: (first.near as usize + half).saturating_sub(first.item as usize - from)
            ..last.near as usize + half + (to - last.item as usize),
        reach: from.saturating_sub(reach_before)..(to + reach_behind).min(item.len()),
        item: from..to,
        letters: all as u32,
        similarity,
        edited: agreeing.len() < expected,
        common: own < needed || mostly_common(guarantee, all, own),
    })
}

/// Whether hits cover so many letters even if what the item says more than once is counted where it says it first: a
/// phrase that comes again agrees with the same place of the work again.
fn says_as_much(
    hits: &[Hit],
    item: &[u8],
    k: usize,
    needed: usize,
    piece: impl Fn(&Hit) -> Range<usize>,
) -> bool {
    let mut said: Vec<Range<usize>> = Vec::new();
    hits.iter().take(LOOKED_AT).any(|hit| {
        let (from, at) = (hits[0].item as usize, hit.item as usize);
        let first = item[from..at + k].windows(k).position(|kgram| *kgram == item[at..at + k]);
        let earlier = at - from - first.unwrap_or(at - from);
        let own = piece(hit);
        let own = own.start.saturating_sub(earlier)..own.end - earlier;
        if !said.contains(&own) {
            said.push(own);
        }
        union(said.iter().cloned()) >= needed
    })
}

/// Hits by which it is judged whether a passage says enough; where those of so many do not, it is one phrase again and again.
const LOOKED_AT: usize = 256;

/// Letters that ranges cover together.
fn union(pieces: impl Iterator<Item = Range<usize>>) -> usize {
    let mut pieces: Vec<Range<usize>> = pieces.collect();
    pieces.sort_unstable_by_key(|p| p.start);
    let mut end = 0;
    pieces.into_iter().fold(0, |sum, p| {
        let new = p.end.saturating_sub(p.start.max(end));
        end = end.max(p.end);
        sum + new
    })
}

/// What the text says: a chain whose passage is shorter than an idiom may be is no match.
fn aligned(guarantee: Guarantee, hits: &[Hit], item: &[u8], work: &WorkText) -> Option<Passage> {
    let params = guarantee.params();
    let k = params.k as usize;
    let letters = work.letters.as_slice();
    let mut anchors: Vec<(usize, usize)> = Vec::with_capacity(hits.len());
    let mut common = 0;
    for hit in hits {
        let at = hit.item as usize;
        let near = hit.near as usize;
        let places = near..(near + POSITION_LETTERS as usize).min((letters.len() + 1).saturating_sub(k));
        let mut places = places.filter(|j| letters[*j..*j + k] == item[at..at + k]);
        let place = places.find(|j| anchors.last().is_none_or(|(i0, j0)| at >= *i0 && j >= j0));
        if let Some(j) = place {
            anchors.push((at, j));
            common += usize::from(hit.common);
        }
    }
    let Alignment { item, work, letters, runs } = align(item, letters, &anchors)?;
    let longest = item.len().max(work.len());
    if letters < least_letters(params) || letters * 2 < longest {
        return None;
    }
    Some(Passage {
        reach: item.clone(),
        item,
        work,
        letters: letters as u32,
        similarity: letters as f32 / longest.max(1) as f32,
        edited: runs > 1,
        common: common == anchors.len()
            || mostly_common(guarantee, letters, letters * (anchors.len() - common) / anchors.len()),
    })
}

/// Where common text ends, the windows reach into what stands beside it, and pick k-grams of it that few other works have
/// picked. So a little that seems a work's own, beside three times as much that is common, is common too; but never as
/// much as is guaranteed to be found.
fn mostly_common(guarantee: Guarantee, all: usize, own: usize) -> bool {
    own * 4 < all && own < guarantee.letters() as usize
}

/// Letters that must agree where texts are compared: as many as a hit with one flank shows where they are not, and more
/// than the idioms of a language have ("under these circumstances it is not surprising that": 44).
fn least_letters(params: Params) -> usize {
    (params.k + params.flank).max(46) as usize
}

/// What a commons pack covers is common, whoever else claims it. What other works' common text covers is common unless it is
/// as long as the guarantee (see [`mostly_common`]).
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

fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

/// The text of a work, ready for alignment.
struct WorkText {
    text: String,
    body: Range<usize>,
    letters: Letters,
}

impl WorkText {
    fn characters(&self, letters: &Range<usize>) -> (u64, u64) {
        let inner = &self.text[self.body.clone()];
        let start = self.body.start + self.letters.byte_of(inner, letters.start);
        let end = self.body.start + self.letters.byte_after(inner, letters.end - 1);
        let start_character = self.text[..start].chars().count();
        (start_character as u64, (start_character + self.text[start..end].chars().count()) as u64)
    }
}

/// The texts compared last; one corpus file tends to hold the same works again and again.
#[derive(Default)]
struct TextCache {
    texts: VecDeque<Cached>,
    bytes: usize,
}

/// Pack and work, and its text where there is one.
type Cached = ((u16, u32), Option<Arc<WorkText>>);

/// Bytes of texts kept by a scanner.
const CACHED_BYTES: usize = 48 << 20;

impl TextCache {
    fn get(&mut self, texts: &dyn Texts, pack: u16, work: u32) -> Option<Arc<WorkText>> {
        if let Some(at) = self.texts.iter().position(|t| t.0 == (pack, work)) {
            let entry = self.texts.remove(at)?;
            let text = entry.1.clone();
            self.texts.push_back(entry);
            return text;
        }
        let text = texts.text(pack, work).filter(|(text, body)| text.get(body.clone()).is_some());
        let text = text.map(|(text, body)| {
            let letters = Letters::of(&text[body.clone()]);
            Arc::new(WorkText { text, body, letters })
        });
        self.bytes += text.as_ref().map_or(0, |t| t.text.len() * 2);
        self.texts.push_back(((pack, work), text.clone()));
        while self.bytes > CACHED_BYTES && self.texts.len() > 1 {
            let dropped = self.texts.pop_front().and_then(|t| t.1);
            self.bytes -= dropped.map_or(0, |t| t.text.len() * 2);
        }
        text
    }
}
