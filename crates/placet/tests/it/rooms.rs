//! The rooms: which crate may see which, where heavy dependencies enter, and under which licences.
//!
//! The lists are those of `ARCHITECTURE.md`, so that the document cannot drift from the code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn metadata(of: &[&str]) -> Value {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(of)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("cargo prints JSON")
}

fn architecture() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ARCHITECTURE.md");
    std::fs::read_to_string(path).expect("ARCHITECTURE.md is there")
}

/// The fenced block that follows a heading, as lines of `name: word word …`.
fn listed(heading: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = architecture();
    let after = text.split(heading).nth(1).unwrap_or_else(|| panic!("no `{heading}` in ARCHITECTURE.md"));
    let block = after.split("```").nth(1).expect("a fenced block follows");
    let lines = block.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, words)| (name.trim().to_owned(), words.split_whitespace().map(str::to_owned).collect()))
        .collect()
}

/// Names of a package's dependencies, those for tests and benchmarks left out.
fn dependencies(package: &Value) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().expect("a list");
    let normal = all.iter().filter(|d| d["kind"].is_null());
    normal.map(|d| d["name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn ours(metadata: &Value) -> Vec<&Value> {
    let packages = metadata["packages"].as_array().expect("a list");
    packages.iter().filter(|p| p["source"].is_null()).collect()
}

/// The machine's own target: packages of others need not be here.
fn host() -> String {
    let out = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(out.stdout).expect("rustc prints text");
    text.lines().find_map(|l| l.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

#[test]
fn arrows_are_those_of_the_map() {
    let metadata = metadata(&["--no-deps"]);
    let found: BTreeMap<String, BTreeSet<String>> = ours(&metadata)
        .into_iter()
        .map(|p| {
            let arrows = dependencies(p).into_iter().filter(|d| d.starts_with("placet")).collect();
            (p["name"].as_str().unwrap_or_default().to_owned(), arrows)
        })
        .collect();
    assert_eq!(found, listed("### Arrows"));
}

#[test]
fn heavy_dependencies_enter_through_one_crate() {
    let metadata = metadata(&["--no-deps"]);
    for (dependency, rooms) in listed("### Doors") {
        let users: BTreeSet<String> = ours(&metadata)
            .into_iter()
            .filter(|p| dependencies(p).contains(&dependency))
            .map(|p| p["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(users, rooms, "{dependency}");
    }
}

#[test]
fn licences_are_those_we_accept() {
    const ACCEPTED: [&str; 14] = [
        "MIT",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "Zlib",
        "0BSD",
        "BSL-1.0",
        "CC0-1.0",
        "Unlicense",
        "Unicode-3.0",
        "MIT-0",
        "CDLA-Permissive-2.0",
    ];
    let metadata = metadata(&["--filter-platform", &host()]);
    for package in metadata["packages"].as_array().expect("a list") {
        let licence = package["license"].as_str().unwrap_or("none").replace('/', " OR ");
        // Enough for SPDX expressions as they occur: every AND part has an OR choice that is accepted.
        let accepted = licence
            .split(" AND ")
            .all(|part| part.split(" OR ").any(|one| ACCEPTED.contains(&one.trim_matches(['(', ')', ' ']))));
        assert!(accepted, "{}: {licence}", package["name"]);
    }
}
