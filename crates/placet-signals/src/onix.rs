//! ONIX for Books, release 3: usage constraints of a product (code lists 145 and 146), with reference or short tags.
//!
//! Type 11 is text and data mining; no policy can be named. A product is bound by its ISBN.

use placet_core::{Binding, Condition, Proof, Reach, Statement, Tier, Use, Verdict};

use crate::defect::{Defect, Problem, note};
use crate::statement::{TRAINING, evidence, of_place};
use crate::xml::{self, Element};

/// Most products of one message.
pub const PRODUCTS_MAX: usize = 100_000;

/// Reads a message or a single product.
pub fn parse(bytes: &[u8]) -> (Vec<Statement>, Vec<Defect>) {
    let (root, mut defects) = xml::parse(bytes);
    let mut stated = Vec::new();
    let Some(root) = root else { return (stated, defects) };
    let products = root.walk().into_iter().filter(|e| named(e, "Product", "product"));
    for product in products.take(PRODUCTS_MAX) {
        let isbn = isbn_of(product);
        for constraint in
            product.walk().into_iter().filter(|e| named(e, "EpubUsageConstraint", "epubusageconstraint"))
        {
            let text = |reference: &str, short: &str| {
                constraint.children.iter().find(|c| named(c, reference, short)).map(|c| c.text.trim())
            };
            if text("EpubUsageType", "x318") != Some("11") {
                continue;
            }
            let status = text("EpubUsageStatus", "x319").unwrap_or_default();
            let mut duties = Vec::new();
            let verdict = match status {
                "01" => Verdict::Allowed,
                "02" => {
                    let detail = limits_of(constraint);
                    duties.push(Condition {
                        duty: "limit".to_owned(),
                        detail: Some(detail),
                        before_use: true,
                    });
                    Verdict::Conditional
                }
                "03" => Verdict::Denied,
                _ => Verdict::Unknown,
            };
            let statement = Statement {
                version: Some("list 145".into()),
                verdict,
                uses: TRAINING.with(Use::Tdm).with(Use::Evaluation),
                target: isbn.as_ref().map(|i| format!("isbn:{i}")),
                binding: Binding::Register,
                proof: Proof::None,
                duties,
                evidence: evidence("", None, &format!("EpubUsageType 11, EpubUsageStatus {status}")),
                ..of_place("onix", Tier::B, Reach::Work)
            };
            if verdict == Verdict::Unknown {
                note(&mut defects, Defect::new(Problem::UnknownWord, format!("EpubUsageStatus {status}")));
                stated.push(crate::statement::malformed(statement));
            } else {
                stated.push(statement);
            }
        }
    }
    (stated, defects)
}

fn named(element: &Element, reference: &str, short: &str) -> bool {
    element.name == reference || element.name == short
}

/// ISBN-13 (list 5, code 15), or the GTIN-13 (03) that is the same number.
fn isbn_of(product: &Element) -> Option<String> {
    let identifiers = product.children.iter().filter(|c| named(c, "ProductIdentifier", "productidentifier"));
    let mut found = None;
    for identifier in identifiers {
        let text = |reference: &str, short: &str| {
            identifier.children.iter().find(|c| named(c, reference, short)).map(|c| c.text.trim())
        };
        let value = text("IDValue", "b244").map(str::to_owned);
        match text("ProductIDType", "b221") {
            Some("15") => return value,
            Some("03") => found = value,
            _ => {}
        }
    }
    found
}

fn limits_of(constraint: &Element) -> String {
    let limits = constraint.children.iter().filter(|c| named(c, "EpubUsageLimit", "epubusagelimit"));
    let words: Vec<String> =
        limits.flat_map(|l| &l.children).map(|part| format!("{} {}", part.name, part.text.trim())).collect();
    crate::defect::shortened(&words.join(", "))
}
