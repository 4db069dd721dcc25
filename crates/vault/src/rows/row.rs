//! One object's row: what the vault itself knows of it, and how that is read and written.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::{WRAPPED_KEY, quoted};
use crate::error::VaultError;
use crate::id::ObjectId;
use crate::vault::State;

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

pub(super) fn select(collection: &str) -> String {
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

pub(super) fn object(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<ObjectId> {
    row.get_ref(column)?.as_str()?.parse().map_err(|e| bad(column, e))
}

fn bad(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

pub(super) fn read(row: &rusqlite::Row<'_>, collection: &str) -> rusqlite::Result<Row> {
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
fn to_hex(digest: &[u8; 32]) -> String {
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

impl Place {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Place::Disk => "disk",
            Place::Storage => "s3",
        }
    }

    pub(super) fn of(word: &str) -> Self {
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

    pub(super) fn of(word: &str) -> Self {
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
