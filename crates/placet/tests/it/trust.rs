use tempfile::tempdir;

use crate::support::run;

const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

#[test]
fn an_issuer_comes_and_goes() {
    let folder = tempdir().unwrap();
    run(folder.path(), ["init"]).expect(0);
    insta::assert_snapshot!(run(folder.path(), ["trust", "add", KEY, "--name", "The Press"]).to_string());
    run(folder.path(), ["trust", "add", KEY]).expect(0);
    let listed = run(folder.path(), ["trust", "list"]).expect(0).stdout;
    assert!(listed.lines().nth(1).unwrap().starts_with("The Press  "), "{listed}");
    run(folder.path(), ["trust", "remove", "The Press"]).expect(0);
    assert_eq!(run(folder.path(), ["trust", "list"]).expect(0).stdout.lines().count(), 1);
    insta::assert_snapshot!(run(folder.path(), ["trust", "add", "nonsense"]).to_string());
}
