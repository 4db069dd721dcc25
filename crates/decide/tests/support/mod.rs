//! What the tests of this crate share: generated rules and records, and where these are kept: two
//! databases, and plain arrays.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod cell;
pub(crate) mod columns;
pub(crate) mod generate;
pub(crate) mod postgres;
pub(crate) mod seed;
pub(crate) mod sqlite;

use frist_decide::sql::Binding;
use frist_decide::{Compiled, Value};

use cell::Cell;

/// One column of a test table.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// Its type as written in `CREATE TABLE`.
    pub(crate) declared: String,
    /// The fact as the store's query would yield it.
    pub(crate) bound: frist_decide::sql::BoundFact,
}

/// One record of a test table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its key.
    pub(crate) key: String,
    /// A field that holds name.
    pub(crate) who: Option<String>,
    /// Its facts, one a column.
    pub(crate) cells: Vec<Cell>,
}

/// One record as a database gave it back.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// Its key.
    pub(crate) key: String,
    /// The field that holds name, as text.
    pub(crate) who: Option<String>,
    /// Its facts.
    pub(crate) facts: Vec<Value>,
}

impl Stored {
    /// The fields that a hold can name.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        (name == "who").then(|| self.who.clone()).flatten()
    }
}

/// A database with one table in it.
pub(crate) trait Database {
    /// Whether people's answers can be asked for, which go by key.
    fn has_keys(&self) -> bool {
        true
    }
    /// How the table is asked.
    fn binding(&self, columns: &[Column]) -> Binding;
    /// Makes the table anew; the records as the database then has them, in order of the key.
    fn load(&mut self, columns: &[Column], rows: &[Row]) -> Vec<Stored>;
    /// The decision word of every record, in order of the key.
    fn outcomes(&mut self, compiled: &Compiled, binding: &Binding) -> Vec<(String, String)>;
    /// The keys of the records that satisfy the compiled test of what is due, in order.
    fn due(&mut self, compiled: &Compiled, binding: &Binding) -> Vec<String>;
}
