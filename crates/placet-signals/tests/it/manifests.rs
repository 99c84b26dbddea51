//! C2PA manifests: four entries, three values, the forms of three versions, what is broken, and real files.

use placet_core::{ParseStatus, Statement, Use, Verdict};
use placet_signals::c2pa::{Holder, Part, Signature, Unverifiable};
use placet_signals::{asset, c2pa};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    RSA_PSS_SHA256, RsaKeyPair,
};
use sha2::{Digest as _, Sha256};

/// Keys and certificates of a signer that nobody trusts; see `testdata/c2pa/SOURCE.md`.
macro_rules! signer {
    ($name:literal) => {
        (
            include_bytes!(concat!("../../testdata/c2pa/", $name, ".key")).as_slice(),
            include_bytes!(concat!("../../testdata/c2pa/", $name, ".cer")).as_slice(),
        )
    };
}

/// Algorithms, as COSE numbers them.
const ES256: i8 = -7;
const ES384: i8 = -35;
const PS256: i8 = -37;
const ED25519: i8 = -8;

fn byte_string(bytes: &[u8]) -> Vec<u8> {
    let head = match bytes.len() {
        len @ 0..=23 => vec![0x40 | len as u8],
        len @ 24..=255 => vec![0x58, len as u8],
        len => vec![0x59, (len >> 8) as u8, len as u8],
    };
    [head, bytes.to_vec()].concat()
}

/// A `COSE_Sign1` over a claim, its certificate in the protected header.
fn signed(claim: &[u8], algorithm: i8) -> Vec<u8> {
    let (key, certificate) = match algorithm {
        ES256 => signer!("es256"),
        ES384 => signer!("es384"),
        PS256 => signer!("ps256"),
        _ => signer!("ed25519"),
    };
    let number = (-1 - algorithm) as u8;
    let number = if number < 24 { vec![0x20 | number] } else { vec![0x38, number] };
    let protected = [&[0xA2, 0x01][..], &number, &[0x18, 33], &byte_string(certificate)].concat();
    let message =
        [&[0x84, 0x6A][..], b"Signature1", &byte_string(&protected), &[0x40], &byte_string(claim)].concat();
    let random = SystemRandom::new();
    let signature = match algorithm {
        ES256 => {
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key, &random).unwrap();
            key.sign(&random, &message).unwrap().as_ref().to_vec()
        }
        ES384 => {
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, key, &random).unwrap();
            key.sign(&random, &message).unwrap().as_ref().to_vec()
        }
        PS256 => {
            let key = RsaKeyPair::from_pkcs8(key).unwrap();
            let mut signature = vec![0; key.public().modulus_len()];
            key.sign(&RSA_PSS_SHA256, &random, &message, &mut signature).unwrap();
            signature
        }
        _ => Ed25519KeyPair::from_pkcs8_maybe_unchecked(key).unwrap().sign(&message).as_ref().to_vec(),
    };
    [&[0xD2, 0x84][..], &byte_string(&protected), &[0xA0, 0xF6], &byte_string(&signature)].concat()
}

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
        serde_json::Value::Number(number) => {
            [&[0x1A][..], &(number.as_u64().unwrap() as u32).to_be_bytes()].concat()
        }
        other @ serde_json::Value::Bool(_) => panic!("{other}"),
    }
}

/// An assertion, and how a claim names it.
fn assertion(label: &str, content: &serde_json::Value) -> (Vec<u8>, serde_json::Value) {
    let made = described(label, &boxed(*b"cbor", &cbor(content)));
    let hash: String = Sha256::digest(&made[8..]).iter().map(|b| format!("{b:02x}")).collect();
    let named = serde_json::json!({"url": format!("self#jumbf=c2pa.assertions/{label}"), "hash": hash});
    (made, named)
}

/// A manifest of these assertions, signed or not.
fn manifest_of(assertions: &[(Vec<u8>, serde_json::Value)], algorithm: Option<i8>) -> Vec<u8> {
    let named: Vec<_> = assertions.iter().map(|(_, named)| named.clone()).collect();
    let claim = cbor(&serde_json::json!({"alg": "sha256", "assertions": named}));
    let made: Vec<u8> = assertions.iter().flat_map(|(made, _)| made.clone()).collect();
    let mut parts = described("c2pa.assertions", &made);
    parts.extend(described("c2pa.claim", &boxed(*b"cbor", &claim)));
    if let Some(algorithm) = algorithm {
        parts.extend(described("c2pa.signature", &boxed(*b"cbor", &signed(&claim, algorithm))));
    }
    described("urn:uuid:1", &parts)
}

