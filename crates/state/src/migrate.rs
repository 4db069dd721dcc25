//! Versioned changes of the tables, each applied once and whole.
//!
//! To change the tables, add a file `migrations/NNNN_what.sql` and a line below; never change one
//! that was released. Types are written `{int}`, `{blob}`, `{id}` (a number that the database
//! gives out and never twice) and the end of a table `{strict}`, since the databases differ there.

use frist_ledger::Frontier;

use crate::db::{Db, Tx};
use crate::value::Row;
use crate::{Error, Result};

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_begin.sql"),
    include_str!("../migrations/0002_evidence.sql"),
    include_str!("../migrations/0003_cases.sql"),
    include_str!("../migrations/0004_reviews.sql"),
    include_str!("../migrations/0005_account.sql"),
    include_str!("../migrations/0006_people.sql"),
    include_str!("../migrations/0007_tokens.sql"),
    include_str!("../migrations/0008_watch.sql"),
    include_str!("../migrations/0009_oidc.sql"),
    include_str!("../migrations/0010_public.sql"),
    include_str!("../migrations/0011_proposals.sql"),
    include_str!("../migrations/0012_parcel.sql"),
    include_str!("../migrations/0013_lists.sql"),
    include_str!("../migrations/0014_holds_for_some.sql"),
    include_str!("../migrations/0015_done_once.sql"),
    include_str!("../migrations/0016_counts.sql"),
];

/// The version of the tables that this program works with.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

/// "Fris": says that an SQLite file is Frist's.
const APPLICATION_ID: i64 = 0x4672_6973;

/// The advisory lock under which one process at a time changes the tables ("Frist" and a 1).
const LOCK: &str = "SELECT pg_advisory_xact_lock(306083558193)";

const DOING: &str = "bring the tables up to date";

/// Brings an empty or older database up to date; refuses a newer or a foreign one.
pub(crate) fn run(db: &mut Db, place: &str) -> Result<()> {
    apply(db, place, MIGRATIONS)
}

fn apply(db: &mut Db, place: &str, migrations: &[&str]) -> Result<()> {
    // Nearly always there is nothing to do, and no lock to wait for.
    if version(&mut db.read(DOING)?, place)? == Some(VERSION) {
        return Ok(());
    }
    let mut tx = db.write(DOING)?;
    if tx.is_postgres() {
        tx.batch(LOCK)?;
    }
    let from = version(&mut tx, place)?;
    if from.is_none() {
        begin(&mut tx)?;
    }
    for (at, migration) in migrations.iter().enumerate() {
        let number = at as i64 + 1;
        if number > from.unwrap_or(0) {
            let sql = in_dialect(migration, tx.is_postgres());
            tx.batch(&sql)?;
            if number == 1 {
                let edge = Frontier::new().to_bytes();
                tx.execute(
                    "INSERT INTO frontier (id, edge) VALUES (0, ?1)",
                    &[edge.as_slice().into()],
                )?;
            }
            tx.execute(
                "UPDATE meta SET value = ?1 WHERE key = 'schema'",
                &[(&number.to_string()).into()],
            )?;
        }
    }
    tx.commit()
}

