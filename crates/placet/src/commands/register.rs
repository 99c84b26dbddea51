//! `placet register`: catalogues and files into the registry.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::anyhow;
use placet_registry::{Aside, Field, Mapping, Registered};

use crate::output::foreign;
use crate::{Context, Exit, Failure, registry};

/// Register works and claims from catalogues (.csv, .tsv), deliveries (ERN, ONIX, CWR and others), files with text, or
/// folders of them
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Catalogues, deliveries, files or folders
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Meaning of a column, theirs=ours, as in Name=title; may be repeated
    #[arg(long = "map", value_name = "THEIRS=OURS", value_parser = mapping)]
    maps: Vec<(String, Field)>,
}

/// Rows set aside that a person is shown; `--json` lists more.
const SHOWN_MAX: usize = 20;

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut registry = registry::open(context)?;
        let mapping: Mapping = self.maps.into_iter().collect();
        let bar = context.out.progress(0, "bytes");
        bar.set_message("registering");
        let registered = registry.register(&self.files, &mapping, context.now, &mut |progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        })?;
        bar.finish_and_clear();
        if context.out.is_json() {
            context.out.json("placet.register/1", &registered)?;
        } else {
            context.out.result(&summary(&registered))?;
        }
        let moved = registered.deliveries.iter().any(|d| d.claims.ended + d.mandates > 0);
        if registered.new + registered.changed + registered.unchanged == 0 && !moved {
            let hint = if registered.deliveries.is_empty() {
                "name the columns with --map theirs=ours, or check the paths of the files"
            } else {
                "the deliveries were read and hold no work: ask their sender for one that does"
            };
            return Err(Failure::new(Exit::Input, anyhow!("no work was registered")).hint(hint));
        }
        Ok(Exit::Done)
    }
}

fn mapping(text: &str) -> Result<(String, Field), String> {
    let (theirs, ours) = text.rsplit_once('=').ok_or("write theirs=ours, as in Name=title")?;
    Ok((theirs.to_owned(), ours.parse().map_err(|error: placet_registry::UnknownField| error.to_string())?))
}

fn summary(done: &Registered) -> String {
    let mut text = String::new();
    let works = done.new + done.changed + done.unchanged;
    let _ = writeln!(
        text,
        "{works} works: {} new, {} changed, {} unchanged\n{} with text, {} letters",
        done.new, done.changed, done.unchanged, done.with_text, done.letters
    );
    let (kept, known): (Vec<_>, Vec<_>) = done.columns.iter().partition(|(_, ours)| ours == "extra");
    if !known.is_empty() {
        let known: Vec<String> = known
            .iter()
            .map(|(theirs, ours)| if theirs == ours { ours.clone() } else { format!("{theirs} as {ours}") })
            .collect();
        let _ = writeln!(text, "columns read: {}", foreign(&known.join(", ")));
    }
    if !kept.is_empty() {
        let kept: Vec<&str> = kept.iter().map(|(theirs, _)| theirs.as_str()).collect();
        let _ = writeln!(text, "columns kept as they are: {}", foreign(&kept.join(", ")));
    }
    for d in &done.deliveries {
        let claims = &d.claims;
        let _ = writeln!(
            text,
            "{}: {} from {}, {} works; claims: {} new, {} changed, {} unchanged, {} ended; {} mandates",
            foreign(&d.file),
            foreign(&d.standard),
            foreign(&d.origin),
            d.works,
            claims.new,
            claims.changed,
            claims.unchanged,
            claims.ended,
            d.mandates
        );
    }
    list(&mut text, "set aside", done.aside_count, &done.aside);
    list(
        &mut text,
        if done.deliveries.is_empty() { "values kept as they stood" } else { "notes" },
        done.notes_count,
        &done.notes,
    );
    text
}

fn list(text: &mut String, what: &str, count: u64, places: &[Aside]) {
    if count == 0 {
        return;
    }
    let _ = writeln!(text, "{what}: {count}");
    for place in places.iter().take(SHOWN_MAX) {
        let file = place.file.to_string_lossy();
        let line = place.line.map(|line| format!(" line {line}")).unwrap_or_default();
        let _ = writeln!(text, "  {}{line}: {}", foreign(&file), foreign(&place.reason));
    }
    if count > SHOWN_MAX as u64 {
        let _ = writeln!(text, "  and {} more (--json lists them)", count - SHOWN_MAX as u64);
    }
}
