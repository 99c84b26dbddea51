//! The inner loops, for the processor at hand: compaction to letters, k-gram hashes, selection, probing.
//!
//! Each has a portable form, which defines the result; the AVX2 and AVX-512 forms give the same bytes (tests hold them
//! against it). The level is found at run time.
#![expect(
    unsafe_code,
    reason = "vector loads, stores and prefetches; each has a safe twin that tests compare"
)]

use std::sync::OnceLock;

/// Bytes of text that the vector forms take at a time.
pub(crate) const BLOCK: usize = 64;

/// Positions whose hashes are computed at a time: the scratch arrays stay in the first-level cache.
pub(crate) const STRIDE: usize = 2048;

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
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        if let Some(block) = rest.first_chunk::<BLOCK>() {
            if blocks.last().is_none_or(|b| base + at - b.1 as usize >= BLOCK) {
                blocks.push((letters.len() as u32, (base + at) as u32));
            }
            let ascii = match level {
                Level::Portable => compact_block(block, letters),
                // SAFETY: the level says that the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => unsafe { x86::compact_avx2(block, letters) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => unsafe { x86::compact_avx512(block, letters) },
            };
            at += ascii;
            if ascii < BLOCK {
                return at;
            }
        } else {
            if !rest.is_empty() && blocks.last().is_none_or(|b| base + at - b.1 as usize >= BLOCK) {
                blocks.push((letters.len() as u32, (base + at) as u32));
            }
            return at + compact_block(rest, letters);
        }
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

/// Memory of [`hash_kgrams`].
pub(crate) struct Scratch {
    a: Box<[u32; STRIDE + 64]>,
    b: Box<[u32; STRIDE + 64]>,
    pub(crate) out: Box<[u32; STRIDE]>,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch { a: Box::new([0; STRIDE + 64]), b: Box::new([0; STRIDE + 64]), out: Box::new([0; STRIDE]) }
    }
}

/// Writes the order hash of the k-gram at each of the first `n` positions of `letters` to `scratch.out`.
///
/// `letters` holds at least n + k - 1 letters, n is at most [`STRIDE`], k is 24 or 40.
pub(crate) fn hash_kgrams(level: Level, letters: &[u8], n: usize, k: usize, scratch: &mut Scratch) {
    match level {
        Level::Portable => hash_strided(letters, n, k, scratch),
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::hash_avx2(letters, n, k, scratch) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::hash_avx512(letters, n, k, scratch) },
    }
}

/// Doubling: a hash of 2m letters is made of the hashes of its two halves, so each length costs one multiplication a
/// position and no position depends on the one before it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn hash_strided(letters: &[u8], n: usize, k: usize, scratch: &mut Scratch) {
    let Scratch { a, b, out } = scratch;
    let m = n + k - 4;
    let (l0, l1, l2, l3) = (&letters[..m], &letters[1..=m], &letters[2..m + 2], &letters[3..m + 3]);
    for (i, four) in a[..m].iter_mut().enumerate() {
        let x = u32::from(l0[i]) | u32::from(l1[i]) << 8 | u32::from(l2[i]) << 16 | u32::from(l3[i]) << 24;
        let x = (x ^ x >> 15).wrapping_mul(0x2C1B_3C6D);
        *four = x ^ x >> 13;
    }
    double(&a[..], &mut b[..], m - 4, 4, 0x297A_2D39);
    // b: 8 letters. a: 16 letters.
    double(&b[..], &mut a[..], m - 12, 8, 0x85EB_CA6B);
    if k == 40 {
        // The tail of 8 letters starts 32 behind; fold it in before b is taken for 32 letters.
        for (i, o) in out[..n].iter_mut().enumerate() {
            *o = a[i]
                .wrapping_mul(0xC2B2_AE35)
                .wrapping_add(a[i + 16])
                .wrapping_mul(0x27D4_EB2F)
                .wrapping_add(b[i + 32]);
        }
    } else {
        for (i, o) in out[..n].iter_mut().enumerate() {
            *o = a[i].wrapping_mul(0x27D4_EB2F).wrapping_add(b[i + 16]);
        }
    }
    for o in &mut out[..n] {
        let x = *o ^ *o >> 16;
        let x = x.wrapping_mul(0x7FEB_352D);
        *o = x ^ x >> 15;
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn double(from: &[u32], to: &mut [u32], n: usize, distance: usize, factor: u32) {
    let (left, right) = (&from[..n], &from[distance..n + distance]);
    for (o, (x, y)) in to[..n].iter_mut().zip(left.iter().zip(right)) {
        *o = x.wrapping_mul(factor).wrapping_add(*y);
    }
}

/// Appends each position (from `base` on) whose hash is below the bound, with its hash.
pub(crate) fn select(
    level: Level,
    hashes: &[u32],
    bound: u32,
    base: u32,
    positions: &mut Vec<u32>,
    kept: &mut Vec<u32>,
) {
    match level {
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::select_avx512(hashes, bound, base, positions, kept) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::select_avx2(hashes, bound, base, positions, kept) },
        Level::Portable => select_each(hashes, bound, base, positions, kept),
    }
}

