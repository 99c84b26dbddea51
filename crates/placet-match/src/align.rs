//! Exact ends and edits, where the text of the work is at hand.

use std::ops::Range;

/// An item and a work laid side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alignment {
    /// Letters of the item, from the first that agrees to the last.
    pub(crate) item: Range<usize>,
    /// Letters of the work, likewise.
    pub(crate) work: Range<usize>,
    /// Letters that agree.
    pub(crate) letters: usize,
    /// Runs that agree, each letter for letter.
    pub(crate) runs: usize,
}

/// Letters skipped on both sides together when an edit is bridged at an end.
const REACH_END: usize = 48;
/// Letters that must agree behind an edit at an end, where nothing else speaks for going on.
const RESUME_END: usize = 13;
/// Letters skipped when an edit is bridged between two anchors.
const REACH_BETWEEN: usize = 160;
/// Letters that must agree behind an edit between two anchors.
const RESUME_BETWEEN: usize = 8;

/// Extends anchors (item letter, work letter, both of which start an agreeing k-gram), ascending in both, to the whole
/// passage that the two texts share.
pub(crate) fn align(item: &[u8], work: &[u8], anchors: &[(usize, usize)]) -> Option<Alignment> {
    let &(i0, j0) = anchors.first()?;
    let (mut start, mut letters, mut runs) = ((i0, j0), 0, 1);
    // Backwards from the first anchor.
    loop {
        let run = item[..start.0]
            .iter()
            .rev()
            .zip(work[..start.1].iter().rev())
            .take_while(|(a, b)| a == b)
            .count();
        start = (start.0 - run, start.1 - run);
        letters += run;
        let before = |skip: (usize, usize)| {
            let (a, b) =
                (item[..start.0].len().checked_sub(skip.0)?, work[..start.1].len().checked_sub(skip.1)?);
            Some((a.checked_sub(RESUME_END)?, b.checked_sub(RESUME_END)?))
        };
        let agrees =
            |skip| before(skip).is_some_and(|(a, b)| item[a..a + RESUME_END] == work[b..b + RESUME_END]);
        let Some(skip) = nearest(REACH_END, agrees) else { break };
        start = (start.0 - skip.0, start.1 - skip.1);
        runs += 1;
    }
    // Forwards, from anchor to anchor, then past the last.
    let mut end = (i0, j0);
    let mut anchors = anchors[1..].iter().copied().peekable();
    loop {
        let run = item[end.0..].iter().zip(&work[end.1..]).take_while(|(a, b)| a == b).count();
        end = (end.0 + run, end.1 + run);
        letters += run;
        while anchors.next_if(|a| a.0 < end.0 || a.1 < end.1).is_some() {}
        let next = anchors.peek().copied();
        let (reach, resume) =
            if next.is_some() { (REACH_BETWEEN, RESUME_BETWEEN) } else { (REACH_END, RESUME_END) };
        let agrees = |skip: (usize, usize)| {
            let (a, b) = (end.0 + skip.0, end.1 + skip.1);
            next.is_none_or(|n| a <= n.0 && b <= n.1)
                && item.get(a..a + resume).is_some_and(|x| work.get(b..b + resume) == Some(x))
        };
        let skip = nearest(reach, agrees).or_else(|| next.map(|n| (n.0 - end.0, n.1 - end.1)));
        let Some(skip) = skip else { break };
        end = (end.0 + skip.0, end.1 + skip.1);
        runs += 1;
    }
    Some(Alignment { item: start.0..end.0, work: start.1..end.1, letters, runs })
}

/// The smallest skip, of item and work letters, at which the texts agree again.
fn nearest(reach: usize, agrees: impl Fn((usize, usize)) -> bool) -> Option<(usize, usize)> {
    (1..=reach).find_map(|total| (0..=total).map(|a| (a, total - a)).find(|skip| agrees(*skip)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(item: &str, work: &str, anchor: &str, expected: (&str, &str, usize, usize)) {
        let at = (item.find(anchor).unwrap(), work.find(anchor).unwrap());
        let found = align(item.as_bytes(), work.as_bytes(), &[at]).unwrap();
        let got = (&item[found.item], &work[found.work], found.letters, found.runs);
        assert_eq!(got, expected);
    }

    #[test]
    fn a_run_is_followed_to_its_ends_and_over_edits() {
        check(
            "xxxxthewhalewasalreadyinthebayyyyy",
            "qqqthewhalewasalreadyinthebaqq",
            "already",
            ("thewhalewasalreadyintheba", "thewhalewasalreadyintheba", 25, 1),
        );
        check(
            "zzcallmeishmaelsomeyearsagoindeednevermindhowlongpreciselyzz",
            "aacallmeishmaelsomeyearsagonevermindhowlongpreciselybb",
            "howlong",
            (
                "callmeishmaelsomeyearsagoindeednevermindhowlongprecisely",
                "callmeishmaelsomeyearsagonevermindhowlongprecisely",
                50,
                2,
            ),
        );
    }

    #[test]
    fn an_anchor_beyond_the_reach_is_still_joined() {
        let (a, b) = ("thewhalewasalreadyinthebay", "callmeishmaelsomeyearsago");
        let item = format!("{a}{}{b}", "x".repeat(300));
        let work = format!("{a}{}{b}", "y".repeat(290));
        let anchors = [(0, 0), (item.find(b).unwrap(), work.find(b).unwrap())];
        let found = align(item.as_bytes(), work.as_bytes(), &anchors).unwrap();
        assert_eq!((found.letters, found.runs), (a.len() + b.len(), 2));
        assert_eq!((found.item, found.work), (0..item.len(), 0..work.len()));
    }
}
