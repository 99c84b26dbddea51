//! The inner loops, for the processor at hand: compaction to letters, k-gram hashes, selection, probing.
//!
//! Each has a portable form, which defines the result; the AVX2 and AVX-512 forms give the same bytes (tests hold them
//! against it). The level is found at run time.
#![expect(
    unsafe_code,
    reason = "vector loads, stores and prefetches; each has a safe twin that tests compare"
)]

#[cfg(target_arch = "x86_64")]
mod lanes;

use std::sync::OnceLock;

/// Bytes of text that the vector forms take at a time.
pub(crate) const BLOCK: usize = 64;

/// Positions worked on at a time: the scratch arrays stay in the nearest caches, and a position takes 11 bits.
pub(crate) const STRIDE: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 11;

/// What the processor can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// Every level that this processor has.
    pub(crate) fn available() -> Vec<Level> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "only x86-64 has more than one"))]
        let mut levels = vec![Level::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
                levels.push(Level::Avx2);
            }
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vbmi2")
                && is_x86_feature_detected!("popcnt")
            {
                levels.push(Level::Avx512);
            }
        }
        levels
    }
}

/// The best level of this processor.
pub(crate) fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| Level::available().pop().unwrap_or(Level::Portable))
}

/// Appends the letters of the ASCII prefix of `bytes` and returns its length. A pair (letters, `base` + bytes) is put
/// into `blocks` at least every [`BLOCK`] bytes.
pub(crate) fn compact(
    level: Level,
    bytes: &[u8],
    base: usize,
    letters: &mut Vec<u8>,
    blocks: &mut Vec<(u32, u32)>,
) -> usize {
    let (whole, rest) = bytes.as_chunks::<BLOCK>();
    let done = match level {
        Level::Portable => {
            compact_blocks(whole, base, letters, blocks, |block, letters| compact_block(block, letters))
        }
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::compact_avx2(whole, base, letters, blocks) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::compact_avx512(whole, base, letters, blocks) },
    };
    if done < whole.len() * BLOCK || rest.is_empty() {
        return done;
    }
    mark(base + done, letters, blocks);
    done + compact_block(rest, letters)
}

/// Compacts block after block, up to the first byte that is not ASCII.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn compact_blocks(
    whole: &[[u8; BLOCK]],
    base: usize,
    letters: &mut Vec<u8>,
    blocks: &mut Vec<(u32, u32)>,
    mut block: impl FnMut(&[u8; BLOCK], &mut Vec<u8>) -> usize,
) -> usize {
    for (i, bytes) in whole.iter().enumerate() {
        mark(base + i * BLOCK, letters, blocks);
        let ascii = block(bytes, letters);
        if ascii < BLOCK {
            return i * BLOCK + ascii;
        }
    }
    whole.len() * BLOCK
}

/// Notes how many letters stand before a byte, where the last note is [`BLOCK`] bytes back.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn mark(byte: usize, letters: &[u8], blocks: &mut Vec<(u32, u32)>) {
    if blocks.last().is_none_or(|b| byte - b.1 as usize >= BLOCK) {
        blocks.push((letters.len() as u32, byte as u32));
    }
}

fn compact_block(bytes: &[u8], letters: &mut Vec<u8>) -> usize {
    for (i, b) in bytes.iter().enumerate() {
        if b.is_ascii_alphanumeric() {
            letters.push(b.to_ascii_lowercase());
        } else if !b.is_ascii() {
            return i;
        }
    }
    bytes.len()
}

/// Values of a stride, in whole cache lines: a vector that crosses two lines costs twice as much to move.
#[repr(align(64))]
struct Lines([u32; STRIDE + 64]);

/// Memory of [`window_minima`].
pub(crate) struct Scratch {
    a: Box<Lines>,
    b: Box<Lines>,
    c: Box<Lines>,
    /// One value for each minimum: its place in the low bits, counted from the end.
    minima: Vec<u32>,
    #[cfg(target_arch = "x86_64")]
    lanes: Option<Box<lanes::Memory>>,
}

impl Default for Scratch {
    fn default() -> Self {
        let array = || Box::new(Lines([0; STRIDE + 64]));
        Scratch {
            a: array(),
            b: array(),
            c: array(),
            minima: Vec::with_capacity(STRIDE + 64),
            #[cfg(target_arch = "x86_64")]
            lanes: None,
        }
    }
}

/// How many positions [`window_minima`] works on at a time.
pub(crate) fn stretch(level: Level) -> usize {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => lanes::STRETCH,
        _ => STRIDE,
    }
}

