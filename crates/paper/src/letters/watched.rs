//! The context as a template sees it, remembering each name that was asked for in vain.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use minijinja::value::{Object, Value};
use serde_json::Map;

use super::nearest::nearest;

/// A table of the context.
pub(crate) struct Watched {
    fields: Map<String, serde_json::Value>,
    /// Filled parts, which are markup already.
    parts: Vec<(&'static str, String)>,
    path: String,
    unknown: Arc<Mutex<BTreeSet<Unknown>>>,
}

/// A name that stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unknown {
    /// As written, with the names before it.
    pub name: String,
    /// What may have been meant.
    pub nearest: Option<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no `{}`", self.name)?;
        match &self.nearest {
            Some(near) => write!(f, "; did you mean `{near}`?"),
            None => Ok(()),
        }
    }
}

/// The whole context.
pub(crate) struct Root(Arc<Watched>);

impl Watched {
    /// The context, with parts beside its fields.
    pub(crate) fn root(
        fields: Map<String, serde_json::Value>,
        parts: &[(&'static str, String)],
    ) -> Root {
        Root(Arc::new(Watched {
            fields,
            parts: parts.to_vec(),
            path: String::new(),
            unknown: Arc::default(),
        }))
    }

    fn wrap(&self, name: &str, value: &serde_json::Value) -> Value {
        use serde_json::Value as J;
        match value {
            J::Null => Value::from(()),
            J::Bool(b) => Value::from(*b),
            J::Number(n) => n.as_u64().map_or_else(|| Value::from(n.as_f64()), Value::from),
            J::String(s) => Value::from(s.as_str()),
            J::Array(items) => items.iter().map(|i| self.wrap(name, i)).collect(),
            J::Object(fields) => Value::from_object(Watched {
                fields: fields.clone(),
                parts: Vec::new(),
                path: format!("{}{name}.", self.path),
                unknown: Arc::clone(&self.unknown),
            }),
        }
    }
}

impl Root {
    /// For the engine.
    pub(crate) fn value(&self) -> Value {
        Value::from_dyn_object(Arc::clone(&self.0))
    }

    /// The names asked for in vain so far.
    pub(crate) fn unknown(&self) -> Vec<Unknown> {
        // A poisoned lock still holds what was written.
        self.0.unknown.lock().unwrap_or_else(|p| p.into_inner()).iter().cloned().collect()
    }
}

impl Object for Watched {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if let Some(value) = self.fields.get(name) {
            return Some(self.wrap(name, value));
        }
        if let Some((_, text)) = self.parts.iter().find(|(part, _)| *part == name) {
            return Some(Value::from_safe_string(text.clone()));
        }
        let known = self.fields.keys().map(String::as_str).chain(self.parts.iter().map(|p| p.0));
        let near = nearest(name, known).map(|n| format!("{}{n}", self.path));
        let name: String = name.chars().take(60).collect();
        self.unknown
            .lock()
            .unwrap_or_else(|p| p.into_inner())
            .insert(Unknown { name: format!("{}{name}", self.path), nearest: near });
        None
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watched({} fields)", self.fields.len())
    }
}
