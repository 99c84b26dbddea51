//! Which statements apply to this copy, this asker and this day. Scope decides here; rank never does.

use jiff::{SignedDuration, Timestamp};
use placet_core::{Actor, Actors, Binding, Reach, Statement, Territory, Verdict};
use serde::Serialize;

use crate::profile::Later;
use crate::{Asking, Item, Profile};

/// Why a fact was heard and did not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shadow {
    /// It was observed after the time of the question.
    NotYet,
    /// It does not hold on the day of the question.
    OutOfPeriod,
    /// It does not hold where the use takes place.
    OtherTerritory,
    /// It speaks to others.
    OtherActor,
    /// It is bound to a place from which this copy was not acquired.
    OtherPlace,
    /// It is bound to a place, and the copy was acquired there before it was stated.
    AfterAcquisition,
    /// Its protocol lets another carrier decide.
    OtherCarrier,
    /// The same place says something newer.
    Superseded,
    /// Its vocabulary covers the use only approximately, so its yes is none.
    Approximate,
    /// Nothing shows that its yes comes from the rightsholder.
    Unproven,
    /// A grant or a proven licence lifts it.
    Lifted,
    /// A legal exception holds against it.
    Overridden,
    /// Something stricter was said.
    Weaker,
    /// Another fact with the same answer is named in the witness.
    AlsoSaid,
    /// The commons, or a settled claim, stand against it.
    NotTheirs,
    /// It lies below the threshold, or many works share the text.
    DoesNotCount,
}

/// A statement of a place that was read this long after the copy was acquired there still tells of the same visit.
///
/// RFC 9309, section 2.4: a robots.txt should not be used from a cache for longer than 24 hours.
const SAME_VISIT: SignedDuration = SignedDuration::from_hours(24);

/// Whether a statement applies to this copy, this asker and this day; if not, why not.
///
/// In doubt a no applies and a yes does not: where the class of the asker or the place of the copy is unknown, a
/// conditional or denying statement is heard. Superseding by newer statements of the same place needs the whole list
/// and is part of [`crate::decide`].
pub fn applies(
    profile: &Profile,
    asking: &Asking,
    item: &Item<'_>,
    statement: &Statement,
) -> Result<(), Shadow> {
    let refuses = statement.verdict >= Verdict::Conditional;
    if statement.overruled {
        return Err(Shadow::OtherCarrier);
    }
    if statement.evidence.observed_at.is_some_and(|seen| seen > asking.at) {
        return Err(Shadow::NotYet);
    }
    if !statement.period.contains(asking.day()) {
        return Err(Shadow::OutOfPeriod);
    }
    let there = if refuses {
        overlap(&statement.territory, &asking.territory)
    } else {
        statement.territory.covers(&asking.territory)
    };
    if !there {
        return Err(Shadow::OtherTerritory);
    }
    if !addressed(&statement.actors, asking).unwrap_or(refuses) {
        return Err(Shadow::OtherActor);
    }
    if statement.binding == Binding::Location {
        if !same_place(statement, item.url).unwrap_or(refuses) {
            return Err(Shadow::OtherPlace);
        }
        let late = match (statement.evidence.observed_at, item.acquired_at) {
            (Some(seen), Some(got)) => seen > got.saturating_add(SAME_VISIT).unwrap_or(Timestamp::MAX),
            _ => false,
        };
        if late && !(refuses && profile.statements.later == Later::Refuse) {
            return Err(Shadow::AfterAcquisition);
        }
    }
    Ok(())
}

