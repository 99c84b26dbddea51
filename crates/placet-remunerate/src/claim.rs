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

use crate::{Digest, Tree};

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
    /// By work, then by id.
    claims: Vec<Claim>,
    /// The works in order, each with the place of its first claim.
    works: Vec<(Name, usize)>,
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

impl ClaimDefect {
    /// The claim that is kept aside.
    fn id(&self) -> &Name {
        match self {
            ClaimDefect::SameId(id) | ClaimDefect::NotItsOwn { id, .. } => id,
        }
    }
}

impl ClaimBook {
    /// Sorts claims and disputes by work; what cannot count is named.
    pub fn new(
        claims: impl IntoIterator<Item = Claim>,
        disputes: impl IntoIterator<Item = Dispute>,
    ) -> (ClaimBook, Vec<ClaimDefect>) {
        let mut all: Vec<Claim> = claims.into_iter().collect();
        all.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let mut defects = Vec::new();
        let mut clashing = BTreeSet::new();
        for pair in all.windows(2) {
            if let [a, b] = pair
                && a.id == b.id
                && a != b
            {
                clashing.insert(a.id.clone());
            }
        }
        all.dedup_by(|later, first| later.id == first.id);
        if !clashing.is_empty() {
            all.retain(|c| !clashing.contains(&c.id));
            defects.extend(clashing.iter().map(|id| ClaimDefect::SameId(Name::from(&**id))));
        }
        for claim in &all {
            let Some(other) = &claim.supersedes else { continue };
            if let Ok(place) = all.binary_search_by(|c| c.id.cmp(other))
                && let Some(other) = all.get(place)
                && other.party != claim.party
            {
                let (id, other) = (Name::from(&*claim.id), Name::from(&*other.id));
                defects.push(ClaimDefect::NotItsOwn { id, other });
            }
        }
        defects.sort_by(|a, b| a.id().cmp(b.id()));
        // In place: there may be millions.
        all.sort_unstable_by(|a, b| (&a.work, &a.id).cmp(&(&b.work, &b.id)));
        let mut book = ClaimBook::default();
        for (place, claim) in all.iter().enumerate() {
            if book.works.last().is_none_or(|(work, _)| **work != *claim.work) {
                book.works.push((Name::from(&*claim.work), place));
            }
        }
        book.claims = all;
        for dispute in disputes {
            book.disputes.entry(dispute.work.clone()).or_default().push(dispute);
        }
        for list in book.disputes.values_mut() {
            list.sort_by(|a, b| a.case.cmp(&b.case).then(a.opened_at.cmp(&b.opened_at)));
        }
        (book, defects)
    }

    /// Identifies all claims and disputes.
    pub fn digest(&self) -> Digest {
        let (mut claims, mut disputes) = (Tree::default(), Tree::default());
        self.claims.iter().for_each(|c| claims.push(&Digest::of_value(c)));
        self.disputes.values().flatten().for_each(|d| disputes.push(&Digest::of_value(d)));
        Digest::of_value(&(claims.root(), disputes.root()))
    }

    /// Every work somebody claims a part in.
    pub fn works(&self) -> impl Iterator<Item = &Name> {
        self.works.iter().map(|(work, _)| work)
    }

    /// The latest moment up to `until` at which a claim was asserted, or a dispute opened or closed; none without any.
    pub fn latest(&self, until: Timestamp) -> Option<Timestamp> {
        let claims = self.claims.iter().map(|c| c.asserted_at);
        let disputes = self.disputes.values().flatten();
        let disputes = disputes.flat_map(|d| [Some(d.opened_at), d.closed_at]).flatten();
        claims.chain(disputes).filter(|at| *at <= until).max()
    }

    /// All claims in a work, by id.
    pub fn of(&self, work: &str) -> &[Claim] {
        let Ok(place) = self.works.binary_search_by(|(name, _)| (**name).cmp(work)) else { return &[] };
        let from = self.works.get(place).map_or(0, |(_, from)| *from);
        let until = self.works.get(place + 1).map_or(self.claims.len(), |(_, until)| *until);
        self.claims.get(from..until).unwrap_or_default()
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
