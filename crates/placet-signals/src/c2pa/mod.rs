//! C2PA manifests: training and data mining assertions of CAWG (1.1, 1.0) and of C2PA itself (until 1.4).
//!
//! A manifest store is walked, never executed: nothing is fetched, no remote manifest is asked for. Three things are
//! recomputed: the hashes by which the claim names its assertions, the signature over the claim with the key of the
//! certificate that comes with it, and the hash that binds the claim to the file. Who may sign what is no question of
//! this reader: no issuer is on a trust list, so a yes stands unproven and a no stands as it is: a no needs no proof. A
//! broken statement keeps its no, loses its yes, and is flagged; it is never an absence.

mod binding;
mod cbor;
mod certificate;
mod jumbf;
mod signature;
mod signer;
mod write;

use placet_core::{Condition, ParseStatus, Statement, Tier, Use, UseSet, Verdict};
use serde_json::Value;

use crate::defect::{Defect, Problem, note};
use crate::statement::{GENERATIVE_TRAINING, evidence, of_asset};
pub use binding::Holder;
use jumbf::Node;
pub use signer::{Signer, SignerError};
pub(crate) use write::{Bound, Entry, GENERATOR, store};

/// Most assertions of one store that are looked at.
const ASSERTIONS_MAX: usize = 2_000;
/// Most entries of one assertion.
const ENTRIES_MAX: usize = 100;

/// How a manifest stands; of several findings the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signature {
    /// Signature, assertions and, for a file at hand, its bytes are what the claim says. Whose signature it is was not
    /// asked.
    Valid,
    /// It could not be told.
    NotVerifiable(Unverifiable),
    /// Something was changed after it was signed.
    Broken(Part),
    /// There is none.
    Missing,
}

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The claim, or the signature over it.
    Signature,
    /// An assertion that the claim names, or one that it does not name.
    Assertion,
    /// The file that the claim is bound to.
    File,
}

/// Why it could not be told whether something was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unverifiable {
    /// An algorithm that is not among ours.
    Algorithm,
    /// A certificate that cannot be read.
    Certificate,
    /// Another kind of binding than the hash over the file's bytes, none, or several.
    Binding,
    /// The hash leaves out more of the file than the manifest.
    Exclusions,
}

impl Signature {
    /// The words for it in evidence.
    pub const fn words(self) -> &'static str {
        match self {
            Signature::Valid => "signature valid (issuer not on a trust list)",
            Signature::Missing => "no signature",
            Signature::Broken(Part::Signature) => "signature broken: it is not over this claim",
            Signature::Broken(Part::Assertion) => {
                "signature broken: an assertion is not the one that was signed"
            }
            Signature::Broken(Part::File) => "signature broken: the file is not the one that was signed",
            Signature::NotVerifiable(Unverifiable::Algorithm) => "signature not verifiable: algorithm",
            Signature::NotVerifiable(Unverifiable::Certificate) => "signature not verifiable: certificate",
            Signature::NotVerifiable(Unverifiable::Binding) => {
                "signature not verifiable: binding to the file"
            }
            Signature::NotVerifiable(Unverifiable::Exclusions) => {
                "signature not verifiable: parts of the file are left out"
            }
        }
    }
}

/// Reads a manifest store. Without the file that holds it, its binding to the file is not looked at.
pub fn parse(store: &[u8], holder: Option<Holder<'_>>) -> (Vec<Statement>, Vec<Defect>) {
    let mut defects = Vec::new();
    let mut stated = Vec::new();
    let Some(root) = jumbf::parse(store) else {
        note(&mut defects, Defect::new(Problem::Syntax, "C2PA manifest store"));
        return (stated, defects);
    };
    let manifests: Vec<&Node<'_>> = root.children.iter().filter(|c| !c.label.is_empty()).collect();
    let mut left = ASSERTIONS_MAX;
    // The last manifest is the active one; those before it belong to what the file was made of.
    for (i, manifest) in manifests.iter().enumerate() {
        let is_active = i + 1 == manifests.len();
        let Some(assertions) = manifest.child("c2pa.assertions") else { continue };
        let mut standing = None;
        for assertion in &assertions.children {
            if left == 0 {
                note(&mut defects, Defect::new(Problem::Limit, "assertions"));
                return (stated, defects);
            }
            left -= 1;
            let label = assertion.label.split("__").next().unwrap_or_default();
            let version = match label {
                "cawg.training-mining" => "1.1",
                "c2pa.training-mining" => "c2pa-1.4",
                _ => continue,
            };
            let standing =
                standing.get_or_insert_with(|| Standing::of(manifest, assertions, is_active, holder));
            let signature = standing.for_assertion(assertion);
            let signer = standing.signer.as_deref();
            let told = Told { label, version, signature, signer, is_active };
            if let Some(value) = content_of(assertion) {
                stated.extend(entries(&value, &told, &mut defects));
            } else {
                note(&mut defects, Defect::new(Problem::Syntax, label));
                let uses = USES.iter().fold(UseSet::NONE, |all, (_, uses, _)| all.union(*uses));
                stated.push(crate::statement::malformed(told.statement(uses, UseSet::NONE, label)));
            }
        }
    }
    (stated, defects)
}

