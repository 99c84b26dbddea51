//! C2PA manifests: four entries, three values, the forms of three versions, what is broken, and real files.

use placet_core::{ParseStatus, Statement, Use, Verdict};
use placet_signals::{asset, c2pa};
use sha2::{Digest as _, Sha256};

fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], &kind, content].concat()
}

fn described(label: &str, content: &[u8]) -> Vec<u8> {
    let head = [&[0; 16][..], &[3], label.as_bytes(), &[0]].concat();
    boxed(*b"jumb", &[boxed(*b"jumd", &head), content.to_vec()].concat())
}

/// JSON as CBOR; a text of 64 hexadecimal digits becomes a byte string, as hashes are.
fn cbor(value: &serde_json::Value) -> Vec<u8> {
    let head = |major: u8, len: usize| match len {
        0..=23 => vec![major << 5 | len as u8],
        24..=255 => vec![major << 5 | 0x18, len as u8],
        _ => vec![major << 5 | 0x19, (len >> 8) as u8, len as u8],
    };
    match value {
        serde_json::Value::Object(map) => {
            let mut out = head(5, map.len());
            for (key, value) in map {
                out.extend(cbor(&serde_json::Value::from(key.as_str())));
                out.extend(cbor(value));
            }
            out
        }
        serde_json::Value::Array(items) => {
            [head(4, items.len()), items.iter().flat_map(cbor).collect()].concat()
        }
        serde_json::Value::String(text)
            if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            let bytes: Vec<u8> =
                (0..32).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect();
            [head(2, 32), bytes].concat()
        }
        serde_json::Value::String(text) => [head(3, text.len()), text.as_bytes().to_vec()].concat(),
        serde_json::Value::Null => vec![0xF6],
        other => panic!("{other}"),
    }
}

/// A manifest with one assertion, whose claim names it; `broken` changes the assertion afterwards.
fn manifest(label: &str, entries: &serde_json::Value, signed: bool, broken: bool) -> Vec<u8> {
    let assertion = described(label, &boxed(*b"cbor", &cbor(entries)));
    let hash: String = Sha256::digest(&assertion[8..]).iter().map(|b| format!("{b:02x}")).collect();
    let hash = if broken { "00".repeat(32) } else { hash };
    let claim = serde_json::json!({
        "alg": "sha256",
        "assertions": [{"url": format!("self#jumbf=c2pa.assertions/{label}"), "hash": hash}],
    });
    let mut parts = described("c2pa.assertions", &assertion);
    parts.extend(described("c2pa.claim", &boxed(*b"cbor", &cbor(&claim))));
    if signed {
        parts.extend(described("c2pa.signature", &boxed(*b"cbor", &[0x40])));
    }
    described("urn:uuid:1", &parts)
}

fn store(manifests: &[Vec<u8>]) -> Vec<u8> {
    described("c2pa", &manifests.concat())
}

fn says(stated: &[Statement], u: Use) -> Option<Verdict> {
    stated.iter().filter_map(|s| s.says(u)).reduce(Verdict::join)
}

const CATEGORIES: [(&str, Use); 4] = [
    ("data_mining", Use::Tdm),
    ("ai_inference", Use::AiInput),
    ("ai_training", Use::TrainNongen),
    ("ai_generative_training", Use::TrainGen),
];

#[test]
fn four_entries_three_values_three_versions() {
    for (category, u) in CATEGORIES {
        for (word, verdict) in [
            ("allowed", Verdict::Allowed),
            ("notAllowed", Verdict::Denied),
            ("constrained", Verdict::Conditional),
        ] {
            for (label, prefix, flat, version) in [
                ("cawg.training-mining", "cawg", false, "1.1"),
                ("cawg.training-mining", "cawg", true, "1.0"),
                ("c2pa.training-mining", "c2pa", false, "c2pa-1.4"),
            ] {
                let entry = serde_json::json!({format!("{prefix}.{category}"): {"use": word, "constraint_info": "ask"}});
                let value = if flat { entry } else { serde_json::json!({"entries": entry, "metadata": {}}) };
                let (stated, defects) = c2pa::parse(&store(&[manifest(label, &value, true, false)]));
                assert_eq!(defects, [], "{label} {category} {word}");
                assert_eq!((stated.len(), says(&stated, u)), (1, Some(verdict)), "{label} {category} {word}");
                assert_eq!(stated[0].version.as_deref(), Some(version));
                // Categories are separate: nothing is said of the others.
                for (_, other) in CATEGORIES.iter().filter(|(c, _)| *c != category) {
                    assert_eq!(says(&stated, *other), None, "{category} {other}");
                }
            }
        }
    }
}

#[test]
fn what_is_broken_is_flagged_and_never_a_grant() {
    for (word, verdict) in
        [("allowed", Verdict::Unknown), ("notAllowed", Verdict::Denied), ("constrained", Verdict::Unknown)]
    {
        let value = serde_json::json!({"entries": {"cawg.ai_generative_training": {"use": word}}});
        let (stated, _) = c2pa::parse(&store(&[manifest("cawg.training-mining", &value, true, true)]));
        assert_eq!(says(&stated, Use::TrainGen), Some(verdict), "{word}");
        assert_eq!(stated[0].parse_status, ParseStatus::MalformedIntent);
        assert!(stated[0].evidence.quote.as_deref().unwrap().contains("signature broken"));
        let (stated, _) = c2pa::parse(&store(&[manifest("cawg.training-mining", &value, false, false)]));
        assert!(stated[0].evidence.quote.as_deref().unwrap().contains("no signature"));
    }
    // A word nobody knows is an intent.
    let value = serde_json::json!({"entries": {"cawg.ai_training": {"use": "never"}}});
    let (stated, defects) = c2pa::parse(&store(&[manifest("cawg.training-mining", &value, true, false)]));
    assert_eq!(
        (stated[0].verdict, stated[0].parse_status, defects.len()),
        (Verdict::Unknown, ParseStatus::MalformedIntent, 1)
    );
}

#[test]
fn what_an_ingredient_said_is_a_question() {
    let entry = |word: &str| serde_json::json!({"entries": {"cawg.ai_training": {"use": word}}});
    let said = |ingredient: &str, active: &str| {
        let manifests =
            [ingredient, active].map(|w| manifest("cawg.training-mining", &entry(w), true, false));
        says(&c2pa::parse(&store(&manifests)).0, Use::TrainNongen)
    };
    assert_eq!(said("notAllowed", "allowed"), Some(Verdict::Unknown));
    assert_eq!(said("allowed", "notAllowed"), Some(Verdict::Denied));
    assert_eq!(said("allowed", "allowed"), Some(Verdict::Allowed));
}

#[test]
fn real_files() {
    let Some(folder) = crate::shared("c2pa") else { return };
    let read = |name: &str| asset::parse(&std::fs::read(folder.join(name)).unwrap()).0.statements;
    let stated: Vec<Statement> =
        read("C_with_CAWG_data.jpg").into_iter().filter(|s| s.protocol == "cawg").collect();
    assert!(!stated.is_empty());
    for s in &stated {
        let quote = s.evidence.quote.as_deref().unwrap();
        assert!(quote.contains("signature not verified"), "{quote}");
    }
    // Their assertions are about other things; nothing is made of them.
    for name in [
        "adobe-20220124-C.jpg",
        "adobe-20220124-E-dat-CA.jpg",
        "adobe-20220124-E-sig-CA.jpg",
        "adobe-20220124-E-clm-CAICAI.jpg",
    ] {
        assert!(read(&format!("jpeg/{name}")).iter().all(|s| s.protocol != "cawg"), "{name}");
    }
}
