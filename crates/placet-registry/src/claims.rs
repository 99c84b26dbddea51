//! Claims: who asserts which share in which work, where that was said, and when.
//!
//! A claim is never edited. What one source says about one part of one work is a *slot*; a change in it is a new
//! version that supersedes the one before, an end is a version with a last day. Whatever was known at a moment can be
//! asked for again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use placet_core::{
    Basis, Claim, Identifier, Party, PartyKind, Period, Ratio, Right, Role, Share, Territory, UseStage,
};
use serde::{Deserialize, Serialize};

use crate::db::{Database, Row, Value};
use crate::decisions::DECISION;
use crate::import::register::json;
use crate::works::party_key;
use crate::{Registry, RegistryError};

/// Where a claim was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimSource {
    /// Who said it: the sender of the delivery, or the author of the entry.
    pub origin: String,
    /// The standard and version of the file: `CWR 2.1`, `ERN 4.3`, `CSV`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where in the file: a line, an element, a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// A claim as the registry keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClaimEntry {
    /// The claim.
    pub claim: Claim,
    /// Where it was found.
    pub source: ClaimSource,
    /// Its number among the versions of its slot, from 1.
    pub version: u64,
    /// It says that the claim before it ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// Name of the party.
    pub name: String,
    /// Who recorded it.
    pub author: String,
}

/// A party as a source names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyDraft {
    /// Name as credited.
    pub name: String,
    /// What it is, where that is known.
    pub kind: PartyKind,
    /// Identifiers, the most reliable first.
    pub identifiers: Vec<Identifier>,
}

impl PartyDraft {
    /// A party known by its name alone.
    pub fn named(name: &str) -> PartyDraft {
        PartyDraft { name: name.to_owned(), kind: PartyKind::Unknown, identifiers: Vec::new() }
    }
}

/// A party as a person writes it: an identifier (`ipi:…`, `isni:…`) with a name beside it, or a name.
pub fn party_draft(called: &str, name: Option<&str>) -> PartyDraft {
    let identifiers: Vec<Identifier> = called.parse().into_iter().collect();
    let name = name.unwrap_or(called.strip_prefix("name:").unwrap_or(called)).to_owned();
    let by_name = called.starts_with("name:");
    PartyDraft { name, kind: PartyKind::Unknown, identifiers: if by_name { Vec::new() } else { identifiers } }
}

/// A claim to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimDraft {
    /// Who claims.
    pub party: PartyDraft,
    /// In which role.
    pub role: Role,
    /// Which right.
    pub right: Right,
    /// At which stage of the use.
    pub stage: UseStage,
    /// Where.
    pub territory: Territory,
    /// When.
    pub period: Period,
    /// How much.
    pub share: Share,
    /// On which ground.
    pub basis: Basis,
    /// References to documents.
    pub evidence: Vec<String>,
    /// Where in the file it stands.
    pub place: Option<String>,
}

/// What came of recording claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClaimCounts {
    /// Said for the first time.
    pub new: u64,
    /// Said differently than before: a new version.
    pub changed: u64,
    /// As they were.
    pub unchanged: u64,
    /// Said before and now ended.
    pub ended: u64,
}

impl std::ops::AddAssign for ClaimCounts {
    fn add_assign(&mut self, other: ClaimCounts) {
        self.new += other.new;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.ended += other.ended;
    }
}

impl Registry {
    /// Records claims in one work in the author's name. What stands already in the same words changes nothing.
    pub fn claim(
        &mut self,
        work: &str,
        drafts: &[ClaimDraft],
        at: Timestamp,
    ) -> Result<ClaimCounts, RegistryError> {
        self.record_claims(work, drafts, None, at)
    }

    /// Records claims in the place of all that the author said about the work: what is not said again ends on that day.
    pub fn restate(
        &mut self,
        work: &str,
        drafts: &[ClaimDraft],
        last_day: Date,
        at: Timestamp,
    ) -> Result<ClaimCounts, RegistryError> {
        self.record_claims(work, drafts, Some(last_day), at)
    }

    fn record_claims(
        &mut self,
        work: &str,
        drafts: &[ClaimDraft],
        last_day: Option<Date>,
        at: Timestamp,
    ) -> Result<ClaimCounts, RegistryError> {
        if self.work(work)?.is_none_or(|entry| entry.work.id != work) {
            return Err(RegistryError::UnknownWorks { ids: vec![work.to_owned()] });
        }
        let source = ClaimSource { origin: self.author.clone(), standard: None, file: None, place: None };
        self.edit("claim", at, |db, edit| {
            ClaimWriter { db, source: &source, at, edit: &mut |_| Ok(edit) }.write(work, drafts, last_day)
        })
    }

