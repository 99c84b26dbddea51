//! From a register in a log to an answer that a stranger verifies, and every way in which it must not verify.

use std::path::Path;
use std::process::Command;

use placet_core::note::Signer;
use placet_log::answer::{AnswerError, Expected, Source, UseRow, commit_uses, verify};
use placet_log::blind::BlindKey;
use placet_log::cbor::Value;
use placet_log::checkpoint::Checkpoint;
use placet_log::hash::Hash;
use placet_log::leaf::{self, Leaf};
use placet_log::policy::{Policy, Untrusted};
use placet_log::private::{Private, Salts};
use placet_log::register::Register;
use placet_log::store::{Reader, Writer};
use placet_log::tlog_proof::TlogProof;
use placet_log::witness::{AddCheckpoint, Witness, add_cosignatures};

const ISBN: &str = "isbn:9780306406157";

struct Provider {
    folder: tempfile::TempDir,
    reader: Reader,
    register: Register,
    key: BlindKey,
    entry: Vec<u8>,
    private: Private,
    uses: Vec<UseRow>,
    salt: [u8; 32],
    policy: Policy,
}

fn provider() -> Provider {
    let folder = tempfile::tempdir().unwrap();
    let (log, state) = (folder.path().join("log"), folder.path().join("state"));
    let signer = Signer::from_seed("log.example.org/uses", [1; 32]).unwrap();
    let key = BlindKey::derive(&[2; 32], b"register").unwrap();
    let salts = Salts::new([3; 32]);
    let uses = vec![UseRow {
        use_name: "train-gen".into(),
        verdict: "allowed".into(),
        amount: 1200,
        unit: "letters".into(),
        repetitions: 3,
        ground: "grant:42".into(),
        shard: 0,
    }];
    let salt = salts.salt(Hash::EMPTY, 0, ISBN);
    let mut entries: Vec<(Hash, Hash)> =
        (0..50u8).map(|n| (key.key(format!("isbn:{n}").as_bytes()).unwrap(), Hash::leaf(&[n]))).collect();
    entries.push((key.key(ISBN.as_bytes()).unwrap(), commit_uses(&salt, &uses)));
    let register = Register::new(entries).unwrap();
    let fields = vec![("model".to_owned(), Value::text("Model X 2.1")), ("secret".to_owned(), Value::int(5))];
    let private = Private::new(&salts, Hash::leaf(b"register"), fields);
    let entry = Leaf::Register(leaf::Register {
        period: "2026-Q3".into(),
        root: register.root(),
        key: key.public(),
        from: 0,
        until: 1,
        private: private.root(),
    })
    .encode();
    let mut writer = Writer::create(&log, &state, signer.clone()).unwrap();
    writer.append(b"a shard").unwrap();
    writer.append(&entry).unwrap();
    writer.append(b"something later").unwrap();
    writer.seal().unwrap();
    let witness = Witness {
        signer: Signer::witness_from_seed("witness.example", [4; 32]).unwrap(),
        logs: vec![signer.verifier().clone()],
    };
    let note = Reader::open(&log).unwrap().note().to_owned();
    let body = AddCheckpoint { old: 0, proof: vec![], checkpoint: note.clone() }.to_body();
    let answer = witness.add_checkpoint(body.as_bytes(), |_| None, 1_790_000_000);
    let cosigned = add_cosignatures(note.as_bytes(), &answer.body, witness.signer.verifier()).unwrap();
    let reader = Reader::at(&log, cosigned.as_bytes()).unwrap();
    let (log, witness) = (signer.verifier(), witness.signer.verifier());
    let policy = Policy::parse(format!("log {log}\nwitness w {witness}\nquorum w\n").as_bytes()).unwrap();
    Provider { folder, reader, register, key, entry, private, uses, salt, policy }
}

impl Provider {
    fn outer(&self, index: u64) -> TlogProof {
        let hashes = self.reader.tiles().inclusion_proof(index).unwrap();
        TlogProof { extra: None, index, hashes, checkpoint: self.reader.note().to_owned() }
    }

    fn source(&self) -> Source<'_> {
        Source { leaf: &self.entry, private: &self.private, show: &["model"] }
    }

    fn answer_with(
        &self,
        work: &str,
        key: &BlindKey,
        register: &Register,
        uses: Option<(&[UseRow], [u8; 32])>,
    ) -> TlogProof {
        let (found, proof) = key.prove(work.as_bytes()).unwrap();
        self.source().answer(work, &proof, &register.lookup(found).1, uses, self.outer(1))
    }

    fn answer(&self, work: &str) -> String {
        let uses = (work == ISBN).then_some((self.uses.as_slice(), self.salt));
        self.answer_with(work, &self.key, &self.register, uses).to_string()
    }
}

#[test]
fn presence_shows_the_uses_and_absence_is_proven() {
    let provider = provider();
    let expected = Expected { work: Some(ISBN), period: Some("2026-Q3"), size_known: Some(3) };
    let proven = verify(provider.answer(ISBN).as_bytes(), &provider.policy, expected).unwrap();
    assert_eq!(proven.uses, Some(provider.uses.clone()));
    assert_eq!(proven.fields, [("model".to_owned(), Value::text("Model X 2.1"))]);
    assert_eq!((proven.index, proven.checkpoint.size), (1, 3));
    let signed: Vec<_> = proven.signed.iter().map(|v| (v.name.as_str(), v.time)).collect();
    assert_eq!(signed, [("log.example.org/uses", None), ("witness.example", Some(1_790_000_000))]);
    let absent = verify(provider.answer("isbn:x").as_bytes(), &provider.policy, Expected::default()).unwrap();
    assert_eq!((absent.work.as_str(), absent.uses), ("isbn:x", None));
}

