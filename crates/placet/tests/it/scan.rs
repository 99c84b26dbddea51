//! `placet scan` as a provider runs it: output, refusals, and runs that are killed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use placet_core::note::Signer;
use placet_core::{Period, Reservation, Scope, Territory, UseSet, Work, WorkKind};
use placet_match::{Guarantee, PackBuilder};
use tempfile::TempDir;

use crate::support::{Run, placet, response, run, warc};

/// Words that belong to nobody.
pub(crate) fn prose(seed: u64, words: usize) -> String {
    const SYLLABLES: [&str; 12] =
        ["ba", "ko", "ri", "tu", "se", "mal", "dor", "vin", "pel", "gra", "ster", "zum"];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut word = move || {
        let mut word = String::new();
        for _ in 0..3 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.push_str(SYLLABLES[(state % 12) as usize]);
        }
        word
    };
    (0..words).map(|_| word()).collect::<Vec<_>>().join(" ")
}

/// A folder with a pack of one reserved book, and the key of its issuer.
pub(crate) fn folder() -> (TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let book = prose(1, 2000);
    let mut builder = PackBuilder::new("autumn", Guarantee::Words20);
    let work = Work {
        id: "b1".to_owned(),
        kind: WorkKind::Text,
        title: "The Book".to_owned(),
        credits: Vec::new(),
        identifiers: Vec::new(),
        language: None,
        extra: BTreeMap::new(),
    };
    builder.add(&work, &book, 0..book.len()).unwrap();
    let noon = "2026-11-21T12:00:00Z".parse().unwrap();
    let reservation = Reservation {
        id: "r1".to_owned(),
        holder: "press".to_owned(),
        scope: Scope::All,
        uses: UseSet::ALL,
        territory: Territory::World,
        period: Period::ALWAYS,
        declared_at: noon,
    };
    builder.rights(vec![reservation], Vec::new());
    let signer = Signer::from_seed("press", [7; 32]).unwrap();
    builder.write(&folder.path().join("rights.placet"), &signer, noon).unwrap();
    fs::create_dir(folder.path().join("corpus")).unwrap();
    (folder, book, signer.verifier().to_string())
}

fn line(id: &str, text: &str) -> String {
    format!("{}\n", serde_json::json!({ "id": id, "url": format!("https://{id}.example/"), "text": text }))
}

pub(crate) fn excerpt(book: &str, from: usize, words: usize) -> String {
    book.split(' ').skip(from).take(words).collect::<Vec<_>>().join(" ")
}

pub(crate) const SCAN: [&str; 7] =
    ["scan", "corpus", "--pack", "rights.placet", "--use", "train-gen", "--out"];