/// A manifest with one assertion; where it is broken, the claim names it with another hash.
fn manifest(label: &str, entries: &serde_json::Value, is_signed: bool, is_broken: bool) -> Vec<u8> {
    let mut one = assertion(label, entries);
    if is_broken {
        one.1["hash"] = "00".repeat(32).into();
    }
    manifest_of(&[one], is_signed.then_some(ES256))
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
                let (stated, defects) = c2pa::parse(&store(&[manifest(label, &value, true, false)]), None);
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
        let (stated, _) = c2pa::parse(&store(&[manifest("cawg.training-mining", &value, true, true)]), None);
        assert_eq!(says(&stated, Use::TrainGen), Some(verdict), "{word}");
        assert_eq!(stated[0].parse_status, ParseStatus::MalformedIntent);
        assert!(stated[0].evidence.quote.as_deref().unwrap().contains("signature broken"));
        let (stated, _) =
            c2pa::parse(&store(&[manifest("cawg.training-mining", &value, false, false)]), None);
        assert!(stated[0].evidence.quote.as_deref().unwrap().contains("no signature"));
    }
    // A word nobody knows is an intent.
    let value = serde_json::json!({"entries": {"cawg.ai_training": {"use": "never"}}});
    let (stated, defects) =
        c2pa::parse(&store(&[manifest("cawg.training-mining", &value, true, false)]), None);
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
        says(&c2pa::parse(&store(&manifests), None).0, Use::TrainNongen)
    };
    assert_eq!(said("notAllowed", "allowed"), Some(Verdict::Unknown));
    assert_eq!(said("allowed", "notAllowed"), Some(Verdict::Denied));
    assert_eq!(said("allowed", "allowed"), Some(Verdict::Allowed));
}

fn one_entry() -> (Vec<u8>, serde_json::Value) {
    let entries = serde_json::json!({"entries": {"cawg.ai_training": {"use": "notAllowed"}}});
    assertion("cawg.training-mining", &entries)
}

fn stands(store: &[u8], holder: Option<Holder<'_>>) -> Signature {
    c2pa::standing(store, holder).unwrap().0
}

#[test]
fn signatures_are_verified() {
    for (algorithm, name) in [(ES256, "es256"), (ES384, "es384"), (PS256, "ps256"), (ED25519, "ed25519")] {
        let whole = store(&[manifest_of(&[one_entry()], Some(algorithm))]);
        let signer = format!("Example {name}, Example Press");
        assert_eq!(c2pa::standing(&whole, None), Some((Signature::Valid, Some(signer))), "{name}");
        // The last octets are the signature's.
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(stands(&changed, None), Signature::Broken(Part::Signature), "{name}");
    }
    // An algorithm that does not go with the certificate's key, and a certificate that is none.
    let replaced = |from: &[u8], to: &[u8]| {
        let whole = store(&[manifest_of(&[one_entry()], Some(ES256))]);
        let at = whole.windows(from.len()).position(|w| w == from).unwrap();
        [&whole[..at], to, &whole[at + from.len()..]].concat()
    };
    let algorithm = replaced(&[0xA2, 0x01, 0x26, 0x18, 33], &[0xA2, 0x01, 0x27, 0x18, 33]);
    assert_eq!(stands(&algorithm, None), Signature::NotVerifiable(Unverifiable::Algorithm));
    let (_, certificate) = signer!("es256");
    let certificate = replaced(certificate, &vec![0; certificate.len()]);
    assert_eq!(stands(&certificate, None), Signature::NotVerifiable(Unverifiable::Certificate));
    // A refusal whose signature cannot be verified is a refusal.
    let (stated, _) = c2pa::parse(&algorithm, None);
    assert_eq!(says(&stated, Use::TrainNongen), Some(Verdict::Denied));
    assert_eq!(stated[0].parse_status, ParseStatus::Ok);
}

#[test]
fn another_assertion_that_was_changed_breaks_the_manifest() {
    let mut other = assertion("c2pa.actions", &serde_json::json!({"actions": "a"}));
    assert_eq!(
        stands(&store(&[manifest_of(&[one_entry(), other.clone()], Some(ES256))]), None),
        Signature::Valid
    );
    *other.0.last_mut().unwrap() = b'b';
    let changed = store(&[manifest_of(&[one_entry(), other], Some(ES256))]);
    assert_eq!(stands(&changed, None), Signature::Broken(Part::Assertion));
    let (stated, _) = c2pa::parse(&changed, None);
    assert_eq!((stated[0].verdict, stated[0].parse_status), (Verdict::Denied, ParseStatus::MalformedIntent));
}

