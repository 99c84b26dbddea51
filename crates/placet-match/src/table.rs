//! The static hash table of a pack: buckets of one cache line.
//!
//! A slot is 8 bytes: the low 32 bits of a key above the number of an entry plus one; 0 is empty. The high 32 bits of the
//! key choose the bucket, of 8 slots. A key whose bucket is full goes to the next one; a bucket whose last slot is empty
//! ends the search, so that an absent key costs one cache line.

use crate::simd;

/// Slots of a bucket.
pub(crate) const WIDTH: usize = 8;

/// Slots for this many keys: filled to 5/8, so that nine buckets of ten are not full and end a search at once.
pub(crate) fn slots_for(keys: usize) -> usize {
    (keys * 8 / (5 * WIDTH) + 1) * WIDTH
}

/// The bucket of a key in a table of so many.
fn home(buckets: usize, key: u64) -> usize {
    (((key >> 32) * buckets as u64) >> 32) as usize
}

/// A table that is searched. A search has two parts, so that the second one, which few keys need, can wait for its cache
/// lines while other keys are searched.
#[derive(Clone, Copy)]
pub(crate) struct Table<'s> {
    buckets: &'s [[u64; WIDTH]],
}

impl<'s> Table<'s> {
    pub(crate) fn of(slots: &'s [u64]) -> Table<'s> {
        Table { buckets: slots.as_chunks().0 }
    }

    fn home(&self, key: u64) -> usize {
        home(self.buckets.len(), key)
    }

    /// Asks for the cache line in which the search for the key begins.
    #[inline]
    pub(crate) fn prefetch(&self, key: u64) {
        simd::prefetch(self.buckets.get(self.home(key)));
    }

    /// Calls `found` with the entry of each slot of the key's bucket that may hold the key: those whose 32 bits agree.
    /// Returns whether the bucket is full; then the search goes on [behind](Self::find_behind) it, and the line of the next
    /// one was asked for.
    #[inline]
    pub(crate) fn find(&self, key: u64, found: impl FnMut(u32)) -> bool {
        let home = self.home(key);
        let Some(bucket) = self.buckets.get(home) else { return false };
        agreeing(bucket, key, found);
        if !is_full(bucket) {
            return false;
        }
        simd::prefetch(self.buckets.get(home + 1));
        true
    }

    /// Both parts of a search.
    pub(crate) fn find_all(&self, key: u64, mut found: impl FnMut(u32)) {
        if self.find(key, &mut found) {
            self.find_behind(key, found);
        }
    }

    /// Goes on with the search behind a bucket that is full.
    pub(crate) fn find_behind(&self, key: u64, mut found: impl FnMut(u32)) {
        let (before, behind) = self.buckets.split_at(self.home(key));
        for bucket in behind.iter().skip(1).chain(before) {
            agreeing(bucket, key, &mut found);
            if !is_full(bucket) {
                return;
            }
        }
    }
}

#[inline]
fn agreeing(bucket: &[u64; WIDTH], key: u64, mut found: impl FnMut(u32)) {
    let mut hits = simd::tagged(bucket, key as u32);
    while hits != 0 {
        let slot = bucket[hits.trailing_zeros() as usize];
        if let Some(entry) = (slot as u32).checked_sub(1) {
            found(entry);
        }
        hits &= hits - 1;
    }
}

/// Slots are filled in their order.
fn is_full(bucket: &[u64; WIDTH]) -> bool {
    bucket[WIDTH - 1] != 0
}

/// Whether searches in the table end soon: the buckets that the search for an absent key looks at, averaged over all of
/// them. The tables of [`slots_for`] and [`insert`] stay near 1; a table without an empty slot would have every search
/// look at all of it.
pub(crate) fn ends_soon(slots: &[u64]) -> bool {
    let buckets = Table::of(slots).buckets;
    let Some(first) = buckets.iter().position(|bucket| !is_full(bucket)) else { return buckets.is_empty() };
    let mut looks = 0u64;
    let mut run = 0u64;
    // From behind an end of searches, round the end of the table, so that every run is seen whole.
    for bucket in buckets[first + 1..].iter().chain(&buckets[..=first]) {
        run += 1;
        if !is_full(bucket) {
            looks += run * (run + 1) / 2;
            run = 0;
        }
    }
    looks <= MEAN_LOOKS_MAX * buckets.len() as u64
}

const MEAN_LOOKS_MAX: u64 = 4;

/// Puts an entry under its key. The table must have room ([`slots_for`]).
pub(crate) fn insert(slots: &mut [u64], key: u64, entry: u32) {
    let len = slots.len();
    let slot = u64::from(key as u32) << 32 | u64::from(entry + 1);
    let mut at = home(len / WIDTH, key) * WIDTH;
    while slots[at] != 0 {
        at = (at + 1) % len;
    }
    slots[at] = slot;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_in_is_found(keys in prop::collection::vec(any::<u64>(), 0..300), crowd in any::<bool>()) {
            // A crowd shares its home bucket, and runs over into the next ones and round the end.
            let keys: Vec<u64> = keys.iter().map(|k| if crowd { k | 0xFFFF_FFF0 << 32 } else { *k }).collect();
            let mut slots = vec![0; slots_for(keys.len())];
            for (i, key) in keys.iter().enumerate() {
                insert(&mut slots, *key, i as u32);
            }
            for (i, key) in keys.iter().enumerate() {
                let mut entries = vec![];
                Table::of(&slots).find_all(*key, |e| entries.push(e));
                prop_assert!(entries.contains(&(i as u32)));
            }
            prop_assert!(crowd || ends_soon(&slots));
        }
    }

    #[test]
    fn a_table_in_which_searches_do_not_end_is_told() {
        let mut slots = vec![1; 1000 * WIDTH];
        assert!(!ends_soon(&slots));
        slots[WIDTH - 1] = 0;
        assert!(!ends_soon(&slots));
        for bucket in slots.chunks_mut(4 * WIDTH) {
            bucket[WIDTH - 1] = 0;
        }
        assert!(ends_soon(&slots));
        // One run round the end of the table.
        let mut slots = vec![0; 1000 * WIDTH];
        slots[..50 * WIDTH].fill(1);
        slots[950 * WIDTH..].fill(1);
        assert!(!ends_soon(&slots));
        slots[WIDTH - 1] = 0;
        assert!(ends_soon(&slots));
        assert!(ends_soon(&[]));
    }
}
