//! The context as a template sees it, remembering each name that was asked for in vain.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use minijinja::value::{Enumerator, Object, Value};
use serde_json::Map;

use super::nearest::nearest;

/// A table of the context.
pub(crate) struct Watched {
    fields: BTreeMap<String, Value>,
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
        let unknown = Arc::default();
        let mut root = Watched::of(&fields, String::new(), &unknown);
        let parts = parts.iter().map(|(n, text)| {
            // Filled parts are markup already.
            ((*n).to_owned(), Value::from_safe_string(text.clone()))
        });
        root.fields.extend(parts);
        Root(Arc::new(root))
    }

    fn of(
        fields: &Map<String, serde_json::Value>,
        path: String,
        unknown: &Arc<Mutex<BTreeSet<Unknown>>>,
    ) -> Self {
        let wrap = |(name, value): (&String, &serde_json::Value)| {
            (name.clone(), wrap(value, &format!("{path}{name}."), unknown))
        };
        let fields = fields.iter().map(wrap).collect();
        Watched { fields, path, unknown: Arc::clone(unknown) }
    }
}

fn wrap(value: &serde_json::Value, path: &str, unknown: &Arc<Mutex<BTreeSet<Unknown>>>) -> Value {
    use serde_json::Value as J;
    match value {
        J::Null => Value::from(()),
        J::Bool(b) => Value::from(*b),
        J::Number(n) => n.as_u64().map_or_else(|| Value::from(n.as_f64()), Value::from),
        J::String(s) => Value::from(s.as_str()),
        J::Array(items) => items.iter().map(|i| wrap(i, path, unknown)).collect(),
        J::Object(fields) => Value::from_object(Watched::of(fields, path.to_owned(), unknown)),
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
            return Some(value.clone());
        }
        let near = nearest(name, self.fields.keys().map(String::as_str))
            .map(|n| format!("{}{n}", self.path));
        let name: String = name.chars().take(60).collect();
        self.unknown
            .lock()
            .unwrap_or_else(|p| p.into_inner())
            .insert(Unknown { name: format!("{}{name}", self.path), nearest: near });
        None
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        // A table that is there is true, which `{% if dpo %}` asks.
        Enumerator::Values(self.fields.keys().map(Value::from).collect())
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watched({} fields)", self.fields.len())
    }
}
