//! The case of one rightsholder from the first question to the dossier, both sides, without a network.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::run;

const POEM: &str = "Over the long grey harbour the lamps were lit one after another, and nobody who walked there that \
evening had thought to count them, although the keeper of the lights knew every single one by a name that he had given it \
himself in the winter when the ships stayed away and the water froze around the old wooden piers beneath the town.";

/// A registry with one work that has a text, an ISBN and an address.
pub(crate) fn registered() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    fs::write(home.join("poem.txt"), POEM).unwrap();
    fs::write(
        home.join("works.csv"),
        "id,title,author,isbn,url,file\npoem,The Keeper of the Lights,Anna Nowak,9780306406157,https://example.org/poem.html,poem.txt\n",
    )
    .unwrap();
    run(home, ["init", "--name", "Anna Nowak"]).expect(0);
    run(home, ["register", "works.csv"]).expect(0);
    folder
}

pub(crate) fn request(home: &Path) {
    let args = ["request", "new", "--work", "poem", "--provider", "Example AI", "--model", "Model X 2.1"];
    let args =
        args.into_iter().chain(["--at", "2026-01-10", "--lang", "fr", "--contact", "anna@example.org"]);
    run(home, args).expect(0);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

fn json(home: &Path, args: &[&str]) -> serde_json::Value {
    let run = run(home, args.iter().chain(&["--json"]));
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"))
}

#[test]
fn a_case_is_played_from_question_to_dossier_by_both_sides() {
    let mine = registered();
    let home = mine.path();
    request(home);
    let case = home.join("placet/cases/1");
    assert_eq!(fs::read_dir(case.join("papers")).unwrap().count(), 1);

    // The provider has no register of that model, and says so.
    let provider = tempfile::tempdir().unwrap();
    let theirs = provider.path();
    run(theirs, ["init", "--name", "Example AI"]).expect(0);
    run(theirs, ["log", "create", "log.example.org/uses"]).expect(0);

    // Silence: not before the last day has passed.
    run(home, ["case", "record", "1", "silence", "--at", "2026-02-09"]).expect(2);
    run(home, ["case", "record", "1", "silence", "--at", "2026-02-20"]).expect(0);
    run(home, ["case", "record", "1", "followup", "--at", "2026-02-21", "--lang", "de"]).expect(0);

    let log = "192.0.2.1 - - [15/Mar/2026:10:00:00 +0000] \"GET /poem.html HTTP/1.1\" 200 512 \"-\" \"GPTBot/1.2\"\n";
    fs::write(home.join("access.log"), log).unwrap();
    fs::write(home.join("robots.txt"), "User-agent: GPTBot\nDisallow: /\n").unwrap();
    fs::write(home.join("ranges.txt"), "192.0.2.0/24\n").unwrap();
    let args = ["evidence", "add", "access.log", "--case", "1", "--robots", "2026-03-01=robots.txt"];
    let visits =
        run(home, args.into_iter().chain(["--ip-ranges", "GPTBot=ranges.txt", "--at", "2026-03-20"]))
            .expect(0);
    assert!(visits.stdout.contains("grade     A"), "{visits}");
    assert!(
        visits.stdout.contains("1 visit of GPTBot, 1 of them against a reservation in force"),
        "{visits}"
    );

    fs::write(home.join("output.txt"), format!("Sure! Here it is: {}", POEM.to_uppercase())).unwrap();
    let args = ["evidence", "add", "output.txt", "--case", "1", "--work", "poem", "--model", "Model X 2.1"];
    let probe = run(
        home,
        args.into_iter().chain([
            "--prompt",
            "Recite it",
            "--time",
            "2026-03-21T10:00:00Z",
            "--at",
            "2026-03-21",
        ]),
    )
    .expect(0);
    assert!(probe.stdout.contains("grade     B"), "{probe}");

    let facts = "The text of the work comes out of Model X 2.1 almost whole.";
    run(home, ["complaint", "new", "--case", "1", "--facts", facts, "--at", "2026-03-25"]).expect(0);
    let shown = run(home, ["case", "show", "1", "--at", "2026-05-01"]).expect(0);
    insta::assert_snapshot!(shown.stdout);

    let dossier = [
        "dossier",
        "build",
        "--case",
        "1",
        "--profile",
        "fr-ppl220",
        "-o",
        "dossier.txt",
        "--at",
        "2026-05-01",
    ];
    let built = run(home, dossier).expect(0);
    assert!(
        built.stdout.starts_with("The presumption would be plausible under the bill's text, if it were law"),
        "{built}"
    );
    run(home, ["verify", "dossier.json"]).expect(0);
    let twin = fs::read_to_string(home.join("dossier.json")).unwrap();
    fs::write(home.join("dossier.json"), twin.replace("Example AI", "Another AI")).unwrap();
    run(home, ["verify", "dossier.json"]).expect(10);

    // Both sides: the provider answers in its copy, and the rightsholder takes the answer over.
    copy(&case, &theirs.join("received"));
    run(theirs, ["verify", "received"]).expect(0);
    let answered = run(theirs, ["request", "answer", "received", "--at", "2026-05-02"]).expect(0);
    assert!(answered.stdout.contains("cannot be known"), "{answered}");
    copy(&theirs.join("placet/cases/1"), &home.join("back"));
    run(home, ["case", "record", "1", "received", "back"]).expect(0);
    let clocks = &json(home, &["case", "show", "1", "--at", "2026-05-03"])["clocks"];
    assert_eq!((&clocks[0]["status"], &clocks[0]["days_late"]), (&"answered".into(), &82.into()));
    run(home, ["verify", "placet/cases/1"]).expect(0);

    // One byte, and the check names the document.
    let request =
        fs::read_dir(&case).unwrap().map(|e| e.unwrap().path()).find(|path| is_request(path)).unwrap();
    let text = fs::read_to_string(&request).unwrap();
    fs::write(&request, text.replace("Model X 2.1", "Model Y 2.1")).unwrap();
    let name = request.file_name().unwrap().to_string_lossy().into_owned();
    let found = run(home, ["verify", "placet/cases/1"]).expect(10);
    assert!(found.stdout.contains(&format!("{name}: it was changed")), "{found}");
}

fn is_request(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("0001-request-") && path.extension().is_some_and(|extension| extension == "json")
}

#[test]
fn an_answer_carries_a_proof_that_verifies_offline() {
    let sealed = crate::seal::sealed(true);
    let provider = sealed.path();
    run(provider, ["init", "--name", "Example AI"]).expect(0);
    let mine = registered();
    let home = mine.path();
    request(home);
    copy(&home.join("placet/cases/1"), &provider.join("received"));
    let answered = run(provider, ["request", "answer", "received", "--at", "2026-01-20"]).expect(0);
    assert!(answered.stdout.contains("present in the committed register"), "{answered}");
    let document = json(provider, &["case", "show", "1", "--at", "2026-01-21"])["documents"][1].clone();
    let (work, policy) = (&document["works"][0], &document["policy"]);
    let file = |of: &serde_json::Value| format!("placet/cases/1/files/{}", of["sha256"].as_str().unwrap());
    let (proof, policy) = (file(&work["proof"]), file(policy));
    let verified = run(provider, ["verify", &proof, "--policy", &policy]).expect(0);
    assert!(verified.stdout.contains("isbn:9780306406157 is PRESENT"), "{verified}");
    let evidence = run(provider, ["evidence", "add", &proof, "--policy", &policy]).expect(0);
    assert!(evidence.stdout.contains("grade     A"), "{evidence}");
}

#[test]
fn two_claimants_are_a_conflict_that_neither_wins() {
    let provider = tempfile::tempdir().unwrap();
    let theirs = provider.path();
    run(theirs, ["init", "--name", "Example AI"]).expect(0);
    run(theirs, ["log", "create", "log.example.org/uses"]).expect(0);
    let (first, second) = (registered(), registered());
    for (number, home) in [first.path(), second.path()].into_iter().enumerate() {
        request(home);
        copy(&home.join("placet/cases/1"), &theirs.join(format!("received{number}")));
    }
    run(theirs, ["request", "answer", "received0", "--at", "2026-01-20"]).expect(0);
    let answered = run(theirs, ["request", "answer", "received1", "--at", "2026-01-21"]).expect(0);
    assert!(answered.stdout.contains("not answered: claimed by two parties"), "{answered}");
    for case in ["1", "2"] {
        let shown = run(theirs, ["case", "show", case, "--at", "2026-01-22"]).expect(0);
        assert!(
            shown.stdout.contains("conflict: isbn:9780306406157 is claimed by Anna Nowak here"),
            "{shown}"
        );
    }
}

#[test]
fn one_asks_about_ones_own_works_alone_and_acts_for_others_with_a_mandate() {
    let folder = registered();
    let home = folder.path();
    let new = ["request", "new", "--provider", "Example AI"];
    let refused = run(home, new.into_iter().chain(["--work", "isbn:9783161484100"])).expect(2);
    assert!(refused.stderr.contains("one can only ask about one's own works"), "{refused}");
    let refused = run(home, new.into_iter().chain(["--work", "poem", "--for", "Jan Kowalski"])).expect(2);
    assert!(refused.stderr.contains("without a mandate"), "{refused}");
    assert!(!home.join("placet/cases/1").join("papers").exists());
    fs::write(home.join("mandate.pdf"), "signed").unwrap();
    let args = ["--work", "poem", "--for", "Jan Kowalski", "--mandate", "mandate.pdf"];
    run(home, new.into_iter().chain(args)).expect(0);
    run(home, ["verify", "placet/cases/1"]).expect(0);
}

#[test]
fn letters_go_to_everybody_in_a_table() {
    let folder = registered();
    let home = folder.path();
    // As a spreadsheet writes it where the comma is the decimal sign.
    let table = "name;address;lang\nExample AI;\"1 Main Street\nSpringfield\";de\nÄhnliche KI, GmbH;;\n;no name;\nOther;;xx\nBy hand\n";
    fs::write(home.join("recipients.csv"), table.replace('\n', "\r\n")).unwrap();
    let written =
        run(home, ["letter", "reservation", "--to", "recipients.csv", "--lang", "fr", "--at", "2026-01-10"])
            .expect(0);
    insta::assert_snapshot!(written.to_string());
    let text = fs::read_to_string(home.join("letters/001-example-ai.de.txt")).unwrap();
    assert!(text.contains("Artikel 4 Absatz 3 der Richtlinie (EU) 2019/790"), "{text}");
}

#[test]
fn findings_on_a_summary_come_over_as_the_critic_prints_them() {
    let folder = registered();
    let home = folder.path();
    let summary = "<h2>1. General information</h2><h3>1.1. Provider identification</h3>\
        <p>Provider name and contact details: Example AI, Main Street 1</p>\
        <h3>2.3 Data crawled and scraped from online sources</h3>\
        <p>Were crawlers used by the provider or on behalf of? ☒ Yes ☐ No</p>\
        <p>If yes, specify crawler name(s)/identifier(s): N/A</p><h3>2.4 User data</h3>";
    fs::write(home.join("summary.html"), summary).unwrap();
    let lint = run(home, ["summary", "lint", "summary.html", "--json"]).expect(10);
    fs::write(home.join("findings.json"), &lint.stdout).unwrap();
    let args = ["evidence", "add", "findings.json", "--at", "2026-03-20"];
    let added = run(home, args).expect(0);
    assert!(added.stdout.contains("grade     C"), "{added}");
    assert!(
        added.stdout.contains("L3 section 2.3 crawlers were used, and no domain name is listed"),
        "{added}"
    );
    let document = &json(home, &["case", "show", "1", "--at", "2026-03-21"])["documents"][0];
    let printed: serde_json::Value = serde_json::from_str(&lint.stdout).unwrap();
    let all = printed["files"][0]["findings"].as_array().unwrap().len();
    assert_eq!(document["found"]["findings"].as_array().unwrap().len(), all);
    assert_eq!(document["found"]["provider"], "Example AI, Main Street 1");

    // In a case about another provider it is taken, and said to be about another.
    request(home);
    for (provider, warned) in [("Example AI, Main Street 1", false), ("Beispiel GmbH", true)] {
        fs::write(home.join("other.json"), lint.stdout.replace("Example AI, Main Street 1", provider))
            .unwrap();
        let args = ["evidence", "add", "other.json", "--case", "2", "--at", "2026-03-20"];
        let added = run(home, args).expect(0);
        assert_eq!(added.stderr.contains("the case is about Example AI"), warned, "{added}");
    }

    // Two summaries in one list are two pieces of evidence.
    let lint = run(home, ["summary", "lint", "summary.html", "summary.html", "--json"]).expect(10);
    fs::write(home.join("findings.json"), &lint.stdout).unwrap();
    let refused = run(home, args).expect(3);
    assert!(refused.stderr.contains("is about 2 summaries"), "{refused}");
}