/// The database's version; none when it is empty.
fn version(tx: &mut Tx<'_>, place: &str) -> Result<Option<i64>> {
    let tables = if tx.is_postgres() {
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'frist'"
    } else {
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    let tables: Vec<String> =
        tx.query(tables, &[])?.iter_mut().map(|row| row.get(0)).collect::<Result<_>>()?;
    if tables.is_empty() {
        return Ok(None);
    }
    let not_ours = || Error::NotOurs { place: place.to_owned() };
    if !tables.iter().any(|table| table == "meta") || !tables.iter().any(|table| table == "leaf") {
        return Err(not_ours());
    }
    if !tx.is_postgres() && one_number(tx.one("PRAGMA application_id", &[])?)? != APPLICATION_ID {
        return Err(not_ours());
    }
    let row = tx.one("SELECT value FROM meta WHERE key = 'schema'", &[])?;
    let text: String = row.ok_or_else(not_ours)?.get(0)?;
    let found = text.parse().map_err(|_| Error::damaged("its version is not a number"))?;
    if found > VERSION {
        return Err(Error::NewerSchema { place: place.to_owned(), found, known: VERSION });
    }
    Ok(Some(found))
}

/// Makes the schema and the one table that says which version the others have.
fn begin(tx: &mut Tx<'_>) -> Result<()> {
    if tx.is_postgres() {
        // Asked first: CREATE SCHEMA IF NOT EXISTS wants the right to make one even if it exists.
        let exists = "SELECT count(*) FROM pg_namespace WHERE nspname = 'frist'";
        if one_number(tx.one(exists, &[])?)? == 0 {
            tx.batch("CREATE SCHEMA frist")?;
        }
    } else {
        tx.batch(&format!("PRAGMA application_id = {APPLICATION_ID}"))?;
    }
    let table = "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL){strict};
        INSERT INTO meta (key, value) VALUES ('schema', '0');";
    let sql = in_dialect(table, tx.is_postgres());
    tx.batch(&sql)
}

fn one_number(row: Option<Row>) -> Result<i64> {
    row.ok_or_else(|| Error::damaged("a number is missing"))?.get(0)
}

fn in_dialect(sql: &str, postgres: bool) -> String {
    let words = if postgres {
        [
            ("{int}", "BIGINT"),
            ("{blob}", "BYTEA"),
            ("{id}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            ("{strict}", ""),
        ]
    } else {
        [
            ("{int}", "INTEGER"),
            ("{blob}", "BLOB"),
            ("{id}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            ("{strict}", " STRICT"),
        ]
    };
    words.iter().fold(sql.to_owned(), |sql, (word, with)| sql.replace(word, with))
}

#[cfg(test)]
mod tests {
    use frist_ledger::{Entry, Id, Kind};
    use jiff::Timestamp;

    use super::*;
    use crate::hold::{Hold, NewHold, Scope};
    use crate::{Location, State, open};

    /// A database as every version since the first left it is brought up to date with all that is in it.
    fn from_every_version(mut fresh: impl FnMut() -> (Db, String)) {
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let id = |text: &str| Id::new(text).unwrap();
        for versions in 1..MIGRATIONS.len() {
            let (mut db, place) = fresh();
            apply(&mut db, &place, &MIGRATIONS[..versions]).unwrap();
            let mut tx = db.write("test").unwrap();
            let hold = "INSERT INTO hold (id, matter, reason, dataset, scope, owner, created_at)
                VALUES ('h1', 'sag 17', 'krav', 'mail', '{\"by\":\"all\"}', 'ida', ?1)";
            tx.execute(hold, &[at.into()]).unwrap();
            tx.commit().unwrap();
            run(&mut db, &place).unwrap();
            let mut state = State { db, place, request: None };
            let old = NewHold {
                id: "h1".into(),
                matter: "sag 17".into(),
                reason: "krav".into(),
                dataset: Some("mail".into()),
                scope: Scope::All,
                owner: "ida".into(),
                created_at: at,
                review_at: None,
                ends_at: None,
                viewers: Vec::new(),
            };
            let held = Hold { hold: old, released_at: None, released_by: None, free_at: None };
            assert_eq!(state.holds(at).unwrap(), [held], "from version {versions}");
            let kind = Kind::Case { case: id("c"), step: id("s"), by: id("ida") };
            assert_eq!(state.note(&Entry::new(at, kind)).unwrap(), 0);
            assert_eq!(state.reviewed().unwrap(), []);
            assert_eq!(state.consents().unwrap(), []);
        }
    }

    #[test]
    fn sqlite_from_every_version() {
        let dir = tempfile::tempdir().unwrap();
        let mut n = 0;
        from_every_version(|| {
            n += 1;
            let path = dir.path().join(format!("{n}.db"));
            (open::sqlite(&path).unwrap(), path.display().to_string())
        });
    }

    #[test]
    fn postgresql_from_every_version() {
        let database = frist_testkit::postgres();
        from_every_version(|| {
            database.connect().batch_execute("DROP SCHEMA IF EXISTS frist CASCADE").unwrap();
            let Location::Postgres(server) = Location::parse(&database.url).unwrap() else {
                panic!("a server")
            };
            (open::postgres(&server).unwrap(), database.url.clone())
        });
    }
}
