//! Registry and journal in PostgreSQL: the same words, the same bytes, and clear words where the server is not there.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::settle::{args, files, folder, four_book_once, skipped, steady};
use crate::support::{placet, run};

/// The address of a schema of its own; none where there is no server to test with.
fn address() -> Option<String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let Ok(server) = std::env::var("PLACET_TEST_POSTGRES") else {
        skipped("PLACET_TEST_POSTGRES does not name a PostgreSQL server");
        return None;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let and = if server.contains('?') { '&' } else { '?' };
    let process = std::process::id();
    Some(format!("{server}{and}options=-csearch_path%3Dplacet_command_{process}_{number}"))
}

const HOME: [&str; 2] = ["--home", "home"];

/// Without digests: those of claims rest on the moment at which they were recorded.
fn same(text: &str) -> String {
    let text = steady(text);
    let digest = |word: &str| word.len() >= 10 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let bare = |word: &str| word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
    words
        .map(|word| if digest(&bare(word)) { word.replace(&bare(word), "[DIGEST]") } else { word.to_owned() })
        .collect()
}

/// A whole quarter of a society: everything that its commands say, and the files of its settlements.
fn quarter(home: &Path, database: &[&str]) -> (Vec<String>, Vec<(String, Vec<u8>)>) {
    fs::write(
        home.join("works.csv"),
        "id,title,kind\nsong-a,Song A,composition\nsong-b,Song B,composition\n",
    )
    .unwrap();
    fs::write(
        home.join("registry-claims.csv"),
        "work,party,name,role,right,share\nsong-a,,Ada,composer,reproduction-training,2/3\n\
         song-a,,Zoe,lyricist,reproduction-training,1/3\nsong-b,,Ärzte,composer,reproduction-training,3/4\n\
         song-b,,Ada,lyricist,reproduction-training,1/2\n",
    )
    .unwrap();
    let mut said = Vec::new();
    let mut all = |words: &[&str], code| {
        let with: Vec<&str> = words.iter().chain(&HOME).chain(database).copied().collect();
        said.push(same(&run(home, with).expect(code).stdout));
    };
    let tariff = crate::settle::tariff("rsl-pay-per-use.toml").display().to_string();
    let base = ["settle", "--uses", "uses.jsonl", "--tariff", &tariff, "--licensee", "Crawler"];
    let settle = |more: &[&'static str]| [&base[..], more].concat();
    // The claims of a table need no registry, and none is made.
    all(&settle(&["--period", "2026-Q3", "--claims", "claims.csv", "-o", "of-table"]), 0);
    all(&["works", "list"], 2);
    all(&["init", "--name", "Society"], 0);
    all(&["init", "--name", "Society"], 2);
    said.truncate(1);
    let mut all = |words: &[&str], code| {
        let with: Vec<&str> = words.iter().chain(&HOME).chain(database).copied().collect();
        said.push(same(&run(home, with).expect(code).stdout));
    };
    all(&["register", "works.csv"], 0);
    all(&["claims", "import", "registry-claims.csv"], 0);
    all(&["claims", "conflicts"], 0);
    all(&["claims", "show", "song-b"], 0);
    all(&settle(&["--period", "2026-07-01/2026-08-31", "-o", "of-registry"]), 0);
    all(&settle(&["--period", "2026-07-01/2026-08-31", "-o", "of-registry"]), 0);
    for party in ["Ada", "Ärzte", "Zoe"] {
        all(&["statement", "of-registry", "--party", party], 0);
    }
    let mut payout = vec!["payout", "of-table", "--iso20022", "--accounts", "accounts.toml", "-o", "pay.xml"];
    payout.extend(["--threshold", "0.5"]);
    all(&payout, 10);
    all(
        &["ledger", "receipt", "--licensee", "Crawler", "--amount", "2000.00 USD", "--reference", "bank 1"],
        0,
    );
    all(&payout, 0);
    all(&["ledger", "check", "--settlement", "of-table", "--settlement", "of-registry", "--balances"], 0);
    all(&["ledger", "export", "--beancount"], 0);
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let files = files(&home.join("of-table")).into_iter().map(|(path, bytes)| (name(&path), bytes)).collect();
    (said, files)
}

#[test]
fn either_database_gives_the_same_settlement_and_the_same_statements() {
    let Some(address) = address() else { return };
    let (one, two) = (folder(), folder());
    let in_file = quarter(one.path(), &[]);
    let in_postgres = quarter(two.path(), &["--database", &address]);
    assert_eq!(in_file.0.len(), in_postgres.0.len());
    for (a, b) in in_file.0.iter().zip(&in_postgres.0) {
        assert_eq!(a, b);
    }
    assert_eq!(in_file.1, in_postgres.1, "the same bytes");
    assert!(one.path().join("home/registry.sqlite").exists());
    assert!(!two.path().join("home/registry.sqlite").exists());
    // The environment names the database as well.
    let words = ["works", "list", "--home", "home"];
    let listed = placet(two.path()).args(words).env("PLACET_DATABASE", &address).output().unwrap();
    assert_eq!(String::from_utf8(listed.stdout).unwrap(), run(one.path(), words).expect(0).stdout);
}

#[test]
fn processes_that_book_in_one_postgres_database_book_once() {
    let Some(address) = address() else { return };
    let folder = folder();
    let home = folder.path();
    four_book_once(home, &["--database", &address]);
}

#[test]
fn a_database_that_cannot_be_used_is_named_without_its_password() {
    let folder = folder();
    let home = folder.path();
    let with = |address: &str| args(&["--database", address, "-o", "refused"]);
    let refused = run(home, with("postgres://ana:secret@127.0.0.1:1/press")).expect(4);
    assert!(refused.stderr.contains("postgres://ana@127.0.0.1:1/press cannot be used"), "{refused}");
    let odd = run(home, with("mysql://ana:secret@host/press")).expect(2);
    assert!(odd.stderr.contains("postgres://user:password@host:port/database"), "{odd}");
    for said in [&refused.stderr, &odd.stderr] {
        assert!(!said.contains("secret"), "{said}");
    }
    assert!(!home.join("refused").exists(), "nothing is left behind");
    let Some(address) = address() else { return };
    let Some((head, tail)) = address.split_once('@') else { return };
    let Some((user, password)) = head.rsplit_once(':').filter(|(user, _)| user.contains("//")) else {
        return;
    };
    if password.starts_with("//") {
        skipped("the server of PLACET_TEST_POSTGRES asks for no password");
        return;
    }
    let wrong = run(home, with(&format!("{user}:wrong@{tail}"))).expect(4);
    assert!(wrong.stderr.contains("password authentication failed"), "{wrong}");
}
