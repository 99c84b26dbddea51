//! Writers and publishers of a work: their shares, and who collects for them.

use placet_core::{Basis, Identifier, PartyKind, Period, Ratio, Right, Role, Share};

use super::{RIGHT_NAMES, RIGHTS, Reader, TOLERANCE};
use crate::claims::PartyDraft;
use crate::import::delivery::{Delivered, MandateDraft, own, party};
use crate::import::tis::Places;

/// A publisher or writer of a work.
pub(super) struct Holder {
    pub(super) number: String,
    pub(super) party: PartyDraft,
    pub(super) roles: Vec<Role>,
    pub(super) shares: [Option<u32>; 3],
    pub(super) societies: [String; 3],
    /// Publishers: the number of the chain they stand in, and their type.
    pub(super) chain: String,
    pub(super) publisher_type: String,
    /// Shares and territories of their collection records.
    pub(super) collects: Vec<([u32; 3], Places)>,
    pub(super) place: String,
    pub(super) unknown: bool,
}

impl Reader<'_> {
    pub(super) fn identified(
        &mut self,
        name: &str,
        ipi: &str,
        number: &str,
        kind: PartyKind,
        place: &str,
    ) -> PartyDraft {
        let mut identifiers = Vec::new();
        if ipi.bytes().any(|b| b != b'0') {
            match Identifier::of_scheme("ipi", ipi) {
                Ok(ipi) => identifiers.push(ipi),
                Err(error) => {
                    self.sink.note(place, format!("{error}; the party is known by the sender's number"));
                }
            }
        }
        if !number.is_empty() {
            identifiers.push(own("cwr-party", &self.sender, number));
        }
        party(name, kind, identifiers)
    }

    /// The standard's own sums: per right, writers and publishers together hold the whole or nothing.
    pub(super) fn check_sums(&mut self, place: &str, holders: &[Holder]) {
        for (at, name) in RIGHT_NAMES.iter().enumerate() {
            let share = |h: &Holder| h.shares.get(at).copied().flatten().unwrap_or(0);
            let sum: u32 = holders.iter().map(share).sum();
            let percent = |n: u32| format!("{}.{:02} %", n / 100, n % 100);
            match sum {
                0 | 10_000 => {}
                _ if sum.abs_diff(10_000) <= TOLERANCE => {
                    self.sink.note(
                        place,
                        format!("{name} shares sum to {}, within the tolerance of 0.06 %", percent(sum)),
                    );
                }
                _ => {
                    self.sink.note(place, format!("{name} shares sum to {}, not to the whole", percent(sum)));
                }
            }
        }
    }

    pub(super) fn claims(&mut self, holder: &Holder, d: &mut Delivered) {
        for (at, right) in RIGHTS.iter().enumerate() {
            let Some(hundredths) = holder.shares.get(at).copied().flatten() else {
                let name = RIGHT_NAMES.get(at).copied().unwrap_or_default();
                self.sink.note(
                    &holder.place,
                    format!("the {name} share is no number up to 100.00 %; claimed as unknown"),
                );
                Self::say(holder, *right, Share::Unknown, d);
                continue;
            };
            if hundredths == 0 {
                continue;
            }
            if holder.unknown {
                let name = RIGHT_NAMES.get(at).copied().unwrap_or_default();
                self.sink.note(
                    &holder.place,
                    format!(
                        "{}.{:02} % {name} of an unknown party stay unclaimed",
                        hundredths / 100,
                        hundredths % 100
                    ),
                );
                continue;
            }
            let share = Ratio::new(u64::from(hundredths), 10_000).map_or(Share::Unknown, Share::Part);
            Self::say(holder, *right, share, d);
        }
    }

    fn say(holder: &Holder, right: Right, share: Share, d: &mut Delivered) {
        let Some(role) = holder.roles.first() else { return };
        let basis = if *role == Role::Publisher { Basis::Assignment } else { Basis::Authorship };
        d.claim(&holder.party, *role, right, share, basis);
        if let Some(claim) = d.claims.last_mut() {
            claim.place = Some(holder.place.clone());
        }
    }

    /// Societies collect for their members; in a chain, the last publisher with a collection collects for the first.
    pub(super) fn mandates(holders: &[Holder], d: &mut Delivered) {
        for holder in holders.iter().filter(|h| !h.unknown) {
            for (at, right) in RIGHTS.iter().enumerate() {
                let (Some(society), Some(share)) = (holder.societies.get(at), holder.shares.get(at)) else {
                    continue;
                };
                let society = society.trim_start_matches('0');
                if society.is_empty() || society == "99" || share.unwrap_or(0) == 0 {
                    continue;
                }
                let manager = society_party(society);
                let known = d.mandates.iter_mut().find(|m| m.grantor == holder.party && m.manager == manager);
                match known {
                    Some(mandate) if !mandate.rights.contains(right) => mandate.rights.push(*right),
                    Some(_) => {}
                    None => d.mandates.push(MandateDraft {
                        grantor: holder.party.clone(),
                        manager,
                        rights: vec![*right],
                        territory: placet_core::Territory::World,
                        this_work: false,
                        period: Period::ALWAYS,
                        collects_until: None,
                    }),
                }
            }
        }
        for first in holders.iter().filter(|h| !h.unknown && h.publisher_type == "E") {
            for manager in holders.iter().filter(|h| {
                !h.unknown
                    && h.chain == first.chain
                    && matches!(h.publisher_type.as_str(), "AM" | "SE")
                    && h.party != first.party
            }) {
                for (parts, places) in &manager.collects {
                    let rights: Vec<Right> = RIGHTS
                        .iter()
                        .zip(parts)
                        .zip(&first.shares)
                        .filter(|((_, part), owned)| **part > 0 && owned.unwrap_or(0) > 0)
                        .map(|((right, _), _)| *right)
                        .collect();
                    let Some(territory) = places.territory() else { continue };
                    if rights.is_empty() {
                        continue;
                    }
                    d.mandates.push(MandateDraft {
                        grantor: first.party.clone(),
                        manager: manager.party.clone(),
                        rights,
                        territory,
                        this_work: true,
                        period: Period::ALWAYS,
                        collects_until: None,
                    });
                }
            }
        }
    }
}

/// A society by its CISAC number.
pub(super) fn society_party(number: &str) -> PartyDraft {
    let name = format!("CISAC society {number:0>3}");
    party(&name, PartyKind::Cmo, vec![own("cisac", "", &format!("{number:0>3}"))])
}

pub(super) fn rights_of(shares: [Option<u32>; 3]) -> Vec<Right> {
    RIGHTS.iter().zip(shares).filter(|(_, share)| share.unwrap_or(0) > 0).map(|(right, _)| *right).collect()
}

pub(super) fn full_name(last: &str, first: &str) -> String {
    match (last, first) {
        ("", first) => first.to_owned(),
        (last, "") => last.to_owned(),
        (last, first) => format!("{last}, {first}"),
    }
}

/// Writer designation codes; the first role carries the claim.
pub(super) fn writer_roles(code: &str) -> Vec<Role> {
    match code {
        "C" => vec![Role::Composer],
        "A" => vec![Role::Lyricist],
        "CA" | "AC" => vec![Role::Composer, Role::Lyricist],
        "AR" | "SR" => vec![Role::Arranger],
        "AD" | "SA" => vec![Role::Adapter],
        "TR" => vec![Role::Translator],
        "PA" => vec![Role::Rightsholder],
        _ => Vec::new(),
    }
}
