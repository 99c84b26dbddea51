//! Media files: the statement within them, or beside them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use placet_core::UseSet;
use placet_signals::c2pa::Signer;
use placet_signals::publish::Terms;
use placet_signals::publish::media::{Marked, Properties, Why, mark, mark_signed, told_by_manifest};
use serde::Serialize;

use super::files::{Change, existing};
use super::site::{Otherwise, grouped};
use super::terms_file::Read;
use crate::output::foreign;
use crate::{Context, Exit, Failure};

#[derive(Serialize)]
struct Report {
    data_mining: Option<&'static str>,
    tdm_reservation: Option<bool>,
    /// The name in the certificate of whoever signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
    files: Vec<File>,
    said_otherwise: Vec<Otherwise>,
    said_by_nobody: UseSet,
    notes: Vec<String>,
    dry_run: bool,
}

#[derive(Serialize)]
struct File {
    file: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beside_because: Option<&'static str>,
    /// Whether the file carries a manifest of the signer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    signed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Publishes terms in media files. A file that cannot be marked is named, and the others go on.
pub(super) fn publish(
    context: &Context,
    read: &Read,
    files: &[PathBuf],
    signer: Option<&Signer>,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let properties = Properties::of(&read.terms);
    if properties.data_mining.is_none() && properties.reserved.is_none() {
        return Err(Failure::new(
            Exit::Input,
            anyhow::anyhow!("the terms say nothing that a media file can carry"),
        )
        .hint("PLUS Data Mining and the TDM reservation speak of mining and training"));
    }
    let mut report = Report {
        data_mining: properties.data_mining.map(placet_signals::plus::DataMining::key),
        tdm_reservation: properties.reserved,
        signer: signer.map(|s| s.name().unwrap_or_else(|| "a certificate without a name".to_owned())),
        files: Vec::new(),
        said_otherwise: {
            let mut told = properties.told.clone();
            told.extend(signer.iter().flat_map(|_| told_by_manifest(&read.terms)));
            grouped(&told)
        },
        said_by_nobody: properties.unsaid(&read.terms),
        notes: read.notes.clone(),
        dry_run,
    };
    for file in files {
        let signing = signer.map(|signer| (signer, &read.terms));
        let told = one(file, &properties, signing, dry_run).unwrap_or_else(|error| File {
            file: file.clone(),
            written: None,
            kept: None,
            beside_because: None,
            signed: false,
            error: Some(format!("{error:#}")),
        });
        report.files.push(told);
    }
    let exit = if report.files.iter().any(|f| f.error.is_some()) { Exit::Input } else { Exit::Done };
    if context.out.is_json() {
        context.out.json("placet.publish-media/1", &report)?;
    } else {
        context.out.result(&told(&report))?;
    }
    Ok(exit)
}

fn one(
    path: &Path,
    properties: &Properties,
    signing: Option<(&Signer, &Terms)>,
    dry_run: bool,
) -> anyhow::Result<File> {
    let bytes = existing(path)?.ok_or_else(|| anyhow::anyhow!("there is no such file"))?;
    let beside = path.with_extension("xmp");
    let sidecar = if beside == path { None } else { existing(&beside)? };
    let beside_now = sidecar.as_deref();
    let marked = match signing {
        Some((signer, terms)) => mark_signed(&bytes, beside_now, properties, terms, signer)?,
        None => mark(&bytes, beside_now, properties)?,
    };
    let mut signed = false;
    let (change, because) = match marked {
        Marked::Within(after) => {
            signed = signing.is_some() && !placet_signals::asset::manifests(&after).is_empty();
            (Change { path: path.to_owned(), before: Some(bytes), after }, None)
        }
        Marked::Beside(after, why) => {
            let because = match why {
                Why::Format => "XMP is not written into files of this format",
                Why::Signed => "the file carries a signed C2PA manifest that a change would break",
            };
            (Change { path: beside, before: sidecar, after }, Some(because))
        }
    };
    let mut told = File {
        file: path.to_owned(),
        written: None,
        kept: None,
        beside_because: because,
        signed,
        error: None,
    };
    if !change.is_none() {
        told.written = Some(change.path.clone());
        if !dry_run {
            told.kept = change.write()?;
        }
    }
    Ok(told)
}

fn told(report: &Report) -> String {
    let mut text = String::new();
    let name = |path: &Path| foreign(&path.display().to_string()).into_owned();
    for file in &report.files {
        let _ = match (&file.error, &file.written) {
            (Some(error), _) => writeln!(text, "{}: not marked: {}", name(&file.file), foreign(error)),
            (None, None) => writeln!(text, "{}: says it already", name(&file.file)),
            (None, Some(written)) => {
                let would = if report.dry_run { "would be written" } else { "written" };
                writeln!(text, "{}: {would}", name(written))
            }
        };
        if file.signed {
            let by = report.signer.as_deref().unwrap_or_default();
            let _ = writeln!(text, "  with a manifest signed by {}", foreign(by));
        } else if report.signer.is_some() && file.error.is_none() && file.beside_because.is_none() {
            let _ = writeln!(text, "  without a manifest: they are written into JPEG files alone");
        }
        if let Some(because) = file.beside_because {
            let _ = writeln!(text, "  beside {}: {because}", name(&file.file));
        }
        if let Some(kept) = &file.kept {
            let _ = writeln!(text, "  kept as it was: {}", name(kept));
        }
    }
    if let Some(value) = report.data_mining {
        let _ = writeln!(text, "plus:DataMining = {value}");
    }
    if let Some(reserved) = report.tdm_reservation {
        let _ = writeln!(text, "tdm:reservation = {}", u8::from(reserved));
    }
    for o in &report.said_otherwise {
        let _ =
            writeln!(text, "  {}: says {} of {}; your terms say {}", o.protocol, o.said, o.uses, o.wanted);
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {}", foreign(note));
    }
    text
}
