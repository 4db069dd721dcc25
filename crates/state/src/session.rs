//! Sessions, attempts to sign in, and the log of who looked at what.
//!
//! Of a session only the hash of its token is kept. An attempt is counted before the password is
//! looked at, so that many at once gain nothing.

use jiff::{SignedDuration, Timestamp};

use crate::account::{self, Account, AccountId};
use crate::value::{Row, words};
use crate::{Result, State};

words! {
    /// How far somebody has come in signing in.
    Stage {
        /// The password was right; the second factor is still asked for.
        Half = "half",
        /// Signed in.
        Whole = "whole",
    }
}

words! {
    /// How a session was opened.
    Via {
        /// By the account's own password.
        Password = "password",
        /// Through a provider that did not say by how many factors.
        Provider = "provider",
        /// Through a provider that proved the second factor which is asked of it.
        Proven = "proven",
    }
}

/// How a session was opened, where not by a password.
#[derive(Clone)]
pub struct Opened {
    /// How.
    pub via: Via,
    /// What the provider wants to hear when the session ends, sealed by the caller.
    pub hint: Option<Vec<u8>>,
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Without a request.
    pub idle: SignedDuration,
    /// In all.
    pub whole: SignedDuration,
    /// Until the second factor is given.
    pub half: SignedDuration,
}

impl Default for Limits {
    /// Half an hour idle, twelve in all, five minutes for the second factor.
    fn default() -> Self {
        Self {
            idle: SignedDuration::from_mins(30),
            whole: SignedDuration::from_hours(12),
            half: SignedDuration::from_mins(5),
        }
    }
}

/// A session that is not over.
#[derive(Clone)]
pub struct Session {
    /// Whose.
    pub account: Account,
    /// How far.
    pub stage: Stage,
    /// When it began.
    pub created_at: Timestamp,
    /// From what the secret of a second factor is derived that was begun and not yet proved.
    pub pending: Option<Vec<u8>>,
    /// How it was opened.
    pub opened: Opened,
}

/// How attempts are slowed down.
#[derive(Clone, Copy, Debug)]
pub struct Slowing {
    /// So many are free.
    pub free: i64,
    /// Each one more doubles the wait from a second, up to this.
    pub most: SignedDuration,
    /// After so long without an attempt they are forgotten.
    pub forget: SignedDuration,
}

impl Slowing {
    /// The wait after this many attempts.
    #[must_use]
    pub fn wait(&self, n: i64) -> SignedDuration {
        let over = n - self.free;
        if over < 0 {
            return SignedDuration::ZERO;
        }
        let seconds = 1_i64 << over.min(40);
        SignedDuration::from_secs(seconds).min(self.most)
    }
}

/// One line of the log: who did or looked at what.
#[derive(Clone, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// The name of the account, or `-` where there is none.
    pub who: String,
    /// What, as a stable word.
    pub what: String,
    /// The data set, case, plan, hold or account; never data of a data subject.
    pub about: String,
}

/// Which lines of the log.
#[derive(Debug, Clone, Copy)]
pub struct LookPage<'a> {
    /// Only this person's; everybody's when none is named.
    pub who: Option<&'a str>,
    /// Only these words; all, when none is named.
    pub what: &'a [&'a str],
    /// Only what was written before the line of this number.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

