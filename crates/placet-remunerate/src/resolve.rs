//! From claims to shares: who is paid what part of a work, and what waits.
//!
//! A pure function of the claims in force and a versioned rule set. Rule set 1:
//!
//! 1. Stated fractions count first. A sum within the tolerance of the whole is the whole, and that is noted.
//! 2. Below the whole, residual claims share the rest equally; then unknown claims take what the default rule
//!    gives their side, marked as given by default; what is then left is unclaimed.
//! 3. Above the whole, each claim is paid what no other claim can take from it, that is its share less the
//!    excess, at least zero; the rest is contested and held. Where one side alone exceeds its cap, the excess
//!    is contested inside that side and the other sides are paid in full.
//! 4. An open dispute holds the claims it names and no others: what they overlap in, or, where their sum fits,
//!    all of them.
//!
//! It never guesses, and it never lets an unknown claim stop a stated one.

use num_bigint::BigUint;
use num_traits::Zero;
use placet_core::{Claim, Ratio, Right, Share};
use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::claim::{ClaimBook, Name, Question, Side};

/// The parameters of a resolution; its digest is stored with every distribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleSet {
    /// Which text of rules: `placet.rules/1`.
    pub version: String,
    /// How far a sum of fractions may miss the whole and still be it. CWR 2.2 allows 0.06 %, for 3 × 33.33.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Ratio>,
    /// The most a side may hold of a right, by law or by a society's rules.
    #[serde(default)]
    pub caps: Vec<Cap>,
    /// What each side gets where nobody stated a share; equal among the claims of a side.
    #[serde(default)]
    pub default_split: Vec<SideShare>,
}

/// The most a side may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Which side.
    pub side: Side,
    /// Of which right; absent for all.
    #[serde(default)]
    pub right: Option<Right>,
    /// The most.
    pub most: Ratio,
}

/// What a side gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideShare {
    /// Which side.
    pub side: Side,
    /// How much.
    pub share: Ratio,
}

impl RuleSet {
    /// The version this crate implements.
    pub const VERSION: &str = "placet.rules/1";

    /// Rule set 1 with the tolerance of CWR 2.2 and no defaults: what nobody stated is unclaimed.
    pub fn plain() -> RuleSet {
        RuleSet {
            version: RuleSet::VERSION.to_owned(),
            tolerance: Ratio::new(6, 10_000),
            caps: Vec::new(),
            default_split: Vec::new(),
        }
    }

    /// Identifies the rules and their parameters.
    pub fn digest(&self) -> Digest {
        Digest::of_value(self)
    }
}

/// The four answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The shares are the whole.
    Resolved,
    /// Something is claimed by nobody.
    UnderClaimed,
    /// More than the whole is claimed.
    OverClaimed,
    /// A dispute is open.
    Disputed,
}

/// Who is paid what part, and what waits. All parts are of one `whole`:
/// parts + contested + unclaimed = whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution<'a> {
    /// Which of the four.
    pub state: State,
    /// Into how many parts the work is cut here.
    pub whole: BigUint,
    /// What each claim is paid, by claim id; claims paid nothing are in it.
    pub parts: Vec<Part<'a>>,
    /// What is held because claims or a dispute contest it.
    pub contested: BigUint,
    /// The claims that contest it.
    pub contesting: Vec<Name>,
    /// The open cases.
    pub cases: Vec<Name>,
    /// What nobody claims, or nobody can say the size of.
    pub unclaimed: BigUint,
    /// The sum was taken for the whole within the tolerance.
    pub tolerance_used: bool,
}

/// What a claim is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Under which claim.
    pub claim: &'a Claim,
    /// How many parts of the whole.
    pub parts: BigUint,
    /// Given by the default rule, not stated by anybody.
    pub by_default: bool,
}

impl Resolution<'_> {
    /// A number of parts as a fraction of the whole, in lowest terms, for people.
    pub fn fraction(&self, parts: &BigUint) -> String {
        let (mut a, mut b) = (self.whole.clone(), parts.clone());
        while !b.is_zero() {
            (a, b) = (b.clone(), a % b);
        }
        let (above, below) = (parts / &a, &self.whole / &a);
        if below == BigUint::from(1_u8) { above.to_string() } else { format!("{above}/{below}") }
    }
}

