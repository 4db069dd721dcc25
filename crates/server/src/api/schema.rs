//! What is sent, held against the schema that the document shows: every fault with its place.
//!
//! Only what our own schemas say is understood; a test walks them and finds whatever is not. That
//! serde then reads what fits is a matter of course, since both come from the same type.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::problem::Wrong;

/// Where the document has its schemas.
const PLACE: &str = "#/components/schemas/";
/// Faults told at once.
const MOST: usize = 20;
/// Texts have no zero character: nobody types one, and databases do not take it.
pub(crate) const TEXT: &str = r"^[^\u0000]*$";
/// Names of things: what the ledger can keep.
pub(crate) const NAME: &str = r"^[A-Za-z0-9._:/@+#-]+$";

/// Names that also stand in addresses.
pub(crate) const PLAIN: &str = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$";

/// The schemas of all types, by name.
pub(crate) struct Schemas {
    taken: SchemaGenerator,
    given: SchemaGenerator,
}

impl Schemas {
    pub(crate) fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|s| {
                s.definitions_path = PLACE.trim_start_matches('#').into();
                s.meta_schema = None;
            })
        };
        // What is taken in: texts without zero characters.
        let taken = settings().with_transform(RecursiveTransform(|schema: &mut Schema| {
            let text = schema.get("type").is_some_and(|t| {
                t == "string" || t.as_array().is_some_and(|t| t.iter().any(|t| t == "string"))
            });
            let free =
                ["enum", "const", "format", "pattern"].into_iter().all(|k| schema.get(k).is_none());
            if text && free {
                schema.insert("pattern".into(), TEXT.into());
            }
        }));
        Self { taken: taken.into_generator(), given: settings().for_serialize().into_generator() }
    }

    /// The schema of what is taken in.
    pub(crate) fn taken<T: JsonSchema>(&mut self) -> Value {
        self.taken.subschema_for::<T>().into()
    }

    /// The schema of what is given out.
    pub(crate) fn given<T: JsonSchema>(&mut self) -> Value {
        self.given.subschema_for::<T>().into()
    }

    /// All that have names.
    pub(crate) fn named(mut self) -> Map<String, Value> {
        let mut all = self.given.take_definitions(true);
        for (name, schema) in self.taken.take_definitions(true) {
            // A type that goes both ways is the same on both, but for the texts it takes.
            let other = all.insert(name.clone(), schema.clone());
            debug_assert!(
                other.is_none_or(|other| shape(&other) == shape(&schema)),
                "two types are called `{name}`"
            );
        }
        all
    }
}

/// The fields of a schema, by which two that share a name are told apart.
fn shape(schema: &Value) -> Vec<String> {
    let fields = schema.get("properties").and_then(Value::as_object);
    let words = schema.get("enum").or_else(|| schema.get("oneOf")).cloned().unwrap_or_default();
    fields.into_iter().flat_map(|f| f.keys().cloned()).chain([words.to_string()]).collect()
}

/// Everything in `value` that does not fit `schema`.
pub(crate) fn faults(schema: &Value, named: &Map<String, Value>, value: &Value) -> Vec<Wrong> {
    let mut check = Check { named, found: Vec::new() };
    check.fits(schema, value, "");
    check.found.truncate(MOST);
    check.found
}

struct Check<'a> {
    named: &'a Map<String, Value>,
    found: Vec<Wrong>,
}

