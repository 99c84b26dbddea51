//! The score card: for each section, what the form asks, what is answered, and what was found.

use serde::Serialize;

use super::form::Reading;
use super::lints::{Finding, answered, asked};
use crate::summary::template::{FIELDS, sections};

/// The card of a summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Fields that the form asks, given the other answers; optional ones left out.
    pub asked: usize,
    /// Those that are answered, be it with no or none.
    pub answered: usize,
    /// Findings.
    pub findings: usize,
    /// By section.
    pub sections: Vec<SectionCard>,
}

/// A section of the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SectionCard {
    /// Its number.
    pub section: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Fields that the form asks.
    pub asked: usize,
    /// Those that are answered.
    pub answered: usize,
    /// Findings.
    pub findings: usize,
}

/// Makes the card.
pub fn card(reading: &Reading, findings: &[Finding]) -> Card {
    let rows: Vec<SectionCard> = sections()
        .map(|(section, title)| {
            let of = || FIELDS.iter().filter(move |field| field.section == section && asked(reading, field));
            SectionCard {
                section,
                title,
                asked: of().count(),
                answered: of().filter(|field| answered(reading, field.key)).count(),
                findings: findings.iter().filter(|finding| finding.section == section).count(),
            }
        })
        .filter(|row| row.asked > 0 || row.findings > 0)
        .collect();
    Card {
        asked: rows.iter().map(|row| row.asked).sum(),
        answered: rows.iter().map(|row| row.answered).sum(),
        findings: findings.len(),
        sections: rows,
    }
}
