//! The JSON Schema (2020-12) of a register file, so that editors complete and check as people
//! type. It is made from the very tables that the reader goes by.

use serde_json::{Map, Value, json};

use crate::shape::{self, Kind, Shape};

/// The schema as JSON text.
pub fn schema() -> String {
    let mut defs = Map::new();
    defs.insert("id".into(), json!({ "type": "string", "pattern": "^[a-z0-9_-]{1,64}$" }));
    defs.insert(
        "text".into(),
        json!({
            "description": "A text in Danish and English, or one text for both.",
            "oneOf": [
                { "type": "string", "minLength": 1 },
                {
                    "type": "object",
                    "properties": { "da": { "type": "string" }, "en": { "type": "string" } },
                    "minProperties": 1,
                    "additionalProperties": false,
                },
            ],
        }),
    );
    defs.insert(
        "period".into(),
        json!({
            "description": "A whole number and a unit.",
            "type": "string",
            "pattern": "^[0-9]+ (hours?|days?|weeks?|months?|years?)$",
            "examples": ["5 years", "30 days", "96 hours"],
        }),
    );
    for shape in shape::ALL.iter().filter(|s| !s.path.is_empty()) {
        defs.insert(shape.path.into(), table(shape));
    }
    let mut root = Map::new();
    root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("title".into(), json!("Frist register"));
    if let Value::Object(fields) = table(&shape::ROOT) {
        root.extend(fields);
    }
    root.insert("$defs".into(), Value::Object(defs));
    let mut text = serde_json::to_string_pretty(&Value::Object(root)).unwrap_or_default();
    text.push('\n');
    text
}

fn table(shape: &Shape) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in shape.fields {
        let mut value = kind(field.kind);
        if let Value::Object(object) = &mut value {
            object.insert("description".into(), json!(field.doc));
        }
        properties.insert(field.name.into(), value);
        if field.required {
            required.push(json!(field.name));
        }
    }
    let mut object = Map::new();
    object.insert("description".into(), json!(shape.doc));
    object.insert("type".into(), json!("object"));
    object.insert("properties".into(), Value::Object(properties));
    if !required.is_empty() {
        object.insert("required".into(), Value::Array(required));
    }
    object.insert("additionalProperties".into(), json!(false));
    Value::Object(object)
}

fn kind(kind: Kind) -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    match kind {
        Kind::Str => json!({ "type": "string" }),
        Kind::Id => reference("id"),
        Kind::Text => reference("text"),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Count => json!({ "type": "integer", "minimum": 1 }),
        Kind::Period => reference("period"),
        Kind::Duration => json!({
            "type": "string",
            "pattern": "^[0-9]+ ?(ms|s|sec|seconds?|min|minutes?)$",
            "examples": ["30 s", "500 ms"],
        }),
        // A TOML date has no JSON form; editors show it as a text.
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Strings => json!({
            "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
        }),
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::SomeOf(words) => json!({
            "oneOf": [{ "enum": words }, { "type": "array", "items": { "enum": words } }],
        }),
        Kind::Table(shape) => reference(shape.path),
        Kind::Tables(shape) => json!({ "type": "array", "items": reference(shape.path) }),
        // INVARIANT: a constant of this crate; a test reads every one.
        Kind::Special(text) => serde_json::from_str(text).unwrap_or(Value::Bool(false)),
    }
}
