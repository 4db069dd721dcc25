//! Leases with fencing: one Frist process at a time does the work, and one that lost its turn
//! without noticing is stopped at its next step.
//!
//! Each time a lease is acquired its fence grows by one. A step that changes something locks the
//! lease's row, compares the fence and the clock, and keeps the row locked until it commits: so
//! nobody can take the lease between the check and the commit. The clock is the server's on
//! PostgreSQL, the caller's on SQLite (all processes are on one machine there).

use jiff::{SignedDuration, Timestamp};

use crate::db::Tx;
use crate::value::Row;
use crate::{Error, Result, State};

/// A turn at the work, held until `until` unless renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is a lease of.
    pub name: String,
    /// Which process holds it; unique for each process (host, process id, a random number).
    pub holder: String,
    /// Grows with each holder.
    pub fence: i64,
    /// When it runs out, by the clock that leases run by.
    pub until: Timestamp,
}

impl State {
    /// Takes the lease for `ttl` if it is free or has run out; none if somebody holds it, also if
    /// that is a process with the same holder's name.
    ///
    /// # Errors
    ///
    /// When the database does not answer, or `ttl` reaches past the year 9999.
    pub fn acquire(
        &mut self,
        name: &str,
        holder: &str,
        ttl: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Lease>> {
        self.write("acquire a lease", |tx| {
            let now = tx.clock(now)?;
            let row = tx.one(
                "INSERT INTO lease (name, holder, fence, until) VALUES (?1, ?2, 1, ?3)
                 ON CONFLICT (name) DO UPDATE
                 SET holder = excluded.holder, fence = lease.fence + 1, until = excluded.until
                 WHERE lease.until <= ?4 RETURNING name, holder, fence, until",
                &[name.into(), holder.into(), end(now, ttl)?.into(), now.into()],
            )?;
            row.map(read).transpose()
        })
    }

    /// Extends the lease to `ttl` from now.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`] when it ran out or somebody else holds it.
    pub fn renew(&mut self, lease: &mut Lease, ttl: SignedDuration, now: Timestamp) -> Result<()> {
        lease.until = self.write("renew a lease", |tx| extend(tx, lease, ttl, now))?;
        Ok(())
    }

    /// Gives the lease back. Does nothing if it was lost in the meantime.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn release(&mut self, lease: &Lease) -> Result<()> {
        // The row stays, since the fence must go on growing.
        let sql = "UPDATE lease SET until = 0 WHERE name = ?1 AND fence = ?2";
        self.write("release a lease", |tx| {
            tx.execute(sql, &[(&lease.name).into(), lease.fence.into()])
        })?;
        Ok(())
    }

    /// Who holds the lease at this moment.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn lease(&mut self, name: &str, now: Timestamp) -> Result<Option<Lease>> {
        let sql = "SELECT name, holder, fence, until FROM lease WHERE name = ?1 AND until > ?2";
        let row = self.read("read a lease", |tx| {
            let now = tx.clock(now)?;
            tx.one(sql, &[name.into(), now.into()])
        })?;
        row.map(read).transpose()
    }
}

/// Fails unless the lease is held, and keeps it so until the transaction ends. Answers the
/// instant by the leases' clock.
pub(crate) fn check(tx: &mut Tx<'_>, lease: &Lease, now: Timestamp) -> Result<Timestamp> {
    let sql = "SELECT fence, until FROM lease WHERE name = ?1 FOR UPDATE";
    let row = tx.one(sql, &[(&lease.name).into()])?;
    // The clock is read after the lock was had, which may have taken long.
    let now = tx.clock(now)?;
    if let Some(mut row) = row
        && row.get::<i64>(0)? == lease.fence
        && row.get::<Timestamp>(1)? > now
    {
        return Ok(now);
    }
    Err(Error::LeaseLost { name: lease.name.clone() })
}

/// Extends the lease to `ttl` from now as a part of another step; answers its new end.
pub(crate) fn extend(
    tx: &mut Tx<'_>,
    lease: &Lease,
    ttl: SignedDuration,
    now: Timestamp,
) -> Result<Timestamp> {
    let until = end(check(tx, lease, now)?, ttl)?;
    tx.execute(
        "UPDATE lease SET until = ?2 WHERE name = ?1",
        &[(&lease.name).into(), until.into()],
    )?;
    Ok(until)
}

fn end(now: Timestamp, ttl: SignedDuration) -> Result<Timestamp> {
    now.checked_add(ttl).map_err(|_| Error::Value {
        what: "a lease's length",
        reason: "it reaches past the year 9999".into(),
    })
}

fn read(mut row: Row) -> Result<Lease> {
    Ok(Lease { name: row.get(0)?, holder: row.get(1)?, fence: row.get(2)?, until: row.get(3)? })
}