/// Answers a question.
pub fn resolve<'a>(book: &'a ClaimBook, rules: &RuleSet, q: &Question) -> Resolution<'a> {
    let mut claims = book.in_force(q);
    claims.sort_by(|a, b| a.id.cmp(&b.id));
    let open: Vec<_> = book.disputes(&q.work).iter().filter(|d| d.is_open(q.as_of)).collect();
    let disputed = |c: &Claim| open.iter().any(|d| d.claims.contains(&*c.id));

    let whole = common_whole(&claims, rules);
    let tolerance = rules.tolerance.map_or(BigUint::ZERO, |t| parts_of(t, &whole));
    let mut table: Vec<Row<'_>> = claims
        .iter()
        .map(|c| Row {
            claim: c,
            stated: match c.share {
                Share::Part(r) => parts_of(r, &whole),
                Share::Unknown | Share::Residual => BigUint::ZERO,
            },
            paid: BigUint::ZERO,
            disputed: disputed(c),
            by_default: false,
        })
        .collect();

    let cases: Vec<Name> = open
        .iter()
        .filter(|d| claims.iter().any(|c| d.claims.contains(&*c.id)))
        .map(|d| d.case.clone())
        .collect();
    let stated: BigUint = table.iter().map(|r| &r.stated).sum();
    let over = stated > &whole + &tolerance;
    let (whole, contested, tolerance_used) = if !cases.is_empty() {
        let contested = hold_disputed(&mut table, &whole);
        (whole, contested, false)
    } else if over {
        let contested = hold_excess(&mut table, &whole, rules, q.right);
        (whole, contested, false)
    } else {
        for r in &mut table {
            r.paid = r.stated.clone();
        }
        let open_ended = table.iter().any(|r| matches!(r.claim.share, Share::Unknown | Share::Residual));
        let near = !stated.is_zero() && &stated + &tolerance >= whole;
        if stated > whole || (near && stated < whole && !open_ended) {
            (stated, BigUint::ZERO, true)
        } else {
            (whole, BigUint::ZERO, false)
        }
    };
    let given: BigUint = table.iter().map(|r| &r.paid).sum::<BigUint>() + &contested;
    let rest = &whole - given;
    let unclaimed = give_rest(&mut table, rest, rules, &whole);

    let contesting = if contested.is_zero() {
        Vec::new()
    } else {
        table.iter().filter(|r| r.paid < r.stated).map(|r| Name::from(&*r.claim.id)).collect()
    };
    let state = if !cases.is_empty() {
        State::Disputed
    } else if over {
        State::OverClaimed
    } else if unclaimed.is_zero() {
        State::Resolved
    } else {
        State::UnderClaimed
    };
    let parts =
        table.into_iter().map(|r| Part { claim: r.claim, parts: r.paid, by_default: r.by_default }).collect();
    Resolution { state, whole, parts, contested, contesting, cases, unclaimed, tolerance_used }
}

struct Row<'a> {
    claim: &'a Claim,
    stated: BigUint,
    paid: BigUint,
    disputed: bool,
    by_default: bool,
}

/// A number of parts that every fraction in play divides: the least common multiple of the denominators, times
/// the numbers by which rests are shared equally.
fn common_whole(claims: &[&Claim], rules: &RuleSet) -> BigUint {
    let stated = claims.iter().filter_map(|c| match c.share {
        Share::Part(r) => Some(r.denominator()),
        Share::Unknown | Share::Residual => None,
    });
    let of_rules = rules
        .caps
        .iter()
        .map(|c| c.most.denominator())
        .chain(rules.default_split.iter().map(|s| s.share.denominator()))
        .chain(rules.tolerance.map(Ratio::denominator));
    let mut whole = stated.chain(of_rules).fold(BigUint::from(1_u8), lcm);
    let open_ended = claims.iter().filter(|c| matches!(c.share, Share::Unknown | Share::Residual)).count();
    for n in 2..=open_ended.min(EQUAL_SHARERS_EXACT) {
        whole = lcm(whole, n as u64);
    }
    whole
}

