//! Window minima by lanes: a text is divided into as many stretches as a vector has lanes.
//!
//! What stands `d` letters further is then the same lane of the vector `d` places on, so nothing is shifted between lanes
//! and no load crosses a cache line. The minimum over a window takes three comparisons whatever its width: the least of
//! what a block of w positions holds from the window's start on, and of what the next block holds up to its end.

use super::vector::Vector;
use super::{MIX_FOUR, MIX_LAST, Mix, STRIDE, TO_EIGHT, TO_K, TO_SIXTEEN, TO_THIRTY_TWO};

/// Positions that are worked on at a time: with the widest window, all that they need stays in the nearest cache.
pub(super) const STRETCH: usize = 4096;
/// Lanes of the widest and of the narrowest vector.
const LANES_MAX: usize = 16;
const LANES_MIN: usize = 8;
/// Positions of a lane, in the narrowest vector.
const LANE_MAX: usize = STRETCH / LANES_MIN;
/// The widest window.
const W_MAX: usize = 200;
/// Vectors of hashes of 8 and 16 letters that are kept, in fours; the longest k-gram reaches 32 back.
const RING: usize = 16;
/// Places by which the longest k-gram begins before its last eight letters.
const BACK_MAX: usize = 32;
/// Letters behind the last position that are read: those of its k-gram, and of the columns that follow.
const BEHIND: usize = 96;
const PLACE_BITS: u32 = STRIDE.trailing_zeros();
const PLACES: u32 = STRIDE as u32 - 1;

pub(super) struct Memory<V> {
    /// The order of the k-gram at each position: its hash above its place in the lane, counted from the end. Before them
    /// stand those of k-grams that begin before the lane.
    orders: [[V; 4]; (BACK_MAX + LANE_MAX + W_MAX) / 4],
    /// The letters of the lanes, four at a time.
    columns: [V; (LANE_MAX + BEHIND) / 4],
    eights: [[V; 4]; RING],
    sixteens: [[V; 4]; RING],
    letters: [u8; STRETCH + LANES_MAX + BEHIND],
    /// Places of minima in their lanes, the lane in the upper bits.
    found: Vec<u32>,
    /// The minima in the order of the text.
    sorted: Vec<u32>,
}

impl<V: Vector> Default for Memory<V> {
    fn default() -> Self {
        // SAFETY: vectors are integers, and zeros are integers.
        let zero: V = unsafe { std::mem::zeroed() };
        Memory {
            orders: [[zero; 4]; (BACK_MAX + LANE_MAX + W_MAX) / 4],
            columns: [zero; (LANE_MAX + BEHIND) / 4],
            eights: [[zero; 4]; RING],
            sixteens: [[zero; 4]; RING],
            letters: [0; STRETCH + LANES_MAX + BEHIND],
            found: Vec::with_capacity(STRETCH + 2 * LANES_MAX),
            sorted: Vec::new(),
        }
    }
}

/// Whether so many windows of this width are worked on here: in fewer positions the lanes would be too short for what
/// they read of each other.
pub(super) fn takes<V: Vector>(n: usize, w: usize) -> bool {
    let positions = n + w - 1;
    w <= W_MAX && (V::WORTHWHILE..=STRETCH).contains(&positions)
}

/// Appends the places of the minima, ascending, from `base` on. `takes::<V>(n, w)` holds, k is 24 or 40, and `letters`
/// holds at least n + w + k - 2 letters.
///
/// # Safety
///
/// The processor has the instructions of `V`, and the caller is compiled for them.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
pub(super) unsafe fn minima<V: Vector>(
    letters: &[u8],
    n: usize,
    (k, w): (usize, usize),
    base: u32,
    memory: &mut Memory<V>,
    picks: &mut Vec<u32>,
) {
    let positions = n + w - 1;
    let lane = positions.div_ceil(V::LANES);
    let needed = positions + k - 1;
    memory.letters[..needed].copy_from_slice(&letters[..needed]);
    memory.letters[needed..needed + V::LANES + BEHIND - k].fill(0);
    // SAFETY: the caller's promise.
    unsafe {
        if k == 40 {
            orders::<V, 40>(memory, lane);
        } else {
            orders::<V, 24>(memory, lane);
        }
        let Memory { orders, found, .. } = memory;
        let orders = &mut orders.as_flattened_mut()[k - 8..];
        // Windows reach into the next lane; none reaches behind the last one.
        for t in lane..lane + w {
            orders[t] = placed(orders[t - lane].next_lane(), V::splat(PLACES - t as u32));
        }
        choose(orders, n, w, lane, found);
    }

    // In the order of the lanes. Two of them meet in one minimum or in none.
    let Memory { found, sorted, .. } = memory;
    let number = |found: u32| (found >> PLACE_BITS) as usize % LANES_MAX;
    let mut counts = [0usize; LANES_MAX];
    for found in found.iter() {
        counts[number(*found)] += 1;
    }
    let mut at = 0;
    let mut starts = counts.map(|count| {
        at += count;
        at - count
    });
    sorted.clear();
    sorted.resize(found.len(), 0);
    for found in found.iter() {
        let number = number(*found);
        let place = PLACES - found % STRIDE as u32;
        sorted[starts[number]] = base + (number * lane) as u32 + place;
        starts[number] += 1;
    }
    sorted.dedup();
    let again = usize::from(picks.last() == sorted.first());
    picks.extend_from_slice(&sorted[again.min(sorted.len())..]);
}

