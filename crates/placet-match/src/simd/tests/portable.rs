//! Sixteen lanes without instructions of their own: what AVX-512 does, by its definition.

use crate::simd::vector::Vector;

fn each(f: impl Fn(usize) -> u32) -> [u32; 16] {
    std::array::from_fn(f)
}

impl Vector for [u32; 16] {
    const LANES: usize = 16;
    const WORTHWHILE: usize = 0;
    const COLUMNS: usize = 1;

    unsafe fn splat(x: u32) -> Self {
        [x; 16]
    }

    unsafe fn numbers() -> Self {
        each(|i| i as u32)
    }

    unsafe fn plus(self, other: Self) -> Self {
        each(|i| self[i].wrapping_add(other[i]))
    }

    unsafe fn minus(self, other: Self) -> Self {
        each(|i| self[i].wrapping_sub(other[i]))
    }

    unsafe fn times(self, other: Self) -> Self {
        each(|i| self[i].wrapping_mul(other[i]))
    }

    unsafe fn xor(self, other: Self) -> Self {
        each(|i| self[i] ^ other[i])
    }

    unsafe fn least(self, other: Self) -> Self {
        each(|i| self[i].min(other[i]))
    }

    unsafe fn down(self, bits: u32) -> Self {
        each(|i| self[i] >> bits)
    }

    unsafe fn slid(self, next: Self, bits: u32) -> Self {
        each(|i| self[i] >> bits | next[i] << (32 - bits))
    }

    unsafe fn masked(self, mask: Self, others: Self) -> Self {
        each(|i| self[i] & mask[i] | others[i])
    }

    unsafe fn next_lane(self) -> Self {
        each(|i| self[(i + 1) % 16])
    }

    unsafe fn differs(self, other: Self) -> u32 {
        (0..16).fold(0, |mask, i| mask | u32::from(self[i] != other[i]) << i)
    }

    unsafe fn write_chosen(self, lanes: u32, to: *mut u32) {
        for (n, i) in (0..16).filter(|i| lanes >> i & 1 == 1).enumerate() {
            // SAFETY: the caller's promise.
            unsafe { to.add(n).write(self[i]) };
        }
    }

    unsafe fn read_columns(letters: *const u8, stride: usize, columns: &mut [Self]) {
        // SAFETY: the caller's promise.
        columns[0] = each(|i| unsafe { letters.add(i * stride).cast::<u32>().read_unaligned() });
    }
}