    /// Visits every version of every claim that had been recorded by a moment, in the order of works and claims.
    pub fn claims_at(
        &self,
        at: Timestamp,
        visit: &mut dyn FnMut(ClaimEntry) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        self.db.query(
            &format!("{SELECT} WHERE e.at_us <= $1 ORDER BY c.work_id, c.claim_id"),
            &[Value::Int(at.as_microsecond())],
            &mut |row| visit(entry(row)?),
        )
    }

    /// Every version of the claims in a work that had been recorded by a moment, the oldest first.
    pub fn claims_in(&self, work: &str, at: Timestamp) -> Result<Vec<ClaimEntry>, RegistryError> {
        self.listed("c.work_id = $2", work, at)
    }

    /// Every version of a party's claims that had been recorded by a moment, the oldest first.
    pub fn claims_of(&self, party: &str, at: Timestamp) -> Result<Vec<ClaimEntry>, RegistryError> {
        self.listed("c.party_id = $2", party, at)
    }

    fn listed(&self, which: &str, id: &str, at: Timestamp) -> Result<Vec<ClaimEntry>, RegistryError> {
        let mut entries = Vec::new();
        self.db.query(
            &format!("{SELECT} WHERE e.at_us <= $1 AND {which} ORDER BY c.edit_id, c.claim_id"),
            &[Value::Int(at.as_microsecond()), Value::Text(id)],
            &mut |row| {
                entries.push(entry(row)?);
                Ok(())
            },
        )?;
        Ok(entries)
    }

    /// The parties that an identifier (`ipi:…`, `isni:…`), an id or a name means.
    pub fn parties_called(&self, called: &str) -> Result<Vec<Party>, RegistryError> {
        let mut parties = Vec::new();
        let alias = match called.parse::<Identifier>() {
            Ok(identifier) => identifier.to_string(),
            Err(_) => called.trim().to_owned(),
        };
        self.db.query(
            "SELECT p.record FROM party p WHERE p.party_id IN ($1, $2) OR p.party_id IN \
             (SELECT a.party_id FROM party_alias a WHERE a.alias IN ($1, $2)) ORDER BY p.party_id",
            &[Value::Text(&alias), Value::Text(&party_key(called))],
            &mut |row| {
                parties.push(row.json(0)?);
                Ok(())
            },
        )?;
        Ok(parties)
    }
}

const SELECT: &str = "SELECT c.record, c.source, c.version, c.ended, p.record, e.author FROM claim c \
                      JOIN edit e ON e.edit_id = c.edit_id JOIN party p ON p.party_id = c.party_id";

fn entry(row: &Row<'_>) -> Result<ClaimEntry, RegistryError> {
    let party: Party = row.json(4)?;
    Ok(ClaimEntry {
        claim: row.json(0)?,
        source: row.json(1)?,
        version: row.int(2)? as u64,
        ended: row.int(3)? == 1,
        name: party.name,
        author: row.text(5)?,
    })
}

/// The newest versions among the entries of a work: one for each slot. Entries come oldest first.
pub fn newest(entries: &[ClaimEntry]) -> Vec<&ClaimEntry> {
    let gone: BTreeSet<&str> = entries.iter().filter_map(|e| e.claim.supersedes.as_deref()).collect();
    entries.iter().filter(|e| !gone.contains(e.claim.id.as_str())).collect()
}

/// Writes what one source says about claims.
pub(crate) struct ClaimWriter<'a> {
    pub(crate) db: &'a Database,
    pub(crate) source: &'a ClaimSource,
    pub(crate) at: Timestamp,
    /// The edit that the changes belong to, begun with the first of them.
    pub(crate) edit: &'a mut dyn FnMut(&Database) -> Result<i64, RegistryError>,
}

/// The newest version in a slot.
struct Head {
    slot: String,
    /// Who said it.
    origin: String,
    claim: Claim,
    version: i64,
    ended: bool,
}

impl Head {
    /// Whether it is about the same part of the work: only share, period and ground may differ.
    fn is_about(&self, draft: &ClaimDraft, party: &str) -> bool {
        let c = &self.claim;
        (c.party.as_str(), c.role, c.right, c.stage, &c.territory)
            == (party, draft.role, draft.right, draft.stage, &draft.territory)
    }

