//! A dossier as pages.

use jiff::Timestamp;

use super::{Dossier, Fact};
use crate::case::timeline::day;
use crate::typeset::{Block, Column, Layout, Paper};

impl Dossier {
    /// The pages; the hash is that of the machine-readable twin.
    pub fn paper(&self, sha256: &str) -> Paper {
        let mut blocks = vec![
            Block::fields([
                ("Made by", self.by.clone()),
                ("As of", day(self.at).to_string()),
                ("Concerning", self.provider.clone()),
                ("Model", self.model.clone()),
                (
                    "Jurisdiction profile",
                    format!("{} (version {})", self.jurisdiction.id, self.jurisdiction.version),
                ),
            ]),
            Block::heading("1. What this is"),
            Block::text(
                "Facts in the order of time, each with its source, its hash, its grade and the way to check it without a network. It concludes nothing about what a court or an authority will find.",
            ),
            Block::note(
                "Grade A: documented acquisition or record. Grade B: demonstrated in an output. Grade C: circumstance. A grade says what kind of thing a piece of evidence is. Similarity is never use.",
            ),
            Block::heading("2. The works"),
        ];
        blocks.push(if self.works.is_empty() {
            Block::text("No document of the case names a work.")
        } else {
            Block::Table {
                columns: vec![Column::new("Id", 2).code(), Column::new("Title", 5)],
                rows: self.works.iter().map(|(id, title)| vec![id.clone(), title.clone()]).collect(),
            }
        });
        blocks.push(Block::note(
            "This list is not exhaustive. That a work is missing from it does not mean that it may be used.",
        ));
        blocks.push(Block::heading("3. Overview"));
        blocks.push(Block::Table {
            columns: vec![
                Column::new("When", 3),
                Column::new("Document", 4),
                Column::new("What", 11),
                Column::new("Grade", 2),
            ],
            rows: self
                .facts
                .iter()
                .map(|fact| {
                    vec![
                        day(fact.when).to_string(),
                        format!("{} {}", fact.number, fact.kind),
                        fact.title.clone(),
                        fact.grade.map_or("", |g| g.code()).to_owned(),
                    ]
                })
                .collect(),
        });
        if !self.clocks.is_empty() {
            blocks.push(Block::subheading(format!("Questions and answers as of {}", day(self.at))));
            blocks.push(Block::List { items: self.clocks.clone() });
        }
        blocks.push(Block::heading("4. What the text of the jurisdiction would make of it"));
        blocks.extend(self.jurisdiction_blocks());
        blocks.push(Block::heading("5. The facts"));
        self.facts.iter().for_each(|fact| blocks.extend(fact_blocks(fact)));
        blocks.push(Block::heading("6. What this dossier does not show"));
        blocks.push(Block::List { items: self.limits.clone() });
        blocks.push(Block::heading("7. How to check it without a network"));
        blocks.push(Block::Steps {
            items: vec![
                "Take the folder of the case, this dossier's machine-readable twin (dossier.json with dossier.json.sig) and the program Placet to a machine, with or without a network.".to_owned(),
                "placet verify CASE-FOLDER checks every document: its hash, its place in the chain, its signature and its files. It names the document that was altered.".to_owned(),
                "placet verify dossier.json checks the signature of the twin. Compare the key with the one that the party publishes.".to_owned(),
                "placet dossier build with the same case, profile and --at gives the same dossier.".to_owned(),
                "Without Placet: sha256sum gives the hashes below; a signature file is a C2SP signed note over the name of the schema and the hash.".to_owned(),
            ],
        });
        blocks.push(Block::Code {
            text: format!("dossier.json  SHA-256 {sha256}\nkey           {}", self.key),
        });
        blocks.push(Block::heading("8. Documents of the case"));
        blocks.push(Block::Table {
            columns: vec![Column::new("File", 3).code(), Column::new("SHA-256", 5).code()],
            rows: self.documents.iter().map(|(file, hash)| vec![file.clone(), hash.clone()]).collect(),
        });
        Paper {
            lang: "en".to_owned(),
            title: format!("Dossier: case {}", self.case),
            subtitle: self.jurisdiction.name.clone(),
            footer: format!("Dossier of case {} as of {} · SHA-256 {sha256}", self.case, day(self.at)),
            author: vec![self.by.clone()],
            layout: Layout::Report,
            blocks,
        }
    }

    fn jurisdiction_blocks(&self) -> Vec<Block> {
        let j = &self.jurisdiction;
        let mut blocks = vec![
            Block::Strong { text: self.assessment.words.clone() },
            Block::fields([
                ("Text", j.name.clone()),
                ("How it stands", j.status.clone()),
                ("What it says", j.rule.clone()),
                ("In its words", j.quote.clone()),
                ("Read on", j.as_of.to_string()),
                ("Sources", j.sources.join("\n")),
            ]),
            Block::subheading("How this came about"),
            Block::Steps { items: self.assessment.trace.clone() },
        ];
        if !self.assessment.counted.is_empty() {
            let counted = self.facts.iter().filter(|fact| self.assessment.counted.contains(&fact.sha256));
            blocks.push(Block::text("Counted:"));
            blocks.push(Block::List {
                items: counted.map(|fact| format!("{} {}: {}", fact.kind, fact.number, fact.title)).collect(),
            });
        }
        blocks
    }
}

fn fact_blocks(fact: &Fact) -> Vec<Block> {
    let grade = fact.grade.map_or_else(String::new, |g| format!("{}, {}", g.code(), g.words()));
    let answered = if fact.rebutted_by.is_empty() {
        String::new()
    } else {
        format!("by {}", fact.rebutted_by.join(", "))
    };
    let files: Vec<String> = fact.files.iter().map(|(name, hash)| format!("{name}\n{hash}")).collect();
    vec![
        Block::subheading(format!("{}. {}", fact.number, fact.title)),
        Block::fields([
            ("When", moment(fact.when)),
            ("Recorded", format!("{} by {}", moment(fact.recorded), fact.by)),
            ("What was found", fact.details.join("\n")),
            ("Grade", grade),
            ("Why", fact.reasons.join("\n")),
            ("Does not show", fact.not_shown.join("\n")),
            ("Answered", answered),
            ("Source", fact.source.clone()),
            ("SHA-256", fact.sha256.clone()),
            ("Files", files.join("\n")),
            ("To check it", fact.verify.join("\n")),
        ]),
    ]
}

/// To the second; a day as a whole stands for its last moment, whose billionths are of no use to a reader.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
