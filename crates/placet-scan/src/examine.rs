//! One item: what of it stems from registered works, and what may be done with it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use placet_authorize::{Asking, Decision, Flag, Matched, Profile, decide};
use placet_core::{Statement, Use, UseSet, Verdict};
use placet_corpus::{Form, Item};
use placet_match::{Match, Scanner, Texts};

use crate::error::ScanError;
use crate::facts::{Facts, Packs, WorkFacts};
use crate::hearing::Hearing;
use crate::job::Job;
use crate::site_records::SiteRecords;
use crate::told::Told;
use crate::words;

/// What holds for every item of a run.
pub(crate) struct Rules<'p> {
    pub(crate) packs: Packs<'p>,
    pub(crate) texts: Option<&'p dyn Texts>,
    profile: &'p Profile,
    asking: Asking,
    uses: UseSet,
    redact: bool,
    unknown: placet_authorize::UnknownItems,
    /// The decisions for an item in which nothing was matched and of which nothing is said; they are the same for all.
    nothing: Arc<Decided>,
    records: SiteRecords,
    agents: Vec<String>,
}

/// The answers for one item, use by use.
pub(crate) struct Decided {
    pub(crate) decisions: Vec<Decision>,
    /// What each rests on.
    pub(crate) told: Vec<Told>,
}

impl<'p> Rules<'p> {
    pub(crate) fn new(job: &'p Job, asking: Asking, records: SiteRecords) -> Rules<'p> {
        let empty = placet_authorize::Item::default();
        let nothing = Decided::of(&job.profile, &asking, &empty, job.uses);
        Rules {
            packs: Packs::new(&job.packs),
            texts: job.texts.as_deref().map(|texts| texts as &dyn Texts),
            profile: &job.profile,
            asking,
            uses: job.uses,
            redact: job.redact,
            unknown: job.unknown_items(),
            nothing: Arc::new(nothing),
            records,
            agents: job.agents.clone(),
        }
    }

    /// What a verdict over all uses means for the cleared corpus.
    ///
    /// `rest_refused` says that something besides the matches refuses.
    fn fate(&self, form: Form, decisions: &[Decision], cuts: Vec<Range<usize>>, rest_refused: bool) -> Fate {
        // A media file was compared with nothing, so only a yes keeps it.
        let unknown = if form == Form::Media { placet_authorize::UnknownItems::Drop } else { self.unknown };
        let keeps = |d: &Decision| self.profile.keeps(d.verdict, Some(unknown));
        if decisions.iter().all(keeps) {
            return Fate::Keep;
        }
        // Only what is refused for its matches alone can be mended by cutting them out.
        let for_matches = |d: &Decision| {
            keeps(d) || matches!(d.verdict, Verdict::Denied | Verdict::Conditional) && !d.works.is_empty()
        };
        if self.redact && !rest_refused && !cuts.is_empty() && decisions.iter().all(for_matches) {
            return Fate::Redact(cuts);
        }
        Fate::Drop
    }
}

impl Decided {
    fn of(profile: &Profile, asking: &Asking, item: &placet_authorize::Item<'_>, uses: UseSet) -> Decided {
        let decisions: Vec<Decision> = uses.iter().map(|u: Use| decide(profile, asking, item, u)).collect();
        let told = decisions.iter().map(|d| Told::of(d, item.statements, item.matched)).collect();
        Decided { decisions, told }
    }
}

/// What one item gave.
pub(crate) struct Examined {
    pub(crate) item: Item,
    pub(crate) letters: u64,
    pub(crate) matches: Vec<Row>,
    pub(crate) matched_letters: u64,
    pub(crate) matched_permille: u64,
    pub(crate) decided: Arc<Decided>,
    /// Whether anything is said about it besides packs.
    pub(crate) has_signals: bool,
    /// Whether a record of its site is at hand.
    pub(crate) has_site: bool,
    pub(crate) amounts: Vec<Amount>,
    pub(crate) conflicts: Vec<[String; 2]>,
    pub(crate) fate: Fate,
}

/// What happens to an item in the cleared corpus.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays as it is.
    Keep,
    /// It stays without these spans, in characters of its original.
    Redact(Vec<Range<usize>>),
    /// It is left out.
    Drop,
}

/// A match with its offsets in the original.
pub(crate) struct Row {
    pub(crate) work_id: String,
    pub(crate) found: Match,
    pub(crate) original: Range<usize>,
    /// Characters of the original by which the run may begin earlier and end later.
    pub(crate) margins: (usize, usize),
}

/// How much of one work an item holds.
pub(crate) struct Amount {
    pub(crate) pack: u16,
    pub(crate) work_id: String,
    pub(crate) title: String,
    /// As decisions name it: issuer and id.
    pub(crate) name: String,
    pub(crate) words: u64,
    pub(crate) letters: u64,
}

/// Scans and decides, with one thread's buffers.
pub(crate) struct Examiner<'r, 'p> {
    rules: &'r Rules<'p>,
    scanner: Scanner<'p>,
    facts: Facts<'p>,
    found: Vec<Match>,
    hearing: Hearing,
}