/// Up to so many equal sharers of a rest are exact by construction; with more, the odd parts are handed out one
/// by one, in the order of the claims' digests.
const EQUAL_SHARERS_EXACT: usize = 16;

fn lcm(a: BigUint, b: u64) -> BigUint {
    let (mut x, mut y) = (a.clone(), BigUint::from(b));
    while !y.is_zero() {
        (x, y) = (y.clone(), x % y);
    }
    a / x * b
}

/// Pays the claims outside the disputes, and of the disputed ones what no other disputed claim can take.
fn hold_disputed(table: &mut [Row<'_>], whole: &BigUint) -> BigUint {
    let sum = |table: &[Row<'_>], disputed: bool| -> BigUint {
        table.iter().filter(|r| r.disputed == disputed).map(|r| &r.stated).sum()
    };
    let (quiet, loud) = (sum(table, false), sum(table, true));
    if quiet > *whole {
        // The undisputed claims alone exceed the whole: nobody of them is safe, and nothing is left to the others.
        let excess = &quiet - whole;
        for r in table.iter_mut().filter(|r| !r.disputed) {
            r.paid = above(&r.stated, &excess);
        }
        let paid: BigUint = table.iter().map(|r| &r.paid).sum();
        return whole - paid;
    }
    let room = whole - &quiet;
    let overlap = if loud > room { &loud - &room } else { loud.clone() };
    for r in table.iter_mut() {
        r.paid = if r.disputed { above(&r.stated, &overlap) } else { r.stated.clone() };
    }
    if loud <= room {
        // They do not even overlap: what is disputed is each of them, whole.
        table.iter_mut().filter(|r| r.disputed).for_each(|r| r.paid = BigUint::ZERO);
    }
    let safe: BigUint = table.iter().filter(|r| r.disputed).map(|r| &r.paid).sum();
    loud.min(room) - safe
}

/// Pays what no other claim can take, side by side where a cap names the side at fault.
fn hold_excess(table: &mut [Row<'_>], whole: &BigUint, rules: &RuleSet, right: Right) -> BigUint {
    let side_sum = |table: &[Row<'_>], side: Side| -> BigUint {
        table.iter().filter(|r| Side::of(r.claim.role) == side).map(|r| &r.stated).sum()
    };
    let mut clipped: Vec<(Side, BigUint, BigUint)> = Vec::new();
    for cap in rules.caps.iter().filter(|c| c.right.is_none_or(|r| r == right)) {
        let (sum, most) = (side_sum(table, cap.side), parts_of(cap.most, whole));
        if sum > most && clipped.iter().all(|(side, ..)| *side != cap.side) {
            clipped.push((cap.side, sum, most));
        }
    }
    let stated: BigUint = table.iter().map(|r| &r.stated).sum();
    let excesses: BigUint = clipped.iter().map(|(_, sum, most)| sum - most).sum();
    if &stated - &excesses <= *whole && !clipped.is_empty() {
        let mut contested = BigUint::ZERO;
        for r in table.iter_mut() {
            r.paid = r.stated.clone();
        }
        for (side, sum, most) in clipped {
            let excess = sum - &most;
            let mut safe = BigUint::ZERO;
            for r in table.iter_mut().filter(|r| Side::of(r.claim.role) == side) {
                r.paid = above(&r.stated, &excess);
                safe += &r.paid;
            }
            contested += most - safe;
        }
        return contested;
    }
    let excess = stated - whole;
    for r in table.iter_mut() {
        r.paid = above(&r.stated, &excess);
    }
    let safe: BigUint = table.iter().map(|r| &r.paid).sum();
    whole - safe
}

/// Gives the rest to residual claims, then by default to unknown ones; returns what stays unclaimed.
fn give_rest(table: &mut [Row<'_>], rest: BigUint, rules: &RuleSet, whole: &BigUint) -> BigUint {
    if rest.is_zero() {
        return rest;
    }
    let residual: Vec<usize> = rows(table, |r| r.claim.share == Share::Residual && !r.disputed);
    if !residual.is_empty() {
        give_equally(table, &residual, rest, false);
        return BigUint::ZERO;
    }
    let mut needs: Vec<(Vec<usize>, BigUint)> = Vec::new();
    for default in &rules.default_split {
        let on_side = |r: &Row<'_>| Side::of(r.claim.role) == default.side;
        let waiting = rows(table, |r| on_side(r) && r.claim.share == Share::Unknown && !r.disputed);
        if waiting.is_empty() {
            continue;
        }
        let has: BigUint = table.iter().filter(|r| on_side(r)).map(|r| &r.paid).sum();
        needs.push((waiting, above(&parts_of(default.share, whole), &has)));
    }
    let needed: BigUint = needs.iter().map(|(_, need)| need).sum();
    if needed.is_zero() {
        return rest;
    }
    let mut left = rest.clone();
    for (waiting, need) in needs {
        // Where the sides together need more than is left, each gets its proportion, rounded down.
        let gift = if needed > rest { need * &rest / &needed } else { need };
        left -= &gift;
        give_equally(table, &waiting, gift, true);
    }
    left
}

fn rows(table: &[Row<'_>], wanted: impl Fn(&Row<'_>) -> bool) -> Vec<usize> {
    table.iter().enumerate().filter(|(_, r)| wanted(r)).map(|(i, _)| i).collect()
}

fn give_equally(table: &mut [Row<'_>], to: &[usize], gift: BigUint, by_default: bool) {
    let mut to = to.to_vec();
    to.sort_by_key(|i| table.get(*i).map(|r| Digest::of(r.claim.id.as_bytes())));
    let each = &gift / to.len();
    let mut odd = gift - &each * to.len();
    for i in to {
        if let Some(r) = table.get_mut(i) {
            r.paid += &each;
            r.by_default = by_default;
            if !odd.is_zero() {
                r.paid += 1_u8;
                odd -= 1_u8;
            }
        }
    }
}

fn above(a: &BigUint, b: &BigUint) -> BigUint {
    if a > b { a - b } else { BigUint::ZERO }
}

/// A number of parts that all fractions divide.
pub(crate) fn common(fractions: impl Iterator<Item = Ratio>) -> BigUint {
    fractions.fold(BigUint::from(1_u8), |whole, r| lcm(whole, r.denominator()))
}

/// Whether the fractions sum to the whole.
pub(crate) fn is_whole<'r>(fractions: impl Iterator<Item = &'r Ratio> + Clone) -> bool {
    let whole = common(fractions.clone().copied());
    fractions.map(|r| parts_of(*r, &whole)).sum::<BigUint>() == whole
}

/// How many parts of `whole` the fraction is; `whole` is a multiple of its denominator.
pub(crate) fn parts_of(fraction: Ratio, whole: &BigUint) -> BigUint {
    whole / fraction.denominator() * fraction.numerator()
}

/// Somebody who must hear that a claim was made in a work they hold a part of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Who is told.
    pub to: Name,
    /// About which work.
    pub work: Name,
    /// Which new claim.
    pub claim: Name,
    /// Whose claim it is.
    pub claimant: Name,
    /// What the work's claims came to with it.
    pub state: State,
    /// Whether the new claim reaches into the told party's share.
    pub touches: bool,
}

/// One co-owner's claim notifies the others: everybody with a claim in force but the new claimant, once each.
pub fn notices(book: &ClaimBook, rules: &RuleSet, q: &Question, new: &str) -> Vec<Notice> {
    let claims = book.in_force(q);
    let Some(fresh) = claims.iter().find(|c| c.id == new) else {
        return Vec::new();
    };
    let answer = resolve(book, rules, q);
    let mut told: Vec<Notice> = Vec::new();
    for c in &claims {
        if c.party == fresh.party {
            continue;
        }
        let touches = answer.contesting.iter().any(|id| **id == *c.id);
        if let Some(earlier) = told.iter_mut().find(|n| *n.to == *c.party) {
            earlier.touches |= touches;
            continue;
        }
        told.push(Notice {
            to: Name::from(&*c.party),
            work: q.work.clone(),
            claim: Name::from(&*fresh.id),
            claimant: Name::from(&*fresh.party),
            state: answer.state,
            touches,
        });
    }
    told.sort_by(|a, b| a.to.cmp(&b.to));
    told
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
