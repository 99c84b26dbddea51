use tempfile::tempdir;

use crate::register::desk;
use crate::support::{Run, run};

/// Ids are made from the moment of the declaration, and today is another day tomorrow.
fn settled(run: &Run) -> String {
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let mut text = run.to_string().replace(&today, "[TODAY]");
    for prefix in ["r-", "g-"] {
        while let Some(at) = text.match_indices(prefix).map(|(at, _)| at).find(|at| {
            let id = text.get(at + 2..at + 12);
            id.is_some_and(|id| id.bytes().all(|b| b.is_ascii_hexdigit()))
        }) {
            text.replace_range(at + 2..at + 12, "[ID]");
        }
    }
    text
}

#[test]
fn a_no_takes_no_more_words_than_a_yes() {
    let folder = tempdir().unwrap();
    desk(folder.path());
    let placet = |args: &[&str]| settled(&run(folder.path(), args));
    insta::assert_snapshot!(placet(&["reserve", "--all"]));
    insta::assert_snapshot!(placet(&["reserve", "--all", "--uses", "all"]));
    insta::assert_snapshot!(placet(&[
        "reserve",
        "--party",
        "doe,  JANE",
        "--uses",
        "train-gen,fine-tune",
        "--territory",
        "DE,FR"
    ]));
    insta::assert_snapshot!(placet(&[
        "grant",
        "--works",
        "a,b",
        "--uses",
        "ai-index",
        "--to",
        "Provider X",
        "--until",
        "2027-12-31",
        "--condition",
        "payment=2 EUR per 1000 words",
        "--condition",
        "before:report",
        "--mandate",
        "M-17",
    ]));
    insta::assert_snapshot!(placet(&["reservations"]));
    insta::assert_snapshot!(placet(&["grants"]));
    insta::assert_snapshot!(placet(&["grants", "--at", "2020-01-01"]));
}

#[test]
fn a_revocation_works_forward() {
    let folder = tempdir().unwrap();
    desk(folder.path());
    let declared = run(folder.path(), ["reserve", "--works", "a"]).expect(0);
    let id = declared.stdout.split_whitespace().next().unwrap().to_owned();
    assert_eq!(run(folder.path(), ["revoke", &id]).expect(0).stdout, format!("{id} revoked\n"));
    assert_eq!(run(folder.path(), ["reservations"]).expect(0).stdout.lines().count(), 1);
    run(folder.path(), ["revoke", &id]).expect(2);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = tempdir().unwrap();
    desk(folder.path());
    for args in [
        &["reserve"][..],
        &["reserve", "--all", "--works", "a"],
        &["reserve", "--all", "--uses", "train"],
        &["grant", "--all", "--uses", "tdm"],
        &["grant", "--all", "--uses", "tdm", "--to", " "],
        &["grant", "--all", "--uses", "tdm", "--to", "X", "--from", "2027-01-01", "--until", "2026-01-01"],
    ] {
        run(folder.path(), args).expect(2);
    }
    insta::assert_snapshot!(run(folder.path(), ["reserve", "--works", "a,x,y"]).to_string());
}
