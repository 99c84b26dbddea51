//! What the search for minima asks of a vector of 16-bit values: portable, with AVX2 and with AVX-512.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256i, __m512i, _mm_cvtsi32_si128, _mm_loadu_si128, _mm256_add_epi16, _mm256_alignr_epi8,
    _mm256_and_si256, _mm256_cmpeq_epi16, _mm256_cmpgt_epi16, _mm256_cvtepu8_epi16, _mm256_loadu_si256,
    _mm256_max_epu16, _mm256_min_epu16, _mm256_movemask_epi8, _mm256_mullo_epi16, _mm256_or_si256,
    _mm256_packs_epi16, _mm256_permute2x128_si256, _mm256_permute4x64_epi64, _mm256_set1_epi16,
    _mm256_slli_epi16, _mm256_srl_epi16, _mm256_storeu_si256, _mm256_sub_epi16, _mm256_xor_si256,
    _mm512_add_epi16, _mm512_alignr_epi32, _mm512_and_si512, _mm512_cmpeq_epu16_mask,
    _mm512_cmpgt_epi16_mask, _mm512_cmple_epu16_mask, _mm512_cvtepu8_epi16, _mm512_loadu_si512,
    _mm512_max_epu16, _mm512_min_epu16, _mm512_movepi16_mask, _mm512_movm_epi16, _mm512_mullo_epi16,
    _mm512_or_si512, _mm512_set1_epi16, _mm512_shrdi_epi32, _mm512_slli_epi16, _mm512_srl_epi16,
    _mm512_storeu_si512, _mm512_sub_epi16, _mm512_xor_si512,
};

/// Lanes of the widest vector.
pub(super) const LANES_MAX: usize = 32;

/// Unsigned 16-bit values, one for each lane; arithmetic wraps.
///
/// # Safety
///
/// Every method asks for a processor that has the instructions of the type, and those with a place for as many values from
/// there on as there are lanes, and one more where said. They are fast where the caller is compiled for these instructions,
/// too.
pub(super) trait Vector: Copy {
    /// Lanes of a vector.
    const LANES: usize;

    unsafe fn splat(x: u16) -> Self;
    unsafe fn read(values: &[u16], at: usize) -> Self;
    unsafe fn write(self, values: &mut [u16], at: usize);
    /// Each letter below the one behind it: one more letter than there are lanes.
    unsafe fn pairs(letters: &[u8], at: usize) -> Self;
    /// What stands 1, 2, 4 or 8 places further on, where `next` holds the places behind these.
    unsafe fn ahead<const PLACES: usize>(self, next: Self) -> Self;
    unsafe fn plus(self, other: Self) -> Self;
    unsafe fn minus(self, other: Self) -> Self;
    unsafe fn times(self, other: Self) -> Self;
    unsafe fn least(self, other: Self) -> Self;
    unsafe fn greatest(self, other: Self) -> Self;
    /// Each value with its upper bits put upon its lower ones: x ^ x >> BITS.
    unsafe fn folded<const BITS: u32>(self) -> Self;
    unsafe fn and(self, other: Self) -> Self;
    unsafe fn or(self, other: Self) -> Self;
    /// All ones where a value is more than the other one, else 0. Both are less than 0x8000.
    unsafe fn above(self, other: Self) -> Self;
    /// A bit of each lane, of which all bits are alike.
    unsafe fn bits(self) -> u64;
    /// Whether each of 64 values is what it is in `others`.
    unsafe fn equal_of_64(values: &[u16], others: &[u16], at: usize) -> u64;
    /// Whether each of 64 values is at most this.
    unsafe fn at_most_of_64(values: &[u16], at: usize, most: Self) -> u64;
}

/// The definition. Compilers make instructions of it where there are any for so many values.
impl<const N: usize> Vector for [u16; N] {
    const LANES: usize = N;

    #[inline]
    unsafe fn splat(x: u16) -> Self {
        [x; N]
    }

    #[inline]
    unsafe fn read(values: &[u16], at: usize) -> Self {
        debug_assert!(at + N <= values.len());
        // SAFETY: the caller's promise.
        unsafe { values.as_ptr().add(at).cast::<Self>().read() }
    }

