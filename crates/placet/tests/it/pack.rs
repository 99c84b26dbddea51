use std::fs;

use tempfile::tempdir;

use crate::register::desk;
use crate::support::run;

#[test]
fn a_pack_is_built_shown_and_refused_when_it_was_changed() {
    let folder = tempdir().unwrap();
    desk(folder.path());
    let at = folder.path();
    run(at, ["reserve", "--all"]).expect(0);
    insta::assert_snapshot!(
        run(at, ["pack", "build", "-o", "rights.placet", "--guarantee", "11"]).to_string()
    );
    let shown = run(at, ["pack", "show", "rights.placet", "--works"]).expect(0).stdout;
    let steady = |line: &&str| !["id ", "issuer", "built"].iter().any(|volatile| line.starts_with(volatile));
    insta::assert_snapshot!(shown.lines().filter(steady).collect::<Vec<_>>().join("\n"));

    let path = at.join("rights.placet");
    let mut bytes = fs::read(&path).unwrap();
    bytes[9000] ^= 1;
    fs::write(&path, bytes).unwrap();
    let refused = run(at, ["pack", "show", "rights.placet"]).expect(10);
    assert!(refused.stderr.contains("the pack was changed after it was signed"), "{refused}");
    let missing = run(at, ["pack", "show", "nowhere.placet"]).expect(3);
    assert!(missing.stderr.contains("the pack nowhere.placet was not opened"), "{missing}");
}

#[test]
fn an_empty_registry_makes_no_pack() {
    let folder = tempdir().unwrap();
    run(folder.path(), ["init"]).expect(0);
    insta::assert_snapshot!(run(folder.path(), ["pack", "build", "-o", "x.placet"]).to_string());
    assert!(!folder.path().join("x.placet").exists());
    run(folder.path(), ["pack", "build", "-o", "x.placet", "--guarantee", "12"]).expect(2);
}
