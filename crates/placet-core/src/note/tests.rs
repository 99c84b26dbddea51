use super::*;
use proptest::prelude::*;

// Keys, text and signatures of the tests of golang.org/x/mod/sumdb/note.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn key(text: &str) -> Verifier {
    text.parse().unwrap()
}

fn note(lines: &[&str]) -> Vec<u8> {
    format!("{TEXT}\n{}", lines.concat()).into_bytes()
}

fn names(opened: &Opened) -> Vec<&str> {
    opened.verified.iter().map(|v| v.name.as_str()).collect()
}

#[test]
fn signs_as_go_does() {
    let signer: Signer = PETER_SECRET.parse().unwrap();
    assert_eq!(sign(TEXT, &[&signer]).unwrap().into_bytes(), note(&[PETER_LINE]));
    assert_eq!(signer.verifier().to_string(), PETER);
    assert_eq!(signer.to_secret(), PETER_SECRET);
    assert!(!format!("{signer:?}").contains("gQoUAt"));
}

#[test]
fn opens_what_go_signed() {
    let both = note(&[PETER_LINE, ENOCH_LINE]);
    let opened = open(&both, &[key(PETER)]).unwrap();
    assert_eq!((opened.text.as_str(), names(&opened)), (TEXT, vec!["PeterNeumann"]));
    assert_eq!(names(&open(&both, &[key(ENOCH), key(PETER)]).unwrap()), ["PeterNeumann", "EnochRoot"]);
    assert_eq!(names(&open(&note(&[PETER_LINE, PETER_LINE]), &[key(PETER)]).unwrap()), ["PeterNeumann"]);
    assert_eq!(
        open(&both, &[]).unwrap_err().to_string(),
        "signed by none of the trusted keys (signatures: PeterNeumann+c74f20a3, EnochRoot+af0cfe78)"
    );
}

#[test]
fn a_wrong_signature_by_a_known_key_refuses_the_note() {
    let longer = PETER_LINE.replacen("SffcvI", "SffcABCDvI", 1);
    let other_text =
        note(&[PETER_LINE, ENOCH_LINE]).iter().map(|b| b ^ u8::from(*b == b'k')).collect::<Vec<_>>();
    for bad in [note(&[&longer]), note(&[PETER_LINE, &longer]), other_text] {
        let error = open(&bad, &[key(PETER)]).unwrap_err();
        assert!(
            matches!(error, NoteError::BadSignature { ref name, .. } if name == "PeterNeumann"),
            "{error}"
        );
    }
    // Nobody here knows Enoch: his broken line is left aside.
    let broken = ENOCH_LINE.replacen("SXdeX", "SXdeABCDX", 1);
    assert_eq!(names(&open(&note(&[PETER_LINE, &broken]), &[key(PETER)]).unwrap()), ["PeterNeumann"]);
}

#[test]
fn bytes_that_are_no_note_are_refused() {
    let good = String::from_utf8(note(&[PETER_LINE])).unwrap();
    for bad in [
        TEXT.to_owned(),
        format!("{TEXT}\n"),
        good.trim_end().to_owned(),
        format!("\u{1}{good}"),
        good.replace("— PeterNeumann", "— Bad Name"),
        good.replace("— PeterNeumann", "— Peter+Neumann"),
        good.replace("— ", "- "),
        good.replace("nAM=", "nAN="),
        format!("{good}Unexpected line.\n"),
        format!("{good}\n"),
        note(&[PETER_LINE; 101]).try_into().unwrap(),
    ] {
        assert!(matches!(open(bad.as_bytes(), &[key(PETER)]), Err(NoteError::Malformed(_))), "{bad}");
    }
    assert_eq!(Note::parse(&[0xff; 40]), Err(NoteError::Malformed("not UTF-8")));
    assert_eq!(Note::parse(&vec![b'a'; MAX_NOTE_BYTES + 1]), Err(NoteError::Malformed("longer than 1 MiB")));
    assert!(open(&note(&[PETER_LINE; 100]), &[key(PETER)]).is_ok());
}

