//! What the search for minima asks of a vector of 32-bit values, with AVX2 and AVX-512.
#![expect(
    clippy::cast_ptr_alignment,
    reason = "only unaligned loads and stores are made through these pointers"
)]

use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_loadl_epi64, _mm256_add_epi32, _mm256_and_si256, _mm256_castsi256_ps,
    _mm256_cmpeq_epi32, _mm256_cvtepu8_epi32, _mm256_loadu_si256, _mm256_min_epu32, _mm256_movemask_ps,
    _mm256_mullo_epi32, _mm256_or_si256, _mm256_permute2x128_si256, _mm256_permutevar8x32_epi32,
    _mm256_set1_epi32, _mm256_setr_epi32, _mm256_sllv_epi32, _mm256_srlv_epi32, _mm256_storeu_si256,
    _mm256_sub_epi32, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64, _mm256_xor_si256, _mm512_add_epi32, _mm512_alignr_epi32, _mm512_cmpneq_epi32_mask,
    _mm512_i32gather_epi32, _mm512_maskz_compress_epi32, _mm512_min_epu32, _mm512_mullo_epi32,
    _mm512_set1_epi32, _mm512_setr_epi32, _mm512_shrdv_epi32, _mm512_srlv_epi32, _mm512_storeu_si512,
    _mm512_sub_epi32, _mm512_ternarylogic_epi32, _mm512_xor_si512,
};

use super::x86::PACK;

/// Unsigned 32-bit values, one for each lane; arithmetic wraps.
///
/// # Safety
///
/// Every method asks for a processor that has the instructions of the type; those with a pointer, for the memory that they
/// name. They are fast where the caller is compiled for these instructions, too.
pub(super) trait Vector: Copy {
    /// Lanes of a vector.
    const LANES: usize;
    /// From so many positions on, lanes are faster than a search in the order of the text.
    const WORTHWHILE: usize;
    /// How many columns are read at a time.
    const COLUMNS: usize;

    unsafe fn splat(x: u32) -> Self;
    /// 0, 1, 2 …
    unsafe fn numbers() -> Self;
    unsafe fn plus(self, other: Self) -> Self;
    unsafe fn minus(self, other: Self) -> Self;
    unsafe fn times(self, other: Self) -> Self;
    unsafe fn xor(self, other: Self) -> Self;
    unsafe fn least(self, other: Self) -> Self;
    /// Each value shifted to the right.
    unsafe fn down(self, bits: u32) -> Self;
    /// Each value shifted to the right, with the lower bits of `next` above it.
    unsafe fn slid(self, next: Self, bits: u32) -> Self;
    /// The bits of `mask`, and those of `others`, which has none of them.
    unsafe fn masked(self, mask: Self, others: Self) -> Self;
    /// What the next lane holds, in each; behind the last one comes the first.
    unsafe fn next_lane(self) -> Self;
    /// One bit for each lane: whether it is not what it is in `other`.
    unsafe fn differs(self, other: Self) -> u32;
    /// Writes the values of the chosen lanes, one behind the other. There is room for a whole vector.
    unsafe fn write_chosen(self, lanes: u32, to: *mut u32);
    /// Reads four letters of each lane into the first column, the next four into the second … Lane n begins n times
    /// `stride` behind `letters`.
    unsafe fn read_columns(letters: *const u8, stride: usize, columns: &mut [Self]);
}

/// Operations that are one instruction each.
macro_rules! of_two {
    ($feature:literal $($name:ident = $instruction:ident,)*) => {$(
        #[inline]
        #[target_feature(enable = $feature)]
        unsafe fn $name(self, other: Self) -> Self {
            $instruction(self, other)
        }
    )*};
}

impl Vector for __m256i {
    const LANES: usize = 8;
    const WORTHWHILE: usize = 768;
    const COLUMNS: usize = 8;

