//! A case holds together, names what was altered, and knows what is due.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use placet_core::note::Signer;
use placet_disclose::case::{
    Answer, Author, Body, CaseFolder, Complaint, Followup, OwnWork, Remark, Reply, Request, Side, Silence,
    Standing, Status, Stored, WorkAnswer, WorkFinding, clocks, timeline,
};

/// A party with a key that is the same in every run.
pub(crate) struct Party {
    pub(crate) signer: Signer,
    pub(crate) author: Author,
}

pub(crate) fn party(name: &str, side: Side, seed: u8) -> Party {
    let signer = Signer::from_seed(name, [seed; 32]).unwrap();
    let key = signer.verifier().to_string();
    Party { author: Author { name: name.to_owned(), side, key, contact: String::new() }, signer }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn standing(holder: &str) -> Standing {
    Standing {
        holder: holder.to_owned(),
        basis: "author".to_owned(),
        mandate: None,
        declaration: "I declare in good faith that these are my works.".to_owned(),
    }
}

pub(crate) fn works() -> Vec<OwnWork> {
    vec![OwnWork {
        id: "w1".to_owned(),
        title: "Pan Tadeusz — الحرب والسلام".to_owned(),
        credits: vec!["Anna Nowak (author)".to_owned()],
        identifiers: vec!["isbn:9780306406157".to_owned()],
        fingerprints: vec![format!("blake3-text:{}", "ab".repeat(32))],
    }]
}

pub(crate) fn request(due: &str) -> Body {
    Body::Request(Request {
        to: "Example AI".to_owned(),
        contact: "rights@example.com".to_owned(),
        model: Some("Model X 2.1".to_owned()),
        works: works(),
        standing: standing("Anna Nowak"),
        confidential: false,
        days: 30,
        due: due.parse().unwrap(),
    })
}

pub(crate) fn write(case: &CaseFolder, by: &Party, when: &str, body: Body) -> Stored {
    case.append(by.author.clone(), at(when), body, &by.signer).unwrap()
}

fn remark(text: &str) -> Body {
    Body::Remark(Remark { text: text.to_owned(), files: Vec::new() })
}

/// A request, a silence, a complaint.
fn begun(folder: &Path) -> (CaseFolder, Party) {
    let (case, anna) = (CaseFolder::new(folder.join("17")), party("anna", Side::Rightsholder, 1));
    let asked = write(&case, &anna, "2026-01-10T09:00:00Z", request("2026-02-09"));
    let silence = Silence {
        to: asked.sha256,
        due: "2026-02-09".parse().unwrap(),
        as_of: "2026-02-20".parse().unwrap(),
        days: 11,
    };
    write(&case, &anna, "2026-02-20T09:00:00Z", Body::Silence(silence));
    let file = case.keep_bytes("note.txt", b"a file of the case").unwrap();
    write(
        &case,
        &anna,
        "2026-02-21T09:00:00Z",
        Body::Remark(Remark { text: "x".to_owned(), files: vec![file] }),
    );
    (case, anna)
}

#[test]
fn every_byte_of_a_document_a_signature_and_a_file_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (case, _) = begun(folder.path());
    assert_eq!(case.check().unwrap().faults, []);
    let mut files: Vec<_> =
        fs::read_dir(case.path()).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
    files.extend(fs::read_dir(case.path().join("files")).unwrap().map(|e| e.unwrap().path()));
    assert_eq!(files.len(), 7);
    for path in files {
        let bytes = fs::read(&path).unwrap();
        for place in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 2] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            fs::write(&path, &changed).unwrap();
            let faults = case.check().unwrap().faults;
            let name = path.file_name().unwrap().to_string_lossy().replace(".sig", "");
            let named = faults.iter().any(|f| f.file == name || f.what.contains(&name));
            assert!(named, "byte {place} of {}: {faults:?}", path.display());
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert_eq!(case.check().unwrap().faults, []);
}

#[test]
fn a_document_cannot_be_taken_out_or_added_to_a_broken_case() {
    let folder = tempfile::tempdir().unwrap();
    let (case, anna) = begun(folder.path());
    let second = case.documents().unwrap()[1].file.clone();
    fs::remove_file(case.path().join(&second)).unwrap();
    let faults = case.check().unwrap().faults;
    assert!(faults.iter().any(|f| f.what.contains("missing")), "{faults:?}");
    let refused = case.append(anna.author.clone(), at("2026-03-01T00:00:00Z"), remark("y"), &anna.signer);
    assert!(refused.unwrap_err().to_string().contains("does not verify"));
}

#[test]
fn both_sides_may_write_at_once_and_exchange_folders() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, anna) = begun(folder.path());
    let provider = party("example-ai", Side::Provider, 2);
    let theirs = CaseFolder::new(folder.path().join("theirs"));
    assert_eq!(theirs.receive(&mine).unwrap().len(), 3);
    let asked = mine.documents().unwrap()[0].sha256.clone();
    write(&mine, &anna, "2026-02-22T09:00:00Z", remark("mine"));
    let answer = WorkAnswer {
        work: "w1".to_owned(),
        finding: WorkFinding::CannotBeKnown,
        looked_up: String::new(),
        reason: "no register".to_owned(),
        model: String::new(),
        period: String::new(),
        proof: None,
    };
    let body = Body::Answer(Answer { to: asked, works: vec![answer], policy: None, not_proven: Vec::new() });
    write(&theirs, &provider, "2026-02-23T09:00:00Z", body);
    assert_eq!(mine.receive(&theirs).unwrap().len(), 1);
    assert_eq!(theirs.receive(&mine).unwrap().len(), 1);
    let last = write(&mine, &anna, "2026-02-24T09:00:00Z", remark("after both"));
    assert_eq!((last.document.number, last.document.previous.len()), (5, 2));
    assert_eq!(mine.check().unwrap().faults, []);
    // The folder of another case is not taken for this one.
    let other = CaseFolder::new(folder.path().join("other"));
    write(&other, &anna, "2026-02-24T09:00:00Z", remark("another case"));
    assert!(mine.receive(&other).is_err());
}

