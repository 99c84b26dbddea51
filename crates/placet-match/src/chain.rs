//! Hits of one work that continue one another.

/// One fingerprint of the item that a work has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that are independent of one another")]
pub(crate) struct Hit {
    pub(crate) pack: u16,
    pub(crate) work: u32,
    /// Number of the pick in the item's list.
    pub(crate) pick: u32,
    /// First letter of the k-gram in the item.
    pub(crate) item: u32,
    /// First letter of the 64 in which the k-gram begins in the work.
    pub(crate) near: u32,
    /// Whether the letters before it agree.
    pub(crate) before: bool,
    /// Whether the letters behind it agree.
    pub(crate) behind: bool,
    /// Whether it comes in too many surroundings of the work for its flanks to say anything.
    pub(crate) refrain: bool,
    /// Whether many works share it.
    pub(crate) common: bool,
}

/// Chains still open for another hit that are looked at; a refrain opens many.
const OPEN_CHAINS: usize = 16;

/// Joins the hits of one work, sorted by their place in the item: a hit continues a chain if item and work have moved on by
/// about as much. Returns the chains as lists of indices.
pub(crate) fn chains(hits: &[Hit], gap: u32) -> Vec<Vec<u32>> {
    let mut chains: Vec<Vec<u32>> = Vec::new();
    for (i, hit) in hits.iter().enumerate() {
        let mut best: Option<(u32, usize)> = None;
        for (c, chain) in chains.iter().enumerate().rev().take(OPEN_CHAINS) {
            let Some(last) = chain.last().and_then(|l| hits.get(*l as usize)) else { continue };
            let moved = hit.item - last.item;
            if moved == 0 || moved > gap {
                continue;
            }
            let drift = (i64::from(hit.near) - i64::from(last.near) - i64::from(moved)).unsigned_abs();
            // The position is known to 64 letters; edits move it by some of the way.
            if drift <= u64::from(64 + moved / 4) && best.is_none_or(|(least, _)| (drift as u32) < least) {
                best = Some((drift as u32, c));
            }
        }
        match best {
            Some((_, c)) => chains[c].push(i as u32),
            None => chains.push(vec![i as u32]),
        }
    }
    chains
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(item: u32, near: u32) -> Hit {
        Hit {
            pack: 0,
            work: 0,
            pick: 0,
            item,
            near,
            before: false,
            behind: false,
            refrain: false,
            common: false,
        }
    }

    #[test]
    fn hits_of_one_passage_make_one_chain() {
        let hits = [hit(10, 640), hit(60, 704), hit(70, 64_000), hit(160, 768), hit(900, 1536)];
        assert_eq!(chains(&hits, 500), [vec![0, 1, 3], vec![2], vec![4]]);
    }
}
