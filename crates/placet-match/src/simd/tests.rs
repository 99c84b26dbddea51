use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// The order of each k-gram.
pub(crate) fn orders(letters: &[u8]) -> Vec<u16> {
    letters.windows(ORDER_LETTERS).map(|letters| order(letters.try_into().unwrap())).collect()
}

/// The places of the least orders of each window, by their definition.
pub(crate) fn least_of_windows(orders: &[u16], w: usize) -> Vec<u32> {
    let mut places = BTreeSet::new();
    for (s, window) in orders.windows(w).enumerate() {
        let least = window.iter().min().unwrap();
        places.extend((0u32..).zip(window).filter(|(_, o)| *o == least).map(|(i, _)| s as u32 + i));
    }
    places.into_iter().collect()
}

/// Few letters, or phrases that are repeated many times: then a place has many equals and few lesser ones.
fn letters() -> impl Strategy<Value = Vec<u8>> {
    let random = prop::collection::vec(prop_oneof![Just(b'a'), b'a'..b'f'], 240..2000);
    let phrase = (prop::collection::vec(b'a'..=b'z', 1..14), 1usize..60);
    let phrases = prop::collection::vec(phrase.prop_map(|(phrase, times)| phrase.repeat(times)), 2..30);
    let repeated = phrases.prop_map(|phrases| {
        let mut letters = phrases.concat();
        letters.truncate(2000);
        letters.resize(letters.len().max(240), b'a');
        letters
    });
    prop_oneof![random, repeated]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    #[test]
    fn every_level_gives_the_minima_of_the_definition(letters in letters(), w in 1usize..200) {
        let n = letters.len() + 2 - ORDER_LETTERS - w;
        let orders = orders(&letters);
        let expected: Vec<u32> = least_of_windows(&orders, w).into_iter().map(|p| p + 7).collect();
        for level in Level::available() {
            let mut picks = vec![];
            window_minima(level, &letters, n, w, 7, &mut Scratch::default(), &mut picks);
            prop_assert_eq!(&picks, &expected);
        }
        // As wide as with AVX-512, on a processor that need not have it.
        let mut picks = vec![];
        // SAFETY: these vectors need no instructions of their own.
        unsafe { minima::minima::<[u16; 32]>(&letters, n, w, 7, &mut Scratch::default(), &mut picks) };
        prop_assert_eq!(&picks, &expected);
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
fn an_order_depends_on_every_letter() {
    let kgram: [u8; ORDER_LETTERS] = std::array::from_fn(|i| b'a' + i as u8);
    for at in 0..ORDER_LETTERS {
        let mut other = kgram;
        other[at] ^= 1;
        assert_ne!(order(&other), order(&kgram), "letter {at}");
    }
}
