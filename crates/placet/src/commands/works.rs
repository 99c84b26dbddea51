//! `placet works`: what is registered.

use std::fmt::Write as _;

use placet_registry::{WorkEntry, WorkVersion};
use serde::Serialize;

use super::terms::AtArgs;
use crate::output::{Table, foreign};
use crate::{Context, Exit, Failure, registry};

/// List registered works, or show one of them
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// List works with their titles, credits and letters of text
    List {
        #[command(flatten)]
        at: AtArgs,
        /// At most so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Show one work with its history
    Show {
        /// Its id, or an identifier (isbn:…, iswc:…)
        id: String,
    },
}

#[derive(Serialize)]
struct Listed {
    works: Vec<WorkEntry>,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    entry: WorkEntry,
    relations: Vec<placet_core::Relation>,
    versions: Vec<WorkVersion>,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::List { at, limit } => list(context, &at, limit.unwrap_or(usize::MAX)),
            What::Show { id } => show(context, &id),
        }
    }
}

fn list(context: &Context, at: &AtArgs, limit: usize) -> Result<Exit, Failure> {
    let registry = registry::open(context)?;
    let mut works = Vec::new();
    let mut count = 0usize;
    registry.works_at(at.or(context.now), &mut |entry| {
        count += 1;
        if works.len() < limit {
            works.push(entry);
        }
        Ok(())
    })?;
    if context.out.is_json() {
        context.out.json("placet.works/1", &Listed { works })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["id", "title", "credits", "letters"]).right(&[3]);
    for WorkEntry { work, text } in &works {
        let credits: Vec<&str> = work.credits.iter().map(|credit| credit.name.as_str()).collect();
        let letters = text.as_ref().map(|text| text.letters.to_string()).unwrap_or_default();
        table.row([shortened(&work.id), shortened(&work.title), shortened(&credits.join("; ")), letters]);
    }
    context.out.result(&table.to_string())?;
    if count > works.len() {
        context.out.note(&format!("{} of {count} works", works.len()));
    }
    Ok(Exit::Done)
}

fn show(context: &Context, id: &str) -> Result<Exit, Failure> {
    let registry = registry::open(context)?;
    let Some(entry) = registry.work(id)? else {
        let error = anyhow::anyhow!("no work is registered as {id}");
        return Err(Failure::new(Exit::Usage, error).hint("`placet works list` shows the ids"));
    };
    let versions = registry.versions(&entry.work.id)?;
    let relations = registry.relations_at(&entry.work.id, context.now)?;
    if context.out.is_json() {
        context.out.json("placet.work/1", &Shown { entry, relations, versions })?;
        return Ok(Exit::Done);
    }
    let WorkEntry { work, text } = &entry;
    let mut lines =
        vec![("id", work.id.clone()), ("title", work.title.clone()), ("kind", work.kind.to_string())];
    lines.extend(work.credits.iter().map(|credit| {
        let party = credit.party.as_deref().map(|party| format!(" ({party})")).unwrap_or_default();
        (credit.role.code(), format!("{}{party}", credit.name))
    }));
    lines.extend(work.language.iter().map(|language| ("language", language.clone())));
    lines.extend(work.identifiers.iter().map(|id| ("identifier", id.clone())));
    lines.extend(relations.iter().map(|r| ("relation", format!("{} {} {}", r.from, r.kind, r.to))));
    lines.extend(work.extra.iter().map(|(name, value)| (name.as_str(), value.clone())));
    if let Some(text) = text {
        lines.push((
            "text",
            format!("{} characters from {}, {} letters of the work", text.chars, text.format, text.letters),
        ));
        lines.extend(
            text.cuts
                .iter()
                .map(|cut| ("left out", format!("{} (characters {} to {})", cut.what, cut.from, cut.until))),
        );
    }
    lines.extend(
        versions
            .iter()
            .map(|v| ("registered", format!("{} by {}", v.at.strftime("%Y-%m-%d %H:%M UTC"), v.author))),
    );
    let mut out = String::new();
    for (name, value) in lines {
        let _ = writeln!(out, "{:<13} {}", foreign(name), foreign(&value));
    }
    context.out.result(&out)?;
    Ok(Exit::Done)
}

/// A cell that leaves room for the others.
fn shortened(text: &str) -> String {
    const CELL: usize = 48;
    if text.chars().count() <= CELL {
        return text.to_owned();
    }
    text.chars().take(CELL - 1).chain(['…']).collect()
}
