use tempfile::tempdir;

use crate::support::run;

#[test]
fn it_makes_a_registry_and_a_key_once() {
    let folder = tempdir().unwrap();
    let made = run(folder.path(), ["init", "--name", "Example Press"]).expect(0);
    let key = made.stdout.lines().last().unwrap().strip_prefix("public key  ").unwrap().to_owned();
    assert!(key.starts_with("Example-Press+"), "{key}");
    insta::assert_snapshot!(made.stdout.replace(&key, "[KEY]"), @r"
    registry    placet/registry.sqlite
    issuer      Example Press
    private key placet/keys/issuer.key
    public key  [KEY]
    ");
    insta::assert_snapshot!(run(folder.path(), ["init"]).to_string(), @r"
    exit 2
    --- stderr
    error: placet already holds a registry
    hint: use it as it is, or name another folder with --home
    ");
}

#[test]
fn without_it_the_other_commands_say_so() {
    let folder = tempdir().unwrap();
    insta::assert_snapshot!(run(folder.path(), ["works", "list"]).to_string(), @r"
    exit 2
    --- stderr
    error: there is no registry in placet
    hint: make one with `placet init`, or name its folder with --home
    ");
}
