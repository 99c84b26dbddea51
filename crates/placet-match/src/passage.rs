//! Passages: what the hits of one chain say together.

use std::ops::Range;

use crate::align::{Alignment, align};
use crate::at_hand::WorkText;
use crate::chain::Hit;
use crate::guarantee::{Guarantee, Params};
use crate::pack::layout::POSITION_LETTERS;

/// A match in letters.
pub(crate) struct Passage {
    pub(crate) item: Range<usize>,
    pub(crate) work: Range<usize>,
    /// The furthest that the true run may reach in the item.
    pub(crate) reach: Range<usize>,
    pub(crate) letters: u32,
    pub(crate) similarity: f32,
    pub(crate) edited: bool,
    pub(crate) common: bool,
}

/// What hashes alone say: the core is what agreeing k-grams and flanks cover.
pub(crate) fn estimated(guarantee: Guarantee, hits: &[Hit], item: &[u8], picks: &[u32]) -> Option<Passage> {
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
    // A hit whose flank agrees needs no other, and a run of guaranteed length has one, whatever stands before it.
    if hits.iter().any(|hit| piece(hit).len() >= needed) {
        return true;
    }
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

/// What the text says of a chain: the passage of its hits together, and those around single hits that it leaves out: because
/// too much lies between them, or because the item says again what it said. A run of guaranteed length holds a hit whose flank
/// agrees (or a refrain), and is found whatever else the chain has.
pub(crate) fn aligned(guarantee: Guarantee, hits: &[Hit], item: &[u8], work: &WorkText) -> Vec<Passage> {
    let together = aligned_as_one(guarantee, hits, item, work);
    let within = |passage: Option<&Passage>, hit: &Hit| {
        passage.is_some_and(|passage| passage.item.contains(&(hit.item as usize)))
    };
    let mut single: Vec<Passage> = Vec::new();
    for hit in hits.iter().filter(|hit| is_sure(hit)) {
        if !within(together.as_ref(), hit) && !within(single.last(), hit) {
            single.extend(aligned_as_one(guarantee, &[*hit], item, work));
        }
    }
    single.extend(together);
    single
}

/// Whether a hit says enough without another: a flank agrees, or it comes so often that flanks are not asked for.
pub(crate) fn is_sure(hit: &Hit) -> bool {
    hit.before || hit.behind || hit.refrain
}

/// One passage of all hits: none where it is shorter than an idiom may be, or less than half of it agrees.
fn aligned_as_one(guarantee: Guarantee, hits: &[Hit], item: &[u8], work: &WorkText) -> Option<Passage> {
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
