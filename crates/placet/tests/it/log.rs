//! `placet log` over HTTP: served as tlog-tiles asks, checked by a monitor, witnessed; `placet witness` as a log asks.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use placet_core::note::Signer;
use placet_log::checkpoint::Checkpoint;
use placet_log::hash::Hash;
use placet_log::witness::AddCheckpoint;

use crate::seal::{NAMED, sealed, steady};
use crate::support::{placet, run};

/// A serving process, killed at the end.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts it and waits until it says where it listens.
    fn start(folder: &Path, args: &[&str]) -> Server {
        let mut child = placet(folder)
            .args(args)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().trim_end_matches('/').to_owned();
        assert!(address.starts_with("http://127.0.0.1:"), "{address}");
        Server { child, address }
    }

    /// Status, headers and body of an answer.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String, Vec<u8>) {
        let host = self.address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // A refusal may come before the whole request was read.
        let _ = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head[9..12].parse().unwrap();
        (status, head.to_lowercase(), answer[end + 4..].to_vec())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn report(home: &Path, revenue: &str) {
    let args = ["value", "report", "--model", "m", "--period", "2026-Q4", "--currency", "EUR", "--revenue"];
    run(home, args.into_iter().chain([revenue])).expect(0);
}

#[test]
fn a_log_is_served_with_the_paths_types_and_caching_of_tlog_tiles() {
    let folder = sealed(true);
    let home = folder.path();
    let server = Server::start(home, &["log", "serve"]);
    for (path, status, content_type, cache) in [
        ("/checkpoint", 200, "text/plain; charset=utf-8", "no-cache"),
        ("/tile/0/000.p/2", 200, "application/octet-stream", "public, max-age=31536000, immutable"),
        ("/tile/entries/000.p/2", 200, "application/octet-stream", "public, max-age=31536000, immutable"),
        ("/tile/0/000", 404, "text/plain; charset=utf-8", "no-store"),
        ("/../log-keys/log.key", 404, "text/plain; charset=utf-8", "no-store"),
        ("/tile/0/../../../log-keys/log.key", 404, "text/plain; charset=utf-8", "no-store"),
        ("/", 404, "text/plain; charset=utf-8", "no-store"),
    ] {
        let (found, head, body) = server.ask("GET", path, "");
        assert_eq!(found, status, "{path}");
        let says = head.contains(&format!("content-type: {content_type}\r\n"));
        assert!(says && head.contains(&format!("cache-control: {cache}\r\n")), "{path}: {head}");
        if status == 200 {
            assert_eq!(body, fs::read(home.join(format!("placet/log{path}"))).unwrap());
            let (_, same, nothing) = server.ask("HEAD", path, "");
            assert_eq!((same, nothing), (head, Vec::new()));
        }
    }
    assert_eq!(server.ask("DELETE", "/checkpoint", "").0, 405);
    assert_eq!(server.ask("GET", "/checkpoint", "a body").0, 413);
    assert_eq!(server.ask("GET", &format!("/{}", "a".repeat(20_000)), "").0, 431);
    assert_eq!(server.ask("GET", "/a b", "").0, 400);
}

#[test]
fn a_monitor_remembers_what_it_saw_and_refuses_a_log_that_shrank_or_forked() {
    let folder = sealed(true);
    let home = folder.path();
    let monitor = tempfile::tempdir().unwrap();
    fs::copy(home.join("trust.policy"), monitor.path().join("trust.policy")).unwrap();
    let fsck = |log: &str| run(monitor.path(), ["log", "fsck", log, "--policy", "trust.policy"]);
    let server = Server::start(home, &["log", "serve"]);
    let mut read = vec![fsck(&server.address).expect(0)];
    for part in ["log", "log-keys", "log-state"] {
        copy(&home.join("placet").join(part), &home.join("other/placet").join(part));
    }
    let small = home.join("small");
    copy(&home.join("placet/log"), &small);
    report(home, "1.00");
    report(home, "2.00");
    read.push(fsck(&server.address).expect(0));
    read.push(fsck(&server.address).expect(0));
    read.push(fsck(small.to_str().unwrap()).expect(10));
    // Another home with the same key goes on with other entries, and further.
    let other = home.join("other");
    for revenue in ["3.00", "4.00", "5.00"] {
        report(&other, revenue);
    }
    let fork = Server::start(&other, &["log", "serve"]);
    read.push(fsck(&fork.address).expect(10));
    // What failed is not remembered: the true log still holds.
    fsck(&server.address).expect(0);
    let gone = server.address.clone();
    drop(server);
    fsck(&gone).expect(4);
    insta::assert_snapshot!(read.iter().map(steady).collect::<Vec<_>>().join("\n\n"));
}

