use proptest::prelude::*;

use super::*;
use crate::import::delivery::Heard;

fn heard(xml: &[u8]) -> Heard {
    let mut heard = Heard::default();
    read(xml, &mut heard).unwrap();
    heard
}

const SHORT_TAGS: &str = "<?xml version='1.0'?><ONIXmessage release='3.1'><header><sender><x298>Example Press</x298></sender>\
    <x307>20260630</x307></header><product><a001>p1</a001><a002>03</a002>\
    <productidentifier><b221>15</b221><b244>9780306406157</b244></productidentifier>\
    <descriptivedetail><b012>BC</b012><titledetail><b202>01</b202><titleelement><x409>01</x409><b030>The</b030><b031>Song</b031>\
    <b029>A tale</b029></titleelement></titledetail>\
    <contributor><b035>A01</b035><nameidentifier><x415>16</x415><b244>0000000121032683</b244></nameidentifier>\
    <b039>Ada</b039><b040>Byron</b040></contributor>\
    <contributor><b035>B06</b035><b036>Karl Beispiel</b036></contributor>\
    <contributor><b035>Z99</b035><b047>Somebody</b047></contributor>\
    <contributor><b035>A01</b035><b249>04</b249></contributor>\
    <language><b253>01</b253><b252>ger</b252></language>\
    <epubusageconstraint><x318>11</x318><x319>03</x319></epubusageconstraint></descriptivedetail>\
    <publishingdetail><publisher><b291>01</b291><b081>Example Press</b081></publisher></publishingdetail></product>\
    <product><a001>p2</a001><a002>05</a002><productidentifier><b221>15</b221><b244>9780306406157</b244></productidentifier>\
    </product><product><a001>p3</a001><a002>88</a002></product></ONIXmessage>";

#[test]
fn products_with_short_tags() {
    insta::assert_snapshot!(heard(SHORT_TAGS.as_bytes()).to_string());
}

#[test]
fn real_messages() {
    for name in ["onix2-single.xml", "onix3-single.xml", "Onix3.1-single-ref.xml", "Onix3.1-single-short.xml"]
    {
        let Some(path) = crate::shared_data(&format!("catalogues/onix/{name}")) else { return };
        insta::assert_snapshot!(name, heard(&std::fs::read(path).unwrap()).to_string());
    }
}

/// The same message as another reader (jonix) wrote it in JSON: numbers, names and roles agree.
#[test]
fn another_reader_finds_the_same() {
    for name in ["onix2-single", "onix3-single"] {
        let Some(path) = crate::shared_data(&format!("catalogues/onix/{name}.xml")) else { return };
        let heard = heard(&std::fs::read(&path).unwrap());
        let json: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        let mut values = Vec::new();
        collect(&json, &mut values);
        let work = &heard.works.first().unwrap().work;
        let isbn = work.identifiers.iter().find_map(|id| id.strip_prefix("isbn:")).unwrap();
        assert!(values.iter().any(|v| v == isbn), "{isbn}");
        for credit in work.credits.iter().filter(|c| c.role != Role::Publisher) {
            // jonix lost letters beyond ASCII in one of the files.
            let ascii = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
            let key = credit.name.split(',').next().unwrap();
            assert!(
                values.iter().any(|v| ascii(v).starts_with(&ascii(key))
                    || ascii(key).starts_with(&ascii(v)) && !ascii(v).is_empty()),
                "{}",
                credit.name
            );
        }
        let parties: std::collections::BTreeSet<&str> = work
            .credits
            .iter()
            .filter(|c| c.role != Role::Publisher)
            .map(|c| c.name.as_str())
            .chain(work.extra.iter().filter(|(n, _)| n.starts_with("contributor")).map(|(_, v)| v.as_str()))
            .collect();
        let listed = json.pointer("/descriptiveDetail/contributors").or(json.pointer("/contributors"));
        assert_eq!(Some(parties.len()), listed.and_then(|c| c.as_array()).map(Vec::len), "{name}");
    }
}

fn collect(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.trim().to_owned()),
        serde_json::Value::Array(items) => items.iter().for_each(|v| collect(v, into)),
        serde_json::Value::Object(members) => members.values().for_each(|v| collect(v, into)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn never_panics(at in 0usize..SHORT_TAGS.len(), length in 0usize..40, text in "[ -~é]{0,12}") {
        let mut bytes = SHORT_TAGS.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, text.bytes());
        let _ = read(bytes.as_slice(), &mut Heard::default());
    }
}
