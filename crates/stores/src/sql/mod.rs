//! What the databases share: binding a data set to a table, and the statements.
//!
//! The row of the data set is always `t`, a row that a fact is taken from `o`, a row that refers
//! to it `r`.

mod amend;
pub(crate) mod anonymise;
pub(crate) mod backend;
mod bind;
pub(crate) mod catalogue;
mod closed;
mod derived;
mod dispose;
mod find;
mod key;
pub(crate) mod pace;
mod partition;
mod statement;
mod stays;
mod store;

use frist_decide::sql::{Binding, Dialect};

pub(crate) use store::SqlStore;

/// What a SQL store knows of a bound data set.
#[derive(Debug, Clone)]
pub(crate) struct SqlBound {
    pub(crate) dialect: Dialect,
    /// The table, quoted, with its schema.
    pub(crate) table: String,
    /// Its name as the catalogue spells it.
    pub(crate) name: String,
    pub(crate) key: Vec<KeyColumn>,
    pub(crate) binding: Binding,
    /// Which facts lie in another table, in order: their expressions are subqueries.
    pub(crate) derived: Vec<usize>,
    /// How many of the binding's fields, the first, are the table's columns as it spells them; the
    /// others are the same as the register spells them.
    pub(crate) columns: usize,
    /// The table's columns, for looking in them.
    pub(crate) searchable: Vec<find::Searchable>,
    /// Who refers to the records, and what becomes of it.
    pub(crate) inbound: Vec<Inbound>,
    /// How the data set is anonymised; empty when it is erased.
    pub(crate) anonymise: Vec<anonymise::Field>,
    /// Facts that are own columns with an index.
    pub(crate) drivers: Vec<Driver>,
    /// Whether the register lets whole partitions be emptied.
    pub(crate) drop_partitions: bool,
    /// How a row's place is called; see [`catalogue::Table::place`].
    pub(crate) place: Option<&'static str>,
    /// Indexes that the database lacks.
    pub(crate) advice: Vec<String>,
}

/// A field of the key.
#[derive(Debug, Clone)]
pub(crate) struct KeyColumn {
    /// Quoted, without alias.
    pub(crate) column: String,
    /// PostgreSQL: the type to cast to.
    pub(crate) cast: String,
    pub(crate) reads: KeyReads,
}

/// What a key field's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyReads {
    Int,
    Text,
    /// SQLite: whichever it looks like.
    Either,
}

/// Rows of a table that refer to records of the data set.
#[derive(Debug, Clone)]
pub(crate) struct Inbound {
    /// The referring table, quoted.
    pub(crate) table: String,
    /// (quoted referring column, quoted column referred to).
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) effect: Effect,
    /// Whether they are rows of the same table.
    pub(crate) own: bool,
}

/// What a reference does when the record is to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The record stays while it is there.
    Blocks,
    /// It is emptied.
    Detaches,
}

/// A fact whose column has an index.
#[derive(Debug, Clone)]
pub(crate) struct Driver {
    /// Which fact.
    pub(crate) fact: usize,
    /// The indexed expression on `t`.
    pub(crate) expr: String,
    /// PostgreSQL: the type to cast to.
    pub(crate) cast: String,
}

impl SqlBound {
    /// References that block, from other tables (`own` false) or from this one.
    pub(crate) fn blocking(&self, own: bool) -> impl Iterator<Item = &Inbound> {
        self.inbound.iter().filter(move |i| i.effect == Effect::Blocks && i.own == own)
    }

    /// Whether nothing but the record itself and rows that block it decide whether it goes, so
    /// that one statement can test, erase, and answer what went. (SQLite cannot answer by the names
    /// that the tests use; there the database is locked meanwhile.)
    pub(crate) fn stands_alone(&self) -> bool {
        self.dialect == Dialect::Postgres
            && self.derived.is_empty()
            && self.blocking(true).next().is_none()
            && self.detaching().next().is_none()
    }

    /// References that are emptied.
    pub(crate) fn detaching(&self) -> impl Iterator<Item = &Inbound> {
        self.inbound.iter().filter(|i| i.effect == Effect::Detaches)
    }
}
