//! Wide windows, of which each is sure to hold some low place.
//!
//! Nearly every window holds k-grams whose order is *low*: below a bound that leaves about seven of them in a window. The
//! least one is then low, too. So only low places are looked at: one is picked where the next lesser ones on both sides leave
//! room for a window between them. The rare stretch of a window's length without a low place is gone through place by place.

use std::ops::Range;

use super::minima::{Lines, STRIDE, WORD};
use super::vector::Vector;

/// Low places of a window, on average: with more there is more to compare, with fewer more windows have none.
const OF_A_WINDOW: usize = 7;
/// The highest order that can be low: orders are compared as signed numbers.
const HIGHEST: usize = 0x7FFF;
/// The order of a bound: as a signed number it is less than any.
const BOUND: u16 = 0xFFFF;
/// Low places on each side that every place is compared with. They settle it for all but a few in ten thousand.
const NEIGHBOURS: usize = 16;
/// Comparisons that may be made for the others of a stride. Where that is not enough, the text repeats itself, and they are
/// settled by another way.
const COMPARISONS_MAX: usize = STRIDE;
/// Neighbours between two questions whether to go on.
const AT_ONCE: usize = 4;

/// Low places in ascending order, and as many bounds as there are neighbours before and behind them.
pub(super) struct Low {
    /// Counted from 1.
    places: Box<Lines>,
    orders: Box<Lines>,
    count: usize,
    /// Stretches without a low place that hold a window; of what was picked last.
    pub(super) gaps: Vec<Range<u32>>,
}

/// Farther than every place. Where no lesser one is known, it may be as far as this, or as 0.
const NOWHERE: u16 = 0x7FFF;
const _: () = assert!(STRIDE + 1 < NOWHERE as usize);

impl Low {
    pub(super) fn new() -> Low {
        Low { places: Lines::new(), orders: Lines::new(), count: 0, gaps: Vec::new() }
    }

    /// The low places and their orders.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u16)> {
        let all = NEIGHBOURS..NEIGHBOURS + self.count;
        let places = self.places.0[all.clone()].iter().map(|place| u32::from(place - 1));
        places.zip(self.orders.0[all].iter().copied())
    }

    /// Finds the low places among the first `n`.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`, and the caller is compiled for them; values of whole words can be read.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled once for each level inside its target-feature wrapper"
    )]
    pub(super) unsafe fn find<V: Vector>(&mut self, orders: &[u16], n: usize, w: usize) {
        let highest = ((1 << 16) * OF_A_WINDOW / w).min(HIGHEST) as u16;
        let (low_places, low_orders) = (&mut self.places.0, &mut self.orders.0);
        low_places[..NEIGHBOURS].fill(0);
        low_orders[..NEIGHBOURS].fill(BOUND);
        let mut end = NEIGHBOURS;
        for at in (0..n).step_by(WORD) {
            // SAFETY: the caller's promise.
            let mut word = first(unsafe { V::at_most_of_64(orders, at, V::splat(highest)) }, n - at);
            let count = word.count_ones() as usize;
            // Most words have a few: to write four at once is faster than to go by their number.
            for four in (end..end + count.max(1)).step_by(4) {
                let places = &mut low_places[four..][..4];
                let of_places = &mut low_orders[four..][..4];
                for i in 0..4 {
                    let place = (at + word.trailing_zeros() as usize) % STRIDE;
                    places[i] = place as u16 + 1;
                    of_places[i] = orders[place];
                    word &= word.wrapping_sub(1);
                }
            }
            end += count;
        }
        let behind = end..end + NEIGHBOURS + V::LANES;
        low_places[behind.clone()].fill(n as u16 + 1);
        low_orders[behind].fill(BOUND);
        self.count = end - NEIGHBOURS;
    }

    /// Appends the places that are the least of a window, or one of several least ones, ascending, and notes the gaps.
    /// Returns false where too many places are left unsettled by their neighbours.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`, and the caller is compiled for them.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled once for each level inside its target-feature wrapper"
    )]
    pub(super) unsafe fn pick<V: Vector>(&mut self, w: usize, base: u32, picks: &mut Vec<u32>) -> bool {
        let (places, orders) = (&self.places.0, &self.orders.0);
        let (mut left, mut settled) = (COMPARISONS_MAX, true);
        // The first bound behind is looked at, too, for the gap before it.
        for at in (0..=self.count).step_by(V::LANES) {
            // SAFETY: the caller's promise; there are bounds on both sides.
            let (gaps, possible, certain) = unsafe {
                let here = NEIGHBOURS + at;
                let own = V::read(orders, here);
                let less_than_own = own.minus(V::splat(1));
                let (mut from, mut to) = (V::splat(0), V::splat(NOWHERE));
                for some in (1..=NEIGHBOURS).step_by(AT_ONCE) {
                    for i in some..some + AT_ONCE {
                        let less = own.above(V::read(orders, here - i));
                        from = from.greatest(less.and(V::read(places, here - i)));
                        let not_less = V::read(orders, here + i).above(less_than_own);
                        to = to.least(not_less.or(V::read(places, here + i)));
                    }
                }
                let wide = V::splat(w as u16);
                let between = V::read(places, here).minus(V::read(places, here - 1));
                let farthest = (V::read(places, here - NEIGHBOURS), V::read(places, here + NEIGHBOURS));
                let sure = to.least(farthest.1).minus(from.greatest(farthest.0));
                (between.above(wide).bits(), to.minus(from).above(wide).bits(), sure.above(wide).bits())
            };
            let (possible, mut picked) = (first(possible, self.count - at), first(certain, self.count - at));
            let mut unsettled = possible ^ picked;
            while unsettled != 0 {
                let place = NEIGHBOURS + at + unsettled.trailing_zeros() as usize;
                // The gaps are wanted in any case.
                let is_least = is_least(places, orders, place, w, &mut left);
                settled &= is_least.is_some();
                picked |= u64::from(is_least == Some(true)) << unsettled.trailing_zeros();
                unsettled &= unsettled - 1;
            }
            while picked != 0 {
                let place = places[NEIGHBOURS + at + picked.trailing_zeros() as usize];
                picks.push(base + u32::from(place - 1));
                picked &= picked - 1;
            }
            let mut gaps = first(gaps, self.count + 1 - at);
            while gaps != 0 {
                let i = NEIGHBOURS + at + gaps.trailing_zeros() as usize;
                self.gaps.push(u32::from(places[i - 1])..u32::from(places[i] - 1));
                gaps &= gaps - 1;
            }
        }
        settled
    }
}

/// Whether there is room for a window between the next lesser places before and behind one; none where that takes more than
/// `left` comparisons.
#[cold]
fn is_least(places: &[u16], orders: &[u16], at: usize, w: usize, left: &mut usize) -> Option<bool> {
    let own = orders[at] as i16;
    let mut is_bound = |i: usize| {
        *left = left.checked_sub(1)?;
        Some((orders[i] as i16) < own || places[i].abs_diff(places[at]) as usize > w)
    };
    let mut before = at - 1;
    while !is_bound(before)? {
        before -= 1;
    }
    let mut behind = at + 1;
    while !is_bound(behind)? {
        behind += 1;
    }
    Some((places[behind] - places[before]) as usize > w)
}

/// The first `n` bits.
fn first(bits: u64, n: usize) -> u64 {
    if n < WORD { bits & ((1 << n) - 1) } else { bits }
}
