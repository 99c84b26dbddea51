//! `placet lookup` without telling the provider the work: two folders that exchange files.

use std::fs;

use crate::seal::{NAMED, sealed, steady};
use crate::support::run;

#[test]
fn a_blinded_question_is_answered_without_the_work_being_told() {
    let folder = sealed(true);
    let provider = folder.path();
    let asker = tempfile::tempdir().unwrap();
    let asker = asker.path();
    run(provider, ["lookup", "keys"]).expect(0);
    for file in ["trust.policy", "register.keys"] {
        fs::copy(provider.join(file), asker.join(file)).unwrap();
    }
    let open = |name: &str| {
        run(asker, ["lookup", "open", "blinded.placet-proof", "--policy", "trust.policy", "--question", name])
    };
    let mut read = Vec::new();
    for (name, work, code) in [("a", NAMED, 0), ("b", "press/b3", 0), ("c", "other-press/b1", 4)] {
        run(asker, ["lookup", "ask", "--work", work, "-o", name]).expect(0);
        let question = fs::read_to_string(asker.join(name)).unwrap();
        assert!(!question.contains(work));
        fs::write(provider.join("question"), question).unwrap();
        run(provider, ["lookup", "answer", "question", "--requester", "Ann"]).expect(0);
        fs::copy(provider.join("blinded.placet-proof"), asker.join("blinded.placet-proof")).unwrap();
        read.push(open(name).expect(code));
    }
    // Another question's secret, and a list of which one key is gone.
    read.push(open("a").expect(10));
    let keys = fs::read(asker.join("register.keys")).unwrap();
    fs::write(asker.join("register.keys"), &keys[64..]).unwrap();
    read.push(open("c").expect(10));
    // Three answers were given to Ann; the count outlives the process and is each requester's own.
    let answer =
        |name: &str| run(provider, ["lookup", "answer", "question", "--requester", name, "--limit", "3"]);
    let refused = answer("Ann").expect(4);
    assert!(refused.stderr.contains("the limit is 3"), "{refused}");
    answer("Bob").expect(0);
    fs::write(provider.join("question"), "{}").unwrap();
    run(provider, ["lookup", "answer", "question", "--requester", "Bob"]).expect(3);
    run(provider, ["lookup"]).expect(2);
    // A secret is not written over.
    run(asker, ["lookup", "ask", "--work", NAMED, "-o", "a"]).expect(3);
    insta::assert_snapshot!(read.iter().map(steady).collect::<Vec<_>>().join("\n\n"));
}
