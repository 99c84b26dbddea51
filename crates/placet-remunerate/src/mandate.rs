//! Who collects for whom, and what it costs.
//!
//! A holder's money passes through the society it gave a mandate to, and, abroad, through the sister society
//! there; each states what it keeps. Two mandates in force for one thing are a conflict: the money is held.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use placet_core::{Period, Ratio, Right, Territory};
use serde::{Deserialize, Serialize};

use crate::{Digest, Grains};

/// A holder's order to a manager to collect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mandate {
    /// Unique.
    pub id: String,
    /// Whose works.
    pub grantor: String,
    /// Who collects.
    pub manager: String,
    /// For which rights; empty for all.
    #[serde(default)]
    pub rights: Vec<Right>,
    /// Where.
    #[serde(default)]
    pub territory: Territory,
    /// For which works: all but the excepted (the holder can opt out), or only the listed (the holder opts in).
    pub works: Repertoire,
    /// What the manager keeps for its work.
    pub commission: Ratio,
    /// What the manager keeps for social, cultural and educational purposes.
    pub cultural: Ratio,
    /// For uses of these days.
    #[serde(default)]
    pub period: Period,
    /// After its end, the manager still collects for uses made before, until this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collects_until: Option<Date>,
}

/// For which works a mandate holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repertoire {
    /// Opt-out: every work of the holder but these, to which it objected.
    AllBut(BTreeSet<String>),
    /// Opt-in: these works only.
    Only(BTreeSet<String>),
}

/// Two societies collecting for each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reciprocal {
    /// Unique.
    pub id: String,
    /// Whose members.
    pub home: String,
    /// Who collects there.
    pub abroad: String,
    /// For which rights; empty for all.
    #[serde(default)]
    pub rights: Vec<Right>,
    /// Where.
    pub territory: Territory,
    /// What the society abroad keeps.
    pub commission: Ratio,
    /// What it keeps for social, cultural and educational purposes.
    pub cultural: Ratio,
}

/// All mandates and agreements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mandates {
    by_grantor: BTreeMap<String, Vec<Mandate>>,
    by_home: BTreeMap<String, Vec<Reciprocal>>,
}

/// A mandate or agreement that keeps more than there is does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} keeps more than the whole amount; it does not count")]
pub struct KeepsTooMuch(pub String);

/// What a manager on the way keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg<'a> {
    /// Under which mandate or agreement.
    pub under: &'a str,
    /// Who.
    pub manager: &'a str,
    /// For its work.
    pub commission: Ratio,
    /// For social, cultural and educational purposes.
    pub cultural: Ratio,
}

/// The way of money to a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// Through these managers, in this order; none for a holder that gave no mandate.
    Through(Vec<Leg<'a>>),
    /// Two managers say they collect.
    Conflict,
}

impl Mandates {
    /// Sorts mandates by holder and agreements by society.
    pub fn new(
        mandates: impl IntoIterator<Item = Mandate>,
        reciprocals: impl IntoIterator<Item = Reciprocal>,
    ) -> (Mandates, Vec<KeepsTooMuch>) {
        let (mut all, mut defects) = (Mandates::default(), Vec::new());
        for m in mandates {
            if keeps_too_much(m.commission, m.cultural) {
                defects.push(KeepsTooMuch(m.id));
                continue;
            }
            all.by_grantor.entry(m.grantor.clone()).or_default().push(m);
        }
        for r in reciprocals {
            if keeps_too_much(r.commission, r.cultural) {
                defects.push(KeepsTooMuch(r.id));
                continue;
            }
            all.by_home.entry(r.home.clone()).or_default().push(r);
        }
        all.by_grantor.values_mut().for_each(|list| list.sort_by(|a, b| a.id.cmp(&b.id)));
        all.by_home.values_mut().for_each(|list| list.sort_by(|a, b| a.id.cmp(&b.id)));
        defects.sort_by(|a, b| a.0.cmp(&b.0));
        (all, defects)
    }

    /// The way to a holder, for a right in a work, used there and then, booked on that day.
    pub fn route(
        &self,
        holder: &str,
        work: &str,
        right: Right,
        territory: &Territory,
        day: Date,
        booked: Date,
    ) -> Route<'_> {
        let of_holder = || self.by_grantor.get(holder).into_iter().flatten();
        let holding = || of_holder().filter(|m| m.covers(work, right, territory, day, booked));
        // A mandate that names the work goes before one for everything: an administrator collects instead of the society.
        let named = |m: &&Mandate| matches!(m.works, Repertoire::Only(_));
        let Some(mandate) = holding().find(named).or_else(|| holding().next()) else {
            return Route::Through(Vec::new());
        };
        let rivals = holding().filter(|m| named(m) == named(&mandate));
        if rivals.into_iter().any(|other| other.manager != mandate.manager) {
            return Route::Conflict;
        }
        let home = Leg {
            under: &mandate.id,
            manager: &mandate.manager,
            commission: mandate.commission,
            cultural: mandate.cultural,
        };
        let abroad = self
            .by_home
            .get(&mandate.manager)
            .into_iter()
            .flatten()
            .find(|r| names(&r.rights, right) && r.territory.covers(territory));
        let abroad = abroad.map(|r| Leg {
            under: &r.id,
            manager: &r.abroad,
            commission: r.commission,
            cultural: r.cultural,
        });
        Route::Through(abroad.into_iter().chain([home]).collect())
    }

    /// Identifies them all.
    pub fn digest(&self) -> Digest {
        Digest::of_value(self)
    }
}

