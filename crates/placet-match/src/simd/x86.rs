//! The vector forms of compaction, probing and sliding for x86-64.
#![expect(
    clippy::cast_ptr_alignment,
    reason = "only unaligned loads and stores are made through these pointers"
)]

use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_add_epi8, _mm_castps_si128, _mm_castsi128_ps, _mm_cmpeq_epi32,
    _mm_loadl_epi64, _mm_loadu_ps, _mm_loadu_si128, _mm_movemask_ps, _mm_set1_epi8, _mm_set1_epi32,
    _mm_shuffle_epi8, _mm_shuffle_ps, _mm_storeu_si128, _mm_unpacklo_epi64, _mm256_add_epi8,
    _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_extracti128_si256,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm512_cmpeq_epu8_mask,
    _mm512_cmplt_epu8_mask, _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_movepi8_mask,
    _mm512_or_si512, _mm512_set1_epi8, _mm512_storeu_si512, _mm512_sub_epi8,
};

use super::minima::minima;
use super::{BLOCK, Scratch, compact_blocks, escaped_of};

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
pub(super) fn compact_avx512<const QUOTED: bool>(
    whole: &[[u8; BLOCK]],
    letters: &mut Vec<u8>,
    mark: &mut impl FnMut(usize, usize),
    escaped: &mut bool,
) -> usize {
    compact_blocks(whole, letters, mark, |block, letters| block_avx512::<QUOTED>(block, letters, escaped))
}

#[target_feature(enable = "avx2,popcnt")]
pub(super) fn compact_avx2<const QUOTED: bool>(
    whole: &[[u8; BLOCK]],
    letters: &mut Vec<u8>,
    mark: &mut impl FnMut(usize, usize),
    escaped: &mut bool,
) -> usize {
    compact_blocks(whole, letters, mark, |block, letters| block_avx2::<QUOTED>(block, letters, escaped))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
fn block_avx512<const QUOTED: bool>(block: &[u8; BLOCK], letters: &mut Vec<u8>, escaped: &mut bool) -> usize {
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
    let mut keep = (alpha | digit) & if ascii == BLOCK { u64::MAX } else { (1 << ascii) - 1 };
    if QUOTED {
        keep &= !escaped_of(_mm512_cmpeq_epu8_mask(v, _mm512_set1_epi8(b'\\' as i8)), escaped);
    }
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
fn block_avx2<const QUOTED: bool>(block: &[u8; BLOCK], letters: &mut Vec<u8>, escaped: &mut bool) -> usize {
    letters.reserve(BLOCK + 8);
    // SAFETY: `block` is 64 bytes long.
    let halves = unsafe {
        let at = block.as_ptr().cast::<__m256i>();
        [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))]
    };
    let [first, second] = halves.map(|v| u64::from(_mm256_movemask_epi8(v) as u32));
    let ascii = (first | second << 32).trailing_zeros() as usize;
    let mut wanted = if ascii == BLOCK { u64::MAX } else { (1 << ascii) - 1 };
    if QUOTED {
        let [first, second] = halves.map(|v| {
            u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(b'\\' as i8))) as u32)
        });
        wanted &= !escaped_of(first | second << 32, escaped);
    }
    let mut len = letters.len();
    for (half, v) in halves.into_iter().enumerate() {
        let lower = _mm256_or_si256(v, _mm256_set1_epi8(0x20));
        // Signed comparison after moving the range to the top: x in first..first+n becomes > 127 - n.
        let range = |x, first: u8, n: u8| {
            let moved = _mm256_add_epi8(x, _mm256_set1_epi8((127 - n + 1).wrapping_sub(first) as i8));
            _mm256_cmpgt_epi8(moved, _mm256_set1_epi8((127 - n) as i8))
        };
        let kept = _mm256_or_si256(range(lower, b'a', 26), range(v, b'0', 10));
        let keep = _mm256_movemask_epi8(kept) as u32 & (wanted >> (32 * half)) as u32;
        let quarters = [_mm256_castsi256_si128(lower), _mm256_extracti128_si256::<1>(lower)];
        for (quarter, letters_of) in quarters.into_iter().enumerate() {
            let keep = keep >> (16 * quarter);
            let (low, high) = (keep as u8, (keep >> 8) as u8);
            // SAFETY: rows of the tables are 8 and 16 bytes long, and 16 bytes lie within the reserve.
            unsafe {
                let order = |mask: u8| _mm_loadl_epi64(PACK[mask as usize].as_ptr().cast::<__m128i>());
                let upper = _mm_add_epi8(order(high), _mm_set1_epi8(8));
                let packed = _mm_shuffle_epi8(letters_of, _mm_unpacklo_epi64(order(low), upper));
                let gap = _mm_loadu_si128(JOIN[low.count_ones() as usize].as_ptr().cast::<__m128i>());
                _mm_storeu_si128(letters.as_mut_ptr().add(len).cast(), _mm_shuffle_epi8(packed, gap));
            }
            len += (keep as u16).count_ones() as usize;
        }
    }
    // SAFETY: so many letters were written.
    unsafe { letters.set_len(len) };
    ascii
}

/// For each length of what was kept of the first eight, the places of that and of what was kept of the next eight.
static JOIN: [[u8; 16]; 9] = {
    let mut table = [[0x80u8; 16]; 9];
    let mut kept = 0;
    while kept <= 8 {
        let mut to = 0;
        while to < 8 + kept {
            table[kept][to] = if to < kept { to } else { 8 + to - kept } as u8;
            to += 1;
        }
        kept += 1;
    }
    table
};

/// For each mask of eight, the places of its ones, in order.
pub(super) static PACK: [[u8; 8]; 256] = {
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

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,popcnt")]
pub(super) fn minima_avx512(
    letters: &[u8],
    n: usize,
    w: usize,
    base: u32,
    scratch: &mut Scratch,
    picks: &mut Vec<u32>,
) {
    // SAFETY: this function is called where the processor has these instructions, and is compiled for them.
    unsafe { minima::<__m512i>(letters, n, w, base, scratch, picks) };
}

#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(super) fn minima_avx2(
    letters: &[u8],
    n: usize,
    w: usize,
    base: u32,
    scratch: &mut Scratch,
    picks: &mut Vec<u32>,
) {
    // SAFETY: as above.
    unsafe { minima::<__m256i>(letters, n, w, base, scratch, picks) };
}

/// Slots of a bucket whose upper half is the tag. SSE2 is part of x86-64.
#[inline]
pub(super) fn tagged(bucket: &[u64; 8], tag: u32) -> u32 {
    // SAFETY: a bucket is four times 16 bytes long.
    unsafe {
        let two = |i: usize| _mm_loadu_ps(bucket.as_ptr().add(2 * i).cast());
        let tags = _mm_set1_epi32(tag as i32);
        let upper = |a, b| _mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(a, b));
        let same = |a, b| _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(upper(a, b), tags)));
        (same(two(0), two(1)) | same(two(2), two(3)) << 4) as u32
    }
}
