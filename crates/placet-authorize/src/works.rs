//! What the matched works say: which of them count, whose they are, and whether everybody granted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use placet_core::{Use, Verdict};

use crate::grants::{Holders, ask, met, open_duties};
use crate::profile::WithoutGrant;
use crate::{Asking, Duty, Fact, Flag, Ground, Item, Letters, Matched, Profile, Shadow};

/// One work that counts, with what its holders say.
pub(crate) struct Counted {
    /// Places of its matches in the item's list; the first one stands for the work.
    pub(crate) places: Vec<usize>,
    /// The answer for this work; absent where nobody entitled said anything.
    pub(crate) verdict: Option<Verdict>,
    /// Why.
    pub(crate) ground: Ground,
    /// The facts that give this answer.
    pub(crate) facts: Vec<Fact>,
    /// The grants that were needed, whether or not they were enough.
    pub(crate) grants: Vec<Fact>,
    /// Its duties.
    pub(crate) duties: Vec<Duty>,
    /// Who granted it.
    pub(crate) grantors: Vec<String>,
    /// Letters of the item that certainly stem from it.
    pub(crate) letters: u64,
}

/// All matched works of an item.
#[derive(Default)]
pub(crate) struct Works {
    /// Those that count.
    pub(crate) counted: Vec<Counted>,
    /// A match of text that is nobody's, or everybody's.
    pub(crate) common: Option<usize>,
    /// A match below the threshold.
    pub(crate) below: Option<usize>,
    /// Facts that did not decide.
    pub(crate) shadowed: Vec<(Fact, Shadow)>,
    /// What a person should look at.
    pub(crate) flags: Vec<Flag>,
}

/// Which facts are to be heard. A witness is checked by hearing it alone.
#[derive(Clone, Copy)]
pub(crate) struct Hearing<'f> {
    /// These facts only; absent for all of them.
    pub(crate) only: Option<&'f [Fact]>,
    /// Whether matches, reservations and denying statements are heard in any case: whatever is no refusal must stand
    /// against everything that was said.
    pub(crate) every_no: bool,
}

impl Hearing<'_> {
    /// Whether a fact is heard.
    pub(crate) fn hears(&self, fact: &Fact) -> bool {
        self.only.is_none_or(|facts| facts.contains(fact))
    }

    fn hears_match(&self, place: usize) -> bool {
        self.every_no
            || self.only.is_none_or(|facts| {
                facts.iter().any(|f| match f {
                    Fact::Match { index } | Fact::Reservation { index, .. } => *index == place,
                    _ => false,
                })
            })
    }
}

/// Hears the matched works.
pub(crate) fn hear(
    profile: &Profile,
    asking: &Asking,
    item: &Item<'_>,
    u: Use,
    hearing: Hearing<'_>,
) -> Works {
    let mut works = Works::default();
    let commons: Vec<&Range<u64>> = item.matched.iter().filter(|m| m.commons).map(|m| &m.span).collect();
    let mut by_work: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (place, m) in item.matched.iter().enumerate() {
        if m.commons || m.common {
            if !hearing.hears_match(place) {
                continue;
            }
            works.common.get_or_insert(place);
            works.shadowed.push((Fact::Match { index: place }, Shadow::DoesNotCount));
        } else {
            by_work.entry((m.issuer, m.work)).or_default().push(place);
        }
    }
    let mut standing: Vec<Vec<usize>> = Vec::new();
    for places in by_work.into_values() {
        if !places.iter().any(|p| hearing.hears_match(*p)) {
            continue;
        }
        let own = |p: &usize| claimed(&item.matched[*p], &commons);
        if !commons.is_empty() && places.iter().any(|p| own(p) < item.matched[*p].letters_most) {
            works.flags.push(Flag::ClaimedCommons { work: named(&item.matched[places[0]]) });
        }
        let letters: u64 = places.iter().map(own).sum();
        if counts(profile, item, &places, letters) {
            standing.push(places);
        } else {
            let all_common = letters == 0;
            let kind = if all_common { &mut works.common } else { &mut works.below };
            kind.get_or_insert(places[0]);
            let why = if all_common { Shadow::NotTheirs } else { Shadow::DoesNotCount };
            works.shadowed.extend(places.iter().map(|p| (Fact::Match { index: *p }, why)));
        }
    }

    let claims = claims(item, &standing);
    for (n, places) in standing.iter().enumerate() {
        if claims.yields.contains(&n) {
            works.shadowed.extend(places.iter().map(|p| (Fact::Match { index: *p }, Shadow::NotTheirs)));
            continue;
        }
        let mut counted = one(profile, asking, item, u, hearing, places, &mut works);
        if let Some(other) = claims.contested.get(&n) {
            let other = standing[*other][0];
            works.flags.push(Flag::Conflict {
                works: if places[0] < other {
                    [named(&item.matched[places[0]]), named(&item.matched[other])]
                } else {
                    [named(&item.matched[other]), named(&item.matched[places[0]])]
                },
            });
            if profile.matches.without_grant == WithoutGrant::Refuses
                && counted.verdict != Some(Verdict::Denied)
                || counted.ground == Ground::NoGrant && counted.verdict.is_some()
                || counted.ground == Ground::MissingHolder && counted.verdict.is_some()
            {
                counted.verdict = Some(Verdict::Denied);
                counted.ground = Ground::Conflict;
                counted.facts = vec![Fact::Match { index: places[0] }, Fact::Match { index: other }];
            }
        }
        works.counted.push(counted);
    }
    works.flags.sort();
    works.flags.dedup();
    works
}

