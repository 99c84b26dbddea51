//! `placet summary`: drafts from a real scan, and what is read in published summaries.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, placet, run};

/// A registry with a work of this sentence, refused for all uses, and its pack.
fn pack_of(folder: &Path, sentence: &str) {
    run(folder, ["init"]).expect(0);
    fs::write(folder.join("work.txt"), sentence.repeat(3)).unwrap();
    run(folder, ["register", "work.txt"]).expect(0);
    run(folder, ["reserve", "--all", "--uses", "all"]).expect(0);
    run(folder, ["pack", "build", "--output", "rights.placet", "--guarantee", "20"]).expect(0);
}

/// A folder with a finished scan of three files, by three ways of coming by data.
fn scanned() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let corpus = folder.path().join("corpus");
    fs::create_dir_all(&corpus).unwrap();
    let line = |id: &str, url: &str, day: &str, text: &str| {
        format!("{}\n", serde_json::json!({ "id": id, "url": url, "timestamp": day, "text": text }))
    };
    let english = "The council met on Tuesday to talk about the new bridge over the river and about who should pay for it.";
    let german =
        "Der Gemeinderat hat am Dienstag über die neue Brücke beraten und darüber, wer sie bezahlen soll.";
    let french = "Le conseil municipal s'est réuni mardi pour parler du nouveau pont et de ceux qui devraient le payer.";
    let mut crawl = String::new();
    for (n, (host, text)) in [
        ("www.news.example.co.uk", english),
        ("zeitung.example.de", german),
        ("journal.example.fr", french),
        ("a.example.com", english),
    ]
    .into_iter()
    .enumerate()
    {
        crawl += &line(
            &format!("c{n}"),
            &format!("https://{host}/{n}"),
            &format!("2025-0{}-15T10:00:00Z", n + 2),
            text,
        );
    }
    fs::write(corpus.join("crawl.jsonl"), crawl).unwrap();
    let set = |name: &str, times: usize| {
        let text: String = (0..times)
            .map(|n| line(&format!("{name}{n}"), "https://set.example.org/", "2024-05-01T00:00:00Z", english))
            .collect();
        fs::write(corpus.join(format!("{name}.jsonl")), text).unwrap();
    };
    set("large", 80);
    set("small", 1);
    pack_of(
        folder.path(),
        "Sie sprachen lange über den Winter, der kommen sollte, und keiner von ihnen glaubte daran. ",
    );
    run(
        folder.path(),
        [
            "scan",
            "corpus",
            "--pack",
            "rights.placet",
            "--use",
            "train-gen",
            "--unknown",
            "keep",
            "--out",
            "run",
        ],
    )
    .expect(0);
    folder
}

const ANSWERS: &str = include_str!("data/answers.toml");

fn draft(folder: &Path, answers: &str) -> Run {
    fs::write(folder.join("answers.toml"), answers).unwrap();
    run(folder, ["summary", "draft", "run", "--corpus", "corpus", "--answers", "answers.toml", "--json"])
}

fn summary(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("summary/summary.json")).unwrap()).unwrap()
}

fn entry<'a>(summary: &'a Value, key: &str) -> &'a Value {
    summary["fields"].as_array().unwrap().iter().find(|entry| entry["key"] == key).unwrap()
}

