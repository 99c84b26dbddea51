//! Window minima with AVX-512: a text is divided into sixteen stretches, one for each lane of a vector.
//!
//! What stands `d` letters further is then the same lane of the vector `d` places on, so nothing is shifted between lanes
//! and no load crosses a cache line. The minimum over a window takes three comparisons whatever its width: the least of
//! what a block of w positions holds from the window's start on, and of what the next block holds up to its end.
#![expect(
    clippy::cast_ptr_alignment,
    reason = "only unaligned loads and stores are made through these pointers"
)]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_alignr_epi32, _mm512_i32gather_epi32, _mm512_mask_cmpneq_epi32_mask,
    _mm512_maskz_compress_epi32, _mm512_min_epu32, _mm512_mullo_epi32, _mm512_set1_epi32, _mm512_setr_epi32,
    _mm512_setzero_si512, _mm512_shrdi_epi32, _mm512_srli_epi32, _mm512_storeu_si512, _mm512_sub_epi32,
    _mm512_ternarylogic_epi32, _mm512_xor_si512,
};

use super::{MIX_FOUR, MIX_LAST, STRIDE, TO_EIGHT, TO_K, TO_SIXTEEN, TO_THIRTY_TWO};

const LANES: usize = 16;
/// Positions of a lane; with the widest window, all that is worked on stays in the nearest cache.
const LANE: usize = 256;
/// Positions that are worked on at a time.
pub(super) const STRETCH: usize = LANES * LANE;
/// Below this many positions the lanes are too short for what they read of each other.
pub(super) const WORTHWHILE: usize = 1024;
/// The widest window.
const W_MAX: usize = 200;
/// Vectors of hashes of 8 and 16 letters that are kept; the longest k-gram reaches 32 back.
const RING: usize = 64;
/// Letters behind the last position that are read: those of its k-gram, and of the groups of four that follow.
const BEHIND: usize = 64;
const PLACE_BITS: u32 = STRIDE.trailing_zeros();

pub(super) struct Memory {
    /// The order of the k-gram at each position: its hash above its place in the lane, counted from the end.
    orders: [__m512i; LANE + W_MAX],
    eights: [__m512i; RING],
    sixteens: [__m512i; RING],
    letters: [u8; STRETCH + LANES + BEHIND],
    /// Places of minima in their lanes, the lane in the upper bits.
    found: Vec<u32>,
    /// The minima in the order of the text.
    sorted: Vec<u32>,
}

impl Default for Memory {
    #[expect(clippy::large_stack_arrays, reason = "29 KB, put into a box once for each thread")]
    fn default() -> Self {
        // SAFETY: a vector of zeros is a vector.
        let zero: __m512i = unsafe { std::mem::zeroed() };
        Memory {
            orders: [zero; LANE + W_MAX],
            eights: [zero; RING],
            sixteens: [zero; RING],
            letters: [0; STRETCH + LANES + BEHIND],
            found: Vec::with_capacity(STRETCH + LANES),
            sorted: Vec::new(),
        }
    }
}

/// Whether so many windows of this width are worked on here.
pub(super) fn takes(n: usize, w: usize) -> bool {
    let positions = n + w - 1;
    w <= W_MAX && (WORTHWHILE..=STRETCH).contains(&positions)
}

/// Appends the places of the minima, ascending, from `base` on. `takes(n, w)` holds, k is 24 or 40, and `letters` holds at
/// least n + w + k - 2 letters.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
pub(super) fn minima(
    letters: &[u8],
    n: usize,
    (k, w): (usize, usize),
    base: u32,
    memory: &mut Memory,
    picks: &mut Vec<u32>,
) {
    let positions = n + w - 1;
    let lane = positions.div_ceil(LANES);
    let needed = positions + k - 1;
    memory.letters[..needed].copy_from_slice(&letters[..needed]);
    memory.letters[needed..needed + LANES + BEHIND - k].fill(0);
    if k == 40 {
        orders::<40>(memory, lane);
    } else {
        orders::<24>(memory, lane);
    }
    // Windows reach into the next lane; behind the last lane there is nothing that could be a minimum.
    let nothing = _mm512_set1_epi32(-1);
    for t in lane..lane + w - 1 {
        let next = _mm512_alignr_epi32::<1>(nothing, memory.orders[t - lane]);
        memory.orders[t] = placed(next, t);
    }
    choose(memory, n, w, lane);

    // In the order of the lanes. Two of them meet in one minimum or in none.
    let Memory { found, sorted, .. } = memory;
    let number = |found: u32| (found >> PLACE_BITS) as usize % LANES;
    let mut counts = [0usize; LANES];
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
        let place = STRIDE as u32 - 1 - found % STRIDE as u32;
        sorted[starts[number]] = base + (number * lane) as u32 + place;
        starts[number] += 1;
    }
    sorted.dedup();
    let again = usize::from(picks.last() == sorted.first());
    picks.extend_from_slice(&sorted[again.min(sorted.len())..]);
}

/// The bits of the hash with those of the place, counted from the end, so that the smaller of two equal hashes is the one
/// further to the right.
#[target_feature(enable = "avx512f")]
fn placed(hash: __m512i, t: usize) -> __m512i {
    let mask = STRIDE as i32 - 1;
    _mm512_ternarylogic_epi32::<0xCA>(_mm512_set1_epi32(mask), _mm512_set1_epi32(mask - t as i32), hash)
}

