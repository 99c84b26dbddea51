//! Which k-grams stand for a text: the rightmost minimum of every window.

use crate::guarantee::Params;
use crate::simd::{self, Level, STRIDE, Scratch};

/// Picks the fingerprint positions of texts; keeps its memory from one text to the next.
pub(crate) struct Winnower {
    params: Params,
    level: Level,
    bound: u32,
    scratch: Scratch,
    positions: Vec<u32>,
    hashes: Vec<u32>,
    filled: (Vec<u32>, Vec<u32>),
    stack: Vec<u32>,
    minimum: Vec<bool>,
}

/// k-grams looked at in one go, so that memory stays flat however long the text.
const SEGMENT: usize = 1 << 20;

/// Hashes kept as possible minima, per window, on the average. A window without any (e^-6 of them) is hashed again.
const CANDIDATES_PER_WINDOW: u64 = 6;

impl Winnower {
    pub(crate) fn new(params: Params) -> Winnower {
        Winnower::with_level(params, simd::level())
    }

    fn with_level(params: Params, level: Level) -> Winnower {
        let share = (CANDIDATES_PER_WINDOW << 32) / u64::from(params.w);
        Winnower {
            params,
            level,
            bound: u32::try_from(share).unwrap_or(u32::MAX),
            scratch: Scratch::default(),
            positions: Vec::new(),
            hashes: Vec::new(),
            filled: (Vec::new(), Vec::new()),
            stack: Vec::new(),
            minimum: Vec::new(),
        }
    }

    /// Replaces `picks` by the positions of the k-grams that are the rightmost minimum of some window of w k-grams, in
    /// ascending order. A text with fewer than w k-grams is one window.
    pub(crate) fn pick(&mut self, letters: &[u8], picks: &mut Vec<u32>) {
        picks.clear();
        let (k, w) = (self.params.k as usize, self.params.w as usize);
        let Some(count) = (letters.len() + 1).checked_sub(k).filter(|n| *n > 0) else { return };
        let mut start = 0;
        loop {
            let end = (start + SEGMENT).min(count);
            let before = picks.len();
            self.segment(letters, start, end, w.min(count), picks);
            if start > 0 {
                // The windows of two segments overlap by w - 1 positions.
                let seam = picks[..before].partition_point(|p| (*p as usize) < start);
                picks[seam..].sort_unstable();
                picks.dedup();
            }
            if end == count {
                return;
            }
            start = end + 1 - w;
        }
    }

    fn segment(&mut self, letters: &[u8], start: usize, end: usize, w: usize, picks: &mut Vec<u32>) {
        self.positions.clear();
        self.hashes.clear();
        let mut at = start;
        while at < end {
            let n = (end - at).min(STRIDE);
            self.hash(&letters[at..], n);
            let hashes = &self.scratch.out[..n];
            simd::select(self.level, hashes, self.bound, at as u32, &mut self.positions, &mut self.hashes);
            at += n;
        }
        self.fill_gaps(letters, start, end, w);
        // A position is the rightmost minimum of a window if the nearest smaller hash to its left and the nearest
        // smaller or equal one to its right leave room for a window between them.
        let Winnower { positions, hashes, stack, minimum, .. } = self;
        stack.clear();
        minimum.clear();
        minimum.resize(positions.len(), false);
        let room = |stack: &[u32], right: usize| {
            let left = stack.last().map_or(start, |l| positions[*l as usize] as usize + 1);
            right - left >= w
        };
        for (i, hash) in hashes.iter().enumerate() {
            while let Some(top) = stack.pop_if(|top| hashes[*top as usize] >= *hash) {
                minimum[top as usize] = room(stack, positions[i] as usize);
            }
            stack.push(i as u32);
        }
        while let Some(top) = stack.pop() {
            minimum[top as usize] = room(stack, end);
        }
        picks.extend(positions.iter().zip(minimum).filter(|(_, minimum)| **minimum).map(|(p, _)| *p));
    }

