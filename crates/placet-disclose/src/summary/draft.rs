//! A summary from evidence and answers.
//!
//! What the runs show is counted and linked to the files it was counted from; what only a person can attest comes from the answers;
//! everything else says that it is not known. Answers that the evidence contradicts are faults.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::answers::{Answers, Data, Fault, SourceDecl, SourceKind};
use super::band::Modality;
use super::document::{
    Answer, DomainLists, Entry, Evidence, EvidenceFile, Months, Named, Previous, SCHEMA, Share, SourceRow,
    Stands, Summary, template_ref,
};
use super::gather::{Gathered, Totals};
use super::measure::{DETECTOR, EU_LANGUAGES, SAMPLE_CHARS, UNDETERMINED, UNSEEN, language_name};
use super::run::Run;
use super::template::{FIELDS, Field, Filled, field};

/// A dataset above this share of all publicly available datasets, in per cent, is listed by name.
pub const LARGE_PERCENT: u64 = 3;

/// What a draft is made of.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// The scans.
    pub runs: &'a [Run],
    /// The answers.
    pub answers: &'a Answers,
    /// What was counted.
    pub gathered: &'a Gathered,
    /// The lists of domains of the crawled sources.
    pub domains: &'a DomainLists,
    /// The files behind the numbers.
    pub evidence: &'a [EvidenceFile],
    /// Today.
    pub today: Date,
    /// Earlier versions, oldest first.
    pub previous: &'a [Previous],
}

/// Makes a summary; faults are answers that the evidence contradicts.
pub fn draft(material: Material<'_>) -> (Summary, Vec<Fault>) {
    let mut making = Making { m: material, faults: Vec::new() };
    let fields = FIELDS.iter().map(|field| making.entry(field)).collect();
    let Material { answers, gathered, today, .. } = material;
    let day = |date: Date| date.to_string();
    let summary = Summary {
        schema: SCHEMA.to_owned(),
        template: template_ref(),
        version: making.version(),
        made: day(today),
        renew_by: day(renewal(today)),
        attested_by: answers.by.clone(),
        attested_on: answers.on.clone(),
        fields,
        domains: (answers.said("crawl.used") == Some(true)).then(|| material.domains.clone()),
        languages: shares(&gathered.languages, |code| language_name(code).to_owned()),
        scripts: shares(&gathered.scripts, str::to_owned),
        sources: making.sources(),
        evidence: material.evidence.to_vec(),
        limits: making.limits(),
        previous: material.previous.to_vec(),
    };
    (summary, making.faults)
}

/// The day by which a summary has to be renewed.
pub fn renewal(made: Date) -> Date {
    made.saturating_add(6.months())
}

struct Making<'a> {
    m: Material<'a>,
    faults: Vec<Fault>,
}

type Filling = (Stands, Answer, Vec<Evidence>);

