//! Which records a hold covers.

/// One way in which an active hold covers records of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldScope {
    /// Every record.
    All,
    /// The records with these keys, as text, key fields joined by a comma.
    Keys(Vec<String>),
    /// The records whose field names one of these, compared as text.
    Field {
        /// The field: a subject's, or any other that the hold names.
        field: String,
        /// The values.
        values: Vec<String>,
    },
    /// The records that every one of these covers.
    Every(Vec<HoldScope>),
}

impl HoldScope {
    /// The fields that it asks for. Of one that a record does not have nobody can say whom the hold means,
    /// so such a record is covered.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            HoldScope::Field { field, values } if !values.is_empty() => vec![field],
            HoldScope::Every(parts) => parts.iter().flat_map(HoldScope::fields).collect(),
            HoldScope::All | HoldScope::Keys(_) | HoldScope::Field { .. } => Vec::new(),
        }
    }

    /// Whether it covers the record with this key and these fields.
    pub fn covers(&self, key: &str, field: &dyn Fn(&str) -> Option<String>) -> bool {
        match self {
            HoldScope::All => true,
            HoldScope::Keys(keys) => keys.iter().any(|k| k == key),
            HoldScope::Field { field: name, values } => {
                field(name).is_some_and(|v| values.contains(&v))
            }
            HoldScope::Every(parts) => parts.iter().all(|part| part.covers(key, field)),
        }
    }
}