#[test]
fn clocks_run_as_of_a_day_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let case = CaseFolder::new(folder.path().join("1"));
    let (anna, provider) = (party("anna", Side::Rightsholder, 1), party("ai", Side::Provider, 2));
    let asked = write(&case, &anna, "2026-01-10T09:00:00Z", request("2026-02-09"));
    assert_eq!(timeline::due(at("2026-01-10T23:59:59Z"), 30).to_string(), "2026-02-09");
    let state = |when: &str| clocks(&case.documents().unwrap(), at(when)).pop().map(|clock| clock.status);
    assert_eq!(state("2026-01-01T00:00:00Z"), None);
    assert_eq!(state("2026-02-09T23:59:59Z"), Some(Status::Waiting { days_left: 0 }));
    assert_eq!(state("2026-02-10T00:00:00Z"), Some(Status::Silent { days: 1 }));
    // One's own words are no answer.
    write(
        &case,
        &anna,
        "2026-02-11T00:00:00Z",
        Body::Reply(Reply { to: asked.sha256.clone(), text: "x".to_owned() }),
    );
    assert_eq!(state("2026-02-12T00:00:00Z"), Some(Status::Silent { days: 3 }));
    let answer = write(
        &case,
        &provider,
        "2026-02-14T00:00:00Z",
        Body::Reply(Reply { to: asked.sha256, text: "y".to_owned() }),
    );
    assert_eq!(state("2026-02-13T00:00:00Z"), Some(Status::Silent { days: 4 }));
    let answered = Status::Answered { document: answer.sha256, at: at("2026-02-14T00:00:00Z"), days_late: 5 };
    assert_eq!(state("2026-03-01T00:00:00Z"), Some(answered));
}

#[test]
fn a_folder_of_junk_is_told_and_never_read_as_a_case() {
    let folder = tempfile::tempdir().unwrap();
    let case = CaseFolder::new(folder.path());
    assert!(case.check().is_err());
    fs::write(folder.path().join("0001-request-00000000.json"), b"\xff\x00{").unwrap();
    fs::write(folder.path().join("0002-request-00000000.json"), b"{\"schema\":\"placet.case/9\"}").unwrap();
    fs::write(folder.path().join("readme.txt"), b"hello").unwrap();
    let checked = case.check().unwrap();
    assert_eq!((checked.documents.len(), checked.faults.len()), (0, 2));
}

#[test]
fn a_complaint_is_due_like_a_request() {
    let complaint = Body::Complaint(Complaint {
        to: "Example AI".to_owned(),
        contact: String::new(),
        model: None,
        works: works(),
        standing: standing("Anna Nowak"),
        facts: "Words of the work came out.".to_owned(),
        evidence: Vec::new(),
        remedies: vec!["inform".to_owned()],
        days: 14,
        due: "2026-03-15".parse().unwrap(),
    });
    assert_eq!(complaint.due().map(|d| d.to_string()).as_deref(), Some("2026-03-15"));
    let json = serde_json::to_value(&complaint).unwrap();
    assert_eq!(json["kind"], "complaint");
    assert_eq!(serde_json::from_value::<Body>(json).unwrap(), complaint);
}

#[test]
fn what_answers_a_reminder_answers_the_question_and_the_other_way_round() {
    for answered in [0, 1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let (case, anna) = (CaseFolder::new(folder.path().join("1")), party("anna", Side::Rightsholder, 1));
        let provider = party("ai", Side::Provider, 2);
        let mut asked = vec![write(&case, &anna, "2026-01-10T09:00:00Z", request("2026-02-09")).sha256];
        for (when, due) in [("2026-02-20T09:00:00Z", "2026-03-06"), ("2026-03-20T09:00:00Z", "2026-04-03")] {
            let to = asked.last().unwrap().clone();
            let reminder = Followup { to, days_late: 11, text: String::new(), due: due.parse().unwrap() };
            asked.push(write(&case, &anna, when, Body::Followup(reminder)).sha256);
        }
        let silent = clocks(&case.documents().unwrap(), at("2026-05-01T00:00:00Z"));
        assert!(silent.iter().all(|clock| matches!(clock.status, Status::Silent { .. })), "{silent:?}");
        let reply = Reply { to: asked[answered].clone(), text: "Here it is.".to_owned() };
        write(&case, &provider, "2026-04-10T09:00:00Z", Body::Reply(reply));
        let clocks = clocks(&case.documents().unwrap(), at("2026-05-01T00:00:00Z"));
        let late: Vec<u32> = clocks
            .iter()
            .map(|clock| match clock.status {
                Status::Answered { days_late, .. } => days_late,
                _ => panic!("{clock:?}"),
            })
            .collect();
        assert_eq!(late, [60, 35, 7]);
    }
}