/// How the active manifest of a store stands, and the name that its signer's certificate gives; absent where the store
/// holds none.
pub fn standing(store: &[u8], holder: Option<Holder<'_>>) -> Option<(Signature, Option<String>)> {
    let root = jumbf::parse(store)?;
    let manifest = root.children.iter().rfind(|c| !c.label.is_empty())?;
    let standing = Standing::of(manifest, manifest.child("c2pa.assertions")?, true, holder);
    Some((standing.signature, standing.signer))
}

/// What entries state, as a reader of the file hears it.
pub(crate) fn said(written: &[Entry]) -> Vec<Statement> {
    let stated = written.iter().map(|e| {
        let mut word = serde_json::json!({"use": e.word});
        if let Some(constraint) = &e.constraint {
            word["constraint_info"] = constraint.as_str().into();
        }
        (format!("cawg.{}", e.category), word)
    });
    let value = serde_json::json!({"entries": stated.collect::<serde_json::Map<_, _>>()});
    let told = Told {
        label: "cawg.training-mining",
        version: "1.1",
        signature: Signature::Valid,
        signer: None,
        is_active: true,
    };
    entries(&value, &told, &mut Vec::new())
}

/// Whether a store holds one manifest alone, which says that Placet made it.
pub(crate) fn is_ours(store: &[u8]) -> bool {
    let Some(root) = jumbf::parse(store) else { return false };
    let [manifest] = root.children.as_slice() else { return false };
    let claim = manifest.child("c2pa.claim.v2").and_then(content_of);
    claim.is_some_and(|c| c.pointer("/claim_generator_info/name").and_then(Value::as_str) == Some(GENERATOR))
}

/// Categories with the uses that they are about, and those that they cover only approximately.
pub(crate) const USES: [(&str, UseSet, UseSet); 4] = [
    ("data_mining", UseSet::NONE.with(Use::Tdm), UseSet::NONE),
    (
        "ai_inference",
        UseSet::NONE.with(Use::AiInput).with(Use::AiIndex).with(Use::Evaluation),
        UseSet::NONE.with(Use::AiIndex).with(Use::Evaluation),
    ),
    ("ai_training", UseSet::NONE.with(Use::TrainNongen), UseSet::NONE),
    ("ai_generative_training", GENERATIVE_TRAINING, UseSet::NONE),
];

struct Told<'a> {
    label: &'a str,
    version: &'static str,
    signature: Signature,
    signer: Option<&'a str>,
    is_active: bool,
}

impl Told<'_> {
    fn statement(&self, uses: UseSet, approximate: UseSet, said: &str) -> Statement {
        let of = if self.is_active { "" } else { ", of an ingredient" };
        let signer = self.signer.map_or_else(String::new, |s| format!(", whose certificate names {s}"));
        let quote = format!("{}: {said}; {}{signer}{of}", self.label, self.signature.words());
        Statement {
            version: Some(self.version.into()),
            uses,
            approximate,
            evidence: evidence("#c2pa", None, &quote),
            ..of_asset(if self.is_active { "cawg" } else { "cawg-ingredient" }, Tier::B)
        }
    }
}

/// The entries: below `entries` (1.1 and C2PA), or as the assertion itself (1.0).
fn entries(value: &Value, told: &Told<'_>, defects: &mut Vec<Defect>) -> Vec<Statement> {
    let mut stated = Vec::new();
    let flat = value.get("entries").is_none();
    let version = if flat && told.label.starts_with("cawg") { "1.0" } else { told.version };
    let told = Told { version, ..*told };
    let Some(entries) = value.get("entries").unwrap_or(value).as_object() else {
        note(defects, Defect::new(Problem::Syntax, told.label));
        return stated;
    };
    for (name, entry) in entries.iter().take(ENTRIES_MAX) {
        let local = name.rsplit('.').next().unwrap_or(name);
        let known = USES.iter().find(|(n, _, _)| *n == local && name.len() > local.len());
        let Some((_, uses, approximate)) = known else {
            if name != "metadata" {
                note(defects, Defect::new(Problem::UnknownWord, name));
            }
            continue;
        };
        let word = entry.get("use").and_then(Value::as_str).or(entry.as_str()).unwrap_or_default();
        let info = ["constraint_info", "constraints_info"].iter().find_map(|k| entry.get(k)?.as_str());
        let mut statement = told.statement(*uses, *approximate, &format!("{name} {word}"));
        statement.verdict = match word {
            "allowed" => Verdict::Allowed,
            "notAllowed" => Verdict::Denied,
            "constrained" => {
                statement.duties = vec![Condition {
                    duty: "see-constraint".to_owned(),
                    detail: info.map(crate::defect::shortened),
                    before_use: true,
                }];
                Verdict::Conditional
            }
            _ => {
                note(defects, Defect::new(Problem::UnknownWord, format!("{name} {word}")));
                stated.push(crate::statement::malformed(statement));
                continue;
            }
        };
        if matches!(told.signature, Signature::Broken(_)) {
            statement.parse_status = ParseStatus::MalformedIntent;
            if statement.verdict != Verdict::Denied {
                statement.verdict = Verdict::Unknown;
                statement.duties.clear();
            }
        }
        // What was said of a part is a question about the whole, not its answer.
        if !told.is_active {
            if statement.verdict == Verdict::Allowed {
                continue;
            }
            statement.verdict = Verdict::Unknown;
            statement.duties.clear();
        }
        stated.push(statement);
    }
    stated
}

