use proptest::prelude::*;

use super::*;
use crate::import::delivery::Heard;

const JSON: &str = r#"{"id":"r-1","title":"Aria sung","length":1000,"isrcs":["GBAYC1700598"],
    "artist-credit":[{"name":"Ada","artist":{"id":"a-1","name":"Ada"}}],
    "relations":[{"type":"vocal","target-type":"artist","attributes":["guest"],"artist":{"id":"a-2","name":"Bob"}},
        {"type":"engineer","target-type":"artist","artist":{"id":"a-3","name":"Eve"}},
        {"type":"performance","target-type":"work","work":{"id":"w-1","title":"Aria","iswcs":["T-034.524.680-1"],
            "language":"deu","relations":[{"type":"writer","target-type":"artist","artist":{"id":"a-1","name":"Ada"}},
            {"type":"publishing","target-type":"label","label":{"id":"l-1","name":"House"}}]}}]}"#;

#[test]
fn a_recording_in_json() {
    assert!(is_reply(JSON));
    let mut heard = Heard::default();
    read_json(JSON.as_bytes(), &mut heard).unwrap();
    insta::assert_snapshot!(heard.to_string());
}

#[test]
fn real_replies() {
    let Some(folder) = crate::shared_data("catalogues/musicbrainz") else { return };
    for name in ["search-work.xml", "search-recording.xml", "2326c2e8-be4b-4300-acc6-dbd0adf5645b-works.xml"]
    {
        let mut heard = Heard::default();
        read_xml(std::fs::File::open(folder.join(name)).unwrap(), &mut heard).unwrap();
        insta::assert_snapshot!(name, heard.to_string());
    }
    let mut counts = String::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "xml")) {
        let mut heard = Heard::default();
        read_xml(std::fs::File::open(path).unwrap(), &mut heard).unwrap();
        let claims: usize = heard.works.iter().map(|d| d.claims.len()).sum();
        let name = path.file_name().unwrap().to_string_lossy();
        counts +=
            &format!("{name}: {} works, {claims} claims, {} notes\n", heard.works.len(), heard.notes.len());
    }
    insta::assert_snapshot!("counts", counts);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn never_panics(at in 0usize..JSON.len(), length in 0usize..30, text in "[ -~]{0,12}") {
        let mut bytes = JSON.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, text.bytes());
        let _ = read_json(&bytes, &mut Heard::default());
        let xml = format!("<metadata><work id='1'><title>{text}</title><relation-list><relation type='{text}'/></relation-list></work></metadata>");
        let _ = read_xml(xml.as_bytes(), &mut Heard::default());
    }
}
