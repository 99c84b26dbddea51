//! Audit by sampling: how many sealed shards to open, which, and what comparing them with a new scan shows.
//!
//! The model: of N sealed shards at least K are wrong (something was left out or changed). n shards are drawn without
//! replacement, all sets alike. No wrong one is among them with probability C(N-K, n) / C(N, n), the hypergeometric
//! distribution's zero term. The plan takes the least n for which that is at most 1 - confidence, with
//! K = ceil(tolerance · N) and at least 1. It says nothing about shards that were never sealed.
//!
//! The seed comes from a checkpoint signed after the shards were sealed, together with its witnesses' cosignatures.
//! A provider without witnesses could try out checkpoints until the draw suits it: such a plan says so.

use std::collections::{BTreeMap, BTreeSet};

use placet_core::note::Note;

use crate::hash::Hash;
use crate::policy::{Policy, Untrusted};

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Confidence or tolerance outside of 0 to 1.
    #[error("confidence and max-missed lie between 0 and 1, both ends excluded")]
    Range,
    /// Nothing to audit.
    #[error("no shards are sealed")]
    NoShards,
    /// The seed's checkpoint was signed before the last shard was sealed.
    #[error(
        "the checkpoint of {found} entries is not later than the last shard, entry {last}: seal once more first"
    )]
    Early {
        /// Size of the checkpoint.
        found: u64,
        /// Index of the last shard.
        last: u64,
    },
    /// The checkpoint.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
}

/// Which shards to open.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Sealed shards.
    pub population: u64,
    /// Wrong shards that the sample is to detect.
    pub wrong: u64,
    /// Probability that a sample misses that many, if they are there.
    pub miss: f64,
    /// Seed of the draw.
    pub seed: Hash,
    /// Whether witnesses' cosignatures are in the seed.
    pub witnessed: bool,
    /// Log indices of the shards to open, rising.
    pub chosen: Vec<u64>,
}

/// Draws a sample of the shards with these log indices.
pub fn plan(
    shards: &[u64],
    confidence: f64,
    max_missed: f64,
    checkpoint: &[u8],
    policy: &Policy,
) -> Result<Plan, PlanError> {
    let open = |value: f64| value > 0.0 && value < 1.0;
    if !open(confidence) || !open(max_missed) {
        return Err(PlanError::Range);
    }
    let (last, population) = (*shards.iter().max().ok_or(PlanError::NoShards)?, shards.len() as u64);
    let (later, signed) = policy.open(checkpoint)?;
    if later.size <= last + 1 {
        return Err(PlanError::Early { found: later.size, last });
    }
    let witnessed = signed.iter().any(|v| v.time.is_some());
    let seed = seed(checkpoint, &later.to_string(), &signed);
    let wrong = ((population as f64 * max_missed).ceil() as u64).clamp(1, population);
    let (size, miss) = sample_size(population, wrong, 1.0 - confidence);
    let mut shards = shards.to_vec();
    shards.sort_unstable();
    let mut chosen: Vec<u64> =
        draw(seed, population, size).into_iter().filter_map(|at| shards.get(at as usize).copied()).collect();
    chosen.sort_unstable();
    Ok(Plan { population, wrong, miss, seed, witnessed, chosen })
}

/// The least sample that misses `wrong` of `population` with at most this probability, and that probability.
pub fn sample_size(population: u64, wrong: u64, miss_max: f64) -> (u64, f64) {
    let (mut drawn, mut miss) = (0, 1.0);
    while miss > miss_max && drawn < population {
        // One more draw misses with the share of right ones among those left.
        let (left, right) = (population - drawn, (population - drawn).saturating_sub(wrong));
        miss *= right as f64 / left as f64;
        drawn += 1;
    }
    (drawn, miss)
}

/// Places 0..population, `size` of them, all sets alike (Floyd's algorithm over a SHA-256 stream).
pub fn draw(seed: Hash, population: u64, size: u64) -> BTreeSet<u64> {
    let mut stream = Stream { seed, counter: 0 };
    let mut chosen = BTreeSet::new();
    for top in population.saturating_sub(size)..population {
        let at = stream.below(top + 1);
        if !chosen.insert(at) {
            chosen.insert(top);
        }
    }
    chosen
}

struct Stream {
    seed: Hash,
    counter: u64,
}

impl Stream {
    /// A number below the bound, all alike: those of the last, incomplete round are thrown away.
    fn below(&mut self, bound: u64) -> u64 {
        loop {
            let block = Hash::of(&[&self.seed.0, &self.counter.to_be_bytes()]);
            self.counter += 1;
            let number = block.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
            if number < u64::MAX - u64::MAX % bound {
                return number % bound;
            }
        }
    }
}

/// SHA-256 over the signed text and the verified cosignatures, in order of their keys.
fn seed(checkpoint: &[u8], text: &str, signed: &[placet_core::note::Verified]) -> Hash {
    let note = Note::parse(checkpoint);
    let signatures = note.as_ref().map_or(&[][..], Note::signatures);
    let mut cosignatures: Vec<String> = signatures
        .iter()
        .filter(|s| signed.iter().any(|v| v.time.is_some() && v.name == s.name && v.id == s.id))
        .map(ToString::to_string)
        .collect();
    cosignatures.sort();
    Hash::of(&[b"placet-audit/1\n", text.as_bytes(), cosignatures.join("\n").as_bytes()])
}

/// Amounts by work and use.
pub type Amounts = BTreeMap<(String, String), u64>;