/// The content of an assertion, CBOR or JSON.
fn content_of(assertion: &Node<'_>) -> Option<Value> {
    assertion.boxes.iter().find_map(|(kind, data)| match kind {
        b"cbor" => cbor::decode(data),
        b"json" => serde_json::from_slice(data).ok(),
        _ => None,
    })
}

/// The CBOR of a superbox as it stands.
fn cbor_of<'a>(node: &Node<'a>) -> Option<&'a [u8]> {
    node.boxes.iter().find(|(kind, _)| kind == b"cbor").map(|(_, data)| *data)
}

/// How a manifest stands, and each of its assertions.
struct Standing {
    signature: Signature,
    signer: Option<String>,
    /// Labels of assertions, and how they stand to the claim.
    named: Vec<(String, Signature)>,
}

impl Standing {
    fn of(
        manifest: &Node<'_>,
        assertions: &Node<'_>,
        is_active: bool,
        holder: Option<Holder<'_>>,
    ) -> Standing {
        let stands = |signature| Standing { signature, signer: None, named: Vec::new() };
        let Some(signature) = manifest.child("c2pa.signature") else { return stands(Signature::Missing) };
        let claim = manifest.children.iter().find(|c| c.label == "c2pa.claim" || c.label == "c2pa.claim.v2");
        let signed = claim.and_then(cbor_of).zip(claim.and_then(content_of)).zip(cbor_of(signature));
        let Some(((bytes, claim), signature)) = signed else {
            return stands(Signature::Broken(Part::Signature));
        };
        let (mut signature, signer) = signature::of_claim(signature, bytes);
        let general = claim.get("alg").and_then(Value::as_str).unwrap_or("sha256");
        let named: Vec<(String, Signature)> = assertions
            .children
            .iter()
            .take(ASSERTIONS_MAX)
            .map(|assertion| (assertion.label.clone(), named_in(&claim, general, assertion)))
            .collect();
        if is_active {
            // Of an ingredient parts may have been taken out since, and it was bound to the file that it came in.
            signature = named.iter().map(|(_, stands)| *stands).fold(signature, Signature::max);
            signature =
                signature.max(holder.map_or(Signature::Valid, |h| binding::of_file(assertions, general, h)));
        }
        Standing { signature, signer, named }
    }

    /// For one assertion. Two of one label cannot both be meant.
    fn for_assertion(&self, assertion: &Node<'_>) -> Signature {
        let own = self.named.iter().filter(|(label, _)| *label == assertion.label).map(|(_, stands)| *stands);
        own.max().unwrap_or(Signature::Broken(Part::Assertion)).max(self.signature)
    }
}

/// Whether the claim names an assertion with the hash that it has.
fn named_in(claim: &Value, general: &str, assertion: &Node<'_>) -> Signature {
    const BROKEN: Signature = Signature::Broken(Part::Assertion);
    let lists = ["assertions", "created_assertions", "gathered_assertions"];
    let ending = format!("c2pa.assertions/{}", assertion.label);
    let references = lists.iter().filter_map(|k| claim.get(k)?.as_array()).flatten().take(ASSERTIONS_MAX);
    let found = references.into_iter().find(|r| {
        let url = r.get("url").and_then(Value::as_str).unwrap_or_default();
        url.strip_suffix(&ending).is_some_and(|u| u.ends_with(['/', '=']))
    });
    let Some(found) = found else { return BROKEN };
    let algorithm = found.get("alg").and_then(Value::as_str).unwrap_or(general);
    let wanted = found.get("hash").and_then(bytes_of).unwrap_or_default();
    match binding::digest(algorithm, &[assertion.inside]) {
        None => Signature::NotVerifiable(Unverifiable::Algorithm),
        Some(is) if is == wanted => Signature::Valid,
        Some(_) => BROKEN,
    }
}

/// A byte string, which decoding wrote in hexadecimal.
fn bytes_of(value: &Value) -> Option<Vec<u8>> {
    let digits = value.as_str()?.as_bytes();
    let digit = |b: &u8| (*b as char).to_digit(16).map(|d| d as u8);
    digits.chunks(2).map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}