/// Appends to `picks` the position (from `base` on) of the rightmost minimum of each of the `n` windows of w k-grams from
/// the first one on, each position once and none that `picks` ends with.
///
/// The order is that of the upper 21 bits of a hash of the k letters. `letters` holds at least n + w + k - 2 letters, n + w
/// - 1 is at most [`stretch`], k is 24 or 40, w from 2 to 200.
pub(crate) fn window_minima(
    level: Level,
    letters: &[u8],
    n: usize,
    (k, w): (usize, usize),
    base: u32,
    scratch: &mut Scratch,
    picks: &mut Vec<u32>,
) {
    #[cfg(target_arch = "x86_64")]
    if level == Level::Avx512 && lanes::takes(n, w) {
        let memory = scratch.lanes.get_or_insert_default();
        // SAFETY: the level says that the processor has these instructions.
        unsafe { lanes::minima(letters, n, (k, w), base, memory, picks) };
        return;
    }
    scratch.minima.clear();
    match level {
        Level::Portable => {
            slide(letters, n, k, w, scratch);
            distinct(&scratch.c.0[..n], &mut scratch.minima);
        }
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe {
            x86::slide_avx2(letters, n, k, w, scratch);
            x86::distinct_avx2(&scratch.c.0[..n], &mut scratch.minima);
        },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe {
            x86::slide_avx512(letters, n, k, w, scratch);
            x86::distinct_avx512(&scratch.c.0[..n], &mut scratch.minima);
        },
    }
    let mask = STRIDE as u32 - 1;
    let places = scratch.minima.iter().map(|m| base + (mask - (m & mask)));
    let last = picks.last().copied();
    picks.extend(places.skip_while(|p| Some(*p) == last));
}

/// Leaves the minimum of each window in `scratch.c`: upper bits of the hash, then the place from the end, so that the
/// smaller of two equal hashes is the one further to the right.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn slide(letters: &[u8], n: usize, k: usize, w: usize, scratch: &mut Scratch) {
    hash_strided(letters, n + w - 1, k, scratch);
    let Scratch { a, b, c, .. } = scratch;
    let (a, b, c) = (&mut a.0, &mut b.0, &mut c.0);
    // The minimum over twice a width is the smaller of two neighbours; the last step overlaps.
    let (mut from, mut to) = (&mut *c, &mut *a);
    let mut width = 1;
    let mut left = n + w - 1;
    while width * 2 <= w {
        left -= width;
        smaller(&from[..], &mut to[..], left, width);
        (from, to) = (to, from);
        width *= 2;
    }
    smaller(&from[..], &mut b[..], n, w - width);
    c[..n].copy_from_slice(&b[..n]);
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn smaller(from: &[u32], to: &mut [u32], n: usize, distance: usize) {
    let (left, right) = (&from[..n], &from[distance..n + distance]);
    for (o, (x, y)) in to[..n].iter_mut().zip(left.iter().zip(right)) {
        *o = *x.min(y);
    }
}

/// The multipliers of the order hash, in the order in which they are applied.
const MIX_FOUR: u32 = 0x2C1B_3C6D;
const TO_EIGHT: u32 = 0x297A_2D39;
const TO_SIXTEEN: u32 = 0x85EB_CA6B;
const TO_THIRTY_TWO: u32 = 0xC2B2_AE35;
const TO_K: u32 = 0x27D4_EB2F;
const MIX_LAST: u32 = 0x7FEB_352D;

