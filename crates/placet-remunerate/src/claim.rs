//! The claims in force for a question.
//!
//! A claim is an assertion with its source, never a fact. Nothing is edited: a correction supersedes, a
//! withdrawal supersedes with a share of zero. Two time axes stay apart: when a share is said to hold
//! (`period`), and when it was said (`asserted_at`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use placet_core::{Claim, Right, Role, Territory, Use, UseStage};
use serde::{Deserialize, Serialize};

use crate::{Digest, root};

/// The id of a work, a party, a claim or a mandate: shared text, cheap to pass on.
pub type Name = Arc<str>;

/// An open or closed disagreement about claims in a work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispute {
    /// Its case number.
    pub case: Name,
    /// About which work.
    pub work: Name,
    /// The claims it is about: only they are held.
    pub claims: BTreeSet<Name>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it ended, by withdrawal, agreement or decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
}

impl Dispute {
    /// Whether it was open then.
    pub fn is_open(&self, as_of: Timestamp) -> bool {
        self.opened_at <= as_of && self.closed_at.is_none_or(|end| end > as_of)
    }
}

/// The side a role stands on, where contracts and societies divide by sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Those who made the work.
    Creators,
    /// Those who performed it.
    Performers,
    /// Those who produced the recording or film.
    Producers,
    /// Those who publish it.
    Publishers,
    /// Those who hold rights otherwise.
    Holders,
}

impl Side {
    /// The side of a role.
    pub const fn of(role: Role) -> Side {
        match role {
            Role::Author
            | Role::Composer
            | Role::Lyricist
            | Role::Arranger
            | Role::Translator
            | Role::Subtitler
            | Role::AudiovisualAdapter
            | Role::Adapter
            | Role::Director
            | Role::Screenwriter
            | Role::Editor
            | Role::Illustrator
            | Role::Photographer => Side::Creators,
            Role::Performer | Role::SessionMusician | Role::DubbingPerformer | Role::Narrator => {
                Side::Performers
            }
            Role::Producer => Side::Producers,
            Role::Publisher => Side::Publishers,
            Role::Rightsholder => Side::Holders,
        }
    }
}

/// The stage at which a use takes place.
pub const fn stage_of(purpose: Use) -> UseStage {
    match purpose {
        Use::Access => UseStage::Ingest,
        Use::Tdm | Use::TrainNongen | Use::TrainGen | Use::FineTune | Use::Evaluation => UseStage::Train,
        Use::Search | Use::AiIndex | Use::AiInput => UseStage::Serve,
        Use::AiOutput | Use::Replica | Use::Display => UseStage::Output,
    }
}

/// What is asked of the claims: who holds this right in this work, for this use, there and then, as known then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// In which work.
    pub work: Name,
    /// Which right.
    pub right: Right,
    /// For which use.
    pub purpose: Use,
    /// Where the use took place.
    pub territory: Territory,
    /// The day of the use.
    pub day: Date,
    /// What had been asserted by then counts.
    pub as_of: Timestamp,
}

/// All claims and disputes, by work. The order they came in has no effect on anything.
#[derive(Clone, Debug, Default)]
pub struct ClaimBook {
    claims: BTreeMap<Name, Vec<Claim>>,
    disputes: BTreeMap<Name, Vec<Dispute>>,
}

/// A claim that was kept aside, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimDefect {
    /// Two different claims with one id: neither counts.
    #[error("two different claims carry the id {0}; neither counts until one gets an id of its own")]
    SameId(Name),
    /// Supersedes a claim of somebody else.
    #[error("claim {id} supersedes {other}, which is another party's; both stand")]
    NotItsOwn {
        /// The claim.
        id: Name,
        /// The claim it names.
        other: Name,
    },
}

