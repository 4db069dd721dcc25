//! Figures for an inspection, read from `calls.db` without disturbing a server that runs: how many
//! calls, consents and recordings, and who listened when. No caller, no call, no words of a reason.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OpenFlags, params};

use crate::desk::DeskError;

/// What happened in a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Calls that began.
    pub calls: u64,
    /// Recordings that began.
    pub recordings: u64,
    /// Of these: destroyed outside of their time, because consent was taken back or something failed.
    pub destroyed: u64,
    /// Answers by which consent was given.
    pub granted: u64,
    /// Answers by which it was not given.
    pub refused: u64,
    /// Of those given: taken back.
    pub withdrawn: u64,
    /// Listening, by purpose and act.
    pub listening: Vec<Heard>,
    /// Each time, the latest first.
    pub log: Vec<Line>,
}

/// One time that somebody listened, or tried to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Who: the name of a token.
    pub who: String,
    /// For which purpose.
    pub purpose: String,
    /// `listen` or `export`.
    pub act: String,
    /// The recording.
    pub recording: String,
    /// Whether a reason was given.
    pub reason: bool,
    /// Whether it was allowed.
    pub allowed: bool,
}

/// Listening for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The purpose.
    pub purpose: String,
    /// `listen` or `export`.
    pub act: String,
    /// How often it was allowed.
    pub allowed: u64,
    /// How often it was refused.
    pub refused: u64,
    /// By how many people.
    pub people: u64,
    /// With how many different reasons.
    pub reasons: u64,
    /// Without any reason.
    pub without_reason: u64,
}

/// The account of `since` (included) until `until` (not included), from the `calls.db` in this folder.
/// Of the log of listening the latest `lines` lines are told one by one.
///
/// # Errors
/// [`DeskError::Database`] when there is none, or it cannot be read.
pub fn account(
    folder: &Path,
    since: Timestamp,
    until: Timestamp,
    lines: usize,
) -> Result<Account, DeskError> {
    let path = folder.join(crate::desk::FILE);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = || -> rusqlite::Result<Account> {
        let mut connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        // One state of the database throughout.
        let tx = connection.transaction()?;
        let (since, until) = (text(since), text(until));
        let count = |sql: &str| -> rusqlite::Result<u64> {
            tx.query_row(sql, params![since, until], |row| row.get::<_, i64>(0))
                .map(i64::unsigned_abs)
        };
        let mut account = Account {
            calls: count("SELECT count(*) FROM call WHERE began_at >= ?1 AND began_at < ?2")?,
            recordings: count(
                "SELECT count(*) FROM recording WHERE began_at >= ?1 AND began_at < ?2",
            )?,
            destroyed: count(
                "SELECT count(*) FROM recording WHERE began_at >= ?1 AND began_at < ?2
                 AND destroyed_at IS NOT NULL",
            )?,
            granted: count(
                "SELECT count(*) FROM consent WHERE decided_at >= ?1 AND decided_at < ?2
                 AND decision = 'granted'",
            )?,
            refused: count(
                "SELECT count(*) FROM consent WHERE decided_at >= ?1 AND decided_at < ?2
                 AND decision <> 'granted'",
            )?,
            withdrawn: count(
                "SELECT count(*) FROM consent WHERE decided_at >= ?1 AND decided_at < ?2
                 AND decision = 'granted' AND withdrawn_at IS NOT NULL",
            )?,
            listening: Vec::new(),
            log: Vec::new(),
        };
        let mut statement = tx.prepare(
            "SELECT purpose, act, sum(refused IS NULL), sum(refused IS NOT NULL),
                 count(DISTINCT principal), count(DISTINCT nullif(trim(reason), '')),
                 sum(trim(reason) = '')
             FROM listening WHERE listened_at >= ?1 AND listened_at < ?2
             GROUP BY purpose, act ORDER BY purpose, act",
        )?;
        let rows = statement.query_map(params![since, until], |row| {
            let n = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok(Heard {
                purpose: row.get(0)?,
                act: row.get(1)?,
                allowed: n(2)?,
                refused: n(3)?,
                people: n(4)?,
                reasons: n(5)?,
                without_reason: n(6)?,
            })
        })?;
        account.listening = rows.collect::<rusqlite::Result<_>>()?;
        let mut statement = tx.prepare(
            "SELECT listened_at, principal, purpose, act, recording_id, trim(reason) <> '',
                 refused IS NULL
             FROM listening WHERE listened_at >= ?1 AND listened_at < ?2
             ORDER BY id DESC LIMIT ?3",
        )?;
        let most = i64::try_from(lines).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![since, until, most], |row| {
            let at: String = row.get(0)?;
            Ok(Line {
                at: at.parse().map_err(|e| {
                    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(e))
                })?,
                who: row.get(1)?,
                purpose: row.get(2)?,
                act: row.get(3)?,
                recording: row.get(4)?,
                reason: row.get(5)?,
                allowed: row.get(6)?,
            })
        })?;
        account.log = rows.collect::<rusqlite::Result<_>>()?;
        Ok(account)
    };
    read().map_err(|e| DeskError::Database { attempt: "tell its figures", why: e.to_string() })
}

/// An instant as `calls.db` writes it.
fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_a_stretch_without_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = account(folder.path(), Timestamp::MIN, Timestamp::MAX, 9);
        assert!(missing.is_err(), "it made a database");
        let connection = Connection::open(folder.path().join("calls.db")).expect("a database");
        connection.execute_batch(include_str!("desk/schema.sql")).expect("the tables");
        let heard = |at: &str, who: &str, reason: &str, refused: Option<&str>| {
            connection
                .execute(
                    "INSERT INTO listening (listened_at, principal, purpose, reason, recording_id, act,
                         refused) VALUES (?1, ?2, 'quality', ?3, 'r', 'listen', ?4)",
                    params![at, who, reason, refused],
                )
                .expect("a line");
        };
        heard("2026-01-01T00:00:00Z", "anna", "complaint 17", None);
        heard("2026-01-02T00:00:00Z", "bo", "complaint 17", None);
        heard("2026-01-03T00:00:00Z", "bo", " ", Some("no reason"));
        heard("2026-02-01T00:00:00Z", "bo", "later", None);
        let t = |s: &str| s.parse().expect("an instant");
        let got = account(folder.path(), t("2026-01-01T00:00:00Z"), t("2026-02-01T00:00:00Z"), 2);
        let got = got.expect("an account");
        assert_eq!(got.calls, 0);
        let log: Vec<_> = got.log.iter().map(|l| (l.who.as_str(), l.reason, l.allowed)).collect();
        assert_eq!(log, [("bo", false, false), ("bo", true, true)]);
        assert_eq!(
            got.listening,
            [Heard {
                purpose: "quality".into(),
                act: "listen".into(),
                allowed: 2,
                refused: 1,
                people: 2,
                reasons: 1,
                without_reason: 1,
            }]
        );
    }
}