impl Making<'_> {
    fn version(&self) -> u32 {
        self.m.previous.last().map_or(1, |previous| previous.version + 1)
    }

    fn entry(&mut self, field: &'static Field) -> Entry {
        let (stands, answer, evidence) = self.fill(field);
        Entry::new(field, stands, answer, evidence)
    }

    fn fill(&mut self, of: &'static Field) -> Filling {
        if !of.gates.is_empty() && !of.gates.iter().any(|gate| self.m.answers.said(gate) == Some(true)) {
            let gate = of.gates.first().and_then(|gate| field(gate)).map_or("", |gate| gate.label);
            let all_no = of.gates.iter().all(|gate| self.m.answers.said(gate) == Some(false));
            return if all_no {
                (Stands::NotAsked, Answer::NotAsked(format!("the answer to “{gate}” is no")), Vec::new())
            } else {
                (Stands::Unknown, Answer::Unknown(format!("nobody has answered “{gate}”")), Vec::new())
            };
        }
        match of.key {
            "doc.version" => (Stands::Kept, Answer::Text(self.version().to_string()), Vec::new()),
            "doc.last_update" => (Stands::Kept, Answer::Day(self.m.today.to_string()), Vec::new()),
            "mod.selected" => self.modalities(),
            "mod.text.band" => self.band(),
            "mod.text.size" => self.size(),
            "mod.text.types" | "mod.text.tokens" => self.of_modality(of, Modality::Text),
            "mod.image.amount" | "mod.image.types" => self.of_modality(of, Modality::Image),
            "mod.audio.amount" | "mod.audio.types" => self.of_modality(of, Modality::Audio),
            "mod.video.amount" | "mod.video.types" => self.of_modality(of, Modality::Video),
            "mod.other.amount" => self.of_modality(of, Modality::Other),
            "data.latest" => self.latest(of),
            "data.languages" => self.languages(of),
            "pub.large" => self.large(of),
            "pub.other" => self.other_public(of),
            "crawl.period" => self.period(of),
            "crawl.domains" => self.domains(of),
            "tdm.measures" => self.measures(of),
            _ => self.given(of),
        }
    }

    /// What a person answered.
    fn given(&self, of: &Field) -> Filling {
        match self.m.answers.fields.get(of.key).map(|given| &given.answer) {
            Some(Answer::Unknown(why)) => (Stands::Unknown, Answer::Unknown(why.clone()), Vec::new()),
            Some(answer) => (Stands::Attested, answer.clone(), Vec::new()),
            None if of.optional => {
                (Stands::NotAsked, Answer::NotAsked("optional; no comment".to_owned()), Vec::new())
            }
            None => (Stands::Unknown, Answer::Unknown("nobody has answered this yet".to_owned()), Vec::new()),
        }
    }

    fn given_text(&self, key: &str) -> Option<&str> {
        match self.m.answers.fields.get(key).map(|given| &given.answer) {
            Some(Answer::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn chosen(&self) -> Vec<Modality> {
        let mut chosen = match self.m.answers.fields.get("mod.selected").map(|given| &given.answer) {
            Some(Answer::Modalities(chosen)) => chosen.clone(),
            _ => Vec::new(),
        };
        if self.m.gathered.all.items > 0 {
            chosen.push(Modality::Text);
        }
        for (key, modality) in [
            ("mod.image.amount", Modality::Image),
            ("mod.audio.amount", Modality::Audio),
            ("mod.video.amount", Modality::Video),
            ("mod.other.amount", Modality::Other),
        ] {
            if self.m.answers.fields.contains_key(key) {
                chosen.push(modality);
            }
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    fn modalities(&self) -> Filling {
        let chosen = self.chosen();
        let stands = match (self.m.gathered.all.items > 0, chosen.len()) {
            (false, 0) => {
                return (Stands::Unknown, Answer::Unknown("the runs hold no item".to_owned()), Vec::new());
            }
            (true, 1) => Stands::Measured,
            (true, _) => Stands::Both,
            (false, _) => Stands::Attested,
        };
        let evidence = if self.m.gathered.all.items > 0 {
            self.decisions("the items that the model was trained on; all hold text")
        } else {
            Vec::new()
        };
        (stands, Answer::Modalities(chosen), evidence)
    }

    /// A field of one modality: not asked where that is not selected, with its band where it is an amount.
    fn of_modality(&self, of: &Field, modality: Modality) -> Filling {
        if !self.chosen().contains(&modality) {
            return (
                Stands::NotAsked,
                Answer::NotAsked("this modality is not selected".to_owned()),
                Vec::new(),
            );
        }
        let (stands, answer, evidence) = self.given(of);
        let amount = match (&answer, of.key.ends_with(".amount")) {
            (Answer::Text(text), true) => Some(text.clone()),
            (_, true) => {
                return (
                    Stands::Unknown,
                    Answer::Unknown("nobody has answered this yet".to_owned()),
                    Vec::new(),
                );
            }
            _ => None,
        };
        let band = amount.as_deref().and_then(whole).and_then(|amount| modality.band_of(amount));
        match (amount, band, modality.unit()) {
            (Some(amount), Some(band), Some(unit)) => {
                (stands, Answer::Text(format!("{band} ({amount} {unit})")), evidence)
            }
            _ => (stands, answer, evidence),
        }
    }

    /// Tokens are never more than bytes, so that bytes settle the lowest band; above it the provider's tokenizer has to.
    fn band(&mut self) -> Filling {
        let bytes = self.m.gathered.all.volume;
        let given = self.m.answers.fields.get("mod.text.tokens");
        let tokens = self.given_text("mod.text.tokens").and_then(whole);
        if !self.chosen().contains(&Modality::Text) {
            return (
                Stands::NotAsked,
                Answer::NotAsked("this modality is not selected".to_owned()),
                Vec::new(),
            );
        }
        if let (Some(tokens), Some(given), true) = (tokens, given, self.m.gathered.measured)
            && tokens > bytes.saturating_mul(2)
            && self.m.answers.sources.iter().all(|source| source.bytes.is_none())
        {
            let says = format!("states {tokens} tokens, yet the runs hold {bytes} bytes of text");
            self.fault(given.line, "mod.text.tokens", says, "name all runs, or correct the number");
        }
        let covered = self.m.answers.sources.iter().all(|source| source.bytes.is_none());
        let lowest = Modality::Text.middle_band().map_or(0, |(least, _)| least);
        match tokens.and_then(|tokens| Modality::Text.band_of(tokens)) {
            Some(band) => (Stands::Attested, Answer::Text(band.to_owned()), Vec::new()),
            None if self.m.gathered.measured && covered && bytes < lowest => {
                let band = Modality::Text.band_of(bytes).unwrap_or_default();
                let evidence = self.measured_by("sum of `bytes`: no tokenizer that works on bytes or longer pieces gives more tokens than bytes");
                (Stands::Measured, Answer::Text(band.to_owned()), evidence)
            }
            None => {
                let why =
                    "the evidence does not settle the number of tokens; mod.text.tokens in the answers does";
                (Stands::Unknown, Answer::Unknown(why.to_owned()), Vec::new())
            }
        }
    }

    fn size(&self) -> Filling {
        let all = &self.m.gathered.all;
        if all.items == 0 {
            return (Stands::Unknown, Answer::Unknown("the runs hold no item".to_owned()), Vec::new());
        }
        if self.m.gathered.measured {
            let text = format!(
                "{} documents with {} words in {} bytes of text (UTF-8)",
                spaced(all.items),
                spaced(all.words),
                spaced(all.volume)
            );
            (Stands::Measured, Answer::Text(text), self.measured_by("rows, sum of `words`, sum of `bytes`"))
        } else {
            let text =
                format!("{} documents with {} letters and digits", spaced(all.items), spaced(all.volume));
            (Stands::Measured, Answer::Text(text), self.decisions("items, sum of `letters`"))
        }
    }

    fn latest(&mut self, of: &Field) -> Filling {
        let last = self.m.gathered.all.last.as_deref().and_then(|day| day.get(..7)).map(str::to_owned);
        let given = self.m.answers.fields.get(of.key);
        let evidence = self.measured_by("latest `captured`");
        match (last, given.map(|given| (&given.answer, given.line))) {
            (Some(last), Some((Answer::Month(month), line))) => {
                if *month < last {
                    let says = format!("states {month}, yet an item was captured in {last}");
                    self.fault(line, of.key, says, "correct it, or the runs");
                }
                (Stands::Both, Answer::Month(month.clone()), evidence)
            }
            (Some(last), _) => (Stands::Measured, Answer::Month(last), evidence),
            (None, Some(_)) => self.given(of),
            (None, None) => {
                let why = if self.m.gathered.measured {
                    "no item carries a time of capture, and nobody has answered this yet"
                } else {
                    "times of capture were not measured, and nobody has answered this yet"
                };
                (Stands::Unknown, Answer::Unknown(why.to_owned()), Vec::new())
            }
        }
    }

    fn languages(&self, of: &Field) -> Filling {
        let gathered = self.m.gathered;
        let shares = shares(&gathered.languages, |code| language_name(code).to_owned());
        if shares.is_empty() {
            return self.given(of);
        }
        let all = gathered.all.volume;
        let told: Vec<&Share> = shares.iter().filter(|share| share.code != UNDETERMINED).collect();
        let list: Vec<String> =
            shares.iter().map(|share| format!("{} {} %", share.name, percent(share.volume, all))).collect();
        let how = if gathered.measured {
            format!(
                "Measured with {DETECTOR} on the first {SAMPLE_CHARS} characters of each document; shares of all bytes of text"
            )
        } else {
            "As stated by the documents or their crawlers, not measured; shares of all letters".to_owned()
        };
        let union: Vec<&str> = EU_LANGUAGES
            .iter()
            .filter(|(code, _)| told.iter().any(|share| share.code == *code))
            .map(|(_, name)| *name)
            .collect();
        let missing: Vec<&str> = EU_LANGUAGES
            .iter()
            .filter(|(code, name)| {
                let seen = told.iter().any(|share| share.code == *code);
                let unseen_by_detector = gathered.measured && UNSEEN.contains(name);
                !seen && !unseen_by_detector
            })
            .map(|(_, name)| *name)
            .collect();
        let mut text = format!("{how}: {}.\n", list.join(", "));
        text.push_str(&format!("Official languages of the Union found: {}.", or_none(&union)));
        text.push_str(&format!(" Not found: {}.", or_none(&missing)));
        if gathered.measured {
            text.push_str(&format!(
                " The detector does not know {}: these are neither found nor excluded.",
                UNSEEN.join(" and ")
            ));
        }
        let mut stands = Stands::Measured;
        if let Some(given) = self.given_text(of.key) {
            text.push('\n');
            text.push_str(given);
            stands = Stands::Both;
        }
        let evidence = if gathered.measured {
            self.measured_by("`language`, items and sum of `bytes` by value")
        } else {
            self.decisions("`language`, items and sum of `letters` by value")
        };
        (stands, Answer::Text(text), evidence)
    }

    /// Public datasets with their volume.
    fn public(&self) -> Vec<(&SourceDecl, u64)> {
        let of = |(at, source): (usize, &SourceDecl)| {
            (source.kind == SourceKind::PublicDataset).then(|| {
                let counted = self.m.gathered.sources.get(at).map_or(0, |totals| totals.volume);
                (at, source.bytes.unwrap_or(counted))
            })
        };
        let found = self.m.answers.sources.iter().enumerate().filter_map(of);
        found.filter_map(|(at, volume)| Some((self.m.answers.sources.get(at)?, volume))).collect()
    }

    fn large(&self, of: &Field) -> Filling {
        let public = self.public();
        let all: u64 = public.iter().map(|(_, volume)| volume).sum();
        if public.is_empty() || all == 0 {
            return match self.given(of) {
                (Stands::Unknown, Answer::Unknown(why), _) if !self.m.answers.fields.contains_key(of.key) => {
                    let why = format!("{why}; no [[source]] of kind public-dataset is declared");
                    (Stands::Unknown, Answer::Unknown(why), Vec::new())
                }
                given => given,
            };
        }
        let large = public.iter().filter(|(_, volume)| is_large(*volume, all));
        let list = large
            .map(|(source, volume)| {
                let mut detail = format!("{} % of all publicly available datasets", percent(*volume, all));
                if let Some(selection) = &source.selection {
                    detail.push_str(&format!("; part used: {selection}"));
                }
                Named {
                    name: source.name.clone(),
                    link: source.link.clone(),
                    version: source.version.clone(),
                    summary: None,
                    detail: Some(detail),
                }
            })
            .collect();
        let what = format!(
            "volume of each source of kind public-dataset against their sum; listed above {LARGE_PERCENT} %"
        );
        (Stands::Both, Answer::List(list), self.counted_by(&what))
    }

    fn other_public(&self, of: &Field) -> Filling {
        let public = self.public();
        let all: u64 = public.iter().map(|(_, volume)| volume).sum();
        let small: Vec<String> = public
            .iter()
            .filter(|(_, volume)| !is_large(*volume, all))
            .map(|(source, volume)| {
                let link = source.link.as_ref().map_or_else(String::new, |link| format!(", {link}"));
                format!("{}{link} ({} %)", source.name, percent(*volume, all))
            })
            .collect();
        let named = if small.is_empty() {
            "None beyond those listed above".to_owned()
        } else {
            format!("At or below {LARGE_PERCENT} % each: {}", small.join("; "))
        };
        match (self.given_text(of.key), public.is_empty()) {
            (Some(text), false) => (
                Stands::Both,
                Answer::Text(format!("{text}\n{named}.")),
                self.counted_by("volume of each source"),
            ),
            (None, false) => (
                Stands::Measured,
                Answer::Text(format!("{named}.")),
                self.counted_by("volume of each source"),
            ),
            _ => self.given(of),
        }
    }

    fn crawled(&self) -> Totals {
        let mut sum = Totals::default();
        for (source, totals) in self.m.answers.sources.iter().zip(&self.m.gathered.sources) {
            if source.kind == SourceKind::Crawled {
                sum.items += totals.items;
                sum.dated += totals.dated;
                sum.first = [sum.first.take(), totals.first.clone()].into_iter().flatten().min();
                sum.last = sum.last.take().max(totals.last.clone());
            }
        }
        sum
    }

    fn period(&mut self, of: &Field) -> Filling {
        let crawled = self.crawled();
        let month = |day: &Option<String>| day.as_deref().and_then(|day| day.get(..7)).map(str::to_owned);
        let Some((from, to)) = month(&crawled.first).zip(month(&crawled.last)) else { return self.given(of) };
        let what = format!(
            "first and last `captured` of the sources of kind crawled; {} of their {} items carry one",
            spaced(crawled.dated),
            spaced(crawled.items)
        );
        let evidence = self.measured_by(&what);
        if let Some(given) = self.m.answers.fields.get(of.key)
            && let Answer::Period(months) = &given.answer
        {
            if months.from > from || months.to < to {
                let says = format!(
                    "states {} to {}, yet items were captured from {from} to {to}",
                    months.from, months.to
                );
                self.fault(given.line, of.key, says, "correct it, or the sources");
            }
            return (Stands::Both, given.answer.clone(), evidence);
        }
        (Stands::Measured, Answer::Period(Months { from, to }), evidence)
    }

    fn domains(&self, of: &Field) -> Filling {
        let lists = self.m.domains;
        if lists.list.is_empty() {
            let (stands, answer, evidence) = self.given(of);
            return match answer {
                Answer::Unknown(_) if !self.m.answers.fields.contains_key(of.key) => {
                    let why = "no item of a [[source]] of kind crawled carries an address, and nobody has listed domains".to_owned();
                    (Stands::Unknown, Answer::Unknown(why), evidence)
                }
                answer => (stands, answer, evidence),
            };
        }
        let list = lists
            .list
            .iter()
            .map(|row| Named {
                name: row.domain.clone(),
                detail: Some(format!(
                    "{} documents, {} % of all {}",
                    spaced(row.items),
                    percent(row.volume, lists.volume),
                    lists.unit
                )),
                ..Named::default()
            })
            .collect();
        let says = lists.variants.first().map_or("", |variant| variant.says.as_str());
        let what = format!("registrable domains (public suffix list) of the sources of kind crawled; {says}");
        (Stands::Measured, Answer::List(list), self.counted_by(&what))
    }

    fn measures(&self, of: &Field) -> Filling {
        let mut told = Vec::new();
        for run in self.m.runs {
            let works: u64 = run.record.packs.iter().map(|pack| pack.works).sum();
            let mut verdicts: BTreeMap<String, u64> = BTreeMap::new();
            for (key, items) in &run.record.counts.decisions {
                let mut parts = key.split('/');
                if let (Some(asked), Some(verdict)) = (parts.next(), parts.next()) {
                    *verdicts.entry(format!("{verdict} for {asked}")).or_default() += items;
                }
            }
            let verdicts: Vec<String> =
                verdicts.iter().map(|(what, items)| format!("{} {what}", spaced(*items))).collect();
            told.push(format!(
                "Before training, {} documents were compared with {} packs of rightsholders ({} works) and decided under the profile {} (version {}) with rights as of {}: {}. {} were kept whole, {} without the matching passages.",
                spaced(run.record.counts.items),
                run.record.packs.len(),
                spaced(works),
                run.record.profile.name,
                run.record.profile.version,
                run.record.as_of,
                verdicts.join(", "),
                spaced(run.record.counts.kept),
                spaced(run.record.counts.redacted),
            ));
        }
        if self.m.answers.data == Data::Whole && !told.is_empty() {
            told.push(
                "The model was trained on everything that was scanned, whatever was decided.".to_owned(),
            );
        }
        let evidence = self.records("packs, profile, as_of, counts");
        match (self.given_text(of.key), told.is_empty()) {
            (Some(text), false) => {
                (Stands::Both, Answer::Text(format!("{text}\n{}", told.join("\n"))), evidence)
            }
            (None, false) => (Stands::Measured, Answer::Text(told.join("\n")), evidence),
            _ => self.given(of),
        }
    }

    fn sources(&self) -> Vec<SourceRow> {
        let declared = self
            .m
            .answers
            .sources
            .iter()
            .map(|source| (source.name.clone(), source.kind.word(), source.bytes));
        let rest = [("not assigned to any source".to_owned(), "unassigned", None)];
        declared
            .chain(rest)
            .zip(&self.m.gathered.sources)
            .filter(|((_, kind, _), totals)| *kind != "unassigned" || totals.items > 0)
            .map(|((name, kind, bytes), totals)| SourceRow {
                name,
                kind: kind.to_owned(),
                items: totals.items,
                volume: bytes.unwrap_or(totals.volume),
                first: totals.first.clone(),
                last: totals.last.clone(),
            })
            .collect()
    }

    fn limits(&self) -> Vec<String> {
        let gathered = self.m.gathered;
        let mut limits = vec![
            "The numbers are those of the scanned files. That the model was trained on these and on nothing else is the provider's statement, which no file proves.".to_owned(),
            match self.m.answers.data {
                Data::Cleared => "Counted is what the scans kept, which the provider states to be what was trained on.".to_owned(),
                Data::Whole => "Counted is everything that was scanned: the provider states that all of it was trained on.".to_owned(),
            },
        ];
        if gathered.redacted > 0 {
            limits.push(format!(
                "{} documents stand without passages that match works; their whole length is counted.",
                spaced(gathered.redacted)
            ));
        }
        if !gathered.measured {
            limits.push("The corpus was not measured: volume is in letters, languages are as stated, times of capture are not known.".to_owned());
        }
        if let Some(rest) = gathered.sources.last().filter(|rest| rest.items > 0) {
            limits.push(format!(
                "{} documents belong to no declared source and stand in no list of section 2.",
                spaced(rest.items)
            ));
        }
        if self.m.answers.sources.iter().any(|source| source.bytes.is_some()) {
            limits.push("Sizes of datasets that no run holds are the provider's statement.".to_owned());
        }
        limits
    }

    fn fault(&mut self, line: usize, key: &str, says: String, remedy: &str) {
        self.faults.push(Fault { line, key: key.to_owned(), says, remedy: remedy.to_owned() });
    }

    fn files(&self, ending: &str, what: &str) -> Vec<Evidence> {
        let of = |file: &&EvidenceFile| file.name.ends_with(ending);
        let found = self.m.evidence.iter().filter(of);
        found.map(|file| Evidence { file: file.name.clone(), what: what.to_owned() }).collect()
    }

    fn decisions(&self, what: &str) -> Vec<Evidence> {
        let kept = match self.m.answers.data {
            Data::Cleared => " of the rows where `cleared` is not `dropped`, one for each item",
            Data::Whole => " of all rows, one for each item",
        };
        self.files("/decisions.parquet", &format!("{what}{kept}"))
    }

    fn measured_by(&self, what: &str) -> Vec<Evidence> {
        let mut evidence = self.files("/measures.parquet", what);
        evidence.extend(self.decisions("the items counted:"));
        evidence
    }

    fn counted_by(&self, what: &str) -> Vec<Evidence> {
        if self.m.gathered.measured { self.measured_by(what) } else { self.decisions(what) }
    }

    fn records(&self, what: &str) -> Vec<Evidence> {
        self.files("/run.json", what)
    }
}

fn is_large(volume: u64, all: u64) -> bool {
    u128::from(volume) * 100 > u128::from(all) * u128::from(LARGE_PERCENT)
}

fn shares(of: &BTreeMap<String, (u64, u64)>, name: impl Fn(&str) -> String) -> Vec<Share> {
    let mut shares: Vec<Share> = of
        .iter()
        .map(|(code, (items, volume))| Share {
            code: code.clone(),
            name: name(code),
            items: *items,
            volume: *volume,
        })
        .collect();
    shares.sort_by(|a, b| b.volume.cmp(&a.volume).then_with(|| a.code.cmp(&b.code)));
    shares
}

fn or_none(list: &[&str]) -> String {
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}

/// A share in per cent with one decimal, rounded to the nearest; what is there but rounds to nothing is `< 0.1`.
pub(super) fn percent(part: u64, all: u64) -> String {
    if all == 0 {
        return "0.0".to_owned();
    }
    let permille = (u128::from(part) * 2_000 / u128::from(all)).div_ceil(2);
    if permille == 0 && part > 0 {
        "< 0.1".to_owned()
    } else {
        format!("{}.{}", permille / 10, permille % 10)
    }
}

/// A number with its thousands apart.
pub(super) fn spaced(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The whole number a text begins with; separators of thousands and exponents (`2e12`) are read.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim().replace([',', '_', '\u{a0}', '\u{202f}', '\''], "");
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let rest = text.get(digits.len()..)?;
    let number: u64 = digits.parse().ok()?;
    let exponent = rest
        .strip_prefix(['e', 'E'])
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    match exponent.and_then(|exponent| exponent.parse::<u32>().ok()) {
        Some(exponent) => number.checked_mul(10_u64.checked_pow(exponent)?),
        None => Some(number),
    }
}

/// What the form asks and nobody has answered.
pub fn unanswered(summary: &Summary) -> Vec<&Entry> {
    summary
        .fields
        .iter()
        .filter(|entry| {
            entry.stands == Stands::Unknown && field(&entry.key).is_some_and(|f| f.filled != Filled::Kept)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_printed() {
        assert_eq!(spaced(1_234_567), "1,234,567");
        assert_eq!(spaced(12), "12");
        for (text, number) in [
            ("2e12", Some(2_000_000_000_000)),
            ("15,000", Some(15_000)),
            ("12 hours", Some(12)),
            ("many", None),
        ] {
            assert_eq!(whole(text), number, "{text}");
        }
        for (part, all, says) in
            [(1, 3, "33.3"), (2, 3, "66.7"), (1, 10_000, "< 0.1"), (0, 5, "0.0"), (5, 5, "100.0")]
        {
            assert_eq!(percent(part, all), says);
        }
    }
}
