//! The life of a request: worked vectors, the table of steps, a year of requests, letters, retention.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must say so and end")]

mod desk;
mod kit;
mod machine;
mod vectors;
mod year;
