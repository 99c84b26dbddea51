//! A site: its files, the snippets for its server, and its pages.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use placet_core::{Use, UseSet};
use placet_signals::publish::{Answer, Site, SiteFile, Terms, Told, books, merge, page, snippets};
use placet_signals::robots;
use serde::Serialize;

use super::Args;
use super::files::{Change, existing};
use super::terms_file::Read;
use crate::failure::OrFail as _;
use crate::output::foreign;
use crate::{Context, Exit, Failure};

/// Most pages of a site that are changed.
const PAGES_MAX: usize = 100_000;
/// Files that a run may have written and that fall away where there is nothing to say any longer.
const OURS: [&str; 6] = [
    "robots.txt",
    ".well-known/tdmrep.json",
    ".well-known/tdm-policy.json",
    "license.xml",
    "ai.txt",
    ".well-known/trust.txt",
];

#[derive(Serialize)]
struct Report {
    written: Vec<PathBuf>,
    unchanged: Vec<PathBuf>,
    kept: Vec<PathBuf>,
    snippets: Vec<PathBuf>,
    agents_refused: usize,
    said_otherwise: Vec<Otherwise>,
    said_by_nobody: UseSet,
    notes: Vec<String>,
    not_merged: Vec<String>,
    dry_run: bool,
}

#[derive(Serialize)]
pub(super) struct Otherwise {
    pub(super) protocol: &'static str,
    pub(super) wanted: &'static str,
    pub(super) said: &'static str,
    pub(super) uses: UseSet,
}

/// Publishes terms for a site.
pub(super) fn publish(context: &Context, read: &Read, folder: &Path, args: &Args) -> Result<Exit, Failure> {
    if !folder.is_dir() {
        return Err(Failure::new(Exit::Input, anyhow::anyhow!("{} is no folder", folder.display()))
            .hint("--site takes the folder that your web server serves"));
    }
    let terms = &read.terms;
    let robots_txt = existing(&folder.join("robots.txt")).or_fail(Exit::Input)?.unwrap_or_default();
    let site = Site::new(terms, &robots_txt);
    let mut not_merged = Vec::new();
    let mut changes = Vec::new();
    for path in OURS {
        match change(folder, path, &site) {
            Ok(change) => changes.extend(change),
            Err(error) => not_merged.push(format!("{error:#}")),
        }
    }
    if args.pages {
        for path in pages(folder).or_fail(Exit::Input)? {
            let Some(before) = existing(&path).or_fail(Exit::Input)? else { continue };
            match page(&before, &site.meta) {
                Some(after) => changes.push(Change { path, before: Some(before), after }),
                None if !site.meta.is_empty() => {
                    not_merged.push(format!("{} has no <head> for the elements", path.display()));
                }
                None => {}
            }
        }
    }
    let mut beside = Vec::new();
    let for_books = site.reserved.map(books).unwrap_or_default();
    for snippet in snippets(&site.headers, &site.meta).into_iter().chain(for_books) {
        let path = args.snippets.join(snippet.name);
        let before = existing(&path).or_fail(Exit::Input)?;
        beside.push((Change { path, before, after: snippet.text.into_bytes() }, snippet.belongs));
    }

    let mut report = Report {
        written: Vec::new(),
        unchanged: Vec::new(),
        kept: Vec::new(),
        snippets: beside.iter().map(|(c, _)| c.path.clone()).collect(),
        agents_refused: site.agents_refused.len(),
        said_otherwise: grouped(&site.told),
        said_by_nobody: site.unsaid(terms),
        notes: read.notes.iter().chain(&site.left_out).cloned().collect(),
        not_merged,
        dry_run: args.dry_run,
    };
    report.notes.extend(contradictions(&site, &changes));
    let mut text = String::new();
    for change in &changes {
        if change.is_none() {
            report.unchanged.push(change.path.clone());
            continue;
        }
        let new = if change.before.is_some() { "changed" } else { "new" };
        let _ = writeln!(text, "{} ({new})", foreign(&change.path.display().to_string()));
        text.push_str(&change.shown());
        report.written.push(change.path.clone());
        if !args.dry_run {
            report.kept.extend(change.write().or_fail(Exit::Unavailable)?);
        }
    }
    for (change, _) in beside.iter().filter(|(c, _)| !c.is_none() && !args.dry_run) {
        change.write_plain().or_fail(Exit::Unavailable)?;
    }
    let exit = if report.not_merged.is_empty() { Exit::Done } else { Exit::Input };
    if context.out.is_json() {
        context.out.json("placet.publish/1", &report)?;
        return Ok(exit);
    }
    text.push_str(&summary(&report, terms, &beside));
    context.out.result(&text)?;
    Ok(exit)
}

