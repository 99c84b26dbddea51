//! Measures the log: `cargo run --release -p placet-log --example measure -- FOLDER`. The folder must not exist.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use placet_core::note::Signer;
use placet_log::blind::BlindKey;
use placet_log::hash::Hash;
use placet_log::private::Salts;
use placet_log::proof::verify_inclusion;
use placet_log::register::Register;
use placet_log::store::{Reader, Writer};
use placet_log::tree::Tree;

const N: u64 = 1_000_000;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        say("usage: measure FOLDER");
        return ExitCode::from(2);
    };
    match measure(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn measure(folder: &std::path::Path) -> Outcome {
    let entry = |n: u64| [&n.to_be_bytes()[..], &[7; 192]].concat();
    let (tree, hashing) = timed(|| (0..N).map(|n| Hash::leaf(&entry(n))).collect::<Tree>());
    report("hash 1 M entries of 200 bytes and their tree", hashing, N);

    let signer = Signer::from_seed("measure.example/log", [1; 32])?;
    let mut writer = Writer::create(&folder.join("log"), &folder.join("state"), signer)?;
    let (sealed, sealing) = timed(|| -> Result<Hash, placet_log::store::StoreError> {
        for n in 0..N {
            writer.append(&entry(n))?;
        }
        Ok(writer.seal()?.root)
    });
    if sealed? != tree.root() {
        return Err("the two roots differ".into());
    }
    report("append and seal the same, durable", sealing, N);
    say(&format!("  ratio to hashing alone: {:.2}", sealing.as_secs_f64() / hashing.as_secs_f64()));

    let (proofs, proving) =
        timed(|| (0..100_000).map(|n| tree.inclusion_proof(n * 7 % N)).collect::<Vec<_>>());
    report("inclusion proof, tree in memory", proving, 100_000);
    let leaves: Vec<Hash> = (0..100_000).map(|n| Hash::leaf(&entry(n * 7 % N))).collect();
    let (right, verifying) = timed(|| {
        let all = (0u64..).zip(&proofs).zip(&leaves);
        all.filter(|((n, p), leaf)| verify_inclusion(n * 7 % N, N, **leaf, p, tree.root()).is_ok()).count()
    });
    report("verify it", verifying, right as u64);
    let reader = Reader::open(&folder.join("log"))?;
    let mut tiles = reader.tiles();
    let (_, from_tiles) = timed(|| (0..1000).flat_map(|n| tiles.inclusion_proof(n * 997)).count());
    report("inclusion proof, tiles on disk", from_tiles, 1000);

    let salts = Salts::new([2; 32]);
    let (_, rows) =
        timed(|| salts.rows(Hash::EMPTY, (0..N).map(|n| [n.to_be_bytes(); 16].concat())).collect::<Tree>());
    report("row commitments and row tree, 128-byte rows", rows, N);

    let key = BlindKey::derive(&[3; 32], b"measure").ok_or("no key")?;
    let (_, blinding) = timed(|| (0..10_000u64).filter_map(|n| key.key(&n.to_be_bytes()).ok()).count());
    report("blind a work", blinding, 10_000);
    let entries: Vec<(Hash, Hash)> = (0..N).map(|n| (Hash::leaf(&n.to_be_bytes()), Hash::EMPTY)).collect();
    let (register, building) = timed(|| Register::new(entries.clone()));
    let register = register?;
    report("register of 1 M works from their keys", building, N);
    let (_, looking) = timed(|| {
        let asked = entries.iter().step_by(10).map(|(key, _)| *key);
        asked.filter(|key| register.lookup(*key).1.verify(*key, register.root()).is_ok()).count()
    });
    report("look up and verify", looking, N / 10);
    let (_, proven) = timed(|| (0..1000u64).filter_map(|n| key.prove(&n.to_be_bytes()).ok()).count());
    report("prove a work's key", proven, 1000);
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn report(what: &str, time: Duration, count: u64) {
    let each = time.as_nanos() as f64 / count as f64 / 1000.0;
    say(&format!("{what}: {:.2} s, {each:.2} us each, {:.0} a second", time.as_secs_f64(), 1e6 / each));
}

#[expect(clippy::print_stdout, reason = "an example is a program")]
fn say(text: &str) {
    println!("{text}");
}
