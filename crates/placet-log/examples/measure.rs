//! Measures the log: `cargo run --release -p placet-log --example measure -- FOLDER`. The folder must not exist.
//!
//! Of each part: the time that passed, the processor time of all its threads, and how many a second. On a machine
//! that does other things too the processor time is the one to compare.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use placet_core::note::Signer;
use placet_log::answer::{Expected, Source, UseRow, commit_uses, rows_value, verify};
use placet_log::blind::BlindKey;
use placet_log::cbor::Value;
use placet_log::hash::Hash;
use placet_log::leaf::{Leaf, Register};
use placet_log::policy::Policy;
use placet_log::private::{Private, Salts};
use placet_log::proof::verify_inclusion;
use placet_log::store::{Reader, StoreError, Writer};
use placet_log::stored_register::{Record, StoredRegister, tree_of};
use placet_log::tlog_proof::TlogProof;
use placet_log::tree::Tree;
use rustix::time::{ClockId, clock_gettime};

const N: u64 = 1_000_000;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        say("usage: measure FOLDER");
        return ExitCode::from(2);
    };
    let measured = log(&folder).and_then(|()| {
        rows();
        register(&folder)
    });
    load("after");
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn log(folder: &Path) -> Outcome {
    load("before");
    let threads = threads();
    say(&format!("{threads} processors; a part uses one of them unless it says otherwise\n"));
    say(&format!("{:55} {:>9} {:>9} {:>12}", "", "wall s", "cpu s", "a cpu second"));
    let entry = |n: u64| [&n.to_be_bytes()[..], &[7; 192]].concat();
    let (tree, hashing) = timed(|| (0..N).map(|n| Hash::leaf(&entry(n))).collect::<Tree>());
    report("hash 1 M entries of 200 bytes and their tree", &hashing, N);

    let signer = Signer::from_seed("measure.example/log", [1; 32])?;
    let mut writer = Writer::create(&folder.join("log"), &folder.join("state"), signer)?;
    let (sealed, sealing) = timed(|| -> Result<Hash, StoreError> {
        for n in 0..N {
            writer.append(&entry(n))?;
        }
        Ok(writer.seal()?.root)
    });
    if sealed? != tree.root() {
        return Err("the two roots differ".into());
    }
    report("append and seal the same, durable, two threads", &sealing, N);
    let ratio = |of: fn(&Spent) -> Duration| of(&sealing).as_secs_f64() / of(&hashing).as_secs_f64();
    let (wall, cpu) = (ratio(|s| s.wall), ratio(|s| s.cpu));
    say(&format!("    ratio to hashing alone: wall {wall:.2}, cpu {cpu:.2} (at most 2 is the aim)"));

    let (proofs, proving) =
        timed(|| (0..100_000).map(|n| tree.inclusion_proof(n * 7 % N)).collect::<Vec<_>>());
    report("inclusion proof, tree in memory", &proving, 100_000);
    let leaves: Vec<Hash> = (0..100_000).map(|n| Hash::leaf(&entry(n * 7 % N))).collect();
    let (right, verifying) = timed(|| {
        let all = (0u64..).zip(&proofs).zip(&leaves);
        all.filter(|((n, p), leaf)| verify_inclusion(n * 7 % N, N, **leaf, p, tree.root()).is_ok()).count()
    });
    report("verify it", &verifying, right as u64);
    let reader = Reader::open(&folder.join("log"))?;
    let (_, from_tiles) = timed(|| (0..1000).flat_map(|n| reader.tiles().inclusion_proof(n * 997)).count());
    report("inclusion proof from tiles on disk, none kept", &from_tiles, 1000);
    Ok(())
}

fn rows() {
    let salts = Salts::new([2; 32]);
    let rows = (0..N).map(|n| [n.to_be_bytes(); 16].concat());
    let (_, committing) = timed(|| salts.rows(Hash::EMPTY, rows).collect::<Tree>());
    report("row commitments and row tree, 128-byte rows", &committing, N);
    let rate = N as f64 / committing.cpu.as_secs_f64();
    say(&format!("    {:.2} of the 500,000 rows a second and core that are the aim", rate / 500_000.0));
}

