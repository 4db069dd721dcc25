//! What is still to be told, and to whom: kept until the receiver has it.
//!
//! A message is kept in the transaction of what it tells of, and taken by one server at a time for a
//! while. A server that dies while it sends leaves the message to another, which sends it with the same
//! id: a receiver may hear a thing twice, and never not at all.

use jiff::{SignedDuration, Timestamp};

use crate::db::Tx;
use crate::value::Row;
use crate::{Error, Result, State};

/// A message to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The id that the receiver sees, the same at each try.
    pub message: String,
    /// By which way it goes.
    pub way: String,
    /// What it tells of.
    pub event: String,
    /// What is sent. No personal data.
    pub body: String,
}

/// A message that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: i64,
    /// What is sent, and how.
    pub what: NewMessage,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it is tried next.
    pub next_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When the receiver had it.
    pub sent_at: Option<Timestamp>,
    /// When it was given up.
    pub dead_at: Option<Timestamp>,
    /// Why the last try failed.
    pub problem: Option<String>,
}

/// How many messages there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Still to be sent.
    pub waiting: u64,
    /// Given up.
    pub dead: u64,
    /// When the oldest of those that wait was made.
    pub oldest: Option<Timestamp>,
}

const COLUMNS: &str =
    "id, message, way, event, body, made_at, next_at, tries, sent_at, dead_at, problem";

impl State {
    /// Keeps messages that tell of nothing else in this database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn add_messages(&mut self, messages: &[NewMessage], now: Timestamp) -> Result<()> {
        self.write("keep a message", |tx| {
            let now = tx.clock(now)?;
            add(tx, messages, now)
        })
    }

    /// Takes the message that has waited longest for `ttl`; none when nothing is to be sent now.
    /// `claim` must be new each time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn claim_message(
        &mut self,
        claim: &str,
        ttl: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Message>> {
        self.write("take a message to send", |tx| {
            let now = tx.clock(now)?;
            // On PostgreSQL a second server waits for the first's row, finds it taken, and comes
            // away with nothing: it asks again.
            let sql = format!(
                "UPDATE outbox SET claim = ?1, claimed_until = ?2, tries = tries + 1
                 WHERE id = (SELECT id FROM outbox
                     WHERE sent_at IS NULL AND dead_at IS NULL AND next_at <= ?3
                         AND claimed_until <= ?3 ORDER BY next_at, id LIMIT 1)
                     AND sent_at IS NULL AND dead_at IS NULL AND claimed_until <= ?3
                 RETURNING {COLUMNS}"
            );
            let row = tx.one(&sql, &[claim.into(), (now + ttl).into(), now.into()])?;
            row.map(read).transpose()
        })
    }

    /// The receiver has the message. Does nothing when the claim was lost.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn message_sent(&mut self, id: i64, claim: &str, now: Timestamp) -> Result<()> {
        self.write("note that a message was sent", |tx| {
            let now = tx.clock(now)?;
            tx.execute(
                "UPDATE outbox SET sent_at = ?3, claim = NULL, claimed_until = 0, problem = NULL
                 WHERE id = ?1 AND claim = ?2",
                &[id.into(), claim.into(), now.into()],
            )
        })?;
        Ok(())
    }

    /// The message did not go; it is tried again after `pause`, or given up when there is none. Does
    /// nothing when the claim was lost.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn message_failed(
        &mut self,
        id: i64,
        claim: &str,
        pause: Option<SignedDuration>,
        problem: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write("note that a message did not go", |tx| {
            let now = tx.clock(now)?;
            let next = pause.map_or(now, |pause| now + pause);
            tx.execute(
                "UPDATE outbox SET next_at = ?3, dead_at = ?4, problem = ?5, claim = NULL,
                     claimed_until = 0
                 WHERE id = ?1 AND claim = ?2",
                &[
                    id.into(),
                    claim.into(),
                    next.into(),
                    pause.is_none().then_some(now).into(),
                    problem.into(),
                ],
            )
        })?;
        Ok(())
    }

    /// Tries a message again that waits for its next try or was given up.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of this number or it was sent.
    pub fn retry_message(&mut self, id: i64, now: Timestamp) -> Result<()> {
        let n = self.write("try a message again", |tx| {
            let now = tx.clock(now)?;
            tx.execute(
                "UPDATE outbox SET next_at = ?2, dead_at = NULL, tries = 0
                 WHERE id = ?1 AND sent_at IS NULL",
                &[id.into(), now.into()],
            )
        })?;
        match n {
            0 => Err(Error::NotFound { what: "message", id: id.to_string() }),
            _ => Ok(()),
        }
    }

    /// The messages that were given up or wait, those given up first, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn unsent(&mut self, limit: u32) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox WHERE sent_at IS NULL
             ORDER BY CASE WHEN dead_at IS NULL THEN 1 ELSE 0 END, id DESC LIMIT ?1"
        );
        let params = [i64::from(limit).into()];
        let rows = self.read("list the messages", |tx| tx.query(&sql, &params))?;
        rows.into_iter().map(read).collect()
    }

    /// How many messages wait and were given up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn outbox_counts(&mut self) -> Result<OutboxCounts> {
        let sql = "SELECT count(CASE WHEN dead_at IS NULL THEN 1 END), count(dead_at),
                min(CASE WHEN dead_at IS NULL THEN made_at END)
            FROM outbox WHERE sent_at IS NULL";
        let row = self.read("count the messages", |tx| tx.one(sql, &[]))?;
        let Some(mut row) = row else { return Ok(OutboxCounts::default()) };
        Ok(OutboxCounts { waiting: row.get(0)?, dead: row.get(1)?, oldest: row.get(2)? })
    }
}

/// Keeps messages as a part of another step.
pub(crate) fn add(tx: &mut Tx<'_>, messages: &[NewMessage], now: Timestamp) -> Result<()> {
    for m in messages {
        tx.execute(
            "INSERT INTO outbox (message, way, event, body, made_at, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            &[
                (&m.message).into(),
                (&m.way).into(),
                (&m.event).into(),
                (&m.body).into(),
                now.into(),
            ],
        )?;
    }
    Ok(())
}

fn read(mut row: Row) -> Result<Message> {
    let what = NewMessage {
        message: row.get(1)?,
        way: row.get(2)?,
        event: row.get(3)?,
        body: row.get(4)?,
    };
    Ok(Message {
        id: row.get(0)?,
        what,
        made_at: row.get(5)?,
        next_at: row.get(6)?,
        tries: u32::try_from(row.get::<i64>(7)?).unwrap_or(u32::MAX),
        sent_at: row.get(8)?,
        dead_at: row.get(9)?,
        problem: row.get(10)?,
    })
}