impl State {
    /// Begins a session, whose token has this hash.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn open_session(
        &mut self,
        hash: &[u8; 32],
        id: AccountId,
        stage: Stage,
        now: Timestamp,
    ) -> Result<()> {
        let opened = Opened { via: Via::Password, hint: None };
        self.open_session_by(hash, id, stage, &opened, now)
    }

    /// Begins a session that was opened otherwise than by a password.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn open_session_by(
        &mut self,
        hash: &[u8; 32],
        id: AccountId,
        stage: Stage,
        opened: &Opened,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO session (hash, account, stage, created_at, seen_at, via, hint)
            VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)";
        let params = [
            hash.as_slice().into(),
            id.0.into(),
            stage.as_str().into(),
            now.into(),
            opened.via.as_str().into(),
            opened.hint.as_deref().into(),
        ];
        self.write("begin a session", |tx| tx.execute(sql, &params))?;
        Ok(())
    }

    /// The session of this hash, if it is not over and its account is open; says that it was seen,
    /// at most once a minute.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn session(
        &mut self,
        hash: &[u8; 32],
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Option<Session>> {
        let sql = "SELECT account, stage, created_at, seen_at, pending, via, hint FROM session
            WHERE hash = ?1";
        let key = hash.as_slice();
        let found = self.read("read a session", |tx| {
            let Some(mut row) = tx.one(sql, &[key.into()])? else { return Ok(None) };
            let Some(account) = account::by_id(tx, AccountId(row.get(0)?))? else {
                return Ok(None);
            };
            let seen: Timestamp = row.get(3)?;
            let (stage, created_at) = (row.get(1)?, row.get(2)?);
            let opened = Opened { via: row.get(5)?, hint: row.get(6)? };
            let session = Session { account, stage, created_at, pending: row.get(4)?, opened };
            Ok(Some((session, seen)))
        })?;
        let Some((session, seen)) = found else { return Ok(None) };
        let whole = match session.stage {
            Stage::Half => limits.half,
            Stage::Whole => limits.whole,
        };
        let over = now.duration_since(session.created_at) > whole
            || now.duration_since(seen) > limits.idle
            || session.account.disabled_at.is_some();
        if over {
            self.end_session(hash)?;
            return Ok(None);
        }
        if now.duration_since(seen) >= SignedDuration::from_mins(1) {
            let sql = "UPDATE session SET seen_at = ?2 WHERE hash = ?1";
            self.write("keep a session", |tx| tx.execute(sql, &[key.into(), now.into()]))?;
        }
        Ok(Some(session))
    }

    /// Keeps from what a second factor is derived that is not yet proved.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn set_pending(&mut self, hash: &[u8; 32], pending: Option<&[u8]>) -> Result<()> {
        let sql = "UPDATE session SET pending = ?2 WHERE hash = ?1";
        let params = [hash.as_slice().into(), pending.into()];
        self.write("keep a session", |tx| tx.execute(sql, &params))?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn end_session(&mut self, hash: &[u8; 32]) -> Result<()> {
        let sql = "DELETE FROM session WHERE hash = ?1";
        self.write("end a session", |tx| tx.execute(sql, &[hash.as_slice().into()]))?;
        Ok(())
    }

    /// Ends all sessions of an account but this one; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn end_sessions(&mut self, id: AccountId, but: Option<&[u8; 32]>) -> Result<u64> {
        let none = [0_u8; 32];
        let but = but.unwrap_or(&none);
        let sql = "DELETE FROM session WHERE account = ?1 AND hash <> ?2";
        let params = [id.0.into(), but.as_slice().into()];
        self.write("end sessions", |tx| tx.execute(sql, &params))
    }

    /// Counts an attempt under each of these hashes, unless one of them must wait: then until when.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn attempt(
        &mut self,
        hashes: &[([u8; 32], Slowing)],
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        self.write("count an attempt to sign in", |tx| {
            let mut counts = Vec::new();
            let mut wait: Option<Timestamp> = None;
            for (hash, slowing) in hashes {
                let sql = "SELECT n, last, until FROM attempt WHERE hash = ?1 FOR UPDATE";
                let mut n: i64 = 0;
                if let Some(mut row) = tx.one(sql, &[hash.as_slice().into()])? {
                    let (last, until): (Timestamp, Timestamp) = (row.get(1)?, row.get(2)?);
                    if now.duration_since(last) <= slowing.forget {
                        n = row.get(0)?;
                        wait = wait.max((until > now).then_some(until));
                    }
                }
                counts.push((hash, n + 1, now + slowing.wait(n + 1)));
            }
            if wait.is_some() {
                return Ok(wait);
            }
            for (hash, n, until) in counts {
                tx.execute(
                    "INSERT INTO attempt (hash, n, last, until) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (hash) DO UPDATE SET
                         n = excluded.n, last = excluded.last, until = excluded.until",
                    &[hash.as_slice().into(), n.into(), now.into(), until.into()],
                )?;
            }
            Ok(None)
        })
    }

    /// Forgets the attempts under this hash: somebody has signed in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn forget_attempts(&mut self, hash: &[u8; 32]) -> Result<()> {
        let sql = "DELETE FROM attempt WHERE hash = ?1";
        self.write("forget attempts", |tx| tx.execute(sql, &[hash.as_slice().into()]))?;
        Ok(())
    }

    /// Adds lines to the log, all or none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn add_looks(&mut self, looks: &[Look]) -> Result<()> {
        let sql = "INSERT INTO look (at, who, what, about) VALUES (?1, ?2, ?3, ?4)";
        self.write("write the log of access", |tx| {
            for look in looks {
                let params =
                    [look.at.into(), (&look.who).into(), (&look.what).into(), (&look.about).into()];
                tx.execute(sql, &params)?;
            }
            Ok(())
        })
    }

    /// The newest lines of the log, the newest first; only those of one person when said.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn looks(&mut self, who: Option<&str>, limit: u32) -> Result<Vec<Look>> {
        let page = LookPage { who, what: &[], before: None, limit };
        Ok(self.look_page(&page)?.0)
    }

    /// A page of the log, the newest lines first, and before which line the next page begins.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn look_page(&mut self, page: &LookPage<'_>) -> Result<(Vec<Look>, Option<i64>)> {
        let words: Vec<String> = (0..page.what.len()).map(|n| format!("?{}", n + 4)).collect();
        let only = match words.is_empty() {
            true => String::new(),
            false => format!(" AND what IN ({})", words.join(", ")),
        };
        let sql = format!(
            "SELECT id, at, who, what, about FROM look
             WHERE (?1 = '' OR who = ?1) AND id < ?2{only} ORDER BY id DESC LIMIT ?3"
        );
        let mut params = vec![
            page.who.unwrap_or_default().into(),
            page.before.unwrap_or(i64::MAX).into(),
            (i64::from(page.limit) + 1).into(),
        ];
        for word in page.what {
            params.push((*word).into());
        }
        let rows = self.read("read the log of access", |tx| tx.query(&sql, &params))?;
        let read = |mut row: Row| {
            let (id, at): (i64, _) = (row.get(0)?, row.get(1)?);
            Ok((id, Look { at, who: row.get(2)?, what: row.get(3)?, about: row.get(4)? }))
        };
        let mut lines: Vec<(i64, Look)> = rows.into_iter().map(read).collect::<Result<_>>()?;
        let more = lines.len() > page.limit as usize;
        lines.truncate(page.limit as usize);
        let next = lines.last().map(|(id, _)| *id).filter(|_| more);
        Ok((lines.into_iter().map(|(_, look)| look).collect(), next))
    }

    /// Erases what is no longer needed of people who work here: log lines and attempts from before
    /// this instant, sessions that are over, links that no longer work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn prune_people(
        &mut self,
        before: Timestamp,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<u64> {
        self.write("erase old lines of the log of access", |tx| {
            let gone = tx.execute("DELETE FROM look WHERE at < ?1", &[before.into()])?;
            tx.execute("DELETE FROM attempt WHERE last < ?1", &[before.into()])?;
            tx.execute("DELETE FROM account_link WHERE until < ?1", &[now.into()])?;
            tx.execute("DELETE FROM sign_in_used WHERE until < ?1", &[now.into()])?;
            let idle = now - limits.idle;
            tx.execute("DELETE FROM session WHERE seen_at < ?1", &[idle.into()])?;
            Ok(gone)
        })
    }
}
