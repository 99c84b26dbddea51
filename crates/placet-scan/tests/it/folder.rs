//! The folder of a run: same bytes however it came about, and never two questions in one.

use std::fs::{self, File};

use placet_scan::{ScanError, scan};

use crate::support::{Bench, Quiet, excerpt, prose};

/// Three shards: more small files than two shards take, some in folders, some with a hidden excerpt.
fn three_shards() -> Bench {
    let book = prose(1, 4000);
    let mut bench = Bench::new();
    bench.reserve(&[("b1", &book), ("b2", &prose(2, 1000))]);
    for n in 0..1100_usize {
        let words = 10 + n % 40;
        let mut line = prose(1000 + n as u64, words);
        if n % 7 == 0 {
            line = format!("{line} {}", excerpt(&book, n, 40));
        }
        let line = serde_json::json!({ "text": line });
        bench.corpus(&format!("{}/{n:04}.jsonl", n % 3), format!("{line}\n"));
    }
    bench.corpus("broken.jsonl", "{");
    bench
}

#[test]
fn equal_inputs_give_equal_bytes_whatever_the_threads_and_interruptions() {
    let bench = three_shards();
    let mut job = bench.job("one");
    job.threads = 1;
    let outcome = bench.scan(&job).unwrap();
    assert_eq!((outcome.shards, outcome.items, outcome.items_matched, outcome.aside), (3, 1100, 158, 1));
    let expected = bench.files("one");
    assert!(expected.keys().any(|name| name.starts_with("cleared/2/")));
    assert!(!expected.keys().any(|name| name.starts_with(".placet/parts")));

    for threads in [2, 3] {
        let out = format!("threads-{threads}");
        let mut job = bench.job(&out);
        job.threads = threads;
        assert_eq!(bench.scan(&job).unwrap(), outcome);
        assert_same(&expected, &bench, &out);
    }

    // Stopped after each shard, and gone on with.
    let mut job = bench.job("stopped");
    job.threads = 1;
    for committed in 1..=2 {
        let stopped = scan(&job, &Quiet::stopping_after(1)).unwrap_err();
        assert!(
            matches!(stopped, ScanError::Stopped { committed: c, shards: 3 } if c == committed),
            "{stopped}"
        );
        assert!(!bench.path("stopped/run.json").exists());
    }
    let watch = Quiet::default();
    assert_eq!(scan(&job, &watch).unwrap(), outcome);
    assert_eq!(watch.resumed.lock().unwrap().map(|done| done.shards), Some(2));
    assert_same(&expected, &bench, "stopped");

    // Parts, in any order; the last one finishes the run.
    for (i, finished) in [(3, false), (1, false), (2, true)] {
        let mut job = bench.job("parts");
        job.part = Some((i, 3));
        assert_eq!(bench.scan(&job).unwrap().finished, finished);
    }
    assert_same(&expected, &bench, "parts");

    // Finished: the same command says the same and changes nothing.
    let again = bench.scan(&bench.job("parts")).unwrap();
    assert!(again.resumed);
    assert_eq!(placet_scan::Outcome { resumed: false, ..again }, outcome);
}

#[track_caller]
fn assert_same(expected: &std::collections::BTreeMap<String, Vec<u8>>, bench: &Bench, out: &str) {
    let found = bench.files(out);
    let names =
        |files: &std::collections::BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(expected), "{out}");
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{out}/{name} differs");
    }
}

#[test]
fn a_changed_question_or_corpus_is_refused_under_the_same_folder() {
    let mut bench = Bench::new();
    bench.reserve(&[("b1", &prose(1, 500))]);
    bench.corpus("a.jsonl", "{\"text\": \"some words\"}\n");
    bench.corpus("b.jsonl", "{\"text\": \"more words\"}\n");
    bench.scan(&bench.job("run")).unwrap();

    let said = |job: &placet_scan::Job| match bench.scan(job).unwrap_err() {
        ScanError::Changed { what, .. } => what,
        other => panic!("{other}"),
    };
    let mut job = bench.job("run");
    job.uses = "search".parse().unwrap();
    assert_eq!(said(&job), "--use was train-gen and is now search");
    let mut job = bench.job("run");
    job.redact = true;
    assert_eq!(said(&job), "--redact was false and is now true");

    // Another time of the same content is no change; another content of the same size is one.
    let path = bench.path("corpus/a.jsonl");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(100);
    File::options().append(true).open(&path).unwrap().set_modified(later).unwrap();
    assert!(bench.scan(&bench.job("run")).is_ok());
    fs::write(&path, "{\"text\": \"SOME words\"}\n").unwrap();
    assert_eq!(said(&bench.job("run")), "the content of a.jsonl changed");
    fs::write(&path, "{\"text\": \"some more words\"}\n").unwrap();
    assert_eq!(said(&bench.job("run")), "a.jsonl had 23 bytes and has 28 now");
    fs::remove_file(&path).unwrap();
    assert_eq!(said(&bench.job("run")), "a.jsonl is gone from the corpus");
}

#[test]
fn a_folder_in_use_a_foreign_one_and_one_inside_the_corpus_are_refused() {
    let mut bench = Bench::new();
    bench.reserve(&[("b1", &prose(1, 500))]);
    bench.corpus("a.jsonl", "{\"text\": \"some words\"}\n");
    bench.scan(&bench.job("run")).unwrap();

    let lock = File::options().write(true).open(bench.path("run/.placet/lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(bench.scan(&bench.job("run")), Err(ScanError::Locked { .. })));
    let mut part = bench.job("run");
    part.part = Some((1, 2));
    assert!(matches!(bench.scan(&part), Err(ScanError::Locked { .. })));
    // The lock of a process that died is no lock.
    drop(lock);
    assert!(bench.scan(&bench.job("run")).is_ok());

    fs::create_dir(bench.path("foreign")).unwrap();
    fs::write(bench.path("foreign/thesis.txt"), "mine").unwrap();
    assert!(matches!(bench.scan(&bench.job("foreign")), Err(ScanError::NotOurs { .. })));
    assert!(matches!(bench.scan(&bench.job("corpus/run")), Err(ScanError::Inside { .. })));
    let mut job = bench.job("new");
    job.corpus = bench.path("nowhere");
    assert!(matches!(bench.scan(&job), Err(ScanError::Empty { .. })));
    assert!(!bench.path("new").exists());
}

#[test]
fn progress_moves_within_a_large_file() {
    let mut bench = Bench::new();
    bench.reserve(&[("b1", &prose(1, 500))]);
    let line = format!("{{\"text\":\"{}\"}}\n", prose(3, 2000));
    let large = line.repeat(200);
    bench.corpus("a.jsonl", &large);
    bench.corpus("b.jsonl", &line);
    let mut job = bench.job("run");
    job.threads = 1;
    let watch = Quiet::default();
    scan(&job, &watch).unwrap();
    let bytes = watch.bytes.into_inner().unwrap();
    assert!(bytes.is_sorted() && bytes.len() > 5, "{bytes:?}");
    assert!(bytes.iter().filter(|b| (1..large.len() as u64).contains(*b)).count() > 3, "{bytes:?}");
    assert_eq!(bytes.last(), Some(&((large.len() + line.len()) as u64)));
}
