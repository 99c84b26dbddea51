//! Documents as text, as a web page, and as PDF where the typesetter is built in (`--features pdf`).

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::case::{registered, request};
use crate::settle;
use crate::support::run;

const DOSSIER: [&str; 8] = ["dossier", "build", "--case", "1", "--profile", "eu", "--at", "2026-05-01"];
const STATEMENT: [&str; 4] = ["statement", "settlement", "--party", "IPI:00014107338"];

fn case() -> TempDir {
    let folder = registered();
    request(folder.path());
    folder
}

fn written(home: &Path, args: &[&str], name: &str) -> Vec<u8> {
    run(home, [args, &["-o", name]].concat()).expect(0);
    fs::read(home.join(name)).unwrap()
}

#[test]
fn the_name_of_the_file_says_the_form() {
    let folder = case();
    let home = folder.path();
    assert!(written(home, &DOSSIER, "dossier.txt").starts_with(b"Dossier: case 1\n"));
    assert!(written(home, &DOSSIER, "dossier.html").starts_with(b"<!DOCTYPE html>"));
    let refused = run(home, [&DOSSIER[..], &["-o", "dossier.docx"]].concat()).expect(2);
    assert!(refused.stderr.contains("ends in .txt, .html or .pdf"), "{refused}");
    // The document for reading leads to the one that is signed.
    for name in ["dossier.txt", "dossier.html"] {
        let said = run(home, ["verify", name]).expect(2);
        assert!(said.stderr.contains("placet verify dossier.json"), "{said}");
    }
    let settled = settle::settled();
    let home = settled.path();
    let text = String::from_utf8(written(home, &STATEMENT, "ana.txt")).unwrap();
    assert_eq!(text, run(home, STATEMENT).expect(0).stdout);
    let page = String::from_utf8(written(home, &STATEMENT, "ana.html")).unwrap();
    let earned = text.lines().find_map(|line| line.strip_prefix("You earned ")).unwrap();
    assert!(page.contains(earned) && page.contains("song-a"), "{page}");
}

#[cfg(not(feature = "pdf"))]
#[test]
fn without_the_typesetter_pages_are_refused_with_the_command_that_builds_it() {
    let folder = case();
    let home = folder.path();
    fs::write(home.join("to.csv"), "name\nExample AI\n").unwrap();
    let letter = ["letter", "reservation", "--to", "to.csv", "--form", "txt,pdf"];
    for args in [
        &[&DOSSIER[..], &["-o", "x.pdf"]].concat()[..],
        &letter,
        &[&STATEMENT[..], &["-o", "x.pdf"]].concat(),
    ] {
        let refused = run(home, args).expect(2);
        let said = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("cargo build --release --features pdf") && said.contains(".html"), "{refused}");
    }
    assert!(
        !home.join("letters").exists() && !home.join("dossier.json").exists(),
        "nothing is left half-written"
    );
}

#[cfg(feature = "pdf")]
#[test]
fn dossiers_letters_and_statements_are_set_as_pages_that_are_the_same_each_time() {
    let folder = case();
    let home = folder.path();
    let same = |home: &Path, args: &[&str]| {
        let first = written(home, args, "x.pdf");
        assert!(first.starts_with(b"%PDF-1.7"));
        assert_eq!(first, written(home, args, "x.pdf"));
    };
    same(home, &DOSSIER);
    let rows: String =
        ["en", "fr", "de", "es", "it", "pl"].map(|code| format!("Example AI,{code}\n")).concat();
    fs::write(home.join("to.csv"), format!("name,lang\n{rows}")).unwrap();
    let letter = ["letter", "reservation", "--to", "to.csv", "--work", "poem", "--form", "pdf,txt"];
    run(home, letter).expect(0);
    let names: Vec<_> =
        fs::read_dir(home.join("letters")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names.len(), 12);
    for path in names.iter().filter(|path| path.extension().is_some_and(|e| e == "pdf")) {
        assert!(fs::read(path).unwrap().starts_with(b"%PDF-1.7"));
    }
    let settled = settle::settled();
    same(settled.path(), &STATEMENT);
}
