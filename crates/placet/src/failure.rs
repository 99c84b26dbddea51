//! How a command fails: an exit code, what went wrong and where, and what to do about it.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::output::foreign;

/// The exit codes, listed in `placet --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// A fault of ours, or of the machine.
    Internal = 1,
    /// Wrong arguments or configuration.
    Usage = 2,
    /// An input that cannot be used.
    Input = 3,
    /// Something needed is not there now: a lock is held, a disk is full, the job was interrupted.
    Unavailable = 4,
    /// Done, and something was denied or failed to verify.
    Denied = 10,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command ended without doing what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    error: anyhow::Error,
    hints: Vec<String>,
}

impl Failure {
    /// A failure of this kind.
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Failure {
        Failure { exit, error: error.into(), hints: Vec::new() }
    }

    /// The same with a line that says what to do.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hints.push(hint.into());
        self
    }

    /// What went wrong in a line, where it ended with this code: for commands that go on without the part that failed.
    pub(crate) fn reason(&self, exit: Exit) -> Option<String> {
        (self.exit == exit).then(|| self.error.to_string())
    }

    /// Says it on standard error and yields the exit code. A reader that went away is no failure.
    pub(crate) fn report(&self) -> ExitCode {
        if self.is_broken_pipe() {
            return Exit::Done.into();
        }
        // When standard error is gone too there is nobody left to tell.
        let _ = io::stderr().lock().write_all(self.to_string().as_bytes());
        self.exit.into()
    }

    fn is_broken_pipe(&self) -> bool {
        self.error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl std::fmt::Display for Failure {
    /// What failed, its causes one per line, then the hints.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut last = self.error.to_string();
        writeln!(f, "error: {}", foreign(&last))?;
        for cause in self.error.chain().skip(1) {
            let said = cause.to_string();
            // Some libraries repeat their cause in their own message.
            if !last.contains(&said) {
                writeln!(f, "  because: {}", foreign(&said))?;
            }
            last = said;
        }
        for hint in &self.hints {
            writeln!(f, "hint: {}", foreign(hint))?;
        }
        Ok(())
    }
}

/// What nobody classified is ours to mend.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::new(Exit::Internal, error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::new(Exit::Internal, error)
    }
}

/// Turns errors of the libraries into failures: `registry.open(path).or_fail(Exit::Input)?`.
pub(crate) trait OrFail<T> {
    /// Fails with this exit code.
    fn or_fail(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for Result<T, E> {
    fn or_fail(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(exit, error))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn causes_and_hints_have_their_own_lines() {
        let error = Err::<(), _>(io::Error::other("disk \u{202e}on fire\u{1b}[31m"))
            .context("cannot write run/decisions.parquet")
            .unwrap_err();
        let failure = Failure::new(Exit::Unavailable, error).hint("make room and run the same command again");
        insta::assert_snapshot!(failure.to_string(), @r"
        error: cannot write run/decisions.parquet
          because: disk \u{202e}on fire\u{1b}[31m
        hint: make room and run the same command again
        ");
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(Failure::from(anyhow::Error::new(gone).context("writing")).is_broken_pipe());
        assert!(!Failure::from(io::Error::other("x")).is_broken_pipe());
    }
}
