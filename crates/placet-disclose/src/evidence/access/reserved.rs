//! What was reserved when a visit happened: saved versions of robots.txt and reservations of the registry.

use jiff::Timestamp;
use placet_core::Reservation;
use placet_core::{Scope, Use};
use placet_signals::robots::{self, Matcher, Robots, normal, path_of};

use super::{InForce, Visits};
use crate::case::folder::sha256;

/// A robots.txt as it was saved.
pub struct RobotsVersion {
    host: Option<String>,
    since: Timestamp,
    sha256: String,
    matcher: Matcher,
}

impl RobotsVersion {
    /// Reads one that was there from a moment on, for one host or for every host of the logs.
    pub fn new(bytes: &[u8], since: Timestamp, host: Option<&str>) -> RobotsVersion {
        let robots: Robots = robots::parse(bytes).0;
        RobotsVersion {
            host: host.map(str::to_ascii_lowercase),
            since,
            sha256: sha256(bytes),
            matcher: Matcher::new(&robots),
        }
    }
}

/// Where a work is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Id of the work.
    pub work: String,
    /// Its address.
    pub url: String,
}

/// Everything that was reserved, with its times.
#[derive(Default)]
pub struct Reserved {
    /// Saved versions, in any order.
    pub robots: Vec<RobotsVersion>,
    /// Reservations of the registry.
    pub reservations: Vec<Reservation>,
    /// Where works are served.
    pub places: Vec<Place>,
}

impl Reserved {
    /// The moments at which something changed.
    pub fn turns(&self) -> Vec<Timestamp> {
        let mut turns: Vec<Timestamp> = self.robots.iter().map(|v| v.since).collect();
        turns.extend(self.reservations.iter().map(|r| r.declared_at));
        turns.sort_unstable();
        turns.dedup();
        turns
    }

    /// Names, for each row, the work at its address and what was in force when it was visited.
    pub fn name(&self, visits: &mut Visits) {
        for row in &mut visits.rows {
            row.work = self.work(&row.host, &row.path).map(str::to_owned);
            if let Some(version) = self.version(&row.host, row.first) {
                let access = version.matcher.decide(&row.agent, &normal(row.path.as_bytes()));
                row.in_force.push(InForce {
                    source: format!("robots.txt saved {}", version.since),
                    since: version.since,
                    denies: !access.allowed,
                    line: access.line,
                    sha256: version.sha256.clone(),
                });
            }
            for reservation in self.reservations.iter().filter(|r| r.declared_at <= row.first) {
                let covers = match (&reservation.scope, &row.work) {
                    (Scope::All, Some(_)) => true,
                    (Scope::Works(works), Some(work)) => works.contains(work),
                    _ => false,
                };
                // A reservation of a work speaks of what is done with it; one of access denies the fetch itself.
                if covers && reservation.uses.contains(Use::Access) {
                    row.in_force.push(InForce {
                        source: format!("reservation {}", reservation.id),
                        since: reservation.declared_at,
                        denies: true,
                        line: None,
                        sha256: String::new(),
                    });
                }
            }
        }
    }

    /// The version for a host that was there last at a moment; none before the first was saved.
    fn version(&self, host: &str, at: Timestamp) -> Option<&RobotsVersion> {
        self.robots
            .iter()
            .filter(|v| v.since <= at)
            .filter(|v| v.host.as_deref().is_none_or(|of| host.is_empty() || of == host))
            .max_by_key(|v| v.since)
    }

    fn work(&self, host: &str, path: &str) -> Option<&str> {
        let bare = path.split(['?', '#']).next().unwrap_or_default();
        self.places
            .iter()
            .find(|place| {
                let there = robots::authority_of(&place.url).unwrap_or_default();
                let same_host = host.is_empty() || there.eq_ignore_ascii_case(host);
                let address = path_of(&place.url);
                same_host && (address == path || address.split(['?', '#']).next() == Some(bare))
            })
            .map(|place| place.work.as_str())
    }
}