/// Writes the order of the k-gram at each of the first `n` positions to `scratch.c`: its hash above its place from the end.
///
/// Doubling: a hash of 2m letters is made of the hashes of its two halves, so each length costs one multiplication a
/// position and no position depends on the one before it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn hash_strided(letters: &[u8], n: usize, k: usize, scratch: &mut Scratch) {
    let Scratch { a, b, c, .. } = scratch;
    let (a, b, out) = (&mut a.0[..], &mut b.0[..], &mut c.0[..n]);
    let m = n + k - 4;
    let pairs = letters[..m].iter().zip(&letters[1..=m]).zip(&letters[2..m + 2]).zip(&letters[3..m + 3]);
    for (four, (((l0, l1), l2), l3)) in a[..m].iter_mut().zip(pairs) {
        let x = u32::from(*l0) | u32::from(*l1) << 8 | u32::from(*l2) << 16 | u32::from(*l3) << 24;
        let x = (x ^ x >> 15).wrapping_mul(MIX_FOUR);
        *four = x ^ x >> 13;
    }
    double(a, b, m - 4, 4, TO_EIGHT);
    // b: 8 letters. a: 16 letters.
    double(b, a, m - 12, 8, TO_SIXTEEN);
    let mask = STRIDE as u32 - 1;
    if k == 40 {
        let parts = a[..n].iter().zip(&a[16..n + 16]).zip(&b[32..n + 32]);
        for (i, (o, ((first, second), tail))) in out.iter_mut().zip(parts).enumerate() {
            let both = first.wrapping_mul(TO_THIRTY_TWO).wrapping_add(*second);
            let x = both.wrapping_mul(TO_K).wrapping_add(*tail);
            *o = finish(x) & !mask | (mask - i as u32);
        }
    } else {
        for (i, (o, (first, tail))) in out.iter_mut().zip(a[..n].iter().zip(&b[16..n + 16])).enumerate() {
            let x = first.wrapping_mul(TO_K).wrapping_add(*tail);
            *o = finish(x) & !mask | (mask - i as u32);
        }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn finish(x: u32) -> u32 {
    let x = (x ^ x >> 16).wrapping_mul(MIX_LAST);
    x ^ x >> 15
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn double(from: &[u32], to: &mut [u32], n: usize, distance: usize, factor: u32) {
    let (left, right) = (&from[..n], &from[distance..n + distance]);
    for (o, (x, y)) in to[..n].iter_mut().zip(left.iter().zip(right)) {
        *o = x.wrapping_mul(factor).wrapping_add(*y);
    }
}

/// Appends the first of each run of equal values.
fn distinct(values: &[u32], out: &mut Vec<u32>) {
    out.extend(values.first());
    for pair in values.windows(2) {
        if pair[0] != pair[1] {
            out.push(pair[1]);
        }
    }
}

/// Slots of a bucket whose upper half is the tag, as a mask; whether a slot is empty.
pub(crate) fn in_bucket(level: Level, bucket: &[u64; 8], tag: u32) -> (u32, bool) {
    match level {
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::in_bucket_avx512(bucket, tag) },
        _ => {
            let mut found = 0;
            let mut empty = false;
            for (i, slot) in bucket.iter().enumerate() {
                found |= u32::from((slot >> 32) as u32 == tag) << i;
                empty |= *slot == 0;
            }
            (found, empty)
        }
    }
}

/// Asks for the cache line of a bucket.
pub(crate) fn prefetch(slots: &[u64], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(slot) = slots.get(at) {
        // SAFETY: a prefetch of a valid address; SSE is part of x86-64.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(
                std::ptr::from_ref(slot).cast(),
            );
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slots, at);
}

#[cfg(target_arch = "x86_64")]
#[expect(
    clippy::cast_ptr_alignment,
    reason = "only unaligned loads and stores are made through these pointers"
)]
mod x86 {
    use std::arch::x86_64::{
        __m128i, __m256i, __m512i, _mm_loadl_epi64, _mm_shuffle_epi8, _mm_storel_epi64, _mm256_add_epi8,
        _mm256_castsi256_ps, _mm256_cmpeq_epi32, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_movemask_ps, _mm256_or_si256, _mm256_set1_epi8, _mm256_storeu_si256, _mm512_cmpeq_epi64_mask,
        _mm512_cmplt_epu8_mask, _mm512_cmpneq_epi32_mask, _mm512_loadu_si512, _mm512_maskz_compress_epi8,
        _mm512_maskz_compress_epi32, _mm512_movepi8_mask, _mm512_or_si512, _mm512_set1_epi8,
        _mm512_set1_epi64, _mm512_srli_epi64, _mm512_storeu_si512, _mm512_sub_epi8, _mm512_testn_epi64_mask,
    };

    use super::{BLOCK, Scratch, compact_blocks, slide};

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
    pub(super) fn compact_avx512(
        whole: &[[u8; BLOCK]],
        base: usize,
        letters: &mut Vec<u8>,
        blocks: &mut Vec<(u32, u32)>,
    ) -> usize {
        compact_blocks(whole, base, letters, blocks, |block, letters| block_avx512(block, letters))
    }