    of_two! { "avx2"
        plus = _mm256_add_epi32,
        minus = _mm256_sub_epi32,
        times = _mm256_mullo_epi32,
        xor = _mm256_xor_si256,
        least = _mm256_min_epu32,
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn splat(x: u32) -> Self {
        _mm256_set1_epi32(x as i32)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn numbers() -> Self {
        _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn down(self, bits: u32) -> Self {
        _mm256_srlv_epi32(self, _mm256_set1_epi32(bits as i32))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn slid(self, next: Self, bits: u32) -> Self {
        let above = _mm256_sllv_epi32(next, _mm256_set1_epi32(32 - bits as i32));
        _mm256_or_si256(_mm256_srlv_epi32(self, _mm256_set1_epi32(bits as i32)), above)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn masked(self, mask: Self, others: Self) -> Self {
        _mm256_or_si256(_mm256_and_si256(self, mask), others)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn next_lane(self) -> Self {
        _mm256_permutevar8x32_epi32(self, _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 0))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn differs(self, other: Self) -> u32 {
        !_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(self, other))) as u32 & 0xFF
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn write_chosen(self, lanes: u32, to: *mut u32) {
        // SAFETY: a row of the table is eight bytes long; the caller's promise.
        unsafe {
            let order =
                _mm256_cvtepu8_epi32(_mm_loadl_epi64(PACK[lanes as usize & 0xFF].as_ptr().cast::<__m128i>()));
            _mm256_storeu_si256(to.cast::<__m256i>(), _mm256_permutevar8x32_epi32(self, order));
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn read_columns(letters: *const u8, stride: usize, columns: &mut [Self]) {
        // Eight columns of each of eight lanes, turned: pairs of values, pairs of pairs, halves.
        // SAFETY: the caller's promise.
        let row = |lane: usize| unsafe { _mm256_loadu_si256(letters.add(lane * stride).cast::<__m256i>()) };
        let fours = |first: usize| {
            let (a, b, c, d) = (row(first), row(first + 1), row(first + 2), row(first + 3));
            let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
            let (ab_high, cd_high) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
            [
                _mm256_unpacklo_epi64(ab, cd),
                _mm256_unpackhi_epi64(ab, cd),
                _mm256_unpacklo_epi64(ab_high, cd_high),
                _mm256_unpackhi_epi64(ab_high, cd_high),
            ]
        };
        let (upper, lower) = (fours(0), fours(4));
        let (first, second) = columns.split_at_mut(4);
        for (i, (upper, lower)) in upper.into_iter().zip(lower).enumerate() {
            first[i] = _mm256_permute2x128_si256::<0x20>(upper, lower);
            second[i] = _mm256_permute2x128_si256::<0x31>(upper, lower);
        }
    }
}

impl Vector for __m512i {
    const LANES: usize = 16;
    const WORTHWHILE: usize = 1024;
    const COLUMNS: usize = 1;

    of_two! { "avx512f"
        plus = _mm512_add_epi32,
        minus = _mm512_sub_epi32,
        times = _mm512_mullo_epi32,
        xor = _mm512_xor_si512,
        least = _mm512_min_epu32,
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn splat(x: u32) -> Self {
        _mm512_set1_epi32(x as i32)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn numbers() -> Self {
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn down(self, bits: u32) -> Self {
        _mm512_srlv_epi32(self, _mm512_set1_epi32(bits as i32))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi2")]
    unsafe fn slid(self, next: Self, bits: u32) -> Self {
        _mm512_shrdv_epi32(self, next, _mm512_set1_epi32(bits as i32))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn masked(self, mask: Self, others: Self) -> Self {
        _mm512_ternarylogic_epi32::<0xEA>(self, mask, others)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn next_lane(self) -> Self {
        _mm512_alignr_epi32::<1>(self, self)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn differs(self, other: Self) -> u32 {
        u32::from(_mm512_cmpneq_epi32_mask(self, other))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn write_chosen(self, lanes: u32, to: *mut u32) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_si512(to.cast::<__m512i>(), _mm512_maskz_compress_epi32(lanes as u16, self)) };
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn read_columns(letters: *const u8, stride: usize, columns: &mut [Self]) {
        // SAFETY: the caller's promise.
        unsafe {
            let places = Self::numbers().times(Self::splat(stride as u32));
            columns[0] = _mm512_i32gather_epi32::<1>(places, letters.cast());
        }
    }
}