#[test]
fn a_draft_is_filled_from_evidence_and_passes_the_critic() {
    let folder = scanned();
    let drafted: Value = serde_json::from_str(&draft(folder.path(), ANSWERS).expect(0).stdout).unwrap();
    assert_eq!(drafted["unanswered"], serde_json::json!([]), "{drafted}");
    let summary = summary(folder.path());
    for (key, stands, answer) in [
        ("mod.text.band", "measured", "Less than 1 billion tokens"),
        ("data.latest", "measured", "2025-05"),
        ("crawl.used", "attested", "true"),
    ] {
        let entry = entry(&summary, key);
        assert_eq!(entry["stands"], stands, "{entry}");
        assert_eq!(
            entry["answer"]["value"]
                .as_str()
                .map_or_else(|| entry["answer"]["value"].to_string(), str::to_owned),
            answer
        );
    }
    assert_eq!(
        entry(&summary, "crawl.period")["answer"]["value"],
        serde_json::json!({ "from": "2025-02", "to": "2025-05" })
    );
    let large = &entry(&summary, "pub.large")["answer"]["value"];
    assert_eq!((large.as_array().unwrap().len(), large[0]["name"].as_str()), (1, Some("Large set")));
    assert_eq!(entry(&summary, "crawl.domains")["answer"]["value"][0]["name"], "example.co.uk");
    let languages = entry(&summary, "data.languages")["answer"]["value"].as_str().unwrap();
    for word in ["English", "German", "French", "whatlang", "Irish"] {
        assert!(languages.contains(word), "{languages}");
    }
    // Every measured answer leads to a file that the summary names with its hash, and the hash is right.
    for entry in summary["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["stands"] == "measured" || e["stands"] == "both")
    {
        let evidence = entry["evidence"].as_array().unwrap();
        assert!(!evidence.is_empty(), "{entry}");
        for one in evidence {
            let file = summary["evidence"]
                .as_array()
                .unwrap()
                .iter()
                .find(|file| file["name"] == one["file"])
                .unwrap();
            let bytes = fs::read(folder.path().join(file["name"].as_str().unwrap())).unwrap();
            assert_eq!(file["blake3"], blake3::hash(&bytes).to_hex().to_string());
        }
    }
    for file in ["summary/summary.json", "summary/summary.html", "summary/summary.pdf"] {
        if folder.path().join(file).exists() {
            let said = run(folder.path(), ["summary", "lint", file]);
            assert_eq!(said.code, 0, "{said}");
        }
    }
    assert_eq!(folder.path().join("summary/summary.pdf").exists(), cfg!(feature = "pdf"));
    let page = fs::read_to_string(folder.path().join("summary/summary.html")).unwrap();
    assert!(
        !page.contains("<script") && page.contains("&lt;b&gt;Example Models Ltd"),
        "foreign text is escaped"
    );
}

#[test]
fn a_second_version_keeps_the_first_and_tells_what_changed() {
    let folder = scanned();
    draft(folder.path(), ANSWERS).expect(0);
    let path = folder.path().join("summary/summary.json");
    // The first one as if it had been made half a year ago.
    let old = fs::read_to_string(&path).unwrap();
    let made = summary(folder.path())["made"].as_str().unwrap().to_owned();
    fs::write(&path, old.replace(&format!("\"made\": \"{made}\""), "\"made\": \"2026-01-02\"")).unwrap();
    draft(folder.path(), &ANSWERS.replace("local news", "local and national news")).expect(0);
    let second = summary(folder.path());
    assert_eq!((second["version"].as_u64(), second["previous"][0]["version"].as_u64()), (Some(2), Some(1)));
    let feed = fs::read_to_string(folder.path().join("summary/feed.atom")).unwrap();
    assert!(feed.contains("Version 2") && feed.contains("2.3 Comprehensive description"), "{feed}");
    let said =
        run(folder.path(), ["summary", "diff", "summary/versions/0001/summary.json", "summary/summary.json"])
            .expect(0);
    assert!(said.stdout.contains("+ Regional and local and national news"), "{said}");
    // A version that was changed afterwards is noticed.
    fs::write(folder.path().join("summary/versions/0001/summary.json"), "{}").unwrap();
    let said = draft(folder.path(), ANSWERS).expect(3);
    assert!(said.stderr.contains("is not the version that summary.json names"), "{said}");
}

#[test]
fn answers_that_contradict_one_another_or_the_evidence_are_refused_with_their_lines() {
    let folder = scanned();
    for (from, to, says) in [
        (
            "[crawl]\nused = \"yes\"",
            "[crawl]\nused = \"no\"",
            "crawl.names: is filled, yet crawl.used in line",
        ),
        (
            "latest = \"\"",
            "latest = \"2025-01\"",
            "data.latest: states 2025-01, yet an item was captured in 2025-05",
        ),
        ("kind = \"crawled\"", "kind = \"synthetic\"", "is of kind synthetic, yet syn.used in line"),
        ("tokens = \"\"", "tokens = \"5e9\"", "mod.text.tokens: states 5000000000 tokens"),
    ] {
        let said = draft(folder.path(), &ANSWERS.replace(from, to)).expect(3);
        assert!(said.stderr.contains(says), "{said}");
        assert!(!folder.path().join("summary/summary.json").exists(), "nothing is left half-written");
    }
    // Evidence that was changed is no evidence.
    fs::remove_file(folder.path().join("run/measures.parquet")).unwrap();
    fs::write(folder.path().join("corpus/small.jsonl"), "{}").unwrap();
    let said = draft(folder.path(), ANSWERS).expect(3);
    assert!(said.stderr.contains("are not those that run.json names"), "{said}");
}

#[test]
fn what_nobody_answered_is_said_to_be_unknown() {
    let folder = scanned();
    run(folder.path(), ["summary", "answers", "--output", "empty.toml"]).expect(0);
    let said = run(folder.path(), ["summary", "draft", "run", "--answers", "empty.toml"]).expect(0);
    assert!(said.stdout.contains("not answered, and the summary says so: provider.name_contact"), "{said}");
    let summary = summary(folder.path());
    assert_eq!(entry(&summary, "crawl.used")["stands"], "unknown");
    assert_eq!(entry(&summary, "crawl.domains")["stands"], "unknown");
    assert_eq!(run(folder.path(), ["summary", "lint", "summary/summary.json"]).code, 10);
}

fn shared(name: &str) -> Option<PathBuf> {
    shared_folder("summaries").map(|folder| folder.join(name))
}

#[expect(clippy::print_stdout, reason = "a check that did not run must be seen")]
fn shared_folder(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("PLACET_SHARED_DATA") else {
        println!("skipped: PLACET_SHARED_DATA is not set, {name} cannot be read");
        return None;
    };
    Some(Path::new(&folder).join(name))
}

/// What a published summary says, field by field, read by eye: key, page, how the answer begins, how it ends.
fn reads(name: &str, expected: &[(&str, u64, &str, &str)], lints: &[&str]) {
    let Some(path) = shared(name) else { return };
    let folder = tempfile::tempdir().unwrap();
    let said = Run::of(
        placet(folder.path()).args(["summary", "lint", "--json"]).arg(&path).output().unwrap(),
        folder.path(),
    )
    .expect(10);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    let one = &value["files"][0];
    assert_eq!(one["form"], "final");
    let fields = one["fields"].as_array().unwrap();
    for (key, page, begins, ends) in expected {
        let found =
            fields.iter().find(|field| field["key"] == *key).unwrap_or_else(|| panic!("{key} was not found"));
        let words = found["value"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.starts_with(begins) && words.ends_with(ends), "{key}: {words}");
        assert_eq!(found["page"], *page, "{key}");
    }
    let keys: Vec<&str> = fields.iter().filter_map(|field| field["key"].as_str()).collect();
    for key in &keys {
        assert!(expected.iter().any(|row| row.0 == *key), "{key} was read and is not expected");
    }
    let mut found: Vec<&str> =
        one["findings"].as_array().unwrap().iter().filter_map(|f| f["lint"].as_str()).collect();
    found.dedup();
    assert_eq!(found, lints, "{said}");
}

#[test]
fn the_published_summary_of_apertus_is_read_field_by_field() {
    const NO: &str = "☐ Yes ☒ No";
    reads(
        "Apertus_2025_11_12.pdf",
        &[
            ("doc.version", 1, "V1", "V1"),
            ("doc.last_update", 1, "01/09/2025", "01/09/2025"),
            (
                "provider.name_contact",
                1,
                "Swiss National AI Institute, a partnership",
                "llm-requests@swiss-ai.org",
            ),
            ("provider.authrep", 1, "N/A", "N/A"),
            (
                "model.names",
                1,
                "Apertus-8B, https://huggingface.co/swiss-ai/Apertus-8B",
                "https://huggingface.co/swiss-ai/Apertus-70B-Instruct",
            ),
            ("model.dependencies", 1, "N/A", "N/A"),
            ("model.date_placed", 1, "Sept 2nd, 2025", "2025"),
            ("mod.selected", 1, "☒ Text ☐ Image", "☐ Other"),
            ("mod.text.band", 1, "More than 10 trillions tokens", "tokens"),
            ("mod.text.size", 1, "15 trillion tokens", "tokens"),
            (
                "mod.text.types",
                1,
                "Public text-only datasets derived mainly",
                "open-data open-weights model).",
            ),
            (
                "data.latest",
                1,
                "Main pretraining dataset knowledge cutoff is 03/2024",
                "later date of collection.",
            ),
            (
                "data.languages",
                1,
                "The pretraining dataset includes more than 1000 languages",
                "not present in most leading LLMs yet.",
            ),
            ("data.characteristics", 2, "Data has been rigorously filtered", "during model training."),
            (
                "data.comments",
                2,
                "The Apertus tokenizer builds upon",
                "(see also the Apertus technical report).",
            ),
            ("pub.used", 2, "☒ Yes ☐ No", "No"),
            ("pub.modalities", 2, "☒ Text ☐ Image ☐ Video ☐ Audio", "specify…"),
            ("pub.large", 2, "The following large pretraining datasets", "LLM360/MegaMath"),
            ("pub.other", 2, "Other smaller publicly available", "project Gutenberg books."),
            ("pub.comments", 2, "The full training data", "https://github.com/swiss-ai/posttrain-data"),
            ("lic.any", 3, NO, "No"),
            ("priv.any", 3, NO, "No"),
            ("priv.comments", 3, "Providers may also disclose", "further details."),
            ("crawl.used", 3, NO, "No"),
            ("user.model", 3, NO, "No"),
            ("user.services", 3, NO, "No"),
            ("syn.used", 3, NO, "No"),
            ("oth.used", 3, NO, "No"),
            ("tdm.signatory", 4, NO, "No"),
            ("tdm.measures", 4, "In curating the training data", "IBAN) removal."),
            ("tdm.comments", 4, "Please refer to Chapter B", "tice.pdf"),
            ("illegal.measures", 4, "Before training, toxic documents", "reduce problematic content."),
            (
                "other.processing",
                4,
                "In addition to the full transparency",
                "Apertus_EU_Code_of_Practice.pdf",
            ),
        ],
        &["L6", "L10", "L12", "L14", "L15"],
    );
}

#[test]
fn the_published_summary_of_smollm3_is_read_field_by_field() {
    reads(
        "SmolLM_33B_2025_11_12.pdf",
        &[
            ("doc.version", 1, "v1.0: https://huggingface.co/spaces/hfmlsoc/", "commits/main"),
            ("doc.last_update", 1, "25/07/2025", "25/07/2025"),
            (
                "provider.name_contact",
                2,
                "Hugging Face Inc., Email: legal@huggingface.co",
                "legal@huggingface.co",
            ),
            ("model.names", 2, "SmolLM3-3B", "SmolLM3-3B"),
            ("model.dependencies", 3, "None", "None"),
            ("mod.selected", 3, "☒ Text ☐ Image", "☐ Other"),
            ("mod.text.band", 3, "more than 10 trillion tokens", "tokens"),
            (
                "mod.text.types",
                3,
                "The training corpus is made up of 11 trillion tokens",
                "task-solving behaviors.",
            ),
            ("data.latest", 3, "The training dataset is made up of", "2/19/2025 (FineWeb2-HQ)"),
            ("data.languages", 3, "The overall training process focuses on 6 languages", "filtering stages."),
            ("data.characteristics", 3, "The training data also includes", "Go, and Rust)."),
            ("pub.used", 4, "☑ Yes", "Yes"),
            ("pub.modalities", 4, "☑ Text", "Text"),
            ("pub.large", 4, "DCLM: https://hf.co/datasets/mlfoundations/dclm-", "HuggingFaceTB/smoltalk2"),
            (
                "pub.other",
                5,
                "In addition to the large datasets cited above",
                "datasets-685a7353fdc01aecde51b1d9",
            ),
            ("lic.any", 5, "☐ No", "No"),
            ("priv.any", 6, "☐ No", "No"),
            ("crawl.used", 6, "☐ No", "No"),
            ("user.model", 6, "☐ No", "No"),
            ("user.services", 6, "☐ No", "No"),
            ("syn.used", 6, "☑ Yes", "Yes"),
            ("syn.modalities", 6, "☑ Text", "Text"),
            ("syn.other", 6, "Additional data was generated using the Qwen3-32B", "open-weight models."),
            ("syn.comments", 7, "Some parts of the SmolTalk2", "smoltalk2#license."),
            ("oth.used", 7, "☐ No", "No"),
            ("tdm.measures", 8, "The training corpus for SmolLM3-3B is made up of", "dataset custodian."),
            ("illegal.measures", 8, "Each of the component datasets", "categories of personal data."),
        ],
        &["L2", "L6", "L8", "L10", "L11", "L15"],
    );
}

#[test]
fn what_is_no_summary_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("broken.pdf", b"%PDF-1.7\n1 0 obj <</Type".as_slice()),
        ("soup.html", b"<p><b>no <table><td>form<p></b>".as_slice()),
        ("other.json", b"{\"schema\": \"placet.run/1\"}".as_slice()),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let said = run(folder.path(), ["summary", "lint", name]).expect(3);
        assert!(said.stderr.contains(name) && said.stderr.contains("hint:"), "{said}");
    }
}

