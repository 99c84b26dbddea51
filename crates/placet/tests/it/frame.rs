//! What holds for every verb.

use std::process::Stdio;

use crate::support::{placet, run};

#[test]
fn usage_errors_exit_2_and_help_and_version_exit_0() {
    let folder = tempfile::tempdir().unwrap();
    let nothing: [&str; 0] = [];
    run(folder.path(), nothing).expect(2);
    let unknown = run(folder.path(), ["frobnicate"]).expect(2);
    assert!(unknown.stdout.is_empty(), "{unknown}");
    let help = run(folder.path(), ["--help"]).expect(0);
    assert!(help.stdout.contains("10 something was denied"), "{help}");
    run(folder.path(), ["--version"]).expect(0);
}

#[test]
fn a_reader_that_goes_away_ends_the_command_silently() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = placet(folder.path())
        .arg("--help")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built binary runs");
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}
