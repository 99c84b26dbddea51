//! Decisions about claims: who holds how much where several say different things, and disputes opened and closed.
//!
//! A decision edits nothing. It records claims of its own in the place of those it decides on, with a reason and an
//! author, signed with the issuer's key where there is one; undoing it is another decision.

use jiff::Timestamp;
use placet_core::note::{Signer, sign};
use placet_core::{Claim, Share};
use placet_remunerate::claim::Dispute;
use serde::{Deserialize, Serialize};

use crate::claims::{ClaimSource, ClaimWriter, claim_id, short_hash};
use crate::db::{Database, Value};
use crate::import::register::json;
use crate::{Registry, RegistryError};

/// What was decided, why, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id.
    pub id: String,
    /// About which work.
    pub work: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Shares that it sets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Decided>,
    /// Cases that it opens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opens: Vec<String>,
    /// Cases that it closes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<String>,
    /// The decision that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// The signed note over all of the above; absent where the registry has no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A share that a decision sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The claim decided on.
    pub claim: String,
    /// The claim that takes its place.
    pub by: String,
    /// The share before.
    pub from: Share,
    /// The share now.
    pub to: Share,
}

/// What is to be decided.
#[derive(Clone, Debug, Default)]
pub struct Ruling<'a> {
    /// Why.
    pub reason: &'a str,
    /// Claims and the shares that they shall have.
    pub shares: &'a [(String, Share)],
    /// The claims of a dispute to be opened.
    pub dispute: &'a [String],
}

impl Registry {
    /// Decides on claims in a work. Open cases about a claim that gets its share are closed.
    pub fn decide(
        &mut self,
        work: &str,
        ruling: &Ruling<'_>,
        signer: Option<&Signer>,
        at: Timestamp,
    ) -> Result<Decision, RegistryError> {
        let named = ruling.shares.iter().map(|(id, _)| id).chain(ruling.dispute);
        for id in named {
            self.newest_claim(work, id)?;
        }
        let closes: Vec<Dispute> = self
            .disputes_at(at)?
            .into_iter()
            .filter(|d| &*d.work == work && d.is_open(at))
            .filter(|d| ruling.shares.iter().any(|(id, _)| d.claims.contains(id.as_str())))
            .collect();
        let shares: Vec<(String, Share)> = ruling.shares.to_vec();
        let opens = (!ruling.dispute.is_empty())
            .then(|| Dispute {
                case: "".into(),
                work: work.into(),
                claims: ruling.dispute.iter().map(|id| id.as_str().into()).collect(),
                opened_at: at,
                closed_at: None,
            })
            .into_iter()
            .collect();
        self.record(work, ruling.reason, &shares, opens, closes, None, signer, at)
    }

    /// Takes a decision back: shares are as before it, cases that it closed are open again, cases that it opened are
    /// closed. Refused where a claim has changed since.
    pub fn undo(
        &mut self,
        decision: &str,
        reason: &str,
        signer: Option<&Signer>,
        at: Timestamp,
    ) -> Result<Decision, RegistryError> {
        let unknown = || RegistryError::Unknown { what: "decision in force", id: decision.to_owned() };
        let all = self.decisions_at(at)?;
        let old = all.iter().find(|d| d.id == decision).ok_or_else(unknown)?.clone();
        if all.iter().any(|d| d.undoes.as_deref() == Some(decision)) {
            return Err(unknown());
        }
        let mut shares = Vec::new();
        for decided in &old.shares {
            self.newest_claim(&old.work, &decided.by)?;
            shares.push((decided.by.clone(), decided.from));
        }
        let disputes = self.disputes_at(at)?;
        let of = |cases: &[String]| -> Vec<Dispute> {
            disputes.iter().filter(|d| cases.iter().any(|c| **c == *d.case)).cloned().collect()
        };
        let reopen = of(&old.closes).into_iter().map(|d| Dispute { closed_at: None, ..d }).collect();
        let close = of(&old.opens).into_iter().filter(|d| d.closed_at.is_none()).collect();
        self.record(&old.work, reason, &shares, reopen, close, Some(decision), signer, at)
    }

    /// Decisions by a moment, the oldest first.
    pub fn decisions_at(&self, at: Timestamp) -> Result<Vec<Decision>, RegistryError> {
        let mut decisions = Vec::new();
        self.db.query(
            "SELECT d.record FROM decision d JOIN edit e ON e.edit_id = d.edit_id \
             WHERE e.at_us <= $1 ORDER BY d.edit_id, d.decision_id",
            &[Value::Int(at.as_microsecond())],
            &mut |row| {
                decisions.push(row.json(0)?);
                Ok(())
            },
        )?;
        Ok(decisions)
    }

