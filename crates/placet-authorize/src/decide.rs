//! The decision for one item and one use.

use placet_core::{Binding, Nature, ParseStatus, Statement, Use, Verdict};

use crate::applies::superseded;
use crate::facts::same_party;
use crate::merge::Merge;
use crate::works::{Hearing, Works, hear, named};
use crate::{
    Asking, Decision, Duty, Fact, Flag, Ground, Item, Profile, Shadow, Shadowed, UnknownUses, applies,
};

/// Key of the rule that permits by exception.
const EXCEPTION: Fact = Fact::Rule { key: "exception" };
/// Key of the rule that resolves unknown.
const UNKNOWN: Fact = Fact::Rule { key: "unknown.uses" };

/// Up to this many deciding facts, the witness is made minimal; beyond it all of them are named.
const WITNESS_TRIED_MAX: usize = 64;

/// Decides whether this item may be put to this use, under this profile, for this asker, as of the asker's time.
///
/// The answer does not depend on the order of statements, matches, reservations or grants.
pub fn decide(profile: &Profile, asking: &Asking, item: &Item<'_>, u: Use) -> Decision {
    let answer = answer(profile, asking, item, u, Hearing { only: None, every_no: true });
    let every_no = answer.verdict != Verdict::Denied;
    let gives_it = |facts: &[Fact]| {
        let heard = self::answer(profile, asking, item, u, Hearing { only: Some(facts), every_no });
        (heard.verdict, heard.ground) == (answer.verdict, answer.ground)
    };
    let mut witness = answer.facts;
    if !answer.support.is_empty() && !gives_it(&witness) {
        witness.extend(answer.support);
        witness.sort();
        witness.dedup();
    }
    let mut spared = witness.len() <= WITNESS_TRIED_MAX;
    while spared {
        spared = false;
        for place in (0..witness.len()).rev() {
            let mut fewer = witness.clone();
            fewer.remove(place);
            if gives_it(&fewer) {
                witness = fewer;
                spared = true;
            }
        }
    }
    witness.sort();
    let mut shadowed: Vec<Shadowed> = answer
        .shadowed
        .into_iter()
        .filter(|(fact, _)| !witness.contains(fact))
        .map(|(what, why)| Shadowed { what, why })
        .collect();
    shadowed.sort();
    shadowed.dedup_by(|a, b| a.what == b.what);
    Decision {
        use_: u,
        verdict: answer.verdict,
        ground: answer.ground,
        duties: answer.duties,
        works: answer.works,
        witness,
        shadowed,
        flags: answer.flags,
    }
}

/// The verdict and ground that these facts alone give: hearing a decision's witness gives the decision again, and
/// leaving out any of its facts gives another one.
///
/// A refusal is heard with the matches it names and no others; any other answer has to stand against every match,
/// reservation and denying statement of the item, so these are always heard.
pub fn replay(
    profile: &Profile,
    asking: &Asking,
    item: &Item<'_>,
    decision: &Decision,
    facts: &[Fact],
) -> (Verdict, Ground) {
    let hearing = Hearing { only: Some(facts), every_no: decision.verdict != Verdict::Denied };
    let answer = answer(profile, asking, item, decision.use_, hearing);
    (answer.verdict, answer.ground)
}

/// An answer with every fact that supports it.
struct Answer {
    verdict: Verdict,
    ground: Ground,
    facts: Vec<Fact>,
    /// Facts that may be needed besides, since they keep something from refusing.
    support: Vec<Fact>,
    shadowed: Vec<(Fact, Shadow)>,
    duties: Vec<Duty>,
    works: Vec<String>,
    flags: Vec<Flag>,
}

