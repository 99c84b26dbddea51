use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::support::run;

/// A registry with three works, two of them with text, and what registering them printed.
pub(crate) fn desk(folder: &Path) -> String {
    run(folder, ["init", "--name", "Example Press"]).expect(0);
    fs::create_dir(folder.join("texts")).unwrap();
    fs::write(folder.join("texts/a.txt"), "Words of the aria.").unwrap();
    fs::write(folder.join("texts/c.html"), "<p>Words of the canto.</p>").unwrap();
    let rows = "Werk-ID;Titel;Autor;ISBN;Sprache;Jahr;Datei\n\
                a;Aria;Doe, Jane;0-306-40615-2;Deutsch;1901;texts/a.txt\n\
                b;Ballade;Roe;;Deutsch;1902;\n\
                c;Canto;Doe, Jane;123;Deutsch;;texts/c.html\n\
                d;Dirge;Poe;;;;texts/gone.txt\n\
                e;;Poe;;;;\n";
    fs::write(folder.join("works.csv"), rows).unwrap();
    run(folder, ["register", "works.csv"]).expect(0).to_string()
}

#[test]
fn it_says_what_it_took_and_what_it_set_aside() {
    let folder = tempdir().unwrap();
    insta::assert_snapshot!(desk(folder.path()));
    insta::assert_snapshot!(
        run(folder.path(), ["register", "works.csv"]).expect(0).stdout.lines().next().unwrap()
    );
}

#[test]
fn a_table_without_titles_needs_a_mapping() {
    let folder = tempdir().unwrap();
    run(folder.path(), ["init"]).expect(0);
    fs::write(folder.path().join("w.csv"), "Kennung;Bezeichnung\n1;Aria\n").unwrap();
    insta::assert_snapshot!(run(folder.path(), ["register", "w.csv"]).to_string());
    run(folder.path(), ["register", "w.csv", "--map", "Bezeichnung=title", "--map", "Kennung=id"]).expect(0);
    let unknown = run(folder.path(), ["register", "w.csv", "--map", "Bezeichnung=colour"]).expect(2);
    assert!(unknown.stderr.contains("`colour` is no field of a work"), "{unknown}");
}
