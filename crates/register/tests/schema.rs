//! The checked-in JSON Schema is the one the reader goes by.

use std::collections::BTreeSet;

use serde_json::Value;

const CHECKED_IN: &str = include_str!("../schema/register.schema.json");
const EVERYTHING: &str = include_str!("registers/everything.toml");

#[test]
fn the_checked_in_schema_is_current() {
    let now = frist_register::schema();
    if std::env::var_os("FRIST_UPDATE_SCHEMA").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/register.schema.json");
        std::fs::write(path, &now).unwrap();
        return;
    }
    assert_eq!(CHECKED_IN, now, "run the tests once with FRIST_UPDATE_SCHEMA=1");
}

#[test]
fn every_reference_leads_somewhere() {
    let schema: Value = serde_json::from_str(CHECKED_IN).unwrap();
    let defs = schema["$defs"].as_object().unwrap();
    fn walk(value: &Value, seen: &mut BTreeSet<String>) {
        match value {
            Value::Object(o) => {
                if let Some(Value::String(r)) = o.get("$ref") {
                    seen.insert(r.trim_start_matches("#/$defs/").to_owned());
                }
                o.values().for_each(|v| walk(v, seen));
            }
            Value::Array(a) => a.iter().for_each(|v| walk(v, seen)),
            _ => {}
        }
    }
    let mut seen = BTreeSet::new();
    walk(&schema, &mut seen);
    assert!(seen.len() > 10);
    for name in &seen {
        assert!(defs.contains_key(name), "{name}");
    }
    // And nothing is defined in vain.
    for name in defs.keys() {
        assert!(seen.contains(name), "{name}");
    }
}

/// Each field that the schema has occurs in the register with everything, and so is read: the
/// reader's own debug assertions say that it asks for every field of the table and no other.
#[test]
fn every_field_of_the_schema_occurs() {
    let schema: Value = serde_json::from_str(CHECKED_IN).unwrap();
    let mut missing = Vec::new();
    let mut tables: Vec<(&str, &Value)> = vec![("", &schema)];
    tables.extend(schema["$defs"].as_object().unwrap().iter().map(|(n, v)| (n.as_str(), v)));
    for (name, table) in tables {
        let Some(fields) = table["properties"].as_object() else { continue };
        for (field, about) in fields {
            assert!(about["description"].as_str().is_some_and(|d| d.len() > 2), "{name}.{field}");
            let occurs = [" = ", " =", "]"].iter().any(|after| {
                let word = format!("{field}{after}");
                EVERYTHING.contains(&word)
            });
            if !occurs {
                missing.push(format!("{name}.{field}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