#[test]
fn one_byte_changed_anywhere_is_refused() {
    let provider = provider();
    let answer = provider.answer(ISBN).into_bytes();
    for at in 0..answer.len() {
        for flip in [1, 0x20, 0x80] {
            let mut changed = answer.clone();
            changed[at] ^= flip;
            let verdict = verify(&changed, &provider.policy, Expected::default());
            assert!(verdict.is_err(), "byte {at} of {}: {verdict:?}", answer.len());
        }
    }
    for length in (0..answer.len()).step_by(7) {
        assert!(verify(&answer[..length], &provider.policy, Expected::default()).is_err());
    }
}

#[test]
fn answers_to_other_questions_and_forgeries_are_refused_with_the_reason() {
    let provider = provider();
    let answer = provider.answer(ISBN);
    let ask = |work, period, size_known| {
        verify(answer.as_bytes(), &provider.policy, Expected { work, period, size_known }).unwrap_err()
    };
    let mut reasons =
        vec![ask(Some("isbn:1"), None, None), ask(None, Some("2026-Q2"), None), ask(None, None, Some(4))];
    let mut refuse = |file: &TlogProof, policy: &Policy| {
        reasons.push(verify(file.to_string().as_bytes(), policy, Expected::default()).unwrap_err());
    };
    let good = TlogProof::parse(answer.as_bytes()).unwrap();
    let policy = &provider.policy;
    // The register's leaf at another place of the log; no answer at all; another log's key; no witness.
    refuse(&TlogProof { index: 2, ..good.clone() }, policy);
    refuse(&TlogProof { extra: None, ..good.clone() }, policy);
    let stranger = Signer::from_seed("log.example.org/uses", [9; 32]).unwrap();
    refuse(&good, &Policy::of_log(stranger.verifier().clone()));
    let alone = std::fs::read_to_string(provider.folder.path().join("log/checkpoint")).unwrap();
    refuse(&TlogProof { checkpoint: alone, ..good.clone() }, policy);
    // A present work passed off as absent, and with uses that are not the committed ones.
    let (key, register) = (&provider.key, &provider.register);
    refuse(&provider.answer_with(ISBN, key, register, None), policy);
    let more = [provider.uses.clone(), provider.uses.clone()].concat();
    refuse(&provider.answer_with(ISBN, key, register, Some((&more, provider.salt))), policy);
    // A register that is not the committed one, and a secret that is not.
    let empty = Register::new(vec![]).unwrap();
    refuse(&provider.answer_with(ISBN, key, &empty, None), policy);
    let other = BlindKey::derive(&[8; 32], b"register").unwrap();
    refuse(&provider.answer_with(ISBN, &other, register, None), policy);
    let lines: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    the answer is about `isbn:9780306406157`, asked was `isbn:1`
    the answer is about `2026-Q3`, asked was `2026-Q2`
    the answer stands on a log of 3 entries; a log of 4 entries is known already
    the register is not in the log: the proof has 2 hashes, which does not fit the sizes
    the proof file holds no answer to a look-up: no extra data
    signed by none of the trusted keys (signatures: log.example.org/uses+dcd72947, witness.example+2d551c34)
    the policy's quorum of witnesses is not reached; cosigned by: nobody
    the uses in the answer are not the ones in the register
    the uses in the answer are not the ones in the register
    the register's proof leads to another root
    the key was not computed with the secret whose public half is in the log
    ");
    assert!(matches!(reasons[6], AnswerError::Untrusted(Untrusted::Quorum(_))));
}

#[test]
fn a_checkpoint_of_the_wrong_log_is_refused() {
    let (log, other) = (
        Signer::from_seed("log.example.org/uses", [1; 32]).unwrap(),
        Signer::from_seed("log.example.org/other", [5; 32]).unwrap(),
    );
    let text = Checkpoint { origin: "log.example.org/uses".into(), size: 0, root: Hash::EMPTY }.to_string();
    let note = placet_core::note::sign(&text, &[&other]).unwrap();
    let keys = [log.verifier().clone(), other.verifier().clone()];
    assert!(Checkpoint::open(note.as_bytes(), &keys).is_err());
}

/// The answers that `js/verify.mjs` is tested with. `PLACET_WRITE_CONFORMANCE=1` writes them anew.
#[test]
fn the_answers_in_conformance_are_these() {
    let provider = provider();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/answers");
    for (name, text) in
        [("present", provider.answer(ISBN)), ("absent", provider.answer("isbn:9780000000002"))]
    {
        let path = folder.join(format!("{name}.placet-proof"));
        if std::env::var_os("PLACET_WRITE_CONFORMANCE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{}", path.display());
        let policy = Policy::parse(&std::fs::read(folder.join("trust.policy")).unwrap()).unwrap();
        verify(text.as_bytes(), &policy, Expected::default()).unwrap();
    }
}

#[test]
fn the_verifier_for_browsers_agrees() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("js/verify.test.mjs");
    match Command::new("node").arg("--test").arg(&script).output() {
        Ok(run) => assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout)),
        Err(error) => println!("skipped: node cannot be run ({error})"),
    }
}
