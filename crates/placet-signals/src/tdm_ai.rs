//! TDM·AI declarations (Liccium, schema 1.0): a statement bound to a content by its ISCC (ISO 24138).
//!
//! The vocabulary is frozen to an early AIPREF draft, with its inheritance: `all` over `train-ai` over `train-genai`,
//! `ai-use` and `search` beside them. The signature around a declaration is checked elsewhere.

use placet_core::{Binding, Proof, Reach, Statement, Tier, Use, UseSet, Verdict};
use serde_json::Value;

use crate::defect::{Defect, Problem, note};
use crate::statement::{AI_USES, GENERATIVE_TRAINING, TRAINING, evidence, malformed, of_place};

/// Most bytes of a declaration.
pub const DECLARATION_BYTES_MAX: usize = 256 * 1024;

/// Reads a declaration.
pub fn parse(bytes: &[u8]) -> (Vec<Statement>, Vec<Defect>) {
    let mut defects = Vec::new();
    if bytes.len() > DECLARATION_BYTES_MAX {
        return (Vec::new(), vec![Defect::new(Problem::Limit, format!("{} bytes", bytes.len()))]);
    }
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => return (Vec::new(), vec![Defect::new(Problem::Syntax, error.to_string())]),
    };
    let iscc = value.get("iscc").and_then(Value::as_str);
    if iscc.is_none() {
        note(&mut defects, Defect::new(Problem::Missing, "iscc"));
    }
    let frame = Statement {
        version: value.get("version").and_then(Value::as_str).map(|v| v.to_owned().into()),
        target: iscc.map(str::to_owned),
        binding: Binding::ContentId,
        proof: Proof::None,
        evidence: evidence("", None, &value.to_string()),
        ..of_place("tdm-ai", Tier::B, Reach::Work)
    };
    let mut stated = Vec::new();
    for (key, uses) in VOCABULARY {
        let Some(said) = value.get(key) else { continue };
        let Some(yes) = answer(said) else {
            note(&mut defects, Defect::new(Problem::UnknownWord, format!("{key}: {said}")));
            stated.push(malformed(Statement { uses, ..frame.clone() }));
            continue;
        };
        let verdict = if yes { Verdict::Allowed } else { Verdict::Denied };
        let uses = without_narrower(&value, key, uses);
        if !uses.is_empty() {
            stated.push(Statement { verdict, uses, ..frame.clone() });
        }
        // The schema wants strings; the form before it had booleans.
        if !said.is_string() && key != LEGACY {
            note(&mut defects, Defect::new(Problem::Syntax, format!("{key}: {said}")));
        }
    }
    if stated.is_empty() {
        note(&mut defects, Defect::new(Problem::Missing, "a preference"));
    }
    (stated, defects)
}

/// The key of declarations before the schema had a version.
const LEGACY: &str = "TDMAI";

const VOCABULARY: [(&str, UseSet); 6] = [
    ("all", AI_USES.with(Use::Search)),
    ("train-ai", TRAINING),
    ("train-genai", GENERATIVE_TRAINING),
    ("ai-use", UseSet::NONE.with(Use::AiInput).with(Use::AiOutput).with(Use::AiIndex)),
    ("search", UseSet::NONE.with(Use::Search)),
    (LEGACY, AI_USES),
];

/// What a broader key says of uses that a narrower one names is the narrower one's to say.
fn without_narrower(value: &Value, key: &str, uses: UseSet) -> UseSet {
    let narrower: &[&str] = match key {
        "all" => &["train-ai", "train-genai", "ai-use", "search"],
        "train-ai" => &["train-genai"],
        _ => &[],
    };
    let taken = VOCABULARY
        .iter()
        .filter(|(k, _)| narrower.contains(k) && value.get(k).and_then(answer).is_some())
        .fold(UseSet::NONE, |all, (_, u)| all.union(*u));
    uses.iter().filter(|u| !taken.contains(*u)).collect()
}

fn answer(said: &Value) -> Option<bool> {
    match said {
        Value::Bool(yes) => Some(*yes),
        Value::String(word) if word == "true" => Some(true),
        Value::String(word) if word == "false" => Some(false),
        _ => None,
    }
}
