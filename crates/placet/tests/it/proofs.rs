//! Proofs for readers of other worlds, and over time: statements of SCITT, Croissant, timestamps, changes of key.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::log::copy;
use crate::seal::{NAMED, sealed, steady};
use crate::support::{Run, run};

const POLICY: [&str; 2] = ["--policy", "trust.policy"];

fn verify(home: &Path, args: &[&str]) -> Run {
    run(home, ["verify"].iter().chain(args).chain(&POLICY))
}

/// What people read, without keys, hashes and times.
fn calm(run: &Run) -> String {
    let word = |word: &str| {
        let bare = word.trim_matches(['.', ',', ':', '(', ')']);
        let hex = bare.len() == 64 && bare.bytes().all(|b| b.is_ascii_hexdigit());
        let key = bare.split('+').count() > 2 || bare.split_once('+').is_some_and(|(_, id)| id.len() == 8);
        let time = bare.len() == 20 && bare.ends_with('Z') && bare.starts_with("20");
        let id = bare.len() == 8 && bare.bytes().all(|b| b.is_ascii_hexdigit());
        match (hex, key, time) {
            _ if id => word.replace(bare, "[ID]"),
            (true, ..) => word.replace(bare, "[SHA-256]"),
            (_, true, _) => word.replace(bare, "[KEY]"),
            (_, _, true) => word.replace(bare, "[TIME]"),
            _ => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    steady(run).lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_statement_is_sealed_and_proven_with_its_receipt() {
    let folder = sealed(true);
    let home = folder.path();
    fs::write(home.join("report.json"), r#"{"what": "a report"}"#).unwrap();
    let state = [
        "log",
        "statement",
        "report.json",
        "--subject",
        "Model X 2.1",
        "--issuer",
        "https://provider.example",
    ];
    let mut read = vec![run(home, state).expect(0)];
    read.push(verify(home, &["statement.scitt", "--document", "report.json"]).expect(0));
    // Others have been sealed since: the receipt is written anew, for the tree of now.
    run(home, state.iter().chain(&["-o", "second.scitt"])).expect(0);
    run(home, ["log", "receipt", "--entry", "2", "--transparent", "-o", "anew.scitt"]).expect(0);
    verify(home, &["anew.scitt"]).expect(0);
    assert_ne!(fs::read(home.join("anew.scitt")).unwrap(), fs::read(home.join("statement.scitt")).unwrap());
    // Another document, another issuer, a byte changed, a plain receipt.
    read.push(verify(home, &["statement.scitt", "--document", "trust.policy"]).expect(10));
    let other = run(home, ["audit", "key", "somebody.example"]).expect(0);
    read.push(verify(home, &["statement.scitt", "--key", other.stdout.trim_end()]).expect(10));
    let mut bytes = fs::read(home.join("statement.scitt")).unwrap();
    bytes[60] ^= 1;
    fs::write(home.join("changed.scitt"), bytes).unwrap();
    verify(home, &["changed.scitt"]).expect(10);
    run(home, ["log", "receipt", "--entry", "0"]).expect(0);
    read.push(verify(home, &["receipt.cbor"]).expect(10));
    run(home, ["log", "receipt", "--entry", "0", "--transparent"]).expect(3);
    // An issuer with a key of its own.
    run(home, state.iter().chain(&["--key", "auditor.key", "-o", "own.scitt"])).expect(0);
    verify(home, &["own.scitt"]).expect(10);
    verify(home, &["own.scitt", "--key", other.stdout.trim_end()]).expect(0);
    read.push(run(home, ["log", "fsck", "placet/log", "--policy", "trust.policy"]).expect(0));
    insta::assert_snapshot!(read.iter().map(calm).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn readers_follow_a_log_to_its_new_key() {
    let folder = sealed(true);
    let home = folder.path();
    run(home, ["lookup", "--work", NAMED, "-o", "before.placet-proof"]).expect(0);
    let secret = fs::read(home.join("placet/log-keys/log.key")).unwrap();
    copy(&home.join("placet"), &home.join("thief"));
    let changed = run(home, ["log", "change-key"]).expect(0);
    assert_ne!(fs::read(home.join("placet/log-keys/log.key")).unwrap(), secret);
    fs::write(home.join("new.policy"), &changed.stdout).unwrap();
    let mut read = vec![changed];
    run(home, ["lookup", "--work", NAMED]).expect(0);
    let answer = "answer.placet-proof";
    read.push(verify(home, &[answer]).expect(10));
    read.push(verify(home, &["key-change.placet-proof"]).expect(0));
    let follow = ["--key-change", "key-change.placet-proof"];
    verify(home, &[answer, follow[0], follow[1]]).expect(0);
    verify(home, &["before.placet-proof", follow[0], follow[1]]).expect(0);
    run(home, ["verify", answer, "--policy", "new.policy"]).expect(0);
    run(home, ["log", "fsck", "placet/log", "--policy", "trust.policy", follow[0], follow[1]]).expect(0);
    // Twice, and the log goes on; then both proofs are needed.
    run(home, ["log", "change-key", "-o", "second.placet-proof"]).expect(0);
    run(home, ["value", "report", "--model", "m", "--period", "p", "--revenue", "1", "--currency", "EUR"])
        .expect(0);
    run(home, ["lookup", "--work", NAMED]).expect(0);
    verify(home, &[answer, follow[0], follow[1]]).expect(10);
    verify(home, &[answer, follow[0], follow[1], follow[0], "second.placet-proof"]).expect(0);
    read.push(verify(home, &[answer, follow[0], "before.placet-proof"]).expect(10));
    // The old secret, stolen before: what it signs is refused by who followed.
    let report = ["value", "report", "--model", "m", "--period", "p", "--revenue", "1", "--currency", "EUR"];
    for _ in 0..2 {
        run(home, ["--home", "thief"].iter().chain(&report)).expect(0);
    }
    run(home, ["--home", "thief", "lookup", "--work", NAMED, "-o", "stolen.placet-proof"]).expect(0);
    verify(home, &["stolen.placet-proof"]).expect(0);
    read.push(verify(home, &["stolen.placet-proof", follow[0], follow[1]]).expect(10));
    insta::assert_snapshot!(read.iter().map(calm).collect::<Vec<_>>().join("\n\n"));
}

/// An authority made of openssl, which answers one request over HTTP; the SHA-256 of its certificate, and its address.
struct Authority {
    folder: tempfile::TempDir,
    certificate: String,
}

impl Authority {
    fn script() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/timestamps/authority.sh")
    }

    fn make() -> Option<Authority> {
        let folder = tempfile::tempdir().unwrap();
        let made =
            Command::new("sh").arg(Self::script()).arg("make").arg(folder.path()).arg("ec").output().unwrap();
        let certificate = String::from_utf8(made.stdout).unwrap().trim_end().to_owned();
        (made.status.success() && certificate.len() == 64).then_some(Authority { folder, certificate })
    }

    /// Answers once, what comes or the same as the last time.
    fn answer(&self, again: Option<Vec<u8>>) -> (String, std::thread::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/tsa", listener.local_addr().unwrap());
        let folder = self.folder.path().to_owned();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut from = BufReader::new(stream.try_clone().unwrap());
            let (mut length, mut head) = (0, String::new());
            loop {
                let mut line = String::new();
                from.read_line(&mut line).unwrap();
                if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                head.push_str(&line);
                if line == "\r\n" {
                    break;
                }
            }
            assert!(head.to_lowercase().contains("content-type: application/timestamp-query"), "{head}");
            let mut request = vec![0; length];
            from.read_exact(&mut request).unwrap();
            let body = again.unwrap_or_else(|| {
                let mut child = Command::new("sh")
                    .arg(Self::script())
                    .arg("answer")
                    .arg(&folder)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .spawn()
                    .unwrap();
                child.stdin.take().unwrap().write_all(&request).unwrap();
                child.wait_with_output().unwrap().stdout
            });
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nConnection: close\r\nContent-Length:";
            stream.write_all(format!("{head} {}\r\n\r\n", body.len()).as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
            body
        });
        (address, thread)
    }
}

#[test]
fn a_checkpoint_is_stamped_and_the_proof_says_when_it_stood() {
    let Some(authority) = Authority::make() else {
        println!("skipped: openssl cannot make a time-stamping authority");
        return;
    };
    let folder = sealed(true);
    let home = folder.path();
    let stamp = |address: &str, more: &[&str]| {
        run(home, ["log", "timestamp", "--authority", address].iter().chain(more))
    };
    let (address, thread) = authority.answer(None);
    let stamped = stamp(&address, &[]).expect(0);
    let token = thread.join().unwrap();
    assert_eq!(fs::read(home.join("checkpoint.tsr")).unwrap(), token);
    assert!(stamped.stderr.contains(&authority.certificate), "{stamped}");
    run(home, ["lookup", "--work", NAMED]).expect(0);
    let answer = ["answer.placet-proof", "--timestamp", "checkpoint.tsr"];
    let mut read = vec![verify(home, &answer).expect(10)];
    let policy = fs::read_to_string(home.join("trust.policy")).unwrap();
    let policy = format!("{policy}#timestamp-authority authority.example {}\n", authority.certificate);
    fs::write(home.join("trust.policy"), policy).unwrap();
    read.push(verify(home, &answer).expect(0));
    // OpenSSL says the same of what was stamped.
    let openssl = Command::new("openssl")
        .args(["ts", "-verify", "-in", "checkpoint.tsr", "-data", "checkpoint.tsr.stamped", "-CAfile"])
        .arg(authority.folder.path().join("ca.pem"))
        .current_dir(home)
        .output()
        .unwrap();
    assert!(openssl.status.success(), "{}", String::from_utf8_lossy(&openssl.stderr));
    // An old answer played back; an authority that the policy does not name; nobody there.
    let (address, thread) = authority.answer(Some(token));
    read.push(stamp(&address, &POLICY).expect(10));
    thread.join().unwrap();
    let other = Authority::make().unwrap();
    let (address, thread) = other.answer(None);
    read.push(stamp(&address, &POLICY).expect(10));
    thread.join().unwrap();
    stamp(&address, &[]).expect(4);
    // The log went on: the token is for the checkpoint before.
    run(home, ["value", "report", "--model", "m", "--period", "p", "--revenue", "1", "--currency", "EUR"])
        .expect(0);
    run(home, ["lookup", "--work", NAMED]).expect(0);
    read.push(verify(home, &answer).expect(10));
    insta::assert_snapshot!(read.iter().map(calm).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn the_cleared_corpus_of_a_sealed_scan_is_described_in_croissant() {
    let folder = sealed(true);
    let home = folder.path();
    let words =
        ["log", "croissant", "run", "--name", "Cleared corpus", "--url", "https://data.example/cleared"];
    let more = ["--license", "https://data.example/terms", "--creator", "Provider"];
    run(home, words.iter().chain(&more)).expect(0);
    let bytes = fs::read(home.join("croissant.json")).unwrap();
    let described: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let file = &described["distribution"][0];
    assert_eq!(file["contentUrl"], "cleared/a.jsonl");
    let path = home.join("run/cleared/a.jsonl");
    let sum = Command::new("sha256sum").arg(&path).output().unwrap().stdout;
    assert_eq!(file["sha256"].as_str().unwrap(), String::from_utf8(sum).unwrap().split(' ').next().unwrap());
    assert_eq!(described["prov:wasDerivedFrom"][0]["name"], "a.jsonl");
    assert_eq!(
        described["prov:wasGeneratedBy"]["prov:used"][0]["name"].as_str().unwrap().split(' ').next(),
        Some("Pack")
    );
    match Command::new("mlcroissant")
        .args(["validate", "--jsonld", "croissant.json"])
        .current_dir(home)
        .output()
    {
        Ok(checked) => {
            let said = String::from_utf8_lossy(&checked.stderr);
            assert!(checked.status.success() && !said.contains("WARNING"), "{said}");
        }
        Err(error) => println!("not checked by mlcroissant: {error}"),
    }
    // A scan that is not sealed is not described.
    run(
        home,
        [
            "scan",
            "corpus",
            "--pack",
            "rights.placet",
            "--use",
            "tdm",
            "--trust",
            &crate::seal::issuer(),
            "--out",
            "other",
        ],
    )
    .expect(10);
    run(home, ["log", "croissant", "other"].iter().chain(&words[3..]).chain(&more)).expect(3);
}