fn select_each(hashes: &[u32], bound: u32, base: u32, positions: &mut Vec<u32>, kept: &mut Vec<u32>) {
    for (i, h) in hashes.iter().enumerate() {
        if *h < bound {
            positions.push(base + i as u32);
            kept.push(*h);
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
mod x86 {
    use std::arch::x86_64::{
        __m128i, __m256i, __m512i, _mm_loadl_epi64, _mm_shuffle_epi8, _mm_storel_epi64, _mm256_add_epi8,
        _mm256_castsi256_ps, _mm256_cmpgt_epi8, _mm256_cmpgt_epi32, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_movemask_ps, _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_storeu_si256,
        _mm256_xor_si256, _mm512_add_epi32, _mm512_cmplt_epu8_mask, _mm512_cmplt_epu32_mask,
        _mm512_loadu_si512, _mm512_mask_compressstoreu_epi32, _mm512_maskz_compress_epi8,
        _mm512_movepi8_mask, _mm512_or_si512, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_setr_epi32,
        _mm512_storeu_si512, _mm512_sub_epi8,
    };

    use super::{BLOCK, Scratch, hash_strided, select_each};

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
    pub(super) fn compact_avx512(block: &[u8; BLOCK], letters: &mut Vec<u8>) -> usize {
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

    #[target_feature(enable = "avx2,popcnt")]
    pub(super) fn compact_avx2(block: &[u8; BLOCK], letters: &mut Vec<u8>) -> usize {
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
    pub(super) fn hash_avx512(letters: &[u8], n: usize, k: usize, scratch: &mut Scratch) {
        hash_strided(letters, n, k, scratch);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn hash_avx2(letters: &[u8], n: usize, k: usize, scratch: &mut Scratch) {
        hash_strided(letters, n, k, scratch);
    }

    #[target_feature(enable = "avx512f,popcnt")]
    pub(super) fn select_avx512(
        hashes: &[u32],
        bound: u32,
        base: u32,
        positions: &mut Vec<u32>,
        kept: &mut Vec<u32>,
    ) {
        let (chunks, tail) = hashes.as_chunks::<16>();
        let mut at = _mm512_add_epi32(
            _mm512_set1_epi32(base as i32),
            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        );
        let below = _mm512_set1_epi32(bound as i32);
        positions.reserve(hashes.len());
        kept.reserve(hashes.len());
        for chunk in chunks {
            // SAFETY: `chunk` is 16 hashes long; no more are written than were reserved.
            unsafe {
                let h = _mm512_loadu_si512(chunk.as_ptr().cast::<__m512i>());
                let mask = _mm512_cmplt_epu32_mask(h, below);
                let found = mask.count_ones() as usize;
                _mm512_mask_compressstoreu_epi32(
                    positions.as_mut_ptr().add(positions.len()).cast(),
                    mask,
                    at,
                );
                _mm512_mask_compressstoreu_epi32(kept.as_mut_ptr().add(kept.len()).cast(), mask, h);
                positions.set_len(positions.len() + found);
                kept.set_len(kept.len() + found);
            }
            at = _mm512_add_epi32(at, _mm512_set1_epi32(16));
        }
        select_each(tail, bound, base + (hashes.len() - tail.len()) as u32, positions, kept);
    }

    #[target_feature(enable = "avx2,popcnt")]
    pub(super) fn select_avx2(
        hashes: &[u32],
        bound: u32,
        base: u32,
        positions: &mut Vec<u32>,
        kept: &mut Vec<u32>,
    ) {
        let (chunks, tail) = hashes.as_chunks::<8>();
        let sign = _mm256_set1_epi32(i32::MIN);
        let below = _mm256_xor_si256(_mm256_set1_epi32(bound as i32), sign);
        for (n, chunk) in chunks.iter().enumerate() {
            // SAFETY: `chunk` is 8 hashes long.
            let h = unsafe { _mm256_loadu_si256(chunk.as_ptr().cast::<__m256i>()) };
            let mask = _mm256_cmpgt_epi32(below, _mm256_xor_si256(h, sign));
            let mut mask = _mm256_movemask_ps(_mm256_castsi256_ps(mask)) as u32;
            while mask != 0 {
                let i = mask.trailing_zeros();
                positions.push(base + 8 * n as u32 + i);
                kept.push(chunk[i as usize]);
                mask &= mask - 1;
            }
        }
        select_each(tail, bound, base + (hashes.len() - tail.len()) as u32, positions, kept);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_level_hashes_and_selects_alike(letters in prop::collection::vec(any::<u8>(), 120..3000), bound: u32) {
            for k in [24, 40] {
                let n = (letters.len() - k + 1).min(STRIDE);
                let mut plain = Scratch::default();
                hash_kgrams(Level::Portable, &letters, n, k, &mut plain);
                let (mut positions, mut kept) = (vec![], vec![]);
                select(Level::Portable, &plain.out[..n], bound, 7, &mut positions, &mut kept);
                for level in Level::available() {
                    let mut other = Scratch::default();
                    hash_kgrams(level, &letters, n, k, &mut other);
                    prop_assert_eq!(&plain.out[..n], &other.out[..n]);
                    let (mut p, mut h) = (vec![], vec![]);
                    select(level, &other.out[..n], bound, 7, &mut p, &mut h);
                    prop_assert_eq!(&positions, &p);
                    prop_assert_eq!(&kept, &h);
                }
            }
        }

        #[test]
        fn a_hash_depends_on_its_own_letters_alone(mut letters in prop::collection::vec(any::<u8>(), 200..300), at in 0usize..100) {
            for k in [24, 40] {
                let mut scratch = Scratch::default();
                let n = letters.len() - k + 1;
                hash_kgrams(Level::Portable, &letters, n, k, &mut scratch);
                let before = scratch.out[at];
                hash_kgrams(Level::Portable, &letters[at..], 1, k, &mut scratch);
                prop_assert_eq!(scratch.out[0], before);
                letters[at + k - 1] ^= 1;
                hash_kgrams(Level::Portable, &letters, n, k, &mut scratch);
                prop_assert_ne!(scratch.out[at], before);
            }
        }
    }
}
