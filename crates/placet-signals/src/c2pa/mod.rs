//! C2PA manifests: training and data mining assertions of CAWG (1.1, 1.0) and of C2PA itself (until 1.4).
//!
//! A manifest store is walked, never executed: nothing is fetched, no remote manifest is asked for. What the claim says
//! about its assertions is recomputed: an assertion that is not the one that was signed is *broken*. The signature itself
//! and its certificate are not verified here, so a yes stands unproven and a no stands as it is: a no needs no proof. A
//! broken statement keeps its no, loses its yes, and is flagged; it is never an absence.

mod cbor;
mod jumbf;

use placet_core::{Condition, ParseStatus, Statement, Tier, Use, UseSet, Verdict};
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::defect::{Defect, Problem, note};
use crate::statement::{GENERATIVE_TRAINING, evidence, of_asset};
use jumbf::Node;

/// Most assertions of one store that are looked at.
const ASSERTIONS_MAX: usize = 2_000;
/// Most entries of one assertion.
const ENTRIES_MAX: usize = 100;

/// How a manifest's signature stands, as far as this reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signature {
    /// There is one, and the assertion is the one that its claim names. It is not verified.
    NotVerified,
    /// There is none.
    Missing,
    /// The assertion is not the one that the claim names, or the claim does not name it.
    Broken,
}

impl Signature {
    /// The word for it in evidence.
    pub const fn word(self) -> &'static str {
        match self {
            Signature::NotVerified => "signature not verified",
            Signature::Missing => "no signature",
            Signature::Broken => "signature broken",
        }
    }
}

/// Reads a manifest store.
pub fn parse(store: &[u8]) -> (Vec<Statement>, Vec<Defect>) {
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
            let signature = signature_of(manifest, assertion);
            let told = Told { label, version, signature, is_active };
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

/// Categories with the uses that they are about, and those that they cover only approximately.
const USES: [(&str, UseSet, UseSet); 4] = [
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
    is_active: bool,
}

impl Told<'_> {
    fn statement(&self, uses: UseSet, approximate: UseSet, said: &str) -> Statement {
        let of = if self.is_active { "" } else { ", of an ingredient" };
        let quote = format!("{}: {said} ({}{of})", self.label, self.signature.word());
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
        if told.signature == Signature::Broken {
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

/// Whether the manifest has a signature, and its claim names this assertion with the hash that it has.
fn signature_of(manifest: &Node<'_>, assertion: &Node<'_>) -> Signature {
    if manifest.child("c2pa.signature").is_none() {
        return Signature::Missing;
    }
    let claim = manifest.children.iter().find(|c| c.label == "c2pa.claim" || c.label == "c2pa.claim.v2");
    let Some(claim) = claim.and_then(content_of) else { return Signature::Broken };
    let general = claim.get("alg").and_then(Value::as_str).unwrap_or("sha256");
    let lists = ["assertions", "created_assertions", "gathered_assertions"];
    let ending = format!("c2pa.assertions/{}", assertion.label);
    let mut references = lists.iter().filter_map(|k| claim.get(k)?.as_array()).flatten();
    let found = references.find(|r| {
        let url = r.get("url").and_then(Value::as_str).unwrap_or_default();
        url.ends_with(&ending) && url.get(..url.len() - ending.len()).is_some_and(|u| u.ends_with(['/', '=']))
    });
    let Some(found) = found else { return Signature::Broken };
    let alg = found.get("alg").and_then(Value::as_str).unwrap_or(general);
    let wanted = found.get("hash").and_then(Value::as_str).unwrap_or_default();
    let is = match alg {
        "sha256" => hexadecimal(&Sha256::digest(assertion.inside)),
        "sha384" => hexadecimal(&Sha384::digest(assertion.inside)),
        "sha512" => hexadecimal(&Sha512::digest(assertion.inside)),
        _ => return Signature::NotVerified,
    };
    if is == wanted { Signature::NotVerified } else { Signature::Broken }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