fn answer(profile: &Profile, asking: &Asking, item: &Item<'_>, u: Use, hearing: Hearing<'_>) -> Answer {
    let mut said = listen(profile, asking, item, u, hearing);
    let works = hear(profile, asking, item, u, hearing);
    lift(profile, asking, item, &works, &mut said);

    let mut answer = Answer {
        verdict: Verdict::Unknown,
        ground: Ground::UnknownNotAuthorised,
        facts: Vec::new(),
        support: Vec::new(),
        shadowed: said.shadowed,
        duties: Vec::new(),
        works: works.counted.iter().map(|c| named(&item.matched[c.places[0]])).collect(),
        flags: said.flags,
    };
    answer.works.sort();
    answer.shadowed.extend(works.shadowed.iter().cloned());
    answer.flags.extend(works.flags.iter().cloned());
    answer.flags.sort();
    let duties = said.duties.into_iter().filter(|(i, _)| {
        said.merge.saying(Verdict::Allowed).chain(said.merge.saying(Verdict::Conditional)).any(|k| k == i)
    });
    let duties: Vec<Duty> =
        duties.map(|(_, d)| d).chain(works.counted.iter().flat_map(|c| c.duties.iter().cloned())).collect();

    let strictest = said.merge.verdict().max(works.counted.iter().filter_map(|c| c.verdict).max());
    let exception = exception_applies(profile, asking, u) && hearing.hears(&EXCEPTION);
    let over_no = profile.exception.as_ref().is_some_and(|e| e.over_reservations);
    let over_matches = works.counted.is_empty() || profile.exception.as_ref().is_some_and(|e| e.over_matches);
    let all_granted = works.counted.iter().all(|c| c.verdict.is_some());

    match strictest {
        Some(Verdict::Allowed) if all_granted => affirm(&mut answer, &said.merge, item, &works),
        Some(no @ (Verdict::Denied | Verdict::Conditional | Verdict::Unknown))
            if !(exception && over_no && over_matches) =>
        {
            refuse(&mut answer, no, &said.merge, item, &works);
            if no == Verdict::Unknown {
                unknown(&mut answer, profile, hearing);
            }
        }
        Some(_) | None if exception && over_matches => {
            answer.verdict = Verdict::Allowed;
            answer.ground = Ground::Exception;
            answer.facts = vec![EXCEPTION];
            let heard = said.merge.saying(Verdict::Allowed).chain(said.merge.saying(Verdict::Unknown));
            answer.shadowed.extend(heard.map(|i| (Fact::Statement { index: *i }, Shadow::AlsoSaid)));
            for no in [Verdict::Conditional, Verdict::Denied] {
                let heard = said.merge.saying(no);
                answer.shadowed.extend(heard.map(|i| (Fact::Statement { index: *i }, Shadow::Overridden)));
            }
            for c in &works.counted {
                answer.shadowed.extend(c.facts.iter().map(|f| (f.clone(), Shadow::Overridden)));
            }
        }
        _ => {
            let counted = works.counted.iter().find(|c| c.verdict.is_none()).map(|c| c.places[0]);
            let place = |index| Fact::Match { index };
            let (ground, fact) = if let Some(index) = counted {
                (Ground::NoGrant, Some(place(index)))
            } else if let Some(index) = said.unproven {
                (Ground::YesUnproven, Some(Fact::Statement { index }))
            } else if let Some(index) = works.common {
                (Ground::Common, Some(place(index)))
            } else if let Some(index) = works.below {
                (Ground::BelowThreshold, Some(place(index)))
            } else {
                (Ground::UnknownNotAuthorised, None)
            };
            answer.ground = ground;
            answer.facts.extend(fact);
            let heard = said.merge.saying(Verdict::Allowed);
            answer.shadowed.extend(heard.map(|i| (Fact::Statement { index: *i }, Shadow::Weaker)));
            unknown(&mut answer, profile, hearing);
        }
    }
    if answer.verdict != Verdict::Denied {
        // Without these grants and licences something would refuse.
        answer.support.extend(said.lifting.iter().map(|i| Fact::Statement { index: *i }));
        answer.support.extend(works.counted.iter().flat_map(|c| c.grants.iter().cloned()));
    }
    if matches!(answer.verdict, Verdict::Allowed | Verdict::Conditional) && answer.ground != Ground::Exception
    {
        answer.duties = duties;
    }
    answer
}

/// Everybody who was heard says yes.
fn affirm(answer: &mut Answer, merge: &Merge<usize>, item: &Item<'_>, works: &Works) {
    answer.verdict = Verdict::Allowed;
    let yes: Vec<usize> = merge.saying(Verdict::Allowed).copied().collect();
    if works.counted.is_empty() {
        let best = yes.iter().copied().min_by_key(|i| rank(&item.statements[*i], *i));
        answer.ground = match best.map(|i| item.statements[i].nature) {
            Some(Nature::Licence) => Ground::Licensed,
            _ => Ground::StatedYes,
        };
        answer.facts = best.iter().map(|i| Fact::Statement { index: *i }).collect();
    } else {
        answer.ground = Ground::Granted;
        answer.facts = works.counted.iter().flat_map(|c| c.facts.iter().cloned()).collect();
    }
    let heard = yes.into_iter().map(|index| (Fact::Statement { index }, Shadow::AlsoSaid));
    answer.shadowed.extend(heard);
}