    /// A claim in a work that no other one has superseded.
    fn newest_claim(&self, work: &str, id: &str) -> Result<(), RegistryError> {
        let entries = self.claims_in(work, Timestamp::MAX)?;
        let known = crate::claims::newest(&entries).into_iter().any(|e| e.claim.id == id);
        let unknown = || RegistryError::Unknown { what: "claim in force in this work", id: id.to_owned() };
        known.then_some(()).ok_or_else(unknown)
    }

    #[expect(clippy::too_many_arguments, reason = "one private place where a decision is put together")]
    fn record(
        &mut self,
        work: &str,
        reason: &str,
        shares: &[(String, Share)],
        opens: Vec<Dispute>,
        closes: Vec<Dispute>,
        undoes: Option<&str>,
        signer: Option<&Signer>,
        at: Timestamp,
    ) -> Result<Decision, RegistryError> {
        let author = self.author.clone();
        let (work, reason) = (work.to_owned(), reason.to_owned());
        let undoes = undoes.map(str::to_owned);
        self.edit("decide", at, |db, edit| {
            let id = format!("d-{}", &short_hash(&format!("{edit} {work} {reason}"))[..10]);
            let mut decision = Decision {
                id: id.clone(),
                work: work.clone(),
                reason,
                author,
                at,
                shares: Vec::new(),
                opens: Vec::new(),
                closes: Vec::new(),
                undoes,
                note: None,
            };
            for (claim, share) in shares {
                decision.shares.push(set_share(db, edit, at, claim, *share, &id)?);
            }
            for (n, mut dispute) in (1..).zip(opens) {
                if dispute.case.is_empty() {
                    dispute.case = format!("{id}-{n}").into();
                }
                decision.opens.push(dispute.case.to_string());
                write_dispute(db, edit, &dispute)?;
            }
            for mut dispute in closes {
                dispute.closed_at = Some(at);
                decision.closes.push(dispute.case.to_string());
                write_dispute(db, edit, &dispute)?;
            }
            let text = format!("placet.decision/1\n{}\n", json(&decision));
            decision.note = signer.and_then(|signer| sign(&text, &[signer]).ok());
            db.execute(
                "INSERT INTO decision (decision_id, edit_id, work_id, record) VALUES ($1, $2, $3, $4)",
                &[Value::Text(&id), Value::Int(edit), Value::Text(&work), Value::Text(&json(&decision))],
            )?;
            Ok(decision)
        })
    }
}

fn write_dispute(db: &Database, edit: i64, dispute: &Dispute) -> Result<(), RegistryError> {
    db.execute(
        "INSERT INTO dispute (case_id, edit_id, work_id, record) VALUES ($1, $2, $3, $4)",
        &[
            Value::Text(&dispute.case),
            Value::Int(edit),
            Value::Text(&dispute.work),
            Value::Text(&json(dispute)),
        ],
    )?;
    Ok(())
}

/// A version of the claim with the share decided on, in the name of whoever made the claim.
fn set_share(
    db: &Database,
    edit: i64,
    at: Timestamp,
    claim: &str,
    share: Share,
    decision: &str,
) -> Result<Decided, RegistryError> {
    let unknown = || RegistryError::Unknown { what: "claim", id: claim.to_owned() };
    let found: Option<(String, i64, Claim, ClaimSource)> = db.first(
        "SELECT slot, version, record, source FROM claim WHERE claim_id = $1",
        &[Value::Text(claim)],
        |row| Ok((row.text(0)?, row.int(1)?, row.json(2)?, row.json(3)?)),
    )?;
    let (slot, version, old, source) = found.ok_or_else(unknown)?;
    let mut evidence = old.evidence.clone();
    evidence.retain(|line| !line.starts_with(DECISION));
    evidence.push(format!("{DECISION}{decision}"));
    let new = Claim {
        id: claim_id(&slot, version + 1),
        share,
        evidence,
        asserted_at: at,
        supersedes: Some(old.id.clone()),
        ..old.clone()
    };
    let mut begun = |_: &Database| Ok(edit);
    let mut writer = ClaimWriter { db, source: &source, at, edit: &mut begun };
    writer.insert(&slot, version + 1, &new, false, source.place.as_deref())?;
    Ok(Decided { claim: old.id, by: new.id, from: old.share, to: share })
}

/// How the evidence of a claim names the decision that set its share.
pub(crate) const DECISION: &str = "decision ";