/// What a new scan of one opened shard shows against what was sealed for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// Found now, not sealed then: an omission.
    pub not_sealed: Vec<((String, String), u64)>,
    /// Sealed then, not found now.
    pub not_found: Vec<((String, String), u64)>,
    /// Both, with other amounts: sealed, found.
    pub differ: Vec<((String, String), u64, u64)>,
}

impl Finding {
    /// Compares.
    pub fn compare(sealed: &Amounts, found: &Amounts) -> Finding {
        let mut finding = Finding::default();
        for (key, sealed) in sealed {
            match found.get(key) {
                None => finding.not_found.push((key.clone(), *sealed)),
                Some(found) if found != sealed => finding.differ.push((key.clone(), *sealed, *found)),
                Some(_) => {}
            }
        }
        let missing = found.iter().filter(|(key, _)| !sealed.contains_key(*key));
        finding.not_sealed = missing.map(|(key, found)| (key.clone(), *found)).collect();
        finding
    }

    /// Whether what was sealed is what was found.
    pub fn agrees(&self) -> bool {
        self.not_sealed.is_empty() && self.not_found.is_empty() && self.differ.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use placet_core::note::{self, Signer};

    use super::*;
    use crate::checkpoint::Checkpoint;

    #[test]
    fn the_sample_is_the_hypergeometric_one() {
        // By hand: 10 shards, 1 wrong, 90 % sure to find it takes 9; half of them wrong, 95 %: C(5,4)/C(10,4) = 5/210.
        assert_eq!(sample_size(10, 1, 0.1 + 1e-12).0, 9);
        let (size, miss) = sample_size(10, 5, 0.05);
        assert_eq!(size, 4);
        assert!((miss - 5.0 / 210.0).abs() < 1e-12);
        // Close to ln(0.01) / ln(0.999) = 4,603 where the population is large; all where one of few is wrong.
        assert_eq!(sample_size(100_000, 100, 0.01).0, 4_499);
        assert_eq!(sample_size(5, 1, 0.01), (5, 0.0));
    }

    #[test]
    fn every_shard_is_drawn_as_often_as_any_other() {
        let mut counts = [0u32; 20];
        for n in 0..2000u32 {
            let drawn = draw(Hash::leaf(&n.to_be_bytes()), 20, 5);
            assert_eq!(drawn.len(), 5);
            for at in drawn {
                counts[at as usize] += 1;
            }
        }
        // 500 expected, standard deviation 19.
        assert!(counts.iter().all(|count| (400..600).contains(count)), "{counts:?}");
    }

    /// A thousand audits of a log in which the tolerated number of shards, and one more, leave something out.
    #[test]
    fn planted_omissions_are_found_at_the_promised_rate() {
        let (population, wrong) = (2000, 20);
        let (size, miss) = sample_size(population, wrong, 0.05);
        let found = (0..1000u32).filter(|n| {
            let planted = draw(Hash::leaf(&[b"planted", &n.to_be_bytes()[..]].concat()), population, wrong);
            let opened = draw(Hash::leaf(&[b"opened", &n.to_be_bytes()[..]].concat()), population, size);
            opened.into_iter().any(|shard| {
                let amount = |n| Amounts::from([(("isbn:1".to_owned(), "train-gen".to_owned()), n)]);
                let sealed = if planted.contains(&shard) { Amounts::new() } else { amount(7) };
                !Finding::compare(&sealed, &amount(7)).agrees()
            })
        });
        // Promised: 950 or more. Three standard deviations of a binomial count are 21.
        let found = found.count();
        assert!(miss <= 0.05 && found >= 950 - 21, "{found}");
    }

    #[test]
    fn a_seed_that_could_be_known_is_refused() {
        let log = Signer::from_seed("example.org/log", [1; 32]).unwrap();
        let policy = Policy::of_log(log.verifier().clone());
        let checkpoint = |size| {
            let text = Checkpoint { origin: "example.org/log".into(), size, root: Hash([7; 32]) }.to_string();
            note::sign(&text, &[&log]).unwrap().into_bytes()
        };
        let draw = |size| plan(&[3, 4, 9], 0.99, 0.5, &checkpoint(size), &policy);
        assert_eq!(draw(10), Err(PlanError::Early { found: 10, last: 9 }));
        let plan = draw(11).unwrap();
        assert_eq!((plan.population, plan.wrong, plan.witnessed, plan.chosen), (3, 2, false, vec![4, 9]));
        assert_eq!(super::plan(&[1], 1.0, 0.5, &checkpoint(11), &policy), Err(PlanError::Range));
        assert_eq!(super::plan(&[], 0.5, 0.5, &checkpoint(11), &policy), Err(PlanError::NoShards));
    }

    #[test]
    fn a_finding_keeps_the_three_differences_apart() {
        let amounts = |list: &[(&str, u64)]| -> Amounts {
            list.iter().map(|(work, n)| (((*work).to_owned(), "tdm".to_owned()), *n)).collect()
        };
        let finding = Finding::compare(
            &amounts(&[("a", 1), ("b", 2), ("c", 3)]),
            &amounts(&[("b", 2), ("c", 4), ("d", 5)]),
        );
        let key = |work: &str| (work.to_owned(), "tdm".to_owned());
        assert_eq!(
            finding,
            Finding {
                not_sealed: vec![(key("d"), 5)],
                not_found: vec![(key("a"), 1)],
                differ: vec![(key("c"), 3, 4)]
            }
        );
    }
}
