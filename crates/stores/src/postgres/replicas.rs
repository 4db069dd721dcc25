//! Waiting for replicas: how far behind they are is measured by what was written here and when.
//!
//! `pg_stat_replication.replay_lag` is not asked: it tells of the last thing a replica has applied, and so stays
//! small while one applies nothing at all.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Postgres;
use crate::StoreError;
use crate::sql::backend::Backend as _;
use frist_decide::Value;

/// How often to look whether the replicas have caught up, and for how long at most.
const POLL: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the write-ahead log stands, where the slowest connected replica has applied it to (null when none is
/// connected), and whether that is kept from this role.
const WHERE: &str = "SELECT CAST(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0') AS bigint), \
     CAST(pg_catalog.pg_wal_lsn_diff(min(replay_lsn), '0/0') AS bigint), \
     count(*) > 0 AND NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') \
     FROM pg_catalog.pg_stat_replication";

/// Positions of the write-ahead log, with when it stood there.
#[derive(Default)]
pub(super) struct Written(VecDeque<(Instant, i64)>);

impl Written {
    /// Takes what was seen now; how long ago the oldest thing was written that some replica has not applied.
    fn behind(&mut self, now: Instant, current: i64, applied: Option<i64>) -> Duration {
        if self.0.back().is_none_or(|(_, at)| *at < current) {
            self.0.push_back((now, current));
        }
        let applied = applied.unwrap_or(i64::MAX);
        while self.0.front().is_some_and(|(_, at)| *at <= applied) {
            self.0.pop_front();
        }
        self.0.front().map_or(Duration::ZERO, |(then, _)| now - *then)
    }
}

impl Postgres {
    /// Waits while a connected replica is further behind than the register allows.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: one has been for a minute, or this role may not see how far they are.
    pub(super) fn wait_for_replicas(&mut self) -> Result<(), StoreError> {
        let Some(limit) = self.entry.max_replica_lag_ms else { return Ok(()) };
        let began = Instant::now();
        loop {
            let rows = self.query("show its replicas", WHERE, &[])?;
            let Some([Value::Int(current), applied, hidden]) = rows.first().map(Vec::as_slice)
            else {
                return Ok(());
            };
            let applied = if let Value::Int(at) = applied { Some(*at) } else { None };
            if matches!(hidden, Value::Bool(true)) {
                return Err(self.cannot_go_on(
                    "`max_replica_lag` wants a role that may see replicas: GRANT pg_read_all_stats TO it".into(),
                    false,
                ));
            }
            if self.written.behind(Instant::now(), *current, applied).as_millis()
                <= u128::from(limit)
            {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                let why = format!("a replica has been more than {limit} ms behind for a minute");
                return Err(self.cannot_go_on(why, true));
            }
            std::thread::sleep(POLL);
        }
    }

    fn cannot_go_on(&self, why: String, transient: bool) -> StoreError {
        let store = self.entry.id.value.clone();
        StoreError::Refused { store, attempt: "go on".into(), why, transient }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_that_is_not_applied_counts() {
        let mut written = Written::default();
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut behind =
            |ms, current, applied| written.behind(at(ms), current, applied).as_millis();
        assert_eq!(behind(0, 100, Some(100)), 0, "level");
        assert_eq!(behind(10, 200, Some(100)), 0, "just written");
        assert_eq!(behind(30, 300, Some(150)), 20, "since 200 was written");
        assert_eq!(behind(90, 300, Some(200)), 60, "since 300 was written");
        assert_eq!(behind(95, 300, Some(300)), 0);
        assert_eq!(behind(99, 400, None), 0, "none is connected");
        assert_eq!(behind(500, 400, Some(350)), 0, "one that connects later is given its time");
        assert_eq!(behind(700, 400, Some(350)), 200);
    }
}
