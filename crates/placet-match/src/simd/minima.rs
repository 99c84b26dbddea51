//! The least k-grams of each window.
//!
//! A vector holds the values of neighbouring places, and goes through a row of steps in which each place is joined with
//! the one 1, 2, 4 and 8 places ahead. So many places further are lanes of the same vector and of the next one, which comes
//! a turn later: nothing is stored and loaded between the steps.

use super::vector::{LANES_MAX, Vector};

/// Positions worked on at a time: the scratch arrays stay in the nearest cache.
pub(crate) const STRIDE: usize = 4096;
/// Letters by which k-grams are ordered: the first ones. All of them would cost more, and tell few more k-grams apart.
pub(crate) const ORDER_LETTERS: usize = 16;
/// The narrowest window and the widest.
pub(crate) const W_MIN: usize = NARROW;
const W_MAX: usize = 200;
/// Width of the windows that the steps in registers lead to.
const NARROW: usize = 16;
/// Turns after which the first vector has gone through the steps: those to the order of a k-gram, and those from one place
/// to a narrow window.
const TO_ORDER: usize = 3;
const TO_NARROW: usize = 4;
/// Turns of a loop between two questions whether to go on; then what they keep for the next one needs no moving, either.
const TURNS: usize = 4;

/// The factors of the order hash, in the order in which they are applied: odd, so that of two k-grams of which one of these
/// letters differs, the orders always differ.
const TWO: u16 = 0x6C8D;
const TO_FOUR: u16 = 0x2D39;
const TO_EIGHT: u16 = 0xCA6B;
const TO_SIXTEEN: u16 = 0xAE35;
const LAST: u16 = 0x352D;

/// The order of a k-gram: a hash of its first letters.
pub(crate) fn order(kgram: &[u8; ORDER_LETTERS]) -> u16 {
    fn hash(letters: &[u8]) -> u16 {
        if let [first, second] = letters {
            let x = u16::from_le_bytes([*first, *second]).wrapping_mul(TWO);
            return x ^ x >> 8;
        }
        let factor = match letters.len() {
            4 => TO_FOUR,
            8 => TO_EIGHT,
            _ => TO_SIXTEEN,
        };
        let (first, second) = letters.split_at(letters.len() / 2);
        hash(first).wrapping_mul(factor).wrapping_add(hash(second))
    }
    let x = hash(kgram);
    (x ^ x >> 7).wrapping_mul(LAST)
}

/// Values of a stride, of the windows and vectors that reach behind it, and of the turns before the first one is done; in
/// whole cache lines, since a vector that crosses two lines costs twice as much to move.
#[repr(align(64))]
struct Lines([u16; ROOM]);

const ROOM: usize = STRIDE + 2 * W_MAX.next_multiple_of(64) + (TO_ORDER + TO_NARROW + TURNS) * LANES_MAX;

#[repr(align(64))]
struct Text([u8; ROOM]);

/// Memory of [`minima`].
pub(crate) struct Scratch {
    letters: Box<Text>,
    orders: Box<Lines>,
    windows: Box<Lines>,
    narrow: Box<Lines>,
    wider: Box<Lines>,
    result: Box<Lines>,
}

impl Default for Scratch {
    fn default() -> Self {
        let lines = || Box::new(Lines([0; ROOM]));
        Scratch {
            letters: Box::new(Text([0; ROOM])),
            orders: lines(),
            windows: lines(),
            narrow: lines(),
            wider: lines(),
            result: lines(),
        }
    }
}

