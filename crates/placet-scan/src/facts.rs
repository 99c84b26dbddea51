//! What packs say about matched works: issuer, credits, reservations, grants.

use std::collections::HashMap;
use std::sync::Arc;

use placet_authorize::{GivenGrant, names};
use placet_core::{Proof, Reservation};
use placet_match::{PackError, PackSet, PackedWork};

/// Works whose facts a thread keeps; the rest is read again.
const KEPT_WORKS: usize = 4096;

/// The packs of a run, by number.
pub(crate) struct Packs<'p> {
    pub(crate) set: &'p PackSet,
    /// The issuers' names; where two keys share a name, the key's id is part of it.
    pub(crate) issuers: Vec<String>,
}

impl<'p> Packs<'p> {
    pub(crate) fn new(set: &'p PackSet) -> Packs<'p> {
        let keys: Vec<&str> = set.packs().iter().map(|pack| pack.manifest().issuer.as_str()).collect();
        let issuers = keys
            .iter()
            .map(|key| {
                let name = key.split('+').next().unwrap_or(key);
                let shared = keys.iter().any(|other| other != key && other.split('+').next() == Some(name));
                let with_id: Vec<&str> = key.splitn(3, '+').take(2).collect();
                if shared { with_id.join("+") } else { name.to_owned() }
            })
            .collect();
        Packs { set, issuers }
    }
}

/// One work with everything its pack says about it.
pub(crate) struct WorkFacts<'p> {
    pub(crate) packed: PackedWork,
    pub(crate) reservations: Vec<&'p Reservation>,
    pub(crate) grants: Vec<GivenGrant<'p>>,
}

/// The facts of the works met last, for one thread.
#[derive(Default)]
pub(crate) struct Facts<'p> {
    works: HashMap<(u16, u32), Arc<WorkFacts<'p>>>,
}

impl<'p> Facts<'p> {
    pub(crate) fn of(
        &mut self,
        packs: &Packs<'p>,
        pack: u16,
        work: u32,
    ) -> Result<Arc<WorkFacts<'p>>, PackError> {
        if let Some(known) = self.works.get(&(pack, work)) {
            return Ok(known.clone());
        }
        let Some(from) = packs.set.packs().get(usize::from(pack)) else {
            return Err(PackError::Malformed("a match names a pack that is not there"));
        };
        let packed = from.work(work)?;
        let (id, credits) = (packed.work.id.as_str(), packed.work.credits.as_slice());
        let facts = Arc::new(WorkFacts {
            reservations: from.reservations().iter().filter(|r| names(&r.scope, id, credits)).collect(),
            grants: from
                .grants()
                .iter()
                .filter(|grant| names(&grant.scope, id, credits))
                .map(|grant| GivenGrant { grant, proof: Proof::Signed, revoked_at: None })
                .collect(),
            packed,
        });
        if self.works.len() >= KEPT_WORKS {
            self.works.clear();
        }
        self.works.insert((pack, work), facts.clone());
        Ok(facts)
    }
}
