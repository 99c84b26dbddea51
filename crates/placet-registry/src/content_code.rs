//! The content code of a work (ISCC, ISO 24138:2024), by the crate of the standard's author.

use iscc_lib::{
    gen_data_code_v0, gen_instance_code_v0, gen_iscc_code_v0, gen_meta_code_v0, gen_text_code_v0,
};
use serde::{Deserialize, Serialize};

/// The units of a code that come from the file: its text, its bytes by similarity, its bytes exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentUnits {
    /// Text-Code of the body.
    pub text: String,
    /// Data-Code of the file.
    pub data: String,
    /// Instance-Code of the file.
    pub instance: String,
}

/// Units of a file with this text. Some 7 MB of text a second.
pub(crate) fn units(body: &str, bytes: &[u8]) -> Option<ContentUnits> {
    Some(ContentUnits {
        text: gen_text_code_v0(body, UNIT_BITS).ok()?.iscc,
        data: gen_data_code_v0(bytes, UNIT_BITS).ok()?.iscc,
        instance: gen_instance_code_v0(bytes, UNIT_BITS).ok()?.iscc,
    })
}

/// The composite code of title and content, without `ISCC:`.
pub(crate) fn composite(title: &str, units: &ContentUnits) -> Option<String> {
    let meta = gen_meta_code_v0(title, None, None, UNIT_BITS).ok();
    let parts: Vec<&str> = meta
        .iter()
        .map(|meta| meta.iscc.as_str())
        .chain([units.text.as_str(), &units.data, &units.instance])
        .collect();
    let code = gen_iscc_code_v0(&parts, false).ok()?.iscc;
    Some(code.strip_prefix("ISCC:").unwrap_or(&code).to_owned())
}

const UNIT_BITS: u32 = 64;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use iscc_lib::{gen_audio_code_v0, gen_image_code_v0, gen_mixed_code_v0, gen_video_code_v0};
    use serde_json::Value;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        inputs: Vec<Value>,
        outputs: Value,
    }

    fn numbers<T: TryFrom<i64>>(value: &Value) -> Vec<T> {
        let all = value.as_array().unwrap().iter();
        all.filter_map(|n| T::try_from(n.as_i64().unwrap()).ok()).collect()
    }

    fn strings(value: &Value) -> Vec<&str> {
        value.as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect()
    }

    fn stream(value: &Value) -> Vec<u8> {
        let hex = value.as_str().unwrap().strip_prefix("stream:").unwrap();
        (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[i * 2..i * 2 + 2], 16).unwrap()).collect()
    }

    fn computed(function: &str, inputs: &[Value]) -> String {
        let bits = || u32::try_from(inputs.last().unwrap().as_u64().unwrap()).unwrap();
        match function {
            "gen_meta_code_v0" => {
                let description = inputs[1].as_str().filter(|d| !d.is_empty());
                let meta = match &inputs[2] {
                    Value::Null => None,
                    Value::String(data_url) => Some(data_url.clone()),
                    json => Some(json.to_string()),
                };
                gen_meta_code_v0(inputs[0].as_str().unwrap(), description, meta.as_deref(), bits())
                    .unwrap()
                    .iscc
            }
            "gen_text_code_v0" => gen_text_code_v0(inputs[0].as_str().unwrap(), bits()).unwrap().iscc,
            "gen_image_code_v0" => gen_image_code_v0(&numbers::<u8>(&inputs[0]), bits()).unwrap().iscc,
            "gen_audio_code_v0" => gen_audio_code_v0(&numbers::<i32>(&inputs[0]), bits()).unwrap().iscc,
            "gen_video_code_v0" => {
                let frames: Vec<Vec<i32>> = inputs[0].as_array().unwrap().iter().map(numbers).collect();
                gen_video_code_v0(&frames, bits()).unwrap().iscc
            }
            "gen_mixed_code_v0" => gen_mixed_code_v0(&strings(&inputs[0]), bits()).unwrap().iscc,
            "gen_data_code_v0" => gen_data_code_v0(&stream(&inputs[0]), bits()).unwrap().iscc,
            "gen_instance_code_v0" => gen_instance_code_v0(&stream(&inputs[0]), bits()).unwrap().iscc,
            "gen_iscc_code_v0" => gen_iscc_code_v0(&strings(&inputs[0]), false).unwrap().iscc,
            other => panic!("no vector is known for {other}"),
        }
    }

    /// The reference corrected this one after the file was made (conformance/iscc/SOURCE.md).
    const CORRECTED: &str = "ISCC:EED4GQZQTY6J5DTHNDQ7S7EGNENJNRTEGLGHFWXFGNDZHSMO4HEZGZI";

    #[test]
    fn the_fifty_vectors_of_the_reference() {
        let file = include_str!("../../../conformance/iscc/conformance.json");
        let mut all: BTreeMap<String, Value> = serde_json::from_str(file).unwrap();
        all.remove("_metadata");
        let mut count = 0;
        for (function, cases) in all {
            let cases: BTreeMap<String, Vector> = serde_json::from_value(cases).unwrap();
            for (name, case) in cases {
                let wanted = match name.as_str() {
                    "test_0003_img_256" => CORRECTED,
                    _ => case.outputs["iscc"].as_str().unwrap(),
                };
                assert_eq!(wanted, computed(&function, &case.inputs), "{function} {name}");
                assert_eq!(wanted.parse::<placet_core::Iscc>().unwrap().to_string(), wanted);
                count += 1;
            }
        }
        assert_eq!(count, 50);
    }
}
