//! Cases and dossiers: their hashes, signatures and chains.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use placet_core::note::{self, Verifier};
use placet_disclose::case::folder::sha256;
use placet_disclose::case::{CaseFolder, Fault};
use placet_disclose::dossier::{Dossier, SCHEMA};
use serde::Serialize;

use crate::cases::of_case;
use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::{Context, Exit, Failure};

#[derive(Serialize)]
struct Said {
    folder: std::path::PathBuf,
    holds: bool,
    documents: Vec<Line>,
    faults: Vec<Fault>,
    /// Keys that signed, with the names that they go by.
    keys: BTreeMap<String, String>,
    not_proven: &'static [&'static str],
}

#[derive(Serialize)]
struct Line {
    file: String,
    sha256: String,
    by: String,
}

const NOT_PROVEN: &[&str] = &[
    "that what the documents say is true: a signature shows who says it",
    "that a key belongs to the party whose name it bears: compare it with the one that the party publishes, or give --key",
    "when a document was written: its time is its author's word",
    "that no document at the end was taken away: only another copy of the case shows that",
];

/// Checks the folder of a case.
pub(super) fn case(context: &Context, folder: &Path, keys: &[String]) -> Result<Exit, Failure> {
    let accepted = accepted(keys)?;
    let mut checked = CaseFolder::new(folder).check().map_err(of_case)?;
    for stored in &checked.documents {
        let key = &stored.document.by.key;
        if !accepted.is_empty() && !accepted.contains(key) {
            let what =
                format!("it is signed by {}, whose key was not named with --key", stored.document.by.name);
            checked.faults.push(Fault { file: stored.file.clone(), what });
        }
    }
    let said = Said {
        folder: folder.to_owned(),
        holds: checked.faults.is_empty(),
        documents: checked
            .documents
            .iter()
            .map(|s| Line { file: s.file.clone(), sha256: s.sha256.clone(), by: s.document.by.name.clone() })
            .collect(),
        faults: checked.faults,
        keys: checked.keys.into_iter().map(|(key, (name, _))| (key, name)).collect(),
        not_proven: NOT_PROVEN,
    };
    let exit = if said.holds { Exit::Done } else { Exit::Denied };
    if context.out.is_json() {
        context.out.json("placet.verify-case/1", &said)?;
        return Ok(exit);
    }
    let mut out = String::from(if said.holds { "PROVEN\n" } else { "NOT PROVEN: the case does not hold\n" });
    for fault in &said.faults {
        out.push_str(&format!("  {}: {}\n", foreign(&fault.file), foreign(&fault.what)));
    }
    if said.holds {
        let count = crate::sealed::count(said.documents.len() as u64, "document is", "documents are");
        out.push_str(&format!("  {count} unchanged, in one chain, each signed by its author:\n\n"));
    } else {
        out.push_str("\nDocuments that were read:\n\n");
    }
    let mut table = Table::new(&["file", "by"]);
    for line in &said.documents {
        table.row([&line.file, &line.by]);
    }
    for line in table.to_string().lines() {
        out.push_str(&format!("    {line}\n"));
    }
    out.push_str("\nKeys\n");
    for (key, name) in &said.keys {
        out.push_str(&format!("  {} signs as {}\n", foreign(key), foreign(name)));
    }
    out.push_str("\nNOT PROVEN\n");
    for line in said.not_proven {
        out.push_str(&format!("  - {line}\n"));
    }
    context.out.result(&out)?;
    Ok(exit)
}

/// Longest dossier that is read.
const DOSSIER_BYTES_MAX: u64 = 64 << 20;

#[derive(Serialize)]
struct DossierSaid {
    file: std::path::PathBuf,
    sha256: String,
    by: String,
    key: String,
    facts: usize,
    not_proven: &'static [&'static str],
}

/// Checks the machine-readable twin of a dossier.
pub(super) fn dossier(context: &Context, path: &Path, keys: &[String]) -> Result<Exit, Failure> {
    let accepted = accepted(keys)?;
    let read = |path: &Path| {
        let name = || format!("cannot read {}", path.display());
        let length = fs::metadata(path).with_context(name).or_fail(Exit::Input)?.len();
        if length > DOSSIER_BYTES_MAX {
            return Err(Failure::new(Exit::Input, anyhow::anyhow!("{} is too long", path.display())));
        }
        fs::read(path).with_context(name).or_fail(Exit::Input)
    };
    let bytes = read(path)?;
    let signature = read(&path.with_extension("json.sig"))?;
    let dossier: Dossier = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is no dossier", path.display()))
        .or_fail(Exit::Input)?;
    let denied = |what: String| Failure::new(Exit::Denied, anyhow::anyhow!("NOT PROVEN: {what}"));
    if !accepted.is_empty() && !accepted.contains(&dossier.key) {
        return Err(denied(format!("it is signed by {}, whose key was not named with --key", dossier.by)));
    }
    let key: Verifier = dossier.key.parse().or_fail(Exit::Input)?;
    let opened = note::open(&signature, &[key]).map_err(|error| denied(error.to_string()))?;
    let hash = sha256(&bytes);
    if opened.text != format!("{SCHEMA}\n{hash}\n") {
        return Err(denied(format!("{} was changed: its signature is for another content", path.display())));
    }
    let said = DossierSaid {
        file: path.to_owned(),
        sha256: hash,
        by: dossier.by,
        key: dossier.key,
        facts: dossier.facts.len(),
        not_proven: NOT_PROVEN,
    };
    if context.out.is_json() {
        context.out.json("placet.verify-dossier/1", &said)?;
        return Ok(Exit::Done);
    }
    let facts = crate::sealed::count(said.facts as u64, "fact", "facts");
    let mut out = format!(
        "PROVEN\n  {} is unchanged: {facts}, signed by {}\n  {}\n  SHA-256 {}\n\nNOT PROVEN\n",
        foreign(&said.file.to_string_lossy()),
        foreign(&said.by),
        foreign(&said.key),
        said.sha256
    );
    for line in said.not_proven {
        out.push_str(&format!("  - {line}\n"));
    }
    context.out.result(&out)?;
    Ok(Exit::Done)
}

fn accepted(keys: &[String]) -> Result<Vec<String>, Failure> {
    keys.iter().map(|key| Ok(key.trim().parse::<Verifier>().or_fail(Exit::Usage)?.to_string())).collect()
}