/// What [`window_minima`](super::window_minima) says.
///
/// # Safety
///
/// The processor has the instructions of `V`, and the caller is compiled for them.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
pub(super) unsafe fn minima<V: Vector>(
    letters: &[u8],
    n: usize,
    w: usize,
    base: u32,
    scratch: &mut Scratch,
    picks: &mut Vec<u32>,
) {
    let positions = n + w - 1;
    let needed = positions + ORDER_LETTERS - 1;
    assert!(n > 0 && (W_MIN..=W_MAX).contains(&w) && positions <= STRIDE);
    let Scratch { letters: text, orders, windows, narrow, wider, result } = scratch;
    text.0[..needed].copy_from_slice(&letters[..needed]);
    text.0[needed..needed + W_MAX + (TO_ORDER + TURNS) * LANES_MAX].fill(0);
    let known = (picks.len(), picks.last().copied());
    // SAFETY: the caller's promise; so many positions fit, and all that is read behind them.
    unsafe {
        write_orders::<V>(&text.0, positions + W_MAX, &mut orders.0);
        let orders = &orders.0[TO_ORDER * V::LANES..];
        // The least value of each window, between values that are less than any: none is behind the text.
        let windows = &mut windows.0;
        windows[..w - 1].fill(0);
        slide::<V, false>(orders, n, w, narrow, wider, &mut windows[w - 1..]);
        windows[positions..positions + w + WORD].fill(0);
        // A k-gram is picked where it is the greatest of these, over the windows that hold it.
        let greatest = &mut result.0;
        slide::<V, true>(windows, positions, w, narrow, wider, greatest);
        for at in (0..positions).step_by(WORD) {
            push(V::equal_of_64(orders, greatest, at), base + at as u32, picks);
        }
    }
    let behind = picks.iter().rev().take_while(|place| **place >= base + positions as u32).count();
    picks.truncate(picks.len() - behind);
    let again = picks[known.0..].iter().take_while(|place| Some(**place) <= known.1).count();
    picks.drain(known.0..known.0 + again);
}

/// Writes the order of each of the first `n` k-grams, as many turns late as the steps take.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn write_orders<V: Vector>(letters: &[u8], n: usize, orders: &mut [u16]) {
    // SAFETY: the caller's promise.
    unsafe {
        let [two, four, eight, sixteen, last] =
            [TWO, TO_FOUR, TO_EIGHT, TO_SIXTEEN, LAST].map(|factor| V::splat(factor));
        let mut before = [V::splat(0); TO_ORDER];
        for turns in (0..n + TO_ORDER * V::LANES).step_by(TURNS * V::LANES) {
            for turn in 0..TURNS {
                let at = turns + turn * V::LANES;
                let twos = V::pairs(letters, at).times(two).folded::<8>();
                let fours = before[0].times(four).plus(before[0].ahead::<2>(twos));
                let eights = before[1].times(eight).plus(before[1].ahead::<4>(fours));
                let hash = before[2].times(sixteen).plus(before[2].ahead::<8>(eights));
                before = [twos, fours, eights];
                hash.folded::<7>().times(last).write(orders, at);
            }
        }
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
    wider: &mut Lines,
    windows: &mut [u16],
) {
    // SAFETY: the caller's promise.
    unsafe {
        narrowed::<V, GREATEST>(values, n + w, &mut narrow.0);
        let narrow = &narrow.0[TO_NARROW * V::LANES..];
        if w <= 5 * NARROW {
            widen::<V, GREATEST>(narrow, NARROW, n, w, windows);
        } else {
            widen::<V, GREATEST>(narrow, NARROW, n + w - 4 * NARROW, 4 * NARROW, &mut wider.0);
            widen::<V, GREATEST>(&wider.0, 4 * NARROW, n, w, windows);
        }
    }
}

/// Writes the least or greatest of each narrow window, as many turns late as the steps take.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn narrowed<V: Vector, const GREATEST: bool>(values: &[u16], n: usize, narrow: &mut [u16]) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut before = [V::splat(0); TO_NARROW];
        for turns in (0..n + TO_NARROW * V::LANES).step_by(TURNS * V::LANES) {
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

/// Writes the least or greatest value of each of the first `n` windows of a width, of those of narrower ones: up to five
/// stand side by side, the last one overlaps.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn widen<V: Vector, const GREATEST: bool>(
    values: &[u16],
    from: usize,
    n: usize,
    to: usize,
    windows: &mut [u16],
) {
    // SAFETY: the caller's promise.
    unsafe {
        match to.div_ceil(from) {
            ..=2 => side_by_side::<V, GREATEST, 1>(values, from, n, to, windows),
            3 => side_by_side::<V, GREATEST, 2>(values, from, n, to, windows),
            4 => side_by_side::<V, GREATEST, 3>(values, from, n, to, windows),
            _ => side_by_side::<V, GREATEST, 4>(values, from, n, to, windows),
        }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn side_by_side<V: Vector, const GREATEST: bool, const PARTS: usize>(
    values: &[u16],
    from: usize,
    n: usize,
    to: usize,
    windows: &mut [u16],
) {
    for at in (0..n).step_by(V::LANES) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut all = V::read(values, at + to - from);
            for part in 0..PARTS {
                all = of::<V, GREATEST>(all, V::read(values, at + part * from));
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

/// Bits of a word of places.
const WORD: usize = 64;

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