/// What the holders of one counted work say.
fn one(
    profile: &Profile,
    asking: &Asking,
    item: &Item<'_>,
    u: Use,
    hearing: Hearing<'_>,
    places: &[usize],
    works: &mut Works,
) -> Counted {
    let first = places[0];
    let m = &item.matched[first];
    let grant_fact = |id: &str| Fact::Grant { index: first, id: id.to_owned() };
    let reservation_fact = |id: &str| Fact::Reservation { index: first, id: id.to_owned() };
    let holders: Holders<'_> = ask(
        profile,
        asking,
        m,
        u,
        |id| hearing.hears(&grant_fact(id)),
        |id| hearing.every_no || hearing.hears(&reservation_fact(id)),
    );
    let granted: Vec<_> = holders.grants.iter().map(|g| m.grants[*g].grant).collect();
    let work = named(m);
    let mut counted = Counted {
        places: places.to_vec(),
        verdict: None,
        ground: Ground::NoGrant,
        facts: vec![Fact::Match { index: first }],
        grants: granted.iter().map(|g| grant_fact(&g.id)).collect(),
        duties: Vec::new(),
        grantors: granted.iter().map(|g| g.grantor.clone()).collect(),
        letters: places.iter().map(|p| item.matched[*p].letters).sum(),
    };
    for place in &holders.lifted {
        works.shadowed.push((reservation_fact(&m.reservations[*place].id), Shadow::Lifted));
    }
    if holders.all_granted() {
        counted.duties = granted
            .iter()
            .flat_map(|g| {
                g.conditions.iter().map(|c| Duty {
                    condition: c.clone(),
                    from: g.id.clone(),
                    met: met(asking, &g.id, &c.duty),
                })
            })
            .collect();
        let open = granted.iter().any(|g| open_duties(asking, g) > 0);
        counted.facts.clone_from(&counted.grants);
        (counted.verdict, counted.ground) = if open {
            (Some(Verdict::Conditional), Ground::DutyOpen)
        } else {
            (Some(Verdict::Allowed), Ground::Granted)
        };
        return counted;
    }
    works.shadowed.extend(granted.iter().map(|g| (grant_fact(&g.id), Shadow::Weaker)));
    if let Some(place) = holders.reserved.first() {
        counted.verdict = Some(Verdict::Denied);
        counted.ground = Ground::Reserved;
        counted.facts = vec![reservation_fact(&m.reservations[*place].id)];
        for place in holders.reserved.iter().skip(1) {
            works.shadowed.push((reservation_fact(&m.reservations[*place].id), Shadow::AlsoSaid));
        }
        if holders.some {
            works.flags.extend(holders.reserved.iter().map(|place| Flag::MissingHolder {
                work: work.clone(),
                role: None,
                holder: Some(m.reservations[*place].holder.clone()),
            }));
        }
        return counted;
    }
    if let Some(partly) = holders.partly {
        let partly = grant_fact(&m.grants[partly].grant.id);
        works.shadowed.retain(|(fact, _)| *fact != partly);
        counted.ground = Ground::MissingHolder;
        counted.facts.push(partly);
    }
    if holders.some {
        works.flags.extend(holders.missing.iter().map(|(role, holder)| Flag::MissingHolder {
            work: work.clone(),
            role: *role,
            holder: holder.map(str::to_owned),
        }));
    }
    if profile.matches.without_grant == WithoutGrant::Refuses {
        counted.verdict = Some(Verdict::Denied);
    }
    counted
}