fn holder(file: &[u8]) -> Holder<'_> {
    Holder { file, store_bytes: 8 }
}

#[test]
fn a_manifest_is_bound_to_its_file() {
    let file = b"the picture's first octets and those behind".to_vec();
    let bound = |start: u64, length: u64, kept: &[&[u8]], label: &str| {
        let hash: String = Sha256::digest(kept.concat()).iter().map(|b| format!("{b:02x}")).collect();
        let binding = serde_json::json!({
            "exclusions": [{"start": start, "length": length}], "alg": "sha256", "hash": hash,
        });
        store(&[manifest_of(&[one_entry(), assertion(label, &binding)], Some(ES256))])
    };
    let kept = [&file[..4], &file[12..]];
    let whole = bound(4, 8, &kept, "c2pa.hash.data");
    assert_eq!(stands(&whole, Some(holder(&file))), Signature::Valid);
    for (at, stood) in [(0, Part::File), (12, Part::File)] {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert_eq!(stands(&whole, Some(holder(&changed))), Signature::Broken(stood));
    }
    assert_eq!(
        stands(&whole, Some(holder(&[file.as_slice(), b"more"].concat()))),
        Signature::Broken(Part::File)
    );
    assert_eq!(stands(&whole, Some(holder(b""))), Signature::Broken(Part::File));
    // What may be left out is the manifest, not the picture.
    let all = vec![b'x'; 100_000];
    let open = bound(0, 100_000, &[], "c2pa.hash.data");
    assert_eq!(stands(&open, Some(holder(&all))), Signature::NotVerifiable(Unverifiable::Exclusions));
    let boxes = bound(4, 8, &kept, "c2pa.hash.boxes");
    assert_eq!(stands(&boxes, Some(holder(&file))), Signature::NotVerifiable(Unverifiable::Binding));
    let unbound = store(&[manifest_of(&[one_entry()], Some(ES256))]);
    assert_eq!(stands(&unbound, Some(holder(&file))), Signature::NotVerifiable(Unverifiable::Binding));
}

/// The manifest store of a JPEG and how it stands in it.
fn in_jpeg(bytes: &[u8]) -> Option<(Signature, Option<String>)> {
    asset::manifests(bytes)
        .first()
        .and_then(|store| c2pa::standing(store, Some(Holder { file: bytes, store_bytes: store.len() })))
}

#[test]
fn real_files() {
    let Some(folder) = crate::shared("c2pa") else { return };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let cawg = |bytes: &[u8]| -> Vec<Statement> {
        asset::parse(bytes).0.statements.into_iter().filter(|s| s.protocol == "cawg").collect()
    };
    let whole = read("C_with_CAWG_data.jpg");
    let quotes = |stated: &[Statement]| -> Vec<String> {
        stated.iter().map(|s| s.evidence.quote.clone().unwrap()).collect()
    };
    assert!(!cawg(&whole).is_empty());
    for quote in quotes(&cawg(&whole)) {
        assert!(quote.contains("signature valid (issuer not on a trust list)"), "{quote}");
    }
    // One octet of the picture, of an assertion, of the claim.
    let place = |words: &[u8]| whole.windows(words.len()).position(|w| w == words).unwrap();
    for (at, part) in [
        (whole.len() - 100, Part::File),
        (place(b"cawg.ai_inference") + 3, Part::Assertion),
        (place(b"c2pa.claim.v2") + 60, Part::Signature),
    ] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        let stated = cawg(&changed);
        assert!(!stated.is_empty() && stated.iter().all(|s| s.verdict != Verdict::Allowed), "{part:?}");
        for quote in quotes(&stated) {
            assert!(quote.contains(Signature::Broken(part).words()), "{part:?}: {quote}");
        }
    }
    for (name, stood) in [
        ("adobe-20220124-C.jpg", Signature::Valid),
        ("adobe-20220124-CA.jpg", Signature::Valid),
        ("adobe-20220124-CAI.jpg", Signature::Valid),
        ("adobe-20220124-E-dat-CA.jpg", Signature::Broken(Part::File)),
        ("adobe-20220124-E-sig-CA.jpg", Signature::Broken(Part::Signature)),
        ("adobe-20220124-E-clm-CAICAI.jpg", Signature::Broken(Part::Assertion)),
    ] {
        let bytes = read(&format!("jpeg/{name}"));
        assert_eq!(in_jpeg(&bytes).map(|(stood, _)| stood), Some(stood), "{name}");
        // Their assertions are about other things; nothing is made of them.
        assert_eq!(cawg(&bytes), [], "{name}");
    }
}
