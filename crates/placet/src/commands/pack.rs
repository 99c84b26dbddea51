//! `placet pack`: the signed file by which a catalogue is found in other people's corpora.

use std::path::{Path, PathBuf};

use placet_core::Work;
use placet_match::{Guarantee, Manifest, Pack, PackBuilder, Prepared};
use placet_registry::{WorkText, issuer_key};
use serde::Serialize;

use crate::failure::OrFail as _;
use crate::output::{Table, foreign};
use crate::{Context, Exit, Failure};

/// Build and read packs: signed files of fingerprints, works and rights
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Build a pack of every registered work, with the reservations and grants that hold now
    Build(Build),
    /// Verify a pack and say what it holds
    Show(Show),
}

#[derive(clap::Args)]
struct Build {
    /// File to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Shortest run that is always found, in words: 11 (short works, news), 20, or 50 (books)
    #[arg(long, value_name = "WORDS", default_value = "20")]
    guarantee: Guarantee,
    /// Name of the pack; the file's name where absent
    #[arg(long)]
    name: Option<String>,
    /// Mark these works as what nobody may claim (public domain, open licences, boilerplate)
    #[arg(long)]
    commons: bool,
    /// Number of works from which on text that they share counts as common
    #[arg(long, value_name = "WORKS", default_value_t = 8)]
    common_from: u32,
}

#[derive(clap::Args)]
struct Show {
    /// The pack
    #[arg(value_name = "PACK")]
    pack: PathBuf,
    /// List its works too
    #[arg(long)]
    works: bool,
}

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.what {
            What::Build(build) => build.run(context),
            What::Show(show) => show.run(context),
        }
    }
}

/// Texts prepared at one time, in bytes: what the build holds in memory beside the pack itself.
const BATCH_BYTES: usize = 32 << 20;

impl Build {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let registry = crate::registry::open(context)?;
        let signer = issuer_key(&context.home)?;
        let stem = self.output.file_stem().map(|s| s.to_string_lossy().into_owned());
        let name = self.name.or(stem).unwrap_or_default();
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!("a pack needs a name of one line"))
                .hint("give one with --name"));
        }
        let mut builder =
            PackBuilder::new(&name, self.guarantee).commons(self.commons).common_from(self.common_from);
        builder.rights(registry.reservations_at(context.now)?, registry.grants_at(context.now)?);
        let bar = context.out.progress(registry.work_count()?, "works");
        let mut batch: Vec<(Work, Option<WorkText>)> = Vec::new();
        let mut bytes = 0;
        let mut failed = None;
        registry.for_each_work(&mut |work, text| {
            bytes += text.as_ref().map_or(0, |t| t.text.len());
            batch.push((work.clone(), text));
            if failed.is_none() && (bytes >= BATCH_BYTES || batch.len() >= BATCH_WORKS) {
                bytes = 0;
                bar.inc(batch.len() as u64);
                failed = add(&mut builder, self.guarantee, &batch).err();
                batch.clear();
            }
            Ok(())
        })?;
        if let Some(error) = failed {
            return Err(Failure::new(Exit::Input, error));
        }
        add(&mut builder, self.guarantee, &batch).or_fail(Exit::Input)?;
        bar.finish_and_clear();
        if builder.works() == 0 {
            return Err(Failure::new(Exit::Input, anyhow::anyhow!("the registry holds no work"))
                .hint("register some first: placet register works.csv"));
        }
        let short = builder.too_short();
        let manifest = builder.write(&self.output, &signer, context.now).map_err(|error| {
            Failure::new(
                Exit::Unavailable,
                anyhow::Error::new(error).context(format!("writing the pack {}", self.output.display())),
            )
        })?;
        let bytes = std::fs::metadata(&self.output)?.len();
        context.out.note(&format!(
            "Wrote {}: {} works, {} fingerprints, {} kB. Every run of {} that a text shares with one of them is found.",
            self.output.display(),
            manifest.works,
            manifest.fingerprints,
            bytes.div_ceil(1000),
            self.guarantee,
        ));
        if short > 0 {
            context.out.note(&format!(
                "{short} works have a text of less than {} letters: they are claimed and reserved, but cannot be found by their words.",
                manifest.params.k
            ));
        }
        if self.guarantee == Guarantee::Words11 {
            context.out.note(
                "Whoever holds a pack can confirm guesses at its texts, and the tighter the guarantee the shorter the guess. \
                 For works that are not published yet take --guarantee 50 (docs/pack.md).",
            );
        }
        if context.out.is_json() {
            context.out.json("placet.pack/1", &manifest)?;
        }
        Ok(Exit::Done)
    }
}

