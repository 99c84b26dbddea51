//! robots.txt readers side by side on real files: one command, one table.
//!
//! `cargo run --release --manifest-path crates/placet-signals/benches/peers/Cargo.toml -- DATA`
//! where DATA is the folder of real material (see conformance/robots/SOURCE.md). The Python peers run where `python3`
//! can import them: `pip install protego`.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use placet_signals::robots::{self, Matcher};

/// One question: file, agent, URL, and the answer that Google's matcher and Protego both give.
struct Case {
    file: String,
    agent: String,
    url: String,
    allowed: bool,
}

struct Row {
    name: &'static str,
    files_per_second: f64,
    decisions_per_second: f64,
    agree: usize,
}

const ROUNDS: u32 = 5;

fn main() {
    let data = std::env::args().nth(1).or_else(|| std::env::var("PLACET_SHARED_DATA").ok());
    let Some(data) = data else {
        eprintln!("usage: placet-signals-peers DATA");
        std::process::exit(2);
    };
    let data = Path::new(&data).join("robots");
    let unpacked = std::env::temp_dir().join("placet-signals-peers");
    let archive = std::fs::File::open(data.join("real_files.tar.zst")).expect("real files");
    tar::Archive::new(zstd::Decoder::new(archive).expect("zstd")).unpack(&unpacked).expect("unpack");
    let folder = unpacked.join("dev_robots");
    let cases: Vec<Case> = std::fs::read_to_string(data.join("real_cases.jsonl"))
        .expect("cases")
        .lines()
        .map(|line| {
            let case: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let text = |key: &str| case[key].as_str().expect("text").to_owned();
            Case {
                file: text("robots_file"),
                agent: text("agent"),
                url: text("url"),
                allowed: case["allowed"].as_bool().expect("bool"),
            }
        })
        .collect();
    let files: BTreeMap<String, Vec<u8>> = cases
        .iter()
        .map(|c| c.file.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|name| (name.clone(), std::fs::read(folder.join(&name)).expect("file")))
        .collect();
    let agent = "GPTBot";

    let ours = measure(
        "placet-signals",
        &files,
        &cases,
        |bytes| Matcher::new(&robots::parse(bytes).0),
        |bytes, _| Matcher::new(&robots::parse(bytes).0),
        |matcher, case| {
            let path = robots::path_of(&case.url);
            matcher.decide(&case.agent, &robots::normal(path.as_bytes())).allowed
        },
    );
    let texting = measure(
        "texting_robots 0.2.2",
        &files,
        &cases,
        |bytes| texting_robots::Robot::new(agent, bytes).ok(),
        |bytes, agent| texting_robots::Robot::new(agent, bytes).ok(),
        |robot, case| robot.as_ref().is_some_and(|r| r.allowed(&case.url)),
    );
    let robotxt = measure(
        "robotxt 0.7.0",
        &files,
        &cases,
        |bytes| robotxt::Robots::parse(bytes, agent),
        |bytes, agent| robotxt::Robots::parse(bytes, agent),
        |robots, case| robots.is_allowed(&robots::path_of(&case.url)),
    );
    println!("{} real files, {} decisions, best of {ROUNDS} rounds, one core.\n", files.len(), cases.len());
    println!("| reader | files parsed /s | decisions /s | agree with Google and Protego |");
    println!("|---|--:|--:|--:|");
    for row in [ours, texting, robotxt] {
        println!(
            "| {} | {:.0} | {:.0} | {} |",
            row.name, row.files_per_second, row.decisions_per_second, row.agree
        );
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("robots.py");
    match Command::new("python3").arg(script).arg(&folder).arg(data.join("real_cases.jsonl")).output() {
        Ok(out) => {
            print!("{}", String::from_utf8_lossy(&out.stdout));
            eprint!("{}", String::from_utf8_lossy(&out.stderr));
        }
        Err(error) => eprintln!("python3: {error}"),
    }
    hostile();
}

/// Parsing is measured for one agent a file, since the peers parse for one agent.
fn measure<T, P: Fn(&[u8]) -> T, Q: Fn(&[u8], &str) -> T, D: Fn(&T, &Case) -> bool>(
    name: &'static str,
    files: &BTreeMap<String, Vec<u8>>,
    cases: &[Case],
    parse: P,
    prepare: Q,
    decide: D,
) -> Row {
    let mut parse_seconds = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for bytes in files.values() {
            black_box(parse(black_box(bytes)));
        }
        parse_seconds = parse_seconds.min(start.elapsed().as_secs_f64());
    }
    let mut prepared: BTreeMap<(&str, &str), T> = BTreeMap::new();
    for case in cases {
        prepared
            .entry((&case.file, &case.agent))
            .or_insert_with(|| prepare(&files[&case.file], &case.agent));
    }
    let questions: Vec<(&T, &Case)> =
        cases.iter().map(|c| (&prepared[&(c.file.as_str(), c.agent.as_str())], c)).collect();
    let mut decide_seconds = f64::MAX;
    let mut agree = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        agree = questions.iter().filter(|(t, c)| black_box(decide(t, c)) == c.allowed).count();
        decide_seconds = decide_seconds.min(start.elapsed().as_secs_f64());
    }
    Row {
        name,
        files_per_second: files.len() as f64 / parse_seconds,
        decisions_per_second: cases.len() as f64 / decide_seconds,
        agree,
    }
}

/// 500 KiB of wildcards against a path of 8 KiB.
fn hostile() {
    let size = 500 * 1024;
    let one = format!("User-agent: *\nDisallow: /{}b\n", "*a".repeat(size / 2));
    let many: String = (0..size / 20).map(|i| format!("Disallow: /*{i:x}*z$\n")).collect();
    let path = format!("/{}", "a".repeat(8 * 1024));
    println!("\n| 500 KiB of wildcards, path of 8 KiB | parse and prepare | one decision |");
    println!("|---|--:|--:|");
    for (name, text) in [("one pattern", one), ("25,600 patterns", format!("User-agent: *\n{many}"))] {
        let start = Instant::now();
        let matcher = Matcher::new(&robots::parse(text.as_bytes()).0);
        let parsed = start.elapsed();
        let start = Instant::now();
        black_box(matcher.decide("GPTBot", path.as_bytes()));
        println!("| {name} | {parsed:.2?} | {:.2?} |", start.elapsed());
    }
}