/// For each statement, whether another observation of the same place governs instead of it.
///
/// A place speaks as a whole: whoever reads it again replaces everything that it said before. Copies from the place
/// are governed by what it said when they were acquired, everything else by what was said last.
pub(crate) fn superseded(profile: &Profile, asking: &Asking, item: &Item<'_>) -> Vec<Option<Shadow>> {
    let governing = |s: &Statement| -> Option<Timestamp> {
        let seen = item
            .statements
            .iter()
            .filter(|o| {
                o.protocol == s.protocol && o.evidence.place == s.evidence.place && o.binding == s.binding
            })
            .filter_map(|o| o.evidence.observed_at)
            .filter(|t| *t <= asking.at);
        match (s.binding, item.acquired_at) {
            (Binding::Location, Some(got)) => {
                let (before, after): (Vec<_>, Vec<_>) = seen.partition(|t| *t <= got);
                before.into_iter().max().or_else(|| after.into_iter().min())
            }
            _ => seen.max(),
        }
    };
    item.statements
        .iter()
        .map(|s| {
            let (seen, governs) = (s.evidence.observed_at?, governing(s)?);
            let later_no = s.binding == Binding::Location
                && s.verdict >= Verdict::Conditional
                && profile.statements.later == Later::Refuse;
            match seen.cmp(&governs) {
                std::cmp::Ordering::Less => Some(Shadow::Superseded),
                std::cmp::Ordering::Greater if s.binding == Binding::Location && !later_no => {
                    Some(Shadow::AfterAcquisition)
                }
                _ => None,
            }
        })
        .collect()
}

/// Whether the asker is meant; absent where that depends on a class and the asker's classes are not known.
fn addressed(actors: &Actors, asking: &Asking) -> Option<bool> {
    let among = |named: &std::collections::BTreeSet<Actor>| -> Option<bool> {
        let mut unknown = false;
        for actor in named {
            match (actor, &asking.classes) {
                (Actor::Agent(token), _) => {
                    if asking.agents.iter().any(|a| a.eq_ignore_ascii_case(token)) {
                        return Some(true);
                    }
                }
                (Actor::Class(class), Some(mine)) => {
                    if mine.iter().any(|c| c.eq_ignore_ascii_case(class)) {
                        return Some(true);
                    }
                }
                (Actor::Class(_), None) => unknown = true,
            }
        }
        if unknown { None } else { Some(false) }
    };
    match actors {
        Actors::Anyone => Some(true),
        Actors::Only(named) => among(named),
        Actors::AllBut(named) => among(named).map(|is| !is),
    }
}

/// Whether the copy was acquired at the place the statement is bound to; absent where one of them is not known.
///
/// A reader has already matched path patterns against the URL of the copy, so only the origin is compared for them.
fn same_place(statement: &Statement, url: Option<&str>) -> Option<bool> {
    let Some(target) = statement.target.as_deref() else { return Some(true) };
    let url = url?;
    Some(match statement.reach {
        Reach::Url | Reach::Representation => bare(target) == bare(url),
        _ => {
            let (a, b) = (origin(target), origin(url));
            a.1 == b.1 && (a.0.is_empty() || b.0.is_empty() || a.0 == b.0)
        }
    })
}

/// A URL without its fragment.
fn bare(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

/// Scheme and authority in lower case, without user and default port; the scheme is empty where none is written.
fn origin(url: &str) -> (String, String) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority).to_ascii_lowercase();
    let scheme = scheme.to_ascii_lowercase();
    let port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => "",
    };
    let host = match host.strip_suffix(port) {
        Some(short) if !port.is_empty() => short.to_owned(),
        _ => host,
    };
    (scheme, host)
}

/// Whether some country lies in both.
pub(crate) fn overlap(a: &Territory, b: &Territory) -> bool {
    match (a, b) {
        (Territory::Countries(c), other) | (other, Territory::Countries(c)) => {
            c.iter().any(|c| other.contains(*c))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (a, b, same) in [
            ("https://Example.org/a", "https://example.org:443/b?c", true),
            ("http://example.org/a", "https://example.org/a", false),
            ("example.org", "https://example.org/a", true),
            ("https://example.org", "https://www.example.org", false),
            ("https://example.org:8443/", "https://example.org/", false),
            ("https://user@example.org/", "https://example.org/", true),
        ] {
            let (x, y) = (origin(a), origin(b));
            let met = x.1 == y.1 && (x.0.is_empty() || y.0.is_empty() || x.0 == y.0);
            assert_eq!(met, same, "{a} {b}");
        }
    }
}
