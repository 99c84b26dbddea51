//! Which k-grams stand for a text: the least ones of every window.

use crate::guarantee::Params;
use crate::simd::{self, Level, Scratch};

/// Picks the fingerprint positions of texts; keeps its memory from one text to the next.
pub(crate) struct Winnower {
    params: Params,
    level: Level,
    scratch: Scratch,
}

impl Winnower {
    pub(crate) fn new(params: Params) -> Winnower {
        Winnower::with_level(params, simd::level())
    }

    fn with_level(params: Params, level: Level) -> Winnower {
        Winnower { params, level, scratch: Scratch::default() }
    }

    /// Replaces `picks` by the positions of the k-grams that are the least of some window of w k-grams, in ascending order:
    /// of several equal ones, each. A text with fewer than w k-grams is one window.
    pub(crate) fn pick(&mut self, letters: &[u8], picks: &mut Vec<u32>) {
        picks.clear();
        let k = self.params.k as usize;
        let Some(count) = (letters.len() + 1).checked_sub(k).filter(|n| *n > 0) else { return };
        let w = (self.params.w as usize).min(count);
        let windows = count - w + 1;
        // Parts of about one length: a short last one would cost more than its share.
        let most = simd::STRIDE + 1 - w;
        let part = windows.div_ceil(windows.div_ceil(most));
        let mut at = 0;
        while at < windows {
            let n = (windows - at).min(part);
            simd::window_minima(self.level, &letters[at..], n, w, at as u32, &mut self.scratch, picks);
            at += n;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Guarantee;

    /// Letters with long repetitions, so that equal hashes meet in one window.
    fn letters(n: usize) -> Vec<u8> {
        let mut state = 1u64;
        (0..n)
            .map(|i| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if i % 5000 < 600 { b'a' } else { b'a' + (state >> 61) as u8 }
            })
            .collect()
    }

    #[test]
    fn strides_leave_no_seam() {
        for g in Guarantee::ALL {
            let (k, w) = (g.params().k as usize, g.params().w as usize);
            // Three parts, each as long as any can be.
            let letters = letters(3 * (simd::STRIDE + 1 - w) + w - 1 + k - 1);
            let orders = simd::tests::orders(&letters[..letters.len() + simd::ORDER_LETTERS - k]);
            let expected = simd::tests::least_of_windows(&orders, w);
            for level in Level::available() {
                let mut picks = vec![];
                Winnower::with_level(g.params(), level).pick(&letters, &mut picks);
                assert_eq!(picks, expected, "{g} {level:?}");
            }
        }
    }

    #[test]
    fn a_short_text_is_one_window() {
        for g in Guarantee::ALL {
            let k = g.params().k as usize;
            for (n, picked) in [(0, 0), (k - 1, 0), (k, 1), (k + 1, 1), (k + 20, 1)] {
                let mut picks = vec![];
                Winnower::new(g.params()).pick(&letters(6000)[1000..][..n], &mut picks);
                assert_eq!(picks.len(), picked, "{n} letters");
            }
        }
    }
}