impl ClaimBook {
    /// Sorts claims and disputes by work; what cannot count is named.
    pub fn new(
        claims: impl IntoIterator<Item = Claim>,
        disputes: impl IntoIterator<Item = Dispute>,
    ) -> (ClaimBook, Vec<ClaimDefect>) {
        let mut defects = BTreeMap::new();
        let mut by_id: BTreeMap<String, Claim> = BTreeMap::new();
        let mut clashing = BTreeSet::new();
        for claim in claims {
            if let Some(first) = by_id.get(&claim.id) {
                if *first != claim {
                    clashing.insert(claim.id.clone());
                }
                continue;
            }
            by_id.insert(claim.id.clone(), claim);
        }
        for id in clashing {
            by_id.remove(&id);
            let name = Name::from(&*id);
            defects.insert(id, ClaimDefect::SameId(name));
        }
        let mut book = ClaimBook::default();
        for (id, claim) in &by_id {
            if let Some(other) = claim.supersedes.as_ref().and_then(|o| by_id.get(o))
                && other.party != claim.party
            {
                let (name, other) = (Name::from(&**id), Name::from(&*other.id));
                defects.insert(id.clone(), ClaimDefect::NotItsOwn { id: name, other });
            }
        }
        for (_, claim) in by_id {
            if !book.claims.contains_key(&*claim.work) {
                book.claims.insert(Name::from(&*claim.work), Vec::new());
            }
            if let Some(list) = book.claims.get_mut(&*claim.work) {
                list.push(claim);
            }
        }
        for dispute in disputes {
            book.disputes.entry(dispute.work.clone()).or_default().push(dispute);
        }
        for list in book.disputes.values_mut() {
            list.sort_by(|a, b| a.case.cmp(&b.case).then(a.opened_at.cmp(&b.opened_at)));
        }
        (book, defects.into_values().collect())
    }

    /// Identifies all claims and disputes.
    pub fn digest(&self) -> Digest {
        let leaves = |of: &mut dyn Iterator<Item = Digest>| root(&of.collect::<Vec<_>>());
        let claims = leaves(&mut self.claims.values().flatten().map(Digest::of_value));
        let disputes = leaves(&mut self.disputes.values().flatten().map(Digest::of_value));
        Digest::of_value(&(claims, disputes))
    }

    /// Every work somebody claims a part in.
    pub fn works(&self) -> impl Iterator<Item = &Name> {
        self.claims.keys()
    }

    /// All claims in a work, by id.
    pub fn of(&self, work: &str) -> &[Claim] {
        self.claims.get(work).map_or(&[], Vec::as_slice)
    }

    /// All disputes about a work, by case.
    pub fn disputes(&self, work: &str) -> &[Dispute] {
        self.disputes.get(work).map_or(&[], Vec::as_slice)
    }

    /// The claims that answer a question: asserted by then, not superseded by then, for that right, use, place
    /// and day.
    pub fn in_force(&self, q: &Question) -> Vec<&Claim> {
        let all = self.of(&q.work);
        let known = |c: &&Claim| c.asserted_at <= q.as_of;
        let gone: BTreeSet<&String> = all
            .iter()
            .filter(known)
            .filter_map(|c| c.supersedes.as_ref().map(|old| (c, old)))
            .filter(|(c, old)| all.iter().any(|o| o.id == **old && o.party == c.party))
            .map(|(_, old)| old)
            .collect();
        let stage = stage_of(q.purpose);
        all.iter()
            .filter(known)
            .filter(|c| !gone.contains(&c.id))
            .filter(|c| c.right == q.right && (c.stage == stage || c.stage == UseStage::Any))
            .filter(|c| c.period.contains(q.day) && c.territory.covers(&q.territory))
            .collect()
    }

    /// The first days of the spans into which changes of the works' claims cut time: between two of them, the
    /// answer to a question is the same.
    pub fn boundaries<'a>(&self, works: impl IntoIterator<Item = &'a Name>) -> Vec<Date> {
        let mut days = BTreeSet::new();
        for claim in works.into_iter().flat_map(|w| self.of(w)) {
            days.extend(claim.period.from);
            days.extend(claim.period.until.and_then(|d| d.tomorrow().ok()));
        }
        days.into_iter().collect()
    }
}