/// A witness beside the log, its policy line with address, and the policy of the log's readers.
fn witnessed(home: &Path) -> Server {
    let made = run(home, ["witness", "create", "witness.example"]).expect(0);
    let witness = Server::start(home, &["witness", "serve", "--policy", "trust.policy"]);
    let line = format!("{} {}\n", made.stdout.trim_end(), witness.address);
    let log = fs::read_to_string(home.join("trust.policy")).unwrap();
    let policy = log.replace("quorum none", &format!("{line}quorum witness.example"));
    fs::write(home.join("witnessed.policy"), policy).unwrap();
    witness
}

#[test]
fn cosignatures_are_collected_after_each_seal_and_satisfy_the_quorum() {
    let folder = sealed(true);
    let home = folder.path();
    run(home, ["log", "witness"]).expect(2);
    let witness = witnessed(home);
    let verify = || run(home, ["verify", "answer.placet-proof", "--policy", "witnessed.policy"]);
    run(home, ["lookup", "--work", NAMED]).expect(0);
    verify().expect(10);
    run(home, ["log", "witness", "--policy", "witnessed.policy"]).expect(0);
    run(home, ["lookup", "--work", NAMED]).expect(0);
    assert!(verify().expect(0).stdout.contains("was seen by witness.example"));
    // From now on each seal asks; what was cosigned stays when the log is opened again.
    report(home, "1.00");
    run(home, ["lookup", "--work", NAMED]).expect(0);
    verify().expect(0);
    let fsck = run(home, ["log", "fsck", "placet/log", "--policy", "witnessed.policy"]).expect(0);
    assert!(fsck.stdout.contains("cosigned by witness.example"), "{fsck}");
    // The monitoring interface shows what was cosigned.
    let origin = Hash::of(&[b"log.example.org/uses"]);
    let path: String = origin.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let (status, _, note) = witness.ask("GET", &format!("/{path}/checkpoint"), "");
    assert_eq!((status, note), (200, fs::read(home.join("placet/log/checkpoint")).unwrap()));
    // One that cannot be reached is a warning; the entry is sealed.
    drop(witness);
    let args =
        ["value", "report", "--model", "m", "--period", "2026-Q4", "--currency", "EUR", "--revenue", "9"];
    let alone = run(home, args).expect(0);
    assert!(alone.stderr.contains("no cosignature by witness.example"), "{alone}");
    verify().expect(0);
}

#[test]
fn a_witness_refuses_another_tree_even_after_it_was_killed() {
    let folder = sealed(true);
    let home = folder.path();
    for part in ["log", "log-keys", "log-state"] {
        copy(&home.join("placet").join(part), &home.join("other/placet").join(part));
    }
    let witness = witnessed(home);
    let seal = |home: &Path| run(home, ["log", "witness", "--policy", "../witnessed.policy"]);
    report(home, "1.00");
    run(home, ["log", "witness", "--policy", "witnessed.policy"]).expect(0);
    assert!(
        run(home, ["witness", "serve", "--policy", "trust.policy"])
            .expect(4)
            .stderr
            .contains("another process")
    );
    drop(witness);
    // The same key, killed and started again at another address.
    let witness = Server::start(home, &["witness", "serve", "--policy", "trust.policy"]);
    let policy = fs::read_to_string(home.join("witnessed.policy")).unwrap();
    let old = policy.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    fs::write(home.join("witnessed.policy"), policy.replace(old, &witness.address)).unwrap();
    let other = home.join("other");
    let shrunk = seal(&other).expect(10);
    assert!(
        shrunk.stderr.contains("has seen another log of this name, of 3 entries; this one has 2"),
        "{shrunk}"
    );
    report_alone(&other, "7.00");
    assert!(seal(&other).expect(10).stderr.contains("has seen another log of this name"));
    report_alone(&other, "8.00");
    assert!(seal(&other).expect(10).stderr.contains("that this one does not continue"));
}

/// Seals without asking anybody.
fn report_alone(home: &Path, revenue: &str) {
    let policy = home.join("placet/log-state/witness.policy");
    let kept = fs::read(&policy).unwrap();
    fs::remove_file(&policy).unwrap();
    report(home, revenue);
    fs::write(policy, kept).unwrap();
}

