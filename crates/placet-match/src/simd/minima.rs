//! The least k-grams of each window: their orders, and which of them are the least.
//!
//! Orders are made in vectors that hold the values of neighbouring places and go through a row of steps, in which each place
//! is joined with the one 1, 2, 4 and 8 places ahead. So many places further are lanes of the same vector and of the next
//! one, which comes a turn later: nothing is stored and loaded between the steps.

use std::ops::Range;

use super::low::Low;
use super::slide::{self, Slide};
use super::vector::{LANES_MAX, Vector};

/// Positions worked on at a time: the scratch arrays stay in the nearest cache.
pub(crate) const STRIDE: usize = 4096;
/// Letters by which k-grams are ordered: the first ones. All of them would cost more, and tell few more k-grams apart.
pub(crate) const ORDER_LETTERS: usize = 16;
/// Turns after which the first vector has gone through the steps to the order of a k-gram.
const TURNS_LATE: usize = 3;
/// Turns of a loop between two questions whether to go on; then what they keep for the next one needs no moving, either.
const TURNS: usize = 4;
/// Bits of a word of places.
pub(super) const WORD: usize = 64;

/// The factors of the order hash, in the order in which they are applied: odd, so that of two k-grams of which one of these
/// letters differs, the orders always differ.
const TWO: u16 = 0x6C8D;
const TO_FOUR: u16 = 0x2D39;
const TO_EIGHT: u16 = 0xCA6B;
const TO_SIXTEEN: u16 = 0xAE35;
const LAST: u16 = 0x352D;

/// The order of a k-gram by its definition: a hash of its first letters.
#[cfg(test)]
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

/// Values of a stride and of what is read and written around them; in whole cache lines, since a vector that crosses two
/// lines costs twice as much to move.
#[repr(align(64))]
pub(super) struct Lines(pub(super) [u16; ROOM]);

const ROOM: usize = STRIDE + LATEST;
/// What may be written and read behind a stride: windows that reach behind it, and the turns of two rows of steps.
pub(super) const LATEST: usize = 2 * slide::W_MAX.next_multiple_of(WORD) + 3 * TURNS * LANES_MAX;

impl Lines {
    pub(super) fn new() -> Box<Lines> {
        Box::new(Lines([0; ROOM]))
    }
}

#[repr(align(64))]
struct Text([u8; ROOM]);

/// Memory of [`minima`].
pub(crate) struct Scratch {
    letters: Box<Text>,
    orders: Box<Lines>,
    slide: Slide,
    low: Low,
    open: Vec<Open>,
}

impl Default for Scratch {
    fn default() -> Self {
        let letters = Box::new(Text([0; ROOM]));
        Scratch { letters, orders: Lines::new(), slide: Slide::new(), low: Low::new(), open: Vec::new() }
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
    assert!(n > 0 && w > 0 && positions <= STRIDE);
    let Scratch { letters: text, orders, slide, low, open } = scratch;
    text.0[..needed].copy_from_slice(&letters[..needed]);
    let (known, last) = (picks.len(), picks.last().copied());
    let slides = (slide::W_MIN..=slide::W_MAX).contains(&w);
    // SAFETY: the caller's promise; so many positions fit, and what is read and written behind them.
    unsafe { write_orders::<V>(&text.0, positions + if slides { w } else { 0 }, &mut orders.0) };
    let orders = &orders.0[TURNS_LATE * V::LANES..];
    if slides {
        // SAFETY: as above.
        unsafe { slide.pick::<V>(orders, n, w, base, picks) };
    } else {
        // SAFETY: as above.
        let settled = unsafe {
            low.find::<V>(orders, positions, w);
            low.pick::<V>(w, base, picks)
        };
        if !settled {
            picks.truncate(known);
            pick_one_by_one(low.iter(), 0..positions as u32, w, base, open, picks);
        }
        for gap in low.gaps.drain(..) {
            let places = gap.clone().map(|place| (place, orders[place as usize]));
            pick_one_by_one(places, gap, w, base, open, picks);
        }
    }
    let new = &mut picks[known..];
    if !new.is_sorted() {
        new.sort_unstable();
    }
    let again = new.iter().take_while(|place| Some(**place) <= last).count();
    picks.drain(known..known + again);
}

/// Writes the order of each of the first `n` k-grams, as many turns late as the steps take.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
unsafe fn write_orders<V: Vector>(letters: &[u8], n: usize, orders: &mut [u16]) {
    // SAFETY: the caller's promise.
    unsafe {
        let [two, four, eight, sixteen, last] =
            [TWO, TO_FOUR, TO_EIGHT, TO_SIXTEEN, LAST].map(|factor| V::splat(factor));
        let mut before = [V::splat(0); TURNS_LATE];
        for turns in (0..n + TURNS_LATE * V::LANES).step_by(TURNS * V::LANES) {
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

/// A place behind which no lesser one was met yet.
struct Open {
    place: u32,
    order: u32,
    /// The first place behind the next lesser one before.
    from: u32,
}

/// Appends the places that are the least of a window within the range, or one of several least ones, in any order. Places
/// that are not given are less than none.
fn pick_one_by_one(
    places: impl Iterator<Item = (u32, u16)>,
    range: Range<u32>,
    w: usize,
    base: u32,
    open: &mut Vec<Open>,
    picks: &mut Vec<u32>,
) {
    open.clear();
    let end = (range.end, 0);
    for (place, order) in places.map(|(place, order)| (place, u32::from(order) + 1)).chain([end]) {
        while let Some(last) = open.pop_if(|last| last.order > order) {
            if (place - last.from) as usize >= w {
                picks.push(base + last.place);
            }
        }
        let from = match open.last() {
            Some(last) if last.order == order => last.from,
            Some(last) => last.place + 1,
            None => range.start,
        };
        open.push(Open { place, order, from });
    }
}
