//! `placet check`: what a saved site and its files say, in words.

use std::path::Path;

use crate::support::{Run, run};

/// A site that contradicts itself: crawling welcome, mining reserved, one page that says otherwise.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str, text: &str| {
        let path = folder.path().join("site").join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    at("robots.txt", "User-agent: *\nAllow: /\nContent-Signal: search=yes, ai-train=no\n");
    at(".well-known/tdmrep.json", r#"[{"location": "/*", "tdm-reservation": 1}]"#);
    at("index.html", "<html><head><title>x</title></head><body>Hello.</body></html>");
    at(
        "open.html",
        r#"<html><head><meta name="tdm-reservation" content="0"></head><body>Hello.</body></html>"#,
    );
    folder
}

fn check(folder: &Path, args: &[&str]) -> Run {
    run(folder, [&["check"], args].concat())
}

#[test]
fn a_saved_site_is_told_per_use() {
    let folder = site();
    let args = ["site", "--url", "https://a.example/", "--use", "access,tdm,train-gen,ai-output"];
    let said = check(folder.path(), &args).expect(10).stdout;
    // The file's own mark of the second page beats the site's; the Content-Signal stands for itself.
    let page = |name: &str| {
        let start = said.find(name).expect("it is told");
        said[start..].split("\nsite/").next().expect("a part").to_owned()
    };
    assert!(page("index.html").contains("denied: tdm"), "{said}");
    assert!(!page("open.html").contains("denied: tdm"), "{said}");
    assert!(page("open.html").contains("denied: train-gen"), "{said}");
    assert!(page("open.html").contains("allowed: access"), "{said}");
    assert!(page("open.html").contains("unknown: ") && page("open.html").contains("ai-output"), "{said}");
}

#[test]
fn json_carries_place_time_and_hash() {
    let folder = site();
    let args =
        ["--json", "site/index.html", "--url", "https://a.example/", "--use", "tdm", "--site-records", "."];
    std::fs::rename(folder.path().join("site"), folder.path().join("a.example")).expect("a rename");
    let args = args.map(|a| if a == "site/index.html" { "a.example/index.html" } else { a });
    let said = check(folder.path(), &args).expect(10).stdout;
    let json: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let witness = &json["items"][0]["decisions"][0]["witness"][0]["evidence"];
    assert_eq!(json["schema"], "placet.check/1");
    assert!(
        witness["place"].as_str().expect("a place").starts_with("https://a.example/.well-known/tdmrep.json")
    );
    assert_eq!(witness["blake3"].as_str().map(str::len), Some(64));
    assert!(witness["observed_at"].is_string());
}
