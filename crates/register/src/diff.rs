//! What changed from one revision to the next, in words.

use std::fmt;

use serde_json::{Map, Value};

use crate::canonical;
use crate::model::Register;

/// One change between two revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The part of the register, such as `data set`; its id follows in `id`.
    pub part: &'static str,
    /// Id of the activity, store, data set ...; empty for the controller.
    pub id: String,
    /// What within it, such as `keep for bookkeeping, period`; empty when it is the whole.
    pub field: String,
    /// How it was; none when it was added.
    pub before: Option<String>,
    /// How it is; none when it was removed.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.part)?;
        if !self.id.is_empty() {
            write!(f, " `{}`", self.id)?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, " changed from {before} to {after}"),
            (None, Some(after)) if self.field.is_empty() || after.is_empty() => {
                f.write_str(" added")
            }
            (None, Some(after)) => write!(f, " added: {after}"),
            (Some(before), None) if self.field.is_empty() || before.is_empty() => {
                f.write_str(" removed")
            }
            (Some(before), None) => write!(f, " removed; it was {before}"),
            (None, None) => Ok(()),
        }
    }
}

/// The parts of the canonical form and what each is called.
const PARTS: &[(&str, &str)] = &[
    ("subjects", "category of data subjects"),
    ("categories", "category of personal data"),
    ("recipients", "recipient"),
    ("measures", "security measure"),
    ("stores", "store"),
    ("activities", "activity"),
    ("announcements", "announcement"),
    ("identities", "kind of identifier"),
    ("letters", "letter"),
    ("notices", "notice"),
    ("consents", "consent text"),
    ("guidelines", "guideline"),
    ("datasets", "data set"),
];

/// Every change from `old` to `new`, data sets last; empty when they mean the same.
pub fn diff(old: &Register, new: &Register) -> Vec<Change> {
    let (old, new) = (canonical::value(old), canonical::value(new));
    let mut changes = Vec::new();
    let controller = Walk { part: "controller", id: "" };
    controller.object(&old["controller"], &new["controller"], "", &mut changes);
    let nothing = Map::new();
    let requests =
        |whole: &Value| whole.get("requests").cloned().unwrap_or_else(|| Map::new().into());
    let walk = Walk { part: "requests", id: "" };
    walk.object(&requests(&old), &requests(&new), "", &mut changes);
    for (key, part) in PARTS {
        let (old, new) =
            (old[*key].as_object().unwrap_or(&nothing), new[*key].as_object().unwrap_or(&nothing));
        for (id, before) in old {
            match new.get(id) {
                Some(after) => Walk { part, id }.object(before, after, "", &mut changes),
                None => Walk { part, id }.say("", Some(before), None, &mut changes),
            }
        }
        for (id, after) in new.iter().filter(|(id, _)| !old.contains_key(*id)) {
            Walk { part, id }.say("", None, Some(after), &mut changes);
        }
    }
    changes
}

struct Walk<'a> {
    part: &'static str,
    id: &'a str,
}

impl Walk<'_> {
    fn say(&self, field: &str, old: Option<&Value>, new: Option<&Value>, out: &mut Vec<Change>) {
        out.push(Change {
            part: self.part,
            id: self.id.to_owned(),
            field: field.to_owned(),
            before: old.map(words),
            after: new.map(words),
        });
    }

    fn any(&self, old: &Value, new: &Value, path: &str, out: &mut Vec<Change>) {
        match (old, new) {
            (old, new) if old == new => {}
            (Value::Object(_), Value::Object(_)) => self.object(old, new, path, out),
            (Value::Array(a), Value::Array(b)) if a.iter().chain(b).all(Value::is_object) => {
                self.rules(a, b, path, out);
            }
            _ => self.say(path, Some(old), Some(new), out),
        }
    }

    fn object(&self, old: &Value, new: &Value, path: &str, out: &mut Vec<Change>) {
        let (Value::Object(old), Value::Object(new)) = (old, new) else { return };
        let within = |key: &str| match path {
            "" => key.replace('_', " "),
            _ => format!("{path}, {}", key.replace('_', " ")),
        };
        for (key, before) in old {
            match new.get(key) {
                Some(after) => self.any(before, after, &within(key), out),
                None => self.say(&within(key), Some(before), None, out),
            }
        }
        for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
            self.say(&within(key), None, Some(after), out);
        }
    }

    /// Lists of tables: what is the same in both is left out, and what has the same name is
    /// compared.
    fn rules(&self, old: &[Value], new: &[Value], path: &str, out: &mut Vec<Change>) {
        let mut gone: Vec<&Value> = old.iter().collect();
        let mut come: Vec<&Value> = Vec::new();
        for value in new {
            match gone.iter().position(|g| *g == value) {
                Some(i) => drop(gone.remove(i)),
                None => come.push(value),
            }
        }
        for value in come {
            let name = name(value);
            let within = format!("{path} {name}");
            match gone.iter().position(|g| self::name(g) == name) {
                Some(i) => self.object(gone.remove(i), value, &within, out),
                None => self.say(&within, None, Some(value), out),
            }
        }
        for value in gone {
            self.say(&format!("{path} {}", name(value)), Some(value), None, out);
        }
    }
}

/// What a table in a list is known by.
fn name(value: &Value) -> String {
    ["for", "law", "to", "recipient", "subject", "at", "name", "from"]
        .iter()
        .find_map(|key| {
            let word = value.get(*key)?.as_str()?;
            let link = if *key == "from" {
                "from "
            } else if *key == "for" {
                "for "
            } else {
                ""
            };
            Some(format!("{link}`{word}`"))
        })
        .unwrap_or_default()
}

/// A value in words.
fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(n) => n.to_string(),
        Value::String(s) => format!("`{s}`"),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| format!("{} {}", key.replace('_', " "), words(value)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}
