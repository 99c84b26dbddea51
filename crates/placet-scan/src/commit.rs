//! What a commit says: the files of a shard and everything that is counted. Totals of a run are sums over commits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The result of one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commit {
    pub(crate) schema: String,
    pub(crate) shard: String,
    /// Files that were read, with the hash of what was read.
    pub(crate) inputs: Vec<Input>,
    /// Files that the shard gave, by their name in its folder.
    pub(crate) files: BTreeMap<String, FileRecord>,
    pub(crate) counts: Counts,
}

/// A corpus file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    /// Its path below the corpus.
    pub(crate) name: String,
    /// Its size as stored.
    pub(crate) bytes: u64,
    /// BLAKE3 of its bytes; absent where it could not be opened.
    pub(crate) blake3: Option<String>,
    /// Items that were read from it.
    pub(crate) items: u64,
}

/// A file that a run wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows: Option<u64>,
}

/// Upper ends of the classes of matched letters, in letters; the last class is open.
pub(crate) const LETTER_CLASSES: [u64; 8] = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000];

/// How many of the items with most matched letters a shard names.
pub(crate) const TOP_ITEMS: usize = 40;
/// How many pairs of works in conflict a shard names; the rest is counted.
const CONFLICTS_NAMED: usize = 200;

/// Everything that is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Documents with text.
    pub(crate) items: u64,
    /// Records without text of their own.
    pub(crate) passed: u64,
    /// What could not be read.
    pub(crate) aside: u64,
    /// Bytes of the items' texts in UTF-8.
    pub(crate) text_bytes: u64,
    /// Items with a match that counts or not.
    pub(crate) items_matched: u64,
    /// Rows of the table of matches.
    pub(crate) matches: u64,
    /// Of those, text that many works share or that nobody may claim.
    pub(crate) common: u64,
    /// Items in the cleared corpus as they were.
    pub(crate) kept: u64,
    /// Items in the cleared corpus without their matched spans.
    pub(crate) redacted: u64,
    /// Items by use, verdict and ground, as `use/verdict/ground`.
    pub(crate) decisions: BTreeMap<String, u64>,
    /// Items by use, verdict and the protocol that decided, as `use/verdict/protocol`.
    #[serde(default)]
    pub(crate) protocols: BTreeMap<String, u64>,
    /// Items about which something is said besides packs.
    #[serde(default)]
    pub(crate) with_signals: u64,
    /// Items of whose site a record is at hand.
    #[serde(default)]
    pub(crate) with_site: u64,
    /// Items without text: pictures, sound, films, books, PDF files.
    #[serde(default)]
    pub(crate) media: u64,
    /// Items that are sites' own files.
    #[serde(default)]
    pub(crate) site_files: u64,
    /// Items with a match by class of matched letters.
    pub(crate) letters: Vec<u64>,
    /// Items with a match by tenth of the item that is matched.
    pub(crate) tenths: Vec<u64>,
    /// Pairs of works whose issuers claim the same text, as `a and b`, with items.
    pub(crate) conflicts: BTreeMap<String, u64>,
    /// Conflicts beyond those named.
    pub(crate) conflicts_unnamed: u64,
    /// The items with most matched letters, most first.
    pub(crate) top: Vec<TopItem>,
}

/// An item that is named in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TopItem {
    pub(crate) matched_letters: u64,
    pub(crate) matched_permille: u64,
    pub(crate) item_id: String,
    pub(crate) path: String,
    pub(crate) url: Option<String>,
    pub(crate) verdict: String,
    pub(crate) ground: String,
    pub(crate) works: Vec<String>,
}

impl Counts {
    /// Notes how much of an item is matched.
    pub(crate) fn spread(&mut self, letters: u64, permille: u64) {
        let class = LETTER_CLASSES.partition_point(|end| *end <= letters);
        let tenth = usize::try_from(permille / 100).unwrap_or(0).min(9);
        self.letters.resize(LETTER_CLASSES.len() + 1, 0);
        self.tenths.resize(10, 0);
        for (list, place) in [(&mut self.letters, class), (&mut self.tenths, tenth)] {
            if let Some(count) = list.get_mut(place) {
                *count += 1;
            }
        }
    }

    /// Notes that two issuers claim the same text in one item.
    pub(crate) fn conflict(&mut self, works: &[String; 2], items: u64) {
        self.conflict_named(&works.join(" and "), items);
    }

    fn conflict_named(&mut self, pair: &str, items: u64) {
        if let Some(count) = self.conflicts.get_mut(pair) {
            *count += items;
        } else if self.conflicts.len() < CONFLICTS_NAMED {
            self.conflicts.insert(pair.to_owned(), items);
        } else {
            self.conflicts_unnamed += items;
        }
    }

    /// Keeps an item if it is among those with most matched letters.
    pub(crate) fn offer(&mut self, item: TopItem) {
        let place = self.top.partition_point(|other| other.matched_letters >= item.matched_letters);
        if place < TOP_ITEMS {
            self.top.insert(place, item);
            self.top.truncate(TOP_ITEMS);
        }
    }

    /// Adds the counts of the next shard.
    pub(crate) fn add(&mut self, other: &Counts) {
        self.items += other.items;
        self.passed += other.passed;
        self.aside += other.aside;
        self.text_bytes += other.text_bytes;
        self.items_matched += other.items_matched;
        self.matches += other.matches;
        self.common += other.common;
        self.kept += other.kept;
        self.redacted += other.redacted;
        self.conflicts_unnamed += other.conflicts_unnamed;
        self.with_signals += other.with_signals;
        self.with_site += other.with_site;
        self.media += other.media;
        self.site_files += other.site_files;
        for (key, count) in &other.protocols {
            *self.protocols.entry(key.clone()).or_default() += count;
        }
        for (key, count) in &other.decisions {
            *self.decisions.entry(key.clone()).or_default() += count;
        }
        for (mine, theirs) in [(&mut self.letters, &other.letters), (&mut self.tenths, &other.tenths)] {
            mine.resize(mine.len().max(theirs.len()), 0);
            for (sum, count) in mine.iter_mut().zip(theirs) {
                *sum += count;
            }
        }
        for (pair, items) in &other.conflicts {
            self.conflict_named(pair, *items);
        }
        for item in &other.top {
            self.offer(item.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_items_with_most_letters_are_kept_and_the_first_of_equals_stays_first() {
        let item = |letters, id: &str| TopItem {
            matched_letters: letters,
            matched_permille: 0,
            item_id: id.to_owned(),
            path: String::new(),
            url: None,
            verdict: String::new(),
            ground: String::new(),
            works: Vec::new(),
        };
        let mut counts = Counts::default();
        for n in 0..100_u64 {
            counts.offer(item(n / 2, &n.to_string()));
        }
        assert_eq!(counts.top.len(), TOP_ITEMS);
        let first: Vec<&str> = counts.top.iter().take(4).map(|i| i.item_id.as_str()).collect();
        assert_eq!(first, ["98", "99", "96", "97"]);
    }

    #[test]
    fn classes_are_closed_below_and_open_above() {
        let mut counts = Counts::default();
        for letters in [99, 100, 49_999, 50_000] {
            counts.spread(letters, 1000);
        }
        assert_eq!(counts.letters, [1, 1, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(counts.tenths, [0, 0, 0, 0, 0, 0, 0, 0, 0, 4]);
    }
}