impl Check<'_> {
    fn say(&mut self, at: &str, detail: impl Into<String>) {
        let pointer = Some(at.to_owned());
        self.found.push(Wrong { pointer, parameter: None, detail: detail.into() });
    }

    fn tried(&self, schema: &Value, value: &Value, at: &str) -> Vec<Wrong> {
        let mut other = Check { named: self.named, found: Vec::new() };
        other.fits(schema, value, at);
        other.found
    }

    fn fits(&mut self, schema: &Value, value: &Value, at: &str) {
        let Some(schema) = schema.as_object() else {
            if schema == &Value::Bool(false) {
                self.say(at, "nothing may stand here");
            }
            return;
        };
        if let Some(named) = schema.get("$ref").and_then(Value::as_str) {
            let name = named.trim_start_matches(PLACE);
            if let Some(other) = self.named.get(name) {
                self.fits(other, value, at);
            }
        }
        if let Some(types) = schema.get("type") {
            let names: Vec<&str> = match types {
                Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect(),
            };
            if !names.iter().any(|name| is(name, value)) {
                return self.say(at, format!("this is no {}", names.join(" or ")));
            }
        }
        if let Some(constant) = schema.get("const")
            && constant != value
        {
            return self.say(at, format!("this must be {constant}"));
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array)
            && !words.contains(value)
        {
            let words: Vec<String> = words.iter().map(Value::to_string).collect();
            return self.say(at, format!("this must be one of {}", words.join(", ")));
        }
        self.number(schema, value, at);
        match value {
            Value::String(text) => self.text(schema, text, at),
            Value::Array(items) => self.list(schema, items, at),
            Value::Object(fields) => self.object(schema, fields, at),
            _ => {}
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.fits(part, value, at);
        }
        for (word, only_one) in [("oneOf", true), ("anyOf", false)] {
            let Some(parts) = schema.get(word).and_then(Value::as_array) else { continue };
            let tried: Vec<Vec<Wrong>> =
                parts.iter().map(|part| self.tried(part, value, at)).collect();
            match tried.iter().filter(|t| t.is_empty()).count() {
                0 => {
                    // The form that was nearest is the one that was meant.
                    let nearest = tried.into_iter().min_by_key(|t| {
                        (t.iter().any(|w| w.detail.starts_with("this must be")), t.len())
                    });
                    self.found.extend(nearest.unwrap_or_default());
                }
                1 => {}
                _ if only_one => self.say(at, "this could be meant in several ways"),
                _ => {}
            }
        }
    }

    fn number(&mut self, schema: &Map<String, Value>, value: &Value, at: &str) {
        let Some(n) = value.as_f64() else { return };
        if let Some(least) = schema.get("minimum").and_then(Value::as_f64)
            && n < least
        {
            self.say(at, format!("this must be at least {least}"));
        }
        if let Some(most) = schema.get("maximum").and_then(Value::as_f64)
            && n > most
        {
            self.say(at, format!("this must be at most {most}"));
        }
    }

    fn text(&mut self, schema: &Map<String, Value>, text: &str, at: &str) {
        let long = text.chars().count();
        let limit = |word: &str| schema.get(word).and_then(Value::as_u64);
        if limit("minLength").is_some_and(|n| (long as u64) < n) {
            self.say(at, "this is too short");
        }
        if limit("maxLength").is_some_and(|n| long as u64 > n) {
            self.say(at, "this is too long");
        }
        let wrong = match schema.get("format").and_then(Value::as_str) {
            Some("date") if text.len() != 10 || text.parse::<jiff::civil::Date>().is_err() => {
                Some("this is no day such as 2026-12-31")
            }
            Some("date-time") if text.parse::<jiff::Timestamp>().is_err() => {
                Some("this is no instant such as 2026-12-31T12:00:00Z")
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.say(at, wrong);
        }
        let known = match schema.get("pattern").and_then(Value::as_str) {
            Some(TEXT) => text.chars().all(|c| c != '\0'),
            Some(NAME) => {
                let sign = |c: char| c.is_ascii_alphanumeric() || "._:/@+#-".contains(c);
                !text.is_empty() && text.chars().all(sign)
            }
            Some(PLAIN) => {
                let sign = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                !text.is_empty() && !text.starts_with('.') && text.chars().all(sign)
            }
            _ => true,
        };
        if !known {
            self.say(at, "this has a character that cannot stand here");
        }
    }

    fn list(&mut self, schema: &Map<String, Value>, items: &[Value], at: &str) {
        let limit = |word: &str| schema.get(word).and_then(Value::as_u64);
        if limit("minItems").is_some_and(|n| (items.len() as u64) < n) {
            self.say(at, "there are too few of these");
        }
        if limit("maxItems").is_some_and(|n| items.len() as u64 > n) {
            self.say(at, "there are too many of these");
        }
        if schema.get("uniqueItems") == Some(&json!(true))
            && items.iter().enumerate().any(|(n, one)| items[..n].contains(one))
        {
            self.say(at, "one of these is there twice");
        }
        let Some(each) = schema.get("items") else { return };
        for (n, item) in items.iter().enumerate() {
            self.fits(each, item, &format!("{at}/{n}"));
            if self.found.len() > MOST {
                return;
            }
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, fields: &Map<String, Value>, at: &str) {
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if let Some(name) = name.as_str().filter(|name| !fields.contains_key(*name)) {
                self.say(at, format!("`{name}` is missing"));
            }
        }
        let limit = schema.get("maxProperties").and_then(Value::as_u64);
        if limit.is_some_and(|n| fields.len() as u64 > n) {
            self.say(at, "there are too many of these");
        }
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        for (name, value) in fields {
            let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            match (known.and_then(|known| known.get(name)), others) {
                (Some(one), _) => self.fits(one, value, &place),
                // Its name could be anybody's.
                (None, Some(Value::Bool(false))) => {
                    self.say(at, "there is a field that is not known here");
                }
                (None, Some(other)) => self.fits(other, value, &place),
                (None, None) => {}
            }
            if let Some(names) = schema.get("propertyNames") {
                let name = Value::String(name.clone());
                let wrong = self.tried(names, &name, at);
                self.found.extend(wrong);
            }
            if self.found.len() > MOST {
                return;
            }
        }
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

/// Every word of a schema that [`faults`] understands, or that only tells people something.
#[cfg(test)]
pub(crate) const UNDERSTOOD: &[&str] = &[
    "$ref",
    "type",
    "const",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "format",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "items",
    "required",
    "properties",
    "additionalProperties",
    "propertyNames",
    "maxProperties",
    "allOf",
    "oneOf",
    "anyOf",
    "title",
    "description",
    "default",
    "examples",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named_with_its_place() {
        let named =
            json!({"Key": {"type": "string", "minLength": 1, "maxLength": 3, "pattern": TEXT}});
        let named = named.as_object().unwrap();
        let schema = json!({
            "type": "object", "required": ["key"], "additionalProperties": false,
            "properties": {
                "key": {"$ref": "#/components/schemas/Key"},
                "n": {"type": ["integer", "null"], "minimum": 0, "maximum": 9},
                "on": {"type": "string", "format": "date"},
                "all": {"type": "array", "maxItems": 2, "items": {"enum": ["a", "b"]}},
                "how": {"oneOf": [
                    {"type": "object", "required": ["t"], "properties": {"t": {"const": "x"}}},
                    {"type": "object", "required": ["t", "u"], "properties": {"t": {"const": "y"}}},
                ]},
            },
        });
        let places = |value: Value| -> Vec<String> {
            let found = faults(&schema, named, &value);
            found.into_iter().map(|w| w.pointer.unwrap()).collect()
        };
        let sound =
            json!({"key": "abc", "n": 9, "on": "2026-02-28", "all": ["a", "b"], "how": {"t": "x"}});
        assert_eq!(places(sound), [""; 0]);
        assert_eq!(places(json!({"key": "a", "n": null})), [""; 0]);
        assert_eq!(places(json!([])), [""]);
        assert_eq!(places(json!({})), [""]);
        assert_eq!(places(json!({"key": "", "more": 1})), ["/key", ""]);
        assert_eq!(places(json!({"key": "æøåx"})), ["/key"]);
        assert_eq!(places(json!({"key": "a\0"})), ["/key"]);
        assert_eq!(places(json!({"key": 1, "n": -1, "on": "2026-02-30"})), ["/key", "/n", "/on"]);
        assert_eq!(places(json!({"key": "a", "n": 1.5})), ["/n"]);
        assert_eq!(places(json!({"key": "a", "all": ["a", "c", "b"]})), ["/all", "/all/1"]);
        assert_eq!(places(json!({"key": "a", "how": {"t": "y"}})), ["/how"]);
        // No value is repeated: it could be somebody's.
        let told = faults(&schema, named, &json!({"key": "2512484916"})).pop().unwrap();
        assert!(!told.detail.contains("2512484916"));
    }
}
