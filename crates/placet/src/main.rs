//! The `placet` command: arguments, output and exit codes around the library crates. Only this crate prints.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

mod cases;
mod commands;
mod failure;
mod http;
mod journal;
mod output;
mod pages;
mod registers;
mod registry;
mod sealed;
mod settlement;
mod witnesses;

use failure::{Exit, Failure, OrFail as _};
use output::Output;

/// Threads of a scan make and drop many texts, and one thread's are dropped by another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Finds registered works in AI corpora and decides, per item and use, what may be done with it.
#[derive(Parser)]
#[command(name = "placet", version, after_help = EXIT_CODES, max_term_width = 100, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: commands::Verb,
}

/// What every command takes.
#[derive(clap::Args)]
struct Global {
    /// Folder with the registry, the keys and the trust list
    #[arg(long, global = true, value_name = "FOLDER", default_value = "placet")]
    home: PathBuf,
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        help = "Registry and journal in PostgreSQL, as postgres://user:password@host/name, not in a file of the home folder; \
                where it is not given, PLACET_DATABASE names it"
    )]
    database: Option<String>,
    /// Print one JSON document with a versioned shape on standard output
    #[arg(long, global = true)]
    json: bool,
    /// Print results and errors only
    #[arg(long, short, global = true)]
    quiet: bool,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 internal error · 2 wrong usage or configuration · 3 input that cannot be used ·
4 something needed is unavailable · 10 something was denied or failed to verify";

/// What a command runs in. Commands take the time from here and nowhere else.
struct Context {
    /// The folder that holds registry, keys and trust list; it may not exist yet.
    home: PathBuf,
    /// The database of registry and journal, where it is not a file of the home folder.
    database: Option<String>,
    /// The moment the command started.
    now: jiff::Timestamp,
    /// Where results and messages go.
    out: Output,
}

fn main() -> ExitCode {
    keep_caught_panics_quiet();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => {
            // Help and version are answers on standard output, the rest are usage errors on standard error.
            let exit = if said.use_stderr() { Exit::Usage } else { Exit::Done };
            return match said.print() {
                Ok(()) => exit.into(),
                Err(error) => Failure::from(error).report(),
            };
        }
    };
    match cli.run(jiff::Timestamp::now()) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
}

/// A damaged PDF or Parquet file is told with its reason; the panic of a library behind it is not the reader's business.
fn keep_caught_panics_quiet() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_caught = std::thread::current().name() == Some(placet_registry::extract::PDF_THREAD)
            || placet_corpus::is_guarded();
        if !is_caught {
            usual(panic);
        }
    }));
}

/// Runs a command line as if it had been typed; the demonstration does.
fn run(words: impl IntoIterator<Item = OsString>, now: jiff::Timestamp) -> Result<Exit, Failure> {
    Cli::try_parse_from(words).or_fail(Exit::Internal)?.run(now)
}

impl Cli {
    fn run(self, now: jiff::Timestamp) -> Result<Exit, Failure> {
        let out = Output::new(self.global.json, self.global.quiet);
        let named = || std::env::var("PLACET_DATABASE").ok().filter(|address| !address.is_empty());
        let database = self.global.database.or_else(named);
        self.verb.run(&Context { home: self.global.home, database, now, out })
    }
}