#[test]
fn the_terminal_says_what_was_found_and_that_unknown_is_no_permission() {
    let (folder, book, key) = folder();
    let corpus = folder.path().join("corpus");
    fs::write(corpus.join("a.jsonl"), line("one", &excerpt(&book, 300, 80)) + &line("two", &prose(9, 90)))
        .unwrap();
    fs::write(corpus.join("b.xyz"), [0_u8, 159, 146, 150]).unwrap();
    let said = run(folder.path(), SCAN.into_iter().chain(["run", "--trust", &key])).expect(10);
    insta::assert_snapshot!(said.to_string(), @r"
    exit 10
    --- stdout
    2 items scanned, 1 with text of works in the packs, 1 records or files put aside

    use        verdict  items
    train-gen  denied       1
    train-gen  unknown      1

    cleared corpus: 0 items as they were, 2 left out
    unknown is no permission: nobody authorised these items, and they are left out of the cleared corpus
    look at run/report.html
    ");
    let again = run(folder.path(), SCAN.into_iter().chain(["run", "--trust", &key, "--json"])).expect(10);
    let json: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(json["schema"], "placet.scan/1");
    assert_eq!(json["verdicts"]["train-gen"]["denied"], 1);
    let report = fs::read_to_string(folder.path().join("run/report.html")).unwrap();
    assert!(report.contains("The Book") && !report.contains("<script"));
}

#[test]
fn a_pack_of_an_unknown_issuer_is_refused_with_the_command_to_run() {
    let (folder, _, key) = folder();
    fs::write(folder.path().join("corpus/a.txt"), "some words").unwrap();
    let said = run(folder.path(), SCAN.into_iter().chain(["run"])).expect(2);
    let said = said.to_string().replace(&key, "[KEY]");
    insta::assert_snapshot!(said, @r"
    exit 2
    --- stderr
    error: rights.placet is a pack of [KEY], whom you do not trust
    hint: if its word is to count, run: placet trust add [KEY]
    hint: or for one run: --trust [KEY]
    ");
    assert!(!folder.path().join("run").exists());
}

#[test]
fn a_pack_with_one_byte_changed_is_refused() {
    let (folder, _, key) = folder();
    fs::write(folder.path().join("corpus/a.txt"), "some words").unwrap();
    let path = folder.path().join("rights.placet");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let said = run(folder.path(), SCAN.into_iter().chain(["run", "--trust", &key])).expect(10);
    assert!(said.stderr.starts_with("error: rights.placet cannot be used\n  because: "), "{said}");
    assert!(said.stderr.contains("hint: `placet pack show` verifies"), "{said}");
    assert!(!folder.path().join("run").exists());
}

/// Four shards: more small files than three shards take.
fn many_files(folder: &Path, book: &str) {
    for n in 0..1600_usize {
        let text = if n % 5 == 0 { excerpt(book, n, 40) } else { prose(n as u64 + 10, 30) };
        fs::write(folder.join(format!("corpus/{n:04}.jsonl")), line(&n.to_string(), &text)).unwrap();
    }
    let html = ["Content-Type: text/html"];
    let mut crawl = vec![(
        "https://crawled.example/robots.txt".to_owned(),
        response(
            200,
            &["Content-Type: text/plain"],
            "User-agent: *\nContent-Signal: ai-train=no\nAllow: /\n",
        ),
    )];
    for n in 0..40_u64 {
        let page = format!("<html><body><p>{}</p></body></html>", prose(n + 5000, 40));
        crawl.push((format!("https://crawled.example/{n}"), response(200, &html, page)));
    }
    let crawl: Vec<(&str, &str, Vec<u8>)> =
        crawl.iter().map(|(url, m)| (url.as_str(), "2026-03-01T12:00:00Z", m.clone())).collect();
    fs::write(folder.join("corpus/crawl.warc"), warc(&crawl)).unwrap();
    fs::create_dir_all(folder.join("sites/17.example")).unwrap();
    fs::write(folder.join("sites/17.example/trust.txt"), "datatrainingallowed=no\n").unwrap();
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_bytes() {
    let (folder, book, key) = folder();
    many_files(folder.path(), &book);
    let args = |out: &'static str| {
        SCAN.into_iter()
            .map(str::to_owned)
            .chain([
                out.to_owned(),
                "--trust".to_owned(),
                key.clone(),
                "--unknown".to_owned(),
                "keep".to_owned(),
                "--crawl-records".to_owned(),
                "--site-records".to_owned(),
                "sites".to_owned(),
            ])
            .collect::<Vec<String>>()
    };
    run(folder.path(), args("whole")).expect(10);
    let expected = files(&folder.path().join("whole"));
    let run_json = String::from_utf8_lossy(&expected["run.json"]);
    assert!(run_json.contains(r#""train-gen/denied/content-signal":41"#), "{run_json}");
    assert!(run_json.contains(r#""train-gen/denied/trust-txt":1"#), "{run_json}");
    let one = args("one-thread").into_iter().chain(["--threads".to_owned(), "1".to_owned()]);
    run(folder.path(), one).expect(10);
    assert!(
        files(&folder.path().join("one-thread")) == expected,
        "another number of threads gives other bytes"
    );

    // Killed when the plan is there, when one more shard is committed, and so on; then left to end.
    let out = folder.path().join("killed");
    let commits = || fs::read_dir(out.join("commits")).map_or(0, Iterator::count);
    let mut kills = 0;
    while !out.join("run.json").exists() {
        let target = commits() + usize::from(kills > 0);
        let mut child = placet(folder.path())
            .args(args("killed"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the built binary runs");
        while child.try_wait().unwrap().is_none() {
            if out.join(".placet/plan.json").exists() && commits() >= target {
                child.kill().unwrap();
                kills += 1;
            }
            std::thread::yield_now();
        }
    }
    assert!(kills >= 2, "killed {kills} times");
    run(folder.path(), args("killed")).expect(10);
    let found = files(&out);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

#[test]
fn ctrl_c_ends_cleanly_and_the_same_command_goes_on() {
    let (folder, book, key) = folder();
    many_files(folder.path(), &book);
    let args: Vec<&str> = SCAN.into_iter().chain(["run", "--trust", &key, "--threads", "1"]).collect();
    let child =
        placet(folder.path()).args(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !folder.path().join("run/.placet/plan.json").exists() {
        std::thread::yield_now();
    }
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let said = Run::of(child.wait_with_output().unwrap(), folder.path());
    // The signal may come when the last shard is already committed; then the run ends as always.
    if said.code == 4 {
        assert!(said.stderr.contains("hint: the same command goes on from there"), "{said}");
        assert!(!folder.path().join("run/run.json").exists());
    } else {
        said.expect(10);
    }
    run(folder.path(), &args).expect(10);
    assert!(folder.path().join("run/run.json").exists());
}

#[test]
fn a_disk_without_room_stops_the_run_before_anything_half_and_the_same_command_goes_on() {
    let (folder, book, key) = folder();
    let text: String = (0..4000).map(|n| line(&n.to_string(), &prose(n + 10, 20))).collect();
    fs::write(folder.path().join("corpus/a.jsonl"), text + &line("x", &excerpt(&book, 5, 60))).unwrap();
    let args: Vec<&str> = SCAN.into_iter().chain(["run", "--trust", &key, "--unknown", "keep"]).collect();
    // No file may grow beyond 64 kB: what a full disk does to the results, without filling one.
    let limited = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_placet")])
        .args(&args)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = Run::of(limited, folder.path()).expect(4);
    assert!(said.stderr.contains("hint: make room on the disk; the same command goes on"), "{said}");
    assert_eq!(fs::read_dir(folder.path().join("run/commits")).unwrap().count(), 0);
    assert!(!folder.path().join("run/decisions.parquet").exists());
    run(folder.path(), &args).expect(10);
    assert!(folder.path().join("run/run.json").exists());
}

#[test]
fn a_folder_in_use_and_a_changed_option_are_refused_with_the_remedy() {
    let (folder, book, key) = folder();
    let corpus = folder.path().join("corpus");
    fs::write(corpus.join("a.jsonl"), line("one", &excerpt(&book, 300, 80))).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere.jsonl", corpus.join("b.jsonl")).unwrap();
    let args: Vec<&str> = SCAN.into_iter().chain(["run", "--trust", &key]).collect();
    let first = run(folder.path(), &args).expect(10);
    #[cfg(unix)]
    assert!(first.stdout.contains("1 records or files put aside"), "{first}");

    let lock = File::options().write(true).open(folder.path().join("run/.placet/lock")).unwrap();
    lock.lock().unwrap();
    let locked = run(folder.path(), &args).expect(4);
    assert!(locked.stderr.starts_with("error: another run works in run (process "), "{locked}");
    drop(lock);

    let changed = run(folder.path(), args.iter().copied().chain(["--redact"])).expect(2);
    insta::assert_snapshot!(changed.stderr, @r"
    error: run holds another run: --redact was false and is now true
    hint: give the command it was begun with, or another folder with --out
    ");
}

/// Every file of a run with its bytes; `run.json` without its timings.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found.remove(".placet/lock");
    let run = found.get_mut("run.json").expect("a finished run");
    let mut json: serde_json::Value = serde_json::from_slice(run).unwrap();
    json.as_object_mut().unwrap().remove("timings").expect("timings");
    *run = serde_json::to_vec(&json).unwrap();
    found
}
