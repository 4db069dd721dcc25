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
}
