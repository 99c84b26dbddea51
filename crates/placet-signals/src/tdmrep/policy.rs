//! TDM policies: the ODRL 2.2 profile of the protocol, in JSON-LD, read by its shape.

use std::collections::BTreeSet;

use placet_core::{Actor, Actors, Condition, Statement, Tier, Use, Verdict};
use serde_json::{Value, json};

use crate::defect::{Defect, Problem, note};
use crate::statement::{TRAINING, evidence, of_asset};

/// Most bytes of a policy.
pub const POLICY_BYTES_MAX: usize = 1024 * 1024;
const PERMISSIONS_MAX: usize = 1_000;

/// A policy: who offers which permissions under which duties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Its identifier.
    pub uid: Option<String>,
    /// Who offers.
    pub assigner: Option<String>,
    /// How to reach the assigner.
    pub contact: Option<String>,
    /// What is permitted.
    pub permissions: Vec<Permission>,
}

/// One permission of mining.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permission {
    /// What it is about; absent for whatever carries the policy.
    pub target: Option<String>,
    /// `obtainConsent`, `compensate` …
    pub duties: Vec<String>,
    /// `research` or `non-research`, where the purpose is limited.
    pub purpose: Option<String>,
}

/// Reads a policy. A page for people in its place is no policy, which leaves the conditions unknown.
pub fn policy(bytes: &[u8]) -> (Option<Policy>, Vec<Defect>) {
    let mut defects = Vec::new();
    if crate::text::is_html(bytes) {
        defects.push(Defect::new(Problem::Html, ""));
        return (None, defects);
    }
    if bytes.len() > POLICY_BYTES_MAX {
        defects.push(Defect::new(Problem::Limit, format!("{} bytes", bytes.len())));
        return (None, defects);
    }
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => {
            defects.push(Defect::new(Problem::Syntax, error.to_string()));
            return (None, defects);
        }
    };
    let mut read = Policy { uid: word(&value, "uid"), ..Policy::default() };
    if !words(value.get("profile")).iter().any(|p| p.contains("/ns/tdmrep")) {
        note(&mut defects, Defect::new(Problem::Missing, "profile http://www.w3.org/ns/tdmrep"));
    }
    if let Some(assigner) = value.get("assigner") {
        read.assigner = word(assigner, "vcard:fn").or_else(|| word(assigner, "uid"));
        read.contact = word(assigner, "vcard:hasEmail").or_else(|| word(assigner, "vcard:hasURL"));
    }
    for permission in list(value.get("permission")).into_iter().take(PERMISSIONS_MAX) {
        let actions = words(permission.get("action"));
        if !actions.iter().any(|a| local(a) == "mine") {
            note(&mut defects, Defect::new(Problem::UnknownWord, format!("action {}", actions.join(", "))));
            continue;
        }
        let duties = list(permission.get("duty"))
            .into_iter()
            .flat_map(|duty| words(duty.get("action")).into_iter().chain(words(Some(duty))))
            .map(|d| local(&d).to_owned())
            .collect();
        let mut purpose = None;
        for constraint in list(permission.get("constraint")) {
            let left = words(constraint.get("leftOperand"));
            if left.iter().any(|l| local(l) == "purpose") {
                let right = words(constraint.get("rightOperand"));
                purpose = right.first().map(|r| local(r).to_owned());
            } else {
                note(&mut defects, Defect::new(Problem::UnknownWord, constraint.to_string()));
                purpose = Some(String::new());
            }
        }
        read.permissions.push(Permission { target: word(permission, "target"), duties, purpose });
    }
    (Some(read), defects)
}

impl Policy {
    /// What the policy offers: with duties a conditional, without them a yes, each for its purpose alone.
    pub fn statements(&self) -> Vec<Statement> {
        self.permissions
            .iter()
            .map(|permission| {
                let duties: Vec<Condition> = permission
                    .duties
                    .iter()
                    .map(|duty| Condition {
                        duty: match duty.as_str() {
                            "compensate" => "payment".to_owned(),
                            "obtainConsent" => "consent".to_owned(),
                            other => other.to_owned(),
                        },
                        detail: self.contact.clone(),
                        before_use: true,
                    })
                    .collect();
                let actors = match permission.purpose.as_deref() {
                    None => Actors::Anyone,
                    Some(class) => Actors::Only(BTreeSet::from([Actor::Class(class.to_owned())])),
                };
                Statement {
                    version: Some("CG-FINAL-20240202".into()),
                    verdict: if duties.is_empty() { Verdict::Allowed } else { Verdict::Conditional },
                    uses: TRAINING.with(Use::Tdm).with(Use::Evaluation),
                    actors,
                    target: permission.target.clone(),
                    declarant: self.assigner.clone(),
                    duties,
                    evidence: evidence("#policy", None, self.uid.as_deref().unwrap_or_default()),
                    ..of_asset("tdmrep-policy", Tier::B)
                }
            })
            .collect()
    }
}

/// Writes a policy that reads back as the same offer.
pub fn write_policy(policy: &Policy) -> String {
    let permissions: Vec<Value> = policy
        .permissions
        .iter()
        .map(|permission| {
            let mut written = serde_json::Map::new();
            if let Some(target) = &permission.target {
                written.insert("target".to_owned(), target.clone().into());
            }
            written.insert("action".to_owned(), "tdm:mine".into());
            if !permission.duties.is_empty() {
                let duties = permission.duties.iter().map(|d| json!({"action": format!("tdm:{d}")}));
                let duties: Vec<Value> = duties.collect();
                written.insert("duty".to_owned(), duties.into());
            }
            if let Some(purpose) = &permission.purpose {
                let constraint = json!({
                    "leftOperand": "purpose", "operator": "eq", "rightOperand": {"@id": format!("tdm:{purpose}")}
                });
                written.insert("constraint".to_owned(), json!([constraint]));
            }
            Value::Object(written)
        })
        .collect();
    let mut assigner = serde_json::Map::new();
    if let Some(name) = &policy.assigner {
        assigner.insert("vcard:fn".to_owned(), name.clone().into());
    }
    if let Some(contact) = &policy.contact {
        let is_url = contact.contains("://");
        let key = if is_url { "vcard:hasURL" } else { "vcard:hasEmail" };
        assigner.insert(key.to_owned(), contact.clone().into());
    }
    let mut written = json!({
        "@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"],
        "@type": "Offer",
        "profile": "http://www.w3.org/ns/tdmrep",
        "permission": permissions,
    });
    if let Some(uid) = &policy.uid {
        written["uid"] = uid.clone().into();
    }
    if !assigner.is_empty() {
        written["assigner"] = Value::Object(assigner);
    }
    format!("{written:#}\n")
}

/// A value or an array of them, as a list.
fn list(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

/// Every word a JSON-LD value may hold: itself, its `@id` or `@value`, or those of an array.
fn words(value: Option<&Value>) -> Vec<String> {
    list(value)
        .into_iter()
        .filter_map(|v| v.as_str().or_else(|| v.get("@id")?.as_str()).or_else(|| v.get("@value")?.as_str()))
        .map(str::to_owned)
        .collect()
}

fn word(value: &Value, key: &str) -> Option<String> {
    words(value.get(key)).into_iter().next()
}

/// A term without its prefix.
fn local(term: &str) -> &str {
    term.rsplit(['#', '/', ':']).next().unwrap_or(term)
}