impl Mandate {
    fn covers(&self, work: &str, right: Right, territory: &Territory, day: Date, booked: Date) -> bool {
        let collects = match (self.period.until, self.collects_until) {
            (Some(end), Some(last)) if booked > end => booked <= last,
            _ => true,
        };
        let listed = match &self.works {
            Repertoire::AllBut(except) => !except.contains(work),
            Repertoire::Only(listed) => listed.contains(work),
        };
        listed
            && collects
            && self.period.contains(day)
            && names(&self.rights, right)
            && self.territory.covers(territory)
    }
}

/// A fraction of an amount that is not below zero, rounded down: the odd grain stays with the holder.
pub(crate) fn fraction_of(amount: Grains, rate: Ratio) -> Grains {
    use num_traits::ToPrimitive;
    let whole = num_bigint::BigInt::from(amount.0) * rate.numerator() / rate.denominator();
    // A rate is at most one, so the fraction fits where the amount did.
    Grains(whole.to_i128().unwrap_or(amount.0))
}

fn names(rights: &[Right], right: Right) -> bool {
    rights.is_empty() || rights.contains(&right)
}

fn keeps_too_much(a: Ratio, b: Ratio) -> bool {
    let cross = |r: Ratio, other: Ratio| u128::from(r.numerator()) * u128::from(other.denominator());
    let whole = u128::from(a.denominator()) * u128::from(b.denominator());
    cross(a, b).checked_add(cross(b, a)).is_none_or(|sum| sum > whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mandate(id: &str, manager: &str, works: Repertoire) -> Mandate {
        Mandate {
            id: id.into(),
            grantor: "p".into(),
            manager: manager.into(),
            rights: vec![Right::Mechanical],
            territory: Territory::World,
            works,
            commission: "10%".parse().unwrap(),
            cultural: "5%".parse().unwrap(),
            period: "2020-01-01/2026-06-30".parse().unwrap(),
            collects_until: Some("2026-12-31".parse().unwrap()),
        }
    }

    #[test]
    fn money_goes_by_the_mandate_in_force() {
        let abroad = Reciprocal {
            id: "r".into(),
            home: "cmo-a".into(),
            abroad: "cmo-b".into(),
            rights: vec![],
            territory: "SE".parse().unwrap(),
            commission: "8%".parse().unwrap(),
            cultural: "0".parse().unwrap(),
        };
        let objected = Repertoire::AllBut(["w2".to_owned()].into());
        let (all, defects) = Mandates::new([mandate("m", "cmo-a", objected)], [abroad]);
        assert_eq!(defects, []);
        let way = |work: &str, place: &str, day: &str, booked: &str| {
            let t: Territory = place.parse().unwrap();
            match all.route("p", work, Right::Mechanical, &t, day.parse().unwrap(), booked.parse().unwrap()) {
                Route::Through(legs) => legs.iter().map(|l| l.manager).collect::<Vec<_>>().join(" "),
                Route::Conflict => "conflict".into(),
            }
        };
        assert_eq!(way("w1", "DE", "2026-01-01", "2026-02-01"), "cmo-a");
        assert_eq!(way("w1", "SE", "2026-01-01", "2026-02-01"), "cmo-b cmo-a");
        assert_eq!(way("w2", "DE", "2026-01-01", "2026-02-01"), "", "the holder objected");
        assert_eq!(way("w1", "DE", "2026-07-01", "2026-08-01"), "", "it ended");
        assert_eq!(way("w1", "DE", "2026-01-01", "2026-08-01"), "cmo-a", "it still collects for before");
        assert_eq!(way("w1", "DE", "2026-01-01", "2027-01-01"), "", "and then no more");
        let everything = |id, manager| mandate(id, manager, Repertoire::AllBut(BTreeSet::new()));
        let day = "2026-01-01".parse().unwrap();
        let way = |mandates: [Mandate; 2]| match Mandates::new(mandates, []).0.route(
            "p",
            "w1",
            Right::Mechanical,
            &Territory::World,
            day,
            day,
        ) {
            Route::Through(legs) => legs.iter().map(|l| l.manager.to_owned()).collect(),
            Route::Conflict => vec!["conflict".to_owned()],
        };
        assert_eq!(way([everything("m", "cmo-a"), everything("n", "cmo-c")]), ["conflict"]);
        let named = mandate("n", "cmo-c", Repertoire::Only(["w1".to_owned()].into()));
        assert_eq!(way([everything("m", "cmo-a"), named]), ["cmo-c"]);
    }

    #[test]
    fn a_mandate_that_keeps_more_than_everything_does_not_count() {
        let greedy = Mandate {
            commission: "60%".parse().unwrap(),
            cultural: "41%".parse().unwrap(),
            ..mandate("m", "c", Repertoire::AllBut(BTreeSet::new()))
        };
        assert_eq!(Mandates::new([greedy], []).1, [KeepsTooMuch("m".into())]);
    }
}
