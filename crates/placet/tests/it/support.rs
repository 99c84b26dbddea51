//! Runs the binary and shows a run as one text: exit code, standard output, standard error.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// The built binary, to be run in this folder, with nothing in its environment that changes what it prints.
pub(crate) fn placet(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_placet"));
    command
        .current_dir(folder)
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .env_remove("RUST_BACKTRACE")
        .env_remove("PLACET_DATABASE");
    command
}

/// Runs it with these arguments.
pub(crate) fn run<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Run {
    Run::of(placet(folder).args(args).output().expect("the built binary runs"), folder)
}

/// A web archive of HTTP responses: address, time, message.
pub(crate) fn warc(responses: &[(&str, &str, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, (url, date, message)) in responses.iter().enumerate() {
        out.extend_from_slice(
            format!(
                "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:test:{n}>\r\nWARC-Target-URI: {url}\r\n\
                 WARC-Date: {date}\r\nContent-Type: application/http; msgtype=response\r\n\
                 Content-Length: {}\r\n\r\n",
                message.len()
            )
            .as_bytes(),
        );
        out.extend_from_slice(message);
        out.extend_from_slice(b"\r\n\r\n");
    }
    out
}

/// An HTTP response with these header lines.
pub(crate) fn response(status: u16, fields: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    [format!("HTTP/1.1 {status} X\r\n{fields}\r\n").as_bytes(), body.as_ref()].concat()
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
