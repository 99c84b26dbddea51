use proptest::prelude::*;

use super::*;

#[cfg(target_arch = "x86_64")]
mod portable;

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
        // As wide as with AVX-512, on a processor that need not have it.
        #[cfg(target_arch = "x86_64")]
        {
            let mut picks = vec![];
            // SAFETY: these vectors need no instructions of their own, and the numbers are those of `window_minima`.
            unsafe { lanes::minima::<[u32; 16]>(&letters, n, (k, w), 7, &mut lanes::Memory::default(), &mut picks) };
            prop_assert_eq!(&picks, &expected);
        }
    }

    #[test]
    fn a_bucket_is_searched_as_defined(bucket: [u64; 8], at in 0usize..8, again in 0usize..8) {
        let mut bucket = bucket;
        let tag = (bucket[at] >> 32) as u32;
        bucket[again] = u64::from(tag) << 32 | 5;
        prop_assert_eq!(tagged(&bucket, tag), tagged_portable(&bucket, tag));
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
