//! `placet scan` over web records: what responses, pages, files and sites say is joined with the packs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use placet_corpus::table::{Reader, Value};

use crate::scan::{SCAN, excerpt, folder, prose};
use crate::support::{response, run, warc};

type Row = BTreeMap<String, Value>;

fn rows(path: &Path) -> Vec<Row> {
    let reader = Reader::open(path).unwrap();
    let columns = reader.columns().to_vec();
    reader.map(|row| columns.iter().cloned().zip(row.unwrap()).collect()).collect()
}

fn text(row: &Row, column: &str) -> String {
    match &row[column] {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

fn json(row: &Row, column: &str) -> Vec<serde_json::Value> {
    match &row[column] {
        Value::TextList(list) => list.iter().map(|line| serde_json::from_str(line).unwrap()).collect(),
        other => panic!("{column} is {other:?}"),
    }
}

/// A JPEG file that holds nothing but an XMP packet.
fn jpeg() -> Vec<u8> {
    let packet = placet_signals::plus::write(placet_signals::plus::DataMining::Prohibited);
    let segment = [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat();
    let length = (segment.len() as u16 + 2).to_be_bytes();
    [&b"\xFF\xD8\xFF\xE1"[..], &length, &segment, b"\xFF\xD9"].concat()
}

/// A crawl of two sites; one page holds a passage of the registered book.
fn crawl(book: &str) -> Vec<u8> {
    const DAY: &str = "2026-03-01T12:00:00Z";
    let html = ["Content-Type: text/html"];
    let page =
        |seed, head: &str| format!("<html><head>{head}</head><body><p>{}</p></body></html>", prose(seed, 60));
    let robots = "User-agent: *\nAllow: /\n\nUser-agent: GPTBot\nUser-agent: CCBot\nUser-agent: ClaudeBot\nDisallow: /essays/\n";
    let licence = r#"<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>
        <permits type="usage">search</permits></license></content></rsl>"#;
    warc(&[
        ("https://a.example/", DAY, response(200, &html, page(1001, ""))),
        ("https://a.example/robots.txt", DAY, response(200, &["Content-Type: text/plain"], robots)),
        ("https://a.example/essays/1", DAY, response(200, &html, page(1002, ""))),
        (
            "https://a.example/noai",
            DAY,
            response(200, &html, page(1003, r#"<META name="Robots" content="noai">"#)),
        ),
        ("https://a.example/header", DAY, response(200, &[html[0], "TDM-Reservation: 1"], page(1004, ""))),
        ("https://a.example/photo.jpg", DAY, response(200, &["Content-Type: image/jpeg"], jpeg())),
        ("https://a.example/book", DAY, response(200, &html, format!("<p>{}</p>", excerpt(book, 300, 80)))),
        (
            "https://b.example/robots.txt",
            DAY,
            response(301, &["Location: https://www.b.example/robots.txt"], ""),
        ),
        (
            "https://www.b.example/robots.txt",
            DAY,
            response(
                200,
                &["Content-Type: text/plain"],
                "License: https://b.example/rights.xml\nUser-agent: *\nAllow: /\n",
            ),
        ),
        ("https://b.example/rights.xml", DAY, response(200, &["Content-Type: application/rsl+xml"], licence)),
        ("https://b.example/page", DAY, response(200, &html, page(1005, ""))),
    ])
}

fn decided(out: &Path) -> BTreeMap<String, String> {
    rows(&out.join("decisions.parquet"))
        .iter()
        .map(|row| {
            let said = format!("{} {} {}", text(row, "verdict"), text(row, "ground"), text(row, "protocol"));
            (text(row, "url"), said.trim_end().to_owned())
        })
        .collect()
}

#[test]
fn a_crawl_is_decided_by_what_it_holds_and_every_witness_can_be_opened() {
    let (folder, book, key) = folder();
    let archive = crawl(&book);
    fs::write(folder.path().join("corpus/crawl.warc"), &archive).unwrap();
    let args = |out: &'static str| SCAN.into_iter().chain([out, "--trust", &key, "--unknown", "keep"]);
    let said = run(folder.path(), args("run").chain(["--crawl-records"])).expect(10);
    assert!(said.stdout.contains("items carry signals"), "{said}");
    assert!(said.stdout.contains("--agent names yours"), "{said}");
    let out = folder.path().join("run");
    let decided_with = decided(&out);
    let of = |url: &str| decided_with[url].as_str();
    assert_eq!(of("https://a.example/"), "unknown unknown-not-authorised");
    assert_eq!(of("https://a.example/essays/1"), "denied stated-no robots-purpose");
    assert_eq!(of("https://a.example/noai"), "denied stated-no robots-meta");
    assert_eq!(of("https://a.example/header"), "denied stated-no tdmrep");
    assert_eq!(of("https://a.example/photo.jpg"), "denied stated-no plus");
    assert_eq!(of("https://a.example/book"), "denied reserved");
    assert_eq!(of("https://b.example/page"), "denied stated-no rsl");

    // A hash in a witness is that of bytes that lie in the archive.
    let table = rows(&out.join("decisions.parquet"));
    let witness = |url: &str| json(table.iter().find(|row| text(row, "url") == url).unwrap(), "witness");
    let robots = &witness("https://a.example/essays/1")[0];
    assert_eq!(robots["place"], "https://a.example/robots.txt");
    assert_eq!(robots["captured"], "2026-03-01T12:00:00Z");
    assert_eq!(robots["line"], 7);
    let body = archive.windows(14).position(|bytes| bytes == b"User-agent: *\n").unwrap();
    let end = body + archive[body..].windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let found = placet_signals::Found::of("", None, &archive[body..end]);
    assert_eq!(robots["sha256"], found.sha256);
    assert_eq!(witness("https://a.example/photo.jpg")[0]["place"], "https://a.example/photo.jpg#xmp");
    assert_eq!(witness("https://a.example/book")[0]["reservation"], "r1");
    assert_eq!(witness("https://b.example/page")[0]["place"], "https://b.example/rights.xml");

    let json: serde_json::Value = serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(json["schema"], "placet.run/1");
    assert_eq!(json["signals"]["crawl"]["hosts"], 3);
    assert_eq!(json["counts"]["protocols"]["train-gen/denied/rsl"], 4);
    assert_eq!(json["counts"]["media"], 1);
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("protocol = 'tdmrep' and use = 'train-gen' and verdict = 'denied'"));
    // A media file is in the cleared corpus only by a yes.
    let cleared = fs::read(out.join("cleared/crawl.warc")).unwrap();
    assert!(!String::from_utf8_lossy(&cleared).contains("photo.jpg"));

    // Without the crawl's records the sites are not heard, and that is said.
    let said = run(folder.path(), args("bare")).expect(10);
    assert!(said.stdout.contains("3 items are robots.txt"), "{said}");
    let decided_without = decided(&folder.path().join("bare"));
    assert_eq!(decided_without["https://a.example/essays/1"], "unknown unknown-not-authorised");
    assert_eq!(decided_without["https://a.example/noai"], "denied stated-no robots-meta");

    // Whoever names a crawler is told what is said to it.
    run(folder.path(), args("named").chain(["--crawl-records", "--agent", "OtherBot"])).expect(10);
    let named = decided(&folder.path().join("named"));
    assert_eq!(named["https://a.example/essays/1"], "unknown unknown-not-authorised");
    let changed = run(folder.path(), args("named").chain(["--crawl-records"])).expect(2);
    assert!(changed.stderr.contains("--agent was OtherBot and is now none"), "{changed}");
}

#[test]
fn a_snapshot_is_heard_of_lines_and_rows_and_its_hash_is_kept() {
    let (folder, _, key) = folder();
    let line = |id: &str, seed| {
        let url = format!("https://{id}.example/page");
        format!("{}\n", serde_json::json!({ "id": id, "url": url, "text": prose(seed, 60) }))
    };
    fs::write(folder.path().join("corpus/a.jsonl"), line("one", 2001) + &line("two", 2002)).unwrap();
    let site = folder.path().join("sites/one.example");
    fs::create_dir_all(site.join(".well-known")).unwrap();
    fs::write(site.join(".well-known/tdmrep.json"), r#"[{"location": "/", "tdm-reservation": 1}]"#).unwrap();
    fs::write(folder.path().join("sites/two.example"), "User-agent: *\nContent-Usage: train-ai=n\n").unwrap();
    let args = |out: &'static str| SCAN.into_iter().chain([out, "--trust", &key, "--site-records", "sites"]);
    run(folder.path(), args("run")).expect(10);
    let said = decided(&folder.path().join("run"));
    assert_eq!(said["https://one.example/page"], "denied stated-no tdmrep");
    assert_eq!(said["https://two.example/page"], "denied stated-no aipref");
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("run/run.json")).unwrap()).unwrap();
    assert_eq!(json["signals"]["snapshot"]["hosts"], 2);
    assert_eq!(json["signals"]["snapshot"]["blake3"].as_str().map(str::len), Some(64));
    assert_eq!(json["counts"]["with_site"], 2);

    fs::write(site.join("ai.txt"), "User-agent: *\nAllow: /\n").unwrap();
    let changed = run(folder.path(), args("run")).expect(2);
    assert!(changed.stderr.contains("the content of --site-records was"), "{changed}");
    let missing = SCAN.into_iter().chain(["x", "--trust", &key, "--site-records", "nowhere"]);
    run(folder.path(), missing).expect(3);
}

#[test]
fn the_archive_of_a_crawl_and_a_mirrored_site_are_checked() {
    let (folder, book, _) = folder();
    fs::write(folder.path().join("crawl.warc"), crawl(&book)).unwrap();
    let said = run(folder.path(), ["check", "crawl.warc", "--use", "train-gen"]).expect(10);
    let part = |url: &str| {
        let start = said.stdout.find(&format!("({url})")).unwrap_or_else(|| panic!("{url} in {said}"));
        said.stdout[start..].split("\ncrawl.warc").next().unwrap().to_owned()
    };
    assert!(part("https://a.example/").contains("unknown: train-gen"));
    assert!(part("https://a.example/essays/1").contains("robots-purpose says no"), "{said}");
    assert!(part("https://a.example/photo.jpg").contains("plus says no"));
    assert!(part("https://b.example/page").contains("rsl says no"));

    let site = folder.path().join("mirror.example");
    fs::create_dir_all(&site).unwrap();
    fs::write(site.join("robots.txt"), "User-agent: *\nLicense: /license.xml\n").unwrap();
    let licence = r#"<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>
        <prohibits type="usage">ai-train</prohibits></license></content></rsl>"#;
    fs::write(site.join("license.xml"), licence).unwrap();
    fs::write(site.join("index.html"), "<p>Hello.</p>").unwrap();
    fs::write(site.join("index.html.headers"), "HTTP/2 200\r\nX-Robots-Tag: noindex\r\n").unwrap();
    let args = ["--json", "check", "mirror.example", "--use", "train-gen,search"];
    let said = run(folder.path(), args).expect(10);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let page =
        json["items"].as_array().unwrap().iter().find(|i| i["url"] == "https://mirror.example/").unwrap();
    let by = |n: usize| page["decisions"][n]["witness"][0]["evidence"]["place"].as_str().unwrap_or_default();
    assert_eq!(page["decisions"][0]["use"], "search");
    assert_eq!(by(0), "https://mirror.example/#x-robots-tag");
    assert_eq!(by(1), "https://mirror.example/license.xml");
}

#[test]
fn a_sidecar_speaks_of_the_file_it_lies_beside() {
    let (folder, _, key) = folder();
    let corpus = folder.path().join("pictures");
    fs::create_dir(&corpus).unwrap();
    let packet = placet_signals::plus::write(placet_signals::plus::DataMining::Prohibited);
    for (name, bytes) in [("a.tif", &b"II*\0"[..]), ("a.xmp", packet.as_bytes()), ("b.tif", b"II*\0")] {
        fs::write(corpus.join(name), bytes).unwrap();
    }
    let args = SCAN.iter().map(|arg| if *arg == "corpus" { "pictures" } else { arg });
    let said = run(folder.path(), args.chain(["run", "--trust", &key])).expect(10);
    assert!(said.stdout.contains("2 items scanned") && said.stdout.contains("0 records or files put aside"));
    let table = rows(&folder.path().join("run/decisions.parquet"));
    let verdict = |path: &str| text(table.iter().find(|row| text(row, "path") == path).unwrap(), "verdict");
    assert_eq!((verdict("a.tif").as_str(), verdict("b.tif").as_str()), ("denied", "unknown"));
    let row = table.iter().find(|row| text(row, "path") == "a.tif").unwrap();
    let heard = &json(row, "witness")[0];
    assert_eq!(heard["place"], "a.xmp#xmp");
    assert_eq!(heard["sha256"], placet_signals::Found::of("", None, packet.as_bytes()).sha256);
}
