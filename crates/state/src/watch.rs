//! Which servers live, when the work was last done, and which alarms stand.
//!
//! Ages are told by the clock that leases run by, so that servers whose clocks differ agree on who is
//! silent.

use frist_ledger::Entry;
use jiff::{SignedDuration, Timestamp};

use crate::db::Tx;
use crate::lease::{self, Lease};
use crate::outbox::{self, NewMessage};
use crate::value::{Row, count};
use crate::{Result, State};

/// A server that beats, or did until it fell silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// What it calls itself.
    pub name: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it last said that it lives.
    pub beat_at: Timestamp,
    /// Whether it may plan and sweep by itself.
    pub schedules: bool,
    /// For how long it has said nothing.
    pub silent: SignedDuration,
}

/// When something was last done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// How far it came.
    pub number: u64,
    /// How long ago that was.
    pub age: SignedDuration,
}

/// Something that is wrong, as a look finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlarm {
    /// What kind of thing; a stable word.
    pub kind: String,
    /// What it is about: a data set, a store, a case's number. No personal data.
    pub about: String,
    /// How many, where that says something.
    pub n: u64,
    /// Since or until when, where that says something.
    pub at: Option<Timestamp>,
    /// What a store or the system said.
    pub detail: String,
}

/// An alarm that was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its number.
    pub id: i64,
    /// What is wrong, as it was last found.
    pub what: NewAlarm,
    /// When it was raised.
    pub since: Timestamp,
    /// When it was last told.
    pub said_at: Timestamp,
    /// When it ended; none while it stands.
    pub ended_at: Option<Timestamp>,
}

/// What became of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmChange {
    /// It is new.
    Raised,
    /// It has lasted so long that it is told again.
    Repeated,
    /// It is over.
    Ended,
}

/// What a look judged.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The kinds of alarm that it looked for: those that stand and were not found again have ended.
    pub kinds: &'a [&'a str],
    /// After how long an alarm that lasts is told again.
    pub repeat: SignedDuration,
}