/// The bits of the hash with those of the place, counted from the end, so that the smaller of two equal hashes is the one
/// further to the right.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn placed<V: Vector>(hash: V, place: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { hash.masked(V::splat(!PLACES), place) }
}

/// The hash of a text of the hashes of its halves.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn joined<V: Vector>(left: V, right: V, factor: u32) -> V {
    // SAFETY: the caller's promise.
    unsafe { left.times(V::splat(factor)).plus(right) }
}

/// The hashes of the four letters at four places, one behind the other; `next` holds the letters behind them.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn fours<V: Vector>(here: V, next: V) -> [V; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        [
            mixed(here, MIX_FOUR),
            mixed(here.slid(next, 8), MIX_FOUR),
            mixed(here.slid(next, 16), MIX_FOUR),
            mixed(here.slid(next, 24), MIX_FOUR),
        ]
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn mixed<V: Vector>(x: V, mix: Mix) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let x = x.xor(x.down(mix.before)).times(V::splat(mix.factor));
        x.xor(x.down(mix.behind))
    }
}

/// Writes the orders of the first `lane` positions of each lane, behind K - 8 others.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn orders<V: Vector, const K: usize>(memory: &mut Memory<V>, lane: usize) {
    let Memory { orders, columns, eights, sixteens, letters, .. } = memory;
    // Of a k-gram of 40: its first 16 letters stand 32 before its last 8, its next 16 letters 16 before them.
    let back = K - 8;
    let steps = (lane + back).div_ceil(4);
    let columns = &mut columns[..(steps + 2).next_multiple_of(V::COLUMNS)];
    // SAFETY: the caller's promise; the last lane and its columns end within the letters.
    unsafe {
        for (group, columns) in columns.chunks_exact_mut(V::COLUMNS).enumerate() {
            let from = group * V::COLUMNS * 4;
            assert!((V::LANES - 1) * lane + from + V::COLUMNS * 4 <= letters.len());
            V::read_columns(letters.as_ptr().add(from), lane, columns);
        }
        let mut before = fours(columns[0], columns[1]);
        let one = V::splat(1);
        let mut place = V::splat(PLACES + back as u32);
        let columns = columns[1..].iter().zip(&columns[2..]);
        for (c, (to, (letters, next))) in orders[..steps].iter_mut().zip(columns).enumerate() {
            let here = fours(*letters, *next);
            let earlier = |steps: usize| c.wrapping_sub(steps) % RING;
            let mut eight = here;
            let mut sixteen = eights[earlier(2)];
            for i in 0..4 {
                eight[i] = joined(before[i], here[i], TO_EIGHT);
                sixteen[i] = joined(sixteen[i], eight[i], TO_SIXTEEN);
            }
            eights[c % RING] = eight;
            sixteens[earlier(2)] = sixteen;
            let first = sixteens[earlier(back / 4)];
            let second = sixteens[earlier(4)];
            for i in 0..4 {
                let before_last = if K == 40 { joined(first[i], second[i], TO_THIRTY_TWO) } else { first[i] };
                to[i] = placed(mixed(joined(before_last, eight[i], TO_K), MIX_LAST), place);
                place = place.minus(one);
            }
            before = here;
        }
    }
}

/// Finds the minima of the windows that begin in each lane.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn choose<V: Vector>(orders: &mut [V], n: usize, w: usize, lane: usize, found: &mut Vec<u32>) {
    // The last windows begin in this lane, up to this place.
    let (full, last) = ((n - 1) / lane, (n - 1) % lane);
    let all = |lanes: usize| (1u32 << lanes) - 1;
    found.clear();
    found.reserve(V::LANES * lane + LANES_MAX);
    // SAFETY: the caller's promise; as many values are written for each place as there are lanes at most, and there is
    // room for them and for one vector more.
    unsafe {
        let places = V::splat(PLACES);
        let lanes = V::numbers().times(V::splat(STRIDE as u32));
        let mut before = V::splat(0u32.wrapping_sub(PLACES));
        let mut to = found.as_mut_ptr();
        for start in (0..lane).step_by(w) {
            let (block, next) = orders[start..].split_at_mut(w);
            let mut suffix = V::splat(u32::MAX);
            for order in block.iter_mut().rev() {
                suffix = suffix.least(*order);
                *order = suffix;
            }
            let mut prefix = V::splat(u32::MAX);
            let windows = w.min(lane - start);
            let edge = (last + 1).saturating_sub(start).min(windows);
            for (part, valid) in [(0..edge, all(full + 1)), (edge..windows, all(full))] {
                for (suffix, order) in block[part.clone()].iter().zip(&next[part]) {
                    let here = suffix.least(prefix);
                    prefix = prefix.least(*order);
                    let new = here.differs(before) & valid;
                    before = here;
                    here.masked(places, lanes).write_chosen(new, to);
                    to = to.add(new.count_ones() as usize);
                }
            }
        }
        found.set_len(to.offset_from_unsigned(found.as_ptr()));
    }
}