#[test]
fn a_witness_answers_with_the_statuses_of_the_specification() {
    let folder = sealed(true);
    let home = folder.path();
    let witness = witnessed(home);
    let note = fs::read_to_string(home.join("placet/log/checkpoint")).unwrap();
    let (checkpoint, _) = Checkpoint::peek(note.as_bytes()).unwrap();
    let post = |old, proof: Vec<Hash>, checkpoint: &str| {
        let body = AddCheckpoint { old, proof, checkpoint: checkpoint.to_owned() }.to_body();
        let (status, head, body) = witness.ask("POST", "/add-checkpoint", &body);
        (status, head, String::from_utf8(body).unwrap())
    };
    let signed = |name: &str| {
        let signer = Signer::from_seed(name, [9; 32]).unwrap();
        let text = Checkpoint { origin: name.to_owned(), ..checkpoint.clone() }.to_string();
        placet_core::note::sign(&text, &[&signer]).unwrap()
    };
    assert_eq!(post(0, vec![], &signed("log.example.org/another")).0, 404);
    assert_eq!(post(0, vec![], &signed("log.example.org/uses")).0, 403);
    assert_eq!(post(3, vec![], &note).0, 400);
    assert_eq!(post(0, vec![], "nothing\n").0, 400);
    assert_eq!(post(0, vec![Hash::EMPTY], &note).0, 422);
    let (status, head, body) = post(1, vec![], &note);
    assert_eq!((status, body.as_str()), (409, "0\n"));
    assert!(head.contains("content-type: text/x.tlog.size\r\n"), "{head}");
    let (status, _, line) = post(0, vec![], &note);
    assert!(status == 200 && line.starts_with("— witness.example ") && line.ends_with('\n'), "{line}");
    // Again, with what it has seen now: a new time on the same tree.
    assert_eq!(post(2, vec![], &note).0, 200);
    let (status, _, body) = post(0, vec![], &note);
    assert_eq!((status, body.as_str()), (409, "2\n"));
    assert_eq!(witness.ask("PUT", "/add-checkpoint", "").0, 405);
    assert_eq!(witness.ask("POST", "/add-checkpoint", &"a".repeat(70_000)).0, 413);
    assert_eq!(witness.ask("GET", "/0000/checkpoint", "").0, 404);
}

#[test]
fn documents_are_sealed_and_fields_and_rows_shown_singly() {
    let folder = sealed(true);
    let home = folder.path();
    fs::write(home.join("licence.pdf"), "a licence").unwrap();
    let at = ["--period", "2026-Q4"];
    let add = |args: &[&str]| run(home, ["log", "add"].iter().chain(args).chain(&at));
    add(&["authorization", "licence.pdf", "--model", "Model X 2.1"]).expect(0);
    let mut read = vec![add(&["correction", "licence.pdf", "--of", "2"]).expect(0)];
    read.push(add(&["correction", "licence.pdf", "--of", "9"]).expect(2));
    read.push(run(home, ["log", "fsck", "placet/log", "--policy", "trust.policy"]).expect(0));

    let elsewhere = tempfile::tempdir().unwrap();
    fs::copy(home.join("trust.policy"), elsewhere.path().join("trust.policy")).unwrap();
    let verify = |work: &[&str]| {
        let proof = "disclosure.placet-proof";
        fs::copy(home.join(proof), elsewhere.path().join(proof)).unwrap();
        run(elsewhere.path(), ["verify", proof, "--policy", "trust.policy"].iter().chain(work))
    };
    for what in [
        &["--entry", "0", "--field", "stage"][..],
        &["--entry", "0", "--row", "1", "--run", "run"],
        &["--entry", "3", "--field", "name"],
    ] {
        run(home, ["log", "disclose"].iter().chain(what)).expect(0);
        let file = fs::read(home.join("disclosure.placet-proof")).unwrap();
        assert!(!String::from_utf8(file).unwrap().contains("Model X"));
        read.push(verify(&[]).expect(0));
    }
    read.push(verify(&["--work", NAMED]).expect(10));
    for (what, code) in [
        (&["--entry", "0", "--field", "colour"][..], 2),
        (&["--entry", "0", "--row", "2", "--run", "run"], 3),
        (&["--entry", "1", "--row", "0", "--run", "run"], 3),
        (&["--entry", "7", "--field", "model"], 2),
        (&["--entry", "0"], 2),
    ] {
        run(home, ["log", "disclose"].iter().chain(what)).expect(code);
    }
    insta::assert_snapshot!(read.iter().map(steady).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn a_cose_receipt_proves_an_entry() {
    let folder = sealed(true);
    let home = folder.path();
    run(home, ["log", "receipt", "--entry", "1"]).expect(0);
    let verify =
        || run(home, ["verify", "receipt.cbor", "--entry", "receipt.cbor.entry", "--policy", "trust.policy"]);
    let proven = verify().expect(0);
    insta::assert_snapshot!(steady(&proven));
    let entry = fs::read(home.join("receipt.cbor.entry")).unwrap();
    let mut changed = entry.clone();
    changed[20] ^= 1;
    fs::write(home.join("receipt.cbor.entry"), changed).unwrap();
    verify().expect(10);
    fs::write(home.join("receipt.cbor.entry"), entry).unwrap();
    let receipt = fs::read(home.join("receipt.cbor")).unwrap();
    fs::write(home.join("receipt.cbor"), &receipt[..receipt.len() - 1]).unwrap();
    verify().expect(10);
    run(home, ["log", "receipt", "--entry", "2"]).expect(2);
}