impl<'r, 'p> Examiner<'r, 'p> {
    pub(crate) fn new(rules: &'r Rules<'p>) -> Examiner<'r, 'p> {
        let scanner = rules.packs.set.scanner();
        let hearing = Hearing::new(&rules.records, &rules.agents);
        Examiner { rules, scanner, facts: Facts::default(), found: Vec::new(), hearing }
    }

    pub(crate) fn examine(&mut self, item: Item) -> Result<Examined, ScanError> {
        let statements = self.hearing.of(&item)?;
        let has_site = self.hearing.knows_site(&item)?;
        self.found.clear();
        // Of most items nothing is found, and their text need not be made.
        if item.text.quoted().is_none_or(|quoted| self.scanner.could_find_in(quoted)) {
            self.scanner.scan(&item.text, self.rules.texts, &mut self.found);
        }
        let letters = self.scanner.letters() as u64;
        if self.found.is_empty() {
            let rules = self.rules;
            let has_signals = !statements.is_empty();
            let decided = if has_signals {
                let asked = placet_authorize::Item {
                    url: item.url.as_deref(),
                    acquired_at: item.captured,
                    letters: Some(letters),
                    matched: &[],
                    statements: &statements,
                };
                Arc::new(Decided::of(rules.profile, &rules.asking, &asked, rules.uses))
            } else {
                rules.nothing.clone()
            };
            let fate = rules.fate(item.form, &decided.decisions, Vec::new(), false);
            return Ok(Examined {
                item,
                letters,
                matches: Vec::new(),
                matched_letters: 0,
                matched_permille: 0,
                decided,
                has_signals,
                has_site,
                amounts: Vec::new(),
                conflicts: Vec::new(),
                fate,
            });
        }
        self.matched(item, letters, &statements, has_site)
    }

    fn matched(
        &mut self,
        item: Item,
        letters: u64,
        statements: &[Statement],
        has_site: bool,
    ) -> Result<Examined, ScanError> {
        let rules = self.rules;
        let found = std::mem::take(&mut self.found);
        let facts: Vec<Arc<WorkFacts<'_>>> =
            found.iter().map(|m| self.facts.of(&rules.packs, m.pack, m.work)).collect::<Result<_, _>>()?;
        let text = Places::new(&item.text);
        let matched: Vec<Matched<'_>> =
            found.iter().zip(&facts).map(|(m, facts)| heard(rules, &text, m, facts)).collect();
        let asked = placet_authorize::Item {
            url: item.url.as_deref(),
            acquired_at: item.captured,
            letters: Some(letters),
            matched: &matched,
            statements,
        };
        let decided = Decided::of(rules.profile, &rules.asking, &asked, rules.uses);
        let decisions = &decided.decisions;

        let own = || found.iter().zip(&matched).filter(|(m, heard)| !m.common && !heard.commons);
        let union = merged(own().map(|(m, _)| m.item_start..m.item_end).collect());
        let matched_letters: u64 = union.iter().map(|span| words::letters(text.slice(span))).sum();
        let matched_permille = (matched_letters * 1000).checked_div(letters).unwrap_or(0).min(1000);
        let amounts = amounts(&text, &found, &matched, &facts);
        let cuts = own()
            .filter(|(_, heard)| {
                let name = format!("{}/{}", heard.issuer, heard.work);
                decisions
                    .iter()
                    .any(|d| !rules.profile.keeps(d.verdict, Some(rules.unknown)) && d.works.contains(&name))
            })
            .map(|(m, _)| item.origin.range(text.with_margins(m)))
            .collect();
        let mut conflicts: Vec<[String; 2]> = decisions
            .iter()
            .flat_map(|d| &d.flags)
            .filter_map(|flag| match flag {
                Flag::Conflict { works } => Some(works.clone()),
                _ => None,
            })
            .collect();
        conflicts.sort();
        conflicts.dedup();
        let matches = found
            .iter()
            .zip(&facts)
            .map(|(m, facts)| {
                let original = item.origin.range(m.item_start..m.item_end);
                let widest = item.origin.range(text.with_margins(m));
                Row {
                    work_id: facts.packed.work.id.clone(),
                    found: m.clone(),
                    margins: (
                        original.start.saturating_sub(widest.start),
                        widest.end.saturating_sub(original.end),
                    ),
                    original,
                }
            })
            .collect();
        let without = placet_authorize::Item { matched: &[], ..asked };
        let rest_refused = rules.redact
            && !statements.is_empty()
            && rules
                .uses
                .iter()
                .any(|u| decide(rules.profile, &rules.asking, &without, u).verdict >= Verdict::Conditional);
        let fate = rules.fate(item.form, decisions, cuts, rest_refused);
        drop(matched);
        self.found = found;
        Ok(Examined {
            letters,
            matches,
            matched_letters,
            matched_permille,
            decided: Arc::new(decided),
            has_signals: !statements.is_empty(),
            has_site,
            amounts,
            conflicts,
            fate,
            item,
        })
    }
}

