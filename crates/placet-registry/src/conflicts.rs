//! Works whose claims do not come to the whole, and who has to hear of a claim. Both are answers computed from the
//! claims as of a moment; nothing of it is stored.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use placet_core::{Claim, Right, Role, Share, Territory, Use, UseStage};
use placet_remunerate::claim::{ClaimBook, Name, Question};
use placet_remunerate::resolve::{RuleSet, State, notices, resolve};
use serde::Serialize;

use crate::claims::ClaimEntry;
use crate::holdings::follow;
use crate::import::deliver::day_of;
use crate::{Registry, RegistryError};

/// A right in a work that is not held as a whole by those who claim it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// In which work.
    pub work: String,
    /// Its title.
    pub title: String,
    /// Which right.
    pub right: Right,
    /// At which stage; `any` where the claims make no difference.
    pub stage: UseStage,
    /// Where.
    pub territory: Territory,
    /// Over-claimed, disputed or under-claimed.
    pub state: State,
    /// The sum of the shares that are stated.
    pub stated: String,
    /// The part that is held because claims or a dispute contest it.
    pub contested: String,
    /// The part that nobody is known to hold.
    pub unclaimed: String,
    /// Open cases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Name>,
    /// The claims, by id.
    pub claims: Vec<ConflictingClaim>,
}

/// A claim within a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConflictingClaim {
    /// Its id.
    pub id: String,
    /// Whose.
    pub party: String,
    /// In which role.
    pub role: Role,
    /// How much is claimed.
    pub share: Share,
    /// How much of it is paid as things stand.
    pub safe: String,
}

/// A claim of another that a party has to hear of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClaimNotice {
    /// When it was recorded.
    pub at: Timestamp,
    /// In which work.
    pub work: String,
    /// Its title.
    pub title: String,
    /// Id of the claim.
    pub claim: String,
    /// Whose claim.
    pub claimant: String,
    /// The claimant's name.
    pub name: String,
    /// In which role.
    pub role: Role,
    /// Which right.
    pub right: Right,
    /// How much.
    pub share: Share,
    /// What the work's claims came to with it.
    pub state: State,
    /// Whether it reaches into the told party's share.
    pub touches: bool,
}

impl Registry {
    /// Rights in works that the claims do not make whole, as known at a moment, for uses of a day.
    pub fn conflicts(
        &self,
        rules: &RuleSet,
        day: Date,
        at: Timestamp,
    ) -> Result<Vec<Conflict>, RegistryError> {
        let holdings = self.claims(at)?;
        let mut found = Vec::new();
        for work in holdings.claims.works() {
            let mut title = None;
            for question in questions(&holdings.claims, work, day, at) {
                let Some(mut conflict) = conflict(&holdings.claims, rules, &question) else { continue };
                if title.is_none() {
                    title = Some(self.work(work)?.map(|entry| entry.work.title).unwrap_or_default());
                }
                conflict.title = title.clone().unwrap_or_default();
                found.push(conflict);
            }
        }
        Ok(found)
    }

    /// Claims of others, later than the party's first claim in the work, that it has to hear of; the oldest first.
    pub fn notices(
        &self,
        party: &str,
        rules: &RuleSet,
        at: Timestamp,
    ) -> Result<Vec<ClaimNotice>, RegistryError> {
        let mut first: BTreeMap<String, Timestamp> = BTreeMap::new();
        for entry in self.claims_of(party, at)? {
            first.entry(entry.claim.work).or_insert(entry.claim.asserted_at);
        }
        let mut told = Vec::new();
        for (work, since) in first {
            let entries = self.claims_in(&work, at)?;
            let title = self.work(&work)?.map(|entry| entry.work.title).unwrap_or_default();
            let disputes = follow(self.disputes_at(at)?, entries.iter().map(|e| &e.claim));
            let (book, _) = ClaimBook::new(entries.iter().map(|e| e.claim.clone()), disputes);
            for entry in entries.iter().filter(|e| e.claim.asserted_at > since && !e.ended) {
                told.extend(notice(&book, rules, party, entry, &title));
            }
        }
        told.sort_by(|a, b| (a.at, &a.work, &a.claim).cmp(&(b.at, &b.work, &b.claim)));
        Ok(told)
    }
}

