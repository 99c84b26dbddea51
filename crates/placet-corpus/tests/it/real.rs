//! Real files, whole: those in `conformance/`, and the shared ones, skipped with a line that says so where
//! `PLACET_SHARED_DATA` is not set.

use std::path::PathBuf;

use placet_corpus::{Compression, ReadOptions, Record, list, open};

use crate::support::{Corpus, clear_all, gunzip, told};

fn shared(below: &str) -> Option<PathBuf> {
    let Some(data) = std::env::var_os("PLACET_SHARED_DATA") else {
        println!("skipped: PLACET_SHARED_DATA is not set");
        return None;
    };
    Some(PathBuf::from(data).join(below))
}

fn vendored(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../conformance").join(name)
}

fn told_folder(folder: &std::path::Path) -> String {
    let (sources, asides) = list(folder);
    let mut out = String::new();
    for aside in asides {
        out.push_str(&format!("listing: {aside}\n"));
    }
    for source in sources {
        if source.name == "SOURCE.md" {
            continue;
        }
        out.push_str(&format!("\n{} ({:?}, {:?})\n", source.name, source.format, source.compression));
        let records: Vec<Record> = open(&source, &ReadOptions::default()).unwrap().collect();
        out.push_str(&told(&records));
    }
    out
}

#[test]
fn warcio_is_read_whole() {
    insta::assert_snapshot!(told_folder(&vendored("warcio")));
}

#[test]
fn a_common_crawl_page_is_read_in_all_its_forms() {
    insta::assert_snapshot!(told_folder(&vendored("common_crawl_page")));
}

/// These pages may be used but not kept here: only counts are stated.
#[test]
fn crawled_pages_and_records_are_read_whole() {
    let Some(folder) = shared("corpora/dolma") else { return };
    let (sources, _) = list(&folder);
    let counts: Vec<_> = sources
        .iter()
        .map(|source| {
            let (mut items, mut passed, mut asides, mut chars) = (0, 0, 0, 0);
            for record in open(source, &ReadOptions::default()).unwrap() {
                match record {
                    Record::Item(item) => {
                        items += 1;
                        chars += item.text.chars().count();
                        assert!(item.id.is_some() && item.url.is_some());
                    }
                    Record::Passed(_) => passed += 1,
                    Record::Aside(_) => asides += 1,
                }
            }
            format!("{}: {items} items, {passed} passed, {asides} aside, {chars} characters", source.name)
        })
        .collect();
    insta::assert_debug_snapshot!(counts);
}

#[test]
fn keeping_all_of_the_real_files_reproduces_what_was_readable() {
    let folders = [Some(vendored("warcio")), Some(vendored("common_crawl_page")), shared("corpora/dolma")];
    for folder in folders.into_iter().flatten() {
        let corpus = Corpus::new();
        for source in list(&folder).0 {
            let has_aside =
                open(&source, &ReadOptions::default()).unwrap().any(|r| matches!(r, Record::Aside(_)));
            if has_aside {
                continue;
            }
            let out = corpus.path().join("out");
            clear_all(&source.path, &out);
            let (before, after) = (std::fs::read(&source.path).unwrap(), std::fs::read(&out).unwrap());
            let same = if source.compression == Compression::Gzip {
                gunzip(&before) == gunzip(&after)
            } else {
                before == after
            };
            assert!(same, "{}", source.name);
        }
    }
}
