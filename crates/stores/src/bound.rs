//! A data set bound to its collection: what every store knows of it, and what only its own does.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use frist_decide::Kind;

/// What every kind of store knows of a bound data set.
#[derive(Debug, Clone)]
pub struct Common {
    /// The data set's id.
    pub dataset: String,
    /// The store's id.
    pub store: String,
    /// The collection, as the store's catalogue spells it.
    pub collection: String,
    /// How each fact is read, in the order of the rule's.
    pub kinds: Vec<Kind>,
    /// The field whose index serves the test, or a warning that none does.
    pub driver: Result<String, String>,
}

/// A data set bound to its collection by [`crate::Store::bind`]; only the store that made it
/// understands all of it.
#[derive(Clone)]
pub struct Bound {
    common: Common,
    detail: Arc<dyn Any + Send + Sync>,
}

impl Bound {
    /// A bound data set with what this kind of store needs to know of it.
    pub fn new(common: Common, detail: impl Any + Send + Sync) -> Self {
        Self { common, detail: Arc::new(detail) }
    }

    /// What every kind of store knows.
    pub fn common(&self) -> &Common {
        &self.common
    }

    /// How each fact is read, in the order of the rule's: what `frist_decide::compile` wants.
    pub fn kinds(&self) -> &[Kind] {
        &self.common.kinds
    }

    /// What the store added; none when another kind of store made it.
    pub fn detail<T: Any>(&self) -> Option<&T> {
        self.detail.downcast_ref()
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.common.fmt(f)
    }
}
