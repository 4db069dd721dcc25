//! Collections are tables, and facts are their columns: making them, naming them, telling them from the vault's own.

use rusqlite::Connection;

use super::{Rows, WRAPPED_KEY};
use crate::error::VaultError;

/// The columns that are the vault's own, but for the two instants.
const OWN: &[&str] = &[
    "id",
    "hour",
    WRAPPED_KEY,
    "vault_state",
    "vault_place",
    "chunk_ms",
    "chunks",
    "content_sha256",
];
const INSTANTS: &[&str] = &["started_at", "ended_at"];

pub(super) fn table(collection: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS \"{collection}\" (
           id TEXT PRIMARY KEY NOT NULL, hour TEXT, {WRAPPED_KEY} BLOB NOT NULL,
           vault_state TEXT NOT NULL, vault_place TEXT NOT NULL, chunk_ms INTEGER NOT NULL,
           chunks INTEGER, content_sha256 TEXT, started_at TEXT NOT NULL, ended_at TEXT);
         CREATE INDEX IF NOT EXISTS \"{collection}_hour\" ON \"{collection}\" (hour);
         CREATE INDEX IF NOT EXISTS \"{collection}_ended_at\" ON \"{collection}\" (ended_at);"
    )
}

impl Rows {
    /// Makes the collection and these columns for facts where they are missing.
    pub(crate) fn ensure(&mut self, collection: &str, facts: &[&str]) -> Result<(), VaultError> {
        name(collection)?;
        for fact in facts {
            name(fact)?;
            if OWN.contains(fact) {
                return Err(VaultError::Invalid(format!(
                    "`{fact}` is a column of the vault's own; call the fact something else"
                )));
            }
        }
        let there = |connection: &Connection| columns(connection, collection);
        let known = there(&self.connection).map_err(VaultError::db("show its columns"))?;
        if !known.is_empty() && facts.iter().all(|f| known.iter().any(|k| k == f)) {
            return Ok(());
        }
        let tx = self.write()?;
        let change = || -> rusqlite::Result<()> {
            tx.execute_batch(&table(collection))?;
            let known = there(&tx)?;
            for fact in facts.iter().filter(|f| !known.iter().any(|k| k == *f)) {
                tx.execute_batch(&format!(
                    "ALTER TABLE \"{collection}\" ADD COLUMN \"{fact}\" TEXT"
                ))?;
            }
            Ok(())
        };
        change().map_err(VaultError::db("add a column"))?;
        tx.commit().map_err(VaultError::db("add a column"))
    }
}

/// The collections: every table but the vault's own.
pub(crate) fn collections(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name <> 'vault' \
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name = 'recording' DESC, name";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

fn columns(connection: &Connection, collection: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM pragma_table_info(?1, 'main')")?;
    statement.query_map([collection], |row| row.get(0))?.collect()
}

/// The columns of a collection that hold facts, the two instants first.
pub(crate) fn facts(connection: &Connection, collection: &str) -> rusqlite::Result<Vec<String>> {
    Ok(columns(connection, collection)?
        .into_iter()
        .filter(|c| !OWN.contains(&c.as_str()))
        .collect())
}

/// Names as SQL.
pub(crate) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|n| format!("\"{n}\"")).collect();
    quoted.join(", ")
}

/// Facts as they are given: known columns of this collection, and not the vault's own.
pub(crate) fn check_facts(
    connection: &Connection,
    collection: &str,
    given: &[(String, Option<String>)],
) -> Result<(), VaultError> {
    let known = facts(connection, collection).map_err(VaultError::db("show its columns"))?;
    for (i, (fact, _)) in given.iter().enumerate() {
        if INSTANTS.contains(&fact.as_str()) || !known.contains(fact) {
            return Err(VaultError::Invalid(format!(
                "`{collection}` has no fact `{fact}`; name it when the vault is opened"
            )));
        }
        if given.iter().skip(i + 1).any(|(other, _)| other == fact) {
            return Err(VaultError::Invalid(format!("the fact `{fact}` is given twice")));
        }
    }
    Ok(())
}

/// A name of a table or column: it goes into SQL as it is.
pub(super) fn name(text: &str) -> Result<(), VaultError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let starts = text.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    if starts
        && text.len() <= 63
        && text.chars().all(fits)
        && text != "vault"
        && !text.starts_with("sqlite_")
    {
        return Ok(());
    }
    Err(VaultError::Invalid(format!(
        "`{text}` cannot be the name of a fact or collection: lower-case letters, digits and `_`, 63 at most"
    )))
}
