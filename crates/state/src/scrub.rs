//! Waiting until PostgreSQL can remove what was deleted: it keeps a deleted row while any snapshot may
//! still see it, and a vacuum's own snapshot is as old as the oldest transaction of the whole server.

use std::time::Duration;

use postgres::{Client, Error};

const PAUSE: Duration = Duration::from_millis(50);

/// Waits until everything deleted so far is dead to everybody, at most so many twentieths of a second.
/// Whether it came to that.
pub(crate) fn all_dead(client: &mut Client, twentieths: u32) -> Result<bool, Error> {
    let now: String = client.query_one("SELECT pg_current_xact_id()::text", &[])?.get(0);
    let sql = format!(
        "SELECT pg_snapshot_xmin(pg_current_snapshot()) > '{now}'::xid8
            AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid())"
    );
    for _ in 0..twentieths {
        if client.query_one(&sql, &[])?.get(0) {
            return Ok(true);
        }
        std::thread::sleep(PAUSE);
    }
    Ok(false)
}
