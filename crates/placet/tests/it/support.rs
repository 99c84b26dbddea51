//! Runs the binary and shows a run as one text: exit code, standard output, standard error.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// The built binary, to be run in this folder, with nothing in its environment that changes what it prints.
pub(crate) fn placet(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_placet"));
    command.current_dir(folder).env("COLUMNS", "100").env("NO_COLOR", "1").env_remove("RUST_BACKTRACE");
    command
}

/// Runs it with these arguments.
pub(crate) fn run<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Run {
    Run::of(placet(folder).args(args).output().expect("the built binary runs"), folder)
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Paths of the test's own folder become `[FOLDER]`.
    pub(crate) fn of(output: Output, folder: &Path) -> Run {
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).expect("output is UTF-8").replace(&*folder.to_string_lossy(), "[FOLDER]")
        };
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Panics with the whole run unless it ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{self}");
        self
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "exit {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "--- {name}\n{text}{}", if text.ends_with('\n') { "" } else { "\n" })?;
            }
        }
        Ok(())
    }
}