    #[inline]
    unsafe fn write(self, values: &mut [u16], at: usize) {
        debug_assert!(at + N <= values.len());
        // SAFETY: the caller's promise.
        unsafe { values.as_mut_ptr().add(at).cast::<Self>().write(self) }
    }

    #[inline]
    unsafe fn pairs(letters: &[u8], at: usize) -> Self {
        std::array::from_fn(|i| u16::from_le_bytes([letters[at + i], letters[at + i + 1]]))
    }

    #[inline]
    unsafe fn ahead<const PLACES: usize>(self, next: Self) -> Self {
        std::array::from_fn(|i| if i + PLACES < N { self[i + PLACES] } else { next[i + PLACES - N] })
    }

    #[inline]
    unsafe fn plus(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i].wrapping_add(other[i]))
    }

    #[inline]
    unsafe fn minus(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i].wrapping_sub(other[i]))
    }

    #[inline]
    unsafe fn times(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i].wrapping_mul(other[i]))
    }

    #[inline]
    unsafe fn least(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i].min(other[i]))
    }

    #[inline]
    unsafe fn greatest(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i].max(other[i]))
    }

    #[inline]
    unsafe fn folded<const BITS: u32>(self) -> Self {
        self.map(|x| x ^ x >> BITS)
    }

    #[inline]
    unsafe fn and(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] & other[i])
    }

    #[inline]
    unsafe fn or(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] | other[i])
    }

    #[inline]
    unsafe fn above(self, other: Self) -> Self {
        std::array::from_fn(|i| if (self[i] as i16) > other[i] as i16 { u16::MAX } else { 0 })
    }

    #[inline]
    unsafe fn bits(self) -> u64 {
        self.iter().enumerate().fold(0, |bits, (i, lane)| bits | u64::from(lane & 1) << i)
    }

    #[inline]
    unsafe fn equal_of_64(values: &[u16], others: &[u16], at: usize) -> u64 {
        (0..64).fold(0, |mask, i| mask | u64::from(values[at + i] == others[at + i]) << i)
    }

    #[inline]
    unsafe fn at_most_of_64(values: &[u16], at: usize, most: Self) -> u64 {
        (0..64).fold(0, |bits, i| bits | u64::from(values[at + i] <= most[0]) << i)
    }
}

/// Operations that are one instruction each.
#[cfg(target_arch = "x86_64")]
macro_rules! of_two {
    ($feature:literal $($name:ident = $instruction:ident,)*) => {$(
        #[inline]
        #[target_feature(enable = $feature)]
        unsafe fn $name(self, other: Self) -> Self {
            $instruction(self, other)
        }
    )*};
}

#[cfg(target_arch = "x86_64")]
impl Vector for __m256i {
    const LANES: usize = 16;

