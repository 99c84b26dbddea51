//! The hashes that a pack keeps of a k-gram and of the letters around it; `docs/pack.md` describes them for other
//! implementations.

/// The key of a k-gram: 64 bits that owe nothing to the order hash by which the k-gram was picked (minima have small
/// order hashes; a table filled with those would be lopsided).
#[inline]
pub(crate) fn key(kgram: &[u8]) -> u64 {
    digest(kgram, 0x9E37_79B9_7F4A_7C15)
}

/// Replaces `keys` by those of the k-grams at the places.
pub(crate) fn keys(letters: &[u8], k: usize, places: &[u32], keys: &mut Vec<u64>) {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled once for each length")]
    fn of(letters: &[u8], k: usize, places: &[u32], keys: &mut Vec<u64>) {
        keys.extend(places.iter().map(|p| key(&letters[*p as usize..*p as usize + k])));
    }
    keys.clear();
    // Lengths that the compiler knows leave no loop over words.
    match k {
        24 => of(letters, 24, places, keys),
        40 => of(letters, 40, places, keys),
        _ => of(letters, k, places, keys),
    }
}

/// A short hash of the letters before or behind a k-gram; never [`NO_FLANK`].
pub(crate) fn flank(letters: &[u8]) -> u16 {
    ((digest(letters, 0xD1B5_4A32_D192_ED03) >> 48) as u16).max(1)
}

/// The flank of a k-gram that stands too near an end of its text; agrees with nothing.
pub(crate) const NO_FLANK: u16 = 0;

/// Flanks of the k-gram at a position: before, behind.
pub(crate) fn flanks(letters: &[u8], at: usize, k: usize, length: usize) -> (u16, u16) {
    let before = at.checked_sub(length).map_or(NO_FLANK, |from| flank(&letters[from..at]));
    let behind = letters.get(at + k..at + k + length).map_or(NO_FLANK, flank);
    (before, behind)
}

/// Folded multiplication over words of eight letters.
#[inline]
fn digest(letters: &[u8], seed: u64) -> u64 {
    let mut state = seed ^ letters.len() as u64;
    let (words, tail) = letters.as_chunks::<8>();
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word), 0xA076_1D64_78BD_642F);
    }
    if tail.is_empty() {
        return state;
    }
    let mut last = [0u8; 8];
    last[..tail.len()].copy_from_slice(tail);
    fold(state ^ u64::from_le_bytes(last), 0xE703_7ED1_A0B4_28DB)
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    // The sum keeps a zero factor from erasing the state.
    (product as u64 ^ (product >> 64) as u64).wrapping_add(a.rotate_left(29))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd;

    #[test]
    fn keys_spread_over_both_halves() {
        let text: Vec<u8> =
            (0..40_000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let mut high = [0u32; 256];
        let mut low = [0u32; 256];
        for kgram in text.windows(24) {
            let key = key(kgram);
            high[(key >> 56) as usize] += 1;
            low[(key & 255) as usize] += 1;
        }
        let mean = (text.len() - 23) as f64 / 256.0;
        for count in high.into_iter().chain(low) {
            assert!((f64::from(count) - mean).abs() < 6.0 * mean.sqrt(), "{count} of {mean}");
        }
    }

    #[test]
    fn the_numbers_of_the_documentation_are_these() {
        let text = b"callmeishmaelsomeyearsago";
        let order = |at: usize| simd::order(text[at..].first_chunk().unwrap());
        let documentation = include_str!("../../../docs/pack.md");
        for said in [
            format!("of order 0x{:04X} and key 0x{:016X}", order(0), key(&text[..24])),
            format!("order 0x{:04X}.", order(1)),
            format!("`nevermindhowlo` is 0x{:04X}.", flank(b"nevermindhowlo")),
        ] {
            assert!(documentation.contains(&said), "{said}");
        }
    }

    #[test]
    fn a_flank_past_an_end_is_none() {
        let letters = b"abcdefghijklmnopqrstuvwxyzabcdefghij";
        assert_eq!(flanks(letters, 3, 24, 4).0, NO_FLANK);
        assert_ne!(flanks(letters, 4, 24, 4).0, NO_FLANK);
        assert_ne!(flanks(letters, 8, 24, 4).1, NO_FLANK);
        assert_eq!(flanks(letters, 9, 24, 4).1, NO_FLANK);
    }
}
