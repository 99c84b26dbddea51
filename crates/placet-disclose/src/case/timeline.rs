//! What is due, what was answered and who was silent, as of a day that the caller names.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit};
use serde::Serialize;

use super::document::{Body, Document};
use super::folder::Stored;

/// One question and its clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// SHA-256 of the document that asks.
    pub document: String,
    /// Its number.
    pub number: u32,
    /// Its kind.
    pub kind: &'static str,
    /// Last day to answer.
    pub due: Date,
    /// How it stands.
    #[serde(flatten)]
    pub status: Status,
}

/// How a question stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Status {
    /// There is time left.
    Waiting {
        /// Days to the last day.
        days_left: u32,
    },
    /// Answered.
    Answered {
        /// SHA-256 of the answer.
        document: String,
        /// When, as its author says.
        at: Timestamp,
        /// Days after the last day; 0 where in time.
        days_late: u32,
    },
    /// No answer in the folder.
    Silent {
        /// Days since the last day.
        days: u32,
    },
}

impl Clock {
    /// How it stands, in words.
    pub fn words(&self) -> String {
        let days = |n: u32| format!("{n} {}", if n == 1 { "day" } else { "days" });
        match &self.status {
            Status::Waiting { days_left } => format!("answer due by {}, {} left", self.due, days(*days_left)),
            Status::Answered { at, days_late: 0, .. } => format!("answered on {}", day(*at)),
            Status::Answered { at, days_late, .. } => {
                format!("answered on {}, {} late", day(*at), days(*days_late))
            }
            Status::Silent { days: n } => format!("no answer after {}, due on {}", days(*n), self.due),
        }
    }
}

/// The clocks of a case as of a moment, in the order of their documents. A question and its reminders are one: what answers
/// any of them stops the clocks of all.
pub fn clocks(stored: &[Stored], at: Timestamp) -> Vec<Clock> {
    let mut clocks = Vec::new();
    let documents: Vec<(&str, &Document)> = stored.iter().map(|s| (s.sha256.as_str(), &s.document)).collect();
    for (hash, asks) in documents.iter().filter(|(_, d)| d.at <= at) {
        let Some(due) = asks.body.due() else { continue };
        let question = question(&documents, hash);
        let answer = documents.iter().find(|(_, d)| {
            d.at <= at
                && matches!(d.body, Body::Answer(_) | Body::Reply(_))
                && d.body.about().is_some_and(|about| self::question(&documents, about) == question)
                && d.by.side != asks.by.side
        });
        let status = match answer {
            Some((document, d)) => Status::Answered {
                document: (*document).to_owned(),
                at: d.at,
                days_late: days_between(due, day(d.at)),
            },
            None if day(at) > due => Status::Silent { days: days_between(due, day(at)) },
            None => Status::Waiting { days_left: days_between(day(at), due) },
        };
        clocks.push(Clock {
            document: (*hash).to_owned(),
            number: asks.number,
            kind: asks.body.kind(),
            due,
            status,
        });
    }
    clocks
}

/// The question behind a document: of a reminder the one that it reminds of, else the document itself.
fn question<'a>(documents: &[(&'a str, &'a Document)], mut hash: &'a str) -> &'a str {
    // A reminder names an earlier document by its hash, so that there is no circle; a broken case may be cut short.
    for _ in 0..documents.len() {
        match documents.iter().find(|(of, _)| *of == hash).map(|(_, document)| &document.body) {
            Some(Body::Followup(followup)) => hash = &followup.to,
            _ => break,
        }
    }
    hash
}

/// The day of a moment (UTC).
pub fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// The last day to answer what is asked at a moment.
pub fn due(at: Timestamp, days: u32) -> Date {
    day(at).checked_add(Span::new().days(i64::from(days.min(DAYS_MAX)))).unwrap_or(Date::MAX)
}

/// Longest time to answer, in days.
pub const DAYS_MAX: u32 = 3660;

/// Days from one day to a later one; 0 where it is not later.
pub fn days_between(from: Date, until: Date) -> u32 {
    let days = from.until((Unit::Day, until)).map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or(0)
}
