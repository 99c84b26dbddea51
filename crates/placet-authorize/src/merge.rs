//! The merge of what many facts say about one use: a join semilattice.

use std::collections::BTreeMap;

use placet_core::Verdict;

/// Which fact says what. Joining two merges keeps, for every fact, the stricter of its answers.
///
/// The join is associative, commutative and idempotent, and the verdict never becomes milder by joining more: so facts
/// may arrive in any order, twice, and from many threads. The bottom is [`Merge::SILENT`]: nobody said anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge<K> {
    said: BTreeMap<K, Verdict>,
}

impl<K: Ord + Clone> Merge<K> {
    /// Nobody said anything.
    pub const SILENT: Merge<K> = Merge { said: BTreeMap::new() };

    /// One fact's answer.
    pub fn of(fact: K, verdict: Verdict) -> Merge<K> {
        Merge { said: BTreeMap::from([(fact, verdict)]) }
    }

    /// What both know.
    #[must_use]
    pub fn join(mut self, other: Merge<K>) -> Merge<K> {
        for (fact, verdict) in other.said {
            self.said.entry(fact).and_modify(|v| *v = v.join(verdict)).or_insert(verdict);
        }
        self
    }

    /// The strictest answer; absent where nobody said anything, which is not the same as a yes.
    pub fn verdict(&self) -> Option<Verdict> {
        self.said.values().copied().max()
    }

    /// The facts that give this answer, in order.
    pub fn saying(&self, verdict: Verdict) -> impl Iterator<Item = &K> {
        self.said.iter().filter(move |(_, v)| **v == verdict).map(|(fact, _)| fact)
    }
}
