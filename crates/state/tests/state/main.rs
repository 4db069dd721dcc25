//! One suite, run against SQLite and against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must say so and end")]

mod batches;
mod cases;
mod gate;
mod kit;
mod leases;
mod ledger;
mod open;
mod people;
mod proposals;
mod records;
mod reviews;
mod staff;
mod tokens;
mod watch;
