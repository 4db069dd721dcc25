//! What crosses the trait [`Store`](crate::Store): records and their keys, what was found, what was done.
//!
//! What holds personal data does not print it.

use frist_decide::{Compiled, Outcome, Value};
use frist_register::Anonymise;

use crate::bound::Bound;
/// One field of a key.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum KeyPart {
    /// A whole number.
    #[serde(rename = "i")]
    Int(i64),
    /// Text, or any other type as the store writes it.
    #[serde(rename = "t")]
    Text(String),
}

/// What names a record in its collection. It is personal data: it never goes into logs or errors.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Key(pub Vec<KeyPart>);

/// A record as the engine sees it: its key, the facts of its rule, its other fields as text.
#[derive(Clone, PartialEq)]
pub struct Record {
    /// Its key.
    pub key: Key,
    /// Its facts, in the order of the rule's.
    pub facts: Vec<Value>,
}

/// A record's fields by name, as text; none where a field is empty.
pub type Fields = Vec<(String, Option<String>)>;

/// What is to be done with a batch.
#[derive(Debug, Clone)]
pub enum Action {
    /// Erase the records.
    Erase,
    /// Change these fields. `Anonymise::Pseudonym` is computed with this key (HMAC-SHA-256).
    Anonymise {
        /// The fields.
        fields: Vec<(String, Anonymise)>,
        /// The key of pseudonyms.
        pseudonym_key: [u8; 32],
    },
}

/// How a collection's records are distributed over the decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// Records by decision, in the order of [`Outcome::ALL`].
    pub by_outcome: [u64; 6],
    /// Among those due: anonymised already, so that nothing is left to do.
    pub done: u64,
    /// Among those due: a record that refers to them is still there.
    pub blocked: u64,
}

impl Census {
    /// The records of this outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        let ix = Outcome::ALL.iter().position(|o| *o == outcome).unwrap_or_default();
        self.by_outcome[ix]
    }
    /// All records.
    pub fn total(&self) -> u64 {
        self.by_outcome.iter().sum()
    }
}

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Disposed {
    /// The records that were disposed of, with the facts that they had.
    pub done: Vec<Record>,
    /// References that were emptied in other collections (`detach`).
    pub detached: u64,
}

/// One collection's part in [`Store::dispose_together`](crate::Store::dispose_together); as the arguments of [`Store::dispose`](crate::Store::dispose).
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// The data set.
    pub bound: &'a Bound,
    /// What is due.
    pub compiled: &'a Compiled,
    /// The records.
    pub keys: &'a [Key],
    /// What is done with them.
    pub action: &'a Action,
}

/// What is looked for in one collection; as the arguments of [`Store::find`](crate::Store::find).
pub struct Search<'a> {
    /// The data set.
    pub bound: &'a Bound,
    /// In which fields, for what.
    pub any_of: Vec<FieldMatch>,
    /// The fields whose values are wanted.
    pub wanted: Vec<String>,
    /// How many records at most.
    pub limit: usize,
}

/// A part of a collection that is due as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name, for [`Store::dispose_partition`](crate::Store::dispose_partition).
    pub name: String,
    /// How many records it has.
    pub records: u64,
}

/// What a store did, or recommends, once a sweep of it is over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aftercare {
    /// What was done, such as a checkpoint of the write-ahead log.
    pub done: Vec<String>,
    /// What somebody should do, such as `VACUUM`.
    pub advice: Vec<String>,
}

/// A collection in a store's catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct CollectionInfo {
    /// Its name.
    pub name: String,
    /// Whether it is a view, which Frist leaves alone.
    pub view: bool,
    /// Its fields.
    pub fields: Vec<FieldInfo>,
    /// The fields of its primary key.
    pub key: Vec<String>,
    /// References to other collections: (field, other collection, its field).
    pub references: Vec<(String, String, String)>,
    /// Records, where the store knows without counting.
    pub estimate: Option<u64>,
}

/// What lies in a store and is in no data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unnamed {
    /// The collection, or a pattern for the folder in which files lie.
    pub at: String,
    /// For files: how many of those below it no pattern takes.
    pub files: Option<u64>,
}

/// A field in a store's catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct FieldInfo {
    /// Its name.
    pub name: String,
    /// Its type, as the store calls it.
    pub type_name: String,
    /// Whether it is computed from others, so that it cannot be written.
    pub generated: bool,
    /// Whether it may be empty.
    pub nullable: bool,
    /// Whether an index starts with it.
    pub indexed: bool,
}

/// A field to look in, and the ways in which the value looked for may be written there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FieldMatch {
    /// The field, as the register calls it.
    pub field: String,
    /// How the value may be written. They are personal data.
    pub spellings: Vec<String>,
}

/// A record that [`Store::find`](crate::Store::find) found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundRow {
    /// Its key.
    pub key: Key,
    /// The fields that were asked for and have a value, as text. A field that holds several values
    /// (a list in a sidecar) is there once for each.
    pub values: Vec<(String, String)>,
}

/// What [`Store::find`](crate::Store::find) found, and what it could not look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// The records, in no order that anybody may rely on.
    pub rows: Vec<FoundRow>,
    /// Records whose fields could not be read, so that nobody can say whether they match.
    pub unread: u64,
    /// Fields that no index serves, for which the collection was read whole.
    pub slow: Vec<String>,
}

/// A field and what it is to say.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldValue {
    /// The field, as the register calls it.
    pub field: String,
    /// As text; none to empty it.
    pub to: Option<String>,
}

/// A record that was changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Amended {
    /// Its key.
    pub key: Key,
    /// What the changed fields said before, in their order.
    pub before: Vec<Option<String>>,
}

impl Key {
    /// The key as text: its fields joined by commas, a comma or backslash in a text escaped.
    pub fn text(&self) -> String {
        let part = |p: &KeyPart| match p {
            KeyPart::Int(n) => n.to_string(),
            KeyPart::Text(t) if self.0.len() > 1 => t.replace('\\', "\\\\").replace(',', "\\,"),
            KeyPart::Text(t) => t.clone(),
        };
        match &*self.0 {
            [one] => part(one),
            parts => parts.iter().map(part).collect::<Vec<_>>().join(","),
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A key is personal data.
        write!(f, "Key(..{} fields)", self.0.len())
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Record(..{} facts)", self.facts.len())
    }
}

impl std::fmt::Debug for FieldMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FieldMatch({}, ..{} spellings)", self.field, self.spellings.len())
    }
}

impl std::fmt::Debug for FoundRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FoundRow(..{} values)", self.values.len())
    }
}

impl std::fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FieldValue({})", self.field)
    }
}

impl std::fmt::Debug for Amended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Amended({} fields)", self.before.len())
    }
}
