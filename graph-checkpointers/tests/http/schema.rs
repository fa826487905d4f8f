//! As much of JSON Schema as the description uses. A word that isn't known here is an error, so that nothing is
//! passed over.

use graph_runtime::{ActivationId, MomentId, WriteKey};
use serde_json::{Map, Value};

/// A description in which `$ref`s are looked up.
pub(crate) struct Schemas<'d>(pub(crate) &'d Value);

/// Words that judge nothing. A `pattern` stands at an id, and [`is_id`] knows better.
const REMARKS: &[&str] = &[
    "description",
    "format",
    "required",
    "additionalProperties",
    "pattern",
];

impl Schemas<'_> {
    /// Why a value doesn't fit; nothing if it does.
    pub(crate) fn misfits(&self, schema: &Value, value: &Value) -> Vec<String> {
        let schema = schema.as_object().unwrap();
        let mut misfits = Vec::new();
        for (word, rule) in schema {
            let fits = match word.as_str() {
                "$ref" => {
                    let name = rule.as_str().unwrap();
                    misfits.extend(self.misfits(self.named(name), value));
                    is_id(name, value)
                }
                "type" => is_of(rule.as_str().unwrap(), value),
                "enum" => rule.as_array().unwrap().contains(value),
                "minimum" => value.as_u64() >= rule.as_u64(),
                "minLength" => value
                    .as_str()
                    .is_none_or(|text| text.len() as u64 >= rule.as_u64().unwrap()),
                "maxLength" => value
                    .as_str()
                    .is_none_or(|text| text.len() as u64 <= rule.as_u64().unwrap()),
                "anyOf" => {
                    let any = rule.as_array().unwrap();
                    any.iter().any(|one| self.misfits(one, value).is_empty())
                }
                "items" => {
                    for item in value.as_array().into_iter().flatten() {
                        misfits.extend(self.misfits(rule, item));
                    }
                    true
                }
                "properties" => {
                    misfits.extend(self.properties(schema, value));
                    true
                }
                known if REMARKS.contains(&known) => true,
                unknown => unreachable!("the word `{unknown}` isn't known here"),
            };
            if !fits {
                misfits.push(format!("{value} isn't {word} {rule}"));
            }
        }
        misfits
    }

    fn properties(&self, schema: &Map<String, Value>, value: &Value) -> Vec<String> {
        let Some(value) = value.as_object() else {
            return Vec::new();
        };
        let properties = schema["properties"].as_object().unwrap();
        let mut misfits = Vec::new();
        for name in schema["required"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            assert!(
                properties.contains_key(name),
                "{name} is required and not described"
            );
            if !value.contains_key(name) {
                misfits.push(format!("{name} is missing"));
            }
        }
        assert_eq!(schema["additionalProperties"], false);
        for (name, value) in value {
            match properties.get(name) {
                Some(schema) => misfits.extend(self.misfits(schema, value)),
                None => misfits.push(format!("{name} isn't described")),
            }
        }
        misfits
    }

    pub(crate) fn named(&self, reference: &str) -> &Value {
        let pointer = reference.strip_prefix('#').unwrap();
        self.0.pointer(pointer).unwrap()
    }
}

/// Whether a value is such an id, where the name is that of one.
fn is_id(reference: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match reference.rsplit('/').next().unwrap() {
        "MomentId" => text.parse::<MomentId>().is_ok(),
        "ActivationId" => text.parse::<ActivationId>().is_ok(),
        "WriteKey" => text.parse::<WriteKey>().is_ok(),
        "Expected" => ["any", "none"].contains(&text) || text.parse::<MomentId>().is_ok(),
        _ => true,
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => unreachable!("the type `{other}` isn't known here"),
    }
}
