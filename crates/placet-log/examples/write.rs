//! Writes a log for programs of other people to read: `cargo run -p placet-log --example write -- FOLDER ENTRIES`.
//!
//! `FOLDER/log` is the log, `FOLDER/checkpoints/<size>` the checkpoints of some sizes on the way, `FOLDER/key` the
//! key they are signed with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use placet_core::note::Signer;
use placet_log::store::Writer;

const SEALED_AT: [u64; 8] = [1, 2, 255, 256, 257, 511, 65_536, 65_537];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (folder, count) = (words.next().map(PathBuf::from), words.next().and_then(|word| word.parse().ok()));
    let written = match (folder, count) {
        (Some(folder), Some(count)) => write(&folder, count).map_err(|error| error.to_string()),
        _ => Err("usage: write FOLDER ENTRIES".to_owned()),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, count: u64) -> Result<(), Box<dyn std::error::Error>> {
    let signer = Signer::from_seed("write.example/log", [1; 32])?;
    let log = folder.join("log");
    let mut writer = Writer::create(&log, &folder.join("state"), signer.clone())?;
    std::fs::create_dir_all(folder.join("checkpoints"))?;
    std::fs::write(folder.join("key"), format!("{}\n", signer.verifier()))?;
    for n in 0..count {
        writer.append(format!("entry {n} {}", "x".repeat((n % 97) as usize)).as_bytes())?;
        if SEALED_AT.contains(&(n + 1)) || n + 1 == count {
            writer.seal()?;
            std::fs::copy(log.join("checkpoint"), folder.join(format!("checkpoints/{}", n + 1)))?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "an example is a program")]
fn say(text: &str) {
    eprintln!("{text}");
}
