//! Items by domain and by language.
//!
//! A shard's tallies are exact. A run's are exact for what the report shows, and bounded in memory however many
//! domains there are: a first pass over the shards finds the candidates, a second one counts them.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// Domains that are held at once while the candidates are looked for.
const HELD: usize = 500_000;

/// What is counted for a domain or a language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Letters that match a work.
    pub(crate) matched_letters: u64,
    /// Items in which a work was matched.
    pub(crate) matched: u64,
    /// Items with the verdict denied for a use.
    pub(crate) refused: u64,
    /// Items.
    pub(crate) items: u64,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.matched_letters += other.matched_letters;
        self.matched += other.matched;
        self.refused += other.refused;
        self.items += other.items;
    }
}

/// Items of one shard by domain and by language. Items that state none are under the empty name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tallies {
    pub(crate) domains: BTreeMap<String, Tally>,
    pub(crate) languages: BTreeMap<String, Tally>,
}

/// The tallies of a shard while it is written.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    domains: HashMap<String, Tally>,
    languages: HashMap<String, Tally>,
}

impl Noted {
    /// In the order of the names.
    pub(crate) fn tallies(self) -> Tallies {
        Tallies {
            domains: self.domains.into_iter().collect(),
            languages: self.languages.into_iter().collect(),
        }
    }

    pub(crate) fn note(&mut self, domain: Option<&str>, language: Option<&str>, letters: u64, refused: bool) {
        let one = Tally {
            matched_letters: letters,
            matched: u64::from(letters > 0),
            refused: u64::from(refused),
            items: 1,
        };
        for (map, name) in [(&mut self.domains, domain), (&mut self.languages, language)] {
            let name = name.unwrap_or_default();
            match map.get_mut(name) {
                Some(tally) => tally.add(&one),
                None => {
                    map.insert(name.to_owned(), one);
                }
            }
        }
    }
}

/// The first ones of a run by matched letters, then by items.
pub(crate) struct Ranking {
    pub(crate) rows: Vec<(String, Tally)>,
    /// How many names there are, where all could be held.
    pub(crate) names: Option<usize>,
    /// Items that state none.
    pub(crate) unstated: Tally,
}

impl Ranking {
    /// Ranks over shards; `shards` is walked twice.
    pub(crate) fn of<E>(
        first: usize,
        mut shards: impl FnMut(&mut dyn FnMut(BTreeMap<String, Tally>)) -> Result<(), E>,
    ) -> Result<Ranking, E> {
        let mut held: BTreeMap<String, Tally> = BTreeMap::new();
        let mut all = true;
        shards(&mut |shard| {
            for (name, tally) in shard {
                held.entry(name).or_default().add(&tally);
            }
            if held.len() > HELD {
                all = false;
                let mut ranked: Vec<(String, Tally)> = std::mem::take(&mut held).into_iter().collect();
                ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                ranked.truncate(HELD / 2);
                held = ranked.into_iter().collect();
            }
        })?;
        let unstated = held.remove("").unwrap_or_default();
        let names = all.then_some(held.len());
        let mut rows: Vec<(String, Tally)> = held.into_iter().collect();
        rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        rows.truncate(first);
        if all {
            return Ok(Ranking { rows, names, unstated });
        }
        let mut exact: BTreeMap<String, Tally> =
            rows.into_iter().map(|(name, _)| (name, Tally::default())).collect();
        exact.insert(String::new(), Tally::default());
        shards(&mut |shard| {
            for (name, sum) in &mut exact {
                if let Some(tally) = shard.get(name) {
                    sum.add(tally);
                }
            }
        })?;
        let unstated = exact.remove("").unwrap_or_default();
        let mut rows: Vec<(String, Tally)> = exact.into_iter().collect();
        rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(Ranking { rows, names, unstated })
    }
}