#[test]
fn an_index_answers_words_and_names_the_models_without_a_summary() {
    let Some(path) = shared("Apertus_2025_11_12.pdf") else { return };
    let folder = tempfile::tempdir().unwrap();
    let said = Run::of(
        placet(folder.path()).args(["summary", "index", "add"]).arg(&path).output().unwrap(),
        folder.path(),
    )
    .expect(0);
    assert!(said.stdout.contains("Apertus-8B"), "{said}");
    let said = run(folder.path(), ["summary", "search", "commoncrawl"]).expect(0);
    assert!(
        said.stdout.contains("section 2.1 pub.large, page 2") && said.stdout.contains("[CommonCrawl]"),
        "{said}"
    );
    let said =
        run(folder.path(), ["summary", "search", "CommonCrawl", "--field", "illegal.measures"]).expect(0);
    assert!(said.stdout.contains("no summary in the index"), "{said}");
    fs::write(folder.path().join("models.txt"), "Apertus-70B\n# a remark\nExample-1\n").unwrap();
    let said = run(folder.path(), ["summary", "missing", "models.txt"]).expect(0);
    assert_eq!(said.stdout.lines().next(), Some("1 of 2 models have no summary in the index"), "{said}");
    assert!(said.stdout.contains("  Example-1"), "{said}");
}