    fn says(&self, draft: &ClaimDraft) -> bool {
        let c = &self.claim;
        !self.ended && (c.share, c.period, c.basis) == (draft.share, draft.period, draft.basis)
    }

    /// Whether another source's claim is the same claim: what it says of the share does not contradict.
    fn agrees(&self, draft: &ClaimDraft) -> bool {
        !self.ended
            && (self.claim.share == draft.share
                || self.claim.share == Share::Unknown
                || draft.share == Share::Unknown)
    }
}

impl ClaimWriter<'_> {
    /// Records claims; with a last day, in the place of all that the source said about the work.
    pub(crate) fn write(
        &mut self,
        work: &str,
        drafts: &[ClaimDraft],
        last_day: Option<Date>,
    ) -> Result<ClaimCounts, RegistryError> {
        let mut counts = ClaimCounts::default();
        let mut heads = self.heads(work)?;
        for draft in drafts {
            let party = self.party(&draft.party)?;
            // The same words twice in one delivery are two claims: a writer may stand in a work with two shares. Each
            // takes the next free slot of its source. What another source said already is not claimed twice.
            let own = |h: &Head| h.is_about(draft, &party) && h.origin == self.source.origin;
            let mine = heads
                .iter()
                .position(|h| own(h) && h.says(draft))
                .or_else(|| heads.iter().position(own))
                .or_else(|| heads.iter().position(|h| h.is_about(draft, &party) && h.agrees(draft)));
            let head = mine.map(|at| heads.remove(at));
            if let Some(head) = &head {
                let anothers = head.origin != self.source.origin;
                let adds_nothing = draft.share == Share::Unknown || head.claim.share == draft.share;
                if head.says(draft) || (anothers && adds_nothing) || self.was_decided_on(head, draft)? {
                    counts.unchanged += 1;
                    continue;
                }
            }
            let (slot, version) = match &head {
                Some(head) => (head.slot.clone(), head.version + 1),
                None => (self.free_slot(work, &party, draft)?, 1),
            };
            let claim = Claim {
                id: claim_id(&slot, version),
                party,
                work: work.to_owned(),
                role: draft.role,
                right: draft.right,
                stage: draft.stage,
                territory: draft.territory.clone(),
                period: draft.period,
                share: draft.share,
                basis: draft.basis,
                evidence: draft.evidence.clone(),
                asserted_at: self.at,
                supersedes: head.as_ref().map(|head| head.claim.id.clone()),
            };
            self.insert(&slot, version, &claim, false, draft.place.as_deref())?;
            if head.is_some() { counts.changed += 1 } else { counts.new += 1 }
        }
        let Some(last_day) = last_day else { return Ok(counts) };
        for head in heads.iter().filter(|h| !h.ended && h.origin == self.source.origin) {
            self.end(head, last_day)?;
            counts.ended += 1;
        }
        Ok(counts)
    }

    /// Whether a source repeats what a decision has set aside: the decision stands until the source says something new.
    fn was_decided_on(&self, head: &Head, draft: &ClaimDraft) -> Result<bool, RegistryError> {
        if !head.claim.evidence.iter().any(|line| line.starts_with(DECISION)) {
            return Ok(false);
        }
        let Some(before) = &head.claim.supersedes else { return Ok(false) };
        let before: Option<Claim> =
            self.db.first("SELECT record FROM claim WHERE claim_id = $1", &[Value::Text(before)], |row| {
                row.json(0)
            })?;
        Ok(before.is_some_and(|old| {
            (old.share, old.period, old.basis) == (draft.share, draft.period, draft.basis)
        }))
    }

    /// A slot for a claim that nobody made before.
    fn free_slot(&self, work: &str, party: &str, draft: &ClaimDraft) -> Result<String, RegistryError> {
        let ClaimDraft { role, right, stage, territory, .. } = draft;
        let words = [
            self.source.origin.as_str(),
            work,
            party,
            role.code(),
            right.code(),
            stage.code(),
            &territory.to_string(),
        ];
        let hash = short_hash(&words.join("\n"));
        let taken = self.db.first(
            "SELECT COUNT(DISTINCT slot) FROM claim WHERE work_id = $1 AND slot LIKE $2",
            &[Value::Text(work), Value::Text(&format!("{hash}-%"))],
            |row| row.int(0),
        )?;
        Ok(format!("{hash}-{}", taken.unwrap_or(0) + 1))
    }

    /// Ends a claim: it holds for uses up to that day. A claim that would begin later comes to nothing.
    fn end(&mut self, head: &Head, last_day: Date) -> Result<(), RegistryError> {
        let mut claim = Claim {
            id: claim_id(&head.slot, head.version + 1),
            asserted_at: self.at,
            supersedes: Some(head.claim.id.clone()),
            ..head.claim.clone()
        };
        if head.claim.period.from.is_some_and(|from| from > last_day) {
            claim.share = Ratio::new(0, 1).map_or(Share::Unknown, Share::Part);
        } else {
            let until = head.claim.period.until.map_or(last_day, |until| until.min(last_day));
            claim.period.until = Some(until);
        }
        self.insert(&head.slot, head.version + 1, &claim, true, None)
    }

    /// The newest version in every slot of a work, in the order of the slots.
    fn heads(&self, work: &str) -> Result<Vec<Head>, RegistryError> {
        let mut heads = BTreeMap::new();
        self.db.query(
            "SELECT slot, origin, version, ended, record FROM claim WHERE work_id = $1 ORDER BY version",
            &[Value::Text(work)],
            &mut |row| {
                let slot = row.text(0)?;
                let head = Head {
                    slot: slot.clone(),
                    origin: row.text(1)?,
                    version: row.int(2)?,
                    ended: row.int(3)? == 1,
                    claim: row.json(4)?,
                };
                heads.insert(slot, head);
                Ok(())
            },
        )?;
        Ok(heads.into_values().collect())
    }

    pub(crate) fn insert(
        &mut self,
        slot: &str,
        version: i64,
        claim: &Claim,
        ended: bool,
        place: Option<&str>,
    ) -> Result<(), RegistryError> {
        let edit = (self.edit)(self.db)?;
        let source = ClaimSource { place: place.map(str::to_owned), ..self.source.clone() };
        self.db.execute(
            "INSERT INTO claim (claim_id, slot, version, origin, work_id, party_id, ended, edit_id, record, source) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                Value::Text(&claim.id),
                Value::Text(slot),
                Value::Int(version),
                Value::Text(&self.source.origin),
                Value::Text(&claim.work),
                Value::Text(&claim.party),
                Value::Int(i64::from(ended)),
                Value::Int(edit),
                Value::Text(&json(claim)),
                Value::Text(&json(&source)),
            ],
        )?;
        Ok(())
    }

    /// The id of a party: one of its identifiers known before, else the first, else its name.
    pub(crate) fn party(&mut self, draft: &PartyDraft) -> Result<String, RegistryError> {
        let identifiers: Vec<String> = draft.identifiers.iter().map(Identifier::to_string).collect();
        let mut known = None;
        for identifier in &identifiers {
            known = self.db.first(
                "SELECT party_id FROM party_alias WHERE alias = $1 ORDER BY party_id LIMIT 1",
                &[Value::Text(identifier)],
                |row| row.text(0),
            )?;
            if known.is_some() {
                break;
            }
        }
        let name = party_key(&draft.name);
        let id = known.unwrap_or_else(|| identifiers.first().unwrap_or(&name).clone());
        for alias in identifiers.iter().chain([&name]) {
            let found = self.db.first(
                "SELECT 1 FROM party_alias WHERE alias = $1 AND party_id = $2",
                &[Value::Text(alias), Value::Text(&id)],
                |_| Ok(()),
            )?;
            if found.is_some() {
                continue;
            }
            let edit = (self.edit)(self.db)?;
            let party = Party {
                id: id.clone(),
                kind: draft.kind,
                name: draft.name.clone(),
                identifiers: draft.identifiers.clone(),
            };
            self.db.execute(
                "INSERT INTO party (party_id, edit_id, record) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                &[Value::Text(&id), Value::Int(edit), Value::Text(&json(&party))],
            )?;
            self.db.execute(
                "INSERT INTO party_alias (alias, party_id, edit_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                &[Value::Text(alias), Value::Text(&id), Value::Int(edit)],
            )?;
        }
        Ok(id)
    }
}

/// The same version of the same slot has the same id in every registry.
pub(crate) fn claim_id(slot: &str, version: i64) -> String {
    format!("c-{}", &blake3::hash(format!("{slot} {version}").as_bytes()).to_hex()[..16])
}

pub(crate) fn short_hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}