    /// Adds every position of each stretch of w or more that has no candidate.
    fn fill_gaps(&mut self, letters: &[u8], start: usize, end: usize, w: usize) {
        let ends = self.positions.iter().map(|p| *p as usize).chain([end]);
        let mut next = start;
        let mut gaps = Vec::new();
        for (i, p) in ends.enumerate() {
            if p - next >= w {
                gaps.push((i, next, p));
            }
            next = p + 1;
        }
        if gaps.is_empty() {
            return;
        }
        let (mut positions, mut hashes) = std::mem::take(&mut self.filled);
        positions.clear();
        hashes.clear();
        let mut copied = 0;
        for (i, from, to) in gaps {
            positions.extend_from_slice(&self.positions[copied..i]);
            hashes.extend_from_slice(&self.hashes[copied..i]);
            copied = i;
            let mut at = from;
            while at < to {
                let n = (to - at).min(STRIDE);
                self.hash(&letters[at..], n);
                positions.extend(at as u32..(at + n) as u32);
                hashes.extend_from_slice(&self.scratch.out[..n]);
                at += n;
            }
        }
        positions.extend_from_slice(&self.positions[copied..]);
        hashes.extend_from_slice(&self.hashes[copied..]);
        self.filled =
            (std::mem::replace(&mut self.positions, positions), std::mem::replace(&mut self.hashes, hashes));
    }

    fn hash(&mut self, letters: &[u8], n: usize) {
        simd::hash_kgrams(self.level, letters, n, self.params.k as usize, &mut self.scratch);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Guarantee;

    /// The definition: every window, its rightmost minimum.
    fn by_definition(params: Params, letters: &[u8]) -> Vec<u32> {
        let (k, w) = (params.k as usize, params.w as usize);
        let Some(n) = (letters.len() + 1).checked_sub(k).filter(|n| *n > 0) else { return vec![] };
        let mut scratch = Scratch::default();
        let hashes: Vec<u32> = (0..n)
            .map(|i| {
                simd::hash_kgrams(Level::Portable, &letters[i..], 1, k, &mut scratch);
                scratch.out[0]
            })
            .collect();
        let w = w.min(n);
        let mut picks: Vec<u32> = (0..=n - w)
            .map(|s| (s..s + w).rev().min_by_key(|i| hashes[*i]).expect("a window is not empty") as u32)
            .collect();
        picks.dedup();
        picks
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn picks_are_the_definition(letters in prop::collection::vec(prop_oneof![Just(b'a'), b'a'..b'f'], 0..3000)) {
            for g in Guarantee::ALL {
                for level in Level::available() {
                    let mut picks = vec![];
                    Winnower::with_level(g.params(), level).pick(&letters, &mut picks);
                    let mut expected = by_definition(g.params(), &letters);
                    expected.sort_unstable();
                    expected.dedup();
                    prop_assert_eq!(&picks, &expected);
                }
            }
        }
    }

    #[test]
    fn segments_leave_no_seam() {
        let mut state = 1u64;
        let letters: Vec<u8> = (0..SEGMENT * 2 + 5000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                b'a' + (state >> 60) as u8
            })
            .collect();
        let mut picks = vec![];
        let mut winnower = Winnower::new(Guarantee::Words20.params());
        winnower.pick(&letters, &mut picks);
        for seam in [SEGMENT, 2 * SEGMENT] {
            let from = seam - 2000;
            let mut around = vec![];
            winnower.pick(&letters[from..seam + 2000], &mut around);
            let inner = |p: &&u32| (200..3700).contains(*p);
            let expected: Vec<u32> = around.iter().filter(inner).map(|p| p + from as u32).collect();
            let got: Vec<u32> =
                picks.iter().copied().filter(|p| inner(&&(p.wrapping_sub(from as u32)))).collect();
            assert_eq!(got, expected);
        }
    }
}
