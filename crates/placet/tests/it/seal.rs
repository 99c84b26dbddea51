//! From a scan to the log, look-ups and the audit, as a provider and an auditor run it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use placet_core::note::{self, Signer};
use placet_core::{Work, WorkKind};
use placet_match::{Guarantee, PackBuilder};
use tempfile::TempDir;

use crate::support::{Run, run};

/// Words that belong to nobody.
fn prose(seed: u64, words: usize) -> Vec<String> {
    const SYLLABLES: [&str; 8] = ["ba", "ko", "ri", "tu", "mal", "dor", "gra", "ster"];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut syllable = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        SYLLABLES[(state >> 40) as usize % SYLLABLES.len()]
    };
    (0..words).map(|_| [(); 4].map(|()| syllable()).concat()).collect()
}

/// A catalogue names this book by its ISBN.
pub(crate) const NAMED: &str = "isbn:9780306406157";
/// This one has an id of its own, and an ISBN that only the pack knows.
const ALSO_NAMED: &str = "isbn:9783161484100";

/// A folder with a pack of two books and a finished scan of a corpus that quotes both.
pub(crate) fn scanned() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = PackBuilder::new("autumn", Guarantee::Words20);
    let books = [(NAMED, "The Book", Vec::new()), ("b2", "The Other", vec![ALSO_NAMED.to_owned()])];
    let mut corpus = String::new();
    for (number, (id, title, identifiers)) in (1..).zip(books) {
        let words = prose(number, 800);
        let work = Work {
            id: id.to_owned(),
            kind: WorkKind::Text,
            title: title.to_owned(),
            credits: Vec::new(),
            identifiers,
            language: None,
            extra: BTreeMap::new(),
        };
        let text = words.join(" ");
        builder.add(&work, &text, 0..text.len()).unwrap();
        corpus += &format!("{}\n", serde_json::json!({ "id": title, "text": words[300..380].join(" ") }));
    }
    let signer = Signer::from_seed("press", [7; 32]).unwrap();
    let noon = "2026-11-21T12:00:00Z".parse().unwrap();
    builder.write(&folder.path().join("rights.placet"), &signer, noon).unwrap();
    fs::create_dir(folder.path().join("corpus")).unwrap();
    fs::write(folder.path().join("corpus/a.jsonl"), corpus).unwrap();
    scan(folder.path(), "run");
    folder
}

/// The key of the pack's issuer.
pub(crate) fn issuer() -> String {
    Signer::from_seed("press", [7; 32]).unwrap().verifier().to_string()
}

fn scan(folder: &Path, out: &str) {
    let key = issuer();
    let args = ["scan", "corpus", "--pack", "rights.placet", "--use", "train-gen", "--as-of", "2026-11-21"];
    run(folder, args.into_iter().chain(["--trust", &key, "--out", out])).expect(10);
}

/// Begins a log, keeps its policy, seals the run.
pub(crate) fn sealed(with_pack: bool) -> TempDir {
    let folder = scanned();
    create(folder.path());
    seal(folder.path(), with_pack).expect(0);
    folder
}

fn create(folder: &Path) -> Run {
    let created = run(folder, ["log", "create", "log.example.org/uses"]).expect(0);
    fs::write(folder.join("trust.policy"), &created.stdout).unwrap();
    created
}

fn seal(folder: &Path, with_pack: bool) -> Run {
    let args = ["seal", "run", "--model", "Model X 2.1", "--stage", "pre-training", "--period", "2026-Q4"];
    run(
        folder,
        args.into_iter().chain(["--pack", "rights.placet"].into_iter().take(if with_pack { 2 } else { 0 })),
    )
}