/// Writes the orders of the first `lane` positions of each lane.
#[target_feature(enable = "avx512f,avx512vbmi2")]
fn orders<const K: usize>(memory: &mut Memory, lane: usize) {
    let Memory { orders, eights, sixteens, letters, .. } = memory;
    let set = |x: u32| _mm512_set1_epi32(x as i32);
    let joined = |left, right, factor| _mm512_add_epi32(_mm512_mullo_epi32(left, set(factor)), right);
    let mix = |x: __m512i| {
        let x = _mm512_mullo_epi32(_mm512_xor_si512(x, _mm512_srli_epi32::<15>(x)), set(MIX_FOUR));
        _mm512_xor_si512(x, _mm512_srli_epi32::<13>(x))
    };
    let finish = |x: __m512i| {
        let x = _mm512_mullo_epi32(_mm512_xor_si512(x, _mm512_srli_epi32::<16>(x)), set(MIX_LAST));
        _mm512_xor_si512(x, _mm512_srli_epi32::<15>(x))
    };
    let starts = _mm512_mullo_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        set(lane as u32),
    );
    let four_letters = |t: usize| {
        // The furthest place: the last lane's start, and t.
        assert!((LANES - 1) * lane + t + 4 <= letters.len());
        let places = _mm512_add_epi32(starts, set(t as u32));
        // SAFETY: the places are those of the lanes, of which the last one is in the array.
        unsafe { _mm512_i32gather_epi32::<1>(places, letters.as_ptr().cast()) }
    };
    let fours = |here, next| {
        [
            mix(here),
            mix(_mm512_shrdi_epi32::<8>(here, next)),
            mix(_mm512_shrdi_epi32::<16>(here, next)),
            mix(_mm512_shrdi_epi32::<24>(here, next)),
        ]
    };
    // Of a k-gram of 40: its first 16 letters stand 32 before its last 8, its next 16 letters 16 before them.
    let back = K - 8;
    let mut next_letters = four_letters(4);
    let mut before = fours(four_letters(0), next_letters);
    let mut s = 0;
    while s < lane + back {
        let letters = next_letters;
        next_letters = four_letters(s + 8);
        let here = fours(letters, next_letters);
        for (i, (before, here)) in before.into_iter().zip(here).enumerate() {
            let at = s + i;
            let eight = joined(before, here, TO_EIGHT);
            let earlier = eights[at.wrapping_sub(8) % RING];
            eights[at % RING] = eight;
            sixteens[at.wrapping_sub(8) % RING] = joined(earlier, eight, TO_SIXTEEN);
            let first = sixteens[at.wrapping_sub(back) % RING];
            let before_last = if K == 40 {
                joined(first, sixteens[at.wrapping_sub(16) % RING], TO_THIRTY_TWO)
            } else {
                first
            };
            let x = finish(joined(before_last, eight, TO_K));
            if let Some(t) = at.checked_sub(back)
                && let Some(order) = orders.get_mut(t)
            {
                *order = placed(x, t);
            }
        }
        before = here;
        s += 4;
    }
}

/// Finds the minima of the windows that begin in each lane.
#[target_feature(enable = "avx512f,popcnt")]
fn choose(memory: &mut Memory, n: usize, w: usize, lane: usize) {
    let Memory { orders, found, .. } = memory;
    let least = |x, y| _mm512_min_epu32(x, y);
    let numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let lanes = _mm512_mullo_epi32(numbers, _mm512_set1_epi32(STRIDE as i32));
    let places = _mm512_set1_epi32(STRIDE as i32 - 1);
    // The last windows begin in this lane, up to this place.
    let (full, last) = ((n - 1) / lane, (n - 1) % lane);
    let mask = |lanes: usize| ((1u32 << lanes) - 1) as u16;
    found.clear();
    found.reserve(LANES * lane + LANES);
    let to = found.as_mut_ptr();
    let mut count = 0;
    let mut before = _mm512_sub_epi32(_mm512_setzero_si512(), places);
    let mut emit = |t: usize, here: __m512i| {
        let valid = mask(if t <= last { full + 1 } else { full });
        let new = _mm512_mask_cmpneq_epi32_mask(valid, here, before);
        before = here;
        let packed = _mm512_maskz_compress_epi32(new, _mm512_ternarylogic_epi32::<0xCA>(places, here, lanes));
        // SAFETY: at most 16 values were written for each place before this one, and there is room for 16 more.
        unsafe { _mm512_storeu_si512(to.add(count).cast::<__m512i>(), packed) };
        count += new.count_ones() as usize;
    };
    let mut start = 0;
    while start < lane {
        let (block, next) = orders[start..].split_at_mut(w.min(lane + w - 1 - start));
        let mut suffix = _mm512_set1_epi32(-1);
        for order in block.iter_mut().rev() {
            suffix = least(suffix, *order);
            *order = suffix;
        }
        let mut prefix = _mm512_set1_epi32(-1);
        let windows = w.min(lane - start);
        emit(start, block[0]);
        for (i, (here, order)) in block[1..windows].iter().zip(next.iter()).enumerate() {
            prefix = least(prefix, *order);
            emit(start + 1 + i, least(*here, prefix));
        }
        start += w;
    }
    // SAFETY: so many values were written.
    unsafe { found.set_len(count) };
}
