//! How diverse a corpus is: languages, scripts, countries and concentration. Figures about a corpus; no creator is ranked.

use serde::Serialize;

use crate::summary::document::DomainRow;
use crate::summary::gather::Gathered;
use crate::summary::measure::{DETECTOR, EU_LANGUAGES, UNDETERMINED, UNSEEN, language_name};

/// The version of the shape.
pub const SCHEMA: &str = "placet.diversity/1";

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diversity {
    /// Documents.
    pub items: u64,
    /// Volume.
    pub volume: u64,
    /// Its unit.
    pub unit: &'static str,
    /// How languages were found.
    pub languages_by: String,
    /// Languages, largest first.
    pub languages: Vec<Part>,
    /// Scripts, largest first; empty where not measured.
    pub scripts: Vec<Part>,
    /// Official languages of the Union that were not found.
    pub union_missing: Vec<&'static str>,
    /// Those that the detector cannot tell.
    pub union_not_known: Vec<&'static str>,
    /// Countries by the top-level domain of the address, largest first.
    pub countries: Vec<Part>,
    /// Documents whose address names no country, or that have no address.
    pub without_country: u64,
    /// Concentration of volume over registrable domains.
    pub concentration: Concentration,
}

/// A part of the corpus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Code: language subtag, script, top-level domain.
    pub code: String,
    /// Its name where there is one.
    pub name: String,
    /// Documents.
    pub items: u64,
    /// Volume.
    pub volume: u64,
    /// Share of the volume in thousandths, rounded down.
    pub permille: u64,
}

/// How the volume with an address spreads over domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Concentration {
    /// Registrable domains.
    pub domains: u64,
    /// Herfindahl-Hirschman index, 0 to 10,000.
    pub hhi: u64,
    /// Share of the largest one in thousandths.
    pub top_1_permille: u64,
    /// Share of the ten largest.
    pub top_10_permille: u64,
    /// Share of the hundred largest.
    pub top_100_permille: u64,
}

/// Makes the report. `largest` are the hundred largest domains of everything.
pub fn report(gathered: &Gathered, largest: &[DomainRow]) -> Diversity {
    let all = gathered.all.volume;
    let parts = |of: &mut dyn Iterator<Item = (&String, &(u64, u64))>, name: &dyn Fn(&str) -> String| {
        let mut parts: Vec<Part> = of
            .map(|(code, (items, volume))| Part {
                code: code.clone(),
                name: name(code),
                items: *items,
                volume: *volume,
                permille: permille(*volume, all),
            })
            .collect();
        parts.sort_by(|a, b| b.volume.cmp(&a.volume).then_with(|| a.code.cmp(&b.code)));
        parts
    };
    let languages = parts(&mut gathered.languages.iter(), &|code| language_name(code).to_owned());
    let found = |code: &str| languages.iter().any(|part| part.code == code && code != UNDETERMINED);
    let unseen = |name: &str| gathered.measured && UNSEEN.contains(&name);
    let top =
        |n: usize| permille(largest.iter().take(n).map(|row| row.volume).sum(), gathered.domains.volume);
    let with_country: u64 = gathered.domains.countries.values().map(|(items, _)| items).sum();
    Diversity {
        items: gathered.all.items,
        volume: all,
        unit: gathered.unit(),
        languages_by: if gathered.measured {
            DETECTOR.to_owned()
        } else {
            "as stated by the documents or their crawlers".to_owned()
        },
        union_missing: EU_LANGUAGES
            .iter()
            .filter(|(code, name)| !found(code) && !unseen(name))
            .map(|(_, name)| *name)
            .collect(),
        union_not_known: EU_LANGUAGES
            .iter()
            .filter(|(code, name)| !found(code) && unseen(name))
            .map(|(_, name)| *name)
            .collect(),
        scripts: parts(&mut gathered.scripts.iter(), &str::to_owned),
        countries: parts(&mut gathered.domains.countries.iter(), &|code| code.to_uppercase()),
        without_country: gathered.all.items.saturating_sub(with_country),
        concentration: Concentration {
            domains: gathered.domains.domains,
            hhi: gathered.domains.hhi(),
            top_1_permille: top(1),
            top_10_permille: top(10),
            top_100_permille: top(100),
        },
        languages,
    }
}

fn permille(part: u64, all: u64) -> u64 {
    if all == 0 { 0 } else { u64::try_from(u128::from(part) * 1_000 / u128::from(all)).unwrap_or(0) }
}