    #[target_feature(enable = "avx2,popcnt")]
    pub(super) fn compact_avx2(
        whole: &[[u8; BLOCK]],
        base: usize,
        letters: &mut Vec<u8>,
        blocks: &mut Vec<(u32, u32)>,
    ) -> usize {
        compact_blocks(whole, base, letters, blocks, |block, letters| block_avx2(block, letters))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
    fn block_avx512(block: &[u8; BLOCK], letters: &mut Vec<u8>) -> usize {
        letters.reserve(BLOCK);
        // SAFETY: `block` is 64 bytes long.
        let v = unsafe { _mm512_loadu_si512(block.as_ptr().cast::<__m512i>()) };
        let foreign = _mm512_movepi8_mask(v);
        // Setting this bit makes capitals small and leaves digits as they are.
        let lower = _mm512_or_si512(v, _mm512_set1_epi8(0x20));
        let alpha = _mm512_cmplt_epu8_mask(
            _mm512_sub_epi8(lower, _mm512_set1_epi8(b'a' as i8)),
            _mm512_set1_epi8(26),
        );
        let digit =
            _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(b'0' as i8)), _mm512_set1_epi8(10));
        let ascii = foreign.trailing_zeros() as usize;
        let keep = (alpha | digit) & if ascii == BLOCK { u64::MAX } else { (1 << ascii) - 1 };
        let packed = _mm512_maskz_compress_epi8(keep, lower);
        // SAFETY: 64 bytes behind the end are reserved; as many as were kept become part of the vector.
        unsafe {
            _mm512_storeu_si512(letters.as_mut_ptr().add(letters.len()).cast::<__m512i>(), packed);
            letters.set_len(letters.len() + keep.count_ones() as usize);
        }
        ascii
    }

    #[inline]
    #[target_feature(enable = "avx2,popcnt")]
    fn block_avx2(block: &[u8; BLOCK], letters: &mut Vec<u8>) -> usize {
        letters.reserve(BLOCK + 8);
        let mut done = 0;
        for half in block.as_chunks::<32>().0 {
            // SAFETY: `half` is 32 bytes long.
            let v = unsafe { _mm256_loadu_si256(half.as_ptr().cast::<__m256i>()) };
            let foreign = _mm256_movemask_epi8(v) as u32;
            let lower = _mm256_or_si256(v, _mm256_set1_epi8(0x20));
            // Signed comparison after moving the range to the top: x in first..first+n becomes > 127 - n.
            let range = |x, first: u8, n: u8| {
                let moved = _mm256_add_epi8(x, _mm256_set1_epi8((127 - n + 1).wrapping_sub(first) as i8));
                _mm256_movemask_epi8(_mm256_cmpgt_epi8(moved, _mm256_set1_epi8((127 - n) as i8))) as u32
            };
            let mut keep = range(lower, b'a', 26) | range(v, b'0', 10);
            let ascii = foreign.trailing_zeros() as usize;
            if ascii < 32 {
                keep &= (1 << ascii) - 1;
            }
            let mut small = [0u8; 32];
            // SAFETY: `small` is 32 bytes long.
            unsafe { _mm256_storeu_si256(small.as_mut_ptr().cast::<__m256i>(), lower) };
            for (i, eight) in small.as_chunks::<8>().0.iter().enumerate() {
                let mask = (keep >> (8 * i)) as u8;
                // SAFETY: eight bytes are read from arrays of eight and written within the reserve.
                unsafe {
                    let from = _mm_loadl_epi64(eight.as_ptr().cast::<__m128i>());
                    let order = _mm_loadl_epi64(PACK[mask as usize].as_ptr().cast::<__m128i>());
                    let to = letters.as_mut_ptr().add(letters.len()).cast::<__m128i>();
                    _mm_storel_epi64(to, _mm_shuffle_epi8(from, order));
                    letters.set_len(letters.len() + mask.count_ones() as usize);
                }
            }
            done += ascii.min(32);
            if ascii < 32 {
                break;
            }
        }
        done
    }

    /// For each mask of eight, the places of its ones, in order.
    static PACK: [[u8; 8]; 256] = {
        let mut table = [[0x80u8; 8]; 256];
        let mut mask = 0;
        while mask < 256 {
            let (mut bit, mut n) = (0, 0);
            while bit < 8 {
                if mask >> bit & 1 == 1 {
                    table[mask][n] = bit;
                    n += 1;
                }
                bit += 1;
            }
            mask += 1;
        }
        table
    };

    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub(super) fn slide_avx512(letters: &[u8], n: usize, k: usize, w: usize, scratch: &mut Scratch) {
        slide(letters, n, k, w, scratch);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn slide_avx2(letters: &[u8], n: usize, k: usize, w: usize, scratch: &mut Scratch) {
        slide(letters, n, k, w, scratch);
    }

    #[target_feature(enable = "avx512f,popcnt")]
    pub(super) fn distinct_avx512(values: &[u32], out: &mut Vec<u32>) {
        let Some(first) = values.first() else { return };
        out.push(*first);
        out.reserve(values.len() + 16);
        let (chunks, tail) = values[1..].as_chunks::<16>();
        for (i, chunk) in chunks.iter().enumerate() {
            // SAFETY: `chunk` is 16 values long and one value stands before it; no more are written than were reserved.
            unsafe {
                let here = _mm512_loadu_si512(chunk.as_ptr().cast::<__m512i>());
                let before = _mm512_loadu_si512(values.as_ptr().add(16 * i).cast::<__m512i>());
                let new = _mm512_cmpneq_epi32_mask(here, before);
                let packed = _mm512_maskz_compress_epi32(new, here);
                _mm512_storeu_si512(out.as_mut_ptr().add(out.len()).cast::<__m512i>(), packed);
                out.set_len(out.len() + new.count_ones() as usize);
            }
        }
        each_new(values, values.len() - tail.len(), out);
    }

    #[target_feature(enable = "avx2,popcnt")]
    pub(super) fn distinct_avx2(values: &[u32], out: &mut Vec<u32>) {
        let Some(first) = values.first() else { return };
        out.push(*first);
        let (chunks, tail) = values[1..].as_chunks::<8>();
        for (i, chunk) in chunks.iter().enumerate() {
            // SAFETY: `chunk` is 8 values long and one value stands before it.
            let (here, before) = unsafe {
                (
                    _mm256_loadu_si256(chunk.as_ptr().cast::<__m256i>()),
                    _mm256_loadu_si256(values.as_ptr().add(8 * i).cast::<__m256i>()),
                )
            };
            let same = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(here, before)));
            let mut new = !same as u32 & 0xFF;
            while new != 0 {
                out.push(chunk[new.trailing_zeros() as usize]);
                new &= new - 1;
            }
        }
        each_new(values, values.len() - tail.len(), out);
    }

    /// The values from a place on that differ from the one before.
    fn each_new(values: &[u32], from: usize, out: &mut Vec<u32>) {
        for pair in values[from - 1..].windows(2) {
            if pair[0] != pair[1] {
                out.push(pair[1]);
            }
        }
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn in_bucket_avx512(bucket: &[u64; 8], tag: u32) -> (u32, bool) {
        // SAFETY: a bucket is 64 bytes long.
        let slots = unsafe { _mm512_loadu_si512(bucket.as_ptr().cast::<__m512i>()) };
        let tags = _mm512_srli_epi64::<32>(slots);
        let found = _mm512_cmpeq_epi64_mask(tags, _mm512_set1_epi64(i64::from(tag)));
        (u32::from(found), _mm512_testn_epi64_mask(slots, slots) != 0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The order of each k-gram, by itself.
    pub(crate) fn orders(letters: &[u8], k: usize) -> Vec<u32> {
        let mut scratch = Scratch::default();
        let order = |kgram: &[u8]| {
            hash_strided(kgram, 1, k, &mut scratch);
            scratch.c.0[0] >> PLACE_BITS
        };
        letters.windows(k).map(order).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn every_level_gives_the_minima_of_the_definition(
            letters in prop::collection::vec(prop_oneof![Just(b'a'), b'a'..b'f'], 240..2000),
            w in 2usize..200,
            k in prop_oneof![Just(24usize), Just(40)],
        ) {
            let n = letters.len() + 2 - k - w;
            let orders = orders(&letters, k);
            let mut expected: Vec<u32> = orders
                .windows(w)
                .enumerate()
                .map(|(s, window)| {
                    let least = window.iter().min().unwrap();
                    (s + window.iter().rposition(|o| o == least).unwrap()) as u32 + 7
                })
                .collect();
            expected.dedup();
            for level in Level::available() {
                let mut picks = vec![];
                window_minima(level, &letters, n, (k, w), 7, &mut Scratch::default(), &mut picks);
                prop_assert_eq!(&picks, &expected);
            }
        }

        #[test]
        fn every_level_searches_a_bucket_alike(bucket: [u64; 8], at in 0usize..8, empty in 0usize..9) {
            let mut bucket = bucket;
            if let Some(slot) = bucket.get_mut(empty) {
                *slot = 0;
            }
            let tag = (bucket[at] >> 32) as u32;
            for level in Level::available() {
                prop_assert_eq!(in_bucket(level, &bucket, tag), in_bucket(Level::Portable, &bucket, tag));
            }
        }
    }

    #[test]
    fn an_order_depends_on_every_letter_of_its_kgram() {
        for k in [24, 40] {
            let kgram: Vec<u8> = (0..k as u8).map(|i| b'a' + i % 23).collect();
            let order = |kgram: &[u8]| orders(kgram, k)[0];
            for at in 0..k {
                let mut other = kgram.clone();
                other[at] ^= 1;
                assert_ne!(order(&other), order(&kgram), "letter {at} of {k}");
            }
        }
    }
}