/// Somebody says no, or not yet, or says something that is no answer.
fn refuse(answer: &mut Answer, no: Verdict, merge: &Merge<usize>, item: &Item<'_>, works: &Works) {
    answer.verdict = no;
    let statement = merge.saying(no).copied().min_by_key(|i| rank(&item.statements[*i], *i));
    let work = works.counted.iter().filter(|c| c.verdict == Some(no)).min_by_key(|c| (c.ground, c.places[0]));
    // A holder's own word decides before a statement found on the way, and that before what merely lacks a yes.
    let own_word = work.filter(|c| matches!(c.ground, Ground::Reserved | Ground::DutyOpen));
    match (own_word, statement, work) {
        (Some(c), _, _) | (None, None, Some(c)) => {
            answer.ground = c.ground;
            answer.facts.clone_from(&c.facts);
        }
        (None, Some(index), _) => {
            answer.ground = match no {
                Verdict::Denied => Ground::StatedNo,
                Verdict::Conditional => Ground::DutyOpen,
                _ => Ground::StatedUnknown,
            };
            answer.facts = vec![Fact::Statement { index }];
        }
        (None, None, None) => {}
    }
    for verdict in [Verdict::Allowed, Verdict::Unknown, Verdict::Conditional, Verdict::Denied] {
        let why = if verdict == no { Shadow::AlsoSaid } else { Shadow::Weaker };
        let statements = merge.saying(verdict).map(|i| (Fact::Statement { index: *i }, why));
        answer.shadowed.extend(statements);
        for c in works.counted.iter().filter(|c| c.verdict == Some(verdict)) {
            answer.shadowed.extend(c.facts.iter().map(|f| (f.clone(), why)));
        }
    }
}

/// The last step: what the profile makes of unknown.
fn unknown(answer: &mut Answer, profile: &Profile, hearing: Hearing<'_>) {
    answer.verdict = Verdict::Unknown;
    if profile.unknown.uses == UnknownUses::Denied && hearing.hears(&UNKNOWN) {
        answer.verdict = Verdict::Denied;
        answer.facts.push(UNKNOWN);
    }
}

/// Whether the profile's exception reaches this use by this asker.
fn exception_applies(profile: &Profile, asking: &Asking, u: Use) -> bool {
    profile.exception.as_ref().is_some_and(|e| {
        e.uses.contains(u)
            && !Profile::NEVER_BY_DEFAULT.contains(u)
            && (!e.lawful_access || asking.lawful_access)
            && (e.classes.is_empty()
                || asking.classes.as_ref().is_some_and(|mine| mine.intersection(&e.classes).next().is_some()))
    })
}

/// What the statements say.
struct Said {
    merge: Merge<usize>,
    shadowed: Vec<(Fact, Shadow)>,
    duties: Vec<(usize, Duty)>,
    flags: Vec<Flag>,
    unproven: Option<usize>,
    /// Licence statements that lift others.
    lifting: Vec<usize>,
}

fn listen(profile: &Profile, asking: &Asking, item: &Item<'_>, u: Use, hearing: Hearing<'_>) -> Said {
    let mut said = Said {
        merge: Merge::SILENT,
        shadowed: Vec::new(),
        duties: Vec::new(),
        flags: Vec::new(),
        unproven: None,
        lifting: Vec::new(),
    };
    if item.statements.is_empty() {
        return said;
    }
    let older = superseded(profile, asking, item);
    for (index, (s, older)) in item.statements.iter().zip(older).enumerate() {
        let fact = Fact::Statement { index };
        if !s.uses.contains(u) {
            continue;
        }
        let plain_no = s.says(u) == Some(Verdict::Denied) && s.parse_status != ParseStatus::HumanOnly;
        let heard = hearing.hears(&fact) || hearing.every_no && plain_no;
        if !heard {
            continue;
        }
        if let Some(why) = older.or(applies(profile, asking, item, s).err()) {
            said.shadowed.push((fact, why));
            continue;
        }
        let Some(verdict) = s.says(u) else { continue };
        if s.verdict == Verdict::Allowed && verdict != Verdict::Allowed {
            said.shadowed.push((fact, Shadow::Approximate));
            continue;
        }
        let verdict = match s.parse_status {
            ParseStatus::Ok => verdict,
            ParseStatus::MalformedIntent => {
                said.flags.push(Flag::MalformedIntent { statement: index });
                verdict.max(profile.statements.malformed.verdict())
            }
            ParseStatus::HumanOnly => {
                said.flags.push(Flag::HumanOnly { statement: index });
                profile.statements.human_only.verdict()
            }
        };
        let duties = s.duties.iter().map(|c| Duty {
            condition: c.clone(),
            from: s.evidence.place.clone(),
            met: crate::grants::met(asking, &s.evidence.place, &c.duty),
        });
        let duties: Vec<Duty> = if verdict == Verdict::Denied { Vec::new() } else { duties.collect() };
        let verdict = match verdict {
            Verdict::Conditional if !duties.is_empty() && duties.iter().all(|d| d.met) => Verdict::Allowed,
            Verdict::Allowed if duties.iter().any(|d| d.condition.before_use && !d.met) => {
                Verdict::Conditional
            }
            other => other,
        };
        said.duties.extend(duties.into_iter().map(|d| (index, d)));
        if verdict == Verdict::Allowed && !entitled(profile, asking, s, u) {
            said.unproven.get_or_insert(index);
            said.flags.push(Flag::YesUnproven { statement: index });
            said.shadowed.push((fact, Shadow::Unproven));
            continue;
        }
        said.merge = said.merge.join(Merge::of(index, verdict));
    }
    said
}

