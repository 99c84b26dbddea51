use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::support::run;

fn desk(folder: &Path) {
    run(folder, ["init", "--name", "Example Press"]).expect(0);
    fs::write(folder.join("w.csv"), "id,title,kind\na,Aria,composition\n").unwrap();
    run(folder, ["register", "w.csv"]).expect(0);
    fs::write(
        folder.join("c.csv"),
        "Werk,Holder,IPI,Rolle,Recht,Anteil\n\
         a,Ada Byron,00014107338,composer,mechanical,50%\n\
         a,House,,publisher,mechanical,1/2\n\
         a,Nobody,,composer,mechanical,150%\n\
         zz,Ada,,composer,mechanical,1\n",
    )
    .unwrap();
}

fn add(folder: &Path, party: &str, share: &str) {
    let words = [
        "claims",
        "add",
        "a",
        "--party",
        party,
        "--role",
        "publisher",
        "--right",
        "mechanical",
        "--share",
        share,
    ];
    run(folder, words).expect(0);
}

/// Dates of the day on which the test runs.
fn without_dates(text: &str) -> String {
    let is_date = |word: &str| {
        let plain = word.trim_end_matches([',', ':']);
        plain.len() == 10
            && plain
                .bytes()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
    };
    let lines = text.lines().map(|line| {
        line.split(' ').map(|word| if is_date(word) { "[DATE]" } else { word }).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn claims_are_imported_shown_and_exported() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    desk(folder);
    insta::assert_snapshot!(run(folder, ["claims", "import", "c.csv"]).to_string());
    insta::assert_snapshot!(run(folder, ["claims", "show", "a"]).to_string());
    let table = run(folder, ["claims", "export", "--quiet"]).expect(0).stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    fs::write(folder.join("back.csv"), &table).unwrap();
    let again = run(folder, ["claims", "import", "back.csv", "--json"]).expect(0).stdout;
    let value: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&value["claims"]["unchanged"], &value["aside_count"]), (&2.into(), &0.into()));
    insta::assert_snapshot!(run(folder, ["claims", "import", "w.csv"]).to_string());
    insta::assert_snapshot!(run(folder, ["claims", "show", "zz"]).to_string());
}

#[test]
fn a_conflict_is_seen_told_decided_and_undone() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    desk(folder);
    run(folder, ["claims", "import", "c.csv"]).expect(0);
    insta::assert_snapshot!(run(folder, ["claims", "conflicts"]).to_string());
    add(folder, "Other House", "1/4");
    insta::assert_snapshot!(run(folder, ["claims", "conflicts"]).to_string());
    insta::assert_snapshot!(run(folder, ["claims", "conflicts", "--csv"]).to_string());
    let told = run(folder, ["claims", "notices", "--party", "ada byron"]).expect(0).to_string();
    insta::assert_snapshot!(without_dates(&told));
    let json = run(folder, ["claims", "show", "a", "--json"]).expect(0).stdout;
    let shown: serde_json::Value = serde_json::from_str(&json).unwrap();
    let claim = |name: &str| {
        let claims = shown["claims"].as_array().unwrap();
        let found = claims.iter().find(|c| c["name"] == name).unwrap();
        found["claim"]["id"].as_str().unwrap().to_owned()
    };
    let (house, other) = (claim("House"), claim("Other House"));
    let dispute = [
        "claims",
        "resolve",
        "a",
        "--dispute",
        &house,
        "--dispute",
        &other,
        "--reason",
        "both sent a contract",
    ];
    run(folder, dispute).expect(0);
    let state = || {
        let json = run(folder, ["claims", "conflicts", "--json"]).expect(0).stdout;
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        value["conflicts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(state(), ["disputed"]);
    let (a, b) = (format!("{house}=1/4"), format!("{other}=1/4"));
    let ruling =
        ["claims", "resolve", "a", "--share", &a, "--share", &b, "--reason", "agreed by letter", "--json"];
    let decision: serde_json::Value = serde_json::from_str(&run(folder, ruling).expect(0).stdout).unwrap();
    assert_eq!((state().len(), decision["closes"].as_array().unwrap().len()), (0, 1));
    assert!(decision["note"].as_str().unwrap().starts_with("placet.decision/1\n"));
    let id = decision["id"].as_str().unwrap();
    run(folder, ["claims", "resolve", "--undo", id, "--reason", "the letter was forged"]).expect(0);
    assert_eq!(state(), ["disputed"]);
    run(folder, ["claims", "resolve", "--undo", id, "--reason", "again"]).expect(2);
    let history = run(folder, ["claims", "show", "a", "--history"]).expect(0).to_string();
    assert!(history.contains("the letter was forged"), "{history}");
    insta::assert_snapshot!(run(folder, ["claims", "resolve", "a", "--reason", "nothing"]).to_string());
    insta::assert_snapshot!(
        run(folder, ["claims", "resolve", "a", "--share", "c-1=1/2", "--reason", "x"]).to_string()
    );
}
