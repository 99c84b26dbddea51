//! The summary as a document of blocks, for pages that are printed, filed and kept.

use super::document::{Answer, Entry, Summary};
use super::draft::{percent, spaced};
use super::html::{LISTED_MAX, STANDS_ON, is_left_out, models, stands};
use super::template::sections;
use crate::typeset::{Block, Column, Layout, Paper};

impl Summary {
    /// The summary as a document.
    pub fn paper(&self) -> Paper {
        let mut blocks = vec![Block::text(format!(
            "Regulation (EU) 2024/1689, Article 53(1)(d). Template {} of {}.\nTo be renewed by {}, or earlier where new training data warrants it.",
            self.template.name, self.template.date, self.renew_by
        ))];
        for (number, heading) in sections() {
            if number.contains('.') {
                blocks.push(Block::subheading(format!("{number}. {heading}")));
            } else if number != "0" {
                blocks.push(Block::heading(format!("{number}. {heading}")));
            }
            for entry in self.fields.iter().filter(|entry| entry.section == number && !is_left_out(entry)) {
                blocks.push(Block::Question { text: entry.label.clone() });
                blocks.extend(answer(entry));
                blocks.push(Block::Source { text: format!("{STANDS_ON} {}", stands(entry, self)) });
            }
        }
        self.annex(&mut blocks);
        Paper {
            lang: "en".to_owned(),
            title: "Public Summary of Training Content for General-Purpose AI models".to_owned(),
            subtitle: models(self),
            // Nothing but the number of the page, so that no line of it stands between two lines of an answer.
            footer: String::new(),
            author: Vec::new(),
            layout: Layout::Report,
            blocks,
        }
    }

    fn annex(&self, blocks: &mut Vec<Block>) {
        blocks.push(Block::heading("Annex. How the numbers came about"));
        blocks.push(Block::text("This annex is no part of the template."));
        if let Some(domains) = &self.domains {
            blocks.push(Block::subheading("Readings of the rule on domain names"));
            blocks.push(Block::text(format!(
                "{} registrable domains, {} {}, {} documents without an address. Published: {}.",
                spaced(domains.domains),
                spaced(domains.volume),
                domains.unit,
                spaced(domains.items_without_address),
                domains.published
            )));
            let row = |variant: &super::document::Variant| {
                vec![
                    variant.name.clone(),
                    variant.says.clone(),
                    spaced(variant.domains),
                    format!("{} %", percent(variant.volume, domains.volume)),
                ]
            };
            blocks.push(Block::Table {
                columns: vec![
                    Column::new("Reading", 3),
                    Column::new("Lists", 6),
                    Column::new("Domains", 2).end(),
                    Column::new("Share of volume", 2).end(),
                ],
                rows: domains.variants.iter().map(row).collect(),
            });
        }
        if !self.sources.is_empty() {
            blocks.push(Block::subheading("Sources as the provider divides them"));
            blocks.push(Block::Table {
                columns: vec![
                    Column::new("Source", 4),
                    Column::new("Kind", 2),
                    Column::new("Documents", 2).end(),
                    Column::new("Volume", 3).end(),
                    Column::new("Captured", 4),
                ],
                rows: self
                    .sources
                    .iter()
                    .map(|source| {
                        let captured = match (&source.first, &source.last) {
                            (Some(first), Some(last)) => format!("{first} to {last}"),
                            _ => "not known".to_owned(),
                        };
                        vec![
                            source.name.clone(),
                            source.kind.clone(),
                            spaced(source.items),
                            spaced(source.volume),
                            captured,
                        ]
                    })
                    .collect(),
            });
        }
        blocks.push(Block::subheading("What the numbers do not say"));
        blocks.push(Block::List { items: self.limits.clone() });
        blocks.push(Block::subheading("Evidence"));
        blocks
            .push(Block::text("Each number above names its file; whoever holds the files can count again."));
        blocks.push(Block::Table {
            columns: vec![
                Column::new("File", 5).code(),
                Column::new("Bytes", 3).end(),
                Column::new("BLAKE3", 13).code(),
            ],
            rows: self
                .evidence
                .iter()
                .map(|file| vec![file.name.clone(), spaced(file.bytes), file.blake3.clone()])
                .collect(),
        });
        blocks.push(Block::subheading("Versions"));
        let mut versions = vec![format!("Version {} of {}: this one.", self.version, self.made)];
        versions.extend(self.previous.iter().rev().map(|previous| {
            format!(
                "Version {} of {}: {}, BLAKE3 {}",
                previous.version, previous.made, previous.file, previous.blake3
            )
        }));
        blocks.push(Block::List { items: versions });
    }
}

fn answer(entry: &Entry) -> Vec<Block> {
    match &entry.answer {
        Answer::List(list) => {
            let items = list.iter().take(LISTED_MAX).map(super::document::Named::line).collect();
            let mut blocks = vec![Block::List { items }];
            if list.len() > LISTED_MAX {
                let more = spaced((list.len() - LISTED_MAX) as u64);
                blocks.push(Block::text(format!("{more} more stand in summary.json.")));
            }
            blocks
        }
        answer => vec![Block::text(answer.text())],
    }
}