/// What people read, without what differs from run to run: keys and roots.
pub(crate) fn steady(run: &Run) -> String {
    let word = |word: &str| match word.split_once('+') {
        _ if word.len() == 44 && word.ends_with('=') => "[ROOT]".to_owned(),
        // A shard's name changes with the plan of the scan.
        _ if word.len() == 39 && word.starts_with("000000-") => "000000-[SHARD]".to_owned(),
        Some((name, key)) if key.len() == 53 => format!("{name}+[KEY]"),
        Some((name, id)) if id.len() == 9 && id.ends_with(')') => format!("{name}+[ID])"),
        _ => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    run.to_string().lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_scan_is_sealed_and_looked_up_and_proven_to_who_has_the_proof_alone() {
    let folder = scanned();
    let home = folder.path();
    let mut read = vec![create(home), seal(home, true).expect(0)];
    let value =
        ["value", "report", "--model", "Model X 2.1", "--period", "2026-Q4", "--revenue", "1250000.00"];
    read.push(run(home, value.into_iter().chain(["--currency", "eur"])).expect(0));
    let elsewhere = tempfile::tempdir().unwrap();
    let asked =
        ["ISBN:978-0-306-40615-7", "press/isbn:9780306406157", ALSO_NAMED, "press/b3", "isbn:9780140328721"];
    for (number, work) in asked.iter().enumerate() {
        read.push(run(home, ["lookup", "--work", work]).expect(0));
        fs::copy(home.join("answer.placet-proof"), elsewhere.path().join("answer.placet-proof")).unwrap();
        fs::copy(home.join("trust.policy"), elsewhere.path().join("trust.policy")).unwrap();
        let verify = ["verify", "answer.placet-proof", "--policy", "trust.policy", "--work", work];
        let verified = run(elsewhere.path(), verify).expect(0);
        // One of each answer is enough to read.
        if matches!(number, 0 | 3) {
            read.push(verified);
        }
    }
    read.push(run(home, ["log", "fsck", "placet/log", "--policy", "trust.policy"]).expect(0));
    insta::assert_snapshot!(read.iter().map(steady).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn what_the_register_cannot_know_is_not_answered_with_absent() {
    let folder = sealed(false);
    let lookup = |work| run(folder.path(), ["lookup", "--work", work]);
    lookup(NAMED).expect(0);
    lookup("press/b2").expect(0);
    fs::remove_file(folder.path().join("answer.placet-proof")).unwrap();
    let mut read =
        vec![lookup(ALSO_NAMED).expect(4), lookup("other-press/b2").expect(4), lookup("The Book").expect(3)];
    read.push(run(folder.path(), ["lookup", "--work", NAMED, "--period", "2025-Q1"]).expect(4));
    assert!(!folder.path().join("answer.placet-proof").exists());
    insta::assert_snapshot!(read.iter().map(steady).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn what_cannot_be_sealed_is_refused_with_the_reason() {
    let folder = scanned();
    let home = folder.path();
    let mut read = vec![seal(home, true).expect(3)];
    read.push(run(home, ["lookup", "--work", NAMED]).expect(3));
    read.push(run(home, ["log", "create", "https://log.example.org/"]).expect(2));
    create(home);
    read.push(run(home, ["log", "create", "log.example.org/uses"]).expect(3));
    let uses = fs::read(home.join("run/uses.parquet")).unwrap();
    let mut changed = uses.clone();
    changed[100] ^= 1;
    fs::write(home.join("run/uses.parquet"), changed).unwrap();
    read.push(seal(home, true).expect(3));
    fs::write(home.join("run/uses.parquet"), uses).unwrap();
    seal(home, true).expect(0);
    read.push(seal(home, true).expect(3));
    let value =
        ["value", "report", "--model", "m", "--period", "p", "--revenue", "1.000,00", "--currency", "EUR"];
    read.push(run(home, value).expect(2));
    insta::assert_snapshot!(read.iter().map(steady).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn a_changed_log_is_no_log() {
    let folder = sealed(true);
    let home = folder.path();
    let entries = home.join("placet/log/tile/entries/000.p/2");
    let mut bytes = fs::read(&entries).unwrap();
    bytes[40] ^= 1;
    fs::write(&entries, bytes).unwrap();
    run(home, ["log", "fsck", "placet/log", "--policy", "trust.policy"]).expect(10);
}

#[test]
fn an_audit_finds_what_was_sealed_and_is_not_there() {
    let folder = sealed(true);
    let home = folder.path();
    let plan = run(home, ["audit", "plan", "--log", "placet/log", "--policy", "trust.policy"]).expect(0);
    let audit_words =
        ["audit", "run", "--plan", "audit-plan.json", "--log", "placet/log", "--sealed", "run", "--again"];
    let audit = |again| run(home, audit_words.into_iter().chain([again]));
    scan(home, "again");
    let mut read = vec![plan, audit("again").expect(0)];
    // As many bytes, and the second book is no longer quoted.
    let corpus = fs::read_to_string(home.join("corpus/a.jsonl")).unwrap();
    let (first, second) = corpus.split_once('\n').unwrap();
    let other: String = second.replace("ba", "ko").replace("mal", "dor").replace("tu", "ri");
    fs::write(home.join("corpus/a.jsonl"), format!("{first}\n{other}")).unwrap();
    scan(home, "other");
    read.push(audit("other").expect(10));
    // The same finding as a note that the auditor signs.
    let key = run(home, ["audit", "key", "auditor.example"]).expect(0);
    run(home, ["audit", "key", "auditor.example"]).expect(3);
    run(home, audit_words.into_iter().chain(["other", "--key", "auditor.key"])).expect(10);
    let auditor = [key.stdout.trim_end().parse().unwrap()];
    let finding = note::open(&fs::read(home.join("finding.note")).unwrap(), &auditor).unwrap();
    let finding: serde_json::Value = serde_json::from_str(&finding.text).unwrap();
    assert_eq!(finding["differences"][0]["kind"], "another file than sealed");
    assert_eq!(finding["differences"][1]["kind"], "sealed but not found");
    assert_eq!((&finding["chosen"], &finding["agree"]), (&serde_json::json!([0]), &false.into()));
    fs::write(home.join("corpus/a.jsonl"), format!("{first}\n")).unwrap();
    scan(home, "shorter");
    read.push(audit("shorter").expect(3));
    insta::assert_snapshot!(read.iter().map(steady).collect::<Vec<_>>().join("\n\n"));
}

/// Of two shards one is drawn. The provider's run left the second book out in both.
#[test]
fn an_audit_scans_the_drawn_shards_alone_and_finds_what_was_left_out() {
    let folder = scanned();
    let home = folder.path();
    fs::remove_dir_all(home.join("run")).unwrap();
    let corpus = fs::read_to_string(home.join("corpus/a.jsonl")).unwrap();
    fs::remove_file(home.join("corpus/a.jsonl")).unwrap();
    let (first, second) = corpus.split_once('\n').unwrap();
    let hidden: String = second.replace("ba", "ko").replace("mal", "dor").replace("tu", "ri");
    let write = |second: &str| {
        // 512 files are a shard, the last one is another.
        for n in 0..513 {
            let text =
                if n < 2 || n == 512 { format!("{first}\n{second}") } else { "{\"text\": \"a\"}\n".into() };
            fs::write(home.join(format!("corpus/{n:04}.jsonl")), text).unwrap();
        }
    };
    write(&hidden);
    scan(home, "run");
    create(home);
    seal(home, true).expect(0);
    let plan = ["audit", "plan", "--log", "placet/log", "--policy", "trust.policy", "--confidence", "0.5"];
    run(home, plan.into_iter().chain(["--max-missed", "0.4"])).expect(0);
    let key = issuer();
    let audit = |out: &str, code| {
        let words =
            ["audit", "run", "--plan", "audit-plan.json", "--log", "placet/log", "--sealed", "run", "--json"];
        let more = ["--shards", "corpus", "--pack", "rights.placet", "--trust", &key, "--out", out];
        let said = run(home, words.into_iter().chain(more)).expect(code);
        serde_json::from_str::<serde_json::Value>(&said.stdout).unwrap()
    };
    let said = audit("first", 0);
    assert_eq!((&said["opened"], &said["agree"]), (&1.into(), &true.into()));
    assert_eq!(
        fs::read_dir(home.join("first/commits")).unwrap().count(),
        1,
        "only the drawn shard is scanned"
    );
    write(second);
    let said = audit("second", 10);
    let kinds = |kind: &str| {
        let all = said["differences"].as_array().unwrap().iter().filter(|d| d["kind"] == kind);
        all.map(|d| d["work"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("found but not sealed"), ["press/b2"]);
    assert!(!kinds("another file than sealed").is_empty());
    // The same command goes on; without packs, or with the run of another question, there is no finding.
    audit("second", 10);
    let without = ["audit", "run", "--plan", "audit-plan.json", "--log", "placet/log", "--sealed", "run"];
    run(home, without.into_iter().chain(["--shards", "corpus"])).expect(2);
    run(home, without).expect(2);
}