#[test]
fn a_list_of_works_and_the_diversity_of_a_corpus_come_from_the_same_tables() {
    let folder = scanned();
    let said = run(folder.path(), ["list", "export", "run", "--law", "us-clear"]).expect(2);
    assert!(said.stderr.contains("--dataset"), "{said}");
    let said = run(folder.path(), ["list", "export", "run", "--law", "us-train"]).expect(2);
    assert!(said.stderr.contains("--issuer"), "{said}");
    let said = run(folder.path(), ["list", "export", "run", "--law", "eu"]).expect(0);
    assert!(said.stdout.contains("not exhaustive"), "{said}");
    let table = fs::read_to_string(folder.path().join("works.csv")).unwrap();
    assert!(table.starts_with("law,run,as_of,issuer,work_id,title,act,verdict"), "{table}");
    run(folder.path(), ["summary", "measure", "run", "--corpus", "corpus"]).expect(0);
    let said = run(folder.path(), ["diversity", "run", "--json"]).expect(0);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    // By hand: 4 + 80 + 1 documents; one address each in .uk, .de and .fr, one in example.com, the rest in example.org.
    assert_eq!((report["items"].as_u64(), report["concentration"]["domains"].as_u64()), (Some(85), Some(5)));
    assert_eq!(report["without_country"], 82);
    let languages: Vec<(&str, u64)> = report["languages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| (part["code"].as_str().unwrap(), part["items"].as_u64().unwrap()))
        .collect();
    assert_eq!(languages, [("en", 83), ("fr", 1), ("de", 1)]);
    assert_eq!(report["union_not_known"], serde_json::json!(["Irish", "Maltese"]));
}

/// A scan of pages as Common Crawl keeps them, and of the sample crawl of Dolma where that is at hand.
fn crawled() -> (TempDir, bool) {
    let folder = tempfile::tempdir().unwrap();
    let corpus = folder.path().join("corpus");
    fs::create_dir_all(corpus.join("crawl")).unwrap();
    fs::create_dir_all(corpus.join("cc")).unwrap();
    let vendored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/common_crawl_page");
    fs::copy(vendored.join("whirlwind.warc.gz"), corpus.join("crawl/page.warc.gz")).unwrap();
    fs::copy(vendored.join("whirlwind.warc.wet.gz"), corpus.join("cc/page.warc.wet.gz")).unwrap();
    let dolma = shared_folder("corpora/dolma");
    if let Some(dolma) = &dolma {
        fs::copy(dolma.join("sample-0000.warc.gz"), corpus.join("crawl/sample.warc.gz")).unwrap();
        fs::copy(dolma.join("cc_en_head-0091.jsonl.gz"), corpus.join("cc/head.jsonl.gz")).unwrap();
    }
    pack_of(
        folder.path(),
        "Nobody on the pier could say why the lights had gone out before the ships were home again. ",
    );
    let scan = [
        "scan",
        "corpus",
        "--pack",
        "rights.placet",
        "--use",
        "train-gen",
        "--unknown",
        "keep",
        "--out",
        "run",
    ];
    run(folder.path(), scan).expect(0);
    (folder, dolma.is_some())
}

const CRAWL_SOURCES: &str = r#"[[source]]
name = "Own crawl"
kind = "crawled"
paths = ["crawl/"]

[[source]]
name = "Common Crawl"
kind = "public-dataset"
paths = ["cc/"]
link = "https://commoncrawl.org/"
version = "CC-MAIN-2024-22"
selection = "pages in English of the head, and one page of the Aragonese encyclopaedia"

"#;

#[test]
fn a_draft_from_a_real_crawl_passes_its_own_critic() {
    let (folder, whole) = crawled();
    let home = folder.path();
    // The answers of a person, with the sources of this corpus.
    let (head, rest) = ANSWERS.split_once("[[source]]").unwrap();
    let (_, tail) = rest.split_once("[doc]").unwrap();
    let answers = format!("{head}{CRAWL_SOURCES}[doc]{tail}")
        .replace("languages = \"\"", "languages = \"Aragonese, which the detector does not know.\"");
    let drafted: Value = serde_json::from_str(&draft(home, &answers).expect(0).stdout).unwrap();
    assert_eq!(drafted["unanswered"], serde_json::json!([]), "{drafted}");
    let mut files = vec!["summary/summary.json", "summary/summary.html"];
    if cfg!(feature = "pdf") {
        files.push("summary/summary.pdf");
    }
    let mut read: Vec<Vec<(String, String)>> = Vec::new();
    for file in files {
        let said = run(home, ["summary", "lint", file, "--json"]);
        let printed: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(
            (said.code, &printed["files"][0]["findings"]),
            (0, &serde_json::json!([])),
            "{file}: {said}"
        );
        let field = |field: &Value| {
            let words =
                |name: &str| field[name].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            (words("key"), words("value"))
        };
        let fields = printed["files"][0]["fields"].as_array().unwrap();
        let answered =
            |(_, value): &(String, String)| !value.is_empty() && !value.starts_with("Not applicable");
        read.push(fields.iter().map(field).filter(answered).collect());
    }
    // The critic reads the same answers in each form.
    for other in &read[1..] {
        for (key, value) in other.iter().filter(|(key, _)| key != "mod.selected") {
            let said = read[0].iter().find(|(of, _)| of == key).map(|(_, value)| value.replace(' ', ""));
            assert_eq!(said.as_deref(), Some(&*value.replace(' ', "")), "{key}");
        }
    }
    let summary = summary(home);
    let domains = entry(&summary, "crawl.domains")["answer"]["value"].as_array().unwrap();
    assert!(domains.iter().any(|named| named["name"] == "wikipedia.org") || whole, "{domains:?}");
    // By hand: what the page was captured at, as its record says.
    assert_eq!(entry(&summary, "crawl.period")["answer"]["value"]["to"], "2024-05");
}

#[test]
fn sealed_uses_are_evidence_and_what_is_not_sealed_is_not_claimed() {
    let folder = scanned();
    let home = folder.path();
    run(home, ["summary", "measure", "run", "--corpus", "corpus"]).expect(0);
    run(home, ["log", "create", "log.example.org/uses"]).expect(0);
    fs::write(home.join("answers.toml"), ANSWERS).unwrap();
    let args = ["summary", "draft", "run", "--answers", "answers.toml", "--log", "placet"];
    let said = run(home, args).expect(0);
    assert!(said.stderr.contains("is not sealed in the log log.example.org/uses"), "{said}");
    let measures = |home: &Path| {
        let summary = summary(home);
        let entry = entry(&summary, "tdm.measures");
        (entry["answer"]["value"].as_str().unwrap().to_owned(), entry["evidence"].to_string())
    };
    assert!(!measures(home).0.contains("sealed"));
    assert!(!home.join("summary/log-checkpoint").exists());
    run(home, ["seal", "run", "--model", "Example-1", "--stage", "pre-training", "--pack", "rights.placet"])
        .expect(0);
    run(home, args).expect(0);
    let (says, evidence) = measures(home);
    assert!(
        says.contains("use records of run) is sealed in the log log.example.org/uses, entries 0 to "),
        "{says}"
    );
    assert!(evidence.contains("log-checkpoint"), "{evidence}");
    let kept = fs::read(home.join("summary/log-checkpoint")).unwrap();
    assert_eq!(kept, fs::read(home.join("placet/log/checkpoint")).unwrap());
    let summary = summary(home);
    let files = summary["evidence"].as_array().unwrap();
    let file = files.iter().find(|file| file["name"] == "log-checkpoint").unwrap();
    assert_eq!(file["blake3"], blake3::hash(&kept).to_hex().to_string());
    assert_eq!(run(home, ["summary", "lint", "summary/summary.json"]).code, 0);
}
