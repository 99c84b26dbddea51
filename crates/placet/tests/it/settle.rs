//! From use records and claims to statements, payments and a checked journal, as a society runs it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{Run, placet, run};

const CLAIMS: &str = "\
id,work,party,role,right,share,asserted_at
c1,song-a,IPI:00014107338,composer,reproduction-training making-available-output,2/3,2026-01-01
c2,song-a,House,publisher,reproduction-training making-available-output,1/3,2026-01-01
c3,song-b,Ben,composer,reproduction-training making-available-output,1/2,2026-01-01
c4,song-b,Cleo,lyricist,reproduction-training making-available-output,3/4,2026-02-01
";

const USES: &str = r#"{"id":"u1","work":"song-a","use":"access","day":"2026-07-10","unit":"crawl","amount":10000,"grant":"g1"}
{"id":"u2","work":"song-b","use":"access","day":"2026-07-11","unit":"crawl","amount":2000,"grant":"g1"}
{"id":"u3","work":"song-a","use":"ai-input","day":"2026-08-10","unit":"inference","amount":400000,"grant":"g1"}
{"id":"u4","work":"song-b","use":"access","day":"2026-08-11","unit":"crawl","amount":9}
{"id":"u5","work":"song-c","use":"access","day":"2026-09-30","unit":"crawl","amount":3000,"grant":"g1"}
{"id":"u5","work":"song-c","use":"access","day":"2026-09-30","unit":"crawl","amount":3000,"grant":"g1"}
{"id":"u6","work":"song-c","use":"access","day":"2026-10-01","unit":"crawl","amount":1,"grant":"g1"}
{"id":"u7","work":
"#;

const ACCOUNTS: &str = r#"
[debtor]
name = "Society"
iban = "DE75512108001245126199"
address = { street = "Rosenheimer Strasse", number = "11", post-code = "81667", town = "Muenchen", country = "DE" }
[[payee]]
party = "IPI:00014107338"
name = "Ana Composer"
iban = "DE89370400440532013000"
address = { street = "Gasse", number = "1", post-code = "1010", town = "Wien", country = "AT" }
[[payee]]
party = "House"
name = "House Publishing"
iban = "NL91ABNA0417164300"
address = { street = "Straat", post-code = "1011", town = "Amsterdam", country = "NL" }
"#;

pub(crate) fn tariff(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tariffs").join(name).canonicalize().unwrap()
}

pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("claims.csv"), CLAIMS).unwrap();
    fs::write(folder.path().join("uses.jsonl"), USES).unwrap();
    fs::write(folder.path().join("accounts.toml"), ACCOUNTS).unwrap();
    folder
}

pub(crate) fn args(extra: &[&str]) -> Vec<String> {
    let tariff = tariff("rsl-pay-per-use.toml").display().to_string();
    let all = ["settle", "--uses", "uses.jsonl", "--claims", "claims.csv", "--tariff", &tariff];
    let rest = ["--period", "2026-Q3", "--licensee", "Crawler"];
    all.iter().chain(&rest).chain(extra).map(|a| (*a).to_owned()).collect()
}

fn settle(folder: &Path, extra: &[&str]) -> Run {
    run(folder, args(extra))
}

/// A folder with a settlement.
pub(crate) fn settled() -> TempDir {
    let folder = folder();
    settle(folder.path(), &[]).expect(0);
    folder
}