#[test]
fn no_part_of_a_key_and_no_changed_key_is_a_key() {
    for whole in [PETER, PETER_SECRET] {
        let parses = |s: &str| s.parse::<Verifier>().is_ok() || s.parse::<Signer>().is_ok();
        for (a, b) in (0..whole.len()).flat_map(|a| (a + 1..=whole.len()).map(move |b| (a, b))) {
            assert!((a, b) == (0, whole.len()) || !parses(&whole[a..b]), "{}", &whole[a..b]);
        }
        for at in 0..whole.len() {
            let mut changed = whole.as_bytes().to_vec();
            changed[at] += 1;
            assert!(!parses(std::str::from_utf8(&changed).unwrap()), "{at}");
        }
    }
    // Hash fitted to the fault: a key too long, an unknown type.
    assert!(
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="
            .parse::<Verifier>()
            .is_err()
    );
    assert_eq!(
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse::<Verifier>(),
        Err(NoteError::Key("unknown signature type"))
    );
}

#[test]
fn a_cosignature_carries_its_time() {
    let log = Signer::from_seed("example.org/log", [1; 32]).unwrap();
    let witness = Signer::witness_from_seed("witness.example.org", [2; 32]).unwrap();
    let mut note = Note::parse(sign(TEXT, &[&log]).unwrap().as_bytes()).unwrap();
    note.add(witness.cosign(TEXT, 1_700_000_000).unwrap()).unwrap();
    let keys = [log.verifier().clone(), key(&witness.verifier().to_string())];
    let opened = open(note.to_string().as_bytes(), &keys).unwrap();
    assert_eq!(opened.verified.iter().map(|v| v.time).collect::<Vec<_>>(), [None, Some(1_700_000_000)]);
    // The time is under the signature.
    let mut moved = witness.cosign(TEXT, 1_700_000_000).unwrap();
    moved.bytes[7] ^= 1;
    note.add(moved).unwrap();
    assert_eq!(note.signatures().len(), 2);
    assert!(matches!(note.verify(&keys), Err(NoteError::BadSignature { .. })));
    assert!(witness.sign(TEXT).is_err() && log.cosign(TEXT, 1).is_err());
    let bytes = log.sign_bytes(b"bytes").unwrap();
    assert!(log.verifier().verify_bytes(b"bytes", &bytes));
    assert!(!log.verifier().verify_bytes(b"others", &bytes) && !keys[1].verify_bytes(b"bytes", &bytes));
}

#[test]
fn a_key_twice_in_the_list_is_one_key() {
    assert!(open(&note(&[PETER_LINE]), &[key(PETER), key(PETER)]).is_ok());
}

#[test]
fn a_text_without_a_line_break_is_not_signed() {
    let signer: Signer = PETER_SECRET.parse().unwrap();
    assert!(
        sign("abc", &[&signer]).is_err() && sign("a\tb\n", &[&signer]).is_err() && sign(TEXT, &[]).is_err()
    );
    assert!(Signer::from_seed("Peter Neumann", [0; 32]).is_err() && Signer::from_seed("", [0; 32]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,80}") {
        let _ = open(&bytes, &[key(PETER)]);
        let _ = text.parse::<Verifier>();
        let _ = text.parse::<Signer>();
        let _ = text.parse::<Signature>();
    }

    #[test]
    fn a_note_prints_back(text in "[a-z\n—]{0,60}", seed: [u8; 32], name in "[a-z./—]{1,20}") {
        let text = format!("{text}\n");
        let signer = Signer::from_seed(&name, seed).unwrap();
        let signed = sign(&text, &[&signer]).unwrap();
        let note = Note::parse(signed.as_bytes()).unwrap();
        prop_assert_eq!(note.to_string(), signed.clone());
        prop_assert_eq!(open(signed.as_bytes(), &[signer.verifier().clone()]).unwrap().text, text);
    }

    #[test]
    fn one_byte_changed_is_never_the_same_note_signed(at: prop::sample::Index, flip in 1u8..) {
        let mut bytes = note(&[PETER_LINE]);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(open(&bytes, &[key(PETER)]).is_err());
    }
}
