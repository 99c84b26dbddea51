//! The vector forms of compaction, probing and sliding for x86-64.
#![expect(
    clippy::cast_ptr_alignment,
    reason = "only unaligned loads and stores are made through these pointers"
)]

use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_loadl_epi64, _mm_shuffle_epi8, _mm_storel_epi64, _mm256_add_epi8,
    _mm256_castsi256_ps, _mm256_cmpeq_epi32, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_movemask_ps, _mm256_or_si256, _mm256_set1_epi8, _mm256_storeu_si256, _mm512_cmpeq_epi64_mask,
    _mm512_cmplt_epu8_mask, _mm512_cmpneq_epi32_mask, _mm512_loadu_si512, _mm512_maskz_compress_epi8,
    _mm512_maskz_compress_epi32, _mm512_movepi8_mask, _mm512_or_si512, _mm512_set1_epi8, _mm512_set1_epi64,
    _mm512_srli_epi64, _mm512_storeu_si512, _mm512_sub_epi8, _mm512_testn_epi64_mask,
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
    let alpha =
        _mm512_cmplt_epu8_mask(_mm512_sub_epi8(lower, _mm512_set1_epi8(b'a' as i8)), _mm512_set1_epi8(26));
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
