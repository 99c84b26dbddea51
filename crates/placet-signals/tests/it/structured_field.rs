use placet_signals::structured_field::{Bare, Dictionary, Parameters, Value as Sf, dictionary};
use serde_json::{Value, json};

/// RFC 9651 vectors: dictionaries as they are, items as the value of one key.
#[test]
fn httpwg_vectors() {
    let mut count = 0;
    for file in ["dictionary", "param-dict", "examples", "key-generated"] {
        for case in cases(file).iter().filter(|c| c["header_type"] == "dictionary") {
            let expected = case.get("expected").map(|e| e.as_array().unwrap().clone());
            check(case, "", expected);
            count += 1;
        }
    }
    for file in ["binary", "boolean", "date", "display-string", "item", "number", "string", "token"] {
        // A comma ends the value of a key, where it would break an item; a tab may follow a value, but no item.
        let items = cases(file);
        let items = items.iter().filter(|c| c["header_type"] == "item" && !raw(c).contains([',', '\t']));
        for case in items.filter(|c| !raw(c).trim().is_empty()) {
            let expected = case.get("expected").map(|e| vec![json!(["k", e])]);
            check(case, "k=", expected);
            count += 1;
        }
    }
    assert_eq!(count, 542);
}

fn cases(file: &str) -> Vec<Value> {
    serde_json::from_slice(&crate::conformance(&format!("structured-fields/{file}.json"))).unwrap()
}

fn raw(case: &Value) -> String {
    let lines = case["raw"].as_array().unwrap();
    lines.iter().map(|l| l.as_str().unwrap()).collect::<Vec<_>>().join(", ")
}

fn check(case: &Value, key: &str, expected: Option<Vec<Value>>) {
    let field = format!("{key}{}", raw(case).trim_start_matches(' '));
    let read = dictionary(field.as_bytes());
    let name = &case["name"];
    match read {
        Err(_) => assert!(case["must_fail"] == true || case["can_fail"] == true, "{name}: {field}"),
        Ok(members) => {
            assert_ne!(case["must_fail"], true, "{name}: {field}");
            assert_eq!(members_json(&members), expected.unwrap(), "{name}: {field}");
        }
    }
}

fn members_json(members: &Dictionary) -> Vec<Value> {
    members
        .iter()
        .map(|(key, member)| {
            let value = match &member.value {
                Sf::Item(item) => bare(item),
                Sf::List(items) => items.iter().map(|(i, p)| json!([bare(i), parameters(p)])).collect(),
            };
            json!([key, [value, parameters(&member.parameters)]])
        })
        .collect()
}

fn parameters(parameters: &Parameters) -> Value {
    parameters.iter().map(|(key, value)| json!([key, bare(value)])).collect()
}

fn bare(item: &Bare) -> Value {
    match item {
        Bare::Integer(n) => json!(n),
        Bare::Decimal(n) => json!(*n as f64 / 1000.0),
        Bare::String(s) => json!(s),
        Bare::Token(t) => json!({"__type": "token", "value": t}),
        Bare::Bytes(b) => json!({"__type": "binary", "value": base32(b)}),
        Bare::Boolean(b) => json!(b),
        Bare::Date(s) => json!({"__type": "date", "value": s}),
        Bare::Display(s) => json!({"__type": "displaystring", "value": s}),
    }
}

/// The vectors write octets in base 32 (RFC 4648).
fn base32(octets: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    for five in octets.chunks(5) {
        let bits = five.iter().fold(0_u64, |n, &b| n << 8 | u64::from(b)) << (8 * (5 - five.len()));
        let digits = (five.len() * 8).div_ceil(5);
        for i in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * i) & 31).unwrap();
            out.push(if i < digits { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    out
}
