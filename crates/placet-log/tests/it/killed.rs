//! The process that writes a log is killed, for good, at random points: what it acknowledged stays, and nothing that
//! it signed is ever contradicted. Power cuts, after which files are torn, are simulated in `src/crash.rs`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use placet_core::note::Signer;
use placet_log::checkpoint::Checkpoint;
use placet_log::fsck::fsck;
use placet_log::hash::Hash;
use placet_log::store::Writer;

/// Names the folder to the process that writes.
const FOLDER: &str = "PLACET_KILLED_WRITER";
/// More kills than the usual ones, for a longer run.
const KILLS: &str = "PLACET_KILLS";

fn signer() -> Signer {
    Signer::from_seed("example.org/killed", [1; 32]).unwrap()
}

/// Not a test but the process to be killed: it writes until then, and says what it acknowledged.
#[test]
fn the_writing_process() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let (log, state) = (folder.join("log"), folder.join("state"));
    let mut writer = if state.join("checkpoint").exists() {
        Writer::open(&log, &state, signer()).unwrap()
    } else {
        Writer::create(&log, &state, signer()).unwrap()
    };
    let life = std::process::id();
    let mut out = std::io::stdout().lock();
    for batch in 0u64.. {
        let mut waiting = Vec::new();
        for n in 0..=(u64::from(life) + batch * 101) % 300 {
            let entry = format!("{life} {batch} {n}");
            waiting.push((writer.append(entry.as_bytes()).unwrap(), entry));
        }
        writer.seal().unwrap();
        for (index, entry) in waiting {
            writeln!(out, "sealed {index} {entry}").unwrap();
        }
        out.flush().unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_one_tree_grows() {
    let kills: u64 = std::env::var(KILLS).ok().and_then(|kills| kills.parse().ok()).unwrap_or(40);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/tlog/foreign/python/root.py");
    let script = std::env::var_os("PLACET_TLOG_CHECK").map_or(script, PathBuf::from);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut acknowledged: BTreeMap<u64, String> = BTreeMap::new();
    let (mut last, mut python, mut total) = (None, 0, 0);
    for kill in 0..kills {
        let random = u64::from_be_bytes(Hash::leaf(&kill.to_be_bytes()).0[..8].try_into().unwrap());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::the_writing_process", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Up to some acknowledgement, and then somewhere between that and the next ones.
        let mut wanted = random % 400;
        let note = |line: String, acknowledged: &mut BTreeMap<u64, String>| {
            let Some((index, entry)) = line.strip_prefix("sealed ").and_then(|line| line.split_once(' '))
            else {
                return;
            };
            let old = acknowledged.insert(index.parse().unwrap(), entry.to_owned());
            assert_eq!(old, None, "an index given twice");
        };
        while wanted > 0 {
            note(lines.next().unwrap().unwrap(), &mut acknowledged);
            wanted -= 1;
        }
        (0..random % 1_000_000).for_each(|n| {
            std::hint::black_box(n);
        });
        child.kill().unwrap();
        let mut rest: Vec<String> = lines.map_while(Result::ok).collect();
        child.wait().unwrap();
        // The last line may be cut off.
        rest.pop();
        for line in rest {
            note(line, &mut acknowledged);
        }

        let Ok(bytes) = std::fs::read(log.join("checkpoint")) else { continue };
        let (checkpoint, _) = Checkpoint::open(&bytes, &[signer().verifier().clone()]).unwrap();
        let mut entries = Vec::new();
        let read = |path: &str| std::fs::read(log.join(path));
        fsck(&checkpoint, last.as_ref(), read, |_, entry| entries.push(entry.to_vec())).unwrap();
        for (index, entry) in &acknowledged {
            assert_eq!(
                entries.get(*index as usize).map(Vec::as_slice),
                Some(entry.as_bytes()),
                "kill {kill}"
            );
        }
        python += u64::from(agrees(&script, &log, kill));
        total += acknowledged.len();
        last = Some(checkpoint);
        // Checked whole each time, so kept small.
        if entries.len() > 20_000 {
            std::fs::remove_dir_all(&log).unwrap();
            std::fs::remove_dir_all(folder.path().join("state")).unwrap();
            (last, acknowledged) = (None, BTreeMap::new());
        }
    }
    println!(
        "{kills} kills; {total} times an acknowledged entry was found; {python} times checked by Python"
    );
    assert!(total > 0);
}

/// Whether a checker in another language was there; it has to agree. A second try is for an interpreter that could
/// not be started.
#[expect(clippy::print_stdout, reason = "a check that did not run must be seen")]
fn agrees(script: &Path, log: &Path, kill: u64) -> bool {
    let mut said = String::new();
    for _ in 0..2 {
        match Command::new("python3").arg(script).arg(log).output() {
            Ok(run) if run.status.success() => return true,
            Ok(run) => {
                said =
                    [run.stdout, run.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
            }
            Err(error) => {
                println!("not checked in another language: {error}");
                return false;
            }
        }
    }
    panic!("kill {kill}: {said}");
}
