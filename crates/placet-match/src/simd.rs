//! The inner loops, for the processor at hand: compaction to letters, k-gram hashes, selection, probing.
//!
//! Each has a portable form, which defines the result; the vector forms give the same bytes (tests hold them against it).
//! AVX2 and AVX-512 are found at run time.
#![expect(
    unsafe_code,
    reason = "vector loads, stores and prefetches; each has a safe twin that tests compare"
)]

mod low;
mod minima;
mod slide;
#[cfg(test)]
pub(crate) mod tests;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::OnceLock;

#[cfg(test)]
pub(crate) use minima::{ORDER_LETTERS, order};
pub(crate) use minima::{STRIDE, Scratch};

/// Bytes of text that the vector forms take at a time.
pub(crate) const BLOCK: usize = 64;

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
            let avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("popcnt");
            if avx2 {
                levels.push(Level::Avx2);
            }
            if avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vbmi2")
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
    compact_as::<false>(level, bytes, letters, |byte, letters| {
        if blocks.last().is_none_or(|b| base + byte - b.1 as usize >= BLOCK) {
            blocks.push((letters as u32, (base + byte) as u32));
        }
    })
}

/// The same for a JSON string as it stands between its quotes, with escapes of two bytes only: none of them is a letter.
pub(crate) fn compact_quoted(level: Level, bytes: &[u8], letters: &mut Vec<u8>) -> usize {
    compact_as::<true>(level, bytes, letters, |_, _| ())
}

/// Before each block, `mark` gets the bytes and the letters before it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for texts and once for quoted ones")]
fn compact_as<const QUOTED: bool>(
    level: Level,
    bytes: &[u8],
    letters: &mut Vec<u8>,
    mut mark: impl FnMut(usize, usize),
) -> usize {
    let (whole, rest) = bytes.as_chunks::<BLOCK>();
    let mut escaped = false;
    let done = match level {
        Level::Portable => compact_blocks(whole, letters, &mut mark, |block, letters| {
            compact_block::<QUOTED>(block, letters, &mut escaped)
        }),
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::compact_avx2::<QUOTED>(whole, letters, &mut mark, &mut escaped) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::compact_avx512::<QUOTED>(whole, letters, &mut mark, &mut escaped) },
    };
    if done < whole.len() * BLOCK || rest.is_empty() {
        return done;
    }
    mark(done, letters.len());
    done + compact_block::<QUOTED>(rest, letters, &mut escaped)
}

/// Compacts block after block, up to the first byte that is not ASCII.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once for each level inside its target-feature wrapper")]
fn compact_blocks(
    whole: &[[u8; BLOCK]],
    letters: &mut Vec<u8>,
    mark: &mut impl FnMut(usize, usize),
    mut block: impl FnMut(&[u8; BLOCK], &mut Vec<u8>) -> usize,
) -> usize {
    for (i, bytes) in whole.iter().enumerate() {
        mark(i * BLOCK, letters.len());
        let ascii = block(bytes, letters);
        if ascii < BLOCK {
            return i * BLOCK + ascii;
        }
    }
    whole.len() * BLOCK
}

/// `escaped` says whether the first byte is, and gets whether the byte behind the last one is.
fn compact_block<const QUOTED: bool>(bytes: &[u8], letters: &mut Vec<u8>, escaped: &mut bool) -> usize {
    for (i, b) in bytes.iter().enumerate() {
        if QUOTED && std::mem::take(escaped) && b.is_ascii() {
            continue;
        }
        if b.is_ascii_alphanumeric() {
            letters.push(b.to_ascii_lowercase());
        } else if !b.is_ascii() {
            return i;
        } else if QUOTED {
            *escaped = *b == b'\\';
        }
    }
    bytes.len()
}

/// Which bytes of a block are escaped, where these are backslashes: those behind the first, the third, … of a row of them.
/// (A row that begins at an even place and ends behind an odd number turns up as a carry when the starts are added to it:
/// Langdale and Lemire, Parsing Gigabytes of JSON per Second, 2019, §3.1.1.)
#[inline]
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for vectors"))]
fn escaped_of(backslashes: u64, first_escaped: &mut bool) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let first = u64::from(*first_escaped);
    let backslashes = backslashes & !first;
    let behind = backslashes << 1 | first;
    let odd_starts = backslashes & !EVEN & !behind;
    let (even_rows, carried) = odd_starts.overflowing_add(backslashes);
    *first_escaped = carried;
    (EVEN ^ even_rows << 1) & behind
}

/// Appends to `picks` the positions (from `base` on) of the k-grams that are the least one of a window of w, or one of
/// several least ones, for the first `n` windows: ascending, and only those behind the last one in `picks`.
///
/// The order is that of the test's `order`. `letters` holds at least the [`ORDER_LETTERS`] of each k-gram, and n + w - 1 is at
/// most [`STRIDE`].
pub(crate) fn window_minima(
    level: Level,
    letters: &[u8],
    n: usize,
    w: usize,
    base: u32,
    scratch: &mut Scratch,
    picks: &mut Vec<u32>,
) {
    match level {
        // SAFETY: these vectors need no instructions of their own.
        Level::Portable => unsafe { minima::minima::<[u16; 16]>(letters, n, w, base, scratch, picks) },
        // SAFETY: the level says that the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::minima_avx2(letters, n, w, base, scratch, picks) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::minima_avx512(letters, n, w, base, scratch, picks) },
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
