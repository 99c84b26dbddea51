//! Whether a matched work is granted: every holder, for this use, licensee, day and territory.

use placet_core::{Credit, Grant, Role, Use};

use crate::applies::overlap;
use crate::facts::same_party;
use crate::{Asking, GivenGrant, Matched, Profile};

/// What the holders of one matched work say about a use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holders<'a> {
    /// Grants that are needed, by their place in the match's list.
    pub(crate) grants: Vec<usize>,
    /// Reservations that nobody lifts, by their place in the match's list.
    pub(crate) reserved: Vec<usize>,
    /// Reservations that a grant lifts.
    pub(crate) lifted: Vec<usize>,
    /// Credits whose yes is missing; the party is absent where the credits are not known.
    pub(crate) missing: Vec<(Option<Role>, Option<&'a str>)>,
    /// A grant that gives one of the required yeses.
    pub(crate) partly: Option<usize>,
    /// Whether any grant for the use counts at all.
    pub(crate) some: bool,
}

impl Holders<'_> {
    /// Whether everybody who must grant did.
    pub(crate) fn all_granted(&self) -> bool {
        self.some && self.missing.is_empty() && self.reserved.is_empty()
    }
}

/// Asks every holder of a matched work. `keep` says which grants and reservations are to be heard.
pub(crate) fn ask<'a>(
    profile: &Profile,
    asking: &Asking,
    matched: &Matched<'a>,
    u: Use,
    keep_grant: impl Fn(&str) -> bool,
    keep_reservation: impl Fn(&str) -> bool,
) -> Holders<'a> {
    let required: Vec<&Credit> =
        matched.credits.iter().filter(|c| profile.grants.roles.contains(&c.role)).collect();
    let mut valid: Vec<(usize, &GivenGrant<'_>)> = matched
        .grants
        .iter()
        .enumerate()
        .filter(|(_, g)| keep_grant(&g.grant.id) && counts(profile, asking, g, u))
        .collect();
    valid.sort_by_key(|(_, g)| (open_duties(asking, g.grant), g.grant.conditions.len(), g.grant.id.clone()));

    let mut holders = Holders { some: !valid.is_empty(), ..Holders::default() };
    let mut need = |index: usize| {
        if !holders.grants.contains(&index) {
            holders.grants.push(index);
        }
    };
    if required.is_empty() {
        match valid.iter().find(|(_, g)| g.grant.role.is_none()) {
            Some((index, _)) => need(*index),
            None => holders.missing.push((None, None)),
        }
    }
    for credit in &required {
        let missing = (Some(credit.role), Some(credit.name.as_str()));
        if let Some((index, _)) = valid.iter().find(|(_, g)| speaks_for(g.grant, credit, matched.credits)) {
            need(*index);
        } else if !holders.missing.contains(&missing) {
            holders.missing.push(missing);
        }
    }
    holders.partly = holders.grants.first().copied();
    for (place, reservation) in matched.reservations.iter().enumerate() {
        let says_no = keep_reservation(&reservation.id)
            && reservation.holds(u, asking.day())
            && reservation.declared_at <= asking.at
            && overlap(&reservation.territory, &asking.territory);
        if !says_no {
            continue;
        }
        let lifting = valid.iter().find(|(_, g)| {
            same_party(&g.grant.grantor, &reservation.holder)
                || g.grant.mandate.is_some() && g.grant.role.is_none()
        });
        match lifting {
            Some((index, _)) => {
                if !holders.grants.contains(index) {
                    holders.grants.push(*index);
                }
                holders.lifted.push(place);
            }
            None => holders.reserved.push(place),
        }
    }
    holders.grants.sort_unstable();
    holders
}

/// Whether a grant counts for this use, asker, day and territory.
fn counts(profile: &Profile, asking: &Asking, given: &GivenGrant<'_>, u: Use) -> bool {
    let grant = given.grant;
    given.proof >= profile.grants.proof
        && grant.declared_at <= asking.at
        && given.revoked_at.is_none_or(|revoked| revoked > asking.at)
        && grant.holds(u, asking.licensee.as_deref(), asking.day(), &asking.territory)
        && (grant.model.is_none() || grant.model == asking.model)
}

/// Whether the grantor may say yes for this credit.
///
/// A grantor who is credited with the work speaks for itself alone; one who is not (a publisher, a society, the holder
/// of a registry) speaks for the role it names, or for all. A mandate lets it speak for all in either case.
fn speaks_for(grant: &Grant, credit: &Credit, credits: &[Credit]) -> bool {
    if grant.role.is_some_and(|role| role != credit.role) {
        return false;
    }
    let is = |c: &Credit| {
        same_party(&c.name, &grant.grantor)
            || c.party.as_deref().is_some_and(|id| same_party(id, &grant.grantor))
    };
    let credited = match grant.role {
        Some(role) => credits.iter().any(|c| c.role == role && is(c)),
        None => credits.iter().any(is),
    };
    is(credit) || !credited || grant.mandate.is_some()
}

/// How many duties must be met before the use and are not.
pub(crate) fn open_duties(asking: &Asking, grant: &Grant) -> usize {
    grant.conditions.iter().filter(|c| c.before_use && !met(asking, &grant.id, &c.duty)).count()
}

/// Whether there is evidence that a duty is met.
pub(crate) fn met(asking: &Asking, from: &str, duty: &str) -> bool {
    asking.met.contains(duty) || asking.met.contains(&format!("{from}/{duty}"))
}