const BATCH_WORKS: usize = 4096;

/// Prepares a batch on all cores and adds it in its order.
fn add(
    builder: &mut PackBuilder,
    guarantee: Guarantee,
    batch: &[(Work, Option<WorkText>)],
) -> Result<(), placet_match::PackError> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = batch.len().div_ceil(threads).max(1);
    let prepare = |text: &WorkText| Prepared::of(guarantee, &text.text, text.body.clone());
    let prepared: Vec<Option<Prepared>> = std::thread::scope(|scope| {
        let parts: Vec<_> = batch
            .chunks(share)
            .map(|part| {
                scope.spawn(move || part.iter().map(|(_, t)| t.as_ref().map(prepare)).collect::<Vec<_>>())
            })
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|e| std::panic::resume_unwind(e)))
            .collect()
    });
    for ((work, _), prepared) in batch.iter().zip(prepared) {
        match prepared {
            Some(prepared) => builder.add_prepared(work, &prepared)?,
            None => builder.add_without_text(work)?,
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Shown<'p> {
    id: &'p str,
    manifest: &'p Manifest,
    works_with_text: u64,
    reservations: usize,
    grants: usize,
    bytes: u64,
}

impl Show {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let pack = open(&self.pack)?;
        let manifest = pack.manifest();
        let mut works = Table::new(&["work", "title", "letters"]).right(&[2]);
        let mut with_text = 0;
        for number in 0..pack.len() {
            let packed = pack.work(number).or_fail(Exit::Input)?;
            with_text += u64::from(packed.letters > 0);
            if self.works {
                works.row([packed.work.id, packed.work.title, packed.letters.to_string()]);
            }
        }
        let shown = Shown {
            id: pack.id(),
            manifest,
            works_with_text: with_text,
            reservations: pack.reservations().len(),
            grants: pack.grants().len(),
            bytes: std::fs::metadata(&self.pack)?.len(),
        };
        if context.out.is_json() {
            context.out.json("placet.pack-show/1", &shown)?;
            return Ok(Exit::Done);
        }
        let rows = [
            ("pack", foreign(&manifest.name).into_owned()),
            ("id", shown.id.to_owned()),
            ("issuer", foreign(&manifest.issuer).into_owned()),
            ("built", manifest.created.to_string()),
            ("guarantee", format!("every shared run of {} is found", manifest.guarantee)),
            ("works", format!("{}, {} of them with text", manifest.works, shown.works_with_text)),
            ("fingerprints", manifest.fingerprints.to_string()),
            ("reservations", shown.reservations.to_string()),
            ("grants", shown.grants.to_string()),
            ("bytes", shown.bytes.to_string()),
            (
                "kind",
                if manifest.commons { "commons: marks what nobody may claim" } else { "claims" }.to_owned(),
            ),
        ];
        let mut table = Table::new(&[]);
        for (name, value) in rows {
            table.row([name, &value]);
        }
        context.out.result(table.to_string().trim_end())?;
        if self.works {
            context.out.result(&format!("\n{}", works.to_string().trim_end()))?;
        }
        context.out.note(
            "Every byte was checked against the issuer's signature. What a pack says is its issuer's assertion.",
        );
        Ok(Exit::Done)
    }
}

/// Opens a pack, or says what is wrong with it.
fn open(path: &Path) -> Result<Pack, Failure> {
    Pack::open(path).map_err(|error| {
        let exit = match &error {
            placet_match::PackError::Changed { .. } | placet_match::PackError::Note(_) => Exit::Denied,
            _ => Exit::Input,
        };
        Failure::new(
            exit,
            anyhow::Error::new(error).context(format!("the pack {} was not opened", path.display())),
        )
    })
}
