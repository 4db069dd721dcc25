//! The two databases: `index.db` with a row an object, `hours.db` with a row an hour.
//!
//! Both are in write-ahead mode, overwrite what they erase (`secure_delete`), and are opened as one
//! connection, so that a transaction that begins locks both: nobody makes an object of an hour
//! while somebody else destroys the key of that hour.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};

use crate::error::VaultError;
use crate::id::ObjectId;
use crate::vault::{Facts, Listed, State};

/// The collection that [`crate::Vault::begin`] writes to.
pub const RECORDING: &str = "recording";
/// The collection that is there from the start for copies that are kept as evidence.
pub const EVIDENCE: &str = "evidence";
/// The column that must never be shown.
pub const WRAPPED_KEY: &str = "wrapped_key";

pub(crate) const INDEX: &str = "index.db";
pub(crate) const HOURS: &str = "hours.db";
const VERSION: i64 = 1;

/// How long to wait for another process.
const BUSY: Duration = Duration::from_secs(10);

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

/// Where an object lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Disk,
    Storage,
}

/// What the vault itself knows of an object.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: ObjectId,
    pub(crate) collection: String,
    /// The hour whose key wraps its own; none where the root key does.
    pub(crate) hour: Option<String>,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) state: State,
    pub(crate) place: Place,
    pub(crate) chunk_ms: u32,
    pub(crate) chunks: Option<u64>,
    pub(crate) content_sha256: Option<[u8; 32]>,
    pub(crate) started: Timestamp,
}

/// Both databases.
pub(crate) struct Rows {
    pub(crate) connection: Connection,
    dir: PathBuf,
}

/// Makes the two databases, which must not be there.
pub(crate) fn create(dir: &Path, vault: &str, check: &[u8]) -> Result<(), VaultError> {
    create_hours(dir)?;
    let index = new(&dir.join(INDEX))?;
    let make = || {
        index.execute_batch(&format!(
            "CREATE TABLE vault (id TEXT PRIMARY KEY NOT NULL, root_check BLOB NOT NULL) WITHOUT ROWID;
             {} {}
             PRAGMA user_version = {VERSION};",
            table(RECORDING),
            table(EVIDENCE)
        ))?;
        index.execute("INSERT INTO vault VALUES (?1, ?2)", (vault, check))
    };
    make().map_err(VaultError::db("make its tables"))?;
    Ok(())
}

/// Makes an empty `hours.db`.
pub(crate) fn create_hours(dir: &Path) -> Result<(), VaultError> {
    let hours = new(&dir.join(HOURS))?;
    hours
        .execute_batch(&format!(
            "CREATE TABLE hour_key (hour TEXT PRIMARY KEY NOT NULL, wrapped_key BLOB NOT NULL) WITHOUT ROWID;
             PRAGMA user_version = {VERSION};"
        ))
        .map_err(VaultError::db("make its tables"))
}

fn new(path: &Path) -> Result<Connection, VaultError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(VaultError::io("make", path))?;
    let connection = Connection::open(path).map_err(VaultError::db("open"))?;
    connection
        .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .map_err(VaultError::db("keep a write-ahead log"))?;
    Ok(connection)
}