/// A match as the decision law hears it.
fn heard<'a>(rules: &'a Rules<'_>, text: &Places<'_>, m: &Match, facts: &'a WorkFacts<'_>) -> Matched<'a> {
    let pack = rules.packs.set.packs().get(usize::from(m.pack)).map(placet_match::Pack::manifest);
    let widest = text.with_margins(m);
    let margins = words::letters(text.slice(&(widest.start..m.item_start)))
        + words::letters(text.slice(&(m.item_end..widest.end)));
    Matched {
        work: &facts.packed.work.id,
        issuer: rules.packs.issuers.get(usize::from(m.pack)).map_or("", String::as_str),
        commons: pack.is_some_and(|pack| pack.commons),
        common: m.common,
        whole: false,
        span: m.item_start as u64..m.item_end as u64,
        letters: u64::from(m.letters),
        letters_most: u64::from(m.letters) + margins,
        work_letters: (facts.packed.letters > 0).then_some(facts.packed.letters),
        guarantee: pack.map_or(0, |pack| u64::from(pack.guarantee.letters())),
        settled: false,
        credits: &facts.packed.work.credits,
        reservations: &facts.reservations,
        grants: &facts.grants,
    }
}

/// How much of each work the item certainly holds. Stretches that lie over one another count once.
fn amounts(
    text: &Places<'_>,
    found: &[Match],
    matched: &[Matched<'_>],
    facts: &[Arc<WorkFacts<'_>>],
) -> Vec<Amount> {
    let mut by_work: BTreeMap<(u16, u32), Stretches> = BTreeMap::new();
    for (place, (m, heard)) in found.iter().zip(matched).enumerate() {
        if !m.common && !heard.commons {
            let entry = by_work.entry((m.pack, m.work)).or_insert_with(|| (place, Vec::new()));
            entry.1.push(m.item_start..m.item_end);
        }
    }
    by_work
        .into_iter()
        .filter_map(|((pack, _), (place, spans))| {
            let (heard, facts) = (matched.get(place)?, facts.get(place)?);
            let spans = merged(spans);
            Some(Amount {
                pack,
                work_id: facts.packed.work.id.clone(),
                title: facts.packed.work.title.clone(),
                name: format!("{}/{}", heard.issuer, heard.work),
                words: spans.iter().map(|span| words::words(text.slice(span))).sum(),
                letters: spans.iter().map(|span| words::letters(text.slice(span))).sum(),
            })
        })
        .collect()
}

/// The place of a work's first match in the list, and all its spans.
type Stretches = (usize, Vec<Range<usize>>);

/// A text by characters.
struct Places<'t> {
    text: &'t str,
    /// Byte of every [`STEP`]th character; empty where characters are bytes.
    steps: Vec<usize>,
    characters: usize,
}

const STEP: usize = 256;

impl<'t> Places<'t> {
    fn new(text: &'t str) -> Places<'t> {
        if text.is_ascii() {
            return Places { text, steps: Vec::new(), characters: text.len() };
        }
        let mut characters = 0;
        let mut steps = Vec::with_capacity(text.len() / STEP + 1);
        for (byte, _) in text.char_indices() {
            if characters % STEP == 0 {
                steps.push(byte);
            }
            characters += 1;
        }
        Places { text, steps, characters }
    }

    fn byte(&self, character: usize) -> usize {
        if self.steps.is_empty() {
            return character.min(self.text.len());
        }
        let Some(from) = self.steps.get(character / STEP) else { return self.text.len() };
        let rest = self.text.get(*from..).unwrap_or_default();
        rest.char_indices().nth(character % STEP).map_or(self.text.len(), |(byte, _)| from + byte)
    }

    fn slice(&self, span: &Range<usize>) -> &'t str {
        self.text.get(self.byte(span.start)..self.byte(span.end)).unwrap_or_default()
    }

    fn with_margins(&self, m: &Match) -> Range<usize> {
        let start = m.item_start.saturating_sub(m.margin_start as usize);
        let end = m.item_end.saturating_add(m.margin_end as usize).min(self.characters).max(m.item_end);
        start..end
    }
}

/// The spans sorted, joined where they touch.
fn merged(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_found_in_texts_of_any_script() {
        let text = "Война и мир — 戦争と平和 ".repeat(60);
        let places = Places::new(&text);
        let all: Vec<char> = text.chars().collect();
        for span in [0..5, 3..700, 255..258, 1000..text.chars().count()] {
            let expected: String = all[span.clone()].iter().collect();
            assert_eq!(places.slice(&span), expected);
        }
        assert_eq!(Places::new("plain").slice(&(1..3)), "la");
    }

    #[test]
    fn what_lies_over_another_counts_once() {
        assert_eq!(merged(vec![5..9, 0..3, 8..12, 3..4]), [0..4, 5..12]);
    }
}