fn notice(
    book: &ClaimBook,
    rules: &RuleSet,
    party: &str,
    entry: &ClaimEntry,
    title: &str,
) -> Option<ClaimNotice> {
    let claim = &entry.claim;
    let question = Question {
        work: claim.work.as_str().into(),
        right: claim.right,
        purpose: purpose(claim.stage),
        territory: claim.territory.clone(),
        day: claim.period.from.unwrap_or_else(|| day_of(claim.asserted_at)),
        as_of: claim.asserted_at,
    };
    let found = notices(book, rules, &question, &claim.id).into_iter().find(|n| &*n.to == party)?;
    Some(ClaimNotice {
        at: claim.asserted_at,
        work: claim.work.clone(),
        title: title.to_owned(),
        claim: claim.id.clone(),
        claimant: claim.party.clone(),
        name: entry.name.clone(),
        role: claim.role,
        right: claim.right,
        share: claim.share,
        state: found.state,
        touches: found.touches,
    })
}

/// A use of a stage.
fn purpose(stage: UseStage) -> Use {
    match stage {
        UseStage::Ingest => Use::Access,
        UseStage::Train | UseStage::Any => Use::TrainGen,
        UseStage::Serve => Use::AiIndex,
        UseStage::Output => Use::AiOutput,
    }
}

/// The questions that have different answers: each right, each stage if the claims tell stages apart, and the
/// countries in groups for which the same claims are in force.
fn questions(book: &ClaimBook, work: &Name, day: Date, as_of: Timestamp) -> Vec<Question> {
    let claims = book.of(work);
    let rights: BTreeSet<Right> = claims.iter().map(|c| c.right).collect();
    let staged = claims.iter().any(|c| c.stage != UseStage::Any);
    let purposes = if staged {
        [UseStage::Ingest, UseStage::Train, UseStage::Serve, UseStage::Output].map(purpose).to_vec()
    } else {
        vec![purpose(UseStage::Any)]
    };
    let mut named: BTreeSet<[u8; 2]> = BTreeSet::new();
    for claim in claims {
        if let Territory::Countries(c) | Territory::WorldWithout(c) = &claim.territory {
            named.extend(c);
        }
    }
    let elsewhere = if named.is_empty() { Territory::World } else { Territory::WorldWithout(named.clone()) };
    let mut all = Vec::new();
    for right in rights {
        for purpose in &purposes {
            let ask = |territory: Territory| Question {
                work: work.clone(),
                right,
                purpose: *purpose,
                territory,
                day,
                as_of,
            };
            all.push(ask(elsewhere.clone()));
            let mut alike: BTreeMap<Vec<&str>, BTreeSet<[u8; 2]>> = BTreeMap::new();
            for country in &named {
                let question = ask(Territory::Countries([*country].into()));
                let ids: Vec<&str> = book.in_force(&question).iter().map(|c| c.id.as_str()).collect();
                alike.entry(ids).or_default().insert(*country);
            }
            all.extend(alike.into_values().map(|countries| ask(Territory::Countries(countries))));
        }
    }
    all
}

fn conflict(book: &ClaimBook, rules: &RuleSet, question: &Question) -> Option<Conflict> {
    let answer = resolve(book, rules, question);
    if answer.state == State::Resolved || answer.parts.is_empty() {
        return None;
    }
    let staged = book.of(&question.work).iter().any(|c| c.stage != UseStage::Any);
    let claims: Vec<ConflictingClaim> = answer
        .parts
        .iter()
        .map(|part| ConflictingClaim {
            id: part.claim.id.clone(),
            party: part.claim.party.clone(),
            role: part.claim.role,
            share: part.claim.share,
            safe: answer.fraction(&part.parts),
        })
        .collect();
    Some(Conflict {
        work: question.work.to_string(),
        title: String::new(),
        right: question.right,
        stage: if staged { placet_remunerate::claim::stage_of(question.purpose) } else { UseStage::Any },
        territory: question.territory.clone(),
        state: answer.state,
        stated: stated(answer.parts.iter().map(|part| part.claim)),
        contested: answer.fraction(&answer.contested),
        unclaimed: answer.fraction(&answer.unclaimed),
        cases: answer.cases,
        claims,
    })
}

/// The sum of stated shares in percent, exact to four places, for people.
fn stated<'a>(claims: impl Iterator<Item = &'a Claim>) -> String {
    let mut millionths: u128 = 0;
    for claim in claims {
        if let Share::Part(ratio) = claim.share {
            millionths += u128::from(ratio.numerator()) * 1_000_000 / u128::from(ratio.denominator());
        }
    }
    format!("{}.{:04} %", millionths / 10_000, millionths % 10_000)
}
