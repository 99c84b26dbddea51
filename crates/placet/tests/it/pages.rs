//! Documents as text and as web pages.

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
    assert!(refused.stderr.contains("ends in .txt or .html"), "{refused}");
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