    of_two! { "avx2"
        plus = _mm256_add_epi16,
        minus = _mm256_sub_epi16,
        times = _mm256_mullo_epi16,
        least = _mm256_min_epu16,
        greatest = _mm256_max_epu16,
        and = _mm256_and_si256,
        or = _mm256_or_si256,
        above = _mm256_cmpgt_epi16,
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn splat(x: u16) -> Self {
        _mm256_set1_epi16(x as i16)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn read(values: &[u16], at: usize) -> Self {
        debug_assert!(at + Self::LANES <= values.len());
        // SAFETY: the caller's promise.
        unsafe { _mm256_loadu_si256(values.as_ptr().add(at).cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn write(self, values: &mut [u16], at: usize) {
        debug_assert!(at + Self::LANES <= values.len());
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_si256(values.as_mut_ptr().add(at).cast(), self) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn pairs(letters: &[u8], at: usize) -> Self {
        debug_assert!(at + Self::LANES < letters.len());
        // SAFETY: the caller's promise.
        let widened =
            |from: usize| unsafe { _mm256_cvtepu8_epi16(_mm_loadu_si128(letters.as_ptr().add(from).cast())) };
        _mm256_or_si256(widened(at), _mm256_slli_epi16::<8>(widened(at + 1)))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn ahead<const PLACES: usize>(self, next: Self) -> Self {
        let middle = _mm256_permute2x128_si256::<0x21>(self, next);
        match PLACES {
            1 => _mm256_alignr_epi8::<2>(middle, self),
            2 => _mm256_alignr_epi8::<4>(middle, self),
            4 => _mm256_alignr_epi8::<8>(middle, self),
            8 => middle,
            _ => unreachable!(),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn folded<const BITS: u32>(self) -> Self {
        _mm256_xor_si256(self, _mm256_srl_epi16(self, _mm_cvtsi32_si128(BITS as i32)))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn bits(self) -> u64 {
        // Packing takes the halves of both in turns.
        let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(self, self));
        u64::from(_mm256_movemask_epi8(packed) as u16)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn equal_of_64(values: &[u16], others: &[u16], at: usize) -> u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let equal = |at: usize| _mm256_cmpeq_epi16(Self::read(values, at), Self::read(others, at));
            bits_of_64([equal(at), equal(at + 16), equal(at + 32), equal(at + 48)])
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn at_most_of_64(values: &[u16], at: usize, most: Self) -> u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let at_most = |at: usize| {
                let value = Self::read(values, at);
                _mm256_cmpeq_epi16(value.least(most), value)
            };
            bits_of_64([at_most(at), at_most(at + 16), at_most(at + 32), at_most(at + 48)])
        }
    }
}

/// A bit of each lane, of which all bits are alike.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn bits_of_64(vectors: [__m256i; 4]) -> u64 {
    // Packing takes the halves of both in turns.
    let half = |a, b| {
        let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(a, b));
        u64::from(_mm256_movemask_epi8(packed) as u32)
    };
    let [a, b, c, d] = vectors;
    half(a, b) | half(c, d) << 32
}

#[cfg(target_arch = "x86_64")]
impl Vector for __m512i {
    const LANES: usize = 32;

    of_two! { "avx512f,avx512bw"
        plus = _mm512_add_epi16,
        minus = _mm512_sub_epi16,
        times = _mm512_mullo_epi16,
        least = _mm512_min_epu16,
        greatest = _mm512_max_epu16,
        and = _mm512_and_si512,
        or = _mm512_or_si512,
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn splat(x: u16) -> Self {
        _mm512_set1_epi16(x as i16)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn read(values: &[u16], at: usize) -> Self {
        debug_assert!(at + Self::LANES <= values.len());
        // SAFETY: the caller's promise.
        unsafe { _mm512_loadu_si512(values.as_ptr().add(at).cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn write(self, values: &mut [u16], at: usize) {
        debug_assert!(at + Self::LANES <= values.len());
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_si512(values.as_mut_ptr().add(at).cast(), self) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn pairs(letters: &[u8], at: usize) -> Self {
        debug_assert!(at + Self::LANES < letters.len());
        // SAFETY: the caller's promise.
        let widened = |from: usize| unsafe {
            _mm512_cvtepu8_epi16(_mm256_loadu_si256(letters.as_ptr().add(from).cast()))
        };
        _mm512_or_si512(widened(at), _mm512_slli_epi16::<8>(widened(at + 1)))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2")]
    unsafe fn ahead<const PLACES: usize>(self, next: Self) -> Self {
        match PLACES {
            1 => _mm512_shrdi_epi32::<16>(self, _mm512_alignr_epi32::<1>(next, self)),
            2 => _mm512_alignr_epi32::<1>(next, self),
            4 => _mm512_alignr_epi32::<2>(next, self),
            8 => _mm512_alignr_epi32::<4>(next, self),
            _ => unreachable!(),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn folded<const BITS: u32>(self) -> Self {
        _mm512_xor_si512(self, _mm512_srl_epi16(self, _mm_cvtsi32_si128(BITS as i32)))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn above(self, other: Self) -> Self {
        _mm512_movm_epi16(_mm512_cmpgt_epi16_mask(self, other))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn bits(self) -> u64 {
        u64::from(_mm512_movepi16_mask(self))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn equal_of_64(values: &[u16], others: &[u16], at: usize) -> u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let equal = |at: usize| _mm512_cmpeq_epu16_mask(Self::read(values, at), Self::read(others, at));
            u64::from(equal(at)) | u64::from(equal(at + 32)) << 32
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn at_most_of_64(values: &[u16], at: usize, most: Self) -> u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let at_most = |at: usize| _mm512_cmple_epu16_mask(Self::read(values, at), most);
            u64::from(at_most(at)) | u64::from(at_most(at + 32)) << 32
        }
    }
}