fn register(folder: &Path) -> Outcome {
    let threads = threads();
    let (key, salts) = (BlindKey::derive(&[3; 32], b"measure").ok_or("no key")?, Salts::new([2; 32]));
    let names: Vec<String> = (0..N).map(|n| format!("isbn:{n:013}")).collect();
    let few = names.get(..20_000).unwrap_or_default();
    let (keys, blinding) = timed(|| key.keys(few, threads));
    let blinded = keys?.len() as u64;
    report("blind a work, all processors", &blinding, blinded);
    say(&format!(
        "    a first register of 1 M new works: {:.0} s on {threads} such processors; keys are then kept",
        N as f64 / blinded as f64 * blinding.cpu.as_secs_f64() / threads as f64
    ));

    let rows = |n: u64| {
        vec![UseRow {
            use_name: "train-gen".into(),
            verdict: "denied".into(),
            amount: n,
            unit: "words".into(),
            repetitions: 1,
            ground: "profile:art".into(),
            shard: n % 1000,
        }]
    };
    // Keys of the works that are asked for are the real ones; for the others any hash does.
    let real = key.keys(names.get(..1000).unwrap_or_default(), threads)?;
    let key_of = |n: u64| real.get(n as usize).copied().unwrap_or(Hash::leaf(&n.to_be_bytes()));
    let path = folder.join("register");
    let (tree, building) = timed(|| -> Result<_, Box<dyn std::error::Error>> {
        let mut records: Vec<Record> = (0..N)
            .zip(&names)
            .map(|(n, name)| {
                let uses = rows(n);
                let value = commit_uses(&salts.salt(Hash::EMPTY, 0, name), &uses);
                let bytes = Value::Array(vec![Value::text(name), rows_value(&uses)]).encode();
                Record { key: key_of(n), value, bytes }
            })
            .collect();
        let tree = tree_of(&mut records, threads)?;
        StoredRegister::write(&path, b"", &tree, &records)?;
        Ok(tree)
    });
    let tree = tree?;
    report("register of 1 M works from their keys, kept on disk", &building, N);

    let private = Private::new(&salts, Hash::EMPTY, vec![("model".to_owned(), Value::text("Model X"))]);
    let leaf = Register {
        period: "2026-Q4".into(),
        root: tree.root(),
        key: key.public(),
        from: 0,
        until: N,
        private: private.root(),
    };
    let leaf = Leaf::Register(leaf).encode();
    let signer = Signer::from_seed("measure.example/log", [1; 32])?;
    let policy = Policy::of_log(signer.verifier().clone());
    let mut writer = Writer::open(&folder.join("log"), &folder.join("state"), signer)?;
    let index = writer.append(&leaf)?;
    writer.seal()?;
    let (opened, opening) = timed(|| -> Result<_, Box<dyn std::error::Error>> {
        Ok((Reader::open(&folder.join("log"))?, StoredRegister::open(&path)?))
    });
    let (reader, stored) = opened?;
    report("open log and register", &opening, 1);
    let (_, looking) =
        timed(|| (0..N).step_by(100).flat_map(|n| stored.lookup(key_of(n)).map(|found| found.1)).count());
    report("way through the register on disk", &looking, N / 100);

    let source = Source { leaf: &leaf, private: &private, show: &["model"] };
    let answer = |n: u64, name: &String| -> Result<TlogProof, Box<dyn std::error::Error>> {
        let (key, proof) = key.prove(name.as_bytes())?;
        let (found, way) = stored.lookup(key)?;
        let uses = found.is_some().then(|| rows(n));
        let salt = salts.salt(Hash::EMPTY, 0, name);
        let outer = TlogProof {
            extra: None,
            index,
            hashes: reader.tiles().inclusion_proof(index)?,
            checkpoint: reader.note().to_owned(),
        };
        Ok(source.answer(name, &proof, &way, uses.as_ref().map(|uses| (uses.as_slice(), salt)), outer))
    };
    let (answers, answering) =
        timed(|| (0..1000).zip(&names).map(|(n, name)| answer(n, name)).collect::<Result<Vec<_>, _>>());
    let answers: Vec<String> = answers?.iter().map(ToString::to_string).collect();
    report("a whole look-up: key, its proof, way, answer", &answering, 1000);
    say(&format!(
        "    {:.2} of the millisecond that is the aim; an answer has {} bytes",
        answering.cpu.as_secs_f64() / 1000.0 * 1000.0,
        answers.first().map_or(0, String::len)
    ));
    let (right, verifying) = timed(|| {
        answers.iter().filter(|a| verify(a.as_bytes(), &policy, Expected::default()).is_ok()).count()
    });
    report("verify an answer", &verifying, right as u64);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    say(&format!("most memory at once: {}", peak.trim()));
    if right != 1000 {
        return Err("an answer does not verify".into());
    }
    Ok(())
}

struct Spent {
    wall: Duration,
    cpu: Duration,
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Spent) {
    let (start, cpu) = (Instant::now(), processor_time());
    let result = work();
    (result, Spent { wall: start.elapsed(), cpu: processor_time().saturating_sub(cpu) })
}

/// Of this process, all threads.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn report(what: &str, spent: &Spent, count: u64) {
    let (wall, cpu) = (spent.wall.as_secs_f64(), spent.cpu.as_secs_f64());
    let each = spent.cpu.as_nanos() as f64 / count as f64 / 1000.0;
    say(&format!("{what:55} {wall:9.3} {cpu:9.3} {:12.0}   {each:.2} us each", count as f64 / cpu));
}

fn load(when: &str) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_else(|_| "unknown\n".to_owned());
    say(&format!("load {when}: {}", load.trim_end()));
}

#[expect(clippy::print_stdout, reason = "an example is a program")]
fn say(text: &str) {
    println!("{text}");
}
