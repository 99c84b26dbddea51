//! A summary from evidence and answers.
//!
//! What the runs show is counted and linked to the files it was counted from; what only a person can attest comes from the answers;
//! everything else says that it is not known. Answers that the evidence contradicts are faults.

mod data;
mod numbers;
mod sources;

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::answers::{Answers, Data, Fault};
use super::band::Modality;
use super::document::{
    Answer, DomainLists, Entry, Evidence, EvidenceFile, Previous, SCHEMA, Share, Stands, Summary,
    template_ref,
};
use super::gather::Gathered;
use super::measure::language_name;
use super::run::Run;
use super::template::{FIELDS, Field, Filled, field};

pub(super) use numbers::{percent, spaced};
pub use sources::LARGE_PERCENT;

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
    /// What a log holds of the runs.
    pub sealings: &'a [Sealing],
    /// Today.
    pub today: Date,
    /// Earlier versions, oldest first.
    pub previous: &'a [Previous],
}

/// What a log holds of a run: its use records, sealed when the scan was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// The run's name.
    pub run: String,
    /// The log's name.
    pub log: String,
    /// Entries of the log when it was read.
    pub size: u64,
    /// First entry of the run.
    pub first: u64,
    /// Last entry of the run.
    pub last: u64,
    /// Use records sealed in them.
    pub records: u64,
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
        let mut evidence = self.records("packs, profile, as_of, counts");
        for sealing in self.m.sealings {
            told.push(format!(
                "What the scan found of each work ({} use records of {}) is sealed in the log {}, entries {} to {}.",
                spaced(sealing.records),
                sealing.run,
                sealing.log,
                sealing.first,
                sealing.last
            ));
            let what = format!(
                "the log {} at {} entries; entries {} to {} hold the SHA-256 of {}/run.json and commit to its use records",
                sealing.log, sealing.size, sealing.first, sealing.last, sealing.run
            );
            evidence.extend(self.files("log-checkpoint", &what));
        }
        match (self.given_text(of.key), told.is_empty()) {
            (Some(text), false) => {
                (Stands::Both, Answer::Text(format!("{text}\n{}", told.join("\n"))), evidence)
            }
            (None, false) => (Stands::Measured, Answer::Text(told.join("\n")), evidence),
            _ => self.given(of),
        }
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
        if !self.m.sealings.is_empty() {
            limits.push("A log shows that the use records of a scan were sealed as they are; not that every scan was sealed, nor that what it read was all that was trained on.".to_owned());
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
