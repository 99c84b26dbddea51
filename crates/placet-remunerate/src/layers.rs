//! The layers of a work: a recording of a composition, a translation of a text.

use std::collections::{BTreeMap, BTreeSet};

use placet_core::{Relation, WorkKind};

use crate::Digest;
use crate::claim::Name;

/// How far relations are followed: a dubbed version of a film of a translation of a book is four steps.
pub const DEPTH_MAX: usize = 8;

/// Which works there are, what they are, and what they stand on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    kinds: BTreeMap<Name, WorkKind>,
    stands_on: BTreeMap<Name, BTreeSet<Name>>,
}

impl Catalogue {
    /// Works with their kinds, and relations between them, in any order.
    pub fn new<'a>(
        works: impl IntoIterator<Item = (&'a str, WorkKind)>,
        relations: impl IntoIterator<Item = &'a Relation>,
    ) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for (work, kind) in works {
            catalogue.kinds.insert(work.into(), kind);
        }
        for r in relations {
            // Being part of a collection makes nobody's right in the collection a right in the part.
            if r.kind != placet_core::RelationKind::PartOf {
                catalogue.stands_on.entry((*r.from).into()).or_default().insert((*r.to).into());
            }
        }
        catalogue
    }

    /// What a work is.
    pub fn kind(&self, work: &str) -> Option<WorkKind> {
        self.kinds.get(work).copied()
    }

    /// The work itself and everything it stands on, each once, nearest first. A circle ends where it closes.
    pub fn layers_of(&self, work: &Name) -> Vec<Name> {
        let mut found = vec![work.clone()];
        let mut from = 0;
        for _ in 0..DEPTH_MAX {
            let till = found.len();
            let mut next: Vec<Name> = Vec::new();
            for w in found.iter().skip(from) {
                for below in self.stands_on.get(w).into_iter().flatten() {
                    if !found.contains(below) && !next.contains(below) {
                        next.push(below.clone());
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            next.sort();
            found.extend(next);
            from = till;
        }
        found
    }

    /// Identifies the works and relations.
    pub fn digest(&self) -> Digest {
        Digest::of_value(&(&self.kinds, &self.stands_on))
    }
}

#[cfg(test)]
mod tests {
    use placet_core::RelationKind;

    use super::*;

    #[test]
    fn a_dubbed_recording_stands_on_translation_and_text() {
        let relation = |from: &str, kind, to: &str| Relation { from: from.into(), kind, to: to.into() };
        let relations = [
            relation("audiobook", RelationKind::Records, "translation"),
            relation("translation", RelationKind::Translates, "text"),
            relation("text", RelationKind::Adapts, "audiobook"),
            relation("audiobook", RelationKind::PartOf, "box"),
        ];
        let catalogue = Catalogue::new([("text", WorkKind::Text)], &relations);
        let layers = catalogue.layers_of(&"audiobook".into());
        assert_eq!(layers.iter().map(|n| &**n).collect::<Vec<_>>(), ["audiobook", "translation", "text"]);
    }
}
