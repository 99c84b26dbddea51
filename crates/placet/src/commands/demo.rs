//! `placet demo`: the whole way from a catalogue to a cleared corpus, on real texts that the program carries.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::OrFail as _;
use crate::{Context, Exit, Failure};

/// Show the way from a catalogue to decisions on real books and web text, in a folder of its own
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder to work in; it must not exist yet, or be an earlier demonstration's
    #[arg(long, short, value_name = "FOLDER", default_value = "placet-demo")]
    output: PathBuf,
}

/// Marks a folder as a demonstration's, which may be replaced.
const MARK: &str = "THIS-IS-A-PLACET-DEMO";

macro_rules! carried {
    ($($path:literal),+ $(,)?) => { [$(($path, include_bytes!(concat!("../../../../demo/", $path)).as_slice())),+] };
}

const FILES: [(&str, &[u8]); 13] = carried![
    "SOURCE.md",
    "works.csv",
    "books/candida.txt",
    "books/lays-and-legends.txt",
    "books/the-abbot-s-ghost.txt",
    "books/the-blockade-runners.txt",
    "books/the-poison-belt.txt",
    "books/the-wendigo.txt",
    "corpus/articles.jsonl.zst",
    "corpus/crawl.warc.gz",
    "corpus/cut-short.warc.wet.gz",
    "corpus/library.parquet",
    "corpus/pages/favourites.html",
];

/// What is said before each command, and the command.
const STEPS: [(&str, &[&str]); 8] = [
    ("A publisher makes a registry with a key of its own.", &["init"]),
    (
        "It registers its catalogue: titles and authors from a table, texts from the files beside it.",
        &["register", "works.csv"],
    ),
    ("It refuses all uses of all works, in one step.", &["reserve", "--all", "--uses", "all"]),
    (
        "It lets one provider train on one of them.",
        &[
            "grant",
            "--works",
            "candida",
            "--uses",
            "train-gen",
            "--to",
            "Provider X",
            "--until",
            "2099-12-31",
            "--condition",
            "payment=per tariff 2026",
        ],
    ),
    (
        "It publishes a pack: signed fingerprints, works and rights, without a word of the texts.",
        &["pack", "build", "--output", "rights.placet", "--guarantee", "20"],
    ),
    ("Anybody can check what the pack says and who signed it.", &["pack", "show", "rights.placet"]),
    (
        "A provider scans its corpus with the pack: JSON lines, Parquet, a web archive, a page, and a broken file.",
        &[
            "scan",
            "corpus",
            "--pack",
            "rights.placet",
            "--use",
            "train-gen",
            "--licensee",
            "Provider X",
            "--out",
            "run",
        ],
    ),
    (
        "The same again for another use, which nobody granted, with the matched passages cut out of what is kept.",
        &[
            "scan",
            "corpus",
            "--pack",
            "rights.placet",
            "--use",
            "ai-input",
            "--unknown",
            "keep",
            "--redact",
            "--out",
            "run-redacted",
        ],
    ),
];

impl Args {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let folder = &self.output;
        lay_out(folder)?;
        let out = &context.out;
        out.result(&format!(
            "This demonstration works in {} and touches nothing else. The texts are real (SOURCE.md there tells\n\
             their origin); the books are in the public domain and stand for protected works.",
            folder.display()
        ))?;
        std::env::set_current_dir(folder)?;
        for (number, (says, command)) in STEPS.iter().enumerate() {
            out.result(&format!("\n{}. {says}\n\n$ placet {}", number + 1, command.join(" ")))?;
            let words = ["placet"].iter().chain(*command).map(OsString::from);
            match crate::run(words, context.now) {
                // A scan that denied something did what it was to do.
                Ok(Exit::Done | Exit::Denied) => {}
                Ok(exit) => return Ok(exit),
                Err(failure) => {
                    return Err(failure.hint(format!("this was step {} of the demonstration", number + 1)));
                }
            }
        }
        let shown = |path: &str| folder.join(path).display().to_string();
        out.result(&format!(
            "\nDone. Open {} in a browser for what was found and why; {} explains the tables beside it.\n\
             What was scanned and matched nothing is not \"free\": nobody has authorised it, and so the first scan left it out.",
            shown("run/report.html"),
            "docs/formats/",
        ))?;
        Ok(Exit::Done)
    }
}

/// Puts the carried files into the folder, in place of an earlier demonstration.
fn lay_out(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        let empty = fs::read_dir(folder).or_fail(Exit::Input)?.next().is_none();
        if !empty && !folder.join(MARK).exists() {
            return Err(Failure::new(
                Exit::Usage,
                anyhow::anyhow!("{} is there already and no demonstration's", folder.display()),
            )
            .hint("name another folder with --output"));
        }
        fs::remove_dir_all(folder).or_fail(Exit::Unavailable)?;
    }
    fs::create_dir_all(folder).or_fail(Exit::Unavailable)?;
    fs::write(folder.join(MARK), "A folder of `placet demo`; the next run replaces it.\n")
        .or_fail(Exit::Unavailable)?;
    for (path, bytes) in FILES {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).or_fail(Exit::Unavailable)?;
        }
        fs::write(&path, bytes).or_fail(Exit::Unavailable)?;
    }
    Ok(())
}
