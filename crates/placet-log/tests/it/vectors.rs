//! Proofs of every kind that `placet verify` knows of a log, held in `conformance/proofs` for verifiers in other languages.
//! `PLACET_WRITE_CONFORMANCE=1` writes them anew.

use std::path::{Path, PathBuf};

use placet_core::note::Signer;
use placet_log::cbor::Value;
use placet_log::cose::{Claims, Receipt, Statement, Transparent, attach};
use placet_log::disclosure::{self, Shown};
use placet_log::hash::Hash;
use placet_log::leaf::{Leaf, Shard};
use placet_log::policy::Policy;
use placet_log::private::{Private, Salts};
use placet_log::store::{Reader, Writer};
use placet_log::tlog_proof::TlogProof;
use placet_log::tree::Tree;

const LOG: &str = "log.example.org/proofs";
const DOCUMENT: &[u8] = b"{\"what\": \"a value report\"}\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/proofs")
}

fn outer(log: &Path, index: u64) -> TlogProof {
    let reader = Reader::open(log).unwrap();
    let hashes = reader.tiles().inclusion_proof(index).unwrap();
    TlogProof { extra: None, index, hashes, checkpoint: reader.note().to_owned() }
}

/// A log of a shard, a statement and a change of key, and one proof of each kind.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let root = tempfile::tempdir().unwrap();
    let (log, state) = (root.path().join("log"), root.path().join("state"));
    let [old, new] = [1, 2].map(|n| Signer::from_seed(LOG, [n; 32]).unwrap());
    let salts = Salts::new([3; 32]);
    let scope = Hash::leaf(b"a shard");
    let fields = [("model", "Model X 2.1"), ("stage", "pre-training")];
    let fields = fields.map(|(name, value)| (name.to_owned(), Value::text(value))).to_vec();
    let private = Private::new(&salts, scope, fields);
    let rows: Vec<Value> = (0..5)
        .map(|n| {
            Value::map([
                ("work", Value::text(format!("press/b{n}"))),
                ("words", Value::Uint(100 * n)),
                ("use", Value::text("train-gen")),
            ])
        })
        .collect();
    let shard = Leaf::Shard(Shard {
        run: Hash([1; 32]),
        shard: Hash([2; 32]),
        uses: Hash([3; 32]),
        rows: rows.len() as u64,
        row_root: salts.rows(scope, rows.iter().map(Value::encode)).collect::<Tree>().root(),
        packs: vec![Hash([4; 32])],
        profile: Hash([5; 32]),
        period: "2026-Q4".to_owned(),
        private: private.root(),
    })
    .encode();
    let statement = Statement {
        claims: Claims { issuer: "https://provider.example".to_owned(), subject: "Model X 2.1".to_owned() },
        issued_at: 1_790_000_000,
        content_type: "application/json".to_owned(),
        document: Hash::of(&[DOCUMENT]),
    }
    .sign(&old)
    .unwrap();
    let (what, keys) = ("log".to_owned(), [&old, &new].map(|key| key.verifier().to_string()));
    let [old_key, new_key] = keys;
    let change = Leaf::KeyChange { what, old: old_key, new: new_key }.encode();

    let mut writer = Writer::create(&log, &state, old.clone()).unwrap();
    for entry in [&shard, &statement, &change] {
        writer.append(entry).unwrap();
    }
    let checkpoint = writer.seal().unwrap();
    drop(writer);
    let receipt = |index: u64, claims| {
        let receipt = Receipt { size: checkpoint.size, index, hashes: outer(&log, index).hashes, claims };
        receipt.sign(checkpoint.root, &old).unwrap()
    };
    let claims = Claims { issuer: LOG.to_owned(), subject: "Model X 2.1".to_owned() };
    let stage = private.disclose("stage").unwrap();
    let mut files = vec![
        ("trust.policy", format!("log {}\nquorum none\n", old.verifier()).into_bytes()),
        ("field.placet-proof", disclosure::field(&shard, &stage, outer(&log, 0)).to_string().into_bytes()),
        (
            "row.placet-proof",
            disclosure::row(&shard, &salts, scope, &rows, 3, outer(&log, 0))
                .unwrap()
                .to_string()
                .into_bytes(),
        ),
        ("key-change.placet-proof", disclosure::key(&change, outer(&log, 2)).to_string().into_bytes()),
        ("receipt.cbor", receipt(0, None)),
        ("receipt.cbor.entry", shard.clone()),
        ("statement.scitt", attach(&statement, &[receipt(1, Some(claims))]).unwrap()),
        ("document.json", DOCUMENT.to_vec()),
    ];
    let dossier = format!(
        "{{\"schema\": \"placet.dossier/1\", \"by\": \"Provider\", \"key\": \"{}\"}}\n",
        old.verifier()
    );
    let hash: String = Hash::of(&[dossier.as_bytes()]).0.iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = placet_core::note::sign(&format!("placet.dossier/1\n{hash}\n"), &[&old]).unwrap();
    files.push(("dossier.json", dossier.into_bytes()));
    files.push(("dossier.json.sig", signature.into_bytes()));
    drop(Writer::open_after_change(&log, &state, new, &[old.verifier().clone()]).unwrap());
    files.push((
        "after.placet-proof",
        disclosure::field(&shard, &stage, outer(&log, 0)).to_string().into_bytes(),
    ));
    files
}

#[test]
fn the_proofs_in_conformance_are_these() {
    for (name, bytes) in files() {
        let path = folder().join(name);
        if std::env::var_os("PLACET_WRITE_CONFORMANCE").is_some() {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{}", path.display());
    }
}

#[test]
fn they_hold() {
    let files = files();
    let file = |name: &str| files.iter().find(|(other, _)| *other == name).unwrap().1.as_slice();
    let mut policy = Policy::parse(file("trust.policy")).unwrap();
    let shown =
        |policy: &Policy, name: &str| disclosure::verify(file(name), policy).map(|proven| proven.shown);
    let stage = Shown::Field { name: "stage".into(), value: Value::text("pre-training") };
    assert_eq!(shown(&policy, "field.placet-proof"), Ok(stage.clone()));
    assert!(matches!(shown(&policy, "row.placet-proof"), Ok(Shown::Row { index: 3, .. })));
    let log = policy.logs()[0].clone();
    let receipt = Receipt::verify(file("receipt.cbor"), file("receipt.cbor.entry"), &log).unwrap();
    assert_eq!((receipt.index, receipt.size), (0, 3));
    let logs = policy.logs();
    let statement = Transparent::verify(file("statement.scitt"), logs, logs).unwrap();
    assert_eq!(statement.statement.document, Hash::of(&[DOCUMENT]));
    assert!(shown(&policy, "after.placet-proof").is_err());
    policy.follow(file("key-change.placet-proof")).unwrap();
    assert_eq!(shown(&policy, "after.placet-proof"), Ok(stage));
}
