//! `placet check https://…`: against real servers on this machine that contradict themselves.

#[path = "../../../placet-fetch/tests/it/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::path::Path;

use server::{AUTHORITY, Server, page};

use crate::support::{Run, run};

fn check(folder: &Path, args: &[&str]) -> Run {
    run(folder, [&["check"], args].concat())
}

fn verdicts(json: &str) -> BTreeMap<String, String> {
    let read: serde_json::Value = serde_json::from_str(json).unwrap();
    let decisions = read["items"][0]["decisions"].as_array().unwrap();
    let word = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    decisions.iter().map(|d| (word(&d["use"]), word(&d["verdict"]))).collect()
}

const LICENCE: &str = "<rsl xmlns=\"https://rslstandard.org/rsl\"><content url=\"/\"><license>\
    <prohibits type=\"usage\">ai-input</prohibits></license></content></rsl>";

/// Crawling is welcome, training is not; mining is reserved by the host and left open by the page.
fn contradicting(origin: &str) -> Vec<server::Page> {
    let robots = format!(
        "User-agent: *\nAllow: /\nDisallow: /ai.txt\nContent-Signal: ai-train=no\nLicense: {origin}/license.xml\n"
    );
    let html = "<html><head><meta name=\"tdm-reservation\" content=\"0\"></head></html>";
    vec![
        page("/robots.txt", 200, &[], robots),
        page("/.well-known/tdmrep.json", 200, &[], r#"[{"location": "/*", "tdm-reservation": 1}]"#),
        page("/license.xml", 200, &["Content-Type: application/rsl+xml"], LICENCE),
        page("/old", 302, &["Location: /page"], ""),
        page("/page", 200, &["Content-Type: text/html", "X-Robots-Tag: noml"], html),
        page(
            "/trust.txt",
            200,
            &["Content-Type: text/html"],
            "<!doctype html><html>datatrainingallowed=yes</html>",
        ),
    ]
}

#[test]
fn a_page_is_heard_with_its_site_and_replays_to_the_same_bytes() {
    for server in [Server::plain(contradicting), Server::tls(contradicting)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), AUTHORITY).unwrap();
        let url = server.url("/old");
        let live = ["--json", &url, "--allow-private", "--authority", "authority.pem", "--keep", "kept"];
        let said = check(folder.path(), &live).expect(10);
        let read = verdicts(&said.stdout);
        for (u, verdict) in [
            ("access", "allowed"),
            ("tdm", "unknown"),
            ("train-gen", "denied"),
            ("ai-input", "denied"),
            ("display", "unknown"),
        ] {
            assert_eq!(read[u], verdict, "{u}: {}", said.stdout);
        }
        let asked = server.asked();
        assert_eq!(asked.first().map(String::as_str), Some("/robots.txt"));
        assert!(!asked.contains(&"/ai.txt".to_owned()), "{asked:?}");
        assert_eq!(asked.iter().filter(|p| *p == "/robots.txt").count(), 1, "{asked:?}");
        let kept: Vec<_> = std::fs::read_dir(folder.path().join("kept")).unwrap().collect();
        let [Ok(file)] = kept.as_slice() else { panic!("one file is kept") };
        let file = file.path().display().to_string();
        for replay in [vec!["--json", &file], vec!["--json", &url, "--offline", "kept"]] {
            assert_eq!(check(folder.path(), &replay).expect(10).stdout, said.stdout, "{replay:?}");
        }
        assert_eq!(server.asked(), asked, "a replay asks nobody");
        // Other tools read the file too; as an archive among others it is told response by response.
        let text = check(folder.path(), &[&file, "--use", "train-gen,tdm"]).expect(10);
        let text = text.stdout.replace(&server.origin, "[ORIGIN]");
        if url.starts_with("https") {
            insta::assert_snapshot!("page_told", text);
        }
    }
}

#[test]
fn what_robots_txt_refuses_is_not_fetched() {
    let server = Server::plain(|_| {
        vec![page("/robots.txt", 200, &[], "User-agent: Placet\nDisallow: /\n"), page("/page", 200, &[], "x")]
    });
    let folder = tempfile::tempdir().unwrap();
    let said =
        check(folder.path(), &["--json", &server.url("/page"), "--allow-private", "--agent", "Placet"])
            .expect(10);
    assert_eq!(verdicts(&said.stdout)["access"], "denied");
    assert_eq!(server.asked(), ["/robots.txt"]);
    assert!(said.stderr.contains("robots.txt refuses it to Placet"), "{}", said.stderr);
    assert!(said.stdout.contains("not_fetched"), "{}", said.stdout);
}

#[test]
fn a_server_that_fails_is_not_asked_further() {
    let server = Server::plain(|_| vec![page("/robots.txt", 503, &[], "")]);
    let folder = tempfile::tempdir().unwrap();
    let said = check(folder.path(), &["--json", &server.url("/page"), "--allow-private"]).expect(10);
    assert_eq!(verdicts(&said.stdout)["access"], "denied");
    assert_eq!(server.asked(), ["/robots.txt"]);
}

#[test]
fn private_addresses_and_endless_redirects_are_refused() {
    let server = Server::plain(|_| {
        vec![page("/a", 302, &["Location: /b"], ""), page("/b", 302, &["Location: /a"], "")]
    });
    let folder = tempfile::tempdir().unwrap();
    let said = check(folder.path(), &[&server.url("/a")]).expect(4);
    assert!(
        said.stderr.contains("not a public address") && said.stderr.contains("--allow-private"),
        "{}",
        said.stderr
    );
    assert_eq!(server.asked(), Vec::<String>::new());
    let host = server.origin.trim_start_matches("http://");
    let said = check(folder.path(), &[&server.url("/a"), &format!("--allow-private={host}")]).expect(0);
    assert!(said.stderr.contains("more than 5 redirects"), "{}", said.stderr);
    let said = check(folder.path(), &["ftp://a.example/", "--allow-private"]).expect(2);
    assert!(said.stderr.contains("is no web address"), "{}", said.stderr);
}

#[test]
fn an_answer_is_kept_at_home_until_it_expires() {
    let server = Server::plain(|_| {
        vec![
            page("/robots.txt", 200, &["Cache-Control: max-age=600"], ""),
            page("/page", 200, &["Cache-Control: no-store"], "x"),
        ]
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("placet")).unwrap();
    let url = server.url("/page");
    for _ in 0..2 {
        check(folder.path(), &[&url, "--allow-private"]).expect(0);
    }
    let count = |path: &str| server.asked().iter().filter(|p| *p == path).count();
    assert_eq!((count("/robots.txt"), count("/page")), (1, 2));
    check(folder.path(), &[&url, "--allow-private", "--fresh"]).expect(0);
    assert_eq!((count("/robots.txt"), count("/page")), (2, 3));
}