/// What becomes of one of the files; nothing where it is not there and nothing is to be said in it.
fn change(folder: &Path, path: &'static str, site: &Site) -> anyhow::Result<Option<Change>> {
    let place = folder.join(path);
    let before = existing(&place)?;
    let file = site.files.iter().find(|f| f.path == path);
    let after = match (file, &before) {
        (Some(file), before) => merge(before.as_deref(), file)?,
        (None, None) => return Ok(None),
        (None, Some(before)) => {
            let Some(cleared) = cleared(path, before) else { return Ok(None) };
            cleared
        }
    };
    Ok(Some(Change { path: place, before, after }))
}

/// A text file without our block; absent where there is none in it.
fn cleared(path: &'static str, before: &[u8]) -> Option<Vec<u8>> {
    if !path.to_ascii_lowercase().ends_with(".txt")
        || !String::from_utf8_lossy(before).contains("placet:begin")
    {
        return None;
    }
    let nothing = SiteFile { path, text: String::new(), by: placet_signals::publish::MergeBy::Block };
    merge(Some(before), &nothing).ok()
}

/// Foreign lines of robots.txt that let an agent in that the terms refuse.
fn contradictions(site: &Site, changes: &[Change]) -> Vec<String> {
    let Some(change) = changes.iter().find(|c| c.path.ends_with("robots.txt")) else { return Vec::new() };
    let (file, _) = robots::parse(&change.after);
    let matcher = robots::Matcher::new(&file);
    let mut lines: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for token in &site.agents_refused {
        let rules = file.groups_for(token).into_iter().flat_map(|g| &g.rules);
        for rule in rules.filter(|r| r.allow && !r.pattern.is_empty()) {
            let path = rule.pattern.trim_end_matches('$').replace('*', "x");
            if matcher.decide(token, path.as_bytes()).allowed {
                lines.entry(rule.line).or_default().push(token);
            }
        }
    }
    let told = lines.into_iter().map(|(line, tokens)| {
        format!("robots.txt line {line} allows what the terms refuse, to {}: take it out", tokens.join(", "))
    });
    told.collect()
}

pub(super) fn grouped(told: &[Told]) -> Vec<Otherwise> {
    let mut groups: BTreeMap<(&'static str, Answer, Answer), UseSet> = BTreeMap::new();
    for t in told {
        let uses = groups.entry((t.protocol, t.wanted, t.said)).or_default();
        *uses = uses.with(t.use_);
    }
    let word = |answer| match answer {
        Answer::Silent => "nothing",
        Answer::Granted => "yes",
        Answer::Offered => "yes on conditions",
        Answer::Refused => "no",
    };
    groups
        .into_iter()
        .map(|((protocol, wanted, said), uses)| Otherwise {
            protocol,
            wanted: word(wanted),
            said: word(said),
            uses,
        })
        .collect()
}

fn summary(report: &Report, terms: &Terms, beside: &[(Change, &str)]) -> String {
    let mut text = String::new();
    let would = if report.dry_run { "would be written" } else { "written" };
    let _ = writeln!(
        text,
        "{} files {would}, {} as they should be; {} agents refused by name in robots.txt",
        report.written.len(),
        report.unchanged.len(),
        report.agents_refused
    );
    for path in &report.kept {
        let _ = writeln!(text, "kept as it was: {}", foreign(&path.display().to_string()));
    }
    for (change, belongs) in beside {
        let _ = writeln!(text, "yours to place: {} ({belongs})", foreign(&change.path.display().to_string()));
    }
    let _ = writeln!(text, "\nwhat the protocols cannot say of these terms:");
    for o in &report.said_otherwise {
        let _ = match (o.wanted, o.said) {
            (wanted, "nothing") => {
                writeln!(text, "  {}: has no word for your {wanted} to {}", o.protocol, o.uses)
            }
            ("nothing", said) => {
                writeln!(text, "  {}: says {said} to {} too, of which you say nothing", o.protocol, o.uses)
            }
            (wanted, said) => {
                writeln!(text, "  {}: says {said} to {}, where you say {wanted}", o.protocol, o.uses)
            }
        };
    }
    if !report.said_by_nobody.is_empty() {
        let _ = writeln!(text, "  no protocol refuses {} to everybody", report.said_by_nobody);
    }
    let silent: UseSet = Use::ALL.into_iter().filter(|u| terms.answer(*u) == Answer::Silent).collect();
    if !silent.is_empty() {
        let _ = writeln!(text, "your terms say nothing of {silent}: unknown, which is no authorization");
    }
    for note in report.notes.iter().chain(&report.not_merged) {
        let _ = writeln!(text, "note: {}", foreign(note));
    }
    text
}

/// The HTML pages of a folder, in order. Links are not followed.
fn pages(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let name = || format!("cannot read {}", folder.display());
        for entry in std::fs::read_dir(&folder).with_context(name)? {
            let entry = entry.with_context(name)?;
            let kind = entry.file_type().with_context(name)?;
            let path = entry.path();
            let is_page = path
                .extension()
                .is_some_and(|e| ["html", "htm", "xhtml"].iter().any(|x| e.eq_ignore_ascii_case(x)));
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && is_page {
                anyhow::ensure!(found.len() < PAGES_MAX, "more than {PAGES_MAX} pages");
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
