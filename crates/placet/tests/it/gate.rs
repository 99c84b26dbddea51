//! `placet gate`: one line in, one line out.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::{Run, placet};

fn gate(folder: &Path, args: &[&str], input: &[u8]) -> Run {
    let mut child = placet(folder)
        .args(["gate", "--site-records", "sites"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built binary runs");
    child.stdin.take().expect("it is piped").write_all(input).expect("it reads");
    Run::of(child.wait_with_output().expect("it ends"), folder)
}

fn sites() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let sites = folder.path().join("sites");
    std::fs::create_dir_all(sites.join("a.example/.well-known")).expect("a folder");
    let robots = "User-agent: *\nDisallow: /private/\n\nUser-agent: GPTBot\nDisallow: /\nAllow: /open/\n";
    std::fs::write(sites.join("a.example/robots.txt"), robots).expect("a file");
    let tdmrep = r#"[{"location": "/open/*", "tdm-reservation": 1}]"#;
    std::fs::write(sites.join("a.example/.well-known/tdmrep.json"), tdmrep).expect("a file");
    std::fs::write(sites.join("b.example"), "User-agent: *\nDisallow:\n").expect("a file");
    folder
}

#[test]
fn every_line_is_answered_in_order() {
    let folder = sites();
    let urls =
        b"https://a.example/open/1\nhttps://A.example:443/x#y\r\nhttp://b.example/\n\nhttps://c.example/\n\
        https://../secret\nhttps://a.example/open/\xFF\xC3\thi";
    let run = gate(folder.path(), &["--agent", "gptbot"], urls).expect(0);
    insta::assert_snapshot!(run.stdout.replace('\t', " | "), @r"
    allowed | https://a.example/open/1 | robots.txt:6
    denied | https://A.example:443/x#y | robots.txt:5
    allowed | http://b.example/ | robots.txt
    unknown |  | no-web-url
    unknown | https://c.example/ | no-record
    unknown | https://../secret | no-web-url
    allowed | https://a.example/open/%FF%C3%09hi | robots.txt:6
    ");
}

#[test]
fn another_use_hears_the_other_protocols() {
    let folder = sites();
    let run = gate(
        folder.path(),
        &["--agent", "OtherBot", "--use", "tdm"],
        b"https://a.example/open/1\nhttps://a.example/\n",
    );
    insta::assert_snapshot!(run.expect(0).stdout.replace('\t', " | "), @r"
    denied | https://a.example/open/1 | stated-no https://a.example/.well-known/tdmrep.json
    unknown | https://a.example/ | unknown-not-authorised
    ");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = gate(folder.path(), &["--agent", "GPTBot"], b"").expect(3);
    insta::assert_snapshot!(run.stderr, @r"
    error: cannot read sites
      because: No such file or directory (os error 2)
    hint: --site-records takes a folder with one folder or robots.txt file per host
    ");
}
