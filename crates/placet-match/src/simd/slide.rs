//! Windows that slide over all places, vector by vector.
//!
//! A place is picked where it is the greatest of the least values of the windows that hold it. Both come of steps in which
//! each place is joined with the one 1, 2, 4 and 8 places ahead, and of a few windows side by side.

use super::minima::{Lines, WORD};
use super::vector::Vector;

/// The narrowest window and the widest.
pub(super) const W_MIN: usize = NARROW;
pub(super) const W_MAX: usize = 5 * NARROW;
/// Width of the windows that the steps in registers lead to.
const NARROW: usize = 16;
/// Turns after which the first vector has gone through the steps from one place to a narrow window.
const TURNS_LATE: usize = 4;
/// Turns of a loop between two questions whether to go on; then what they keep for the next one needs no moving.
const TURNS: usize = 4;

/// Memory of [`Slide::pick`].
pub(super) struct Slide {
    windows: Box<Lines>,
    narrow: Box<Lines>,
    greatest: Box<Lines>,
}

impl Slide {
    pub(super) fn new() -> Slide {
        Slide { windows: Lines::new(), narrow: Lines::new(), greatest: Lines::new() }
    }

    /// Appends the places that are the least of one of the first `n` windows, or one of several least ones, ascending.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`, and the caller is compiled for them; orders of
    /// n + 2 w places and some vectors more can be read.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled once for each level inside its target-feature wrapper"
    )]
    pub(super) unsafe fn pick<V: Vector>(
        &mut self,
        orders: &[u16],
        n: usize,
        w: usize,
        base: u32,
        picks: &mut Vec<u32>,
    ) {
        let positions = n + w - 1;
        let Slide { windows, narrow, greatest } = self;
        let windows = &mut windows.0;
        // SAFETY: the caller's promise.
        unsafe {
            // The least value of each window, between values that are less than any: none is behind the text.
            windows[..w - 1].fill(0);
            slide::<V, false>(orders, n, w, narrow, &mut windows[w - 1..]);
            windows[positions..positions + w + WORD].fill(0);
            slide::<V, true>(windows, positions, w, narrow, &mut greatest.0);
            for at in (0..positions).step_by(WORD) {
                push(V::equal_of_64(orders, &greatest.0, at), base + at as u32, picks);
            }
        }
        let behind = picks.iter().rev().take_while(|place| **place >= base + positions as u32).count();
        picks.truncate(picks.len() - behind);
    }
}

/// Writes the least or greatest value of each of the first `n` windows of w, and some more values.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn slide<V: Vector, const GREATEST: bool>(
    values: &[u16],
    n: usize,
    w: usize,
    narrow: &mut Lines,
    windows: &mut [u16],
) {
    // SAFETY: the caller's promise.
    unsafe {
        narrowed::<V, GREATEST>(values, n + w, &mut narrow.0);
        let narrow = &narrow.0[TURNS_LATE * V::LANES..];
        match w.div_ceil(NARROW) {
            ..=2 => side_by_side::<V, GREATEST, 1>(narrow, n, w, windows),
            3 => side_by_side::<V, GREATEST, 2>(narrow, n, w, windows),
            4 => side_by_side::<V, GREATEST, 3>(narrow, n, w, windows),
            _ => side_by_side::<V, GREATEST, 4>(narrow, n, w, windows),
        }
    }
}

/// Writes the least or greatest of each narrow window, as many turns late as the steps take.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn narrowed<V: Vector, const GREATEST: bool>(values: &[u16], n: usize, narrow: &mut [u16]) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut before = [V::splat(0); TURNS_LATE];
        for turns in (0..n + TURNS_LATE * V::LANES).step_by(TURNS * V::LANES) {
            for turn in 0..TURNS {
                let at = turns + turn * V::LANES;
                let [one, two, four, eight] = before;
                let new = V::read(values, at);
                let twos = of::<V, GREATEST>(one, one.ahead::<1>(new));
                let fours = of::<V, GREATEST>(two, two.ahead::<2>(twos));
                let eights = of::<V, GREATEST>(four, four.ahead::<4>(fours));
                before = [new, twos, fours, eights];
                of::<V, GREATEST>(eight, eight.ahead::<8>(eights)).write(narrow, at);
            }
        }
    }
}

/// Writes the least or greatest value of each of the first `n` windows of w, of those of narrow ones: up to five stand side by
/// side, the last one overlaps.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn side_by_side<V: Vector, const GREATEST: bool, const PARTS: usize>(
    narrow: &[u16],
    n: usize,
    w: usize,
    windows: &mut [u16],
) {
    for at in (0..n).step_by(V::LANES) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut all = V::read(narrow, at + w - NARROW);
            for part in 0..PARTS {
                all = of::<V, GREATEST>(all, V::read(narrow, at + part * NARROW));
            }
            all.write(windows, at);
        }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn of<V: Vector, const GREATEST: bool>(a: V, b: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { if GREATEST { a.greatest(b) } else { a.least(b) } }
}

/// Appends the places of a word.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn push(mut word: u64, base: u32, places: &mut Vec<u32>) {
    let count = word.count_ones() as usize;
    places.reserve(WORD);
    let len = places.len();
    let room = &mut places.spare_capacity_mut()[..WORD];
    // Most words have a few: to write four at once is faster than to go by their number.
    let (fours, _) = room.as_chunks_mut::<4>();
    for four in &mut fours[..count.div_ceil(4).max(1)] {
        for place in four {
            place.write(base + word.trailing_zeros());
            word &= word.wrapping_sub(1);
        }
    }
    // SAFETY: so many were written at least.
    unsafe { places.set_len(len + count) };
}