/// Who claims what in common.
struct Claims {
    /// Works that another issuer claims too, unsettled: number of the work and of the other one.
    contested: BTreeMap<usize, usize>,
    /// Works whose claim yields to a settled one.
    yields: BTreeSet<usize>,
}

/// Finds texts that two issuers claim. Spans are walked in order, so that a thousand matches cost no million pairs.
fn claims(item: &Item<'_>, standing: &[Vec<usize>]) -> Claims {
    let mut spans: Vec<(usize, usize)> =
        standing.iter().enumerate().flat_map(|(n, places)| places.iter().map(move |p| (n, *p))).collect();
    spans.sort_by_key(|(_, p)| (item.matched[*p].span.start, item.matched[*p].span.end));
    let mut claims = Claims { contested: BTreeMap::new(), yields: BTreeSet::new() };
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut met: Vec<(usize, usize)> = Vec::new();
    for (n, p) in spans {
        let here = &item.matched[p];
        open.retain(|(_, q)| item.matched[*q].span.end > here.span.start || item.matched[*q].whole);
        for (k, q) in &open {
            let there = &item.matched[*q];
            if *k != n && there.issuer != here.issuer && same_text(here, there) {
                met.push((*k, n));
            }
        }
        open.push((n, p));
    }
    let settled = |n: usize| standing[n].iter().any(|p| item.matched[*p].settled);
    for (a, b) in &met {
        match (settled(*a), settled(*b)) {
            (true, false) => claims.yields.insert(*b),
            (false, true) => claims.yields.insert(*a),
            _ => false,
        };
    }
    for (a, b) in met {
        let both_settled = settled(a) && settled(b);
        if !both_settled && !claims.yields.contains(&a) && !claims.yields.contains(&b) {
            let first = claims.contested.entry(a).or_insert(b);
            *first = b.min(*first);
            let first = claims.contested.entry(b).or_insert(a);
            *first = a.min(*first);
        }
    }
    claims
}

/// Whether two matches claim one text: half of the shorter span or more.
fn same_text(a: &Matched<'_>, b: &Matched<'_>) -> bool {
    if a.whole && b.whole {
        return true;
    }
    let shared = a.span.end.min(b.span.end).saturating_sub(a.span.start.max(b.span.start));
    let shorter = (a.span.end.saturating_sub(a.span.start)).min(b.span.end.saturating_sub(b.span.start));
    shorter > 0 && shared.saturating_mul(2) >= shorter
}

/// Letters of a match that no commons pack marks as nobody's, in proportion to the span.
fn claimed(m: &Matched<'_>, commons: &[&Range<u64>]) -> u64 {
    let length = m.span.end.saturating_sub(m.span.start);
    if commons.is_empty() || length == 0 {
        return m.letters_most;
    }
    let mut inside: Vec<(u64, u64)> = commons
        .iter()
        .map(|c| (c.start.max(m.span.start), c.end.min(m.span.end)))
        .filter(|(start, end)| start < end)
        .collect();
    inside.sort_unstable();
    let (mut covered, mut reached) = (0, m.span.start);
    for (start, end) in inside {
        covered += end.saturating_sub(start.max(reached));
        reached = reached.max(end);
    }
    let left = u128::from(length - covered) * u128::from(m.letters_most) / u128::from(length);
    u64::try_from(left).unwrap_or(m.letters_most)
}

/// Whether the matches of one work reach a threshold of the profile. The longest possible run is compared, so that
/// no run as long as the pack's guarantee can slip below it.
fn counts(profile: &Profile, item: &Item<'_>, places: &[usize], letters: u64) -> bool {
    let m = &item.matched[places[0]];
    if places.iter().any(|p| item.matched[*p].whole) {
        return true;
    }
    let least = match profile.matches.letters {
        Letters::Guarantee => places.iter().map(|p| item.matched[*p].guarantee).min().unwrap_or(0),
        Letters::Least(n) => n,
    };
    let share = |of: Option<u64>, permille: u64| {
        permille > 0
            && of.is_some_and(|all| {
                all > 0 && u128::from(letters) * 1000 >= u128::from(all) * u128::from(permille)
            })
    };
    letters > 0
        && (letters >= least
            || share(m.work_letters, profile.matches.work_permille)
            || share(item.letters, profile.matches.item_permille))
}

/// How a work is named in answers.
pub(crate) fn named(m: &Matched<'_>) -> String {
    format!("{}/{}", m.issuer, m.work)
}
