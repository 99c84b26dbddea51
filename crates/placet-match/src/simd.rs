//! The inner loops, for the processor at hand: compaction to letters, k-gram hashes, selection, probing.
//!
//! Each has a portable form, which defines the result; the vector forms give the same bytes (tests hold them against it).
//! AVX2 and AVX-512 are found at run time.
#![expect(
    unsafe_code,
    reason = "vector loads, stores and prefetches; each has a safe twin that tests compare"
)]

#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(target_arch = "x86_64")]
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256i, __m512i};
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
    avx2: Option<Box<lanes::Memory<__m256i>>>,
    #[cfg(target_arch = "x86_64")]
    avx512: Option<Box<lanes::Memory<__m512i>>>,
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
            avx2: None,
            #[cfg(target_arch = "x86_64")]
            avx512: None,
        }
    }
}

/// How many positions [`window_minima`] works on at a time.
pub(crate) fn stretch(level: Level) -> usize {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::Avx512 => lanes::STRETCH,
        Level::Portable => STRIDE,
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
    scratch.minima.clear();
    match level {
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 if lanes::takes::<__m256i>(n, w) => unsafe {
            let memory = scratch.avx2.get_or_insert_default();
            return x86::minima_avx2(letters, n, (k, w), base, memory, picks);
        },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 if lanes::takes::<__m512i>(n, w) => unsafe {
            let memory = scratch.avx512.get_or_insert_default();
            return x86::minima_avx512(letters, n, (k, w), base, memory, picks);
        },
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

/// A mixing step of the order hash: a shift, a multiplication, a shift.
#[derive(Clone, Copy)]
struct Mix {
    before: u32,
    factor: u32,
    behind: u32,
}

/// The constants of the order hash, in the order in which they are applied.
const MIX_FOUR: Mix = Mix { before: 15, factor: 0x2C1B_3C6D, behind: 13 };
const TO_EIGHT: u32 = 0x297A_2D39;
const TO_SIXTEEN: u32 = 0x85EB_CA6B;
const TO_THIRTY_TWO: u32 = 0xC2B2_AE35;
const TO_K: u32 = 0x27D4_EB2F;
const MIX_LAST: Mix = Mix { before: 16, factor: 0x7FEB_352D, behind: 15 };

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
        *four = mixed(x, MIX_FOUR);
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
            *o = mixed(x, MIX_LAST) & !mask | (mask - i as u32);
        }
    } else {
        for (i, (o, (first, tail))) in out.iter_mut().zip(a[..n].iter().zip(&b[16..n + 16])).enumerate() {
            let x = first.wrapping_mul(TO_K).wrapping_add(*tail);
            *o = mixed(x, MIX_LAST) & !mask | (mask - i as u32);
        }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn mixed(x: u32, mix: Mix) -> u32 {
    let x = (x ^ x >> mix.before).wrapping_mul(mix.factor);
    x ^ x >> mix.behind
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

/// Slots of a bucket whose upper half is the tag, as a mask. The same instructions on every processor of a kind: eight
/// values are too few to make up for a call.
#[inline]
pub(crate) fn tagged(bucket: &[u64; 8], tag: u32) -> u32 {
    #[cfg(target_arch = "x86_64")]
    return x86::tagged(bucket, tag);
    #[cfg(not(target_arch = "x86_64"))]
    tagged_portable(bucket, tag)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn tagged_portable(bucket: &[u64; 8], tag: u32) -> u32 {
    bucket.iter().enumerate().fold(0, |found, (i, slot)| found | u32::from((slot >> 32) as u32 == tag) << i)
}

/// Asks for the cache line of a bucket.
#[inline]
pub(crate) fn prefetch(bucket: Option<&[u64; 8]>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(bucket) = bucket {
        // SAFETY: a prefetch of a valid address; SSE is part of x86-64.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(bucket.as_ptr().cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bucket;
}