/// Whether a yes comes from somebody entitled to it, as far as the proof goes.
fn entitled(profile: &Profile, asking: &Asking, s: &Statement, u: Use) -> bool {
    s.proof >= profile.statements.yes_proof
        || s.binding == Binding::Location && profile.statements.server_yes.contains(u)
        || trusted(asking, s)
}

/// Whether the asker trusts the declarant to be the rightsholder.
fn trusted(asking: &Asking, s: &Statement) -> bool {
    s.declarant.as_deref().is_some_and(|d| asking.trusted.iter().any(|t| same_party(t, d)))
}

/// Applies grants and proven licences: a step of its own after the merge.
///
/// They lift what is bound to a place, what nobody in particular declares, and what their own party declares. They
/// never lift the word of another party, and a licence never lifts another licence's duties.
fn lift(profile: &Profile, asking: &Asking, item: &Item<'_>, works: &Works, said: &mut Said) {
    let mut yes: Vec<(Option<usize>, &str)> = Vec::new();
    for verdict in [Verdict::Allowed, Verdict::Conditional] {
        for index in said.merge.saying(verdict) {
            let s = &item.statements[*index];
            let proven = s.proof >= profile.grants.lift_proof || trusted(asking, s);
            if s.nature == Nature::Licence && s.binding != Binding::Location && proven {
                yes.push((Some(*index), s.declarant.as_deref().unwrap_or_default()));
            }
        }
    }
    said.lifting = yes.iter().filter_map(|(by, _)| *by).collect();
    let all_granted =
        works.counted.iter().all(|c| matches!(c.verdict, Some(Verdict::Allowed | Verdict::Conditional)));
    if all_granted && covers_item(profile, item, works) {
        yes.extend(works.counted.iter().flat_map(|c| c.grantors.iter().map(|g| (None, g.as_str()))));
    }
    if yes.is_empty() {
        return;
    }
    let mut left = Merge::SILENT;
    for verdict in [Verdict::Allowed, Verdict::Unknown, Verdict::Conditional, Verdict::Denied] {
        for index in said.merge.saying(verdict) {
            let s = &item.statements[*index];
            let lifted = verdict != Verdict::Allowed
                && yes.iter().any(|(by, party)| {
                    (by.is_none() || s.nature == Nature::Preference)
                        && (s.binding == Binding::Location
                            || s.declarant.is_none() && s.binding != Binding::Party
                            || s.declarant.as_deref().is_some_and(|d| same_party(d, party)))
                });
            if lifted {
                said.shadowed.push((Fact::Statement { index: *index }, Shadow::Lifted));
            } else {
                left = left.join(Merge::of(*index, verdict));
            }
        }
    }
    said.merge = left;
}

/// Whether the counted works make up so much of the item that a grant for them is one for the item.
fn covers_item(profile: &Profile, item: &Item<'_>, works: &Works) -> bool {
    if works.counted.is_empty() {
        return false;
    }
    if works.counted.iter().any(|c| c.places.iter().any(|p| item.matched[*p].whole)) {
        return true;
    }
    let letters: u64 = works.counted.iter().map(|c| c.letters).sum();
    item.letters.is_some_and(|all| {
        all > 0 && u128::from(letters) * 1000 >= u128::from(all) * u128::from(profile.grants.item_permille)
    })
}

/// Which of several statements with one answer is named: the best standing, the best proof, the first place.
fn rank(s: &Statement, index: usize) -> impl Ord + use<> {
    (s.tier, std::cmp::Reverse(s.proof), s.evidence.place.clone(), s.evidence.line, index)
}