/// Without what differs from day to day: the day, and digests that rest on it.
pub(crate) fn steady(text: &str) -> String {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let word = |word: &str| {
        let bare = word.trim_end_matches([',', '.', '\n']);
        let digest = bare.len() == 64 && bare.bytes().all(|b| b.is_ascii_hexdigit());
        if digest { word.replace(bare, "[DIGEST]") } else { word.to_owned() }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n").replace(&today, "[TODAY]")
}

#[test]
fn a_claim_that_was_cut_off_does_not_count() {
    let folder = folder();
    let home = folder.path();
    // `1/3` of the second claim, cut to a share that reads.
    let (head, _) = CLAIMS.split_once("/3,2026-01-01\nc3").unwrap();
    assert!(head.ends_with(",1"));
    fs::write(home.join("claims.csv"), head).unwrap();
    let settled = settle(home, &[]).expect(0);
    assert!(settled.stderr.contains("claims.csv, line 3: it has 6 fields, the header has 7"), "{settled}");
}

#[test]
fn uses_become_statements_and_payments_that_anybody_can_follow() {
    let folder = folder();
    let home = folder.path();
    let mut read = vec![settle(home, &[]).expect(0)];
    let once = files(&home.join("settlement"));
    read.push(settle(home, &[]).expect(0));
    assert_eq!(files(&home.join("settlement")), once, "the same inputs, the same bytes");
    let ana = ["--party", "IPI:00014107338"];
    let with = |verb: &[&'static str], more: &[&'static str]| [verb, more].concat();
    read.push(run(home, with(&["statement", "settlement"], &ana)).expect(0));
    read.push(run(home, ["statement", "settlement", "--party", "Ben"]).expect(0));
    read.push(run(home, ["statement", "settlement", "--party", "Ben", "--format", "dsr"]).expect(0));
    read.push(run(home, ["statement", "settlement", "--party", "Nobody"]).expect(0));
    let pay = [
        "payout",
        "settlement",
        "--iso20022",
        "--accounts",
        "accounts.toml",
        "--threshold",
        "0.50",
        "-o",
        "pay.xml",
    ];
    read.push(run(home, pay).expect(10));
    let receipt =
        ["ledger", "receipt", "--licensee", "Crawler", "--amount", "2000.00 USD", "--reference", "bank 1"];
    read.push(run(home, receipt).expect(0));
    read.push(run(home, receipt).expect(0));
    read.push(run(home, with(&["settle", "explain", "settlement"], &ana)).expect(0));
    read.push(run(home, pay).expect(0));
    read.push(run(home, pay).expect(0));
    read.push(run(home, ["ledger", "check", "--settlement", "settlement"]).expect(0));
    insta::assert_snapshot!(steady(&read.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")));
    let xml = fs::read_to_string(home.join("pay.xml")).unwrap();
    assert!(xml.contains("<StrtNm>Gasse</StrtNm>") && xml.contains("<NbOfTxs>2</NbOfTxs>"), "{xml}");
}

pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn the_order_of_the_inputs_changes_no_byte() {
    let folder = folder();
    let home = folder.path();
    settle(home, &["--dry-run"]).expect(0);
    let turned = |text: &str, heads: usize| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[heads..].reverse();
        lines.join("\n")
    };
    fs::write(home.join("claims.csv"), turned(CLAIMS, 1)).unwrap();
    fs::write(home.join("uses.jsonl"), turned(USES, 0)).unwrap();
    settle(home, &["--dry-run", "-o", "turned"]).expect(0);
    for name in ["lines.parquet", "counted.parquet", "accounts.csv", "README.txt"] {
        let read = |of: &str| fs::read(home.join(of).join(name)).unwrap();
        assert_eq!(read("settlement"), read("turned"), "{name}");
    }
}

#[test]
fn a_correction_takes_back_and_books_anew_and_nothing_is_overwritten() {
    let folder = folder();
    let home = folder.path();
    settle(home, &[]).expect(0);
    fs::write(
        home.join("claims.csv"),
        CLAIMS.replace(
            "Cleo,lyricist,reproduction-training making-available-output,3/4",
            "Cleo,lyricist,reproduction-training making-available-output,1/2",
        ),
    )
    .unwrap();
    let mut read = vec![settle(home, &[]).expect(2), settle(home, &["-o", "corrected"]).expect(2)];
    assert!(!home.join("corrected").exists(), "a refused settlement leaves nothing");
    read.push(settle(home, &["-o", "corrected", "--correct"]).expect(0));
    read.push(settle(home, &["-o", "corrected"]).expect(0));
    read.push(run(home, ["ledger", "check", "--settlement", "corrected"]).expect(0));
    insta::assert_snapshot!(steady(&read.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")));
}

/// Four processes settle the same at once: one books, the others say so.
pub(crate) fn four_book_once(home: &Path, more: &[&str]) {
    let start = |n: usize| {
        let out = format!("settlement-{n}");
        let words = args(&[&["--output", &out], more].concat());
        placet(home).args(words).stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = (0..4).map(start).collect();
    let said: Vec<String> = running
        .into_iter()
        .map(|child| String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
        .collect();
    assert_eq!(said.iter().filter(|s| s.contains(", booked\n")).count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|s| s.contains("nothing was booked twice")).count(), 3, "{said:?}");
}

#[test]
fn two_processes_book_once() {
    let folder = folder();
    let home = folder.path();
    four_book_once(home, &[]);
    assert!(run(home, ["ledger", "check"]).expect(0).stdout.contains("\n1 entries; "));
}

#[test]
fn a_process_that_is_killed_leaves_a_journal_that_balances() {
    let folder = folder();
    let home = folder.path();
    for n in 0..12_u32 {
        let mut child = placet(home)
            .args(args(&[]))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Each is let go a little further before it is killed.
        for _ in 0..n * 40 {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        run(home, ["ledger", "check"]).expect(0);
    }
    settle(home, &[]).expect(0);
    // A change of what was acknowledged is found.
    let database = home.join("placet/registry.sqlite");
    let (mut bytes, entry) = (fs::read(&database).unwrap(), b"\"grains\":\"1");
    let at = bytes.windows(entry.len()).position(|window| window == entry).unwrap();
    bytes[at + entry.len() - 1] = b'2';
    fs::write(&database, bytes).unwrap();
    let found = run(home, ["ledger", "check"]).expect(10);
    assert!(found.stdout.contains("BROKEN"), "{found}");
    settle(home, &[]).expect(10);
}

#[test]
fn a_settlement_is_committed_in_the_log_once() {
    let folder = folder();
    let home = folder.path();
    settle(home, &["--log"]).expect(3);
    run(home, ["log", "create", "log.example.org/uses"]).expect(0);
    let said = settle(home, &["--log"]).expect(0).stdout;
    assert!(said.contains("its root is entry 0 of the log log.example.org/uses\n"), "{said}");
    assert!(settle(home, &["--log"]).expect(0).stdout.contains("its root is entry 0 of"));
    let shown = run(home, ["settle", "explain", "settlement", "--party", "Ben"]).expect(0).stdout;
    assert!(shown.contains("committed in entry 0 of the log log.example.org/uses (1 entries)"), "{shown}");
    // Another settlement stands in no entry.
    settle(home, &["-o", "other", "--dry-run", "--as-of", "2026-11-01T00:00:00Z"]).expect(0);
    let shown = run(home, ["settle", "explain", "other", "--party", "Ben"]).expect(0).stdout;
    assert!(!shown.contains("committed"), "{shown}");
}

#[test]
fn a_changed_line_is_found() {
    let folder = folder();
    let home = folder.path();
    settle(home, &["--dry-run"]).expect(0);
    let path = home.join("settlement/lines.parquet");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    run(home, ["statement", "settlement", "--party", "Ben"]).expect(10);
}

#[test]
fn the_uses_of_a_scan_are_settled() {
    let folder = crate::seal::scanned();
    let home = folder.path();
    let claims = "work,party,role,right,share\nisbn:9780306406157,Writer,author,reproduction-training,1\n";
    fs::write(home.join("claims.csv"), claims).unwrap();
    let tariff = tariff("statutory.toml").display().to_string();
    let value = r#"{"schema":"placet.value-report/1","model":"m","period":"2026-Q4","currency":"INR","revenue_minor":5000000,"scale":2,"stated_at":"2026-10-20T00:00:00Z"}"#;
    fs::write(home.join("value.json"), value).unwrap();
    let all =
        ["settle", "--uses", "run", "--claims", "claims.csv", "--tariff", &tariff, "--value", "value.json"];
    let rest = ["--period", "2026-Q4", "--licensee", "Provider", "--as-of", "2026-12-31T00:00:00Z"];
    let with = |more: &[&str]| run(home, all.iter().chain(&rest).chain(more));
    let mut read = vec![with(&["-o", "cleared", "--dry-run"]).expect(0)];
    read.push(with(&["-o", "whole", "--whole-corpus", "--dry-run"]).expect(0));
    read.push(run(home, ["settle", "explain", "whole", "--party", "Writer"]).expect(0));
    // What the scan hashes, keys made for the test included, is no part of what is read here.
    let text = read.iter().map(|r| r.stdout.clone()).collect::<Vec<_>>().join("\n");
    assert!(text.contains("found in items that were left out of the cleared corpus: no use"), "{text}");
    assert!(text.contains("uses.parquet, row "), "{text}");
}

#[test]
fn other_programs_check_the_export() {
    let folder = folder();
    let home = folder.path();
    settle(home, &[]).expect(0);
    run(home, ["ledger", "export", "--hledger", "-o", "book.journal"]).expect(0);
    run(home, ["ledger", "export", "--beancount", "-o", "book.beancount"]).expect(0);
    for (variable, name, args, file) in [
        ("PLACET_HLEDGER", "hledger", &["check", "-f"][..], "book.journal"),
        ("PLACET_BEAN_CHECK", "bean-check", &[][..], "book.beancount"),
    ] {
        let program = std::env::var_os(variable).unwrap_or_else(|| name.into());
        match std::process::Command::new(program).args(args).arg(home.join(file)).output() {
            Ok(checked) => assert!(checked.status.success(), "{checked:?}"),
            Err(_) => skipped(&format!("{name} is not installed")),
        }
    }
}

#[expect(clippy::print_stdout, reason = "a check that did not run must be seen")]
pub(crate) fn skipped(why: &str) {
    println!("skipped: {why}");
}

#[test]
fn what_cannot_be_settled_is_refused_with_the_reason() {
    let folder = folder();
    let home = folder.path();
    fs::create_dir(home.join("other")).unwrap();
    fs::write(home.join("other/thesis.txt"), "years of work").unwrap();
    fs::write(home.join("bad.csv"), "work,party\nw,p\n").unwrap();
    fs::write(
        home.join("odd.csv"),
        format!("{CLAIMS}c9,song-a,X,singer,reproduction-training,1/2,2026-01-01\n"),
    )
    .unwrap();
    let mut read = vec![settle(home, &["-o", "other"]).expect(2)];
    let tariff = tariff("rsl-pay-per-use.toml").display().to_string();
    let base = ["settle", "--uses", "uses.jsonl", "--tariff", &tariff, "--licensee", "C", "--dry-run"];
    let with = |more: &[&str]| run(home, base.iter().chain(more));
    read.push(with(&["--period", "2026-Q3", "--claims", "bad.csv"]).expect(3));
    read.push(with(&["--period", "2026-Q5", "--claims", "claims.csv"]).expect(2));
    read.push(with(&["--period", "2026-Q3", "--claims", "odd.csv", "-o", "odd"]).expect(0));
    read.push(run(home, ["statement", "other", "--party", "X"]).expect(3));
    insta::assert_snapshot!(steady(&read.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")));
}
