use tempfile::tempdir;

use crate::register::desk;
use crate::support::run;

#[test]
fn works_are_listed_and_shown() {
    let folder = tempdir().unwrap();
    desk(folder.path());
    insta::assert_snapshot!(run(folder.path(), ["works", "list"]).to_string());
    insta::assert_snapshot!(run(folder.path(), ["works", "list", "--at", "2020-01-01"]).to_string());
    let shown = run(folder.path(), ["works", "show", "isbn:9780306406157"]).expect(0).stdout;
    let lines: Vec<&str> = shown.lines().filter(|line| !line.starts_with("registered")).collect();
    insta::assert_snapshot!(lines.join("\n"));
    insta::assert_snapshot!(run(folder.path(), ["works", "show", "zz"]).to_string());
    let json = run(folder.path(), ["works", "list", "--json"]).expect(0).stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&value["schema"], &value["works"][0]["work"]["id"]), (&"placet.works/1".into(), &"a".into()));
}
