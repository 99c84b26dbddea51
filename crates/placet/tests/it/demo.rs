use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::support::run;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md"))
        .expect("README.md is there")
}

#[test]
fn the_readme_shows_what_it_prints() {
    let folder = tempdir().unwrap();
    let demo = run(folder.path(), ["demo"]).expect(0);
    let printed: Vec<&str> = demo.stdout.lines().chain(demo.stderr.lines()).collect();
    let readme = readme();
    let transcript =
        readme.split("## What it looks like").nth(1).and_then(|t| t.split("```").nth(1)).unwrap();
    let mut shown = 0;
    for line in transcript.lines().skip(1) {
        assert!(
            printed.contains(&line),
            "the README shows a line that the demonstration does not print:\n{line}\n{demo}"
        );
        shown += 1;
    }
    assert!(shown > 10);
    for made in [
        "run/decisions.parquet",
        "run/matches.parquet",
        "run/uses.parquet",
        "run/cleared",
        "run/aside.jsonl",
        "run/run.json",
        "run/report.html",
    ] {
        assert!(folder.path().join("placet-demo").join(made).exists(), "{made}");
    }
}

#[test]
fn it_replaces_its_own_folder_and_no_other() {
    let folder = tempdir().unwrap();
    run(folder.path(), ["demo", "--output", "mine"]).expect(0);
    run(folder.path(), ["demo", "--output", "mine"]).expect(0);
    fs::create_dir(folder.path().join("other")).unwrap();
    fs::write(folder.path().join("other/thesis.txt"), "years of work").unwrap();
    let refused = run(folder.path(), ["demo", "--output", "other"]).expect(2);
    assert!(refused.stderr.contains("hint: name another folder with --output"), "{refused}");
    assert_eq!(fs::read_to_string(folder.path().join("other/thesis.txt")).unwrap(), "years of work");
}