impl State {
    /// Says that a server lives. Answers the instant by the leases' clock.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn beat(
        &mut self,
        name: &str,
        started_at: Timestamp,
        schedules: bool,
        now: Timestamp,
    ) -> Result<Timestamp> {
        self.write("say that the server lives", |tx| {
            let now = tx.clock(now)?;
            tx.execute(
                "INSERT INTO server (name, started_at, beat_at, schedules) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at,
                     beat_at = excluded.beat_at, schedules = excluded.schedules",
                &[name.into(), started_at.into(), now.into(), schedules.into()],
            )?;
            Ok(now)
        })
    }

    /// A server ended as it should.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn end_server(&mut self, name: &str) -> Result<()> {
        let sql = "DELETE FROM server WHERE name = ?1";
        self.write("say that the server ends", |tx| tx.execute(sql, &[name.into()]))?;
        Ok(())
    }

    /// The servers that live or fell silent, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn servers(&mut self, now: Timestamp) -> Result<Vec<Server>> {
        let sql = "SELECT name, started_at, beat_at, schedules FROM server ORDER BY name";
        self.read("list the servers", |tx| {
            let now = tx.clock(now)?;
            let server = |mut row: Row| {
                let beat_at: Timestamp = row.get(2)?;
                Ok(Server {
                    name: row.get(0)?,
                    started_at: row.get(1)?,
                    beat_at,
                    schedules: row.get(3)?,
                    silent: now.duration_since(beat_at),
                })
            };
            tx.query(sql, &[])?.into_iter().map(server).collect()
        })
    }

    /// Notes that something was done now, and how far it came.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn set_mark(&mut self, name: &str, number: u64, now: Timestamp) -> Result<()> {
        self.write("note how far the work has come", |tx| {
            let now = tx.clock(now)?;
            mark(tx, name, number, now)
        })
    }

    /// When something was last done; none when it never was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn mark(&mut self, name: &str, now: Timestamp) -> Result<Option<Mark>> {
        let sql = "SELECT at, number FROM watch_mark WHERE name = ?1";
        self.read("look how far the work has come", |tx| {
            let now = tx.clock(now)?;
            let Some(mut row) = tx.one(sql, &[name.into()])? else { return Ok(None) };
            let at: Timestamp = row.get(0)?;
            Ok(Some(Mark { at, number: row.get(1)?, age: now.duration_since(at) }))
        })
    }

    /// How far the clock that leases run by is ahead of the caller's; nothing on SQLite, where they
    /// are one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn clock_ahead(&mut self, now: Timestamp) -> Result<SignedDuration> {
        let theirs = self.read("ask the clock", |tx| tx.clock(now))?;
        Ok(theirs.duration_since(now))
    }

    /// Keeps what a look found: what is new is raised, what lasts is told again after a time, what
    /// was not found again has ended. `say` writes the messages of a change, which are kept in the
    /// same transaction. With a lease, nothing is changed unless it is held.
    ///
    /// # Errors
    /// [`crate::Error::LeaseLost`], or when the database does not answer: then nothing is changed.
    pub fn keep_alarms(
        &mut self,
        lease: Option<&Lease>,
        found: &[NewAlarm],
        judged: Judged<'_>,
        now: Timestamp,
        mut say: impl FnMut(AlarmChange, &Alarm) -> Vec<NewMessage>,
    ) -> Result<Vec<(AlarmChange, Alarm)>> {
        self.write("keep the alarms", |tx| {
            let now = match lease {
                Some(lease) => lease::check(tx, lease, now)?,
                None => tx.clock(now)?,
            };
            let mut changes = Vec::new();
            for one in found {
                let added = tx.one(
                    "INSERT INTO alarm (kind, about, n, at, detail, since, said_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
                     ON CONFLICT (kind, about) WHERE ended_at IS NULL DO NOTHING RETURNING id",
                    &[
                        (&one.kind).into(),
                        (&one.about).into(),
                        count("an alarm's count", one.n)?.into(),
                        one.at.into(),
                        (&one.detail).into(),
                        now.into(),
                    ],
                )?;
                if let Some(mut row) = added {
                    let id = row.get(0)?;
                    let alarm =
                        Alarm { id, what: one.clone(), since: now, said_at: now, ended_at: None };
                    changes.push((AlarmChange::Raised, alarm));
                    continue;
                }
                tx.execute(
                    "UPDATE alarm SET n = ?3, at = ?4, detail = ?5
                     WHERE kind = ?1 AND about = ?2 AND ended_at IS NULL",
                    &[
                        (&one.kind).into(),
                        (&one.about).into(),
                        count("an alarm's count", one.n)?.into(),
                        one.at.into(),
                        (&one.detail).into(),
                    ],
                )?;
                let limit = now - judged.repeat;
                let again = format!(
                    "UPDATE alarm SET said_at = ?3 WHERE kind = ?1 AND about = ?2
                     AND ended_at IS NULL AND said_at <= ?4 RETURNING {COLUMNS}"
                );
                let params = [(&one.kind).into(), (&one.about).into(), now.into(), limit.into()];
                if let Some(row) = tx.one(&again, &params)? {
                    changes.push((AlarmChange::Repeated, read(row)?));
                }
            }
            let standing =
                tx.query(&format!("SELECT {COLUMNS} FROM alarm WHERE ended_at IS NULL"), &[])?;
            for row in standing {
                let alarm = read(row)?;
                let same = |n: &NewAlarm| n.kind == alarm.what.kind && n.about == alarm.what.about;
                if !judged.kinds.contains(&alarm.what.kind.as_str()) || found.iter().any(same) {
                    continue;
                }
                let sql = format!(
                    "UPDATE alarm SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL
                     RETURNING {COLUMNS}"
                );
                // Another server may have seen the end first.
                if let Some(row) = tx.one(&sql, &[alarm.id.into(), now.into()])? {
                    changes.push((AlarmChange::Ended, read(row)?));
                }
            }
            for (change, alarm) in &changes {
                outbox::add(tx, &say(*change, alarm), now)?;
            }
            Ok(changes)
        })
    }

    /// The alarms that stand, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn alarms(&mut self) -> Result<Vec<Alarm>> {
        let sql = format!("SELECT {COLUMNS} FROM alarm WHERE ended_at IS NULL ORDER BY since, id");
        let rows = self.read("list the alarms", |tx| tx.query(&sql, &[]))?;
        rows.into_iter().map(read).collect()
    }

    /// How many alarms of each kind stand.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn alarm_counts(&mut self) -> Result<Vec<(String, u64)>> {
        let sql =
            "SELECT kind, count(*) FROM alarm WHERE ended_at IS NULL GROUP BY kind ORDER BY kind";
        let rows = self.read("count the alarms", |tx| tx.query(sql, &[]))?;
        let one = |mut row: Row| Ok((row.get(0)?, row.get::<i64>(1)?.unsigned_abs()));
        rows.into_iter().map(one).collect()
    }

    /// The alarms that ended last, the newest end first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn ended_alarms(&mut self, limit: u32) -> Result<Vec<Alarm>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM alarm WHERE ended_at IS NOT NULL
             ORDER BY ended_at DESC, id DESC LIMIT ?1"
        );
        let params = [i64::from(limit).into()];
        let rows = self.read("list the alarms that ended", |tx| tx.query(&sql, &params))?;
        rows.into_iter().map(read).collect()
    }

    /// The ledger's entries since the last call that was [noted](State::note_entries), with the
    /// number of the first; none at the first call, which begins at the ledger's end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn new_entries(
        &mut self,
        name: &str,
        limit: u32,
        now: Timestamp,
    ) -> Result<(u64, Vec<Entry>)> {
        let Some(mark) = self.mark(name, now)? else {
            let size = self.size()?;
            self.set_mark(name, size, now)?;
            return Ok((size, Vec::new()));
        };
        let leaves = self.leaves(mark.number, limit)?;
        let entries = leaves.iter().map(|leaf| Ok(Entry::parse(&leaf.entry)?));
        Ok((mark.number, entries.collect::<Result<_>>()?))
    }

    /// Notes that the entries from `from` to `to` were seen, and keeps the messages about them; nothing
    /// when another server noted them first.
    ///
    /// # Errors
    /// [`crate::Error::LeaseLost`], or when the database does not answer.
    pub fn note_entries(
        &mut self,
        lease: &Lease,
        name: &str,
        (from, to): (u64, u64),
        messages: &[NewMessage],
        now: Timestamp,
    ) -> Result<()> {
        self.write("note which entries were seen", |tx| {
            let now = lease::check(tx, lease, now)?;
            let sql = "SELECT number FROM watch_mark WHERE name = ?1 FOR UPDATE";
            let seen = tx.one(sql, &[name.into()])?.map(|mut row| row.get::<u64>(0)).transpose()?;
            if seen != Some(from) {
                return Ok(());
            }
            mark(tx, name, to, now)?;
            outbox::add(tx, messages, now)
        })
    }

    /// Erases what nobody needs any more: alarms that ended and messages that were sent before this
    /// instant, servers that have been silent since.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn prune_watch(&mut self, before: Timestamp) -> Result<()> {
        self.write("erase old alarms and messages", |tx| {
            for sql in [
                "DELETE FROM alarm WHERE ended_at IS NOT NULL AND ended_at < ?1",
                "DELETE FROM outbox WHERE sent_at < ?1 OR dead_at < ?1",
                "DELETE FROM server WHERE beat_at < ?1",
            ] {
                tx.execute(sql, &[before.into()])?;
            }
            Ok(())
        })
    }
}

const COLUMNS: &str = "id, kind, about, n, at, detail, since, said_at, ended_at";

fn mark(tx: &mut Tx<'_>, name: &str, number: u64, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO watch_mark (name, at, number) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET at = excluded.at, number = excluded.number",
        &[name.into(), now.into(), count("a mark", number)?.into()],
    )?;
    Ok(())
}

fn read(mut row: Row) -> Result<Alarm> {
    let what = NewAlarm {
        kind: row.get(1)?,
        about: row.get(2)?,
        n: row.get(3)?,
        at: row.get(4)?,
        detail: row.get(5)?,
    };
    Ok(Alarm {
        id: row.get(0)?,
        what,
        since: row.get(6)?,
        said_at: row.get(7)?,
        ended_at: row.get(8)?,
    })
}