fn table(collection: &str) -> String {
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
    /// Opens both databases, which must be there and be this vault's.
    pub(crate) fn open(dir: &Path, vault: &str) -> Result<Self, VaultError> {
        for name in [INDEX, HOURS] {
            if !dir.join(name).is_file() {
                let more = match name {
                    HOURS => {
                        "; if it was left out of a backup on purpose, `frist vault init --after-restore` makes an empty one, and every recording is unreadable"
                    }
                    _ => "",
                };
                return Err(VaultError::NoVault {
                    path: dir.to_owned(),
                    why: format!("it has no `{name}`: put it back{more}"),
                });
            }
        }
        let open = || -> rusqlite::Result<Connection> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(dir.join(INDEX), flags)?;
            connection.busy_timeout(BUSY)?;
            let hours = dir.join(HOURS);
            connection.execute("ATTACH DATABASE ?1 AS hours", [hours.to_string_lossy()])?;
            connection.execute_batch(
                // Destroying many objects touches many pages, which should be written once.
                "PRAGMA temp_store = MEMORY; PRAGMA main.cache_size = -65536;
                 PRAGMA main.synchronous = FULL; PRAGMA hours.synchronous = FULL;",
            )?;
            for database in ["main", "hours"] {
                let sql = format!("PRAGMA {database}.secure_delete = ON");
                connection.query_row(&sql, [], |_| Ok(()))?;
            }
            connection.set_prepared_statement_cache_capacity(64);
            Ok(connection)
        };
        let connection = open().map_err(VaultError::db("open"))?;
        let rows = Self { connection, dir: dir.to_owned() };
        let (id, _) = rows.root_check()?;
        for database in ["main", "hours"] {
            let sql = format!("PRAGMA {database}.user_version");
            let version: i64 = rows
                .connection
                .query_row(&sql, [], |row| row.get(0))
                .map_err(VaultError::db("tell its version"))?;
            if version != VERSION {
                return Err(rows.none("a database is of another version of this program"));
            }
        }
        if id != vault {
            return Err(rows.none("`index.db` is that of another vault"));
        }
        Ok(rows)
    }

    /// Sets how both databases keep their journal. Write-ahead logs let a sweep read while a recording
    /// begins; a rollback journal makes one transaction of both files also when the process dies.
    pub(crate) fn journal(&self, mode: &str) -> Result<(), VaultError> {
        for database in ["main", "hours"] {
            let sql = format!("PRAGMA {database}.journal_mode = {mode}");
            let now: String = self
                .connection
                .query_row(&sql, [], |row| row.get(0))
                .map_err(VaultError::db("change how it keeps its journal"))?;
            if !now.eq_ignore_ascii_case(mode) {
                return Err(VaultError::Database {
                    attempt: "change how it keeps its journal",
                    why: "another program has it open".into(),
                });
            }
        }
        Ok(())
    }

    fn none(&self, why: &str) -> VaultError {
        VaultError::NoVault { path: self.dir.clone(), why: why.to_owned() }
    }

    /// The vault's id, and what the root key must be able to open.
    pub(crate) fn root_check(&self) -> Result<(String, Vec<u8>), VaultError> {
        self.connection
            .query_row("SELECT id, root_check FROM vault", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(VaultError::db("tell whose it is"))
    }

    /// A transaction that holds the write locks of both databases from the start.
    pub(crate) fn write(&mut self) -> Result<Transaction<'_>, VaultError> {
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(VaultError::db("begin a transaction"))
    }

    /// The names of the collections.
    pub(crate) fn collections(&self) -> Result<Vec<String>, VaultError> {
        collections(&self.connection).map_err(VaultError::db("show its tables"))
    }

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

    /// The row of an object, wherever it is.
    pub(crate) fn find(&self, id: &ObjectId) -> Result<Option<Row>, VaultError> {
        for collection in self.collections()? {
            let row =
                row(&self.connection, &collection, id).map_err(VaultError::db("find an object"))?;
            if row.is_some() {
                return Ok(row);
            }
        }
        Ok(None)
    }

    /// All rows of a collection in one of these states.
    pub(crate) fn all(&self, collection: &str, state: State) -> Result<Vec<Row>, VaultError> {
        let run = || {
            let sql = format!("{} WHERE vault_state = ?1", select(collection));
            let mut statement = self.connection.prepare(&sql)?;
            let rows = statement.query_map([state.word()], |row| read(row, collection))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        run().map_err(VaultError::db("list objects"))
    }

    /// Every object that has a row, and where it lies.
    pub(crate) fn places(&self) -> Result<Vec<(ObjectId, Place, State)>, VaultError> {
        let run = || {
            let mut all = Vec::new();
            for collection in collections(&self.connection)? {
                let sql = format!("SELECT id, vault_place, vault_state FROM \"{collection}\"");
                let mut statement = self.connection.prepare(&sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let place = row.get_ref(1)?.as_str()?;
                    let state = row.get_ref(2)?.as_str()?;
                    all.push((object(row, 0)?, Place::of(place), State::of(state)));
                }
            }
            Ok(all)
        };
        run().map_err(VaultError::db("list objects"))
    }

    /// The facts of an object, and its two instants.
    pub(crate) fn facts(&self, row: &Row) -> Result<Facts, VaultError> {
        let run = || {
            let names = facts(&self.connection, &row.collection)?;
            let sql = format!(
                "SELECT {} FROM \"{}\" WHERE id = ?1",
                quoted(names.iter().map(String::as_str)),
                row.collection
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let get = |found: &rusqlite::Row<'_>| {
                names.iter().enumerate().map(|(i, n)| Ok((n.clone(), found.get(i)?))).collect()
            };
            statement.query_row([row.id.to_string()], get).optional()
        };
        run().map_err(VaultError::db("read facts"))?.ok_or(VaultError::Gone(row.id))
    }

    /// A page of a collection.
    pub(crate) fn list(
        &self,
        collection: &str,
        after: Option<&ObjectId>,
        limit: usize,
    ) -> Result<Vec<Listed>, VaultError> {
        name(collection)?;
        let run = || {
            let sql = format!("{} WHERE id > ?1 ORDER BY id LIMIT ?2", select(collection));
            let mut statement = self.connection.prepare_cached(&sql)?;
            let after = after.map(ObjectId::to_string).unwrap_or_default();
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map((after, limit), |found| {
                let row = read(found, collection)?;
                Ok(Listed {
                    id: row.id,
                    state: row.state,
                    started: row.started,
                    chunks: row.chunks,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        run().map_err(VaultError::db("list objects"))
    }

    /// The objects of which a fact is this text.
    pub(crate) fn with_fact(
        &self,
        collection: &str,
        fact: &str,
        value: &str,
    ) -> Result<Vec<ObjectId>, VaultError> {
        name(collection)?;
        let known =
            facts(&self.connection, collection).map_err(VaultError::db("show its columns"))?;
        if !known.iter().any(|k| k == fact) {
            return Err(VaultError::Invalid(format!("`{collection}` has no fact `{fact}`")));
        }
        let run = || {
            let sql = format!(
                "SELECT id FROM main.\"{collection}\" WHERE \"{fact}\" = ?1 ORDER BY started_at, id"
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            statement
                .query_map([value], |row| object(row, 0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        run().map_err(VaultError::db("find objects"))
    }

    /// When an object ended, as it is written.
    pub(crate) fn ended(&self, row: &Row) -> Result<Option<String>, VaultError> {
        let sql = format!("SELECT ended_at FROM main.\"{}\" WHERE id = ?1", row.collection);
        self.connection
            .query_row(&sql, [row.id.to_string()], |found| found.get(0))
            .optional()
            .map_err(VaultError::db("find an object"))?
            .ok_or(VaultError::Gone(row.id))
    }

    /// Rewrites the databases, so that no copy of an erased key is left in unused parts of pages,
    /// and cuts the logs to nothing. Answers whether all was done; a reader can be in the way.
    pub(crate) fn scrub(&self, index: bool) -> Result<bool, VaultError> {
        let run = || {
            self.connection.execute_batch("VACUUM hours")?;
            if index {
                self.connection.execute_batch("VACUUM main")?;
            }
            let mut busy = 0;
            for database in ["hours", "main"] {
                let sql = format!("PRAGMA {database}.wal_checkpoint(TRUNCATE)");
                busy += self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?;
            }
            Ok(busy == 0)
        };
        match run() {
            Ok(done) => Ok(done),
            Err(e) if busy(&e) => Ok(false),
            Err(e) => Err(VaultError::db("rewrite its files")(e)),
        }
    }
}

fn busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

/// The collections: every table but the vault's own.
pub(crate) fn collections(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name <> 'vault' \
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name = 'recording' DESC, name";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Erases the keys of hours of which no object is left; answers how many.
pub(crate) fn destroy_hours(connection: &Connection) -> rusqlite::Result<u64> {
    let used: Vec<String> = collections(connection)?
        .into_iter()
        .map(|c| format!("EXISTS (SELECT 1 FROM main.\"{c}\" AS t WHERE t.hour = k.hour)"))
        .collect();
    let used = if used.is_empty() { "0".to_owned() } else { used.join(" OR ") };
    let sql = format!("DELETE FROM hours.hour_key AS k WHERE NOT ({used})");
    connection.execute(&sql, []).map(|n| n as u64)
}

/// Erases these rows wherever they are, and the keys of hours that are left without any. Answers
/// how many rows there were.
pub(crate) fn destroy(connection: &Connection, ids: &[ObjectId]) -> rusqlite::Result<u64> {
    let mut gone = 0;
    for collection in collections(connection)? {
        let sql = format!("DELETE FROM main.\"{collection}\" WHERE id = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        for id in ids {
            gone += statement.execute([id.to_string()])? as u64;
            if gone == ids.len() as u64 {
                break;
            }
        }
    }
    destroy_hours(connection)?;
    Ok(gone)
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
fn name(text: &str) -> Result<(), VaultError> {
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

fn select(collection: &str) -> String {
    format!(
        "SELECT id, hour, {WRAPPED_KEY}, vault_state, vault_place, chunk_ms, chunks, content_sha256, started_at FROM main.\"{collection}\""
    )
}

/// One row.
pub(crate) fn row(
    connection: &Connection,
    collection: &str,
    id: &ObjectId,
) -> rusqlite::Result<Option<Row>> {
    let sql = format!("{} WHERE id = ?1", select(collection));
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row([id.to_string()], |row| read(row, collection)).optional()
}

fn object(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<ObjectId> {
    row.get_ref(column)?.as_str()?.parse().map_err(|e| bad(column, e))
}

fn bad(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

fn read(row: &rusqlite::Row<'_>, collection: &str) -> rusqlite::Result<Row> {
    let digest: Option<String> = row.get(7)?;
    let started: String = row.get(8)?;
    Ok(Row {
        id: object(row, 0)?,
        collection: collection.to_owned(),
        hour: row.get(1)?,
        wrapped: row.get(2)?,
        state: State::of(row.get_ref(3)?.as_str()?),
        place: Place::of(row.get_ref(4)?.as_str()?),
        chunk_ms: row.get(5)?,
        chunks: row.get::<_, Option<i64>>(6)?.and_then(|n| u64::try_from(n).ok()),
        content_sha256: digest.and_then(|d| from_hex(&d)),
        started: started.parse().map_err(|e: jiff::Error| bad(8, e))?,
    })
}

/// A digest as text.
pub(crate) fn to_hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in out.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(out)
}

/// Every hour for which there is a key. For dropping keys from memory that were destroyed.
pub(crate) fn hours(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut statement = connection.prepare_cached("SELECT hour FROM hours.hour_key")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

impl Place {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Place::Disk => "disk",
            Place::Storage => "s3",
        }
    }

    fn of(word: &str) -> Self {
        if word == "s3" { Place::Storage } else { Place::Disk }
    }
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            State::Live => "live",
            State::Sealed => "sealed",
            State::Cut => "cut",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "live" => State::Live,
            "sealed" => State::Sealed,
            _ => State::Cut,
        }
    }
}

/// Inserts a row with its facts.
pub(crate) fn insert(
    connection: &Connection,
    row: &Row,
    ended: Option<&str>,
    facts: &[(String, Option<String>)],
) -> Result<(), VaultError> {
    let own = [
        "id",
        "hour",
        WRAPPED_KEY,
        "vault_state",
        "vault_place",
        "chunk_ms",
        "started_at",
        "ended_at",
    ];
    let names = quoted(own.into_iter().chain(facts.iter().map(|(name, _)| name.as_str())));
    let marks: Vec<String> = (1..=own.len() + facts.len()).map(|n| format!("?{n}")).collect();
    let sql =
        format!("INSERT INTO main.\"{}\" ({names}) VALUES ({})", row.collection, marks.join(", "));
    let id = row.id.to_string();
    let started = row.started.to_string();
    let (state, place) = (row.state.word(), row.place.word());
    let mut values: Vec<&dyn rusqlite::ToSql> =
        vec![&id, &row.hour, &row.wrapped, &state, &place, &row.chunk_ms, &started, &ended];
    values.extend(facts.iter().map(|(_, value)| value as &dyn rusqlite::ToSql));
    let done = connection.prepare_cached(&sql).and_then(|mut s| s.execute(&values[..]));
    match done {
        Ok(_) => Ok(()),
        Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
            Err(VaultError::Taken(row.id))
        }
        Err(e) => Err(VaultError::db("begin an object")(e)),
    }
}

/// Changes facts; answers how many rows were changed.
pub(crate) fn update_facts(
    connection: &Connection,
    row: &Row,
    facts: &[(String, Option<String>)],
) -> rusqlite::Result<usize> {
    let set: Vec<String> =
        facts.iter().enumerate().map(|(i, (name, _))| format!("\"{name}\" = ?{}", i + 2)).collect();
    let sql = format!("UPDATE main.\"{}\" SET {} WHERE id = ?1", row.collection, set.join(", "));
    let id = row.id.to_string();
    let mut values: Vec<&dyn rusqlite::ToSql> = vec![&id];
    values.extend(facts.iter().map(|(_, value)| value as &dyn rusqlite::ToSql));
    connection.prepare_cached(&sql)?.execute(&values[..])
}

/// Closes an object; answers how many rows were changed.
pub(crate) fn close(
    connection: &Connection,
    (collection, id): (&str, &ObjectId),
    state: State,
    sealed: &crate::vault::Sealed,
    ended: Option<&str>,
) -> rusqlite::Result<usize> {
    let sql = format!(
        "UPDATE main.\"{collection}\" SET vault_state = ?2, chunks = ?3, content_sha256 = ?4, \
         ended_at = COALESCE(?5, ended_at) WHERE id = ?1"
    );
    let chunks = i64::try_from(sealed.chunks).unwrap_or(i64::MAX);
    // The digest of a cut object is that of what was written, which may not all be there.
    let digest = (state == State::Sealed).then(|| to_hex(&sealed.content_sha256));
    let values = (id.to_string(), state.word(), chunks, digest, ended);
    connection.prepare_cached(&sql)?.execute(values)
}
